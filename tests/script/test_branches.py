# SPDX-License-Identifier: Apache-2.0
"""Scripts of timelines that have branches."""

import pathlib

from tests import base
from tests import databases
from tests import timelines
from tests.script import scripts


class BranchTests:
    """Two branches that follow one base, and a third one that depends on the first."""

    def setUp(self):
        super().setUp()
        self.service(timelines.fork(
            **{'jobs1.py': base.revision_file(
                'Jobs1', None, timelines.table('jobs'), branch_labels=('jobs',),
                depends_on='apple1')}))

    def test_heads(self):
        """All branches are in one script."""
        self._compare('heads')

        self.assertEqual(['Jobs1', 'apple2', 'pear1'], self.recorded())

    def test_branch(self):
        """A script of one branch leaves the other one out."""
        self._compare('pears@head')

        self.assertEqual(['pear1'], self.recorded())

    def test_dependency(self):
        """What a revision depends on comes before it."""
        self._compare('jobs@head')

        self.assertEqual(['Jobs1'], self.recorded())

    def test_several_heads(self):
        """A database at several heads is taken to more of them, whatever their case."""
        self.upgrade('pears@head')
        self.upgrade('jobs@head')
        script = self.script('current:apples@head')
        self.run_script(script)
        said = self.refuse(script)

        self.assertEqual(['Jobs1', 'apple2', 'pear1'], self.recorded())
        self.assertIn('this script goes on from Jobs1, pear1, but the database is at '
                      'Jobs1, apple2, pear1', said)
        self.assertIn('upgrade current:apples@head --sql writes the right script', said)

    def test_one_of_several_heads(self):
        """A script from one of them does not fit."""
        self.upgrade('heads')
        said = self.refuse(self.script('apple1:apple2'))

        self.assertIn('goes on from apple1, but the database is at Jobs1, apple2, pear1', said)

    def test_merge(self):
        """Heads become one."""
        self.service({'fruit.py': base.revision_file('fruit', ('apple2', 'pear1'))})
        self.upgrade('apple2')
        self.upgrade('pear1')
        self.run_script(self.script('current:fruit'))

        self.assertEqual(['fruit'], self.recorded())

    def test_split(self):
        """Each file goes on from what the ones before it lead to."""
        self.upgrade('apple1')
        folder = self.directory / 'change'
        result = self.run_command('upgrade', 'current:heads', '--sql', '--split', str(folder))
        for path in result.out.splitlines():
            self.run_script(pathlib.Path(path).read_text('utf-8'))

        self.assertEqual(['Jobs1', 'apple2', 'pear1'], self.recorded())

    def test_stamp(self):
        """Several heads are recorded, and one of them is moved on."""
        self.run_script(self.script('heads', command='stamp'))
        self.assertEqual(['Jobs1', 'apple2', 'pear1'], self.recorded())

        self.run_script(self.script('current:base', command='stamp'))
        self.assertEqual([], self.recorded())

        self.run_script(self.script('apple1', command='stamp'))
        self.run_script(self.script('apple1:pear1', command='stamp'))
        self.assertEqual(['apple1', 'pear1'], self.recorded())

    def _compare(self, target):
        self.upgrade(target)
        online = self.found()
        self.use_another_database()
        self.run_script(self.script(target))
        self.assertEqual(online, self.found())


class BranchesOnSQLite(BranchTests, databases.SQLite, scripts.ScriptTestCase):
    """Branches in sqlite3."""


class BranchesOnPostgreSQL(BranchTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """Branches in psql."""


class BranchesOnMariaDB(BranchTests, databases.MariaDB, scripts.ScriptTestCase):
    """Branches in mariadb."""
