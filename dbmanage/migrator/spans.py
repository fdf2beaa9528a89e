# SPDX-License-Identifier: Apache-2.0
"""Revisions that share a transaction, and one write of the version row."""

from __future__ import annotations

import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from alembic.runtime import migration

from dbmanage import errors

if typing.TYPE_CHECKING:
    from dbmanage.database import recorder
    from dbmanage.migrator import kept
    from dbmanage.timeline import files


def of(plan: Sequence[files.Revision]) -> Iterator[Sequence[files.Revision]]:
    """Yield the revisions, those together that follow one another in a line.

    The first of a line stands alone: it may begin a branch, or join some.
    """
    span: list[files.Revision] = []
    for before, revision in zip((None, *plan), plan, strict=False):
        follows = before is not None and revision.needs == (before.revision,)
        if not follows and span:
            yield span
            span = []
        if follows:
            span.append(revision)
        else:
            yield [revision]
    if span:
        yield span


class Span(migration.StampStep):
    """The step of several revisions in a line.

    The row is written when all of them are applied, or before a commit that one
    of them makes: it is never behind what is committed. The last one has not ended
    until Alembic has written its row. ``revisions`` end with one that
    has committed by itself.
    """

    def __init__(
        self, revisions: Sequence[files.Revision], context: migration.MigrationContext,
        graph: Any, found: kept.Kept, upgrade: Callable[..., None],
        end: Callable[[files.Revision], None],
    ) -> None:
        """Take ``graph``, Alembic's RevisionMap, what applies a revision and what ends it."""
        below, = revisions[0].needs
        super().__init__(below, revisions[-1].revision, True, False, graph)
        self.migration_fn = self.upgrade
        self.revisions = revisions
        self._context = context
        self._kept = found
        self._upgrade = upgrade
        self._end = end
        self._row = below
        self._applied = list[str]()

    def upgrade(self, **kw: Any) -> None:
        """Apply the revisions."""
        self._kept.before_commit = self._write
        try:
            for number, revision in enumerate(self.revisions[:-1], 1):
                self._apply(revision, **kw)
                if self._kept.is_cut:
                    self.revisions, self.to_ = self.revisions[:number], (revision.revision,)
                    return
                self._end(revision)
            self._apply(self.revisions[-1], **kw)
        finally:
            self._kept.before_commit = None

    def _apply(self, revision: files.Revision, **kw: Any) -> None:
        self._upgrade(revision, **kw)
        self._applied.append(revision.revision)

    def update_version_num(self, heads: set[str]) -> tuple[str, str]:
        """Return what the row says, and what it is to say."""
        heads -= {*self.from_}
        heads.add(self._row)
        self._kept.record_before(len(self._applied) - 1)
        return self._row, self.to_[0]

    def _write(self) -> None:
        """Write the row for what is applied, before a revision commits."""
        if not self._applied:
            return
        row = sqlalchemy.table(
            self._context.version_table, sqlalchemy.column('version_num', sqlalchemy.String),
            schema=self._context.version_table_schema)
        if self._change(row, self._applied[-1]) != 1:
            raise errors.Failed(f'the database is not at {self._row}, where this run has left it')
        self._kept.record_before(len(self._applied))
        self._row = self._applied[-1]
        self._applied.clear()

    def _change(self, row: sqlalchemy.TableClause, at: str) -> int:
        """Return how many rows were changed."""
        text = row.update().values(version_num=at).where(row.c.version_num == self._row).compile(
            self._connection, compile_kwargs={'literal_binds': True})
        # On the driver's cursor: this is no statement of the revision that commits.
        cursor = self._connection.connection.cursor()
        cursor.execute(str(text))
        return cursor.rowcount

    @property
    def _connection(self) -> sqlalchemy.Connection:
        assert self._context.connection is not None
        return self._context.connection


class Ridden(Span):
    """The step of several revisions on MariaDB and MySQL.

    The row of each is written when it is applied. A DDL commits what came before
    it: where the next statement is one, the row needs no commit of its own.
    """

    def __init__(self, *span: Any, journal: recorder.Recorder) -> None:
        """Take what ``Span`` takes, and the journal of the run."""
        super().__init__(*span)
        self._journal = journal

    def upgrade(self, **kw: Any) -> None:
        """Apply the revisions; the row of each is kept, whatever ends the next one."""
        for revision in self.revisions[:-1]:
            self._apply(revision, **kw)
            self._record(revision)
            self._end(revision)
        self._apply(self.revisions[-1], **kw)

    def _record(self, revision: files.Revision) -> None:
        statements = self._kept.statements  # what follows is not the revision's
        self._write()
        self._journal.leave(self._connection, revision.revision)
        self._kept.keep()
        self._kept.statements = statements

    def _change(self, row: sqlalchemy.TableClause, at: str) -> int:
        name = self._connection.dialect.identifier_preparer.format_table(row)
        return self._connection.exec_driver_sql(
            f'UPDATE {name} SET version_num = %s WHERE version_num = %s', (at, self._row)).rowcount


def step(*span: Any, journal: recorder.Recorder | None) -> Span:
    """Return the step of several revisions; the arguments are those of ``Span``."""
    return Ridden(*span, journal=journal) if journal else Span(*span)
