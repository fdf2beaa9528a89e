# SPDX-License-Identifier: Apache-2.0
"""The service's own code: its models, its options, what its revisions ask."""

import unittest

import sqlalchemy as sa

import dbmanage
from dbmanage import errors
from tests import base
from tests import databases
from tests import timelines

# Registered for the command line: a ConfigOpts that was parsed takes none.
OPTIONS = """
from oslo_config import cfg

CONF = cfg.ConfigOpts()
SEEN = []


def prepare():
    SEEN.append('prepare')


def fail():
    raise LookupError('no colour')
"""
CONFIGURES = """

def configure():
    CONF.register_opts([cfg.StrOpt('colour', default='grey')])
    CONF([], project='acme', default_config_files=[])
"""
MODELS = """
import sqlalchemy as sa
from oslo_config import cfg
from acme import options

options.SEEN.append('models')
options.CONF.register_cli_opts([cfg.StrOpt('colour', default='grey')])
metadata = sa.MetaData(naming_convention={'uq': 'uq_%(table_name)s'})
others = sa.MetaData(naming_convention={'ck': 'ck_%(table_name)s', 'uq': 'other'})


def every():
    return [metadata, others]
"""
TABLE_OF_COLOUR = """
from acme import options
op.create_table(options.CONF.colour, sa.Column('id', sa.Integer(), primary_key=True))
"""
COLOUR = f"""{TABLE_OF_COLOUR}
assert options.SEEN == ['prepare', 'models'], options.SEEN
"""
NAMES = """
op.create_table(
    'one', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(9)),
    sa.UniqueConstraint('name'), sa.CheckConstraint('id > 0'))
"""
LOOKED_UP = """
from alembic import context
for found in (context.config.acme_config, context.config.attributes['acme_config']):
    op.create_table(found.colour, sa.Column('id', sa.Integer(), primary_key=True))
    found.colour = 'red'
"""
OWN_TABLES = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table('one', metadata, sa.Column('id', sa.Integer(), primary_key=True))


def own(name, type_, parent_names):
    return type_ != 'table' or name in metadata.tables
"""
HOOK = """
APPLIED = []


def applied(ctx, step, heads, run_args):
    APPLIED.append((step.up_revision_id, sorted(heads)))
"""


class CodeTests(databases.SQLite, base.CommandTestCase):
    """``prepare``, ``models`` and ``conf``, in this order."""

    def described(self, *bodies, **fields):
        """Let the service be one with options of its own."""
        self.service(timelines.line(*bodies), {'options.py': OPTIONS, 'models.py': MODELS}, **{
            'prepare': 'acme.options:prepare', 'models': 'acme.models',
            'metadata': 'acme.models:metadata', 'conf': 'acme.options:CONF', **fields})

    def test_options_of_the_service(self):
        """Its ConfigOpts has read the same files, behind what the models register."""
        self.described(COLOUR)
        self.configure(DEFAULT={'colour': 'green'})
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['green'], timelines.tables(self.engine()))

    def test_configuration_by_the_service(self):
        """What ``prepare`` registers and parses itself is read again, from the files."""
        self.service(timelines.line(TABLE_OF_COLOUR), {'options.py': OPTIONS + CONFIGURES},
                     prepare='acme.options:configure', conf='acme.options:CONF')
        self.configure(DEFAULT={'colour': 'green'})
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['green'], timelines.tables(self.engine()))

    def test_folder_of_files(self):
        """It has read those of --config-dir, too."""
        self.described(COLOUR)
        self.configure()
        folder = self.directory / 'conf.d'
        folder.mkdir()
        (folder / 'colour.conf').write_text('[DEFAULT]\ncolour = blue\n')
        result = self.run_command('--config-dir', str(folder), 'upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['blue'], timelines.tables(self.engine()))

    def test_script(self):
        """A script is written with the same options."""
        self.described(COLOUR)
        self.configure(DEFAULT={'colour': 'green'})
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual(0, result.code, result.err)
        self.assertIn('CREATE TABLE green', result.out)

    def test_configuration_that_is_passed(self):
        """A ConfigOpts that main() is given is read again behind the models."""
        self.described(COLOUR)
        self.configure(DEFAULT={'colour': 'green'})
        from acme import options
        service = dbmanage.Service(
            name='acme', versions='acme:versions', models=['acme.models'],
            metadata='acme.models:metadata', prepare='acme.options:prepare')
        code = dbmanage.main(
            service, ['--config-file', str(self.config_file), 'upgrade', 'head'], options.CONF)

        self.assertEqual(0, code)
        self.assertEqual(['green'], timelines.tables(self.engine()))

    def test_commands_without_code(self):
        """What shows the timeline calls, imports and reads nothing of the service."""
        self.described('one', prepare='acme.nothing:prepare', models='acme.nothing',
                       conf='acme.nothing:CONF', attributes='a:acme.nothing:a')
        for argv in (('history',), ('heads',), ('check_migration',), ('current',)):
            with self.subTest(argv):
                result = self.run_command(*argv)

                self.assertEqual(0, result.code, result.err)

    def test_code_that_fails(self):
        """Whatever is missing or raises: exit 2, and no database is made."""
        for fields, said in (
            ({'prepare': 'acme.options:fail'}, 'fail() failed: LookupError: no colour'),
            ({'prepare': 'acme.options:nope'}, 'acme.options has no nope'),
            ({'conf': 'acme.options:nope'}, 'acme.options has no nope'),
            ({'attributes': 'a:acme.options:nope'}, 'acme.options has no nope'),
            ({'on_version_apply': 'acme.options:nope'}, 'acme.options has no nope'),
            ({'metadata': 'acme.options:fail'}, 'fail() failed: LookupError: no colour'),
        ):
            with self.subTest(fields):
                self.described('one', **fields)
                result = self.run_command('upgrade', 'head')

                self.assertEqual((2, ''), (result.code, result.out))
                self.assertRegex(result.err, rf'\Adb-manage: error: {_escaped(said)}.*\n\Z')
                self.assertIsNone(timelines.recorded(self.engine()))
                base._forget('acme')
                self.configure(dbmanage=dict.fromkeys(fields))

    def test_option_that_must_be_set(self):
        """What the service's own ConfigOpts lacks is said: exit 2."""
        self.service(timelines.line('one'), {
            'options.py': OPTIONS + "\nCONF.register_opt(cfg.StrOpt('host', required=True))\n",
        }, conf='acme.options:CONF')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertRegex(result.err, r'^db-manage: error: .*\bhost\b.*\n$')
        self.assertIsNone(timelines.recorded(self.engine()))


