# SPDX-License-Identifier: Apache-2.0
"""The rows of the system and of users."""

import hashlib
import json

import sqlalchemy as sa

from dbmanage.reference import models
from tests import base
from tests import databases
from tests.reference import samples

ACTIONS = models.Base.metadata.tables['action_definitions']
WORKFLOWS = models.Base.metadata.tables['workflow_definitions']
EXECUTIONS = models.Base.metadata.tables['workflow_executions']


class PopulateTests:
    """``populate`` on a database that is at head."""

    def setUp(self):
        super().setUp()
        self.database = self.engine()
        self.assertEqual(0, self.run_command('upgrade', 'head').code)

    def test_empty(self):
        """The rows of the files are there, with their checksums."""
        actions, workflows = self._populate()

        self.assertGreaterEqual(actions['added'], 10)
        self.assertGreaterEqual(workflows['added'], 3)
        for table, counts in ((ACTIONS, actions), (WORKFLOWS, workflows)):
            rows = self._rows(table)
            self.assertEqual(counts['added'], len(rows))
            for row in rows:
                self.assertEqual(row.checksum, hashlib.sha256(row.definition.encode()).hexdigest())
                self.assertEqual(row.name, row.spec['name'])
                self.assertTrue(row.is_system)

    def test_again(self):
        """A second run writes nothing."""
        first = self._populate()
        before = databases.rows(self.database)
        second = self._populate()

        self.assertEqual(before, databases.rows(self.database))
        for done, found in zip(first, second, strict=True):
            unchanged = {'added': 0, 'updated': 0, 'removed': 0, 'unchanged': done['added']}
            self.assertEqual(found, {'name': done['name']} | unchanged)

    def test_rows_that_differ(self):
        """What is missing is added, what differs updated, what is too much removed."""
        self._populate()
        wanted = self._described()
        self._execute(ACTIONS.delete().where(ACTIONS.c.name == 'std.noop'))
        self._execute(
            ACTIONS.update().where(ACTIONS.c.name == 'std.echo')
            .values(definition='old', spec={}, checksum='old'))
        self._execute(ACTIONS.insert().values(_row('old', 'std.old', is_system=True)))
        actions = self._populate()[0]

        unchanged = len(wanted) - 2
        self.assertEqual(
            {'name': 'actions', 'added': 1, 'updated': 1, 'removed': 1, 'unchanged': unchanged},
            actions)
        self.assertEqual(wanted, self._described())

    def test_rows_of_users(self):
        """A user's rows are left as they are, with a name of the system too."""
        mine = [
            _row('u1', 'std.noop', project_id='p1'),
            _row('u2', 'std.noop', project_id=''),
            _row('u3', 'std.mine', project_id='', scope='public'),
        ]
        self._execute(ACTIONS.insert(), mine)
        before = self._rows_of_users()
        added = self._populate()[0]['added']
        self._execute(ACTIONS.delete().where(ACTIONS.c.is_system))
        again = self._populate()[0]

        self.assertEqual((added, 0), (again['added'], again['removed']))
        self.assertEqual(before, self._rows_of_users())

    def test_failure(self):
        """A row that cannot be written leaves none written."""
        self._execute(ACTIONS.insert().values(_row('u1', 'clusters.verify', project_id='p1')))
        self._execute(sa.text('CREATE UNIQUE INDEX name_only ON action_definitions (name)'))
        before = databases.rows(self.database)
        result = self.run_command('populate')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertEqual(before, databases.rows(self.database))

    def test_workflow_in_use(self):
        """An execution outlives the system's workflow that it came from."""
        self._execute(WORKFLOWS.insert().values(_row('old', 'std.old', is_system=True)))
        self._execute(EXECUTIONS.insert().values(
            id='e1', workflow_id='old', workflow_name='std.old', project_id='p1', state='SUCCESS'))
        workflows = self._populate()[1]

        self.assertEqual(1, workflows['removed'])
        executions = samples.select(
            self.database, 'workflow_executions', 'id', 'workflow_id', 'workflow_name')
        self.assertEqual([('e1', None, 'std.old')], executions)

    def _populate(self):
        result = self.run_command('populate', '-f', 'json')
        self.assertEqual(0, result.code, result.err)
        return json.loads(result.out)['sets']

    def _execute(self, statement, rows=None):
        with self.database.begin() as connection:
            connection.execute(statement, rows)

    def _rows(self, table):
        with self.database.connect() as connection:
            return connection.execute(table.select().order_by(table.c.id)).all()

    def _described(self):
        rows = self._rows(ACTIONS)
        return {row.name: (row.definition, row.spec, row.checksum) for row in rows}

    def _rows_of_users(self):
        return [row for row in self._rows(ACTIONS) if not row.is_system]


class PopulateOnSQLite(PopulateTests, databases.SQLite, base.CommandTestCase):
    """The rows on SQLite."""


class PopulateOnPostgreSQL(PopulateTests, databases.PostgreSQL, base.CommandTestCase):
    """The rows on PostgreSQL."""


class PopulateOnMariaDB(PopulateTests, databases.MariaDB, base.CommandTestCase):
    """The rows on MariaDB."""


def _row(row_id, name, **columns):
    row = {'id': row_id, 'name': name, 'project_id': '', 'definition': 'mine', 'checksum': 'mine'}
    return row | columns
