# SPDX-License-Identifier: Apache-2.0
"""What a statement of MariaDB is, and what it answers the second time."""

import unittest

import sqlalchemy as sa

from dbmanage.database import statements
from tests import databases

SETUP = [
    'CREATE TABLE one (id INT PRIMARY KEY, n INT, word VARCHAR(9), KEY ix_word (word))',
    'CREATE TABLE two (id INT PRIMARY KEY, one_id INT)',
    'CREATE TABLE parts (id INT) PARTITION BY RANGE (id)'
    ' (PARTITION p VALUES LESS THAN (5), PARTITION p0 VALUES LESS THAN (9))',
    'CREATE TABLE plain (id INT)',
    'CREATE TABLE gone (id INT)',
    'CREATE VIEW seen AS SELECT id FROM one',
    'CREATE SEQUENCE counted',
    'CREATE FUNCTION doubled(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n',
    'CREATE PROCEDURE nothing() SELECT 1',
    'CREATE TRIGGER trodden BEFORE INSERT ON one FOR EACH ROW SET NEW.n = 1',
    'CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO SELECT 1',
]
ONCE = [
    'CREATE TABLE three (id INT)',
    'CREATE VIEW shown AS SELECT id FROM one',
    'CREATE SEQUENCE numbered',
    'CREATE INDEX ix_n ON one (n)',
    'CREATE FUNCTION halved(n INT) RETURNS INT DETERMINISTIC RETURN n / 2',
    'CREATE PROCEDURE something() SELECT 1',
    'CREATE TRIGGER trapped BEFORE UPDATE ON one FOR EACH ROW SET NEW.n = 1',
    'CREATE EVENT weekly ON SCHEDULE EVERY 7 DAY DO SELECT 1',
    'ALTER TABLE one ADD COLUMN m INT',
    'ALTER TABLE one ADD CONSTRAINT ck_n CHECK (n > 0)',
    'ALTER TABLE one ADD CONSTRAINT uq_n UNIQUE (n)',
    'ALTER TABLE two ADD CONSTRAINT fk_one FOREIGN KEY (one_id) REFERENCES one (id)',
    'ALTER TABLE plain ADD PRIMARY KEY (id)',
    'ALTER TABLE parts ADD PARTITION (PARTITION p1 VALUES LESS THAN (99))',
    'ALTER TABLE parts DROP PARTITION p0',
    'ALTER TABLE one RENAME COLUMN word TO term',
    'ALTER TABLE one RENAME INDEX ix_word TO ix_term',
    'ALTER TABLE one DROP INDEX ix_term',
    'ALTER TABLE one DROP CONSTRAINT ck_n',
    'ALTER TABLE two DROP FOREIGN KEY fk_one',
    'ALTER TABLE one DROP COLUMN term',
    'RENAME TABLE gone TO there',
    'DROP TABLE there',
    'DROP VIEW seen',
    'DROP SEQUENCE counted',
    'DROP FUNCTION doubled',
    'DROP PROCEDURE nothing',
    'DROP TRIGGER trodden',
    'DROP EVENT daily',
]
# Refused for another reason, some of them with the number of an earlier one.
OTHERWISE = [
    'ALTER TABLE one ADD PRIMARY KEY (id)',
    'ALTER TABLE one ENGINE = nonsense',
    'ALTER TABLE one ADD FOREIGN KEY (id) REFERENCES nowhere (id)',
    'ALTER TABLE one ADD COLUMN n INT AFTER nothing',
    'ALTER TABLE one MODIFY nothing INT',
    'ALTER TABLE one ALTER nothing SET DEFAULT 1',
    'ALTER TABLE one ADD UNIQUE (nothing)',
    'ALTER TABLE nowhere ADD COLUMN n INT',
    'ALTER TABLE nowhere DROP COLUMN n',
    'CREATE INDEX ix ON nowhere (n)',
    'CREATE TABLE two (id NONSENSE)',
    'CREATE TABLE two AS SELECT * FROM nowhere',
    'CREATE TABLE two LIKE nowhere',
    'CREATE VIEW seen AS SELECT nothing FROM one',
    'CREATE TRIGGER t BEFORE INSERT ON nowhere FOR EACH ROW SET NEW.n = 1',
    'DROP INDEX ix ON nowhere',
    'TRUNCATE nowhere',
]


class TwiceTests(databases.MariaDB):
    """A DDL that was done before says so."""

    def test_done_before(self):
        """Its refusal is told from every other."""
        with self.engine(isolation_level='AUTOCOMMIT').connect() as connection:
            for statement in [*SETUP, *ONCE]:
                connection.exec_driver_sql(statement)
                if statement not in ONCE:
                    continue
                with self.subTest(statement), self.assertRaises(sa.exc.DBAPIError) as caught:
                    connection.exec_driver_sql(statement)
                with self.subTest(statement):
                    self.assertTrue(statements.means_done(
                        statement, caught.exception.orig), caught.exception)

    def test_other_refusals(self):
        """They tell that it was not done."""
        with self.engine(isolation_level='AUTOCOMMIT').connect() as connection:
            connection.exec_driver_sql('CREATE TABLE one (id INT)')
            connection.exec_driver_sql('INSERT INTO one VALUES (1), (1)')
            for statement in OTHERWISE:
                with self.subTest(statement):
                    with self.assertRaises(sa.exc.DBAPIError) as caught:
                        connection.exec_driver_sql(statement)
                    self.assertFalse(statements.means_done(statement, caught.exception.orig))


