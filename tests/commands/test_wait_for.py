# SPDX-License-Identifier: Apache-2.0
"""``wait``: until the database is there, and at a revision."""

import json
import signal
import socket
import time

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import door
from tests import killed
from tests import processes
from tests import stock
from tests import timelines
from tests.servers import server

SOON = ('--poll', '0.05')
ONCE = ('--timeout', '0')


class WaitForTests:
    """A service with three revisions, on one database after the other."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))
        self.database = self.engine()

    def assert_reached(self, *argv):
        """Fail unless the wait is over at once, without a word."""
        result = self.run_command('wait', *argv)

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))

    def test_at_head(self):
        """There is nothing to wait for."""
        self.run_command('upgrade', 'head')

        self.assert_reached()

    def test_upgrade_meanwhile(self):
        """It ends once the database is there; each change has a line."""
        waiting = self.start('wait', *SOON)
        waiting.wait_for('waiting for head: empty')
        self.run_command('upgrade', '002')
        waiting.wait_for('waiting for head: behind: at 002, 1 revision to apply')
        self.run_command('upgrade', 'head')
        result = waiting.result()

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertEqual('the database is at 003', result.err.splitlines()[-1])
        self.assertEqual(len(set(result.err.splitlines())), len(result.err.splitlines()))

    def test_revision(self):
        """It may be at it or past it."""
        self.run_command('upgrade', '002')

        self.assert_reached('--for', '002')
        self.assert_reached('--for', '001')
        self.assertEqual(3, self.run_command('wait', '--for', '003', *ONCE).code)

    def test_base(self):
        """It is enough that it can be reached."""
        self.assert_reached('--for', 'base')

    def test_branches(self):
        """A branch has a head of its own; head is all of them."""
        self.service(timelines.fork())
        for path in (self.directory / 'packages' / 'acme' / 'versions').glob('00*.py'):
            path.unlink()
        self.run_command('upgrade', 'apples@head')

        self.assert_reached('--for', 'apples@head')
        self.assertEqual([3, 3], [
            self.run_command('wait', '--for', target, *ONCE).code
            for target in ('pears@head', 'head')])

    def test_several_heads(self):
        """All of them are waited for."""
        self.service(stock.BRANCHES)
        self.run_command('upgrade', 'heads')

        self.assert_reached()

    def test_timeout(self):
        """It says where the database is, and the answer is no."""
        self.run_command('upgrade', '002')
        result = self.run_command('wait', '--timeout', '0.2', *SOON)

        self.assertEqual((3, ''), (result.code, result.out))
        self.assertEqual([
            'waiting for head: behind: at 002, 1 revision to apply', 'waited 0.2 s for head',
        ], result.err.splitlines())

    def test_json(self):
        """The answer is a document, whether it is yes or no."""
        self.run_command('upgrade', '002')
        no = self.run_command('wait', '-f', 'json', *ONCE)
        yes = self.run_command('wait', '--for', '002', '-f', 'json', *ONCE)

        documents = [json.loads(one.out) for one in (no, yes)]
        self.assertEqual([3, 0], [no.code, yes.code])
        self.assertEqual([(False, ['003']), (True, ['002'])], [
            (one['reached'], one['wanted']) for one in documents])
        self.assertEqual([{'revision': '002', 'head': False}], documents[0]['current'])
        self.assertLess(documents[1]['seconds'], 60)

    def test_unknown_revision(self):
        """No wait brings this code a revision: it ends at once."""
        timelines.record(self.database, 'f00d')
        result = self.run_command('wait')

        self.assertEqual((7, ''), (result.code, result.out))
        self.assertIn('at revision f00d, which this code does not have', result.err)

    def test_nothing_is_made(self):
        """A wait leaves no table behind."""
        self.run_command('wait', *ONCE)

        self.assertEqual([], sa.inspect(self.database).get_table_names())


class WaitForOnSQLite(WaitForTests, databases.SQLite, processes.ProcessTestCase):
    """A SQLite file."""

    def test_no_file(self):
        """It may come later, and its folder too; neither is made."""
        folder = self.directory / 'later'
        self.configure(database={'connection': f'sqlite:///{folder}/new.sqlite'})
        waiting = self.start('wait', *SOON)
        waiting.wait_for('there is no folder')
        folder.mkdir()
        waiting.wait_for('waiting for head: empty')
        self.assertEqual([], list(folder.iterdir()))
        self.run_command('upgrade', 'head')
        result = waiting.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)


class WaitForOnPostgreSQL(WaitForTests, databases.PostgreSQL, processes.ProcessTestCase):
    """A PostgreSQL database."""

    def test_locked_version_table(self):
        """It is waited for, and the wait ends as one that was busy."""
        self.run_command('upgrade', 'head')
        with self.database.connect() as connection:
            connection.exec_driver_sql(self.lock)
            results = [self.run_command('wait', '--timeout', one) for one in ('0', '3')]

        self.assertEqual([(5, '')] * 2, [(one.code, one.out) for one in results], results)

    lock = 'LOCK TABLE alembic_version'

    def test_no_database(self):
        """It may be made later."""
        name = f'{sa.make_url(self.url).database}_later'
        later = sa.make_url(self.url).set(database=name)
        self.configure(database={'connection': later.render_as_string(hide_password=False)})
        waiting = self.start('wait', *SOON)
        waiting.wait_for(f'waiting for head: cannot reach the {self.dialect} database {name}')
        engine = self.engine(isolation_level='AUTOCOMMIT')
        with engine.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE {name}')
            self.addCleanup(self._drop, engine, name)
        self.run_command('upgrade', 'head')
        result = waiting.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    dialect = 'postgresql'

    def test_server_that_comes_up(self):
        """Whatever it answers before, it is there in the end."""
        self.run_command('upgrade', 'head')
        url = sa.make_url(self.url)
        port = door.Door(3, url.host, url.port)
        self.addCleanup(port.close)
        self.configure(database={'connection': url.set(
            host='127.0.0.1', port=port.port).render_as_string(hide_password=False)})
        result = self.run_command('wait', *SOON)

        lines = result.err.splitlines()
        self.assertEqual((0, '', 2), (result.code, result.out, len(lines)), result.err)
        self.assertIn('cannot reach the', lines[0])
        self.assertEqual('the database is at 003', lines[1])


class WaitForOnMariaDB(WaitForTests, databases.MariaDB, processes.ProcessTestCase):
    """A MariaDB database."""

    dialect = 'mysql'
    lock = 'LOCK TABLE alembic_version WRITE'
    test_locked_version_table = WaitForOnPostgreSQL.test_locked_version_table
    test_no_database = WaitForOnPostgreSQL.test_no_database
    test_server_that_comes_up = WaitForOnPostgreSQL.test_server_that_comes_up


class PartlyAppliedTests(killed.KilledTestCase):
    """A revision that stopped half-way; another run may finish it."""

    def setUp(self):
        super().setUp()
        self.kill(killed.KILLED)

    def test_timeout(self):
        """It is what the wait ends with."""
        result = self.run_command('wait', *ONCE)

        self.assertEqual((6, ''), (result.code, result.out))
        self.assertIn('partly applied: 002 stopped after 2 statements', result.err)

    def test_resumed_meanwhile(self):
        """Then it was worth to wait."""
        waiting = self.start('wait', *SOON)
        waiting.wait_for('waiting for head: partly applied: 002')
        self.run_command('upgrade', 'head')

        self.assertEqual(0, waiting.result().code)


class UnreachableTests(processes.ProcessTestCase):
    """A server that is not there, or is and says nothing."""

    def connect_to(self, scheme, port):
        """Let the database be at a port."""
        self.configure(database={'connection': f'{scheme}://u:secret@127.0.0.1:{port}/d'})

    def test_timeout(self):
        """It is one line, and the error of the last try."""
        self.connect_to('mysql', server.free_port())
        result = self.run_command('wait', '--timeout', '0.3', *SOON)

        self.assertEqual((4, '', 2), (result.code, result.out, len(result.err.splitlines())))
        self.assertIn('db-manage: error: cannot reach the mysql database d', result.err)
        self.assertNotIn('secret', result.err)

    def test_server_that_says_nothing(self):
        """No attempt takes much longer than the timeout."""
        silent = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(silent.close)
        for scheme in ('mysql', 'postgresql'):
            self.connect_to(scheme, silent.getsockname()[1])
            started = time.monotonic()
            result = self.run_command('wait', '--timeout', '0.5')

            self.assertEqual((4, ''), (result.code, result.out), result.err)
            self.assertLess(time.monotonic() - started, 5)

    def test_sigterm(self):
        """It ends at once, wherever it is: an init container is not waited for."""
        silent = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(silent.close)
        self.connect_to('mysql', silent.getsockname()[1])
        waiting = self.start('wait', '-f', 'json')
        connection, _ = silent.accept()
        self.addCleanup(connection.close)
        started = time.monotonic()
        waiting.send(signal.SIGTERM)
        result = waiting.result()

        self.assertEqual((5, 'busy'), (result.code, json.loads(result.out)['error']['name']))
        self.assertIn('interrupted', result.err)
        self.assertLess(time.monotonic() - started, 5)


class UsageTests(databases.SQLite, base.CommandTestCase):
    """What cannot come true is not waited for."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))

    def test_no_such_revision(self):
        """It is named; an abbreviation is none."""
        for target in ('nope', '00', '+1', ''):
            result = self.run_command('wait', '--for', target)

            self.assertEqual((2, ''), (result.code, result.out), target)
            self.assertIn("Can't locate revision", result.err)

    def test_two_targets(self):
        """One of them would be forgotten."""
        result = self.run_command('wait', '--for', '001', '--for', 'head')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('--for may be given once, not 001 and head', result.err)

    def test_seconds(self):
        """They are seconds."""
        for option in ('--timeout', '--poll'):
            self.assertEqual(2, self.run_command('wait', f'{option}=-1').code)

    def test_broken_timeline(self):
        """Nobody knows what to wait for."""
        (self.directory / 'packages' / 'acme' / 'versions' / '002.py').write_text('nonsense')
        result = self.run_command('wait')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('see check_migration', result.err)
