# SPDX-License-Identifier: Apache-2.0
"""The connection is cut, or the server killed, in the middle of a run."""

import contextlib

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines
from tests.faults import harness
from tests.faults import leftovers
from tests.faults import services
from tests.servers import galera
from tests.servers import mariadb
from tests.servers import pgbouncer
from tests.servers import postgresql
from tests.servers import proxy

_MOMENTS = ('before', 'after')


class OutageTests(harness.FaultTests):
    """The server is lost before a request, or before its answer."""

    def _often(self, most):
        self.serve(services.COUNTING)
        steps, state = self.undisturbed()
        count = harness.rounds(most)
        for number in range(count):
            self.use_new_database()
            step = harness.spread(number, count, steps)
            self._lose(step, _MOMENTS[number % 2], state)
        self.check()

    def _lose(self, step, when, state):
        with contextlib.closing(proxy.Proxy(self.nodes()[-1])) as between:
            run = self.start_behind(
                between, (step, when), lambda _run: self._fail(between), 'upgrade', 'head')
            code = run.wait()
        self._restore()
        wrong = self._wrong(code, run)
        if wrong:
            self.failures.append(f'{self.kind}, lost {when} request {step}: {wrong}\n{run}')
        self.judge(f'lost {when} request {step}', [run], self.start('upgrade', 'head'), state)

    def _wrong(self, code, run):
        """Say what the run promises and the database does not keep."""
        if code not in (0, 4, 5, 6):
            return f'exit code {code}'
        recorded = timelines.recorded(self.database) or ['']
        if run.rolled_back and min(run.rolled_back) <= max(recorded):
            return f'rolled back is {run.rolled_back}, and there is {recorded}'
        tables = set(self.state()[0]['tables'])
        if code == 4 and tables - {'alembic_version'}:
            return f'exit code 4, and there is {tables}'
        if code == 5 and leftovers.find(self.database, lease=False):
            return f'exit code 5, and there is {leftovers.find(self.database, lease=False)}'
        return ''

    def _restore(self):
        pass


class CutTests(OutageTests):
    """The network is cut for a moment."""

    def test_cut(self):
        """The run says so at once, and a second run goes on."""
        self._often(40)

    def _fail(self, between):
        between.cut()
        return False


class CrashTests(OutageTests):
    """The server is killed, and started again."""

    def setUp(self):
        self.server = self._start()
        self.addCleanup(self.server.stop)
        super().setUp()

    def test_crash(self):
        """The run says so, and a second run goes on."""
        self._often(20)

    def _environment(self, server):
        return self.server.url if server == self.kind else super()._environment(server)

    def _fail(self, _between):
        self.server.kill()
        return True

    def _restore(self):
        self.server.kill()
        self.server.restart()
        self.database.dispose()


class CutOnPostgreSQL(CutTests, databases.PostgreSQL, base.CommandTestCase):
    """A cut on PostgreSQL."""


class CutBehindPgBouncer(CutTests, databases.PgBouncer, base.CommandTestCase):
    """A cut before pgbouncer."""


class CutOnMariaDB(CutTests, databases.MariaDB, base.CommandTestCase):
    """A cut on MariaDB."""


class CutOnGalera(CutTests, databases.Galera, base.CommandTestCase):
    """A cut on Galera; the second run goes to another node."""


class CrashOfPostgreSQL(CrashTests, databases.PostgreSQL, base.CommandTestCase):
    """A crash of PostgreSQL."""

    def _start(self):
        return postgresql.start()


class CrashOfPgBouncer(CrashTests, databases.PgBouncer, base.CommandTestCase):
    """A crash of pgbouncer."""

    def _start(self):
        return pgbouncer.start(super()._environment('postgresql'))


class CrashOfMariaDB(CrashTests, databases.MariaDB, base.CommandTestCase):
    """A crash of MariaDB."""

    def _start(self):
        return mariadb.start()


class _ClusterTests(OutageTests, databases.Galera):
    """A test with a cluster of its own, whose nodes may die."""

    size: int

    def setUp(self):
        self.cluster = galera.start(self.size)
        self.addCleanup(self.cluster.stop)
        super().setUp()

    def _environment(self, _server):
        return self.cluster.url

    def _drop(self, _server, _name):
        """Leave it to the end of the cluster: nodes may be gone."""


class CrashOnGalera(_ClusterTests, base.CommandTestCase):
    """A crash of a node: the second run goes to another one."""

    size = 3

    def test_crash(self):
        """The node that joins again has what the others have."""
        self._often(5)

        last = sa.create_engine(self.urls[-1], poolclass=sa.NullPool)
        own = leftovers.OWN.own
        self.assertEqual(databases.rows(self.database, own), databases.rows(last, own))

    def _fail(self, _between):
        self.cluster.nodes[-1].kill()
        return True

    def _restore(self):
        self.cluster.nodes[-1].kill()
        self.cluster.launch(self.size - 1)


class NotPrimaryOnGalera(_ClusterTests, base.CommandTestCase):
    """A node that has lost the majority of its cluster."""

    size = 2

    def test_not_primary(self):
        """It is not fit to be written: nothing is changed."""
        self.cluster.nodes[1].kill()
        run = self.start('upgrade', 'head')
        code = run.wait()
        self.cluster.make_primary(0)
        tables = self.state()[0]['tables']
        self.upgrade('head')

        self.assertEqual((4, {}), (code, tables), str(run))
        self.assertIn('Primary', run.said)
