"""${message}

Revision ID: ${up_revision}
Revises: ${', '.join(down_revisions) or 'nothing'}
Create Date: ${create_date}
"""

import sqlalchemy as sa
from alembic import op
% for line in imports:
${line}
% endfor

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades}
