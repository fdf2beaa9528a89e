# SPDX-License-Identifier: Apache-2.0
"""The tables of the runner: named after that of the version, and its own."""

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table('one', metadata, sa.Column('id', sa.Integer(), primary_key=True))


def include_name(name, kind, parents):
    return name != 'somebodys'
"""


class TablesTests(databases.MariaDB, base.CommandTestCase):
    """Where there is a journal."""

    def setUp(self):
        super().setUp()
        self.service(
            timelines.line('one'), {'models.py': MODELS}, models='acme.models',
            metadata='acme.models:metadata', version_table='acme_version')
        self.database = self.engine()
        self.run_command('upgrade', 'head')

    def test_names(self):
        """Two services that share a database share no table of it."""
        self.assertEqual(
            ['acme_version', 'acme_version_journal', 'acme_version_lease', 'one'],
            sorted(sa.inspect(self.database).get_table_names()))

    def test_autogenerate(self):
        """None of them is drafted to be dropped."""
        result = self.run_command('revision', '--autogenerate', '-m', 'Nothing')

        said = 'no difference between the models and the database; nothing was written\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def test_autogenerate_with_names_left_out(self):
        """What the service leaves out is left out too."""
        self.configure(dbmanage={'include_name': 'acme.models:include_name'})
        with self.database.begin() as connection:
            connection.execute(sa.text('CREATE TABLE somebodys (id INTEGER)'))
        result = self.run_command('revision', '--autogenerate', '-m', 'Nothing')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertIn('nothing was written', result.err)


class NoTablesTests:
    """Where DDL is transactional the journal costs nothing."""

    def test_names(self):
        """There is the version table alone."""
        self.service(timelines.line('one'))
        self.run_command('upgrade', 'head')

        self.assertEqual(
            ['alembic_version', 'one'], sorted(sa.inspect(self.engine()).get_table_names()))


class NoTablesOnSQLite(NoTablesTests, databases.SQLite, base.CommandTestCase):
    """SQLite needs no table of the runner."""


class NoTablesOnPostgreSQL(NoTablesTests, databases.PostgreSQL, base.CommandTestCase):
    """PostgreSQL needs no table of the runner."""
