# SPDX-License-Identifier: Apache-2.0
"""``stamp`` and ``populate`` where somebody holds a row: they try again."""

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines

SEED = """
import sqlalchemy as sa


def write(connection):
    connection.execute(sa.text('INSERT INTO one VALUES (2)'))
    connection.execute(sa.text('UPDATE one SET id = 3 WHERE id = 1'))
"""


class BlockedRowsTests:
    """Another client has changed what is to be changed, and has not ended."""

    def setUp(self):
        super().setUp()
        self.service(
            timelines.line('one', 'two'), {'seed.py': SEED}, populate='seed:acme.seed:write')
        self.configure(dbmanage={'lock_timeout': 1, 'lock_retry': 60})
        self.run_command('upgrade', 'head')
        self.other = self.engine().connect()
        self.addCleanup(self.other.close)
        self.other.execute(sa.text('INSERT INTO one VALUES (1)'))
        self.other.commit()

    def hold(self, statement):
        """Hold rows; return the number of the session."""
        self.other.execute(sa.text(statement))
        return self.other.scalar(sa.text(self.session))

    def test_stamp(self):
        """It records the revision as soon as it can."""
        session = self.hold('UPDATE alembic_version SET version_num = version_num')
        run = self.start('stamp', '001')
        said = run.wait_for(f'blocked by process {session}, ')
        self.other.rollback()
        result = run.result()

        self.assertRegex(said, '^stamp: .*; trying again in ')
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['001'], timelines.recorded(self.engine()))

    def test_populate(self):
        """All rows are written once, as soon as they can be."""
        self.hold('UPDATE one SET id = id')
        run = self.start('populate')
        said = run.wait_for('trying again in')
        self.other.rollback()
        result = run.result()

        self.assertRegex(said, '^populate: ')
        self.assertEqual(0, result.code, result.err)
        self.assertEqual([(2,), (3,)], databases.rows(self.engine())['one'])

    def test_gives_up(self):
        """It is busy after lock_retry, and nothing is written."""
        self.configure(dbmanage={'lock_retry': 0})
        self.hold('UPDATE one SET id = id')
        result = self.run_command('populate')
        self.other.rollback()

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertIn('; blocked by process ', result.err.splitlines()[-1])
        self.assertEqual([(1,)], databases.rows(self.engine())['one'])


class BlockedRowsOnPostgreSQL(
    BlockedRowsTests, databases.PostgreSQL, processes.ProcessTestCase
):
    """Rows that are held on PostgreSQL."""

    session = 'SELECT pg_backend_pid()'


class BlockedRowsOnMariaDB(BlockedRowsTests, databases.MariaDB, processes.ProcessTestCase):
    """Rows that are held on MariaDB."""

    session = 'SELECT CONNECTION_ID()'
