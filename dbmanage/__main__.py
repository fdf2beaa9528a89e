# SPDX-License-Identifier: Apache-2.0
"""The process: ``db-manage``, which ``python -m dbmanage`` is, too.

Garbage is collected seldom, and not while the process ends: a third of a short
run would go into it. Whoever calls ``dbmanage.main`` has a policy of their own.
"""

import gc
import signal
from collections.abc import Sequence

_OBJECTS = 20_000  # between two collections; a long upgrade stays small


def run() -> None:
    """Be the console script ``db-manage``."""
    gc.set_threshold(_OBJECTS)
    noted: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: noted.append(number))
    from dbmanage import cli
    try:
        cli.run(_keep, noted)
    finally:
        gc.freeze()


def _keep(arguments: Sequence[str]) -> None:
    """Collect nothing where what is made is no garbage: ``check`` keeps what it reads."""
    if 'check' in arguments and '--timeline' not in arguments:
        gc.disable()


if __name__ == '__main__':
    run()
