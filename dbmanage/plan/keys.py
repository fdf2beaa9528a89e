# SPDX-License-Identifier: Apache-2.0
"""The foreign keys of PostgreSQL: what changes one locks both of its tables.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import sqlalchemy

Name = tuple[str | None, str]

_KEYS = sqlalchemy.text("""
SELECT k.conname, nullif(n.nspname, current_schema()), t.relname,
       nullif(rn.nspname, current_schema()), r.relname,
       ARRAY(SELECT attname::text FROM pg_attribute
             WHERE attrelid = k.conrelid AND attnum = ANY(k.conkey)),
       ARRAY(SELECT attname::text FROM pg_attribute
             WHERE attrelid = k.confrelid AND attnum = ANY(k.confkey))
FROM pg_constraint k
JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype = 'f'
""")


@dataclasses.dataclass(frozen=True)
class Key:
    """A foreign key of a table, and what it refers to."""

    name: str | None
    table: Name
    referred: Name
    columns: frozenset[str]
    referred_columns: frozenset[str]


def plain(table: Name, dialect: sqlalchemy.Dialect) -> Name:
    """Return the one name of a table; its schema may be said where it need not be."""
    schema_name, name = table
    return (None if schema_name == dialect.default_schema_name else schema_name), name


class Keys:
    """The foreign keys, as they are when a statement comes to them."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection
        self._are_told = connection.dialect.name == 'postgresql'

    def add(self, constraints: Iterable[Any]) -> None:
        """Note that foreign keys are made."""
        if self._are_told:
            self._found += [self._key(one) for one in constraints]

    def rename(self, table: Name, new: Name) -> None:
        """Note that a table has another name."""
        table, new = self._plain(table), self._plain(new)
        self._found[:] = [dataclasses.replace(
            key, table=new if key.table == table else key.table,
            referred=new if key.referred == table else key.referred) for key in self._found]

    def rename_column(self, table: Name, column: str, new: str) -> None:
        """Note that a column has another name."""
        table = self._plain(table)

        def renamed(names: frozenset[str]) -> frozenset[str]:
            return frozenset(new if name == column else name for name in names)

        self._found[:] = [dataclasses.replace(
            key, columns=renamed(key.columns) if key.table == table else key.columns,
            referred_columns=renamed(key.referred_columns) if key.referred == table
            else key.referred_columns) for key in self._found]

    def drop(self, table: Name, column: str | None = None, name: str | None = None) -> list[Name]:
        """Note that a table, a column or a key is dropped; return the other tables."""
        table = self._plain(table)
        gone = [key for key in self._found if key.table == table
                and (column is None or column in key.columns) and name in (None, key.name)]
        self._found[:] = [key for key in self._found if key not in gone]
        return sorted({key.referred for key in gone} - {table}, key=str)

    def beyond(self, table: Name, column: str) -> list[Name]:
        """Return the other tables of the keys that a column is part of."""
        table = self._plain(table)
        found = {key.referred for key in self._found
                 if key.table == table and column in key.columns}
        found |= {key.table for key in self._found
                  if key.referred == table and column in key.referred_columns}
        return sorted(found - {table}, key=str)

    @functools.cached_property
    def _found(self) -> list[Key]:
        if not self._are_told:
            return []
        return [Key(name, (schema_name, table), (other_schema, other), frozenset(columns),
                    frozenset(referred))
                for name, schema_name, table, other_schema, other, columns, referred
                in self._connection.execute(_KEYS)]

    def _key(self, constraint: Any) -> Key:
        places = [one.target_fullname.rpartition('.') for one in constraint.elements]
        schema_name, _, table = places[0][0].rpartition('.')
        own = constraint.table
        return Key(constraint.name, self._plain((own.schema, str(own.name))),
                   self._plain((schema_name or None, table)),
                   frozenset(constraint.column_keys), frozenset(place[2] for place in places))

    def _plain(self, table: Name) -> Name:
        return plain(table, self._connection.dialect)
