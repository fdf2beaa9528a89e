# SPDX-License-Identifier: Apache-2.0
"""What a command answers on stdout, and what it says on stderr."""

import contextlib
import dataclasses
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import TextIO

_SECRETS = (
    # A password may hold anything; the host behind its @ tells where it ends.
    (re.compile(r'(://)[^\s/:@\'"]*:.+?@(?=[\w.\[\]:-]*(?:[/?\s\'")]|$))'), r'\1***@'),
    (re.compile(r'\b(password|passwd)=[^&\s]+', re.IGNORECASE), r'\1=***'),
)
# oslo.db logs each error that it wraps with a traceback; we say it in a line. Alembic
# warns of descending indexes, which ``autogen`` compares itself.
_NOISE = ('oslo_db.sqlalchemy.exc_filters', 'alembic.ddl.impl')


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a command found out: for programs, for people, and its code.

    ``encoding`` is that of the lines, where it is not for stdout to say.
    """

    document: Mapping[str, Any]
    lines: Iterable[str] = ()
    code: int = 0
    encoding: str | None = None


def say(text: str) -> None:
    """Tell a person something, on stderr; nothing fails if nobody listens."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f'{mask(text)}\n')
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Let what a stream has not written yet, and what follows, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def mask(text: str) -> str:
    """Return the text without the secrets of URLs."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


@contextlib.contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Show warnings of libraries, unless somebody set up logging already."""
    root = logging.getLogger()
    if root.handlers:
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked('%(levelname)s: %(message)s'))
    handler.addFilter(lambda record: record.name not in _NOISE)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


@contextlib.contextmanager
def process_to_stderr() -> Iterator[None]:
    """Say what libraries warn of in a line; let child processes write to stderr."""
    def show(message: Warning | str, *_where: object, **_more: object) -> None:
        say(f'warning: {" ".join(str(message).split())}')

    with warnings.catch_warnings(), _descriptor_to_stderr():
        warnings.showwarning = show
        yield


@contextlib.contextmanager
def _descriptor_to_stderr() -> Iterator[None]:
    try:
        saved = os.dup(1)
    except OSError:  # it was closed before we began
        yield
        return
    try:
        with contextlib.suppress(OSError):  # stderr may be closed, too
            os.dup2(2, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


class _Masked(logging.Formatter):
    """A log line without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
