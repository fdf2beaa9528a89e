# SPDX-License-Identifier: Apache-2.0
"""Give every workbook a scope"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '009'
down_revision = '008'

LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')

# SQLite changes a column by copying the table, so it needs the whole of it.
WORKBOOKS = sa.Table(
    'workbooks', sa.MetaData(),
    sa.Column('id', sa.String(36)),
    sa.Column('name', sa.String(255), nullable=False),
    sa.Column('project_id', sa.String(80), nullable=False),
    sa.Column('scope', sa.String(80)),
    sa.Column('definition', LONG_TEXT, nullable=False),
    sa.Column('tags', sa.JSON()),
    sa.Column('created_at', sa.DateTime()),
    sa.Column('updated_at', sa.DateTime()),
    sa.PrimaryKeyConstraint('id', name='pk_workbooks'),
    sa.UniqueConstraint(
        'name', 'project_id', name='uq_workbooks_name_project_id'),
)


def upgrade() -> None:
    op.execute(
        WORKBOOKS.update()
        .where(WORKBOOKS.c.scope.is_(None))
        .values(scope='private'))
    with op.batch_alter_table('workbooks', copy_from=WORKBOOKS) as batch:
        batch.alter_column(
            'scope', nullable=False, existing_type=sa.String(80))
