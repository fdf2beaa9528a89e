# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` where somebody holds a table or a row: it does not insist."""

import signal
import subprocess
import threading

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines

ONE = """
op.create_table('one', sa.Column('id', sa.Integer(), primary_key=True),
                sa.Column('n', sa.Integer()))
op.execute('INSERT INTO one VALUES (1, 0), (2, 0)')
"""
ALTERED = """
op.execute('CREATE TABLE two (n INTEGER)')
op.execute('INSERT INTO two VALUES (1)')
op.add_column('one', sa.Column('word', sa.String(20)))
op.execute('INSERT INTO two VALUES (2)')
"""
CROSSING = f"""
op.execute('UPDATE one SET n = n + 1 WHERE id = 1')
{processes.GATE}
op.execute('UPDATE one SET n = n + 1 WHERE id = 2')
"""


class LimitsTests:
    """The first of two revisions is applied: what the second does not insist on."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line(ONE, ALTERED))
        self.database = self.engine(isolation_level='AUTOCOMMIT')
        self.configure(dbmanage={'lock_timeout': 1, 'lock_retry': 0})
        self.run_command('upgrade', '001')

    def test_own_session_alone(self):
        """The revision's statements give up soon; other sessions are as they were."""
        before = self._patience(self.database)
        self.service(timelines.line(
            ONE, f'op.execute("CREATE TABLE notes AS {self.patience}")'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([self.short], databases.rows(self.database)['notes'])
        self.assertNotEqual(self.short, before)
        self.assertEqual(before, self._patience(self.engine()))

    def test_deadlock(self):
        """The revision that was rolled back for it is run again."""
        self.service(timelines.line(ONE, CROSSING))
        self.configure(dbmanage={'lock_timeout': 30, 'lock_retry': 60})
        run = self.start('upgrade', 'head')
        run.wait_at_gate()
        other = self._cross()
        run.open_gate()
        run.wait_for('trying again in')
        other.join()
        run.wait_at_gate()
        run.open_gate()
        result = run.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertRegex(result.err, r'002\.py.*[Dd]eadlock')
        numbers = [row[:2] for row in databases.rows(self.database)['one'] if row[0] < 3]
        self.assertEqual([(1, 11), (2, 11)], numbers)

    def _patience(self, engine):
        with engine.connect() as connection:
            return tuple(connection.execute(sa.text(self.patience)).one())

    def _cross(self):
        """Update the rows in the other order, and let the runner lose."""
        connection = self.engine().connect()
        self.addCleanup(connection.close)
        for statement in self.stronger:
            connection.execute(sa.text(statement))
        connection.execute(sa.text('UPDATE one SET n = n + 10 WHERE id = 2'))

        def update():
            connection.execute(sa.text('UPDATE one SET n = n + 10 WHERE id = 1'))
            connection.commit()
        thread = threading.Thread(target=update, daemon=True)
        thread.start()
        processes.until(self._is_crossing, 'the other update')
        return thread

    def _is_crossing(self):
        with self.database.connect() as connection:
            return connection.scalar(sa.text(self.crossing))


class BlockedTests(LimitsTests):
    """A reader holds the table of the second revision."""

    code = 5
    blocked = 'blocked'

    def read(self):
        """Hold the table as a transaction does that reads, and is not ended."""
        reader = self.engine().connect()
        self.addCleanup(reader.close)
        reader.execute(sa.text('SELECT * FROM one'))
        return reader

    def test_blocked(self):
        """It gives up, and names the blocker: its process, age and query."""
        reader = self.read()
        session = reader.scalar(sa.text(self.session))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((self.code, ''), (result.code, result.out), result.err)
        self.assertRegex(result.err.splitlines()[-1], (
            fr'002\.py, line \d+\): .*; {self.blocked} by process {session}, \d+ s old, \w+'))
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_locked_version_table(self):
        """Nobody waits for it longer than lock_timeout, not even to look."""
        holder = self.engine().connect()
        self.addCleanup(holder.close)
        for statement in self.locking:
            holder.exec_driver_sql(statement)
        codes = [self.run_command(*argv).code for argv in (['upgrade', 'head'], ['current'])]

        self.assertEqual([5, 5], codes)

    def test_tried_again(self):
        """As soon as the table is free the revision is applied, once."""
        self.configure(dbmanage={'lock_retry': 60})
        reader = self.read()
        run = self.start('upgrade', 'head')
        said = run.wait_for('trying again in')
        reader.rollback()
        result = run.result()

        self.assertIn(f'; {self.blocked} by process ', said)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1,), (2,)], databases.rows(self.database)['two'])
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_interrupted_in_a_pause(self):
        """The code says what stays, as after any other end."""
        self.configure(dbmanage={'lock_retry': 60})
        self.read()
        run = self.start('upgrade', 'head')
        run.wait_for('trying again in')
        run.send(signal.SIGTERM)
        result = run.result()

        self.assertEqual((self.code, ''), (result.code, result.out), result.err)
        self.assertIn('interrupted by SIGTERM', result.err.splitlines()[-1])

    def test_next_run(self):
        """After it has given up a plain second run ends at head."""
        reader = self.read()
        self.run_command('upgrade', 'head')
        reader.rollback()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1,), (2,)], databases.rows(self.database)['two'])


