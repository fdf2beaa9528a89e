# SPDX-License-Identifier: Apache-2.0
"""Connections: had, given up, and not made where looking is enough."""

import json
import pathlib
import re
import socket
import time

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import door
from tests import timelines
from tests.servers import server

COMMANDS = (
    ('upgrade', 'head'), ('current',), ('current', '--check'), ('stamp', 'head'),
    ('stamp', '--purge', 'head'), ('history', '-i'), ('upgrade', 'current:head', '--sql'),
)  # fmt: skip


class UnreachableTests:
    """A server that cannot be reached: exit 4, one line, a bounded wait."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))
        self.real = sa.make_url(self.url)

    def test_closed_port(self):
        """Every command that needs the database says so in a line."""
        self._configure(self.real.set(port=server.free_port()))
        for argv in COMMANDS:
            with self.subTest(argv):
                result = self.run_command(*argv)

                self.assertEqual((4, ''), (result.code, result.out))
                self.assertRegex(
                    result.err, rf'^db-manage: error: cannot reach the {self.dialect} database '
                    r'\w+ at 127\.0\.0\.1:\d+: .*[Rr]efused.*\n$')

    def test_server_that_says_nothing(self):
        """It accepts connections, and is not waited for without end."""
        silent = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(silent.close)
        self._configure(self.real.set(port=silent.getsockname()[1]).update_query_dict(
            {'connect_timeout': '1'}), max_retries=0)

        self._assert_unreachable()

    def test_wrong_password(self):
        """The user is named, the password is not."""
        self._configure(self.real.set(password='not-the-one'))
        result = self._assert_unreachable()

        self.assertIn(self.real.username, result.err)
        self.assertNotIn('not-the-one', result.err)

    def test_unknown_user(self):
        """It is not let in."""
        self._configure(self.real.set(username='nobody', password='not-the-one'))

        self._assert_unreachable()

    def test_missing_database(self):
        """The database is named."""
        self._configure(self.real.set(database='nowhere'))
        result = self._assert_unreachable()

        self.assertIn('nowhere', result.err)

    def test_json(self):
        """The error has its code and its name."""
        self._configure(self.real.set(database='nowhere'))
        result = self.run_command('current', '-f', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual((4, 4, 'unreachable'), (result.code, error['code'], error['name']))

    def test_default_wait(self):
        """There is one retry, after a second; a glance comes before the two."""
        port = self._door(closed=1000)
        self._configure(port, retry_interval=None)
        start = time.monotonic()
        self._assert_unreachable()

        self.assertEqual(1 + 2, port.opened)
        self.assertTrue(1 <= time.monotonic() - start < 5)

    def test_no_retry(self):
        """``max_retries = 0`` is one attempt, after a glance."""
        port = self._door(closed=1000)
        self._configure(port, max_retries=0)
        self._assert_unreachable()

        self.assertEqual(1 + 1, port.opened)

    def test_retries(self):
        """``max_retries = 3`` is four attempts; the later ones are announced."""
        port = self._door(closed=1000)
        self._configure(port, max_retries=3)
        result = self.run_command('current')

        self.assertEqual((4, 1 + 4), (result.code, port.opened))
        self.assertEqual(2, len(re.findall('; trying again$', result.err, re.M)))
        self.assertEqual(3, len(result.err.splitlines()))

    def test_reached_in_the_end(self):
        """A server that comes back within the retries is used."""
        port = self._door(closed=3)
        self._configure(port, max_retries=5)
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['001'], timelines.recorded(self.engine()))

    def test_retries_without_end(self):
        """``max_retries = -1`` does not give up."""
        port = self._door(closed=9)
        self._configure(port, max_retries=-1)
        result = self.run_command('current')

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def _door(self, closed):
        opened = door.Door(closed, self.real.host, self.real.port)
        self.addCleanup(opened.close)
        return opened

    def _configure(self, place, **options):
        url = self.real.set(port=place.port) if isinstance(place, door.Door) else place
        self.configure(database={
            'connection': url.render_as_string(hide_password=False), 'retry_interval': 0} | options)

    def _assert_unreachable(self):
        result = self.run_command('upgrade', 'head')

        self.assertEqual((4, ''), (result.code, result.out))
        self.assertIn('db-manage: error: cannot reach the ', result.err)
        self.assertEqual(1, len(result.err.splitlines()), result.err)
        return result


class UnreachablePostgreSQL(UnreachableTests, databases.PostgreSQL, base.CommandTestCase):
    """PostgreSQL, not reached."""

    dialect = 'postgresql'


class UnreachableMariaDB(UnreachableTests, databases.MariaDB, base.CommandTestCase):
    """MariaDB, not reached."""

    dialect = 'mysql'


class UnicodeTests(databases.MariaDB, base.CommandTestCase):
    """What MySQL's three-byte utf8 cannot hold."""

    def test_emoji(self):
        """It goes in, and comes out."""
        body = (
            "op.create_table('notes', sa.Column('text', sa.Unicode(20)))\n"
            "op.execute('''INSERT INTO notes VALUES (\\'🦄\\')''')\n"
            "assert op.get_bind().scalar(sa.text('SELECT text FROM notes')) == '🦄'\n")
        self.service({'001.py': base.revision_file('001', None, body)})
        result = self.run_command('upgrade', 'head')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual([('🦄',)], databases.rows(self.engine())['notes'])


class LookingTests(databases.SQLite, base.CommandTestCase):
    """A SQLite file that is not there, and commands that only look."""

    def test_not_created(self):
        """It is empty, and stays away, however the URL is written."""
        self.service(timelines.line('one'))
        path = pathlib.Path(sa.make_url(self.url).database)
        for url in (self.url, f'{self.url}?timeout=30', f'sqlite:///file:{path}?uri=true'):
            self.configure(database={'connection': url})
            for argv in (
                ('current',), ('current', '--check'), ('history', '-i'), ('populate',),
                ('upgrade', 'current:head', '--sql'), ('stamp', 'nope'), ('upgrade', '-1'),
                ('revision', '-m', 'new', '--autogenerate'),
            ):  # fmt: skip
                with self.subTest((url, argv)):
                    self.run_command(*argv)

                    self.assertFalse(path.exists())

    def test_missing_folder(self):
        """A file that cannot be made is a database that cannot be reached."""
        self.service(timelines.line('one'))
        self.configure(database={
            'connection': 'sqlite:////nowhere/database.sqlite', 'retry_interval': 0})
        result = self.run_command('upgrade', 'head')

        self.assertEqual((4, ''), (result.code, result.out))
        self.assertIn('cannot reach the SQLite database /nowhere/database.sqlite', result.err)
