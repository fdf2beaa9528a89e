# SPDX-License-Identifier: Apache-2.0
"""Revisions run on paper: what Alembic writes, with the construct it wrote."""

from __future__ import annotations

import contextlib
import dataclasses
import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from alembic import util
from alembic.runtime import migration
from sqlalchemy import event
from sqlalchemy import exc
from sqlalchemy import schema
from sqlalchemy.sql import compiler

from dbmanage import errors
from dbmanage import script
from dbmanage import service as services
from dbmanage.database import refusal
from dbmanage.plan import operations
from dbmanage.plan import rebuild
from dbmanage.script import clients
from dbmanage.script import paper
from dbmanage.script import values

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.plan import columns
    from dbmanage.timeline import files

_READS = (paper.Reads, exc.NoInspectionAvailable)
# What says of itself what is the matter.
_CLEAR = (exc.CompileError, util.CommandError, NotImplementedError)


@dataclasses.dataclass
class Planned:
    """What a revision does; ``unknown`` is why, from where on, nobody knows."""

    revision: files.Revision
    operations: list[operations.Operation] = dataclasses.field(default_factory=list)
    unknown: str | None = None


class Sheet:
    """What Alembic writes to; ``heads`` are where the statements lead to."""

    def __init__(self, tables: columns.Tables, heads: Sequence[str]) -> None:
        self.heads: Sequence[str] = tuple(heads)
        self.planned: list[Planned] = []
        self._operations: rebuild.Operations | None = None
        self._tables = tables
        self._construct: Any = None

    def look_at(self, dialect: Any) -> None:
        """See each construct that a dialect makes a statement of."""
        class Seen(compiler.Compiled):
            """A compiler, before that of a dialect."""

            def __init__(seen, dialect: Any, statement: Any, *args: Any, **kw: Any) -> None:  # noqa: N805
                _check_named(statement)
                super().__init__(dialect, statement, *args, **kw)

            def __str__(seen) -> str:  # noqa: N805 - self is the sheet
                self._construct = seen.statement
                return super().__str__()

        for name in ('statement_compiler', 'ddl_compiler'):
            setattr(dialect, name, type('Seen', (Seen, getattr(dialect, name)), {}))

    def read(self, revision: files.Revision, upgrade: Callable[..., None]) -> Callable[..., None]:
        """Return a revision's function that notes what it does."""
        def run(**kw: Any) -> None:
            planned = Planned(revision)
            self.planned.append(planned)
            self._operations = rebuild.Operations(self._tables)
            try:
                upgrade(**kw)
            except refusal.REFUSALS:  # of the catalog, which no revision can ask
                raise
            except (Exception, SystemExit) as e:  # noqa: BLE001 - a revision's code raises anything
                planned.unknown = f'{revision.place(e)}: {_reason(e)}'
            planned.operations = self._operations.found
            self._operations = None
        return run

    def applied(self, heads: Sequence[str], **_rest: Any) -> None:
        """Note what is recorded; Alembic calls it."""
        self.heads = sorted(heads)

    def write(self, text: str) -> None:
        """Take a statement from Alembic."""
        construct, self._construct = self._construct, None
        if construct is not None and self._operations is not None:
            self._operations.add(construct, values.with_tabs(text).rstrip('; \t\n'))

    def flush(self) -> None:
        """Do nothing: Alembic flushes after each statement."""


def read(
    service: services.Service, revisions: timeline.Timeline, client: clients.Client,
    plan: Sequence[files.Revision], metadata: Sequence[Any], sheet: Sheet,
) -> None:
    """Run revisions on paper; the sheet has what they do."""
    def work(
        _heads: Sequence[str], context: migration.MigrationContext,
    ) -> Iterator[migration.MigrationStep]:
        notes = script.write_out(context, client)
        sheet.look_at(context.dialect)
        for revision in plan:
            step = revisions.step(revision)
            step.migration_fn = sheet.read(revision, notes.whole(step.migration_fn))
            yield step

    settings = script.settings(service, client, metadata, sheet)
    with _unconnected():
        revisions.run(work, {**settings, 'on_version_apply': [sheet.applied]},
                      as_sql=True, starting_rev=tuple(sheet.heads))


@contextlib.contextmanager
def _unconnected() -> Iterator[None]:
    """Let no revision connect by itself: it might change something."""
    def refuse(_connection: sqlalchemy.Connection) -> None:
        raise paper.Reads('it connects by itself')

    event.listen(sqlalchemy.Engine, 'engine_connect', refuse)
    try:
        yield
    finally:
        event.remove(sqlalchemy.Engine, 'engine_connect', refuse)


def _check_named(statement: Any) -> None:
    """Refuse to drop what has no name, in words that are not of an object."""
    if isinstance(statement, schema.DropConstraint) and statement.element.name is None:
        constraint: Any = statement.element
        raise exc.CompileError(
            'what has no name cannot be dropped: '
            f'{operations.kind(constraint)} of {constraint.table}')


def _reason(error: BaseException) -> str:
    if isinstance(error, _READS):
        return paper.reason(error)
    said = str(error.args[0]) if isinstance(error, _CLEAR) else errors.describe(error)
    return ' '.join(said.split())
