# SPDX-License-Identifier: Apache-2.0
"""``current``: where the database is, and whether that is at head."""

import json

from tests import base
from tests import databases
from tests import timelines


class CurrentTests:
    """The answer on each kind of database."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))
        self.database = self.engine()

    def test_never_versioned(self):
        """That is said to the person; there is no data, and it is no failure."""
        result = self.run_command('current')

        said = 'the database was never versioned\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def test_nothing_is_written(self):
        """Looking creates no table, not even that of the version."""
        self.run_command('current')

        self.assertIsNone(timelines.recorded(self.database))

    def test_check_of_never_versioned(self):
        """It is not at head: the answer is no."""
        result = self.run_command('current', '--check')

        self.assertEqual((3, ''), (result.code, result.out))
        self.assertIn('the database was never versioned', result.err)

    def test_at_head(self):
        """The revision is marked as head."""
        self.run_command('upgrade', 'head')
        result = self.run_command('current')

        self.assertEqual((0, '003 (head)\n', ''), (result.code, result.out, result.err))

    def test_behind(self):
        """The revision alone, and no failure."""
        self.run_command('upgrade', '002')
        result = self.run_command('current')

        self.assertEqual((0, '002\n', ''), (result.code, result.out, result.err))

    def test_revision_not_in_the_code(self):
        """The id is named, and what to do; it is no answer but a failure."""
        timelines.record(self.database, 'f00d')
        result = self.run_command('current')

        self.assertEqual((7, ''), (result.code, result.out))
        self.assertEqual(
            'db-manage: error: the database is at revision f00d, which this code does not have; '
            'deploy the code that has it\n', result.err)


class CurrentOnSQLite(CurrentTests, databases.SQLite, base.CommandTestCase):
    """The answer on SQLite."""


class CurrentOnPostgreSQL(CurrentTests, databases.PostgreSQL, base.CommandTestCase):
    """The answer on PostgreSQL."""


class CurrentOnMariaDB(CurrentTests, databases.MariaDB, base.CommandTestCase):
    """The answer on MariaDB."""


class CheckTests(databases.SQLite, base.CommandTestCase):
    """``current --check``, and the forms of the answer."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))

    def test_at_head(self):
        """The answer is yes."""
        self.run_command('upgrade', 'head')
        result = self.run_command('current', '--check')

        self.assertEqual((0, '003 (head)\n', ''), (result.code, result.out, result.err))

    def test_behind(self):
        """The answer is no; the data are the same, the reason is said."""
        self.run_command('upgrade', '002')
        result = self.run_command('current', '--check')

        said = 'the database is not at head: 003\n'
        self.assertEqual((3, '002\n', said), (result.code, result.out, result.err))

    def test_stamped_back_to_base(self):
        """A database that records nothing is not at head."""
        self.run_command('upgrade', 'head')
        self.run_command('stamp', 'base')
        result = self.run_command('current', '--check')

        self.assertEqual((3, ''), (result.code, result.out))

    def test_json(self):
        """The keys of the document."""
        self.run_command('upgrade', '002')
        result = self.run_command('current', '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(
            {'current': [{'revision': '002', 'head': False}], 'heads': ['003'], 'at_head': False},
            json.loads(result.out))

    def test_json_of_the_check(self):
        """The answer no is the same document, with another code."""
        self.run_command('upgrade', '002')
        result = self.run_command('current', '--check', '--format', 'json')

        self.assertEqual(3, result.code)
        self.assertFalse(json.loads(result.out)['at_head'])

    def test_json_of_never_versioned(self):
        """No revision is an empty list."""
        result = self.run_command('current', '-f', 'json')

        self.assertEqual(0, result.code)
        self.assertEqual(
            {'current': [], 'heads': ['003'], 'at_head': False}, json.loads(result.out))

    def test_json_at_head(self):
        """A program sees that it is at head."""
        self.run_command('upgrade', 'head')
        document = json.loads(self.run_command('current', '-f', 'json').out)

        self.assertEqual([{'revision': '003', 'head': True}], document['current'])
        self.assertTrue(document['at_head'])

    def test_verbose(self):
        """The revision's title, parent and file are shown."""
        self.run_command('upgrade', '002')
        result = self.run_command('current', '-v')

        self.assertEqual((0, ''), (result.code, result.err))
        for part in ('002', 'create two', 'Parent: 001', 'acme/versions/002.py'):
            self.assertIn(part, result.out)

    def test_service_without_revisions(self):
        """An empty database is at the head of an empty timeline."""
        for path in (self.directory / 'packages' / 'acme' / 'versions').iterdir():
            path.unlink()
        result = self.run_command('current', '--check')

        self.assertEqual((0, ''), (result.code, result.out))
