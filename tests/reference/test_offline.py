# SPDX-License-Identifier: Apache-2.0
"""The revisions as a script, against the revisions run online."""

from tests import base
from tests import databases
from tests.reference import samples

# The one revision that reads rows in Python.
READS_ROWS = '012'
BEFORE = '011'


class OfflineTests:
    """``--sql`` piped into the database's client."""

    def test_script_with_rows(self):
        """The script leaves the schema and the rows that the online run leaves."""
        self._upgrade('004')
        samples.insert(self.engine(), samples.EVERYTHING)
        self._upgrade('head')
        online = self._found()

        self._use_another_database()
        self._run_script('004')
        samples.insert(self.engine(), samples.EVERYTHING)
        self._run_script(f'004:{BEFORE}')
        self._upgrade(READS_ROWS)
        self._run_script(f'{READS_ROWS}:head')

        schema, rows = self._found()
        self.assertEqual(online[0], schema)
        self.assertEqual(online[1], rows)

    def test_revision_that_reads_rows(self):
        """It has no script: nothing is written, and the message names it."""
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('012_compute_checksums.py', result.err)

    def _use_another_database(self):
        self.url = self._create()
        self.configure(database={'connection': self.url})

    def _upgrade(self, revision):
        result = self.run_command('upgrade', revision)
        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def _run_script(self, revisions):
        script = self.run_command('upgrade', revisions, '--sql')
        self.assertEqual(0, script.code, script.err)
        done = self.client(script.out, *self.stop_at_error)
        self.assertEqual((0, ''), (done.returncode, done.stderr))

    def _found(self):
        engine = self.engine()
        return databases.snapshot(engine), databases.rows(engine)


class OfflineOnSQLite(OfflineTests, databases.SQLite, base.CommandTestCase):
    """The script in sqlite3."""

    stop_at_error = ['-bail']


class OfflineOnPostgreSQL(OfflineTests, databases.PostgreSQL, base.CommandTestCase):
    """The script in psql."""

    stop_at_error = ['--set=ON_ERROR_STOP=1']


class OfflineOnMariaDB(OfflineTests, databases.MariaDB, base.CommandTestCase):
    """The script in mariadb, which stops at an error by itself."""

    stop_at_error = []
