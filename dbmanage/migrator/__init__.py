# SPDX-License-Identifier: Apache-2.0
"""What can be done to the schema and the rows of a database."""

from __future__ import annotations

import functools
import typing
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from alembic.runtime import migration
from oslo_config import cfg

from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage.database import engine
from dbmanage.migrator import upgrade

if typing.TYPE_CHECKING:
    from dbmanage import timeline

_COUNTS = ('added', 'updated', 'removed', 'unchanged')


class Migrator:
    """A service's database, and the revisions that it can be taken to."""

    def __init__(
        self, service: services.Service, conf: cfg.ConfigOpts, revisions: timeline.Timeline,
    ) -> None:
        self.service = service
        self.conf = conf
        self.revisions = revisions
        self._writing = functools.partial(engine.writing, conf, service.database_group)

    def heads(self) -> list[str]:
        """Return the revisions that the database is at, sorted.

        Raises RevisionNotInCode if one of them is not on disk.
        """
        with engine.reading(self.conf, self.service.database_group) as connection:
            return self._known(self._recorded(connection))

    def upgrade(self, target: str) -> output.Answer:
        """Apply the revisions up to a target, if any are missing."""
        self.revisions.check_target(target)
        before = self.heads()
        if not self.revisions.plan(target, before):
            output.say(self._nothing_to_do(target, before))
            return _upgraded(before, before, [])
        # A model that does not import is found before SQLite makes a file.
        self.service.target_metadata()
        with self._writing() as connection:
            run = upgrade.Run(self.revisions, target, connection)
            self.revisions.run(run.steps, self._configure(connection))
            after = self._known(self._recorded(connection))
        planned = {revision.revision for revision in run.plan}
        if not planned <= self.revisions.lineage([self.revisions.get(one) for one in after]):
            raise errors.Failed(
                f'the run ended well, but the database is at {", ".join(after) or "no revision"}')
        return _upgraded(run.before, after, run.applied)

    def current(self, verbose: bool = False, check: bool = False) -> output.Answer:
        """Say which revisions the database is at."""
        current, heads = self.heads(), self.revisions.effective_heads()
        at_head = current == heads
        if not current:
            output.say('the database was never versioned')
        elif check and not at_head:
            output.say(f'the database is not at head: {", ".join(heads)}')
        return output.Answer(
            {'current': [{'revision': one, 'head': one in heads} for one in current],
             'heads': heads, 'at_head': at_head},
            [self.revisions.get(one).log_entry if verbose else
             f'{one} (head)' if one in heads else one for one in current],
            code=3 if check and not at_head else 0)

    def stamp(self, name: str, purge: bool = False) -> output.Answer:
        """Record a revision as the current one; apply nothing."""
        found = self.revisions.exactly(name)
        self.revisions.check_ids(found)
        wanted = {revision.revision for revision in found}
        before = [] if purge else self.heads()
        self.service.target_metadata()
        with self._writing() as connection:
            with connection.begin():
                self.revisions.run(
                    self.revisions.stamping(name), self._configure(connection), purge=purge)
            after = self._known(self._recorded(connection))
        if not wanted <= set(after) or (after and not wanted):
            raise errors.Failed(f'the stamp ended well, but the database is at {after}')
        return output.Answer({'from': before, 'to': after, 'changed': before != after})

    def populate(self, names: Sequence[str] = ()) -> output.Answer:
        """Write the rows that the service needs, all sets or none."""
        places = self.service.populate
        for name in names:
            if name not in places:
                known = ', '.join(places) or 'none'
                raise errors.UsageError(f'there is no set {name!r} to populate; known: {known}')
        if not places:
            output.say(f'service {self.service.name} has no rows to populate')
        writers = {name: services.load(places[name]) for name in names or places}
        self._require_head(self.heads())
        with self._writing() as connection, connection.begin():
            self._require_head(self._recorded(connection))
            sets = [{'name': name, **dict.fromkeys(_COUNTS, 0), **(write(connection) or {})}
                    for name, write in writers.items()]
        return output.Answer({'sets': sets}, [
            f'{one["name"]}: ' + ', '.join(f'{one[key]} {key}' for key in _COUNTS)
            for one in sets])

    def _recorded(self, connection: sqlalchemy.Connection) -> list[str]:
        context = migration.MigrationContext.configure(connection, opts=self._version_table())
        return sorted(context.get_current_heads())

    def _known(self, recorded: Sequence[str]) -> list[str]:
        strange = [revision for revision in recorded if revision not in self.revisions]
        if strange:
            raise errors.RevisionNotInCode(
                f'the database is at revision {", ".join(strange)}, which this code does '
                'not have; deploy the code that has it')
        return sorted(recorded)

    def _version_table(self) -> dict[str, Any]:
        return {name: value for name, value in self.service.configure.items()
                if name.startswith('version_table')}

    def _configure(self, connection: sqlalchemy.Connection) -> dict[str, Any]:
        """Return the arguments of Alembic's ``context.configure``.

        SQLite applies the whole run or nothing of it, PostgreSQL each revision.
        """
        sqlite = connection.dialect.name == 'sqlite'
        return {
            'transaction_per_migration': not sqlite,
            **({'transactional_ddl': True} if sqlite else {}),
            **self.service.configure,
            'connection': connection,
            'target_metadata': self.service.target_metadata() or None,
        }

    def _require_head(self, current: Sequence[str]) -> None:
        heads = self.revisions.effective_heads()
        if sorted(current) != heads:
            raise errors.CheckFailed(
                f'the database is at {", ".join(current) or "no revision"}, not at head '
                f'({", ".join(heads)}); upgrade it first')

    def _nothing_to_do(self, target: str, current: Sequence[str]) -> str:
        at = ', '.join(current) or 'no revision'
        relative = self.revisions.is_relative(target)
        wanted = set() if relative else {one.revision for one in self.revisions.resolve(target)}
        if wanted <= set(current):
            return f'nothing to do: the database is at {at} already'
        return f'nothing to do: the database is past {target} already, at {at}'


def _upgraded(
    before: Sequence[str], after: Sequence[str], applied: Sequence[dict[str, Any]],
) -> output.Answer:
    return output.Answer({'from': before, 'to': after, 'changed': bool(applied),
                          'applied': applied})
