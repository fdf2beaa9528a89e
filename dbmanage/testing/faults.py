# SPDX-License-Identifier: Apache-2.0
"""Runs that are killed, and runs that come together."""

import json
import signal
from collections.abc import Sequence

from dbmanage.testing import case
from dbmanage.testing import moments

_GOLDEN = 0.618034  # spreads moments evenly, whatever their number


class KillTests(case.Case):
    """Runs that are killed: ``kills`` for each revision at most, all without it."""

    kills: int | None = None

    def test_kills(self) -> None:
        """A revision that is killed at any statement is finished by a plain second run.

        A machine goes down in the middle of an upgrade, and what a revision does
        outside of its transaction, or asks before it acts, shows only then.
        """
        killed, undisturbed = self.deploy(), self.deploy_another()
        for number, revision in enumerate(self.revisions):
            name = revision.revision
            self.prepare(name, killed, undisturbed)
            with moments.counted() as statements:
                self.succeed(undisturbed, 'upgrade', name)
            self._kill(killed, name, self._moments(len(statements), number))
            self.assert_same(f'after revision {name}', undisturbed=undisturbed, killed=killed)

    def _moments(self, steps: int, number: int) -> list[moments.At]:
        """Return the moments of a revision, spread over all if they are bounded."""
        found = [moments.At(when, step + 1) for step in range(steps)
                 for when in ('before', 'after')]
        if self.kills is None or self.kills >= len(found):
            return found
        start = number * _GOLDEN % 1
        return [found[int((one + start) * len(found) / self.kills)] for one in range(self.kills)]

    def _kill(
        self, deployment: case.Deployment, revision: str, found: Sequence[moments.At],
    ) -> None:
        """Kill a run at each of these moments, until one is over before its own."""
        last = 'no kill yet'
        for at in (*found, None):
            result = deployment.start('upgrade', revision, at=at).result()
            if result.code == 0:
                break
            if result.code != -signal.SIGKILL:
                self.fail(f'revision {revision} was not finished by the run after a kill\n'
                          f'{last}\nexit code {result.code}:\n{result.err}')
            last = result.err.splitlines()[-1]


class CrowdTests(case.Case):
    """Runs that come together."""

    def test_crowd(self) -> None:
        """Five runs at once apply each revision once, and all of them end well.

        Every controller, and every container of a deployment, runs the upgrade.
        """
        deployment = self.deploy()
        runs = [deployment.start('upgrade', 'heads', '-f', 'json') for _ in range(5)]
        results = [run.result() for run in runs]

        self.assert_none(
            {f'exit code {one.code}:\n{one.err}': one for one in results if one.code},
            'of five runs some failed')
        applied = [done['revision'] for one in results for done in json.loads(one.out)['applied']]
        times = {one: applied.count(one) for one in self.timeline.ids()}
        self.assert_none(
            (f'{one}, {number} times' for one, number in times.items() if number != 1),
            'of five runs not one alone applied')
