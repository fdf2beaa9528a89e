# SPDX-License-Identifier: Apache-2.0
"""The server defaults of MariaDB and MySQL that SQLAlchemy does not read."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import event

# SQLAlchemy reads SHOW CREATE TABLE, and there literals and functions without a string.
_DEFAULTS = sqlalchemy.text(
    'SELECT table_name, column_name, column_default FROM information_schema.columns'
    " WHERE table_schema = coalesce(:schema, database()) AND column_default LIKE '%''%'")


@contextlib.contextmanager
def with_defaults(connection: sqlalchemy.Connection) -> Iterator[None]:
    """Let a table that is reflected meanwhile have all of its defaults."""
    @functools.cache
    def defaults(schema: str | None) -> dict[tuple[str, str], str]:
        rows = connection.execute(_DEFAULTS, {'schema': schema})
        return {(table, column): default for table, column, default in rows}

    def add(_inspector: Any, table: sqlalchemy.Table, column: Any) -> None:
        if column['default'] is None:
            column['default'] = defaults(table.schema).get((table.name, column['name']))

    if connection.dialect.name != 'mysql':
        yield
        return
    event.listen(sqlalchemy.Table, 'column_reflect', add)
    try:
        yield
    finally:
        event.remove(sqlalchemy.Table, 'column_reflect', add)
