# SPDX-License-Identifier: Apache-2.0
"""Tell definitions apart by namespace, and the system's from a user's"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '010'
down_revision = '009'

LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')


def upgrade() -> None:
    for name in ('workflow_definitions', 'action_definitions'):
        with op.batch_alter_table(name, copy_from=_table(name)) as batch:
            batch.add_column(sa.Column(
                'namespace', sa.String(255), nullable=False,
                server_default='default'))
            batch.add_column(sa.Column(
                'is_system', sa.Boolean(), nullable=False,
                server_default='0'))
            batch.create_unique_constraint(
                f'uq_{name}_name_namespace_project_id_is_system',
                ['name', 'namespace', 'project_id', 'is_system'])
            batch.drop_constraint(
                f'uq_{name}_name_project_id', type_='unique')


def _table(name: str) -> sa.Table:
    # SQLite changes a constraint by copying the table.
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
        sa.PrimaryKeyConstraint('id', name=f'pk_{name}'),
        sa.UniqueConstraint(
            'name', 'project_id', name=f'uq_{name}_name_project_id'),
    )
