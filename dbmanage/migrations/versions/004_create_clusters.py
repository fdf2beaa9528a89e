# SPDX-License-Identifier: Apache-2.0
"""Create clusters, node groups and instances"""

import sqlalchemy as sa
from alembic import op

revision = '004'
down_revision = '003'


def upgrade() -> None:
    op.create_table(
        'clusters',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('name', sa.String(80), nullable=False),
        sa.Column('tenant_id', sa.String(36), nullable=False),
        sa.Column('description', sa.Text()),
        sa.Column('plugin', sa.String(80), nullable=False),
        sa.Column('status', sa.String(80), nullable=False),
        sa.Column('health', sa.String(20)),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.UniqueConstraint(
            'name', 'tenant_id', name='uq_clusters_name_tenant_id'),
    )
    op.create_table(
        'node_groups',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('cluster_id', sa.String(36), nullable=False),
        sa.Column('name', sa.String(80), nullable=False),
        sa.Column('flavor_id', sa.String(36)),
        sa.Column('processes', sa.JSON()),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.ForeignKeyConstraint(
            ['cluster_id'], ['clusters.id'],
            name='fk_node_groups_cluster_id', ondelete='CASCADE'),
        sa.UniqueConstraint(
            'cluster_id', 'name', name='uq_node_groups_cluster_id_name'),
    )
    op.create_table(
        'instances',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('node_group_id', sa.String(36), nullable=False),
        sa.Column('name', sa.String(80), nullable=False),
        sa.Column('internal_ip', sa.String(45)),
        sa.Column('management_ip', sa.String(45)),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.ForeignKeyConstraint(
            ['node_group_id'], ['node_groups.id'],
            name='fk_instances_node_group_id', ondelete='CASCADE'),
        sa.UniqueConstraint('name', name='uq_instances_name'),
    )
