# SPDX-License-Identifier: Apache-2.0
"""Streams that are closed, full, or read only in part, in real processes."""

import json
import os

from tests import base
from tests import databases
from tests import shell
from tests import timelines

FULL = 'db-manage: error: cannot write to stdout: No space left on device\n'
# More than a pipe holds, and more than Python buffers.
LONG = 'word ' * 30000


class StreamTestCase(databases.SQLite, shell.ShellTestCase):
    """A test on a short history, whose head has a long text."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two') | {
            '003.py': base.revision_file('003', '002', message=f'Title\n\n{LONG}')})


class PipeTests(StreamTestCase):
    """A reader that has read enough."""

    def test_head(self):
        """``history | head -1`` ends quietly, on both sides of the pipe."""
        result = self.shell('$run history | head -1; echo "${PIPESTATUS[@]}"')

        self.assertEqual((0, '002 -> 003 (head), Title\n0 0\n', ''),
                         (result.code, result.out, result.err))

    def test_head_of_much(self):
        """So does what the pipe has no room for."""
        for command in ('show 003', 'show 003 -f json'):
            result = self.shell(f'$run {command} | head -1 > /dev/null; echo "${{PIPESTATUS[@]}}"')
            self.assertEqual((0, '0 0\n', ''), (result.code, result.out, result.err))

    def test_no_reader(self):
        """What nobody reads is no error either."""
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        for command in ('history', '--help'):
            result = self.shell(f'$run {command}', stdout=writer)
            self.assertEqual((0, ''), (result.code, result.err))

    def test_error_without_a_reader(self):
        """The exit code is that of the error."""
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        result = self.shell('$run show xyz -f json', stdout=writer)

        self.assertEqual((2, "db-manage: error: Can't locate revision 'xyz'\n"),
                         (result.code, result.err))

    def test_no_reader_of_stderr(self):
        """An upgrade goes on when nobody listens to its progress any more."""
        result = self.shell('{ $run upgrade head; echo $? > code; } 2>&1 | true; cat code')

        self.assertEqual('0\n', result.out)
        self.assertEqual(['003'], timelines.recorded(self.engine()))


class ChildTests(StreamTestCase):
    """A revision whose child processes write to stdout, and that does so itself."""

    def test_stdout(self):
        """All of it goes to stderr: a script, a document and an error are whole."""
        self.service({'004.py': base.revision_file('004', '003', """
            import os
            os.system('echo child')
            os.write(1, b'descriptor\\n')
            print('print')
            """)})
        plain = self.run_process('upgrade', '002:003', '--sql')
        for argv in (['upgrade', '002:004', '--sql'], ['upgrade', 'head', '-f', 'json']):
            with self.subTest(argv):
                result = self.run_process(*argv)

                self.assertEqual(0, result.code, result.err)
                self.assertNotRegex(result.out, 'child|descriptor|print')
                self.assertIn('child\ndescriptor\nprint\n', result.err)
        self.assertEqual('', plain.err)


class WarningTests(StreamTestCase):
    """What a library or a revision warns of."""

    def test_revision(self):
        """It is one line on stderr, without its secrets; stdout has the document alone."""
        self.service({'004.py': base.revision_file(
            '004', '003', body='import warnings\nwarnings.warn("a://u:secret@h\\n  is old")')})
        result = self.run_process('upgrade', 'head', '-f', 'json')

        self.assertEqual((0, ['001', '002', '003', '004']), (
            result.code, [one['revision'] for one in json.loads(result.out)['applied']]))
        self.assertEqual(['warning: a://***@h is old'], [
            line for line in result.err.splitlines() if 'is old' in line])
        self.assertNotIn('warnings.warn', result.err)


class FullDiskTests(StreamTestCase):
    """Data that cannot be written."""

    def test_text(self):
        """It is a failure, told in one line: be it a little text, or much."""
        for command in ('heads', 'show 003', 'upgrade head --sql'):
            result = self.shell(f'$run {command} > /dev/full')
            self.assertEqual((1, FULL), (result.code, result.err))

    def test_json(self):
        """The error's document has no room either; the line is there once."""
        result = self.shell('$run heads -f json > /dev/full')

        self.assertEqual((1, FULL), (result.code, result.err))

    def test_error(self):
        """An error keeps its code and its line."""
        result = self.shell('$run show xyz -f json > /dev/full')

        self.assertEqual((2, "db-manage: error: Can't locate revision 'xyz'\n"),
                         (result.code, result.err))

    def test_stderr(self):
        """What cannot be told does not change the outcome."""
        upgrade = self.shell('$run upgrade head 2> /dev/full')
        error = self.shell('$run show xyz 2> /dev/full')

        self.assertEqual((0, ''), (upgrade.code, upgrade.out))
        self.assertEqual(['003'], timelines.recorded(self.engine()))
        self.assertEqual((2, ''), (error.code, error.out))


class ClosedStreamTests(StreamTestCase):
    """Streams that were closed before the command began."""

    def test_stdout(self):
        """Data goes nowhere, and nothing else happens."""
        heads = self.shell('$run heads >&-')
        error = self.shell('$run show xyz -f json >&-')

        self.assertEqual((0, ''), (heads.code, heads.err))
        self.assertEqual((2, "db-manage: error: Can't locate revision 'xyz'\n"),
                         (error.code, error.err))

    def test_stderr(self):
        """Data is there, and so is the exit code."""
        heads = self.shell('$run heads 2>&-')
        error = self.shell('$run show xyz 2>&-')

        self.assertEqual((0, '003 (head)\n'), (heads.code, heads.out))
        self.assertEqual((2, ''), (error.code, error.out))


class EncodingTests(StreamTestCase):
    """A terminal that is not UTF-8."""

    def setUp(self):
        super().setUp()
        self.service({'004.py': base.revision_file('004', '003', message='Größe')})

    def test_any_language(self):
        """Python writes UTF-8 where the language is C or not set."""
        result = self.shell('env -u LANG LC_ALL=C $run history | head -1')

        self.assertEqual((0, '003 -> 004 (head), Größe\n', ''),
                         (result.code, result.out, result.err))

    def test_ascii(self):
        """Data is not altered: one line says what to set, and stdout is empty."""
        result = self.shell('PYTHONIOENCODING=ascii $run history')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertRegex(result.err, r'^db-manage: error: cannot write to stdout, set '
                                     r'PYTHONIOENCODING=utf-8: .*\n$')
