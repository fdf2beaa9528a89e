# SPDX-License-Identifier: Apache-2.0
"""One runner at a time: the lock of a service's version table."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from collections.abc import Iterator
from concurrent import futures

import sqlalchemy

from dbmanage import errors
from dbmanage.database import engine
from dbmanage.database import held
from dbmanage.database import kind
from dbmanage.database import lease
from dbmanage.database import refusal
from dbmanage.database import sqlite
from dbmanage.database import tables
from dbmanage.database import waiting

_TEXT = sqlalchemy.text
_SOON, _LATE = 5, 30  # seconds that a pool has to give a connection


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the lock is: the working connection, and what it protects."""

    connection: sqlalchemy.Connection
    kind: str
    tables: tables.Tables
    wait: float
    ttl: float
    beside: sqlalchemy.Engine
    check: Callable[[], None]
    recorded: Callable[[], str]

    def until(self, take: Callable[[], bool], holder: Callable[[], str | None]) -> None:
        """Try to take it until it is taken, a signal came, or the time is up."""
        def attempt() -> bool:
            self.check()
            return take()

        def described() -> str | None:
            found = holder()
            try:
                return found and f'{found}, the database is at {self.recorded()}'
            except refusal.REFUSALS:  # SQLite, while the other one commits
                return found
        waiting.until(attempt, described, self.wait)


@contextlib.contextmanager
def taken(place: Place) -> Iterator[held.Held]:
    """Hold the lock; wait for it; raise Busy, naming the holder.

    It ends with the connection, also when the process is killed, and then
    after the statement that the server is still running for it.
    """
    if place.kind == kind.SQLITE:
        sqlite.serialize(place.connection.engine, place.until)
    elif place.kind == kind.POSTGRESQL:
        place.until(lambda: _advisory(place), lambda: _postgresql_holder(place))
    elif place.kind == kind.MYSQL:
        place.until(lambda: _named(place), lambda: _mysql_holder(place))
    elif place.kind in (kind.PGBOUNCER, kind.GALERA):
        hold = _transaction if place.kind == kind.PGBOUNCER else _lease
        with hold(place) as lock:
            yield lock
        return
    yield held.Held()


def _advisory(place: Place) -> bool:
    """Poll: a session that blocked here would hang CREATE INDEX CONCURRENTLY.

    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    taken = place.connection.scalar(
        _TEXT('SELECT pg_try_advisory_lock(:key)'), {'key': place.tables.lock_number})
    if taken:
        _name(place.connection, local=False)
    place.connection.commit()
    return bool(taken)


def _name(connection: sqlalchemy.Connection, local: bool) -> None:
    """Let those who wait see who has the lock, behind a name of the operator's.

    PostgreSQL keeps 63 bytes of a name.
    """
    connection.execute(
        _TEXT("SELECT set_config('application_name', coalesce(nullif(left("
              "current_setting('application_name'), 20), ''), 'db-manage') || :name, :local)"),
        {'name': f' {waiting.runner(42)}', 'local': local})


class _InTransaction(held.Held):
    """A lock that a transaction on a connection of its own holds."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection

    def check(self) -> None:
        try:
            self._connection.scalar(_TEXT('SELECT 1'))
        except refusal.REFUSALS as e:
            raise errors.Busy('the lock was lost with its connection; run it again') from e


@contextlib.contextmanager
def _transaction(place: Place) -> Iterator[held.Held]:
    """Hold a transaction's lock: a pooler gives no session to hold one."""
    with place.beside.connect() as connection:
        isolated = connection.execution_options(isolation_level='READ COMMITTED')
        place.until(lambda: _advisory_in_transaction(place, isolated),
                    lambda: _postgresql_holder(place))
        _require_another(place, isolated)
        yield _InTransaction(isolated)


