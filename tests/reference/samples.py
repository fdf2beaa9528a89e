# SPDX-License-Identifier: Apache-2.0
"""Rows for the tables of the reference service, as they are at 004."""

import json
from typing import Any

import sqlalchemy as sa

WHEN = '2026-01-02 03:04:05'
AWKWARD = 'name: "100%"\ntasks: [\'a;b\', :c, %s, %(d)s, \\, ✓]\n'

DEFINITIONS = [
    ('workbooks', {
        'id': 'b1', 'name': 'one', 'project_id': 'p1', 'scope': None,
        'definition': AWKWARD, 'tags': json.dumps(['x', 'y'])}),
    ('workbooks', {
        'id': 'b2', 'name': 'one', 'project_id': 'p2', 'scope': 'public',
        'definition': 'version: 2', 'tags': None}),
    ('workflow_definitions', {
        'id': 'w1', 'name': 'deploy', 'project_id': 'p1', 'scope': 'private',
        'definition': AWKWARD, 'spec': json.dumps({'tasks': {}}), 'created_at': WHEN}),
    ('workflow_definitions', {
        'id': 'w2', 'name': 'deploy', 'project_id': 'p2', 'scope': None,
        'definition': '', 'spec': None, 'created_at': None}),
    ('action_definitions', {
        'id': 'a1', 'name': 'std.echo', 'project_id': 'p1', 'scope': 'private',
        'definition': 'name: std.echo', 'spec': None, 'created_at': WHEN}),
]
EXECUTIONS = [
    ('workflow_executions', {
        'id': 'e1', 'workflow_id': 'w1', 'root_execution_id': None, 'workflow_name': 'deploy',
        'project_id': 'p1', 'state': 'SUCCESS', 'state_info': 'fine',
        'input': json.dumps({'n': 1}), 'created_at': WHEN}),
    ('workflow_executions', {
        'id': 'e2', 'workflow_id': 'w1', 'root_execution_id': 'e1', 'workflow_name': 'deploy',
        'project_id': 'p1', 'state': 'ERROR', 'state_info': None,
        'input': None, 'created_at': WHEN}),
    *[
        ('task_executions', {
            'id': f't{n}', 'workflow_execution_id': f'e{n}', 'name': 'task', 'state': 'ERROR',
            'state_info': AWKWARD, 'published': json.dumps({}), 'processed': n == 1})
        for n in (1, 2)
    ],
]
TRIGGERS = [
    *[
        ('cron_triggers', {
            'id': f'c{n}', 'name': f'every hour {n}', 'project_id': 'p1', 'pattern': '0 * * * *',
            'workflow_name': 'deploy', 'workflow_id': workflow_id, 'workflow_input': None,
            'next_execution_time': WHEN, 'remaining_executions': n})
        for n, workflow_id in enumerate(['w1', 'gone', None])
    ],
    ('delayed_calls', {
        'id': 'd1', 'method': 'run', 'arguments': None, 'execution_time': WHEN}),
]
CLUSTERS = [
    *[
        ('clusters', {
            'id': f'k{n}', 'name': f'cluster {n}', 'tenant_id': f'p{n}', 'description': AWKWARD,
            'plugin': plugin, 'status': 'Active', 'health': health, 'updated_at': WHEN})
        for n, (plugin, health) in enumerate([
            ('vanilla/2.7.1', 'ok'), ('spark', 'failed'), ('a%/b/c', 'odd'), ('/', None)])
    ],
    *[
        ('node_groups', {
            'id': f'g{size}', 'cluster_id': 'k0', 'name': f'of size {size}', 'flavor_id': '2',
            'processes': json.dumps(['master']), 'size': size})
        for size in (3, 0, -1)
    ],
    ('instances', {
        'id': 'i1', 'node_group_id': 'g3', 'name': 'one', 'internal_ip': '10.0.0.1',
        'management_ip': None, 'created_at': WHEN}),
]
EVERYTHING = DEFINITIONS + EXECUTIONS + TRIGGERS + CLUSTERS


def insert(engine: sa.Engine, rows: list[tuple[str, dict[str, Any]]]) -> None:
    """Insert rows, each with the name of its table, in one transaction."""
    with engine.begin() as connection:
        insert_on(connection, rows)


def insert_on(connection: sa.Connection, rows: list[tuple[str, dict[str, Any]]]) -> None:
    """Insert rows on a connection."""
    for name, columns in rows:
        table = sa.table(name, *map(sa.column, columns))
        connection.execute(table.insert().values(columns))


def select(engine: sa.Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of all rows, on a connection of its own."""
    with engine.connect() as connection:
        return select_on(connection, table, *columns)


def select_on(connection: sa.Connection, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of all rows, by the first column."""
    names = [sa.column(name) for name in columns]
    rows = connection.execute(sa.select(*names).select_from(sa.table(table)))
    return sorted(map(tuple, rows), key=lambda row: str(row[0]))
