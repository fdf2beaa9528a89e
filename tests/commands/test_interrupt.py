# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and SIGINT: the run ends at once, and the next one goes on."""

import signal
import textwrap
import threading

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

    def test_behind_a_reflection(self):
        """A table that was reflected changes how errors come, and not the exit code."""
        run = self._start(f"sa.inspect(op.get_bind()).get_columns('one')\n{AT_GATE}")
        run.wait_at_gate()
        run.send(signal.SIGTERM)
        run.open_gate()
        result = run.result()

        self.assertEqual((6, ''), (result.code, result.out), result.err)
        self.assertIn('partly applied', result.err.splitlines()[-1])

    def test_before_a_ddl(self):
        """A revision that was rolled back whole is not."""
        run = self._start(AT_GATE.replace(timelines.table('two'), '').replace('two', 'one'))
        run.wait_at_gate()
        run.send(signal.SIGTERM)
        run.open_gate()
        result = run.result()

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertEqual([], databases.rows(self.database)['one'])


class EarlyTests(databases.SQLite, processes.ProcessTestCase):
    """A signal comes before anything is done."""

    def test_models(self):
        """While a service's own code is imported."""
        for name in ('SIGTERM', 'SIGINT'):
            with self.subTest(name):
                self.service(timelines.line('one'), {
                    'models.py': f'import os, signal\nos.kill(os.getpid(), signal.{name})\n'},
                    models='acme.models')
                result = self.run_process('upgrade', 'head')

                self.assertEqual((5, '', f'db-manage: error: interrupted by {name}\n'),
                                 (result.code, result.out, result.err))

    def test_first_imports(self):
        """While the command itself is imported."""
        for name in ('SIGTERM', 'SIGINT'):
            with self.subTest(name):
                result = self.run_code(EARLY.format(name), 'upgrade', 'head')

                self.assertEqual((5, '', f'db-manage: error: interrupted by {name}\n'),
                                 (result.code, result.out, result.err))


EARLY = """
import os, signal, sys

class Finder:
    def find_spec(self, name, *_rest):
        if name == 'dbmanage.cli':
            os.kill(os.getpid(), signal.{})

from dbmanage import __main__
sys.meta_path.insert(0, Finder())
__main__.run()
"""
TOLD = """
def told(step, **_rest):
    if step.up_revision_id == '003':
""" + textwrap.indent(processes.GATE, ' ' * 8)


class LateTests(databases.PostgreSQL, processes.ProcessTestCase):
    """A signal comes after the last revision was recorded."""

    def test_read_back(self):
        """All was done, and that is the answer."""
        self.service(timelines.line('one', 'two', 'three'), {'hooks.py': TOLD},
                     on_version_apply='acme.hooks:told')
        self.run_command('upgrade', '001')
        other = self.engine().connect()
        self.addCleanup(other.close)
        run = self.start('upgrade', 'head')
        run.wait_at_gate()
        locking = threading.Thread(target=other.exec_driver_sql, daemon=True, args=[
            'LOCK TABLE alembic_version'])
        locking.start()
        self._wait_for_lock('LOCK%')
        run.open_gate()
        locking.join()
        self._wait_for_lock('%version_num%')
        run.send(signal.SIGTERM)
        other.rollback()
        result = run.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.engine()))

    def _wait_for_lock(self, statement):
        database = self.engine(isolation_level='AUTOCOMMIT')
        waiting = sa.text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                          f" AND wait_event_type = 'Lock' AND query LIKE '{statement}'")

        def is_waiting():
            with database.connect() as connection:
                return connection.scalar(waiting)
        processes.until(is_waiting, statement)
