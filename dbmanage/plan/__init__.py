# SPDX-License-Identifier: Apache-2.0
"""What an upgrade would do, and what it would cost: nothing is changed."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import sqlalchemy

from dbmanage import migrator as migrators
from dbmanage import output
from dbmanage import standing
from dbmanage.database import facade
from dbmanage.database import journal
from dbmanage.database import note
from dbmanage.database import sizes
from dbmanage.plan import agreement
from dbmanage.plan import columns
from dbmanage.plan import cost
from dbmanage.plan import length
from dbmanage.plan import mysql
from dbmanage.plan import operations
from dbmanage.plan import paper
from dbmanage.plan import postgresql
from dbmanage.plan import sqlite
from dbmanage.plan import text
from dbmanage.script import target as targets

if typing.TYPE_CHECKING:
    from dbmanage.timeline import files

_PAGES: dict[str, ModuleType] = {
    'postgresql': postgresql, 'mysql': mysql, 'sqlite': sqlite}


class Plan:
    """The plan of an upgrade of a database."""

    def __init__(self, migrator: migrators.Migrator) -> None:
        self._migrator = migrator

    def plan(self, target: str, fail_on: Sequence[str] = ()) -> output.Answer:
        """Say what an upgrade to a target would do; exit code 3 for a mark.

        A revision that nobody knows all of counts as each of ``fail_on``.
        """
        revisions = self._migrator.revisions
        revisions.check_target(target)
        before = self._migrator.heads()
        pending = revisions.plan(target, before)
        if not pending:
            standing.nothing_to_do(revisions, target, before)
        metadata = facade.load(self._migrator.service, self._migrator.conf)
        revisions.check_plan(pending)
        document = self._document(target, before, pending, metadata)
        found = {mark: _marked(document, mark) for mark in fail_on}
        for mark, ids in found.items():
            if ids:
                output.say(f'{mark}: revision {", ".join(ids)}')
        return output.Answer(document, text.lines(document), code=3 if any(found.values()) else 0)

    def agreement(self, path: str) -> agreement.Agreement:
        """Return a plan that was written before, if it is one of this database.

        Raises UsageError if it is none.
        """
        found = agreement.read(path)
        with self._migrator.database.reading() as connection:
            found.check_place(self._migrator.service.name, _dialect(connection))
        if self._migrator.revisions.is_relative(found.target) and len(found.end) == 1:
            # Steps lead elsewhere once they are taken.
            return dataclasses.replace(found, target=found.end[0])
        return found

    def length(self, connection: sqlalchemy.Connection, last: journal.Entry) -> int | None:
        """Return how many statements a begun revision has; None if nobody knows."""
        return length.of(self._migrator, connection, last)

    def _document(
        self, target: str, before: Sequence[str], pending: Sequence[files.Revision],
        metadata: Sequence[Any],
    ) -> dict[str, Any]:
        service, conf = self._migrator.service, self._migrator.conf
        with self._migrator.database.reading() as connection:
            self._say_begun(connection)
            name = _dialect(connection)
            tables = columns.Tables(connection)
            sheet = paper.Sheet(tables, before)
            if pending:
                paper.read(service, self._migrator.revisions, targets.client(
                    service, conf, name, ''), pending, metadata, sheet)
            return {
                'service': service.name, 'dialect': name, 'target': target,
                'from': list(before), 'to': list(sheet.heads),
                'revisions': [_revision(one, connection.dialect) for one in sheet.planned],
                'tables': _sizes(connection, tables, sheet.planned)}


    def _say_begun(self, connection: sqlalchemy.Connection) -> None:
        """Say which revision a run has left half-way, or a script.

        What a run has done of it is skipped by the next one.
        """
        own = self._migrator.tables
        if said := note.warning(connection, own):
            output.say(said)
        begun = {one.revision for one in journal.read(
            connection, journal.table(own.schema, own.journal))}
        if begun:
            output.say(f'revision {", ".join(sorted(begun))} is partly applied; what is done of '
                       'it is in the plan, too')


def _dialect(connection: sqlalchemy.Connection) -> str:
    dialect: Any = connection.dialect
    return 'mariadb' if dialect.name == 'mysql' and dialect.is_mariadb else str(dialect.name)


def _revision(planned: paper.Planned, dialect: sqlalchemy.Dialect) -> dict[str, Any]:
    return {
        'revision': planned.revision.revision, 'message': planned.revision.message,
        'fingerprint': planned.revision.fingerprint, 'unknown': planned.unknown,
        'operations': [_operation(one, dialect) for one in planned.operations]}


def _operation(operation: operations.Operation, dialect: sqlalchemy.Dialect) -> dict[str, Any]:
    page = _PAGES[dialect.name]
    costs = cost.worst([page.of(one, dialect) for one in operation.actions], page.LOCKS)
    return {
        'words': operation.words,
        'tables': [operations.shown(name) for name in operation.tables],
        'data': any(map(cost.is_data, operation.actions)),
        'destructive': any(cost.is_destructive(one, dialect) for one in operation.actions),
        'lock': costs.lock, 'rewrite': costs.rewrite, 'scan': costs.scan,
        'sql': list(operation.sql)}


def _sizes(
    connection: sqlalchemy.Connection, tables: columns.Tables, planned: Sequence[paper.Planned],
) -> dict[str, Any]:
    """Return the sizes of the tables that are there, by the names in the plan."""
    names = {name for one in planned for operation in one.operations
             for name in operation.tables}
    found = {}
    for name in sorted(names, key=operations.shown):
        origin = tables.origin(name)
        size = origin and sizes.of(connection, *origin)
        if size:
            found[operations.shown(name)] = {'rows': size.rows, 'bytes': size.bytes}
    return found


def _marked(document: dict[str, Any], mark: str) -> list[str]:
    return [one['revision'] for one in document['revisions']
            if one['unknown'] or any(operation[mark] for operation in one['operations'])]
