# SPDX-License-Identifier: Apache-2.0
"""Waiting until a database is there, and is where it should be."""

from __future__ import annotations

import contextlib
import time
import typing
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from dbmanage import errors
from dbmanage import output
from dbmanage.database import waiting

if typing.TYPE_CHECKING:
    from dbmanage import standing
    from dbmanage import timeline
    from dbmanage.migrator import status

# What may be over a little later, without other code and another call.
_MAY_END = (errors.DatabaseUnreachable, errors.Busy, errors.Failed)
_LEAST = 1  # seconds for a glance, and for a table, however little is left
_REST = 1  # seconds that a look is given to say that the table is locked


class Awaiting:
    """A wait for a target: ``head``, ``heads``, ``base`` or a revision."""

    def __init__(
        self, place: standing.Standing, revisions: timeline.Timeline,
        look: Callable[[], status.Status], patience: float, target: str,
    ) -> None:
        """Take how to ``look`` where a glance is not enough.

        A look may have to wait ``patience`` seconds for a table.
        """
        self._standing = place
        self._revisions = revisions
        self._status = look
        self._patience = patience
        self._target = target
        self._wanted = set(revisions.effective_heads()) if target in ('head', 'heads') else {
            one.revision for one in revisions.exactly(target)}
        self._current: list[str] = []

    def wait(self, timeout: float, poll: float) -> output.Answer:
        """Look every ``poll`` seconds, at once and for ``timeout`` seconds.

        Says each change, once. Past the timeout the answer is no, and an error
        is raised as that what stood in the way. RevisionNotInCode is raised at once.
        """
        started = time.monotonic()
        reason = None if self._is_seen() else self._until(started + timeout, poll)
        if isinstance(reason, (_MAY_END, errors.PartlyApplied)):
            raise reason
        if reason:
            output.say(f'waited {timeout:g} s for {self._target}')
        return self._answer(not reason, time.monotonic() - started)

    def _is_seen(self) -> bool:
        """Tell whether a glance, which imports little, is enough."""
        with contextlib.suppress(TimeoutError, errors.Failed):
            found = waiting.within(_LEAST, self._standing.glance)
            return found is not None and self._is_reached(found)
        return False

    def _until(self, deadline: float, poll: float) -> errors.Error | None:
        """Return why it was in vain at the deadline; None where it was not."""
        status = self._status()
        said, reason = '', None
        while reason := self._reason(status, deadline - time.monotonic(), reason):
            if str(reason) != said:
                said = str(reason)
                output.say(f'waiting for {self._target}: {said}')
            if time.monotonic() >= deadline:
                return reason
            time.sleep(max(min(poll, deadline - time.monotonic()), 0))
        if said:
            output.say(f'the database is at {", ".join(self._current) or "base"}')
        return None

    def _reason(
        self, status: status.Status, seconds: float, before: errors.Error | None,
    ) -> errors.Error | None:
        """Return why the wait goes on; None where it is over.

        A look that was given little time, and took more, tells nothing new.
        """
        patience = max(int(seconds) - _REST, _LEAST)
        try:
            found = waiting.within(max(seconds, patience + _REST),
                                   lambda: status.unless(self._is_reached, patience))
        except TimeoutError:
            if before and seconds < self._patience + _LEAST:
                return before
            return errors.DatabaseUnreachable('the database does not answer')
        except _MAY_END as e:
            return e
        if found is None:
            return None
        kind = errors.PartlyApplied if found.name == 'partly_applied' else errors.CheckFailed
        return kind(found.line)

    def _is_reached(self, recorded: Sequence[str]) -> bool:
        self._current = self._revisions.known(recorded)
        return self._wanted <= self._revisions.lineage(
            [self._revisions.get(one) for one in self._current])

    def _answer(self, reached: bool, seconds: float) -> output.Answer:
        heads = self._revisions.effective_heads()
        document: dict[str, Any] = {
            'reached': reached,
            'wanted': sorted(self._wanted),
            'current': [{'revision': one, 'head': one in heads} for one in self._current],
            'seconds': round(seconds, 3),
        }
        return output.Answer(document, code=0 if reached else 3)
