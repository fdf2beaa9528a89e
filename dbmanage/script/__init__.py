# SPDX-License-Identifier: Apache-2.0
"""SQL that a DBA runs: upgrade --sql and stamp --sql."""

from __future__ import annotations

import contextlib
import functools
import typing
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import alembic
import sqlalchemy
from alembic import util
from alembic.runtime import migration
from oslo_config import cfg
from sqlalchemy import exc

from dbmanage import alter
from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage import standing
from dbmanage import version
from dbmanage.database import facade
from dbmanage.script import clients
from dbmanage.script import folder
from dbmanage.script import paper
from dbmanage.script import target
from dbmanage.script import values
from dbmanage.script import writer

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import files

_REMEDY = '; write the SQL around it with FROM:TO and run it online'


class Script:
    """The statements that a command would run, written instead of run."""

    def __init__(
        self, service: services.Service, conf: cfg.ConfigOpts, revisions: timeline.Timeline,
        heads: Callable[[], Sequence[str]],
    ) -> None:
        """Take ``heads`` to ask the database, for ``current:TO`` alone."""
        self._service = service
        self._conf = conf
        self._revisions = revisions
        self._heads = heads

    def upgrade(
        self, span: str, dialect: str | None = None, split: str | None = None,
    ) -> output.Answer:
        """Write the SQL of the revisions of TO (from base) or FROM:TO.

        With ``split`` it is a script for each revision, in a new folder.
        """
        start, end = self._ends(span, dialect)
        plan = self._revisions.plan(end, start)
        if not plan and span.startswith('current:'):
            standing.nothing_to_do(self._revisions, end, start)
            return output.Answer({})
        known = self._revisions.lineage(plan)
        if not plan or not (span.startswith('current:') or known.issuperset(start)):
            remedy = (f'current:{end} begins where the database is' if plan else
                      'a range is written FROM:TO, the older one first')
            raise errors.UsageError(
                f'{span}: no revision leads from the one to the other; {remedy}')
        self._revisions.check_plan(plan)
        client = self._client(dialect, f'upgrade current:{end}')
        if split is None:
            return _answer(self._upgrade(client, plan, start))
        return folder.write(split, self._each(client, plan, start), {
            'service': self._service.name, 'dialect': client.dialect}, len(plan))

    def stamp(self, span: str, dialect: str | None = None) -> output.Answer:
        """Write the SQL that records a revision."""
        start, end = self._ends(span, dialect)
        wanted = self._revisions.exactly(end)
        self._revisions.check_ids(wanted)
        if {one.revision for one in wanted} == set(start):
            if span.startswith('current:'):
                standing.nothing_to_do(self._revisions, end, start)
                return output.Answer({})
            raise errors.UsageError(f'{span}: nothing would be recorded')
        client = self._client(dialect, f'stamp current:{end}')
        script = writer.Writer(client, start)
        script.open(self._header(client, f'stamp {end}', start))
        stamping = self._revisions.stamping(end)

        def work(heads: Sequence[str], context: migration.MigrationContext) -> Iterator[Any]:
            write_out(context, client)
            yield from stamping(heads, context)
            script.end()

        self._run(script, work, start, transaction_per_migration=False)
        return _answer(script)

    @functools.cached_property
    def _metadata(self) -> list[Any]:
        return facade.load(self._service, self._conf)

    def _ends(self, span: str, dialect: str | None) -> tuple[tuple[str, ...], str]:
        start, colon, end = span.rpartition(':')
        if colon and not (start and end) or ':' in start:
            raise errors.UsageError(f'{span!r} is not a range FROM:TO')
        if start == 'current':
            target.check_dialect(self._service, self._conf, dialect)
            return tuple(self._heads()), end
        found = self._revisions.resolve(start) if start else ()
        return tuple(one.revision for one in found), end

    def _client(self, dialect: str | None, command: str) -> clients.Client:
        return target.client(
            self._service, self._conf, dialect, f'{command} --sql writes the right script')

    def _header(
        self, client: clients.Client, what: str, start: Sequence[str],
        plan: Sequence[files.Revision] = (),
    ) -> list[str]:
        return [
            f'{self._service.name}: {what} from {clients.named(start)}, for {client.dialect}', '',
            *(f'{one.revision}  {one.message}' for one in plan), *([''] if plan else []),
            'Run it, if it is whole and its last line says so, with', f'    {client.usage}',
            f'It changes nothing unless the database is at {clients.named(start)}, '
            'and nobody else is at work.', *client.advice, '',
            f'Written by dbmanage {version.VERSION}, Alembic {alembic.__version__}, '
            f'SQLAlchemy {sqlalchemy.__version__}.']

    def _each(
        self, client: clients.Client, plan: Sequence[files.Revision], heads: Sequence[str],
    ) -> Iterator[folder.Part]:
        for revision in plan:
            script = self._upgrade(client, [revision], heads)
            yield folder.Part(revision, heads, script.heads, script.lines())
            heads = script.heads

    def _upgrade(
        self, client: clients.Client, plan: Sequence[files.Revision], start: Sequence[str],
    ) -> writer.Writer:
        script = writer.Writer(client, start)
        below = {id_ for one in plan for id_ in one.needs}
        reached = {*start, *(one.revision for one in plan)} - below
        script.open(self._header(client, f'upgrade to {clients.named([*reached])}', start, plan))

        def work(
            _heads: Sequence[str], context: migration.MigrationContext,
        ) -> Iterator[migration.MigrationStep]:
            notes = write_out(context, client)
            for revision in plan:
                script.begin(revision.revision, revision.message)
                step = self._revisions.step(revision)
                step.migration_fn = _told(revision, notes, step.migration_fn)
                yield step

        hooks = util.to_list(self._service.configure.get('on_version_apply'), [])
        self._run(script, work, start, transaction_per_migration=True,
                  on_version_apply=[*hooks, script.applied])
        return script

    def _run(
        self, script: writer.Writer, work: Callable[..., Iterable[Any]], start: Sequence[str],
        **configure: Any,
    ) -> None:
        with contextlib.ExitStack() as failed:
            failed.callback(script.discard)
            self._revisions.run(work, {
                **settings(self._service, script.client, self._metadata, script), **configure,
            }, as_sql=True, starting_rev=tuple(start))
            script.close()
            failed.pop_all()


