# SPDX-License-Identifier: Apache-2.0
"""Revision files: found, read, run."""

import ast
import pathlib
import tempfile
import unittest

from dbmanage import errors
from dbmanage.timeline import files
from dbmanage.timeline import reading
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
        return str(path)


class FindTests(FilesTestCase):
    """The files of some folders."""

    def test_order(self):
        """The order of the folders comes first, then that of the names."""
        paths = [self.write('b/1.py'), self.write('b/2.py'), self.write('a/1.py')]
        self.write('a/below/0.py')

        self.assertEqual(paths, reading.find([self.directory / 'b', self.directory / 'a']))

    def test_once(self):
        """A folder that is named twice, or by a link, has its files once."""
        path = self.write('a/1.py')
        (self.directory / 'link').symlink_to('a')
        folders = [self.directory / name for name in ('a', 'link', 'a')]

        self.assertEqual([path], reading.find(folders))

    def test_no_revisions(self):
        """Packages, lock files of editors and drafts that were left behind are none."""
        for name in ('__init__.py', '.#1.py', '1.pyc', '1.py~', '.1.py.4711'):
            self.write(name)

        self.assertEqual([], reading.find([self.directory]))


class ReadTests(FilesTestCase):
    """What a file declares."""

    def test_literals(self):
        """They are read; the file is not run."""
        path = self.write('1.py', base.revision_file(
            '2', ('0', '1'), message='Two', branch_labels='pears', depends_on=['x', 'y']) + TRACE)

        self.assertEqual(
            files.File(path, '2', ('0', '1'), ('pears',), ('x', 'y'), 'Two'), reading.read(path))
        self.assertFalse(pathlib.Path(path).with_suffix('.ran').exists())

    def test_computed(self):
        """A file that computes its id is run."""
        path = self.write('1.py', 'revision = str(1)\ndown_revision = None\n' + TRACE)

        self.assertEqual(files.File(path, '1', defines_upgrade=False), reading.read(path))
        self.assertTrue(pathlib.Path(path).with_suffix('.ran').exists())

    def test_other_declarations(self):
        """Whatever else the file computes, it is not run for that."""
        path = self.write('1.py', base.revision_file('1') + 'NAMES = sorted("abc")\n' + TRACE)
        reading.read(path)

        self.assertFalse(pathlib.Path(path).with_suffix('.ran').exists())

    def test_plain_and_not(self):
        """What is found at a glance is what parsing finds, in whatever form it is written."""
        plain = base.revision_file('2', '1')
        for text in (
                plain, plain.replace("down_revision = '1'", 'down_revision: str | None = "1"  # x'),
                plain.replace("down_revision = '1'", "down_revision = ['1']"),
                plain.replace("down_revision = '1'", "down_revision = (\n    '1',)"),
                plain.replace("down_revision = '1'", "down_revision = '' '1'"),
                plain.replace("down_revision = '1'", "down_revision = '\\x31'"),
                plain.replace('\n', '\r\n'), '# coding: latin-1\n' + plain,
                '# Licence\n\n' + plain, plain.replace('"""', "'"),
                plain + 'TEXT = """\ndown_revision = None\n"""\n'):
            path = self.write('1.py')
            pathlib.Path(path).write_bytes(text.encode())
            with self.subTest(text):
                self.assertEqual(files.File(path, '2', ('1',), doc='2'), reading.read(path))

    def test_docstrings(self):
        """They are those that Python sees."""
        for doc in ('', 'One', '  One\n\n    two\n  three\n', 'A \\"quoted\\" word',
                    'Tab\tbed', '\n', 'Über\n'):
            path = self.write('1.py', base.revision_file('1', message=doc))
            with self.subTest(doc):
                tree = ast.parse(pathlib.Path(path).read_text())
                self.assertEqual((ast.get_docstring(tree) or '').strip(), reading.read(path).doc)

    def test_broken(self):
        """It is a failure of the timeline, with the file's name."""
        path = self.write('1.py', 'def')

        with self.assertRaisesRegex(errors.Failed, f'^{path}: SyntaxError: '):
            reading.read(path)


class RevisionTests(FilesTestCase):
    """A revision whose code is loaded when it is run."""

    def test_place(self):
        """An error's place is the last line of the file that it came through."""
        path = self.write('1.py', base.revision_file('1', body='inner()') + (
            '\n\ndef inner():\n    raise ValueError\n'))
        revision = files.Revision(reading.read(path))
        try:
            revision.module.upgrade()
        except ValueError as e:
            place = revision.place(e)

        self.assertEqual(f'revision 1 ({path}, line 14)', place)

    def test_place_of_a_stranger(self):
        """An error that did not come through the file has no line."""
        revision = files.Revision(reading.read(self.write('1.py', base.revision_file('1'))))

        self.assertEqual(f'revision 1 ({revision.path})', revision.place(ValueError()))

    def test_other_when_run(self):
        """A revision that is another one when it is run than when it was read is not run."""
        path = self.write('1.py', base.revision_file('1') + '\nglobals()["revision"] = "2"\n')
        revision = files.Revision(reading.read(path))

        with self.assertRaisesRegex(
                errors.Failed, f"^{path}: revision is '2' when it is run, and '1' when it is read"):
            revision.module  # noqa: B018
