# SPDX-License-Identifier: Apache-2.0
"""What SQLite does not refuse by itself, as it and oslo.db would: to be caught."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from oslo_db import exception
from sqlalchemy import exc


def operational(said: str) -> exc.OperationalError:
    """Return what is wrong with a statement."""
    return exc.OperationalError(None, None, sqlite3.OperationalError(said))


def integrity(said: str) -> exc.IntegrityError:
    """Return what is wrong with the rows."""
    return exc.IntegrityError(None, None, sqlite3.IntegrityError(said))


def data(said: str) -> exception.DBDataError:
    """Return that a value is none of a type."""
    return exception.DBDataError(exc.DataError(None, None, sqlite3.DataError(said)))


def not_null(table: str, column: str, rows: int) -> exception.DBError:
    """Return that rows have nothing to put into a new column."""
    return exception.DBError(integrity(
        f'NOT NULL constraint failed: {table}.{column} has no default for the {rows} rows '
        'that are there'))


def no_table(name: str) -> exception.DBNonExistentTable:
    """Return that a table is not there."""
    return exception.DBNonExistentTable(name, operational(f'no such table: {name}'))


def no_constraint(
    table: str, name: str, known: Sequence[str],
) -> exception.DBNonExistentConstraint:
    """Return that a constraint is not there, and which are."""
    return exception.DBNonExistentConstraint(table, name, operational(
        f'no such constraint: {name}; {table} has {", ".join(known) or "none"}'))


def duplicate(table: str, column: str, value: str, rows: int) -> exception.DBDuplicateEntry:
    """Return that a new column would have one value in all rows, and may not."""
    return exception.DBDuplicateEntry([column], integrity(
        f'UNIQUE constraint failed: {table}.{column} would be {value} in all of {rows} rows'))


def reference(
    table: str, columns: Sequence[str], parent: str, why: str,
) -> exception.DBReferenceError:
    """Return that a foreign key does not hold."""
    key = ', '.join(columns)
    return exception.DBReferenceError(table, None, key, parent, integrity(
        f'FOREIGN KEY constraint failed: {why}, by {key}'))
