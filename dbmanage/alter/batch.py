# SPDX-License-Identifier: Apache-2.0
"""An operation of Alembic, as edits of the definition of a table."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy
from sqlalchemy import schema as elements

from dbmanage.alter import definition as definitions
from dbmanage.alter import names
from dbmanage.alter import pending
from dbmanage.alter import refused
from dbmanage.alter import values

_CONSTANT = re.compile(
    r"DEFAULT\s+([+-]?\s*\d[\w.]*|'(?:[^']|'')*'|NULL|TRUE|FALSE)", re.IGNORECASE)


class Batch:
    """What BatchOperations hands its operations to.

    ``edits`` change the definition of ``table``; ``indexes`` and ``rename`` are
    left to SQLite.
    """

    def __init__(self, dialect: sqlalchemy.Dialect) -> None:
        self.dialect = dialect
        self.table = ''
        self.schema: str | None = None
        self.edits: list[pending.Edit] = []
        self.indexes: list[elements.Index] = []
        self.rename: tuple[str, str] | None = None
        self.added: definitions.Column | None = None
        self.dropped: str | None = None
        self.constraint: str | None = None

    def alter_column(
        self, table_name: str, column_name: str, *, nullable: bool | None = None,
        server_default: Any = False, name: str | None = None, type_: Any = None,
        schema: str | None = None, **_rest: Any,
    ) -> None:
        """Change the type, NOT NULL and the default; note a new name."""
        self.table, self.schema = table_name, schema
        self.rename = (column_name, name) if name else None
        new = self._column(sqlalchemy.Column(
            column_name, type_ or sqlalchemy.String(),
            server_default=None if server_default is False else server_default))

        def edit(definition: definitions.Definition) -> None:
            column = definition.column(column_name)
            if type_ is not None:
                definition.retype(column, new.type, values.choices(type_))
            if nullable is not None:
                not_null = None if nullable else definitions.Clause('NOT NULL')
                column.put(not_null, 'NOT', 'NULL')
            if server_default is not False:
                column.put_default(new.clause('DEFAULT', 'GENERATED', 'AS'))

        if type_ is not None or nullable is not None or server_default is not False:
            self.edits.append(edit)

    def add_column(
        self, table_name: str, column: elements.Column[Any], *, if_not_exists: bool | None = None,
        inline_references: bool | None = None, inline_primary_key: bool | None = None,
        schema: str | None = None, **_rest: Any,
    ) -> None:
        """Add a column behind the others."""
        self.table, self.schema = table_name, schema
        new = self._column(column)
        if inline_primary_key and column.primary_key:
            new.put(definitions.Clause('PRIMARY KEY'))
        value = values.filling(column, new, self.dialect)

        def edit(definition: definitions.Definition) -> None:
            if not (if_not_exists and definition.has(new.name)):
                definition.add_column(new, value)

        self.added = None if if_not_exists else new
        self.edits.append(edit)
        for key in column.foreign_keys if inline_references else ():
            if key.constraint is not None:
                self.add_constraint(key.constraint)

    def drop_column(
        self, table_name: str, column: elements.Column[Any], *, if_exists: bool | None = None,
        schema: str | None = None, **_rest: Any,
    ) -> None:
        """Drop a column, and the constraints and indexes it is part of."""
        self.table, self.schema = table_name, schema
        self.dropped = None if if_exists else column.name

        def edit(definition: definitions.Definition) -> None:
            if definition.has(column.name) or not if_exists:
                definition.drop_column(column.name)

        self.edits.append(edit)

    def add_constraint(self, constraint: elements.Constraint, **_rest: Any) -> None:
        """Add a constraint, with PostgreSQL's name if it has none."""
        self.table, self.schema = constraint.table.name, constraint.table.schema
        sql = str(elements.AddConstraint(constraint).compile(dialect=self.dialect))
        added = re.split(r'\sADD\s', sql, maxsplit=1)[1]

        is_made_up = names.is_made_up(constraint)

        def edit(definition: definitions.Definition) -> None:
            names.add(definition, added, is_made_up)

        self.edits.append(edit)

    def drop_constraint(
        self, constraint: elements.Constraint, *, if_exists: bool | None = None, **_rest: Any,
    ) -> None:
        """Drop the constraint of a name, that another database gave perhaps."""
        self.table, self.schema = constraint.table.name, constraint.table.schema
        of_type = str(getattr(constraint, 'sqltext', ''))
        self.constraint = name = str(constraint.name)
        type_ = names.type_of(constraint)

        def edit(definition: definitions.Definition) -> None:
            found = names.find(definition, name, type_, of_type)
            if found:
                definition.drop(found.constraint)
            elif not if_exists and not of_type:
                raise refused.no_constraint(definition.name, name, sorted(
                    found.name for found in names.of(definition)))

        self.edits.append(edit)

    def create_table_comment(self, table: elements.Table) -> None:
        """Do nothing: SQLite has no comments."""

    def drop_table_comment(self, table: elements.Table) -> None:
        """Do nothing, either."""

    def create_index(self, index: elements.Index, **_rest: Any) -> None:
        """Note the index of a new column."""
        self.indexes.append(index)

    @property
    def adds_plainly(self) -> bool:
        """Whether SQLite can add the column: it may be NULL, or is a constant.

        https://www.sqlite.org/lang_altertable.html#altertabaddcol
        """
        if self.added is None or len(self.edits) > 1:
            return False
        default = self.added.clause('DEFAULT')
        is_constant = default is not None and _CONSTANT.fullmatch(default.sql) is not None
        others = {one.kind for one in self.added.clauses} - {'NULL', 'NOT', 'DEFAULT'}
        return not others and (is_constant if default else not self.added.clause('NOT'))

    def _column(self, column: elements.Column[Any]) -> definitions.Column:
        if column.table is None:
            elements.Table('t', elements.MetaData(), column)
        return definitions.Column.of(str(elements.CreateColumn(column).compile(
            dialect=self.dialect)))
