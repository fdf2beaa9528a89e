# SPDX-License-Identifier: Apache-2.0
"""Alterations of a table that follow each other are made as one."""

import pathlib
import signal

from dbmanage.testing import moments
from tests import base
from tests.alter import altering
from tests.faults import runs
from tests.faults import victim

TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT)'
ROWS = "INSERT INTO t VALUES (1, 'x', 1), (2, 'x', NULL)"
RETYPE = "op.alter_column('t', '{}', type_=sa.{}())"
UNIQUE = "op.create_unique_constraint('u', 't', ['{}'])"
# Two alterations with something between them that sees the first one.
SEEN = f"""
import sqlalchemy.orm
{RETYPE.format('a', 'Text')}
{{}}
{RETYPE.format('b', 'Text')}
"""


class TogetherTests(altering.AlteringTestCase):
    """How often the rows are copied, and what sees the table."""

    def test_one_after_the_other(self):
        """Whatever is altered in one table, the rows are copied once."""
        self.assertEqual(1, self._copies('\n'.join([
            RETYPE.format('a', 'String'), UNIQUE.format('b'), RETYPE.format('b', 'Text'),
            "op.add_column('t', sa.Column('c', sa.Integer()))", "op.drop_constraint('u', 't')",
            "op.add_column('t', sa.Column('d', sa.Integer()))", "op.drop_column('t', 'd')"])))
        self.assertEqual('CREATE TABLE "t" ( id INTEGER PRIMARY KEY, a VARCHAR, b TEXT, '
                         'c INTEGER )', self.sql())

    def test_other_tables(self):
        """Another table, or a new revision, ends what is made as one."""
        for number, body in (
                (3, [RETYPE.format('a', 'String'), "op.alter_column('v', 'a', nullable=False)",
                     UNIQUE.format('b')]),
                (1, [RETYPE.format('a', 'String'),
                     "op.add_column('v', sa.Column('c', sa.Text()))"])):
            with self.subTest(number):
                self.setUp()
                self.assertEqual(number, self._copies('\n'.join(body), 'CREATE TABLE v (a INT)'))

    def test_seen(self):
        """A statement, a look at the schema and a commit come after what is before."""
        types = ("{one['name']: str(one['type'])"
                 " for one in sa.inspect(op.get_bind()).get_columns('t')}")
        for between in (
                "op.execute('SELECT 1')", f"assert {types}['a'] == 'TEXT', {types}",
                "sa.orm.Session(bind=op.get_bind()).execute(sa.text('SELECT 1'))",
                "op.create_index('i', 't', ['a'])", "op.rename_table('t', 'w'); "
                "op.rename_table('w', 't')", "with op.get_context().autocommit_block(): pass",
                "with op.batch_alter_table('t') as batch: batch.create_index('i', ['a'])",
                "with op.get_bind().begin_nested(): pass"):
            with self.subTest(between):
                self.setUp()
                self.assertEqual(2, self._copies(SEEN.format(between)), between)
                self.assertIn('a TEXT, b TEXT', self.sql())

    def test_undone(self):
        """What a savepoint is rolled back to is what was before it."""
        self.alter([TABLE, ROWS], f"""
bind = op.get_bind()
with bind.begin_nested() as savepoint:
    {RETYPE.format('a', 'LargeBinary')}
    savepoint.rollback()
{RETYPE.format('b', 'Text')}
try:
    with bind.begin_nested():
        {UNIQUE.format('a')}
except Exception as e:
    assert 'UNIQUE' in str(e), e
else:
    raise AssertionError
""")

        self.assertEqual('CREATE TABLE "t" ( id INTEGER PRIMARY KEY, a TEXT, b TEXT )', self.sql())

    def _copies(self, body, *more):
        with moments.counted() as statements:
            self.alter([TABLE, ROWS, *more], body)
        return len([one for one in statements if one.startswith('INSERT INTO "')])


class RefusedTests(altering.AlteringTestCase):
    """A row is in the way of what was altered."""

    def test_line(self):
        """It is the line of the operation, not of where it was noticed."""
        result = self.upgrade([TABLE, ROWS], '\n'.join([
            RETYPE.format('b', 'Text'), UNIQUE.format('a'), RETYPE.format('a', 'String'),
            "op.execute('SELECT 1')"]))

        self.assertEqual((1, ''), (result.code, result.out))
        last = result.err.splitlines()[-1]
        self.assertIn('002.py, line 11): UNIQUE constraint failed: t.a', last)
        self.assertEqual([], self.query("SELECT name FROM sqlite_master WHERE name LIKE '%t%'"))

    def test_last_line(self):
        """So it is where nothing comes after it."""
        result = self.upgrade([TABLE, ROWS], "op.alter_column('t', 'b', nullable=False)")

        self.assertIn('002.py, line 10): NOT NULL constraint failed: t.b', result.err)
        self.assertNotIn('Traceback', result.err)

    def test_foreign_key(self):
        """A row that would refer to nothing is in the way, too."""
        result = self.upgrade([TABLE, ROWS, 'INSERT INTO t VALUES (3, NULL, 9)'],
                              "op.create_foreign_key(None, 't', 't', ['b'], ['id'])")

        self.assertEqual(1, result.code)
        self.assertIn('002.py, line 10): FOREIGN KEY constraint failed: 1 rows of t would refer '
                      'to no row of t, by b', result.err.splitlines()[-1])

    def test_text_of_another_dialect(self):
        """A default that SQLite cannot read is an error of its line."""
        result = self.upgrade([TABLE, ROWS], RETYPE.format('a', 'String'),
                              "op.alter_column('t', 'b', server_default=sa.text(\"'1'::int\"))")

        self.assertIn('003.py, line 10): unrecognized token: ":"', result.err.splitlines()[-1])


class KilledTests(altering.AlteringTestCase):
    """A run that is killed while a table is made anew."""

    def test_killed(self):
        """The table is as it was, and the next run does it."""
        self.alter([TABLE, ROWS])
        path = self.directory / 'packages' / 'acme' / 'versions' / '002.py'
        path.write_text(base.revision_file('002', '001', RETYPE.format('a', 'String')))
        before = self.query('SELECT sql FROM sqlite_master')
        for statement in ('ALTER TABLE "t" RENAME', 'INSERT INTO "t"', 'DROP TABLE'):
            with self.subTest(statement):
                run = runs.Run(self._argv(('upgrade', 'head')), {}, self.directory,
                               victim.At('after', self._number(statement)))

                self.assertEqual(-signal.SIGKILL, run.wait(), run.said)
                self.assertEqual(before, self.query('SELECT sql FROM sqlite_master'))
        self.assertEqual(0, self.run_command('upgrade', 'head').code)
        self.assertIn('a VARCHAR', self.sql())

    def _number(self, start):
        """Return the number of a statement of a run, on a copy of the file."""
        copy = self.directory / 'copy.sqlite'
        copy.write_bytes(pathlib.Path(self.database.url.database).read_bytes())
        self.configure(database={'connection': f'sqlite:///{copy}'})
        with moments.counted() as statements:
            self.run_command('upgrade', 'head')
        self.configure(database={'connection': self.url})
        return next(number for number, one in enumerate(statements, 1) if one.startswith(start))
