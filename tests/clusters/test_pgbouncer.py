# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL behind a pool of transactions: no session is ours."""

import time

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines
from tests.commands import test_blocked_proof
from tests.commands import test_interrupt
from tests.commands import test_status
from tests.commands import test_unlock
from tests.commands import test_upgrade
from tests.commands import test_upgrade_failure
from tests.commands import test_upgrade_locks
from tests.commands import test_wait
from tests.servers import pgbouncer

SETTINGS = """
op.execute(
    "CREATE TABLE settings AS SELECT name, setting FROM pg_settings"
    " WHERE name IN ('lock_timeout', 'idle_in_transaction_session_timeout', 'application_name')")
"""


class UpgradeOnPgBouncer(
    test_upgrade.UpgradeTests, databases.PgBouncer, processes.ProcessTestCase
):
    """Revisions through pgbouncer."""


class FailureOnPgBouncer(
    test_upgrade_failure.FailureTests, databases.PgBouncer, processes.ProcessTestCase
):
    """A revision that fails through pgbouncer."""

    recorded = []
    tables = []


class WaitOnPgBouncer(test_wait.WaitTests, databases.PgBouncer, processes.ProcessTestCase):
    """The lock is that of a transaction."""


class UnlockOnPgBouncer(
    test_unlock.UnlockTests, databases.PgBouncer, processes.ProcessTestCase
):
    """The lock is that of a transaction."""


class InterruptOnPgBouncer(
    test_interrupt.InterruptTests, databases.PgBouncer, processes.ProcessTestCase
):
    """The statement is cancelled through the pooler."""


class LocksOnPgBouncer(test_upgrade_locks.LocksOnPostgreSQL, databases.PgBouncer):
    """The limits are those of a transaction."""


class PoolTests(databases.PgBouncer, processes.ProcessTestCase):
    """What is left to the pool, and who meets whom."""

    def test_settings_do_not_leak(self):
        """The next client of a server connection finds it as it was."""
        self.service(timelines.line(SETTINGS, processes.GATE))
        direct = sa.create_engine(self.direct_url)
        self.addCleanup(direct.dispose)
        run = self.start('upgrade', 'head')
        run.wait_at_gate()
        run.open_gate()
        result = run.result()
        with self.engine().connect() as connection:
            settings = connection.execute(sa.text(
                "SELECT current_setting('lock_timeout'),"
                " current_setting('idle_in_transaction_session_timeout')")).one()

        self.assertEqual(0, result.code, result.err)
        self.assertEqual(('0', '0'), tuple(settings))
        limits = dict(databases.rows(direct)['settings'])
        self.assertEqual('5000', limits['lock_timeout'])

    def test_direct_runner(self):
        """One that goes past the pooler takes the same lock."""
        self.service(timelines.line('one', processes.GATE, 'three'))
        holder = self.start('upgrade', 'head')
        holder.wait_at_gate()
        self.configure(database={'connection': self.direct_url})
        result = self.run_command('upgrade', 'head', '--wait', '0')

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertIn(f'process {holder.pid}', result.err)

    def test_since(self):
        """It is since then that the lock is held, not that the pool has its session."""
        self.run_command('current')
        self.service(timelines.line('one', processes.GATE, 'three'))
        self.start('upgrade', 'head').wait_at_gate()
        result = self.run_command('unlock')
        with self.engine().connect() as connection:
            since = connection.scalar(sa.text(
                "SELECT to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
                " FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
                ' AND datname = current_database()'))

        self.assertIn(f', since {since} UTC\n', result.out)

    def test_index_concurrently(self):
        """The transaction that holds the lock does not keep it from being built."""
        self.service(timelines.line('one', """
with op.get_context().autocommit_block():
    op.create_index('ix_id', 'one', ['id'], postgresql_concurrently=True)
"""))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        indexes = sa.inspect(self.engine()).get_indexes('one')
        self.assertEqual(['ix_id'], [one['name'] for one in indexes])


class ProofTests(
    test_blocked_proof.ProofTests, databases.PgBouncer, processes.ProcessTestCase
):
    """The session of the runner is that of its transaction."""

    @property
    def direct(self):
        """The URL that goes past the pooler."""
        return self.direct_url


class PoolOfOneTests(databases.PgBouncer, processes.ProcessTestCase):
    """The lock has a connection, and the work would need another."""

    def setUp(self):
        self.pool = pgbouncer.start(self._environment('postgresql'), pool_size=1)
        self.addCleanup(self.pool.stop)
        super().setUp()

    def _environment(self, server):
        return self.pool.url if server == 'pgbouncer' else super()._environment(server)

    def test_upgrade(self):
        """It says what the pool lacks, and waits neither for itself nor for ever."""
        self.service(timelines.line('one'))
        self.configure(dbmanage={'wait': 0})
        started = time.monotonic()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertIn('must be 2 or more', result.err.splitlines()[-1])
        self.assertLess(time.monotonic() - started, 15)
        self.assertEqual((0, 'free\n'), (self.run_command('unlock').code,
                                         self.run_command('unlock').out))

    def test_status(self):
        """One connection is enough to look."""
        self.service(timelines.line('one'))
        result = self.run_command('status', '--check')

        self.assertEqual((3, ''), (result.code, result.err))


class StatusOnPgBouncer(
    test_status.StatusTests, databases.PgBouncer, processes.ProcessTestCase
):
    """Nothing is set for a session of the pool."""

    def test_session_is_left_alone(self):
        """Another client of the pool may write."""
        self.run_command('status')
        self.create('later')

        self.assertIn('later', sa.inspect(self.database).get_table_names())
