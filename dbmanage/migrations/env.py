# SPDX-License-Identifier: Apache-2.0
"""Run revisions with what dbmanage put into ``config.attributes``.

``configure`` holds the arguments of ``context.configure``: the connection
(or, for --sql, the dialect), the metadata, the service's options, the hooks.
"""

from alembic import context

context.configure(**context.config.attributes['configure'])
with context.begin_transaction():
    context.run_migrations()
