# SPDX-License-Identifier: Apache-2.0
"""The line of a terminal that is written again while statements run."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from collections.abc import Iterator
from typing import TextIO

from rich import console
from rich import live
from rich import text

from dbmanage import output
from dbmanage.database import watch


class _Console(console.Console):
    """A terminal whose cursor stays: a killed process shows none again."""

    def show_cursor(self, show: bool = True) -> bool:
        """Leave the cursor as it is."""
        return False


@contextlib.contextmanager
def line(
    now: Callable[[watch.Running | None], str], watcher: watch.Watch,
) -> Iterator[None]:
    """Show what ``now`` says of the statement that runs, below all else.

    Everything that is written to stderr meanwhile goes above it.
    """
    stream = sys.stderr
    terminal = _Console(file=stream, color_system=None, soft_wrap=True, markup=False,
                        emoji=False, highlight=False)
    shown = live.Live(console=terminal, auto_refresh=False, transient=True)

    def refresh(running: watch.Running | None) -> None:
        with _unheard(stream):
            shown.update(text.Text(now(running), no_wrap=True, overflow='crop', end=''),
                         refresh=True)

    with _started(shown, stream), _logged(stream), watcher.telling(refresh):
        yield


@contextlib.contextmanager
def _started(shown: live.Live, stream: TextIO) -> Iterator[None]:
    with _unheard(stream):
        shown.start()
    try:
        yield
    finally:
        with _unheard(stream):
            sys.stderr.flush()
            shown.stop()


@contextlib.contextmanager
def _logged(stream: TextIO) -> Iterator[None]:
    """Let the log lines that went to a stream go above the live line."""
    names = list(logging.root.manager.loggerDict)
    handlers = {handler for logger in (logging.root, *map(logging.getLogger, names))
                for handler in logger.handlers
                if isinstance(handler, logging.StreamHandler) and handler.stream is stream}
    for handler in handlers:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(stream)


@contextlib.contextmanager
def _unheard(stream: TextIO) -> Iterator[None]:
    """Let nothing fail if the terminal is gone."""
    try:
        yield
    except OSError:
        output.discard(stream)
