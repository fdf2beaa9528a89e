# SPDX-License-Identifier: Apache-2.0
"""How MariaDB and MySQL alter a table: instant, in place or by a copy.

``in place`` lets others write, but for a moment; a copy does not.
https://mariadb.com/kb/en/innodb-online-ddl-overview/ for MariaDB 10.6 and newer,
https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-operations.html for MySQL 8.0
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy
from sqlalchemy import schema

from dbmanage.plan import alterations
from dbmanage.plan import types
from dbmanage.plan.cost import Cost

LOCKS = ('none', 'row locks', 'instant', 'in place', 'copy', 'exclusive')

_ROWS = Cost('row locks', False)
_INSTANT = Cost('instant', False, False)
_IN_PLACE = Cost('in place', False, False)
_INDEX = Cost('in place', False, True)
_REBUILD = Cost('in place', True, True)
_COPY = Cost('copy', True, True)
_COSTS = {
    'insert': _ROWS, 'update': _ROWS, 'delete': _ROWS,
    'create table': Cost('none', False, False), 'create schema': Cost('none', False, False),
    'drop table': Cost('exclusive', False, False),
    'rename table': _INSTANT, 'rename column': _INSTANT, 'drop column': _INSTANT,
    'set default': _INSTANT, 'comment': _INSTANT,
    'drop not null': _REBUILD, 'set not null': _REBUILD, 'add primary key': _REBUILD,
    'add unique': _INDEX, 'drop index': _IN_PLACE,
    # In place with foreign_key_checks = 0, and with check_constraint_checks = 0.
    'add foreign key': _COPY, 'add check': _COPY,
    'rebuild': _COPY,
}
# Before 8.0.29 a column is added in place, not at once, where it is not the last.
_INSTANT_SINCE = (8, 0, 29)
_COLUMNS = {'add column', 'drop column', 'rename column'}
_BYTES = 4  # of a character, in utf8mb4
# A default of another function, or of a column, is computed for each row.
_STABLE = re.compile(
    r"\w*'(?:[^']|'')*'|\b(?:concat|current_\w+|cur(?:date|time)|false|json_(?:array|object)|"
    r'local\w+|now|null|on update|rand|true|unix_timestamp)\b', re.I)


def of(action: alterations.Action, dialect: Any) -> Cost:
    """Return what a change costs."""
    if action.name in _COLUMNS and not dialect.is_mariadb and (
            dialect.server_version_info < _INSTANT_SINCE):
        return _IN_PLACE if action.name == 'rename column' else _REBUILD
    match action.name:
        case 'add column':
            return _COPY if _is_computed(action.new) else _INSTANT
        case 'set type':
            return _of_type(action, dialect)
        case 'create index':
            # The first FULLTEXT index needs a column of its own.
            return _REBUILD if _prefix(action.new) == 'FULLTEXT' else _INDEX
        case 'drop constraint':
            return _of_constraint(action.new, dialect)
    return _COSTS.get(action.name, Cost())


def _is_computed(column: schema.Column[Any]) -> bool:
    """Tell whether the rows that are there get values of their own."""
    default = column.server_default
    if isinstance(default, schema.DefaultClause) and not isinstance(default.arg, str):
        return bool(re.search(r'\b[a-z_]', _STABLE.sub('', str(default.arg)), re.I))
    return (isinstance(default, schema.Computed) and bool(default.persisted)
            ) or column.autoincrement is True or bool(column.primary_key)


def _prefix(index: schema.Index) -> str:
    return str(index.dialect_options['mysql'].get('prefix') or '').upper()


def _of_constraint(constraint: schema.Constraint, dialect: Any) -> Cost:
    match constraint:
        case schema.PrimaryKeyConstraint():
            return _COPY
        case schema.CheckConstraint():
            return _INSTANT
        case schema.ForeignKeyConstraint() if dialect.is_mariadb:
            return _INSTANT
    return _IN_PLACE


def _of_type(action: alterations.Action, dialect: Any) -> Cost:
    old, new = types.of(action.old.type, dialect), types.of(action.new.type, dialect)
    if isinstance(old, sqlalchemy.Enum) and isinstance(new, sqlalchemy.Enum):
        return _INSTANT if new.enums[:len(old.enums)] == old.enums else _COPY
    if not (types.are_texts(old, new) and old.length and new.length):
        return _COPY
    if new.length < old.length:
        return _COPY
    # A length is stored in one byte, or in two from 256 bytes on. MariaDB's rows have
    # one byte for up to 127, whatever the column may hold:
    # https://mariadb.com/kb/en/innodb-online-ddl-operations-with-the-instant-alter-algorithm/
    before, after = old.length * _BYTES, new.length * _BYTES
    if (after > 255) == (before > 255) or (dialect.is_mariadb and before <= 127):
        return _INSTANT if dialect.is_mariadb else _IN_PLACE
    return _COPY
