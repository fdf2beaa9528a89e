# SPDX-License-Identifier: Apache-2.0
"""What a plan says of PostgreSQL, against what the server then does."""

import json
import re

import sqlalchemy as sa

from dbmanage.plan import postgresql
from tests import base
from tests import databases
from tests import timelines

# A table of the same kind for each change.
SETUP = """
op.create_table('parents', sa.Column('id', sa.Integer(), primary_key=True))
for number in range({}):
    name = f't{{number:02}}'
    op.create_table(
        name, sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('parent_id', sa.Integer()), sa.Column('short', sa.String(20)),
        sa.Column('long', sa.Text()), sa.Column('amount', sa.Numeric(8, 2)),
        sa.Column('size', sa.Integer(), nullable=False, server_default='3'),
        sa.Column('at', sa.DateTime()), sa.UniqueConstraint('short', name=f'uq_{{name}}'),
        sa.CheckConstraint('size > 0', name=f'ck_{{name}}'))
    op.create_index(f'ix_{{name}}', name, ['size'])
    op.execute(f"INSERT INTO {{name}} (id, short, long, amount) VALUES (1, 'a', 'b', 1)")
"""
CHANGES = [
    "op.create_table('others', sa.Column('id', sa.Integer()))",
    "op.create_table('others', sa.Column('id', sa.Integer(), sa.ForeignKey('parents.id')))",
    "op.drop_table('things')",
    "op.rename_table('things', 'others')",
    "op.add_column('things', sa.Column('a', sa.Integer()))",
    "op.add_column('things', sa.Column('a', sa.Integer(), nullable=False, server_default='1'))",
    "op.add_column('things', sa.Column('a', sa.DateTime(), server_default=sa.func.now()))",
    "op.add_column('things', sa.Column('a', sa.Text(), server_default='uuid()'))",
    "op.add_column('things', sa.Column('a', sa.Integer(), sa.CheckConstraint('a > 0')))",
    "op.add_column('things', sa.Column('a', sa.Text(), server_default=sa.text('random()::text')))",
    "op.add_column('things', sa.Column('a', sa.Uuid(), server_default=sa.func.gen_random_uuid()))",
    "op.add_column('things', sa.Column('a', sa.Integer(), sa.Identity()))",
    "op.add_column('things', sa.Column('a', sa.Integer(), sa.Computed('size + 1', True)))",
    "op.drop_column('things', 'short')",
    "op.alter_column('things', 'short', new_column_name='brief')",
    "op.alter_column('things', 'short', server_default='x')",
    "op.alter_column('things', 'short', nullable=False)",
    "op.alter_column('things', 'size', nullable=True)",
    "op.alter_column('things', 'short', type_=sa.String(30))",
    "op.alter_column('things', 'short', type_=sa.Text())",
    "op.alter_column('things', 'short', type_=sa.String(10))",
    "op.alter_column('things', 'long', type_=sa.String(10))",
    "op.alter_column('things', 'short', type_=sa.CHAR(30))",
    "op.alter_column('things', 'amount', type_=sa.Numeric(10, 2))",
    "op.alter_column('things', 'amount', type_=sa.Numeric())",
    "op.alter_column('things', 'amount', type_=sa.Numeric(10, 3))",
    "op.alter_column('things', 'amount', type_=sa.Float())",
    "op.alter_column('things', 'size', type_=sa.BigInteger())",
    "op.alter_column('things', 'parent_id', type_=sa.Text())",
    "op.alter_column('things', 'at', type_=sa.Date())",
    "op.alter_column('things', 'long', type_=sa.Text(), postgresql_using='upper(long)')",
    "op.create_index('ix_short', 'things', ['short'])",
    "op.drop_index('ix_things', table_name='things')",
    "op.create_unique_constraint('uq_size', 'things', ['id', 'size'])",
    "op.create_primary_key('pk_things', 'things', ['id'])",
    "op.create_check_constraint('ck_id', 'things', sa.column('id') > 0)",
    "op.create_check_constraint('ck_id', 'things', sa.column('id') > 0, postgresql_not_valid=True)",
    "op.create_foreign_key('fk', 'things', 'parents', ['parent_id'], ['id'])",
    "op.create_foreign_key('fk', 'things', 'parents', ['parent_id'], ['id'],"
    ' postgresql_not_valid=True)',
    "op.drop_constraint('uq_things', 'things')",
    "op.drop_constraint('ck_things', 'things')",
    "op.create_table_comment('things', 'of people')",
    "op.alter_column('things', 'size', comment='in rows')",
    "op.execute(sa.table('things', sa.column('size')).update().values(size=4))",
    "op.execute(sa.table('things', sa.column('id')).insert().values(id=3))",
    "op.execute(sa.table('things').delete())",
]
TABLES = sa.text('SELECT oid, relname, relfilenode FROM pg_class WHERE relname IN :tables')
LOCKS = sa.text('SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid()'
                ' AND relation IN :tables')
SCANS = sa.text('SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_user_tables'
                ' WHERE relid IN :tables')


KEYED = """
op.create_table('parents', sa.Column('id', sa.Integer(), primary_key=True))
op.create_table('things', sa.Column('parent_id', sa.Integer()), sa.Column('size', sa.Integer()),
                sa.ForeignKeyConstraint(['parent_id'], ['parents.id'], name='fk_things'))
"""
OF_BOTH = [
    "op.drop_constraint('fk_things', 'things')",
    "op.drop_table('things')",
    "op.drop_column('things', 'parent_id')",
    "op.alter_column('things', 'parent_id', type_=sa.BigInteger())",
    "op.alter_column('parents', 'id', type_=sa.BigInteger())",
]
OF_ONE = [
    "op.drop_column('things', 'size')",
    "op.alter_column('things', 'size', type_=sa.BigInteger())",
    "op.alter_column('things', 'parent_id', nullable=False)",
]
LOCKED = sa.text("""
    SELECT relation FROM pg_locks
    WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'""")


