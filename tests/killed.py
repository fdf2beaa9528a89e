# SPDX-License-Identifier: Apache-2.0
"""A revision that is killed half-way, where DDL cannot be rolled back."""

import sqlalchemy as sa

from tests import databases
from tests import processes
from tests import timelines

# Four statements that were sent before the kill, three of which stay.
KILLED = f"""
{timelines.table('two')}
op.execute("INSERT INTO two VALUES (1)")
op.add_column('two', sa.Column('n', sa.Integer()))
op.execute("INSERT INTO two VALUES (2, 2)")
{processes.KILL}
op.execute("UPDATE two SET n = 0 WHERE n IS NULL")
"""


class KilledTestCase(databases.MariaDB, processes.ProcessTestCase):
    """The second of three revisions is killed, and run again."""

    def kill(self, body):
        """Let ``upgrade`` be killed by the body of the second revision."""
        self.kill_with(timelines.line('one', body, 'three'))

    def kill_with(self, files):
        """Let ``upgrade`` be killed by one of these revisions."""
        self.service(files)
        self.database = self.engine()
        killed = self.run_process('upgrade', 'head', env={'TEST_KILL': '1'})
        self.assertEqual((-9, ''), (killed.code, killed.out), killed.err)

    def change(self, old, new):
        """Change the file of the second revision."""
        path = self.directory / 'packages' / 'acme' / 'versions' / '002.py'
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def journal(self):
        """Return the numbers of the statements that are in the journal."""
        with self.database.connect() as connection:
            return list(connection.scalars(sa.text(
                f'SELECT number FROM {timelines.OWN.journal} ORDER BY number')))

    def rows(self, table):
        """Return the rows of a table."""
        return databases.rows(self.database)[table]
