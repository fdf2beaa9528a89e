# SPDX-License-Identifier: Apache-2.0
"""``upgrade current:TO --sql``: from where the database is."""

from tests import base
from tests import databases
from tests import timelines
from tests.script import scripts
from tests.servers import server


class CurrentTests:
    """A database that is asked where it is."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))

    def test_middle(self):
        """The script begins there, and says so; looking changes nothing."""
        self.upgrade('002')
        before = self.found()
        script = self.script('current:head')

        self.assertIn('-- acme: upgrade to 003 from 002, for ', script)
        self.assertEqual(script, self.script('002:head'))
        self.assertIn('CREATE TABLE three', script)
        self.assertNotIn('CREATE TABLE two', script)
        self.assertEqual(before, self.found())

    def test_never_versioned(self):
        """It begins at base, and no table is made."""
        script = self.script('current:001')

        self.assertIn('-- acme: upgrade to 001 from base, for ', script)
        self.assertIsNone(self.recorded())

    def test_steps(self):
        """``current:+N`` counts from there."""
        self.upgrade('001')
        script = self.script('current:+1')

        self.assertIn('-- acme: upgrade to 002 from 001, for ', script)

    def test_unknown_revision(self):
        """Other code is needed."""
        timelines.record(self.database, 'zzz')
        result = self.run_command('upgrade', 'current:head', '--sql')

        self.assertEqual((7, ''), (result.code, result.out))
        self.assertIn('the database is at revision zzz', result.err)

    def test_stamp(self):
        """``stamp`` takes it, too."""
        self.upgrade('001')
        self.run_script(self.script('current:003', command='stamp'))

        self.assertEqual(['003'], self.recorded())


class CurrentOnSQLite(CurrentTests, databases.SQLite, scripts.ScriptTestCase):
    """SQLite is asked."""


class CurrentOnPostgreSQL(CurrentTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """PostgreSQL is asked."""


class CurrentOnMariaDB(CurrentTests, databases.MariaDB, scripts.ScriptTestCase):
    """MariaDB is asked."""

    def test_partly_applied(self):
        """A script would not go on where the run has ended."""
        self.service(timelines.line('one', """
            op.execute('UPDATE one SET id = id + 1')
            op.execute('ALTER TABLE one ADD COLUMN one_more NONSENSE')
            """))
        self.run_command('upgrade', 'head')
        result = self.run_command('upgrade', 'current:head', '--sql')

        self.assertEqual((6, ''), (result.code, result.out))
        self.assertIn('revision 002 is partly applied; run upgrade again, or see repair',
                      result.err)


class UnreachableTests(base.CommandTestCase):
    """A server that is not there."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two'))

    def test_current(self):
        """It cannot be asked: nothing is written."""
        for scheme in ('postgresql', 'mysql'):
            with self.subTest(scheme):
                self._configure(scheme)
                result = self.run_command('upgrade', 'current:head', '--sql')

                self.assertEqual((4, ''), (result.code, result.out))
                self.assertIn('cannot reach', result.err)

    def test_base(self):
        """It is not asked where the script says where it begins."""
        for scheme in ('postgresql', 'mysql'):
            for span in ('head', 'base:head', '001:head'):
                with self.subTest(f'{scheme} {span}'):
                    self._configure(scheme)
                    result = self.run_command('upgrade', span, '--sql')

                    self.assertEqual((0, ''), (result.code, result.err))
                    self.assertNotIn('u:p@', result.out)

    def _configure(self, scheme):
        self.configure(database={
            'connection': f'{scheme}://u:p@127.0.0.1:{server.free_port()}/d', 'max_retries': 0})
