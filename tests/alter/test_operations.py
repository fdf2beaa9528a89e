# SPDX-License-Identifier: Apache-2.0
"""What each operation of a revision makes of a table of SQLite."""

from dbmanage.testing import moments
from tests.alter import altering

TABLE = ('CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(5) DEFAULT 1 NOT NULL, b INT, c INT, '
         'UNIQUE (a, b))')
ROWS = "INSERT INTO t VALUES (1, 'x', 1, 2), (2, 'y', NULL, NULL)"


class AlterColumnTests(altering.AlteringTestCase):
    """op.alter_column()."""

    def test_type(self):
        """The type is another; the rest of the column stays."""
        self._alter("'a', type_=sa.Text()")

        self.assertIn('a TEXT DEFAULT 1 NOT NULL,', self.sql())

    def test_type_of_a_row_number(self):
        """A BIGINT that counts by itself goes on to do so."""
        self._alter("'id', type_=sa.BigInteger()")

        self.assertIn('id INTEGER PRIMARY KEY,', self.sql())

    def test_nullable(self):
        """NOT NULL is taken away, or added, and nothing else."""
        self._alter("'a', nullable=True", "'id', nullable=False")

        self.assertIn('id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(5) DEFAULT 1, b INT', self.sql())

    def test_default(self):
        """A default is replaced, taken away, or computed."""
        self._alter("'a', server_default=None", "'b', server_default='x'",
                    "'c', server_default=sa.text('(1 + 1)')")

        self.assertIn("a VARCHAR(5) NOT NULL, b INT DEFAULT 'x', c INT DEFAULT (1 + 1)", self.sql())

    def test_name(self):
        """Constraints, indexes and views follow a new name."""
        self.alter([TABLE, ROWS, 'CREATE INDEX i ON t (b)', 'CREATE VIEW v AS SELECT a, b FROM t'],
                   "op.alter_column('t', 'b', new_column_name='n', type_=sa.Text())")

        self.assertIn('n TEXT, c INT, UNIQUE (a, n)', self.sql())
        self.assertEqual('CREATE INDEX i ON t (n)', self.sql('i').replace('"t"', 't'))
        self.assertEqual([('x', '1'), ('y', None)], self.query('SELECT * FROM v'))

    def test_type_with_a_check(self):
        """The CHECK of an enumeration goes with its old values."""
        enum = "sa.Enum({}, name='kind', create_constraint=True)"
        old, new = enum.format("'x'"), enum.format("'x', 'yy'")
        insert = 'op.execute("INSERT INTO t VALUES (\'{}\')")'
        self.alter([], f"op.create_table('t', sa.Column('a', {old}))", insert.format('x'),
                   f"op.alter_column('t', 'a', type_={new}, existing_type={old})",
                   insert.format('yy'))

        self.assertIn("a VARCHAR(2), CONSTRAINT kind CHECK (a IN ('x', 'yy')) )", self.sql())

    def _alter(self, *changes):
        body = '\n'.join(f"op.alter_column('t', {change})" for change in changes)
        self.alter([TABLE, ROWS], body)
        self.assertEqual([(1, 'x', 1, 2), (2, 'y', None, None)], self.query('SELECT * FROM t'))


class AddColumnTests(altering.AlteringTestCase):
    """op.add_column()."""

    def test_plain(self):
        """What SQLite can add is added without a look at the rows."""
        with moments.counted() as statements:
            self._add("sa.String(9)", "sa.Integer(), server_default='3', nullable=False")

        self.assertEqual([], [one for one in statements if one.startswith('INSERT INTO "t"')])
        self.assertEqual([(None, 3), (None, 3)], self.query('SELECT n0, n1 FROM t'))

    def test_computed_default(self):
        """The rows get the value of a default that SQLite cannot add."""
        self._add("sa.DateTime(), server_default=sa.func.now(), nullable=False")

        self.assertEqual([(0,), (0,)], self.query('SELECT n0 IS NULL FROM t'))

    def test_references(self):
        """A foreign key, UNIQUE and an index come with the column."""
        self._add("sa.Integer(), sa.ForeignKey('t.id', ondelete='CASCADE'), unique=True",
                  "sa.Integer(), index=True")

        for constraint in ('t_n0_key UNIQUE (n0)', 't_n0_fkey FOREIGN KEY(n0) REFERENCES t (id) '
                           'ON DELETE CASCADE'):
            self.assertIn(f'CONSTRAINT {constraint}', self.sql().replace('"', ''))
        self.assertEqual('CREATE INDEX ix_t_n1 ON t (n1)', self.sql('ix_t_n1'))

    def test_not_null(self):
        """Rows get the default of the model, or what MySQL gives; it is said."""
        result = self._add(*(f'sa.{type_}, nullable=False' for type_ in (
            "Boolean(), default=True", 'Integer()', 'String(9)')))

        self.assertEqual([(1, 0, ''), (1, 0, '')], self.query('SELECT n0, n1, n2 FROM t'))
        self.assertIn('t.n0 has no default: 2 rows get 1\n', result.err)

    def test_not_null_of_a_date(self):
        """Where MySQL has nothing to give, the rows are in the way."""
        result = self.upgrade(
            [TABLE, ROWS], "op.add_column('t', sa.Column('n', sa.Date(), nullable=False))")

        self.assertEqual(1, result.code)
        self.assertIn('002.py, line 10): NOT NULL constraint failed: t.n', result.err)

    def test_not_null_without_rows(self):
        """In an empty table nothing is in the way, and nothing is said."""
        result = self.alter(
            [TABLE], "op.add_column('t', sa.Column('n', sa.Date(), nullable=False))")

        self.assertIn('n DATE NOT NULL', self.sql())
        self.assertNotIn('has no default', result.err)

    def test_if_not_exists(self):
        """A column that is there stays as it is."""
        self.alter([TABLE, ROWS], *(
            f"op.add_column('t', sa.Column('{name}', sa.Text()), if_not_exists=True)"
            for name in ('b', 'n', 'n')))

        self.assertIn('b INT, c INT, n TEXT, UNIQUE', self.sql())

    def test_again(self):
        """One Column may be added to two tables, here on two ways."""
        self.alter([TABLE, 'CREATE TABLE u (x)', 'INSERT INTO u VALUES (1)'],
                   "column = sa.Column('n', sa.Integer(), nullable=False, index=True)\n"
                   "op.add_column('u', column)\nop.add_column('t', column)")

        self.assertEqual([(1, 0)], self.query('SELECT * FROM u'))
        self.assertIn('n INTEGER NOT NULL,', self.sql())
        self.assertEqual('CREATE INDEX ix_u_n ON u (n)', self.sql('ix_u_n'))
        self.assertEqual('CREATE INDEX ix_t_n ON t (n)', self.sql('ix_t_n'))

    def _add(self, *columns):
        return self.alter([TABLE, ROWS], '\n'.join(
            f"op.add_column('t', sa.Column('n{number}', {column}))"
            for number, column in enumerate(columns)))


