# SPDX-License-Identifier: Apache-2.0
"""Waiting for what another process holds: bounded, and never in silence."""

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from dbmanage import errors
from dbmanage import output

_T = TypeVar('_T')
_EVERY = 10  # seconds between two lines on stderr
_LONGEST_PAUSE = 0.5  # seconds
_ENDED = 'it has just ended'


def until(take: Callable[[], bool], holder: Callable[[], str | None], wait: float) -> None:
    """Call ``take`` until it returns true, for at most ``wait`` seconds.

    Raises Busy, naming the holder.
    """
    started = time.monotonic()
    told, pause = started - _EVERY, 0.02
    while not take():
        now = time.monotonic()
        if now - started >= wait:
            raise errors.Busy(f'waited {wait:g} s for another runner: {holder() or _ENDED}')
        if now - told >= _EVERY:
            told = now
            output.say(f'waiting for another runner: {holder() or _ENDED}')
        time.sleep(min(pause, max(wait - (now - started), 0)))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def within(seconds: float, call: Callable[[], _T]) -> _T:
    """Return what a call returns; raise TimeoutError if that takes longer.

    The call is left alone then, in a thread that ends with the process.
    """
    outcome = list[_T]()
    raised = list[BaseException]()

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as e:  # noqa: BLE001 - it is raised again below
            raised.append(e)

    thread = threading.Thread(target=run, name='within', daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not outcome:
        raise TimeoutError
    return outcome[0]


def runner(longest: int = 255) -> str:
    """Name this process: its host, cut if it must be, and its process id."""
    process = f' process {os.getpid()}'
    return socket.gethostname()[:longest - len(process)] + process
