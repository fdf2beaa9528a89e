# SPDX-License-Identifier: Apache-2.0
"""``revision --rev-id --head --branch-label --depends-on``: the new one's place."""

import json

from tests import base
from tests import databases
from tests import timelines


class PlaceTestCase(databases.SQLite, base.CommandTestCase):
    """A test on a timeline with the branches apples and pears."""

    def setUp(self):
        super().setUp()
        self.folder = self.service(timelines.fork()) / 'versions'
        self.files = sorted(self.folder.glob('[!_]*'))

    def write(self, *argv):
        """Return the JSON object of the revision that is written."""
        result = self.run_command('revision', '-m', 'x', '-f', 'json', *argv)
        self.assertEqual((0, ''), (result.code, result.err))
        written = json.loads(result.out)['revision']
        shown = self.run_command('show', written['revision'], '-f', 'json')
        self.assertEqual(0, shown.code, shown.err)
        return json.loads(shown.out)['revisions'][0]

    def assert_refused(self, reason, *argv):
        """Fail unless that is the reason, and no file is written."""
        result = self.run_command('revision', '-m', 'x', *argv)
        self.assertEqual((2, '', f'db-manage: error: {reason}\n'),
                         (result.code, result.out, result.err))
        self.assertEqual(self.files, sorted(self.folder.glob('[!_]*')))


class RevIdTests(PlaceTestCase):
    """The id that the command line gives."""

    def test_id(self):
        """It is the id, and what the file's name begins with."""
        written = self.write('--rev-id', 'pear2', '--head', 'pear1')

        self.assertEqual(('pear2', str(self.folder / 'pear2_x.py')),
                         (written['revision'], written['path']))

    def test_taken(self):
        """Neither a revision's id nor a branch's label is free."""
        for name in ('apple1', 'pears'):
            self.assert_refused(f'there is a revision or a branch {name} already',
                                '--rev-id', name, '--head', 'apple2')

    def test_impossible(self):
        """What has a meaning, or no place in a file's name, is no id."""
        for name in ('head', 'heads', 'base', 'current', '', 'a-1', 'a+1', 'a@b', 'a/b', '../a',
                     'a b', 'a:b', '.a'):
            self.assert_refused(f'{name!r} cannot be the name of a revision or a branch',
                                f'--rev-id={name}', '--head', 'apple2')

    def test_too_long(self):
        """The version table holds 32 characters."""
        self.write('--rev-id', 'x' * 32, '--head', 'apple2')
        self.files = sorted(self.folder.glob('[!_]*'))

        self.assert_refused(f"'{'x' * 33}' is longer than 32 characters",
                            '--rev-id', 'x' * 33, '--head', 'pear1')

    def test_file_that_is_there(self):
        """A file of that name is not written over."""
        path = self.folder / 'pear2_x.py'
        path.write_text(base.revision_file('other', 'apple2'))
        self.files = sorted(self.folder.glob('[!_]*'))
        before = path.read_text()

        self.assert_refused(f'{path} is there already', '--rev-id', 'pear2', '--head', 'pear1')
        self.assertEqual(before, path.read_text())


class HeadTests(PlaceTestCase):
    """The revision that the new one follows."""

    def test_several_heads(self):
        """Where there are several, one must be named."""
        self.assert_refused('there are several heads: apple2 (apples@head), pear1 (pears@head); '
                            'name one, or say heads for all of them')

    def test_id(self):
        """A head is named by its id."""
        self.assertEqual(['pear1'], self.write('--head', 'pear1')['down_revisions'])

    def test_branch(self):
        """A head is named by its branch, whose label the new one has."""
        written = self.write('--head', 'apples@head')

        self.assertEqual((['apple2'], ['apples']),
                         (written['down_revisions'], written['branch_labels']))

    def test_base(self):
        """The new one follows none, and is a base."""
        self.assertEqual([], self.write('--head', 'base')['down_revisions'])

    def test_heads(self):
        """The new one follows them all."""
        written = self.write('--head', 'heads')

        self.assertEqual((['apple2', 'pear1'], True),
                         (written['down_revisions'], written['merge_point']))

    def test_no_head(self):
        """A revision that another one follows is refused: it would begin a branch."""
        self.assert_refused('apple1 is not a head; name one of apple2, pear1', '--head', 'apple1')

    def test_unknown(self):
        """The nearest ids are named."""
        self.assert_refused("Can't locate revision 'pear2' (did you mean pears, pear1, head?)",
                            '--head', 'pear2')


class BranchLabelTests(PlaceTestCase):
    """The name of the branch that the new one begins."""

    def test_labels(self):
        """There may be several."""
        written = self.write('--head', 'base', '--branch-label', 'plums', '--branch-label', 'figs')
        again = self.write('--head', 'plums@head')

        self.assertEqual(['figs', 'plums'], written['branch_labels'])
        self.assertEqual([written['revision']], again['down_revisions'])

    def test_taken(self):
        """Neither a branch's label nor a revision's id is free."""
        for name in ('pears', 'apple1'):
            self.assert_refused(f'there is a revision or a branch {name} already',
                                '--head', 'base', '--branch-label', name)

    def test_twice(self):
        """One name is for one thing, among the new ones too."""
        self.assert_refused('figs would be the name of two things', '--head', 'base',
                            '--branch-label', 'figs', '--branch-label', 'figs')
        self.assert_refused('figs would be the name of two things', '--head', 'base',
                            '--rev-id', 'figs', '--branch-label', 'figs')

    def test_impossible(self):
        """What has a meaning in BRANCH@head is no label."""
        for name in ('head', 'a@b', 'a-1', '+1', ''):
            self.assert_refused(f'{name!r} cannot be the name of a revision or a branch',
                                '--head', 'base', f'--branch-label={name}')


class DependsOnTests(PlaceTestCase):
    """What must be applied before the new one."""

    def test_ids_and_labels(self):
        """Ids are written in full, labels stay labels."""
        written = self.write('--head', 'pear1', '--depends-on', 'apple1', '--depends-on', 'apples')
        upgrade = self.run_command('upgrade', 'pears@head')

        self.assertEqual(['apple1', 'apples'], written['depends_on'])
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)

    def test_head_of_a_branch(self):
        """What is the head today is what is depended on."""
        written = self.write('--head', 'pear1', '--depends-on', 'apples@head')

        self.assertEqual(['apple2'], written['depends_on'])

    def test_unknown(self):
        """A revision that is not there cannot be applied before."""
        self.assert_refused("Can't locate revision 'xyz'", '--head', 'pear1', '--depends-on', 'xyz')

    def test_base(self):
        """There is nothing to depend on."""
        self.assert_refused('base is no revision to depend on',
                            '--head', 'pear1', '--depends-on', 'base')
