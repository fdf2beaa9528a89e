# SPDX-License-Identifier: Apache-2.0
"""Drop the delayed calls, which nothing reads"""

from alembic import op

revision = '019'
down_revision = '018'


def upgrade() -> None:
    op.drop_index(
        'ix_delayed_calls_execution_time', table_name='delayed_calls')
    op.drop_table('delayed_calls')
