# SPDX-License-Identifier: Apache-2.0
"""``upgrade --sql``: what the script holds, and when there is none."""

import json
import pathlib
import re

import alembic
import sqlalchemy as sa

from dbmanage import version
from tests import base
from tests import databases
from tests import timelines

USAGES = {
    'postgresql': '--     psql --no-psqlrc --file FILE DATABASE',
    'mariadb': '--     mariadb DATABASE < FILE    (or mysql)',
    'sqlite': '--     sqlite3 DATABASE < FILE',
}
WHOLE = '-- Run it, if it is whole and its last line says so, with'
HOOKED = """
import sys
import dbmanage
SERVICE = dbmanage.Service(name='acme', versions='acme:versions', configure={
    'on_version_apply': [lambda step, **_: print(step.up_revision_id, file=sys.stderr)]})
"""


class ScriptTests(databases.SQLite, base.CommandTestCase):
    """A script of revisions that can be written."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three', 'four'))

    def test_revision(self):
        """Without FROM it begins at base."""
        self._assert_writes(['one', 'two'], 'upgrade', '002', '--sql')

    def test_head(self):
        """``head`` is the last revision."""
        self._assert_writes(['one', 'two', 'three', 'four'], 'upgrade', 'head', '--sql')

    def test_range(self):
        """FROM itself is not in it, TO is."""
        self._assert_writes(['two', 'three'], 'upgrade', '001:003', '--sql')

    def test_range_to_head(self):
        """TO may be a symbol."""
        self._assert_writes(['three', 'four'], 'upgrade', '002:head', '--sql')

    def test_range_from_base(self):
        """``base`` is what is below the first revision."""
        self._assert_writes(['one'], 'upgrade', 'base:001', '--sql')

    def test_steps(self):
        """``+N`` counts from base, as there is no database to count from."""
        self._assert_writes(['one', 'two'], 'upgrade', '+2', '--sql')

    def test_steps_from_a_revision(self):
        """``FROM:+N`` counts from FROM."""
        self._assert_writes(['three'], 'upgrade', '002:+1', '--sql')

    def test_delta(self):
        """``--delta N`` is ``+N``."""
        self._assert_writes(['one', 'two'], 'upgrade', '--delta', '2', '--sql')

    def test_current(self):
        """``current:TO`` begins where the database is, and changes nothing."""
        self.run_command('upgrade', '002')
        before = databases.rows(self.engine())

        self._assert_writes(['three', 'four'], 'upgrade', 'current:head', '--sql')
        self.assertEqual(before, databases.rows(self.engine()))

    def test_current_of_an_empty_database(self):
        """It begins at base, and the database is not made."""
        self._assert_writes(['one'], 'upgrade', 'current:001', '--sql')
        self.assertFalse(pathlib.Path(sa.make_url(self.url).database).exists())

    def test_database_is_not_touched(self):
        """A database that is not there stays so."""
        self.run_command('upgrade', 'head', '--sql')

        self.assertFalse(pathlib.Path(sa.make_url(self.url).database).exists())

    def test_versions(self):
        """Each revision is titled, and recorded right after its statements."""
        script = self.run_command('upgrade', '003', '--sql').out

        marks = re.findall(
            r'^(?:-- revision .*|BEGIN|COMMIT|CREATE TABLE [\w ]+|INSERT INTO alembic_version'
            r'|UPDATE \w+ SET \S+)', script, re.MULTILINE)
        self.assertEqual([
            '-- revision 001: create one', 'BEGIN', 'CREATE TABLE IF NOT EXISTS alembic_version ',
            'CREATE TABLE one ', 'INSERT INTO alembic_version', 'COMMIT',
            '-- revision 002: create two', 'BEGIN', 'CREATE TABLE two ',
            "UPDATE alembic_version SET version_num='002'", 'COMMIT',
            '-- revision 003: create three', 'BEGIN', 'CREATE TABLE three ',
            "UPDATE alembic_version SET version_num='003'", 'COMMIT',
        ], [mark for mark in marks if 'dbmanage' not in mark])

    def test_header(self):
        """It tells what the script does, for which database, and how it is run."""
        for dialect, usage in USAGES.items():
            with self.subTest(dialect):
                result = self.run_command('upgrade', '001:003', '--sql', '--dialect', dialect)

                header = result.out.partition('\n\n')[0].splitlines()
                self.assertEqual([
                    f'-- acme: upgrade to 003 from 001, for {dialect}', '--',
                    '-- 002  create two', '-- 003  create three', '--', WHOLE, usage,
                    '-- It changes nothing unless the database is at 001, and nobody else is at '
                    'work.'], header[:8])
                self.assertEqual(
                    f'-- Written by dbmanage {version.VERSION}, Alembic {alembic.__version__}, '
                    f'SQLAlchemy {sa.__version__}.', header[-1])
                self.assertEqual('-- end of the script', result.out.splitlines()[-1])

    def test_same_again(self):
        """Two scripts of one range are equal, whenever and wherever they are written."""
        self.service(timelines.fork())
        first = self.run_process('upgrade', 'heads', '--sql', env={'PYTHONHASHSEED': '1'})
        second = self.run_process(
            'upgrade', 'heads', '--sql', env={'PYTHONHASHSEED': '2', 'TZ': 'UTC-9', 'LANG': 'C'})

        self.assertEqual(0, first.code, first.err)
        self.assertEqual(first, second)

    def test_merge_beside_a_head(self):
        """The same rows of the version table are deleted, and the same one is updated."""
        self.service(timelines.fork(**{
            'tea.py': base.revision_file('tea', 'base1', 'pass'),
            'salad.py': base.revision_file('salad', ('apple2', 'pear1'), 'pass')}))
        written = [self.run_process(
            'upgrade', 'heads', '--sql', env={'PYTHONHASHSEED': str(seed)}).out
            for seed in range(6)]

        self.assertIn("version_num='salad' WHERE alembic_version.version_num = 'pear1'", written[0])
        self.assertEqual({written[0]}, {*written})

    def test_indexes_of_a_table(self):
        """They are made in the order of their names, in each process."""
        names = [f'ix_{letter}' for letter in 'hgfedcba']
        self.service(timelines.line(
            "op.create_table('many', *(sa.Column(name, sa.Integer()) for name in 'abcdefgh'),"
            " *(sa.Index(f'ix_{name}', name) for name in 'hgfedcba'))"))
        script = self.run_command('upgrade', 'head', '--sql').out

        self.assertEqual(sorted(names), re.findall(r'CREATE INDEX (\w+) ON many', script))

    def test_encoding(self):
        """It is UTF-8, as the client is told, whatever the locale is."""
        self.service({'five.py': base.revision_file(
            '005', '004', """op.execute("UPDATE one SET id = 'ü✓'")""", message='Ünï ✓')})
        expected = self.run_command('upgrade', 'head', '--sql').out
        self.assertIn("'ü✓'", expected)
        for env in ({'PYTHONIOENCODING': 'latin-1'}, {'LC_ALL': 'C', 'PYTHONUTF8': '0'},
                    {'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}):
            with self.subTest(env):
                result = self.run_process('upgrade', 'head', '--sql', env=env)

                self.assertEqual((0, expected, ''), (result.code, result.out, result.err))

    def test_hooks(self):
        """The service's own hook hears of each revision, as it does online."""
        self.service({}, {'manage.py': HOOKED})
        self.configure(dbmanage={'service': 'acme.manage:SERVICE'})
        result = self.run_command('upgrade', '002', '--sql')

        self.assertEqual((0, '001\n002\n'), (result.code, result.err))

    def _assert_writes(self, tables, *argv):
        result = self.run_command(*argv)

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(tables, re.findall(r'^CREATE TABLE (\w+) \(', result.out, re.MULTILINE))


