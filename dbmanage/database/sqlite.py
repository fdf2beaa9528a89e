# SPDX-License-Identifier: Apache-2.0
"""SQLite: the write lock of the file is the lock of the runner."""

import contextlib
import datetime
import os
import pathlib
from collections.abc import Callable

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import interfaces

from dbmanage.database import refusal

_UNKNOWN = 'a process that cannot be named from here, or that has just ended'


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
        # oslo.db has begun a deferred transaction by now.
        connection.exec_driver_sql('ROLLBACK')
        until(lambda: _begin_immediate(connection), lambda: holder(engine) or _UNKNOWN)

    event.listen(engine, 'begin', begin)


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
    path = pathlib.Path(engine.url.database or '')
    with contextlib.suppress(OSError):
        inode = str(path.stat().st_ino)
        for line in pathlib.Path('/proc/locks').read_text().splitlines():
            fields = line.split()
            if 'WRITE' in fields and fields[-3].split(':')[-1] == inode:
                since = datetime.datetime.fromtimestamp(
                    pathlib.Path('/proc', fields[-4]).stat().st_mtime, datetime.UTC)
                return (f'{os.uname().nodename} process {fields[-4]}, which was started '
                        f'{since:%Y-%m-%d %H:%M:%S} UTC')
    return None
