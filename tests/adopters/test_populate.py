# SPDX-License-Identifier: Apache-2.0
"""The rows of mistral, by the functions that mistral-db-manage calls."""

import sqlalchemy as sa

from tests.adopters import adopters


class PopulateTests:
    """``populate`` and ``populate_actions``, each in a process of its own."""

    maxDiff = None

    def test_again(self):
        """A second time changes nothing; the actions can be had alone."""
        self.succeed('upgrade', 'head')
        first = self.run_process('populate_actions')
        actions = self._definitions()
        second = self.run_process('populate_actions')

        self.assertEqual([(0, 'actions: written\n')] * 2,
                         [(one.code, one.out) for one in (first, second)], second.err)
        self.assertEqual(actions, self._definitions())

    def _definitions(self):
        with self.database.connect() as connection:
            return [sorted(connection.execute(sa.text(
                f'SELECT name, definition, scope, is_system FROM {table}')).all())
                for table in ('action_definitions_v2', 'workflow_definitions_v2')]


class OwnToolTests(PopulateTests):
    """The same, where the service's own command reaches the head, too."""

    def test_populate(self):
        """Both sets are what the service's own command writes."""
        self.own_tool('upgrade', 'head')
        self.own_tool('populate')
        own = self._definitions()
        self.use_new_database()
        self.succeed('upgrade', 'head')
        result = self.run_process('populate')

        self.assertEqual((0, 'actions: written\nworkflows: written\n'),
                         (result.code, result.out), result.err)
        self.assertEqual(own, self._definitions())
        self.assertIn('std.wait_ssh', [action.name for action in own[0]])


class MistralOnPostgreSQL(OwnToolTests, adopters.Mistral, adopters.PostgreSQL):
    """Mistral on PostgreSQL."""


class MistralOnMariaDB(OwnToolTests, adopters.Mistral, adopters.MariaDB):
    """Mistral on MariaDB."""


class MistralOnSQLite(PopulateTests, adopters.Mistral, adopters.SQLite):
    """Mistral on SQLite, where its engine cannot write while ours does."""
