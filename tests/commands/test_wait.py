# SPDX-License-Identifier: Apache-2.0
"""``--wait``: what a second runner does while the first one works."""

import json
import os
import signal

from tests import base
from tests import databases
from tests import processes
from tests import timelines

POPULATE = f"""
def write(connection):
{processes.GATE.replace(chr(10), chr(10) + ' ' * 4)}
    return {{'added': 1}}
"""


class WaitTests:
    """The second of three revisions is held up in another process."""

    def setUp(self):
        super().setUp()
        self.service(
            timelines.line('one', processes.GATE, 'three'), {'rows.py': POPULATE},
            populate='rows:acme.rows:write')
        self.database = self.engine()
        self.run_command('upgrade', '001')

    def hold(self, *argv):
        """Let another process hold the lock, in the middle of its work."""
        holder = self.start(*argv or ('upgrade', 'head'))
        holder.wait_at_gate()
        return holder

    def test_no_wait(self):
        """It says at once who it is: host, process, since when, which revision."""
        holder = self.hold()
        result = self.run_command('upgrade', 'head', '--wait', '0')

        self.assertEqual((5, ''), (result.code, result.out))
        self.assertRegex(result.err, (
            fr'^db-manage: error: waited 0 s for another runner: .*{os.uname().nodename} '
            fr'process {holder.pid}\b.* \d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, '
            r'the database is at 001\n$'))

    def test_bounded_wait(self):
        """It says for whom it waits when it begins to, and when it gives up."""
        holder = self.hold()
        result = self.run_command('upgrade', 'head', '--wait', '0.3')

        begun, ended = result.err.splitlines()
        self.assertEqual((5, ''), (result.code, result.out))
        self.assertIn('waiting for another runner: ', begun)
        self.assertIn(f'process {holder.pid}', begun)
        self.assertIn('error: waited 0.3 s for another runner: ', ended)

    def test_option(self):
        """[dbmanage] wait is meant without --wait."""
        self.configure(dbmanage={'wait': 1})
        self.hold()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((5, ''), (result.code, result.out))
        self.assertIn('error: waited 1 s for another runner: ', result.err)

    def test_nothing_to_do_after_the_wait(self):
        """The revision is read again: the other one has done it all."""
        holder = self.hold()
        second = self.start('upgrade', 'head')
        second.wait_for('waiting for another runner')
        holder.open_gate()
        results = holder.result(), second.result()

        self.assertEqual([(0, ''), (0, '')], [(one.code, one.out) for one in results], results)
        self.assertEqual(
            'nothing to do: the database is at 003 already', results[1].err.splitlines()[-1])
        self.assertNotIn('[', results[1].err)

    def test_json_after_the_wait(self):
        """Nothing was changed, by this run."""
        holder = self.hold()
        second = self.start('upgrade', 'head', '-f', 'json')
        second.wait_for('waiting for another runner')
        holder.open_gate()
        result = second.result()

        self.assertEqual(
            {'from': ['003'], 'to': ['003'], 'changed': False, 'applied': []},
            json.loads(result.out), result.err)

    def test_killed_holder(self):
        """The next runner gets in without a command, and ends at head."""
        holder = self.hold()
        second = self.start('upgrade', 'head')
        second.wait_for('waiting for another runner')
        second.open_gate()
        holder.kill()
        result = second.result()

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_stopped_holder(self):
        """A process that is asleep still holds the lock."""
        holder = self.hold()
        holder.send(signal.SIGSTOP)
        result = self.run_command('upgrade', 'head', '--wait', '0')

        self.assertEqual((5, ''), (result.code, result.out), result.err)

    def test_at_head(self):
        """No lock is needed to see that there is nothing to do."""
        self.run_command('upgrade', 'head')
        self.hold('populate')
        result = self.run_command('upgrade', 'head', '--wait', '0')

        said = 'nothing to do: the database is at 003 already\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def test_other_commands(self):
        """What writes waits; what looks does not."""
        self.run_command('upgrade', 'head')
        self.hold('populate')
        codes = {command: self.run_command(*command.split()).code for command in (
            'stamp 003 --wait 0', 'populate --wait 0', 'current', 'history -i', 'unlock')}

        self.assertEqual([5, 5, 0, 0, 0], list(codes.values()))

    def test_json(self):
        """The error has the name of the code."""
        self.hold()
        result = self.run_command('upgrade', 'head', '--wait', '0', '-f', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual((5, 5, 'busy'), (result.code, error['code'], error['name']))


class WaitOnSQLite(WaitTests, databases.SQLite, processes.ProcessTestCase):
    """The lock is that of the file."""

    def test_write_ahead_log(self):
        """Its lock is not one of the file itself; it is found all the same."""
        with self.database.connect() as connection:
            connection.exec_driver_sql('PRAGMA journal_mode = WAL')
        self.test_no_wait()

    def test_line_while_waiting(self):
        """A wait of more than ten seconds says so again."""
        self.hold()
        result = self.run_command('upgrade', 'head', '--wait', '12')

        lines = [line for line in result.err.splitlines() if line.startswith('waiting')]
        self.assertEqual(2, len(lines), result.err)


class WaitOnPostgreSQL(WaitTests, databases.PostgreSQL, processes.ProcessTestCase):
    """The lock is that of a session."""

    def test_name_of_the_operator(self):
        """A name in the URL stays, and the holder is named behind it."""
        self.configure(database={'connection': f'{self.url}?application_name=nightly'})
        holder = self.hold()
        result = self.run_command('upgrade', 'head', '--wait', '0')

        self.assertEqual((5, ''), (result.code, result.out))
        self.assertIn(f': nightly {os.uname().nodename} process {holder.pid}, ', result.err)


class WaitOnMariaDB(WaitTests, databases.MariaDB, processes.ProcessTestCase):
    """The lock is one by name."""


class UsageTests(databases.SQLite, base.CommandTestCase):
    """Seconds that are none."""

    def test_option_of_the_command(self):
        """The command line is wrong."""
        for seconds in ('-1', 'soon', 'nan', 'inf', ''):
            result = self.run_command('upgrade', 'head', f'--wait={seconds}')

            self.assertEqual((2, ''), (result.code, result.out))
            self.assertIn('--wait', result.err)

    def test_option_of_the_configuration(self):
        """The configuration is wrong."""
        for option in ('wait', 'lock_timeout', 'lock_retry', 'lease'):
            self.configure(dbmanage={option: -1})
            result = self.run_command('upgrade', 'head')

            self.assertEqual((2, ''), (result.code, result.out))
            self.assertIn(option, result.err)
            self.configure(dbmanage={option: None})
