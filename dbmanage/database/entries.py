# SPDX-License-Identifier: Apache-2.0
"""The rows of the journal as a run writes them, with the driver's cursors.

None of it commits but what says so. The end of a revision may wait for the
commit of the next DDL.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import event

from dbmanage.database import journal
from dbmanage.database import statements

_ROWS = 'rows'  # the answer of a statement that returned rows
_IN_TRANSACTION = 1  # SERVER_STATUS_IN_TRANS


class Entries:
    """The rows of a run, whose connection the server knows by ``session``."""

    def __init__(
        self, connection: sqlalchemy.Connection, session: int, table: sqlalchemy.Table,
    ) -> None:
        self._name = connection.dialect.identifier_preparer.format_table(table)
        self._session = session
        self._driver: Any = connection.connection.dbapi_connection
        self._waits = self._rides = False
        event.listen(connection, 'rollback', self._keep)

    def insert(self, cursor: Any, entry: journal.Entry) -> None:
        """Write the row of a statement that is begun, or is done with it."""
        values = vars(entry) | {'connection': self._session}
        columns = ', '.join(f'`{name}` = %({name})s' for name in values)
        with cursor.connection.cursor() as own:
            own.execute(
                f'INSERT INTO {self._name} SET {columns}, started = UTC_TIMESTAMP()', values)

    def end(self, cursor: Any, entry: journal.Entry) -> None:
        """Note the end of what may have committed, before it or in it."""
        with cursor.connection.cursor() as own:
            own.execute(f'UPDATE {self._name} SET done = 1, answer = %s'
                        ' WHERE revision = %s AND number = %s',
                        (answer(cursor), entry.revision, entry.number))

    def take_back(self, connection: Any, entry: journal.Entry) -> None:
        """Delete the row of a statement that the server refused; commit that of a DDL."""
        # Where this fails the row stays, and the next run tries the statement.
        with contextlib.suppress(connection.Error), connection.cursor() as own:
            own.execute(f'DELETE FROM {self._name} WHERE revision = %s AND number = %s',
                        (entry.revision, entry.number))
            if statements.is_ddl(entry.statement):
                connection.commit()

    def clear(self, connection: sqlalchemy.Connection, revision: str) -> None:
        """Delete the rows of a revision, in the transaction that records it."""
        connection.exec_driver_sql(f'DELETE FROM {self._name} WHERE revision = %s', (revision,))

    def begin(self) -> None:
        """Begin with a revision."""
        self._rides = False

    def send(self, cursor: Any, statement: str) -> None:
        """Commit the end of the revision before, unless this statement will."""
        self._rides = statements.is_ddl(statement) and cursor.connection is self._driver
        if self._waits and not self._rides:
            self._commit()

    def leave(self) -> None:
        """Let the end of a revision wait, unless rows that it has changed wait, too."""
        self._waits = True
        if not self._rides:
            self._commit()

    def committed(self) -> None:
        """Note that a DDL has committed what waited."""
        self._waits = False

    def _keep(self, _connection: sqlalchemy.Connection) -> None:
        """Commit the end of a revision, which is not what is rolled back."""
        if self._waits:
            with contextlib.suppress(self._driver.Error):
                self._commit()

    def _commit(self) -> None:
        self._driver.commit()
        self._waits = False


@contextlib.contextmanager
def together(connection: Any) -> Iterator[None]:
    """Commit a statement and its row as one, where each would be committed alone."""
    if not connection.get_autocommit() or connection.server_status & _IN_TRANSACTION:
        yield
        return
    connection.begin()
    try:
        yield
    except BaseException:
        with contextlib.suppress(connection.Error):
            connection.rollback()
        raise
    connection.commit()


def answer(cursor: Any) -> str:
    """Return what a revision may use of the answer to a statement."""
    return _ROWS if cursor.description else f'{cursor.rowcount} {cursor.lastrowid or 0}'


def skip(cursor: Any, known: journal.Entry) -> bool:
    """Answer as a statement did when it was done; tell whether that can be."""
    if known.answer == _ROWS:
        return False
    rows, new = map(int, known.answer.split() or (0, 0))
    # The next statement may ask the server for the id that it has given.
    cursor.execute(f'DO LAST_INSERT_ID({new})' if new else 'DO 0')
    cursor.rowcount, cursor.lastrowid = rows, new
    return True
