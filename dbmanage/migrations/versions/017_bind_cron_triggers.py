# SPDX-License-Identifier: Apache-2.0
"""Bind cron triggers to their workflow

A trigger whose workflow is gone keeps its name, and loses the id.
"""

import sqlalchemy as sa
from alembic import op

revision = '017'
down_revision = '016'

# SQLite adds a constraint by copying the table.
CRON_TRIGGERS = sa.Table(
    'cron_triggers', sa.MetaData(),
    sa.Column('id', sa.String(36)),
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
    sa.PrimaryKeyConstraint('id', name='pk_cron_triggers'),
    sa.UniqueConstraint(
        'name', 'project_id', name='uq_cron_triggers_name_project_id'),
    sa.Index('ix_cron_triggers_workflow_id', 'workflow_id'),
)


def upgrade() -> None:
    workflows = sa.table('workflow_definitions', sa.column('id'))
    op.create_index(
        'ix_cron_triggers_workflow_id', 'cron_triggers', ['workflow_id'])
    op.execute(
        CRON_TRIGGERS.update()
        .where(CRON_TRIGGERS.c.workflow_id.not_in(sa.select(workflows.c.id)))
        .values(workflow_id=None))
    with op.batch_alter_table(
            'cron_triggers', copy_from=CRON_TRIGGERS) as batch:
        batch.create_foreign_key(
            'fk_cron_triggers_workflow_id', 'workflow_definitions',
            ['workflow_id'], ['id'], ondelete='SET NULL')
