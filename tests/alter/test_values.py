# SPDX-License-Identifier: Apache-2.0
"""The values of rows, in a column of another type and in a new one."""

from tests.alter import altering

OSLO = """
from oslo_db import exception
try:
    with op.get_bind().begin_nested():
        {body}
except exception.{error}:
    op.execute("CREATE TABLE caught (x INT)")
"""


class TypeTests(altering.AlteringTestCase):
    """op.alter_column() with another type."""

    def test_converted(self):
        """A value becomes one of the new type, as on the other databases."""
        for was, values, type_, wanted in (
                ('TEXT', "'7', '007', '-1', NULL", 'Integer()', [7, 7, -1, None]),
                ('FLOAT', '1.6, -1.6, 2', 'Integer()', [2, -2, 2]),
                ('FLOAT', '1.25, -1.25, 2, 1.2', 'Numeric(5, 1)', [1.3, -1.3, 2, 1.2]),
                ('FLOAT', '1.6, 12345', 'Numeric(5)', [2, 12345]),
                ('INT', '7, NULL', 'String(9)', ['7', None]),
                ('TEXT', "'0.5', '1e3'", 'Float()', [0.5, 1000]),
                ('BLOB', "x'41'", 'Text()', ['A']),
                ('TEXT', "'A'", 'LargeBinary()', [b'A']),
                ('DATETIME', "'2020-01-02 03:04:05.000006'", 'Date()', ['2020-01-02']),
                ('TEXT', "'2020-01-02 03:04:05.000006', '2020-01-02'", 'DateTime()',
                 ['2020-01-02 03:04:05.000006', '2020-01-02']),
                ('TEXT', "'03:04'", 'Time()', ['03:04']),
                ('TEXT', "'[1]', '{}', '5'", 'JSON()', ['[1]', '{}', 5]),
                ('TEXT', "'x', 'yy'", "Enum('yy', 'x')", ['x', 'yy'])):
            with self.subTest(was=was, type=type_):
                self.setUp()
                self.alter([f'CREATE TABLE t (a {was})', *_inserts(values)],
                           f"op.alter_column('t', 'a', type_=sa.{type_})")

                found = [value for value, in self.query('SELECT a FROM t')]
                self.assertEqual([(type(one), one) for one in wanted],
                                 [(type(one), type(one)(one) if one is not None else None)
                                  for one in found] if type_ != 'Float()' else
                                 [(type(one), float(value)) for one, value in zip(
                                     wanted, found, strict=True)])

    def test_refused(self):
        """A value that is none of the new type is shown, and nothing is lost."""
        for was, values, type_, said in (
                ('TEXT', "'7', 'abc', '1.5'", 'Integer()', 'INTEGER: 2 rows'),
                ('TEXT', "'x'", 'Boolean()', "BOOLEAN: 1 rows have another value, 'x' for one"),
                ('BIGINT', '5000000000', 'Integer()', 'INTEGER: 1 rows'),
                ('INT', '70000', 'SmallInteger()', 'SMALLINT: 1 rows'),
                ('TEXT', "'12', '123456'", 'String(5)', "VARCHAR(5): 1 rows have another value, "
                 "'123456' for one"),
                ('TEXT', "'1,5'", 'Numeric(5, 2)', 'NUMERIC(5, 2): 1 rows'),
                ('FLOAT', '999.9, 1000', 'Numeric(5, 2)', 'NUMERIC(5, 2): 1 rows'),
                ('TEXT', "'now', '2020', '2020-13-01'", 'DateTime()', 'DATETIME: 3 rows'),
                ('TEXT', "'yesterday'", 'Date()', 'DATE: 1 rows'),
                ('TEXT', "'25:00'", 'Time()', 'TIME: 1 rows'),
                ('TEXT', "'{'", 'JSON()', 'JSON: 1 rows'),
                ('TEXT', "'x', 'z'", "Enum('x', 'y')", "one of 'x', 'y': 1 rows have another "
                 "value, 'z' for one")):
            with self.subTest(was=was, type=type_):
                self.setUp()
                body = f"op.alter_column('t', 'a', type_=sa.{type_})"
                result = self.upgrade(
                    [f'CREATE TABLE t (a {was})', *_inserts(values)],
                    OSLO.format(body=body, error='DBDataError'),
                    "assert sa.inspect(op.get_bind()).has_table('caught')\n" + body)

                self.assertEqual((1, ''), (result.code, result.out))
                self.assertIn(f'003.py, line 11): t.a cannot be {said}',
                              result.err.splitlines()[-1])

    def test_same_type(self):
        """Where nothing changes, rows are not looked at: SQLite took what it was given."""
        self.alter(['CREATE TABLE t (a VARCHAR(2))', "INSERT INTO t VALUES ('long')"],
                   "op.alter_column('t', 'a', type_=sa.String(2), nullable=False)")

        self.assertEqual([('long',)], self.query('SELECT a FROM t'))


