# SPDX-License-Identifier: Apache-2.0
"""Waiting for another runner, and the name that it goes by."""

import os
import unittest

from dbmanage.database import waiting


class RunnerTests(unittest.TestCase):
    """How a process is named where there is little room."""

    def test_name(self):
        """It is the host and the process."""
        self.assertEqual(f'{os.uname().nodename} process {os.getpid()}', waiting.runner())

    def test_long_host(self):
        """It is the host that is cut, not the process."""
        room = len(f' process {os.getpid()}') + 1

        self.assertEqual(
            f'{os.uname().nodename[:1]} process {os.getpid()}', waiting.runner(room))
