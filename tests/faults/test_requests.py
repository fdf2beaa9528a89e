# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at every request to the server, the runner's bookkeeping included."""

import signal

from tests import base
from tests import databases
from tests.faults import walks
from tests.servers import proxy


class RequestTests(walks.WalkTests):
    """The steps are the requests to the server; the proxy kills.

    Killed ``during`` a request, the server has it and its client is dead.
    """

    moments = ('before', 'during', 'after')

    def use_new_database(self):
        super().use_new_database()
        self.proxy = proxy.Proxy(self.url)
        self.addCleanup(self.proxy.close)

    def _undisturbed(self):
        self.use_new_database()
        return super()._undisturbed()

    def _count(self, revision):
        self.proxy.watch(lambda _number, _when: True)
        self.upgrade(revision, url=self.proxy.url)
        return self.proxy.requests

    def _kill(self, revision, when, step):
        def kill(run):
            run.send(signal.SIGKILL)
            return when == 'during'

        moment = step, 'after' if when == 'after' else 'before'
        return self.start_behind(self.proxy, moment, kill, 'upgrade', revision)


class RequestsOnPostgreSQL(RequestTests, databases.PostgreSQL, base.CommandTestCase):
    """Kills at the requests on PostgreSQL."""


class RequestsBehindPgBouncer(RequestTests, databases.PgBouncer, base.CommandTestCase):
    """Kills at the requests behind pgbouncer."""


class RequestsOnMariaDB(RequestTests, databases.MariaDB, base.CommandTestCase):
    """Kills at the requests on MariaDB."""


class RequestsOnGalera(RequestTests, databases.Galera, base.CommandTestCase):
    """Kills at the requests on Galera."""

    pace = 5
