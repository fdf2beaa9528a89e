# SPDX-License-Identifier: Apache-2.0
"""What statements may not do to the other users of a database."""

import re
from typing import Any

import sqlalchemy
from sqlalchemy import event

from dbmanage.database import kind

_CONCURRENTLY = re.compile(
    r'\s*create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?'
    r'(?:"(?P<quoted>[^"]+)"|(?P<plain>\w+))', re.IGNORECASE)


def set_lock_timeout(connection: sqlalchemy.Connection, connection_kind: str, seconds: int) -> None:
    """Let no statement of a connection wait longer for a table lock.

    PostgreSQL's default is no limit, MariaDB's a day:
    https://www.postgresql.org/docs/current/runtime-config-client.html
    https://mariadb.com/kb/en/server-system-variables/#lock_wait_timeout
    """
    if connection_kind == kind.POSTGRESQL:
        connection.exec_driver_sql(f"SET lock_timeout = '{seconds}s'")
        connection.commit()
    elif connection_kind == kind.PGBOUNCER:
        # A session's SET would stay behind for the pooler's other clients.
        # On the driver's cursor: it is no statement of a revision.
        event.listen(connection, 'begin', lambda begun: begun.connection.cursor().execute(
            f"SET LOCAL lock_timeout = '{seconds}s'"))
    elif connection_kind in (kind.MYSQL, kind.GALERA):
        connection.exec_driver_sql(
            f'SET SESSION lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds}')
        connection.commit()


def refuse_writes(connection: sqlalchemy.Connection, connection_kind: str) -> None:
    """Let the database refuse each statement of a connection that would write.

    https://www.sqlite.org/pragma.html#pragma_query_only
    https://mariadb.com/kb/en/set-transaction/
    """
    if connection_kind == kind.SQLITE:
        connection.exec_driver_sql('PRAGMA query_only = ON')
    elif connection_kind in (kind.MYSQL, kind.GALERA):
        connection.exec_driver_sql('SET SESSION TRANSACTION READ ONLY')
    else:  # psycopg2 says it in each BEGIN, so that a pooler is none the wiser
        connection.execution_options(postgresql_readonly=True)
    connection.commit()


def rebuild_invalid_indexes(engine: sqlalchemy.Engine) -> None:
    """Let CREATE INDEX CONCURRENTLY replace what a failed one left behind.

    https://www.postgresql.org/docs/current/sql-createindex.html
    """
    event.listen(engine, 'do_execute', _drop_invalid)
    event.listen(engine, 'do_execute_no_params',
                 lambda cursor, statement, context: _drop_invalid(
                     cursor, statement, None, context))


def _drop_invalid(cursor: Any, statement: str, _parameters: Any, _context: Any) -> None:
    match = _CONCURRENTLY.match(statement)
    if match is None:
        return
    name = match['quoted'] or match['plain'].lower()
    cursor.execute(
        'SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid'
        ' WHERE NOT i.indisvalid AND c.relname = %s AND pg_table_is_visible(i.indrelid)', (name,))
    for (index,) in cursor.fetchall():
        cursor.execute(f'DROP INDEX CONCURRENTLY {index}')
