# SPDX-License-Identifier: Apache-2.0
"""The definition of a SQLite table: its CREATE TABLE, taken apart and changed.

What is not changed stays as it was written: types, collations, conflict
clauses, generated columns. https://www.sqlite.org/lang_createtable.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from dbmanage.alter import refused
from dbmanage.alter import text

_OF_TABLE = ('CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN')
_OF_COLUMN = ('CONSTRAINT', 'PRIMARY', 'NOT', 'NULL', 'UNIQUE', 'CHECK', 'DEFAULT', 'COLLATE',
              'REFERENCES', 'GENERATED', 'AS')
# Alembic's words for what SQLite's clauses begin with.
_TYPES = {'PRIMARY': 'primary', 'UNIQUE': 'unique', 'CHECK': 'check',
          'FOREIGN': 'foreignkey', 'REFERENCES': 'foreignkey'}


class Clause:
    """What is said of a column or of a table, perhaps with a name."""

    def __init__(self, sql: str) -> None:
        words = text.words(sql)
        named = words[0].upper() == 'CONSTRAINT'
        self.name = text.identifier(words[1]) if named else None
        self.kind = ''.join(words[2 * named:][:1]).upper()
        self.sql = sql


@dataclasses.dataclass
class Column:
    """A column: its name and type as they are written, and what follows.

    ``source`` is how it is written in the table that is there, if it is in it.
    ``choices`` are those of an enumeration, or none, if it has got another type.
    ``given`` is what the rows get in a new column, if its default is another by now.
    """

    written: str
    type: str
    clauses: list[Clause]
    source: str = ''
    choices: Sequence[str] | None = None
    given: str = ''

    @classmethod
    def of(cls, sql: str) -> Column:
        """Take the definition of a column apart."""
        written = text.words(sql)[0]
        type_, *clauses = text.clauses(sql.strip()[len(written):], _OF_COLUMN)
        return cls(written, type_, [Clause(clause) for clause in clauses])

    @property
    def name(self) -> str:
        """The name, without quotes."""
        return text.identifier(self.written)

    @property
    def sql(self) -> str:
        """The definition of the column."""
        parts = (self.written, self.type, *(clause.sql for clause in self.clauses))
        return ' '.join(part for part in parts if part)

    def clause(self, *kinds: str) -> Clause | None:
        """Return the first clause that begins with one of some words."""
        return next((clause for clause in self.clauses if clause.kind in kinds), None)

    def put_default(self, clause: Clause | None) -> None:
        """Replace the default, for rows that are not there yet."""
        kinds = ('DEFAULT', 'GENERATED', 'AS')
        old = self.clause(*kinds)
        if not self.source and not self.given:
            was = old.sql if old and old.kind == 'DEFAULT' else 'DEFAULT NULL'
            self.given = was[len('DEFAULT'):].strip()
        self.put(clause, *kinds)

    def put(self, clause: Clause | None, *kinds: str) -> None:
        """Replace the clauses of some kinds by another, or by none."""
        self.clauses = [one for one in self.clauses if one.kind not in kinds]
        if clause:
            self.clauses.insert(0, clause)


@dataclasses.dataclass(frozen=True)
class Constraint:
    """A constraint, its type in Alembic's words, and the columns it is of."""

    clause: Clause
    type: str
    columns: Sequence[str]
    column: Column | None = None


class Definition:
    """The columns and constraints of a table.

    ``fills`` has the SQL of the values that the rows get in new columns.
    """

    def __init__(self, name: str, sql: str) -> None:
        self.name = name
        body, self._options = text.parenthesis(text.uncommented(sql))
        self.fills: dict[str, str] = {}
        self.columns: list[Column] = []
        self.clauses: list[Clause] = []
        for item in text.items(body):
            if self.clauses or text.words(item)[0].upper() in _OF_TABLE:
                self.add(item)
            else:
                column = Column.of(item)
                column.source = column.written
                self.columns.append(column)

    @property
    def has_rowid(self) -> bool:
        """Whether the rows have numbers that are in no column."""
        return not (text.mentions(self._options, 'WITHOUT')
                    or any(map(self.is_rowid, self.columns)))

    def is_rowid(self, column: Column) -> bool:
        """Tell whether a column is the number of the row."""
        return column.type.upper() == 'INTEGER' and any(
            [column.name] == constraint.columns
            for constraint in self.constraints() if constraint.type == 'primary')

    def create(self, name: str) -> str:
        """Return the CREATE TABLE of a table with this definition."""
        listed = ',\n\t'.join(item.sql for item in self.items())
        return f'CREATE TABLE {name} (\n\t{listed}\n){self._options}'

    def items(self) -> list[Column | Clause]:
        """Return the columns and the constraints of the table."""
        return [*self.columns, *self.clauses]

    def column(self, name: str) -> Column:
        """Return a column; raise OperationalError if it is not there."""
        for column in self.columns:
            if text.same(column.name, name):
                return column
        raise refused.operational(f'no such column: {self.name}.{name}')

    def has(self, name: str) -> bool:
        """Tell whether a column is there."""
        return any(text.same(column.name, name) for column in self.columns)

    def add(self, sql: str) -> None:
        """Add a constraint, or several."""
        self.clauses += map(Clause, text.clauses(sql, _OF_TABLE)[1:])

    def constraints(self) -> list[Constraint]:
        """Return the constraints, those of single columns first."""
        inline = [Constraint(clause, _TYPES[clause.kind], [column.name], column)
                  for column in self.columns for clause in column.clauses if clause.kind in _TYPES]
        return inline + [Constraint(clause, _TYPES[clause.kind], self._columns(clause))
                         for clause in self.clauses if clause.kind in _TYPES]

    def retype(self, column: Column, type_: str, choices: Sequence[str] = ()) -> None:
        """Change a type; that of a row's number stays INTEGER, which is 64 bits."""
        if self.is_rowid(column) and 'INT' in type_.upper():
            return
        if choices or column.type.upper() != type_.upper():
            column.choices = choices
        column.type = type_

    def drop(self, constraint: Constraint) -> None:
        """Remove a constraint."""
        (constraint.column or self).clauses.remove(constraint.clause)

    def add_column(self, column: Column, value: str | None) -> None:
        """Add a new column, with what the rows get in it, if it is no default."""
        if self.has(column.name):
            raise refused.operational(f'duplicate column name: {column.name}')
        self.columns.append(dataclasses.replace(column, clauses=[*column.clauses]))
        if value:
            self.fills[column.name] = value

    def drop_column(self, name: str) -> None:
        """Remove a column, and the constraints that it is part of."""
        column = self.column(name)
        if len(self.columns) == 1:
            raise refused.operational(f'cannot drop column {name}: no other columns exist')
        for constraint in self.constraints():
            if any(text.same(one, name) for one in constraint.columns):
                self.drop(constraint)
        self.columns.remove(column)

    def _columns(self, clause: Clause) -> list[str]:
        listed, _ = text.parenthesis(clause.sql)
        if clause.kind == 'CHECK':
            return [one.name for one in self.columns if text.mentions(listed, one.name)]
        return [text.identifier(text.words(item)[0]) for item in text.items(listed)]
