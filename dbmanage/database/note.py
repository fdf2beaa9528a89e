# SPDX-License-Identifier: Apache-2.0
"""The note of a script, for MariaDB and MySQL, on what it has begun."""

from __future__ import annotations

import sqlalchemy

from dbmanage import errors
from dbmanage.database import tables

HALF_WAY = ', half-way to '
_COMMENT = sqlalchemy.text(
    'SELECT table_comment FROM information_schema.tables'
    ' WHERE table_schema = coalesce(:schema, database()) AND table_name = :table')


def text(at: str, revision: str) -> str:
    """Return the note of a revision that begins where a database is."""
    return f'{at}{HALF_WAY}{revision} (run the rest of the script)'


def half_way_to(note: str, at: str) -> str | None:
    """Return the revision that was begun; None where that is no longer true.

    A database that is somewhere else by now has left the note behind.
    """
    begun = f'{at}{HALF_WAY}'
    return note.removeprefix(begun).partition(' ')[0] if note.startswith(begun) else None


def read(connection: sqlalchemy.Connection, own: tables.Tables) -> str | None:
    """Return the revision that a script has stopped within, if there is one."""
    if connection.dialect.name != 'mysql':
        return None
    said = connection.scalar(_COMMENT, {'schema': own.schema, 'table': own.version})
    if not said or HALF_WAY not in said:
        return None
    found = connection.scalars(_table(own).select())
    return half_way_to(said, ', '.join(sorted(found)) or 'base')


def warning(connection: sqlalchemy.Connection, own: tables.Tables) -> str | None:
    """Say that a script has stopped within a revision, if one has."""
    begun = read(connection, own)
    return begun and (f'a script has stopped within revision {begun}; run the rest of the script, '
                      'or see repair')


def refuse(connection: sqlalchemy.Connection, own: tables.Tables) -> None:
    """Raise PartlyApplied where a script has stopped within a revision."""
    said = warning(connection, own)
    if said:
        raise errors.PartlyApplied(said)


def forget(connection: sqlalchemy.Connection, own: tables.Tables) -> None:
    """Take the note back; that is a DDL, which commits."""
    name = connection.dialect.identifier_preparer.format_table(_table(own))
    connection.exec_driver_sql(f"ALTER TABLE {name} COMMENT = ''")


def _table(own: tables.Tables) -> sqlalchemy.TableClause:
    return sqlalchemy.table(own.version, sqlalchemy.column('version_num'), schema=own.schema)
