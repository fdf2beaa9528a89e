# SPDX-License-Identifier: Apache-2.0
"""The connection of a revision that is written: it takes, and has no answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from typing import NoReturn

import sqlalchemy
from alembic.runtime import migration
from sqlalchemy import exc
from sqlalchemy.engine import mock
from sqlalchemy.sql import dml

from dbmanage.script import clients

_READS = ('scalar', 'scalars', 'stream', 'get_', 'has_')
# The styles of parameters to which a % is special.
_FORMATS = ('format', 'pyformat')


class Reads(AttributeError):
    """A revision wants to know something of the database."""


class Uses(Reads):
    """A revision uses its connection in a way that a script cannot."""


def reason(error: Exception) -> str:
    """Say why a revision cannot be written, and what is asked for."""
    what = ('uses its connection as no script can' if isinstance(error, Uses)
            else 'reads the database')
    return f'it {what} ({error})'


class Notes:
    """What a revision wanted to know, be it that it hid the error."""

    def __init__(self) -> None:
        self._first: Reads | None = None

    def refuse(self, error: Reads) -> NoReturn:
        """Raise an error, and keep the first one."""
        self.note(error)
        raise error

    def note(self, error: Reads) -> None:
        """Keep an error that is not raised, if it is the first one."""
        self._first = self._first or error

    def refuse_engine(self, _connection: sqlalchemy.Connection) -> NoReturn:
        """Refuse an engine of the service; it may be on any database."""
        self.refuse(Reads('it connects by an engine of its own'))

    def whole(self, upgrade: Callable[..., None]) -> Callable[..., None]:
        """Return a revision's function that fails in the end if it hid a read."""
        def run(**kw: Any) -> None:
            self._first = None
            upgrade(**kw)
            if self._first:
                raise self._first
        return run


class Answer:
    """What a statement that is written answers: nothing can be asked of it."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def __getattr__(self, name: str) -> NoReturn:
        self._notes.refuse(Reads(f'it asks for {name} of what a statement found'))

    def _refuse(self, *_args: object) -> NoReturn:
        self._notes.refuse(Reads('it asks for the rows that a statement found'))

    __iter__ = __next__ = __len__ = __bool__ = __getitem__ = __enter__ = _refuse


class Transaction:
    """What a Session, or Alembic, begins and commits; it cannot be undone."""

    is_active = True

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def commit(self) -> None:
        """Do nothing: what was written is committed with the revision."""

    close = commit

    def rollback(self) -> None:
        """Refuse, unless an error that says more is on its way."""
        error = Uses('it rolls a transaction back')
        if sys.exc_info()[0] is None:
            self._notes.refuse(error)
        self._notes.note(error)

    def __getattr__(self, name: str) -> NoReturn:
        self._notes.refuse(Uses(f'it asks for {name} of a transaction'))

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, *_error: object) -> None:
        """Do nothing: an error ends the revision."""


class Dialect:
    """The dialect of an engine on paper: it has nothing to inspect."""

    def __init__(self, dialect: sqlalchemy.Dialect, notes: Notes) -> None:
        self._dialect = dialect
        self._notes = notes

    def __getattr__(self, name: str) -> Any:
        if name.startswith(('get_', 'has_')):
            self._notes.refuse(Reads(f'it asks for {name} of an inspector'))
        return getattr(self._dialect, name)


class Engine:
    """The engine of a connection on paper; it is the connection itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = Dialect(connection.dialect, connection.notes)

    def begin(self) -> NoReturn:
        """Refuse: it would be a transaction beside that of the revision."""
        self._connection.notes.refuse(Uses('it connects anew'))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Connection(mock.MockConnection, sqlalchemy.Connection):  # type: ignore[misc]
    """What ``op.get_bind()`` returns; SQLAlchemy inspects it like another."""

    def __init__(self, context: migration.MigrationContext) -> None:
        super().__init__(context.dialect, self._write)
        self._impl = context.impl
        self.notes = Notes()

    @property
    def engine(self) -> Any:  # type: ignore[override]
        """What inspects a connection asks the dialect of its engine."""
        return Engine(self)

    def __getattribute__(self, name: str) -> Any:
        if name in _OTHERS:
            kind = Reads if name.startswith(_READS) else Uses
            self.notes.refuse(kind(f'it asks for {name} of its connection'))
        return super().__getattribute__(name)

    def in_transaction(self) -> bool:
        """Answer that there is none: who asks begins one."""
        return False

    def begin(self) -> Any:
        """Return a transaction that ends with that of the revision."""
        return Transaction(self.notes)

    def __enter__(self) -> NoReturn:
        self.notes.refuse(Uses('it connects anew'))

    def execute(  # type: ignore[override]
        self, obj: Any, parameters: Any = None, execution_options: Any = None,
    ) -> Answer:
        """Write a statement with its parameters."""
        for statement in _with_parameters(obj, parameters):
            self._write(statement)
        return Answer(self.notes)

    def exec_driver_sql(  # type: ignore[override]
        self, statement: str, parameters: Any = None,
    ) -> Answer:
        """Write a statement as the driver sends it: some make a % of each %%."""
        if parameters:
            raise clients.Unwritten('exec_driver_sql() has parameters; execute() takes them')
        dialect: Any = self.dialect
        if dialect.default_paramstyle in _FORMATS:
            if '%' in statement.replace('%%', ''):
                raise exc.CompileError('exec_driver_sql() has a single %; the driver takes %%')
            statement = statement.replace('%%', '%')
        return self.execute(sqlalchemy.text(statement.replace(':', '\\:')))

    def _write(self, statement: Any, _parameters: Any = None) -> None:
        self._impl.execute(statement)


# What a connection has, and one on paper has not.
_OTHERS = frozenset(
    name for name in vars(sqlalchemy.Connection).keys()
    - vars(mock.MockConnection).keys() - vars(Connection).keys() if not name.startswith('_'))


def _with_parameters(statement: Any, parameters: Any) -> list[Any]:
    if not parameters:
        return [statement]
    rows = [parameters] if hasattr(parameters, 'keys') else parameters
    if isinstance(statement, sqlalchemy.TextClause):
        return [statement.bindparams(**row) for row in rows]
    if isinstance(statement, dml.Insert):
        return [statement.values(row) for row in rows]
    raise clients.Unwritten(
        f'its {type(statement).__name__} has parameters; put them into the statement')
