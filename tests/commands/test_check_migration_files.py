# SPDX-License-Identifier: Apache-2.0
"""``check_migration``: what is wrong inside a file, and all of it at once."""

import json

from tests import base
from tests.commands import test_check_migration

FILE = base.revision_file


class FileProblemTests(test_check_migration.CheckTestCase):
    """A revision file alone."""

    def test_syntax_error(self):
        """The line is named."""
        self.assert_problems(['001.py: SyntaxError: invalid syntax (001.py, line 2)'],
                             {'001.py': 'revision = "001"\ndef upgrade(:\n'})

    def test_not_text(self):
        """Neither a zero nor a byte of another encoding is Python."""
        result = self.check({'001.py': '"""\0"""'})
        (self.folder / '002.py').write_bytes(b'"""\xff"""')
        both = self.run_command('check_migration')

        self.assertEqual((3, ''), (result.code, result.err))
        self.assertRegex(both.out, r'/001\.py: (Syntax|Value)Error: .*null bytes\n')
        self.assertRegex(both.out, r'/002\.py: SyntaxError: .*utf-8')

    def test_import_error(self):
        """What cannot be imported is named; nothing of it is on stderr."""
        self.assert_problems(["001.py: ModuleNotFoundError: No module named 'nothing_there'"], {
            '001.py': FILE('001') + 'import nothing_there\n'})

    def test_exit(self):
        """A file that leaves the process while it is imported does not."""
        self.assert_problems(['001.py: SystemExit: 0'], {
            '001.py': FILE('001') + 'raise SystemExit(0)\n'})

    def test_file_that_talks(self):
        """What a file prints when it is imported is no problem, and no data."""
        result = self.check({'001.py': FILE('001') + 'print("hello")\n'})

        self.assertEqual((0, '1 revision, sound, head: 001\n', 'hello\n'),
                         (result.code, result.out, result.err))

    def test_no_revision(self):
        """Any other Python file is out of place."""
        self.assert_problems([
            '001.py: it declares no revision', '002.py: it declares no revision',
        ], {
            '001.py': '', '002.py': 'revision = down_revision = None\n'})

    def test_no_upgrade(self):
        """Something else of that name does not count."""
        self.assert_problems([
            '001.py: revision 001 has no upgrade()', '002.py: revision 002 has no upgrade()',
        ], {
            '001.py': FILE('001').replace('upgrade', 'downgrade'),
            '002.py': FILE('002', '001').replace('upgrade', 'downgrade') + 'upgrade = None\n'})

    def test_no_message(self):
        """Neither no docstring nor a blank one is a message."""
        self.assert_problems([
            '001.py: revision 001 has no message', '002.py: revision 002 has no message',
        ], {
            '001.py': FILE('001').replace('"""001"""', ''),
            '002.py': FILE('002', '001', message='  ')})

    def test_long_id(self):
        """The version table has no room for it, but on SQLite."""
        name = 'x' * 33
        self.assert_problems([f'001.py: revision {name} is longer than 32 characters'],
                             {'001.py': FILE(name)})

    def test_illegal_id(self):
        """Alembic takes these characters for a step or a branch."""
        self.assert_problems([
            "001.py: 'a-b' cannot be the id of a revision",
            "002.py: 'a@b' cannot be the id of a revision",
        ], {'001.py': FILE('a-b'), '002.py': FILE('a@b', 'a-b')})

    def test_id_that_cannot_be_quoted(self):
        """Alembic puts an id between quotes as it is, and a script into a comment."""
        for id_ in ("it's", 'a\\b', 'a\nb'):
            with self.subTest(id_):
                self.assert_problems(
                    [f'001.py: {id_!r} cannot be the id of a revision'], {'001.py': FILE(id_)})

    def test_unreadable_file(self):
        """A link to nowhere cannot be read."""
        folder = self.service({'001.py': FILE('001')}) / 'versions'
        (folder / '002.py').symlink_to('nowhere')
        result = self.run_command('check_migration')

        self.assertEqual((3, ''), (result.code, result.err))
        self.assertRegex(result.out, r'^\S+/nowhere: FileNotFoundError: .*\n$')


