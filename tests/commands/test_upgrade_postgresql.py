# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` on PostgreSQL: its transactions, and what is outside of them."""

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines

# Notes the transaction and the lock_timeout that a revision runs with.
NOTE = """
op.execute('CREATE TABLE IF NOT EXISTS notes (number int, transaction bigint, patience text)')
op.execute("INSERT INTO notes SELECT {0}, txid_current(), current_setting('lock_timeout')")
"""
CONCURRENTLY = """
with op.get_context().autocommit_block():
    op.create_index('ix_n', 'one', ['n'], unique=True, postgresql_concurrently=True)
"""
NUMBERS = """
op.create_table('one', sa.Column('id', sa.Integer(), primary_key=True),
                sa.Column('n', sa.Integer()))
"""


class PostgreSQLTestCase(databases.PostgreSQL, processes.ProcessTestCase):
    """A test that looks into the server."""

    def setUp(self):
        super().setUp()
        self.database = self.engine(isolation_level='AUTOCOMMIT')

    def query(self, text):
        """Return the rows of a query, or none of a statement."""
        with self.database.connect() as connection:
            result = connection.execute(sa.text(text))
            return [tuple(row) for row in result] if result.returns_rows else []

    def upgrade(self, *bodies):
        """Run ``upgrade head`` of these revisions."""
        self.service(timelines.line(*bodies))
        return self.run_command('upgrade', 'head')

    def invalid_indexes(self):
        """Return the names of the indexes that a failed build has left."""
        return [name for (name,) in self.query(
            'SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid')]


class TransactionsTests(PostgreSQLTestCase):
    """How many revisions one transaction holds."""

    def test_empty_database(self):
        """Nobody waits for its locks: a hundred."""
        sizes = self._sizes(250)

        self.assertEqual([100, 100, 50], sizes)

    def test_database_in_use(self):
        """One, so that a lock is held no longer than it must."""
        self.query('CREATE TABLE somebodys (id int)')
        sizes = self._sizes(3)

        self.assertEqual([1, 1, 1], sizes)

    def test_versioned_database(self):
        """One, also where no table is left."""
        self.upgrade('pass')
        sizes = self._sizes(3, 'pass')

        self.assertEqual([1, 1, 1], sizes)

    def test_single_transaction(self):
        """All of them, if [dbmanage] says so."""
        self.query('CREATE TABLE somebodys (id int)')
        self.configure(dbmanage={'single_transaction': True})
        sizes = self._sizes(3)

        self.assertEqual([3], sizes)

    def test_failure_in_a_single_transaction(self):
        """Nothing of the run stays."""
        self.query('CREATE TABLE somebodys (id int)')
        self.configure(dbmanage={'single_transaction': True})
        result = self.upgrade('one', 'two', 'raise LookupError')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertEqual(['somebodys'], timelines.tables(self.database))
        self.assertEqual([], timelines.recorded(self.database) or [])

    def test_failure_on_an_empty_database(self):
        """The revisions of the same transaction are undone with it."""
        result = self.upgrade('one', 'two', 'raise LookupError')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertEqual([], timelines.tables(self.database))

    def test_progress(self):
        """A line for each revision, also where many are in one transaction."""
        result = self.upgrade('one', 'two', 'three')

        lines = result.err.splitlines()
        self.assertEqual(['[1/3]', '[2/3]', '[3/3]', '3'], [line.split()[0] for line in lines])
        self.assertEqual([('003',)], self.query('SELECT version_num FROM alembic_version'))

    def test_killed(self):
        """All of a revision is there, or nothing of it."""
        self.service(timelines.line('one', timelines.table('two') + processes.KILL, 'three'))
        self.run_command('upgrade', '001')
        killed = self.run_process('upgrade', 'head', env={'TEST_KILL': '1'})
        left = timelines.tables(self.database)
        result = self.run_command('upgrade', 'head')

        self.assertEqual(-9, killed.code)
        self.assertEqual(['one'], left)
        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def _sizes(self, count, *before):
        result = self.upgrade(*before, *map(NOTE.format, range(count)))
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        return [size for (size,) in self.query(
            'SELECT count(*) FROM notes GROUP BY transaction ORDER BY min(number)')]


