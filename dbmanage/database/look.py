# SPDX-License-Identifier: Apache-2.0
"""A look at a database that changes nothing, and is refused if it would."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import sqlalchemy

from dbmanage import errors
from dbmanage.database import engine
from dbmanage.database import journal
from dbmanage.database import kind
from dbmanage.database import limits
from dbmanage.database import lock
from dbmanage.database import note
from dbmanage.database import refusal
from dbmanage.database import tables

FOREIGN = 'the version table is probably that of another service'


@dataclasses.dataclass(frozen=True)
class Found:
    """What a database says of itself.

    ``recorded`` is None without a version table; ``tables`` are those that are
    not the runner's; ``entries`` are what is partly applied, or is just being
    applied by ``holder``, who has the lock. ``foreign`` says that the version table
    has another shape than Alembic's.
    """

    tables: frozenset[str]
    recorded: tuple[str, ...] | None
    entries: tuple[journal.Entry, ...]
    holder: str | None
    foreign: str = ''


class Look:
    """A connection to look with; ``ttl`` is that of a lease, in seconds."""

    def __init__(
        self, database: engine.Database, connection: sqlalchemy.Connection,
        own: tables.Tables, ttl: float,
    ) -> None:
        self.connection = connection
        self._database = database
        self._own = own
        self._ttl = ttl

    def recorded(self) -> tuple[str, ...] | None:
        """Return the revisions of the version table; None without one.

        Raises RevisionNotInCode if the table has another shape.
        """
        own = self._own
        if not sqlalchemy.inspect(self.connection).has_table(own.version, schema=own.schema):
            return None
        table = sqlalchemy.table(
            own.version, sqlalchemy.column('version_num', sqlalchemy.String), schema=own.schema)
        try:
            return tuple(sorted(map(str, self.connection.scalars(sqlalchemy.select(table)))))
        except refusal.REFUSALS as e:
            if refusal.is_transient(e) or refusal.is_lost(e) or self._has_version():
                raise
            raise errors.RevisionNotInCode(
                f'{own.version} has no column version_num; {FOREIGN}') from e

    def _has_version(self) -> bool:
        self.connection.rollback()
        own = self._own
        columns = sqlalchemy.inspect(self.connection).get_columns(own.version, schema=own.schema)
        return any(one['name'] == 'version_num' for one in columns)

    def found(self) -> Found:
        """Return what there is, none of it half-way through a change.

        What seems to be left half-way is looked at until it stays the same: a
        runner may have begun, or ended, between two questions.
        """
        before, found = None, self._once()
        while found.entries and not found.holder and found != before:
            before, found = found, self._once()
        return found

    def _once(self) -> Found:
        recorded: tuple[str, ...] | None = ()
        foreign = ''
        try:
            recorded = self.recorded()
        except errors.RevisionNotInCode as e:
            foreign = str(e)
        entries = tuple(begun(self.connection, self._own))
        names = self._tables()
        self.connection.rollback()
        return Found(names, recorded, entries, self._holder(), foreign)

    def _tables(self) -> frozenset[str]:
        inspector = sqlalchemy.inspect(self.connection)
        found = {*inspector.get_table_names(schema=self._own.schema)} - {
            self._own.version, *self._own.own}
        return frozenset(found.union(inspector.get_table_names()) if self._own.schema else found)

    def _holder(self) -> str | None:
        with lock.seen(self._database, self.connection, self._own, self._ttl) as place:
            return lock.holder(place)


def begun(connection: sqlalchemy.Connection, own: tables.Tables) -> list[journal.Entry]:
    """Return what is partly applied; number 0 tells no statements."""
    noted = note.read(connection, own)
    by_script = [journal.Entry(noted, 0, '', '', '', 'a script', False, '')] if noted else []
    return [*by_script, *journal.read(connection, journal.table(own.schema, own.journal))]


@contextlib.contextmanager
def looking(
    database: engine.Database, own: tables.Tables, ttl: float, retries: int | None = None,
    patience: int | None = None,
) -> Iterator[Look]:
    """Connect to look; ``retries`` and ``patience`` are those of ``reading``."""
    with database.reading(retries, patience) as connection:
        limits.refuse_writes(connection, kind.of(connection))
        yield Look(database, connection, own, ttl)
