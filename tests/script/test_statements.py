# SPDX-License-Identifier: Apache-2.0
"""Statements that a client could cut in two, or take for something else."""

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines
from tests.script import scripts

TABLE = """
op.create_table('log', sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False),
                sa.Column('word', sa.String(200)))
"""
BODIES = {
    'comment at the end': 'op.execute("INSERT INTO log VALUES (1, \'a\') -- that is it")',
    'comment in the middle': '''op.execute("""
        INSERT INTO log -- it's here;
        VALUES (1, 'a') /* ; */
        """)''',
    'semicolon at the end': 'op.execute("INSERT INTO log VALUES (1, \'a\');  ")',
    'semicolon and comment': 'op.execute("INSERT INTO log VALUES (1, \'a\'); -- done;")',
    'lines': '''op.execute("INSERT INTO log VALUES (1, 'a\\n\\n;\\n--\\n b')")''',
    'tab': '''op.execute("INSERT\\tINTO log VALUES (1, 'a\\tb')")''',
    'percent': '''op.execute("INSERT INTO log SELECT 5 % 3, '%s %%'")''',
    'percent of the driver': '''op.get_bind().exec_driver_sql(
        "INSERT INTO log VALUES (1, 'a 5%% :b ::c')")''',
    'colon': r'''op.execute(r"INSERT INTO log VALUES (1, 'a\:b ::c')")''',
    'name': '''
        op.create_table('odd name; %', sa.Column('a:b', sa.Integer(), comment='c'))
        op.execute("INSERT INTO log VALUES (1, 'a')")
        ''',
}
# Some that only one database has.
OF_KIND = {
    'sqlite': {
        'comment before': '''
            op.execute("""-- it's a trigger;
            CREATE TRIGGER twice AFTER INSERT ON log WHEN new.id < 100 BEGIN
                -- it's
                INSERT INTO log VALUES (new.id + 100, CASE WHEN 1 THEN 'a;' ELSE 'end;' END);
            END
            """)
            op.execute("INSERT INTO log VALUES (1, 'a')")''',
        'point': '''op.execute("INSERT INTO log SELECT 1,\\n.5")''',
    },
    'postgresql': {
        'dollars': '''op.execute(
            "INSERT INTO log VALUES (1, $$it's; $dbmanage$ \\\\\\\\ ::x $$)")''',
        'block': """op.execute(
            "DO $dbmanage$ BEGIN INSERT INTO log VALUES (1, 'x'); END $dbmanage$")""",
        'atomic': """
            op.execute('CREATE FUNCTION two() RETURNS integer LANGUAGE SQL'
                       ' BEGIN ATOMIC SELECT 1; SELECT 2; END')
            op.execute("INSERT INTO log SELECT two(), 'x'")
            """,
        'casts': r"""op.execute(
            r"INSERT INTO log SELECT 1, (ARRAY['a', E'b\'\n'])[1\:2]::text")""",
    },
    'mariadb': {
        'comment before': '''
            op.execute("""-- it's a trigger;
            CREATE TRIGGER more BEFORE INSERT ON log FOR EACH ROW BEGIN
                SET new.id = new.id + 100; # it's $$
                SET new.word = '$$$;';
            END
            """)
            op.execute("INSERT INTO log VALUES (1, 'a')")''',
        'block': """op.execute(
            "BEGIN NOT ATOMIC INSERT INTO log VALUES (1, 'a'); SELECT 1; END")""",
        'quotes': r"""op.execute(r'INSERT INTO log VALUES (1, "a;b\'c\";") # the; end')""",
        'words': """
            op.create_table('words', *(sa.Column(word, sa.Integer()) for word in (
                'delimiter', 'source', 'quit', 'go', 'use')))
            """,
    },
}
# What psql, which knows PORT and HOST, could take for one of its variables.
VARIABLES = [f'op.get_bind().exec_driver_sql({statement!r})' for statement in (
    "INSERT INTO log SELECT 1, (ARRAY['a', 'b'])[1:PORT]::text || ':PORT'"
    ' FROM (VALUES (1)) it (PORT)',
    """INSERT INTO log SELECT 2, (ARRAY[3])[1:"x"]::text || '":x' FROM (VALUES (1)) it (x)""",
    "INSERT INTO log SELECT 3, (ARRAY[3, 4])[1:'2']::text || (ARRAY[5, 6])[1:2]::text",
    "/* it's /* :x */ isn't */ INSERT INTO log VALUES (4, 'a:x'), -- it's\n (5, E'\\':x')",
    "INSERT INTO log SELECT 6, $$'$$ || a$x$[1:x]::text || $x$:x $$ ':PORT$x$"
    " FROM (VALUES (1, '{e}'::text[])) it (x, a$x$)")]
