# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` on PostgreSQL that ends early, after a commit in the middle."""

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

# The server ends the session of the runner.
LOST = """
session = op.get_bind().scalar(sa.text('SELECT pg_backend_pid()'))
other = sa.create_engine(op.get_bind().engine.url, isolation_level='AUTOCOMMIT')
with other.connect() as connection:
    connection.execute(sa.text(f'SELECT pg_terminate_backend({session}, 5000)'))
other.dispose()
"""
BLOCK = 'with op.get_context().autocommit_block():\n'
INDEX = """
with op.get_context().autocommit_block():
    op.create_index('ix_id', 'one', ['id'], postgresql_concurrently=True)
"""
LOST_IN_BLOCK = BLOCK + LOST.replace('\n', '\n    ') + "op.execute('SELECT 1')"
LOST_AT_COMMIT = """
op.execute('CREATE FUNCTION end_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN'
           ' PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$')
op.execute('CREATE CONSTRAINT TRIGGER late AFTER INSERT ON one DEFERRABLE INITIALLY DEFERRED'
           ' FOR EACH ROW EXECUTE FUNCTION end_it()')
op.execute('INSERT INTO one VALUES (1)')
"""
LATE = """
op.execute('CREATE TABLE parents (id int PRIMARY KEY)')
op.execute('CREATE TABLE children (id int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)')
op.execute('INSERT INTO children VALUES (1)')
"""


class KeptTests(databases.PostgreSQL, base.CommandTestCase):
    """The revisions share a transaction, for the database is empty."""

    def setUp(self):
        super().setUp()
        self.database = self.engine(poolclass=sa.NullPool)

    def test_lost(self):
        """Nothing is committed: it may be tried again."""
        result = self.upgrade('one', f'{LOST}\nop.execute("SELECT 1")')

        self.assert_ended(result, 4, 'the connection was lost', 'rolled back: 001')
        self.assertEqual([], timelines.tables(self.database))

    def test_lost_in_a_block(self):
        """What came before the block is committed, and is not said to be rolled back."""
        result = self.upgrade('one', LOST_IN_BLOCK)

        self.assert_ended(result, 6, 'the connection was lost')
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_lost_before_a_block(self):
        """The commit was not sent: nothing is committed."""
        result = self.upgrade('one', LOST + INDEX)

        self.assert_ended(result, 4, 'the connection was lost', 'rolled back: 001')
        self.assertEqual([], timelines.tables(self.database))

    def test_lost_at_the_end_of_a_block(self):
        """The driver says it, and not the database."""
        result = self.upgrade('one', BLOCK + LOST.replace('\n', '\n    '))

        self.assert_ended(result, 6, 'the connection was lost')
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_lost_behind_a_block(self):
        """The revision before it is committed, and the index is."""
        result = self.upgrade('one', f'{INDEX}{LOST}\nop.execute("SELECT 1")')

        self.assert_ended(result, 6, 'the connection was lost')
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_lost_at_the_end(self):
        """Nobody knows whether the commit was done."""
        result = self.upgrade('one', LOST_AT_COMMIT)

        self.assert_ended(result, 6, 'the connection was lost')

    def test_lost_after_it_was_caught(self):
        """SQLAlchemy refuses to go on, and that is the same."""
        result = self.upgrade('one', f"""
            {LOST.replace(chr(10), chr(10) + ' ' * 12)}
            try:
                op.execute('SELECT 1')
            except Exception:
                op.execute('SELECT 2')
        """)

        self.assert_ended(result, 4, 'the connection was lost', 'rolled back: 001')

    def test_failure_of_the_next_revision(self):
        """The index is there, and its revision is recorded."""
        result = self.upgrade('one', INDEX, 'raise LookupError')

        self.assert_ended(result, 1, 'LookupError')
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_failure_behind_a_recorded_block(self):
        """The block of the next revision has recorded it."""
        result = self.upgrade('one', INDEX, f'{BLOCK}    raise LookupError')

        self.assert_ended(result, 1, 'LookupError')
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_commit_by_hand(self):
        """It commits as the block does."""
        result = self.upgrade('one', f'{timelines.table("two")}\nop.execute("COMMIT")\n1 / 0')

        self.assert_ended(result, 6, 'ZeroDivisionError')
        self.assertEqual(['one', 'two'], timelines.tables(self.database))

    def test_commit_of_the_connection(self):
        """It commits as the block does."""
        result = self.upgrade('one', f'{timelines.table("two")}\nop.get_bind().commit()\n1 / 0')

        self.assert_ended(result, 6, 'ZeroDivisionError')
        self.assertEqual(['one', 'two'], timelines.tables(self.database))

    def test_refused_commit(self):
        """It commits nothing: all is rolled back."""
        result = self.upgrade('one', LATE)

        self.assert_ended(result, 1, 'violates foreign key', 'rolled back: 002')
        self.assertEqual([], timelines.tables(self.database))

    def test_refused_commit_before_a_block(self):
        """It commits nothing: all is rolled back."""
        result = self.upgrade('one', f'{LATE}{INDEX}')

        self.assert_ended(result, 1, 'violates foreign key', 'rolled back: 001')
        self.assertEqual([], timelines.tables(self.database))

    def test_blocked_behind_a_block(self):
        """What the first attempt has committed stays, when the last one gives up."""
        self.configure(dbmanage={'lock_timeout': 1, 'lock_retry': 1})
        with self.database.begin() as connection:
            connection.execute(sa.text('CREATE TABLE held (id int)'))
        with self.database.connect() as reader:
            reader.execute(sa.text('SELECT * FROM held'))
            result = self.upgrade('one', f"""
                op.execute('CREATE TABLE IF NOT EXISTS two (id int)')
                if op.get_bind().scalar(sa.text('SELECT count(*) FROM two')) == 0:
                    op.execute('INSERT INTO two VALUES (1)')
                    {BLOCK.strip()}
                        pass
                op.execute('ALTER TABLE held ADD COLUMN n int')
            """)

        self.assert_ended(result, 6, 'lock timeout')
        self.assertEqual(['held', 'one', 'two'], timelines.tables(self.database))

    def upgrade(self, *bodies):
        """Run ``upgrade head`` of these revisions."""
        self.service(timelines.line(*bodies))
        return self.run_command('upgrade', 'head')

    def assert_ended(self, result, code, why, said=None):
        """Expect an end, and that no more was said to be rolled back."""
        self.assertEqual((code, ''), (result.code, result.out), result.err)
        self.assertIn(why, result.err.splitlines()[-1])
        if said:
            self.assertIn(said, result.err)
        else:
            self.assertNotIn('rolled back', result.err)
