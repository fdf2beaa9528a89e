# SPDX-License-Identifier: Apache-2.0
"""What needs an altered table: triggers, views and foreign keys, of others too."""

from tests.alter import altering

TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, b INT, c INT)'
ROWS = 'INSERT INTO t VALUES (1, 2, 3)'
LOG = 'CREATE TABLE log (n INT)'
DROP = "op.drop_column('t', 'b')"


class DropColumnTests(altering.AlteringTestCase):
    """A column that something else uses is not dropped."""

    def test_trigger_of_another_table(self):
        """However it uses the column: each would fail later, at an INSERT."""
        for body in ('INSERT INTO t (b) VALUES (new.n)', 'UPDATE t SET b = 1',
                     'DELETE FROM t WHERE b = new.n', 'INSERT INTO t SELECT 7, 8, 9',
                     'INSERT INTO log SELECT "b" FROM t'):
            with self.subTest(body):
                self._assert_refused(f'CREATE TRIGGER r AFTER INSERT ON log BEGIN {body}; END',
                                     'trigger r of table log')

    def test_trigger_of_the_table(self):
        """One that would never be fired again is broken, too."""
        for event in ('UPDATE OF c, b ON t BEGIN SELECT 1', 'DELETE ON t BEGIN SELECT old.b',
                      'UPDATE ON t WHEN new.b > 1 BEGIN SELECT 1'):
            with self.subTest(event):
                self._assert_refused(f'CREATE TRIGGER "B" AFTER {event}; END',
                                     'trigger B of table t')

    def test_trigger_that_fires_it(self):
        """The one that has to be mended is named."""
        self._assert_refused(
            'CREATE TRIGGER z AFTER INSERT ON log BEGIN UPDATE t SET b = 1; END',
            'trigger z of table log', 'CREATE TABLE a (n)',
            'CREATE TRIGGER a AFTER INSERT ON a BEGIN INSERT INTO log VALUES (1); END')

    def test_view(self):
        """To a view, "b" would be a string."""
        for listed in ('b', 't.b AS x', '"b"', 'c, "b" x'):
            with self.subTest(listed):
                self._assert_refused(f'CREATE VIEW v AS SELECT {listed} FROM t', 'view v')

    def test_others(self):
        """What uses other columns, or other tables, is in no way."""
        others = [
            'CREATE TABLE u (b INT)', 'CREATE VIEW v AS SELECT c AS "b" FROM t',
            'CREATE VIEW "w" AS SELECT "b" FROM u',
            'CREATE TRIGGER "b" AFTER UPDATE OF c ON t BEGIN INSERT INTO u (b) VALUES (1); END',
            'CREATE TRIGGER r AFTER INSERT ON log BEGIN INSERT INTO t (c) VALUES (new.n); END']
        self.alter([TABLE, ROWS, LOG, *others], DROP)

        self.assertEqual([(1, 3)], self.query('SELECT * FROM t'))
        self.assertEqual(others, [sql for sql, in self.query(
            "SELECT sql FROM sqlite_master WHERE name IN ('u', 'v', 'w', 'b', 'r') ORDER BY rowid")
            if sql in others] and others)

    def test_broken_before(self):
        """What never worked is not the fault of this revision."""
        self.alter([TABLE, 'CREATE VIEW v AS SELECT x FROM t', 'CREATE VIEW w AS SELECT y FROM no'],
                   DROP)

        self.assertIn('id INTEGER PRIMARY KEY, c INT', self.sql())

    def _assert_refused(self, needs, name, *more):
        self.setUp()
        result = self.upgrade([TABLE, ROWS, LOG, *more, needs],
                              f"try:\n    {DROP}\n    op.execute('SELECT 1')\n"
                              "except sa.exc.OperationalError:\n    pass", DROP)

        last = result.err.splitlines()[-1]
        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn(f'003.py, line 10): error in {name} after a change of table t: ', last)


