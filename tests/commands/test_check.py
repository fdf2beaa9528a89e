# SPDX-License-Identifier: Apache-2.0
"""``check``: what the database and the models do not have alike."""

import importlib
import json

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines
from tests.servers import server

MODELS = """
import sqlalchemy as sa


class Broken(sa.types.TypeDecorator):
    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if BREAK:
            raise ValueError('no such\\nshape')
        return sa.String(80)


BREAK = False
metadata = sa.MetaData()
one = sa.Table(
    'one', metadata,
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('name', sa.String(80), nullable=False, server_default='x', index=True),
    sa.Column('shape', Broken()))
two = sa.Table(
    'two', metadata,
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('one_id', sa.Integer, sa.ForeignKey('one.id', name='fk_one', ondelete='CASCADE')))
"""
PLACES = {'models': 'acme.models', 'metadata': 'acme.models:metadata'}
# What the statements below make of it, in words.
LINES = """\
column one.old (VARCHAR(3), null) is not in the models
type of one.name: VARCHAR(40) in the database, VARCHAR(80) in the models
nullable of one.name: null in the database, not null in the models
default of one.name: none in the database, 'x' in the models
index ix_one_name of one (name) is not in the database
table strange is not in the models
foreign key fk_one of two: (one_id) -> one (id) in the database, (one_id) -> one (id), \
on delete CASCADE in the models
""".splitlines()


