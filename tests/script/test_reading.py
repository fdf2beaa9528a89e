# SPDX-License-Identifier: Apache-2.0
"""Revisions that cannot be written as SQL: nothing is, and why is said."""

from tests import base
from tests import databases
from tests import timelines
from tests.script import scripts

REMEDY = '; write the SQL around it with FROM:TO and run it online'
# Each reads in its last line.
READERS = {
    'rows': """
        for row in op.get_bind().execute(sa.text('SELECT id FROM one')):
            pass
        """,
    'all': "op.get_bind().execute(sa.text('SELECT id FROM one')).all()",
    'scalar': "op.get_bind().execute(sa.text('SELECT 1')).scalar()",
    'truth': """
        if op.get_bind().execute(sa.text('SELECT id FROM one')): pass
        """,
    'length': "len(op.get_bind().execute(sa.text('SELECT id FROM one')))",
    'count': "op.get_bind().execute(sa.text('DELETE FROM one')).rowcount",
    'scalar of the connection': "op.get_bind().scalar(sa.text('SELECT 1'))",
    'driver': "op.get_bind().exec_driver_sql('SELECT 1').all()",
    'caught': """
        try: op.get_bind().execute(sa.text('SELECT max(id) FROM one')).scalar()
        except Exception: pass
        """,
    'inspector caught': """
        try: sa.inspect(op.get_bind()).get_table_names()
        except Exception: pass
        """,
    'dialect': "op.get_bind().dialect.has_table(op.get_bind(), 'one')",
    'inspector': "sa.inspect(op.get_bind()).get_table_names()",
    'inspector of the engine': "sa.inspect(op.get_bind().engine).get_table_names()",
    'inspector of old': """
        import warnings
        from sqlalchemy.engine import reflection
        with warnings.catch_warnings(action='ignore'):
            reflection.Inspector.from_engine(op.get_bind()).get_indexes('one')
        """,
    'reflection': "sa.Table('one', sa.MetaData(), autoload_with=op.get_bind())",
    'engine of the service': """
        from oslo_db.sqlalchemy import enginefacade
        context = enginefacade.transaction_context()
        context.configure(connection='sqlite://')
        context.writer.get_engine()
        """,
    'session': """
        from sqlalchemy import orm
        orm.Session(op.get_bind()).execute(sa.text('SELECT id FROM one')).all()
        """,
    'query of a session': """
        from sqlalchemy import orm
        with orm.Session(op.get_bind()) as session:
            for row in session.query(sa.table('one', sa.column('id'))): pass
        """,
    'scalar of a session': """
        from sqlalchemy import orm
        orm.Session(op.get_bind()).scalar(sa.text('SELECT id FROM one'))
        """,
    'batch': """
        with op.batch_alter_table('one') as batch:
            batch.alter_column('id', type_=sa.BigInteger())
        """,
}
# Each uses its connection in its last line, to write.
USERS = {
    'savepoint': """
        with op.get_bind().begin_nested(): op.execute('DELETE FROM one')
        """,
    'connection of the engine': """
        with op.get_bind().engine.connect() as new: new.execute(sa.text('DELETE FROM one'))
        """,
    'transaction of the engine': """
        with op.get_bind().engine.begin() as new: new.execute(sa.text('DELETE FROM one'))
        """,
    'session that rolls back': """
        from sqlalchemy import orm
        session = orm.Session(op.get_bind())
        session.execute(sa.text('DELETE FROM one'))
        session.rollback()
        """,
    'savepoint of a session': """
        from sqlalchemy import orm
        with orm.Session(op.get_bind()) as session, session.begin_nested():
            session.execute(sa.text('DELETE FROM one'))
        """,
}
# Each has something that no database takes.
REFUSED = {
    'placeholder': "op.execute(sa.text('DELETE FROM one WHERE id = :id'))",
    'surrogate': r"""op.execute("INSERT INTO one VALUES ('\udc80')")""",
    'value with a surrogate': r"""
        one = sa.table('one', sa.column('id', sa.String()))
        op.execute(one.insert().values(id='\udc80'))
        """,
}
# Each has a value, or a parameter, that SQL cannot hold, and the driver can.
UNWRITTEN = {
    'object': """
        one = sa.table('one', sa.column('id', sa.Integer()))
        op.bulk_insert(one, [{'id': object()}])
        """,
    'default': """
        one = sa.Table('one', sa.MetaData(), sa.Column('id', sa.Integer(), default=lambda: 7),
                       sa.Column('n', sa.Integer()))
        op.execute(one.insert().values(n=2))
        """,
    'object of a session': """
        from sqlalchemy import orm
        class One: pass
        orm.registry().map_imperatively(One, sa.Table('one', sa.MetaData(), sa.Column(
            'id', sa.Integer(), primary_key=True)))
        with orm.Session(op.get_bind()) as session, session.begin(): session.add(One())
        """,
    'nothing': """
        one = sa.Table('one', sa.MetaData(), sa.Column('id', sa.Integer(), primary_key=True))
        op.execute(one.insert())
        """,
    'parameters': """
        one = sa.table('one', sa.column('id'))
        op.get_bind().execute(one.update().where(one.c.id == sa.bindparam('x')), {'x': 1})
        """,
    'end of line': '''op.execute("UPDATE one SET id = 'a\\r\\nb'")''',
    'nul': r"""op.execute("UPDATE one SET id = 'a\0b'")""",
    'parameters of the driver': "op.get_bind().exec_driver_sql('DELETE FROM one', (1,))",
    'duration': """
        import datetime
        one = sa.table('one', sa.column('id', sa.Integer()))
        op.execute(one.insert().values(id=datetime.timedelta(1)))
        """,
}


