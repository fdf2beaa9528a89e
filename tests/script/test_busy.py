# SPDX-License-Identifier: Apache-2.0
"""Scripts and runners that meet on one database."""

import importlib

from tests import databases
from tests import timelines
from tests.script import scripts

# A revision in which the test does something, when it is run online.
MEETING = """
from alembic import context
from acme import meeting
if not context.is_offline_mode():
    meeting.act()
op.create_table('two', sa.Column('id', sa.Integer(), primary_key=True))
"""
MODULE = 'act = lambda: None\n'


class BusyTests:
    """A script that runs while somebody else is at work."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', MEETING, 'three'), {'meeting.py': MODULE})
        self.meeting = importlib.import_module('acme.meeting')

    def test_runner_at_work(self):
        """The script stops at once, and the runner goes on."""
        script = self.script('head')
        said = []
        self.meeting.act = lambda: said.append(self.client(script))
        result = self.run_command('upgrade', 'head')

        [done] = said
        self.assertNotEqual(0, done.returncode)
        self.assertIn(self.busy, ' '.join(done.stderr.split()))
        self.assertEqual(0, result.code, result.err)
        self.assertEqual(['003'], self.recorded())

    def test_runner_within(self):
        """A runner waits for a script that is within a revision."""
        session = self.start_client()
        script = self.script('head')
        middle = script.index('CREATE TABLE two')
        session.feed(script[:middle])
        result = self.run_command('upgrade', 'head', '--wait', '0')
        code = session.finish(script[middle:])

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertEqual(0, code, session.said)
        self.assertEqual(['003'], self.recorded())

    def test_two_clients(self):
        """The second one stops, wherever the first one is."""
        script = self.script('head')
        for mark in ('CREATE TABLE one', 'CREATE TABLE three'):
            with self.subTest(mark):
                self.use_another_database()
                session = self.start_client()
                middle = script.index(mark)
                session.feed(script[:middle])
                second = self.client(script)
                code = session.finish(script[middle:])

                self.assertNotEqual(0, second.returncode)
                self.assertEqual(0, code, session.said)
                self.assertEqual(['003'], self.recorded())

    def test_free_again(self):
        """The lock ends with the script, though the session goes on."""
        session = self.start_client()
        session.feed(self.script('001'))
        self.upgrade('head')

        self.assertEqual(0, session.finish(), session.said)

    def test_one_script_after_the_other(self):
        """One session can run one script after the other."""
        scripts_ = [self.script('001'), self.script('001:002'), self.script('002:003')]
        self.run_script('\n'.join(scripts_))

        self.assertEqual(['003'], self.recorded())


class TransactionalTests(BusyTests):
    """Where the lock is that of a revision's transaction."""

    def test_runner_between(self):
        """What a runner does between two revisions is not done again."""
        session = self.start_client()
        script = self.script('head')
        middle = script.index('-- revision 002')
        session.feed(script[:middle])
        result = self.run_command('upgrade', 'head', '--wait', '0')
        before = self.found()
        code = session.finish(script[middle:])

        self.assertEqual(0, result.code, result.err)
        self.assertNotEqual(0, code)
        self.assertIn('goes on from 001, but the database is at 003',
                      ' '.join(session.said.split()))
        self.assertEqual(before, self.found())


class BusyOnSQLite(TransactionalTests, databases.SQLite, scripts.ScriptTestCase):
    """sqlite3 waits a little for the write lock."""

    busy = 'database is locked'


class BusyOnPostgreSQL(TransactionalTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """psql tells at once that it is busy."""

    busy = 'another runner is at work on this database; run the script again later'


class BusyOnMariaDB(BusyTests, databases.MariaDB, scripts.ScriptTestCase):
    """mariadb has the lock from the first line to the last."""

    busy = 'another runner is at work on'

    def test_runner_between(self):
        """A runner waits between two revisions, too."""
        session = self.start_client()
        script = self.script('head')
        middle = script.index('-- revision 002')
        session.feed(script[:middle])
        result = self.run_command('upgrade', 'head', '--wait', '0')
        code = session.finish(script[middle:])

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertEqual(0, code, session.said)
        self.assertEqual(['003'], self.recorded())
