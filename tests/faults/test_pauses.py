# SPDX-License-Identifier: Apache-2.0
"""A holder that stops for a while, and comes back when others went on."""

import contextlib
import signal
import threading

from tests import base
from tests import databases
from tests.faults import harness
from tests.faults import runs
from tests.faults import services
from tests.faults import victim
from tests.servers import proxy


class WaitTests(harness.FaultTests):
    """The lock lasts as long as its holder's connection: it is waited for."""

    def test_stopped_holder(self):
        """The other is told who holds the lock; the holder ends well later."""
        self.serve(services.COUNTING)
        holder = self.start('upgrade', 'head', at=victim.At('after', 40, signal.SIGSTOP))
        runs.until(lambda: holder.is_stopped, 'the holder to stop')
        other = self.start('upgrade', 'head', '--wait', '1')
        code = other.wait()
        holder.send(signal.SIGCONT)

        self.assertEqual((5, 0), (code, holder.wait()), f'{other}\n{holder}')
        self.assertIn(f'process {holder.pid}', other.said)
        self.assertEqual(self.timeline.revisions, holder.applied)


class LeaseTests(harness.FaultTests):
    """The lease of a holder that does not move expires: another goes on."""

    def test_stopped_holder(self):
        """It applies and records nothing more when it comes back."""
        self._often(self._stop)

    def test_slow_network(self):
        """What it had sent arrives too late, and changes nothing."""
        self._often(self._delay)

    def _often(self, pause):
        self.serve(services.COUNTING)
        steps, state = self.undisturbed()
        count = harness.rounds(steps)
        for number in range(count):
            self.use_new_database()
            self._take_over(pause, harness.spread(number, count, steps), state)
        self.check()

    def _take_over(self, pause, step, state):
        with contextlib.closing(proxy.Proxy(self.url)) as between:
            holder = pause(between, step)
            other = self.start('upgrade', 'head', url=self.nodes()[-1])
            other.wait()
            between.release()
            holder.send(signal.SIGCONT)
            code = holder.wait()
        if code not in (0, 5, 6):  # 0 if it sees that the other has done it all
            self.failures.append(str(holder))
        self.judge(f'paused at request {step}', [holder], other, state)

    def _stop(self, between, step):
        def stop(run):
            run.send(signal.SIGSTOP)
            return True

        holder = self.start_behind(between, (step, 'after'), stop, 'upgrade', 'head')
        runs.until(lambda: holder.is_stopped or holder.is_over, 'the holder to stop')
        return holder

    def _delay(self, between, step):
        held = threading.Event()

        def hold(_run):
            between.hold()
            held.set()
            return True

        holder = self.start_behind(between, (step, 'before'), hold, 'upgrade', 'head')
        runs.until(lambda: held.is_set() or holder.is_over, 'the request to be held')
        return holder


class PauseOnSQLite(WaitTests, databases.SQLite, base.CommandTestCase):
    """A pause on SQLite."""


class PauseOnPostgreSQL(WaitTests, databases.PostgreSQL, base.CommandTestCase):
    """A pause on PostgreSQL."""


class PauseBehindPgBouncer(WaitTests, databases.PgBouncer, base.CommandTestCase):
    """A pause behind pgbouncer."""


class PauseOnMariaDB(WaitTests, databases.MariaDB, base.CommandTestCase):
    """A pause on MariaDB."""


class PauseOnGalera(LeaseTests, databases.Galera, base.CommandTestCase):
    """A pause on Galera, longer than the lease."""
