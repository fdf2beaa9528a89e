# SPDX-License-Identifier: Apache-2.0
"""The names that other databases give to constraints that have none.

Revisions look for them, and drop constraints by them. SQLite gives no names.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import sqlalchemy

from dbmanage.alter import definition as definitions
from dbmanage.alter import refused
from dbmanage.alter import text

_LONGEST = 63  # PostgreSQL's NAMEDATALEN - 1
_LABELS = {'primary': 'pkey', 'unique': 'key', 'check': 'check', 'foreignkey': 'fkey'}
_TYPES = {sqlalchemy.PrimaryKeyConstraint: 'primary', sqlalchemy.UniqueConstraint: 'unique',
          sqlalchemy.CheckConstraint: 'check', sqlalchemy.ForeignKeyConstraint: 'foreignkey'}


def metadata(models: Any) -> sqlalchemy.MetaData:
    """Return a MetaData with PostgreSQL's names where the models have none."""
    own: Any = getattr(models, 'naming_convention', sqlalchemy.MetaData().naming_convention)
    convention = dict.fromkeys(('pk', 'uq', 'ck', 'fk'), '%(postgresql)s')
    return sqlalchemy.MetaData(naming_convention={
        **convention, 'postgresql': _of_constraint, **own})


def postgresql(table: str, type_: str, columns: Sequence[str], taken: Collection[str] = ()) -> str:
    """Return the name of a constraint; of an index, for a unique one.

    See ChooseConstraintName, ChooseIndexName and makeObjectName in its sources.
    """
    middle = '_'.join(columns) if type_ in ('unique', 'foreignkey') or len(columns) == 1 else ''
    if type_ == 'primary':
        middle = ''
    for number in itertools.count():
        name = _fitting(table, middle, f'{_LABELS[type_]}{number or ""}')
        if name not in taken:
            return name
    raise AssertionError


class Named(NamedTuple):
    """A constraint, its name, and the names it has elsewhere if that is made up."""

    constraint: definitions.Constraint
    name: str
    also: Collection[str] = ()

    def has(self, name: str) -> bool:
        """Tell whether a name is one of its own."""
        return any(text.same(one, name) for one in (self.name, *self.also))


def of(definition: definitions.Definition) -> Iterator[Named]:
    """Yield the constraints with the names that a revision may know them by."""
    given: set[str] = set()
    foreign_keys = itertools.count(1)
    indexes: set[str] = set()
    for one in definition.constraints():
        made_up = postgresql(definition.name, one.type, one.columns, given)
        name = one.clause.name or made_up
        given.add(name)
        yield Named(one, name, _mysql(definition.name, one, foreign_keys, indexes)
                    if name == made_up else ())


def type_of(constraint: sqlalchemy.Constraint) -> str | None:
    """Return the type of a constraint in Alembic's words, if it has one."""
    return next((name for kind, name in _TYPES.items() if isinstance(constraint, kind)), None)


def is_made_up(constraint: Any) -> bool:
    """Tell whether the name of a constraint is made up from what it is."""
    return constraint.name == _of_constraint(constraint, constraint.table)


def add(definition: definitions.Definition, sql: str, is_made_up: bool) -> None:
    """Add a constraint; a name that is made up is one that no other has."""
    taken = {one.clause.name or '' for one in definition.constraints()}
    definition.add(sql)
    added = definition.constraints()[-1]
    if not is_made_up and added.clause.name in taken:
        raise refused.operational(f'{definition.name} has a constraint {added.clause.name} already')
    if is_made_up:
        name = postgresql(definition.name, added.type, added.columns, taken)
        definition.drop(added)
        definition.add(text.renamed(sql, name))
    if added.type == 'primary':
        for column in added.columns:
            definition.column(column).put(definitions.Clause('NOT NULL'), 'NOT', 'NULL')


def find(
    definition: definitions.Definition, name: str, type_: str | None, check: str,
) -> Named | None:
    """Return the constraint of a name and a type, or the CHECK of a text."""
    for found in of(definition):
        one = found.constraint
        if type_ in (None, one.type) and found.has(name):
            return found
        if check and one.type == 'check' and check == text.parenthesis(one.clause.sql)[0]:
            return found
    return None


def _mysql(
    table: str, constraint: definitions.Constraint, foreign_keys: Iterator[int],
    indexes: set[str],
) -> Collection[str]:
    """Return the name that MySQL gives: it counts foreign keys and indexes."""
    if constraint.type == 'primary':
        return ['PRIMARY']
    if constraint.type == 'foreignkey':
        return [f'{table}_ibfk_{next(foreign_keys)}']
    if constraint.type == 'check':
        return []
    numbers = itertools.chain([''], (f'_{number}' for number in itertools.count(2)))
    name = next(name for number in numbers
                if (name := f'{constraint.columns[0]}{number}') not in indexes)
    indexes.add(name)
    return [name]


def _of_constraint(constraint: Any, table: sqlalchemy.Table) -> str:
    type_ = type_of(constraint) or ''
    columns = [column.name for column in constraint.columns]
    if type_ == 'check' and not columns:
        columns = [one.name for one in table.columns
                   if text.mentions(str(constraint.sqltext), one.name)]
    taken = {str(one.name) for one in table.constraints if one is not constraint and one.name}
    return postgresql(table.name, type_, columns, taken)


def _fitting(table: str, middle: str, label: str) -> str:
    left = _LONGEST - len(label) - 1 - bool(middle)
    while len(table) + len(middle) > left:
        if len(table) > len(middle):
            table = table[:-1]
        else:
            middle = middle[:-1]
    return '_'.join(part for part in (table, middle, label) if part)
