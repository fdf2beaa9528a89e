# SPDX-License-Identifier: Apache-2.0
"""``populate``: sets of rows, all of them or none."""

import json

from tests import base
from tests import databases
from tests import timelines

SEED = '''
import sqlalchemy as sa

ONE = sa.table('one', sa.column('id'))


def actions(connection):
    present = connection.scalar(sa.select(sa.func.count()).select_from(ONE))
    if not present:
        connection.execute(ONE.insert(), [{'id': 1}, {'id': 2}])
    return {'added': 2 - present, 'unchanged': present}


def plugins(connection):
    print('writing plugins')
    connection.execute(ONE.insert().values(id=3))
    return {'added': 1}


def nothing(connection):
    pass


def alone():
    from acme import engines
    with engines.ENGINE.begin() as connection:
        connection.execute(ONE.insert().values(id=7))
    return {'added': 1}


def raises(connection):
    raise LookupError('no such plugin')


def refused(connection):
    connection.execute(ONE.insert().values(id=1))
    connection.execute(ONE.insert().values(id=1))
'''


class PopulateTestCase(base.CommandTestCase):
    """A test of a service with rows to write into the table ``one``."""

    def populated(self, *names, at='head'):
        """Let these sets be the service's, and bring the database somewhere."""
        self.service(
            timelines.line('one', 'two'), {'seed.py': SEED},
            populate=','.join(f'{name}:acme.seed:{name}' for name in names))
        self.database = self.engine()
        self.assertEqual(0, self.run_command('upgrade', at).code)

    def assert_rows(self, *ids):
        """Assert which rows the table holds."""
        self.assertEqual([(number,) for number in ids], databases.rows(self.database)['one'])


class TransactionTests:
    """The sets of one run, on each kind of database."""

    def test_sets(self):
        """Each set has its line, in the order in which they are declared."""
        self.populated('plugins', 'actions')
        result = self.run_command('populate')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual(
            'plugins: 1 added, 0 updated, 0 removed, 0 unchanged\n'
            'actions: 1 added, 0 updated, 0 removed, 1 unchanged\n', result.out)
        self.assert_rows(3)

    def test_set_without_a_connection(self):
        """It writes by an engine of its own, in its turn, with the lock held."""
        self.populated('actions', 'alone', 'plugins')
        (self.directory / 'packages' / 'acme' / 'engines.py').write_text(
            f'import sqlalchemy\n\nENGINE = sqlalchemy.create_engine({self.url!r})\n')
        result = self.run_command('populate')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual(['actions', 'alone', 'plugins'], [
            line.partition(':')[0] for line in result.out.splitlines()])
        self.assert_rows(1, 2, 3, 7)

    def test_failure(self):
        """A set that fails takes the ones before it along."""
        self.populated('actions', 'raises')
        result = self.run_command('populate')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('LookupError: no such plugin', result.err.splitlines()[-1])
        self.assertIn('seed.py', result.err)
        self.assert_rows()

    def test_refused_statement(self):
        """What the database refuses takes the sets before it along."""
        self.populated('plugins', 'refused')
        result = self.run_command('populate')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('db-manage: error: ', result.err.splitlines()[-1])
        self.assertNotIn('Traceback', result.err)
        self.assert_rows()

    def test_behind(self):
        """The answer is no: nothing is written, and what to do is said."""
        self.populated('actions', at='001')
        result = self.run_command('populate')

        self.assertEqual((3, ''), (result.code, result.out))
        self.assertEqual(
            'db-manage: error: the database is at 001, not at head (002); upgrade it first\n',
            result.err)
        self.assert_rows()

    def test_revision_not_in_the_code(self):
        """Nothing is written by code that does not know the schema."""
        self.populated('actions')
        timelines.record(self.database, 'f00d')
        result = self.run_command('populate')

        self.assertEqual((7, ''), (result.code, result.out))
        self.assertIn('f00d', result.err)
        self.assert_rows()


class TransactionOnSQLite(TransactionTests, databases.SQLite, PopulateTestCase):
    """The sets on SQLite."""


