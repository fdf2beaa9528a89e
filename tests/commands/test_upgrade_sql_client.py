# SPDX-License-Identifier: Apache-2.0
"""The script of ``upgrade --sql``, run by each database's own client."""

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

# What a client, a driver or Python's own formatting might trip over.
VALUE = "50% of %s %(x)s {y} :z $1 \\n '' \" ; -- 🦄 ü"
TABLE = """
op.create_table(
    'notes',
    sa.Column('id', sa.Integer(), primary_key=True),
    sa.Column('text', sa.Unicode(200), server_default='none'),
    sa.Column('done', sa.Boolean(), nullable=False),
)
"""
ROWS = f"""
notes = sa.table(
    'notes',
    sa.column('id', sa.Integer()),
    sa.column('text', sa.Unicode()),
    sa.column('done', sa.Boolean()),
)
op.bulk_insert(notes, [{{'id': 1, 'text': {VALUE!r}, 'done': False}}])
op.execute(notes.insert().values(id=2, text=None, done=True))
op.execute("UPDATE notes SET text = 'all' WHERE done AND text IS NULL")
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
        self.run_command('upgrade', 'head')
        online = self._found()
        self.url = self._create()
        self.configure(database={'connection': self.url})

        self._run(self._script('002'))
        self._upgrade('003')
        self._run(self._script('current:head'))
        self.assertEqual(online, self._found())

    def test_values(self):
        """A value comes out as it stands in the revision."""
        self._run(self._script('002'))

        notes = databases.rows(self.engine())['notes']
        self.assertEqual([(1, VALUE, False), (2, 'all', True)], notes)

    def test_version(self):
        """The database is where the script says."""
        self._run(self._script('001'))
        self._run(self._script('001:002'))

        self.assertEqual(['002'], timelines.recorded(self.engine()))

    def test_on_from_there(self):
        """An online run goes on where the script has ended."""
        self._run(self._script('002'))
        result = self._upgrade('head')

        self.assertIn('[1/2] 003', result.err)
        self.assertEqual(['004'], timelines.recorded(self.engine()))

    def test_stamp(self):
        """The script of ``stamp`` records, and creates no table of the service."""
        self._run(self.run_command('stamp', '002', '--sql').out)

        self.assertEqual(['002'], timelines.recorded(self.engine()))
        self.assertEqual([], timelines.tables(self.engine()))

    def test_stamp_from(self):
        """``FROM:TO`` moves what is recorded."""
        self._run(self.run_command('stamp', '001', '--sql').out)
        self._run(self.run_command('stamp', '001:004', '--sql').out)

        self.assertEqual(['004'], timelines.recorded(self.engine()))

    def _upgrade(self, target):
        result = self.run_command('upgrade', target)
        self.assertEqual(0, result.code, result.err)
        return result

    def _script(self, span):
        result = self.run_command('upgrade', span, '--sql')
        self.assertEqual((0, ''), (result.code, result.err))
        return result.out

    def _run(self, script):
        done = self.client(script, *self.stop_at_error)
        self.assertEqual((0, ''), (done.returncode, done.stderr))

    def _found(self):
        engine = self.engine(poolclass=sa.pool.NullPool)
        return databases.snapshot(engine), databases.rows(engine)


class ClientOnSQLite(ClientTests, databases.SQLite, base.CommandTestCase):
    """The script in sqlite3."""

    stop_at_error = ['-bail']


class ClientOnPostgreSQL(ClientTests, databases.PostgreSQL, base.CommandTestCase):
    """The script in psql."""

    stop_at_error = ['--set=ON_ERROR_STOP=1']


class ClientOnMariaDB(ClientTests, databases.MariaDB, base.CommandTestCase):
    """The script in mariadb, which stops at an error by itself."""

    stop_at_error = []
