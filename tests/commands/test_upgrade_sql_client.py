# SPDX-License-Identifier: Apache-2.0
"""The scripts of ``upgrade --sql`` and ``stamp --sql``, between runs of the command."""

from tests import databases
from tests import timelines
from tests.script import scripts

TABLE = """
op.create_table(
    'notes',
    sa.Column('id', sa.Integer(), primary_key=True),
    sa.Column('text', sa.Unicode(200), server_default='none'),
)
"""
ROWS = """
notes = sa.table('notes', sa.column('id', sa.Integer()), sa.column('text', sa.Unicode()))
op.bulk_insert(notes, [{'id': 1, 'text': 'one'}, {'id': 2, 'text': None}])
"""
READS_ROWS = """
for row in op.get_bind().execute(sa.text('SELECT id FROM notes')).all():
    op.execute(f'UPDATE notes SET id = {row.id + 10} WHERE id = {row.id}')
"""


class ClientTests:
    """A script, in the client of the database that it is for."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line(TABLE, ROWS, READS_ROWS, 'last'))

    def test_same_as_online(self):
        """Around a revision run online, it leaves what the online run leaves."""
        self.upgrade('head')
        online = self.found()

        self.use_another_database()
        self.run_script(self.script('002'))
        self.upgrade('003')
        self.run_script(self.script('current:head'))
        self.assertEqual(online, self.found())

    def test_version(self):
        """The database is where the script says."""
        self.run_script(self.script('001'))
        self.run_script(self.script('001:002'))

        self.assertEqual(['002'], self.recorded())

    def test_on_from_there(self):
        """An online run goes on where the script has ended."""
        self.run_script(self.script('002'))
        result = self.upgrade('head')

        self.assertIn('[1/2] 003', result.err)
        self.assertEqual(['004'], self.recorded())

    def test_own_tables(self):
        """The tables of the runner are not made, and not written to."""
        script = self.script('002')
        self.run_script(script)

        for table in timelines.OWN.own:
            self.assertNotRegex(script, rf'(TABLE|EXISTS|INTO|UPDATE) {table}')
            self.assertNotIn(table, databases.rows(self.database))

    def test_stamp(self):
        """The script of ``stamp`` records, and creates no table of the service."""
        self.run_script(self.script('002', command='stamp'))

        self.assertEqual(['002'], self.recorded())
        self.assertEqual([], timelines.tables(self.database))

    def test_stamp_from(self):
        """``FROM:TO`` moves what is recorded."""
        self.run_script(self.script('001', command='stamp'))
        self.run_script(self.script('001:004', command='stamp'))

        self.assertEqual(['004'], self.recorded())

    def test_stamp_base(self):
        """``FROM:base`` forgets it."""
        self.upgrade('002')
        self.run_script(self.script('002:base', command='stamp'))

        self.assertEqual([], self.recorded())


class ClientOnSQLite(ClientTests, databases.SQLite, scripts.ScriptTestCase):
    """The scripts in sqlite3."""


class ClientOnPostgreSQL(ClientTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """The scripts in psql."""


class ClientOnMariaDB(ClientTests, databases.MariaDB, scripts.ScriptTestCase):
    """The scripts in mariadb."""