TRIGGERS = {
    'sqlite': """
        CREATE TRIGGER twice AFTER INSERT ON log WHEN new.id < 100 BEGIN
            INSERT INTO log VALUES (new.id + 100, 'first; it''s');
            INSERT INTO log VALUES (new.id + 200, 'second');
        END
        """,
    'postgresql': """
        CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF new.id < 100 THEN
                INSERT INTO log VALUES (new.id + 100, 'first; it''s');
                INSERT INTO log VALUES (new.id + 200, 'second');
            END IF;
            RETURN new;
        END;
        $body$;
        CREATE TRIGGER twice AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION twice()
        """,
    'mariadb': """
        CREATE TRIGGER twice BEFORE INSERT ON log FOR EACH ROW BEGIN
            IF new.id < 100 THEN
                SET new.word = 'first; it''s';
            END IF;
            SET new.id = new.id + 100;
        END
        """,
}

NAMELESS = "op.create_table('one', sa.Column('id', sa.Integer(), unique=True))"
CONVENTION = """
import sqlalchemy as sa
METADATA = sa.MetaData(naming_convention={'uq': 'uq_%(table_name)s_%(column_0_name)s'})
"""


class StatementTests:
    """A revision with a statement of its own, online and by its script."""

    def test_statements(self):
        """They do what they do online."""
        for name, body in (BODIES | OF_KIND[self.kind]).items():
            with self.subTest(name):
                self._compare(timelines.line(TABLE, body))

    def test_semicolon_in_a_text(self):
        """It takes no other delimiter."""
        self.service(timelines.line(TABLE, """op.execute("INSERT INTO log VALUES (1, 'a;b')")"""))

        self.assertNotIn('DELIMITER', self.script('head'))

    def test_trigger(self):
        """A stored program is one statement."""
        self._compare(timelines.line(
            TABLE, f'op.execute(sa.text({TRIGGERS[self.kind]!r}))',
            'op.execute("INSERT INTO log VALUES (1, \'a\')")'))

    def test_naming_convention(self):
        """What has no name gets that of the models' convention, online and here."""
        self.service(timelines.line(NAMELESS), {'models.py': CONVENTION},
                     metadata='acme.models:METADATA')
        self._compare({})

        [constraint] = sa.inspect(self.database).get_unique_constraints('one')
        self.assertEqual('uq_one_id', constraint['name'])

    def test_rollback(self):
        """What would be undone elsewhere is not written."""
        for statement in ('ROLLBACK', 'rollback work;'):
            with self.subTest(statement):
                self.service(timelines.line(f'op.execute({statement!r})'))
                result = self.run_command('upgrade', 'head', '--sql')

                self.assertEqual((1, ''), (result.code, result.out))
                self.assertIn('cannot be written as SQL: it rolls a transaction back', result.err)

    def test_titles(self):
        """A title is a comment, whatever it holds; the table below is safe."""
        title = "Don't\nDROP TABLE log; \\\\q */\n.quit \"\n\nMore\nof it"
        self._compare({
            **timelines.line(TABLE),
            '002.py': base.revision_file('002', '001', 'pass', message=title)})

        self.assertIn('log', timelines.tables(self.database))
        self.assertIn('-- revision 002: Don\'t DROP TABLE log; \\q */ .quit "\n',
                      self.script('001:002'))

    def _compare(self, revisions):
        self.use_another_database()
        if revisions:
            self.service(revisions)
        self.upgrade('head')
        online = self.found()
        self.use_another_database()
        self.run_script(self.script('head'))
        self.assertEqual(online, self.found())


