# SPDX-License-Identifier: Apache-2.0
"""A service, described by the fields of ``[dbmanage]`` or found by its name."""

import dataclasses
import pathlib

import sqlalchemy as sa
from alembic import script

import dbmanage
from dbmanage import timeline
from tests import base
from tests import databases
from tests import timelines

MODELS = """
import sqlalchemy as sa


class Base:
    metadata = sa.MetaData()


others = sa.MetaData()
sa.Table('one', Base.metadata, sa.Column('id', sa.Integer(), primary_key=True))
sa.Table('two', others, sa.Column('id', sa.Integer(), primary_key=True))
"""
# Branches in folders of their own, for each release, as neutron has them.
TREE = {
    'releases/start.py': base.revision_file('start'),
    'releases/a/expand/e1.py': base.revision_file('e1', 'start', branch_labels=('expand',)),
    'releases/a/contract/c1.py': base.revision_file('c1', 'start', branch_labels=('contract',)),
    'releases/b/expand/e2.py': base.revision_file('e2', 'e1', timelines.table('e2')),
    'releases/b/contract/c2.py': base.revision_file('c2', 'c1', depends_on='e2'),
    'tree.py': """
import pathlib

FOLDERS = ['releases', 'releases/b/expand', 'releases/a/expand', 'releases/a/contract',
           'releases/b/contract']


def places():
    return [f'acme:{folder}' for folder in FOLDERS]


def paths():
    return (pathlib.Path(__file__).parent / folder for folder in FOLDERS)
""",
}
CHOICE = """
def object_(item, name, kind, reflected, compare_to):
    return name != 'ours'


def name(name, kind, parents):
    return name != 'theirs'
"""
SERVICE = """
import dbmanage

SERVICE = dbmanage.Service('acme', 'acme.db:versions', metadata='acme.nothing:metadata')
"""
CONFIGURED = """
import dbmanage

SERVICE = dbmanage.Service('acme', 'acme:versions', 'acme.models:others',
                           configure={'alembic_module_prefix': 'operations.'})
"""
POPULATE = """
def fruit(connection):
    return {'added': connection.exec_driver_sql('INSERT INTO one (id) VALUES (1)').rowcount}
"""


