# SPDX-License-Identifier: Apache-2.0
"""Changes of a table that wait for the next ones, to be made as one."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import inspect
import sqlite3
import types
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence

import sqlalchemy
from alembic import util
from sqlalchemy import event

from dbmanage.alter import definition as definitions
from dbmanage.alter import dependents
from dbmanage.alter import rebuild
from dbmanage.alter import text
from dbmanage.database import refusal

Edit = Callable[[definitions.Definition], None]


@dataclasses.dataclass(frozen=True)
class _Step:
    """The changes of one operation, and the calls that led to it."""

    edits: Sequence[Edit]
    calls: Sequence[tuple[types.FrameType, int, int]]

    def traceback(self, error: BaseException) -> types.TracebackType | None:
        """Return that of an error, as if the operation had failed at once."""
        found = error.__traceback__
        for call in self.calls:
            found = types.TracebackType(found, *call)
        return found


class Alterations:
    """The changes that revisions make to the tables of a connection.

    Those of one table are made together, before the next statement of any other
    kind and before a commit: nobody sees the table as it was. Without a
    connection, for --sql, there is no table to change.
    """

    def __init__(self, connection: sqlalchemy.Connection | None) -> None:
        self._connection = connection
        self._definition: definitions.Definition | None = None
        self._steps: list[_Step] = []
        self._dropped: list[tuple[str, _Step]] = []
        if connection is not None:
            event.listen(connection, 'before_cursor_execute', self._before)
            event.listen(connection, 'commit', self._before)

    @contextlib.contextmanager
    def revision(self) -> Iterator[None]:
        """Make what a revision has left to be made, if it ends well."""
        try:
            yield
            self._before()
            self._check_dropped()
        finally:
            self._forget()
            self._dropped = []

    def are_pending(self, table: str) -> bool:
        """Tell whether changes of a table wait to be made."""
        return (bool(self._steps) and self._definition is not None
                and text.same(self._definition.name, table))

    def definition(self, table: str) -> definitions.Definition:
        """Return what a table is, or will be; DBNonExistentTable if it is not there."""
        if self._connection is None:
            raise util.CommandError(
                f'SQLite cannot alter table {table} like that; it is made anew from what it is')
        if self._definition is None or not text.same(self._definition.name, table):
            self._definition = rebuild.read(self._connection, table)
        return self._definition

    def is_free(self, table: str, column: str) -> bool:
        """Tell whether SQLite can drop a column: nothing needs it, or can break.

        https://www.sqlite.org/lang_altertable.html#altertabdropcol
        """
        if self._connection is None or sqlite3.sqlite_version_info < (3, 35):
            return False
        definition = self.definition(table)
        if not definition.has(column) or dependents.are_there(self._connection, table):
            return False
        needs = [one.sql for one in definition.items() if one is not definition.column(column)]
        needs += rebuild.made_of(self._connection, 'index', table).values()
        return (not any(text.mentions(sql, column) for sql in needs)
                and {one.kind for one in definition.column(column).clauses}
                <= {'NOT', 'NULL', 'DEFAULT', 'COLLATE'})

    def has_index(self, table: str, name: str | None) -> bool:
        """Tell whether a table has an index of a name, which is no constraint."""
        return self._connection is not None and name in rebuild.made_of(
            self._connection, 'index', table)

    def kept(self, table: str) -> contextlib.AbstractContextManager[None]:
        """Refuse what breaks a trigger or a view, and undo it."""
        return self._whole(table if self._connection is not None and dependents.are_there(
            self._connection, table) else None)

    def index_dropped(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Refuse it where a foreign key needs the index, and undo it."""
        self._before()
        return self._whole(None if self._connection is None else dependents.table_of(
            self._connection, name))

    @contextlib.contextmanager
    def _whole(self, table: str | None) -> Iterator[None]:
        """Undo a change that breaks what needs a table, if there is one to look at."""
        if self._connection is None or table is None:
            yield
            return
        with self._connection.begin_nested(), dependents.kept(self._connection, table):
            yield

    @contextlib.contextmanager
    def table_dropped(self, table: str) -> Iterator[None]:
        """Remember it: at the end of the revision no foreign key may refer to it."""
        yield
        self._dropped.append((table, _Step((), _calls())))

    def _check_dropped(self) -> None:
        if self._connection is None:
            return
        for table, step in self._dropped:
            try:
                dependents.check_dropped(self._connection, table)
            except refusal.REFUSALS as e:
                raise e.with_traceback(step.traceback(e))  # noqa: B904 - it is the same error

    def change(self, table: str, edits: Sequence[Edit]) -> None:
        """Let edits of a table be made; raise what oslo.db would if one cannot be."""
        changed = copy.deepcopy(self.definition(table))
        for edit in edits:
            edit(changed)
        self._definition = changed
        self._steps.append(_Step(edits, _calls()))

    def _before(self, *_what: object) -> None:
        definition, steps = self._definition, self._steps
        self._forget()
        if not steps or definition is None or self._connection is None:
            return
        try:
            rebuild.replace(self._connection, definition)
        except refusal.REFUSALS as e:
            if refusal.is_cancelled(e):
                raise
        else:
            return
        for step in steps:  # to know which one was refused
            self._make(definition.name, step)

    def _make(self, table: str, step: _Step) -> None:
        assert self._connection is not None
        definition = rebuild.read(self._connection, table)
        for edit in step.edits:
            edit(definition)
        try:
            rebuild.replace(self._connection, definition)
        except refusal.REFUSALS as e:
            raise e.with_traceback(step.traceback(e))  # noqa: B904 - it is the same error

    def _forget(self) -> None:
        self._definition, self._steps = None, []


def _calls() -> list[tuple[types.FrameType, int, int]]:
    """Return where the callers are, the nearest first."""
    calls, frame = [], inspect.currentframe()
    while frame := frame and frame.f_back:
        calls.append((frame, frame.f_lasti, frame.f_lineno))
    return calls
