# SPDX-License-Identifier: Apache-2.0
"""A glance: what it sees is what the engine sees."""

from oslo_config import cfg

from dbmanage.database import glance
from dbmanage.database import tables
from tests import base
from tests import databases
from tests import timelines

OWN = tables.Tables('alembic_version', None)


class GlanceTests:
    """A database with and without a version table."""

    def test_recorded(self):
        """The revisions are told, in order."""
        timelines.record(self.engine(), '002')
        with self.engine().begin() as connection:
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('001')")

        self.assertEqual(['001', '002'], self.glance())

    def test_nothing_to_see(self):
        """Neither no table nor an empty one is told from the other."""
        self.assertIsNone(self.glance())
        timelines.record(self.engine(), '001')
        with self.engine().begin() as connection:
            connection.exec_driver_sql('DELETE FROM alembic_version')

        self.assertIsNone(self.glance())

    def test_not_plain(self):
        """An option that the engine has to understand is left to it."""
        timelines.record(self.engine(), '001')

        self.assertIsNone(self.glance(connection_parameters='x=y'))
        self.assertIsNone(self.glance(mysql_sql_mode='ANSI'))
        self.assertIsNone(self.glance(connection=f'{self.url}?nonsense=1'))

    def glance(self, own=OWN, **options):
        """Return what is seen with some options of [database]."""
        self.configure(database={'connection': self.url} | options)
        conf = cfg.ConfigOpts()
        conf([f'--config-file={self.config_file}'])
        return glance.recorded(conf, 'database', own)


class GlanceOnSQLite(GlanceTests, databases.SQLite, base.CommandTestCase):
    """A glance at a file."""

    def test_no_file(self):
        """A file that is not there is not made."""
        self.url = f'sqlite:///{self.directory}/absent.sqlite'

        self.assertIsNone(self.glance())
        self.assertFalse((self.directory / 'absent.sqlite').exists())


class GlanceOnPostgreSQL(GlanceTests, databases.PostgreSQL, base.CommandTestCase):
    """A glance at PostgreSQL."""

    def test_schema(self):
        """The version table may be in a schema, and have a name that is to be quoted."""
        with self.engine().begin() as connection:
            connection.exec_driver_sql('CREATE SCHEMA "Odd""one"')
            connection.exec_driver_sql(
                'CREATE TABLE "Odd""one"."Version" AS SELECT \'7\' AS version_num')

        self.assertEqual(['7'], self.glance(tables.Tables('Version', 'Odd"one')))


class GlanceOnMariaDB(GlanceTests, databases.MariaDB, base.CommandTestCase):
    """A glance at MariaDB."""

    def test_comment(self):
        """The version table with a comment may have the note of a script."""
        timelines.record(self.engine(), '001')
        with self.engine().begin() as connection:
            connection.exec_driver_sql("ALTER TABLE alembic_version COMMENT = 'x'")

        self.assertIsNone(self.glance())
