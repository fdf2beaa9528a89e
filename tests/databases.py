# SPDX-License-Identifier: Apache-2.0
"""The databases that tests run on: those of the kit, and two clusters."""

from typing import Any

import sqlalchemy as sa

from dbmanage.testing import databases
from dbmanage.testing import schema

SQLite = databases.SQLite
PostgreSQL = databases.PostgreSQL
MariaDB = databases.MariaDB
OWN_TABLES = schema.OWN_TABLES
snapshot = schema.snapshot
rows = schema.rows


class PgBouncer(databases.PostgreSQL):
    """A test on PostgreSQL behind a pool of transactions.

    ``direct_url`` goes past pgbouncer.
    """

    kind = 'pgbouncer'

    def _create(self) -> str:
        self.direct_url = super()._create()
        pooled = sa.make_url(self._environment('pgbouncer'))
        url = sa.make_url(self.direct_url).set(host=pooled.host, port=pooled.port)
        return url.render_as_string(hide_password=False)

    def _administrator(self) -> str:
        return self._environment('postgresql')


class Galera(databases.MariaDB):
    """A test on a Galera cluster: ``urls`` has one for each node."""

    kind = 'galera'

    def engine(self, **arguments: Any) -> sa.Engine:
        """Return an engine on the first node that reads what the others wrote."""
        everything = {'init_command': 'SET SESSION wsrep_sync_wait = 15'}
        return super().engine(connect_args=everything, **arguments)

    def _create(self) -> str:
        url = super()._create()
        name = sa.make_url(url).database
        nodes = [sa.make_url(node).set(database=name) for node in self._nodes()]
        self.urls = [node.render_as_string(hide_password=False) for node in nodes]
        return url

    def _end_connections(self, server: sa.Engine, name: str) -> None:
        for node in self._nodes():
            super()._end_connections(databases.engine_of(node), name)

    def _administrator(self) -> str:
        return self._nodes()[0]

    def _nodes(self) -> list[str]:
        return self._environment('galera').split()
