# SPDX-License-Identifier: Apache-2.0
"""``plan``: what upgrade would do, in words and in JSON."""

import json
import pathlib

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

FIRST = """
op.create_table(
    'parents', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(80)))
op.create_table(
    'things', sa.Column('id', sa.Integer(), primary_key=True),
    sa.Column('name', sa.String(80)), sa.Column('size', sa.Integer()),
    sa.Column('parent_id', sa.Integer()), sa.Column('old', sa.Text()))
"""
ADDED = """
op.add_column('things', sa.Column('domain', sa.String(255)))
op.create_index('ix_things_name', 'things', ['name', 'size'], unique=True)
things = sa.table('things', sa.column('name'), sa.column('id'))
op.bulk_insert(things, [{'id': 1, 'name': 'a'}, {'id': 2, 'name': 'b'}])
op.execute(things.update().values(name='c'))
op.execute(things.delete())
op.execute('UPDATE things SET size = 3')
op.rename_table('things', 'items')
"""
ALTERED = """
op.alter_column('things', 'name', new_column_name='title', existing_type=sa.String(80))
op.alter_column('things', 'title', type_=sa.String(20), existing_type=sa.String(80))
op.alter_column('things', 'size', nullable=False, existing_type=sa.Integer())
op.create_foreign_key('fk_things', 'things', 'parents', ['parent_id'], ['id'])
op.drop_constraint('fk_things', 'things', type_='foreignkey')
op.drop_column('things', 'old')
op.drop_table('parents')
"""
READS = """
op.drop_index('ix_x', table_name='things')
for row in op.get_bind().execute(sa.text('SELECT id FROM things')):
    pass
"""
IN_WORDS = [
    'add column things.domain (VARCHAR(255), null)',
    'create index ix_things_name on things (name, size), unique',
    'insert into things', 'update things', 'delete from things',
    'run UPDATE things SET size = 3', 'rename table things to items']


class PlanTestCase(base.CommandTestCase):
    """A database at the first of several revisions."""

    def begin(self, *bodies, **options):
        """Serve a first revision, which is applied, and others."""
        self.service(timelines.line(FIRST, *bodies), **options)
        self.run_command('upgrade', '001')
        self.database = self.engine()

    def document(self, *argv):
        """Return the plan."""
        result = self.run_command('plan', *argv, '-f', 'json')
        self.assertEqual(0, result.code, result.err)
        return json.loads(result.out)

    def operations(self, *argv):
        """Return the operations of all revisions."""
        return [one for revision in self.document(*argv)['revisions']
                for one in revision['operations']]


class PlanTests:
    """What a plan says on each database."""

    def test_words(self):
        """Each operation is told in plain words; rows that are alike are one."""
        self.begin(ADDED)

        self.assertEqual(IN_WORDS, [one['words'] for one in self.operations()])

    def test_lines_in_a_default(self):
        """An operation is one line."""
        self.begin("op.add_column('things', sa.Column("
                   "'a', sa.String(9), server_default='x\\ny'))")
        result = self.run_command('plan')

        self.assertIn(r"  add column things.a (VARCHAR(9), null, default 'x\ny')", result.out)

    def test_data(self):
        """What changes rows is marked, and what was written by hand."""
        self.begin(ADDED)

        self.assertEqual([False, False, True, True, True, True, False],
                         [one['data'] for one in self.operations()])

    def test_nothing_is_changed(self):
        """The database, its rows and its recorded revision are as they were."""
        self.begin(ADDED)
        before = databases.snapshot(self.database, ()), databases.rows(self.database, ())
        self.document()

        self.assertEqual(
            before, (databases.snapshot(self.database, ()), databases.rows(self.database, ())))

    def test_empty_database(self):
        """No table is made, not even that of the version."""
        self.service(timelines.line('one'))
        document = self.document()

        self.assertEqual(([], ['001']), (document['from'], document['to']))
        self.assertEqual([], sa.inspect(self.engine()).get_table_names())

    def test_revision_that_reads(self):
        """It is listed, with what it does before, and the line; so are the others."""
        self.begin(READS, 'three')
        result = self.run_command('plan')

        lines = result.out.splitlines()
        self.assertEqual(0, result.code, result.err)
        self.assertEqual('002 step 002', lines[0])
        self.assertTrue(lines[1].startswith('  drop index ix_x of things'), lines)
        self.assertTrue(lines[2].startswith('  run SELECT id FROM things'), lines)
        self.assertRegex(lines[3], r'^  the rest is not known: revision 002 '
                                   r'\(.*002\.py, line 11\): it reads the database \(.*\)$')
        self.assertEqual('003 create three', lines[4])

    def test_own_connection(self):
        """A revision that connects by itself is kept from it."""
        own = f'sa.create_engine({self.url!r}).connect().execute(sa.text("DROP TABLE things"))'
        self.begin(own)
        [revision] = self.document()['revisions']

        self.assertIn('it connects by itself', revision['unknown'])
        self.assertTrue(sa.inspect(self.database).has_table('things'))

    def test_sizes(self):
        """About how many rows there are is taken from the catalog."""
        self.begin(ADDED)
        with self.database.begin() as connection:
            rows = [{'id': number, 'name': f'{number}'} for number in range(1, 101)]
            connection.execute(sa.text('INSERT INTO things (id, name) VALUES (:id, :name)'), rows)
        with self.database.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
            connection.exec_driver_sql(self.analyze)
        document = self.document()

        self.assertEqual({'things', 'items'}, set(document['tables']))
        self.assertEqual(100, document['tables']['things']['rows'])
        self.assertEqual(self.kind == 'sqlite', document['tables']['items']['bytes'] is None)


