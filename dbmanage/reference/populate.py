# SPDX-License-Identifier: Apache-2.0
"""The rows that the reference service needs before its first start.

A row of the system is known by ``is_system``, and is added, updated or
removed until the rows match the file. No row of a user is looked at, not
even one of the same name.
"""

import datetime
import hashlib
import importlib.resources
import uuid
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
import yaml

from dbmanage.reference import models


def actions(connection: sa.Connection) -> dict[str, int]:
    """Make the system's actions those of ``actions.yaml``."""
    return _match(connection, 'action_definitions', _read('actions.yaml'))


def workflows(connection: sa.Connection) -> dict[str, int]:
    """Make the system's workflows those of ``workflows.yaml``."""
    return _match(connection, 'workflow_definitions', _read('workflows.yaml'))


def has_actions(connection: sa.Connection) -> bool:
    """Tell whether the system's actions are those of ``actions.yaml``."""
    return _matches(connection, 'action_definitions', _read('actions.yaml'))


def has_workflows(connection: sa.Connection) -> bool:
    """Tell whether the system's workflows are those of ``workflows.yaml``."""
    return _matches(connection, 'workflow_definitions', _read('workflows.yaml'))


def _read(name: str) -> list[dict[str, Any]]:
    """Return the columns of the rows that a file describes."""
    text = importlib.resources.files(__package__).joinpath(name).read_text('utf-8')
    return [_columns(spec) for spec in yaml.safe_load(text)]


def _columns(spec: dict[str, Any]) -> dict[str, Any]:
    definition = yaml.safe_dump(spec, allow_unicode=True, sort_keys=False)
    return {
        'name': spec['name'],
        'namespace': 'default',
        'project_id': '',
        'is_system': True,
        'scope': 'public',
        'definition': definition,
        'spec': spec,
        'checksum': hashlib.sha256(definition.encode()).hexdigest(),
    }


def _matches(
    connection: sa.Connection, name: str, described: list[dict[str, Any]]
) -> bool:
    table = models.Base.metadata.tables[name]
    wanted = {_key(columns): columns for columns in described}
    present = {_key(row): row for row in _rows_of_the_system(connection, table)}
    return wanted.keys() == present.keys() and all(
        _is_like(present[key], columns) for key, columns in wanted.items())


def _match(
    connection: sa.Connection, name: str, described: list[dict[str, Any]]
) -> dict[str, int]:
    """Return how many rows were added, updated, removed, and are unchanged."""
    table = models.Base.metadata.tables[name]
    wanted = {_key(columns): columns for columns in described}
    present = {_key(row): row for row in _rows_of_the_system(connection, table)}
    kept = [key for key in wanted if key in present]
    changed = [key for key in kept if not _is_like(present[key], wanted[key])]
    added = [key for key in wanted if key not in present]
    removed = [key for key in present if key not in wanted]
    for key in added:
        _add(connection, table, wanted[key])
    for key in changed:
        _update(connection, table, present[key]['id'], wanted[key])
    _remove(connection, table, [present[key]['id'] for key in removed])
    return {
        'added': len(added),
        'updated': len(changed),
        'removed': len(removed),
        'unchanged': len(kept) - len(changed),
    }


def _is_like(row: Mapping[Any, Any], columns: dict[str, Any]) -> bool:
    return all(row[name] == value for name, value in columns.items())


def _key(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return what tells a row of the system from the others."""
    return (row['name'], row['namespace'], row['project_id'])


def _rows_of_the_system(
    connection: sa.Connection, table: sa.Table
) -> Iterable[Mapping[Any, Any]]:
    return connection.execute(sa.select(table).where(table.c.is_system)).mappings()


def _add(connection: sa.Connection, table: sa.Table, columns: dict[str, Any]) -> None:
    new = {'id': str(uuid.uuid4()), 'created_at': _now()}
    connection.execute(table.insert().values(columns | new))


def _update(
    connection: sa.Connection, table: sa.Table, row_id: str, columns: dict[str, Any]
) -> None:
    changed = columns | {'updated_at': _now()}
    connection.execute(table.update().where(table.c.id == row_id).values(changed))


def _remove(connection: sa.Connection, table: sa.Table, ids: list[str]) -> None:
    # SQLite leaves ON DELETE SET NULL undone unless foreign keys are switched on.
    keys = [key for child in table.metadata.sorted_tables for key in child.foreign_keys]
    for key in keys:
        if key.column.table is table:
            column = key.parent
            references = sa.update(column.table).where(column.in_(ids))
            connection.execute(references.values({column: None}))
    connection.execute(table.delete().where(table.c.id.in_(ids)))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
