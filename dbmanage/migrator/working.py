# SPDX-License-Identifier: Apache-2.0
"""The one runner's connection: locked, watched, limited, journaled."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy

from dbmanage.database import engine
from dbmanage.database import held
from dbmanage.database import journal
from dbmanage.database import kind
from dbmanage.database import limits
from dbmanage.database import lock
from dbmanage.database import recorder
from dbmanage.database import tables
from dbmanage.database import watch


@dataclasses.dataclass(frozen=True)
class Working:
    """What the one runner works with."""

    connection: sqlalchemy.Connection
    kind: str
    lock: held.Held
    watch: watch.Watch
    journal: recorder.Recorder | None

    @property
    def transactional(self) -> bool:
        """Whether the database rolls DDL back."""
        return self.kind not in (kind.MYSQL, kind.GALERA)


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
                connection, beside, options.lock_timeout / 2, options.heartbeat)
            place = lock.Place(
                connection, connection_kind, own, wait, options.lease, beside, watcher.check,
                lambda: _reached(recorded, connection, beside))
            with watcher.watching(), lock.taken(place) as hold:
                limits.set_lock_timeout(connection, connection_kind, options.lock_timeout)
                yield Working(connection, connection_kind, hold, watcher, _journal(
                    connection, connection_kind, own, hold))


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


def _journal(
    connection: sqlalchemy.Connection, connection_kind: str, own: tables.Tables, hold: held.Held,
) -> recorder.Recorder | None:
    if connection_kind in (kind.POSTGRESQL, kind.PGBOUNCER):
        limits.rebuild_invalid_indexes(connection.engine)
    if connection_kind not in (kind.MYSQL, kind.GALERA):
        return None
    return recorder.Recorder(connection, journal.table(own.schema, own.journal), hold)
