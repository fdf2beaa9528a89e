# SPDX-License-Identifier: Apache-2.0
"""SQL that a DBA runs: upgrade --sql and stamp --sql."""

from __future__ import annotations

import contextlib
import functools
import tempfile
import typing
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import IO
from typing import Any

from alembic.runtime import migration
from oslo_config import cfg
from sqlalchemy import exc

from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage.database import address

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import files

_IN_MEMORY = 1 << 20  # bytes; a longer script is kept in a temporary file


class Script:
    """The statements that a command would run, written instead of run."""

    def __init__(
        self, service: services.Service, conf: cfg.ConfigOpts, revisions: timeline.Timeline,
        heads: Callable[[], Sequence[str]],
    ) -> None:
        """Take ``heads`` to ask the database, for ``current:TO`` alone."""
        self.service = service
        self.conf = conf
        self.revisions = revisions
        self.heads = heads

    def upgrade(self, span: str) -> output.Answer:
        """Write the SQL of the revisions of TO (from base) or FROM:TO."""
        start, target = self._ends(span)
        self.revisions.check_target(target)
        plan = self.revisions.plan(target, start)
        if not plan or not set(start) <= self.revisions.lineage(plan):
            raise errors.UsageError(f'{span}: no revision leads from the one to the other; '
                                    'a range is written FROM:TO, the older one first')
        self.revisions.check_plan(plan)
        return self._render(lambda _heads, _context: self._steps(plan), start)

    def stamp(self, span: str) -> output.Answer:
        """Write the SQL that records a revision."""
        start, target = self._ends(span)
        wanted = self.revisions.exactly(target)
        self.revisions.check_ids(wanted)
        if {one.revision for one in wanted} == set(start):
            raise errors.UsageError(f'{span}: nothing would be recorded')
        return self._render(self.revisions.stamping(target), start)

    def _ends(self, span: str) -> tuple[tuple[str, ...], str]:
        start, colon, target = span.rpartition(':')
        if colon and not (start and target) or ':' in start:
            raise errors.UsageError(f'{span!r} is not a range FROM:TO')
        if start == 'current':
            return tuple(self.heads()), target
        found = self.revisions.resolve(start) if start else ()
        return tuple(one.revision for one in found), target

    def _steps(self, plan: Iterable[files.Revision]) -> Iterator[migration.MigrationStep]:
        for revision in plan:
            step = self.revisions.step(revision)
            step.migration_fn = _rendered(revision, step.migration_fn)
            yield step

    def _render(self, work: Callable[..., Iterable[Any]], start: Sequence[str]) -> output.Answer:
        url = address.read(self.conf, self.service.database_group)
        address.dialect(url, self.service.database_group)
        configure = {
            'transaction_per_migration': True,
            # SQLite has transactional DDL; Alembic's default says that it has not.
            **({'transactional_ddl': True} if url.get_backend_name() == 'sqlite' else {}),
            **self.service.configure,
            'url': url,
            'literal_binds': True,
            # Any other style would double each % in a literal.
            'dialect_opts': {'paramstyle': 'named'},
            'target_metadata': self.service.target_metadata() or None,
        }
        with contextlib.ExitStack() as unwritten:
            buffer = unwritten.enter_context(tempfile.SpooledTemporaryFile(
                _IN_MEMORY, 'w+', encoding='utf-8', newline='\n'))
            self.revisions.run(work, {**configure, 'output_buffer': buffer},
                               as_sql=True, starting_rev=tuple(start))
            buffer.seek(0)
            unwritten.pop_all()
        return output.Answer({}, _lines(buffer))


def _lines(buffer: IO[str]) -> Iterator[str]:
    with buffer:
        for line in buffer:
            yield line.rstrip('\n')


def _rendered(revision: files.Revision, upgrade: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(upgrade)  # Alembic writes its name into the script
    def run(**kw: Any) -> None:
        try:
            upgrade(**kw)
        except exc.CompileError as e:
            raise errors.Failed(
                f'{revision.place(e)} cannot be written as SQL: {e.args[0]}') from e
        except Exception as e:  # without a database its answers are None, or worse
            raise errors.Failed(
                f'{revision.place(e)} cannot be written as SQL, it reads the database '
                f'({type(e).__name__}: {e}); write the SQL around it with FROM:TO and '
                'run it online') from e
    return run
