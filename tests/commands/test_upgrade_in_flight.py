# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` after a client was killed and MariaDB went on without it."""

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines

FIRST = """
op.create_table('one', sa.Column('id', sa.Integer(), primary_key=True),
                sa.Column('n', sa.Integer()))
op.create_table('other', sa.Column('id', sa.Integer(), primary_key=True))
"""
WAITING = sa.text(
    'SELECT id FROM information_schema.processlist WHERE db = DATABASE()'
    " AND state = 'Waiting for table metadata lock'")
OTHERS = sa.text(
    'SELECT id FROM information_schema.processlist WHERE db = DATABASE()'
    ' AND id <> CONNECTION_ID()')


class InFlightTestCase(databases.MariaDB, processes.ProcessTestCase):
    """A statement waits for a table that a reader holds; its client is killed."""

    def setUp(self):
        super().setUp()
        self.database = self.engine(isolation_level='AUTOCOMMIT')

    def kill_in(self, statement):
        """Kill the client while its statement waits; return the reader."""
        return self.kill_behind('SELECT * FROM one', f'op.execute({statement!r})')

    def kill_behind(self, hold, body):
        """Kill the client while a revision waits for a table; return who holds it."""
        self.service(timelines.line(FIRST, body, 'three'), lock_timeout=self.lock_timeout)
        self.run_command('upgrade', '001')
        reader = self.engine().connect()
        self.addCleanup(reader.close)
        reader.execute(sa.text(hold))
        process = self.start('upgrade', 'head')
        processes.until(lambda: self.sessions(WAITING), 'the statement')
        process.kill()
        return reader

    def sessions(self, question):
        """Return the sessions on the test's database."""
        with self.database.connect() as connection:
            return connection.scalars(question).all()


class GoesOnTests(InFlightTestCase):
    """The server ends the statement when the reader has gone."""

    lock_timeout = 50

    def _assert_done_once(self, statement):
        reader = self.kill_in(statement)
        reader.rollback()
        result = self.run_command('upgrade', 'head')
        found = databases.snapshot(self.database)
        self.url = self._create()
        self.configure(database={'connection': self.url})
        self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertIn('resuming 002 at statement 1 of at least 1 (done: 0)\n', result.err)
        self.assertEqual(databases.snapshot(self.engine()), found)

    def test_next_runner(self):
        """It works after the statement and not beside it, however that ends.

        A server that has noticed that the client is gone ends it; one that has
        not lets the next runner wait.
        """
        reader = self.kill_in('ALTER TABLE one ADD COLUMN word TEXT')
        next_one = self.start('upgrade', 'head')
        next_one.wait_for('')
        reader.rollback()
        result = next_one.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_column_added(self):
        """It is there already."""
        self._assert_done_once('ALTER TABLE one ADD COLUMN word TEXT')

    def test_column_dropped(self):
        """It is gone already."""
        self._assert_done_once('ALTER TABLE one DROP COLUMN n')

    def test_column_renamed(self):
        """It has its new name already."""
        self._assert_done_once('ALTER TABLE one CHANGE n m BIGINT NOT NULL')

    def test_table_renamed(self):
        """It has its new name already."""
        self._assert_done_once('ALTER TABLE one RENAME two')

    def test_table_dropped(self):
        """It is gone already."""
        self._assert_done_once('DROP TABLE one')

    def test_index(self):
        """It is there already."""
        self._assert_done_once('CREATE INDEX ix_n ON one (n)')

    def test_check(self):
        """It is there already."""
        self._assert_done_once('ALTER TABLE one ADD CONSTRAINT ck_n CHECK (n > 0)')

    def test_foreign_key(self):
        """It is there already."""
        self._assert_done_once(
            'ALTER TABLE one ADD CONSTRAINT fk_n FOREIGN KEY (n) REFERENCES other (id)')

    def test_nameless_foreign_key(self):
        """There is one of it."""
        self._assert_done_once('ALTER TABLE one ADD FOREIGN KEY (n) REFERENCES other (id)')

    def test_nameless_unique_constraint(self):
        """There is one of it."""
        self._assert_done_once('ALTER TABLE one ADD UNIQUE (n)')

    def test_nameless_check(self):
        """There is one of it."""
        self._assert_done_once('ALTER TABLE one ADD CHECK (n > 0)')

    def test_tables_swapped(self):
        """They are not swapped back."""
        self._assert_done_once('RENAME TABLE one TO spare, other TO one, spare TO other')

    def test_autocommit_block(self):
        """A row of a transaction of its own is there once, whether that was ended or not."""
        holder = self.kill_behind('LOCK TABLES one WRITE', """
with op.get_context().autocommit_block():
    op.execute('INSERT INTO other VALUES (1)')
    op.execute('INSERT INTO one VALUES (1, 1)')
""")
        holder.execute(sa.text('UNLOCK TABLES'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertIn('resuming 002 at statement 2 of at least 2 (done: 1)\n', result.err)
        rows = databases.rows(self.database)
        self.assertEqual(([(1,)], [(1, 1)]), (rows['other'], rows['one']))


class GivesUpTests(InFlightTestCase):
    """The server gives up the statement after lock_timeout."""

    lock_timeout = 1

    def test_statement_is_run_again(self):
        """It was not done; nothing but a try tells that."""
        reader = self.kill_in('ALTER TABLE one ADD COLUMN word TEXT')
        [session] = self.sessions(WAITING)
        processes.until(lambda: session not in self.sessions(OTHERS), 'the end of the session')
        reader.rollback()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        columns = [column['name'] for column in sa.inspect(self.database).get_columns('one')]
        self.assertEqual(['id', 'n', 'word'], columns)
