# SPDX-License-Identifier: Apache-2.0
"""Rename tenant_id of the clusters to project_id"""

import sqlalchemy as sa
from alembic import op

revision = '008'
down_revision = '007'

# SQLite changes a constraint by copying the table, after the rename.
CLUSTERS = sa.Table(
    'clusters', sa.MetaData(),
    sa.Column('id', sa.String(36)),
    sa.Column('name', sa.String(80), nullable=False),
    sa.Column('project_id', sa.String(36), nullable=False),
    sa.Column('description', sa.Text()),
    sa.Column('plugin', sa.String(80), nullable=False),
    sa.Column('status', sa.String(80), nullable=False),
    sa.Column('health', sa.String(20)),
    sa.Column('created_at', sa.DateTime()),
    sa.Column('updated_at', sa.DateTime()),
    sa.Column('is_public', sa.Boolean(), nullable=False, server_default='0'),
    sa.Column(
        'is_protected', sa.Boolean(), nullable=False, server_default='0'),
    sa.PrimaryKeyConstraint('id', name='pk_clusters'),
    sa.UniqueConstraint(
        'name', 'project_id', name='uq_clusters_name_tenant_id'),
)


def upgrade() -> None:
    op.alter_column(
        'clusters', 'tenant_id', new_column_name='project_id',
        existing_type=sa.String(36), existing_nullable=False)
    with op.batch_alter_table('clusters', copy_from=CLUSTERS) as batch:
        batch.create_unique_constraint(
            'uq_clusters_name_project_id', ['name', 'project_id'])
        batch.drop_constraint('uq_clusters_name_tenant_id', type_='unique')