class DropColumnTests(altering.AlteringTestCase):
    """op.drop_column()."""

    def test_plain(self):
        """What nothing needs is dropped by SQLite."""
        with moments.counted() as statements:
            self.alter([TABLE, ROWS], "op.drop_column('t', 'c')")

        self.assertIn('ALTER TABLE t DROP COLUMN c', statements)
        self.assertEqual([(1, 'x', 1), (2, 'y', None)], self.query('SELECT * FROM t'))

    def test_needed(self):
        """Constraints and indexes that it is part of go with it."""
        self.alter(['CREATE TABLE t (a INT CHECK (a > 0) UNIQUE, b INT, c INT, CHECK (b > a), '
                    'UNIQUE (c, a), CHECK (c > b), FOREIGN KEY (a) REFERENCES t (b))',
                    'CREATE INDEX i ON t (b, a)', 'CREATE INDEX j ON t (b) WHERE a IS NULL',
                    'CREATE INDEX k ON t (abs(a))', 'CREATE INDEX l ON t (c)',
                    'INSERT INTO t VALUES (1, 2, 3)'], "op.drop_column('t', 'A')")

        self.assertEqual('CREATE TABLE "t" ( b INT, c INT, CHECK (c > b) )', self.sql())
        self.assertEqual([('l',)], self.query(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql > ''"))
        self.assertEqual([(2, 3)], self.query('SELECT * FROM t'))

    def test_in_a_trigger_or_a_view(self):
        """It stays, for what needs it would be broken."""
        for needs in ('CREATE VIEW v AS SELECT b FROM t',
                      'CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT new.b; END'):
            with self.subTest(needs):
                self.setUp()
                result = self.upgrade([TABLE, needs], "op.drop_column('t', 'b')")

                self.assertEqual(1, result.code)
                self.assertIn(f'002.py, line 10): error in {needs.split()[1].lower()}', result.err)

    def test_names_like_keywords(self):
        """A keyword of a constraint or an index is no column of that name."""
        made = ['CREATE TABLE t (a INT CHECK (a IS NOT NULL), "check" INT, "not" INT, "(x" INT, '
                'CHECK (a > 0))', 'CREATE INDEX i ON t (a) WHERE a IS NOT NULL',
                'CREATE INDEX "(j" ON t ("(x")', 'INSERT INTO t VALUES (1, 2, 3, 4)']
        self.alter(made, *(f"op.drop_column('t', '{name}')" for name in ('check', 'not', '(x')))

        self.assertEqual('CREATE TABLE t (a INT CHECK (a IS NOT NULL), CHECK (a > 0))',
                         self.sql().replace('"t"', 't').replace('( a', '(a').replace(') )', '))'))
        self.assertEqual([('i',)], self.query(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql > ''"))

    def test_last(self):
        """A table has one column at least."""
        result = self.upgrade(['CREATE TABLE t (a INT UNIQUE)'], "op.drop_column('t', 'a')")

        self.assertIn('002.py, line 10): cannot drop column a: no other columns exist', result.err)

    def test_not_there(self):
        """It is said, and with if_exists it is nothing."""
        result = self.upgrade(
            [TABLE], "op.drop_column('t', 'b', if_exists=True)\n"
            "op.drop_column('t', 'c', if_exists=True)",
            "op.drop_column('t', 'b', if_exists=True)", "op.drop_column('t', 'n')")

        self.assertIn('004.py, line 10): no such column: t.n', result.err)


class OtherTests(altering.AlteringTestCase):
    """What SQLite has not at all."""

    def test_comments(self):
        """A comment is left out."""
        self.alter([TABLE], "op.create_table_comment('t', 'x')", "op.drop_table_comment('t')",
                   "op.alter_column('t', 'a', comment='x')")

        self.assertEqual(TABLE.split(), self.sql().split())

    def test_virtual_table(self):
        """It is none whose definition could be changed."""
        result = self.upgrade(['CREATE VIRTUAL TABLE t USING fts5(a)'],
                              "op.alter_column('t', 'a', nullable=False)")

        self.assertEqual(1, result.code)
        self.assertIn('002.py, line 10): t is a virtual table', result.err)