class TransactionOnPostgreSQL(TransactionTests, databases.PostgreSQL, PopulateTestCase):
    """The sets on PostgreSQL."""


class TransactionOnMariaDB(TransactionTests, databases.MariaDB, PopulateTestCase):
    """The sets on MariaDB."""


class PopulateTests(databases.SQLite, PopulateTestCase):
    """Which sets are written, and what is said of them."""

    def test_named_set(self):
        """The others are not written."""
        self.populated('actions', 'plugins')
        result = self.run_command('populate', 'plugins')

        self.assertEqual(0, result.code)
        self.assertEqual('plugins: 1 added, 0 updated, 0 removed, 0 unchanged\n', result.out)
        self.assert_rows(3)

    def test_set_twice(self):
        """A set that is named twice is written once."""
        self.populated('actions', 'plugins')
        result = self.run_command('populate', 'plugins', 'plugins')

        self.assertEqual((0, 1), (result.code, len(result.out.splitlines())), result.err)

    def test_unknown_set(self):
        """The known ones are named, and nothing is written."""
        self.populated('actions', 'plugins')
        result = self.run_command('populate', 'actions', 'nope')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(
            "db-manage: error: there is no set 'nope' to populate; known: actions, plugins\n",
            result.err)
        self.assert_rows()

    def test_service_without_sets(self):
        """Nothing is to be done, and that is said."""
        self.populated()
        result = self.run_command('populate')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertEqual('service acme has no rows to populate\n', result.err)
        self.assertEqual(
            {'sets': []}, json.loads(self.run_command('populate', '-f', 'json').out))

    def test_service_without_sets_and_not_at_head(self):
        """Where the database stands is all that is said."""
        self.populated(at='001')
        result = self.run_command('populate')

        self.assertEqual((3, ''), (result.code, result.out))
        self.assertEqual(
            'db-manage: error: the database is at 001, not at head (002); upgrade it first\n',
            result.err)

    def test_never_versioned(self):
        """The answer is no, and the database is not made."""
        self.populated('actions')
        self.configure(database={'connection': f'sqlite:///{self.directory}/other.sqlite'})
        result = self.run_command('populate')

        self.assertEqual((3, ''), (result.code, result.out))
        self.assertIn('the database is at no revision, not at head (002)', result.err)
        self.assertFalse((self.directory / 'other.sqlite').exists())

    def test_json(self):
        """Every set has every count."""
        self.populated('actions', 'nothing')
        result = self.run_command('populate', '-f', 'json')

        nothing = dict.fromkeys(('added', 'updated', 'removed', 'unchanged'), 0)
        unknown = dict.fromkeys(nothing)
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(
            {'sets': [{'name': 'actions', **nothing, 'added': 2}, {'name': 'nothing', **unknown}]},
            json.loads(result.out))

    def test_talk_of_a_set(self):
        """What a set prints is no data."""
        self.populated('plugins')
        result = self.run_command('populate')

        self.assertNotIn('writing plugins', result.out)
        self.assertIn('writing plugins', result.err)

    def test_place_that_does_not_import(self):
        """The place is named; no set is written."""
        self.populated('actions')
        self.configure(dbmanage={'populate': 'actions:acme.seed:actions, other:acme.nope:rows'})
        result = self.run_command('populate')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn("cannot import acme.nope: ModuleNotFoundError", result.err)
        self.assert_rows()

    def test_place_without_the_function(self):
        """The module and the missing name are named."""
        self.populated('actions', 'plugin')
        result = self.run_command('populate')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('acme.seed has no plugin', result.err)
        self.assert_rows()

    def test_populate_actions(self):
        """As mistral spells it: the set of the actions alone."""
        self.populated('plugins', 'actions')
        result = self.run_command('populate_actions')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual('actions: 2 added, 0 updated, 0 removed, 0 unchanged\n', result.out)
        self.assert_rows(1, 2)

    def test_populate_actions_of_a_service_without_them(self):
        """The known sets are named."""
        self.populated('plugins')
        result = self.run_command('populate_actions')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn("there is no set 'actions' to populate; known: plugins", result.err)