class PlanOnSQLite(PlanTests, databases.SQLite, PlanTestCase):
    """A plan on SQLite."""

    analyze = 'ANALYZE'

    def test_absent_file(self):
        """It is not made."""
        self.service(timelines.line('one'))
        self.document()

        self.assertFalse(pathlib.Path(sa.make_url(self.url).database).exists())

    def test_table_that_is_made_anew(self):
        """It is one operation, which says what changes."""
        self.begin("""
            old = sa.Table('things', sa.MetaData(), sa.Column('id', sa.Integer()),
                           sa.Column('name', sa.String(80)), sa.Column('old', sa.Text()),
                           sa.Index('ix_old', 'name'))
            with op.batch_alter_table('things', copy_from=old) as batch:
                batch.alter_column('name', new_column_name='title', nullable=False,
                                   existing_type=sa.String(80))
                batch.drop_column('old')
                batch.add_column(sa.Column('colour', sa.String(20)))
                batch.create_check_constraint('ck_id', sa.column('id') > 0)
                batch.create_index('ix_colour', ['colour'])
            op.create_table('others', sa.Column('id', sa.Integer()))
        """)
        operations = self.operations()

        self.assertEqual([
            'rebuild table things: name renamed to title; name not null; '
            'add column colour (VARCHAR(20), null); drop column old; add check ck_id (id > 0)',
            'create index ix_colour on things (colour)', 'create table others (id)',
        ], [one['words'] for one in operations])
        self.assertEqual((True, True), (operations[0]['destructive'], operations[0]['rewrite']))
        self.assertEqual(5, len(operations[0]['sql']))


    def test_table_that_cannot_be_made_anew(self):
        """SQLite has no statement for it, and how the table is nobody says."""
        self.begin("op.alter_column('things', 'size', nullable=False)")
        [revision] = self.document()['revisions']

        self.assertRegex(
            revision['unknown'], r'002\.py, line 10\): SQLite cannot alter table things')


class PlanOnServer(PlanTests):
    """What SQLite has no statements for."""

    def test_check_of_a_new_column(self):
        """It is told with its column."""
        self.begin("op.add_column('things', sa.Column("
                   "'a', sa.Integer(), sa.CheckConstraint('a > 0')))")

        self.assertEqual(['add column things.a (INTEGER, null, check (a > 0))'],
                         [one['words'] for one in self.operations()])

    def test_schema(self):
        """It is told by its name."""
        self.begin("op.execute(sa.schema.CreateSchema('more'))\n"
                   "op.execute(sa.schema.DropSchema('more'))")

        self.assertEqual(['create schema more', 'drop schema more'],
                         [one['words'] for one in self.operations()])

    def test_constraint_without_a_name(self):
        """The plan says that it cannot be dropped, and of which table."""
        self.begin("op.drop_constraint(None, 'things', type_='unique')")
        [revision] = self.document()['revisions']

        self.assertEqual([], revision['operations'])
        self.assertTrue(revision['unknown'].endswith(
            ': what has no name cannot be dropped: unique of things'), revision['unknown'])

    def test_changes_of_columns(self):
        """They are told with what the column was, and marked where something is lost."""
        self.begin(ALTERED)

        self.assertEqual([
            ('rename column things.name to title', False),
            ('alter column things.title: VARCHAR(80) -> VARCHAR(20)', True),
            ('alter column things.size: not null', True),
            ('add foreign key fk_things (parent_id) -> parents (id) to things', False),
            ('drop foreign key fk_things of things', True),
            ('drop column things.old', True),
            ('drop table parents', True),
        ], [(one['words'], one['destructive']) for one in self.operations()])


