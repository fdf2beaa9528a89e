# SPDX-License-Identifier: Apache-2.0
"""Let a health check end as UNKNOWN"""

import sqlalchemy as sa
from alembic import op

revision = '016'
down_revision = '015'

STATUSES = ('CHECKING', 'GREEN', 'YELLOW', 'RED')


def upgrade() -> None:
    dialect = op.get_context().dialect.name
    if dialect == 'postgresql':
        op.execute("ALTER TYPE health_status ADD VALUE 'UNKNOWN'")
    # SQLite has VARCHAR(8) here, and UNKNOWN fits.
    elif dialect != 'sqlite':
        op.alter_column(
            'health_checks', 'status', type_=sa.Enum(*STATUSES, 'UNKNOWN'),
            existing_type=sa.Enum(*STATUSES), existing_nullable=False)
