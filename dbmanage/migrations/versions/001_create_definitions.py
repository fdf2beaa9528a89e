# SPDX-License-Identifier: Apache-2.0
"""Create workbooks, workflow definitions and action definitions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '001'
down_revision = None

LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')


def upgrade() -> None:
    op.create_table(
        'workbooks',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('name', sa.String(255), nullable=False),
        sa.Column('project_id', sa.String(80), nullable=False),
        sa.Column('scope', sa.String(80)),
        sa.Column('definition', LONG_TEXT, nullable=False),
        sa.Column('tags', sa.JSON()),
        sa.Column('created_at', sa.DateTime()),
        sa.Column('updated_at', sa.DateTime()),
        sa.UniqueConstraint(
            'name', 'project_id', name='uq_workbooks_name_project_id'),
    )
    for name in ('workflow_definitions', 'action_definitions'):
        op.create_table(
            name,
            sa.Column('id', sa.String(36), primary_key=True),
            sa.Column('name', sa.String(255), nullable=False),
            sa.Column('project_id', sa.String(80), nullable=False),
            sa.Column('scope', sa.String(80)),
            sa.Column('definition', LONG_TEXT, nullable=False),
            sa.Column('spec', sa.JSON()),
            sa.Column('created_at', sa.DateTime()),
            sa.Column('updated_at', sa.DateTime()),
            sa.UniqueConstraint(
                'name', 'project_id', name=f'uq_{name}_name_project_id'),
        )
