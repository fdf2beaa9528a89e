# SPDX-License-Identifier: Apache-2.0
"""Ready-made tests for a service that adopts dbmanage.

    class AcmeTests(testing.ServiceTests):
        service = manage.SERVICE

    class AcmeOnPostgreSQL(AcmeTests, testing.PostgreSQL):
        "The database of acme on PostgreSQL."

``doc/testing.md`` has the rest. A test that is set to None is left out.
"""

from dbmanage.testing import databases
from dbmanage.testing import faults
from dbmanage.testing import files
from dbmanage.testing import scripts
from dbmanage.testing import walk

SQLite = databases.SQLite
PostgreSQL = databases.PostgreSQL
MariaDB = databases.MariaDB


class ServiceTests(
    files.FileTests, walk.WalkTests, walk.ModelsTests, scripts.ScriptTests,
    faults.KillTests, faults.CrowdTests,
):
    """All tests of a ``service``, to be mixed with a database."""
