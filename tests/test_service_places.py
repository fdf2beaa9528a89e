# SPDX-License-Identifier: Apache-2.0
"""Places that name nothing: exit 2, one line with the reason."""

import pathlib

from tests import base
from tests import databases
from tests import timelines


class PlaceTestCase(databases.SQLite, base.CommandTestCase):
    """A test on a service with a revision."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))

    def assert_refused(self, reason, *argv):
        """Fail unless that is the one line on stderr; no database is made."""
        result = self.run_command(*(argv or ('upgrade', 'head')))
        self.assertEqual((2, '', f'db-manage: error: {reason}\n'),
                         (result.code, result.out, result.err))
        self.assertFalse(pathlib.Path(self.url.removeprefix('sqlite:///')).exists())


class ServicePlaceTests(PlaceTestCase):
    """``service = package.module:ATTRIBUTE``."""

    def test_no_attribute(self):
        """A module alone is no place."""
        self.configure(dbmanage={'service': 'acme.manage'})

        self.assert_refused("'acme.manage' is not of the form package.module:attribute")

    def test_missing_module(self):
        """What Python says is the reason."""
        self.configure(dbmanage={'service': 'acme.manage:SERVICE'})

        self.assert_refused("cannot import acme.manage: ModuleNotFoundError: "
                            "No module named 'acme.manage'")

    def test_module_that_fails(self):
        """Whatever it raises, it is not a traceback."""
        for number, (error, said) in enumerate({
            'raise ValueError("no\\nway")': 'ValueError: no way',
            'def': 'SyntaxError: invalid syntax (manage2.py, line 1)',
            'raise SystemExit(3)': 'SystemExit: 3',
        }.items(), 1):
            self.service({}, {f'manage{number}.py': error},
                         service=f'acme.manage{number}:SERVICE')

            self.assert_refused(f'cannot import acme.manage{number}: {said}')

    def test_missing_attribute(self):
        """The module is there, and lacks it."""
        self.service({}, {'manage.py': ''}, service='acme.manage:SERVICE')

        self.assert_refused("acme.manage has no SERVICE (named by 'acme.manage:SERVICE')")

    def test_something_else(self):
        """It is something else than a Service."""
        self.service({}, {'manage.py': 'SERVICE = "acme"'}, service='acme.manage:SERVICE')

        self.assert_refused('acme.manage:SERVICE is not a dbmanage.Service')


class VersionsPlaceTests(PlaceTestCase):
    """``versions = package.module:folder``."""

    def test_missing_module(self):
        """The module is named, and where it was written."""
        self.configure(dbmanage={'versions': 'acme.db:versions'})

        self.assert_refused('there is no module acme.db (named by versions = acme.db:versions)')

    def test_missing_package(self):
        """So is the package above it."""
        self.configure(dbmanage={'versions': 'emca.db:versions'})

        self.assert_refused("cannot import emca.db: ModuleNotFoundError: No module named 'emca'")

    def test_package_that_fails(self):
        """The packages above a module are imported, and may fail."""
        self.service({}, {'db/__init__.py': 'import nothing_there', 'db/api/__init__.py': ''},
                     versions='acme.db.api:versions')

        self.assert_refused("cannot import acme.db.api: ModuleNotFoundError: "
                            "No module named 'nothing_there'")

    def test_missing_folder(self):
        """The folder is named, and where it was written."""
        self.configure(dbmanage={'versions': ['acme:versions', 'acme:more']})

        self.assert_refused(f'there is no folder {self.directory}/packages/acme/more '
                            '(named by versions = acme:more)')

    def test_file(self):
        """A file is no folder."""
        self.configure(dbmanage={'versions': 'acme:versions/001.py'})

        self.assert_refused(f'there is no folder {self.directory}/packages/acme/versions/001.py '
                            '(named by versions = acme:versions/001.py)')


class OtherPlaceTests(PlaceTestCase):
    """Places that some commands need."""

    def test_model_that_does_not_import(self):
        """An upgrade needs the models, for their naming conventions."""
        self.service({}, {'models.py': 'import nothing_there'}, models='acme.models')

        self.assert_refused("cannot import acme.models: ModuleNotFoundError: "
                            "No module named 'nothing_there'")

    def test_metadata(self):
        """An attribute of an attribute may be what is missing."""
        self.service({}, {'models.py': 'class Base: pass'}, metadata='acme.models:Base.metadata')

        self.assert_refused('acme.models has no Base.metadata '
                            "(named by 'acme.models:Base.metadata')")

    def test_populate(self):
        """A set that is not of the form NAME:PLACE, or whose function is not there."""
        self.service({}, {'rows.py': ''}, populate='fruit:acme.rows:fruit')
        self.assert_refused("acme.rows has no fruit (named by 'acme.rows:fruit')", 'populate')

        self.configure(dbmanage={'populate': 'fruit'})
        result = self.run_command('populate')
        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('populate', result.err)

    def test_include_object(self):
        """It is autogenerate that asks it."""
        self.service({}, {'models.py': 'import sqlalchemy as sa\n\nmetadata = sa.MetaData()\n'},
                     metadata='acme.models:metadata', include_object='acme.models:choose')
        upgrade = self.run_command('upgrade', 'head')
        result = self.run_command('revision', '--autogenerate', '-m', 'x')

        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual(
            (2, '', 'db-manage: error: acme.models has no choose '
                    "(named by 'acme.models:choose')\n"),
            (result.code, result.out, result.err))

    def test_other_commands(self):
        """What needs no models works without them."""
        self.service({}, {'models.py': 'import nothing_there'},
                     models='acme.models', metadata='acme.models:metadata',
                     populate='fruit:acme.models:fruit', include_name='acme.models:name')
        for argv in (('history',), ('heads',), ('branches',), ('show', 'head'),
                     ('check_migration',), ('current',), ('revision', '-m', 'x')):
            with self.subTest(argv=argv):
                result = self.run_command(*argv)

                self.assertEqual(0, result.code, result.err)
