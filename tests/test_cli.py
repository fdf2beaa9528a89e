# SPDX-License-Identifier: Apache-2.0
"""The command line: help, usage errors, the form of the answer."""

import json

import dbmanage
from dbmanage import commands
from dbmanage import errors
from tests import base
from tests import databases
from tests import timelines


class CommandLineTestCase(databases.SQLite, base.CommandTestCase):
    """A test on a service with two revisions."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two'))

    def assert_refused(self, reason, *argv):
        """Fail unless that is the one line on stderr, with exit code 2."""
        result = self.run_command(*argv)
        self.assertEqual((2, '', f'db-manage: error: {reason}\n'),
                         (result.code, result.out, result.err))


class HelpTests(CommandLineTestCase):
    """What the command says of itself."""

    def test_help(self):
        """Every command, its first line, and every exit code is on stdout."""
        result = self.run_command('--help')
        words = ' '.join(result.out.split())

        self.assertEqual((0, ''), (result.code, result.err))
        for name, command in commands.COMMANDS.items():
            self.assertIn(f' {name} {command.__doc__.split(".")[0]}.', words)
        for code, meaning, reaction in errors.EXIT_CODES:
            self.assertIn(f'  {code}  {meaning}: {reaction}\n', result.out)

    def test_help_of_a_command(self):
        """A command's help is its docstring, its arguments, and the form of its answer."""
        for name, command in commands.COMMANDS.items():
            with self.subTest(command=name):
                result = self.run_command(name, '--help')

                self.assertEqual((0, ''), (result.code, result.err))
                self.assertTrue(result.out.startswith(f'usage: db-manage {name} '))
                self.assertIn(' '.join(command.__doc__.split()), ' '.join(result.out.split()))
                for option in self._options(command):
                    self.assertIn(option, result.out)

    def test_help_without_configuration(self):
        """Help is there when nothing else is."""
        result = self.run_command('--config-file', '/nowhere', 'upgrade', '--help')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('Apply the revisions', result.out)

    def test_version(self):
        """It is the package's."""
        result = self.run_command('--version')

        self.assertEqual((0, f'db-manage {dbmanage.__version__}\n', ''),
                         (result.code, result.out, result.err))

    def test_module(self):
        """``python -m dbmanage`` is the command, its name too."""
        version = self.run_process('--version')
        error = self.run_process('show', 'xyz')

        self.assertEqual((0, f'db-manage {dbmanage.__version__}\n', ''),
                         (version.code, version.out, version.err))
        self.assertEqual((2, '', "db-manage: error: Can't locate revision 'xyz'\n"),
                         (error.code, error.out, error.err))

    def _options(self, command):
        names = [name for names, _ in command.arguments for name in names]
        return ['--format', *(name for name in names if name.startswith('-'))]


class UsageErrorTests(CommandLineTestCase):
    """One line on stderr, and exit code 2."""

    def test_no_command(self):
        """One must be named."""
        self.assert_refused('the following arguments are required: COMMAND (see db-manage --help)')

    def test_unknown_command(self):
        """Those that there are are named."""
        result = self.run_command('sync')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(1, len(result.err.splitlines()))
        self.assertRegex(result.err, r"^db-manage: error: argument COMMAND: invalid choice: 'sync'")
        for name in commands.COMMANDS:
            self.assertIn(name, result.err)

    def test_unknown_option(self):
        """Before the command, or after it."""
        self.assert_refused('unrecognized arguments: --quiet (see db-manage --help)',
                            'heads', '--quiet')
        self.assert_refused('unrecognized arguments: --quiet (see db-manage --help)',
                            '--quiet', 'heads')

    def test_superfluous_argument(self):
        """Nothing is passed over."""
        self.assert_refused('unrecognized arguments: 001 (see db-manage --help)', 'heads', '001')

    def test_option_without_a_value(self):
        """The help that has more is named."""
        self.assert_refused(
            'argument -m/--message: expected one argument (see db-manage revision --help)',
            'revision', '-m')

    def test_wrong_value(self):
        """What is allowed is told."""
        result = self.run_command('heads', '-f', 'xml')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(1, len(result.err.splitlines()))
        self.assertRegex(result.err, r"argument -f/--format: invalid choice: 'xml' \(choose from ")

    def test_abbreviations(self):
        """What works today must not mean something else tomorrow."""
        for argv in (('heads', '--verb'), ('heads', '--form', 'json'), ('--vers',),
                     ('--config-f', '/dev/null', 'heads'), ('revision', '--mess', 'x'), ('head',),
                     ('upgrade', '--del', '1')):
            with self.subTest(argv=argv):
                result = self.run_command(*argv)

                self.assertEqual((2, ''), (result.code, result.out))
                self.assertEqual(1, len(result.err.splitlines()), result.err)


