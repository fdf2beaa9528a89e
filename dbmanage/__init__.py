# SPDX-License-Identifier: Apache-2.0
"""One <service>-db-manage for every service: oslo.config over Alembic."""

import typing

from dbmanage import errors
from dbmanage.version import VERSION as __version__

if typing.TYPE_CHECKING:
    from dbmanage.cli import main
    from dbmanage.service import Service

__all__ = ['Service', '__version__', 'errors', 'main']


def __getattr__(name: str) -> object:
    """Import what a service uses when it uses it; the process begins sooner."""
    if name == 'main':
        from dbmanage import cli
        return cli.main
    if name == 'Service':
        from dbmanage import service
        return service.Service
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
