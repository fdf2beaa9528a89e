# SPDX-License-Identifier: Apache-2.0
"""The rows that a service writes by functions of its own."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import sqlalchemy

from dbmanage import output
from dbmanage.migrator import working

_COUNTS = ('added', 'updated', 'removed', 'unchanged')


def write(
    work: working.Working, writers: Mapping[str, Callable[..., Any]],
    check: Callable[[sqlalchemy.Connection], None],
) -> output.Answer:
    """Write sets of rows, in order; ``check`` is asked in each transaction.

    Sets that take a connection share a transaction. One that takes nothing
    uses an engine of its own: it is called outside of ours, which SQLite would
    let it wait for.
    """
    sets = list[dict[str, Any]]()
    for connected, items in itertools.groupby(writers.items(), _takes_connection):
        group = dict(items)
        sets += work.transact('populate', functools.partial(
            _write, work.connection, group if connected else {}, check))
        if not connected:
            sets += [_counted(name, write()) for name, write in group.items()]
    return output.Answer({'sets': sets}, list(map(_line, sets)))


def _write(
    connection: sqlalchemy.Connection, group: Mapping[str, Callable[..., Any]],
    check: Callable[[sqlalchemy.Connection], None],
) -> list[dict[str, Any]]:
    check(connection)
    return [_counted(name, write(connection)) for name, write in group.items()]


def _takes_connection(item: tuple[str, Callable[..., Any]]) -> bool:
    return bool(inspect.signature(item[1]).parameters)


def _counted(name: str, counts: Mapping[str, int] | None) -> dict[str, Any]:
    told = counts is not None
    return {'name': name, **dict.fromkeys(_COUNTS, 0 if told else None), **(counts or {})}


def _line(one: Mapping[str, Any]) -> str:
    counts = [f'{one[key]} {key}' for key in _COUNTS if one[key] is not None]
    return f'{one["name"]}: {", ".join(counts) or "written"}'
