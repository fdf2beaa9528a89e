# SPDX-License-Identifier: Apache-2.0
"""What a command sends and calls in this process, counted."""

import contextlib
import gc
import sys
import types
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from dbmanage.testing import moments

COMMIT = 'COMMIT'
DRIVERS = {'sqlite3', 'psycopg2', 'pymysql'}


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """Give a list that what is sent is added to, and ``COMMIT`` for each commit."""
    with moments.counted() as sent:
        def commit(_connection: object) -> None:
            sent.append(COMMIT)

        event.listen(sa.Engine, 'commit', commit)
        try:
            yield sent
        finally:
            event.remove(sa.Engine, 'commit', commit)


@contextlib.contextmanager
def driven() -> Iterator[list[str]]:
    """Give a list that each ``execute`` and ``commit`` of a driver is added to."""
    found: list[str] = []

    def note(frame: types.FrameType, event_: str, argument: Any) -> None:
        if event_ == 'c_call':
            name, module = argument.__name__, type(argument.__self__).__module__
        else:
            name, module = frame.f_code.co_name, frame.f_globals.get('__name__', '')
        if event_ in ('call', 'c_call') and name in ('execute', 'commit') and module.split(
                '.')[0] in DRIVERS:
            found.append(name)

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)


@contextlib.contextmanager
def calls() -> Iterator[Callable[[], int]]:
    """Give what tells how many functions were called, those written in C too.

    No garbage is collected, for it may be that of other tests.
    """
    found = 0

    def count(_frame: object, event_: str, _argument: object) -> None:
        nonlocal found
        found += event_ in ('call', 'c_call')

    gc.disable()
    sys.setprofile(count)
    try:
        yield lambda: found
    finally:
        sys.setprofile(None)
        gc.enable()
