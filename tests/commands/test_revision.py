# SPDX-License-Identifier: Apache-2.0
"""``revision``: a new file, its name, its text."""

import json
import pathlib

from tests import base
from tests import databases
from tests import timelines

TEXT = '''"""Create the widgets

Revision ID: 003
Revises: 002
Create Date: {date}
"""

import sqlalchemy as sa
from alembic import op

revision = '003'
down_revision = '002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
'''
MESSAGES = (
    'Say "twice"',
    '"""Quote thrice"""',
    'End with a "',
    'End with a backslash \\',
    r'C:\new\table \N{DASH} \x41 \u0041 \"""',
    "It's ${message} and <%text> in Mako",
    'Use 100 % of {braces} and %(names)s',
    '% for line in Mako:',
    '## A comment in Mako',
    'Grüße, 表, 🎉',
    'Two lines\nof one title',
    'A title\n\nAnd a text\n    with an indentation',
    'Carriage\rreturn',
    '!',
)


class RevisionTests(databases.SQLite, base.CommandTestCase):
    """A revision that follows the head."""

    def setUp(self):
        super().setUp()
        self.folder = self.service(timelines.line('one', 'two')) / 'versions'

    def test_file(self):
        """Its path is on stdout; the number counts on; nothing is left to fill in."""
        result = self.run_command('revision', '-m', 'Create the widgets')

        path = self.folder / '003_create_the_widgets.py'
        self.assertEqual((0, f'{path}\n', ''), (result.code, result.out, result.err))
        text = path.read_text()
        date = text.split('Create Date: ')[1].partition('\n')[0]
        self.assertRegex(date, r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$')
        self.assertEqual(TEXT.format(date=date), text)

    def test_next(self):
        """The new revision is the head, sound, and is applied like any other."""
        self.run_command('revision', '-m', 'Create the widgets')
        check = self.run_command('check_migration')
        history = self.run_command('history', '002:')
        upgrade = self.run_command('upgrade', 'head')

        self.assertEqual((0, '3 revisions, sound, head: 003\n'), (check.code, check.out))
        self.assertIn('002 -> 003 (head), Create the widgets\n', history.out)
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)

    def test_no_message(self):
        """A revision says what it does; nothing is written."""
        for argv in ((), ('-m', ''), ('-m', ' \n'), ('--autogenerate',)):
            result = self.run_command('revision', *argv)
            self.assertEqual(
                (2, '', 'db-manage: error: a revision needs a message: -m MESSAGE\n'),
                (result.code, result.out, result.err))
        self.assertEqual(['001.py', '002.py'], self._files())

    def test_any_message(self):
        """What the message says is what history says, whatever it says."""
        for number, message in enumerate(MESSAGES, 3):
            with self.subTest(message=message):
                result = self.run_command('revision', '-m', message)
                shown = self.run_command('show', 'head', '-f', 'json')

                self.assertEqual((0, ''), (result.code, result.err))
                [revision] = json.loads(shown.out)['revisions']
                title = message.replace('\r', '\n').partition('\n\n')[0]
                self.assertEqual((f'{number:03}', title), (
                    revision['revision'], revision['message']))
        check = self.run_command('check_migration')
        self.assertEqual(0, check.code, check.out)

    def test_message_that_is_no_text(self):
        """A byte of another encoding cannot be written into a file."""
        result = self.run_command('revision', '-m', 'gr\udcfc\udcdfe')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('the message is not text', result.err)
        self.assertEqual(['001.py', '002.py'], self._files())

    def test_long_message(self):
        """The name of the file is cut after a word, the message is whole."""
        words = self.run_command('revision', '-m', 'word ' * 20)
        word = self.run_command('revision', '-m', 'x' * 200)

        self.assertEqual(f'003_{"word_" * 7}word.py\n', words.out.rpartition('/')[2])
        self.assertEqual(f'004_{"x" * 40}.py\n', word.out.rpartition('/')[2])
        self.assertIn('x' * 200, pathlib.Path(word.out.strip()).read_text())

    def test_json(self):
        """The document has the revision, as history has it."""
        result = self.run_command('revision', '-m', 'Create the widgets', '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual({'revision': {
            'revision': '003',
            'down_revisions': ['002'],
            'branch_labels': [],
            'depends_on': [],
            'message': 'Create the widgets',
            'path': str(self.folder / '003_create_the_widgets.py'),
            'head': True,
            'branch_point': False,
            'merge_point': False,
        }}, json.loads(result.out))

    def test_no_database(self):
        """Neither a connection nor models that import are needed for a blank file."""
        self.service({}, {'models.py': 'import nothing_there'},
                     models='acme.models', metadata='acme.models:metadata')
        self.configure(database={'connection': None})
        result = self.run_command('revision', '-m', 'x')

        self.assertEqual((0, ''), (result.code, result.err))

    def _files(self):
        return sorted(path.name for path in self.folder.glob('[!_]*'))


class NumberingTests(databases.SQLite, base.CommandTestCase):
    """The id that is made up, after what the ids are."""

    def test_first(self):
        """Numbers have three digits."""
        self.assertEqual('001_x.py', self._next())

    def test_numbers(self):
        """The greatest one counts, as a number, not as text."""
        self.assertEqual('0100_x.py', self._next('0099', '0009'))
        self.assertEqual('1000_x.py', self._next('999'))
        self.assertEqual('10_x.py', self._next('9'))

    def test_hexadecimal_ids(self):
        """Where ids are no numbers the next one is made up as Alembic does."""
        self.assertRegex(self._next('1a2b3c4d5e6f', '2b3c4d5e6f70'), r'^[0-9a-f]{12}_x\.py$')

    def test_numbers_after_other_ids(self):
        """Where the head is a number, it counts on."""
        self.assertEqual('003_x.py', self._next('1a2b3c4d5e6f', '002'))

    def _next(self, *ids):
        for path in (self.directory / 'packages/acme/versions').glob('*'):
            path.unlink()
        self.service({f'{id_}.py': base.revision_file(id_, down)
                      for id_, down in zip(ids, [None, *ids], strict=False)})
        result = self.run_command('revision', '-m', 'x')
        self.assertEqual((0, ''), (result.code, result.err))
        return pathlib.Path(result.out.strip()).name
