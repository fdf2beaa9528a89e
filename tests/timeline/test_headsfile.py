# SPDX-License-Identifier: Apache-2.0
"""The HEADS file: kept by ``revision`` and ``merge``, compared by a check."""

import json

from tests import base
from tests import databases
from tests import shell
from tests import stock
from tests import timelines


class HeadsFileTestCase(databases.SQLite, base.CommandTestCase):
    """A service whose folder has a HEADS file."""

    def serve(self, files, heads):
        """Make the service; ``path`` is that of its HEADS."""
        self.folder = self.service(files | {'HEADS': heads}) / 'versions'
        self.path = self.folder / 'HEADS'

    def assert_heads(self, expected, *argv, err=''):
        """Fail unless a command leaves these heads, and says just this."""
        result = self.run_command(*argv)

        self.assertEqual((0, err), (result.code, result.err))
        self.assertEqual(expected, self.path.read_text())

    def assert_wrong(self, reason):
        """Fail unless the check has this one problem."""
        result = self.run_command('check_migration')

        self.assertEqual((3, f'{self.path}: {reason}\n', ''),
                         (result.code, result.out, result.err))


class WritingTests(HeadsFileTestCase):
    """What a new revision makes of it."""

    def test_revision(self):
        """The new revision takes the place of the one that it follows."""
        self.serve(timelines.line('one', 'two'), '002 002.py\n')

        self.assert_heads('003 003_x.py\n', 'revision', '-m', 'x')

    def test_first_revision(self):
        """The file may be empty, to begin with."""
        self.serve({}, '')

        self.assert_heads('001 001_x.py\n', 'revision', '-m', 'x')

    def test_merge(self):
        """Two lines become one."""
        self.serve(stock.BRANCHES, '002 002.py\n004 004.py\n')

        self.assert_heads('005 005_x.py\n', 'merge', 'heads', '-m', 'x')

    def test_branches(self):
        """Each branch has its line, and they are sorted."""
        self.serve(timelines.fork(), 'apple2 apple2.py\npear1 pear1.py\n')

        self.assert_heads('aaa aaa_x.py\napple2 apple2.py\n', 'revision', '-m', 'x',
                          '--head', 'pears@head', '--rev-id', 'aaa')

    def test_two_developers(self):
        """Two revisions that count to the same id write lines that conflict in git."""
        self.serve(timelines.line('one'), '001 001.py\n')
        self.assert_heads('002 002_x.py\n', 'revision', '-m', 'x')
        self.serve(timelines.line('one'), '001 001.py\n')
        (self.folder / '002_x.py').unlink()

        self.assert_heads('002 002_y.py\n', 'revision', '-m', 'y')

    def test_ids_alone(self):
        """A file without the names of the files is put right, with a word."""
        self.serve(timelines.line('one', 'two'), '002\n')

        self.assert_heads('003 003_x.py\n', 'revision', '-m', 'x', err=(
            f'{self.path}: it holds 002, and should hold 002 002.py; it is put right\n'))

    def test_wrong_file(self):
        """It is put right, and what was wrong is said."""
        self.serve(timelines.line('one', 'two'), '001 001.py\n')

        self.assert_heads('003 003_x.py\n', 'revision', '-m', 'x', err=(
            f'{self.path}: it holds 001 001.py, and should hold 002 002.py; it is put right\n'))

    def test_conflict_of_git(self):
        """A merge of the heads resolves it."""
        self.serve(stock.BRANCHES, '<<<<<<< HEAD\n002 002.py\n=======\n004 004.py\n>>>>>>> topic\n')

        self.assert_heads('005 005_x.py\n', 'merge', 'heads', '-m', 'x', err=(
            f'{self.path}: it holds <<<<<<< HEAD, 002 002.py, =======, 004 004.py, '
            '>>>>>>> topic, and should hold 002 002.py, 004 004.py; it is put right\n'))

    def test_no_file(self):
        """None is made."""
        self.serve(timelines.line('one'), '001\n')
        self.path.unlink()
        self.run_command('revision', '-m', 'x')

        self.assertFalse(self.path.exists())

    def test_elsewhere(self):
        """A folder that the service does not look into changes no head."""
        self.serve(timelines.line('one'), '001 001.py\n')
        folder = self.directory / 'elsewhere'
        folder.mkdir()
        self.run_command('revision', '-m', 'x', '--version-path', str(folder))

        self.assertEqual('001 001.py\n', self.path.read_text())

    def test_refused_revision(self):
        """What writes no revision leaves it alone, wrong or not."""
        self.serve(timelines.line('one'), 'wrong\n')
        result = self.run_command('revision', '-m', 'x', '--rev-id', '001')

        self.assertEqual(2, result.code)
        self.assertEqual('wrong\n', self.path.read_text())
        self.assertEqual(['001.py', 'HEADS'], sorted(
            path.name for path in self.folder.iterdir() if path.name != '__pycache__'))


