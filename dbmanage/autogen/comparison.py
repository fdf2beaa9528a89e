# SPDX-License-Identifier: Apache-2.0
"""One comparison of the models with a database, by Alembic's autogenerate."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from alembic import autogenerate
from alembic import util
from alembic.operations import ops
from alembic.runtime import migration
from alembic.runtime import plugins
from sqlalchemy import schema

from dbmanage import errors
from dbmanage.autogen import defaults
from dbmanage.autogen import differences
from dbmanage.autogen import noise
from dbmanage.autogen import reflection
from dbmanage.autogen import rendering
from dbmanage.autogen import types
from dbmanage.database import tables

_PLUGIN = 'dbmanage.comparison'
_PLUGINS = ('alembic.autogenerate.*', 'alembic.ext.checkconstraint_byname')
_STOP, _CONTINUE = util.PriorityDispatchResult.STOP, util.PriorityDispatchResult.CONTINUE
_FIRST, _LAST = util.DispatchPriority.FIRST, util.DispatchPriority.LAST
# The arguments of context.configure that say how Python code is written.
_RENDERING = ('sqlalchemy_module_prefix', 'alembic_module_prefix', 'user_module_prefix',
              'render_as_batch')


class Comparison:
    """What the models of a service have, and what its database has.

    What the service says in ``configure`` (compare_type, include_object ...)
    comes first. ``notes`` are differences that no operation stands for,
    ``known_tables`` is how many tables both have.
    """

    def __init__(
        self, connection: sqlalchemy.Connection, metadata: Sequence[Any],
        configure: Mapping[str, Any], own: tables.Tables,
    ) -> None:
        self.notes: list[differences.Difference] = []
        self.known_tables = 0
        self._configure = configure
        self._own = own
        self._metadata = metadata
        self._connection = connection
        self._dialect = connection.dialect
        self._options = {
            # SQLite alters a table by making it anew.
            'render_as_batch': self._dialect.name == 'sqlite',
            'compare_type': True, 'compare_server_default': True,
            **configure,
            'autogenerate_plugins': [*configure.get('autogenerate_plugins', _PLUGINS), _PLUGIN],
            'target_metadata': metadata, 'include_name': self._include_name,
            'include_object': self._include_object}
        self._asks_the_service = any(
            callable(configure.get(name)) for name in ('compare_type', 'compare_server_default'))
        self._context = migration.MigrationContext.configure(connection, opts=self._options)
        self.operations = self._produced()

    def differences(self) -> list[differences.Difference]:
        """Return what differs, sorted by table."""
        return differences.found(self.operations.as_diffs(), self._dialect, self.notes)

    def body(self) -> tuple[str, set[str]]:
        """Return the body of a revision that mends it, and its imports."""
        imports: list[set[str]] = []
        render_item = self._configure.get('render_item')

        def render(kind: str, item: Any, context: autogenerate.api.AutogenContext) -> Any:
            imports.append(context.imports)
            found = render_item(kind, item, context) if render_item else False
            return found or rendering.item(kind, item, context.imports, self._options)

        # A dialect of a driver would have each % twice.
        paper = migration.MigrationContext.configure(
            dialect_name=self._dialect.name, dialect_opts={'paramstyle': 'named'},
            opts=self._options)
        with self._registered():
            body = autogenerate.render_python_code(
                self.operations, migration_context=paper, render_item=render,
                **{name: self._options[name] for name in _RENDERING if name in self._options})
        body = rendering.qualified(body, rendering.prefix(self._options))
        return body.strip(), set().union(*imports)

    def _produced(self) -> ops.UpgradeOps:
        with self._registered(), reflection.with_defaults(self._connection):
            scripts = [autogenerate.produce_migrations(
                self._context, self._metadata)]  # type: ignore[arg-type]
        process = self._configure.get('process_revision_directives')
        if process is not None:
            process(self._context, self._context.get_current_heads(), scripts)
        found = scripts[0].upgrade_ops if scripts else None
        return found or ops.UpgradeOps([])

    @contextlib.contextmanager
    def _registered(self) -> Iterator[None]:
        """Let our comparators run before Alembic's, and nowhere else."""
        plugin = plugins.Plugin(_PLUGIN)
        try:
            for compare, target, element, priority in (
                (self._compare_type, 'column', 'types', _LAST),
                (self._compare_computed, 'column', 'server_default', _FIRST),
                (self._compare_default, 'column', 'server_default', _LAST),
                (_compare_nullable, 'column', 'nullable', _FIRST),
                (self._compare_primary_key, 'table', 'primary_key', _LAST),
            ):
                # Those of a dialect come before those of all dialects.
                plugin.add_autogenerate_comparator(
                    compare, target, element, qualifier=self._dialect.name, priority=priority)
            yield
        finally:
            plugin.remove()

    def _include_name(self, name: str | None, kind: str, parents: Any) -> bool:
        """Leave the tables of the runner out, and what the service leaves out."""
        if kind == 'table' and name in self._own.own:
            return False
        include_name = self._configure.get('include_name')
        return include_name is None or include_name(name, kind, parents)

    def _include_object(
        self, thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any,
    ) -> bool:
        """Leave out what the service leaves out, and what only looks different."""
        include = self._configure.get('include_object')
        if include is not None and not include(thing, name, kind, reflected, compare_to):
            return False
        self.known_tables += kind == 'table' and compare_to is not None
        if kind == 'column' and compare_to is not None:
            return self._asks_the_service or not types.are_same(compare_to, thing, self._dialect)
        if kind == 'check_constraint' and reflected and compare_to is None:
            return not noise.is_unnamed_check(thing, self._model(thing.table))
        return not noise.is_alike(thing, kind, compare_to, self._dialect)

    def _model(self, table: schema.Table) -> schema.Table:
        default = self._dialect.default_schema_name
        return next(one for metadata in self._metadata for one in metadata.tables.values()
                    if one.name == table.name
                    and (one.schema or default) == (table.schema or default))

    def _compare_type(
        self, context: Any, operation: ops.AlterColumnOp, schema_name: str | None, table: str,
        name: str, inspected: schema.Column[Any], modelled: schema.Column[Any],
    ) -> util.PriorityDispatchResult:
        with self._noted(schema_name, table, name):
            if types.differ(self._context.impl, inspected, modelled):
                operation.modify_type = modelled.type
        return _STOP

    def _compare_computed(
        self, context: Any, operation: ops.AlterColumnOp, schema_name: str | None, table: str,
        name: str, inspected: schema.Column[Any], modelled: schema.Column[Any],
    ) -> util.PriorityDispatchResult:
        """Compare what columns are computed as, which Alembic cannot change."""
        if defaults.are_plain(inspected, modelled):
            return _CONTINUE
        if (inspected.server_default is None and not self._dialect.supports_identity_columns
                and isinstance(modelled.server_default, schema.Identity)):
            return _STOP  # nobody could make it one
        ours, theirs = defaults.computed(inspected, modelled)
        if ours is None and theirs is None:
            return _CONTINUE
        if ours != theirs:
            self.notes.append(differences.Difference(
                'changed_computed', schema_name, table, name, ours, theirs))
        return _STOP

    def _compare_default(
        self, context: Any, operation: ops.AlterColumnOp, schema_name: str | None, table: str,
        name: str, inspected: schema.Column[Any], modelled: schema.Column[Any],
    ) -> util.PriorityDispatchResult:
        if inspected.server_default is modelled.server_default is None:
            return _STOP
        if not defaults.are_plain(inspected, modelled):
            return _CONTINUE
        with self._noted(schema_name, table, name):
            if defaults.differ(self._context.impl, inspected, modelled):
                operation.modify_server_default = modelled.server_default
        return _STOP

    @contextlib.contextmanager
    def _noted(self, schema_name: str | None, table: str, column: str) -> Iterator[None]:
        """Let what cannot be compared be a difference, and not the end."""
        try:
            yield
        except Exception as e:  # noqa: BLE001 - a type of a service may raise anything
            self.notes.append(differences.Difference(
                'not_compared', schema_name, table, column,
                models=' '.join(errors.describe(e).split())))

    def _compare_primary_key(
        self, context: Any, operations: ops.ModifyTableOps, schema_name: str | None, name: str,
        inspected: schema.Table | None, modelled: schema.Table | None,
    ) -> util.PriorityDispatchResult:
        """Compare the columns of primary keys, which Alembic does not."""
        if inspected is not None and modelled is not None:
            ours, theirs = (table.primary_key.columns.keys() for table in (inspected, modelled))
            if set(ours) != set(theirs):
                self.notes.append(differences.Difference(
                    'changed_primary_key', schema_name, name, None,
                    *(f'({", ".join(names)})' for names in (ours, theirs))))
        return _CONTINUE


def _compare_nullable(
    context: Any, operation: ops.AlterColumnOp, schema_name: str | None, table: str, name: str,
    inspected: schema.Column[Any], modelled: schema.Column[Any],
) -> util.PriorityDispatchResult:
    """Let a column of a primary key be what it is: never null."""
    operation.existing_nullable = inspected.nullable
    return _STOP if inspected.primary_key and modelled.primary_key else _CONTINUE
