# SPDX-License-Identifier: Apache-2.0
"""Create workflow executions and task executions"""

import sqlalchemy as sa
from alembic import op

revision = '002'
down_revision = '001'


def upgrade() -> None:
    op.create_table(
        'workflow_executions',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('workflow_id', sa.String(36)),
        sa.Column('root_execution_id', sa.String(36)),
        sa.Column('workflow_name', sa.String(255), nullable=False),
        sa.Column('project_id', sa.String(80), nullable=False),
        sa.Column('state', sa.String(20), nullable=False),
        sa.Column('state_info', sa.String(255)),
        sa.Column('input', sa.JSON()),
        sa.Column('output', sa.JSON()),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.ForeignKeyConstraint(
            ['workflow_id'], ['workflow_definitions.id'],
            name='fk_workflow_executions_workflow_id', ondelete='SET NULL'),
        sa.ForeignKeyConstraint(
            ['root_execution_id'], ['workflow_executions.id'],
            name='fk_workflow_executions_root_execution_id',
            ondelete='SET NULL'),
    )
    op.create_table(
        'task_executions',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('workflow_execution_id', sa.String(36), nullable=False),
        sa.Column('name', sa.String(255), nullable=False),
        sa.Column('state', sa.String(20), nullable=False),
        sa.Column('state_info', sa.String(255)),
        sa.Column('published', sa.JSON()),
        sa.Column('processed', sa.Boolean(), nullable=False),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.ForeignKeyConstraint(
            ['workflow_execution_id'], ['workflow_executions.id'],
            name='fk_task_executions_workflow_execution_id',
            ondelete='CASCADE'),
    )
