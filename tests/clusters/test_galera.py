# SPDX-License-Identifier: Apache-2.0
"""A Galera cluster, on which no lock of a server holds everywhere."""

import json

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines
from tests.commands import test_interrupt
from tests.commands import test_upgrade
from tests.commands import test_upgrade_failure
from tests.commands import test_upgrade_locks
from tests.commands import test_wait
from tests.database import test_lease

TTL = 2  # seconds


class GaleraTestCase(databases.Galera, processes.ProcessTestCase):
    """A test whose lease expires soon; each process is at the next node."""

    def setUp(self):
        super().setUp()
        self.configure(dbmanage={'lease': TTL})

    def use(self, node):
        """Let the next command go to another node."""
        self.configure(database={'connection': self.urls[node]})


class UpgradeOnGalera(test_upgrade.UpgradeTests, GaleraTestCase):
    """Revisions on Galera."""


class FailureOnGalera(test_upgrade_failure.FailureOnMariaDB, GaleraTestCase):
    """A revision that fails on Galera."""


class InterruptOnGalera(test_interrupt.InterruptOnMariaDB, GaleraTestCase):
    """The lease is given back by a run that is interrupted."""


class WaitOnGalera(test_wait.WaitTests, GaleraTestCase):
    """The lock is the lease; the waiters are at another node."""

    def hold(self, *argv):
        holder = super().hold(*argv)
        self.use(1)
        return holder


class LimitsOnGalera(test_upgrade_locks.LimitsTests, GaleraTestCase):
    """A cluster ends the transactions that stand in the way of a DDL."""

    patience = test_upgrade_locks.LocksOnMariaDB.patience
    short = test_upgrade_locks.LocksOnMariaDB.short
    stronger = test_upgrade_locks.LocksOnMariaDB.stronger
    crossing = test_upgrade_locks.LocksOnMariaDB.crossing

    def test_reader(self):
        """It is the reader that is told of a deadlock, not the runner."""
        reader = self.engine().connect()
        self.addCleanup(reader.invalidate)
        reader.execute(sa.text('SELECT * FROM one'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        with self.assertRaisesRegex(sa.exc.OperationalError, '1213'):
            reader.execute(sa.text('SELECT * FROM one'))


class LeaseOnGalera(test_lease.LeaseTests, databases.Galera):
    """The lease, as two nodes see it."""

    def runner(self, *args):
        """Return the lease as a runner at the next node sees it."""
        self.urls.append(self.urls.pop(0))
        self.url = self.urls[0]
        return super().runner(*args)


class UnlockTests(GaleraTestCase):
    """A lease outlives its owner: it can be released by hand."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', processes.GATE, 'three'))
        self.configure(dbmanage={'lease': 600})
        self.holder = self.start('upgrade', 'head')
        self.holder.wait_at_gate()
        self.use(1)

    def test_show(self):
        """It names the owner, and changes nothing."""
        result = self.run_command('unlock')
        self.holder.open_gate()
        ended = self.holder.result()

        self.assertEqual((0, 'unlock --yes releases it\n'), (result.code, result.err))
        self.assertRegex(
            result.out, fr'^held by \S+ process {self.holder.pid}, since .* UTC\n$')
        self.assertEqual(0, ended.code, ended.err)

    def test_dead_owner(self):
        """The next runner need not wait for the lease to expire."""
        self.holder.kill()
        released = self.run_command('unlock', '--yes')
        free = self.run_command('unlock')
        result = self.run_command('upgrade', 'head', '--wait', '0')

        self.assertEqual((0, ''), (released.code, released.err))
        self.assertRegex(released.out, fr'^released, it was .* process {self.holder.pid}, ')
        self.assertEqual('free\n', free.out)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.engine()))

    def test_owner_that_is_alive(self):
        """It stops before it records anything."""
        result = self.run_command('unlock', '--yes', '-f', 'json')
        self.holder.open_gate()
        ended = self.holder.result()

        self.assertTrue(json.loads(result.out)['released'])
        self.assertEqual((5, ''), (ended.code, ended.out), ended.err)
        self.assertIn('another runner has taken over the lease', ended.err.splitlines()[-1])
        self.assertEqual(['001'], timelines.recorded(self.engine()))


class StatusOnGalera(GaleraTestCase):
    """What one node sees of a runner at another."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', f'{timelines.table("two")}{processes.GATE}', 'three'))
        self.configure(dbmanage={'lease': 600})

    def status(self):
        """Return the exit code of a check, and the document."""
        result = self.run_command('status', '--check', '-f', 'json')
        self.assertEqual('', result.err)
        return result.code, json.loads(result.out)

    def test_empty(self):
        """It is empty, and stays so: not even the lease is made."""
        code, document = self.status()

        self.assertEqual((3, 'empty', None), (code, document['state'], document['holder']))
        self.assertEqual([], sa.inspect(self.engine()).get_table_names())

    def test_runner(self):
        """It is named while it is at work; what it leaves is partly applied."""
        holder = self.start('upgrade', 'head')
        holder.wait_at_gate()
        self.use(1)
        at_work = self.status()
        holder.kill()
        self.run_command('unlock', '--yes')
        left = self.status()

        self.assertEqual((3, 'behind'), (at_work[0], at_work[1]['state']))
        self.assertIn(f'process {holder.pid}', at_work[1]['holder'])
        self.assertEqual((6, 'partly_applied', None), (
            left[0], left[1]['state'], left[1]['holder']))
        self.assertEqual(['002'], [one['revision'] for one in left[1]['partly_applied']])
