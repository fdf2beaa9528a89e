# SPDX-License-Identifier: Apache-2.0
"""SQLite: the write lock of the file is the lock of the runner."""

import collections
import contextlib
import datetime
import os
import pathlib
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import interfaces

from dbmanage import errors
from dbmanage.database import refusal

_UNKNOWN = 'a process of another container, or one that has just ended'
# Where readers have the file locked, and a writer its shared memory in WAL mode:
# https://www.sqlite.org/src/file/src/os.h, https://www.sqlite.org/walformat.html
_SHARED_FIRST = 0x40000002
_WAL_WRITE = 120
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_WHOLE = 'dbmanage_whole'  # the info of a connection whose transaction is held


def prepare(engine: sqlalchemy.Engine) -> None:
    """Let the connections wait for no lock by themselves, nor cascade."""
    event.listen(engine, 'connect', _prepare)


def serialize(engine: sqlalchemy.Engine, until: Callable[..., None]) -> None:
    """Begin each transaction with the write lock.

    ``until`` waits for it: it calls what takes it until it is taken, and what
    names the holder. A deferred BEGIN could not wait later: its snapshot
    would be stale.
    """
    def begin(connection: sqlalchemy.Connection) -> None:
        if connection.info.get(_WHOLE):
            return
        # oslo.db has begun a deferred transaction by now.
        connection.exec_driver_sql('ROLLBACK')
        until(lambda: _begin_immediate(connection), lambda: holder(engine) or _UNKNOWN)

    event.listen(engine, 'begin', begin)


@contextlib.contextmanager
def whole(connection: sqlalchemy.Connection, what: str) -> Iterator[None]:
    """Let nothing end the transaction of a connection; BEGIN and COMMIT do nothing.

    An ``autocommit_block()`` commits, and so do sqlite3's executescript() and its
    isolation_level. Raises Failed if SQLite rolls back, as for INSERT OR ROLLBACK.
    """
    driver: Any = connection.connection.dbapi_connection

    def check(*_event: object) -> None:
        if not driver.in_transaction:
            raise errors.Failed(f'{what}: SQLite has rolled back all that the run did')

    connection.info[_WHOLE] = True
    event.listen(connection, 'before_cursor_execute', check)
    try:
        with _held(driver, connection.dialect.loaded_dbapi):
            try:
                yield
                check()
            finally:
                if not connection.in_transaction():  # for SQLAlchemy, which has committed it
                    connection.begin()
    finally:
        event.remove(connection, 'before_cursor_execute', check)
        del connection.info[_WHOLE]


@contextlib.contextmanager
def _held(driver: Any, sqlite3: Any) -> Iterator[None]:
    """Deny a ROLLBACK, and compile BEGIN and COMMIT to nothing.

    https://www.sqlite.org/c3ref/set_authorizer.html
    """
    def hold(action: int, operation: str | None, *_rest: object) -> int:
        if action != sqlite3.SQLITE_TRANSACTION:
            return int(sqlite3.SQLITE_OK)
        return int(sqlite3.SQLITE_DENY if operation == 'ROLLBACK' else sqlite3.SQLITE_IGNORE)

    driver.set_authorizer(hold)
    try:
        yield
    finally:
        # One that is set, and not one that is taken away, has SQLite compile anew.
        driver.set_authorizer(lambda *_action: sqlite3.SQLITE_OK)


def _prepare(connection: interfaces.DBAPIConnection, _record: object) -> None:
    """Let a batch rebuild drop a parent table without its children.

    The pragma does nothing inside a transaction, so it is set on connect:
    https://www.sqlite.org/pragma.html#pragma_foreign_keys
    """
    cursor = connection.cursor()
    cursor.execute('PRAGMA foreign_keys=OFF')
    cursor.execute('PRAGMA busy_timeout=200')  # milliseconds; we wait ourselves


def _begin_immediate(connection: sqlalchemy.Connection) -> bool:
    try:
        connection.exec_driver_sql('BEGIN IMMEDIATE')
    except refusal.REFUSALS as e:
        if refusal.reason(e) != 'database is locked':
            raise
        return False
    return True


def holder(engine: sqlalchemy.Engine) -> str | None:
    """Name the process that has the file locked; Linux alone tells it."""
    writers = [pid for pid, mode, _ in _locks(_path(engine)) if mode == 'WRITE'] + [
        pid for pid, mode, first in _locks(f'{_path(engine)}-shm')
        if (mode, first) == ('WRITE', _WAL_WRITE)]
    return next(filter(None, map(_describe, writers)), None)


def readers(engine: sqlalchemy.Engine) -> str:
    """Name the other processes that read the file, and keep a COMMIT back."""
    found = {pid for pid, mode, first in _locks(_path(engine))
             if (mode, first) == ('READ', _SHARED_FIRST) and pid != os.getpid()}
    return '; '.join(_describe(pid) or _UNKNOWN for pid in sorted(found)) or _UNKNOWN


def _path(engine: sqlalchemy.Engine) -> str:
    return engine.url.database or ''


def _locks(path: str) -> list[tuple[int, str, int]]:
    """Return the process, the mode and the first byte of each lock of a file."""
    try:
        inode = pathlib.Path(path).stat().st_ino
        lines = pathlib.Path('/proc/locks').read_text().splitlines()
    except OSError:
        return []
    locks = (line.split()[-5:] for line in lines if '->' not in line)
    return [(int(pid), mode, int(first)) for mode, pid, place, first, _ in locks
            if place.endswith(f':{inode}')]


def _describe(pid: int) -> str | None:
    """Name a process; None for one that this container does not see."""
    try:
        started = pathlib.Path('/proc', str(pid)).stat().st_mtime
    except OSError:
        return None
    since = datetime.datetime.fromtimestamp(started, datetime.UTC)
    return (f'{os.uname().nodename} process {pid}, which was started '
            f'{since:%Y-%m-%d %H:%M:%S} UTC')


def orphans(connection: sqlalchemy.Connection) -> collections.Counter[str]:
    """Count what breaks a foreign key on SQLite, by what is said of it.

    A key whose parent's columns are not unique ends the whole check, so it is made
    table by table where there is one.
    """
    if connection.dialect.name != 'sqlite':
        return collections.Counter()
    try:
        return _orphans(connection, 'PRAGMA foreign_key_check')
    except refusal.REFUSALS:
        broken = collections.Counter[str]()
    quote = connection.dialect.identifier_preparer.quote_identifier
    for name, in connection.exec_driver_sql(_TABLES).all():
        try:
            broken += _orphans(connection, f'PRAGMA foreign_key_check({quote(name)})')
        except refusal.REFUSALS as e:
            broken[refusal.reason(e)] += 1
    return broken


def _orphans(connection: sqlalchemy.Connection, check: str) -> collections.Counter[str]:
    found = connection.exec_driver_sql(check)
    return collections.Counter(f'rows of {table} would refer to no row of {parent}'
                               for table, _, parent, _ in found)