class CostTests(databases.PostgreSQL, base.CommandTestCase):
    """The lock, the rewrite and the scan of each change."""

    def test_changes(self):
        """The server does what the plan says."""
        changes = [change.replace('things', f't{number:02}')
                   for number, change in enumerate(CHANGES)]
        self.service(timelines.line(SETUP.format(len(changes)), *changes))
        self.run_command('upgrade', '001')
        result = self.run_command('plan', '-f', 'json')

        revisions = json.loads(result.out)['revisions']
        for number, (change, revision) in enumerate(zip(changes, revisions, strict=True)):
            with self.subTest(change):
                self.assertIsNone(revision['unknown'])
                [operation] = revision['operations']
                observed = self._observed(operation, [f't{number:02}', 'parents'])
                # Nobody knows which way an UPDATE finds its rows.
                self.assertEqual(observed, observed | {
                    name: operation[name] for name in ('lock', 'rewrite', 'scan')
                    if operation[name] is not None})

    def _observed(self, operation, tables):
        """Run an operation, look what it did, and roll it back."""
        with self.engine().connect() as connection:
            before = self._ask(connection, TABLES, tables).all()
            numbers = [table.oid for table in before]
            scans = self._ask(connection, SCANS, numbers).scalar()
            for sql in operation['sql']:
                connection.exec_driver_sql(sql.replace('%', '%%'))
            modes = self._ask(connection, LOCKS, numbers).scalars().all()
            after = self._ask(connection, TABLES, tables).all()
            return {
                'lock': _strongest(modes),
                'rewrite': bool({(one.oid, one.relfilenode) for one in after}
                                - {(one.oid, one.relfilenode) for one in before}),
                'scan': self._ask(connection, SCANS, numbers).scalar() > scans}

    def _ask(self, connection, question, tables):
        return connection.execute(
            question.bindparams(sa.bindparam('tables', expanding=True)), {'tables': tables})


class ForeignKeyTests(databases.PostgreSQL, base.CommandTestCase):
    """The other table of a foreign key is locked with its own."""

    def _assert_tables(self, expected, *bodies):
        """Plan all but the first revision; the last one locks what it says."""
        self.service(timelines.line(*bodies))
        self.run_command('upgrade', '001')
        result = self.run_command('plan', '-f', 'json')
        operations = [one for revision in json.loads(result.out)['revisions']
                      for one in revision['operations']]
        with self.engine().connect() as connection:
            tables = self._tables(connection)
            for operation in operations:
                connection.exec_driver_sql('; '.join(operation['sql']))
            locked = {tables[number] for number in connection.execute(LOCKED).scalars()
                      if number in tables}
        planned = {name.removeprefix('public.') for name in operations[-1]['tables']}
        self.assertEqual((expected, expected), (planned, locked))

    def _tables(self, connection):
        found = connection.exec_driver_sql(
            "SELECT oid, relname FROM pg_class WHERE relname IN ('things', 'parents')")
        return {one.oid: one.relname for one in found}

    def test_both(self):
        """What changes or drops the key locks both tables."""
        for change in OF_BOTH:
            with self.subTest(change):
                self.setUp()
                self._assert_tables({'things', 'parents'}, KEYED, change)

    def test_renamed(self):
        """A key is known by the names that its columns have meanwhile."""
        self._assert_tables(
            {'things', 'parents'}, KEYED,
            "op.alter_column('parents', 'id', new_column_name='key')",
            "op.alter_column('parents', 'key', type_=sa.BigInteger())")

    def test_schema(self):
        """So it is where the schema is said that would be meant anyway."""
        for change in ("op.drop_column('things', 'parent_id', schema='public')",
                       "op.alter_column('parents', 'id', type_=sa.BigInteger(), schema='public')",
                       "op.drop_table('things', schema='public')"):
            with self.subTest(change):
                self.setUp()
                self._assert_tables({'things', 'parents'}, KEYED, change)

    def test_one(self):
        """What leaves the key as it is does not."""
        for change in OF_ONE:
            with self.subTest(change):
                self.setUp()
                self._assert_tables({'things'}, KEYED, change)


class RebuildTests(databases.PostgreSQL, base.CommandTestCase):
    """A table that a batch makes anew."""

    def test_size(self):
        """It has the size that it has, and so it has after that."""
        self.service(timelines.line(SETUP.format(1), """
            things = sa.Table('t00', sa.MetaData(), sa.Column('id', sa.Integer()))
            with op.batch_alter_table('t00', copy_from=things, recreate='always') as batch:
                batch.add_column(sa.Column('a', sa.Integer()))
            op.add_column('t00', sa.Column('b', sa.Integer()), schema='public')
        """))
        self.run_command('upgrade', '001')
        document = json.loads(self.run_command('plan', '-f', 'json').out)

        rebuild, addition = document['revisions'][0]['operations']
        self.assertEqual(('ACCESS EXCLUSIVE', True, ['t00']), (
            rebuild['lock'], rebuild['rewrite'], rebuild['tables']))
        self.assertEqual(['public.t00'], addition['tables'])
        self.assertEqual({'t00', 'public.t00'}, set(document['tables']))
        self.assertTrue(all(one['bytes'] for one in document['tables'].values()))


def _strongest(modes):
    """Return the strongest lock, as the manual spells them."""
    words = [re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', mode.removesuffix('Lock')).upper()
             for mode in modes]
    return max((lock for lock in words if lock in postgresql.LOCKS),
               key=postgresql.LOCKS.index, default='none')
