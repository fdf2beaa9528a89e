# SPDX-License-Identifier: Apache-2.0
"""The services, by the kit that every service can use."""

import pathlib

from dbmanage import testing
from tests.adopters import services


class SaharaTests(testing.ServiceTests):
    """Sahara."""

    service = services.SAHARA
    may_import = ('sahara.db.sqlalchemy.types',)
    kills = 1


class MistralTests(testing.ServiceTests):
    """Mistral."""

    service = services.MISTRAL
    may_import = (
        'mistral.db.sqlalchemy.types', 'mistral.db.utils.column_exists',
        'mistral.services.maintenance')
    kills = 1
    # Revision 044 writes the time.
    unlike = ('mistral_metrics.created_at', 'mistral_metrics.updated_at')
    # The drift that it has, on each database.
    known_differences = pathlib.Path(__file__).with_name('mistral.json')


class SaharaOnSQLite(SaharaTests, testing.SQLite):
    """Sahara on SQLite."""


class SaharaOnPostgreSQL(SaharaTests, testing.PostgreSQL):
    """Sahara on PostgreSQL."""


class MistralOnSQLite(MistralTests, testing.SQLite):
    """Mistral on SQLite."""


class SaharaOnMariaDB(SaharaTests, testing.MariaDB):
    """Sahara on MariaDB."""


class MistralOnPostgreSQL(MistralTests, testing.PostgreSQL):
    """Mistral on PostgreSQL."""


class MistralOnMariaDB(MistralTests, testing.MariaDB):
    """Mistral on MariaDB."""
