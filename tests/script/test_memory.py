# SPDX-License-Identifier: Apache-2.0
"""How much memory a long script takes."""

import subprocess
import sys

from tests import base

REVISIONS = 1000
SIZE = 40_000  # bytes of a statement
BODY = """
import os
op.execute(f"INSERT INTO one VALUES ('{'x' * int(os.environ['TEST_SIZE'])}')")
"""
# Not ru_maxrss, which begins with that of the process that forked.
MEASURED = """
import pathlib
import re
import sys
import dbmanage
code = dbmanage.main(argv=sys.argv[1:])
[kilobytes] = re.findall(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())
print(code, int(kilobytes) * 1024, file=sys.stderr)
"""


class MemoryTests(base.CommandTestCase):
    """A thousand revisions."""

    def setUp(self):
        super().setUp()
        ids = [f'r{number}' for number in range(REVISIONS)]
        self.service({f'{id_}.py': base.revision_file(id_, down, BODY)
                      for id_, down in zip(ids, [None, *ids], strict=False)})

    def test_script(self):
        """The peak does not grow with the script."""
        self._assert_bounded()

    def test_split(self):
        """Nor does it where there are a thousand scripts."""
        self._assert_bounded('--split')

    def _assert_bounded(self, *split):
        small = self._peak(1, *split)
        large = self._peak(SIZE, *split)

        self.assertLess(large - small, REVISIONS * SIZE / 8)

    def _peak(self, size, *split):
        """Return the most memory that a script of such statements took, in bytes."""
        folder = [str(self.directory / f'change-{size}')] if split else []
        with open(self.directory / 'change.sql', 'wb') as script:
            done = subprocess.run(
                [sys.executable, '-c', MEASURED, '--config-file', str(self.config_file),
                 'upgrade', 'head', '--sql', '--dialect', 'sqlite', *split, *folder],
                env=self._environ() | {'TEST_SIZE': str(size)},
                stdout=script, stderr=subprocess.PIPE, text=True, check=True)
            written = script.seek(0, 2)
        code, peak = map(int, done.stderr.split())
        self.assertEqual(0, code)
        self.assertTrue(folder or written > REVISIONS * size)
        return peak
