# SPDX-License-Identifier: Apache-2.0
"""Columns, indexes and constraints in plain words, as a database spells them."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import schema
from sqlalchemy import sql
from sqlalchemy import types


def type_name(type_: Any, dialect: sqlalchemy.Dialect) -> str:
    """Return a type as SQL: ``VARCHAR(80)``; an enum has its words, too."""
    try:
        text = str(type_.compile(dialect=dialect))
    except Exception:  # noqa: BLE001 - a type of a service may raise anything
        return repr(type_)
    # PostgreSQL has a name for it: its words would be told by nobody.
    found = enum(type_, dialect) if dialect.name == 'postgresql' else None
    if found is not None and found.native_enum:
        return f'{text} ({", ".join(map(_quoted, found.enums))})'
    return text


def enum(type_: Any, dialect: sqlalchemy.Dialect) -> types.Enum | None:
    """Return the enum that a type is on a database, or that it is an array of."""
    found = type_.dialect_impl(dialect)
    if isinstance(found, types.TypeDecorator):
        return enum(found.impl_instance, dialect)
    if isinstance(found, types.ARRAY):
        return enum(found.item_type, dialect)
    return found if isinstance(found, types.Enum) else None


def default(column: Any, dialect: sqlalchemy.Dialect) -> str | None:
    """Return the server default of a column as SQL; None if it has none."""
    found = column.server_default if isinstance(column, schema.Column) else column
    if not isinstance(found, schema.DefaultClause):
        return None if found is None else type(found).__name__.lower()
    if isinstance(found.arg, str):
        return literal(found.arg, dialect)
    if found.reflected and isinstance(found.arg, sql.elements.TextClause):
        return found.arg.text  # as the database spells it: a colon in it is no parameter
    try:
        return _expression(found.arg, dialect, include_table=True)
    except Exception:  # noqa: BLE001 - an expression of a service may raise anything
        return repr(found.arg)


def literal(text: str, dialect: sqlalchemy.Dialect) -> str:
    """Return a text as SQL; MariaDB and MySQL have each backslash twice."""
    if '\\' not in text:  # as most texts, and it takes its time
        return _quoted(text)
    return _expression(sqlalchemy.literal(text, types.String()), dialect)


def column(column: schema.Column[Any], dialect: sqlalchemy.Dialect) -> str:
    """Return what a column is: ``VARCHAR(80), not null, default 'x'``."""
    server_default = default(column, dialect)
    checks = [one for one in column.constraints if isinstance(one, schema.CheckConstraint)]
    return ', '.join([
        type_name(column.type, dialect), 'null' if column.nullable else 'not null',
        *([] if server_default is None else [f'default {server_default}']),
        *(f'check {constraint(one, dialect)}' for one in checks)])


def index(found: schema.Index, dialect: sqlalchemy.Dialect) -> str:
    """Return what an index is of: ``(name, size DESC), unique``."""
    parts = [str(part.name) if isinstance(part, schema.Column) else _expression(part, dialect)
             for part in found.expressions]
    return f'({", ".join(parts)})' + (', unique' if found.unique else '')


def constraint(found: Any, dialect: sqlalchemy.Dialect) -> str:
    """Return what a constraint demands: ``(a, b) -> parents (id), on delete CASCADE``."""
    if isinstance(found, schema.CheckConstraint):
        return f'({_expression(found.sqltext, dialect)})'
    names = f'({", ".join(found.columns.keys())})'
    if not isinstance(found, schema.ForeignKeyConstraint):
        return names
    targets = [element.target_fullname.rpartition('.') for element in found.elements]
    options = [(name, getattr(found, name.replace(' ', ''))) for name in ('on update', 'on delete')]
    return (f'{names} -> {targets[0][0]} ({", ".join(column for _, _, column in targets)})'
            + ''.join(f', {name} {value.upper()}' for name, value in options if value))


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def _expression(part: Any, dialect: sqlalchemy.Dialect, include_table: bool = False) -> str:
    text = str(part.compile(
        dialect=dialect, compile_kwargs={'literal_binds': True, 'include_table': include_table}))
    # What is compiled for these drivers has each % twice.
    return text.replace('%%', '%') if dialect.paramstyle in ('format', 'pyformat') else text


def one_line(text: str) -> str:
    """Return a text whose line ends are told, and end no line."""
    return text.replace('\r', '\\r').replace('\n', '\\n')
