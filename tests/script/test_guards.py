# SPDX-License-Identifier: Apache-2.0
"""The guards of a script: it changes nothing where it does not fit."""

import contextlib
import re

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines
from tests.script import scripts

ADD = "op.add_column('one', sa.Column('name', sa.String(20)))"
FILL = """op.execute("UPDATE one SET name = 'x'")"""


# Each statement leaves something behind.
OUTSIDE = """
op.execute('CREATE TABLE before (id INTEGER)')
with op.get_context().autocommit_block():
    op.execute('CREATE TABLE outside (id INTEGER)')
    op.create_index('ix_one', 'one', ['id'], postgresql_concurrently=True)
op.execute('CREATE TABLE behind (id INTEGER)')
with op.get_context().autocommit_block():
    op.execute('CREATE TABLE outside_again (id INTEGER)')
"""
# A foreign key that is looked at when a transaction ends.
UNCHECKED = """
op.execute('CREATE TABLE one (id INTEGER PRIMARY KEY, other INTEGER REFERENCES one'
           ' DEFERRABLE INITIALLY DEFERRED)')
"""


class GuardTests:
    """A script of four revisions, on databases that it is and is not for."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', ADD, FILL))

    def test_right_revision(self):
        """A database at FROM is taken to TO."""
        self.upgrade('001')
        self.run_script(self.script('001:003'))

        self.assertEqual(['003'], self.recorded())

    def test_twice(self):
        """The second time nothing is done, and both revisions are named."""
        script = self.script('head')
        self.run_script(script)
        said = self.refuse(script)

        self.assertIn('this script goes on from base, but the database is at 004', said)

    def test_remedy(self):
        """How to get the right script is said."""
        script = self.script('003')
        self.run_script(script)
        said = self.refuse(script)

        self.assertIn('upgrade current:003 --sql writes the right script', said)

    def test_right_script(self):
        """What the guard asks for does what was wanted."""
        self.run_script(self.script('002'))
        self.refuse(self.script('head'))
        self.run_script(self.script('current:head'))

        self.assertEqual(['004'], self.recorded())

    def test_earlier_revision(self):
        """A database that is behind FROM is left as it is."""
        self.upgrade('001')
        said = self.refuse(self.script('002:004'))

        self.assertIn('this script goes on from 002, but the database is at 001', said)

    def test_never_versioned(self):
        """A database without a version is at base; no version table is made."""
        said = self.refuse(self.script('002:004'))

        self.assertIn('this script goes on from 002, but the database is at base', said)
        self.assertIsNone(self.recorded())

    def test_empty_version_table(self):
        """A database without a recorded revision is at base, too."""
        self.upgrade('001')
        self.run_command('stamp', 'base')
        said = self.refuse(self.script('002:004'))

        self.assertIn('this script goes on from 002, but the database is at base', said)

    def test_base_with_an_empty_version_table(self):
        """A script that begins at base takes it."""
        self.run_command('stamp', '001')
        self.run_command('stamp', 'base')
        self.run_script(self.script('002'))

        self.assertEqual(['002'], self.recorded())

    def test_tables_without_a_version(self):
        """What was never versioned, and is not empty, is left as it is where it can be."""
        self._execute('CREATE TABLE one (id INTEGER PRIMARY KEY)')
        done = self.client(self.script('head'))

        self.assertNotEqual(0, done.returncode)
        self.assertEqual(['one'], timelines.tables(self.database))

    def test_unknown_revision(self):
        """A database of other code is left as it is."""
        timelines.record(self.database, 'zzz')
        said = self.refuse(self.script('head'))

        self.assertIn('but the database is at zzz', said)

    def test_stamp(self):
        """The script of ``stamp`` has a guard, and names itself."""
        self.upgrade('002')
        said = self.refuse(self.script('001:003', command='stamp'))

        self.assertIn('this script goes on from 001, but the database is at 002', said)
        self.assertIn('stamp current:003 --sql writes the right script', said)

    def test_stamp_twice(self):
        """A version is recorded once."""
        script = self.script('003', command='stamp')
        self.run_script(script)
        said = self.refuse(script)

        self.assertIn('this script goes on from base, but the database is at 003', said)

    def test_changed_between_the_revisions(self):
        """Each revision has its guard: who came in between is not overwritten."""
        first, second = self._parts(self.script('head'), '002')
        session = self.start_client()
        session.feed(first)
        timelines.record(self.database, '003')
        before = self.found()
        code = session.finish(second)

        self.assertNotEqual(0, code)
        said = ' '.join(session.said.split())
        self.assertIn('goes on from 001, but the database is at 003', said)
        self.assertEqual(before, self.found())

    def test_percent_in_an_id(self):
        """It is no placeholder of a message."""
        self.service({'001.py': base.revision_file('a%b', None),
                      '002.py': base.revision_file('002', 'a%b')})
        self.run_script(self.script('a%b'))
        said = self.refuse(self.script('002:head'))

        self.assertIn('goes on from 002, but the database is at a%b', said)

    def test_two_services(self):
        """Each of two services in one database has its own guard and its own lock."""
        self.upgrade('004')
        self.configure(dbmanage={'version_table': 'version_of_another'})
        self.service({f'{number:03}.py': base.revision_file(
            f'{number:03}', f'{number - 1:03}' if number > 1 else None,
            timelines.table(f'other_{number}')) for number in (1, 2, 3, 4)})
        script = self.script('002')
        before = self.recorded()
        self.run_script(script)
        said = self.refuse(script)

        self.assertEqual(before, self.recorded())
        self.assertIn('goes on from base, but the database is at 002', said)

    def _parts(self, script, revision):
        mark = re.search(f'^-- revision {revision}', script, re.MULTILINE).start()
        return script[:mark], script[mark:]

    def _execute(self, statement):
        with self.database.begin() as connection:
            connection.exec_driver_sql(statement)


class GuardsOnSQLite(GuardTests, databases.SQLite, scripts.ScriptTestCase):
    """The guards in sqlite3."""

    def test_client_that_goes_on(self):
        """Where errors do not stop the client, what it did is undone."""
        for script in (self.script('head'), self.script('003', command='stamp')):
            with self.subTest(script.partition('\n')[0]):
                self.use_another_database()
                self.run_script(script)
                before = self.found()
                done = self.client(script, '-interactive')

                self.assertIn('CHECK constraint failed: the database is at', done.stderr)
                self.assertEqual(before, self.found())

    def test_outside_of_a_transaction(self):
        """Nor is anything done where a revision has left its transaction."""
        self.service(timelines.line('one', OUTSIDE))
        script = self.script('002')
        timelines.record(self.database, 'other')
        before = self.found()
        done = self.client(script, '-interactive')

        self.assertIn('CHECK constraint failed: the database is at', done.stderr)
        self.assertEqual(before, self.found())


class GuardsOnPostgreSQL(GuardTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """The guards in psql."""

    def test_schema_of_the_version_table(self):
        """It is looked for in its schema."""
        self._execute('CREATE SCHEMA other')
        self.configure(dbmanage={'version_table_schema': 'other', 'version_table': 'The Version'})
        script = self.script('002')
        self.run_script(script)
        said = self.refuse(script)

        self.assertIn('this script goes on from base, but the database is at 002', said)


    def test_client_that_goes_on(self):
        """Where errors do not stop psql nothing is done, in a transaction or not."""
        self.service(timelines.line('one', OUTSIDE))
        script = self._without_stop('002')
        self.run_script(script)
        self._assert_changes_nothing(script, 'goes on from base, but the database is at 002')

        self.use_another_database()
        timelines.record(self.database, 'other')
        self._assert_changes_nothing(script, 'goes on from base, but the database is at other')

    def test_error_outside_of_a_transaction(self):
        """What stands behind it is not done; the lock is free again."""
        self.service(timelines.line('one', OUTSIDE))
        self.upgrade('001')
        self._execute('CREATE TABLE ix_one (id INTEGER)')
        session = self.start_client()
        session.feed(self._without_stop('001:002'))

        self.assertIn('ERROR:  a statement before this transaction has failed', session.said)
        self.assertEqual(['before', 'ix_one', 'one', 'outside'], timelines.tables(self.database))
        self.assertEqual(['001'], self.recorded())
        self._execute('DROP TABLE before, ix_one, outside')
        self.upgrade('002')

    def test_commit_that_fails(self):
        """What stands behind the transaction is not done."""
        self.service(timelines.line(UNCHECKED, OUTSIDE))
        self.upgrade('001')
        done = self.client(self._without_stop('001:002').replace(
            'CREATE TABLE before', 'INSERT INTO one VALUES (1, 2); CREATE TABLE before'))

        self.assertIn('violates foreign key constraint', done.stderr)
        self.assertEqual(['one'], timelines.tables(self.database))
        self.assertEqual(['001'], self.recorded())

    def test_another_client(self):
        """One that has no \\if does nothing of the revision, be it that it goes on."""
        self.service(timelines.line('one', OUTSIDE, 'three'))
        script = self.script('001:003')
        self.upgrade('001')
        before = self.found()
        with self.database.connect().execution_options(isolation_level='AUTOCOMMIT') as client:
            for statement in re.split(r'(?<=;)\n(?=\n)', script):
                with contextlib.suppress(sa.exc.DBAPIError):
                    client.exec_driver_sql(statement.replace('%', '%%'))

        self.assertEqual(before, self.found())

    def test_run_that_has_stopped(self):
        """A script does not go on behind a run that has committed a part of a revision."""
        self.service(timelines.line('one', f'{OUTSIDE}\nop.execute("SELECT 1 / 0")'))
        self.run_command('upgrade', '001')
        failed = self.run_command('upgrade', '002')
        said = self.refuse(self.script('001:002'))

        self.assertEqual(6, failed.code, failed.err)
        self.assertIn('a run has stopped within revision 002; run upgrade again, or see repair',
                      said)

    def _without_stop(self, span):
        script = self.script(span)
        self.assertIn('\\set ON_ERROR_STOP on\n', script)
        return script.replace('\\set ON_ERROR_STOP on\n', '')

    def _assert_changes_nothing(self, script, said):
        before = self.found()
        done = self.client(script)

        self.assertIn(said, done.stderr)
        self.assertEqual(before, self.found())


class GuardsOnMariaDB(GuardTests, databases.MariaDB, scripts.ScriptTestCase):
    """The guards in mariadb."""

    def test_client_that_goes_on(self):
        """Where errors do not stop the client, nothing can be written."""
        script = self.script('head')
        self.run_script(script)
        before = self.found()
        done = self.client(script, '--force')

        self.assertIn('but the database is at 004', done.stderr)
        self.assertEqual(before, self.found())

    def test_long_ids(self):
        """The server shows so much of a message that all of it is there."""
        one, two = '1' * 32, '2' * 32
        self.service({'x.py': base.revision_file(one, '004', timelines.table('x')),
                      'y.py': base.revision_file(two, one, 'pass\n' + timelines.table('y'))})
        script = self.script(f'{one}:{two}')
        self.upgrade(two)
        moved = self.refuse(script)
        timelines.record(self.database, one)
        self.client(script)
        begun = self.refuse(script)

        self.assertIn(f'at {two}; upgrade current:{two} --sql writes the right script\'',
                      moved.rpartition('ERROR')[2])
        self.assertIn(f"at {one}, half-way to {two} (run the rest of the script)'",
                      begun.rpartition('ERROR')[2])

    def test_source(self):
        """Nor does ``source`` stop at an error."""
        script = self.script('head')
        self.run_script(script)
        before = self.found()
        file = self.directory / 'change.sql'
        file.write_text(script)
        done = self.client(f'source {file}\n')

        self.assertIn('but the database is at 004', done.stderr)
        self.assertEqual(before, self.found())

    def test_no_database(self):
        """A client that was not told the database is."""
        argv, variables = self._client()
        self._client = lambda: ([one for one in argv if '--database' not in one], variables)
        done = self.client(self.script('head'))

        self.assertIn('STOP: no database is selected', done.stderr)
        self.assertEqual([], timelines.tables(self.database))