class VersionsTests(databases.SQLite, base.CommandTestCase):
    """``versions``: where the revisions are."""

    def test_several_folders(self):
        """They are one timeline; a link between them is a parent like any other."""
        self.service(timelines.line('one'), {
            'later/003.py': base.revision_file('003', '002'),
            'more/002.py': base.revision_file('002', '001'),
        }, versions=['acme:versions', 'acme:later', 'acme:more'])

        self._assert_ids(['003', '002', '001'])

    def test_order_of_the_folders(self):
        """What has no other order comes in theirs: the first problem is the first folder's."""
        self.service({}, {'b/1.py': 'broken', 'a/2.py': 'broken'}, versions=['acme:b', 'acme:a'])
        result = self.run_command('check_migration')

        self.assertEqual(3, result.code)
        first, second = result.out.splitlines()
        self.assertIn('/acme/b/1.py: ', first)
        self.assertIn('/acme/a/2.py: ', second)

    def test_order_of_branches(self):
        """That of independent branches is Alembic's, and depends on that of the folders."""
        self.service({}, {'b/x.py': base.revision_file('x'), 'a/y.py': base.revision_file('y')})
        plans = []
        for folders in (['acme:b', 'acme:a'], ['acme:a', 'acme:b']):
            service = dbmanage.Service('acme', folders)
            stock = script.ScriptDirectory(
                str(self.directory), version_locations=[*map(str, service.folders())])
            plan = [one.revision for one in timeline.Timeline(service.folders()).plan('heads', [])]
            plans.append(plan)

            self.assertEqual(
                [one.revision for one in stock.iterate_revisions('heads', 'base')][::-1], plan)
        self.assertEqual(plans[0][::-1], plans[1])

    def test_folder_below_folders(self):
        """It need not be a package."""
        self.service({}, {'db/sqlalchemy/alembic/versions/001.py': base.revision_file('001')},
                     versions='acme:db/sqlalchemy/alembic/versions')

        self._assert_ids(['001'])

    def test_folder_beside_a_module(self):
        """A module stands for its folder; it is not imported."""
        self.service({}, {
            'db/__init__.py': '', 'db/api.py': 'import nothing_there',
            'db/versions/001.py': base.revision_file('001'),
        }, versions='acme.db.api:versions')

        self._assert_ids(['001'])

    def test_package_of_revisions(self):
        """A package may be the folder itself."""
        self.service(timelines.line('one'), {'versions/__init__.py': ''}, versions='acme.versions')

        self._assert_ids(['001'])

    def test_folders_below(self):
        """``/**`` is a folder and all below it; without it what is below is not read."""
        self.service({}, TREE, versions='acme:releases/**')
        whole = self.run_command('heads')
        self.configure(dbmanage={'versions': 'acme:releases'})
        base_alone = self.run_command('heads')

        self.assertEqual('c2 (contract) (head)\ne2 (expand) (effective head)\n', whole.out)
        self.assertEqual('start (head)\n', base_alone.out)

    def test_function(self):
        """A function may return places, or paths."""
        for function in ('places', 'paths'):
            with self.subTest(function):
                self.service({}, TREE, versions=f'acme.tree:{function}')
                self._assert_ids(['c2', 'c1', 'e2', 'e1', 'start'])

    def test_branches(self):
        """One head is not guessed, and nothing is made; a branch goes by its name."""
        self.service({}, TREE, versions='acme:releases/**')
        head = self.run_command('upgrade', 'head')
        tables = sa.inspect(self.engine()).get_table_names()
        expand = self.run_command('upgrade', 'expand@head')
        expanded = timelines.recorded(self.engine())
        heads = self.run_command('upgrade', 'heads')

        self.assertEqual((2, ''), (head.code, head.out))
        self.assertEqual('db-manage: error: there are several heads: c2 (contract@head), '
                         'e2 (expand@head); name one, or say heads for all of them\n', head.err)
        self.assertEqual([], tables)
        self.assertEqual((0, 0), (expand.code, heads.code), expand.err + heads.err)
        self.assertEqual((['e2'], ['c2']), (expanded, timelines.recorded(self.engine())))

    def test_path(self):
        """A path is no place, and may be absolute."""
        package = self.service(timelines.line('one'))
        self.configure(dbmanage={'versions': package / 'versions'})

        self._assert_ids(['001'])

    def test_name_with_dashes(self):
        """What a file is called does not matter."""
        self.service({'030-health-check.py': base.revision_file('030')})

        self._assert_ids(['030'])

    def _assert_ids(self, ids):
        result = self.run_command('history')
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(ids, [
            line.split(' -> ')[1].split()[0].rstrip(',') for line in result.out.splitlines()])


