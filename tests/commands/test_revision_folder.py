# SPDX-License-Identifier: Apache-2.0
"""``revision``: the folder of the new file, and what keeps it out of there."""

import shutil
import sys

from tests import base
from tests import databases
from tests import shell
from tests import timelines


class FolderTests(databases.SQLite, base.CommandTestCase):
    """Where the file goes."""

    def setUp(self):
        super().setUp()
        self.package = self.service(timelines.line('one'))

    def test_folder_of_the_head(self):
        """Of several folders it is the one of the revision that is followed."""
        self._add_folder()
        result = self.run_command('revision', '-m', 'x')

        self.assertEqual((0, f'{self.package}/later/003_x.py\n', ''),
                         (result.code, result.out, result.err))

    def test_folder_of_a_base(self):
        """A revision that follows none goes to the first folder."""
        self._add_folder()
        result = self.run_command('revision', '-m', 'x', '--head', 'base')

        self.assertEqual((0, f'{self.package}/versions/003_x.py\n', ''),
                         (result.code, result.out, result.err))

    def test_version_path(self):
        """A folder of the service may be named."""
        self._add_folder()
        result = self.run_command(
            'revision', '-m', 'x', '--version-path', f'{self.package}/later/../versions/')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertTrue((self.package / 'versions' / '003_x.py').exists())

    def test_version_path_elsewhere(self):
        """The file is written, and it is said that the service will not see it."""
        folder = self.directory / 'elsewhere'
        folder.mkdir()
        result = self.run_command('revision', '-m', 'x', '--version-path', str(folder))

        self.assertEqual((0, f'{folder}/002_x.py\n'), (result.code, result.out))
        self.assertEqual(f'{folder} is no folder of this service; it will not be looked into\n',
                         result.err)

    def test_version_path_that_is_not_there(self):
        """No folder is made."""
        for name in ('nowhere', 'db-manage.conf'):
            path = self.directory / name
            result = self.run_command('revision', '-m', 'x', '--version-path', str(path))
            self.assertEqual((2, '', f'db-manage: error: cannot write into {path}; '
                                     'name a folder: --version-path\n'),
                             (result.code, result.out, result.err))

    def test_installed_package(self):
        """What pip has written is no source tree, unless the folder is named."""
        folder = self._install()
        result = self.run_command('revision', '-m', 'x')
        named = self.run_command('revision', '-m', 'x', '--version-path', str(folder))

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(
            f'db-manage: error: {folder} is an installed package, not the source tree of the '
            'service; name a folder: --version-path\n', result.err)
        self.assertEqual((0, f'{folder}/002_x.py\n', ''), (named.code, named.out, named.err))

    def _add_folder(self):
        (self.package / 'later').mkdir()
        (self.package / 'later' / '002.py').write_text(base.revision_file('002', '001'))
        self.configure(dbmanage={'versions': ['acme:versions', 'acme:later']})

    def _install(self):
        packages = self.directory / 'lib' / 'site-packages'
        shutil.move(self.package.parent, packages)
        sys.path.insert(0, str(packages))
        self.addCleanup(sys.path.remove, str(packages))
        return packages / 'acme' / 'versions'


class RefusedFileTests(databases.SQLite, shell.ShellTestCase):
    """A file that cannot be written whole is not written at all."""

    def setUp(self):
        super().setUp()
        self.folder = self.service(timelines.line('one')) / 'versions'

    def test_read_only_folder(self):
        """The folder is named, and what may be done instead."""
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o755)
        result = self.shell(f'{shell.WITHOUT_RIGHTS} $run revision -m x')

        self.assertEqual((2, '', f'db-manage: error: cannot write into {self.folder}; '
                                 'name a folder: --version-path\n'),
                         (result.code, result.out, result.err))
        self._assert_untouched()

    def test_full_disk(self):
        """Neither an empty file nor half a file is left."""
        for blocks in (0, 1):
            result = self.shell(f'ulimit -f {blocks}; $run revision -m "{"word " * 1000}"')
            self.assertEqual((2, ''), (result.code, result.out))
            self.assertRegex(result.err, r'^db-manage: error: cannot write \S+/002_\w+\.py: '
                                         r'File too large\n$')
            self._assert_untouched()

    def test_broken_timeline(self):
        """What the new one would follow is not clear."""
        (self.folder / '002.py').write_text('nonsense')
        result = self.run_command('revision', '-m', 'x')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('see check_migration', result.err)
        names = sorted(path.name for path in self.folder.glob('[!_]*'))
        self.assertEqual(['001.py', '002.py'], names)

    def _assert_untouched(self):
        self.assertEqual(['001.py'], [path.name for path in self.folder.glob('[!_]*')])