class FormatTests(CommandLineTestCase):
    """``-f json``, wherever it stands."""

    def test_before_and_after_the_command(self):
        """It is the same option."""
        expected = self.run_command('heads', '-f', 'json')
        for argv in (('-f', 'json', 'heads'), ('--format', 'json', 'heads'), ('-fjson', 'heads'),
                     ('heads', '--format=json'), ('heads', '-fjson'),
                     ('-f', 'text', 'heads', '-f', 'json')):
            with self.subTest(argv=argv):
                result = self.run_command(*argv)

                self.assertEqual((0, expected.out, ''), (result.code, result.out, result.err))
        self.assertEqual(['revisions'], list(json.loads(expected.out)))

    def test_text(self):
        """Text is what there is otherwise; the last word counts."""
        for argv in (('heads',), ('-f', 'text', 'heads'), ('-f', 'json', 'heads', '-f', 'text')):
            with self.subTest(argv=argv):
                result = self.run_command(*argv)

                self.assertEqual((0, '002 (head)\n'), (result.code, result.out))

    def test_error(self):
        """An error is a document on stdout, and its line is on stderr."""
        for argv in (('-f', 'json', 'show', 'xyz'), ('show', '--format=json', 'xyz'),
                     ('show', 'xyz', '-fjson')):
            with self.subTest(argv=argv):
                result = self.run_command(*argv)

                message = "Can't locate revision 'xyz'"
                self.assertEqual(
                    (2, {'error': {'code': 2, 'name': 'usage', 'message': message}},
                     f'db-manage: error: {message}\n'),
                    (result.code, json.loads(result.out), result.err))

    def test_usage_error(self):
        """The rest of the command line need not be right for that."""
        for argv in (('-f', 'json'), ('-f', 'json', 'sync'), ('heads', '--quiet', '-f', 'json')):
            with self.subTest(argv=argv):
                result = self.run_command(*argv)

                error = json.loads(result.out)['error']
                self.assertEqual((2, 2, 'usage'), (result.code, error['code'], error['name']))
                self.assertEqual(f'db-manage: error: {error["message"]}\n', result.err)

    def test_characters(self):
        """Data is UTF-8; an error can be written anywhere."""
        self.service({'002.py': timelines.line('x', 'pass')['002.py'].replace('step', 'Größe')})
        data = self.run_command('heads', '-f', 'json')
        error = self.run_command('show', 'Größe', '-f', 'json')

        self.assertIn('Größe', data.out)
        self.assertTrue(error.out.isascii())
        self.assertIn('Größe', json.loads(error.out)['error']['message'])


class TracebackTests(CommandLineTestCase):
    """Where an error comes from."""

    def test_traceback(self):
        """``--traceback`` shows it, above the line; otherwise there is the line."""
        plain = self.run_command('show', 'xyz')
        result = self.run_command('--traceback', 'show', 'xyz')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertTrue(result.err.startswith('Traceback (most recent call last):\n'))
        self.assertTrue(result.err.endswith(f'\n{plain.err}'))
        self.assertEqual(1, len(plain.err.splitlines()))
