# SPDX-License-Identifier: Apache-2.0
"""SIGKILL before and after every statement of every revision."""

from dbmanage.testing import moments
from tests import base
from tests import databases
from tests.faults import victim
from tests.faults import walks


class StatementTests(walks.WalkTests):
    """The steps are the statements; the victim kills itself."""

    moments = ('before', 'after')

    def _count(self, revision):
        with moments.counted() as statements:
            result = self.run_command('upgrade', revision)
        self.assertEqual(0, result.code, result.err)
        return len(statements)

    def _kill(self, revision, when, step):
        return self.start('upgrade', revision, at=victim.At(when, step))


class StatementsOnSQLite(StatementTests, databases.SQLite, base.CommandTestCase):
    """Kills at the statements on SQLite."""


class StatementsOnPostgreSQL(StatementTests, databases.PostgreSQL, base.CommandTestCase):
    """Kills at the statements on PostgreSQL."""


class StatementsBehindPgBouncer(StatementTests, databases.PgBouncer, base.CommandTestCase):
    """Kills at the statements behind pgbouncer."""


class StatementsOnMariaDB(StatementTests, databases.MariaDB, base.CommandTestCase):
    """Kills at the statements on MariaDB."""


class StatementsOnGalera(StatementTests, databases.Galera, base.CommandTestCase):
    """Kills at the statements on Galera."""

    pace = 5
