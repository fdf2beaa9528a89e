# SPDX-License-Identifier: Apache-2.0
"""``show``: what is known of a revision."""

import json

from tests import base
from tests import databases
from tests import stock
from tests import timelines


class ShowTextTests(stock.SameTextTests, databases.SQLite, base.CommandTestCase):
    """The text, against that of ``alembic show``."""

    def calls(self, timeline):
        names = [name.removesuffix('.py') for name in timeline]
        if timeline is stock.LABELS:
            names += ['side', 'trunk', 'side@head', 'other@head']
        return {('show', name): {'rev': name} for name in [*names, 'heads', 'base']}


class ShowTests(databases.SQLite, base.CommandTestCase):
    """What names a revision, and what does not."""

    def test_head(self):
        """The one head is shown, with its file and its text."""
        self.service(timelines.line('one', 'two'))
        result = self.run_command('show', 'head')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual([
            'Rev: 002 (head)',
            'Parent: 001',
            f'Path: {self.directory}/packages/acme/versions/002.py',
            '',
            '    create two',
            '',
        ], result.out.splitlines())

    def test_abbreviated_id(self):
        """What an id begins with is enough."""
        self.service({'1a2b3c4d.py': base.revision_file('1a2b3c4d')})
        result = self.run_command('show', '1a2b')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('Rev: 1a2b3c4d (head)\n', result.out)

    def test_ambiguous_id(self):
        """What several ids or labels begin with is refused, and they are named."""
        self.service(timelines.fork())
        ids = self.run_command('show', 'apple')
        label = self.run_command('show', 'pear')

        self.assertEqual((2, ''), (ids.code, ids.out))
        self.assertEqual('db-manage: error: revision apple is ambiguous: '
                         'apple1, apple2, apples ...\n', ids.err)
        self.assertEqual('db-manage: error: revision pear is ambiguous: pear1, pears ...\n',
                         label.err)

    def test_unknown_id(self):
        """The nearest ids are named."""
        self.service(timelines.fork())
        result = self.run_command('show', 'aple1')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual("db-manage: error: Can't locate revision 'aple1' "
                         '(did you mean apple1, apples, apple2?)\n', result.err)

    def test_unknown_id_with_json(self):
        """The error is a document; it is told to the person all the same."""
        self.service(timelines.fork())
        result = self.run_command('show', 'xyz', '-f', 'json')

        self.assertEqual(2, result.code)
        self.assertEqual({'error': {
            'code': 2, 'name': 'usage', 'message': "Can't locate revision 'xyz'",
        }}, json.loads(result.out))
        self.assertEqual("db-manage: error: Can't locate revision 'xyz'\n", result.err)

    def test_several_heads(self):
        """``head`` is none of them; each is named, with its label."""
        self.service(timelines.fork())
        result = self.run_command('show', 'head')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(
            'db-manage: error: there are several heads: apple2 (apples@head), pear1 (pears@head); '
            'name one, or say heads for all of them\n', result.err)

    def test_unknown_branch(self):
        """A branch that is not there has no head."""
        self.service(timelines.fork())
        result = self.run_command('show', 'plums@head')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn("Can't locate revision 'plums@head'", result.err)

    def test_relative_revision(self):
        """There is no revision to count from: exit 2, no traceback."""
        self.service(timelines.fork())
        for name in ('+1', 'head+1', 'apples@+1'):
            result = self.run_command('show', name)
            self.assertEqual((2, ''), (result.code, result.out), result.err)
            self.assertEqual(1, len(result.err.splitlines()), result.err)

    def test_without_a_revision(self):
        """One must be named."""
        result = self.run_command('show')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual('db-manage: error: the following arguments are required: REV '
                         '(see db-manage show --help)\n', result.err)

    def test_json(self):
        """The document has the revision, as history has it."""
        self.service(stock.LABELS)
        result = self.run_command('show', '004', '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual({'revisions': [{
            'revision': '004',
            'down_revisions': ['003'],
            'branch_labels': ['main', 'side', 'trunk'],
            'depends_on': ['002'],
            'message': '004',
            'path': str(self.directory / 'packages/acme/versions/004.py'),
            'head': True,
            'branch_point': False,
            'merge_point': False,
        }]}, json.loads(result.out))

    def test_broken_revision_file(self):
        """A file that can be read is shown; it is not run for that."""
        text = base.revision_file('001', message='Import what is not there')
        self.service({'001.py': text.replace('import sqlalchemy', 'import nothing_there')})
        result = self.run_command('show', '001')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('    Import what is not there\n', result.out)
