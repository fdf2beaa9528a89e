# SPDX-License-Identifier: Apache-2.0
"""Who alters tables of SQLite so, and who does not."""

import io

import sqlalchemy as sa
from alembic import operations
from alembic.runtime import migration

from dbmanage.testing import moments
from tests import base
from tests import databases
from tests import timelines
from tests.alter import altering

TABLE = "op.create_table('t', sa.Column('a', sa.Integer()), sa.UniqueConstraint('a'))"
UNIQUE = "op.create_unique_constraint('u', 't', ['a'])"
RETYPE = "op.alter_column('t', 'a', type_=sa.Text())"


class OptionTests(altering.AlteringTestCase):
    """[dbmanage] sqlite_alter."""

    def test_off(self):
        """SQLite is altered as far as it can, and names are those of the revision."""
        result = self.upgrade([], TABLE, UNIQUE, sqlite_alter=False)

        self.assertEqual(1, result.code)
        self.assertIn('003.py, line 10): NotImplementedError: No support for ALTER', result.err)
        self.alter([], TABLE, 'pass', sqlite_alter=False)
        self.assertEqual('CREATE TABLE t ( a INTEGER, UNIQUE (a) )', self.sql())

    def test_not_a_truth(self):
        """Another value than true and false is a wrong configuration."""
        self.assertEqual(2, self.upgrade([], TABLE, sqlite_alter='rarely').code)


class OthersTests(databases.SQLite, base.CommandTestCase):
    """Alembic is as it was for everybody else in the process."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line(TABLE, UNIQUE))
        result = self.run_command('upgrade', 'head')
        self.assertEqual(0, result.code, result.err)

    def test_sqlite(self):
        """A run that is not ours has what Alembic has."""
        with sa.create_engine('sqlite://').connect() as connection:
            op = operations.Operations(migration.MigrationContext.configure(connection))
            op.create_table('t', sa.Column('a', sa.Integer()), sa.UniqueConstraint('a'))

            self.assertRaises(NotImplementedError, op.create_unique_constraint, 'u', 't', ['a'])
            self.assertEqual([None], [
                one['name'] for one in sa.inspect(connection).get_unique_constraints('t')])

    def test_batch(self):
        """A batch operation of a revision is Alembic's own."""
        batch = "with op.batch_alter_table('t') as batch:\n    batch.alter_column('a', type_=sa.{})"
        self.service(timelines.line(TABLE, UNIQUE, batch.format('Text()')))
        with moments.counted() as statements:
            self.assertEqual(0, self.run_command('upgrade', 'head').code)

        self.assertIn('\nDROP TABLE t', statements)

    def test_postgresql(self):
        """Another database has its own ALTER, and its own names."""
        out = io.StringIO()
        op = operations.Operations(migration.MigrationContext.configure(
            dialect_name='postgresql', opts={'as_sql': True, 'output_buffer': out}))
        op.create_unique_constraint(None, 't', ['a'])

        self.assertEqual('ALTER TABLE t ADD UNIQUE (a);', out.getvalue().strip())


class ScriptTests(altering.AlteringTestCase):
    """upgrade --sql for SQLite."""

    def test_names(self):
        """A script gives the names that a run gives."""
        self.alter([], TABLE)
        self.service(timelines.line('pass', TABLE))
        script = self.run_command('upgrade', 'head', '--sql')

        self.assertIn(self.sql(), ' '.join(script.out.split()))

    def test_needs_the_table(self):
        """What needs the table is named, with its line and what to do."""
        self.service(timelines.line(TABLE, RETYPE))
        script = self.run_command('upgrade', 'head', '--sql')

        self.assertEqual((1, ''), (script.code, script.out))
        last = script.err.splitlines()[-1]
        self.assertIn('002.py, line 10) cannot be written as SQL', last)
        self.assertIn('SQLite cannot alter table t like that', last)
        self.assertIn('run it online', last)

    def test_plain(self):
        """What SQLite can alter is written."""
        self.service(timelines.line(
            TABLE, "op.add_column('t', sa.Column('b', sa.Text()))", "op.drop_column('t', 'b')",
            "op.alter_column('t', 'a', new_column_name='c')"))
        script = self.run_command('upgrade', 'head', '--sql')

        for statement in ('ADD COLUMN b TEXT', 'DROP COLUMN b', 'RENAME COLUMN a TO c'):
            self.assertIn(f'ALTER TABLE t {statement};', script.out, script.err)


class StampTests(databases.SQLite, base.CommandTestCase):
    """Commands that run no revision."""

    def test_stamp(self):
        """A stamp is recorded, with the option on."""
        self.service(timelines.line(TABLE, RETYPE))

        self.assertEqual(0, self.run_command('stamp', 'head').code)
        self.assertEqual(['002'], timelines.recorded(self.engine()))
