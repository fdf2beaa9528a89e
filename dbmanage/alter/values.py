# SPDX-License-Identifier: Apache-2.0
"""The values that the rows get: in a column of another type, or in a new one."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy

from dbmanage.alter import definition as definitions
from dbmanage.alter import refused

# What MySQL gives to the rows in a new column that is NOT NULL, and what in a
# type decides: https://dev.mysql.com/doc/refman/8.0/en/data-type-defaults.html
_IMPLICIT = (('INT|BOOL|NUM|DEC|REAL|FLOA|DOUB', '0'), ('CHAR|CLOB|TEXT|BLOB|BINARY', "''"))
_WHOLE = "typeof({0}) = 'integer'"
_RANGE = _WHOLE + ' AND {0} BETWEEN -{1} AND {1} - 1'
_ROUNDED = ("CASE WHEN typeof({0}) = 'real' AND abs({0}) < 9e18 THEN CAST(round({0}) AS INTEGER) "
            'ELSE {0} END')
_DAY = "typeof({0}) = 'text' AND {0} GLOB '[0-9][0-9][0-9][0-9]-*' AND "
# Of each type, what becomes of a value, and what it is then, if the type holds it;
# '' where it holds everything.
_TYPES = (
    ('SMALLINT', _ROUNDED, _RANGE.replace('{1}', '32768')),
    ('INT|INTEGER', _ROUNDED, _RANGE.replace('{1}', '2147483648')),
    (r'\w*INT|BOOL(EAN)?', _ROUNDED, _WHOLE),
    (r'(NUMERIC|DECIMAL) ?\((?P<p>\d+)(, ?(?P<s>\d+))?\)',
     "CASE WHEN typeof({0}) = 'real' THEN round({0}, {s}) ELSE {0} END",
     "typeof({0}) IN ('integer', 'real') AND abs({0}) < 1e{p} / 1e{s}"),
    (r'FLOAT|REAL|DOUBLE( PRECISION)?|(NUMERIC|DECIMAL)\b.*', '{0}',
     "typeof({0}) IN ('integer', 'real')"),
    ('DATETIME|TIMESTAMP', '{0}', _DAY + 'datetime({0}) IS NOT NULL'),
    ('DATE', 'CASE WHEN length({0}) > 10 THEN coalesce(date({0}), {0}) ELSE {0} END',
     _DAY + 'date({0}) IS NOT NULL'),
    ('TIME', '{0}', "typeof({0}) = 'text' AND {0} GLOB '[0-9][0-9]:*' AND time({0}) IS NOT NULL"),
    ('JSON', '{0}', "typeof({0}) IN ('integer', 'real') OR json_valid({0})"),
    ('BLOB', 'CAST({0} AS BLOB)', ''),
    (r'\w*CHAR(ACTER)? ?\((?P<n>\d+)\)', 'CAST({0} AS TEXT)', 'length({0}) <= {n}'),
    (r'\w*(CHAR|TEXT|CLOB)\w*', 'CAST({0} AS TEXT)', ''),
)


def converted(column: definitions.Column) -> str:
    """Return the SQL of a value that is there, as the type of a column has it."""
    if column.choices is None:
        return column.source
    sizes, value, _ = _of_type(column.type)
    return value.format(column.source, **sizes)


def check_type(
    connection: sqlalchemy.Connection, table: str, column: definitions.Column,
) -> None:
    """Refuse values that the new type of a column cannot hold, with one of them."""
    if column.choices is None:
        return
    sizes, _, fits = _of_type(column.type)
    condition = fits.format(column.written, **sizes)
    listed = ', '.join(map(_literal, column.choices))
    if listed:
        condition = f'{column.written} IN ({listed})'
    if not condition:
        return
    quote = connection.dialect.identifier_preparer.quote_identifier
    rows, example = connection.exec_driver_sql(
        f'SELECT count(*), quote(min({column.written})) FROM {quote(table)}'
        f' WHERE {column.written} IS NOT NULL AND NOT ({condition})').one()
    if rows:
        type_ = f'one of {listed}' if listed else column.type
        raise refused.data(f'{table}.{column.name} cannot be {type_}: {rows} rows have another '
                           f'value, {example[:60]} for one')


def filling(column: sqlalchemy.Column[Any], new: definitions.Column,
            dialect: sqlalchemy.Dialect) -> str | None:
    """Return what the rows get in a new column that must not be NULL."""
    if not new.clause('NOT') or new.clause('DEFAULT', 'GENERATED', 'AS', 'PRIMARY'):
        return None
    default: Any = column.default
    if default is not None and default.is_scalar:
        return str(sqlalchemy.literal(default.arg, column.type).compile(
            dialect=dialect, compile_kwargs={'literal_binds': True}))
    for first in choices(column.type)[:1]:
        return _literal(first)
    return next((value for pattern, value in _IMPLICIT
                 if re.search(pattern, new.type, re.IGNORECASE)), None)


def check_filling(connection: sqlalchemy.Connection, new: definitions.Definition) -> None:
    """Refuse new columns that the rows of a table have nothing for."""
    table = connection.dialect.identifier_preparer.quote_identifier(new.name)
    unique = [one.columns for one in new.constraints() if one.type in ('unique', 'primary')]
    for column in new.columns:
        value = new.fills.get(column.name, column.given)
        if column.source or not column.clause('NOT') or column.clause(
                'DEFAULT', 'GENERATED', 'AS', 'PRIMARY'):
            continue
        rows = connection.exec_driver_sql(f'SELECT count(*) FROM {table}').scalar_one()
        if rows and not value:
            raise refused.not_null(new.name, column.name, rows)
        if rows > 1 and [column.name] in unique:
            raise refused.duplicate(new.name, column.name, str(value), rows)


def choices(type_: Any) -> list[str]:
    """Return the values of an enumeration; of other types, none."""
    if isinstance(type_, sqlalchemy.types.TypeDecorator):
        type_ = type_.impl_instance
    return list(type_.enums) if isinstance(type_, sqlalchemy.Enum) else []


def _of_type(type_: str) -> tuple[dict[str, str], str, str]:
    for pattern, value, fits in _TYPES:
        if match := re.fullmatch(pattern, type_, re.IGNORECASE):
            return match.groupdict('0'), value, fits
    return {}, '{0}', ''


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