class NoScriptTests(databases.SQLite, base.CommandTestCase):
    """A script that is not written: nothing of it is on stdout."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three', 'four'))

    def test_reversed_range(self):
        """There is no downgrade, and no empty script either."""
        self._assert_refused('003:001: no revision leads', '003:001')

    def test_empty_range(self):
        """A script without a statement is refused."""
        self._assert_refused('002:002: no revision leads', '002:002')

    def test_head_beside_the_target(self):
        """What a database at the head of one branch lacks is a range of current."""
        self.service(timelines.fork())
        for span in ('pear1:heads', 'pear1:apple2'):
            with self.subTest(span):
                end = span.partition(':')[2]
                self._assert_refused(
                    f'{span}: no revision leads from the one to the other; '
                    f'current:{end} begins where the database is', span)

    def test_base(self):
        """Nothing is below base."""
        self._assert_refused('there is no downgrade', 'base')

    def test_range_without_an_end(self):
        """Both ends are needed."""
        for span in ('001:', ':002', ':', '001:002:003'):
            with self.subTest(span):
                self._assert_refused(f"{span!r} is not a range FROM:TO", span)

    def test_unknown_revision(self):
        """Either end is checked."""
        for span in ('nope', 'nope:head', '001:nope'):
            with self.subTest(span):
                self._assert_refused("Can't locate revision 'nope'", span)

    def test_steps_beyond_the_end(self):
        """A script of fewer steps is not what was asked for."""
        self._assert_refused('cannot upgrade to +9', '+9')

    def test_negative_steps(self):
        """There is no downgrade."""
        self._assert_refused('there is no downgrade', '002:-1')

    def test_current_at_the_end(self):
        """There is nothing to write, which is no error, as in a run."""
        self.run_command('upgrade', 'head')
        for argv, said in (
            (['upgrade', 'current:head'], 'nothing to do: the database is at 004 already\n'),
            (['upgrade', 'current:002'], 'nothing to do: the database is past 002 already, at '
                                         '004\n'),
            (['stamp', 'current:004'], 'nothing to do: the database is at 004 already\n'),
        ):
            with self.subTest(argv):
                result = self.run_command(*argv, '--sql')

                self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def test_current_of_another_dialect(self):
        """A script of one database cannot begin where another one is."""
        for command in ('upgrade', 'stamp'):
            result = self.run_command(command, 'current:002', '--sql', '--dialect', 'mysql')

            self.assertEqual((2, ''), (result.code, result.out))
            self.assertIn('--dialect mysql: current: asks the sqlite database', result.err)

    def test_json(self):
        """A script is SQL; asked for as JSON it is refused, in JSON."""
        result = self.run_command('upgrade', '002', '--sql', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual((2, ['error']), (result.code, list(document)))
        self.assertEqual((2, 'usage'), (document['error']['code'], document['error']['name']))
        self.assertIn('--sql writes SQL', result.err)

    def _assert_refused(self, reason, span):
        result = self.run_command('upgrade', span, '--sql')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn(reason, result.err)
        self.assertEqual(1, len(result.err.splitlines()))
