# SPDX-License-Identifier: Apache-2.0
"""3,000 revisions: what a command costs grows as the timeline does."""

from tests import base
from tests import counted
from tests import databases
from tests import timelines

SHORT, LONG = 300, 3000
COMMANDS = (
    ('history', '-iv', '0001:head'),
    ('heads',),
    ('branches',),
    ('check_migration',),
    # Alembic walks from each revision down to its base for this one.
    ('current',),
)


class LongTimelineTests(databases.SQLite, base.CommandTestCase):
    """Function calls are counted: as many in each run, on any machine."""

    def test_calls(self):
        """Ten times the revisions cost ten times the calls, in every command."""
        self._calls(SHORT)  # modules are imported
        short, long = self._calls(SHORT), self._calls(LONG)

        for argv in COMMANDS:
            with self.subTest(argv=argv):
                self.assertLess(long[argv] / short[argv], 1.1 * LONG / SHORT)

    def _calls(self, length):
        ids = [f'{number:04}' for number in range(1, length + 1)]
        self.service({f'{id_}.py': base.revision_file(id_, down)
                      for id_, down in zip(ids, [None, *ids], strict=False)})
        timelines.record(self.engine(), ids[length // 2])
        return {argv: self._count(argv) for argv in COMMANDS}

    def _count(self, argv):
        """Return how many functions a command calls, those written in C too."""
        with counted.calls() as calls:
            result = self.run_command(*argv)
        self.assertEqual((0, ''), (result.code, result.err))
        return calls()
