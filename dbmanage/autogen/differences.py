# SPDX-License-Identifier: Apache-2.0
"""What a comparison found, as a list of differences in plain words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import schema

from dbmanage import words

_KINDS: Mapping[Any, str] = {
    schema.Index: 'index', schema.UniqueConstraint: 'unique',
    schema.ForeignKeyConstraint: 'foreign_key', schema.CheckConstraint: 'check',
    schema.Constraint: 'constraint'}
_OF_A_COLUMN = ('type', 'nullable', 'default', 'computed', 'comment')


@dataclasses.dataclass(frozen=True, order=True)
class Difference:
    """A thing that the database and the models do not have alike.

    ``kind`` is ``missing_`` (the database lacks it), ``extra_`` (the models
    do) or ``changed_`` and what it is, or ``not_compared``. ``name`` is that
    of the column, index or constraint; ``database`` and ``models`` tell what
    each of them has.
    """

    kind: str
    schema: str | None
    table: str
    name: str | None = None
    database: str | None = None
    models: str | None = None

    @property
    def words(self) -> str:
        """The difference in plain words, a line of them."""
        return words.one_line(self._told())

    def _told(self) -> str:
        state, _, what = self.kind.partition('_')
        subject, details = self._subject(what), self.database or self.models
        if state == 'not':
            return f'{subject} cannot be compared: {details}'
        if state == 'changed':
            return (f'{subject}: {self.database or "none"} in the database, '
                    f'{self.models or "none"} in the models')
        return (f'{subject} {details or ""}'.rstrip()
                + f' is not in the {"database" if state == "missing" else "models"}')

    @property
    def place(self) -> tuple[Any, ...]:
        """What it sorts by."""
        return self.schema or '', self.table, self.kind, self.name or '', self.models or ''

    def document(self) -> dict[str, Any]:
        """Return it as ``-f json`` has it."""
        return {**dataclasses.asdict(self), 'words': self.words}

    def _subject(self, what: str) -> str:
        table = f'{self.schema}.{self.table}' if self.schema else self.table
        column = f'{table}.{self.name}' if self.name else f'table {table}'
        if what in ('column', 'compared') and self.name:
            return f'column {column}'
        if what in ('table', 'compared'):
            return f'table {table}'
        if what in _OF_A_COLUMN:
            return f'{what} of {column}'
        return f'{what.replace("_", " ")} {self.name or ""}'.rstrip() + f' of {table}'


def found(
    diffs: Iterable[Any], dialect: sqlalchemy.Dialect, notes: Iterable[Difference] = (),
) -> list[Difference]:
    """Return the differences of Alembic's ``compare_metadata``, and others."""
    flat = list(_flat(diffs))
    # The indexes of a table that is not there are not there either.
    whole = {(diff[1].schema, diff[1].name) for diff in flat if diff[0].endswith('_table')}
    singles = [one for diff in flat for one in [_difference(diff, dialect)]
               if one.kind.endswith('_table') or (one.schema, one.table) not in whole]
    return sorted([*_joined(singles), *notes], key=lambda one: one.place)


def _flat(diffs: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for diff in diffs:  # what has changed of one column comes as a list
        yield from diff if isinstance(diff, list) else [diff]


def _difference(diff: tuple[Any, ...], dialect: sqlalchemy.Dialect) -> Difference:
    verb, *rest = diff
    if verb.startswith('modify_'):
        return _of_column(verb.removeprefix('modify_'), rest, dialect)
    thing = rest[0]
    if verb.endswith('_table_comment'):
        texts = {'add_table_comment': (rest[1], thing.comment),
                 'remove_table_comment': (thing.comment, None)}
        return Difference('changed_comment', thing.schema, thing.name, None,
                          *(text and repr(text) for text in texts[verb]))
    side = 'missing' if verb.startswith('add_') else 'extra'
    if isinstance(thing, schema.Table):
        return Difference(f'{side}_table', thing.schema, thing.name)
    if verb.endswith('_column'):
        return _sided(side, 'column', rest[0], rest[1], rest[2].name,
                      f'({words.column(rest[2], dialect)})')
    spec = words.index(thing, dialect) if isinstance(
        thing, schema.Index) else words.constraint(thing, dialect)
    return _sided(side, _what(thing), thing.table.schema, thing.table.name, thing.name, spec)


def _what(thing: schema.Constraint | schema.Index) -> str:
    return next(what for kind, what in _KINDS.items() if isinstance(thing, kind))


def _sided(
    side: str, what: str, schema_name: str | None, table: str, name: Any, spec: str,
) -> Difference:
    return Difference(
        f'{side}_{what}', schema_name, table, str(name) if name else None,
        **{'models' if side == 'missing' else 'database': spec})


def _of_column(what: str, rest: Any, dialect: sqlalchemy.Dialect) -> Difference:
    schema_name, table, name, _, database, models = rest
    tell: dict[str, Callable[[Any], Any]] = {'type': lambda type_: words.type_name(type_, dialect),
            'nullable': lambda nullable: 'null' if nullable else 'not null',
            'default': lambda default: words.default(default or None, dialect),
            'comment': lambda text: text and repr(text)}
    return Difference(
        f'changed_{what}', schema_name, table, name, tell[what](database), tell[what](models))


def _joined(singles: Iterable[Difference]) -> Iterable[Difference]:
    """Make one of what is dropped only to be made again another way."""
    joined: dict[tuple[Any, ...], Difference] = {}
    for one in singles:
        state, _, what = one.kind.partition('_')
        spec = one.database or one.models or ''
        same = spec.partition(', on ')[0] if what == 'foreign_key' else one.name
        key = (one.schema, one.table, what, same)
        other = joined.get(key)
        joined[key] = one if other is None else dataclasses.replace(
            one, kind=f'changed_{what}', name=one.name or other.name,
            database=one.database or other.database, models=one.models or other.models)
    return joined.values()
