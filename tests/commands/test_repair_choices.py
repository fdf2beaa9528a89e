# SPDX-License-Identifier: Apache-2.0
"""``repair`` with a choice, after what cannot be decided."""

import json

import sqlalchemy as sa

from tests import databases
from tests import killed
from tests import processes
from tests import timelines

STOPPED = 'db-manage: error: revision 002 stopped half-way and cannot be resumed: '
GATE = processes.GATE.replace('\n', '\n    ').rstrip(' ')
READS = f"""
bind = op.get_bind()
for (number,) in bind.execute(sa.text('SELECT id FROM one ORDER BY id')).all():
    bind.execute(sa.text('INSERT INTO copies VALUES (:id)'), {{'id': number}})
op.add_column('copies', sa.Column('n', sa.Integer()))
{processes.KILL}
op.execute('UPDATE copies SET n = 0')
"""


class UndecidedTests(killed.KilledTestCase):
    """A plain second run stops with 6 before it runs anything."""

    def test_changed_file(self):
        """It says what is done, and where the choices are."""
        self.kill(killed.KILLED)
        self.change('SET n = 0', 'SET n = 1')
        result = self.run_command('upgrade', 'head')

        said = (f'{STOPPED}its file has changed since, or Python has; 2 of its statements '
                'are done, statement 3 was begun; repair shows them and what can be done\n')
        self.assertEqual((6, '', said), (result.code, result.out, result.err))
        self._assert_untouched()

    def test_changed_comment(self):
        """A comment and a blank line are no change."""
        self.kill(killed.KILLED)
        self.change('\nrevision =', '\n# Licensed to nobody.\n\n\nrevision =')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1, 0), (2, 2)], self.rows('two'))

    def test_other_rows_are_read(self):
        """What was read then decides which statements follow."""
        self._kill_after_reading()
        with self.database.begin() as connection:
            connection.execute(sa.text('DELETE FROM one WHERE id = 1'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1, 0), (2, 0), (3, 0)], self.rows('copies'))

    def test_in_json(self):
        """The message has the facts."""
        self.kill(killed.KILLED)
        self.change('SET n = 0', 'SET n = 1')
        result = self.run_command('upgrade', 'head', '-f', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual((6, 'partly_applied'), (error['code'], error['name']))
        self.assertIn('its file has changed since', error['message'])

    def test_new_value_at_each_run(self):
        """A random or a present value is another one in the second run."""
        self._kill_with_random_value()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((6, ''), (result.code, result.out))
        self.assertIn('statement 2 is not the one that was begun', result.err)

    def test_new_value_is_marked_done(self):
        """What was marked is skipped, whatever its values are."""
        self._kill_with_random_value()
        self.run_command('repair', '--mark-done', '002:2')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(1, len(self.rows('two')))

    def _kill_with_random_value(self):
        self.kill(f"""
op.create_table('two', sa.Column('word', sa.String(36)))
import uuid
op.execute(sa.text('INSERT INTO two VALUES (:word)').bindparams(word=str(uuid.uuid4())))
op.create_index('ix_word', 'two', ['word'])
{processes.KILL}
""")

    def _kill_after_reading(self):
        self.kill_with(timelines.line(
            'one', READS, 'three') | {'001.py': timelines.line(f"""
{timelines.table('one')}
{timelines.table('copies')}
op.execute('INSERT INTO one VALUES (1), (2), (3)')
""")['001.py']})

    def _assert_untouched(self):
        self.assertEqual([(1, None)], self.rows('two'))
        self.assertEqual([1, 2, 3], self.journal())
        self.assertEqual(['001'], timelines.recorded(self.database))


class ChoiceTests(killed.KilledTestCase):
    """What a person has found out is done."""

    def setUp(self):
        super().setUp()
        self.kill(killed.KILLED)

    def test_resume(self):
        """It goes on with the changed file, up to the end of the revision."""
        self.change('SET n = 0', 'SET n = 1')
        result = self.run_command('repair', '--resume', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual((0, ['002']), (result.code, document['to']), result.err)
        self.assertEqual(['002'], [one['revision'] for one in document['applied']])
        self.assertIn('resuming 002 at statement 3 of at least 3 (done: 2)\n', result.err)
        self.assertEqual([(1, 1), (2, 2)], self.rows('two'))
        self.assertEqual([], self.journal())

    def test_resume_with_another_statement(self):
        """What was done is in the file no more: it stops again."""
        self.change('VALUES (1)', 'VALUES (7)')
        result = self.run_command('repair', '--resume')

        self.assertEqual((6, ''), (result.code, result.out))
        self.assertIn(f'{STOPPED}statement 2 is not the one that was begun', result.err)
        self.assertEqual([(1, None)], self.rows('two'))

    def test_mark_done(self):
        """The statement is skipped, though it was not done."""
        with self.database.begin() as connection:
            connection.execute(sa.text('ALTER TABLE two DROP COLUMN n'))
            connection.execute(sa.text('ALTER TABLE two ADD COLUMN n BIGINT'))
        result = self.run_command('repair', '--mark-done', '002:3')
        upgrade = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('002:3 done  ALTER TABLE two', result.out)
        self.assertNotIn('--mark-done', result.out)
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertIn('resuming 002 at statement 4 of at least 4 (done: 3)', upgrade.err)
        column = databases.snapshot(self.database)['tables']['two']['columns'][1]
        self.assertIn('BIGINT', column['type'])

    def test_redo(self):
        """The statement and those behind it are run again."""
        with self.database.begin() as connection:
            connection.execute(sa.text('ALTER TABLE two DROP COLUMN n'))
            connection.execute(sa.text('DELETE FROM two'))
        result = self.run_command('repair', '--redo', '002:2')
        upgrade = self.run_command('upgrade', 'head')

        self.assertEqual(0, result.code, result.err)
        self.assertNotIn('002:2', result.out.splitlines()[:1])
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual([(1, 0), (2, 2)], self.rows('two'))

    def test_mark_applied(self):
        """The revision is recorded, and the next run begins behind it."""
        result = self.run_command('repair', '--mark-applied', '002')
        recorded = timelines.recorded(self.database)
        upgrade = self.run_command('upgrade', 'head')

        said = 'nothing is partly applied\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))
        self.assertEqual(['002'], recorded)
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertEqual([(1, None)], self.rows('two'))

    def test_beside_a_runner(self):
        """What is decided waits for the lock, as all that writes does."""
        self.change('SET n = 0', f'SET n = 1")\n{GATE}    op.execute("SELECT 0 FROM two')
        runner = self.start('repair', '--resume')
        runner.wait_at_gate()
        result = self.run_command('repair', '--forget', '002', '--wait', '0')
        runner.open_gate()
        ended = runner.result()

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertIn(f'process {runner.pid}', result.err)
        self.assertEqual(0, ended.code, ended.err)

    def test_forget(self):
        """The revision begins anew."""
        with self.database.begin() as connection:
            connection.execute(sa.text('DROP TABLE two'))
        result = self.run_command('repair', '--forget', '002')
        upgrade = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual((0, ''), (upgrade.code, upgrade.out), upgrade.err)
        self.assertNotIn('resuming', upgrade.err)
        self.assertEqual([(1, 0), (2, 2)], self.rows('two'))
