# SPDX-License-Identifier: Apache-2.0
"""``check --ignore`` and ``--write-ignore``: differences that are known."""

import json

import sqlalchemy as sa

from tests import base
from tests import databases

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table('one', metadata, sa.Column('id', sa.Integer, primary_key=True),
         sa.Column('name', sa.String(80)))
"""


class IgnoreTests(databases.SQLite, base.CommandTestCase):
    """A file of known differences."""

    def setUp(self):
        super().setUp()
        self.service({}, {'models.py': MODELS}, models='acme.models',
                     metadata='acme.models:metadata')
        self.path = str(self.directory / 'known.json')
        self._run('CREATE TABLE one (id INTEGER NOT NULL PRIMARY KEY)',
                  'CREATE TABLE old (id INTEGER)')

    def test_written(self):
        """All differences are in it, in their order; exit 0."""
        result = self.run_command('check', '--write-ignore', self.path)
        document = json.loads((self.directory / 'known.json').read_text())

        self.assertEqual(
            (0, 'no difference but the known ones\n',
             f'known differences written to {self.path}: 2\n'),
            (result.code, result.out, result.err))
        self.assertEqual(['extra_table', 'missing_column'],
                         [one['kind'] for one in document['differences']])

    def test_stable(self):
        """The same differences are the same file."""
        self.run_command('check', '--write-ignore', self.path)
        first = (self.directory / 'known.json').read_text()
        self.run_command('check', '--ignore', self.path, '--write-ignore', self.path)

        self.assertEqual(first, (self.directory / 'known.json').read_text())

    def test_ignored(self):
        """What is in it is no difference; exit 0."""
        self.run_command('check', '--write-ignore', self.path)
        text = self.run_command('check', '--ignore', self.path)
        document = json.loads(self.run_command('check', '--ignore', self.path, '-f', 'json').out)

        self.assertEqual((0, 'no difference but the known ones\n', ''),
                         (text.code, text.out, text.err))
        self.assertEqual((True, [], 2), (
            document['ok'], document['differences'], len(document['ignored'])))

    def test_new_difference(self):
        """It is told alone; exit 3."""
        self.run_command('check', '--write-ignore', self.path)
        self._run('CREATE TABLE new (id INTEGER)')
        result = self.run_command('check', '--ignore', self.path)

        self.assertEqual(
            (3, 'table new is not in the models\n', 'known differences left out: 2\n'),
            (result.code, result.out, result.err))

    def test_another_change_of_the_same(self):
        """A column that is another again is not the one that is known."""
        self._run('DROP TABLE one', 'CREATE TABLE one (id INTEGER NOT NULL PRIMARY KEY, '
                                    'name VARCHAR(40))')
        self.run_command('check', '--write-ignore', self.path)
        self._run('DROP TABLE one', 'CREATE TABLE one (id INTEGER NOT NULL PRIMARY KEY, '
                                    'name VARCHAR(41))')
        result = self.run_command('check', '--ignore', self.path)

        self.assertEqual(
            (3, 'type of one.name: VARCHAR(41) in the database, VARCHAR(80) in the models\n'),
            (result.code, result.out))

    def test_stale(self):
        """What is mended is said to be, and is no error."""
        self.run_command('check', '--write-ignore', self.path)
        self._run('DROP TABLE old')
        result = self.run_command('check', '--ignore', self.path)

        self.assertEqual(
            (0, f'{self.path} holds what is no difference any more: table old is not in the '
                'models\n'), (result.code, result.err))

    def test_no_such_file(self):
        """A file that is not there: exit 2."""
        result = self.run_command('check', '--ignore', '/nope.json')

        self.assertEqual((2, '', 'db-manage: error: cannot read /nope.json: No such file or '
                                 'directory\n'), (result.code, result.out, result.err))

    def test_another_file(self):
        """A file that is something else: exit 2."""
        result = self.run_command('check', '--ignore', str(self.config_file))

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('db-manage.conf was not written by check --write-ignore', result.err)

    def test_file_that_cannot_be_written(self):
        """A folder that is not there: exit 2, and stdout is empty."""
        result = self.run_command('check', '--write-ignore', '/nope/known.json')

        self.assertEqual((2, '', 'db-manage: error: cannot write /nope/known.json: No such file '
                                 'or directory\n'), (result.code, result.out, result.err))

    def _run(self, *statements):
        with self.engine().begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
