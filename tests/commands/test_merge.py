# SPDX-License-Identifier: Apache-2.0
"""``merge``: a revision file that joins several heads."""

import json

from tests import base
from tests import databases
from tests import stock
from tests import timelines


class MergeTests(databases.SQLite, base.CommandTestCase):
    """Two heads, 002 and 004."""

    def setUp(self):
        super().setUp()
        self.folder = self.service(stock.BRANCHES) / 'versions'

    def test_two_heads(self):
        """The path is printed; the timeline has one head then, and is sound."""
        before = self.run_command('check_migration')
        result = self.run_command('merge', '002', '004', '-m', 'Join the branches')
        after = self.run_command('check_migration')

        self.assertEqual(3, before.code)
        self.assertEqual((0, f'{self.folder}/005_join_the_branches.py\n', ''),
                         (result.code, result.out, result.err))
        self.assertEqual((0, '5 revisions, sound, head: 005\n'), (after.code, after.out))

    def test_upgrade(self):
        """A database at both heads comes to the new one."""
        self.run_command('upgrade', 'heads')
        self.run_command('merge', 'heads')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['005'], timelines.recorded(self.engine()))

    def test_heads(self):
        """``heads`` stands for all of them; the message says what was merged."""
        result = self.run_command('merge', 'heads', '-f', 'json')

        revision = json.loads(result.out)['revision']
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(
            (['002', '004'], 'merge heads', True),
            (revision['down_revisions'], revision['message'], revision['merge_point']))

    def test_message_by_default(self):
        """It names the revisions as the command line does."""
        result = self.run_command('merge', '004', '002')
        shown = self.run_command('show', 'head')

        self.assertEqual((0, f'{self.folder}/005_merge_004_and_002.py\n'),
                         (result.code, result.out))
        self.assertIn('Merges: 004, 002\n', shown.out)
        self.assertIn('    merge 004 and 002\n', shown.out)

    def test_names_and_dependencies(self):
        """The new one takes an id, labels and dependencies as ``revision`` does."""
        result = self.run_command('merge', 'heads', '--rev-id', 'joined', '--branch-label', 'main',
                                  '--depends-on', '001', '-f', 'json')
        check = self.run_command('check_migration')

        revision = json.loads(result.out)['revision']
        self.assertEqual(
            ('joined', ['main'], ['001']),
            (revision['revision'], revision['branch_labels'], revision['depends_on']))
        self.assertEqual(0, check.code, check.out)

    def test_labelled_branches(self):
        """A head is named by its branch, too."""
        self.service(timelines.fork())
        for path in self.folder.glob('00*.py'):
            path.unlink()
        result = self.run_command('merge', 'apples@head', 'pears@head', '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(['apple2', 'pear1'], json.loads(result.out)['revision']['down_revisions'])

    def test_version_path(self):
        """The file goes to the folder that is named."""
        folder = self.directory / 'elsewhere'
        folder.mkdir()
        result = self.run_command('merge', 'heads', '-m', 'x', '--version-path', str(folder))

        self.assertEqual((0, f'{folder}/005_x.py\n'), (result.code, result.out))

    def test_no_head(self):
        """What another revision follows cannot be merged."""
        self._assert_refused('003 is not a head; name one of 002, 004', '002', '003')

    def test_unknown(self):
        """Nor can what is not there."""
        self._assert_refused("Can't locate revision 'xyz'", '002', 'xyz')

    def test_one_head(self):
        """One head, or the same one twice, is no merge."""
        reason = 'a merge takes two heads or more; the heads are 002, 004'
        self._assert_refused(reason, '002')
        self._assert_refused(reason, '002', '002')

    def test_nothing_to_merge(self):
        """``heads`` of a timeline with one head is one head."""
        self.run_command('merge', 'heads')

        self._assert_refused('a merge takes two heads or more; the heads are 005', 'heads')

    def test_id_that_is_taken(self):
        """The id is free, or the file is not written."""
        self._assert_refused(
            'there is a revision or a branch 001 already', '002', '004', '--rev-id', '001')

    def test_no_revision(self):
        """They must be named."""
        self._assert_refused(
            'the following arguments are required: REV (see db-manage merge --help)')

    def _assert_refused(self, reason, *argv):
        before = sorted(self.folder.iterdir())
        result = self.run_command('merge', *argv)
        self.assertEqual((2, '', f'db-manage: error: {reason}\n'),
                         (result.code, result.out, result.err))
        self.assertEqual(before, sorted(self.folder.iterdir()))
