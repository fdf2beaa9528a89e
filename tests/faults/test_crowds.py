# SPDX-License-Identifier: Apache-2.0
"""Many runners at once: one works, the others wait and find nothing to do."""

import collections

from tests import base
from tests import databases
from tests.faults import harness
from tests.faults import leftovers
from tests.faults import services
from tests.servers import pgbouncer


class CrowdTests(harness.FaultTests):
    """Runners that start on an empty database, spread over its nodes."""

    def test_two(self):
        """Every statement is applied once, and all runners end well."""
        self._crowd(2)

    def test_five(self):
        """Five are as good as one."""
        self._crowd(5)

    def test_sixteen(self):
        """Sixteen are as good as one."""
        self._crowd(16)

    def _crowd(self, number):
        self.serve(services.COUNTING)
        self.upgrade('head')
        state = self.state()
        for _ in range(harness.rounds(5)):
            self.use_new_database()
            nodes = self.nodes()
            crowd = [
                self.start('upgrade', 'head', url=nodes[one % len(nodes)]) for one in range(number)
            ]
            codes = [run.wait() for run in crowd]

            said = '\n'.join(map(str, crowd))
            self.assertEqual([0] * number, codes, said)
            times = collections.Counter(one for run in crowd for one in run.applied)
            self.assertEqual(collections.Counter(self.timeline.revisions), times, said)
            self.assertEqual(state, self.state(), said)
            self.assertEqual([], leftovers.find(self.database))


class CrowdOnSQLite(CrowdTests, databases.SQLite, base.CommandTestCase):
    """Many runners on SQLite."""


class CrowdOnPostgreSQL(CrowdTests, databases.PostgreSQL, base.CommandTestCase):
    """Many runners on PostgreSQL."""


class CrowdBehindPgBouncer(CrowdTests, databases.PgBouncer, base.CommandTestCase):
    """Many runners behind pgbouncer."""


class CrowdBehindSmallPool(CrowdTests, databases.PgBouncer, base.CommandTestCase):
    """Many runners behind a pgbouncer that has two connections for them."""

    def setUp(self):
        self.pool = pgbouncer.start(self._environment('postgresql'), pool_size=2)
        self.addCleanup(self.pool.stop)
        super().setUp()

    def _environment(self, server):
        return self.pool.url if server == 'pgbouncer' else super()._environment(server)


class CrowdOnMariaDB(CrowdTests, databases.MariaDB, base.CommandTestCase):
    """Many runners on MariaDB."""


class CrowdOnGalera(CrowdTests, databases.Galera, base.CommandTestCase):
    """Many runners, spread over the nodes of Galera."""
