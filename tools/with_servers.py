# SPDX-License-Identifier: Apache-2.0
"""Run a command with private database servers for its tests.

    tools/with_servers.py -- stestr run

Each server is started unless its variable already holds the URL of an
administrator; DBMANAGE_TEST_WITHOUT=mariadb,postgresql leaves servers out.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import mariadb  # noqa: E402
from tests.servers import postgresql  # noqa: E402
from tests.servers import server  # noqa: E402

SERVERS = {'mariadb': mariadb, 'postgresql': postgresql}


def main(argv: list[str]) -> int:
    """Run the command after ``--`` and return its exit code."""
    if len(argv) < 2 or argv[0] != '--':
        print('usage: with_servers.py -- COMMAND [ARGUMENT ...]', file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The servers end when the threads that started them do.
    with concurrent.futures.ThreadPoolExecutor() as pool, contextlib.ExitStack() as stack:
        try:
            environment = os.environ | _start(pool, stack)
        except server.ServerError as e:
            print(f'with_servers.py: error: {e}', file=sys.stderr)
            return 2
        except server.MissingProgram as e:
            print(f'with_servers.py: error: {e}; as root: {_apt_line()}', file=sys.stderr)
            return 2
        with contextlib.suppress(KeyboardInterrupt):
            return subprocess.Popen(
                argv[1:], env=environment, preexec_fn=server.die_with_parent
            ).wait()
        return 130


def _start(
    pool: concurrent.futures.ThreadPoolExecutor, stack: contextlib.ExitStack
) -> dict[str, str]:
    """Start what is needed at once; return the variables with the URLs."""
    left_out = os.environ.get('DBMANAGE_TEST_WITHOUT', '').split(',')
    starts = {}
    for name, kind in SERVERS.items():
        variable = f'DBMANAGE_TEST_{name.upper()}'
        if variable not in os.environ and name not in left_out:
            starts[variable] = pool.submit(kind.start)
    concurrent.futures.wait(starts.values())
    environment = {}
    for variable, start in starts.items():
        started = start.result()
        stack.callback(started.stop)
        environment[variable] = started.url
    return environment


def _apt_line() -> str:
    packages = (ROOT / 'tools' / 'packages.txt').read_text().split()
    return ' '.join(['apt-get install --no-install-recommends', *packages])


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