class AddColumnTests(altering.AlteringTestCase):
    """A new column is in nobody's way."""

    def test_values_without_columns(self):
        """A trigger or a view that counts on the number of columns is named."""
        for needs, name in (
                ('CREATE TRIGGER r AFTER INSERT ON log BEGIN INSERT INTO t VALUES (1, 2, 3); END',
                 'trigger r of table log'),
                ('CREATE VIEW v AS SELECT * FROM t UNION SELECT 1, 2, 3', 'view v')):
            for column in ('sa.Text()', 'sa.Text(), unique=True'):
                with self.subTest(needs, column=column):
                    self.setUp()
                    result = self.upgrade([TABLE, LOG, needs],
                                          f"op.add_column('t', sa.Column('n', {column}))")

                    self.assertEqual((1, ''), (result.code, result.out))
                    self.assertIn(f'002.py, line 10): error in {name} after a change of table t: ',
                                  result.err.splitlines()[-1])


class KeyTests(altering.AlteringTestCase):
    """What a foreign key refers to stays, and stays unique."""

    def test_referred_to(self):
        """It is told on the line that would break the foreign key."""
        for body in ("op.drop_column('t', 'b')", "op.drop_constraint('t_b_key', 't')",
                     "op.drop_constraint('t_b_key', 't', type_='unique')"):
            with self.subTest(body):
                self.setUp()
                result = self.upgrade(['CREATE TABLE t (a INT, b INT UNIQUE)',
                                       'CREATE TABLE child (t_b INT REFERENCES t (b))'],
                                      f"op.alter_column('t', 'a', nullable=False)\n{body}")

                self.assertEqual((1, ''), (result.code, result.out))
                self.assertIn('002.py, line 11): error in table child after a change of table t: '
                              'foreign key mismatch', result.err.splitlines()[-1])

    def test_unique_index(self):
        """So it is with an index, with its table and without, but not with another one."""
        made = ['CREATE TABLE t (a INT, b INT)', 'CREATE UNIQUE INDEX i ON t (b)',
                'CREATE INDEX k ON t (a)', 'CREATE TABLE child (t_b INT REFERENCES t (b))']
        for index in ("'i', 't'", "'I'"):
            with self.subTest(index):
                self.setUp()
                result = self.upgrade(made, f"op.drop_index('k', 't')\nop.drop_index({index})")

                self.assertIn('002.py, line 11): error in table child after a change of table t: '
                              'foreign key mismatch', result.err.splitlines()[-1])

    def test_table(self):
        """A table that another one refers to is dropped with it, or made again, or stays."""
        made = ['CREATE TABLE t (id INTEGER PRIMARY KEY, t_id INT REFERENCES t (id))',
                'CREATE TABLE child (t_id INT REFERENCES t (id))', 'CREATE TABLE u (id INT UNIQUE)']
        result = self.upgrade(
            made, "op.drop_table('t')\nop.add_column('u', sa.Column('x', sa.Integer()))")

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('002.py, line 10): cannot drop table t: table child refers to it by a '
                      'foreign key', result.err.splitlines()[-1])
        for body in ("op.drop_table('t')\nop.drop_table('child')",
                     "op.drop_table('t')\nop.rename_table('u', 't')",
                     "op.drop_constraint('child_t_id_fkey', 'child')\nop.drop_table('t')"):
            with self.subTest(body):
                self.setUp()
                self.alter(made, body)

    def test_name_with_quotes(self):
        """So it is with a table of any name, and one that has a mismatch already."""
        table = '"t""x"'
        result = self.upgrade(
            [f'CREATE TABLE {table} (a INT, b INT UNIQUE)', 'CREATE TABLE p (id INT UNIQUE, c INT)',
             f'CREATE TABLE child (b INT REFERENCES {table} (b))'],
            "op.drop_column('t\"x', 'b')")

        self.assertIn('002.py, line 10): error in table child', result.err.splitlines()[-1])

    def test_another_key(self):
        """Whatever else makes it unique will do."""
        self.alter(['CREATE TABLE t (b INT UNIQUE)', 'CREATE UNIQUE INDEX i ON t (b)',
                    'CREATE TABLE child (t_b INT REFERENCES t (b))'],
                   "op.drop_constraint('t_b_key', 't')")

        self.assertEqual('CREATE TABLE "t" ( b INT )', self.sql())

    def test_to_what_is_not_unique(self):
        """Nor is a foreign key created that refers to what may be there twice, or is not."""
        for parent, said in (('t', 'error in table child after a change of table child: foreign'),
                             ('no', 'FOREIGN KEY constraint failed: there is no table no for '
                                    'child to refer to, by t_b')):
            with self.subTest(parent):
                self.setUp()
                result = self.upgrade([TABLE, 'CREATE TABLE child (t_b INT)'],
                                      f"op.create_foreign_key(None, 'child', '{parent}', "
                                      "['t_b'], ['b'])")

                self.assertIn(f'002.py, line 10): {said}', result.err.splitlines()[-1])

    def test_rows_that_refer_to_nothing(self):
        """Those of a new foreign key are counted; those of another one are not."""
        made = ['CREATE TABLE t (id INTEGER PRIMARY KEY, b INT REFERENCES t (id), c INT)',
                'INSERT INTO t VALUES (1, 9, 9), (2, 9, 9)']
        create = "op.create_foreign_key(None, 't', 't', ['c'], ['id'])"
        caught = (f"from oslo_db import exception\ntry:\n    with op.get_bind().begin_nested():\n"
                  f"        {create}\nexcept exception.DBReferenceError as e:\n"
                  "    assert e.key == 'c', e.key")
        result = self.upgrade(made, caught, "op.alter_column('t', 'c', nullable=False)", create)

        self.assertIn('004.py, line 10): FOREIGN KEY constraint failed: 2 rows of t would refer '
                      'to no row of t, by c', result.err.splitlines()[-1])


