# SPDX-License-Identifier: Apache-2.0
"""``check_migration``: everything that is wrong with the revisions on disk."""

import json

from tests import base
from tests import databases
from tests import stock
from tests import timelines

FILE = base.revision_file


class CheckTestCase(databases.SQLite, base.CommandTestCase):
    """A test that runs the command on the files of a service."""

    def check(self, files, *argv):
        """Run the command; ``folder`` is where the files are."""
        self.folder = self.service(files) / 'versions'
        return self.run_command('check_migration', *argv)

    def assert_problems(self, expected, files):
        """Fail unless just these lines are on stdout."""
        result = self.check(files)
        lines = [line.replace(f'{self.folder}/', '') for line in result.out.splitlines()]
        self.assertEqual((3, ''), (result.code, result.err))
        self.assertEqual(expected, lines)

    def assert_sound(self, expected, files):
        """Fail unless just this line is on stdout."""
        result = self.check(files)
        self.assertEqual((0, f'{expected}\n', ''), (result.code, result.out, result.err))


class SoundTests(CheckTestCase):
    """Timelines that are as they should be."""

    def test_line(self):
        """One line says how many revisions there are, and where they end."""
        self.assert_sound('3 revisions, sound, head: 003', timelines.line('one', 'two', 'three'))

    def test_no_revision(self):
        """A service that has just begun has nothing wrong."""
        self.assert_sound('0 revisions, sound, head: none', {})

    def test_merged_branches(self):
        """Branches that came together again have one head."""
        self.assert_sound('6 revisions, sound, head: 006', stock.MERGE)

    def test_labelled_branches(self):
        """Each branch has a label of its own, and one head."""
        self.assert_sound('4 revisions, sound, head: apple2, pear1', timelines.fork())

    def test_labelled_bases(self):
        """Branches may have nothing in common but a dependency."""
        self.assert_sound('3 revisions, sound, head: a2, b1', {
            'a1.py': FILE('a1', branch_labels=('a',)),
            'a2.py': FILE('a2', 'a1', depends_on='b'),
            'b1.py': FILE('b1', branch_labels=('b',))})

    def test_longest_id(self):
        """The version table holds 32 characters."""
        self.assert_sound(f'1 revision, sound, head: {"x" * 32}', {'a.py': FILE('x' * 32)})

    def test_other_files(self):
        """What Alembic passes over is passed over: __init__.py, other endings."""
        self.assert_sound('1 revision, sound, head: 001', {
            '001.py': FILE('001'),
            '__init__.py': '',
            'README': 'x',
            '.#002.py': 'x',
            '002.sql': ''})

    def test_other_ways_to_declare(self):
        """Annotations, constants and imports are Python, and so is this."""
        self.assert_sound('2 revisions, sound, head: 002', {
            '001.py': FILE('001').replace('revision =', 'revision: str =', 1),
            '002.py': '"""Two"""\nPARENT = "001"\nrevision, down_revision = "002", PARENT\n'
                      'if True:\n    def upgrade(): pass\n'})

    def test_json(self):
        """The document says so too."""
        result = self.check(timelines.line('one'), '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual({'ok': True, 'problems': []}, json.loads(result.out))

    def test_no_database(self):
        """Neither a connection nor models that import are needed."""
        self.service({}, {'models.py': 'import nothing_there'},
                     models='acme.models', metadata='acme.models:metadata')
        self.configure(database={'connection': None})

        self.assert_sound('2 revisions, sound, head: 002', timelines.line('one', 'two'))


class GraphProblemTests(CheckTestCase):
    """What is wrong between the revisions."""

    def test_several_heads(self):
        """Branches without a label must be merged."""
        self.assert_problems(
            ['several heads: 002, 004; merge them, or label the branches'], stock.BRANCHES)

    def test_several_heads_of_each_branch(self):
        """Each branch has its line; a branch with one head has none."""
        self.assert_problems([
            'several heads: apple2, apple3 of branch apples',
            'several heads: pear1, pear2, pear3 of branch pears',
        ], timelines.fork(**{
            'apple3.py': FILE('apple3', 'apple1'),
            'pear1.py': FILE('pear1', 'pear0'),
            'pear0.py': FILE('pear0', 'base1', branch_labels=('pears',)),
            'pear2.py': FILE('pear2', 'pear0'),
            'pear3.py': FILE('pear3', 'pear0'),
            'plum1.py': FILE('plum1', 'base1', branch_labels=('plums',))}))

    def test_head_without_a_label(self):
        """Beside branches that have one it cannot be named."""
        self.assert_problems(
            ['several heads: apple2, pear1, plum1; merge them, or label the branches'],
            timelines.fork(**{'plum1.py': FILE('plum1', 'base1')}))

    def test_several_bases(self):
        """Bases that a merge hides are found too."""
        self.assert_problems(['several bases: 001, 002; merge them, or label the branches'], {
            '001.py': FILE('001'), '002.py': FILE('002'), '003.py': FILE('003', ('001', '002'))})

    def test_missing_down_revision(self):
        """The file that names it is named; so is one that declares none."""
        self.assert_problems([
            '003.py: it declares no down_revision',
            '002.py: revision 002 follows 000, which is not there',
        ], {
            '002.py': FILE('002', '000'),
            '003.py': FILE('003').replace('down_revision = None', '')})

    def test_missing_dependency(self):
        """Neither a revision nor a branch has that name."""
        self.assert_problems(['002.py: revision 002 depends on plums, which is not there'], {
            '001.py': FILE('001', branch_labels='pears'),
            '002.py': FILE('002', '001', depends_on=('pears', 'plums'))})

    def test_cycle(self):
        """The way round is told."""
        self.assert_problems(['cycle: 001 -> 002 -> 003 -> 001'], {
            '001.py': FILE('001', '003'),
            '002.py': FILE('002', '001'),
            '003.py': FILE('003', '002')})

    def test_cycles(self):
        """Each is told, those that share a revision too."""
        self.assert_problems([
            'cycle: 001 -> 002 -> 001',
            'cycle: 001 -> 003 -> 001',
            'cycle: 004 -> 005 -> 004',
            'cycle: 006 -> 006',
        ], {
            '001.py': FILE('001', ('002', '003')),
            '002.py': FILE('002', '001'),
            '003.py': FILE('003', '001'),
            '004.py': FILE('004', '005'),
            '005.py': FILE('005', '004'),
            '006.py': FILE('006', '006')})

    def test_cycle_over_a_dependency(self):
        """A dependency closes a cycle as well, by an id or by a label."""
        self.assert_problems(['cycle: 002 -> 003 -> 002'], {
            '001.py': FILE('001'),
            '002.py': FILE('002', '001', depends_on='later'),
            '003.py': FILE('003', '002', branch_labels='later')})

    def test_duplicate_ids(self):
        """All files with the id are named."""
        self.assert_problems(
            ['revision 001 is declared by a.py and b.py and c.py'],
            {'a.py': FILE('001'), 'b.py': FILE('001'), 'c.py': FILE('001')})

    def test_duplicate_labels(self):
        """A label names one branch, and is no revision's id."""
        self.assert_problems([
            '002.py: branch label pears of revision 002 is the name of something else already',
            '003.py: branch label 001 of revision 003 is the name of something else already',
        ], {
            '001.py': FILE('001', branch_labels='pears'),
            '002.py': FILE('002', '001', branch_labels='pears'),
            '003.py': FILE('003', '002', branch_labels='001')})
