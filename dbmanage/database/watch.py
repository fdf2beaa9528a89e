# SPDX-License-Identifier: Apache-2.0
"""The running statement: when to ask about it, and how a signal ends it."""

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
from typing import Any

import sqlalchemy
from sqlalchemy import event

from dbmanage import errors
from dbmanage.database import blockers
from dbmanage.database import refusal

_FAILURES = (*refusal.REFUSALS, *refusal.LOST_EARLY)
_TICK = 0.2  # seconds
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LONGEST_LOOK = 5  # seconds


@dataclasses.dataclass
class Running:
    """A statement that runs, since when, and what it waits for.

    ``beats`` counts how often the latter was looked up. ``blocked`` says by whom it is
    blocked, and is None until somebody has looked.
    """

    statement: str
    started: float
    waits_for: str = ''
    beats: int = 0
    blocked: str | None = None

    @property
    def seconds(self) -> float:
        """For how long it runs."""
        return time.monotonic() - self.started


class Watch:
    """A thread that looks at what a connection runs; seconds throughout."""

    def __init__(
        self, connection: sqlalchemy.Connection, connection_kind: str, beside: sqlalchemy.Engine,
        patience: float, heartbeat: float,
    ) -> None:
        """Take after how long blockers are asked for, and how often waits."""
        self._tell: Callable[[Running | None], None] = _keep_silent
        self.signal: signal.Signals | None = None
        self.ends = False  # what is asked from now on tells what stays, whatever comes
        self.readers = ''  # of SQLite, who keep a COMMIT back
        self._connection = connection
        self._beside = beside
        self._patience = patience
        self._heartbeat = heartbeat
        self._running: Running | None = None
        self._looking = threading.Thread()
        self._looks = threading.Lock()
        self._blockers = blockers.Blockers(connection, connection_kind, beside)
        self._driver = connection.connection.dbapi_connection
        self._read, self._write = os.pipe()

    def check(self) -> None:
        """Raise Busy if a signal asked for an end."""
        if self.signal is not None and not self.ends:
            raise errors.Busy(f'interrupted by {self.signal.name}')

    @property
    def session(self) -> int:
        """The server's number of the connection on MariaDB and MySQL."""
        return self._blockers.session

    def pause(self, seconds: float) -> None:
        """Sleep, unless a signal asks for an end."""
        self._running = None  # it has been refused
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, _TICK))

    def blocked(self) -> str:
        """Say by whom the statement that was just refused was blocked."""
        if self.readers:
            return f'blocked by {self.readers}'
        running = self._running
        if running and running.blocked is None:
            self._look(running, self._find).join(_LONGEST_LOOK)
        return running and running.blocked or 'blocked by what has ended since'

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
        self.readers = ''
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
            if running and self._is_due(running):
                self._look(running, self._look_at)
            self._tell(running)

    def _is_due(self, running: Running) -> bool:
        return (running.seconds > self._patience and running.blocked is None
                or running.seconds > self._heartbeat * (running.beats + 1))

    def _look(self, running: Running, how: Callable[[Running], None]) -> threading.Thread:
        """Begin to look, unless somebody is looking."""
        with self._looks:
            if not self._looking.is_alive():
                # A pool of connections may have none left: then this takes long.
                self._looking = threading.Thread(
                    target=how, args=[running], name='look', daemon=True)
                self._looking.start()
            return self._looking

    def _find(self, running: Running) -> None:
        running.blocked = self._blockers.blocked(running.statement)

    def _look_at(self, running: Running) -> None:
        if running.seconds > self._patience and running.blocked is None:
            self._find(running)
        with contextlib.suppress(*_FAILURES):
            if running.seconds > self._heartbeat * (running.beats + 1):
                try:
                    running.waits_for = self._blockers.waits(running.statement)
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
                connection.exec_driver_sql(f'KILL QUERY {self.session}')


def _keep_silent(running: Running | None) -> None:
    """Tell nobody."""
