# SPDX-License-Identifier: Apache-2.0
"""Runs of the command beside the test, which a revision can hold up."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import IO
from typing import cast

from tests import base

PATIENCE = 60  # seconds; a run that takes longer is killed

# The body of a revision that says that it was reached, and waits to be let on.
GATE = """
import os
if 'TEST_GATE' in os.environ:
    said, heard = map(int, os.environ['TEST_GATE'].split())
    os.write(said, b'.')
    os.read(heard, 1)
"""
# The same, of a revision that is killed when it is run as a process.
KILL = """
import os
if 'TEST_KILL' in os.environ:
    os.kill(os.getpid(), 9)
"""


class Process:
    """A run of the command; it is killed, at the latest, with the test."""

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], directory: pathlib.Path,
    ) -> None:
        self._reached, said = os.pipe()
        heard, self._gate = os.pipe()
        self._lines: list[str] = []
        self._popen = subprocess.Popen(
            [sys.executable, '-m', 'dbmanage', *argv],
            env={**environment, 'TEST_GATE': f'{said} {heard}'},
            pass_fds=[said, heard],
            cwd=directory,
            text=True,
            encoding='utf-8',
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.pid = self._popen.pid
        self._watchdog = threading.Timer(PATIENCE, self._popen.kill)
        self._watchdog.start()
        os.close(said)
        os.close(heard)

    def wait_at_gate(self) -> None:
        """Return once a revision has reached its GATE."""
        if not os.read(self._reached, 1):
            raise AssertionError(f'it ended before its gate: {self.result()}')

    def open_gate(self) -> None:
        """Let the revision go on."""
        os.write(self._gate, b'.')

    def wait_for(self, text: str) -> str:
        """Return the line of stderr that has a text, once it is there."""
        for line in cast(IO[str], self._popen.stderr):
            self._lines.append(line)
            if text in line:
                return line
        raise AssertionError(f'it ended without saying {text!r}: {self.result()}')

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        self._popen.kill()
        self._popen.wait()

    def result(self) -> base.Result:
        """Wait for its end; return what it left."""
        self._lines.extend(cast(IO[str], self._popen.stderr))
        out = cast(IO[str], self._popen.stdout).read()
        return base.Result(self._popen.wait(), out, ''.join(self._lines))

    def end(self) -> None:
        """Kill it if it is still there, and forget it."""
        self._watchdog.cancel()
        self.kill()
        os.close(self._reached)
        os.close(self._gate)
        cast(IO[str], self._popen.stdout).close()
        cast(IO[str], self._popen.stderr).close()


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f'waited {PATIENCE} s for {what}')
        time.sleep(0.01)


class ProcessTestCase(base.CommandTestCase):
    """A test that runs the command beside itself."""

    def start(self, *argv: str) -> Process:
        """Run the command in a process, and go on."""
        process = Process(self._argv(argv), self._environ(), self.directory)
        self.addCleanup(process.end)
        return process
