# SPDX-License-Identifier: Apache-2.0
"""Split the plugin of a cluster into its name and its version

``vanilla/2.7.1`` is split at the first slash; without one, the version is
empty.
"""

import sqlalchemy as sa
from alembic import op

revision = '013'
down_revision = '012'

# SQLite changes a column by copying the table, after the two are added.
CLUSTERS = sa.Table(
    'clusters', sa.MetaData(),
    sa.Column('id', sa.String(36)),
    sa.Column('name', sa.String(80), nullable=False),
    sa.Column('project_id', sa.String(36), nullable=False),
    sa.Column('description', sa.Text()),
    sa.Column('plugin', sa.String(80), nullable=False),
    sa.Column('status', sa.String(80), nullable=False),
    sa.Column('health', sa.String(20)),
    sa.Column('created_at', sa.DateTime()),
    sa.Column('updated_at', sa.DateTime()),
    sa.Column('is_public', sa.Boolean(), nullable=False, server_default='0'),
    sa.Column(
        'is_protected', sa.Boolean(), nullable=False, server_default='0'),
    sa.Column('plugin_name', sa.String(80)),
    sa.Column('plugin_version', sa.String(80)),
    sa.PrimaryKeyConstraint('id', name='pk_clusters'),
    sa.UniqueConstraint(
        'name', 'project_id', name='uq_clusters_name_project_id'),
)


def upgrade() -> None:
    for name in ('plugin_name', 'plugin_version'):
        op.add_column('clusters', sa.Column(name, sa.String(80)))
    _split()
    with op.batch_alter_table('clusters', copy_from=CLUSTERS) as batch:
        for name in ('plugin_name', 'plugin_version'):
            batch.alter_column(
                name, nullable=False, existing_type=sa.String(80))
        batch.drop_column('plugin')


def _split() -> None:
    plugin = CLUSTERS.c.plugin
    if op.get_context().dialect.name == 'postgresql':
        slash = sa.func.strpos(plugin, '/', type_=sa.Integer)
    else:
        slash = sa.func.instr(plugin, '/', type_=sa.Integer)
    op.execute(
        CLUSTERS.update()
        .where(plugin.contains('/'))
        .values(plugin_name=sa.func.substr(plugin, 1, slash - 1),
                plugin_version=sa.func.substr(plugin, slash + 1)))
    op.execute(
        CLUSTERS.update()
        .where(~plugin.contains('/'))
        .values(plugin_name=plugin, plugin_version=''))
