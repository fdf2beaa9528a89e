# SPDX-License-Identifier: Apache-2.0
"""Scripts, and the clients that run them."""

import contextlib
import os
import subprocess
import threading

from tests import base
from tests import databases
from tests import processes
from tests import timelines

# What a client says when it has come so far.
_MARK = 'so far'
_MARKS = {
    'sqlite': f'.print {_MARK}', 'postgresql': f'\\echo {_MARK}', 'mariadb': f"SELECT '{_MARK}';"}


class Session:
    """A client that is given a script bit by bit; it is killed with the test."""

    def __init__(self, argv, variables, mark):
        self._mark = mark
        self._client = subprocess.Popen(
            argv, env=os.environ | variables, text=True, encoding='utf-8',
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._watchdog = threading.Timer(processes.PATIENCE, self._client.kill)
        self._watchdog.start()
        self.said = ''

    def feed(self, script):
        """Give it a part of a script, and wait until it has run it."""
        self._client.stdin.write(f'{script}\n{self._mark}\n')
        self._client.stdin.flush()
        for line in self._client.stdout:
            self.said += line
            if line.strip() == _MARK:
                return
        raise AssertionError(f'the client has ended: {self.said}')

    def finish(self, script=''):
        """Give it the rest; return its exit code."""
        with contextlib.suppress(BrokenPipeError):
            self._client.stdin.write(script)
            self._client.stdin.close()
        self.said += self._client.stdout.read()
        return self._client.wait()

    def kill(self):
        """Kill it, and forget it."""
        self._watchdog.cancel()
        self._client.kill()
        self._client.wait()
        for stream in (self._client.stdin, self._client.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


class ScriptTestCase(base.CommandTestCase):
    """A test that writes scripts and runs them, on the database of a mixin."""

    def setUp(self):
        super().setUp()
        self._engines = {}

    def script(self, span, *argv, command='upgrade'):
        """Return the script of a command."""
        result = self.run_command(command, span, '--sql', *argv)
        self.assertEqual((0, ''), (result.code, result.err))
        return result.out

    def run_script(self, script):
        """Run a script that fits; return what the client said."""
        done = self.client(script)
        said = [line for line in done.stderr.splitlines() if 'NOTICE:' not in line]
        self.assertEqual((0, []), (done.returncode, said))
        return done.stdout

    def refuse(self, script):
        """Run a script that does not fit, and changes nothing; return what is said."""
        before = self.found()
        done = self.client(script)
        self.assertNotEqual(0, done.returncode, done.stdout)
        self.assertEqual(before, self.found())
        return ' '.join(f'{done.stdout} {done.stderr}'.split())

    def start_client(self):
        """Start a client to be given a script bit by bit."""
        argv, variables = self._client()
        more = ['--unbuffered'] if self.kind == 'mariadb' else []
        session = Session([*argv, *more], variables, _MARKS[self.kind])
        self.addCleanup(session.kill)
        return session

    def upgrade(self, revision):
        """Run ``upgrade`` online."""
        result = self.run_command('upgrade', revision)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        return result

    def use_another_database(self):
        """Work on a new, empty database from now on."""
        self.url = self._create()
        self.configure(database={'connection': self.url})

    def found(self):
        """Return the schema and the rows, but for the runner's own tables."""
        own = timelines.OWN.own
        return databases.snapshot(self.database, own), databases.rows(self.database, own)

    def recorded(self):
        """Return the revisions that the database is at."""
        return timelines.recorded(self.database)

    @property
    def database(self):
        """An engine on the database, to look at it and to change it."""
        if self.url not in self._engines:
            self._engines[self.url] = self.engine()
        return self._engines[self.url]
