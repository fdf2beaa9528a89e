# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` of revisions that commit by themselves; on SQLite they are whole."""

import json

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import processes
from tests import timelines

COMMITS = {
    'block': """
with op.get_context().autocommit_block():
    op.execute("INSERT INTO one VALUES (1)")
""",
    'connection': 'op.get_bind().commit()',
    'text': 'op.execute("COMMIT")\nop.execute("BEGIN")',
    'script': """
op.get_bind().connection.cursor().executescript('INSERT INTO one VALUES (1); COMMIT; BEGIN')
""",
}
MORE = """
op.execute("INSERT INTO one VALUES (2)")
op.create_table('two', sa.Column('id', sa.Integer(), primary_key=True))
"""


class CommitTests:
    """``op.get_bind().commit()``, which ends the transaction that Alembic began."""

    def test_commit(self):
        """What follows it is recorded and committed, in an empty database and in one in use."""
        for body in (f'op.get_bind().commit()\n{MORE}', 'op.get_bind().commit()'):
            for first in ((), ('upgrade', '001')):
                with self.subTest(body, first=first):
                    self.url = self._create()
                    self.configure(database={'connection': self.url})
                    self.service(timelines.line('one', body, 'three'))
                    if first:
                        self.run_command(*first)
                    result = self.run_command('upgrade', '002')
                    later = self.run_command('upgrade', 'head')

                    self.assertEqual((0, ''), (result.code, result.out), result.err)
                    self.assertEqual((0, ''), (later.code, later.out), later.err)
                    self.assertEqual(['003'], timelines.recorded(self.engine()))


class CommitOnSQLite(CommitTests, databases.SQLite, base.CommandTestCase):
    """The commit does nothing."""


class CommitOnPostgreSQL(CommitTests, databases.PostgreSQL, base.CommandTestCase):
    """The commit keeps what is before it."""


class CommitOnMariaDB(CommitTests, databases.MariaDB, base.CommandTestCase):
    """The commit keeps what is before it."""


class WholeTests(databases.SQLite, processes.ProcessTestCase):
    """The second of three revisions commits by itself, then goes on."""

    def test_end(self):
        """It is applied as the others are, and so is a run of one revision."""
        for name, body in COMMITS.items():
            for alone in (False, True):
                with self.subTest(name, alone=alone):
                    database = self._anew()
                    self._service(body + MORE, transaction_per_migration=alone)
                    result = self.run_command('upgrade', 'head', '-f', 'json')

                    self.assertEqual(0, result.code, result.err)
                    self.assertEqual(3, len(json.loads(result.out)['applied']))
                    self.assertEqual(['003'], timelines.recorded(database))
                    self.assertEqual(['one', 'three', 'two'], timelines.tables(database))
                    self.assertIn((2,), databases.rows(database)['one'])

    def test_commit_at_its_end(self):
        """What is left to be done is to record it."""
        for name, body in COMMITS.items():
            with self.subTest(name):
                database = self._anew()
                self.service(timelines.line('one', body))
                result = self.run_command('upgrade', 'head')

                self.assertEqual((0, ''), (result.code, result.out), result.err)
                self.assertEqual(['002'], timelines.recorded(database))

    def test_killed(self):
        """Nothing of the run stays, and a plain second run does all of it, once."""
        for name, body in COMMITS.items():
            with self.subTest(name):
                database = self._anew()
                self._service(f'{timelines.table("early")}\n{body}{processes.KILL}{MORE}')
                killed = self.run_process('upgrade', 'head', env={'TEST_KILL': '1'})
                status = self.run_command('status', '--check')
                left = timelines.tables(database)
                result = self.run_command('upgrade', 'head')

                self.assertEqual(-9, killed.code, killed.err)
                self.assertEqual([], left)
                self.assertEqual((3, 'empty'), (status.code, status.out.split(':')[0]))
                self.assertEqual((0, ''), (result.code, result.out), result.err)
                self.assertEqual(['003'], timelines.recorded(database))

    def test_failure(self):
        """Nothing of the run stays: it has failed, and is not partly applied."""
        for name, body in COMMITS.items():
            with self.subTest(name):
                database = self._anew()
                self._service(timelines.table('early') + f'\n{body}\nraise LookupError')
                result = self.run_command('upgrade', 'head')

                self.assertEqual((1, ''), (result.code, result.out), result.err)
                self.assertRegex(result.err.splitlines()[-1], r'revision 002 .*: LookupError$')
                self.assertEqual([], timelines.tables(database))

    def test_statement_that_needs_no_transaction(self):
        """SQLite says so; the line is named."""
        database = self._anew()
        self._service('with op.get_context().autocommit_block():\n    op.execute("VACUUM")')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (result.code, result.out), result.err)
        self.assertRegex(
            result.err.splitlines()[-1],
            r'revision 002 \(.*002\.py, line 11\): cannot VACUUM from within a transaction$')
        self.assertEqual([], timelines.tables(database))

    def test_rollback(self):
        """It would undo the revisions before it, too, and is refused."""
        for body in ('op.get_bind().rollback()', 'op.execute("ROLLBACK")'):
            with self.subTest(body):
                database = self._anew()
                self._service(f'{timelines.table("early")}\n{body}{MORE}')
                result = self.run_command('upgrade', 'head')

                self.assertEqual((1, ''), (result.code, result.out), result.err)
                self.assertRegex(result.err.splitlines()[-1], r'revision 002 .*not authorized$')
                self.assertEqual([], timelines.tables(database))

    def test_rolled_back_by_a_statement(self):
        """What follows would be committed alone: there is none, though the error is caught."""
        for more in ('', MORE):
            with self.subTest(more):
                database = self._anew()
                self._service(f"""
try:
    for _ in range(2):
        op.execute('INSERT OR ROLLBACK INTO one VALUES (1)')
except Exception:
    pass
{more}
""")
                result = self.run_command('upgrade', 'head')

                self.assertEqual((1, ''), (result.code, result.out), result.err)
                self.assertIn('revision 002: SQLite has rolled back all that the run did',
                              result.err.splitlines()[-1])
                self.assertEqual([], timelines.tables(database))

    def test_savepoint(self):
        """It is a revision's own."""
        self._anew()
        self._service("""
            with op.get_bind().begin_nested() as nested:
                op.execute('INSERT INTO one VALUES (1)')
                nested.rollback()
            with op.get_bind().begin_nested():
                op.execute('INSERT INTO one VALUES (2)')
        """)
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([(2,)], databases.rows(self.engine())['one'])

    def _service(self, body, **fields):
        self.service(timelines.line('one', body, 'three'), **fields)

    def _anew(self):
        """Return an engine of another, empty database."""
        self.url = self._create()
        self.configure(database={'connection': self.url})
        return self.engine(poolclass=sa.NullPool)
