# SPDX-License-Identifier: Apache-2.0
"""``upgrade``: what is said of statements that take long or are blocked."""

import json
import re

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines

ALTER = "op.add_column('one', sa.Column('n', sa.Integer()))"
LONG = {
    'sqlite': ('WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c'
               ' WHERE n < 15000000) SELECT count(*) FROM c'),
    'postgresql': 'SELECT /* 50% */ pg_sleep(3)',
    'mariadb': 'SELECT /* 50% */ SLEEP(3)',
}
WAITS = {
    'sqlite': '', 'postgresql': ', waits for Timeout PgSleep',
    'mariadb': ', waits for User sleep'}
BLOCKED = {
    'postgresql': r', waits for Lock relation, blocked by process \d+, \d s old, SELECT',
    'mariadb': r', waits for Waiting for table metadata lock, may be blocked by process '
               r'\d+, \d s old, idle'}


class HeartbeatTests:
    """A statement that takes longer than ``heartbeat``."""

    def test_long_statement(self):
        """It is said for how long it runs, and what it waits for."""
        statement = LONG[self.kind]
        self.service(timelines.line('one', f'op.execute({statement!r})'), heartbeat=0.3)
        result = self.run_command('upgrade', 'head')

        lines = [line for line in result.err.splitlines() if 'goes on' in line]
        self.assertEqual(0, result.code, result.err)
        self.assertGreaterEqual(len(lines), 2, result.err)
        for line in lines:
            self.assertRegex(
                line, rf'^002 goes on, \d+ s{WAITS[self.kind]}: {re.escape(statement[:80])}')

    def test_short_statement(self):
        """Nothing is said of it."""
        self.service(timelines.line('one', 'two'))
        result = self.run_command('upgrade', 'head')

        self.assertNotIn('goes on', result.err)


class HeartbeatOnSQLite(HeartbeatTests, databases.SQLite, processes.ProcessTestCase):
    """A long statement on SQLite, which waits for nothing."""


class BlockedTests(HeartbeatTests):
    """A statement that waits for a table, which a reader holds."""

    def _blocked(self, **options):
        self.service(timelines.line('one', ALTER), **options)
        self.run_command('upgrade', '001')
        reader = self.engine().connect()
        self.addCleanup(reader.close)
        reader.execute(sa.text('SELECT * FROM one'))
        return reader

    def test_blocker(self):
        """It is said which process it waits for."""
        reader = self._blocked(heartbeat=0.3)
        process = self.start('upgrade', 'head')
        line = process.wait_for('goes on')
        reader.rollback()
        result = process.result()

        self.assertRegex(line, rf'^002 goes on, \d s{BLOCKED[self.kind]}')
        self.assertEqual(0, result.code, result.err)

    def test_retries(self):
        """The document says how often a revision was tried again."""
        reader = self._blocked(lock_timeout=1)
        process = self.start('upgrade', 'head', '-f', 'json')
        process.wait_for('trying again')
        reader.rollback()
        result = process.result()

        [one] = json.loads(result.out)['applied']
        self.assertEqual((0, False), (result.code, one['resumed']), result.err)
        self.assertGreaterEqual(one['retries'], 1)


class BlockedOnPostgreSQL(BlockedTests, databases.PostgreSQL, processes.ProcessTestCase):
    """Blocked on PostgreSQL."""


class BlockedOnMariaDB(BlockedTests, databases.MariaDB, processes.ProcessTestCase):
    """Blocked on MariaDB."""


class ResumedTests(databases.MariaDB, processes.ProcessTestCase):
    """A revision that an earlier run has left half-way."""

    def test_resumed(self):
        """The document says so of it, and of no other."""
        twice = "op.execute('INSERT INTO one (id, n) VALUES (1, 1)')"
        self.service(timelines.line('one', f'{ALTER}\n{twice}', 'three'))
        self.run_command('upgrade', '001')
        with self.engine().begin() as connection:
            connection.execute(sa.text('INSERT INTO one (id) VALUES (1)'))
        failed = self.run_command('upgrade', 'head')
        with self.engine().begin() as connection:
            connection.execute(sa.text('DELETE FROM one'))
        result = self.run_command('upgrade', 'head', '-f', 'json')

        self.assertEqual((6, 0), (failed.code, result.code), result.err)
        self.assertEqual(
            [('002', True), ('003', False)],
            [(one['revision'], one['resumed']) for one in json.loads(result.out)['applied']])


class NumbersTests(databases.SQLite, processes.ProcessTestCase):
    """The number of a revision, and how many there are."""

    def test_after_another_runner(self):
        """Those that the other one has applied meanwhile are not counted."""
        self.service(timelines.line('one', processes.GATE, 'three'))
        holder = self.start('upgrade', '002')
        holder.wait_at_gate()
        waiter = self.start('upgrade', 'head')
        waiter.wait_for('waiting for another runner')
        holder.open_gate()
        result = waiter.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertRegex(result.err.splitlines()[-1], r'^\[1/1\] 003 create three \.\.\. ')
