# SPDX-License-Identifier: Apache-2.0
"""A SQLite table that is made anew, with its rows, indexes and triggers.

As in https://www.sqlite.org/lang_altertable.html#otheralter, but that the old
table is renamed and not the new one: what SQLite refuses is said of its name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from collections.abc import Sequence

import sqlalchemy

from dbmanage import output
from dbmanage.alter import definition as definitions
from dbmanage.alter import dependents
from dbmanage.alter import refused
from dbmanage.alter import text
from dbmanage.alter import values

_MADE = ('SELECT name, sql FROM sqlite_master WHERE type = ? AND tbl_name = ? COLLATE NOCASE'
         ' AND sql IS NOT NULL')


def read(connection: sqlalchemy.Connection, table: str) -> definitions.Definition:
    """Return the definition of a table; raise DBNonExistentTable if it is not there."""
    found = connection.exec_driver_sql(_MADE, ('table', table)).first()
    if found is None:
        raise refused.no_table(table)
    if text.words(found.sql)[1].upper() == 'VIRTUAL':
        raise refused.operational(f'{table} is a virtual table, which cannot be altered')
    return definitions.Definition(*found)


def made_of(connection: sqlalchemy.Connection, kind: str, table: str) -> dict[str, str]:
    """Return the SQL of the indexes or triggers of a table, by name."""
    return {one.name: one.sql for one in connection.exec_driver_sql(_MADE, (kind, table))}


def replace(connection: sqlalchemy.Connection, new: definitions.Definition) -> None:
    """Give a table another definition; without success it is as it was."""
    with connection.begin_nested():
        before = read(connection, new.name)
        kept = {column.source for column in new.columns}
        gone = [one.name for one in before.columns if one.source not in kept]
        keys = dependents.keys(connection, new.name)
        with dependents.kept(connection, new.name, gone):
            copied = _replace(connection, before, new, gone)
        dependents.check_keys(connection, new.name, keys)
    for name, value in new.fills.items() if copied else ():
        output.say(f'{new.name}.{name} has no default: {copied} rows get {value}')


def _replace(
    connection: sqlalchemy.Connection, before: definitions.Definition,
    new: definitions.Definition, gone: Sequence[str],
) -> int:
    indexes = [sql for sql in made_of(connection, 'index', new.name).values()
               if not any(text.mentions(' '.join(text.parenthesis(sql)), name) for name in gone)]
    triggers = made_of(connection, 'trigger', new.name).values()
    number = _sequence(connection, new.name)
    copied = _exchange(connection, before, new)
    for sql in (*indexes, *triggers):
        connection.exec_driver_sql(sql)
    if number is not None:
        _restore_sequence(connection, new.name, number)
    return copied


def _exchange(
    connection: sqlalchemy.Connection, before: definitions.Definition,
    new: definitions.Definition,
) -> int:
    """Copy the rows, and return how many there are."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    table, old = quote(new.name), quote(f'dbmanage_old_{new.name}')
    values.check_filling(connection, new)
    with _plain_rename(connection):
        connection.exec_driver_sql(f'ALTER TABLE {table} RENAME TO {old}')
    connection.exec_driver_sql(new.create(table))
    written = _written(before, new)
    copied = connection.exec_driver_sql(
        f'INSERT INTO {table} ({", ".join(written)})'
        f' SELECT {", ".join(written.values())} FROM {old}')
    for column in new.columns:
        values.check_type(connection, new.name, column)
    connection.exec_driver_sql(f'DROP TABLE {old}')
    return copied.rowcount


@contextlib.contextmanager
def _plain_rename(connection: sqlalchemy.Connection) -> Iterator[None]:
    """Let views, triggers and other tables go on to refer to the name.

    Foreign keys do so because PRAGMA foreign_keys is off, too:
    https://www.sqlite.org/lang_altertable.html#alter_table_rename
    """
    before = connection.exec_driver_sql('PRAGMA legacy_alter_table').scalar()
    connection.exec_driver_sql('PRAGMA legacy_alter_table=ON')
    try:
        yield
    finally:
        connection.exec_driver_sql(f'PRAGMA legacy_alter_table={before}')


def _written(before: definitions.Definition, new: definitions.Definition) -> dict[str, str]:
    """Return the columns to write, and what to write there."""
    written = {}
    if before.has_rowid and new.has_rowid:
        rowid = next((name for name in ('rowid', 'oid', '_rowid_')
                      if not before.has(name) and not new.has(name)), None)
        written.update({rowid: rowid} if rowid else {})
    for column in new.columns:
        if column.clause('GENERATED', 'AS'):
            continue
        if column.source:
            written[column.written] = values.converted(column)
        elif value := new.fills.get(column.name, column.given):
            written[column.written] = value
    return written


def _sequence(connection: sqlalchemy.Connection, table: str) -> int | None:
    """Return the highest number that AUTOINCREMENT has given."""
    if not connection.exec_driver_sql(
            "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").scalar():
        return None
    return connection.exec_driver_sql(
        'SELECT seq FROM sqlite_sequence WHERE name = ?', (table,)).scalar()


def _restore_sequence(connection: sqlalchemy.Connection, table: str, number: int) -> None:
    connection.exec_driver_sql('DELETE FROM sqlite_sequence WHERE name = ?', (table,))
    connection.exec_driver_sql('INSERT INTO sqlite_sequence VALUES (?, ?)', (table, number))
