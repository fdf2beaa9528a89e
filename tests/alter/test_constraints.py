# SPDX-License-Identifier: Apache-2.0
"""Constraints that revisions create and drop, with the names of others."""

from tests import timelines
from tests.alter import altering

NAMELESS = ('CREATE TABLE t (id INTEGER PRIMARY KEY, a INT UNIQUE, b INT REFERENCES p (id), '
            'c INT CHECK (c > 0), UNIQUE (a, b), FOREIGN KEY (c, b) REFERENCES p (x, id), '
            'UNIQUE (a, c), CHECK (a > c), CONSTRAINT "fk_c" FOREIGN KEY (c) REFERENCES p (id))')
PARENT = 'CREATE TABLE p (id INTEGER PRIMARY KEY, x INT, UNIQUE (x, id))'
MODELS = """
import sqlalchemy as sa
METADATA = sa.MetaData(naming_convention={'uq': 'uq_%(table_name)s_%(column_0_name)s'})
"""


class CreateTests(altering.AlteringTestCase):
    """A constraint that is created has a name."""

    def test_given(self):
        """The name that is given; those of others stay."""
        self._alter("unique_constraint('u', 't', ['a', 'c'])",
                    "foreign_key('f', 't', 'p', ['a'], ['id'], ondelete='SET NULL', "
                    "deferrable=True, initially='DEFERRED')",
                    "check_constraint('k', 't', 'a <> 3')")

        self.assertEqual(
            ['u UNIQUE (a, c)', 'f FOREIGN KEY(a) REFERENCES p (id) ON DELETE SET NULL DEFERRABLE '
             'INITIALLY DEFERRED', 'k CHECK (a <> 3)'], self._added())

    def test_not_given(self):
        """That of PostgreSQL, with a number where it is taken."""
        self._alter("unique_constraint(None, 't', ['a', 'c'])",
                    "check_constraint(None, 't', 'a > 1')",
                    "unique_constraint(None, 't', ['a', 'c'])",
                    "foreign_key(None, 't', 'p', ['a', 'b'], ['x', 'id'])",
                    "check_constraint(None, 't', 'a > b')")

        self.assertEqual(
            ['t_a_c_key UNIQUE (a, c)', 't_a_check CHECK (a > 1)', 't_a_c_key1 UNIQUE (a, c)',
             't_a_b_fkey FOREIGN KEY(a, b) REFERENCES p (x, id)', 't_check CHECK (a > b)'],
            self._added())

    def test_not_given_for_odd_names(self):
        """Quotes are kept, and a keyword of the constraint is no column."""
        self.alter(['CREATE TABLE t ("a""b" INT, "constraint" INT)'],
                   "op.create_unique_constraint(None, 't', ['a\"b'])\n"
                   "op.create_check_constraint(None, 't', '\"a\"\"b\" IS NOT NULL')")

        self.assertIn('CONSTRAINT "t_a""b_key" UNIQUE ("a""b"), '
                      'CONSTRAINT "t_a""b_check" CHECK ("a""b" IS NOT NULL)', self.sql())

    def test_convention(self):
        """That of the convention of the models, if it has one for its kind."""
        body = ("op.create_table('t', sa.Column('a', sa.Integer(), unique=True), "
                "sa.CheckConstraint('a > 0'))")
        self.service(timelines.line(body), {'models.py': MODELS}, metadata='acme.models:METADATA')
        self.run_command('upgrade', 'head')
        self.database = self.engine()

        self.assertIn(
            'CONSTRAINT t_a_check CHECK (a > 0), CONSTRAINT uq_t_a UNIQUE (a)', self.sql())

    def test_primary_key(self):
        """Its columns are NOT NULL."""
        self.alter(['CREATE TABLE t (a INT, b INT)', 'INSERT INTO t VALUES (1, 1)'],
                   "op.create_primary_key(None, 't', ['b', 'a'])")

        self.assertEqual('CREATE TABLE "t" ( a INT NOT NULL, b INT NOT NULL, '
                         'CONSTRAINT "t_pkey" PRIMARY KEY (b, a) )', self.sql())

    def _alter(self, *constraints):
        self.alter([PARENT, 'CREATE TABLE t (a INT, b INT, c INT, CONSTRAINT n CHECK (a > 0))'],
                   '\n'.join(f'op.create_{one}' for one in constraints))

    def _added(self):
        kept, *added = self.sql().replace('"', '').removesuffix(' )').split(', CONSTRAINT ')
        self.assertEqual('n CHECK (a > 0)', added[0], kept)
        return added[1:]


