# SPDX-License-Identifier: Apache-2.0
"""What a command sends and calls in this process, counted."""

import contextlib
import sys
from collections.abc import Callable
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import event

from dbmanage.testing import moments

COMMIT = 'COMMIT'


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
def calls() -> Iterator[Callable[[], int]]:
    """Give what tells how many functions were called, those written in C too."""
    found = 0

    def count(_frame: object, event_: str, _argument: object) -> None:
        nonlocal found
        found += event_ in ('call', 'c_call')

    sys.setprofile(count)
    try:
        yield lambda: found
    finally:
        sys.setprofile(None)
