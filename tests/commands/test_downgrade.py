# SPDX-License-Identifier: Apache-2.0
"""``downgrade``: there is none."""

import json

from tests import base
from tests import databases
from tests import timelines


class DowngradeTests(databases.SQLite, base.CommandTestCase):
    """Whatever it is asked for, the answer is one line with the alternatives."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two'))
        self.run_command('upgrade', 'head')

    def test_refused(self):
        """Every spelling is refused, and nothing is touched."""
        for argv in ((), ('-1',), ('base',), ('001',), ('--delta', '1'), ('head', '--sql'),
                     ('--sql', '002:001'), ('nope', 'and', 'more')):  # fmt: skip
            with self.subTest(argv):
                before = databases.rows(self.engine())
                result = self.run_command('downgrade', *argv)

                self.assertEqual((2, ''), (result.code, result.out))
                self.assertRegex(
                    result.err, r'^db-manage: error: there is no downgrade; restore a backup '
                    r'.* or write a new revision .*\n$')
                self.assertEqual(before, databases.rows(self.engine()))

    def test_json(self):
        """The refusal is a document like any error."""
        for argv in (('-f', 'json', '-1'), ('-1', '-f', 'json')):
            with self.subTest(argv):
                result = self.run_command('downgrade', *argv)

                error = json.loads(result.out)['error']
                self.assertEqual((2, 2, 'usage'), (result.code, error['code'], error['name']))

    def test_without_a_database(self):
        """No database is needed to say so."""
        self.configure(database={'connection': None})
        result = self.run_command('downgrade', '-1')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('there is no downgrade', result.err)

    def test_help(self):
        """It is listed with what it does: refuse."""
        result = self.run_command('--help')

        self.assertRegex(result.out, r'downgrade +Refuse: there is no downgrade')
