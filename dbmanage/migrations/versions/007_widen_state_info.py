# SPDX-License-Identifier: Apache-2.0
"""Keep the whole state_info of an execution"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '007'
down_revision = '006'

LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')

# SQLite changes a column by copying the table, so it needs the whole of it.
WORKFLOW_EXECUTIONS = sa.Table(
    'workflow_executions', sa.MetaData(),
    sa.Column('id', sa.String(36)),
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
    sa.PrimaryKeyConstraint('id', name='pk_workflow_executions'),
    sa.ForeignKeyConstraint(
        ['workflow_id'], ['workflow_definitions.id'],
        name='fk_workflow_executions_workflow_id', ondelete='SET NULL'),
    sa.ForeignKeyConstraint(
        ['root_execution_id'], ['workflow_executions.id'],
        name='fk_workflow_executions_root_execution_id',
        ondelete='SET NULL'),
    sa.Index('ix_workflow_executions_state', 'state'),
)
TASK_EXECUTIONS = sa.Table(
    'task_executions', sa.MetaData(),
    sa.Column('id', sa.String(36)),
    sa.Column('workflow_execution_id', sa.String(36), nullable=False),
    sa.Column('name', sa.String(255), nullable=False),
    sa.Column('state', sa.String(20), nullable=False),
    sa.Column('state_info', sa.String(255)),
    sa.Column('published', sa.JSON()),
    sa.Column('processed', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime()),
    sa.Column('updated_at', sa.DateTime()),
    sa.PrimaryKeyConstraint('id', name='pk_task_executions'),
    sa.ForeignKeyConstraint(
        ['workflow_execution_id'], ['workflow_executions.id'],
        name='fk_task_executions_workflow_execution_id',
        ondelete='CASCADE'),
    sa.Index('ix_task_executions_state', 'state'),
)


def upgrade() -> None:
    for table in (WORKFLOW_EXECUTIONS, TASK_EXECUTIONS):
        with op.batch_alter_table(table.name, copy_from=table) as batch:
            batch.alter_column(
                'state_info', type_=LONG_TEXT, existing_type=sa.String(255),
                existing_nullable=True)
