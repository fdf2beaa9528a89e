# SPDX-License-Identifier: Apache-2.0
"""What a session waits for, and who is in its way, as the server tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import event

from dbmanage.database import kind
from dbmanage.database import refusal

# A pooler's session is that of the transaction; outside of one it is looked for by
# the beginning of its statement.
_POSTGRESQL = (
    " (w.pid = :session OR :session = 0 AND w.pid <> pg_backend_pid() AND w.state = 'active'"
    ' AND w.datname = current_database() AND left(w.query, 60) = left(:statement, 60))')
# https://www.postgresql.org/docs/current/monitoring-stats.html#WAIT-EVENT-TABLE
# https://mariadb.com/kb/en/thread-states/
_WAITS = {
    'postgresql': (
        "SELECT wait_event_type || ' ' || wait_event FROM pg_stat_activity w WHERE" + _POSTGRESQL),
    'mysql': 'SELECT state FROM information_schema.processlist WHERE id = :session',
}
_BLOCKERS = (
    'SELECT b.pid, extract(epoch FROM clock_timestamp() - b.xact_start)::int, b.query'
    ' FROM pg_stat_activity w JOIN pg_stat_activity b ON b.pid = ANY(pg_blocking_pids(w.pid))'
    " WHERE w.wait_event_type = 'Lock' AND" + _POSTGRESQL)
_ABOUT = ('SELECT DISTINCT p.id, COALESCE(TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), p.time),'
          ' p.info')
_PROCESS = (
    ' JOIN information_schema.processlist p ON p.id = {0}'
    ' LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id')
# What MariaDB and MySQL prove, each where the table is there, and is filled:
# https://mariadb.com/kb/en/information-schema-innodb_lock_waits-table/
# https://dev.mysql.com/doc/refman/8.0/en/sys-innodb-lock-waits.html
# https://mariadb.com/kb/en/metadata-lock-info-plugin/
# https://dev.mysql.com/doc/refman/8.0/en/performance-schema-metadata-locks-table.html
_PROOFS = {
    'information_schema.innodb_lock_waits': (
        _ABOUT + ' FROM information_schema.innodb_lock_waits w'
        ' JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id'
        ' JOIN information_schema.innodb_trx t ON t.trx_id = w.blocking_trx_id'
        ' JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id'
        ' WHERE r.trx_mysql_thread_id = :session'),
    'performance_schema.data_lock_waits': (
        _ABOUT + ' FROM sys.innodb_lock_waits w' + _PROCESS.format('w.blocking_pid')
        + ' WHERE w.waiting_pid = :session'),
    'performance_schema.metadata_locks': (
        _ABOUT + ' FROM performance_schema.metadata_locks w'
        ' JOIN performance_schema.metadata_locks g USING (object_type, object_schema, object_name)'
        ' JOIN performance_schema.threads a ON a.thread_id = w.owner_thread_id'
        ' JOIN performance_schema.threads b ON b.thread_id = g.owner_thread_id'
        + _PROCESS.format('b.processlist_id')
        + " WHERE w.lock_status = 'PENDING' AND g.lock_status = 'GRANTED'"
        " AND w.object_type = 'TABLE' AND a.processlist_id = :session AND p.id <> :session"),
    'information_schema.metadata_lock_info': (
        _ABOUT + ' FROM information_schema.metadata_lock_info m'
        ' JOIN information_schema.processlist w ON w.id = :session'
        + _PROCESS.format('m.thread_id')
        + " WHERE w.state = 'Waiting for table metadata lock' AND p.id <> :session"
        " AND m.lock_type = 'Table metadata lock' AND m.table_schema = DATABASE()"
        " AND :statement REGEXP CONCAT('\\\\b\\\\Q', m.table_name, '\\\\E\\\\b')"),
}
_THERE = ("SELECT LOWER(CONCAT(table_schema, '.', table_name)) FROM information_schema.tables"
          " WHERE table_schema IN ('information_schema', 'performance_schema')")
# The metadata locks of others are theirs as long as their transaction:
# https://mariadb.com/kb/en/metadata-locking/
_OLDEST = (
    _ABOUT.replace('DISTINCT ', '') + ' FROM information_schema.innodb_trx t'
    ' JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id'
    ' WHERE p.id <> :session AND p.db = DATABASE() ORDER BY t.trx_started LIMIT 3')


class Blockers:
    """Asks, on other connections, about the statement that a connection runs."""

    def __init__(
        self, connection: sqlalchemy.Connection, connection_kind: str, beside: sqlalchemy.Engine,
    ) -> None:
        self._dialect = connection.dialect.name
        self._beside = beside
        self.session = 0
        if self._dialect == 'mysql':
            self.session = int(connection.scalar(sqlalchemy.text('SELECT CONNECTION_ID()')) or 0)
            connection.commit()
        elif connection_kind == kind.POSTGRESQL:
            driver: Any = connection.connection.dbapi_connection
            self.session = driver.get_backend_pid()
        elif connection_kind == kind.PGBOUNCER:
            event.listen(connection, 'begin', self._note)

    def _note(self, connection: sqlalchemy.Connection) -> None:
        """Note the session that a pooler gives a transaction."""
        alone = connection.get_execution_options().get('isolation_level') == 'AUTOCOMMIT'
        cursor = connection.connection.cursor()
        cursor.execute('SELECT CASE WHEN %s THEN 0 ELSE pg_backend_pid() END', (alone,))
        self.session, = cursor.fetchone() or (0,)

    def blocked(self, statement: str) -> str:
        """Say by whom a statement is blocked, or may be; '' if by nobody."""
        if self._dialect == 'sqlite':
            return ''
        try:
            with self._beside.connect() as connection:
                return self._blocked(connection, statement)
        except (*refusal.REFUSALS, *refusal.LOST_EARLY) as e:
            return f'blocked by whom nobody tells: {refusal.reason(e)}'

    def _blocked(self, connection: sqlalchemy.Connection, statement: str) -> str:
        if self._dialect == 'postgresql':
            return _said('blocked by', self._ask(connection, _BLOCKERS, statement))
        there = set(connection.scalars(sqlalchemy.text(_THERE)))
        for table, question in _PROOFS.items():
            if table in there and (found := self._ask(connection, question, statement)):
                return _said('blocked by', found)
        return _said('may be blocked by', self._ask(connection, _OLDEST, statement))

    def waits(self, statement: str) -> str:
        """Say what a statement waits for, and by whom it is blocked."""
        if self._dialect == 'sqlite':
            return ''
        with self._beside.connect() as connection:
            rows = self._ask(connection, _WAITS[self._dialect], statement)
        said = ', '.join(str(wait) for wait, in rows if wait)
        by = self.blocked(statement) if 'lock' in said.lower() else ''
        return f'{said}, {by}' if by else said

    def _ask(
        self, connection: sqlalchemy.Connection, question: str, statement: str,
    ) -> Sequence[Any]:
        return connection.execute(sqlalchemy.text(question), {
            'statement': statement, 'session': self.session}).all()


def _said(how: str, rows: Sequence[Any]) -> str:
    found = '; '.join(f'process {pid}, {age} s old, {" ".join((query or "idle").split())[:80]}'
                      for pid, age, query in rows)
    return f'{how} {found}' if found else ''