class FoldersTests(HeadsFileTestCase):
    """Several folders: a head is in the file of the folder that it lies in."""

    def setUp(self):
        super().setUp()
        self.serve(timelines.line('one'), '001 001.py\n')
        self.later = self.folder.parent / 'later'
        self.later.mkdir()
        (self.later / 'HEADS').touch()
        self.configure(dbmanage={'versions': ['acme:versions', 'acme:later']})

    def test_head_that_moves(self):
        """Both files change."""
        self.run_command('revision', '-m', 'x', '--version-path', str(self.later))
        check = self.run_command('check_migration')

        self.assertEqual(['', '002 002_x.py\n'], [
            self.path.read_text(), (self.later / 'HEADS').read_text()])
        self.assertEqual(0, check.code, check.out)

    def test_folders_below(self):
        """The file above counts for them, too: branches may have folders."""
        below = self.folder / 'branch'
        below.mkdir()
        self.configure(dbmanage={'versions': ['acme:versions', 'acme:versions/branch']})
        self.run_command('revision', '-m', 'x', '--version-path', str(below))

        self.assertEqual('002 branch/002_x.py\n', self.path.read_text())
        self.assertFalse((below / 'HEADS').exists())


class CheckTests(HeadsFileTestCase):
    """What ``check_migration`` says of it."""

    def test_right(self):
        """Order and empty lines do not matter."""
        self.serve(timelines.fork(), 'pear1 pear1.py\n\napple2 apple2.py')
        result = self.run_command('check_migration')

        self.assertEqual((0, '4 revisions, sound, head: apple2, pear1\n'),
                         (result.code, result.out))

    def test_wrong(self):
        """It says what stands there, and what should."""
        self.serve(timelines.line('one', 'two'), '001 001.py\n')

        self.assert_wrong('it holds 001 001.py, and should hold 002 002.py')

    def test_empty(self):
        """Nothing is not enough."""
        self.serve(timelines.line('one', 'two'), '')

        self.assert_wrong('it holds nothing, and should hold 002 002.py')

    def test_no_text(self):
        """Whatever it is, it is shown."""
        self.serve(timelines.line('one'), '')
        self.path.write_bytes(b'\xff\n')

        self.assert_wrong('it holds \ufffd, and should hold 001 001.py')

    def test_json(self):
        """The problem has a code and the path of the file."""
        self.serve(timelines.line('one', 'two'), '001 001.py\n')
        result = self.run_command('check_migration', '-f', 'json')

        problem, = json.loads(result.out)['problems']
        self.assertEqual(('wrong_heads', '', str(self.path)),
                         (problem['code'], problem['revision'], problem['path']))

    def test_file_that_cannot_be_read(self):
        """While a revision is unknown the heads are, and one problem is enough."""
        self.serve(timelines.line('one') | {'002.py': 'nonsense'}, '002\n')
        result = self.run_command('check_migration', '-f', 'json')

        self.assertEqual(['broken_file'], [
            one['code'] for one in json.loads(result.out)['problems']])


class RefusedTests(databases.SQLite, shell.ShellTestCase):
    """A HEADS file that cannot be written."""

    def test_read_only_folder(self):
        """Then no revision is written either."""
        folder = self.service(timelines.line('one') | {'HEADS': '001 001.py\n'}) / 'versions'
        later = folder.parent / 'later'
        later.mkdir()
        self.configure(dbmanage={'versions': ['acme:versions', 'acme:later']})
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        result = self.shell(
            f'{shell.WITHOUT_RIGHTS} $run revision -m x --version-path {later}')

        self.assertEqual((2, '', f'db-manage: error: cannot write {folder}/HEADS: '
                                 'Permission denied\n'), (result.code, result.out, result.err))
        self.assertEqual([], list(later.iterdir()))
