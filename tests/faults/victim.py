# SPDX-License-Identifier: Apache-2.0
"""A run of the command that sends itself a signal at one of its statements.

    python -m tests.faults.victim before 17 SIGKILL upgrade head

Any other run of the harness is one of these too, with an ``at`` of None.
"""

import itertools
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import event

import dbmanage

# A forked process runs the main module of the tests again, though it is there.
warnings.filterwarnings('ignore', '.* found in sys.modules', RuntimeWarning)


class At(NamedTuple):
    """'before' or 'after' a statement, whose number counts from 1."""

    when: str
    number: int
    sent: signal.Signals = signal.SIGKILL


def main(argv: Sequence[str]) -> int:
    """Run the command that follows the place and the signal."""
    when, number, name, *rest = argv
    arm(At(when, int(number), signal.Signals[name]))
    return dbmanage.main(argv=rest)


def arm(at: At) -> None:
    """Let this process get its signal; all its statements are counted."""
    numbers = itertools.count(1)

    def strike(*_event: object) -> None:
        if next(numbers) == at.number:
            os.kill(os.getpid(), at.sent)

    event.listen(sa.Engine, f'{at.when}_cursor_execute', strike)


def run(argv: Sequence[str], environment: Mapping[str, str], said: str, at: At | None) -> None:
    """Be a process of ``runs``: run the command, its output goes to files.

    ``said`` is the path of stderr; stdout is beside it.
    """
    os.environ.update(environment)
    sys.stdout = open(f'{said}.out', 'w', buffering=1, encoding='utf-8')  # noqa: SIM115
    sys.stderr = open(said, 'w', buffering=1, encoding='utf-8')  # noqa: SIM115
    if at:
        arm(at)
    sys.exit(dbmanage.main(argv=argv))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
