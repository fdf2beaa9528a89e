# SPDX-License-Identifier: Apache-2.0
"""The one runner's connection: locked, watched, limited, journaled."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy

from dbmanage import errors
from dbmanage import output
from dbmanage.database import begun
from dbmanage.database import engine
from dbmanage.database import held
from dbmanage.database import journal
from dbmanage.database import kind
from dbmanage.database import limits
from dbmanage.database import lock
from dbmanage.database import recorder
from dbmanage.database import refusal
from dbmanage.database import sqlite
from dbmanage.database import tables
from dbmanage.database import watch

_LONGEST_PAUSE = 10  # seconds
T = typing.TypeVar('T')


@dataclasses.dataclass(frozen=True)
class Working:
    """What the one runner works with."""

    connection: sqlalchemy.Connection
    kind: str
    lock: held.Held
    watch: watch.Watch
    journal: recorder.Recorder | None
    begun: begun.Begun | None
    lock_retry: float

    def retry(self, attempt: Callable[[], T], again: Callable[[], None] = lambda: None) -> T:
        """Call what raises Blocked again, with pauses; Busy after ``lock_retry``."""
        deadline, pause = None, 0.5
        while True:
            try:
                return attempt()
            except errors.Blocked as e:
                deadline = deadline or time.monotonic() + self.lock_retry
                said = f'{e}; {self.watch.blocked()}'
                if time.monotonic() + pause > deadline:
                    raise errors.Busy(said) from e
                again()
                output.say(f'{said}; trying again in {pause:g} s')
            self.watch.pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def transact(self, what: str, write: Callable[[], T]) -> T:
        """Call what writes rows, all or none; again while it is blocked."""
        def attempt() -> T:
            try:
                with self.connection.begin():
                    written = write()
                    self.lock.fence(self.connection)
                return written
            except refusal.REFUSALS as e:
                self.undo()
                error = refusal.translate(e, what)
                if isinstance(error, errors.Blocked):
                    raise error from e
                raise
        return self.retry(attempt)

    def undo(self) -> None:
        """Roll back a COMMIT that SQLite has refused, and find out why.

        It leaves the transaction open, and SQLAlchemy takes it for ended.
        """
        if self.kind == kind.SQLITE:
            self.watch.readers = sqlite.readers(self.connection.engine)
            self.connection.connection.rollback()


@contextlib.contextmanager
def locked(
    database: engine.Database, own: tables.Tables, options: Any, wait: float | None,
    recorded: Callable[[sqlalchemy.Connection], Sequence[str]],
) -> Iterator[Working]:
    """Be the one runner; raise Busy after ``wait`` seconds.

    ``options`` are those of [dbmanage], in seconds; ``recorded`` tells whoever
    waits which revision the runner has reached.
    """
    wait = options.wait if wait is None else wait
    with database.writing() as connection:
        connection_kind = kind.of(connection)
        with database.beside(connection_kind) as beside:
            watcher = watch.Watch(
                connection, connection_kind, beside, options.lock_timeout / 4,
                options.heartbeat)
            place = lock.Place(
                connection, connection_kind, own, wait, options.lease, beside, watcher.check,
                lambda: _reached(recorded, connection, beside))
            with watcher.watching(), lock.taken(place) as hold:
                limits.set_lock_timeout(connection, connection_kind, options.lock_timeout)
                yield Working(
                    connection, connection_kind, hold, watcher,
                    *_notes(connection, connection_kind, own, hold, watcher.session),
                    options.lock_retry)


def _reached(
    recorded: Callable[[sqlalchemy.Connection], Sequence[str]],
    connection: sqlalchemy.Connection, beside: sqlalchemy.Engine,
) -> str:
    """Say which revision the database is at, for whoever waits.

    On SQLite the working connection is in a BEGIN that waits.
    """
    if connection.dialect.name != 'sqlite':
        at = recorded(connection)
        connection.rollback()
    else:
        with beside.connect() as other:
            at = recorded(other)
    return ', '.join(at) or 'no revision'


def _notes(
    connection: sqlalchemy.Connection, connection_kind: str, own: tables.Tables, hold: held.Held,
    session: int,
) -> tuple[recorder.Recorder | None, begun.Begun | None]:
    """Return what tells the next run where this one was, if anything stays of it."""
    table = journal.table(own.schema, own.journal)
    if connection_kind in (kind.POSTGRESQL, kind.PGBOUNCER):
        limits.rebuild_invalid_indexes(connection.engine)
        return None, begun.Begun(connection, table)
    if connection_kind in (kind.MYSQL, kind.GALERA):
        return recorder.Recorder(connection, session, table, hold), None
    return None, None