def _require_another(place: Place, connection: sqlalchemy.Connection) -> None:
    """Raise Busy if the pool has no server's connection left to work with."""
    with futures.ThreadPoolExecutor(1) as thread:
        asked = thread.submit(place.connection.scalar, _TEXT('SELECT 1'))
        try:
            asked.result(min(max(place.wait, _SOON), _LATE))
        except (TimeoutError, *refusal.REFUSALS) as e:
            connection.rollback()  # it is what the other one waits for
            raise errors.Busy('pgbouncer gave no second connection to work with: pool_size (or '
                              'max_db_connections) must be 2 or more') from e
    place.connection.commit()


def _advisory_in_transaction(place: Place, connection: sqlalchemy.Connection) -> bool:
    if not connection.scalar(_TEXT('SELECT pg_try_advisory_xact_lock(:key)'),
                             {'key': place.tables.lock_number}):
        connection.rollback()
        return False
    connection.execute(_TEXT(
        "SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN"
        " ('idle_in_transaction_session_timeout', 'transaction_timeout')"))
    _name(connection, local=True)
    return True


def _postgresql_holder(place: Place) -> str | None:
    # A pooler's session is older than the transaction that has the lock.
    since = 'xact_start' if place.kind == kind.PGBOUNCER else 'backend_start'
    row = place.connection.execute(_TEXT(
        f"SELECT application_name, pid, client_addr, {since} AT TIME ZONE 'UTC' AS since"
        ' FROM pg_locks JOIN pg_stat_activity USING (pid)'
        " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        ' AND (classid::bigint << 32) | objid::bigint = :key'
        ' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())'
    ), {'key': place.tables.lock_number}).first()
    place.connection.commit()
    if row is None:
        return None
    return (f'{row.application_name}, backend {row.pid} for {row.client_addr or "a local client"},'
            f' since {row.since:%Y-%m-%d %H:%M:%S} UTC')


def _named(place: Place) -> bool:
    taken = place.connection.scalar(
        _TEXT(f'SELECT GET_LOCK({place.tables.lock_name}, 0)'))
    if taken:
        _note(place)
    place.connection.commit()
    return bool(taken)


def _note(place: Place) -> None:
    """Leave word, for those who wait, of who has the lock."""
    row = lease.table(place.tables.schema, place.tables.lease)
    row.create(place.connection, checkfirst=True)
    place.connection.execute(row.delete())
    place.connection.execute(row.insert().values(
        id=1, beat=sqlalchemy.func.connection_id(), runner=waiting.runner(),
        since=sqlalchemy.func.utc_timestamp()))


def _mysql_holder(place: Place) -> str | None:
    session = place.connection.scalar(
        _TEXT(f'SELECT IS_USED_LOCK({place.tables.lock_name})'))
    place.connection.commit()
    if session is None:
        return None
    row = lease.read(place.connection, lease.table(place.tables.schema, place.tables.lease))
    place.connection.commit()
    known = row is not None and row.beat == session
    return lease.describe(row) if known else f'connection {session}'


@contextlib.contextmanager
def seen(
    database: engine.Database, connection: sqlalchemy.Connection, own: tables.Tables, ttl: float,
) -> Iterator[Place]:
    """Give the place of a lock to look at, not to take.

    That takes no connection more, of which a pool may have none.
    """
    found = kind.of(connection)
    with (database.beside(found) if found == kind.GALERA else
          contextlib.nullcontext(connection.engine)) as beside:
        yield Place(connection, found, own, 0, ttl, beside, lambda: None, str)


def holder(place: Place) -> str | None:
    """Name who holds the lock; None where nobody does."""
    if place.kind == kind.SQLITE:
        return sqlite.holder(place.connection.engine)
    if place.kind == kind.GALERA:
        return _found(place).holder()
    return _mysql_holder(place) if place.kind == kind.MYSQL else _postgresql_holder(place)


def release(place: Place) -> None:
    """Free the lease of a Galera cluster; every other lock ends by itself."""
    if place.kind == kind.GALERA:
        _found(place).release()


def _found(place: Place) -> lease.Lease:
    return lease.Lease(place.beside, place.tables.schema, place.tables.lease, place.ttl)


@contextlib.contextmanager
def _lease(place: Place) -> Iterator[held.Held]:
    found = _found(place)
    place.until(found.take, found.holder)
    with found.beating():
        yield found
