# SPDX-License-Identifier: Apache-2.0
"""``upgrade``: revisions applied, and what they are asked for by."""

import json

from tests import base
from tests import databases
from tests import timelines


class UpgradeTests:
    """Revisions that succeed."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))
        self.database = self.engine()

    def test_head(self):
        """Every revision is applied and recorded; stdout stays empty."""
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['one', 'three', 'two'], timelines.tables(self.database))
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_progress(self):
        """Each revision has its line: number, id, title, seconds."""
        result = self.run_command('upgrade', 'head')

        lines = [line for line in result.err.splitlines() if line.startswith('[')]
        self.assertEqual(3, len(lines), result.err)
        self.assertRegex(lines[1], r'^\[2/3\] 002 create two \.\.\. \d+\.\d s$')
        self.assertRegex(result.err, r'\n3 revisions in \d+\.\d s\n\Z')

    def test_progress_of_one(self):
        """The line of a single revision is the total."""
        result = self.run_command('upgrade', '+1')

        self.assertRegex(result.err, r'\A\[1/1\] 001 create one \.\.\. \d+\.\d s\n\Z')

    def test_title_of_two_lines(self):
        """It is one line in what is said of a run, before it too."""
        self.service({'003.py': base.revision_file('003', '002', 'pass', 'Break\n  the rest')})
        self.run_command('upgrade', '002')
        for argv, line in (
            (['plan', 'head'], '003 Break the rest'), (['status'], '  003 Break the rest'),
        ):
            with self.subTest(argv):
                self.assertIn(line, self.run_command(*argv).out.splitlines())
        result = self.run_command('upgrade', 'head', '-f', 'json')

        self.assertIn('[1/1] 003 Break the rest ... ', result.err)
        self.assertEqual('Break the rest', json.loads(result.out)['applied'][0]['message'])

    def test_already_applied(self):
        """It says so, and changes nothing."""
        self.run_command('upgrade', 'head')
        before = databases.snapshot(self.database)
        result = self.run_command('upgrade', 'head')

        said = 'nothing to do: the database is at 003 already\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))
        self.assertEqual(before, databases.snapshot(self.database))

    def test_in_parts(self):
        """A run goes on where the one before has stopped."""
        self.run_command('upgrade', '001')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['one', 'three', 'two'], timelines.tables(self.database))
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_json(self):
        """The document says from where to where, and what was applied."""
        self.run_command('upgrade', '001')
        result = self.run_command('upgrade', 'head', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual(0, result.code, result.err)
        self.assertEqual(['from', 'to', 'changed', 'applied'], list(document))
        self.assertEqual(
            (['001'], ['003'], True), (document['from'], document['to'], document['changed'])
        )
        applied = [(one['revision'], one['message']) for one in document['applied']]
        self.assertEqual([('002', 'create two'), ('003', 'create three')], applied)
        for one in document['applied']:
            self.assertEqual(
                ['revision', 'message', 'seconds', 'statements', 'retries', 'resumed'], list(one))
            self.assertEqual((0, False), (one['retries'], one['resumed']))
            self.assertIsInstance(one['seconds'], float)
            # The table, and the row of the version: nothing of the runner's own.
            self.assertEqual(2, one['statements'])

    def test_json_already_applied(self):
        """The document says that nothing has changed."""
        self.run_command('upgrade', 'head')
        result = self.run_command('upgrade', 'head', '-f', 'json')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual(
            {'from': ['003'], 'to': ['003'], 'changed': False, 'applied': []},
            json.loads(result.out),
        )


class UpgradeOnSQLite(UpgradeTests, databases.SQLite, base.CommandTestCase):
    """Revisions on SQLite."""


class UpgradeOnPostgreSQL(UpgradeTests, databases.PostgreSQL, base.CommandTestCase):
    """Revisions on PostgreSQL."""


class UpgradeOnMariaDB(UpgradeTests, databases.MariaDB, base.CommandTestCase):
    """Revisions on MariaDB."""


class TargetTests(databases.SQLite, base.CommandTestCase):
    """What ``upgrade`` goes to."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three', 'four'))
        self.database = self.engine()

    def test_revision(self):
        """The revisions up to an id are applied."""
        self._assert_upgraded('002', 'upgrade', '002')

    def test_heads(self):
        """With one head ``heads`` is ``head``."""
        self._assert_upgraded('004', 'upgrade', 'heads')

    def test_steps(self):
        """``+N`` counts from where the database is."""
        self.run_command('upgrade', '001')

        self._assert_upgraded('003', 'upgrade', '+2')

    def test_steps_from_nothing(self):
        """``+N`` counts from the first revision on an empty database."""
        self._assert_upgraded('002', 'upgrade', '+2')

    def test_delta(self):
        """``--delta N`` is ``+N``."""
        self.run_command('upgrade', '001')

        self._assert_upgraded('003', 'upgrade', '--delta', '2')

    def test_steps_from_a_revision(self):
        """``REV+N`` counts from a revision, wherever the database is."""
        self._assert_upgraded('003', 'upgrade', '001+2')

    def test_steps_beyond_the_end(self):
        """More steps than there are revisions: none is taken, and it says so."""
        self.run_command('upgrade', '002')
        result = self.run_command('upgrade', '+3')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertRegex(result.err, r'error: cannot upgrade to \+3 .*2 revisions are left')
        self.assertEqual(1, len(result.err.splitlines()))
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_steps_at_the_end(self):
        """A step from the head has nothing to do."""
        self.run_command('upgrade', 'head')
        result = self.run_command('upgrade', '--delta', '1')

        said = 'nothing to do: the database is at 004 already\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def test_ancestor(self):
        """The database is past it: that is said, and nothing is done."""
        self.run_command('upgrade', '003')
        result = self.run_command('upgrade', '001')

        said = 'nothing to do: the database is past 001 already, at 003\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_no_revisions(self):
        """A service without revisions has nothing to do."""
        for path in (self.directory / 'packages' / 'acme' / 'versions').iterdir():
            path.unlink()
        result = self.run_command('upgrade', 'head')

        said = 'nothing to do: the database is at no revision already\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def _assert_upgraded(self, revision, *argv):
        result = self.run_command(*argv)

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([revision], timelines.recorded(self.database))
        self.assertEqual(int(revision), len(timelines.tables(self.database)))
