# SPDX-License-Identifier: Apache-2.0
"""A private server: a process with a directory and a port of its own."""

import contextlib
import ctypes
import functools
import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Sequence
from typing import Any

# Characters that a URL, a configuration file or a shell may trip over.
PASSWORD = 'p%40@s:s/w$d#1'

_FOLDERS = ['/usr/sbin', '/usr/local/sbin']
_POSTGRESQL_FOLDERS = '/usr/lib/postgresql/*/bin'
_ROOM = 2 * 1024**3
_START_SECONDS = 60
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)

# It outlives a killed test run, which shows as the end of its input.
_REMOVER = 'cat; until rm -rf "$0"; do sleep 0.1; done 2>/dev/null'


class MissingProgram(Exception):
    """A server's program is not installed."""


class ServerError(Exception):
    """A private server did not start."""


class Server:
    """A server program that ends with the process that started it.

    It must be started by a thread that lives as long as the server is
    needed: the kernel sends the death signal when that thread ends.
    """

    def __init__(
        self, user: str, stop_signal: signal.Signals = signal.SIGTERM, home: str | None = None,
    ) -> None:
        """Take the account, and where the directory is made: in memory, if there is room."""
        self.port = free_port()
        self.url = ''
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix='dbmanage-', dir=home or _memory()))
        self.process: subprocess.Popen[bytes] | None = None
        self._argv: Sequence[str | os.PathLike[str]] = []
        self._ready: Sequence[str | os.PathLike[str]] = []
        self._account = _account(user)
        self._stop_signal = stop_signal
        self._log = self.directory / 'log'
        self._remover = subprocess.Popen(
            ['sh', '-c', _REMOVER, self.directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self._account:
            shutil.chown(self.directory, user, user)

    def run(self, *argv: str | os.PathLike[str]) -> None:
        """Run a program to its end, as the server's user."""
        if self._popen(argv).wait():
            raise ServerError(self._failure(argv))

    def start(
        self, argv: Sequence[str | os.PathLike[str]], ready: Sequence[str | os.PathLike[str]]
    ) -> None:
        """Start the server and return once the command ``ready`` succeeds."""
        self._argv, self._ready = argv, ready
        self.process = self._popen(argv)
        deadline = time.monotonic() + _START_SECONDS
        while subprocess.run(ready, capture_output=True, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(self._failure(argv))
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill the server's processes, if they live, without a warning."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        """Start the server again, after it was killed."""
        self.start(self._argv, self._ready)

    def stop(self) -> None:
        """Stop the server and remove its directory."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(self._stop_signal)
            self.process.wait()
        self._remover.communicate()

    def write(self, name: str, text: str) -> pathlib.Path:
        """Write a file that the server's user can read."""
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        if self._account:
            shutil.chown(path, self._account['user'], self._account['group'])
        return path

    def _popen(self, argv: Sequence[str | os.PathLike[str]]) -> subprocess.Popen[bytes]:
        with self._log.open('ab') as log:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                preexec_fn=functools.partial(die_with_parent, self._stop_signal),
                **self._account,
            )

    def _failure(self, argv: Sequence[str | os.PathLike[str]]) -> str:
        lines = self._log.read_text(errors='replace').splitlines()[-20:]
        return '\n'.join([f'{os.fspath(argv[0])} failed:', *lines])


def die_with_parent(death: signal.Signals = signal.SIGTERM) -> None:
    """Let this process get a signal when the one that started it ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(death))


def find(program: str) -> str:
    """Return the path of a server's program."""
    newest_first = sorted(glob.glob(_POSTGRESQL_FOLDERS), key=_version, reverse=True)
    folders = [*newest_first, os.environ.get('PATH', ''), *_FOLDERS]
    path = shutil.which(program, path=os.pathsep.join(folders))
    if not path:
        raise MissingProgram(f'the program {program} is missing')
    return path


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port: int = free.getsockname()[1]
        return port


def url(driver: str, user: str, port: int, database: str = '') -> str:
    """Return the URL of a database on a private server."""
    password = urllib.parse.quote(PASSWORD, safe='')
    return f'{driver}://{user}:{password}@127.0.0.1:{port}/{database}'


def _version(folder: str) -> tuple[int, ...]:
    return tuple(int(part) for part in pathlib.Path(folder).parent.name.split('.'))


def _account(user: str) -> dict[str, Any]:
    """Return the arguments of Popen that give up root."""
    if os.geteuid() != 0:
        return {}
    return {'user': user, 'group': user, 'extra_groups': []}


def _memory() -> str | None:
    memory = '/dev/shm'
    room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return memory if room else None
