# SPDX-License-Identifier: Apache-2.0
"""Measure everything, print the table and write it.

    python -m benchmarks --quick

takes ten minutes, without ``--quick`` twenty. It starts servers of its own, on the
disk and with their default settings, and wants a machine that does nothing else.
"""

import argparse
import contextlib
import os
import pathlib
import tempfile

from benchmarks import measure
from benchmarks import peers
from benchmarks import report
from benchmarks import rows
from tests.servers import mariadb
from tests.servers import postgresql

HERE = pathlib.Path(__file__).resolve().parent


def main() -> int:
    """Run what is asked for; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__)
    parser.add_argument('--quick', action='store_true', help='fewer rounds, not the longest runs')
    parser.add_argument('--services', action='store_true',
                        help='sahara and mistral too, from the package index')
    parser.add_argument('--only', default='', metavar='NAME,...',
                        help=', '.join(part.__name__ for part in rows.ALL))
    parser.add_argument('--home', default='/var/tmp', metavar='DIR',
                        help='where the databases are: /dev/shm has no disk to wait for')
    parser.add_argument('--output', type=pathlib.Path, default=HERE, metavar='DIR',
                        help='where RESULTS.md and results.json are written')
    arguments = parser.parse_args()
    only = arguments.only.split(',') if arguments.only else [part.__name__ for part in rows.ALL]
    parts = [part for part in rows.ALL if part.__name__ in only]
    # What pip installs is compiled, ours is, and so are the peers' revisions.
    os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
    with contextlib.ExitStack() as stack:
        home = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(
            prefix='dbmanage-bench-', dir=arguments.home)))
        bench = rows.Bench(
            home, _databases(home, arguments.home, stack), 3 if arguments.quick else 9,
            arguments.quick, peers.find_dbmate(home), arguments.services)
        found = list[rows.Row]()
        for part in parts:
            try:
                for row in part(bench):
                    found.append(row)
                    print(report.line(row), flush=True)
            except measure.Failed as e:
                print(f'{part.__name__}: {e}', flush=True)
        versions = {**peers.versions(bench.databases, bench.dbmate),
                    'databases in': arguments.home}
    arguments.output.mkdir(exist_ok=True)
    (arguments.output / 'RESULTS.md').write_text(report.markdown(found, versions))
    (arguments.output / 'results.json').write_text(report.document(found, versions))
    if not arguments.only and arguments.output == HERE:
        _show(HERE.parent / 'README.md', report.short(found, versions))
    return int(not all(row.met for row in found))


def _show(readme: pathlib.Path, table: str) -> None:
    """Put the short table between the two marks of README."""
    before, begin, rest = readme.read_text().partition('<!-- measured -->\n')
    _, end, after = rest.partition('<!-- end of measured -->')
    if begin and end:
        readme.write_text(f'{before}{begin}{table}{end}{after}')


def _databases(
    home: pathlib.Path, servers: str, stack: contextlib.ExitStack,
) -> dict[str, peers.Database]:
    found = {'sqlite': peers.Database('sqlite', str(home / 'bench.sqlite'))}
    for kind, module in (('postgresql', postgresql), ('mariadb', mariadb)):
        # A commit is durable, as it is where nobody has set anything.
        started = module.start([], servers)
        stack.callback(started.stop)
        found[kind] = peers.Database(kind, started.url)
    return found


if __name__ == '__main__':
    raise SystemExit(main())
