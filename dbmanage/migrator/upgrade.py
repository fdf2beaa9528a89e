# SPDX-License-Identifier: Apache-2.0
"""One run of ``upgrade``: what is planned, what runs, what was applied."""

from __future__ import annotations

import functools
import re
import time
import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from alembic.runtime import migration
from sqlalchemy import event

from dbmanage import errors
from dbmanage import output
from dbmanage.database import engine

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import files

# https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/
_COMMITS = re.compile(r'\s*(alter|create|drop|rename|truncate)\b', re.IGNORECASE)


class Run:
    """The revisions that lie between a database and a target.

    ``applied`` are the objects of ``upgrade -f json``.
    """

    def __init__(
        self, revisions: timeline.Timeline, target: str, connection: sqlalchemy.Connection,
    ) -> None:
        self.before: list[str] = []
        self.plan: list[files.Revision] = []
        self.applied: list[dict[str, Any]] = []
        self._revisions = revisions
        self._target = target
        self._connection = connection
        self._statements = 0
        self._kept = False
        event.listen(connection, 'after_cursor_execute', self._count)

    def steps(
        self, heads: Sequence[str], _context: migration.MigrationContext,
    ) -> Iterator[migration.MigrationStep]:
        """Yield the step of each revision; Alembic runs it, then asks on."""
        self.before = sorted(heads)
        self.plan = self._revisions.plan(self._target, heads)
        self._revisions.check_plan(self.plan)
        violations = self._foreign_key_violations()
        for number, revision in enumerate(self.plan, 1):
            self._statements, self._kept = 0, False
            step = self._revisions.step(revision)
            step.migration_fn = self._told(revision, step.migration_fn)
            started = time.monotonic()
            yield step
            self._report(f'[{number}/{len(self.plan)}]', revision, time.monotonic() - started)
        if self._foreign_key_violations() > violations:
            raise errors.Failed('rows would refer to nothing, says PRAGMA foreign_key_check; '
                                'nothing was applied')

    def _told(self, revision: files.Revision, upgrade: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(upgrade)  # Alembic shows its name
        def run(**kw: Any) -> None:
            try:
                upgrade(**kw)
            except errors.Error:
                raise
            except engine.REFUSALS as e:
                raise self._stopped(engine.translate(e, revision.place(e))) from e
            except (Exception, SystemExit) as e:  # a revision's code may raise anything
                message = f'{revision.place(e)}: {type(e).__name__}: {e}'
                raise self._stopped(errors.Failed(message, raised=e)) from e
        return run

    def _stopped(self, error: errors.Error) -> errors.Error:
        if not self._kept:
            return error
        return errors.PartlyApplied(f'{error}; it is partly applied', raised=error.raised)

    def _report(self, number: str, revision: files.Revision, seconds: float) -> None:
        output.say(f'{number} {revision.revision} {revision.doc} ... {seconds:.1f} s')
        self.applied.append({
            'revision': revision.revision, 'message': revision.doc,
            'seconds': round(seconds, 3), 'statements': self._statements})

    def _count(self, connection: sqlalchemy.Connection, _cursor: object, statement: str,
               *_rest: object) -> None:
        self._statements += 1
        self._kept |= connection.dialect.name == 'mysql' and bool(_COMMITS.match(statement))

    def _foreign_key_violations(self) -> int:
        if self._connection.dialect.name != 'sqlite':
            return 0
        return len(self._connection.exec_driver_sql('PRAGMA foreign_key_check').all())
