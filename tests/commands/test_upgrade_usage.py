# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` asked for what it cannot do: exit 2, nothing touched."""

import json
import pathlib

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines


class UsageTests(databases.SQLite, base.CommandTestCase):
    """A command line that asks for too little, too much, or to go back."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))

    def test_no_target(self):
        """It says what it takes."""
        self._assert_refused('upgrade takes a revision or --delta N', 'upgrade')

    def test_target_and_delta(self):
        """One of the two is enough."""
        self._assert_refused(
            'upgrade takes a revision or --delta N, not both', 'upgrade', 'head', '--delta', '1')

    def test_delta_of_zero(self):
        """Nothing is asked for."""
        self._assert_refused('--delta 0 asks for nothing', 'upgrade', '--delta', '0')

    def test_steps_of_zero(self):
        """Nothing is asked for, however it is written."""
        self._assert_refused('+0 asks for nothing', 'upgrade', '+0')

    def test_negative_delta(self):
        """There is no downgrade."""
        for number in ('-1', '-5'):
            with self.subTest(number):
                self._assert_refused('there is no downgrade', 'upgrade', '--delta', number)
                self._assert_refused('there is no downgrade', 'upgrade', f'--delta={number}')

    def test_negative_relative_revision(self):
        """There is no downgrade."""
        for target in ('-1', 'head-1', '002-1', 'heads-1', '@-1'):
            with self.subTest(target):
                self._assert_refused('there is no downgrade', 'upgrade', target)

    def test_base(self):
        """There is no downgrade."""
        self._assert_refused('there is no downgrade', 'upgrade', 'base')

    def test_delta_that_is_no_number(self):
        """It names the argument and the value."""
        self._assert_refused(
            "argument --delta: invalid int value: 'two'", 'upgrade', '--delta', 'two')

    def test_range_without_sql(self):
        """A range is for a script."""
        self._assert_refused(
            '001:003: a range FROM:TO goes with --sql alone', 'upgrade', '001:003')

    def test_two_targets(self):
        """One target is enough."""
        self._assert_refused('unrecognized arguments: head', 'upgrade', '001', 'head')

    def test_abbreviated_option(self):
        """An option is written in full: a later one may begin like it."""
        self._assert_refused('unrecognized arguments: --del', 'upgrade', '--del', '1')

    def test_empty_target(self):
        """An empty variable of a script names no revision."""
        self._assert_refused("Can't locate revision ''", 'upgrade', '')

    def test_unknown_revision(self):
        """It names the nearest ids."""
        self._assert_refused(
            "Can't locate revision '0003' (did you mean 003", 'upgrade', '0003')

    def test_steps_from_a_revision_beyond_the_end(self):
        """There is no such revision."""
        for target in ('head+1', 'heads+1', '001+5'):
            with self.subTest(target):
                self._assert_refused(f'cannot upgrade to {target} from base', 'upgrade', target)
        self._assert_refused("Can't locate revision 'nope'", 'upgrade', 'nope+1')

    def test_branch_without_a_revision(self):
        """Nothing stands behind the @."""
        self._assert_refused("Can't locate revision '@'", 'upgrade', '@')

    def test_unknown_branch(self):
        """It names what it does not know."""
        self._assert_refused("Can't locate revision 'nope@head'", 'upgrade', 'nope@head')

    def test_unknown_revision_in_json(self):
        """The document on stdout says the same."""
        result = self.run_command('upgrade', 'nope', '-f', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual(2, result.code)
        self.assertEqual((2, 'usage'), (error['code'], error['name']))
        self.assertIn("Can't locate revision 'nope'", error['message'])
        self.assertIn(error['message'], result.err)

    def test_ambiguous_revision(self):
        """It names the ids that it could mean."""
        self.service({
            'one.py': base.revision_file('cafe01', None),
            'two.py': base.revision_file('cafe02', 'cafe01'),
        })

        self._assert_refused('revision cafe is ambiguous: ', 'upgrade', 'cafe')
        self._assert_refused('cafe01, cafe02', 'upgrade', 'cafe')

    def _assert_refused(self, reason, *argv):
        result = self.run_command(*argv)

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('db-manage: error: ', result.err)
        self.assertIn(reason, result.err)
        self.assertEqual(1, len(result.err.splitlines()))
        self.assertFalse(pathlib.Path(sa.make_url(self.url).database).exists())


class LongIdTests:
    """An id that the version table cannot hold."""

    long = 'a' * 33

    def setUp(self):
        super().setUp()
        self.service({
            'one.py': base.revision_file('one', body=timelines.table('one')),
            'long.py': base.revision_file(self.long, 'one', body=timelines.table('long')),
        })
        self.database = self.engine()

    def test_in_the_plan(self):
        """No revision of the plan is applied, not even one that could be."""
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn(f'revision {self.long} is longer than 32 characters', result.err)
        self.assertIn('long.py', result.err)
        self.assertEqual([], timelines.tables(self.database))
        self.assertIn(timelines.recorded(self.database), (None, []))

    def test_beyond_the_target(self):
        """It is in nobody's way."""
        result = self.run_command('upgrade', 'one')

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def test_in_a_script(self):
        """No statement is written."""
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('is longer than 32 characters', result.err)

    def test_stamp(self):
        """It is not recorded."""
        result = self.run_command('stamp', 'head')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('is longer than 32 characters', result.err)
        self.assertIn(timelines.recorded(self.database), (None, []))

    def test_stamp_in_a_script(self):
        """It is not written."""
        result = self.run_command('stamp', 'head', '--sql')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('is longer than 32 characters', result.err)


class LongIdOnSQLite(LongIdTests, databases.SQLite, base.CommandTestCase):
    """An id that SQLite would take."""


class LongIdOnPostgreSQL(LongIdTests, databases.PostgreSQL, base.CommandTestCase):
    """An id that PostgreSQL would refuse after the revision has run."""


class LongIdOnMariaDB(LongIdTests, databases.MariaDB, base.CommandTestCase):
    """An id that MariaDB would refuse after the revision has run."""
