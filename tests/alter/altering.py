# SPDX-License-Identifier: Apache-2.0
"""The base of the tests that alter tables of SQLite."""

from tests import base
from tests import databases
from tests import timelines


class AlteringTestCase(databases.SQLite, base.CommandTestCase):
    """A table that some SQL makes, and a revision that alters it.

    The first statement of ``made`` creates the table ``t``.
    """

    maxDiff = None

    def upgrade(self, made, *bodies, **options):
        """Run a revision with some SQL, and those with the bodies; return what they left."""
        first = '\n'.join(f'op.execute({statement!r})' for statement in made)
        self.service(timelines.line(first or 'pass', *bodies), **options)
        self.database = self.engine()
        return self.run_command('upgrade', 'head')

    def alter(self, made, *bodies, **options):
        """Do so, and it ends well."""
        result = self.upgrade(made, *bodies, **options)
        self.assertEqual((0, ''), (result.code, result.out), result.err)
        return result

    def sql(self, name='t'):
        """Return what SQLite keeps of a table or an index, in one line."""
        found = self.query("SELECT sql FROM sqlite_master WHERE name = ?", name)
        return ' '.join(found[0][0].split()) if found else None

    def query(self, statement, *parameters):
        """Return the rows that a statement finds."""
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement, parameters)]
