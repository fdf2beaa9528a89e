# SPDX-License-Identifier: Apache-2.0
"""Compute the checksums of the definitions

The three databases share no SHA-256 function, so the rows are read here.
"""

import hashlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '012'
down_revision = '011'

LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')


def upgrade() -> None:
    for name in ('workflow_definitions', 'action_definitions'):
        table = _table(name)
        _compute(table)
        with op.batch_alter_table(name, copy_from=table) as batch:
            batch.alter_column(
                'checksum', nullable=False, existing_type=sa.String(64))


def _compute(table: sa.Table) -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(table.c.id, table.c.definition).order_by(table.c.id))
    for row in rows.all():
        digest = hashlib.sha256(row.definition.encode()).hexdigest()
        connection.execute(
            table.update()
            .where(table.c.id == row.id)
            .values(checksum=digest))


def _table(name: str) -> sa.Table:
    # SQLite changes a column by copying the table.
    return sa.Table(
        name, sa.MetaData(),
        sa.Column('id', sa.String(36)),
        sa.Column('name', sa.String(255), nullable=False),
        sa.Column('project_id', sa.String(80), nullable=False),
        sa.Column('scope', sa.String(80)),
        sa.Column('definition', LONG_TEXT, nullable=False),
        sa.Column('spec', sa.JSON()),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.Column(
            'namespace', sa.String(255), nullable=False, server_default='default'),
        sa.Column(
            'is_system', sa.Boolean(), nullable=False, server_default='0'),
        sa.Column('checksum', sa.String(64)),
        sa.PrimaryKeyConstraint('id', name=f'pk_{name}'),
        sa.UniqueConstraint(
            'name', 'namespace', 'project_id', 'is_system',
            name=f'uq_{name}_name_namespace_project_id_is_system'),
    )