class PlanOnPostgreSQL(PlanOnServer, databases.PostgreSQL, PlanTestCase):
    """A plan on PostgreSQL."""

    analyze = 'ANALYZE'

    def test_text(self):
        """A line has the marks, the lock and the size of the table."""
        self.begin(ALTERED)
        with self.database.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
            connection.exec_driver_sql('ANALYZE')
        lines = self.run_command('plan').out.splitlines()

        self.assertEqual('  alter column things.title: VARCHAR(80) -> VARCHAR(20)  [destructive, '
                         'ACCESS EXCLUSIVE, rewrites the table, things has about 0 rows and '
                         '16 KiB]', lines[2])

    def test_locked_table(self):
        """The catalog does not tell of a table that somebody holds: busy, in a line."""
        self.begin("op.add_column('things', sa.Column('a', sa.Integer()))", lock_timeout=1)
        with self.database.begin() as connection:
            connection.execute(sa.text('LOCK TABLE things'))
            result = self.run_command('plan')

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertEqual(1, len(result.err.splitlines()), result.err)
        self.assertIn('lock timeout', result.err)

    def test_other_schema(self):
        """A table is named with its schema, and found there."""
        self.begin("op.add_column('places', sa.Column('a', sa.Integer()), schema='other')")
        with self.database.begin() as connection:
            connection.execute(sa.text('CREATE SCHEMA other CREATE TABLE places (id int)'))
        document = self.document()

        self.assertEqual('add column other.places.a (INTEGER, null)',
                         document['revisions'][0]['operations'][0]['words'])
        self.assertEqual(['other.places'], list(document['tables']))


class PlanOnMariaDB(PlanOnServer, databases.MariaDB, PlanTestCase):
    """A plan on MariaDB."""

    analyze = 'ANALYZE TABLE things'

    def test_comment(self):
        """The comment of a column is what is changed, or lost."""
        self.begin("""
            op.alter_column('things', 'size', comment='in rows', existing_type=sa.Integer())
            op.alter_column('things', 'size', existing_type=sa.Integer(),
                            type_=sa.BigInteger())
        """)

        self.assertEqual([
            "alter column things.size: comment 'in rows'",
            'alter column things.size: INTEGER -> BIGINT, no comment',
        ], [one['words'] for one in self.operations()])

    def test_partly_applied(self):
        """It is said: what is done is skipped, and is in the plan nevertheless."""
        self.begin("op.drop_column('things', 'old')\nop.drop_column('things', 'nope')")
        self.run_command('upgrade', 'head')
        result = self.run_command('plan')

        self.assertEqual(0, result.code, result.err)
        self.assertIn('revision 002 is partly applied', result.err)
        self.assertIn('drop column things.old', result.out)


class TargetTests(databases.SQLite, PlanTestCase):
    """How far a plan goes."""

    def setUp(self):
        super().setUp()
        self.begin('two', 'three')

    def test_head(self):
        """It is the head, if nothing is said."""
        self.assertEqual(['003'], self.document()['to'])

    def test_steps(self):
        """It is what upgrade takes."""
        document = self.document('+1')

        self.assertEqual(['002'], document['to'])
        self.assertEqual(['002'], [one['revision'] for one in document['revisions']])

    def test_unknown_revision(self):
        """It is a wrong command line."""
        result = self.run_command('plan', 'nope')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn("Can't locate revision", result.err)

    def test_nothing_to_do(self):
        """It is said, and the plan is empty."""
        self.run_command('upgrade', 'head')
        result = self.run_command('plan')
        document = self.document()

        said = 'nothing to do: the database is at 003 already\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))
        self.assertEqual((['003'], ['003'], []),
                         (document['from'], document['to'], document['revisions']))

    def test_database_of_newer_code(self):
        """No plan leads from there."""
        timelines.record(self.database, '009')
        result = self.run_command('plan')

        self.assertEqual((7, ''), (result.code, result.out))


class FailOnTests(databases.PostgreSQL, PlanTestCase):
    """What ``--fail-on`` answers no to."""

    def _code(self, *argv):
        result = self.run_command('plan', *argv)
        self.assertNotEqual('', result.out)
        return result.code, result.err

    def test_mark_that_is_there(self):
        """The answer is no, and the revisions are named; the plan is written all the same."""
        self.begin("op.drop_table('things')", 'three')

        self.assertEqual((3, 'destructive: revision 002\n'), self._code('--fail-on', 'destructive'))

    def test_mark_that_is_not_there(self):
        """The answer is yes."""
        self.begin("op.drop_table('things')")

        self.assertEqual((0, ''), self._code('--fail-on', 'rewrite', '--fail-on', 'data'))

    def test_rewrite(self):
        """A table that is written anew is one."""
        self.begin("op.alter_column('things', 'size', type_=sa.BigInteger())")

        self.assertEqual((3, 'rewrite: revision 002\n'), self._code('--fail-on', 'rewrite'))

    def test_data(self):
        """A statement that was written by hand is one, for nobody knows."""
        self.begin('op.execute("SELECT 1")')

        self.assertEqual((3, 'data: revision 002\n'), self._code('--fail-on', 'data'))

    def test_drop_by_hand(self):
        """A statement that says DROP is destructive."""
        self.begin('op.execute("DROP TABLE things")')

        self.assertEqual((3, 'destructive: revision 002\n'), self._code('--fail-on', 'destructive'))

    def test_revision_that_is_not_known(self):
        """It may be anything."""
        self.begin(READS)

        self.assertEqual((3, 'rewrite: revision 002\n'), self._code('--fail-on', 'rewrite'))

    def test_unknown_mark(self):
        """It is a wrong command line."""
        result = self.run_command('plan', '--fail-on', 'nope')

        self.assertEqual((2, ''), (result.code, result.out))
