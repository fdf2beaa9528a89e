# SPDX-License-Identifier: Apache-2.0
"""What needs a table: the triggers and the views of all, and foreign keys.

SQLite looks at the most of it when it alters a table by itself, but neither at
the columns that a trigger writes nor at the keys that others refer to.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy

from dbmanage.alter import refused
from dbmanage.alter import text

_NEEDS = """SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')
    OR type = 'table' AND instr(lower(sql), 'references')
    AND instr(replace(lower(sql), '""', '"'), lower(?)) ORDER BY type, name"""
# What stands before a name in double quotes that is none of a column alone.
_BEFORE_NAMES = ('.', 'AS', 'FROM', 'JOIN', 'INTO', 'UPDATE', 'ON')
_EVENTS = ('INSERT', 'UPDATE', 'DELETE')
Key = tuple[str, tuple[str, ...], tuple[str | None, ...]]


def are_there(connection: sqlalchemy.Connection, table: str) -> bool:
    """Tell whether a trigger or a view mentions a table."""
    return any(text.names(sql, table) for kind, *_, sql in _rows(connection, _NEEDS, table)
               if kind != 'table')


@contextlib.contextmanager
def kept(
    connection: sqlalchemy.Connection, table: str, gone: Sequence[str] = (),
) -> Iterator[None]:
    """Refuse what breaks something that has worked, and name it."""
    before = _broken(connection, table, ())
    yield
    broken = {name: why for name, why in _broken(connection, table, gone).items()
              if name not in before}
    # One that fires another one is broken, too, but is not what has to be mended.
    for name in sorted(broken, key=lambda name: not text.names(broken[name][0], table)):
        raise refused.operational(
            f'error in {name} after a change of table {table}: {broken[name][1]}')


def keys(connection: sqlalchemy.Connection, table: str) -> dict[Key, int]:
    """Return the foreign keys of a table, and the numbers that SQLite gives them."""
    found = collections.defaultdict[tuple[int, str], list[Any]](list)
    for number, _, parent, own, other, *_ in _rows(
            connection, f'PRAGMA foreign_key_list({text.quoted(table)})'):
        found[number, parent].append((own, other))
    return {(parent, tuple(own for own, _ in columns), tuple(other for _, other in columns)): number
            for (number, parent), columns in found.items()}


def check_keys(connection: sqlalchemy.Connection, table: str, before: dict[Key, int]) -> None:
    """Refuse foreign keys that were not there before, and that do not hold."""
    new = {number: key for key, number in keys(connection, table).items() if key not in before}
    for parent, columns, _ in new.values():
        if not _rows(connection, 'SELECT 1 FROM sqlite_master WHERE type = ? AND name = ? '
                                 'COLLATE NOCASE', 'table', parent):
            raise refused.reference(
                table, columns, parent, f'there is no table {parent} for {table} to refer to')
    if not new:
        return
    try:
        found = _rows(connection, f'PRAGMA foreign_key_check({text.quoted(table)})')
    except sqlite3.Error as e:  # another foreign key has never worked
        raise refused.operational(str(e)) from e
    orphans = collections.Counter(number for *_, number in found if number in new)
    for number, rows in orphans.items():
        parent, columns, _ = new[number]
        raise refused.reference(
            table, columns, parent, f'{rows} rows of {table} would refer to no row of {parent}')


def table_of(connection: sqlalchemy.Connection, index: str) -> str | None:
    """Return the table of an index, if there is such an index."""
    found = _rows(connection, "SELECT tbl_name FROM sqlite_master WHERE type = 'index' "
                              'AND name = ? COLLATE NOCASE', index)
    return found[0][0] if found else None


def check_dropped(connection: sqlalchemy.Connection, table: str) -> None:
    """Refuse a foreign key that refers to a table that is not there any more."""
    if _rows(connection, 'SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE', table):
        return
    for _, name, _, _ in _rows(connection, _NEEDS, table):
        if any(text.same(parent, table) for parent, *_ in keys(connection, name)):
            raise refused.operational(
                f'cannot drop table {table}: table {name} refers to it by a foreign key')


def _broken(
    connection: sqlalchemy.Connection, table: str, gone: Sequence[str],
) -> dict[str, tuple[str, str]]:
    """Return what SQLite cannot prepare, by name: its SQL, and why."""
    found = {}
    ((version,),) = _rows(connection, 'PRAGMA schema_version')
    for kind, name, on, sql in _rows(connection, _NEEDS, table):
        try:
            _prepare(connection, f'{_use(connection, kind, name, on, sql)} -- {version}')
            why = _overlooked(kind, on, sql, table, gone)
        except sqlite3.Error as e:
            why = str(e)
        if why:
            of = f' of table {on}' if kind == 'trigger' else ''
            found[f'{kind} {name}{of}'] = sql, why
    return found


def _use(connection: sqlalchemy.Connection, kind: str, name: str, on: str, sql: str) -> str:
    """Return a statement that uses a trigger, a view or the foreign keys of a table."""
    if kind == 'table':
        return f'PRAGMA foreign_key_check({text.quoted(name)})'
    if kind == 'view':
        return f'SELECT * FROM {text.quoted(name)}'
    event = next(word.upper() for word in text.words(sql) if word.upper() in _EVENTS)
    if event == 'INSERT':
        return f'INSERT INTO {text.quoted(on)} DEFAULT VALUES'
    if event == 'DELETE':
        return f'DELETE FROM {text.quoted(on)}'
    columns = [text.quoted(row[1]) for row in _rows(
        connection, f'PRAGMA table_info({text.quoted(on)})')]
    return f'UPDATE {text.quoted(on)} SET {", ".join(f"{one} = {one}" for one in columns)}'


def _overlooked(kind: str, on: str, sql: str, table: str, gone: Sequence[str]) -> str:
    """Return which column a definition names that SQLite takes for something else.

    UPDATE OF a column that is not there never fires, and what is in double
    quotes and no column is a string: https://www.sqlite.org/quirks.html#dblquote
    """
    words = text.words(sql)
    listed: list[str] = []
    if kind == 'trigger' and text.same(on, table):
        event = words[:[word.upper() for word in words].index('ON')]
        listed += itertools.dropwhile(lambda word: word.upper() != 'OF', event)
    if kind != 'table' and text.names(sql, table):
        listed += [word for before, word in itertools.pairwise(words[2:])
                   if word[0] == '"' and before.upper() not in _BEFORE_NAMES]
    return next((f'no such column: {name}' for name in gone
                 if any(text.same(text.identifier(word), name) for word in listed)), '')


def _prepare(connection: sqlalchemy.Connection, statement: str) -> None:
    """Let SQLite compile a statement, which the driver must not have kept.

    What is not run does not notice that the schema is another one.
    """
    with contextlib.closing(connection.connection.cursor()) as cursor:
        cursor.execute(f'EXPLAIN {statement}')


def _rows(connection: sqlalchemy.Connection, statement: str, *parameters: str) -> list[Any]:
    """Ask the driver: it is no statement of the revision."""
    with contextlib.closing(connection.connection.cursor()) as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
