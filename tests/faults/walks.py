# SPDX-License-Identifier: Apache-2.0
"""Walks through a timeline: every revision is killed at one of its steps."""

import dataclasses
from typing import Any

from tests.faults import harness
from tests.faults import services

_GOLDEN = 0.618034  # spreads points evenly, whatever their number


@dataclasses.dataclass(frozen=True)
class Stage:
    """What an undisturbed run of a revision did, and what it left."""

    revision: str
    steps: int
    state: Any


class WalkTests(harness.FaultTests):
    """Every revision is killed at one of its steps, and run again; then the next.

    A step is a statement or, by the proxy, a request that goes over the wire,
    those of the runner's own bookkeeping too. Each walk takes other steps.
    """

    moments: tuple[str, ...]
    # A walk kills one revision of so many. On Galera each kill costs a lease.
    pace = 1

    def test_reference_service(self):
        """The second run ends where an undisturbed run ends."""
        self._walk_often(services.REFERENCE, services.REFERENCE_SAMPLE)

    def test_counting_service(self):
        """No statement is run twice, and none is left out."""
        self._walk_often(services.COUNTING, services.COUNTING_SAMPLE)

    def test_run_from_base(self):
        """A run of all revisions is killed, and the second run does the rest."""
        self._walk_often(services.COUNTING_AT_ONCE, services.COUNTING_AT_ONCE)

    def _walk_often(self, timeline, sample):
        self.serve(sample if harness.is_short() else timeline)
        stages = list(self._undisturbed())
        pace = 1 if harness.is_short() else min(self.pace, len(stages))
        walks = harness.rounds(pace * max(len(self._points(stage)) for stage in stages))
        for walk in range(walks):
            self.use_new_database()
            self._walk(stages, walk, walks, pace)
        self.check()

    def _undisturbed(self):
        for revision in self.timeline.revisions:
            self.insert(revision)
            steps = self._count(revision)
            yield Stage(revision, steps, self.state())

    def _walk(self, stages, walk, walks, pace):
        for number, stage in enumerate(stages):
            self.insert(stage.revision)
            point = _point(self._points(stage), walk // pace, -(-walks // pace), number)
            if point is None or (walk + number) % pace:
                self.upgrade(stage.revision)
            elif not self._recovers(stage, *point):
                return

    def _points(self, stage):
        return [(when, step + 1) for step in range(stage.steps) for when in self.moments]

    def _recovers(self, stage, when, step):
        killed = self._kill(stage.revision, when, step)
        if killed.wait() == 0:  # it had fewer steps than the undisturbed run
            return True
        rerun = self.start('upgrade', stage.revision, url=self.nodes()[-1])
        what = f'{stage.revision} killed {when} step {step} of {stage.steps}'
        return self.judge(what, [killed], rerun, stage.state)


def _point(
    points: list[tuple[str, int]], walk: int, walks: int, stage: int
) -> tuple[str, int] | None:
    """Return the point of a walk: all walks together are spread over all."""
    if walks >= len(points):
        return points[walk] if walk < len(points) else None
    return points[int((walk + stage * _GOLDEN % 1) * len(points) / walks)]
