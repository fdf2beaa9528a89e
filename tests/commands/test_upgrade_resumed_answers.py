# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` that resumes a revision which has read what it has changed since."""

from tests import processes
from tests import timelines
from tests.commands import test_upgrade_resumed_reads as resumed

TYPES = """
bind.exec_driver_sql('CREATE TABLE typed (i BIGINT, f DOUBLE, d DECIMAL(9, 3), c VARCHAR(99),'
    ' b BLOB, t DATETIME(6), u DATETIME, day DATE, time TIME(2), bits BIT(9),'
    ' e ENUM("a", "b"), y YEAR, j JSON, `a "`` name` INT) DEFAULT CHARSET utf8mb4')
typed = sa.text('INSERT INTO typed VALUES (-1, 1.25e9, 1.500, :c, x\\'0001ff\\','
    ' "2026-01-02 03:04:05.6", "2026-01-02", "2026-01-02", "25:26:27.5", 5, "b", 1999, "{}", 1)')
bind.execute(typed, {'c': word})
op.execute('INSERT INTO typed () VALUES ()')
rows = bind.execute(sa.text('SELECT * FROM typed ORDER BY i IS NULL')).all()
op.execute('DELETE FROM typed')
"""
EXPECTED = """
import datetime, decimal
assert rows[0] == (
    -1, 1.25e9, decimal.Decimal('1.500'), word, b'\\0\\1\\xff',
    datetime.datetime(2026, 1, 2, 3, 4, 5, 600000), datetime.datetime(2026, 1, 2),
    datetime.date(2026, 1, 2), datetime.timedelta(hours=25, minutes=26, seconds=27.5),
    b'\\0\\5', 'b', 1999, '{}', 1), rows[0]
assert rows[1] == (None,) * 14
assert rows[0]._mapping['a "` name'] == 1
"""
WORD = 'word = "it\'s 100% \\\\ :no \\N{GRINNING FACE}"\n'


class AnswerTests(resumed.ResumedTestCase):
    """A question has the answer that it had, whatever has changed since."""

    def test_count(self):
        """What the first run has inserted does not count."""
        self.assert_resumed(
            "count = bind.scalar(sa.text('SELECT COUNT(*) FROM one'))\n"
            "op.execute('INSERT INTO one VALUES (9, 9)')",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({count})')", log=[(3,)])

    def test_no_rows(self):
        """No row is an answer, too."""
        self.assert_resumed(
            "rows = bind.execute(sa.text('SELECT id FROM one WHERE id > 3')).all()\n"
            "op.execute('INSERT INTO one VALUES (9, 9)')",
            "bind.exec_driver_sql(f'INSERT INTO log VALUES ({len(rows)})')", log=[(0,)])

    def test_parameters(self):
        """The same question with another value is another one."""
        self.assert_resumed("""
ns = [bind.scalar(sa.text('SELECT n FROM one WHERE id = :id'), {'id': id_}) for id_ in (1, 2)]
op.execute('UPDATE one SET n = 0')
""", "bind.exec_driver_sql(f'INSERT INTO log VALUES ({ns[0]}), ({ns[1]})')", log=[(1,), (2,)])

    def test_types(self):
        """Values of every type are what they were."""
        self.assert_resumed(WORD + TYPES, EXPECTED, typed=[])

    def test_table_that_is_dropped(self):
        """What was read of it is there."""
        self.assert_resumed("""
ids = bind.execute(sa.text('SELECT id FROM one ORDER BY id')).scalars().all()
op.drop_table('one')
op.execute('CREATE TABLE one (n INT)')
""", "op.bulk_insert(sa.table('log', sa.column('n')), [{'n': one} for one in ids])",
            log=[(1,), (2,), (3,)])

    def test_many_rows_of_a_table_that_is_dropped(self):
        """They are not kept: a person has to do the rest, and is told so."""
        self.kill_with(timelines.line(resumed.ONE, f"""
bind = op.get_bind()
rows = bind.execute(sa.text('SELECT a.n FROM one a, one b, one c, one d, one e')).all()
op.drop_table('one')
{timelines.table('two')}
{processes.KILL}
"""))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((6, ''), (result.code, result.out), result.err)
        said = result.err.splitlines()[-1]
        self.assertIn(f"{resumed.STOPPED}before statement 1 it is refused: Table '", said)
        self.assertNotIn('run it again', said)

    def test_function_that_writes(self):
        """It is not called again: its answer is kept with what it wrote."""
        self.assert_resumed("""
op.execute('CREATE FUNCTION add_one() RETURNS INT MODIFIES SQL DATA'
           ' BEGIN INSERT INTO log VALUES (1); RETURN 7; END')
new = bind.scalar(sa.text('SELECT add_one()'))
""", "bind.exec_driver_sql(f'INSERT INTO log VALUES ({new})')", log=[(1,), (7,)])

    def test_guard(self):
        """A look at the schema is answered as it was."""
        self.assert_resumed(
            "if not sa.inspect(bind).has_table('two'):\n"
            "    op.execute('CREATE TABLE two (id INT)')",
            "op.execute('INSERT INTO two VALUES (1)')", two=[(1,)])

    def test_guard_of_the_last_statement(self):
        """The same, where the statement behind it was in flight."""
        self.kill_with(timelines.line('one', f"""
            if not sa.inspect(op.get_bind()).has_table('two'):
                op.execute('CREATE TABLE two (id INT)')
            {processes.KILL.replace(chr(10), chr(10) + ' ' * 12)}
        """, 'three'))
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['one', 'three', 'two'], timelines.tables(self.database))

    def test_rows_that_a_person_has_mended(self):
        """--resume with the same file goes on with what is read now."""
        self.service(timelines.line(resumed.ONE, """
bind = op.get_bind()
ns = bind.execute(sa.text('SELECT n FROM one')).scalars().all()
op.execute('ALTER TABLE log ADD UNIQUE uq_n (n)')
for n in ns:
    bind.execute(sa.text('INSERT INTO log VALUES (:n)'), {'n': n})
"""))
        self.database = self.engine()
        self.run_command('upgrade', '001')
        self._write('UPDATE one SET n = 2 WHERE id = 1')
        failed = self.run_command('upgrade', 'head')
        self._write('UPDATE one SET n = 1 WHERE id = 1')
        again = self.run_command('upgrade', 'head')
        result = self.run_command('repair', '--resume')

        self.assertEqual((6, 6, 0), (failed.code, again.code, result.code), result.err)
        self.assertEqual([(1,), (2,), (3,)], self.rows('log'))

    def _write(self, statement):
        with self.database.begin() as connection:
            connection.exec_driver_sql(statement)