class StatementsOnSQLite(StatementTests, databases.SQLite, scripts.ScriptTestCase):
    """Statements in sqlite3."""

    def test_commit(self):
        """A revision that commits in its midst stays in one transaction."""
        self._compare(timelines.line(TABLE, """
            op.execute("INSERT INTO log VALUES (1, 'before')")
            with op.get_context().autocommit_block():
                op.execute("INSERT INTO log VALUES (2, 'within')")
            op.execute('commit transaction')
            op.execute("INSERT INTO log VALUES (3, 'behind')")
            """))

        self.assertEqual(2, self.script('head').count('\nCOMMIT;'))

    def test_vacuum(self):
        """What no transaction takes is refused, as it is online."""
        self.service(timelines.line(
            "with op.get_context().autocommit_block():\n    op.execute('VACUUM')"))
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('SQLite takes no VACUUM within a transaction', result.err)


class StatementsOnPostgreSQL(StatementTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """Statements in psql."""

    def test_variables(self):
        """The value of none is put into a statement by psql."""
        self._compare(timelines.line(TABLE, *VARIABLES))
        expected = self.found()
        self.use_another_database()
        done = self.client(self.script('head'), '--set=x=none', '--set=2=none')

        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertEqual(expected, self.found())

    def test_autocommit_block(self):
        """What no transaction takes is run outside of one, under the lock."""
        self._compare(timelines.line(TABLE, """
            op.execute("INSERT INTO log VALUES (1, 'before')")
            with op.get_context().autocommit_block():
                op.create_index('ix_log', 'log', ['word'], postgresql_concurrently=True)
            op.execute("INSERT INTO log VALUES (2, 'behind')")
            with op.get_context().autocommit_block():
                op.execute('VACUUM log')
            """, 'last'))

    def test_statements_in_one(self):
        """Those of one string are sent as one: they are done together, or not at all."""
        self.service(timelines.line(TABLE, """
            with op.get_context().autocommit_block():
                op.execute("INSERT INTO log VALUES (1, 'a;b'); INSERT INTO log VALUES (2, 'c')")
                op.execute("INSERT INTO log VALUES (3, 'd'); INSERT INTO log VALUES (1, 'e')")
            """))
        done = self.client(self.script('head'))

        self.assertEqual(3, done.returncode)
        self.assertIn('duplicate key', done.stderr)
        self.assertEqual([(1, 'a;b'), (2, 'c')], databases.rows(self.database)['log'])

    def test_runner_in_an_autocommit_block(self):
        """No runner gets in while the transaction is not there."""
        self.service(timelines.line(TABLE, """
            with op.get_context().autocommit_block():
                op.create_index('ix_log', 'log', ['word'], postgresql_concurrently=True)
            """))
        script = self.script('head')
        middle = script.index('CREATE INDEX CONCURRENTLY')
        session = self.start_client()
        session.feed(script[:middle])
        within = self.run_command('upgrade', 'head', '--wait', '0')
        session.feed(script[middle:])
        behind = self.run_command('upgrade', 'head', '--wait', '0')

        self.assertEqual(5, within.code, within.err)
        self.assertEqual((0, ''), (behind.code, behind.out), behind.err)
        self.assertEqual(['002'], self.recorded())

    def test_version_that_changed_in_an_autocommit_block(self):
        """The guard is asked again behind it."""
        self.service(timelines.line(TABLE, """
            with op.get_context().autocommit_block():
                op.create_index('ix_log', 'log', ['word'], postgresql_concurrently=True)
            op.drop_table('log')
            """))
        script = self.script('head')
        middle = script.index('CREATE INDEX CONCURRENTLY')
        session = self.start_client()
        session.feed(script[:middle])
        timelines.record(self.database, 'other')
        code = session.finish(script[middle:])

        self.assertEqual(3, code)
        self.assertIn('but the database is at other', session.said)
        self.assertEqual(['log'], timelines.tables(self.database))


class StatementsOnMariaDB(StatementTests, databases.MariaDB, scripts.ScriptTestCase):
    """Statements in mariadb."""