class FieldsTests(databases.SQLite, base.CommandTestCase):
    """The other options of ``[dbmanage]``."""

    def test_metadata(self):
        """Several places are one set of models; a place goes through attributes."""
        self.service(timelines.line('one', 'two'), {'models.py': MODELS},
                     metadata=['acme.models:Base.metadata', 'acme.models:others'])
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertIn('no difference', result.err)

    def test_models(self):
        """They are imported before the metadata is looked at."""
        self.service(timelines.line('one'), {
            'base.py': 'import sqlalchemy as sa\n\nmetadata = sa.MetaData()\n',
            'models.py': 'import sqlalchemy as sa\nfrom acme import base\n\n'
                         "sa.Table('one', base.metadata, sa.Column('id', sa.Integer(), "
                         'primary_key=True))\n',
        }, models='acme.models', metadata='acme.base:metadata')
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertIn('no difference', result.err)

    def test_include(self):
        """What they leave out is no difference."""
        self.service(timelines.line('one', 'two', 'ours', 'theirs'),
                     {'models.py': MODELS, 'choice.py': CHOICE},
                     metadata=['acme.models:Base.metadata', 'acme.models:others'],
                     include_object='acme.choice:object_', include_name='acme.choice:name')
        self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertIn('no difference', result.err)

    def test_version_table(self):
        """Every command looks for the current revision there."""
        self.service(timelines.line('one', 'two'), version_table='acme_version')
        self.run_command('stamp', '001')
        upgrade = self.run_command('upgrade', 'head')
        current = self.run_command('current')
        script = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual(0, upgrade.code, upgrade.err)
        self.assertEqual('002 (head)\n', current.out)
        self.assertIn('INSERT INTO acme_version', script.out)
        self.assertEqual({'acme_version', 'two'}, set(sa.inspect(self.engine()).get_table_names()))

    def test_populate(self):
        """A set of rows has a name and the place of its function."""
        self.service(timelines.line('one'), {'rows.py': POPULATE}, populate='fruit:acme.rows:fruit')
        self.run_command('upgrade', 'head')
        result = self.run_command('populate', 'fruit')

        self.assertEqual((0, 'fruit: 1 added, 0 updated, 0 removed, 0 unchanged\n', ''),
                         (result.code, result.out, result.err))

    def test_name(self):
        """Messages name the service; without a name it is called after its package."""
        self.service(timelines.line('one'))
        self.run_command('upgrade', 'head')
        named = self.run_command('revision', '--autogenerate', '-m', 'x')
        self.configure(dbmanage={'name': None})
        unnamed = self.run_command('revision', '--autogenerate', '-m', 'x')

        for result in (named, unnamed):
            self.assertIn('service acme names no metadata', result.err)

    def test_service(self):
        """A ready Service is named; what else is in the section is not looked at."""
        self.service({}, {'manage.py': SERVICE, 'db/001.py': '', 'db/versions/001.py': (
            base.revision_file('001'))}, service='acme.manage:SERVICE')
        result = self.run_command('heads')

        self.assertEqual((0, '001 (head)\n', ''), (result.code, result.out, result.err))

    def test_configure(self):
        """What else Alembic takes is a field of a ready Service, how a draft is written too."""
        self.service({}, {'models.py': MODELS, 'manage.py': CONFIGURED},
                     service='acme.manage:SERVICE')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn("    operations.create_table('two',\n",
                      pathlib.Path(result.out.strip()).read_text())

    def test_reference_service(self):
        """It is there when no service is described, and only then."""
        nothing = self.run_command('check_migration')
        for name in ('name', 'models', 'metadata', 'include_object'):
            with self.subTest(option=name):
                self.configure(dbmanage={name: 'acme.db:something'})
                result = self.run_command('upgrade', 'head')
                self.configure(dbmanage={name: None})

                self.assertEqual((2, ''), (result.code, result.out))
                self.assertIn(f'[dbmanage] {name} is set, but versions names nothing', result.err)
        self.assertRegex(nothing.out, r'^\d+ revisions, sound, head: 0\d\d\n$')
        self.assertIsNone(timelines.recorded(self.engine()))


class SchemaTests(databases.PostgreSQL, base.CommandTestCase):
    """A version table in a schema of its own."""

    def test_version_table_schema(self):
        """Every command looks for the current revision there."""
        with self.engine().begin() as connection:
            connection.exec_driver_sql('CREATE SCHEMA versions')
        self.service(timelines.line('one', 'two'), version_table_schema='versions')
        self.run_command('stamp', '001')
        upgrade = self.run_command('upgrade', 'head')
        current = self.run_command('current')

        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual('002 (head)\n', current.out)
        inspector = sa.inspect(self.engine())
        self.assertEqual(['alembic_version'], inspector.get_table_names('versions'))
        self.assertEqual(['two'], inspector.get_table_names())


class ServiceTests(databases.SQLite, base.CommandTestCase):
    """A Service in Python."""

    def test_one_or_several(self):
        """A single folder needs no list; a Service cannot be changed."""
        package = self.service(timelines.line('one'))
        one = dbmanage.Service(name='acme', versions='acme:versions')
        several = dataclasses.replace(one, versions=('acme:versions', 'acme:versions'))

        self.assertEqual([package / 'versions'], one.folders())
        self.assertEqual([package / 'versions'] * 2, several.folders())
        with self.assertRaises(dataclasses.FrozenInstanceError):
            one.name = 'other'
