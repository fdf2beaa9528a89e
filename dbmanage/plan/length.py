# SPDX-License-Identifier: Apache-2.0
"""How many statements a revision that was begun has, where a paper tells."""

from __future__ import annotations

import ast

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

# What a revision may use that is run only to be counted: nothing that acts on anything
# but the database.
_MODULES = {
    '__future__', 'alembic', 'collections', 'datetime', 'decimal', 'enum', 'functools',
    'hashlib', 'itertools', 'json', 'math', 're', 'sqlalchemy', 'textwrap', 'typing', 'uuid'}
_ACTS = {
    '__builtins__', '__import__', 'eval', 'exec', 'getattr', 'globals', 'input', 'open', 'vars'}


def of(
    migrator: migrators.Migrator, connection: sqlalchemy.Connection, last: journal.Entry,
) -> int | None:
    """Return the number of the last statement, as the journal counts; None if unknown.

    ``last`` is the last entry of the journal. A revision that reads the database has
    as many as its rows want, and other code than was begun has other statements. One that
    uses more of Python than ``_MODULES`` is not run: it may write a file.
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
    if revision.fingerprint != last.fingerprint or not _is_harmless(revision.path):
        return None
    sheet = paper.Sheet(columns.Tables(connection), revision.down_revisions)
    client = targets.client(migrator.service, migrator.conf, 'mysql', '')
    paper.read(migrator.service, migrator.revisions, client, [revision],
               facade.load(migrator.service, migrator.conf), sheet)
    return sheet.planned[0]


def _is_harmless(path: str) -> bool:
    """Tell whether a file can be run without a trace, but for the database."""
    with open(path, 'rb') as file:
        nodes = list(ast.walk(ast.parse(file.read(), path)))
    used = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    used |= {'.' * node.level + str(node.module) for node in nodes
             if isinstance(node, ast.ImportFrom)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return not names & _ACTS and {one.partition('.')[0] for one in used} <= _MODULES


def _is_many(operation: operations.Operation) -> bool:
    """Tell whether it is rows that a driver is given at once, or one by one."""
    return len(operation.sql) > 1
