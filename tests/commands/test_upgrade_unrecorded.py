# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` that ends well and is not recorded: that is a failure."""

from tests import base
from tests import databases
from tests import timelines

# Each lets the next version row vanish, without a word.
TRIGGERS = {
    'sqlite': [
        'CREATE TRIGGER IF NOT EXISTS forget AFTER INSERT ON alembic_version '
        'BEGIN DELETE FROM alembic_version; END'],
    'postgresql': [
        'CREATE OR REPLACE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql '
        'AS $$ BEGIN RETURN NULL; END $$',
        'DROP TRIGGER IF EXISTS forget ON alembic_version',
        'CREATE TRIGGER forget BEFORE INSERT ON alembic_version '
        'FOR EACH ROW EXECUTE FUNCTION nothing()'],
    'mariadb': [
        'RENAME TABLE IF EXISTS alembic_version TO recorded',
        "CREATE OR REPLACE VIEW alembic_version AS SELECT * FROM recorded WHERE version_num = ''"],
}


class UnrecordedTests:
    """A revision does away with what is recorded."""

    failed = 1

    def test_first_revision(self):
        """The version is read back: it is not what was planned."""
        body = '\n'.join(f'op.execute({one!r})' for one in TRIGGERS[self.kind])
        result = self._upgrade(body)

        self.assertEqual((1, ''), (result.code, result.out), result.err)
        self.assertIn('but the database is at no revision', result.err.splitlines()[-1])

    def test_first_of_several(self):
        """It is not run again and again."""
        body = '\n'.join(f'op.execute({one!r})' for one in TRIGGERS[self.kind])
        result = self._upgrade(body, 'two')

        self.assertIn(result.code, (1, self.failed), result.err)
        self.assertEqual('', result.out)
        self.assertNotIn('002', timelines.recorded(self.engine()) or [])

    def test_deleted_row(self):
        """The row to change is not there: the revision has failed."""
        result = self._upgrade('one', 'op.execute("DELETE FROM alembic_version")')

        self.assertEqual((1, ''), (result.code, result.out), result.err)

    def test_dropped_table(self):
        """There is nowhere to record it."""
        result = self._upgrade('one', 'op.drop_table("alembic_version")')

        self.assertEqual((self.failed, ''), (result.code, result.out), result.err)

    def test_other_revision(self):
        """A revision that records another one has failed."""
        result = self._upgrade(
            'one', """op.execute("UPDATE alembic_version SET version_num = '009'")""")

        self.assertEqual((1, ''), (result.code, result.out), result.err)

    def _upgrade(self, *bodies):
        self.service(timelines.line(*bodies))
        return self.run_command('upgrade', 'head')


class UnrecordedOnSQLite(UnrecordedTests, databases.SQLite, base.CommandTestCase):
    """On SQLite the run is one transaction."""


class UnrecordedOnPostgreSQL(UnrecordedTests, databases.PostgreSQL, base.CommandTestCase):
    """On PostgreSQL an empty database is brought up to date in one transaction."""

    def test_database_in_use(self):
        """Where each revision has a transaction it is not run again and again."""
        with self.engine().begin() as connection:
            connection.exec_driver_sql('CREATE TABLE somebodys (id INTEGER)')
        self.test_first_of_several()


class UnrecordedOnMariaDB(UnrecordedTests, databases.MariaDB, base.CommandTestCase):
    """On MariaDB a revision that has failed after a DDL is partly applied."""

    failed = 6
