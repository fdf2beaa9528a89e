# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` on MariaDB, whose next DDL commits the end of a revision."""

from tests import killed
from tests import processes
from tests import timelines

LOG = "op.execute('CREATE TABLE log (n VARCHAR(32))')"


class RiddenTests(killed.KilledTestCase):
    """What follows a revision that ended with a DDL; the first one stands alone."""

    def run_behind(self, body):
        """Run three revisions, the last of which has this body."""
        self.service(timelines.line('one', LOG, body))
        self.database = self.engine()
        return self.run_command('upgrade', 'head')

    def assert_kept(self, code, body):
        """Expect that the third revision fails, and the second one is recorded."""
        result = self.run_behind(body)

        self.assertEqual((code, ''), (result.code, result.out), result.err)
        self.assertNotIn('rolled back', result.err)
        self.assertEqual(['002'], timelines.recorded(self.database))
        self.assertEqual([], self.journal())

    def test_exception(self):
        """It is kept, whatever the next one raises."""
        self.assert_kept(1, 'raise LookupError')

    def test_refused_ddl(self):
        """It is kept, though the DDL is refused that was to keep it."""
        self.assert_kept(1, "op.execute('ALTER TABLE nobody ADD COLUMN n INT')")

    def test_wrong_ddl(self):
        """One that the server does not understand commits nothing."""
        self.assert_kept(1, "op.execute('CREATE TABLE')")

    def test_refused_rows(self):
        """Rows that the next one has written are rolled back without it."""
        self.assert_kept(1, "op.execute('INSERT INTO log VALUES (1)')\nraise LookupError")
        self.assertEqual([], self.rows('log'))

    def test_other_connection(self):
        """Another one sees the version row before it does anything."""
        result = self.run_behind("""
with op.get_bind().engine.connect() as other:
    other.execute(sa.text('CREATE TABLE two (n INT)'))
    at = other.scalar(sa.text('SELECT version_num FROM alembic_version'))
op.bulk_insert(sa.table('log', sa.column('n')), [{'n': at}])
""")

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([('002',)], self.rows('log'))

    def test_rollback(self):
        """The next one may roll back what it likes: that is its own."""
        result = self.run_behind(f"op.get_bind().rollback()\n{timelines.table('two')}")

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))
        self.assertEqual([], self.journal())

    def test_commit(self):
        """It may commit, too."""
        result = self.run_behind(f"op.get_bind().commit()\n{timelines.table('two')}")

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_autocommit_block(self):
        """It commits what came before it."""
        result = self.run_behind("""
with op.get_context().autocommit_block():
    op.execute('INSERT INTO log SELECT version_num FROM alembic_version')
    raise LookupError
""")

        self.assertEqual((6, ''), (result.code, result.out), result.err)
        self.assertEqual(['002'], timelines.recorded(self.database))
        self.assertEqual([('002',)], self.rows('log'))

    def test_killed(self):
        """The second run has only to record it, and says so."""
        self.kill_with(timelines.line('one', LOG, f"{processes.KILL}{timelines.table('two')}"))
        before = timelines.recorded(self.database)
        status = self.run_command('status')
        result = self.run_command('upgrade', 'head')

        self.assertEqual(['001'], before)
        self.assertIn('002:1 begun  CREATE TABLE log', status.out)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertIn('resuming 002 at statement 1 of at least 1 (done: 0)\n', result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))
        self.assertEqual([], self.journal())

    def test_rows_behind_the_ddl(self):
        """They are committed with the version row, before the next one begins."""
        self.kill_with(timelines.line(
            'one', f"{LOG}\nop.execute('INSERT INTO log VALUES (1)')", processes.KILL))

        self.assertEqual(['002'], timelines.recorded(self.database))
        self.assertEqual([('1',)], self.rows('log'))
        self.assertEqual([], self.journal())
