# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` that resumes a revision which looks before it goes on.

What a second run would see is what the first one left, so that a revision might go
another way in silence. It must not: it is right, or it stops with 6. For what has
the answer that it had, see ``test_upgrade_resumed_answers``.
"""

from tests import databases
from tests import killed
from tests import processes
from tests import timelines

ONE = """
op.create_table('one', sa.Column('id', sa.Integer(), primary_key=True),
                sa.Column('n', sa.Integer()))
op.execute('INSERT INTO one VALUES (1, 1), (2, 2), (3, 3)')
op.create_table('log', sa.Column('n', sa.Integer()))
"""
OBJECTS = """
from sqlalchemy import orm
class One(orm.declarative_base()):
    __tablename__ = 'one'
    id = sa.Column(sa.Integer, primary_key=True)
    n = sa.Column(sa.Integer)
"""
# What comes before is committed; what comes behind is done by the second run.
KILLED = f"""
op.create_index('ix_n', 'one', ['n'])
{processes.KILL}
bind = op.get_bind()
"""
STOPPED = 'revision 002 stopped half-way and cannot be resumed: '


class ResumedTestCase(killed.KilledTestCase):
    """A revision that is killed half-way, and run again."""

    def resume(self, before, behind=''):
        """Kill a revision between two parts of it, and run it again."""
        self.kill_with(timelines.line(
            ONE, f'bind = op.get_bind()\n{before}{KILLED}{behind}', 'three'))
        return self.run_command('upgrade', 'head')

    def assert_resumed(self, before, behind, **rows):
        """Expect the rows that an undisturbed run leaves in these tables."""
        result = self.resume(before, behind)

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        for table, wanted in rows.items():
            self.assertEqual(wanted, self.rows(table))
        self.assertEqual([], self.journal())

    def assert_stopped(self, why, before, behind=''):
        """Expect that it is left to a person, and that nothing was run."""
        result = self.resume(before, behind)

        self.assertEqual((6, ''), (result.code, result.out), result.err)
        self.assertIn(f'{STOPPED}{why}', result.err.splitlines()[-1])
        self.assertEqual(['001'], timelines.recorded(self.database))


class AnswersTests(ResumedTestCase):
    """A statement that is skipped answers as it did."""

    def test_lastrowid(self):
        """The id of a new row."""
        self.assert_resumed(
            "new = bind.exec_driver_sql('INSERT INTO one (n) VALUES (4)').lastrowid",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({new})')", log=[(4,)])

    def test_inserted_primary_key(self):
        """The id of a new row, as SQLAlchemy tells it."""
        self.assert_resumed(
            "one = sa.Table('one', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True),"
            " sa.Column('n', sa.Integer))\n"
            "[new] = bind.execute(one.insert().values(n=4)).inserted_primary_key",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({new})')", log=[(4,)])

    def test_last_insert_id(self):
        """The id of a new row, as the server tells it."""
        self.assert_resumed(
            "op.execute('INSERT INTO one (n) VALUES (4)')",
            "op.execute('INSERT INTO log VALUES (LAST_INSERT_ID())')", log=[(4,)])

    def test_rowcount(self):
        """How many rows were changed."""
        self.assert_resumed(
            "count = bind.execute(sa.text('UPDATE one SET n = 0 WHERE id > 1')).rowcount",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({count})')", log=[(2,)])

    def test_rowcount_of_many(self):
        """How many rows were inserted."""
        self.assert_resumed(
            "count = bind.execute(sa.text('INSERT INTO one VALUES (:id, 0)'),"
            " [{'id': 8}, {'id': 9}]).rowcount",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({count})')", log=[(2,)])

    def test_objects(self):
        """The ORM counts the rows of its own UPDATE."""
        self.assert_resumed(OBJECTS + """
with orm.Session(bind) as session:
    session.add(new := One(n=4))
    session.flush()
    new.n = 5
    session.commit()
    id_ = new.id
""", "bind.exec_driver_sql(f'INSERT INTO log VALUES ({id_})')", log=[(4,)])

    def test_many_objects(self):
        """The ORM inserts them together, and is told their ids."""
        self.assert_resumed(OBJECTS + """
with orm.Session(bind) as session:
    session.add_all([One(n=n) for n in range(5)])
    session.commit()
    ids = [one.id for one in session.scalars(sa.select(One).order_by(One.id))]
