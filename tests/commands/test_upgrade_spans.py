# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` of many revisions in one transaction: the row is never behind."""

from tests import base
from tests import counted
from tests import databases
from tests import timelines

# Commits what came before it, each in its own way.
COMMITS = {
    'block': 'with op.get_context().autocommit_block():\n    op.execute("SELECT 1")',
    'text': 'op.execute("COMMIT")\nop.execute("BEGIN")',
}


class SpansTests:
    """Revisions in a line, in an empty database."""

    def test_one_write(self):
        """Their row is written once at the beginning and once at the end."""
        self.service(timelines.line(*'abcdef'))
        with counted.statements() as statements:
            result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['006'], timelines.recorded(self.engine()))
        self.assertEqual(6, len(result.err.splitlines()) - 1)
        self.assertEqual(2, len([one for one in statements if 'alembic_version' in one
                                 and one.split()[0] in ('INSERT', 'UPDATE')]))

    def test_branches(self):
        """A fork and a merge are recorded as Alembic records them."""
        files = timelines.fork()
        files['pear2.py'] = base.revision_file('pear2', 'pear1', timelines.table('pear_two'))
        files['both.py'] = base.revision_file('both', ('apple2', 'pear2'))
        files['more.py'] = base.revision_file('more', 'both', timelines.table('more'))
        files['most.py'] = base.revision_file('most', 'more', timelines.table('most'))
        self.service(files)
        result = self.run_command('upgrade', 'pears@head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        result = self.run_command('upgrade', 'heads')
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['most'], timelines.recorded(self.engine()))

    def test_failure(self):
        """What one of them raises is told of that one; all of them are undone."""
        self.service(timelines.line('a', 'b', 'c', 'raise ValueError("no")', 'e'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('revision 004 (', result.err.splitlines()[-1])
        self.assertEqual([], timelines.tables(self.engine()))
        self.assertFalse(timelines.recorded(self.engine()))

    def test_on_version_apply(self):
        """A service that is told of each revision finds the row of each."""
        self.service(timelines.line(*'abcd'), modules={'db.py': TOLD},
                     on_version_apply='acme.db:told')
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['told 001 [\'001\']', 'told 002 [\'002\']', 'told 003 [\'003\']',
                          'told 004 [\'004\']'],
                         [line for line in result.err.splitlines() if line.startswith('told')])


TOLD = """
import sqlalchemy

def told(ctx, step, heads, run_args):
    rows = ctx.connection.scalars(sqlalchemy.text('SELECT version_num FROM alembic_version'))
    print('told', step.up_revision_id, list(rows))
"""


class SpansOnSQLite(SpansTests, databases.SQLite, base.CommandTestCase):
    """A file."""


class SpansOnPostgreSQL(SpansTests, databases.PostgreSQL, base.CommandTestCase):
    """PostgreSQL."""

    def test_commit(self):
        """A revision that commits finds the row of the one before it, and commits it."""
        for name, body in COMMITS.items():
            with self.subTest(name):
                self.url = self._create()
                self.configure(database={'connection': self.url})
                self.service(timelines.line('a', 'b', 'c', body + '\nraise ValueError', 'e'))
                result = self.run_command('upgrade', 'head')

                self.assertIn('ValueError', result.err)
                self.assertEqual(['003'], timelines.recorded(self.engine()))
                self.assertEqual(['a', 'b', 'c'], timelines.tables(self.engine()))

    def test_commit_and_end(self):
        """So does the run that goes on to the end."""
        self.service(timelines.line('a', 'b', COMMITS['block'], 'd', COMMITS['block'], 'f'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['006'], timelines.recorded(self.engine()))

    def test_block_behind_a_commit(self):
        """It is a block still, though a revision before it has ended the transaction."""
        for commit in ('op.get_bind().commit()', f'{COMMITS["block"]}\nop.get_bind().commit()'):
            with self.subTest(commit):
                self.url = self._create()
                self.configure(database={'connection': self.url})
                self.service(timelines.line(
                    'a', 'b', commit, COMMITS['block'], commit, 'x', COMMITS['block'], 'z'))
                result = self.run_command('upgrade', 'head')

                self.assertEqual((0, ''), (result.code, result.out), result.err)
                self.assertEqual(['008'], timelines.recorded(self.engine()))

    def test_failure_behind_a_commit(self):
        """What the revision has done behind its commit stays, and is recorded."""
        self.service(timelines.line('a', f'op.get_bind().commit()\n{timelines.table("b")}', 'c',
                                    'raise ValueError("no")'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (result.code, result.out), result.err)
        self.assertEqual(['002'], timelines.recorded(self.engine()))
        self.assertEqual(['a', 'b'], timelines.tables(self.engine()))
