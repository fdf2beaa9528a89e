# SPDX-License-Identifier: Apache-2.0
"""Create cluster verifications and health checks"""

import sqlalchemy as sa
from alembic import op

revision = '014'
down_revision = '013'


def upgrade() -> None:
    op.create_table(
        'cluster_verifications',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('cluster_id', sa.String(36), nullable=False),
        sa.Column('status', sa.Enum(
            'CHECKING', 'GREEN', 'YELLOW', 'RED',
            name='verification_status'), nullable=False),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.ForeignKeyConstraint(
            ['cluster_id'], ['clusters.id'],
            name='fk_cluster_verifications_cluster_id', ondelete='CASCADE'),
    )
    op.create_table(
        'health_checks',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('verification_id', sa.String(36), nullable=False),
        sa.Column('name', sa.String(80), nullable=False),
        sa.Column('description', sa.Text()),
        sa.Column('status', sa.Enum(
            'CHECKING', 'GREEN', 'YELLOW', 'RED',
            name='health_status'), nullable=False),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.ForeignKeyConstraint(
            ['verification_id'], ['cluster_verifications.id'],
            name='fk_health_checks_verification_id', ondelete='CASCADE'),
    )
