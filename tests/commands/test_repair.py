# SPDX-License-Identifier: Apache-2.0
"""``repair``: what is shown of a partly applied revision, and what is chosen."""

import json

from tests import base
from tests import databases
from tests import killed
from tests import timelines

SHOWN = """\
002:1 done  CREATE TABLE two ( id INTEGER NOT NULL AUTO_INCREMENT, PRIMARY KEY (id) )
002:2 done  INSERT INTO two VALUES (1)
002:3 begun  ALTER TABLE two ADD COLUMN n INTEGER
"""
CHOICES = [
    'run upgrade again: it resumes where it can',
    'repair --resume: go on, though the file, or what it reads, has changed since',
    'repair --mark-done 002:3: statement 3 was done, skip it',
    'repair --redo 002:3: run statement 3 and what follows again',
    'repair --mark-applied 002: all of it is done, record it',
    'repair --forget 002: nothing of it is left, begin anew',
]
NOTHING = 'nothing is partly applied\n'


class ShowTests(killed.KilledTestCase):
    """What ``repair`` alone answers."""

    def setUp(self):
        super().setUp()
        self.kill(killed.KILLED)

    def test_text(self):
        """A line for each statement, then one for each choice."""
        result = self.run_command('repair')

        shown = SHOWN + '\n'.join([*CHOICES, ''])
        self.assertEqual((0, shown, ''), (result.code, result.out, result.err))

    def test_json(self):
        """The statements in full, and who ran them."""
        result = self.run_command('repair', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual(['partly_applied', 'choices'], list(document))
        self.assertEqual(CHOICES, document['choices'])
        last = document['partly_applied'][-1]
        self.assertEqual(['revision', 'number', 'done', 'statement', 'runner'], list(last))
        self.assertEqual(
            ['002', 3, False, 'ALTER TABLE two ADD COLUMN n INTEGER'], list(last.values())[:4])
        self.assertRegex(last['runner'], r'^\S+ process \d+$')

    def test_nothing_is_changed(self):
        """It may be looked at as often as one likes."""
        self.run_command('repair')
        result = self.run_command('repair')

        self.assertIn(SHOWN, result.out)
        self.assertEqual([1, 2, 3], self.journal())

    def test_other_commands_refuse(self):
        """A stamp would hide what is half-done, and the rows come after it."""
        stamp = self.run_command('stamp', '003')
        populate = self.run_command('populate')

        said = 'db-manage: error: revision 002 is partly applied; see repair\n'
        self.assertEqual((6, '', said), (stamp.code, stamp.out, stamp.err))
        self.assertEqual((3, ''), (populate.code, populate.out))
        self.assertEqual(['001'], timelines.recorded(self.database))


class NothingTests:
    """No revision is partly applied."""

    def test_show(self):
        """That is said, and is no failure."""
        self.service(timelines.line('one'))
        before = self.run_command('repair')
        self.run_command('upgrade', 'head')
        after = self.run_command('repair', '-f', 'json')

        self.assertEqual((0, '', NOTHING), (before.code, before.out, before.err))
        self.assertEqual((0, NOTHING), (after.code, after.err))
        self.assertEqual({'partly_applied': [], 'choices': []}, json.loads(after.out))

    def test_resume(self):
        """There is nothing to resume."""
        self.service(timelines.line('one'))
        result = self.run_command('repair', '--resume')

        self.assertEqual((0, '', NOTHING), (result.code, result.out, result.err))

    def test_choice(self):
        """What is chosen is not there: the command line is wrong."""
        self.service(timelines.line('one'))
        result = self.run_command('repair', '--forget', '001')

        said = 'db-manage: error: 001 is not in the journal; repair shows what is\n'
        self.assertEqual((2, '', said), (result.code, result.out, result.err))


class NothingOnSQLite(NothingTests, databases.SQLite, base.CommandTestCase):
    """Nothing is ever partly applied on SQLite."""


class NothingOnPostgreSQL(NothingTests, databases.PostgreSQL, base.CommandTestCase):
    """Nothing is in a journal on PostgreSQL."""


class NothingOnMariaDB(NothingTests, databases.MariaDB, base.CommandTestCase):
    """Nothing is in the journal on MariaDB."""


class UsageTests(killed.KilledTestCase):
    """A choice that is wrong changes nothing."""

    def setUp(self):
        super().setUp()
        self.kill(killed.KILLED)

    def test_two_choices(self):
        """One at a time."""
        self._assert_refused('repair does one thing at a time',
                             '--redo', '002:3', '--forget', '002')

    def test_resume_and_a_choice(self):
        """One at a time."""
        self._assert_refused('repair does one thing at a time', '--resume', '--forget', '002')

    def test_no_number(self):
        """A statement needs its number."""
        for choice in ('--mark-done', '--redo'):
            for place in ('002', '002:', '002:three', '002:-3', ':3'):
                self._assert_refused(f"'{place}' is not of the form REV:N", f'{choice}={place}')

    def test_number_too_many(self):
        """All of a revision is chosen without one."""
        for choice in ('--mark-applied', '--forget'):
            self._assert_refused("'002:3' is not of the form REV", choice, '002:3')

    def test_statement_that_is_not_there(self):
        """It is named."""
        self._assert_refused('002:9 is not in the journal', '--redo', '002:9')

    def test_revision_that_is_not_begun(self):
        """It is named."""
        self._assert_refused('003 is not in the journal', '--mark-applied', '003')

    def _assert_refused(self, why, *choice):
        result = self.run_command('repair', *choice)

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn(f'error: {why}', result.err)
        self.assertEqual(1, len(result.err.splitlines()))
        self.assertEqual([1, 2, 3], self.journal())