class ReadingTests(databases.SQLite, scripts.ScriptTestCase):
    """A revision that needs the database, after one that does not."""

    def test_readers(self):
        """The revision, its file, the line and what to do are named."""
        self._refused(READERS, 'reads the database')

    def test_users(self):
        """It is not said that they read."""
        self._refused(USERS, 'uses its connection as no script can')

    def _refused(self, bodies, what):
        self._assert_says(bodies, rf', it {what} \(.+\){REMEDY}')

    def test_what_has_no_sql(self):
        """The place, the reason and what to do are named."""
        self._assert_says(UNWRITTEN, f': .+{REMEDY}')

    def test_what_is_no_sql(self):
        """What the online run would not do either has no remedy."""
        self._assert_says(REFUSED, ': .+(?<!online)')

    def test_nul_on_postgresql(self):
        """PostgreSQL has none in a text, so the value is refused with its line."""
        self._assert_says({'nul': r"""
            one = sa.table('one', sa.column('id', sa.String()))
            op.execute(one.insert().values(id='a\0b'))
            """}, ': a statement holds a NUL character, .+', '--dialect', 'postgresql')

    def _assert_says(self, bodies, what, *argv):
        for name, body in bodies.items():
            with self.subTest(name):
                result, place = self._run(body, *argv)

                self.assertEqual((1, ''), (result.code, result.out), result.err)
                self.assertRegex(
                    result.err, rf'\Adb-manage: error: {place} cannot be written as SQL{what}\n\Z')

    def test_single_percent(self):
        """The driver would take it for the beginning of a parameter."""
        body = '''op.get_bind().exec_driver_sql("SELECT '5%'")'''
        for dialect in ('postgresql', 'mysql', 'mariadb'):
            with self.subTest(dialect):
                result, place = self._run(body, '--dialect', dialect)

                self.assertEqual((1, ''), (result.code, result.out), result.err)
                self.assertRegex(result.err, f'{place} cannot be written as SQL: exec_driver_sql')

    def test_line(self):
        """It is the one of the revision that reads, and not where it ends up."""
        result, _ = self._run("""
            op.execute('DELETE FROM one')
            def read():
                return op.get_bind().execute(sa.text('SELECT id FROM one')).all()
            read()
            op.execute('DELETE FROM one')
            """)

        self.assertIn('002.py, line 12) cannot', result.err)

    def test_mistake(self):
        """What is wrong with the revision itself is not put on the database."""
        result, place = self._run('op.nothing_like_it()')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('Traceback', result.err)
        self.assertRegex(result.err, f'db-manage: error: {place}: AttributeError: ')

    def test_around_it(self):
        """What is before it and behind it can be written."""
        self.service(timelines.line('one', 'two', READERS['all'], 'four'))
        before = self.script('002')
        behind = self.script('003:004')

        self.assertIn('CREATE TABLE two', before)
        self.assertIn('CREATE TABLE four', behind)
        self.assertEqual(1, self.run_command('upgrade', '002:head', '--sql').code)

    def test_split(self):
        """Nothing is left in the folder, nor beside it."""
        self.service(timelines.line('one', 'two', READERS['all'], 'four'))
        folder = self.directory / 'change'
        before = set(self.directory.iterdir())
        result = self.run_command('upgrade', 'head', '--sql', '--split', str(folder))

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertEqual(before, set(self.directory.iterdir()))

    def test_offline_mode(self):
        """A revision that asks whether it is written can do without."""
        self.service(timelines.line('one', """
            from alembic import context
            if not context.is_offline_mode():
                op.get_bind().execute(sa.text('SELECT 1')).all()
            op.execute('DELETE FROM one')
            """))

        self.assertIn('DELETE FROM one;', self.script('head'))

    def test_what_the_connection_can(self):
        """It writes DDL and rows, and knows its dialect."""
        self.service(timelines.line('one', """
            bind = op.get_bind()
            two = sa.Table('two', sa.MetaData(), sa.Column('id', sa.Integer()))
            two.create(bind, checkfirst=True)
            if bind.dialect.name == 'sqlite' and bind.engine.name == 'sqlite':
                bind.execute(two.insert().values(id=1))
                bind.execution_options(autocommit=True).execute(sa.text('DELETE FROM two'))
            """))
        self.run_script(self.script('head'))

        self.assertEqual(['one', 'two'], timelines.tables(self.database))

    def test_session(self):
        """What it writes is in the transaction of the revision."""
        self.service(timelines.line('one', """
            from sqlalchemy import orm
            one = sa.table('one', sa.column('id', sa.Integer()))
            with orm.Session(op.get_bind()) as session:
                session.execute(one.insert().values(id=1))
                session.execute(one.update().where(one.c.id == 1).values(id=2))
                session.commit()
                session.execute(sa.text('UPDATE one SET id = 3 WHERE id = :id'), {'id': 2})
            """))
        self.run_script(self.script('head'))

        self.assertEqual([(3,)], databases.rows(self.database)['one'])

    def _run(self, body, *argv):
        self.service({'001.py': base.revision_file('001', None, timelines.table('one')),
                      '002.py': base.revision_file('002', '001', body)})
        path = self.directory / 'packages' / 'acme' / 'versions' / '002.py'
        result = self.run_command('upgrade', 'head', '--sql', *argv)
        return result, rf'revision 002 \({path}, line \d+\)'
