# SPDX-License-Identifier: Apache-2.0
"""The reference service: a small service of workflows and clusters."""

from dbmanage import service

SERVICE = service.Service(
    name='dbmanage',
    versions='dbmanage.migrations:versions',
    metadata='dbmanage.reference.models:Base.metadata',
    models=['dbmanage.reference.models'],
    populate={
        'actions': 'dbmanage.reference.populate:actions',
        'workflows': 'dbmanage.reference.populate:workflows',
    },
    populated={
        'actions': 'dbmanage.reference.populate:has_actions',
        'workflows': 'dbmanage.reference.populate:has_workflows',
    },
)
