# SPDX-License-Identifier: Apache-2.0
"""Where a database stands on the timeline; most commands need no more."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any
from typing import Protocol

from oslo_config import cfg

from dbmanage import output
from dbmanage import service as services
from dbmanage.database import glance
from dbmanage.database import tables

if typing.TYPE_CHECKING:
    from dbmanage import timeline


class Database(Protocol):
    """What is asked where a glance is not enough."""

    def heads(self) -> list[str]:
        """Return the revisions that the database is at."""

    def is_versioned(self) -> bool:
        """Tell whether there is a version table."""

    def warning(self) -> str | None:
        """Say that a script has stopped half-way, if one has."""


class Standing:
    """A database and its timeline, without what it takes to change one."""

    def __init__(
        self, service: services.Service, conf: cfg.ConfigOpts, revisions: timeline.Timeline,
        database: typing.Callable[[], Database],
    ) -> None:
        self._service = service
        self._conf = conf
        self._revisions = revisions
        self._database = database

    def heads(self) -> list[str]:
        """Return the revisions that the database is at, sorted.

        Raises RevisionNotInCode if one of them is not on disk.
        """
        found = self.glance()
        return self._database().heads() if found is None else found

    def at(self, target: str) -> output.Answer | None:
        """Return what ``upgrade`` answers where nothing is missing, if that is seen."""
        self._revisions.check_target(target)
        current = self.glance()
        if current is None or self._revisions.plan(target, current):
            return None
        return nothing_to_do(self._revisions, target, current)

    def current(self, verbose: bool = False, check: bool = False) -> output.Answer:
        """Say which revisions the database is at."""
        seen, heads = self.glance(), self._revisions.effective_heads()
        current = self._database().heads() if seen is None else seen
        at_head = current == heads
        if seen is None and (said := self._database().warning()):
            output.say(said)
        if not current:
            output.say('the database is at base: no revision'
                       if self._database().is_versioned() else
                       'the database was never versioned')
        elif check and not at_head:
            output.say(f'the database is not at head: {", ".join(heads)}')
        return output.Answer(
            {'current': [{'revision': one, 'head': one in heads} for one in current],
             'heads': heads, 'at_head': at_head},
            [self._revisions.get(one).log_entry if verbose else
             f'{one} (head)' if one in heads else one for one in current],
            code=3 if check and not at_head else 0)

    def glance(self) -> list[str] | None:
        """Return the revisions that the database is at, if a driver sees them."""
        found = glance.recorded(
            self._conf, self._service.database_group, tables.Tables.of(self._service))
        return None if found is None else self._revisions.known(found)


def nothing_to_do(
    revisions: timeline.Timeline, target: str, current: Sequence[str],
) -> output.Answer:
    """Say why nothing is done, and answer that nothing was."""
    at = ', '.join(current) or 'no revision'
    relative = revisions.is_relative(target)
    wanted = set() if relative else {one.revision for one in revisions.resolve(target)}
    if wanted <= set(current):
        output.say(f'nothing to do: the database is at {at} already')
    else:
        output.say(f'nothing to do: the database is past {target} already, at {at}')
    return upgraded(current, current, [])


def upgraded(
    before: Sequence[str], after: Sequence[str], applied: Sequence[dict[str, Any]],
) -> output.Answer:
    """Return the answer of ``upgrade``."""
    return output.Answer({'from': before, 'to': after, 'changed': bool(applied),
                          'applied': applied})