class LocksOnPostgreSQL(BlockedTests, databases.PostgreSQL, processes.ProcessTestCase):
    """The revision is rolled back whole, and tried again whole."""

    session = 'SELECT pg_backend_pid()'
    locking = ['BEGIN', 'LOCK TABLE alembic_version']
    patience = "SELECT current_setting('lock_timeout') AS patience"
    short = ('1s',)
    # Whoever looks for a deadlock ends it with himself.
    stronger = ["SET LOCAL deadlock_timeout = '10min'"]
    crossing = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"

    def test_committed_in_part(self):
        """What an autocommit_block() has committed is not done again."""
        self.service(timelines.line(ONE, """
op.execute('UPDATE one SET n = n + 1')
with op.get_context().autocommit_block():
    op.execute('SELECT 1')
op.add_column('one', sa.Column('word', sa.String(20)))
"""))
        self.configure(dbmanage={'lock_retry': 60})
        self.read()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((6, ''), (result.code, result.out), result.err)
        self.assertRegex(result.err, r'; blocked by process \d+, .*partly applied')
        self.assertEqual([(1, 1), (2, 1)], databases.rows(self.database)['one'])


class SerializationOnPostgreSQL(databases.PostgreSQL, processes.ProcessTestCase):
    """A runner whose transactions are stricter than those of others."""

    strict = '-cdefault_transaction_isolation%3Drepeatable%5C%20read'

    def test_tried_again(self):
        """What the other has changed meanwhile is read again, and nothing is lost."""
        self.service(timelines.line(ONE, f"""
op.get_bind().scalar(sa.text('SELECT n FROM one WHERE id = 1'))
{processes.GATE}
op.execute('UPDATE one SET n = n + 1 WHERE id = 1')
"""))
        self.run_command('upgrade', '001')
        self.configure(database={'connection': f'{self.url}?options={self.strict}'})
        run = self.start('upgrade', 'head')
        run.wait_at_gate()
        with self.engine().begin() as connection:
            connection.execute(sa.text('UPDATE one SET n = n + 10 WHERE id = 1'))
        run.open_gate()
        said = run.wait_for('trying again in')
        run.wait_at_gate()
        run.open_gate()
        result = run.result()

        self.assertIn('could not serialize access', said)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1, 11), (2, 0)], databases.rows(self.engine())['one'])


class LocksOnMariaDB(BlockedTests, databases.MariaDB, processes.ProcessTestCase):
    """A table was made before: what was done stays, and is not done again."""

    code = 6
    blocked = 'may be blocked'
    session = 'SELECT CONNECTION_ID()'
    locking = ['LOCK TABLES alembic_version WRITE']
    patience = 'SELECT @@lock_wait_timeout AS tables, @@innodb_lock_wait_timeout AS patience'
    short = (1, 1)
    # The one that has changed less is rolled back.
    stronger = ['INSERT INTO one SELECT seq, 0 FROM seq_3_to_100']
    crossing = ("SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
                " AND trx_query LIKE '%n + 10%'")

    def test_resumed_in_the_run(self):
        """It says at which statement it goes on."""
        self.configure(dbmanage={'lock_retry': 60})
        reader = self.read()
        run = self.start('upgrade', 'head')
        run.wait_for('trying again in')
        reader.rollback()
        result = run.result()

        self.assertEqual(0, result.code, result.err)
        self.assertIn('resuming 002 at statement 3 of at least 3 (done: 2)', result.err)

    def test_blocked_before_anything_is_done(self):
        """It is busy, not partly applied."""
        self.service(timelines.line(ONE, "op.add_column('one', sa.Column('w', sa.Text()))"))
        self.read()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertNotIn('partly', result.err)


class LocksOnSQLite(databases.SQLite, processes.ProcessTestCase):
    """A reader, another process, keeps the run from being committed."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line(ONE, ALTERED))
        self.database = self.engine()
        self.configure(dbmanage={'lock_retry': 0})
        self.run_command('upgrade', '001')
        self.reader = subprocess.Popen(
            ['sqlite3', sa.make_url(self.url).database], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.leave)
        self.reader.stdin.write('BEGIN; SELECT id FROM one LIMIT 1;\n')
        self.reader.stdin.flush()
        self.reader.stdout.readline()

    def leave(self):
        """End the reader."""
        self.reader.communicate()

    def test_blocked(self):
        """It gives up, names the reader, and nothing is applied."""
        result = self.run_command('upgrade', 'head')
        self.leave()

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertRegex(result.err.splitlines()[-1], (
            fr'database is locked; blocked by \S+ process {self.reader.pid}, which was started '))
        self.assertEqual(['one'], timelines.tables(self.database))
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_tried_again(self):
        """As soon as the reader has gone the run is committed."""
        self.configure(dbmanage={'lock_retry': 60})
        run = self.start('upgrade', 'head')
        run.wait_for('trying again in')
        self.leave()
        result = run.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1,), (2,)], databases.rows(self.database)['two'])
