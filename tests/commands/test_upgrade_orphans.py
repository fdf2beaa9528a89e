# SPDX-License-Identifier: Apache-2.0
"""Revisions on SQLite that leave rows which refer to nothing."""

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines

TABLES = """
op.create_table('parent', sa.Column('id', sa.Integer(), primary_key=True))
op.create_table('child', sa.Column('parent_id', sa.Integer(), sa.ForeignKey('parent.id')))
"""
ORPHAN = "op.execute('INSERT INTO child VALUES (2)')"


class OrphanTests(databases.SQLite, base.CommandTestCase):
    """Foreign keys are looked at before the commit of what may break them."""

    def test_last_revision(self):
        """A single revision is not applied, and stays so."""
        self._upgrade(TABLES)
        for _ in range(2):
            result = self._upgrade(TABLES, ORPHAN)

            self.assertEqual((1, ''), (result.code, result.out))
            self.assertIn('error: revision 002: rows of child would refer to no row of parent, '
                          'says PRAGMA foreign_key_check', result.err.splitlines()[-1])
            self.assertEqual(['001'], timelines.recorded(self.database))
            self.assertEqual([], databases.rows(self.database)['child'])

    def test_revisions_of_their_own(self):
        """With a transaction for each revision those before it stay."""
        result = self._upgrade(TABLES, 'one', ORPHAN, 'two', transaction_per_migration=True)

        self.assertEqual(1, result.code)
        self.assertIn('error: revision 003: rows of child', result.err.splitlines()[-1])
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_revisions_of_one_transaction(self):
        """They are named, and one at a time the one is found."""
        result = self._upgrade(TABLES, 'one', ORPHAN, 'two')
        codes = [self.run_command('upgrade', '+1').code for _ in range(3)]

        self.assertEqual(1, result.code)
        self.assertRegex(result.err.splitlines()[-1],
                         'error: one of the revisions 001 to 004: rows .*; upgrade .1 tells which$')
        self.assertEqual([0, 0, 1], codes)
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_mended_on_the_way(self):
        """A later revision of the run may mend it."""
        result = self._upgrade(TABLES, ORPHAN, "op.execute('INSERT INTO parent VALUES (2)')")

        self.assertEqual(0, result.code, result.err)

    def test_orphan_of_others(self):
        """A row that referred to nothing before is in nobody's way."""
        self._upgrade(TABLES)
        with self.database.begin() as connection:
            connection.execute(sa.text('INSERT INTO child VALUES (7)'))
        result = self._upgrade(TABLES, 'op.execute("UPDATE child SET parent_id = 8")')

        self.assertEqual(0, result.code, result.err)

    def test_key_of_others_that_never_worked(self):
        """It is in nobody's way either, and hides no row."""
        self._upgrade(TABLES)
        with self.database.begin() as connection:
            connection.execute(sa.text(
                'CREATE TABLE odd (id INTEGER REFERENCES child (parent_id))'))
        well = self._upgrade(TABLES, 'two')
        result = self._upgrade(TABLES, 'two', ORPHAN)

        self.assertEqual(0, well.code, well.err)
        self.assertEqual(1, result.code)
        self.assertIn('revision 003: rows of child would refer to no row of parent', result.err)

    def test_column_that_is_referred_to(self):
        """It cannot go, for its children would refer to no column."""
        result = self._upgrade(TABLES, "op.add_column('parent', sa.Column('n', sa.Integer()))",
                               "op.drop_constraint('parent_pkey', 'parent')")

        self.assertEqual(1, result.code)
        self.assertIn('foreign key mismatch - "child" referencing "parent"', result.err)
        self.assertEqual([], timelines.tables(self.database))

    def _upgrade(self, *bodies, **options):
        self.service(timelines.line(*bodies), **options)
        self.database = self.engine(poolclass=sa.pool.NullPool)
        return self.run_command('upgrade', 'head')
