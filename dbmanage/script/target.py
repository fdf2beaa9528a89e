# SPDX-License-Identifier: Apache-2.0
"""Which client a script is for."""

from __future__ import annotations

import sqlalchemy
from oslo_config import cfg

from dbmanage import conf as configuration
from dbmanage import errors
from dbmanage import service as services
from dbmanage.database import address
from dbmanage.database import tables
from dbmanage.script import clients
from dbmanage.script import mysql
from dbmanage.script import postgresql
from dbmanage.script import sqlite

_CLIENTS: dict[str, type[clients.Client]] = {
    'postgresql': postgresql.PostgreSQL, 'mysql': mysql.MySQL, 'mariadb': mysql.MySQL,
    'sqlite': sqlite.SQLite}


def client(
    service: services.Service, conf: cfg.ConfigOpts, dialect: str | None, remedy: str,
) -> clients.Client:
    """Return the client of --dialect, or else of the connection.

    A connection does not tell MariaDB from MySQL: most are MariaDB's.
    ``remedy`` is how the right script is written.
    """
    group = service.database_group
    url = address.of_dialect(dialect) if dialect else address.read(conf, group)
    kind = address.dialect(url, group)
    name = url.get_backend_name()
    if name not in _CLIENTS:
        raise errors.UsageError(f'there is no --sql for {name}')
    own = tables.Tables.of(service)
    table, journal = (
        kind().identifier_preparer.format_table(sqlalchemy.table(one, schema=own.schema))
        for one in (own.version, own.journal))
    return _CLIENTS[name](
        url, dialect or ('mariadb' if name == 'mysql' else name), own, table, journal, remedy,
        configuration.database(conf, group)['mysql_sql_mode'])


def check_dialect(
    service: services.Service, conf: cfg.ConfigOpts, dialect: str | None,
) -> None:
    """Raise UsageError if --dialect is that of another database than the connection."""
    name = address.read(conf, service.database_group).get_backend_name()
    if dialect and address.of_dialect(dialect).get_backend_name() != name:
        raise errors.UsageError(
            f'--dialect {dialect}: current: asks the {name} database of the connection')
