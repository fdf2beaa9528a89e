# SPDX-License-Identifier: Apache-2.0
"""A script that ended within a revision, on a database that cannot undo DDL."""

import re

import sqlalchemy as sa

from tests import databases
from tests import timelines
from tests.script import scripts

COUNTER = """
op.create_table('counter', sa.Column('n', sa.Integer()))
op.execute('INSERT INTO counter (n) VALUES (0)')
"""
# It would show in the rows if a statement were run twice, or left out.
COUNTS = """
op.execute('UPDATE counter SET n = 2 * n + 1')
op.add_column('counter', sa.Column('m', sa.Integer()))
op.execute('UPDATE counter SET m = 2 * n + 1')
"""
STOPPED = 'a script has stopped within revision 002; run the rest of the script, or see repair'


class HalfWayTests(databases.MariaDB, scripts.ScriptTestCase):
    """Revision 002 was begun by a script, and not ended."""

    maxDiff = None

    def setUp(self):
        super().setUp()
        self.service(timelines.line(COUNTER, COUNTS, 'three'))
        self.text = self.script('head')
        self.middle = self.text.index('ALTER TABLE counter')
        self.client(self.text[:self.middle])

    def test_upgrade(self):
        """No run goes on, for nothing tells what was done: nothing is applied twice."""
        before = self.found()
        for target in ('head', '002', '+1'):
            with self.subTest(target):
                self._assert_refused('upgrade', target)
        self.assertEqual(before, self.found())

    def test_nothing_to_do(self):
        """Where no run is needed there is nothing to refuse."""
        result = self.run_command('upgrade', '001')

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def test_current_and_plan(self):
        """They are answered, with a word on what was begun."""
        for argv, out in ((['current'], '001'), (['plan', '002'], '002 step 002')):
            with self.subTest(argv):
                result = self.run_command(*argv)

                self.assertEqual((0, f'{STOPPED}\n'), (result.code, result.err))
                self.assertEqual(out, result.out.partition('\n')[0])

    def test_base(self):
        """The first revision can be half-way, too."""
        self.use_another_database()
        self.client(self.text[:self.text.index('CREATE TABLE counter')])
        result = self.run_command('current')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertEqual(
            STOPPED.replace('002', '001') + '\nthe database is at base: no revision\n',
            result.err)

    def test_stamp(self):
        """It would forget what was begun."""
        self._assert_refused('stamp', '003')

    def test_script(self):
        """No script is written from there, and none that was goes on."""
        self._assert_refused('upgrade', 'current:head', '--sql')
        self._assert_refused('stamp', 'current:003', '--sql')
        said = self.refuse(self.script('001:head'))

        self.assertIn('the database is at 001, half-way to 002', said)

    def test_client_that_goes_on(self):
        """Where errors do not stop the client, no guard of the script lets 002 begin."""
        before = self.found()
        for script in (self.text, self.script('001:head')):
            self.client(script, '--force')
            self.assertEqual(before, self.found())

    def test_rest_of_the_script(self):
        """Its first lines, and those from the first that failed on, are a script."""
        number = self.text[:self.middle].count('\n')
        lines = self.text.splitlines(keepends=True)
        begin = next(n for n, line in enumerate(lines) if line.startswith('-- revision'))
        self.run_script(''.join([*lines[:begin], *lines[number:]]))

        self.assertEqual(['003'], self.recorded())
        self.assertEqual([(1, 3)], databases.rows(self.database)['counter'])
        self.assertEqual('nothing is partly applied\n', self.run_command('repair').err)

    def test_line(self):
        """The client tells where a statement that failed begins."""
        self.use_another_database()
        self.upgrade('001')
        self._execute('ALTER TABLE counter ADD COLUMN m INTEGER')
        script = self.script('001:head')
        [number] = re.findall(r'at line (\d+): Duplicate', self.client(script).stderr)

        self.assertIn('ALTER TABLE counter ADD', script.splitlines()[int(number) - 1])

    def test_repair(self):
        """It shows that it was a script, and what can be done."""
        result = self.run_command('repair')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual([
            '002:0 begun  a script', 'run the rest of the script',
            'repair --mark-applied 002: all of it is done, record it',
            'repair --forget 002: nothing of it is left, begin anew'], result.out.splitlines())

    def test_mark_applied(self):
        """What was ended by hand is recorded, and a run goes on behind it."""
        self._execute('ALTER TABLE counter ADD COLUMN m INTEGER')
        self._execute('UPDATE counter SET m = 2 * n + 1')
        self._repair('--mark-applied', '002')
        self.upgrade('head')

        self.assertEqual([(1, 3)], databases.rows(self.database)['counter'])

    def test_forget(self):
        """What was undone by hand is run anew."""
        self._execute('UPDATE counter SET n = 0')
        self._repair('--forget', '002')
        self.upgrade('head')

        self.assertEqual([(1, 3)], databases.rows(self.database)['counter'])

    def test_resume(self):
        """It cannot be resumed."""
        self._assert_refused('repair', '--resume')

    def test_statement_of_a_script(self):
        """None of them has a number."""
        for choice in ('--mark-done', '--redo'):
            with self.subTest(choice):
                result = self.run_command('repair', choice, '002:0')

                self.assertEqual((2, ''), (result.code, result.out))

    def test_word_of_an_earlier_place(self):
        """It does not count once the database is somewhere else."""
        self._execute('ALTER TABLE counter ADD COLUMN m INTEGER')
        self._execute("UPDATE alembic_version SET version_num = '002'")
        self.upgrade('head')

        self.assertEqual(['003'], self.recorded())

    def _repair(self, *choice):
        result = self.run_command('repair', *choice)
        self.assertEqual((0, 'nothing is partly applied\n'), (result.code, result.err))

    def _assert_refused(self, *argv):
        result = self.run_command(*argv)

        self.assertEqual(
            (6, '', f'db-manage: error: {STOPPED}\n'), (result.code, result.out, result.err))

    def _execute(self, statement):
        with self.database.begin() as connection:
            connection.exec_driver_sql(statement)


class RunTests(databases.MariaDB, scripts.ScriptTestCase):
    """Revision 002 was begun by a run, and not ended."""

    def test_script(self):
        """A script that was written before does not go on."""
        self.service(timelines.line(COUNTER, """
            op.execute('UPDATE counter SET n = 2 * n + 1')
            op.add_column('counter', sa.Column('m', sa.Integer()))
            op.add_column('missing', sa.Column('m', sa.Integer()))
            """))
        self.run_command('upgrade', 'head')
        said = [self.refuse(self.script('001:head')), self.refuse(self.script('head')),
                self.refuse(self.script('001:002', command='stamp'))]

        self.assertEqual(['STOP: a run has stopped within revision 002; run upgrade again, '
                          "or see repair'"] * 3, [line[line.rindex('STOP'):] for line in said])

    def test_journal_elsewhere(self):
        """It is looked for beside the version table, whatever that is called."""
        schema = sa.make_url(self._create()).database
        self.service(timelines.line('one', "op.execute('ALTER TABLE one ADD COLUMN NONSENSE')"),
                     version_table='The version', version_table_schema=schema)
        self.run_script(self.script('001'))
        with self.database.begin() as connection:
            connection.exec_driver_sql(
                f'CREATE TABLE `{schema}`.`The version_journal` (revision VARCHAR(32))')
            connection.exec_driver_sql(
                f"INSERT INTO `{schema}`.`The version_journal` VALUES ('002')")
        said = self.client(self.script('001:002')).stderr

        self.assertIn('STOP: a run has stopped within revision 002', said)
