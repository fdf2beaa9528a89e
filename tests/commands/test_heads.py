# SPDX-License-Identifier: Apache-2.0
"""``heads``: the newest revision of each branch."""

import json

from tests import base
from tests import databases
from tests import stock
from tests import timelines


class HeadsTextTests(stock.SameTextTests, databases.SQLite, base.CommandTestCase):
    """The text, against that of ``alembic heads``."""

    def calls(self, timeline):
        return {('heads',): {}, ('heads', '-v'): {'verbose': True}}


class HeadsTests(databases.SQLite, base.CommandTestCase):
    """What a script reads."""

    def test_several(self):
        """A line for each, sorted by id, with the labels of its branch."""
        self.service(timelines.fork())
        result = self.run_command('heads')

        self.assertEqual(
            (0, 'apple2 (apples) (head)\npear1 (pears) (head)\n', ''),
            (result.code, result.out, result.err))

    def test_json(self):
        """The document has the heads, in the same order."""
        self.service(timelines.fork())
        result = self.run_command('heads', '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual({'revisions': [
            self._head('apple2', 'apple1', 'apples', 'create apple_two'),
            self._head('pear1', 'base1', 'pears', 'create pear_one'),
        ]}, json.loads(result.out))

    def test_no_database(self):
        """No connection is needed."""
        self.service(timelines.line('one'))
        self.configure(database={'connection': None})
        result = self.run_command('heads')

        self.assertEqual((0, '001 (head)\n', ''), (result.code, result.out, result.err))

    def test_broken_timeline(self):
        """What is no graph has no heads."""
        self.service(timelines.line('one') | {'002.py': base.revision_file('002', '000')})
        result = self.run_command('heads')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertRegex(
            result.err, r'error: \S+/002\.py: revision 002 follows 000, which is not there; '
            r'see check_migration\n$')

    def _head(self, revision, parent, label, message):
        return {
            'revision': revision,
            'down_revisions': [parent],
            'branch_labels': [label],
            'depends_on': [],
            'message': message,
            'path': str(self.directory / f'packages/acme/versions/{revision}.py'),
            'head': True,
            'branch_point': False,
            'merge_point': False,
        }
