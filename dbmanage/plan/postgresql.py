# SPDX-License-Identifier: Apache-2.0
"""What PostgreSQL locks, rewrites and scans for a change.

https://www.postgresql.org/docs/current/sql-altertable.html
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy
from sqlalchemy import schema

from dbmanage.plan import alterations
from dbmanage.plan import columns
from dbmanage.plan import types
from dbmanage.plan.cost import Cost

LOCKS = ('none', 'ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE', 'SHARE', 'SHARE ROW EXCLUSIVE',
         'ACCESS EXCLUSIVE')

_ROWS = Cost('ROW EXCLUSIVE', False)
_AT_ONCE = Cost('ACCESS EXCLUSIVE', False, False)
_SCAN = Cost('ACCESS EXCLUSIVE', False, True)
_REWRITE = Cost('ACCESS EXCLUSIVE', True, True)
_COSTS = {
    'insert': _ROWS, 'update': _ROWS, 'delete': _ROWS,
    'create table': Cost('none', False, False), 'create enum type': Cost('none', False, False),
    'create sequence': Cost('none', False, False), 'create schema': Cost('none', False, False),
    'drop table': _AT_ONCE, 'rename table': _AT_ONCE, 'rename column': _AT_ONCE,
    'drop column': _AT_ONCE, 'set default': _AT_ONCE, 'drop not null': _AT_ONCE,
    'drop constraint': _AT_ONCE,
    # The index of a key, and the rows that a check may refuse.
    'set not null': _SCAN, 'add check': _SCAN, 'add unique': _SCAN, 'add primary key': _SCAN,
    'add constraint': _SCAN,
    'rebuild': _REWRITE,
    # https://www.postgresql.org/docs/current/sql-comment.html
    'comment': Cost('SHARE UPDATE EXCLUSIVE', False, False),
}
# A default of another function is computed for each row.
# https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT
_STABLE = re.compile(
    r'(?:now|statement_timestamp|transaction_timestamp|current_\w+|local\w+)\s*\([^()]*\)', re.I)


def of(action: alterations.Action, dialect: sqlalchemy.Dialect) -> Cost:
    """Return what a change costs."""
    match action.name:
        case 'create table' if action.new is not None and action.new.foreign_key_constraints:
            # Of the tables that they lead to.
            return Cost('SHARE ROW EXCLUSIVE', False, False)
        case 'add column':
            return (_REWRITE if _is_computed(action.new) else
                    _SCAN if action.new.constraints else _AT_ONCE)
        case 'set type':
            return _REWRITE if _is_rewritten(action, dialect) else _AT_ONCE
        case 'add foreign key':
            return Cost('SHARE ROW EXCLUSIVE', False, not _has(action.new, 'not_valid'))
        case 'add check' if _has(action.new, 'not_valid'):
            return _AT_ONCE
        case 'create index':
            concurrently = _has(action.new, 'concurrently')
            return Cost('SHARE UPDATE EXCLUSIVE' if concurrently else 'SHARE', False, True)
        case 'drop index':
            return Cost('SHARE UPDATE EXCLUSIVE' if _has(action.new, 'concurrently') else
                        'ACCESS EXCLUSIVE', False, False)
    return _COSTS.get(action.name, Cost())


def _has(thing: Any, option: str) -> bool:
    return bool(thing.dialect_options['postgresql'].get(option))


def _is_computed(column: schema.Column[Any]) -> bool:
    """Tell whether the rows that are there get values of their own."""
    default = column.server_default
    if default is None:
        return bool(column.primary_key or column.autoincrement is True)
    if not isinstance(default, schema.DefaultClause):  # Identity, Computed
        return True
    return not isinstance(default.arg, str) and '(' in _STABLE.sub('', str(default.arg))


def _is_rewritten(action: alterations.Action, dialect: sqlalchemy.Dialect) -> bool:
    """Tell whether the values are stored otherwise with another type."""
    old: columns.Column = action.old
    before, after = types.of(old.type, dialect), types.of(action.new.type, dialect)
    if action.using or before is None:
        return True
    if types.are_texts(before, after):
        return types.narrows(before, after, dialect)
    if isinstance(before, sqlalchemy.Numeric) and isinstance(after, sqlalchemy.Numeric):
        return type(before) is not type(after) or (
            after.scale is not None and after.scale != before.scale
        ) or types.narrows(before, after, dialect)
    return not types.are_same(before, after, dialect)
