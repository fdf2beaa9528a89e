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
    of them makes: it is never behind what is committed.
    """

    def __init__(
        self, revisions: Sequence[files.Revision], context: migration.MigrationContext,
        graph: Any, found: kept.Kept, upgrade: Callable[..., None],
    ) -> None:
        """Take ``graph``, Alembic's RevisionMap, and what applies a revision."""
        below, = revisions[0].needs
        super().__init__(below, revisions[-1].revision, True, False, graph)
        self.migration_fn = self.upgrade
        self._revisions = revisions
        self._context = context
        self._kept = found
        self._upgrade = upgrade
        self._row = below
        self._applied = list[str]()

    def upgrade(self, **kw: Any) -> None:
        """Apply the revisions."""
        self._kept.before_commit = self._write
        try:
            for revision in self._revisions:
                self._upgrade(revision, **kw)
                self._applied.append(revision.revision)
        finally:
            self._kept.before_commit = None

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
        at = self._applied[-1]
        row = sqlalchemy.table(
            self._context.version_table, sqlalchemy.column('version_num', sqlalchemy.String),
            schema=self._context.version_table_schema)
        connection = self._context.connection
        assert connection is not None
        text = row.update().values(version_num=at).where(row.c.version_num == self._row).compile(
            connection, compile_kwargs={'literal_binds': True})
        # On the driver's cursor: this is no statement of the revision that commits.
        cursor = connection.connection.cursor()
        cursor.execute(str(text))
        if cursor.rowcount != 1:
            raise errors.Failed(f'the database is not at {self._row}, where this run has left it')
        self._kept.record_before(len(self._applied))
        self._row = at
        self._applied.clear()
