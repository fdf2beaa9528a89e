# SPDX-License-Identifier: Apache-2.0
"""The models against the database: revision --autogenerate."""

from __future__ import annotations

import typing
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from alembic import autogenerate
from alembic.runtime import migration
from oslo_config import cfg

from dbmanage import errors
from dbmanage import output
from dbmanage import service as services
from dbmanage.database import engine
from dbmanage.database import facade
from dbmanage.database import tables

if typing.TYPE_CHECKING:
    from dbmanage import timeline
    from dbmanage.timeline import draft as drafts

# The arguments of context.configure that say how Python code is written.
_RENDERING = ('sqlalchemy_module_prefix', 'alembic_module_prefix', 'user_module_prefix',
              'render_as_batch')


class Autogen:
    """The models of a service, compared with its database."""

    def __init__(
        self, service: services.Service, conf: cfg.ConfigOpts, revisions: timeline.Timeline,
        heads: Callable[[], Sequence[str]],
    ) -> None:
        self.service = service
        self.conf = conf
        self.revisions = revisions
        self.heads = heads
        self._tables = tables.Tables.of(service)

    def revision(self, draft: drafts.Draft) -> output.Answer:
        """Write a revision with what the models have and the database lacks.

        Raises CheckFailed unless the database is at head, and UsageError if
        the models do not import.
        """
        metadata = facade.load(self.service, self.conf)
        if not metadata:
            raise errors.UsageError(
                f'service {self.service.name} names no metadata to compare with')
        current, heads = self.heads(), self.revisions.effective_heads()
        if current != heads:
            raise errors.CheckFailed(
                f'the database is at {", ".join(current) or "no revision"}, not at head '
                f'({", ".join(heads)}); upgrade it first')
        body, imports = self._body(metadata)
        if not body:
            output.say('no difference between the models and the database; nothing was written')
            return output.Answer({'revision': None})
        return self.revisions.write(draft, body, imports)

    def _include_name(self, name: str | None, kind: str, parents: Any) -> bool:
        """Leave the tables of the runner out, and what the service leaves out."""
        if kind == 'table' and name in self._tables.own:
            return False
        include_name = self.service.configure.get('include_name')
        return include_name is None or include_name(name, kind, parents)

    def _body(self, metadata: Sequence[Any]) -> tuple[str, set[str]]:
        imports: list[set[str]] = []
        render_item = self.service.configure.get('render_item')

        def render(kind: str, item: Any, context: autogenerate.api.AutogenContext) -> Any:
            imports.append(context.imports)
            return render_item(kind, item, context) if render_item else False

        database = engine.Database(self.conf, self.service.database_group)
        with database.reading() as connection:
            # SQLite alters a table by making it anew.
            options = {'render_as_batch': connection.dialect.name == 'sqlite',
                       **self.service.configure}
            context = migration.MigrationContext.configure(connection, opts={
                **options, 'target_metadata': metadata, 'include_name': self._include_name})
            operations = autogenerate.produce_migrations(
                context, typing.cast(Any, metadata)).upgrade_ops
            if operations is None or operations.is_empty():
                return '', set()
            body = autogenerate.render_python_code(
                operations, migration_context=context, render_item=render,
                **{name: options[name] for name in _RENDERING if name in options})
        return body.strip(), set().union(*imports)
