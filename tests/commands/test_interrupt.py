# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and SIGINT: the run ends at once, and the next one goes on."""

import signal

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines

# In the second run the statement ends by itself.
SLOW = f"""
{timelines.table('two')}
op.execute('INSERT INTO two VALUES (1)')
import os
seconds = 60 if 'TEST_GATE' in os.environ else 0
dialect = op.get_context().dialect.name
if dialect == 'postgresql':
    op.execute(f'SELECT pg_sleep({{seconds}})')
elif dialect == 'mysql':
    op.execute(f'CREATE TABLE slow AS SELECT SLEEP({{seconds}}) AS n')
else:
    op.get_bind().connection.dbapi_connection.create_function(
        'at_gate', 0, lambda: os.write(int(os.environ['TEST_GATE'].split()[0]), b'.'))
    op.execute('WITH RECURSIVE c(n) AS (SELECT at_gate() UNION ALL SELECT n + 1 FROM c) '
               f'SELECT max(n) FROM c' if seconds else 'SELECT 0')
op.execute('INSERT INTO two VALUES (2)')
"""
AT_GATE = f"""
{timelines.table('two')}
op.execute('INSERT INTO two VALUES (1)')
{processes.GATE}
op.execute('INSERT INTO two VALUES (2)')
"""
RUNNING = {
    'postgresql': "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' "
                  "AND state = 'active' AND datname = current_database()",
    'mysql': "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE slow%' "
             "AND state = 'User sleep' AND db = DATABASE()",
}


class InterruptTests:
    """The second of three revisions is interrupted."""

    # What the exit code is where a revision was rolled back whole, or not.
    code = 5

    def test_terminated_in_a_statement(self):
        """The server ends the statement; the next run ends at head."""
        self._assert_interrupted(signal.SIGTERM)

    def test_interrupted_in_a_statement(self):
        """Ctrl-C is the same."""
        self._assert_interrupted(signal.SIGINT)

    def test_between_statements(self):
        """It ends before the next statement."""
        run = self._start(AT_GATE)
        run.wait_at_gate()
        run.send(signal.SIGTERM)
        run.open_gate()
        result = run.result()

        self.assertEqual((self.code, ''), (result.code, result.out), result.err)
        self.assertIn('interrupted by SIGTERM', result.err.splitlines()[-1])
        self._assert_goes_on()

    def test_lock(self):
        """It is released: the next run does not wait."""
        run = self._start_slow()
        run.send(signal.SIGTERM)
        run.result()
        result = self.run_command('upgrade', 'head', '--wait', '0')

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def test_while_waiting(self):
        """A runner that waits gives up; the other one is not disturbed."""
        holder = self._start(AT_GATE)
        holder.wait_at_gate()
        waiter = self.start('upgrade', 'head')
        waiter.wait_for('waiting for another runner')
        waiter.send(signal.SIGTERM)
        result = waiter.result()
        holder.open_gate()
        ended = holder.result()

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertEqual('db-manage: error: interrupted by SIGTERM', result.err.splitlines()[-1])
        self.assertEqual(0, ended.code, ended.err)

    def _assert_interrupted(self, number):
        run = self._start_slow()
        run.send(number)
        result = run.result()

        self.assertEqual((self.code, ''), (result.code, result.out), result.err)
        self.assertIn(f'interrupted by {number.name}', result.err.splitlines()[-1])
        self.assertNotIn('Traceback', result.err)
        self._assert_goes_on()

    def _assert_goes_on(self):
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1,), (2,)], databases.rows(self.database)['two'])
        self.assertEqual(['003'], timelines.recorded(self.database))

    def _start(self, body):
        self.service(timelines.line('one', body, 'three'))
        self.database = self.engine(isolation_level='AUTOCOMMIT')
        return self.start('upgrade', 'head')

    def _start_slow(self):
        run = self._start(SLOW)
        processes.until(self._is_running, 'the statement')
        return run

    def _is_running(self):
        with self.database.connect() as connection:
            return connection.scalar(sa.text(RUNNING[self.database.dialect.name]))


class InterruptOnSQLite(InterruptTests, databases.SQLite, processes.ProcessTestCase):
    """The whole run is rolled back."""

    def _start_slow(self):
        run = self._start(SLOW)
        run.wait_at_gate()
        return run


class InterruptOnPostgreSQL(InterruptTests, databases.PostgreSQL, processes.ProcessTestCase):
    """The revision is rolled back."""


class InterruptOnMariaDB(InterruptTests, databases.MariaDB, processes.ProcessTestCase):
    """A table was made: the revision is partly applied."""

    code = 6

    def test_before_a_ddl(self):
        """A revision that was rolled back whole is not."""
        run = self._start(AT_GATE.replace(timelines.table('two'), '').replace('two', 'one'))
        run.wait_at_gate()
        run.send(signal.SIGTERM)
        run.open_gate()
        result = run.result()

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertEqual([], databases.rows(self.database)['one'])
