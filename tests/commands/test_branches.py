# SPDX-License-Identifier: Apache-2.0
"""``branches``: the revisions that more than one revision follows."""

import json

from tests import base
from tests import databases
from tests import stock
from tests import timelines


class BranchesTextTests(stock.SameTextTests, databases.SQLite, base.CommandTestCase):
    """The text, against that of ``alembic branches``."""

    def calls(self, timeline):
        return {('branches',): {}, ('branches', '-v'): {'verbose': True}}


class BranchesTests(databases.SQLite, base.CommandTestCase):
    """What a person and a script read."""

    def test_branch_point(self):
        """It is followed by what follows it, sorted by id."""
        self.service(timelines.fork(**{
            'melon1.py': base.revision_file('melon1', 'base1'),
            'cherry1.py': base.revision_file('cherry1', 'base1')}))
        result = self.run_command('branches')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual([
            'base1 (branchpoint)',
            '      -> apple1 (apples)',
            '      -> cherry1 (head)',
            '      -> melon1 (head)',
            '      -> pear1 (pears) (head)',
            '',
        ], result.out.splitlines())

    def test_no_branch_point(self):
        """There is nothing to list, which is no error."""
        self.service(timelines.line('one', 'two'))
        result = self.run_command('branches')

        self.assertEqual((0, '', ''), (result.code, result.out, result.err))

    def test_json(self):
        """The document has the branch points."""
        self.service(stock.MERGE)
        result = self.run_command('branches', '-f', 'json')

        [point] = json.loads(result.out)['revisions']
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(('001', True, False), (
            point['revision'], point['branch_point'], point['head']))
