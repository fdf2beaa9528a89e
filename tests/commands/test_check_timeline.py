# SPDX-License-Identifier: Apache-2.0
"""``check --timeline``: the revisions against the models."""

import json

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
for name in {names}:
    sa.Table(name, metadata, sa.Column('id', sa.Integer, primary_key=True))
"""
PLACES = {'models': 'acme.models', 'metadata': 'acme.models:metadata'}
SCRATCH = """
op.execute('CREATE VIEW seen AS SELECT 1 AS one')
if op.get_bind().dialect.name == 'postgresql':
    op.execute('CREATE SCHEMA more')
    op.execute('CREATE SEQUENCE counter')
op.create_table('parents', sa.Column('id', sa.Integer(), primary_key=True), sa.Column(
    'kind', sa.Enum('a', 'b', name='kind')))
op.create_table('children', sa.Column('id', sa.Integer(), sa.ForeignKey('parents.id'),
                                      primary_key=True))
"""


class TimelineTests(base.CommandTestCase):
    """Without a database, which is what CI has."""

    def setUp(self):
        super().setUp()
        self.configure(database={'connection': None})

    def test_no_difference(self):
        """The revisions make what the models say; no connection is set."""
        self._serve(['one', 'two'])
        result = self.run_command('check', '--timeline')

        self.assertEqual((0, 'no difference\n'), (result.code, result.out), result.err)

    def test_forgotten_revision(self):
        """Somebody has changed a model: exit 3."""
        self._serve(['one', 'two', 'three'])
        result = self.run_command('check', '--timeline')

        self.assertEqual((3, 'table three is not in the database\n'), (result.code, result.out))

    def test_several_heads(self):
        """All branches are applied."""
        names = ['trunk', 'apple_one', 'apple_two', 'pear_one']
        self.service(timelines.fork(), {'models.py': MODELS.format(names=names)}, **PLACES)

        self.assertEqual(0, self.run_command('check', '--timeline').code)

    def test_ignored(self):
        """The files of known differences work as without --timeline."""
        self._serve(['one'])
        path = str(self.directory / 'known.json')
        self.run_command('check', '--timeline', '--write-ignore', path)

        self.assertEqual(0, self.run_command('check', '--timeline', '--ignore', path).code)

    def test_broken_revision(self):
        """A revision that fails is exit 1, as it is with upgrade."""
        self._serve(['one'], timelines.line('one', 'op.drop_table("nowhere")'))
        result = self.run_command('check', '--timeline', '-f', 'json')

        self.assertEqual((1, 1), (result.code, json.loads(result.out)['error']['code']))

    def test_connection_is_not_touched(self):
        """Another database stays what it was, and is used again afterwards."""
        url = f'sqlite:///{self.directory / "own.sqlite"}'
        self.configure(database={'connection': url})
        self._serve(['one', 'two'])
        self.run_command('check', '--timeline')

        self.assertFalse((self.directory / 'own.sqlite').exists())

    def test_scratch_alone(self):
        """--scratch without --timeline is refused, so that nothing is emptied by mistake."""
        self._serve(['one', 'two'])
        result = self.run_command('check', '--scratch', 'sqlite:///x.sqlite')

        self.assertEqual((2, '', 'db-manage: error: --scratch goes with --timeline\n'),
                         (result.code, result.out, result.err))

    def test_scratch_that_is_no_url(self):
        """It is said what is wrong, without the text that may hold a password."""
        self._serve(['one', 'two'])
        result = self.run_command('check', '--timeline', '--scratch', 'secret')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('error: --scratch: ', result.err)
        self.assertNotIn('secret', result.err)

    def test_scratch_in_memory(self):
        """It would be gone after the upgrade: exit 2, before anything runs."""
        self._serve(['one', 'two'])
        for url in ('sqlite://', 'sqlite:///:memory:',
                    'sqlite:///file:x?mode=memory&cache=shared&uri=true'):
            with self.subTest(url):
                result = self.run_command('check', '--timeline', '--scratch', url)

                self.assertEqual(
                    (2, '', 'db-manage: error: --scratch: a SQLite database in memory is gone '
                            'before it can be compared; name a file, or leave --scratch out\n'),
                    (result.code, result.out, result.err))

    def test_scratch_that_is_not_there(self):
        """A file of SQLite is made."""
        self._serve(['one', 'two'])
        result = self.run_command(
            'check', '--timeline', '--scratch', f'sqlite:///{self.directory / "new.sqlite"}')

        self.assertEqual((0, 'no difference\n'), (result.code, result.out), result.err)

    def test_wrong_call(self):
        """What can be known before is known before any revision runs: exit 2."""
        self._serve(['one', 'two'])
        for arguments, message in (
            (('--ignore', '/nope/x'), 'cannot read /nope/x: No such file or directory'),
            (('--write-ignore', '/nope/x'), 'cannot write /nope/x: No such file or directory'),
        ):
            with self.subTest(arguments):
                result = self.run_command('check', '--timeline', *arguments)

                self.assertEqual((2, '', f'db-manage: error: {message}\n'),
                                 (result.code, result.out, result.err))

    def test_no_metadata(self):
        """A service without models has no revision run for nothing: exit 2."""
        self.service(timelines.line('one'))
        result = self.run_command('check', '--timeline')

        self.assertEqual(
            (2, '', 'db-manage: error: service acme names no metadata to compare with\n'),
            (result.code, result.out, result.err))

    def _serve(self, names, revisions=None):
        self.service(revisions or timelines.line('one', 'two'),
                     {'models.py': MODELS.format(names=names)}, **PLACES)


class ScratchTests:
    """--scratch: a database that is given for it."""

    def setUp(self):
        super().setUp()
        self.configure(database={'connection': None})

    def test_left_as_it_was(self):
        """Tables, views, types: all that the revisions made is dropped again."""
        self.service(timelines.line(SCRATCH), {'models.py': MODELS.format(names=['one'])}, **PLACES)
        before = databases.snapshot(self.engine(), without=())
        first = self.run_command('check', '--timeline', '--scratch', self.url)
        after = databases.snapshot(self.engine(), without=())
        second = self.run_command('check', '--timeline', '--scratch', self.url)

        self.assertEqual(
            (3, 'table children is not in the models\ntable one is not in the database\n'
                'table parents is not in the models\n'), (first.code, first.out), first.err)
        self.assertEqual(before, after)
        self.assertEqual(first.out, second.out)

    def test_failure(self):
        """It is emptied, too, when a revision fails."""
        self.service(timelines.line('one', 'op.drop_table("nowhere")'),
                     {'models.py': MODELS.format(names=['one'])}, **PLACES)
        before = databases.snapshot(self.engine(), without=())
        result = self.run_command('check', '--timeline', '--scratch', self.url)

        self.assertIn(result.code, (1, 6))
        self.assertEqual(before, databases.snapshot(self.engine(), without=()))

    def test_not_empty(self):
        """A database with a table in it is not touched: exit 2."""
        self.service(timelines.line('one'), {'models.py': MODELS.format(names=['one'])}, **PLACES)
        with self.engine().begin() as connection:
            connection.execute(sa.text('CREATE TABLE precious (id INTEGER)'))
        result = self.run_command('check', '--timeline', '--scratch', self.url)

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('is not empty, it has the table ', result.err)
        self.assertEqual(['precious'], sa.inspect(self.engine()).get_table_names())


class ScratchOnSQLite(ScratchTests, databases.SQLite, base.CommandTestCase):
    """On SQLite."""


class ScratchOnPostgreSQL(ScratchTests, databases.PostgreSQL, base.CommandTestCase):
    """On PostgreSQL."""


class ScratchOnMariaDB(ScratchTests, databases.MariaDB, base.CommandTestCase):
    """On MariaDB."""
