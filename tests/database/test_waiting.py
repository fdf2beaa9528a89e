# SPDX-License-Identifier: Apache-2.0
"""Waiting for another runner, and the name that it goes by."""

import os
import threading
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


class WithinTests(unittest.TestCase):
    """A call that may take long."""

    def test_in_time(self):
        """What it returns is returned."""
        self.assertEqual(3, waiting.within(60, lambda: 3))

    def test_failure(self):
        """What it raises is raised."""
        with self.assertRaises(ZeroDivisionError):
            waiting.within(60, lambda: 1 // 0)

    def test_too_late(self):
        """It is left alone."""
        over = threading.Event()
        self.addCleanup(over.set)

        with self.assertRaises(TimeoutError):
            waiting.within(0.01, over.wait)
