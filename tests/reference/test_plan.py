# SPDX-License-Identifier: Apache-2.0
"""The plan of the reference service, against what the run then does."""

import json
import re

import sqlalchemy as sa
from sqlalchemy import event

from tests import base
from tests import databases

# What a run does for itself, and what a revision asks.
OWN = re.compile(r'SELECT|SHOW|DESCRIBE|SET|PRAGMA|BEGIN|ROLLBACK|SAVEPOINT|RELEASE|DO '
                 r'|CREATE TABLE alembic_version'
                 r'|(?:INSERT INTO|DELETE FROM|UPDATE|ALTER TABLE) `?alembic_version_', re.I)
RECORDED = re.compile(r"(?:INSERT INTO|UPDATE) alembic_version .*?'(\d+)'", re.I)
# It reads the rows of the database to know what to write.
UNKNOWN = '012'


class PlannedTests:
    """The timeline of the reference service, planned and then run."""

    def test_statements(self):
        """The statements executed are the statements planned, revision by revision."""
        document = json.loads(self.run_command('plan', '-f', 'json').out)
        planned = {one['revision']: one for one in document['revisions']}
        executed = self._executed(planned)

        self.assertEqual(list(planned), list(executed))
        for revision, statements in executed.items():
            expected = [_line(sql) for operation in planned[revision]['operations']
                        for sql in operation['sql']]
            with self.subTest(revision):
                if revision == UNKNOWN:
                    self.assertIn('it reads the database', planned[revision]['unknown'])
                else:
                    self.assertIsNone(planned[revision]['unknown'])
                    self.assertEqual(expected, statements)
        self.assertEqual(['020'], document['to'])

    def _executed(self, revisions):
        """Upgrade one at a time; return the statements of each revision."""
        seen = []

        def note(_connection, _cursor, statement, parameters, *_rest):
            seen.append(_line(_with_values(statement, parameters)))

        event.listen(sa.Engine, 'before_cursor_execute', note)
        try:
            codes = {self.run_command('upgrade', one).code for one in revisions}
        finally:
            event.remove(sa.Engine, 'before_cursor_execute', note)
        self.assertEqual({0}, codes)
        found, statements = {}, []
        for statement in seen:
            if recorded := RECORDED.match(statement):
                found[recorded[1]], statements = statements, []
            elif not OWN.match(statement):
                statements.append(statement)
        self.assertEqual([], statements)
        return found


class PlannedOnSQLite(PlannedTests, databases.SQLite, base.CommandTestCase):
    """The plan on SQLite."""


class PlannedOnPostgreSQL(PlannedTests, databases.PostgreSQL, base.CommandTestCase):
    """The plan on PostgreSQL."""


class PlannedOnMariaDB(PlannedTests, databases.MariaDB, base.CommandTestCase):
    """The plan on MariaDB."""


def _with_values(statement, parameters):
    """Return a statement with its parameters in their places."""
    if not parameters:
        return statement.replace('%%', '%')
    if isinstance(parameters, dict):
        return statement % {name: _literal(value) for name, value in parameters.items()}
    values = tuple(map(_literal, parameters))
    return statement % values if '%s' in statement else (
        statement.replace('?', '{}').format(*values))


def _literal(value):
    if value is None:
        return 'NULL'
    return str(value) if isinstance(value, int) else f"'{value}'"


def _line(sql):
    """Return a statement in one line.

    Alembic keeps the constraints of a table that it copies in a set.
    """
    line = ' '.join(sql.split())
    if not line.startswith('CREATE TABLE _alembic_tmp_'):
        return line
    first, *constraints = line.removesuffix(')').strip().split(', CONSTRAINT ')
    return ', CONSTRAINT '.join([first, *sorted(constraints)])
