# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments, again and again, as in a crash loop."""

import random
import signal
import time

from tests import base
from tests import databases
from tests.faults import harness
from tests.reference import samples


class MomentTests(harness.FaultTests):
    """A run is killed again and again, each time a little later."""

    # On Galera a run begins with the lease of the one that was killed.
    waits = 0

    def test_reference_service(self):
        """Some run ends well, where an undisturbed run ends."""
        state, seconds = self._undisturbed()
        for seed in range(harness.rounds(30)):
            self.use_new_database()
            self._prepare()
            self._kill_until_done(random.Random(seed), state, seconds)
        self.check()

    def _prepare(self):
        self.upgrade('004')
        samples.insert(self.database, samples.EVERYTHING)

    def _undisturbed(self):
        self._prepare()
        started = time.monotonic()
        self.upgrade('head')
        return self.state(), time.monotonic() - started

    def _kill_until_done(self, chance, state, seconds):
        longest = self.waits + seconds / 3
        killed = [self._kill(chance, longest)]
        while killed[-1].wait() == -signal.SIGKILL:
            longest *= 1.2
            killed.append(self._kill(chance, longest))
        self.judge(f'killed {len(killed) - 1} times', killed[:-1], killed[-1], state)

    def _kill(self, chance, seconds):
        run = self.start('upgrade', 'head', url=chance.choice(self.nodes()))
        time.sleep(chance.uniform(0, seconds))
        run.send(signal.SIGKILL)
        return run


class MomentsOnSQLite(MomentTests, databases.SQLite, base.CommandTestCase):
    """Kills at random on SQLite."""


class MomentsOnPostgreSQL(MomentTests, databases.PostgreSQL, base.CommandTestCase):
    """Kills at random on PostgreSQL."""


class MomentsBehindPgBouncer(MomentTests, databases.PgBouncer, base.CommandTestCase):
    """Kills at random behind pgbouncer."""


class MomentsOnMariaDB(MomentTests, databases.MariaDB, base.CommandTestCase):
    """Kills at random on MariaDB."""


class MomentsOnGalera(MomentTests, databases.Galera, base.CommandTestCase):
    """Kills at random on Galera."""

    waits = harness.LEASE
