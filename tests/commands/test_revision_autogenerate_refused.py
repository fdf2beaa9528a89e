# SPDX-License-Identifier: Apache-2.0
"""``revision --autogenerate`` where there is nothing to draft, or no way to."""

import json

from tests import base
from tests import databases
from tests import timelines
from tests.servers import server

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
for name in {names}:
    sa.Table(name, metadata, sa.Column('id', sa.Integer(), primary_key=True))
"""
PLACES = {'models': 'acme.models', 'metadata': 'acme.models:metadata'}


class AutogenerateTests(databases.SQLite, base.CommandTestCase):
    """What decides whether a file is written; any database would do."""

    def test_no_difference(self):
        """Nothing is written, which is told; there is no path on stdout."""
        self._serve(timelines.line('one'), ['one'])
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertEqual('no difference between the models and the database; '
                         'nothing was written\n', result.err)
        self.assertEqual(['001.py'], self._files())

    def test_no_difference_with_json(self):
        """The document has no revision."""
        self._serve(timelines.line('one'), ['one'])
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x', '-f', 'json')

        self.assertEqual((0, {'revision': None}), (result.code, json.loads(result.out)))

    def test_first_revision(self):
        """A database that was never versioned is at the head of no revisions."""
        self._serve({}, ['one'])
        result = self.run_command('revision', '--autogenerate', '-m', 'Begin')
        upgrade = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertTrue(result.out.endswith('/001_begin.py\n'))
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual(['one'], timelines.tables(self.engine()))

    def test_version_table_of_another_name(self):
        """It belongs to nobody's models, and is not dropped."""
        self._serve(timelines.line('one'), ['one'], version_table='acme_version')
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertIn('no difference', result.err)

    def test_models_that_do_not_import(self):
        """Their tables are not taken for dropped ones: exit 2 with the reason."""
        self._serve(timelines.line('one'), ['one'])
        self.run_command('upgrade', 'head')
        self.service({}, {'more.py': 'import nothing_there'}, models=['acme.models', 'acme.more'])
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual(
            (2, '', 'db-manage: error: cannot import acme.more: ModuleNotFoundError: '
                    "No module named 'nothing_there'\n"), (result.code, result.out, result.err))
        self.assertEqual(['001.py'], self._files())

    def test_metadata_that_is_not_there(self):
        """The place is named, and where it was written."""
        self._serve(timelines.line('one'), ['one'], metadata='acme.models:Base.metadata')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual(
            (2, '', 'db-manage: error: acme.models has no Base.metadata '
                    "(named by 'acme.models:Base.metadata')\n"),
            (result.code, result.out, result.err))

    def test_no_metadata(self):
        """A service without models has nothing to compare with."""
        self.service(timelines.line('one'))
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual(
            (2, '', 'db-manage: error: service acme names no metadata to compare with\n'),
            (result.code, result.out, result.err))

    def test_several_heads(self):
        """The database is at both; the draft follows the one that is named."""
        names = ['trunk', 'apple_one', 'apple_two', 'pear_one', 'pear_two']
        self._serve(timelines.fork(), names)
        self.run_command('upgrade', 'heads')
        unnamed = self.run_command('revision', '--autogenerate', '-m', 'x')
        files = self._files()
        named = self.run_command('revision', '--autogenerate', '-m', 'x', '--head', 'pears@head',
                                 '--rev-id', 'pear2', '-f', 'json')

        self.assertEqual((2, ''), (unnamed.code, unnamed.out))
        self.assertIn('there are several heads: apple2 (apples@head), pear1', unnamed.err)
        self.assertNotIn('pear2_x.py', files)
        self.assertEqual((0, ''), (named.code, named.err))
        self.assertEqual(['pear1'], json.loads(named.out)['revision']['down_revisions'])

    def test_closed_port(self):
        """The database cannot be looked at: exit 4."""
        self._serve(timelines.line('one'), ['one'])
        url = server.url('postgresql', 'nobody', server.free_port(), 'acme')
        self.configure(database={'connection': url, 'max_retries': 0})
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((4, ''), (result.code, result.out))
        self.assertEqual(1, len(result.err.splitlines()), result.err)
        self.assertEqual(['001.py'], self._files())

    def test_revision_not_in_code(self):
        """The database is newer than the code: exit 7, the id is named."""
        self._serve(timelines.line('one'), ['one'])
        timelines.record(self.engine(), 'f00d')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((7, ''), (result.code, result.out))
        self.assertIn('f00d', result.err)
        self.assertEqual(['001.py'], self._files())

    def _serve(self, revisions, names, **fields):
        models = {'models.py': MODELS.format(names=names)}
        self.folder = self.service(revisions, models, **PLACES | fields) / 'versions'

    def _files(self):
        return sorted(path.name for path in self.folder.glob('*.py'))
