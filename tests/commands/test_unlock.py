# SPDX-License-Identifier: Apache-2.0
"""``unlock``: who holds the lock, and what can be done about it."""

import json
import os
import pathlib

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines


class UnlockTests:
    """A lock that ends with its process: nothing releases it."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', processes.GATE, 'three'))
        self.database = self.engine()

    def test_free(self):
        """Nobody holds it; that is no failure, and --yes has nothing to do."""
        before = self.run_command('unlock')
        self.run_command('upgrade', 'head')
        after = self.run_command('unlock', '--yes')

        self.assertEqual((0, 'free\n', ''), (before.code, before.out, before.err))
        self.assertEqual((0, 'free\n', ''), (after.code, after.out, after.err))

    def test_held(self):
        """It names the process, and says that the lock ends with it."""
        holder = self._hold()
        result = self.run_command('unlock')

        self.assertEqual(
            (0, 'the lock ends with its process; there is nothing to release\n'),
            (result.code, result.err))
        self.assertRegex(
            result.out, fr'^held by .*{os.uname().nodename} process {holder.pid}\b.*\n$')

    def test_held_with_yes(self):
        """The holder is left alone, and ends well."""
        holder = self._hold()
        result = self.run_command('unlock', '--yes', '-f', 'json')
        holder.open_gate()
        ended = holder.result()

        document = json.loads(result.out)
        self.assertEqual((0, False), (result.code, document['released']))
        self.assertIn(f'process {holder.pid}', document['holder'])
        self.assertEqual(0, ended.code, ended.err)
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_json(self):
        """A free lock has no holder."""
        result = self.run_command('unlock', '-f', 'json')

        self.assertEqual({'holder': None, 'released': False}, json.loads(result.out))

    def test_killed_holder(self):
        """It is free as soon as the process is gone."""
        holder = self._hold()
        holder.kill()
        processes.until(lambda: self.run_command('unlock').out == 'free\n', 'the lock')

    def _hold(self):
        holder = self.start('upgrade', 'head')
        holder.wait_at_gate()
        return holder


class UnlockOnSQLite(UnlockTests, databases.SQLite, processes.ProcessTestCase):
    """The lock is that of the file."""

    def test_no_file(self):
        """A database that is not there is not made."""
        result = self.run_command('unlock')

        self.assertEqual((0, 'free\n'), (result.code, result.out))
        self.assertFalse(pathlib.Path(sa.make_url(self.url).database).exists())


class UnlockOnPostgreSQL(UnlockTests, databases.PostgreSQL, processes.ProcessTestCase):
    """The lock is that of a session."""


class UnlockOnMariaDB(UnlockTests, databases.MariaDB, processes.ProcessTestCase):
    """The lock is one by name."""
