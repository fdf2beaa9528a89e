# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and SIGINT in the middle of a long statement."""

import signal
import time

import sqlalchemy as sa

from tests import base
from tests import databases
from tests.faults import harness
from tests.faults import leftovers
from tests.faults import runs
from tests.faults import services

_PATIENCE = 3.0  # seconds


class SignalTests(harness.FaultTests):
    """A run that is asked to end ends soon, and well."""

    def test_sigterm(self):
        """The statement is cancelled, nothing is locked, the next run goes on."""
        self._interrupt(signal.SIGTERM)

    def test_sigint(self):
        """The same for the interrupt key."""
        self._interrupt(signal.SIGINT)

    def _interrupt(self, number):
        self.serve(services.slow(self.database.dialect.name, seconds=60))
        self.upgrade('001')
        run = self.start('upgrade', 'head')
        runs.until(lambda: services.is_slow(self.database), 'the long statement')
        asked = time.monotonic()
        run.send(number)
        code = run.wait()
        seconds = time.monotonic() - asked
        left = leftovers.find(self.database, journal=False)
        with self.database.begin() as connection:
            connection.execute(sa.text('UPDATE pace SET seconds = 0'))
        self.upgrade('head')

        self.assertIn(code, (5, 6), str(run))
        self.assertIn(number.name, run.said)
        self.assertLess(seconds, _PATIENCE)
        self.assertEqual([], left)
        self.assertEqual([(1, 'begun'), (2, 'ended')], databases.rows(self.database)['log'])


class SignalOnSQLite(SignalTests, databases.SQLite, base.CommandTestCase):
    """Signals on SQLite."""


class SignalOnPostgreSQL(SignalTests, databases.PostgreSQL, base.CommandTestCase):
    """Signals on PostgreSQL."""


class SignalBehindPgBouncer(SignalTests, databases.PgBouncer, base.CommandTestCase):
    """Signals behind pgbouncer."""


class SignalOnMariaDB(SignalTests, databases.MariaDB, base.CommandTestCase):
    """Signals on MariaDB."""


class SignalOnGalera(SignalTests, databases.Galera, base.CommandTestCase):
    """Signals on Galera."""