class StaticTests(test_check_migration.CheckTestCase):
    """``--static``: nothing is imported."""

    def test_import_error(self):
        """What only an import shows is not found."""
        self.service({'001.py': FILE('001') + 'import nothing_there\nprint("hello")\n'})
        result = self.run_command('check_migration', '--static')

        self.assertEqual((0, '1 revision, sound, head: 001\n', ''),
                         (result.code, result.out, result.err))

    def test_problems(self):
        """What can be read is found: the graph, the ids, the messages."""
        self.service({
            '001.py': FILE('001', message=''),
            '002.py': FILE('002', '001').replace('upgrade', 'downgrade'),
            '003.py': FILE('003', '001')})
        result = self.run_command('check_migration', '--static')

        self.assertEqual((3, ''), (result.code, result.err))
        self.assertEqual(
            ['several heads: 002, 003; merge them, or label the branches',
             'revision 001 has no message', 'revision 002 has no upgrade()'],
            [line.rpartition('.py: ')[2] for line in result.out.splitlines()])


class EverythingTests(test_check_migration.CheckTestCase):
    """All that can be wrong, in one folder."""

    maxDiff = None
    files = {
        '01_syntax.py': 'def upgrade(:',
        '02_import.py': FILE('02', '01') + 'import nothing_there\n',
        '03_base.py': FILE('03'),
        '04_base.py': FILE('04'),
        '05_head.py': FILE('05', '03'),
        '06_head.py': FILE('06', '03'),
        '07_cycle.py': FILE('07', '08'),
        '08_cycle.py': FILE('08', '07'),
        '09_cycle.py': FILE('09', '10'),
        '10_cycle.py': FILE('10', '09'),
        '11_twice.py': FILE('11', '04'),
        '12_twice.py': FILE('11', '04'),
        '13_long.py': FILE('13' * 17, '11'),
        '14_silent.py': FILE('14', '13' * 17, message=''),
        '15_idle.py': FILE('15', '14').replace('upgrade', 'downgrade'),
        '16_pears.py': FILE('16', '15', branch_labels='pears'),
        '17_pears.py': FILE('17', '16'),
        '18_pears.py': FILE('18', '16'),
    }
    expected = [
        ('broken_file', '', '01_syntax.py'),
        ('duplicate_id', '11', '12_twice.py'),
        ('missing_revision', '02', '02_import.py'),
        ('cycle', '07', ''),
        ('cycle', '09', ''),
        ('several_heads', '', ''),
        ('several_heads', '', ''),
        ('several_bases', '', ''),
        ('broken_file', '02', '02_import.py'),
        ('long_id', '13' * 17, '13_long.py'),
        ('no_message', '14', '14_silent.py'),
        ('no_upgrade', '15', '15_idle.py'),
    ]

    def test_text(self):
        """Every problem has its line on stdout; nothing is on stderr."""
        result = self.check(self.files)

        self.assertEqual((3, ''), (result.code, result.err))
        lines = result.out.splitlines()
        self.assertEqual(len(self.expected), len(lines), result.out)
        self.assertIn('several heads: 17, 18 of branch pears', lines)
        self.assertIn('several heads: 02, 05, 06, 17, 18; merge them, or label the branches', lines)

    def test_json(self):
        """Every problem is an object: a code, the revision, the file, the line."""
        text = self.check(self.files)
        result = self.run_command('check_migration', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual((3, '', False), (result.code, result.err, document['ok']))
        self.assertEqual(self.expected, [
            (one['code'], one['revision'], one['path'].removeprefix(f'{self.folder}/'))
            for one in document['problems']])
        self.assertEqual(text.out.splitlines(), [one['message'] for one in document['problems']])
