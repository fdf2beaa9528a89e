# SPDX-License-Identifier: Apache-2.0
"""Processes that are run in turn, and what each of them took."""

import dataclasses
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

_LARGEST = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclasses.dataclass(frozen=True)
class Case:
    """A command; ``prepare`` is called before each run, outside of its time."""

    argv: Sequence[str]
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None
    codes: tuple[int, ...] = (0,)
    stdin: str = os.devnull


@dataclasses.dataclass
class Taken:
    """Seconds of wall and of CPU of each run."""

    wall: list[float] = dataclasses.field(default_factory=list)
    cpu: list[float] = dataclasses.field(default_factory=list)

    def middle(self, what: str) -> float:
        """Return the median of the wall or the cpu."""
        return statistics.median(getattr(self, what))

    def spread(self, what: str) -> str:
        """Return the least and the most, for people."""
        found = getattr(self, what)
        return f'{min(found):.3f}-{max(found):.3f}'


class Failed(Exception):
    """A command that is measured did not end as it should."""


def in_turn(cases: Mapping[str, Case], rounds: int) -> dict[str, Taken]:
    """Run each case once in each round: what disturbs one disturbs all."""
    found = {name: Taken() for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            case.prepare()
            try:
                _add(found[name], name, case)
            except OSError as e:
                raise Failed(f'{name}: {e}') from e
    return found


def memory(case: Case) -> int:
    """Run a case once; return the most memory that it had, in MB.

    A small process starts it: what it is forked from would count as its own.
    """
    done = subprocess.run(
        [sys.executable, '-c', _LARGEST, *case.argv], env=os.environ | case.env,
        capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1]) // 1024


def _add(taken: Taken, name: str, case: Case) -> None:
    with tempfile.TemporaryFile() as said, open(case.stdin, 'rb') as stdin:
        started = time.monotonic()
        process = subprocess.Popen(
            case.argv, env=os.environ | case.env, stdin=stdin, stdout=subprocess.DEVNULL,
            stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in case.codes:
            said.seek(0)
            raise Failed(f'{name}: exit {process.returncode}: '
                         f'{said.read().decode(errors="replace")[-500:]}')
    taken.wall.append(wall)
    taken.cpu.append(usage.ru_utime + usage.ru_stime)
