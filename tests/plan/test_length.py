# SPDX-License-Identifier: Apache-2.0
"""How many statements a revision has, against the journal of its run."""

import sqlalchemy as sa

from dbmanage import conf
from dbmanage import context
from dbmanage.database import journal
from tests import base
from tests import databases
from tests import timelines

# It reads the rows of the database to know what to write.
UNKNOWN = '012'


class LengthOnMariaDB(databases.MariaDB, base.CommandTestCase):
    """The timeline of the reference service, revision by revision."""

    def setUp(self):
        super().setUp()
        self.database = self.engine(isolation_level='AUTOCOMMIT')
        journal.table(None, timelines.OWN.journal).create(self.database)
        self._execute('CREATE TABLE kept (revision VARCHAR(32), number INTEGER)')
        self._execute(f'CREATE TRIGGER keep AFTER INSERT ON {timelines.OWN.journal} FOR EACH ROW '
                      'INSERT INTO kept VALUES (NEW.revision, NEW.number)')

    def test_reference(self):
        """What the paper says is the number of the last statement of the journal."""
        options = conf.read([str(self.configure())], [], 'dbmanage', 'db-manage', None)
        place = context.Context(conf.configured_service(options), options)
        for revision in place.timeline.plan('heads', ()):
            begun = journal.Entry(revision.revision, 1, revision.fingerprint, '', '', '', True, '')
            with self.database.connect() as connection:
                length = place.plan.length(connection, begun)
            upgrade = self.run_command('upgrade', revision.revision)

            self.assertEqual(0, upgrade.code, upgrade.err)
            with self.subTest(revision.revision):
                self.assertEqual(self._last(revision.revision), length)

    def _last(self, revision):
        """Return the number of the last statement that was journaled."""
        if revision == UNKNOWN:
            return None
        return self._execute(f"SELECT max(number) FROM kept WHERE revision = '{revision}'").scalar()

    def _execute(self, statement):
        with self.database.connect() as connection:
            result = connection.execute(sa.text(statement))
            return result.freeze()() if result.returns_rows else None
