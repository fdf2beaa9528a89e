# SPDX-License-Identifier: Apache-2.0
"""stdout for data, stderr for people."""

import contextlib
import io
import json
import logging
import subprocess
import sys

import dbmanage
from tests import base
from tests import databases
from tests import timelines

TALKS = """
import logging, os, sys, warnings
print('said by print')
sys.stdout.write('said by write\\n')
logging.getLogger('acme').warning('said by a logger')
warnings.warn('said by a warning')
"""


class StreamTests(databases.SQLite, base.CommandTestCase):
    """What goes to which stream."""

    def test_talk_of_a_revision(self):
        """Whatever a revision says goes to stderr."""
        self.service(timelines.line(TALKS))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        for way in ('print', 'write', 'a logger', 'a warning'):
            self.assertIn(f'said by {way}', result.err)

    def test_talk_with_json(self):
        """The document is all that is on stdout."""
        self.service(timelines.line(TALKS))
        result = self.run_command('upgrade', 'head', '-f', 'json')

        self.assertEqual(['001'], json.loads(result.out)['to'])

    def test_talk_in_a_script(self):
        """The script is all that is on stdout."""
        self.service(timelines.line(TALKS))
        result = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual(0, result.code, result.err)
        self.assertNotIn('said by', result.out)
        self.assertIn('said by print', result.err)

    def test_talk_of_an_imported_module(self):
        """A handler that a service's module puts on stdout writes to stderr."""
        loud = ('import logging, sys\nimport sqlalchemy as sa\n'
                'logging.basicConfig(stream=sys.stdout)\nlogging.warning("said at import")\n'
                'METADATA = sa.MetaData()\n')
        self.service(timelines.line('one'), {'models.py': loud}, metadata='acme.models:METADATA')
        result = self.run_process('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertIn('said at import', result.err)

    def test_non_ascii(self):
        """A title is written as it is, in text and in JSON."""
        self.service({'001.py': base.revision_file('001', message='Größe 🦄')})
        for argv in ('history',), ('history', '-f', 'json'):
            with self.subTest(argv):
                result = self.run_process(*argv, env={'PYTHONIOENCODING': 'utf-8'})

                self.assertEqual(0, result.code, result.err)
                self.assertIn('Größe 🦄', result.out)

    def test_stdout_that_is_full(self):
        """That the data were not written is an error."""
        self.service(timelines.line('one'))
        self.configure()
        with open('/dev/full', 'w') as full:
            done = subprocess.run(
                [sys.executable, '-m', 'dbmanage', '--config-file', self.config_file, 'heads'],
                stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                env={'PYTHONPATH': f'{base.ROOT}:{self.directory / "packages"}'})

        self.assertEqual(
            (1, 'db-manage: error: cannot write to stdout: No space left on device\n'),
            (done.returncode, done.stderr))


class ErrorTests(databases.SQLite, base.CommandTestCase):
    """An error: a line, a document, a traceback if it is asked for."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))

    def test_json(self):
        """Every kind of error is a document, from the first word of the command line on."""
        for argv, part in (
            (('nope',), "invalid choice: 'nope'"),
            ((), 'the following arguments are required: COMMAND'),
            (('upgrade',), 'upgrade takes a revision'),
            (('upgrade', 'head', '--nope'), 'unrecognized arguments: --nope'),
            (('--config-file', '/nowhere.conf', 'heads'), '/nowhere.conf'),
            (('show', 'nope'), "Can't locate revision 'nope'"),
            (('downgrade', '-1'), 'there is no downgrade'),
        ):
            for form in (('-f', 'json'), ('-fjson',), ('--format', 'json'), ('--format=json',)):
                with self.subTest(argv + form):
                    result = self.run_command(*argv, *form)

                    document = json.loads(result.out)
                    self.assertEqual(['error'], list(document))
                    self.assertEqual(['code', 'name', 'message'], list(document['error']))
                    self.assertEqual((2, 2), (result.code, document['error']['code']))
                    self.assertIn(part, document['error']['message'])
                    self.assertEqual(
                        f'db-manage: error: {document["error"]["message"]}\n', result.err)

    def test_json_as_a_value(self):
        """A message that speaks of JSON does not ask for it."""
        result = self.run_command('revision', '-m', 'let -f json be', '--head', 'nope')

        self.assertEqual((2, ''), (result.code, result.out))

    def test_one_line(self):
        """A message of several lines is one line."""
        self.service(timelines.line('raise LookupError("one\\ntwo\\n\\n  three")'))
        result = self.run_command('upgrade', 'head')

        self.assertTrue(result.err.endswith('LookupError: one two three\n'), result.err)

    def test_no_traceback(self):
        """Nobody is shown one who did not ask."""
        result = self.run_command('upgrade', 'nope')

        self.assertEqual(1, len(result.err.splitlines()))

    def test_traceback(self):
        """``--traceback`` shows where the error comes from; the last line is the same."""
        text = self.run_command('upgrade', 'nope').err
        for argv in ('--traceback', 'upgrade', 'nope'), ('upgrade', 'nope', '--traceback'):
            with self.subTest(argv):
                result = self.run_command(*argv)

                self.assertEqual((2, ''), (result.code, result.out))
                self.assertTrue(result.err.startswith('Traceback (most recent call last):\n'))
                self.assertTrue(result.err.endswith(text))

    def test_name_of_the_command(self):
        """A service's own command has its own name."""
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            code = dbmanage.main(
                dbmanage.Service(name='acme', versions='acme:versions'), ['upgrade'])

        self.assertEqual(2, code)
        self.assertTrue(err.getvalue().startswith('acme-db-manage: error: upgrade takes'))


class LoggingTests(databases.SQLite, base.CommandTestCase):
    """The logging of a service that runs a command in its own process."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', "import logging; logging.getLogger('acme').error('x')"))
        self.lines = io.StringIO()
        self.root = logging.getLogger()

    def test_handlers(self):
        """A handler is left where it is, and gets what is logged."""
        handler = logging.StreamHandler(self.lines)
        self.root.addHandler(handler)
        self.addCleanup(self.root.removeHandler, handler)
        before = (self.root.handlers[:], self.root.level)
        result = self.run_command('upgrade', 'head')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual(before, (self.root.handlers, self.root.level))
        self.assertEqual('x\n', self.lines.getvalue())
        self.assertNotIn('ERROR', result.err)

    def test_no_handlers(self):
        """Ours is gone after the run."""
        before = self.root.handlers[:]
        result = self.run_command('upgrade', 'head')

        self.assertIn('ERROR: x\n', result.err)
        self.assertEqual(before, self.root.handlers)

    def test_loggers(self):
        """None is disabled, and none changes its level."""
        logger = logging.getLogger('acme.api')
        logger.setLevel(logging.DEBUG)
        self.run_command('upgrade', 'head')

        self.assertEqual((False, True, logging.DEBUG), (
            logger.disabled, logger.propagate, logger.level))
