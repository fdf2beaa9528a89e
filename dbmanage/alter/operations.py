# SPDX-License-Identifier: Apache-2.0
"""Alembic's operations on SQLite, for the runs that ask for it.

Every other call, that of a batch_alter_table() too, goes to Alembic's own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import sqlalchemy
from alembic.operations import base
from alembic.operations import ops
from alembic.operations import toimpl
from oslo_db import exception

from dbmanage import alter
from dbmanage.alter import batch as batches
from dbmanage.alter import names
from dbmanage.alter import pending

_Implementation = Callable[[Any, Any], Any]
_Around = Callable[[pending.Alterations, Any], contextlib.AbstractContextManager[None]]


def configure(models: Any, connection: sqlalchemy.Connection | None) -> dict[str, Any]:
    """Replace the operations; return what asks for them, and for the names."""
    for operation, original in (
        (ops.AlterColumnOp, toimpl.alter_column), (ops.AddColumnOp, toimpl.add_column),
        (ops.DropColumnOp, toimpl.drop_column), (ops.AddConstraintOp, toimpl.create_constraint),
        (ops.DropConstraintOp, toimpl.drop_constraint),
        (ops.CreateTableCommentOp, toimpl.create_table_comment),
        (ops.DropTableCommentOp, toimpl.drop_table_comment),
    ):
        base.Operations.implementation_for(operation, replace=True)(_instead_of(original))
    base.Operations.implementation_for(ops.DropIndexOp, replace=True)(
        _around(toimpl.drop_index, _index_dropped))
    base.Operations.implementation_for(ops.DropTableOp, replace=True)(
        _around(toimpl.drop_table, _table_dropped))
    return {'target_metadata': names.metadata(models), alter.KEY: pending.Alterations(connection)}


def _instead_of(original: _Implementation) -> _Implementation:
    def implementation(operations: base.Operations, operation: Any) -> None:
        alterations = operations.migration_context.opts.get(alter.KEY)
        if alterations is None or isinstance(operations, base.BatchOperations):
            original(operations, operation)
            return
        batch: Any = batches.Batch(operations.impl.dialect)
        original(base.BatchOperations(operations.migration_context, batch), operation)
        _perform(batch, alterations, operations, lambda: original(operations, operation))

    return implementation


def _around(original: _Implementation, around: _Around) -> _Implementation:
    def implementation(operations: base.Operations, operation: Any) -> None:
        alterations = operations.migration_context.opts.get(alter.KEY)
        if alterations is None or isinstance(operations, base.BatchOperations) or operation.schema:
            original(operations, operation)
            return
        with around(alterations, operation):
            original(operations, operation)

    return implementation


def _index_dropped(
    alterations: pending.Alterations, operation: ops.DropIndexOp,
) -> contextlib.AbstractContextManager[None]:
    return alterations.index_dropped(str(operation.index_name))


def _table_dropped(
    alterations: pending.Alterations, operation: ops.DropTableOp,
) -> contextlib.AbstractContextManager[None]:
    return alterations.table_dropped(operation.table_name)


def _perform(
    batch: batches.Batch, alterations: pending.Alterations, operations: base.Operations,
    plainly: Callable[[], None],
) -> None:
    if _is_plain(batch, alterations, operations.migration_context.as_sql):
        with alterations.kept(batch.table):
            plainly()
        return
    try:
        if batch.edits:
            alterations.change(batch.table, batch.edits)
    except exception.DBNonExistentConstraint:
        # To MySQL a unique index is a constraint.
        if not alterations.has_index(batch.table, batch.constraint):
            raise
        operations.invoke(ops.DropIndexOp(str(batch.constraint), batch.table))
    if batch.rename:
        column, name = batch.rename
        with alterations.kept(batch.table):
            operations.impl.alter_column(batch.table, column, name=name)
    for index in batch.indexes:
        operations.impl.create_index(index)


def _is_plain(batch: batches.Batch, alterations: pending.Alterations, as_sql: bool) -> bool:
    """Tell whether SQLite has a statement for it, which leaves the rows.

    Or that it has none: an attached database is not ours to change.
    """
    if batch.schema:
        return True
    if as_sql:
        return batch.adds_plainly or bool(batch.dropped)
    if alterations.are_pending(batch.table):
        return False
    return batch.adds_plainly or (
        batch.dropped is not None and alterations.is_free(batch.table, batch.dropped))
