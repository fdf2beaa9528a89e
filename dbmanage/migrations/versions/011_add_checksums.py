# SPDX-License-Identifier: Apache-2.0
"""Add the checksum of a definition"""

import sqlalchemy as sa
from alembic import op

revision = '011'
down_revision = '010'


def upgrade() -> None:
    for name in ('workflow_definitions', 'action_definitions'):
        op.add_column(name, sa.Column('checksum', sa.String(64)))
