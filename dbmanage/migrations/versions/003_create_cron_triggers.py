# SPDX-License-Identifier: Apache-2.0
"""Create cron triggers and delayed calls"""

import sqlalchemy as sa
from alembic import op

revision = '003'
down_revision = '002'


def upgrade() -> None:
    op.create_table(
        'cron_triggers',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('name', sa.String(255), nullable=False),
        sa.Column('project_id', sa.String(80), nullable=False),
        sa.Column('pattern', sa.String(100)),
        sa.Column('workflow_name', sa.String(255), nullable=False),
        sa.Column('workflow_id', sa.String(36)),
        sa.Column('workflow_input', sa.JSON()),
        sa.Column('next_execution_time', sa.DateTime(), nullable=False),
        sa.Column('remaining_executions', sa.Integer()),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.UniqueConstraint(
            'name', 'project_id', name='uq_cron_triggers_name_project_id'),
    )
    op.create_table(
        'delayed_calls',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('method', sa.String(255), nullable=False),
        sa.Column('arguments', sa.JSON()),
        sa.Column('execution_time', sa.DateTime(), nullable=False),
    )
    op.create_index(
        'ix_delayed_calls_execution_time', 'delayed_calls',
        ['execution_time'])
