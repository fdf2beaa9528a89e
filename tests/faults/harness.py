# SPDX-License-Identifier: Apache-2.0
"""The base of the tests that disturb runs, and what they hold against them."""

import collections
import contextlib
import os
import threading
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from tests import databases
from tests.faults import leftovers
from tests.faults import report
from tests.faults import runs
from tests.faults import services
from tests.faults import victim
from tests.reference import samples
from tests.servers import proxy

LEASE = 2  # seconds


def rounds(most: int) -> int:
    """Return how often to repeat a case: DBMANAGE_TEST_FAULTS times, or once."""
    return min(most, int(os.environ.get('DBMANAGE_TEST_FAULTS') or 1))


def is_short() -> bool:
    """Tell whether a sample is enough."""
    return rounds(2) == 1


def spread(number: int, count: int, steps: int) -> int:
    """Return the step, from 1, of one of ``count`` rounds."""
    return int(steps * (number + 0.5) / count) + 1


class FaultTests:
    """A test that disturbs runs of the command.

    ``timeline`` is that of the service, ``options`` are more of [dbmanage],
    ``database`` is an engine on the test's database. What goes wrong is
    collected: a round that fails stops no other.
    """

    kind: str
    options: Mapping[str, Any] = {}
    timeline = services.REFERENCE

    def setUp(self) -> None:
        super().setUp()
        self.counts = report.Counts(self.kind, self._testMethodName)
        self.addCleanup(self.counts.write)
        self.failures: list[str] = []
        self.database = self.engine()
        self.serve(self.timeline)

    def serve(self, timeline: services.Timeline) -> None:
        """Let the command serve a timeline, with the test's options."""
        self.timeline = timeline
        if timeline.files:
            self.service(dict(timeline.files))
        self.configure(dbmanage={'lease': LEASE} | self.options)

    def use_new_database(self) -> None:
        """Take a fresh, empty database from now on."""
        self.database.dispose()
        self.url = self._create()
        self.database = self.engine()

    def start(self, *argv: str, url: str | None = None, at: victim.At | None = None) -> runs.Run:
        """Start a run, on the test's database or by another URL of it."""
        environment = {'OS_DATABASE__CONNECTION': url or self.url}
        return runs.Run(self._argv(argv), environment, self.directory, at)

    def start_behind(
        self, between: proxy.Proxy, moment: tuple[int, str], act: Callable[[runs.Run], bool],
        *argv: str,
    ) -> runs.Run:
        """Start a run by a proxy, which calls ``act`` at a moment of its hook."""
        born = threading.Event()
        found: list[runs.Run] = []

        def strike(number: int, when: str) -> bool:
            if (number, when) != moment:
                return True
            born.wait()
            return act(found[0])

        between.watch(strike)
        found.append(self.start(*argv, url=between.url))
        born.set()
        return found[0]

    def upgrade(self, revision: str, url: str | None = None) -> runs.Run:
        """Run ``upgrade`` undisturbed, to its good end."""
        run = self.start('upgrade', revision, url=url)
        self.assertEqual(0, run.wait(), run.said)
        return run

    def nodes(self) -> list[str]:
        """Return the URLs by which a run may come: of a Galera cluster three."""
        return getattr(self, 'urls', [self.url])

    def undisturbed(self) -> tuple[int, Any]:
        """Run to head; return the number of its requests, and what it left."""
        with contextlib.closing(proxy.Proxy(self.url)) as between:
            self.upgrade('head', url=between.url)
        return between.requests, self.state()

    def insert(self, revision: str) -> None:
        """Insert the rows that the tables have before a revision."""
        samples.insert(self.database, self.timeline.rows.get(revision, []))

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the schema and the rows, without the runner's own tables."""
        own = leftovers.OWN.own
        return databases.snapshot(self.database, own), databases.rows(self.database, own)

    def judge(
        self, what: str, disturbed: Sequence[runs.Run], rerun: runs.Run, state: Any
    ) -> bool:
        """Count faults; tell whether a plain second run has made up for them.

        ``state`` is what an undisturbed run leaves.
        """
        again, found = rerun.wait(), self.state()
        twice = _surplus(found[1], state[1]) or self._applied_twice([*disturbed, rerun])
        wrong = [
            *([f'the second run ended with {again}'] if again else []),
            *([f'twice: {", ".join(twice)}'] if twice else []),
            *(['another schema'] if found[0] != state[0] else []),
            *(['other rows'] if found[1] != state[1] else []),
            *leftovers.find(self.database, lease=bool(rerun.applied)),
        ]
        self.counts.kills += len(disturbed)
        self.counts.recovered += 0 if wrong else len(disturbed)
        self.counts.double_applications += bool(twice)
        self.counts.manual_repairs += again != 0
        if wrong:
            self.failures.append('\n'.join([
                f'{self.kind}, {what}: {"; ".join(wrong)}', *map(str, [*disturbed, rerun])]))
        return not wrong

    def check(self) -> None:
        """Fail if any fault was not made up for."""
        if self.failures:
            heads = [failure.partition('\n')[0] for failure in self.failures]
            self.fail('\n'.join([f'{len(heads)} failures:', *heads, '', *self.failures[:3]]))

    def _applied_twice(self, all_runs: Sequence[runs.Run]) -> list[str]:
        """Return the revisions that more than one run says it applied.

        Where DDL is rolled back a revision may be, after that was said. Where it is not,
        a revision may be resumed whose row had waited for the next DDL.
        """
        if self.database.dialect.name != 'mysql':
            return []
        times = collections.Counter(
            one for run in all_runs for one in run.applied if one not in run.resumed)
        return [revision for revision, number in times.items() if number > 1]


def _surplus(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Return the tables that have more rows than they should."""
    return [table for table in found if len(found[table]) > len(wanted.get(table, []))]
