# SPDX-License-Identifier: Apache-2.0
"""Waiting until a database is there, and is where it should be."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import typing
from collections.abc import Iterator
from typing import Any

from dbmanage import errors
from dbmanage import output
from dbmanage.database import look
from dbmanage.database import waiting
from dbmanage.migrator import state

if typing.TYPE_CHECKING:
    from dbmanage import migrator

# What may be over a little later, without other code and another call.
_MAY_END = (errors.DatabaseUnreachable, errors.Busy, errors.Failed)
_LEAST = 1.0  # seconds that a look is given, however little is left


class Awaiting:
    """A wait for a target: ``head``, ``heads``, ``base`` or a revision."""

    def __init__(self, owner: migrator.Migrator, target: str) -> None:
        self._owner = owner
        self._target = target
        revisions = owner.revisions
        self._wanted = set(revisions.effective_heads()) if target in ('head', 'heads') else {
            one.revision for one in revisions.exactly(target)}
        self._current: list[str] = []

    def wait(self, timeout: float, poll: float) -> output.Answer:
        """Look every ``poll`` seconds, at once and for ``timeout`` seconds.

        Says each change, once. Past the timeout the answer is no, and an error
        is raised as that what stood in the way. RevisionNotInCode is raised at once.
        """
        started = time.monotonic()
        deadline = started + timeout
        said, reason = '', None
        with _ended_by_sigterm():
            while reason := self._reason(deadline - time.monotonic(), reason):
                if str(reason) != said:
                    said = str(reason)
                    output.say(f'waiting for {self._target}: {said}')
                if time.monotonic() >= deadline:
                    break
                time.sleep(max(min(poll, deadline - time.monotonic()), 0))
        if isinstance(reason, (_MAY_END, errors.PartlyApplied)):
            raise reason
        if said:
            output.say(f'waited {timeout:g} s for {self._target}' if reason else
                       f'the database is at {", ".join(self._current) or "base"}')
        return self._answer(not reason, time.monotonic() - started)

    def _reason(self, seconds: float, before: errors.Error | None) -> errors.Error | None:
        """Return why the wait goes on; None where it is over.

        A look that was given little time, and took more, tells nothing new.
        """
        try:
            found = waiting.within(max(seconds, _LEAST), self._look)
        except TimeoutError:
            if before and seconds < self._owner.options.lock_timeout + _LEAST:
                return before
            return errors.DatabaseUnreachable('the database does not answer')
        except _MAY_END as e:
            return e
        if found is None:
            return None
        kind = errors.PartlyApplied if found.name == 'partly_applied' else errors.CheckFailed
        return kind(found.line)

    def _look(self) -> state.State | None:
        """Return the state of a database that is not yet there."""
        owner = self._owner
        with look.looking(
            owner.database, owner.tables, owner.options.lock_timeout, owner.options.lease, 0,
        ) as eye:
            self._current = owner.revisions.known(eye.recorded() or ())
            reached = owner.revisions.lineage(
                [owner.revisions.get(one) for one in self._current])
            if self._wanted <= reached:
                return None
            return state.of(eye.found(), owner.revisions, None)

    def _answer(self, reached: bool, seconds: float) -> output.Answer:
        heads = self._owner.revisions.effective_heads()
        document: dict[str, Any] = {
            'reached': reached,
            'wanted': sorted(self._wanted),
            'current': [{'revision': one, 'head': one in heads} for one in self._current],
            'seconds': round(seconds, 3),
        }
        return output.Answer(document, code=0 if reached else 3)


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """End at once, also as process 1, which a signal without a handler misses."""
    def end(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
