# SPDX-License-Identifier: Apache-2.0
"""Let a cluster be public or protected"""

import sqlalchemy as sa
from alembic import op

revision = '006'
down_revision = '005'


def upgrade() -> None:
    for name in ('is_public', 'is_protected'):
        op.add_column('clusters', sa.Column(
            name, sa.Boolean(), nullable=False, server_default='0'))
