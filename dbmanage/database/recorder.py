# SPDX-License-Identifier: Apache-2.0
"""Records the statements of a run on MariaDB and MySQL, or skips them.

Both commit the open transaction before each DDL statement. So the row of a
DDL, written before it without a commit, is there exactly if the DDL was begun;
the row of a DML is there exactly if the DML was committed, for they share a
transaction:
https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import event

from dbmanage import errors
from dbmanage import output
from dbmanage.database import held
from dbmanage.database import journal
from dbmanage.database import refusal
from dbmanage.database import statements
from dbmanage.database import waiting


class Recorder:
    """Records the statements of a run; skips those that were done before."""

    def __init__(
        self, connection: sqlalchemy.Connection, table: sqlalchemy.Table, lock: held.Held,
    ) -> None:
        self.table = table
        self._lock = lock
        self._connection = connection
        self._revision: tuple[str, str] | None = None
        self._entries: dict[tuple[str, int], journal.Entry] = {}
        self._number = 0
        self.half_done = False
        self._session = connection.scalar(sqlalchemy.text('SELECT CONNECTION_ID()'))
        connection.commit()
        for name in ('do_execute', 'do_executemany', 'do_execute_no_params'):
            event.listen(connection.engine, name, functools.partial(self._execute, name))
        self._name = connection.dialect.identifier_preparer.format_table(table)

    def load(self) -> None:
        """Read what an earlier run, or an earlier attempt, has left."""
        self.table.create(self._connection, checkfirst=True)
        self._entries = {(one.revision, one.number): one
                         for one in journal.read(self._connection, self.table)}
        self._connection.commit()

    def begun(self) -> list[str]:
        """Return the revisions that were begun and not finished."""
        return sorted({revision for revision, _ in self._entries})

    @contextlib.contextmanager
    def recording(self, revision: str, fingerprint: str) -> Iterator[None]:
        """Record, or skip, the statements of a revision.

        Raises PartlyApplied if it was begun by other code, or went another way.
        """
        entries = [one for (id_, _), one in self._entries.items() if id_ == revision]
        self._revision, self._number = (revision, fingerprint), 0
        self.half_done = bool(entries)
        try:
            if entries:
                self._resume(entries, fingerprint)
            yield
            if entries and self._number < entries[-1].number:
                raise self._stopped(f'it ended before statement {entries[-1].number}')
        finally:
            self._revision = None

    def _resume(self, entries: list[journal.Entry], fingerprint: str) -> None:
        last = entries[-1]
        if last.fingerprint != fingerprint:
            raise self._stopped('its file has changed since')
        number = last.number + last.done
        output.say(f'resuming {last.revision} at statement {number} of at least {number} '
                   f'(done: {number - 1})')

    def clear(self, connection: sqlalchemy.Connection, revision: str) -> None:
        """Forget a revision, in the transaction that records it."""
        connection.execute(self.table.delete().where(self.table.c.revision == revision))
        self._entries = {key: one for key, one in self._entries.items() if key[0] != revision}

    def _execute(self, how: str, cursor: Any, statement: str, *rest: Any) -> bool | None:
        """Send a statement as SQLAlchemy would, unless it was done before."""
        *parameters, context = rest
        entry = self._entry(cursor, statement, *parameters)
        if entry is None:
            return None
        send = functools.partial(getattr(context.dialect, how), cursor, statement, *rest)
        known = self._entries.get((entry.revision, entry.number))
        if known is None:
            self._record(cursor, entry, send)
        elif known.hash not in (journal.ANY, entry.hash):
            raise self._stopped(f'statement {entry.number} is not the one that was begun')
        elif not known.done and not statements.is_ddl(statement):
            raise self._stopped(f'nothing tells whether statement {entry.number} was done')
        elif not known.done:
            self._probe(cursor, known, entry, send)
        return True

    def _entry(self, cursor: Any, statement: str, parameters: Any = None) -> journal.Entry | None:
        """Number a statement; None for one that changes nothing."""
        ddl = statements.is_ddl(statement)
        if self._revision is None or not (ddl or statements.is_dml(statement)):
            return None
        self._lock.check()
        self._number += 1
        together = not ddl and not cursor.connection.get_autocommit()
        return journal.Entry(self._revision[0], self._number, self._revision[1],
                     statements.hashed(statement, parameters), self._look(cursor, statement),
                     statement, together, waiting.runner())

    def _look(self, cursor: Any, statement: str) -> str:
        """Return the hash of the table that a DDL alters."""
        table = statements.altered(statement)
        if table is None:
            return ''
        with cursor.connection.cursor() as own:
            try:
                own.execute(f'SHOW CREATE TABLE {table}')
            except cursor.connection.ProgrammingError:  # the table is not there
                return ''
            return statements.hashed_table(own.fetchone()[1])

    def _record(self, cursor: Any, entry: journal.Entry, send: Callable[[], None]) -> None:
        values = dataclasses.asdict(entry) | {'connection': self._session}
        columns = ', '.join(f'`{name}`' for name in values)
        places = ', '.join(f'%({name})s' for name in values)
        with cursor.connection.cursor() as own:
            own.execute(f'INSERT INTO {self._name} ({columns}, started)'
                        f' VALUES ({places}, UTC_TIMESTAMP())', values)
        before, self.half_done = self.half_done, self.half_done or not entry.done
        try:
            send()
        except cursor.connection.Error as e:
            if not refusal.is_lost(e):
                # A DDL has committed what came before it.
                self.half_done = before or (not entry.done and entry.number > 1)
                self._take_back(cursor.connection, entry)
            raise

    def _probe(self, cursor: Any, known: journal.Entry, entry: journal.Entry,
               send: Callable[[], None]) -> None:
        """Run what was in flight, unless it was done.

        It was not if its table is as before it: then a refusal is one. A table that
        has changed, or another object, is asked by the statement itself.
        """
        changed = known.before != entry.before
        if changed and statements.goes_twice(entry.statement):
            return
        try:
            send()
        except cursor.connection.Error as e:
            asked = changed or statements.altered(entry.statement) is None
            if not asked or not statements.means_done(entry.statement, e):
                raise

    def _take_back(self, connection: Any, entry: journal.Entry) -> None:
        """Delete the row of a statement that the server refused.

        oslo.db's listeners for errors let nobody else's hear of one.
        """
        # Where this fails the row stays, and the next run tries the statement.
        with contextlib.suppress(connection.Error), connection.cursor() as own:
            own.execute(f'DELETE FROM {self._name} WHERE revision = %s AND number = %s',
                        (entry.revision, entry.number))
            if not entry.done:
                connection.commit()

    def _stopped(self, why: str) -> errors.PartlyApplied:
        revision = self._revision[0] if self._revision else ''
        mine = [one for one in self._entries.values() if one.revision == revision]
        done = sum(one.done for one in mine)
        begun = ''.join(f', statement {one.number} was begun' for one in mine if not one.done)
        return errors.PartlyApplied(
            f'revision {revision} stopped half-way and cannot be resumed: {why}; {done} of its '
            f'statements are done{begun}; repair shows them and what can be done')
