# SPDX-License-Identifier: Apache-2.0
"""A table that is made anew is what it was, but for what was altered."""

from tests.alter import altering

PARENT = 'CREATE TABLE p (id INTEGER PRIMARY KEY, x INTEGER, UNIQUE (id, x))'
TABLE = '''CREATE TABLE "t" (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the number, counted
    "a b" VARCHAR(10) COLLATE NOCASE DEFAULT 'it''s, (a) "text"' NOT NULL ON CONFLICT ABORT,
    b TEXT, /* CHECK (b) */
    n INT DEFAULT (1 + 2) CONSTRAINT positive CHECK (n > 0),
    j JSON, l LONGTEXT, [order] DOUBLE PRECISION, `e` MY TYPE(1, 2) NULL,
    raw BLOB DEFAULT x'00ff',
    twice INT GENERATED ALWAYS AS (n * 2) VIRTUAL,
    thrice INT AS (n * 3) STORED,
    p_id INT REFERENCES p (id) ON DELETE SET NULL ON UPDATE SET DEFAULT NOT DEFERRABLE,
    x INT,
    UNIQUE ("a b", n) ON CONFLICT IGNORE,
    CHECK (n < 100 AND b <> ','),
    CONSTRAINT both FOREIGN KEY (p_id, x) REFERENCES p (id, x) MATCH FULL ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED
    UNIQUE (n, j)
)'''
ROWS = [
    "INSERT INTO p VALUES (1, 1)",
    "INSERT INTO t (id, b) VALUES (7, '2020-01-02 03:04:05')", "DELETE FROM t",
    """INSERT INTO t (id, "a b", b, n, j, l, "order", e, raw, p_id, x) VALUES
        (3, 'A', '2020-01-02 03:04:05', 5, '{"a": 1}', 'l', 1e-3, 'x', x'00', 1, 1),
        (2, 'B', NULL, 6, '[]', NULL, 2, NULL, NULL, NULL, NULL)""",
]
AROUND = [
    'CREATE INDEX lowered ON t (lower("a b"), b DESC) WHERE n > 2',
    'CREATE UNIQUE INDEX one ON t (b COLLATE RTRIM)',
    'CREATE TABLE log (n INT)',
    'CREATE TRIGGER logged AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.n); END',
    'CREATE TRIGGER other AFTER INSERT ON log BEGIN UPDATE t SET j = NULL WHERE n = new.n; END',
    'CREATE VIEW seen AS SELECT "a b", twice FROM t',
    'CREATE TABLE child (t_id INT REFERENCES t (id) ON DELETE CASCADE)',
    'INSERT INTO child VALUES (2), (3)',
]
RETYPED = "op.alter_column('t', 'b', type_=sa.DateTime())"


class KeptTests(altering.AlteringTestCase):
    """A column of a table with everything in it gets another type."""

    def test_definition(self):
        """What was not altered is as it was written, but for comments."""
        self.alter([PARENT, TABLE], RETYPED)

        wanted = TABLE.replace('-- the number, counted', '').replace('/* CHECK (b) */', '')
        wanted = wanted.replace('b TEXT', 'b DATETIME').replace('DEFERRED\n', 'DEFERRED,\n')
        self.assertEqual(wanted.split(), self.sql().split())

    def test_rows(self):
        """Rows have their values, of the types that they had."""
        columns = ['id', '"a b"', 'b', 'n', 'j', 'l', '"order"', 'e', 'raw', 'twice', 'thrice',
                   'p_id', 'x']
        listed = ', '.join([*columns, *(f'typeof({column})' for column in columns)])
        self.alter([PARENT, TABLE, *ROWS, f'CREATE TABLE was AS SELECT {listed} FROM t'], RETYPED)

        self.assertEqual(self.query('SELECT * FROM was'), self.query(f'SELECT {listed} FROM t'))
        self.assertEqual(2, len(self.query('SELECT * FROM was')))

    def test_around(self):
        """Indexes, triggers, views and the foreign keys of others are kept."""
        self.alter([PARENT, TABLE, *ROWS, *AROUND], RETYPED)

        made = [sql for sql, in self.query('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL')]
        self.assertEqual([], [sql for sql in AROUND[:-1] if sql not in made])
        self.assertEqual([('A', 10), ('B', 12)], sorted(self.query('SELECT * FROM seen')))
        self.assertEqual([(2,), (3,)], self.query('SELECT * FROM child'))

    def test_autoincrement(self):
        """A number that was given is not given again."""
        self.alter([PARENT, TABLE, *ROWS], RETYPED, "op.execute('INSERT INTO t (j) VALUES (1)')")

        self.assertEqual([(2,), (3,), (8,)], self.query('SELECT id FROM t ORDER BY id'))

    def test_row_numbers(self):
        """A row whose number is in no column keeps it."""
        made = ['CREATE TABLE t (b TEXT)', "INSERT INTO t VALUES ('x'), ('y'), ('z')",
                "DELETE FROM t WHERE b = 'x'"]
        self.alter(made, "op.alter_column('t', 'b', type_=sa.String())")

        self.assertEqual([(2, 'y'), (3, 'z')], self.query('SELECT rowid, b FROM t'))

    def test_options(self):
        """WITHOUT ROWID and STRICT stay."""
        self.alter(['CREATE TABLE t (b TEXT PRIMARY KEY, n INT) STRICT, WITHOUT ROWID',
                    "INSERT INTO t VALUES ('x', 1)"], "op.alter_column('t', 'n', nullable=False)")

        self.assertEqual('CREATE TABLE t ( b TEXT PRIMARY KEY, n INT NOT NULL ) STRICT, WITHOUT '
                         'ROWID', self.sql().replace('"t"', 't'))
        self.assertEqual([('x', 1)], self.query('SELECT * FROM t'))

    def test_self_reference(self):
        """A foreign key to the table itself goes on to refer to it."""
        self.alter(['CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT, t_id INT REFERENCES t (id))',
                    'INSERT INTO t VALUES (1, NULL, 1)'], RETYPED)

        self.assertIn('t_id INT REFERENCES t (id)', self.sql())
        self.assertEqual([(1, None, 1)], self.query('SELECT * FROM t'))

    def test_names_with_signs(self):
        """Tables and columns of any name are altered."""
        made = ['CREATE TABLE "a ""t"" (x" ("c,d" TEXT, "e"")" INT)',
                'INSERT INTO "a ""t"" (x" VALUES (\'x\', 1)']
        self.alter(made, "op.alter_column('a \"t\" (x', 'c,d', type_=sa.String(9), nullable=False)")

        self.assertEqual([('x', 1)], self.query('SELECT "c,d", "e"")" FROM "a ""t"" (x"'))
        self.assertIn('"c,d" VARCHAR(9) NOT NULL, "e"")" INT', self.sql('a "t" (x'))
