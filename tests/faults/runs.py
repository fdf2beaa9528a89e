# SPDX-License-Identifier: Apache-2.0
"""Runs of the command as processes, that can be signalled and waited for.

They are forked from a process that has imported everything: a run starts in
10 ms, not in 500.
"""

import multiprocessing
import os
import pathlib
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

from tests import base
from tests.faults import victim

PATIENCE = 60.0  # seconds

_APPLIED = re.compile(r'^\[\d+/\d+\] (\S+) ', re.MULTILINE)
_RESUMED = re.compile(r'^resuming (\S+) at ', re.MULTILINE)
_ROLLED_BACK = re.compile(r'^rolled back: (\S+)', re.MULTILINE)
# What a run imports where it is used.
_IMPORTED = ['dbmanage.migrator', 'dbmanage.timeline', 'psycopg2', 'pymysql']
_PROCESSES = multiprocessing.get_context('forkserver')


class Run:
    """A run of the command; ``pid`` is its process."""

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], directory: pathlib.Path,
        at: victim.At | None = None,
    ) -> None:
        self._argv = argv
        handle, said = tempfile.mkstemp(dir=directory, prefix='run-')
        os.close(handle)
        self._said = pathlib.Path(said)
        self._process = _PROCESSES.Process(
            target=victim.run, args=(argv, dict(environment), said, at), daemon=True)
        _preload()
        self._process.start()
        self.pid = self._process.pid or 0

    def __str__(self) -> str:
        return f'{" ".join(self._argv)} ended with {self._process.exitcode}:\n{self.said}'

    @property
    def said(self) -> str:
        """What it has said on stderr by now."""
        return self._said.read_text('utf-8')

    @property
    def applied(self) -> list[str]:
        """The revisions that it says it applied."""
        return _APPLIED.findall(self.said)

    @property
    def resumed(self) -> list[str]:
        """The revisions of which it did what was left, if only to record them."""
        return _RESUMED.findall(self.said)

    @property
    def rolled_back(self) -> list[str]:
        """The revisions that it says were rolled back."""
        return _ROLLED_BACK.findall(self.said)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return not self._process.is_alive()

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped by SIGSTOP."""
        try:
            stat = pathlib.Path(f'/proc/{self.pid}/stat').read_text()
        except OSError:
            return False
        return stat.rpartition(')')[2].split()[0] == 'T'

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is over."""
        if not self.is_over:
            os.kill(self.pid, number)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; return the exit code, below 0 that of a signal."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            self.send(signal.SIGKILL)
            raise AssertionError(f'a run did not end in {seconds} s:\n{self.said}')
        return code

    def result(self, seconds: float = PATIENCE) -> base.Result:
        """Wait for its end; return what it left."""
        code = self.wait(seconds)
        return base.Result(code, pathlib.Path(f'{self._said}.out').read_text('utf-8'), self.said)


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f'waited {seconds} s for {what}')
        time.sleep(0.01)


def _preload() -> None:
    # A child imports the main module again, unless it is a package's.
    main = getattr(sys.modules['__main__'].__spec__, 'name', '__main__')
    names = [victim.__name__, *_IMPORTED] + ([] if main.endswith('__main__') else [main])
    _PROCESSES.set_forkserver_preload(names)
