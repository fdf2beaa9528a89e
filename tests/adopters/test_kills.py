# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random statements, then a plain second run."""

import multiprocessing
import random
import signal

from dbmanage.testing import moments
from tests import timelines
from tests.adopters import adopters
from tests.faults import leftovers
from tests.faults import report
from tests.faults import victim

ROUNDS = 10
KILLS = 5  # of a round

# A fork has imported the models already.
_PROCESSES = multiprocessing.get_context('fork')


class KillTests:
    """A run that is killed again and again."""

    maxDiff = None

    def test_kills(self):
        """What the last run leaves, after 50 kills, is what an undisturbed one leaves."""
        statements = self._undisturbed()
        whole = self.state()
        for number in range(ROUNDS):
            chance = random.Random(f'{self.name} {number}')
            self.use_new_database()
            killed = [self._killed(chance, statements) for _ in range(KILLS)]
            result = self.run_command('upgrade', 'head')
            self._count(result.code == 0, whole)

            with self.subTest(number, killed=killed):
                self.assertEqual(0, result.code, result.err)
                self.assertEqual([self.head], timelines.recorded(self.database))
                self.assertEqual(whole, self.state())
                self.assertEqual([], leftovers.find(self.database))

    def _undisturbed(self):
        """Upgrade; return the number of the statements."""
        with moments.counted() as statements:
            self.succeed('upgrade', 'head')
        return len(statements)

    def _killed(self, chance, statements):
        """Kill a run at a random statement; on MariaDB it begins where the last one ended."""
        left = statements // KILLS if self.database.dialect.name == 'mysql' else statements
        at = victim.At(chance.choice(['before', 'after']), chance.randint(1, left))
        argv = self._argv(('upgrade', 'head'))
        process = _PROCESSES.Process(
            target=victim.run, args=(argv, {}, str(self.directory / 'run'), at))
        process.start()
        process.join()
        self.assertEqual(-signal.SIGKILL, process.exitcode, (self.directory / 'run').read_text())
        return at

    def _count(self, is_well, whole):
        """Count what this round did."""
        found = self.state()
        well = KILLS if is_well and found == whole else 0
        twice = any(found[1][name] > whole[1].get(name, 0) for name in found[1])
        report.Counts(
            self.kind, f'{self.name} {self._testMethodName}', KILLS, well, int(twice),
            int(not is_well)).write()


class SaharaOnPostgreSQL(KillTests, adopters.Sahara, adopters.PostgreSQL):
    """Sahara on PostgreSQL."""


class SaharaOnMariaDB(KillTests, adopters.Sahara, adopters.MariaDB):
    """Sahara on MariaDB."""


class MistralOnPostgreSQL(KillTests, adopters.Mistral, adopters.PostgreSQL):
    """Mistral on PostgreSQL."""


class MistralOnMariaDB(KillTests, adopters.Mistral, adopters.MariaDB):
    """Mistral on MariaDB."""
