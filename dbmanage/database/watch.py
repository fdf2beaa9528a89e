# SPDX-License-Identifier: Apache-2.0
"""The running statement: who blocks it, and how a signal ends it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Iterator
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
        ' WHERE b.pid = ANY(pg_blocking_pids(w.pid)) AND w.pid <> pg_backend_pid()'
        " AND w.wait_event_type = 'Lock' AND left(w.query, 60) = left(:statement, 60)"),
    # The metadata locks of others are theirs as long as their transaction:
    # https://mariadb.com/kb/en/metadata-locking/
    'mysql': (
        'SELECT p.id, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), p.info'
        ' FROM information_schema.innodb_trx t'
        ' JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id'
        ' WHERE p.id <> :session ORDER BY t.trx_started LIMIT 3'),
}


class Watch:
    """A thread that looks at what a connection runs; seconds throughout."""

    def __init__(
        self, connection: sqlalchemy.Connection, beside: sqlalchemy.Engine, patience: float,
    ) -> None:
        self.signal: signal.Signals | None = None
        self.blockers = ''
        self._connection = connection
        self._beside = beside
        self._patience = patience
        self._running: tuple[str, float] | None = None
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
                os.close(self._read)

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

    def _begin(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        self.check()
        self._running = statement, time.monotonic()

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
            if running and time.monotonic() - running[1] > self._patience:
                self._running = None
                with contextlib.suppress(*_FAILURES):
                    self.blockers = self._find(running[0])

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
        question = _BLOCKERS.get(self._connection.dialect.name)
        if question is None:
            return ''
        with self._beside.connect() as connection:
            rows = connection.execute(sqlalchemy.text(question), {
                'statement': statement, 'session': self._session}).all()
        return '; '.join(
            f'process {pid}, {age} s old, {" ".join((query or "idle").split())[:80]}'
            for pid, age, query in rows)


def _session(connection: sqlalchemy.Connection) -> int:
    if connection.dialect.name != 'mysql':
        return 0
    session = connection.scalar(sqlalchemy.text('SELECT CONNECTION_ID()'))
    connection.commit()
    return int(session or 0)
