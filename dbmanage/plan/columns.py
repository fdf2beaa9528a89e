# SPDX-License-Identifier: Apache-2.0
"""The columns of the tables, as they are when a statement comes to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import sqlalchemy
from sqlalchemy import exc
from sqlalchemy import schema

from dbmanage.plan import keys

Name = keys.Name


@dataclasses.dataclass(frozen=True)
class Column:
    """A column; what nobody knows of it is None, a default that it lacks too."""

    name: str
    type: Any = None
    nullable: bool | None = None
    default: Any = None
    comment: str | None = None

    @classmethod
    def of(cls, column: Any) -> Column:
        """Return what SQLAlchemy's column is."""
        return cls(str(column.name), column.type, column.nullable, column.server_default,
                   column.comment)


class Tables:
    """The tables of a database, and what the statements so far make of them.

    A table is looked up in the catalog when a statement first touches it.
    """

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self.dialect = connection.dialect
        self.keys = keys.Keys(connection)
        self._inspector = sqlalchemy.inspect(connection)
        self._columns: dict[Name, dict[str, Column]] = {}
        self._origins: dict[Name, Name | None] = {}

    def origin(self, table: Name) -> Name | None:
        """Return what a table is called in the database; None if it is not there."""
        table = keys.plain(table, self.dialect)
        return self._origins.get(table, table)

    def column(self, table: Name, column: str) -> Column | None:
        """Return a column, if anybody knows it."""
        return self._of(table).get(column)

    def create(self, table: Name, columns: Iterable[Column]) -> None:
        """Note that a table is made."""
        self._origins.setdefault(keys.plain(table, self.dialect), None)
        self.remake(table, columns)

    def remake(self, table: Name, columns: Iterable[Column]) -> None:
        """Note that a table is made anew of what it is."""
        self._columns[keys.plain(table, self.dialect)] = {column.name: column for column in columns}

    def drop(self, table: Name) -> None:
        """Note that a table is dropped."""
        self._columns[keys.plain(table, self.dialect)] = {}

    def rename(self, table: Name, new: Name) -> None:
        """Note that a table has another name."""
        old, new = (keys.plain(one, self.dialect) for one in (table, new))
        self._columns[new] = self._of(old)
        self._origins[new] = self.origin(old)
        self.keys.rename(old, new)

    def put(self, table: Name, column: Column) -> None:
        """Note that a column is made."""
        self._of(table)[column.name] = column

    def replace(self, table: Name, column: str, new: Column) -> None:
        """Note what becomes of a column."""
        self._of(table).pop(column, None)
        self.put(table, new)
        if new.name != column:
            self.keys.rename_column(table, column, new.name)

    def remove(self, table: Name, column: str) -> Column | None:
        """Note that a column is dropped; return it, if anybody knows it."""
        return self._of(table).pop(column, None)

    def _of(self, table: Name) -> dict[str, Column]:
        table = keys.plain(table, self.dialect)
        if table not in self._columns:
            self._columns[table] = self._reflected(*table)
        return self._columns[table]

    def _reflected(self, schema_name: str | None, table: str) -> dict[str, Column]:
        try:
            found = self._inspector.get_columns(table, schema=schema_name)
        except exc.NoSuchTableError:
            self._origins.setdefault((schema_name, table), None)
            return {}
        return {one['name']: Column(one['name'], one['type'], one['nullable'],
                                    _default(one['default']), one.get('comment')) for one in found}


def _default(text: str | None) -> schema.DefaultClause | None:
    return None if text is None else schema.DefaultClause(sqlalchemy.text(text))
