# SPDX-License-Identifier: Apache-2.0
"""How far a run is: lines on stderr, and on a terminal a live line."""

from __future__ import annotations

import collections
import contextlib
import os
import sys
import time
import typing
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from dbmanage import output
from dbmanage.database import watch

if typing.TYPE_CHECKING:
    from dbmanage.timeline import files

_SHOWN = 80  # characters of a statement


class Progress:
    """What is said of a run of revisions."""

    def __init__(self) -> None:
        self._numbers = dict[str, str]()
        self._retries = collections.Counter[str]()
        self._begun = self._started = time.monotonic()
        self._revision = ''
        self._is_running = False
        self._resumed: Collection[str] | None = None
        self._told: tuple[watch.Running, int] | None = None

    def number(self, revisions: Sequence[files.Revision]) -> None:
        """Number what this run has to apply, after another one perhaps."""
        self._numbers = {
            one.revision: f'[{number}/{len(revisions)}] {one.revision} {one.message}'
            for number, one in enumerate(revisions, 1)}

    def resuming(self, begun: Collection[str]) -> None:
        """Note what an earlier run has left half-way, before the first try."""
        if self._resumed is None:
            self._resumed = begun

    def begin(self, revision: files.Revision) -> None:
        """Begin a revision."""
        self._revision, self._begun = revision.revision, time.monotonic()
        self._is_running = True

    def retry(self) -> None:
        """Count that the revision is going to be tried again."""
        self._retries[self._revision] += 1

    def end(self, revision: files.Revision, statements: int) -> dict[str, Any]:
        """Say that a revision was applied; return its object for JSON."""
        seconds = time.monotonic() - self._begun
        self._is_running = False
        output.say(f'{self._numbers[revision.revision]} ... {seconds:.1f} s')
        return {
            'revision': revision.revision, 'message': revision.message,
            'seconds': round(seconds, 3), 'statements': statements,
            'retries': self._retries[revision.revision],
            'resumed': revision.revision in (self._resumed or ())}

    def total(self, count: int) -> None:
        """Say how long the run took; a single line has said it."""
        if count > 1:
            output.say(f'{count} revisions in {time.monotonic() - self._started:.1f} s')

    @contextlib.contextmanager
    def shown(self, watcher: watch.Watch) -> Iterator[None]:
        """Tell of the statements that a connection runs, while they do."""
        if not _is_terminal():
            with watcher.telling(self._tell):
                yield
            return
        from dbmanage.migrator import live
        with live.line(self._now, watcher):
            yield

    def _tell(self, running: watch.Running | None) -> None:
        """Say what a statement waits for, each time it was looked up."""
        if running is None or self._told == (running, running.beats) or not running.beats:
            return
        self._told = running, running.beats
        output.say(f'{self._revision or "the run"} goes on, {_statement(running)}')

    def _now(self, running: watch.Running | None) -> str:
        """Return the live line; nothing between two revisions."""
        if not self._is_running:
            return ''
        line = f'{self._numbers[self._revision]} ... {time.monotonic() - self._begun:.0f} s'
        return f'{line}, {_statement(running)}' if running else line


def _statement(running: watch.Running) -> str:
    text = output.mask(' '.join(running.statement.split()))
    shown = text if len(text) <= _SHOWN else f'{text[:_SHOWN]} ...'
    waits = f', waits for {running.waits_for}' if running.waits_for else ''
    return f'{running.seconds:.0f} s{waits}: {shown}'


def _is_terminal() -> bool:
    """Tell whether a line on stderr can be written again."""
    return (sys.stderr is not None and sys.stderr.isatty() and not os.environ.get('NO_COLOR')
            and os.environ.get('TERM', '') not in ('', 'dumb', 'unknown'))
