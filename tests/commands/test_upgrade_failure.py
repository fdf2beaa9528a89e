# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` with a revision that fails: what stays, and what is said."""

import json

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

RAISES = f"""
{timelines.table('two')}
op.execute("INSERT INTO one VALUES (1)")
raise LookupError('no such cluster')
"""
REFUSED = f"""
{timelines.table('two')}
op.execute('SELECT * FROM nowhere')
"""
RAISES_BEFORE_DDL = """
op.execute("INSERT INTO one VALUES (1)")
raise LookupError('no such cluster')
"""


class FailureTests:
    """The second of three revisions fails after a table was created."""

    code = 1
    name = 'failed'
    # What stays of the first revision, and of the second one.
    recorded = ['001']
    tables = ['one']

    def test_exception(self):
        """It names the revision, the file and the line; the traceback is kept."""
        result = self._upgrade('one', RAISES, 'three')

        self.assertEqual((self.code, ''), (result.code, result.out))
        last = result.err.splitlines()[-1]
        self.assertIn('db-manage: error: revision 002 (', last)
        self.assertIn('acme/versions/002.py, line 12): LookupError: no such cluster', last)
        self.assertIn('Traceback (most recent call last):', result.err)
        self.assertIn("raise LookupError('no such cluster')", result.err)

    def test_refused_statement(self):
        """It says what the database said, in one line, without a traceback."""
        result = self._upgrade('one', REFUSED, 'three')

        self.assertEqual((self.code, ''), (result.code, result.out))
        last = result.err.splitlines()[-1]
        self.assertIn('db-manage: error: revision 002 (', last)
        self.assertIn('acme/versions/002.py, line 11)', last)
        self.assertIn('nowhere', last)
        self.assertNotIn('Traceback', result.err)
        self.assertNotIn('sqlalche.me', result.err)

    def test_exit(self):
        """A revision that calls sys.exit() has failed, whatever it says."""
        result = self._upgrade('one', f'{timelines.table("two")}; import sys; sys.exit(0)')

        self.assertEqual((self.code, ''), (result.code, result.out))
        self.assertIn('002.py, line 10): SystemExit: 0', result.err.splitlines()[-1])

    def test_what_stays(self):
        """What can be rolled back is."""
        self._upgrade('one', RAISES, 'three')

        self.assertEqual(self.tables, timelines.tables(self.database))
        self.assertEqual(self.recorded, timelines.recorded(self.database) or [])

    def test_on_a_database_with_revisions(self):
        """What was there is as it was, and the database is where it was."""
        self._upgrade('one')
        before = databases.snapshot(self.database)['tables']['one']
        self._upgrade('one', RAISES_BEFORE_DDL)

        self.assertEqual(before, databases.snapshot(self.database)['tables']['one'])
        self.assertEqual([], databases.rows(self.database)['one'])
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_json(self):
        """The error is the only document."""
        result = self._upgrade('one', RAISES, 'three', '-f', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual(
            (self.code, self.code, self.name), (result.code, error['code'], error['name']))
        self.assertIn('LookupError: no such cluster', error['message'])
        self.assertEqual(f'db-manage: error: {error["message"]}', result.err.splitlines()[-1])

    def test_repaired(self):
        """The next run ends at head; what was kept is there already."""
        self._upgrade('one', RAISES, 'three')
        result = self._upgrade('one', 'two', 'three')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))

    def _upgrade(self, *bodies_and_options):
        bodies = [word for word in bodies_and_options if word not in ('-f', 'json')]
        self.service(timelines.line(*bodies))
        self.database = self.engine(poolclass=sa.pool.NullPool)
        return self.run_command('upgrade', 'head', *bodies_and_options[len(bodies):])


class FailureOnSQLite(FailureTests, databases.SQLite, base.CommandTestCase):
    """The whole run is one transaction: nothing of it stays."""

    recorded = []
    tables = []


