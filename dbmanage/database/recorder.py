# SPDX-License-Identifier: Apache-2.0
"""Records the statements of a run on MariaDB and MySQL, or skips them.

Both commit the open transaction before each DDL statement. So the row of a
DDL, written before it without a commit, is there exactly if the DDL was begun;
that of a DML, written after it, exactly if the DML was committed with it:
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
from dbmanage.database import entries
from dbmanage.database import held
from dbmanage.database import journal
from dbmanage.database import reads
from dbmanage.database import refusal
from dbmanage.database import statements
from dbmanage.database import waiting

_LONGEST = 1 << 16  # characters of a statement; the hash is that of all


class Recorder:
    """Records the statements of a run; skips those that were done before."""

    def __init__(
        self, connection: sqlalchemy.Connection, session: int, table: sqlalchemy.Table,
        lock: held.Held,
    ) -> None:
        """Take ``session``, the server's number of the connection."""
        self.table = table
        self._lock = lock
        self._connection = connection
        self._revision = ('', '')
        self._entries: dict[tuple[str, int], journal.Entry] = {}
        self._number = self._last = 0
        self._reads = reads.Reads()
        self._half_done = False
        self._rows = entries.Entries(connection, session, table)
        for name in ('do_execute', 'do_executemany', 'do_execute_no_params'):
            event.listen(connection.engine, name, functools.partial(self._execute, name))

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
        known = [one for (id_, _), one in self._entries.items() if id_ == revision]
        self._revision, self._number = (revision, fingerprint), 0
        self._last = known[-1].number if known else 0
        self._reads = reads.Reads()
        self._half_done = bool(known)
        self._rows.begin()
        try:
            if known:
                self._greet(known[-1], fingerprint)
            yield
            if self._number < self._last:
                raise self._stopped(f'it ended before statement {self._last}')
        except refusal.REFUSALS as e:
            ours = isinstance(refusal.original(e), errors.Error)
            if ours or self._number >= self._last or refusal.may_pass(e):
                raise
            raise self._stopped(f'before statement {self._number + 1} it is refused: '
                                f'{refusal.reason(e)}') from e
        finally:
            self._revision = ('', '')

    def is_half_done(self) -> bool:
        """Tell whether something stays of a revision that has just ended early.

        If the connection is lost, something may.
        """
        try:
            self._connection.rollback()
            return bool(journal.read(self._connection, self.table))
        except (*refusal.REFUSALS, *refusal.LOST_EARLY):
            return self._half_done

    def _greet(self, last: journal.Entry, fingerprint: str) -> None:
        if last.fingerprint != fingerprint:
            raise self._stopped('its file has changed since, or Python has')
        number = last.number + last.done
        output.say(f'resuming {last.revision} at statement {number} of at least {number} '
                   f'(done: {number - 1})')

    def clear(self, connection: sqlalchemy.Connection, revision: str) -> None:
        """Forget a revision, in the transaction that records it."""
        self._rows.clear(connection, revision)
        self._entries = {key: one for key, one in self._entries.items() if key[0] != revision}

    def leave(self, connection: sqlalchemy.Connection, revision: str) -> None:
        """Forget a revision that is recorded, and is committed by the next DDL.

        Before any other statement, and before a rollback, it is committed, too.
        """
        self.clear(connection, revision)
        self._rows.leave()

    def _execute(self, how: str, cursor: Any, statement: str, *rest: Any) -> bool | None:
        """Send a statement as SQLAlchemy would, unless it was done before."""
        if not self._revision[0]:
            return None
        *parameters, context = rest
        send = functools.partial(getattr(context.dialect, how), cursor, statement, *rest)
        self._rows.send(cursor, statement)
        if not statements.changes(statement):
            self._read(cursor, statement, parameters, send)
            return True
        self._lock.check()
        self._number += 1
        entry = self._entry(cursor, statement, *parameters)
        if known := self._entries.get((entry.revision, entry.number)):
            self._resume(cursor, known, entry, send)
        else:
            self._record(cursor, entry, send)
        return True

    def _read(self, cursor: Any, statement: str, parameters: Any,
              send: Callable[[], None]) -> None:
        """Send what changes nothing that a later session would see."""
        if statements.is_temporary(statement) and self._number < self._last:
            raise self._stopped('it needs a temporary table, which ended with its session')
        known = self._entries.get((self._revision[0], self._number + 1))
        self._reads.ask(cursor, statement, parameters, send, known.answers if known else '')

    def _entry(self, cursor: Any, statement: str, parameters: Any = None) -> journal.Entry:
        return journal.Entry(
            self._revision[0], self._number, self._revision[1],
            statements.hashed(statement, parameters), self._look(cursor, statement),
            statement[:_LONGEST], statements.is_dml(statement), waiting.runner(), self._reads.hash,
            answers=self._reads.taken())

    def _resume(self, cursor: Any, known: journal.Entry, entry: journal.Entry,
                send: Callable[[], None]) -> None:
        """Skip what was done before, and find out about what was in flight."""
        if known.hash not in (journal.ANY, entry.hash):
            raise self._stopped(f'statement {entry.number} is not the one that was begun')
        if known.reads not in ('', entry.reads):
            raise self._stopped(f'what it reads before statement {entry.number} has changed')
        if known.done:
            self._skip(cursor, known)
        elif statements.is_ddl(entry.statement) and statements.is_one(entry.statement):
            self._probe(cursor, known, entry, send)
        else:
            raise self._stopped(f'nothing tells whether statement {entry.number} was done')

    def _skip(self, cursor: Any, known: journal.Entry) -> None:
        """Answer as the statement did when it was done."""
        if not entries.skip(cursor, known) and not reads.returns(cursor, known.answers):
            raise self._stopped(f'the rows that statement {known.number} returned are gone')

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
        if entry.done:
            with entries.together(cursor.connection):
                send()
                answers = (reads.returned(cursor, entry.answers) if cursor.description
                           else entry.answers)
                self._rows.insert(cursor, dataclasses.replace(
                    entry, answer=entries.answer(cursor), answers=answers))
            return
        self._rows.insert(cursor, entry)
        before, self._half_done = self._half_done, True
        try:
            send()
        except cursor.connection.Error as e:
            if not refusal.is_lost(e):
                # A DDL has committed what came before it.
                self._half_done = before or entry.number > 1
                self._rows.take_back(cursor.connection, entry)
            raise
        if statements.is_ddl(entry.statement):
            self._rows.committed()
        else:
            self._rows.end(cursor, entry)

    def _probe(self, cursor: Any, known: journal.Entry, entry: journal.Entry,
               send: Callable[[], None]) -> None:
        """Run what was in flight, unless it was done.

        It was not if its table is as before it: then a refusal is one. A table that
        has changed, or another object, is asked by the statement itself.
        """
        changed = known.before != entry.before
        if statements.is_unsure(entry.statement, changed):
            raise self._stopped(f'nothing tells whether statement {entry.number} was done')
        if changed and statements.goes_twice(entry.statement):
            return self._skip(cursor, known)
        try:
            send()
        except cursor.connection.Error as e:
            asked = changed or statements.altered(entry.statement) is None
            if not asked or not statements.means_done(entry.statement, e):
                raise
            self._skip(cursor, known)

    def _stopped(self, why: str) -> errors.PartlyApplied:
        revision, _ = self._revision
        mine = [one for one in self._entries.values() if one.revision == revision]
        done = sum(one.done for one in mine)
        begun = ''.join(f', statement {one.number} was begun' for one in mine if not one.done)
        return errors.PartlyApplied(
            f'revision {revision} stopped half-way and cannot be resumed: {why}; {done} of its '
            f'statements are done{begun}; repair shows them and what can be done')
