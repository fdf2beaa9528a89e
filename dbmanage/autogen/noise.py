# SPDX-License-Identifier: Apache-2.0
"""What only looks different: the same thing, as a database gives it back."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy
from sqlalchemy import schema
from sqlalchemy import sql
from sqlalchemy import types

# What MariaDB calls a check without a name; and what it adds to a column of JSON.
_UNNAMED = re.compile(r'CONSTRAINT_\d+$')
# What a text may say of a column of an index, beside its name.
_PART = re.compile(r'[\s`"]*(\w+)[`"]?(?:\s+(?:ASC|DESC))?\s*', re.IGNORECASE)
_JSON = re.compile(r'json_valid\(', re.IGNORECASE)


def is_alike(thing: Any, kind: str, other: Any, dialect: sqlalchemy.Dialect) -> bool:
    """Tell whether an index or a constraint makes no difference.

    ``other`` is what has its name on the other side, if anything.
    """
    if kind == 'index' and other is not None:
        # Nobody but PostgreSQL gives the order of the columns back.
        return (dialect.name != 'postgresql' and bool(thing.unique) == bool(other.unique)
                and _columns(thing) == _columns(other))
    if kind == 'check_constraint':
        return other is None and _is_needless(thing, dialect)
    if kind == 'unique_constraint' or (kind == 'index' and thing.unique):
        return other is None and _repeats_primary_key(thing)
    return False


def is_unnamed_check(check: schema.CheckConstraint, model: schema.Table) -> bool:
    """Tell whether a check of the database may be one without a name.

    A database makes one up, so that it cannot be found in the models.
    """
    if _UNNAMED.match(str(check.name)) or _JSON.match(str(check.sqltext)):
        return True
    return any(isinstance(one, schema.CheckConstraint) and not isinstance(one.name, str)
               for one in model.constraints)


def _is_needless(check: schema.CheckConstraint, dialect: sqlalchemy.Dialect) -> bool:
    """Tell whether it is that of a Boolean or an Enum, which the database has itself."""
    native = {types.Boolean: dialect.supports_native_boolean,
              types.Enum: dialect.supports_native_enum}
    return any(native[kind] and isinstance(column.type, kind)
               and getattr(column.type, 'create_constraint', False)
               and getattr(column.type, 'native_enum', True)
               for column in check.columns for kind in native)


def _repeats_primary_key(thing: schema.UniqueConstraint | schema.Index) -> bool:
    """PostgreSQL makes no second index for the columns of the primary key."""
    assert thing.table is not None
    return set(thing.columns.keys()) == set(thing.table.primary_key.columns.keys())


def _columns(index: schema.Index) -> list[str | None]:
    return [_column(part) for part in index.expressions]


def _column(part: Any) -> str | None:
    while isinstance(part, sql.elements.UnaryExpression):
        part = part.element
    found = _PART.fullmatch(str(part))
    return getattr(part, 'name', None) or (found[1] if found else str(part))
