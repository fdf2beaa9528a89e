# SPDX-License-Identifier: Apache-2.0
"""The moments of a run: before and after each statement that it sends."""

import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import event


class At(NamedTuple):
    """'before' or 'after' a statement, whose number counts from 1."""

    when: str
    number: int
    sent: signal.Signals = signal.SIGKILL


def arm(at: At) -> None:
    """Let this process get its signal, and say where; all its statements are counted."""
    numbers = itertools.count(1)

    def strike(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if next(numbers) == at.number:
            text = ' '.join(statement.split())
            sys.stderr.write(f'{at.sent.name} {at.when} statement {at.number}: {text}\n')
            sys.stderr.flush()
            os.kill(os.getpid(), at.sent)

    event.listen(sa.Engine, f'{at.when}_cursor_execute', strike)


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """Give a list that the statements of this process are added to."""
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(sa.Engine, 'before_cursor_execute', count)
    try:
        yield statements
    finally:
        event.remove(sa.Engine, 'before_cursor_execute', count)
