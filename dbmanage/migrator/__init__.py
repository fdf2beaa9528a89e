# SPDX-License-Identifier: Apache-2.0
"""What can be done to the schema and the rows of a database."""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from alembic.runtime import migration
from oslo_config import cfg

from dbmanage import alter
from dbmanage import conf as configuration
from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage import standing
from dbmanage.database import engine
from dbmanage.database import facade
from dbmanage.database import glance
from dbmanage.database import journal
from dbmanage.database import kind
from dbmanage.database import note
from dbmanage.database import tables
from dbmanage.migrator import rows
from dbmanage.migrator import upgrade as upgrades
from dbmanage.migrator import working

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import files

_BATCH = 100  # revisions; more in one transaction exhaust PostgreSQL's lock table
_ANY_TABLE = sqlalchemy.text(
    'SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace'
    " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%'"
    " AND n.nspname <> 'information_schema')")


class Migrator:
    """A service's database, and the revisions that it can be taken to."""

    def __init__(
        self, service: services.Service, conf: cfg.ConfigOpts, revisions: timeline.Timeline,
    ) -> None:
        self.service = service
        self.conf = conf
        self.revisions = revisions
        self.database = engine.Database(conf, service.database_group)
        self.tables = tables.Tables.of(service)
        self.options = conf[configuration.GROUP]

    def heads(self) -> list[str]:
        """Return the revisions that the database is at, sorted.

        Raises RevisionNotInCode if one of them is not on disk.
        """
        with self.database.reading() as connection:
            return self.revisions.known(self._recorded(connection))

    def upgrade(
        self, target: str, wait: float | None = None, agree: upgrades.Agree = upgrades.agree,
    ) -> output.Answer:
        """Apply the revisions up to a target, if any are missing.

        Waits ``wait`` seconds for another runner; without it [dbmanage] wait.
        ``agree`` raises unless it agrees to what is found, again under the lock.
        """
        self.revisions.check_target(target)
        before = self.heads()
        plan = self.revisions.plan(target, before)
        agree(before, plan)
        if not plan:
            return standing.nothing_to_do(self.revisions, target, before)
        # A model that does not import is found before SQLite makes a file, and it is
        # imported before the revisions: it may register options that they use.
        metadata = facade.load(self.service, self.conf)
        self.revisions.check_plan(plan)
        run = self._apply(plan, wait, metadata, agree)
        if not run.applied:
            standing.nothing_to_do(self.revisions, target, run.after)
        run.finish()
        return standing.upgraded(run.before or before, run.after, run.applied)

    def stamp(
        self, name: str, purge: bool = False, wait: float | None = None,
    ) -> output.Answer:
        """Record a revision as the current one; apply nothing."""
        found = self.revisions.exactly(name)
        self.revisions.check_ids(found)
        wanted = {revision.revision for revision in found}
        before = [] if purge else self.heads()
        with self.locked(wait) as work:
            self._refuse_half_done(work)
            work.transact('stamp', lambda: self._stamp(name, purge, work))
        after = self._read_back()
        if not wanted <= set(after) or (after and not wanted):
            raise errors.Failed(f'the stamp ended well, but the database is at {after}')
        return output.Answer({'from': before, 'to': after, 'changed': before != after})

    def _stamp(self, name: str, purge: bool, work: working.Working) -> None:
        self.revisions.run(
            self.revisions.stamping(name), self.configure(work.connection), purge=purge)
        if work.begun:
            work.begun.forget()

    def populate(
        self, names: Sequence[str] = (), wait: float | None = None,
    ) -> output.Answer:
        """Write the rows that the service needs."""
        places = self.service.populate
        for name in names:
            if name not in places:
                known = ', '.join(places) or 'none'
                raise errors.UsageError(f'there is no set {name!r} to populate; known: {known}')
        facade.load(self.service, self.conf, [places[name] for name in names or places])
        writers = {name: services.resolved(places[name]) for name in names or places}
        self._require_head(self.heads())
        if not writers:
            output.say(f'service {self.service.name} has no rows to populate')
            return output.Answer({'sets': []}, [])
        with self.locked(wait) as work:
            return rows.write(work, writers, lambda connection: self._require_head(
                self._recorded(connection)))

    def is_versioned(self) -> bool:
        """Tell whether the database has a version table."""
        with self.database.reading() as connection:
            return sqlalchemy.inspect(connection).has_table(
                self.tables.version, schema=self.tables.schema)

    def warning(self) -> str | None:
        """Say that a script has stopped half-way, if one has."""
        with self.database.reading() as connection:
            return note.warning(connection, self.tables)

    def _recorded(self, connection: sqlalchemy.Connection) -> list[str]:
        context = migration.MigrationContext.configure(connection, opts=self._version_table())
        return sorted(context.get_current_heads(), key=str)

    def _apply(
        self, plan: Sequence[files.Revision], wait: float | None, metadata: Sequence[Any],
        agree: upgrades.Agree,
    ) -> upgrades.Run:
        run = None
        try:
            with self.locked(wait) as work:
                self._refuse_after_a_script(work)
                altered = alter.configure(
                    self.service, work.connection.dialect.name, metadata, work.connection)
                run = upgrades.Run(
                    self.revisions, plan, work, self.configure(work.connection) | altered,
                    self._batch(work, len(plan)), agree)
                with run.progress.shown(work.watch):
                    run.apply()
                # A signal is noted here, and ends nothing: what was to be done is.
                run.after = self._read_back()
        except errors.DatabaseUnreachable:
            if run is None or not run.finished:
                raise
        return run

    def _read_back(self) -> list[str]:
        """Return what was recorded, by a connection that did not record it.

        A glance does: an engine takes 40 ms more, and ten questions.
        """
        found = glance.recorded(self.conf, self.service.database_group, self.tables)
        try:
            return self.heads() if found is None else self.revisions.known(found)
        except errors.DatabaseUnreachable as e:
            raise errors.PartlyApplied(f'all was applied, but cannot be read back: {e}') from e

    @contextlib.contextmanager
    def locked(self, wait: float | None) -> Iterator[working.Working]:
        """Be the one runner of the service; raise Busy after ``wait`` seconds."""
        with working.locked(
            self.database, self.tables, self.options, wait, self._recorded,
        ) as work, facade.guarded(work.connection):
            yield work

    def _refuse_half_done(self, work: working.Working) -> None:
        if work.journal is None:
            return
        self._refuse_after_a_script(work)
        begun = {one.revision for one in journal.read(work.connection, work.journal.table)}
        work.connection.commit()
        if begun:
            raise errors.PartlyApplied(
                f'revision {", ".join(sorted(begun))} is partly applied; see repair')

    def _refuse_after_a_script(self, work: working.Working) -> None:
        if work.journal is not None:
            note.refuse(work.connection, self.tables)
            work.connection.commit()

    def _batch(self, work: working.Working, count: int) -> int:
        """Return how many revisions one transaction may hold.

        An empty PostgreSQL database has no users to wait for the locks. On MariaDB
        each DDL ends a transaction; on Galera the lease is touched before it does.
        """
        alone = self.service.configure.get('transaction_per_migration')
        if alone and self.options.single_transaction:
            raise errors.UsageError('[dbmanage] single_transaction is set, but the service '
                                    'has transaction_per_migration')
        if alone or work.kind == kind.GALERA:
            return 1
        if work.kind in (kind.SQLITE, kind.MYSQL) or self.options.single_transaction:
            return count
        empty = not self._recorded(work.connection) and not work.connection.scalar(_ANY_TABLE)
        work.connection.commit()
        return _BATCH if empty else 1

    def _version_table(self) -> dict[str, Any]:
        return {name: value for name, value in self.service.configure.items()
                if name.startswith('version_table')}

    def configure(self, connection: sqlalchemy.Connection) -> dict[str, Any]:
        """Return the arguments of Alembic's ``context.configure``."""
        sqlite = connection.dialect.name == 'sqlite'
        return {
            **({'transactional_ddl': True} if sqlite else {}),
            **self.service.configure,
            'connection': connection,
        }

    def _require_head(self, current: Sequence[str]) -> None:
        heads = self.revisions.effective_heads()
        if sorted(current) != heads:
            raise errors.CheckFailed(
                f'the database is at {", ".join(current) or "no revision"}, not at head '
                f'({", ".join(heads)}); upgrade it first')
