# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` on PostgreSQL after a run that ended behind a commit of a revision."""

from tests import databases
from tests import processes
from tests import timelines

BLOCK = """
with op.get_context().autocommit_block():
    op.execute('CREATE TABLE block{0} (id int)')
"""
AGAIN = BLOCK.format('').replace('TABLE', 'TABLE IF NOT EXISTS')


class BegunTests(databases.PostgreSQL, processes.ProcessTestCase):
    """The second of three revisions is killed behind a commit of its own."""

    def test_run_again(self):
        """It is said that all of it is; it ends well, and nothing is left of the note."""
        self._kill(AGAIN)
        status = self.run_command('status', '--check')
        shown = self.run_command('repair')
        result = self.run_command('upgrade', 'head')
        after = self.run_command('status', '--check')

        self.assertEqual(6, status.code, status.err)
        self.assertEqual('partly applied: 002 stopped after it had committed a part of itself',
                         status.out.splitlines()[0])
        self.assertEqual([
            '002:0 begun  a commit of its own', 'run upgrade again: all of it is run again',
            'stamp 002: the rest of it is done by hand, record it',
            'repair --forget 002: nothing of it is left, begin anew'], shown.out.splitlines())
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertIn('revision 002 has committed a part of itself in an earlier run; all of it '
                      'is run again\n', result.err)
        self.assertEqual(0, after.code, after.out)

    def test_that_fails_again(self):
        """To run it once more is no help: the rest is done by hand, and stamped."""
        self._kill(BLOCK.format(''))
        results = [self.run_command('upgrade', 'head') for _ in range(2)]
        stamp = self.run_command('stamp', '002')
        later = self.run_command('upgrade', 'head')
        status = self.run_command('status', '--check')

        for result in results:
            self.assertEqual((6, ''), (result.code, result.out), result.err)
            self.assertRegex(result.err.splitlines()[-1], (
                r'revision 002 \(.*line \d+\): relation "block" already exists; partly applied: '
                'as it was before; do the rest by hand, then stamp 002$'))
        self.assertEqual((0, 0, 0), (stamp.code, later.code, status.code), later.err)
        self.assertEqual(['003'], timelines.recorded(self.engine()))

    def test_repaired(self):
        """A person may say what is true, as on other databases."""
        for choice, codes in (('--forget', (0, 1)), ('--mark-applied', (0, 0))):
            with self.subTest(choice):
                self.url = self._create()
                self.configure(database={'connection': self.url})
                self._kill(BLOCK.format(''))
                repair = self.run_command('repair', choice, '002')
                result = self.run_command('upgrade', 'head')

                self.assertEqual(codes, (repair.code, result.code), result.err)

    def test_next_revision(self):
        """A commit of the next one does not leave word of one that has ended."""
        self.service(timelines.line(
            'one', BLOCK.format(2), BLOCK.format(3) + processes.KILL, BLOCK.format(4)))
        self.run_process('upgrade', 'head', env={'TEST_KILL': '1'})
        shown = self.run_command('repair')

        self.assertEqual('003:0 begun  a commit of its own', shown.out.splitlines()[0])
        self.assertEqual(['002'], timelines.recorded(self.engine()))

    def test_failure_before_anything_is_done(self):
        """The next run knows of nothing."""
        self.service(timelines.line('one', BLOCK.format('').replace('(id int)', '(')))
        result = self.run_command('upgrade', '001')
        result = self.run_command('upgrade', 'head')
        shown = self.run_command('repair')

        self.assertEqual((1, ''), (result.code, result.out), result.err)
        self.assertEqual('', shown.out)

    def test_blocked(self):
        """Nothing was done by any attempt, and no word is left of one."""
        alter = "op.execute('ALTER TABLE one ADD COLUMN n int')"
        for body in (alter, f'with op.get_context().autocommit_block():\n    {alter}'):
            with self.subTest(body):
                self.url = self._create()
                self.configure(database={'connection': self.url},
                               dbmanage={'lock_timeout': 1, 'lock_retry': 2})
                self.service(timelines.line('one', body))
                self.run_command('upgrade', '001')
                with self.engine().connect() as reader:
                    reader.exec_driver_sql('SELECT * FROM one')
                    result = self.run_command('upgrade', 'head')
                status = self.run_command('status', '--check')

                self.assertEqual((5, ''), (result.code, result.out), result.err)
                self.assertIn('trying again', result.err)
                self.assertNotIn('part', result.err)
                self.assertEqual(3, status.code, status.out)

    def _kill(self, block):
        self.service(timelines.line('one', f'{block}{processes.KILL}', 'three'))
        self.run_command('upgrade', '001')
        killed = self.run_process('upgrade', 'head', env={'TEST_KILL': '1'})

        self.assertEqual(-9, killed.code, killed.err)
