# SPDX-License-Identifier: Apache-2.0
"""The connection of a revision that is written: it takes, and has no answers."""

from __future__ import annotations

from typing import Any
from typing import NoReturn

import sqlalchemy
from alembic.runtime import migration
from sqlalchemy import exc
from sqlalchemy.engine import mock
from sqlalchemy.sql import dml


class Reads(AttributeError):
    """A revision wants to know something of the database."""


def refuse(_connection: sqlalchemy.Connection) -> NoReturn:
    """Refuse an engine of the service; it may be on any database."""
    raise Reads('it connects by an engine of its own')


class Answer:
    """What a statement that is written answers: nothing can be asked of it."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Reads(f'it asks for {name} of what a statement found')

    def _refuse(self, *_args: object) -> NoReturn:
        raise Reads('it asks for the rows that a statement found')

    __iter__ = __next__ = __len__ = __bool__ = __getitem__ = __enter__ = _refuse


class Dialect:
    """The dialect of an engine on paper: it has nothing to inspect."""

    def __init__(self, dialect: sqlalchemy.Dialect) -> None:
        self._dialect = dialect

    def __getattr__(self, name: str) -> Any:
        if name.startswith(('get_', 'has_')):
            raise Reads(f'it asks for {name} of an inspector')
        return getattr(self._dialect, name)


class Engine:
    """The engine of a connection on paper; it is the connection itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = Dialect(connection.dialect)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Connection(mock.MockConnection):
    """What ``op.get_bind()`` returns."""

    def __init__(self, context: migration.MigrationContext) -> None:
        super().__init__(context.dialect, self._write)
        self._impl = context.impl

    @property
    def engine(self) -> Any:  # type: ignore[override]
        """What inspects a connection asks the dialect of its engine."""
        return Engine(self)

    def __getattr__(self, name: str) -> NoReturn:
        raise Reads(f'it asks for {name} of its connection')

    def execute(self, obj: Any, parameters: Any = None, execution_options: Any = None) -> Answer:
        """Write a statement with its parameters."""
        for statement in _with_parameters(obj, parameters):
            self._write(statement)
        return Answer()

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Answer:
        """Write a statement as it is."""
        if parameters:
            raise exc.CompileError('exec_driver_sql() has parameters; execute() takes them')
        return self.execute(sqlalchemy.text(statement.replace(':', '\\:')))

    def _write(self, statement: Any, _parameters: Any = None) -> None:
        self._impl.execute(statement)


def _with_parameters(statement: Any, parameters: Any) -> list[Any]:
    if not parameters:
        return [statement]
    rows = [parameters] if hasattr(parameters, 'keys') else parameters
    if isinstance(statement, sqlalchemy.TextClause):
        return [statement.bindparams(**row) for row in rows]
    if isinstance(statement, dml.Insert):
        return [statement.values(row) for row in rows]
    raise exc.CompileError(
        f'its {type(statement).__name__} has parameters; put them into the statement')
