# SPDX-License-Identifier: Apache-2.0
"""How many statements a revision that was begun has, where a paper tells."""

from __future__ import annotations

import sqlalchemy

from dbmanage import errors
from dbmanage import migrator as migrators
from dbmanage.database import facade
from dbmanage.database import journal
from dbmanage.database import refusal
from dbmanage.database import statements
from dbmanage.plan import columns
from dbmanage.plan import operations
from dbmanage.plan import paper
from dbmanage.script import target as targets


def of(
    migrator: migrators.Migrator, connection: sqlalchemy.Connection, last: journal.Entry,
) -> int | None:
    """Return the number of the last statement, as the journal counts; None if unknown.

    ``last`` is the last entry of the journal. A revision that reads the database has
    as many as its rows want, and other code than was begun has other statements.
    """
    if last.revision not in migrator.revisions:
        return None
    try:
        planned = _planned(migrator, connection, last)
    except (errors.Error, *refusal.REFUSALS):  # it is no more than a remark
        return None
    if planned is None or planned.unknown or any(map(_is_many, planned.operations)):
        return None
    count = sum(statements.changes(sql) for one in planned.operations for sql in one.sql)
    return count if count >= last.number else None


def _planned(
    migrator: migrators.Migrator, connection: sqlalchemy.Connection, last: journal.Entry,
) -> paper.Planned | None:
    revision = migrator.revisions.get(last.revision)
    if revision.fingerprint != last.fingerprint:
        return None
    sheet = paper.Sheet(columns.Tables(connection), revision.down_revisions)
    client = targets.client(migrator.service, migrator.conf, 'mysql', '')
    paper.read(migrator.service, migrator.revisions, client, [revision],
               facade.load(migrator.service, migrator.conf), sheet)
    return sheet.planned[0]


def _is_many(operation: operations.Operation) -> bool:
    """Tell whether it is rows that a driver is given at once, or one by one."""
    return len(operation.sql) > 1
