# SPDX-License-Identifier: Apache-2.0
"""``history``: the revisions on disk, newest first."""

import json

from tests import base
from tests import databases
from tests import stock
from tests import timelines


class HistoryTextTests(stock.SameTextTests, databases.SQLite, base.CommandTestCase):
    """The text, against that of ``alembic history``."""

    def calls(self, timeline):
        return {
            ('history',): {},
            ('history', '-v'): {'verbose': True},
            ('history', ':'): {'rev_range': ':'},
            ('history', '-i'): {'indicate_current': True},
        }


class HistoryOfACurrentDatabaseTests(stock.SameTextTests, databases.SQLite, base.CommandTestCase):
    """The text with ``-i``, on a database that is at a revision."""

    def calls(self, timeline):
        if '001.py' in timeline:
            timelines.record(self.engine(), '001')
        return {
            ('history', '-i'): {'indicate_current': True},
            ('history', '-iv'): {'indicate_current': True, 'verbose': True},
        }


class HistoryOfARangeTests(stock.SameTextTests, databases.SQLite, base.CommandTestCase):
    """The text of a range, each end of it included."""

    def calls(self, timeline):
        if timeline is stock.LABELS:
            return _ranges('side:', 'other:', 'main:side@head', '003:004', ':side@head')
        if timeline is stock.DEPENDENCIES:
            return _ranges('a01:', ':002', ':heads', 'a01:a02', '001:002')
        if timeline:
            return _ranges('001:', ':002', '001:002', '002:heads', 'base:002', '002:002')
        return _ranges('base:heads', 'base:', ':heads')


class HistoryTests(databases.SQLite, base.CommandTestCase):
    """What is asked for, and what is not looked at."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two', 'three'))

    def test_newest_first(self):
        """A line has the parent, the id and the title; the last one begins it all."""
        result = self.run_command('history')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual([
            '002 -> 003 (head), create three',
            '001 -> 002, create two',
            '<base> -> 001, create one',
        ], result.out.splitlines())

    def test_reversed_range(self):
        """A range goes from the older one to the newer one."""
        result = self.run_command('history', '003:001')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('003:001', result.err)
        self.assertEqual(1, len(result.err.splitlines()))

    def test_range_over_a_dependency(self):
        """Alembic cannot list it; that is said, in a line."""
        self.service(stock.DEPENDENCIES)
        result = self.run_command('history', '002:a02')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual('db-manage: error: 002:a02: a dependency leads from the one to the '
                         'other, no branch\n', result.err)

    def test_not_a_range(self):
        """One revision, or three, are no range."""
        for span in ('002', '001:002:003', ''):
            result = self.run_command('history', span)
            self.assertEqual((2, ''), (result.code, result.out))
            self.assertIn(f'{span!r} is not a range FROM:TO', result.err)

    def test_unknown_revision(self):
        """The nearest ids are named."""
        result = self.run_command('history', '004:')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(
            "db-manage: error: Can't locate revision '004' (did you mean 003, 002, 001?)\n",
            result.err)

    def test_json(self):
        """The document has the revisions of the range, with stable keys."""
        result = self.run_command('history', '002:', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(['003', '002'], [one['revision'] for one in document['revisions']])
        self.assertEqual({
            'revision': '003',
            'down_revisions': ['002'],
            'branch_labels': [],
            'depends_on': [],
            'message': 'create three',
            'path': str(self.directory / 'packages/acme/versions/003.py'),
            'head': True,
            'branch_point': False,
            'merge_point': False,
        }, document['revisions'][0])

    def test_no_database(self):
        """Neither a connection nor models that import are needed."""
        self.service(timelines.line('one'), {'models.py': 'import nothing_there'},
                     models='acme.models', metadata='acme.models:metadata',
                     include_object='acme.models:include_object')
        self.configure(database={'connection': None})
        result = self.run_command('history')
        marked = self.run_command('history', '-i')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('<base> -> 001, create one\n', result.out)
        self.assertEqual((2, ''), (marked.code, marked.out))
        self.assertIn('[database] connection is not set', marked.err)

    def test_broken_timeline(self):
        """One problem is told, and where to see them all."""
        self.service({'004.py': 'nonsense', '005.py': 'nonsense'})
        result = self.run_command('history')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertRegex(result.err, r'/004\.py: .* \(and 1 more\); see check_migration\n$')
        self.assertEqual(1, len(result.err.splitlines()))

    def test_order_in_every_process(self):
        """Names that Alembic keeps in sets come in one order, sorted."""
        labels = ('x', 'a', 'm')
        self.service(stock.BRANCHES | {
            '100.py': base.revision_file('100', '001', branch_labels=labels)})
        outputs = {self.run_process('history', '-v', env={'PYTHONHASHSEED': str(seed)}).out
                   for seed in range(3)}

        [text] = outputs
        self.assertIn('\nBranches into: 002, 003, 100\n', text)
        self.assertIn('\nBranch names: a, m, x\n', text)


class CurrentTests:
    """``-i`` asks the database, and only asks it."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two'))

    def test_current(self):
        """The revision that the database is at is marked."""
        timelines.record(self.engine(), '001')
        result = self.run_command('history', '-i')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual('001 -> 002 (head), create two\n<base> -> 001 (current), create one\n',
                         result.out)

    def test_never_versioned(self):
        """Nothing is marked, and no version table is made, as Alembic would."""
        before = self.run_command('history')
        result = self.run_command('history', '-i')

        self.assertEqual((0, before.out, ''), (result.code, result.out, result.err))
        self.assertIsNone(timelines.recorded(self.engine()))

    def test_revision_not_in_code(self):
        """The code is older than the database; -i says so, history does not ask."""
        timelines.record(self.engine(), 'f00d')
        plain = self.run_command('history')
        result = self.run_command('history', '-i')

        self.assertEqual((0, ''), (plain.code, plain.err))
        self.assertEqual((7, ''), (result.code, result.out))
        self.assertIn('f00d', result.err)


class CurrentOnSQLite(CurrentTests, databases.SQLite, base.CommandTestCase):
    """The mark on SQLite."""


class CurrentOnPostgreSQL(CurrentTests, databases.PostgreSQL, base.CommandTestCase):
    """The mark on PostgreSQL."""


class CurrentOnMariaDB(CurrentTests, databases.MariaDB, base.CommandTestCase):
    """The mark on MariaDB."""


def _ranges(*spans):
    return {('history', span): {'rev_range': span} for span in spans}