class NewColumnTests(altering.AlteringTestCase):
    """op.add_column() of one that must not be NULL and has no default, to rows."""

    def test_enumeration(self):
        """It is the first of its values, as on MySQL, if the model has no default."""
        result = self._add("""sa.Enum("b'c", 'a'), nullable=False""",
                           "sa.Enum('b', 'a'), nullable=False, default='a'")

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual([("b'c", 'a')] * 2, self.query('SELECT n0, n1 FROM t'))
        self.assertIn("t.n0 has no default: 2 rows get 'b''c'\n", result.err)

    def test_nothing_to_give(self):
        """It is refused, where MySQL has none either."""
        for type_ in ('Date', 'DateTime', 'JSON'):
            with self.subTest(type_):
                self.setUp()
                result = self._add(f'sa.{type_}(), nullable=False')

                self.assertEqual((1, ''), (result.code, result.out))
                self.assertIn('002.py, line 10): NOT NULL constraint failed: t.n0 has no default '
                              'for the 2 rows that are there', result.err.splitlines()[-1])

    def test_unique(self):
        """Two rows cannot have the same value in it."""
        result = self._add('sa.String(9), nullable=False, unique=True')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn("002.py, line 10): UNIQUE constraint failed: t.n0 would be '' in all of 2 "
                      'rows', result.err.splitlines()[-1])

    def test_foreign_key(self):
        """What MySQL gives must be there; what is refused is not said to be done."""
        result = self._add("sa.Integer(), sa.ForeignKey('t.a'), nullable=False")

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('002.py, line 10): ', result.err.splitlines()[-1])
        self.assertNotIn('rows get', result.err)

    def test_dropped_and_added(self):
        """A new column of a name that was there has nothing of the old one."""
        self.alter(['CREATE TABLE t (a INT, b INT UNIQUE)', 'INSERT INTO t VALUES (1, 2)'],
                   "op.drop_column('t', 'b')\nop.add_column('t', sa.Column('b', sa.Text()))")

        self.assertEqual([(1, None)], self.query('SELECT a, b FROM t'))

    def test_default_of_the_moment(self):
        """Rows get the default that a column has when it is added."""
        add = "op.add_column('t', sa.Column('{}', sa.Integer(), nullable={}, server_default={}))"
        default = "op.alter_column('t', '{}', server_default={})"
        self.alter(['CREATE TABLE t (a INT)', 'INSERT INTO t VALUES (1)'], '\n'.join([
            "op.alter_column('t', 'a', nullable=False)",
            add.format('b', False, "'2'"), default.format('b', None),
            add.format('c', True, None), default.format('c', "'3'"),
            add.format('d', False, "sa.text('(1 + 3)')"), default.format('d', "'5'"),
            default.format('d', "'6'")]))

        self.assertEqual([(1, 2, None, 4)], self.query('SELECT * FROM t'))
        self.assertIn("b INTEGER NOT NULL, c INTEGER DEFAULT '3', d INTEGER DEFAULT '6' NOT NULL",
                      self.sql())

    def _add(self, *columns):
        return self.upgrade(
            ['CREATE TABLE t (a INT UNIQUE)', 'INSERT INTO t VALUES (1), (2)'],
            '\n'.join(f"op.add_column('t', sa.Column('n{number}', {column}))"
                      for number, column in enumerate(columns)))


class CaughtTests(altering.AlteringTestCase):
    """What is not there, or is there already, is an error that revisions catch."""

    def test_caught(self):
        """It is what oslo.db makes of it on other databases, or on SQLite."""
        for body, error in (
                ("op.alter_column('no', 'a', nullable=False)", 'DBNonExistentTable'),
                ("op.drop_constraint('no', 't', type_='unique')", 'DBNonExistentConstraint'),
                ("op.drop_column('t', 'no')", 'OperationalError'),
                ("op.alter_column('t', 'no', nullable=False)", 'OperationalError'),
                ("op.add_column('t', sa.Column('A', sa.Integer(), unique=True))",
                 'OperationalError'),
                ("op.create_check_constraint('u', 't', 'a > 0')", 'OperationalError'),
                ("op.create_unique_constraint('v', 'no', ['a'])", 'DBNonExistentTable')):
            with self.subTest(body):
                self.setUp()
                self.alter(['CREATE TABLE t (a INT, CONSTRAINT u UNIQUE (a))'], f"""
from oslo_db import exception
from sqlalchemy import exc
try:
    {body}
except {'exc' if error == 'OperationalError' else 'exception'}.{error}:
    op.alter_column('t', 'a', type_=sa.Text())
""")

                self.assertIn('a TEXT', self.sql())


def _inserts(values):
    return [f'INSERT INTO t VALUES ({value})' for value in values.split(', ')]
