# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` where a killed one left a revision half-way, on MariaDB."""

import json

import sqlalchemy as sa

from tests import databases
from tests import killed
from tests import processes
from tests import timelines

CREATED = "op.create_table('log', sa.Column('word', sa.String(50)))"
WRITTEN = "sa.text('INSERT INTO log VALUES (:word)')"


class ResumedTests(killed.KilledTestCase):
    """A plain second run goes on where the first was killed."""

    def test_killed(self):
        """It says where it goes on, and ends at head; no statement is run twice."""
        self.kill(killed.KILLED)
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(
            'resuming 002 at statement 3 of at least 3 (done: 2)', result.err.splitlines()[0])
        self.assertEqual([(1, 0), (2, 2)], self.rows('two'))
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_what_stays(self):
        """What was not committed is gone, and is no longer in the journal."""
        self.kill(killed.KILLED)

        self.assertEqual([(1, None)], self.rows('two'))
        self.assertEqual([1, 2, 3], self.journal())
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_journal_after_success(self):
        """It is empty."""
        self.kill(killed.KILLED)
        self.run_command('upgrade', 'head')

        self.assertEqual([], self.journal())

    def test_same_as_undisturbed(self):
        """Schema and rows are those of a run that was not killed."""
        self.kill(killed.KILLED)
        self.run_command('upgrade', 'head')
        left = databases.snapshot(self.database), databases.rows(self.database, timelines.OWN.own)
        self.url = self._create()
        self.configure(database={'connection': self.url})
        self.run_command('upgrade', 'head')
        undisturbed = self.engine()

        self.assertEqual(databases.snapshot(undisturbed), left[0])
        self.assertEqual(databases.rows(undisturbed, timelines.OWN.own), left[1])

    def test_killed_twice(self):
        """The third run goes on as well as the second."""
        self.kill(killed.KILLED)
        again = self.run_process('upgrade', 'head', env={'TEST_KILL': '1'})
        result = self.run_command('upgrade', 'head')

        self.assertEqual((-9, 0), (again.code, result.code), result.err)
        self.assertEqual([(1, 0), (2, 2)], self.rows('two'))

    def test_refused_statement(self):
        """What was missing is there now: the same file goes on."""
        self.service(timelines.line('one', f"""
            {timelines.table('two')}
            op.execute("INSERT INTO two VALUES (1)")
            op.execute("ALTER TABLE missing ADD COLUMN n INTEGER")
        """))
        self.database = self.engine()
        failed = self.run_command('upgrade', 'head')
        with self.database.begin() as connection:
            connection.execute(sa.text('CREATE TABLE missing (id INTEGER)'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((6, 0), (failed.code, result.code), result.err)
        self.assertIn('resuming 002 at statement 3 of at least 3 (done: 2)\n', result.err)
        self.assertEqual([(1,)], self.rows('two'))
        self.assertEqual([], self.journal())

    def test_statement_that_is_refused_again(self):
        """It is not taken for done."""
        self.service(timelines.line('one', f"{timelines.table('two')}; op.drop_index('no', 'two')"))
        failed = self.run_command('upgrade', 'head')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((6, 6), (failed.code, result.code), result.err)
        self.assertEqual(failed.err.splitlines()[-1], result.err.splitlines()[-1])
        self.assertIn("Can't DROP INDEX `no`", result.err)

    def test_partly_applied_in_json(self):
        """The error has its code, and the message says what to do."""
        self.service(timelines.line('one', f"{timelines.table('two')}; raise LookupError"))
        result = self.run_command('upgrade', 'head', '-f', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual((6, 'partly_applied'), (error['code'], error['name']))
        self.assertTrue(error['message'].endswith('; partly applied: run it again'))

    def test_refusal_that_a_revision_catches(self):
        """It is refused again, and caught again."""
        self.kill(f"""
            {timelines.table('two')}
            try:
                op.drop_index('nowhere', 'two')
            except Exception:
                op.execute("INSERT INTO two VALUES (1)")
            op.execute("INSERT INTO two VALUES (2)")
            try:
                op.execute("INSERT INTO two VALUES (2)")
            except Exception:
                op.execute("INSERT INTO two VALUES (3)")
            op.add_column('two', sa.Column('n', sa.Integer()))
            {processes.KILL.replace(chr(10), chr(10) + ' ' * 12)}
            op.execute("INSERT INTO two VALUES (4, 4)")
        """)
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(1, None), (2, None), (3, None), (4, 4)], self.rows('two'))


class StatementsTests(killed.KilledTestCase):
    """Each way to send a statement is seen: none of them is done twice."""

    def test_operations(self):
        """``op.execute`` of text with parameters."""
        self._assert_once(f"op.execute({WRITTEN}.bindparams(word=word))")

    def test_percent_sign(self):
        """``op.execute`` of a string that a driver could take for a format."""
        self._assert_once("""op.execute("INSERT INTO log VALUES ('%s', '%')".replace(
            "'%s', '%'", f"'{word}'") + " -- 100 %")""")

    def test_connection(self):
        """``op.get_bind().execute``."""
        self._assert_once(f"op.get_bind().execute({WRITTEN}, {{'word': word}})")

    def test_driver_sql(self):
        """``op.get_bind().exec_driver_sql``."""
        self._assert_once(
            "op.get_bind().exec_driver_sql('INSERT INTO log VALUES (%s)', (word,))")

    def test_many_rows(self):
        """A list of rows is one statement."""
        self._assert_once(f"op.get_bind().execute({WRITTEN}, [{{'word': word}}, {{'word': '+'}}])",
                          '+')

    def test_bulk_insert(self):
        """``op.bulk_insert``."""
        self._assert_once("""op.bulk_insert(sa.table('log', sa.column('word')), [
            {'word': word}, {'word': '+'}])""", '+')

    def test_session(self):
        """A Session of the ORM, and its commit."""
        self._assert_once(f"""
from sqlalchemy import orm
with orm.Session(bind=op.get_bind()) as session:
    session.execute({WRITTEN}, {{'word': word}})
    session.commit()""")

    def test_comment_before_a_statement(self):
        """It is passed over."""
        self._assert_once(
            "op.execute(f\"/* a */ -- b\\n # c\\n INSERT INTO log VALUES ('{word}')\")")

    def test_statement_that_begins_with_with(self):
        """It is told from one that reads."""
        self._assert_once("op.execute(f\"INSERT INTO log WITH w AS (SELECT '{word}')"
                          " SELECT * FROM w\")")

    def _assert_once(self, write, *more):
        body = [CREATED]
        for word in ('before', 'committed', 'killed'):
            body += [f'word = {word!r}', write, processes.KILL if word == 'killed' else
                     f"op.create_index('ix_{word}', 'log', ['word'])"]
        self.kill('\n'.join(body))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        words = sorted(['before', 'committed', 'killed', *more * 3])
        self.assertEqual([(word,) for word in words], sorted(self.rows('log')))