class MetadataTests(databases.SQLite, base.CommandTestCase):
    """``metadata``: one, several, or a function that returns them."""

    def test_naming_conventions(self):
        """Revisions get those of all of them; where two differ, that of the first."""
        for metadata in (['acme.models:metadata', 'acme.models:others'], 'acme.models:every'):
            with self.subTest(metadata):
                self.url = self._create()
                self.configure(database={'connection': self.url})
                self.service(timelines.line(NAMES), {'options.py': OPTIONS, 'models.py': MODELS},
                             metadata=metadata)
                result = self.run_command('upgrade', 'head')

                self.assertEqual((0, ''), (result.code, result.out), result.err)
                inspector = sa.inspect(self.engine())
                self.assertEqual('uq_one', inspector.get_unique_constraints('one')[0]['name'])
                self.assertEqual('ck_one', inspector.get_check_constraints('one')[0]['name'])

    def test_object(self):
        """A Service in Python may hold the thing itself."""
        metadata, others = sa.MetaData(), sa.MetaData()
        for field in (metadata, [metadata], lambda: metadata, [lambda: [metadata]]):
            service = dbmanage.Service('acme', 'acme:versions', field)
            self.assertEqual([metadata], service.target_metadata())
        both = dbmanage.Service('acme', 'acme:versions', [metadata, lambda: others])
        self.assertEqual([metadata, others], both.target_metadata())


class AttributesTests(databases.SQLite, base.CommandTestCase):
    """``attributes``: what revisions look up on Alembic's Config."""

    def test_looked_up(self):
        """They are on it, and in its ``attributes``; scripts find them, too."""
        settings = "class Settings: pass\n\n\nSETTINGS = Settings()\nSETTINGS.colour = 'green'\n"
        self.service(timelines.line(LOOKED_UP), {'settings.py': settings},
                     attributes='acme_config:acme.settings:SETTINGS')
        script = self.run_command('upgrade', 'head', '--sql')
        base._forget('acme')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['green', 'red'], timelines.tables(self.engine()))
        self.assertIn('CREATE TABLE green', script.out)

    def test_name_of_alembic(self):
        """What Alembic has put there stays: exit 2."""
        for name in ('attributes', 'stdout', 'configure', 'get_main_option'):
            with self.subTest(name):
                self.service(timelines.line('one'), attributes=f'{name}:os:environ')
                result = self.run_command('upgrade', 'head')

                self.assertEqual(
                    (2, '', f"db-manage: error: attributes: {name} is a name of Alembic's "
                            'Config\n'), (result.code, result.out, result.err))
                self.assertIsNone(timelines.recorded(self.engine()))


