# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random statements, then a plain second run."""

import multiprocessing
import random
import signal

import sqlalchemy as sa
from sqlalchemy import event

from tests import timelines
from tests.adopters import adopters
from tests.faults import harness
from tests.faults import leftovers
from tests.faults import victim

KILLS = 5  # of a round; ten rounds are what DBMANAGE_TEST_FAULTS asks for

# A fork has imported the models already.
_PROCESSES = multiprocessing.get_context('fork')


class KillTests:
    """A run that is killed again and again."""

    maxDiff = None

    def test_kills(self):
        """What the last run leaves is what an undisturbed one leaves."""
        statements = self._undisturbed()
        whole = self.state()
        for number in range(harness.rounds(10)):
            chance = random.Random(f'{self.name} {number}')
            self.use_new_database()
            killed = [self._killed(chance, statements) for _ in range(KILLS)]
            result = self.succeed('upgrade', 'head')

            with self.subTest(number, killed=killed):
                self.assertEqual([self.head], timelines.recorded(self.database), result.err)
                self.assertEqual(whole, self.state())
                self.assertEqual([], leftovers.find(self.database))

    def _undisturbed(self):
        """Upgrade; return the number of the statements."""
        seen = []

        def count(*_event):
            seen.append(1)

        event.listen(sa.Engine, 'before_cursor_execute', count)
        try:
            self.succeed('upgrade', 'head')
        finally:
            event.remove(sa.Engine, 'before_cursor_execute', count)
        return len(seen)

    def _killed(self, chance, statements):
        """Kill a run at a random statement of those that are left, or so."""
        at = victim.At(chance.choice(['before', 'after']), chance.randint(1, statements // 3))
        argv = self._argv(('upgrade', 'head'))
        process = _PROCESSES.Process(
            target=victim.run, args=(argv, {}, str(self.directory / 'run'), at))
        process.start()
        process.join()
        self.assertEqual(-signal.SIGKILL, process.exitcode, (self.directory / 'run').read_text())
        return at


class SaharaOnPostgreSQL(KillTests, adopters.Sahara, adopters.PostgreSQL):
    """Sahara on PostgreSQL."""


class SaharaOnMariaDB(KillTests, adopters.Sahara, adopters.MariaDB):
    """Sahara on MariaDB."""


class MistralOnPostgreSQL(KillTests, adopters.Mistral, adopters.PostgreSQL):
    """Mistral on PostgreSQL."""


class MistralOnMariaDB(KillTests, adopters.Mistral, adopters.MariaDB):
    """Mistral on MariaDB."""