def _answer(script: writer.Writer) -> output.Answer:
    # The client is told that it is UTF-8, so it is.
    return output.Answer({}, script.lines(), encoding='utf-8')


def settings(
    service: services.Service, client: clients.Client, metadata: Sequence[Any], buffer: Any,
) -> dict[str, Any]:
    """Return the arguments of Alembic's ``context.configure`` for SQL."""
    return {
        # SQLite has transactional DDL; Alembic's default says that it has not.
        **({'transactional_ddl': True} if client.transactional else {}),
        **service.configure,
        'url': client.url,
        'literal_binds': True,
        'dialect_opts': client.options,
        'output_buffer': buffer,
        **alter.configure(service, client.dialect, metadata),
    }


def write_out(context: migration.MigrationContext, client: clients.Client) -> paper.Notes:
    """Let a revision write values out, and have no answers; return what it asks."""
    values.write_out(context.dialect, client)
    connection: Any = paper.Connection(context)
    context.connection = context.impl.connection = connection
    return connection.notes


def _told(
    revision: files.Revision, notes: paper.Notes, upgrade: Callable[..., None],
) -> Callable[..., None]:
    def run(**kw: Any) -> None:
        with _explaining(revision), facade.asked(notes.refuse_engine):
            notes.whole(upgrade)(**kw)
    return run


@contextlib.contextmanager
def _explaining(revision: files.Revision) -> Iterator[None]:
    """Say which line of a revision has no SQL, and what to do."""
    try:
        yield
    except exc.CompileError as e:
        remedy = _REMEDY if isinstance(e, clients.Unwritten) else ''
        raise errors.Failed(
            f'{revision.place(e)} cannot be written as SQL: {e.args[0]}{remedy}') from e
    except (paper.Reads, exc.NoInspectionAvailable, util.CommandError) as e:
        raise errors.Failed(
            f'{revision.place(e)} cannot be written as SQL, {paper.reason(e)}{_REMEDY}') from e
    except Exception as e:
        message = f'{revision.place(e)}: {type(e).__name__}: {e}'
        raise errors.Failed(message, raised=e) from e
