# SPDX-License-Identifier: Apache-2.0
"""What an ALTER changes of a column, which may be several things at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from alembic.ddl import base
from alembic.ddl import mysql
from sqlalchemy import schema

from dbmanage import words
from dbmanage.plan import columns
from dbmanage.plan import types


@dataclasses.dataclass(frozen=True)
class Action:
    """A single change; ``name`` is what the manuals tell of.

    ``new`` and ``old`` are a column, an index or a constraint; ``old`` is None
    where nobody knows it. ``using`` is PostgreSQL's, of a type.
    """

    name: str
    new: Any = None
    old: Any = None
    using: bool = False


def after(construct: Any, before: columns.Column) -> columns.Column:
    """Return what a construct makes of a column."""
    match construct:
        case mysql.MySQLAlterDefault():
            return dataclasses.replace(before, default=_default(construct.default))
        case mysql.MySQLChangeColumn():
            return columns.Column(str(construct.newname), construct.type_, construct.nullable,
                                  _default(construct.default), construct.comment or None)
        case base.ColumnName():
            return dataclasses.replace(before, name=str(construct.newname))
        case base.ColumnNullable():
            return dataclasses.replace(before, nullable=construct.nullable)
        case base.ColumnDefault():
            return dataclasses.replace(before, default=_default(construct.default))
    if hasattr(construct, 'type_'):  # PostgreSQL has a class of its own
        return dataclasses.replace(before, type=construct.type_)
    return before


def actions(
    old: columns.Column, new: columns.Column, dialect: sqlalchemy.Dialect, using: bool = False,
) -> Iterator[Action]:
    """Yield what turns a column into another; what is not known has changed."""
    if old.name != new.name:
        yield Action('rename column', new, old)
    if using or not types.are_same(old.type, new.type, dialect):
        yield Action('set type', new, old, using)
    if new.nullable is not old.nullable:
        yield Action('drop not null' if new.nullable else 'set not null', new, old)
    if words.default(old.default, dialect) != words.default(new.default, dialect):
        yield Action('set default', new, old)
    if (old.comment or None) != (new.comment or None):
        yield Action('comment', new, old)


def said(action: Action, dialect: sqlalchemy.Dialect) -> str:
    """Return a change of a column in plain words."""
    old, new = action.old, action.new
    match action.name:
        case 'rename column':
            return f'renamed to {new.name}'
        case 'set type':
            became = words.type_name(new.type, dialect)
            return f'{words.type_name(old.type, dialect)} -> {became}' if old.type else became
        case 'set default':
            default = words.default(new.default, dialect)
            return 'no default' if default is None else f'default {default}'
        case 'set not null':
            return 'not null'
        case 'drop not null':
            return 'null'
        case 'comment':
            return f'comment {new.comment!r}' if new.comment else 'no comment'
    return action.name


def _default(value: Any) -> Any:
    """Return a default as a column of SQLAlchemy has it."""
    if value is None or value is False or isinstance(value, schema.FetchedValue):
        return value or None
    return schema.DefaultClause(value)
