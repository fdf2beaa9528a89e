# SPDX-License-Identifier: Apache-2.0
"""The operations of a revision; a table that is made anew is one of them.

Alembic's batch mode makes a table of another name, copies the rows, drops the
old table and takes its name: https://alembic.sqlalchemy.org/en/latest/batch.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from alembic.ddl import base
from sqlalchemy import schema

from dbmanage import words
from dbmanage.plan import alterations
from dbmanage.plan import columns
from dbmanage.plan import operations

_PREFIX = '_alembic_tmp_'


@dataclasses.dataclass
class _Rebuild:
    """A table that is being made anew; ``columns`` are by the names before."""

    new: Any
    columns: dict[str, columns.Column]
    constraints: dict[str, Any]
    old: Any = None
    is_done: bool = False
    sql: list[str] = dataclasses.field(default_factory=list)


class Operations:
    """What the statements of a revision do, in order."""

    def __init__(self, tables: columns.Tables) -> None:
        self.found: list[operations.Operation] = []
        self._tables = tables
        self._rebuild: _Rebuild | None = None

    def add(self, construct: Any, sql: str) -> None:
        """Take a statement and what it was made of."""
        element: Any = getattr(construct, 'element', None)
        if isinstance(construct, schema.CreateTable) and element.name.startswith(_PREFIX):
            self._rebuild = _Rebuild(
                element, {key: columns.Column.of(one) for key, one in element.c.items()},
                _constraints(element))
        rebuild = self._rebuild
        if rebuild and not rebuild.is_done:
            self._go_on(rebuild, construct, sql)
        elif rebuild and _follows(construct, rebuild):
            self._note_index(rebuild, construct, sql)
        else:
            self._rebuild = None
            self._note(operations.of(construct, self._tables), sql)

    def _go_on(self, rebuild: _Rebuild, construct: Any, sql: str) -> None:
        rebuild.sql.append(sql)
        if isinstance(construct, schema.DropTable):
            rebuild.old = construct.element
        elif isinstance(construct, base.RenameTable):
            rebuild.is_done = True
            self.found.append(self._whole(rebuild))

    def _note(self, operation: operations.Operation | None, sql: str) -> None:
        if operation is None:
            return
        last = self.found[-1] if self.found else None
        is_repeated = last is not None and last.actions == operation.actions and (
            last.words == operation.words and operation.actions[0].name == 'insert')
        if last is not None and is_repeated:  # the rows of a bulk_insert()
            self.found[-1] = dataclasses.replace(last, sql=(*last.sql, sql))
        else:
            self.found.append(dataclasses.replace(operation, sql=(sql,)))

    def _note_index(self, rebuild: _Rebuild, construct: Any, sql: str) -> None:
        """Add an index of the old table to the operation that made it anew."""
        if construct.element.name in {index.name for index in rebuild.old.indexes}:
            last = self.found[-1]
            self.found[-1] = dataclasses.replace(last, sql=(*last.sql, sql))
        else:
            self._note(operations.of(construct, self._tables), sql)

    def _whole(self, rebuild: _Rebuild) -> operations.Operation:
        name = operations.named(rebuild.old)
        changes = list(_changes(rebuild, self._tables.dialect))
        said = '; '.join(text for text, _ in changes) or 'as it is'
        self._tables.remake(name, rebuild.columns.values())
        return operations.Operation(
            f'rebuild table {operations.shown(name)}: {said}', (name,),
            (alterations.Action('rebuild'), *(action for _, action in changes)),
            tuple(rebuild.sql))


def _follows(construct: Any, rebuild: _Rebuild) -> bool:
    """Tell whether it makes an index of the table that was made anew."""
    return isinstance(construct, schema.CreateIndex) and construct.element.table is rebuild.new


def _constraints(table: Any) -> dict[str, Any]:
    """Return the constraints of a table, but for what every table has."""
    return {str(one.name): one for one in table.constraints
            if isinstance(one.name, str) and not isinstance(one, schema.PrimaryKeyConstraint)}


def _changes(
    rebuild: _Rebuild, dialect: sqlalchemy.Dialect,
) -> Iterator[tuple[str, alterations.Action]]:
    """Yield what is other in the new table, in words and as a change."""
    before = {key: columns.Column.of(one) for key, one in rebuild.old.c.items()}
    for key, new in rebuild.columns.items():
        if key not in before:
            column = rebuild.new.c[key]
            yield (f'add column {new.name} ({words.column(column, dialect)})',
                   alterations.Action('add column', column))
            continue
        for action in alterations.actions(before[key], new, dialect):
            yield f'{key} {alterations.said(action, dialect)}', action
    for key, old in before.items():
        if key not in rebuild.columns:
            yield f'drop column {key}', alterations.Action('drop column', old=old)
    yield from _changed_constraints(_constraints(rebuild.old), rebuild.constraints, dialect)


def _changed_constraints(
    before: dict[str, Any], after: dict[str, Any], dialect: sqlalchemy.Dialect,
) -> Iterator[tuple[str, alterations.Action]]:
    for name in sorted(after.keys() - before.keys()):
        yield (f'add {operations.constraint_words(after[name], dialect)}',
               alterations.Action(f'add {operations.kind(after[name])}', after[name]))
    for name in sorted(before.keys() - after.keys()):
        yield (f'drop {operations.kind(before[name])} {name}',
               alterations.Action('drop constraint', before[name]))
