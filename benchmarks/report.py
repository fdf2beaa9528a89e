# SPDX-License-Identifier: Apache-2.0
"""The rows, as a table and as JSON."""

import dataclasses
import datetime
import json
import math
import os
import platform
from collections.abc import Mapping
from collections.abc import Sequence

from benchmarks import rows

_HEAD = '| | what | measured | target | met | |\n|---|---|---|---|---|---|\n'


def markdown(found: Sequence[rows.Row], versions: Mapping[str, str]) -> str:
    """Return the page with the table."""
    lines = ''.join(
        f'| {row.id} | {row.what} | {_figure(row.measured, row.unit)} | '
        f'{_target(row)} | {_met(row)} | {row.note} |\n'
        for row in found)
    return (f'# Results\n\nWritten by `python -m benchmarks`, {_date()}, on {_machine()}: '
            f'{", ".join(f"{name} {version}" for name, version in versions.items())}.\n\n'
            'S is the CPU of `python -c "import sqlalchemy"` in the same run; every figure is '
            'a median, or a ratio of medians, of runs in turn. `×` is against what the row '
            f'names.\n\n{_HEAD}{lines}')


def short(found: Sequence[rows.Row], versions: Mapping[str, str]) -> str:
    """Return the table of README: of each target the row that is nearest to it, or over."""
    worst: dict[tuple[str, str], rows.Row] = {}
    for row in found:
        key = row.id, row.unit
        if key not in worst or row.measured / row.target > (
                worst[key].measured / worst[key].target):
            worst[key] = row
    lines = ''.join(
        f'| {row.what} | {_figure(row.measured, row.unit)} | {_target(row)} | {_met(row)} |\n'
        for row in worst.values())
    return (f'{_date()}, {_machine()}, '
            f'{", ".join(f"{name} {version}" for name, version in versions.items())}:\n\n'
            f'| what | measured | target | met |\n|---|---|---|---|\n{lines}')


def document(found: Sequence[rows.Row], versions: Mapping[str, str]) -> str:
    """Return the same for programs."""
    return json.dumps({
        'date': _date(), 'machine': _machine(), 'versions': dict(versions),
        'rows': [dataclasses.asdict(row) | {
            'met': row.met, 'target': None if math.isinf(row.target) else row.target}
            for row in found]}, indent=2, ensure_ascii=False) + '\n'


def line(row: rows.Row) -> str:
    """Return a row for a terminal."""
    target = '' if math.isinf(row.target) else f' (target {_figure(row.target, row.unit)})'
    return (f'{row.id:4}{"ok  " if row.met else "MISS"} {_figure(row.measured, row.unit)}'
            f'{target}  {row.what}  {row.note}')


def _figure(value: float, unit: str) -> str:
    return f'{value:.0f} {unit}' if unit == 'MB' else f'{value:.2f} {unit}'


def _target(row: rows.Row) -> str:
    return '' if math.isinf(row.target) else f'≤ {_figure(row.target, row.unit)}'


def _met(row: rows.Row) -> str:
    return 'yes' if row.met else f'missed by {row.measured / row.target - 1:.0%}'


def _date() -> str:
    return datetime.datetime.now(datetime.UTC).strftime('%Y-%m-%d')


def _machine() -> str:
    return f'{os.cpu_count()} cores, {platform.system()} {platform.release()}'
