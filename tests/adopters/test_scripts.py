# SPDX-License-Identifier: Apache-2.0
"""The SQL of the revisions, run by the database's own client."""

from tests import timelines
from tests.adopters import adopters


class ScriptTests:
    """Scripts, and revisions that have none because they read the database."""

    maxDiff = None

    def test_scripts(self):
        """The scripts, and what is run online between them, are the upgrade."""
        self.succeed('upgrade', 'head')
        whole = self.state()
        self.use_new_database()
        for start, end, reads in self.spans():
            if reads:
                self.succeed('upgrade', end)
            else:
                self._run(end if start == '000' else f'{start}:{end}')
            self.assertEqual([end], timelines.recorded(self.database))

        self.assertEqual(whole, self.state())

    def test_revisions_that_read(self):
        """Each is named with its line; nothing of a script is written."""
        for number in self.readers:
            with self.subTest(number):
                result = self.run_command('upgrade', f'{number - 1:03}:{number:03}', '--sql')

                self.assertEqual((1, ''), (result.code, result.out))
                self.assertRegex(
                    result.err, rf'error: revision {number:03} \(\S+/{number:03}_\S+\.py, '
                    r'line \d+\) cannot be written as SQL, '
                    'it reads the database ')

    def _run(self, span):
        script = self.succeed('upgrade', span, '--sql').out
        done = self.client(script)
        self.assertEqual((0, ''), (done.returncode, done.stderr))


class SaharaOnPostgreSQL(ScriptTests, adopters.Sahara, adopters.PostgreSQL):
    """Sahara on PostgreSQL."""


class SaharaOnMariaDB(ScriptTests, adopters.Sahara, adopters.MariaDB):
    """Sahara on MariaDB."""


class MistralOnPostgreSQL(ScriptTests, adopters.Mistral, adopters.PostgreSQL):
    """Mistral on PostgreSQL."""


class MistralOnMariaDB(ScriptTests, adopters.Mistral, adopters.MariaDB):
    """Mistral on MariaDB."""