class FailureOnPostgreSQL(FailureTests, databases.PostgreSQL, base.CommandTestCase):
    """An empty database has no users: all revisions are one transaction."""

    recorded = []
    tables = []

    def test_rolled_back(self):
        """What was said of a revision that was rolled back is taken back."""
        result = self._upgrade('one', RAISES, 'three')

        self.assertIn('rolled back: 001 ', result.err)

    def test_in_use(self):
        """In a database in use each revision is one: what was before stays."""
        self._upgrade('one')
        self._upgrade('one', 'three', RAISES)

        self.assertEqual(['one', 'three'], timelines.tables(self.database))
        self.assertEqual(['002'], timelines.recorded(self.database))


class FailureOnMariaDB(FailureTests, databases.MariaDB, base.CommandTestCase):
    """A DDL cannot be rolled back: the revision is partly applied."""

    code = 6
    name = 'partly_applied'
    tables = ['one', 'two']

    def test_facts(self):
        """It says that the revision is partly applied, and what to do."""
        result = self._upgrade('one', RAISES, 'three')

        self.assertIn('partly applied: run it again', result.err.splitlines()[-1])

    def test_repaired(self):
        """A changed file is resumed by whoever says so, and by nobody else."""
        self._upgrade('one', RAISES, 'three')
        refused = self._upgrade('one', 'two', 'three')
        resumed = self.run_command('repair', '--resume')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((6, ''), (refused.code, refused.out))
        self.assertIn('its file has changed since', refused.err)
        self.assertEqual(0, resumed.code, resumed.err)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_before_a_ddl(self):
        """A revision that was rolled back whole has just failed."""
        result = self._upgrade('one', RAISES_BEFORE_DDL)

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertNotIn('partly', result.err)
        self.assertEqual([], databases.rows(self.database)['one'])
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_first_ddl_is_refused(self):
        """A DDL that the database refuses has changed nothing."""
        result = self._upgrade('one', 'op.drop_table("nowhere")')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn("nowhere", result.err)
        self.assertNotIn('partly', result.err)


class BrokenFileTests:
    """A revision file that cannot be used: not even the one before is applied."""

    def setUp(self):
        super().setUp()
        self.files = timelines.line('one', 'two')
        self.database = self.engine()

    def test_syntax_error(self):
        """The file and what is wrong are named."""
        self.files['002.py'] += 'def :\n'
        self._assert_failed('002.py', 'SyntaxError: invalid syntax')

    def test_import_error(self):
        """The file and the module are named."""
        self.files['002.py'] += 'import nowhere_to_be_found\n'
        self._assert_failed("002.py: ModuleNotFoundError: No module named 'nowhere_to_be_found'")

    def test_no_upgrade(self):
        """The file is named."""
        self.files['002.py'] = self.files['002.py'].replace('def upgrade', 'def other')
        self._assert_failed('002.py: revision 002 has no upgrade()')

    def test_missing_revision(self):
        """The file and the missing revision are named."""
        self.files['002.py'] = self.files['002.py'].replace("'001'", "'000'")
        self._assert_failed('002.py: revision 002 follows 000, which is not there')

    def _assert_failed(self, *reasons):
        self.service(self.files)
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (result.code, result.out))
        for reason in reasons:
            self.assertIn(reason, result.err.splitlines()[-1])
        self.assertNotIn('Traceback', result.err)
        self.assertEqual([], timelines.tables(self.database))


class BrokenFileOnSQLite(BrokenFileTests, databases.SQLite, base.CommandTestCase):
    """A broken file before a run on SQLite."""


class BrokenFileOnPostgreSQL(BrokenFileTests, databases.PostgreSQL, base.CommandTestCase):
    """A broken file before a run on PostgreSQL."""


class BrokenFileOnMariaDB(BrokenFileTests, databases.MariaDB, base.CommandTestCase):
    """A broken file before a run on MariaDB."""
