# SPDX-License-Identifier: Apache-2.0
"""A statement that the server goes on with, though its client was killed."""

import signal

from tests import base
from tests import databases
from tests.faults import harness
from tests.faults import runs
from tests.faults import services


class OrphanTests(harness.FaultTests):
    """The next run starts while the statement of a killed one still runs."""

    def test_orphan(self):
        """It waits for the statement, and ends as if nothing had happened."""
        self.serve(services.slow(self.database.dialect.name, seconds=1))
        self.upgrade('head')
        state = self.state()
        self.use_new_database()
        self.upgrade('001')
        run = self.start('upgrade', 'head')
        runs.until(lambda: services.is_slow(self.database), 'the long statement')
        run.send(signal.SIGKILL)
        run.wait()
        rerun = self.start('upgrade', 'head', url=self.nodes()[-1])

        self.judge('killed in a long statement', [run], rerun, state)
        self.check()


class OrphanOnPostgreSQL(OrphanTests, databases.PostgreSQL, base.CommandTestCase):
    """An orphan on PostgreSQL."""


class OrphanBehindPgBouncer(OrphanTests, databases.PgBouncer, base.CommandTestCase):
    """An orphan behind pgbouncer."""


class OrphanOnMariaDB(OrphanTests, databases.MariaDB, base.CommandTestCase):
    """An orphan on MariaDB."""


class OrphanOnGalera(OrphanTests, databases.Galera, base.CommandTestCase):
    """An orphan on Galera; the next run comes by another node."""
