# SPDX-License-Identifier: Apache-2.0
"""Revision files: found, read, run."""

import pathlib
import tempfile
import unittest

from dbmanage import errors
from dbmanage.timeline import files
from tests import base

# What a file does when it is run.
TRACE = '\nimport pathlib\npathlib.Path(__file__).with_suffix(".ran").touch()\n'


class FilesTestCase(unittest.TestCase):
    """A test with a folder."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name).resolve()

    def write(self, name, text=''):
        """Return the path of a new file."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path


class FindTests(FilesTestCase):
    """The files of some folders."""

    def test_order(self):
        """The order of the folders comes first, then that of the names."""
        paths = [self.write('b/1.py'), self.write('b/2.py'), self.write('a/1.py')]
        self.write('a/below/0.py')

        self.assertEqual(paths, files.find([self.directory / 'b', self.directory / 'a']))

    def test_once(self):
        """A folder that is named twice, or by a link, has its files once."""
        path = self.write('a/1.py')
        (self.directory / 'link').symlink_to('a')
        folders = [self.directory / name for name in ('a', 'link', 'a')]

        self.assertEqual([path], files.find(folders))

    def test_no_revisions(self):
        """Packages, lock files of editors and drafts that were left behind are none."""
        for name in ('__init__.py', '.#1.py', '1.pyc', '1.py~', '.1.py.4711'):
            self.write(name)

        self.assertEqual([], files.find([self.directory]))


class ReadTests(FilesTestCase):
    """What a file declares."""

    def test_literals(self):
        """They are read; the file is not run."""
        path = self.write('1.py', base.revision_file(
            '2', ('0', '1'), message='Two', branch_labels='pears', depends_on=['x', 'y']) + TRACE)

        self.assertEqual(
            files.File(path, '2', ('0', '1'), 'pears', ('x', 'y'), 'Two'), files.read(path))
        self.assertFalse(path.with_suffix('.ran').exists())

    def test_computed(self):
        """A file that computes its id is run."""
        path = self.write('1.py', 'revision = str(1)\ndown_revision = None\n' + TRACE)

        self.assertEqual(files.File(path, '1', defines_upgrade=False), files.read(path))
        self.assertTrue(path.with_suffix('.ran').exists())

    def test_other_declarations(self):
        """Whatever else the file computes, it is not run for that."""
        path = self.write('1.py', base.revision_file('1') + 'NAMES = sorted("abc")\n' + TRACE)
        files.read(path)

        self.assertFalse(path.with_suffix('.ran').exists())

    def test_broken(self):
        """It is a failure of the timeline, with the file's name."""
        path = self.write('1.py', 'def')

        with self.assertRaisesRegex(errors.Failed, f'^{path}: SyntaxError: '):
            files.read(path)


class RevisionTests(FilesTestCase):
    """A revision whose code is loaded when it is run."""

    def test_place(self):
        """An error's place is the last line of the file that it came through."""
        path = self.write('1.py', base.revision_file('1', body='inner()') + (
            '\n\ndef inner():\n    raise ValueError\n'))
        revision = files.Revision(files.read(path))
        try:
            revision.module.upgrade()
        except ValueError as e:
            place = revision.place(e)

        self.assertEqual(f'revision 1 ({path}, line 14)', place)

    def test_place_of_a_stranger(self):
        """An error that did not come through the file has no line."""
        revision = files.Revision(files.read(self.write('1.py', base.revision_file('1'))))

        self.assertEqual(f'revision 1 ({revision.path})', revision.place(ValueError()))
