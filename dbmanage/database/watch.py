# SPDX-License-Identifier: Apache-2.0
"""The running statement: who blocks it, and how a signal ends it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import event

from dbmanage import errors
from dbmanage.database import refusal

_FAILURES = (*refusal.REFUSALS, *refusal.LOST_EARLY)
_TICK = 0.2  # seconds
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BLOCKERS = {
    'postgresql': (
        'SELECT b.pid, extract(epoch FROM clock_timestamp() - b.xact_start)::int, b.query'
        ' FROM pg_stat_activity w, pg_stat_activity b'
        ' WHERE b.pid = ANY(pg_blocking_pids(w.pid)) AND w.datname = current_database()'
        " AND w.wait_event_type = 'Lock' AND left(w.query, 60) = left(:statement, 60)"),
    # The metadata locks of others are theirs as long as their transaction:
    # https://mariadb.com/kb/en/metadata-locking/
    'mysql': (
        'SELECT p.id, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), p.info'
        ' FROM information_schema.innodb_trx t'
        ' JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id'
        ' WHERE p.id <> :session AND p.db = DATABASE() ORDER BY t.trx_started LIMIT 3'),
}
# https://www.postgresql.org/docs/current/monitoring-stats.html#WAIT-EVENT-TABLE
# https://mariadb.com/kb/en/thread-states/
_WAITS = {
    'postgresql': (
        "SELECT wait_event_type || ' ' || wait_event FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database() AND state = 'active'"
        ' AND left(query, 60) = left(:statement, 60)'),
    'mysql': 'SELECT state FROM information_schema.processlist WHERE id = :session',
}


@dataclasses.dataclass
class Running:
    """A statement that runs, since when, and what it waits for.

    ``beats`` counts how often the latter was looked up.
    """

    statement: str
    started: float
    waits_for: str = ''
    beats: int = 0
    is_late: bool = False

    @property
    def seconds(self) -> float:
        """For how long it runs."""
        return time.monotonic() - self.started


class Watch:
    """A thread that looks at what a connection runs; seconds throughout."""

    def __init__(
        self, connection: sqlalchemy.Connection, beside: sqlalchemy.Engine, patience: float,
        heartbeat: float,
    ) -> None:
        """Take after how long blockers are asked for, and how often waits."""
        self._tell: Callable[[Running | None], None] = _keep_silent
        self.signal: signal.Signals | None = None
        self.blockers = ''
        self._connection = connection
        self._beside = beside
        self._patience = patience
        self._heartbeat = heartbeat
        self._running: Running | None = None
        self._looking = threading.Thread()
        self._session = _session(connection)
        self._driver = connection.connection.dbapi_connection
        self._read, self._write = os.pipe()

    def check(self) -> None:
        """Raise Busy if a signal asked for an end."""
        if self.signal is not None:
            raise errors.Busy(f'interrupted by {self.signal.name}')

    def pause(self, seconds: float) -> None:
        """Sleep, unless a signal asks for an end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, _TICK))

    @contextlib.contextmanager
    def watching(self) -> Iterator[Watch]:
        """Watch the statements of the connection; take the signals."""
        event.listen(self._connection, 'before_cursor_execute', self._begin)
        event.listen(self._connection, 'after_cursor_execute', self._end)
        thread = threading.Thread(target=self._follow, name='watch', daemon=True)
        thread.start()
        with self._signals():
            try:
                yield self
            finally:
                os.close(self._write)
                thread.join()
                if self._looking.is_alive():
                    self._looking.join(_TICK)
                os.close(self._read)

    @contextlib.contextmanager
    def telling(self, tell: Callable[[Running | None], None]) -> Iterator[None]:
        """Tell, several times a second, which statement runs, if any does."""
        self._tell = tell
        try:
            yield
        finally:
            self._tell = _keep_silent

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Wake the thread at once: C code of a driver lets no handler run."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        os.set_blocking(self._write, False)
        wakeup = signal.set_wakeup_fd(self._write)
        handlers = {number: signal.signal(number, self._note) for number in _SIGNALS}
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: object) -> None:
        self.signal = signal.Signals(number)

    def _begin(
        self, connection: sqlalchemy.Connection, _cursor: object, statement: str,
        _parameters: object, context: Any, _many: bool,
    ) -> None:
        self.check()
        self.blockers = ''
        if context.compiled and connection.dialect.paramstyle in ('format', 'pyformat'):
            statement = statement.replace('%%', '%')  # as the server gets it
        self._running = Running(statement, time.monotonic())

    def _end(self, *_event: object) -> None:
        self._running = None

    def _follow(self) -> None:
        while True:
            ready, _, _ = select.select([self._read], [], [], _TICK)
            if ready:
                number = os.read(self._read, 1)
                if not number:
                    return
                if number[0] in _SIGNALS:
                    self._cancel()
            running = self._running
            if running and self._is_due(running) and not self._looking.is_alive():
                # A pool of connections may have none left: then this takes long.
                self._looking = threading.Thread(
                    target=self._look_at, args=[running], name='look', daemon=True)
                self._looking.start()
            self._tell(running)

    def _is_due(self, running: Running) -> bool:
        return (running.seconds > self._patience and not running.is_late
                or running.seconds > self._heartbeat * (running.beats + 1))

    def _look_at(self, running: Running) -> None:
        with contextlib.suppress(*_FAILURES):
            if running.seconds > self._patience and not running.is_late:
                running.is_late = True
                found = self._find(running.statement)
                if self._running is running:
                    self.blockers = found
            if running.seconds > self._heartbeat * (running.beats + 1):
                try:
                    running.waits_for = self._waits(running.statement)
                finally:
                    running.beats += 1

    def _cancel(self) -> None:
        """End the statement on the server; it answers the main thread."""
        name = self._connection.dialect.name
        driver: Any = self._driver
        if name == 'postgresql':
            driver.cancel()
        elif name == 'sqlite':
            driver.interrupt()
        elif self._running:
            with contextlib.suppress(*_FAILURES), self._beside.connect() as connection:
                connection.exec_driver_sql(f'KILL QUERY {self._session}')

    def _find(self, statement: str) -> str:
        return '; '.join(
            f'process {pid}, {age} s old, {" ".join((query or "idle").split())[:80]}'
            for pid, age, query in self._ask(_BLOCKERS, statement))

    def _waits(self, statement: str) -> str:
        said = ', '.join(str(wait) for wait, in self._ask(_WAITS, statement) if wait)
        blockers = self._find(statement) if 'lock' in said.lower() else ''
        return f'{said}, of {blockers}' if blockers else said

    def _ask(self, questions: dict[str, str], statement: str) -> Sequence[Any]:
        question = questions.get(self._connection.dialect.name)
        if question is None:
            return []
        with self._beside.connect() as connection:
            return connection.execute(sqlalchemy.text(question), {
                'statement': statement, 'session': self._session}).all()


def _keep_silent(running: Running | None) -> None:
    """Tell nobody."""


def _session(connection: sqlalchemy.Connection) -> int:
    if connection.dialect.name != 'mysql':
        return 0
    session = connection.scalar(sqlalchemy.text('SELECT CONNECTION_ID()'))
    connection.commit()
    return int(session or 0)
