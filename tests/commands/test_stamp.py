# SPDX-License-Identifier: Apache-2.0
"""``stamp``: a revision recorded, nothing applied."""

import json
import pathlib

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines


class StampTests:
    """What is recorded on each kind of database."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))
        self.database = self.engine()

    def test_empty_database(self):
        """The revision is recorded, and no table is created."""
        result = self.run_command('stamp', '002')

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))
        self.assertEqual(['002'], timelines.recorded(self.database))
        self.assertEqual([], timelines.tables(self.database))

    def test_forward(self):
        """The recorded revision moves, and no table is created."""
        self.run_command('upgrade', '001')
        result = self.run_command('stamp', '003')

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))
        self.assertEqual(['003'], timelines.recorded(self.database))
        self.assertEqual(['one'], timelines.tables(self.database))

    def test_back(self):
        """The recorded revision moves, and no table is dropped."""
        self.run_command('upgrade', 'head')
        result = self.run_command('stamp', '001')

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))
        self.assertEqual(['001'], timelines.recorded(self.database))
        self.assertEqual(['one', 'three', 'two'], timelines.tables(self.database))

    def test_base(self):
        """No revision is recorded any more."""
        self.run_command('upgrade', 'head')
        result = self.run_command('stamp', 'base')

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))
        self.assertEqual([], timelines.recorded(self.database))

    def test_purge(self):
        """A revision that this code does not have is forgotten."""
        timelines.record(self.database, 'f00d')
        result = self.run_command('stamp', '--purge', '002')

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_revision_not_in_the_code(self):
        """Without --purge it is not overwritten; the message names it."""
        timelines.record(self.database, 'f00d')
        result = self.run_command('stamp', '002')

        self.assertEqual((7, ''), (result.code, result.out))
        self.assertIn('f00d', result.err)
        self.assertEqual(['f00d'], timelines.recorded(self.database))


class StampOnSQLite(StampTests, databases.SQLite, base.CommandTestCase):
    """What is recorded on SQLite."""


class StampOnPostgreSQL(StampTests, databases.PostgreSQL, base.CommandTestCase):
    """What is recorded on PostgreSQL."""


class StampOnMariaDB(StampTests, databases.MariaDB, base.CommandTestCase):
    """What is recorded on MariaDB."""


class NameTests(databases.SQLite, base.CommandTestCase):
    """What names a revision to ``stamp``: more than a prefix."""

    def setUp(self):
        super().setUp()
        self.service(timelines.fork())
        self.database = self.engine()

    def test_heads(self):
        """All heads are recorded."""
        self._assert_recorded(['apple2', 'pear1'], 'heads')

    def test_label(self):
        """The label of a branch is its first revision."""
        self._assert_recorded(['apple1'], 'apples')

    def test_head_of_a_branch(self):
        """``BRANCH@head`` is the branch's last revision."""
        self._assert_recorded(['apple2'], 'apples@head')

    def test_one_of_two_branches(self):
        """The other branch stays recorded."""
        self.run_command('stamp', 'heads')

        self._assert_recorded(['apple1', 'pear1'], 'apple1')

    def test_head_of_several(self):
        """Which one is meant is asked, by name."""
        self._assert_refused('there are several heads: apple2 (apples@head), pear1', 'head')

    def test_prefix(self):
        """A prefix would be a guess; the nearest ids are named."""
        self._assert_refused("Can't locate revision 'pear' (did you mean pear1", 'pear')

    def test_unknown(self):
        """The nearest ids are named."""
        self._assert_refused("Can't locate revision 'apple3' (did you mean apple", 'apple3')

    def test_relative(self):
        """A step is an upgrade, or a downgrade."""
        for name in ('+1', '-1', 'apple2-1', 'apples@+1'):
            with self.subTest(name):
                self._assert_refused(f"Can't locate revision '{name}'", name)

    def test_empty(self):
        """An empty variable of a script does not forget the revision."""
        self._assert_refused("Can't locate revision ''", '')

    def test_range(self):
        """A range is for a script."""
        self._assert_refused("Can't locate revision 'base1:apple1'", 'base1:apple1')

    def test_no_revision(self):
        """It is required."""
        result = self.run_command('stamp')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('the following arguments are required: REV', result.err)

    def test_json(self):
        """The document says from where to where."""
        self.run_command('stamp', 'base1')
        result = self.run_command('stamp', 'pears@head', '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(
            {'from': ['base1'], 'to': ['pear1'], 'changed': True}, json.loads(result.out))

    def test_again(self):
        """Nothing changes."""
        self.run_command('stamp', 'heads')
        result = self.run_command('stamp', 'heads', '-f', 'json')

        self.assertEqual(0, result.code)
        self.assertFalse(json.loads(result.out)['changed'])

    def _assert_recorded(self, revisions, name):
        result = self.run_command('stamp', name)

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))
        self.assertEqual(revisions, timelines.recorded(self.database))

    def _assert_refused(self, reason, name):
        result = self.run_command('stamp', name)

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn(reason, result.err)
        self.assertEqual(1, len(result.err.splitlines()))
        self.assertFalse(pathlib.Path(sa.make_url(self.url).database).exists())


class ScriptTests(databases.SQLite, base.CommandTestCase):
    """``stamp --sql``; the script is run in ``test_upgrade_sql_client``."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))

    def test_revision(self):
        """It creates the version's table and records; the database is not made."""
        result = self.run_command('stamp', '002', '--sql')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('CREATE TABLE IF NOT EXISTS alembic_version', result.out)
        self.assertIn("INSERT INTO alembic_version (version_num) VALUES ('002')", result.out)
        self.assertNotIn('CREATE TABLE one', result.out)
        self.assertFalse(pathlib.Path(sa.make_url(self.url).database).exists())

    def test_range(self):
        """``FROM:TO`` moves the recorded revision."""
        result = self.run_command('stamp', '001:003', '--sql')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn(
            "UPDATE alembic_version SET version_num='003' "
            "WHERE alembic_version.version_num = '001';", result.out)

    def test_range_to_base(self):
        """The recorded revision is forgotten."""
        result = self.run_command('stamp', '003:base', '--sql')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn(
            "DELETE FROM alembic_version WHERE alembic_version.version_num = '003';", result.out)

    def test_from_current(self):
        """``current`` is asked of the database."""
        self.run_command('upgrade', '002')
        result = self.run_command('stamp', 'current:003', '--sql')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn("version_num = '002'", result.out)

    def test_nothing_to_record(self):
        """An empty script is refused."""
        for span in ('base', '002:002'):
            with self.subTest(span):
                self._assert_refused(f'{span}: nothing would be recorded', span, '--sql')

    def test_prefix(self):
        """A prefix would be a guess here too."""
        self._assert_refused("Can't locate revision '00'", '00', '--sql')

    def test_purge(self):
        """What is to be purged only the database knows."""
        self._assert_refused('--purge needs the database', '002', '--sql', '--purge')

    def _assert_refused(self, reason, *argv):
        result = self.run_command('stamp', *argv)

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn(reason, result.err)
        self.assertEqual(1, len(result.err.splitlines()))