""", "for id_ in ids:\n    bind.exec_driver_sql(f'INSERT INTO log VALUES ({id_})')",
            log=[(id_,) for id_ in range(1, 9)])

    def test_returned_rows(self):
        """They are returned again."""
        self.assert_resumed(
            "[[new]] = bind.exec_driver_sql('INSERT INTO one (n) VALUES (4) RETURNING id').all()",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({new})')", log=[(4,)])

    def test_no_returned_rows(self):
        """None is an answer, too."""
        self.assert_resumed(
            "gone = bind.exec_driver_sql('DELETE FROM one WHERE n > 3 RETURNING n').all()",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({len(gone)})')", log=[(0,)])

    def test_many_returned_rows(self):
        """They are not kept: nobody can tell what they were."""
        self.assert_stopped(
            'the rows that statement 1 returned are gone',
            "bind.exec_driver_sql('INSERT INTO log SELECT a.n FROM one a, one b, one c, one d,"
            " one e RETURNING n').all()")


class ReadsTests(ResumedTestCase):
    """What is read again must not have changed."""

    changed = 'what it reads before statement 1 has changed'

    def test_same_rows(self):
        """The second run sees what the first saw."""
        self.assert_resumed(
            "ids = bind.execute(sa.text('SELECT id FROM one ORDER BY id')).scalars().all()\n"
            "op.execute('UPDATE one SET n = 0')",
            "op.bulk_insert(sa.table('log', sa.column('n')), [{'n': one} for one in ids])",
            log=[(1,), (2,), (3,)])

    def test_streamed_rows(self):
        """They are read once, and are not looked at."""
        self.assert_resumed(
            "rows = bind.execution_options(stream_results=True).execute(sa.text("
            "'SELECT id FROM one ORDER BY id'))\nids = [row.id for row in rows]",
            "op.bulk_insert(sa.table('log', sa.column('n')), [{'n': one} for one in ids])",
            log=[(1,), (2,), (3,)])

    def test_variable(self):
        """A variable of the session is such a value."""
        self.assert_stopped(
            self.changed,
            "op.execute('SET @count = (SELECT COUNT(*) FROM one)')\n"
            "op.execute('INSERT INTO one VALUES (9, 9)')",
            "op.execute('INSERT INTO log VALUES (@count)')")

    def test_same_variable(self):
        """It is set again, for the session is another one."""
        self.assert_resumed(
            "op.execute('SET @count = (SELECT COUNT(*) FROM one)')\n"
            "op.execute('UPDATE one SET n = 0')",
            "op.execute('INSERT INTO log VALUES (@count)')", log=[(3,)])

    def test_setting(self):
        """It is made again, for the session is another one."""
        self.assert_resumed(
            "op.execute('SET auto_increment_increment = 10')\n"
            "op.execute('UPDATE one SET n = 0')",
            "op.execute('INSERT INTO log VALUES (@@auto_increment_increment)')", log=[(10,)])

    def test_variable_that_a_person_has_looked_at(self):
        """--resume goes on with what is read now."""
        self.test_variable()
        result = self.run_command('repair', '--resume')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual([(4,)], self.rows('log'))

    def test_statement_that_is_left_out(self):
        """Fewer statements than before, whatever the reason."""
        self.assert_stopped('statement 1 is not the one that was begun', """
import os
if 'TEST_KILL' in os.environ:
    op.execute('INSERT INTO one VALUES (9, 9)')
""")


class SessionTests(ResumedTestCase):
    """What ends with a session, and what only a server can tell."""

    def test_temporary_table(self):
        """It has ended with the session, and so have its rows."""
        self.assert_stopped('it needs a temporary table', """
