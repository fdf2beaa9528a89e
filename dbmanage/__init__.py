# SPDX-License-Identifier: Apache-2.0
"""One <service>-db-manage for every service: oslo.config over Alembic."""

from dbmanage import errors
from dbmanage.cli import main
from dbmanage.service import Service
from dbmanage.version import VERSION as __version__

__all__ = ['Service', '__version__', 'errors', 'main']