class DropTests(altering.AlteringTestCase):
    """A constraint without a name is dropped by the one that others give."""

    def test_name(self):
        """Its own, in any case of the letters that SQLite takes."""
        self._assert_dropped("'fk_c', 't', type_='foreignkey'",
                             ', CONSTRAINT "fk_c" FOREIGN KEY (c) REFERENCES p (id)')

    def test_postgresql(self):
        """That of PostgreSQL: of the table, the columns and the kind."""
        for name, sql in (('t_pkey', ' PRIMARY KEY'), ('t_a_key', ' UNIQUE'), (
                't_a_b_key', ', UNIQUE (a, b)'), ('t_b_fkey', ' REFERENCES p (id)'), (
                't_c_b_fkey', ', FOREIGN KEY (c, b) REFERENCES p (x, id)'), (
                't_c_check', ' CHECK (c > 0)'), ('t_check', ', CHECK (a > c)')):
            with self.subTest(name):
                self.setUp()
                self._assert_dropped(f"'{name}', 't'", sql)

    def test_mysql(self):
        """That of MySQL, which counts; the type must be given there."""
        for name, type_, sql in (
                ('t_ibfk_1', 'foreignkey', ' REFERENCES p (id)'),
                ('t_ibfk_2', 'foreignkey', ', FOREIGN KEY (c, b) REFERENCES p (x, id)'),
                ('a', 'unique', ' UNIQUE'), ('a_2', 'unique', ', UNIQUE (a, b)'),
                ('a_3', 'unique', ', UNIQUE (a, c)'), ('PRIMARY', 'primary', ' PRIMARY KEY')):
            with self.subTest(name):
                self.setUp()
                self._assert_dropped(f"'{name}', 't', type_='{type_}'", sql)

    def test_made_by_a_revision(self):
        """MySQL's name fits a constraint that was created without one, too."""
        self.alter([PARENT], "op.create_table('t', sa.Column('a', sa.Integer(), "
                   "sa.ForeignKey('p.id')))", "op.drop_constraint('t_ibfk_1', 't', 'foreignkey')")

        self.assertEqual('CREATE TABLE "t" ( a INTEGER )', self.sql())

    def test_unique_index(self):
        """A unique index is dropped as a constraint, which it is on MySQL."""
        self.alter([PARENT, NAMELESS, 'CREATE UNIQUE INDEX u ON t (c)'],
                   "op.drop_constraint('u', 't', type_='unique')")

        self.assertIsNone(self.sql('u'))

    def test_not_there(self):
        """What there is is said, on the line of the revision; nothing stays."""
        result = self.upgrade([PARENT, NAMELESS], "op.drop_constraint('t_b_key', 't')")

        self.assertEqual(1, result.code)
        self.assertIn('002.py, line 10): no such constraint: t_b_key; t has fk_c,'
                      ' t_a_b_key, t_a_c_key, t_a_key, t_b_fkey, t_c_b_fkey, '
                      't_c_check, t_check, t_pkey', result.err.splitlines()[-1])
        self.assertEqual([], timelines.tables(self.database))

    def test_no_table(self):
        """A table that is not there is named."""
        result = self.upgrade([], "op.drop_constraint('x', 'nowhere')")

        self.assertIn('no such table: nowhere', result.err.splitlines()[-1])

    def _assert_dropped(self, arguments, sql):
        self.alter([PARENT, NAMELESS], f'op.drop_constraint({arguments})')
        self.assertEqual(NAMELESS.replace(sql, '', 1).split(), self.sql().replace(
            '"t" ( ', 't (').replace(' )', ')').split())
