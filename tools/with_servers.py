# SPDX-License-Identifier: Apache-2.0
"""Run a command with private database servers for its tests.

    tools/with_servers.py --all -- stestr run

Without ``--all`` it is MariaDB and PostgreSQL; with it, pgbouncer and a Galera
cluster too, which takes ten seconds. Each server is started unless its variable
already holds the URL of an administrator (a Galera cluster: the URLs of three
nodes); DBMANAGE_TEST_WITHOUT=mariadb,postgresql leaves servers out.
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

from tests.servers import galera  # noqa: E402
from tests.servers import mariadb  # noqa: E402
from tests.servers import pgbouncer  # noqa: E402
from tests.servers import postgresql  # noqa: E402
from tests.servers import server  # noqa: E402

SERVERS = {'mariadb': mariadb, 'postgresql': postgresql}
SLOW_SERVERS = {'galera': galera}


def main(argv: list[str]) -> int:
    """Run the command after ``--`` and return its exit code."""
    everything, argv = argv[:1] == ['--all'], argv[argv[:1] == ['--all'] :]
    if len(argv) < 2 or argv[0] != '--':
        print('usage: with_servers.py [--all] -- COMMAND [ARGUMENT ...]', file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The servers end when the threads that started them do.
    with concurrent.futures.ThreadPoolExecutor() as pool, contextlib.ExitStack() as stack:
        try:
            environment = os.environ | _start(pool, stack, everything)
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
    pool: concurrent.futures.ThreadPoolExecutor, stack: contextlib.ExitStack, everything: bool
) -> dict[str, str]:
    """Start what is needed at once; return the variables with the URLs."""
    kinds = SERVERS | SLOW_SERVERS if everything else SERVERS
    starts = {name: pool.submit(kinds[name].start) for name in kinds if _is_needed(name)}
    concurrent.futures.wait(starts.values())
    environment = {}
    for name, start in starts.items():
        started = start.result()
        stack.callback(started.stop)
        environment[_variable(name)] = started.url
    if everything and _is_needed('pgbouncer'):
        behind = environment | os.environ
        started = pgbouncer.start(behind[_variable('postgresql')])
        stack.callback(started.stop)
        environment[_variable('pgbouncer')] = started.url
    return environment


def _is_needed(name: str) -> bool:
    left_out = os.environ.get('DBMANAGE_TEST_WITHOUT', '').split(',')
    return _variable(name) not in os.environ and name not in left_out


def _variable(name: str) -> str:
    return f'DBMANAGE_TEST_{name.upper()}'


def _apt_line() -> str:
    packages = (ROOT / 'tools' / 'packages.txt').read_text().split()
    return ' '.join(['apt-get install --no-install-recommends', *packages])


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