op.execute('CREATE TEMPORARY TABLE kept AS SELECT id FROM one')
op.execute('UPDATE one SET n = 0')
""", "op.execute('INSERT INTO log SELECT id FROM kept')")

    def test_temporary_table_behind(self):
        """One that the first run had not come to is made."""
        self.assert_resumed(
            "op.execute('UPDATE one SET n = 0')",
            "op.execute('CREATE TEMPORARY TABLE kept AS SELECT id FROM one')\n"
            "op.execute('INSERT INTO log SELECT id FROM kept')", log=[(1,), (2,), (3,)])

    def test_procedure(self):
        """One that has ended is not called again."""
        self.assert_resumed(
            "op.execute('CREATE PROCEDURE add_one() BEGIN INSERT INTO log VALUES (1);"
            " CREATE TABLE IF NOT EXISTS made (id INT); INSERT INTO log VALUES (2); END')\n"
            "op.execute('CALL add_one()')", "op.execute('CALL add_one()')",
            log=[(1,), (1,), (2,), (2,)])

    def test_prepared_statement(self):
        """What is executed is not done twice."""
        self.assert_resumed(
            "op.execute(\"SET @sql = 'INSERT INTO log VALUES (1)'\")\n"
            "op.execute('PREPARE prepared FROM @sql')\nop.execute('EXECUTE prepared')",
            "op.execute('EXECUTE prepared')", log=[(1,), (1,)])

    def test_other_connection(self):
        """A second connection of the engine is recorded with its own transactions."""
        self.assert_resumed("""
with bind.engine.begin() as other:
    other.execute(sa.text('INSERT INTO log VALUES (1)'))
with bind.engine.connect() as other:
    other.execute(sa.text('INSERT INTO log VALUES (2)'))
""", "with bind.engine.begin() as other: other.execute(sa.text('INSERT INTO log VALUES (3)'))",
            log=[(1,), (3,)])

    def test_autocommit(self):
        """A statement that is a transaction of its own is not done twice."""
        self.assert_resumed(
            "other = bind.engine.execution_options(isolation_level='AUTOCOMMIT')\n"
            "with other.connect() as connection:\n"
            "    connection.execute(sa.text('INSERT INTO log VALUES (1)'))",
            'pass', log=[(1,)])

    def test_set_statement(self):
        """A prefix does not hide what changes rows."""
        self.assert_resumed(
            "op.execute('SET STATEMENT max_statement_time = 9 FOR INSERT INTO log VALUES (1)')",
            'pass', log=[(1,)])

    def test_transaction_by_hand(self):
        """What it committed stays committed, what it rolled back is rolled back."""
        self.assert_resumed("""
op.execute('INSERT INTO log VALUES (1)')
op.execute('COMMIT')
op.execute('INSERT INTO log VALUES (2)')
op.execute('ROLLBACK')
op.execute('START TRANSACTION')
op.execute('INSERT INTO log VALUES (3)')
""", 'pass', log=[(1,), (3,)])

    def test_failure_after_a_commit_by_hand(self):
        """There was no DDL, and it is partly applied all the same."""
        self.service(timelines.line(ONE, """
op.execute('INSERT INTO log VALUES (1)')
op.execute('COMMIT')
raise LookupError
"""))
        self.database = self.engine()
        failed = self.run_command('upgrade', 'head')
        again = self.run_command('upgrade', 'head')

        self.assertEqual((6, 6), (failed.code, again.code), failed.err)
        self.assertEqual([(1,)], self.rows('log'))

    def test_refused_procedure(self):
        """One that was refused, and has committed nothing, has just failed."""
        self.service(timelines.line(ONE, "op.execute('CALL nobody()')"))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (result.code, result.out), result.err)

    def test_locked_tables(self):
        """LOCK TABLES keeps the journal from being written: it is refused, not lost."""
        self.service(timelines.line(ONE, """
op.execute('LOCK TABLES log WRITE')
op.execute('INSERT INTO log VALUES (1)')
op.execute('UNLOCK TABLES')
"""))
        self.database = self.engine()
        result = self.run_command('upgrade', 'head')

        self.assertEqual((1, ''), (result.code, result.out), result.err)
        self.assertIn('LOCK TABLES', result.err)
        self.assertEqual([], self.rows('log'))


class CharacterTests(databases.MariaDB, processes.ProcessTestCase):
    """A database whose character set is old."""

    creation = 'CREATE DATABASE {} CHARACTER SET latin1'

    def test_statement(self):
        """The journal holds what the database itself could not."""
        self.service(timelines.line('one', """
op.execute("CREATE TABLE two (word VARCHAR(9) CHARACTER SET utf8mb4)")
op.execute("INSERT INTO two VALUES ('\\N{GRINNING FACE}')")
raise LookupError
"""))
        result = self.run_command('upgrade', 'head')

        self.assertEqual(6, result.code, result.err)
        self.assertIn('LookupError', result.err)
