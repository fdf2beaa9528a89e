# SPDX-License-Identifier: Apache-2.0
"""Index the tasks of an execution by state, not the states of all"""

from alembic import op

revision = '020'
down_revision = '019'


def upgrade() -> None:
    op.create_index(
        'ix_task_executions_workflow_execution_id_state', 'task_executions',
        ['workflow_execution_id', 'state'])
    op.drop_index('ix_task_executions_state', table_name='task_executions')
