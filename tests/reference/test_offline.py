# SPDX-License-Identifier: Apache-2.0
"""The revisions as scripts, against the revisions run online, with rows in the tables."""

from dbmanage import reference
from tests import databases
from tests.reference import samples
from tests.script import scripts

# The one revision that reads rows in Python, and the one before it.
READS_ROWS, BEFORE = '012', '011'


class OfflineTests:
    """``--sql`` piped into the database's client."""

    maxDiff = None

    def test_from_base_to_head(self):
        """Without the revision that reads rows it is one script."""
        self._leave_out_what_reads_rows()
        self.upgrade('head')
        expected = self.found()

        self.use_another_database()
        self.run_script(self.script('base:head'))
        self.assertEqual(expected, self.found())

    def test_in_three_parts(self):
        """Around it, with rows in the tables, it is two scripts and a run."""
        self.upgrade('004')
        samples.insert(self.database, samples.EVERYTHING)
        self.upgrade('head')
        expected = self.found()

        self.use_another_database()
        self.run_script(self.script('004'))
        samples.insert(self.database, samples.EVERYTHING)
        self.run_script(self.script(f'004:{BEFORE}'))
        self.upgrade(READS_ROWS)
        self.run_script(self.script('current:head'))
        self.assertEqual(expected, self.found())

    def test_revision_that_reads_rows(self):
        """It has no script: nothing is written, and the message names it."""
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertRegex(result.err, r'revision 012 \(.*/012_compute_checksums\.py, line \d+\) ')

    def _leave_out_what_reads_rows(self):
        [versions] = reference.SERVICE.folders()
        self.service({
            path.name: path.read_text().replace(
                f"down_revision = '{READS_ROWS}'", f"down_revision = '{BEFORE}'")
            for path in versions.glob('[0-9]*.py') if not path.name.startswith(READS_ROWS)})


class OfflineOnSQLite(OfflineTests, databases.SQLite, scripts.ScriptTestCase):
    """The scripts in sqlite3."""


class OfflineOnPostgreSQL(OfflineTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """The scripts in psql."""


class OfflineOnMariaDB(OfflineTests, databases.MariaDB, scripts.ScriptTestCase):
    """The scripts in mariadb."""
