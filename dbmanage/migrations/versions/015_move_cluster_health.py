# SPDX-License-Identifier: Apache-2.0
"""Move the health of a cluster into a verification

The verification takes the id of its cluster: no cluster has one yet. A word
that is not known becomes YELLOW.
"""

import sqlalchemy as sa
from alembic import op

revision = '015'
down_revision = '014'

STATUSES = {'checking': 'CHECKING', 'ok': 'GREEN', 'failed': 'RED'}


def upgrade() -> None:
    clusters = sa.table(
        'clusters', *map(sa.column, ('id', 'health', 'updated_at')))
    verifications = sa.table(
        'cluster_verifications',
        *map(sa.column, ('id', 'cluster_id', 'status', 'created_at')))
    op.execute(verifications.insert().from_select(
        ['id', 'cluster_id', 'status', 'created_at'],
        sa.select(
            clusters.c.id, clusters.c.id, _status(clusters.c.health),
            clusters.c.updated_at)
        .where(clusters.c.health.is_not(None))))
    op.drop_column('clusters', 'health')


def _status(health: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    status = sa.case(STATUSES, value=health, else_='YELLOW')
    # The others take a word for an Enum, and MariaDB has no such cast.
    if op.get_context().dialect.name == 'postgresql':
        return sa.cast(status, sa.Enum(name='verification_status'))
    return status
