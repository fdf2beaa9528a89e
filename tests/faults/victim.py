# SPDX-License-Identifier: Apache-2.0
"""A run of the command that sends itself a signal at one of its statements.

    python -m tests.faults.victim before 17 SIGKILL upgrade head

Any other run of the harness is one of these too, with an ``at`` of None.
"""

import os
import signal
import sys
import warnings
from collections.abc import Mapping
from collections.abc import Sequence

import dbmanage
from dbmanage.testing import moments
from dbmanage.testing import runs

# A forked process runs the main module of the tests again, though it is there.
warnings.filterwarnings('ignore', '.* found in sys.modules', RuntimeWarning)


At = moments.At
arm = moments.arm


def main(argv: Sequence[str]) -> int:
    """Run the command that follows the place and the signal."""
    when, number, name, *rest = argv
    arm(At(when, int(number), signal.Signals[name]))
    return dbmanage.main(argv=rest)


def run(argv: Sequence[str], environment: Mapping[str, str], said: str, at: At | None) -> None:
    """Be a process of ``runs``: run the command, its output goes to files.

    ``said`` is the path of stderr; stdout is beside it.
    """
    os.environ.update(environment)
    sys.exit(runs.into_files(argv, said, at))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
