# SPDX-License-Identifier: Apache-2.0
"""The indexes of a new table, made in an order that is the same in each run.

SQLAlchemy keeps them in a set, and Alembic makes them in its order, which another
process does not have: a script would be another one each time, and a revision
that was killed could not be resumed.
"""

from typing import Any

import sqlalchemy
from alembic.operations import base
from alembic.operations import ops


@base.Operations.implementation_for(ops.CreateTableOp, replace=True)
def create_table(operations: base.Operations, operation: ops.CreateTableOp) -> sqlalchemy.Table:
    """Create a table, then its indexes by their names."""
    table = operation.to_table(operations.migration_context)
    indexes = sorted(table.indexes, key=_key)
    table.indexes.clear()
    exists = operation.if_not_exists
    operations.impl.create_table(table, **({} if exists is None else {'if_not_exists': exists}))
    for index in indexes:
        operations.impl.create_index(index)
    table.indexes.update(indexes)
    return table


def _key(index: sqlalchemy.Index) -> tuple[Any, ...]:
    return str(index.name), *map(str, index.expressions)
