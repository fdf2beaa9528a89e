# SPDX-License-Identifier: Apache-2.0
"""A run of the command whose stderr is a terminal."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from typing import IO
from typing import cast

from tests import base
from tests import processes

WIDTH = 100
_ESCAPE = re.compile(r'\x1b\[(\?25)?(\d*)([A-Za-z])')


class Screen:
    """What a terminal shows of the text that it was sent."""

    def __init__(self) -> None:
        self.rows = ['']
        self.hides_cursor = False
        self._row = self._column = 0

    def feed(self, text: str) -> None:
        """Take text; of the controls it knows those that a line needs."""
        while text:
            if found := _ESCAPE.match(text):
                self._control(found[1], int(found[2] or 1), found[3])
                text = text[found.end():]
            else:
                self._character(text[0])
                text = text[1:]

    def lines(self) -> list[str]:
        """Return the rows that are not empty."""
        return [row.rstrip() for row in self.rows if row.strip()]

    def _control(self, cursor: str | None, count: int, what: str) -> None:
        if cursor:
            self.hides_cursor |= what == 'l'
        elif what == 'A':
            self._row = max(self._row - count, 0)
        elif what == 'K':
            self.rows[self._row] = ''
        else:
            raise AssertionError(f'the terminal does not know {what}')

    def _character(self, character: str) -> None:
        if character == '\r':
            self._column = 0
        elif character == '\n':
            self._row, self._column = self._row + 1, 0
            self.rows.extend([''] * (self._row + 1 - len(self.rows)))
        else:
            row = self.rows[self._row].ljust(self._column)
            self.rows[self._row] = row[:self._column] + character + row[self._column + 1:]
            self._column += 1


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, WIDTH, 0, 0))
        self._popen = subprocess.Popen(
            [sys.executable, *argv], env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        self._watchdog = threading.Timer(processes.PATIENCE, self._popen.kill)
        self._watchdog.start()
        self.screen = Screen()

    def until(self, condition: Callable[[list[str]], object]) -> list[str]:
        """Return the lines of the screen once they are as they should be."""
        while self._read():
            if condition(self.screen.lines()):
                return self.screen.lines()
        raise AssertionError(f'it ended with {self.screen.lines()}')

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self._master)
        self._master = -1

    def result(self) -> base.Result:
        """Wait for its end; return what it left on the screen."""
        while self._master >= 0 and self._read():
            pass
        out = cast(IO[str], self._popen.stdout).read()
        self._popen.wait()
        lines = ''.join(f'{line}\n' for line in self.screen.lines())
        return base.Result(self._popen.returncode, out, lines)

    def end(self) -> None:
        """Kill it if it is still there, and forget it."""
        self._watchdog.cancel()
        self._popen.kill()
        self._popen.wait()
        cast(IO[str], self._popen.stdout).close()
        if self._master >= 0:
            self.hang_up()

    def _read(self) -> bool:
        text = b''
        with contextlib.suppress(OSError):  # the other end is closed
            text = os.read(self._master, 1 << 16)
        self.screen.feed(text.decode(errors='replace'))
        return bool(text)


class TerminalTestCase(base.CommandTestCase):
    """A test that runs the command on a terminal."""

    def on_terminal(self, *argv: str, **variables: str) -> Terminal:
        """Run the command on a terminal, and go on."""
        return self.python_on_terminal('-m', 'dbmanage', *self._argv(argv), **variables)

    def python_on_terminal(self, *argv: str, **variables: str) -> Terminal:
        """Run Python on a terminal, and go on."""
        environment = self._environ() | {'TERM': 'xterm'} | variables
        terminal = Terminal([*argv], environment)
        self.addCleanup(terminal.end)
        return terminal