class AutocommitTests(PostgreSQLTestCase):
    """``autocommit_block()``, which commits what comes before it."""

    def test_index_concurrently(self):
        """It is built in a database in use, and on an empty one."""
        for first in (NUMBERS, f'{NUMBERS}\nop.execute("CREATE TABLE another (id int)")'):
            self.url = self._create()
            self.database = self.engine(isolation_level='AUTOCOMMIT')
            self.configure(database={'connection': self.url})
            result = self.upgrade(first, CONCURRENTLY, 'three')

            self.assertEqual((0, ''), (result.code, result.out), result.err)
            self.assertEqual([], self.invalid_indexes())
            self.assertEqual(
                ['ix_n'], [one['name'] for one in sa.inspect(self.database).get_indexes('one')])
            self.assertEqual(['003'], timelines.recorded(self.database))

    def test_invalid_index(self):
        """What a failed build left is found, and built again."""
        failed = self._fail_to_build()
        left = self.invalid_indexes()
        self.query('DELETE FROM one WHERE id = 2')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (failed.code, failed.out), failed.err)
        self.assertIn('could not create unique index', failed.err.splitlines()[-1])
        self.assertEqual(['ix_n'], left)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([], self.invalid_indexes())
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_invalid_index_if_not_exists(self):
        """IF NOT EXISTS does not let it pass."""
        self._fail_to_build(CONCURRENTLY.replace('unique', 'if_not_exists=True, unique'))
        self.query('DELETE FROM one WHERE id = 2')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([], self.invalid_indexes())

    def test_valid_index(self):
        """It is left alone: that it is there is the revision's own failure."""
        self.upgrade(NUMBERS)
        self.query('CREATE INDEX ix_n ON one (n)')
        result = self.upgrade(NUMBERS, CONCURRENTLY)

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('relation "ix_n" already exists', result.err)

    def test_failure_behind_it(self):
        """What was committed stays: the revision is partly applied."""
        result = self._upgrade_in_use(f'{CONCURRENTLY}\nraise LookupError("later")')

        self.assertEqual((6, ''), (result.code, result.out))
        self.assertRegex(
            result.err.splitlines()[-1], 'LookupError: later; partly applied: run it again$')
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_failure_in_it(self):
        """What came before it is committed: the revision is partly applied."""
        self.upgrade(NUMBERS)
        self.query('INSERT INTO one VALUES (1, 7), (2, 7)')
        result = self.upgrade(NUMBERS, f'{timelines.table("two")}\n{CONCURRENTLY}')

        self.assertEqual((6, ''), (result.code, result.out), result.err)
        self.assertEqual(['one', 'two'], timelines.tables(self.database))

    def test_failure_in_it_after_a_read(self):
        """Nothing was changed by what came before it."""
        self.upgrade(NUMBERS)
        self.query('INSERT INTO one VALUES (1, 7), (2, 7)')
        result = self.upgrade(NUMBERS, f'sa.inspect(op.get_bind()).has_table("x")\n{CONCURRENTLY}')

        self.assertEqual((1, ''), (result.code, result.out), result.err)

    def test_failure_of_the_next_revision(self):
        """The one with the block is applied; the next one has just failed."""
        result = self._upgrade_in_use(CONCURRENTLY, 'raise LookupError')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_failure_before_it(self):
        """All of it is rolled back."""
        result = self._upgrade_in_use(
            f'{timelines.table("two")}\nraise LookupError\n{CONCURRENTLY}')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertEqual(['one'], timelines.tables(self.database))

    def _upgrade_in_use(self, *bodies):
        self.upgrade(NUMBERS)
        return self.upgrade(NUMBERS, *bodies)

    def _fail_to_build(self, body=CONCURRENTLY):
        self.upgrade(NUMBERS)
        self.query('INSERT INTO one VALUES (1, 7), (2, 7)')
        return self.upgrade(NUMBERS, body)
