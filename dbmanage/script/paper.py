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


class Answer:
    """What a statement that is written answers: nothing can be asked of it."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Reads(f'it asks for {name} of what a statement found')

    def _refuse(self, *_args: object) -> NoReturn:
        raise Reads('it asks for the rows that a statement found')

    __iter__ = __next__ = __len__ = __bool__ = __getitem__ = __enter__ = _refuse


class Connection(mock.MockConnection):
    """What ``op.get_bind()`` returns."""

    def __init__(self, context: migration.MigrationContext) -> None:
        super().__init__(context.dialect, self._write)
        self._impl = context.impl

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
