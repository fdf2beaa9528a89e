# SPDX-License-Identifier: Apache-2.0
"""The two services, as their authors would describe them."""

from oslo_service import backend

import dbmanage


def use_threads() -> None:
    """Do what mistral-db-manage does first: no eventlet."""
    backend.init_backend(backend.BackendType.THREADING)


SAHARA = dbmanage.Service(
    name='sahara',
    versions='sahara:db/migration/alembic_migrations/versions',
    models='sahara.db.sqlalchemy.models',
    metadata='sahara.db.sqlalchemy.model_base:SaharaBase.metadata',
)

MISTRAL = dbmanage.Service(
    name='mistral',
    versions='mistral:db/sqlalchemy/migration/alembic_migrations/versions',
    prepare=use_threads,
    models='mistral.db.v2.sqlalchemy.models',
    metadata='mistral.db.sqlalchemy.model_base:MistralSecureModelBase.metadata',
    conf='oslo_config.cfg:CONF',
    populate={
        'actions': 'mistral.services.action_manager:sync_db',
        'workflows': 'mistral.services.workflows:sync_db',
    },
)
