# SPDX-License-Identifier: Apache-2.0
"""The schema at head: that of the service's own command, however one gets there."""

from tests import timelines
from tests.adopters import adopters


class UpgradeTests:
    """All revisions, from an empty database."""

    maxDiff = None

    def test_step_by_step(self):
        """One revision at a time leads to the same schema; each is recorded."""
        self.succeed('upgrade', 'head')
        whole = self.state()
        self.use_new_database()
        for number in range(1, self.count + 1):
            self.succeed('upgrade', '+1')
            self.assertEqual([f'{number:03}'], timelines.recorded(self.database))

        self.assertEqual(whole, self.state())
        self.assertIn('nothing to do', self.succeed('upgrade', 'head').err)


class OwnToolTests(UpgradeTests):
    """The same, where the service's own command reaches the head, too."""

    def test_schema(self):
        """It is that of the service's own command and env.py, row counts too."""
        self.own_tool('upgrade', 'head')
        own = self.state()
        self.use_new_database()
        self.succeed('upgrade', 'head')

        self.assertEqual([self.head], timelines.recorded(self.database))
        self.assertEqual(own, self.state())


class SaharaOnPostgreSQL(OwnToolTests, adopters.Sahara, adopters.PostgreSQL):
    """Sahara on PostgreSQL."""


class SaharaOnMariaDB(OwnToolTests, adopters.Sahara, adopters.MariaDB):
    """Sahara on MariaDB."""


class MistralOnPostgreSQL(OwnToolTests, adopters.Mistral, adopters.PostgreSQL):
    """Mistral on PostgreSQL."""


class MistralOnMariaDB(OwnToolTests, adopters.Mistral, adopters.MariaDB):
    """Mistral on MariaDB."""


class SaharaOnSQLite(UpgradeTests, adopters.Sahara, adopters.SQLite):
    """Sahara on SQLite, which its own command stops at after six revisions."""


class MistralOnSQLite(UpgradeTests, adopters.Mistral, adopters.SQLite):
    """Mistral on SQLite, which its own command stops at after one revision."""
