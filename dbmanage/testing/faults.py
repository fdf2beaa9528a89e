# SPDX-License-Identifier: Apache-2.0
"""Runs that are killed, and runs that come together."""

import json
import signal

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
            for at in self._moments(len(statements), number):
                if self._ends(killed, name, at):
                    break
            self.succeed(killed, 'upgrade', name)
            self.assertEqual(undisturbed.state(), killed.state(), f'after revision {name}')

    def _moments(self, steps: int, number: int) -> list[moments.At]:
        """Return the moments of a revision, spread over all if they are bounded."""
        found = [moments.At(when, step + 1) for step in range(steps)
                 for when in ('before', 'after')]
        if self.kills is None or self.kills >= len(found):
            return found
        start = number * _GOLDEN % 1
        return [found[int((one + start) * len(found) / self.kills)] for one in range(self.kills)]

    def _ends(self, deployment: case.Deployment, revision: str, at: moments.At) -> bool:
        """Kill a run; tell whether it was over before its moment."""
        result = deployment.start('upgrade', revision, at=at).result()
        self.assertIn(result.code, (0, -signal.SIGKILL), (
            f'revision {revision}, run again after kills, up to {at.when} '
            f'statement {at.number}: {result.err}'))
        return result.code == 0


class CrowdTests(case.Case):
    """Runs that come together."""

    def test_crowd(self) -> None:
        """Five runs at once apply each revision once, and all of them end well.

        Every controller, and every container of a deployment, runs the upgrade.
        """
        deployment = self.deploy()
        runs = [deployment.start('upgrade', 'heads', '-f', 'json') for _ in range(5)]
        results = [run.result() for run in runs]

        said = '\n'.join(one.err for one in results)
        self.assertEqual([0] * len(runs), [one.code for one in results], said)
        applied = [done['revision'] for one in results for done in json.loads(one.out)['applied']]
        self.assertEqual(sorted(self.timeline.ids()), sorted(applied), said)
