# SPDX-License-Identifier: Apache-2.0
"""A plan as people read it: a line for each operation."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from dbmanage import words

# SQLite locks the file for all of a run.
_UNSAID = ('none', 'file')
_UNITS = ((1 << 30, 'GiB'), (1 << 20, 'MiB'), (1 << 10, 'KiB'), (1, 'bytes'))


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a plan."""
    for revision in document['revisions']:
        yield f'{revision["revision"]} {revision["message"]}'
        for operation in revision['operations']:
            remarks = ', '.join(_remarks(operation, document['tables']))
            line = words.one_line(operation['words'])
            yield f'  {line}' + (f'  [{remarks}]' if remarks else '')
        if not revision['operations'] and not revision['unknown']:
            yield '  nothing'
        if revision['unknown']:
            yield f'  the rest is not known: {revision["unknown"]}'


def _remarks(operation: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[str]:
    for mark in ('data', 'destructive'):
        if operation[mark]:
            yield mark
    lock = operation['lock'] or 'lock not known'
    if lock not in _UNSAID:
        yield lock
    for mark, said in (('rewrite', 'rewrites the table'), ('scan', 'reads the table')):
        # What is rewritten is read, too.
        if operation[mark] and not (mark == 'scan' and operation['rewrite']):
            yield said
    for table in operation['tables']:
        size = ' and '.join(_size(tables.get(table, {})))
        if size and lock != 'none':
            yield f'{table} has {size}'


def _size(size: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is known of the size of a table."""
    rows, bytes_ = size.get('rows'), size.get('bytes')
    if rows is not None:
        yield f'about {rows} rows'
    if bytes_ is not None:
        unit, name = next((unit, name) for unit, name in _UNITS if bytes_ >= unit or unit == 1)
        yield f'{round(bytes_ / unit)} {name}'
