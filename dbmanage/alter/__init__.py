# SPDX-License-Identifier: Apache-2.0
"""The ALTER TABLE that SQLite lacks, for revisions that nobody wrote for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy

from dbmanage import service as services
from dbmanage.database import facade

KEY = 'dbmanage_alterations'


def configure(
    service: services.Service, dialect: str, metadata: Sequence[Any],
    connection: sqlalchemy.Connection | None = None,
) -> dict[str, Any]:
    """Return the arguments of ``context.configure`` that revisions need.

    Without a connection, for --sql, what needs a table anew is a CommandError.
    """
    models = facade.naming(metadata)
    if dialect != 'sqlite' or not service.sqlite_alter:
        return {'target_metadata': models}
    from dbmanage.alter import operations  # for SQLite alone
    return operations.configure(models, connection)
