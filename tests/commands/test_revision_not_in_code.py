# SPDX-License-Identifier: Apache-2.0
"""A database at a revision that this code does not have: exit 7 everywhere."""

import json

from tests import base
from tests import databases
from tests import timelines

# Every command that looks at the database.
COMMANDS = (
    ('upgrade', 'head'),
    ('upgrade', 'heads'),
    ('upgrade', '001'),
    ('upgrade', '+1'),
    ('upgrade', '--delta', '1'),
    ('upgrade', 'current:head', '--sql'),
    ('current',),
    ('current', '-v'),
    ('current', '--check'),
    ('history', '-i'),
    ('stamp', 'head'),
    ('stamp', 'base'),
    ('stamp', 'current:002', '--sql'),
    ('populate',),
    ('populate_actions',),
    ('revision', '-m', 'new', '--autogenerate'),
)
# The others answer as always.
OTHERS = (
    ('history',), ('heads',), ('branches',), ('show', 'head'), ('check_migration',),
    ('upgrade', 'head', '--sql'), ('stamp', 'head', '--sql'),
)  # fmt: skip


class RevisionNotInCodeTests(databases.SQLite, base.CommandTestCase):
    """A database that newer code has upgraded."""

    def setUp(self):
        super().setUp()
        self.service(
            timelines.line('one', 'two'),
            {'models.py': 'import sqlalchemy as sa\nMETADATA = sa.MetaData()\n',
             'seed.py': 'def actions(connection): pass\n'},
            metadata='acme.models:METADATA', populate='actions:acme.seed:actions')
        timelines.record(self.engine(), 'f00d')

    def test_commands(self):
        """The message names the id and what to do; nothing is written."""
        before = databases.rows(self.engine())
        for argv in COMMANDS:
            with self.subTest(argv):
                result = self.run_command(*argv)

                self.assertEqual((7, ''), (result.code, result.out), result.err)
                self.assertEqual(
                    'db-manage: error: the database is at revision f00d, which this code '
                    'does not have; deploy the code that has it\n', result.err)
                self.assertEqual(before, databases.rows(self.engine()))

    def test_json(self):
        """The error has its code and its name."""
        for argv in COMMANDS:
            if '--sql' not in argv:
                with self.subTest(argv):
                    result = self.run_command(*argv, '-f', 'json')

                    error = json.loads(result.out)['error']
                    self.assertEqual(
                        (7, 7, 'unknown_revision'), (result.code, error['code'], error['name']))
                    self.assertIn('f00d', error['message'])

    def test_commands_without_a_database(self):
        """What does not look at the database does not mind."""
        for argv in OTHERS:
            with self.subTest(argv):
                result = self.run_command(*argv)

                self.assertEqual((0, ''), (result.code, result.err))

    def test_one_of_several(self):
        """A known revision beside it does not help."""
        with self.engine().begin() as connection:
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('001')")
        result = self.run_command('current')

        self.assertEqual((7, ''), (result.code, result.out))
        self.assertIn('at revision f00d, which', result.err)
