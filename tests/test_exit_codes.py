# SPDX-License-Identifier: Apache-2.0
"""The exit codes: the table, row by row, and each code provoked."""

import json
import re
import sqlite3

import sqlalchemy as sa

from dbmanage import errors
from tests import base
from tests import databases
from tests import timelines
from tests.servers import server

FAILS = f"{timelines.table('two')}\nraise LookupError('no such cluster')"


class TableTests(base.CommandTestCase):
    """``errors.EXIT_CODES`` against the pages that show it."""

    def test_help(self):
        """``--help`` ends with the table."""
        shown = self.run_command('--help').out.partition('exit codes:\n')[2]

        rows = [f'  {code}  {meaning}: {reaction}' for code, meaning, reaction in errors.EXIT_CODES]
        self.assertEqual(rows, shown.rstrip().splitlines())

    def test_readme(self):
        """README has the table, and no other row."""
        readme = (base.ROOT / 'README.md').read_text()

        rows = re.findall(r'^\| (\d+) \| (.+) \| (.+) \|$', readme, re.M)
        self.assertEqual([(str(code), *texts) for code, *texts in errors.EXIT_CODES], rows)

    def test_errors(self):
        """A code is one error's, and an error's code is one of the table."""
        kinds = [errors.Error, *_subclasses(errors.Error)]
        names = {(kind.code, kind.name) for kind in kinds}

        self.assertEqual({code for code, _, _ in errors.EXIT_CODES} - {0}, {c for c, _ in names})
        self.assertEqual(len(names), len({code for code, _ in names}))
        self.assertEqual(len(names), len({name for _, name in names}))

    def test_rows(self):
        """Each row of the table has its test here."""
        tests = {name for kind in (CodeTests, PartlyAppliedTests) for name in dir(kind)}

        for code, _, _ in errors.EXIT_CODES:
            self.assertTrue([name for name in tests if name.startswith(f'test_{code}_')], code)


class CodeTests(databases.SQLite, base.CommandTestCase):
    """Each code, as a caller meets it."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two'))

    def test_0_done(self):
        """An upgrade that has upgraded."""
        self.assertEqual(0, self.run_command('upgrade', 'head').code)

    def test_0_nothing_to_do(self):
        """An upgrade that found nothing to do."""
        self.run_command('upgrade', 'head')

        self.assertEqual(0, self.run_command('upgrade', 'head').code)

    def test_0_check(self):
        """A check whose answer is yes."""
        self.run_command('upgrade', 'head')

        self.assertEqual(0, self.run_command('current', '--check').code)

    def test_1_revision_raised(self):
        """An exception of a revision."""
        self.service(timelines.line('one', FAILS))

        self._assert_fails(1, 'failed', 'upgrade', 'head')

    def test_1_refused_statement(self):
        """A statement that the database refuses."""
        self.service(timelines.line('one', 'op.drop_table("nowhere")'))

        self._assert_fails(1, 'failed', 'upgrade', 'head')

    def test_2_command_line(self):
        """A revision that is not there."""
        self._assert_fails(2, 'usage', 'upgrade', 'nope')

    def test_2_configuration(self):
        """A connection that is not set."""
        self.configure(database={'connection': None})

        self._assert_fails(2, 'usage', 'current')

    def test_3_check(self):
        """A check whose answer is no is no failure: it has its data."""
        result = self.run_command('current', '--check', '-f', 'json')

        self.assertEqual(3, result.code)
        self.assertFalse(json.loads(result.out)['at_head'])

    def test_3_timeline(self):
        """A timeline that is not sound."""
        self.service({'other.py': base.revision_file('other', None)})
        result = self.run_command('check_migration')

        self.assertEqual(3, result.code)
        self.assertIn('several heads', result.out)

    def test_3_condition(self):
        """What needs a database at head, on one that is not."""
        self._assert_fails(3, 'no', 'populate')

    def test_4_unreachable(self):
        """A port that nobody listens on."""
        self.configure(database={
            'connection': f'mysql://u:p@127.0.0.1:{server.free_port()}/d', 'max_retries': 0})

        self._assert_fails(4, 'unreachable', 'upgrade', 'head')

    def test_5_busy(self):
        """A SQLite file that another process is writing to."""
        writer = self._writer('BEGIN IMMEDIATE')
        for argv in ('upgrade', 'head', '--wait', '0'), ('stamp', 'head', '--wait', '0'):
            with self.subTest(argv):
                self._assert_fails(5, 'busy', *argv)

        writer.execute('ROLLBACK')
        self.assertEqual(['001'], timelines.recorded(self.engine()))
        self.assertEqual(0, self.run_command('upgrade', 'head').code)

    def test_5_busy_for_readers(self):
        """A SQLite file that is just being written."""
        self._writer('BEGIN EXCLUSIVE')

        self._assert_fails(5, 'busy', 'current')

    def test_7_unknown_revision(self):
        """A database that newer code has upgraded."""
        timelines.record(self.engine(), 'f00d')

        self._assert_fails(7, 'unknown_revision', 'upgrade', 'head')

    def _writer(self, begin):
        """Let another connection write; wait for it no longer than needed."""
        self.run_command('upgrade', '001')
        self.configure(database={'connection': f'{self.url}?timeout=0.01'})
        writer = sqlite3.connect(sa.make_url(self.url).database, isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute(begin)
        return writer

    def _assert_fails(self, code, name, *argv):
        """Assert the code of a failure, and the name that programs see."""
        text = self.run_command(*argv)
        self.assertEqual((code, ''), (text.code, text.out), text.err)
        self.assertTrue(text.err.splitlines()[-1].startswith('db-manage: error: '), text.err)

        result = self.run_command(*argv, '-f', 'json')
        error = json.loads(result.out)['error']
        self.assertEqual((code, code, name), (result.code, error['code'], error['name']))

    def test_process(self):
        """The code is that of the process, too."""
        self.assertEqual(2, self.run_process('upgrade', 'nope').code)
        self.assertEqual(3, self.run_process('current', '--check').code)
        self.assertEqual(0, self.run_process('upgrade', 'head').code)


class PartlyAppliedTests(databases.MariaDB, base.CommandTestCase):
    """The code of a database that cannot roll back a DDL."""

    def test_6_partly_applied(self):
        """A revision that fails after a DDL."""
        self.service(timelines.line('one', FAILS))
        result = self.run_command('upgrade', 'head', '-f', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual((6, 6, 'partly_applied'), (result.code, error['code'], error['name']))


def _subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)
