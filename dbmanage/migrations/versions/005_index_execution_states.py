# SPDX-License-Identifier: Apache-2.0
"""Index the executions by their state"""

from alembic import op

revision = '005'
down_revision = '004'


def upgrade() -> None:
    op.create_index(
        'ix_workflow_executions_state', 'workflow_executions', ['state'])
    op.create_index(
        'ix_task_executions_state', 'task_executions', ['state'])
