# SPDX-License-Identifier: Apache-2.0
"""The counts of the harness: a line of JSON for each test, and their sum.

    python -m tests.faults.report counts.jsonl

prints the sums and writes them to counts.json beside it. The tests write to
the file that DBMANAGE_TEST_FAULTS_COUNTS names, if it names one.
"""

import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Sequence

NUMBERS = ('kills', 'recovered', 'double applications', 'manual repairs')


@dataclasses.dataclass
class Counts:
    """What one test did to one kind of database.

    A fault is a kill, a stop, a cut, a signal; it is ``recovered`` if a plain
    second run made the database what an undisturbed run makes of it.
    """

    database: str
    case: str
    kills: int = 0
    recovered: int = 0
    double_applications: int = 0
    manual_repairs: int = 0

    def write(self) -> None:
        """Add a line to the file of counts, if there is anything to count."""
        path = os.environ.get('DBMANAGE_TEST_FAULTS_COUNTS')
        if path and self.kills:
            with open(path, 'a', encoding='utf-8') as lines:
                lines.write(f'{json.dumps(dataclasses.asdict(self))}\n')


def main(argv: Sequence[str]) -> int:
    """Print the sums of a file of counts; 1 if any kill is not recovered."""
    path = pathlib.Path(argv[0])
    lines = path.read_text('utf-8').splitlines() if path.exists() else []
    sums: dict[str, Counts] = {}
    for line in lines:
        counts = Counts(**json.loads(line))
        for name in (counts.database, 'all'):
            _add(sums.setdefault(name, Counts(name, 'all')), counts)
    document = {name: {number: _number(counts, number) for number in NUMBERS}
                for name, counts in sums.items()}
    path.with_suffix('.json').write_text(json.dumps(document, indent=2) + '\n', encoding='utf-8')
    print('\n'.join(_table(document)))
    return int(any(counts.kills != counts.recovered for counts in sums.values()))


def _add(total: Counts, counts: Counts) -> None:
    total.kills += counts.kills
    total.recovered += counts.recovered
    total.double_applications += counts.double_applications
    total.manual_repairs += counts.manual_repairs


def _number(counts: Counts, name: str) -> int:
    return int(getattr(counts, name.replace(' ', '_')))


def _table(document: dict[str, dict[str, int]]) -> list[str]:
    lines = [f'{"database":12}' + ''.join(f'{name:>21}' for name in NUMBERS)]
    for name in sorted(document, key=lambda name: (name == 'all', name)):
        lines.append(f'{name:12}' + ''.join(f'{document[name][number]:21}' for number in NUMBERS))
    return lines


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
