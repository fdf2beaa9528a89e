# SPDX-License-Identifier: Apache-2.0
"""``status`` where a revision stopped half-way, on MariaDB."""

import json

import sqlalchemy as sa

from tests import databases
from tests import killed
from tests import processes
from tests import timelines

STATEMENTS = [
    '002:1 done  CREATE TABLE two ( id INTEGER NOT NULL AUTO_INCREMENT, PRIMARY KEY (id) )',
    '002:2 done  INSERT INTO two VALUES (1)',
    '002:3 begun  ALTER TABLE two ADD COLUMN n INTEGER',
]
GATED = timelines.table('two') + processes.GATE + 'op.drop_table("nowhere")\n'


class KilledTests(killed.KilledTestCase):
    """A run that was killed in the second of three revisions."""

    def setUp(self):
        super().setUp()
        self.kill(killed.KILLED)

    def test_text(self):
        """The revision, how many statements are done, which was begun, each of them."""
        result, check = self.run_command('status'), self.run_command('status', '--check')

        self.assertEqual([
            'partly applied: 002 stopped after 2 statements, statement 3 was begun and '
            'may be done', '  002 step 002', '  003 create three', *STATEMENTS, 'lock: free',
        ], result.out.splitlines())
        self.assertEqual((0, '', 6, result.out), (result.code, result.err, check.code, check.out))

    def test_json(self):
        """The statements are those of ``repair``; nothing is changed."""
        before = databases.rows(self.database, ())
        result = self.run_command('status', '-f', 'json')
        repair = self.run_command('repair', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual(('partly_applied', [{'revision': '001', 'head': False}]), (
            document['state'], document['current']))
        self.assertEqual(
            json.loads(repair.out)['partly_applied'], document['partly_applied'])
        self.assertEqual({'002': None}, document['statements'])
        self.assertEqual(before, databases.rows(self.database, ()))

    def test_other_code(self):
        """Nobody knows how many statements the code had that was begun."""
        self.change('INSERT INTO two VALUES (1)', 'INSERT INTO two VALUES (7)')
        result = self.run_command('status')

        self.assertIn('002 stopped after 2 statements, statement 3', result.out)

    def test_revision_that_this_code_lacks(self):
        """Older code says which one, and that it has it not."""
        (self.directory / 'packages' / 'acme' / 'versions' / '002.py').unlink()
        (self.directory / 'packages' / 'acme' / 'versions' / '003.py').unlink()
        result = self.run_command('status', '--check')

        self.assertEqual(6, result.code)
        self.assertIn('partly applied: 002, which this code does not have, stopped after',
                      result.out)

    def test_newer_than_this_code(self):
        """The right code comes first; what is half-way is shown."""
        timelines.record(self.database, 'f00d')
        result = self.run_command('status', '--check')

        self.assertEqual(7, result.code)
        self.assertIn('002:3 begun', result.out)

    def test_resumed(self):
        """Then it is at head."""
        self.run_command('upgrade', 'head')

        self.assertEqual(0, self.run_command('status', '--check').code)


class CountedTests(killed.KilledTestCase):
    """A revision that failed half-way, and how many statements it has."""

    def counted(self, body):
        """Let the second revision fail, and return what ``status`` counts of it."""
        self.service(timelines.line('one', (
            f'two = {timelines.table("two")}\n{body}\nop.drop_table("nowhere")\n'
            'op.drop_table("two")')))
        failed = self.run_command('upgrade', 'head')
        self.assertEqual(6, failed.code, failed.err)
        return json.loads(self.run_command('status', '-f', 'json').out)['statements']['002']

    def test_count(self):
        """What is sent past SQLAlchemy's constructs counts, too."""
        count = self.counted('op.get_bind().exec_driver_sql("INSERT INTO two VALUES (1)")')
        text = self.run_command('status').out

        self.assertEqual(4, count)
        self.assertIn('002 stopped after 2 of 4 statements\n', text)

    def test_reads(self):
        """The rows decide: what is known is how many are done."""
        self.assertIsNone(self.counted('op.get_bind().scalars(sa.text("SELECT 1")).all()'))

    def test_rows(self):
        """Rows are sent at once, or one by one."""
        self.assertIsNone(self.counted('op.bulk_insert(two, [{"id": 1}, {"id": 2}])'))

    def test_function_that_acts(self):
        """A revision that may write a file is not run to be counted."""
        trace = self.directory / 'trace'
        count = self.counted(f'open({str(trace)!r}, "a").write("once")')

        self.assertEqual((None, 'once'), (count, trace.read_text()))

    def test_module_that_acts(self):
        """So is one that imports what may act."""
        trace = self.directory / 'trace'
        count = self.counted(f'import os\nos.system("echo once >> {trace}")')

        self.assertEqual((None, 'once\n'), (count, trace.read_text()))


class RunningTests(databases.MariaDB, processes.ProcessTestCase):
    """A revision that is just being applied."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', GATED, 'three'))
        self.run_command('upgrade', '001')
        self.holder = self.start('upgrade', 'head')
        self.holder.wait_at_gate()

    def test_at_work(self):
        """It is behind, and not partly applied: somebody is at it."""
        result = self.run_command('status', '--check')

        lines = result.out.splitlines()
        self.assertEqual((3, (
            'behind: at 001, 2 revisions to apply, of which 002 is being applied after '
            '0 statements, statement 1 was begun and may be done')), (result.code, lines[0]))
        self.assertTrue(lines[-1].startswith('lock: held by '), result.out)

    def test_failed(self):
        """Once it has failed it is partly applied."""
        self.holder.open_gate()
        failed = self.holder.result()
        result = self.run_command('status', '--check')

        self.assertEqual((6, 6), (failed.code, result.code))


class ScriptTests(databases.MariaDB, processes.ProcessTestCase):
    """A script of --sql that stopped within a revision."""

    def setUp(self):
        super().setUp()
        self.database = self.engine()
        self.service(timelines.line('one', timelines.table('two') + '\nop.drop_table("no")\n'))
        script = self.run_command('upgrade', 'head', '--sql').out
        self.assertNotEqual(0, self.client(script).returncode)

    def test_note(self):
        """Its note is what is known."""
        result = self.run_command('status', '--check')
        document = json.loads(self.run_command('status', '-f', 'json').out)

        self.assertEqual((6, [
            'partly applied: 002 stopped in a script, the rest of whose statements is to be run '
            'by hand', '  002 step 002', 'lock: free']),
            (result.code, result.out.splitlines()))
        self.assertEqual(('partly_applied', [('002', 0)]), (document['state'], [
            (one['revision'], one['number']) for one in document['partly_applied']]))

    def test_note_that_is_no_longer_true(self):
        """A database that is somewhere else by now has left it behind."""
        timelines.record(self.database, '002')
        result = self.run_command('status', '--check')

        self.assertEqual((0, ['at head: 002', 'lock: free']),
                         (result.code, result.out.splitlines()))

    def test_script_at_work(self):
        """While its client is there it is being applied."""
        name = timelines.OWN.lock_name
        with self.database.connect() as connection:
            connection.scalar(sa.text(f'SELECT GET_LOCK({name}, 0)'))
            result = self.run_command('status', '--check')

        self.assertEqual(3, result.code)
        self.assertIn('of which 002 is being applied in a script', result.out)