class ConfigureTests(databases.SQLite, base.CommandTestCase):
    """``configure``: arguments of Alembic's, values or places."""

    def test_hook(self):
        """It hears of each revision, once, with what is recorded then."""
        self.service(timelines.line('one', 'two'), {'hook.py': HOOK},
                     on_version_apply='acme.hook:applied')
        result = self.run_command('upgrade', 'head')
        from acme import hook

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([('001', ['001']), ('002', ['002'])], hook.APPLIED)

    def test_places(self):
        """A string is the place of a function where Alembic takes one, and there alone."""
        service = dbmanage.Service('acme', 'acme:versions', configure={
            'version_table': 'acme:version', 'compare_type': False,
            'include_name': 'os.path:join', 'on_version_apply': 'os.path:split'})

        self.assertEqual('acme:version', service.configure['version_table'])
        self.assertIs(False, service.configure['compare_type'])
        self.assertEqual('a/b', service.configure['include_name']('a', 'b'))
        self.assertEqual([('a', 'b')], [hook('a/b') for hook in
                                        service.configure['on_version_apply']])


class TransactionTests(databases.PostgreSQL, base.CommandTestCase):
    """``transaction_per_migration``, where DDL can be rolled back."""

    def test_each_revision(self):
        """What a revision did stays, though a later one fails in an empty database."""
        for alone, kept in ((None, None), (True, ['001'])):
            with self.subTest(alone=alone):
                self.service(timelines.line('one', 'raise ValueError("no")'),
                             transaction_per_migration=alone)
                result = self.run_command('upgrade', 'head')

                self.assertEqual((1, ''), (result.code, result.out), result.err)
                self.assertEqual(kept, timelines.recorded(self.engine()))

    def test_single_transaction(self):
        """The operator's wish for one transaction contradicts it: exit 2."""
        self.service(timelines.line('one'), transaction_per_migration=True,
                     single_transaction=True)
        result = self.run_command('upgrade', 'head')

        self.assertEqual(
            (2, '', 'db-manage: error: [dbmanage] single_transaction is set, but the service '
                    'has transaction_per_migration\n'), (result.code, result.out, result.err))
        self.assertIsNone(timelines.recorded(self.engine()))


class NeighboursTests:
    """Two services in one database."""

    def test_version_tables(self):
        """Each knows what is its own; in the other's table it finds a stranger."""
        self.service(timelines.line('one'), {
            'other/x1.py': base.revision_file('x1', None, timelines.table('two'))})
        mine = self.run_command('upgrade', 'head')
        self.configure(dbmanage={'versions': 'acme:other'})
        stranger = self.run_command('upgrade', 'head')
        self.configure(dbmanage={'version_table': 'other_version'})
        other = self.run_command('upgrade', 'head')
        current = self.run_command('current')

        self.assertEqual((0, 7, 0), (mine.code, stranger.code, other.code), other.err)
        self.assertIn('the database is at revision 001, which this code does not have',
                      stranger.err)
        self.assertEqual('x1 (head)\n', current.out)
        self.assertEqual(['001'], timelines.recorded(self.engine()))

    def test_check(self):
        """The tables of the other are too many, unless they are left out."""
        self.service(timelines.line('one'), {
            'other/x1.py': base.revision_file('x1', None, timelines.table('two')),
            'models.py': OWN_TABLES}, models='acme.models', metadata='acme.models:metadata')
        self.run_command('upgrade', 'head')
        self.configure(dbmanage={'versions': 'acme:other', 'version_table': 'other_version'})
        self.run_command('upgrade', 'head')
        self.configure(dbmanage={'versions': 'acme:versions', 'version_table': None})
        found = self.run_command('check')
        self.configure(dbmanage={'include_name': 'acme.models:own'})
        own = self.run_command('check')

        self.assertEqual(3, found.code, found.err)
        self.assertIn('table two is not in the models\n', found.out)
        self.assertEqual((0, 'no difference\n'), (own.code, own.out), own.err)


class NeighboursOnSQLite(NeighboursTests, databases.SQLite, base.CommandTestCase):
    """Two services in one file."""


class NeighboursOnPostgreSQL(NeighboursTests, databases.PostgreSQL, base.CommandTestCase):
    """Two services in one database of PostgreSQL."""


class NeighboursOnMariaDB(NeighboursTests, databases.MariaDB, base.CommandTestCase):
    """Two services in one database of MariaDB, each with its journal."""


class VersionsTests(unittest.TestCase):
    """A place that has neither a folder nor a function."""

    def test_no_folder(self):
        """It is said where the folder was looked for, and what named it."""
        with self.assertRaisesRegex(errors.UsageError, 'there is no folder /nowhere/at all '):
            dbmanage.Service('acme', '/nowhere/at all').folders()


def _escaped(text):
    return text.replace('(', r'\(').replace(')', r'\)')
