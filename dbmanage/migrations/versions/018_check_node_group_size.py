# SPDX-License-Identifier: Apache-2.0
"""Refuse a node group of a negative size"""

import sqlalchemy as sa
from alembic import op

revision = '018'
down_revision = '017'

# SQLite adds a constraint by copying the table.
NODE_GROUPS = sa.Table(
    'node_groups', sa.MetaData(),
    sa.Column('id', sa.String(36)),
    sa.Column('cluster_id', sa.String(36), nullable=False),
    sa.Column('name', sa.String(80), nullable=False),
    sa.Column('flavor_id', sa.String(36)),
    sa.Column('processes', sa.JSON()),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime()),
    sa.Column('updated_at', sa.DateTime()),
    sa.PrimaryKeyConstraint('id', name='pk_node_groups'),
    sa.ForeignKeyConstraint(
        ['cluster_id'], ['clusters.id'],
        name='fk_node_groups_cluster_id', ondelete='CASCADE'),
    sa.UniqueConstraint(
        'cluster_id', 'name', name='uq_node_groups_cluster_id_name'),
)


def upgrade() -> None:
    op.execute(
        NODE_GROUPS.update().where(NODE_GROUPS.c.size < 0).values(size=0))
    with op.batch_alter_table('node_groups', copy_from=NODE_GROUPS) as batch:
        batch.create_check_constraint(
            batch.f('ck_node_groups_size'), sa.column('size') >= 0)
