# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` that finds out whether a statement in flight was done."""

import sqlalchemy as sa

from dbmanage.database import statements
from tests import databases
from tests import killed
from tests import processes
from tests import timelines

ONE = """
op.execute('CREATE TABLE one (id INT PRIMARY KEY, n INT, word VARCHAR(9), KEY ix_word (word))')
op.execute('CREATE TABLE spare (id INT)')
op.execute('CREATE TABLE twin LIKE one')
"""
# Each is refused when it is done again.
ONCE = [
    'ALTER TABLE one ADD COLUMN m INT',
    'ALTER TABLE one DROP COLUMN n',
    'ALTER TABLE one CHANGE n m BIGINT',
    'ALTER TABLE one RENAME COLUMN n TO m',
    'ALTER TABLE one RENAME INDEX ix_word TO ix_term',
    'ALTER TABLE one ADD CONSTRAINT uq_n UNIQUE (n)',
    'ALTER TABLE one ADD COLUMN m INT, DROP COLUMN n',
    'ALTER TABLE one RENAME TO two',
    'CREATE INDEX ix_n ON one (n)',
    'DROP INDEX ix_word ON one',
    'RENAME TABLE one TO two',
]
# Each is refused after another statement, with a number that could mean "done".
REFUSED = {
    'CREATE TABLE two AS SELECT n FROM one': ['DROP TABLE two', 'DROP TABLE one'],
    'CREATE TABLE two LIKE one': ['DROP TABLE two', 'DROP TABLE one'],
    'CREATE VIEW two AS SELECT n FROM one': ['DROP VIEW two', 'ALTER TABLE one DROP COLUMN n'],
    'ALTER TABLE one MODIFY n BIGINT': ['ALTER TABLE one DROP COLUMN n'],
    'ALTER TABLE one ADD COLUMN m INT AFTER n': ['ALTER TABLE one DROP COLUMN m, DROP COLUMN n'],
    'ALTER TABLE one COMMENT = \'first\'': ['DROP TABLE one'],
    'CREATE INDEX ix_n ON one (n)': ['DROP TABLE one'],
    'TRUNCATE one': ['DROP TABLE one'],
}


# Nothing tells whether they were done: no table is found in them, or it is as it was.
UNSURE = [
    'ALTER TABLE /* why */ one ADD INDEX (n)',
    'RENAME TABLE one TO other, twin TO one, other TO twin',
]


class ProbedTests(killed.KilledTestCase):
    """The server has done a statement, or not; the client did not hear of it."""

    def test_done_or_not(self):
        """The same refusal means "done" if the table has changed, and only then."""
        for statement in ONCE:
            with self.subTest(statement):
                self._kill_behind(statement)
                before = self._pretend_that_nothing_has_changed(statement)
                refused = self.run_command('upgrade', 'head')
                recorded = timelines.recorded(self.database)
                self._set_before(before)
                result = self.run_command('upgrade', 'head')

                self.assertEqual((6, ''), (refused.code, refused.out), refused.err)
                self.assertEqual(['001'], recorded)
                self.assertEqual((0, ''), (result.code, result.out), result.err)

    def test_unsure(self):
        """It is not done again, and the choices are shown."""
        for statement in UNSURE:
            with self.subTest(statement):
                self._kill_behind(statement)
                before = databases.snapshot(self.database)
                result = self.run_command('upgrade', 'head')

                self.assertEqual((6, ''), (result.code, result.out), result.err)
                self.assertIn('nothing tells whether statement 1 was done', result.err)
                self.assertEqual(before, databases.snapshot(self.database))

    def test_refused_for_another_reason(self):
        """The number of the refusal means "done" for other statements."""
        for statement, changes in REFUSED.items():
            with self.subTest(statement):
                self._kill_behind(statement)
                self._execute(*changes)
                result = self.run_command('upgrade', 'head')

                self.assertEqual((6, ''), (result.code, result.out), result.err)
                self.assertEqual(['001'], timelines.recorded(self.database))

    def test_changed_by_somebody(self):
        """It was not done, though its table has changed: it is done now."""
        for statement in ('ALTER TABLE one ADD COLUMN m INT', 'CREATE INDEX ix_n ON one (n)'):
            with self.subTest(statement):
                self._kill_behind(statement)
                wanted = databases.snapshot(self.database)['tables']['one']
                undo = 'DROP COLUMN m' if 'COLUMN' in statement else 'DROP INDEX ix_n'
                self._execute(f'ALTER TABLE one {undo}', "ALTER TABLE one COMMENT = 'tidied'")
                result = self.run_command('upgrade', 'head')

                self.assertEqual((0, ''), (result.code, result.out), result.err)
                found = databases.snapshot(self.database)['tables']['one']
                self.assertEqual(wanted['columns'], found['columns'])
                self.assertEqual(wanted['indexes'], found['indexes'])

    def _kill_behind(self, statement):
        self.url = self._create()
        self.configure(database={'connection': self.url})
        self.kill_with(timelines.line(
            ONE, f'op.execute({statement!r})\n{processes.KILL}', 'three'))

    def _execute(self, *changes):
        with self.database.connect() as connection:
            for change in changes:
                connection.execute(sa.text(change))

    def _pretend_that_nothing_has_changed(self, statement):
        with self.database.connect() as connection:
            before = connection.scalar(sa.text(f'SELECT `before` FROM {timelines.OWN.journal}'))
            found = '' if ' TO two' in statement else statements.hashed_table(
                connection.execute(sa.text('SHOW CREATE TABLE one')).one()[1])
        self._set_before(found)
        return before

    def _set_before(self, value):
        with self.database.begin() as connection:
            connection.execute(
                sa.text(f'UPDATE {timelines.OWN.journal} SET `before` = :value'), {'value': value})