class CheckTests:
    """The words on each kind of database."""

    def setUp(self):
        super().setUp()
        self.service({}, {'models.py': MODELS}, **PLACES)
        self.metadata = importlib.import_module('acme.models').metadata

    def test_no_difference(self):
        """One line, exit 0."""
        self.metadata.create_all(self.engine())
        result = self.run_command('check')

        self.assertEqual((0, 'no difference\n', ''), (result.code, result.out, result.err))

    def test_differences(self):
        """One line for each, exit 3; a key that is made anew is one difference."""
        self._make_different()
        result = self.run_command('check')

        self.assertEqual((3, ''), (result.code, result.err))
        self.assertEqual(sorted(LINES), sorted(result.out.splitlines()))

    def test_json(self):
        """The same, a field for each part."""
        self._make_different()
        result = self.run_command('check', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual((3, False, []), (result.code, document['ok'], document['ignored']))
        self.assertIn({
            'kind': 'changed_type', 'schema': None, 'table': 'one', 'name': 'name',
            'database': 'VARCHAR(40)', 'models': 'VARCHAR(80)',
            'words': 'type of one.name: VARCHAR(40) in the database, VARCHAR(80) in the models',
        }, document['differences'])

    def test_type_that_cannot_be_compared(self):
        """It is a difference of its own, and the rest is compared."""
        self._make_different()
        self.service({}, {'models.py': MODELS.replace('BREAK = False', 'BREAK = True')}, **PLACES)
        importlib.reload(importlib.import_module('acme.models'))
        result = self.run_command('check')

        self.assertEqual((3, ''), (result.code, result.err))
        self.assertEqual(
            sorted([*LINES, 'column one.shape cannot be compared: ValueError: no such shape']),
            sorted(result.out.splitlines()))

    def _make_different(self):
        other = sa.MetaData()
        sa.Table(
            'one', other, sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('name', sa.String(40)), sa.Column('shape', sa.String(80)),
            sa.Column('old', sa.String(3)))
        sa.Table(
            'two', other, sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('one_id', sa.Integer, sa.ForeignKey('one.id', name='fk_one')))
        sa.Table('strange', other, sa.Column('id', sa.Integer, primary_key=True))
        other.create_all(self.engine())


class CheckOnSQLite(CheckTests, databases.SQLite, base.CommandTestCase):
    """On SQLite."""


class CheckOnPostgreSQL(CheckTests, databases.PostgreSQL, base.CommandTestCase):
    """On PostgreSQL."""

    def test_words_of_an_enum(self):
        """They are told, though the type has a name; a baseline tells them apart."""
        path = str(self.directory / 'known.json')
        self._serve_words('a', 'b')
        self.run_command('check', '--write-ignore', path)
        self._serve_words('a', "it's")
        result = self.run_command('check', '--ignore', path)

        self.assertEqual(
            (3, "type of one.word: word ('a') in the database, "
                "word ('a', 'it''s') in the models\n"), (result.code, result.out))

    def _serve_words(self, *words):
        metadata = sa.MetaData()
        sa.Table('one', metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column(
            'word', sa.Enum('a', name='word')))
        metadata.create_all(self.engine())
        self.service({}, {'models.py': (
            'import sqlalchemy as sa\nmetadata = sa.MetaData()\n'
            "sa.Table('one', metadata, sa.Column('id', sa.Integer, primary_key=True),\n"
            f"         sa.Column('word', sa.Enum({str(words)[1:-1]}, name='word')))\n")}, **PLACES)
        importlib.reload(importlib.import_module('acme.models'))


class CheckOnMariaDB(CheckTests, databases.MariaDB, base.CommandTestCase):
    """On MariaDB."""


class AnyDatabaseTests(databases.SQLite, base.CommandTestCase):
    """What is the same on every database."""

    def test_not_at_head(self):
        """It differs for a known reason, which is the answer: exit 3."""
        self.service(timelines.line('one'), {'models.py': MODELS}, **PLACES)
        result = self.run_command('check')

        self.assertEqual(
            (3, '', 'db-manage: error: the database is at no revision, not at head (001); upgrade '
                    'it first\n'), (result.code, result.out, result.err))

    def test_no_metadata(self):
        """A service without models has nothing to compare with: exit 2."""
        self.service({})
        result = self.run_command('check')

        self.assertEqual(
            (2, '', 'db-manage: error: service acme names no metadata to compare with\n'),
            (result.code, result.out, result.err))

    def test_metadata_that_is_none(self):
        """What the place holds is no MetaData: it is said, exit 2."""
        self.service({}, {'models.py': 'metadata = None\n'}, **PLACES)
        result = self.run_command('check')

        self.assertEqual(
            (2, '', 'db-manage: error: metadata of service acme names None, which is no '
                    'MetaData\n'), (result.code, result.out, result.err))

    def test_unreachable(self):
        """A port that nobody listens on: exit 4."""
        self.service({}, {'models.py': MODELS}, **PLACES)
        url = server.url('postgresql', 'nobody', server.free_port(), 'acme')
        self.configure(database={'connection': url, 'max_retries': 0})

        self.assertEqual(4, self.run_command('check').code)

    def test_models_that_are_not_all_imported(self):
        """Most tables are extra: it is said what that means, probably."""
        self.service(timelines.line('one', 'two', 'three'), {'models.py': (
            'import sqlalchemy as sa\nmetadata = sa.MetaData()\n'
            "sa.Table('one', metadata, sa.Column('id', sa.Integer, primary_key=True))\n")},
            **PLACES)
        self.run_command('upgrade', 'head')
        check = self.run_command('check')
        draft = self.run_command('revision', '--autogenerate', '-m', 'x')

        said = ('2 of 3 tables of the database are not in the models; are all of them imported? '
                'see models of the service\n')
        self.assertEqual((3, said), (check.code, check.err))
        self.assertEqual((0, said), (draft.code, draft.err))

    def test_lines_in_a_default(self):
        """A difference is one line."""
        self.service({}, {'models.py': MODELS.replace("'x'", r"'a\nb'")}, **PLACES)
        metadata = importlib.import_module('acme.models').metadata
        metadata.create_all(self.engine())
        metadata.tables['one'].c.name.server_default = sa.DefaultClause('c')
        result = self.run_command('check')

        self.assertEqual((3, r"default of one.name: ('a\nb') in the database, 'c' in the models"),
                         (result.code, result.out.removesuffix('\n')))

    def test_words_of_the_service(self):
        """Its include_object and its compare_type come first."""
        self.service({}, {'models.py': MODELS + (
            '\n\ndef include(thing, name, kind, reflected, other):\n'
            "    return name not in ('two', 'shape')\n")},
            include_object='acme.models:include', **PLACES)
        result = self.run_command('check')

        self.assertEqual((3, 'table one is not in the database\n'), (result.code, result.out))

    def test_directives_of_the_service(self):
        """Its process_revision_directives decides what is left of it all."""
        self.service({}, {'models.py': MODELS + (
            '\n\ndef process(context, revision, directives):\n    directives.clear()\n')},
            process_revision_directives='acme.models:process', **PLACES)
        result = self.run_command('check')

        self.assertEqual((0, 'no difference\n', ''), (result.code, result.out, result.err))

    def test_nothing_is_written(self):
        """A file that is not there is an empty database, and is not made."""
        self.service({}, {'models.py': MODELS}, **PLACES)
        self.run_command('check')

        self.assertEqual([], sorted(self.directory.glob('*.sqlite')))