class KindTests(unittest.TestCase):
    """What a statement is, as far as the journal goes."""

    def test_ddl(self):
        """The server commits before it."""
        for statement in ONCE + [' \n-- a\n/* b */ # c\ncreate table x (id int)', 'TRUNCATE one',
                                 '/*!50003 CREATE TRIGGER t */',
                                 'SET STATEMENT x = 1 FOR ALTER TABLE one ADD m INT']:
            self.assertEqual((True, False), self._kind(statement), statement)

    def test_dml(self):
        """It changes rows."""
        for statement in ('INSERT INTO one VALUES (1)', 'update one set n = 1',
                          '/* why */ DELETE FROM one', 'REPLACE INTO one VALUES (1)',
                          'SET STATEMENT max_statement_time = 1 FOR DELETE FROM one',
                          'WITH x AS (SELECT 1) UPDATE one, x SET n = 1'):
            self.assertEqual((False, True), self._kind(statement), statement)

    def test_opaque(self):
        """Only the server knows what it does."""
        for statement in ('CALL nothing()', 'EXECUTE prepared', "EXECUTE IMMEDIATE 'DROP one'",
                          'BEGIN NOT ATOMIC DROP TABLE one; END'):
            self.assertEqual((False, False), self._kind(statement), statement)
            self.assertTrue(statements.is_opaque(statement), statement)

    def test_temporary(self):
        """The server does not commit, and the table ends with the session."""
        for statement in ('CREATE TEMPORARY TABLE one (id INT)', 'DROP TEMPORARY TABLE one',
                          'create or replace temporary table one (id int)'):
            self.assertEqual((False, False), self._kind(statement), statement)
            self.assertTrue(statements.is_temporary(statement), statement)

    def test_several(self):
        """They are told from one that has semicolons in it."""
        self.assertFalse(statements.is_one('DROP TABLE one; DROP TABLE two'))
        for statement in ("INSERT INTO one VALUES ('a; b');", 'DROP TABLE one ; ',
                          'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END'):
            self.assertTrue(statements.is_one(statement), statement)

    def test_neither(self):
        """It changes nothing that a second run would have to know."""
        for statement in ('SELECT 1', 'SET foreign_key_checks = 0', 'SHOW CREATE TABLE one',
                          'WITH x AS (SELECT 1) SELECT * FROM x', '', '-- nothing\n'):
            self.assertEqual((False, False), self._kind(statement), statement)

    def test_altered(self):
        """The table is looked at, before and after."""
        for statement, table in {
                'ALTER TABLE one ADD FOREIGN KEY (n) REFERENCES two (id)': 'one',
                'ALTER TABLE `a b`.`one` ADD UNIQUE (n)': '`a b`.`one`',
                'alter ignore table one add check (n > 0)': 'one',
                'CREATE UNIQUE INDEX ix_n ON one (n)': 'one',
                'DROP INDEX `ix n` ON one': 'one',
                'CREATE TABLE one (id INT UNIQUE)': None,
                'DROP TABLE one': None,
                'RENAME TABLE one TO x, two TO one, x TO two': 'one'}.items():
            self.assertEqual(table, statements.altered(statement))

    def test_goes_twice(self):
        """These are refused by nobody."""
        for statement in (
                'ALTER TABLE one ADD FOREIGN KEY (n) REFERENCES two (id)',
                'ALTER TABLE one ADD UNIQUE (n)', 'ALTER TABLE one ADD CHECK (n > 0)',
                'ALTER TABLE one ADD CONSTRAINT UNIQUE (n)', 'ALTER TABLE one MODIFY n INT UNIQUE',
                'ALTER TABLE one DROP COLUMN n, ADD COLUMN n INT',
                'RENAME TABLE one TO x, two TO one, x TO two'):
            self.assertTrue(statements.goes_twice(statement), statement)

    def test_goes_once(self):
        """These are refused the second time, or do no harm."""
        for statement in (
                'ALTER TABLE one ADD COLUMN m DECIMAL(9, 2)', 'ALTER TABLE one DROP INDEX ix',
                "ALTER TABLE one ADD COLUMN m ENUM('a, b', 'key')", 'RENAME TABLE one TO two',
                'ALTER TABLE one ADD CONSTRAINT uq UNIQUE (n, m)',
                'ALTER TABLE one ADD CONSTRAINT ck CHECK (n IN (1, 2))',
                'ALTER TABLE one ADD PRIMARY KEY (n, m)', 'ALTER TABLE one RENAME INDEX a TO b',
                'CREATE TABLE one (id INT UNIQUE)', 'DROP INDEX ix_n ON one'):
            self.assertFalse(statements.goes_twice(statement), statement)

    def test_hash(self):
        """The parameters count."""
        self.assertNotEqual(statements.hashed('a', (1,)), statements.hashed('a', (2,)))
        self.assertEqual(statements.hashed('a', (1,)), statements.hashed('a', (1,)))

    def _kind(self, statement):
        return statements.is_ddl(statement), statements.is_dml(statement)