class RenameTests(altering.AlteringTestCase):
    """What uses a table or a column goes on to do so by a new name."""

    def test_column(self):
        """In triggers of other tables, too, and in lists of columns."""
        self._rename("op.alter_column('t', 'b', new_column_name='z')",
                     'INSERT INTO t(c, z) VALUES (new.n, 5); UPDATE t SET z = z + 1',
                     'SELECT "z" FROM t')

    def test_table(self):
        """So it is with a table."""
        self._rename("op.rename_table('t', 'y')",
                     'INSERT INTO "y"(c, b) VALUES (new.n, 5); UPDATE "y" SET b = b + 1',
                     'SELECT "b" FROM "y"')

    def test_column_of_a_view(self):
        """What looks for the old name in a view is named."""
        result = self.upgrade([TABLE, 'CREATE VIEW v AS SELECT b FROM t',
                               LOG, 'CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN '
                               'INSERT INTO t (b) VALUES (new.b); END'],
                              "op.alter_column('t', 'b', new_column_name='z')")

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('002.py, line 10): error in trigger r', result.err.splitlines()[-1])

    def _rename(self, body, trigger, view):
        self.alter([TABLE, ROWS, LOG, 'CREATE VIEW v AS SELECT "b" FROM t',
                    'CREATE TABLE child (t_id INT REFERENCES t (id))',
                    'CREATE TRIGGER r AFTER INSERT ON log BEGIN INSERT INTO t(c, b) '
                    'VALUES (new.n, 5); UPDATE t SET b = b + 1; END'], body,
                   "op.execute('INSERT INTO log VALUES (4)')")

        self.assertIn(trigger, self.sql('r'))
        self.assertIn(view, self.sql('v'))
        self.assertEqual([(3,), (6,)], self.query('SELECT * FROM v'))
        self.assertEqual([], self.query('PRAGMA foreign_key_check'))
