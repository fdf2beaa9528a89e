# SPDX-License-Identifier: Apache-2.0
"""``upgrade --sql --split``: a script for each revision, in a folder."""

import hashlib
import json
import pathlib

from tests import base
from tests import databases
from tests import timelines
from tests.script import scripts


class SplitTests(databases.SQLite, scripts.ScriptTestCase):
    """Four revisions, each in its file."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three', 'four'))
        self.folder = self.directory / 'change'

    def test_files(self):
        """Their paths are the answer, in the order in which they are to be run."""
        result = self._split('head')

        names = ['001_001.sql', '002_002.sql', '003_003.sql', '004_004.sql']
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual([f'{self.folder}/{name}' for name in names], result.out.splitlines())
        self.assertEqual([*names, 'manifest.json'], self._names())

    def test_titles(self):
        """A file is named by the place, the id and the name of the revision's file."""
        self.service({'aaa_add_a_colour.py': base.revision_file('aaa', '004'),
                      'sizes.py': base.revision_file('bbb', 'aaa')})
        self._split('004:head')

        self.assertEqual(
            ['001_aaa_add_a_colour.sql', '002_bbb_sizes.sql', 'manifest.json'], self._names())

    def test_order(self):
        """They sort in their order, be they more than a thousand."""
        count = 1001
        ids = [f'r{number}' for number in range(count)]
        self.service({f'{id_}.py': base.revision_file(id_, down)
                      for id_, down in zip(ids, ['004', *ids], strict=False)})
        result = self._split('004:head')

        paths = result.out.splitlines()
        self.assertEqual(count, len(paths))
        self.assertEqual(sorted(paths), paths)

    def test_manifest(self):
        """It has where they begin and end, and what they are."""
        self._split('001:003')
        manifest = json.loads((self.folder / 'manifest.json').read_text())

        self.assertEqual({
            'service': 'acme', 'dialect': 'sqlite', 'from': ['001'], 'to': ['003'],
            'files': [{'file': f'{number:03}_{id_}.sql', 'revision': id_,
                       'sha256': self._sha256(f'{number:03}_{id_}.sql')}
                      for number, id_ in [(1, '002'), (2, '003')]]}, manifest)

    def test_json(self):
        """``-f json`` writes the manifest to stdout, too."""
        result = self._split('head', '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(
            json.loads((self.folder / 'manifest.json').read_text()), json.loads(result.out))

    def test_same_again(self):
        """Two folders of one range are equal."""
        self._split('head')
        other = self.directory / 'other'
        self.run_command('upgrade', 'head', '--sql', '--split', str(other))

        self.assertEqual(
            {path.name: path.read_bytes() for path in self.folder.iterdir()},
            {path.name: path.read_bytes() for path in other.iterdir()})

    def test_run(self):
        """One after the other they do what the upgrade does."""
        self.upgrade('head')
        online = self.found()
        self.use_another_database()
        for path in self._split('head').out.splitlines():
            self.run_script(pathlib.Path(path).read_text('utf-8'))

        self.assertEqual(online, self.found())

    def test_run_in_one_session(self):
        """So they do as one text."""
        paths = self._split('head').out.splitlines()
        self.run_script(''.join(pathlib.Path(path).read_text('utf-8') for path in paths))

        self.assertEqual(['004'], self.recorded())

    def test_run_from_the_middle(self):
        """One that was run already stops its client."""
        paths = self._split('head').out.splitlines()
        for path in paths[:2]:
            self.run_script(pathlib.Path(path).read_text('utf-8'))
        said = self.refuse(pathlib.Path(paths[1]).read_text('utf-8'))

        self.assertIn('goes on from 001, but the database is at 002', said)

    def test_empty_folder(self):
        """An empty folder is taken."""
        self.folder.mkdir()
        result = self._split('head')

        self.assertEqual(0, result.code, result.err)

    def test_folder_that_holds_something(self):
        """Nothing is overwritten."""
        self.folder.mkdir()
        (self.folder / 'mine').touch()
        result = self._split('head')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('change is there already, and not an empty folder', result.err)
        self.assertEqual(['mine'], self._names())

    def test_file(self):
        """A file is no folder."""
        self.folder.touch()
        result = self._split('head')

        self.assertEqual(2, result.code)
        self.assertIn('is there already', result.err)

    def test_folder_that_cannot_be_made(self):
        """The reason is said."""
        self.folder = self.directory / 'nowhere' / 'change'
        result = self._split('head')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn(f'--split {self.folder}: No such file or directory', result.err)

    def test_working_directory(self):
        """``.`` is a folder like any other."""
        result = self.run_process('upgrade', 'head', '--sql', '--split', '.')

        self.assertEqual(2, result.code)
        self.assertIn('--split . is there already', result.err)

    def test_without_sql(self):
        """It goes with --sql alone."""
        result = self.run_command('upgrade', 'head', '--split', str(self.folder))

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('--split goes with --sql', result.err)
        self.assertIsNone(self.recorded())

    def _split(self, span, *argv):
        return self.run_command('upgrade', span, '--sql', '--split', str(self.folder), *argv)

    def _names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def _sha256(self, name):
        return hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
