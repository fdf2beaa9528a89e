# SPDX-License-Identifier: Apache-2.0
"""A script that ends early: the client is killed, or the connection is lost."""

import sqlalchemy as sa

from tests import databases
from tests import timelines
from tests.script import scripts

# Each statement shows in the rows if it is run twice, or left out.
BODIES = [
    """
    op.create_table('counter', sa.Column('n', sa.Integer()), sa.Column('m', sa.Integer()))
    op.execute('INSERT INTO counter (n, m) VALUES (0, 0)')
    """,
    """
    op.execute('UPDATE counter SET n = 2 * n + 1')
    op.add_column('counter', sa.Column('k', sa.Integer()))
    op.execute('UPDATE counter SET k = n, m = 2 * m + 1')
    op.create_index('ix_counter', 'counter', ['k'])
    """,
    """
    op.execute('UPDATE counter SET n = 2 * n + 1')
    op.execute('UPDATE counter SET m = 2 * m + 1')
    """,
]


class CutTests:
    """A script, cut behind each of its statements."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line(*BODIES))
        self.whole = self._undisturbed()

    def _undisturbed(self):
        self.run_script(self.script('head'))
        found = self.found()
        self.use_another_database()
        return found

    def test_again(self):
        """Where it ended is told, and what is left can be run."""
        script = self.script('head')
        for end in range(len(script)):
            if script.startswith(';\n\n', end):
                with self.subTest(script[:end].rpartition('\n\n')[2]):
                    self.use_another_database()
                    self.client(script[:end + 3])
                    self._go_on(script)


class TransactionalTests(CutTests):
    """Where the database rolls DDL back."""

    def _go_on(self, script):
        if self.recorded():
            said = self.refuse(script)
            self.assertIn(f'but the database is at {self.recorded()[0]}', said)
        if self.recorded() != ['003']:
            self.run_script(self.script('current:head'))

        self.assertEqual(self.whole, self.found())


class CutsOnSQLite(TransactionalTests, databases.SQLite, scripts.ScriptTestCase):
    """A script that ends early in sqlite3."""


class CutsOnPostgreSQL(TransactionalTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """A script that ends early in psql."""


class CutsOnMariaDB(CutTests, databases.MariaDB, scripts.ScriptTestCase):
    """A script that ends early in mariadb, which cannot undo DDL."""

    def _go_on(self, script):
        [at] = self.recorded() or ['base']
        within = self._note().startswith(f'{at}, half-way to ')
        if within:
            said = self.refuse(self.script(f'{at}:head'))
            self.assertIn(f'the database is at {self._note()}', said)
            self.assertEqual(6, self.run_command('upgrade', 'head').code)
        elif at != 'base':
            said = self.refuse(script)
            self.assertIn(f'but the database is at {at}', said)
        if at != '003' and not within:
            self.run_script(self.script('current:head'))
            self.assertEqual(self.whole, self.found())

    def test_rest_by_hand(self):
        """The rest of the revision, run by hand, is what is left of it."""
        script = self.script('head')
        for statement in ('ALTER TABLE counter', 'UPDATE counter SET k', 'CREATE INDEX'):
            with self.subTest(statement):
                middle = script.index(statement)
                self.use_another_database()
                self.client(script[:middle])
                self.run_script(script[middle:script.index('-- revision 003')])
                self.run_script(self.script('current:head'))

                self.assertEqual(self.whole, self.found())

    def test_failing_statement(self):
        """A revision that failed is told from one that ended."""
        self.client(self.script('001'))
        self._execute('ALTER TABLE counter ADD COLUMN k INTEGER')
        done = self.client(self.script('001:head'))
        said = self.refuse(self.script('001:head'))

        self.assertIn('Duplicate column', done.stderr)
        self.assertIn('goes on from 001, but the database is at 001, half-way to 002 '
                      '(run the rest of the script)', said)
        self.assertNotIn('writes the right script', said.rpartition('ERROR')[2])

    def _note(self):
        with self.database.connect() as connection:
            return connection.scalar(sa.text(
                'SELECT table_comment FROM information_schema.tables'
                " WHERE table_schema = database() AND table_name = 'alembic_version'")) or ''

    def _execute(self, statement):
        with self.database.connect() as connection:
            connection.exec_driver_sql(statement)
