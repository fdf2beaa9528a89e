# SPDX-License-Identifier: Apache-2.0
"""SQLite's catalog with an index, for who looks at every table."""

import re
from typing import Any

import sqlalchemy
from sqlalchemy import event

# How SQLAlchemy asks for the SQL of a table, three times for each: SQLite reads its
# catalog from end to end then, which takes time with the square of the tables.
_WHOLE = re.compile(
    r'\(SELECT \* FROM sqlite_master UNION ALL\s+SELECT \* FROM sqlite_temp_master\)')
_INDEXED = 'temp.dbmanage_catalog'


def index(connection: sqlalchemy.Connection) -> None:
    """Let a connection find the SQL of a table by an index; nothing else changes.

    The copy is a temporary table, so it is of this connection, and not in the
    database. What was not asked for like this is answered as ever.
    """
    if connection.dialect.name != 'sqlite':
        return
    connection.exec_driver_sql('CREATE TEMP TABLE IF NOT EXISTS dbmanage_catalog AS '
                               'SELECT name, type, sql FROM sqlite_master')
    connection.exec_driver_sql(
        f'CREATE INDEX IF NOT EXISTS {_INDEXED}_name ON dbmanage_catalog (name)')
    event.listen(connection, 'before_cursor_execute', _rewrite, retval=True)


def _rewrite(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: object,
) -> tuple[str, Any]:
    return _WHOLE.sub(_INDEXED, statement), parameters
