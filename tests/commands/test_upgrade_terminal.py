# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` on a terminal: the line that is written again."""

import signal

from tests import base
from tests import databases
from tests import terminals
from tests import timelines

# Several times the 0.2 s between two looks at it; the driver lets other threads run.
COUNT = ('WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) '
         'SELECT count(*) FROM c')
SHORT = f"op.execute('{COUNT.format(300_000)}')"
LONG = f"op.execute('{COUNT.format(3_000_000)}')"
ENDLESS = f"op.execute('{COUNT.format(10 ** 12)}')"
LONG_WORDS = ' '.join(['more than a line'] * 8)
TALK = f"""
import logging, sys, warnings
print('printed by the revision')
sys.stderr.write('written, ')
{SHORT}
sys.stderr.write('in two parts\\n')
logging.getLogger('acme').warning('logged, {LONG_WORDS}')
{LONG}
warnings.warn('of the revision')
"""
SERVICE = """
import logging
import sys
import dbmanage

SERVICE = dbmanage.Service(name='acme', versions='acme:versions')
handler = logging.StreamHandler(sys.stderr)
logging.getLogger('acme').addHandler(handler)
"""
LOADED = """
import sys
import dbmanage
code = dbmanage.main(argv=sys.argv[1:])
print(code, 'rich' in sys.modules)
"""


def live(word):
    """Return whether the last line is the live one, with a word in it."""
    return lambda lines: lines and lines[-1].startswith('[') and word in lines[-1]


class TerminalTests(databases.SQLite, terminals.TerminalTestCase):
    """A terminal that can write a line again."""

    def test_running_statement(self):
        """The last line shows the revision, the seconds and the statement."""
        self.service(timelines.line('one', LONG))
        terminal = self.on_terminal('upgrade', 'head')
        lines = terminal.until(live('WITH RECURSIVE'))
        result = terminal.result()

        self.assertRegex(lines[-1], r'^\[2/2\] 002 step 002 \.\.\. \d s, \d s: WITH RECURSIVE c')
        self.assertLessEqual(len(lines[-1]), terminals.WIDTH)
        self.assertRegex(
            result.err, r'\A\[1/2\] 001 create one \.\.\. \d\.\d s\n'
                        r'\[2/2\] 002 step 002 \.\.\. \d\.\d s\n2 revisions in \d\.\d s\n\Z')

    def test_what_is_written_meanwhile(self):
        """It goes above the live line, whole, whoever writes it."""
        self.service({'001.py': base.revision_file('001', body=TALK)},
                     {'manage.py': SERVICE}, service='acme.manage:SERVICE')
        terminal = self.on_terminal('upgrade', 'head')
        terminal.until(live('WITH RECURSIVE'))
        result = terminal.result()

        lines = result.err.splitlines()
        self.assertEqual(
            ['printed by the revision', 'written, in two parts',
             f'logged, {LONG_WORDS}', f'WARNING: logged, {LONG_WORDS}'], lines[:4], result.err)
        self.assertIn('warning: of the revision', lines[4])
        self.assertRegex(lines[-1], r'^\[1/1\] 001 001 \.\.\. \d\.\d s$')

    def test_cursor(self):
        """It is never hidden: a killed process could not show it again."""
        self.service(timelines.line(SHORT))
        terminal = self.on_terminal('upgrade', 'head')
        terminal.result()

        self.assertFalse(terminal.screen.hides_cursor)

    def test_signal(self):
        """The line is gone, the error is the last."""
        self.service(timelines.line(ENDLESS))
        terminal = self.on_terminal('upgrade', 'head')
        terminal.until(live('WITH RECURSIVE'))
        terminal.send(signal.SIGTERM)
        result = terminal.result()

        self.assertEqual((5, ''), (result.code, result.out))
        self.assertEqual(1, len(result.err.splitlines()), result.err)
        self.assertIn('interrupted by SIGTERM', result.err)

    def test_failure(self):
        """The line is gone, the traceback and the error are whole."""
        self.service(timelines.line(f'{SHORT}\nraise ValueError("no")'))
        result = self.on_terminal('upgrade', 'head').result()

        self.assertEqual(1, result.code)
        self.assertEqual('Traceback (most recent call last):', result.err.splitlines()[0])
        self.assertRegex(result.err.splitlines()[-1], r'error: revision 001 .*: ValueError: no$')

    def test_terminal_that_is_gone(self):
        """The run goes on to its end."""
        self.service(timelines.line(LONG, 'two'))
        terminal = self.on_terminal('upgrade', 'head')
        terminal.until(live('WITH RECURSIVE'))
        terminal.hang_up()
        result = terminal.result()

        self.assertEqual(0, result.code)
        self.assertEqual(['002'], timelines.recorded(self.engine()))


class PlainTests(databases.SQLite, terminals.TerminalTestCase):
    """Where no line can be written again, or nobody wants it."""

    def _assert_plain(self, **variables):
        self.service(timelines.line('one', SHORT))
        terminal = self.on_terminal('upgrade', 'head', **variables)
        result = terminal.result()

        self.assertEqual(0, result.code)
        self.assertEqual(terminal.screen.rows, [*result.err.splitlines(), ''])
        self.assertEqual(3, len(result.err.splitlines()), result.err)

    def test_dumb_terminal(self):
        """A line for each revision, and the total."""
        self._assert_plain(TERM='dumb')

    def test_unknown_terminal(self):
        """The same."""
        self._assert_plain(TERM='')

    def test_no_color(self):
        """Who wants no colour wants no controls."""
        self._assert_plain(NO_COLOR='1')


class ImportTests(databases.SQLite, terminals.TerminalTestCase):
    """rich is loaded where it is used."""

    def _loaded(self, *argv):
        terminal = self.python_on_terminal('-c', LOADED, *self._argv(argv))
        return terminal.result().out

    def test_run(self):
        """A run on a terminal needs it; one that has nothing to do does not."""
        self.service(timelines.line('one'))

        self.assertEqual('0 True\n', self._loaded('upgrade', 'head'))
        self.assertEqual('0 False\n', self._loaded('upgrade', 'head'))

    def test_no_terminal(self):
        """A run whose stderr is no terminal does not."""
        self.service(timelines.line('import sys; assert "rich" not in sys.modules'))
        result = self.run_process('upgrade', 'head')

        self.assertEqual(0, result.code, result.err)
