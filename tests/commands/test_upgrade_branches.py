# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` and ``current`` where the timeline has branches."""

import json

from tests import base
from tests import databases
from tests import timelines


class BranchTests(databases.SQLite, base.CommandTestCase):
    """Two labelled branches that follow one base."""

    def setUp(self):
        super().setUp()
        self.service(timelines.fork())
        self.database = self.engine()

    def test_head(self):
        """Which one is meant is asked, by name; nothing is applied."""
        result = self.run_command('upgrade', 'head')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(
            'db-manage: error: there are several heads: apple2 (apples@head), pear1 (pears@head); '
            'name one, or say heads for all of them\n', result.err)
        self.assertIsNone(timelines.recorded(self.database))

    def test_heads(self):
        """All branches are applied."""
        result = self.run_command('upgrade', 'heads')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['apple2', 'pear1'], timelines.recorded(self.database))
        self.assertEqual(
            ['apple_one', 'apple_two', 'pear_one', 'trunk'], timelines.tables(self.database))

    def test_heads_again(self):
        """There is nothing to do."""
        self.run_command('upgrade', 'heads')
        result = self.run_command('upgrade', 'heads')

        said = 'nothing to do: the database is at apple2, pear1 already\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def test_head_of_a_branch(self):
        """The other branch is left as it is."""
        result = self.run_command('upgrade', 'pears@head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['pear1'], timelines.recorded(self.database))
        self.assertEqual(['pear_one', 'trunk'], timelines.tables(self.database))

    def test_second_branch(self):
        """Both branches are recorded."""
        self.run_command('upgrade', 'pears@head')
        result = self.run_command('upgrade', 'apple1')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['apple1', 'pear1'], timelines.recorded(self.database))

    def test_branch_already_applied(self):
        """There is nothing to do on it, whatever the other one lacks."""
        self.run_command('upgrade', 'pears@head')
        result = self.run_command('upgrade', 'pears@head')

        said = 'nothing to do: the database is at pear1 already\n'
        self.assertEqual((0, '', said), (result.code, result.out, result.err))

    def test_steps_of_a_branch(self):
        """``BRANCH@+N`` counts on that branch."""
        self.run_command('upgrade', 'base1')
        result = self.run_command('upgrade', 'apples@+2')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['apple2'], timelines.recorded(self.database))

    def test_steps_beyond_the_end_of_a_branch(self):
        """None of them is taken."""
        self.run_command('upgrade', 'base1')
        result = self.run_command('upgrade', 'pears@+2')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('cannot upgrade to pears@+2 from base1', result.err)
        self.assertEqual(['base1'], timelines.recorded(self.database))

    def test_steps_of_several_branches(self):
        """Which branch they are on is asked, by name; none is taken."""
        self.run_command('upgrade', 'apple1')
        self.run_command('upgrade', 'pear1')
        result = self.run_command('upgrade', '+1')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertEqual(
            'db-manage: error: cannot upgrade to +1 from apple1, pear1, where 1 revisions are '
            'left: it does not say on which branch; name one: apples@+1\n', result.err)
        self.assertEqual(['apple1', 'pear1'], timelines.recorded(self.database))
        self.assertEqual(0, self.run_command('upgrade', 'apples@+1').code)

    def test_steps_across_a_branch_point(self):
        """The branches that part there are named, by an id where there is no label."""
        self.service({'plum1.py': base.revision_file('plum1', 'base1')})
        for argv, names in (
            (('+2', '--sql'), 'apples@+2, pears@+2, plum1@+2'),
            (('base1:+1', '--sql'), 'apples@+1, pears@+1, plum1@+1'),
            (('base1+1',), 'apples@base1+1, pears@base1+1, plum1@base1+1'),
            (('base1@+2',), 'apples@+2, pears@+2, plum1@+2'),
        ):
            with self.subTest(argv):
                result = self.run_command('upgrade', *argv)

                self.assertEqual((2, ''), (result.code, result.out))
                self.assertTrue(result.err.endswith(f'name one: {names}\n'), result.err)
        self.assertEqual(0, self.run_command('upgrade', 'plum1@+2').code)
        self.assertEqual(['plum1'], timelines.recorded(self.database))

    def test_json(self):
        """Several heads are a list, in their order."""
        result = self.run_command('upgrade', 'heads', '-f', 'json')

        self.assertEqual(['apple2', 'pear1'], json.loads(result.out)['to'])

    def test_current(self):
        """Each has its line, and says whether it is a head."""
        self.run_command('upgrade', 'apple1')
        self.run_command('upgrade', 'pears@head')
        result = self.run_command('current')

        self.assertEqual((0, 'apple1\npear1 (head)\n', ''), (result.code, result.out, result.err))

    def test_check_of_one_branch(self):
        """A database on one of two branches is behind."""
        self.run_command('upgrade', 'pears@head')
        result = self.run_command('current', '--check')

        self.assertEqual((3, 'pear1 (head)\n'), (result.code, result.out))
        self.assertIn('not at head: apple2, pear1', result.err)

    def test_check_of_all_branches(self):
        """A database on both is at head."""
        self.run_command('upgrade', 'heads')
        result = self.run_command('current', '--check')

        self.assertEqual(
            (0, 'apple2 (head)\npear1 (head)\n', ''), (result.code, result.out, result.err))

    def test_order(self):
        """The lines of ``current`` stand in one order, however strings are hashed."""
        self.run_command('upgrade', 'heads')
        for seed in ('1', '2', '3'):
            with self.subTest(seed):
                result = self.run_process('current', env={'PYTHONHASHSEED': seed})

                self.assertEqual('apple2 (head)\npear1 (head)\n', result.out)


class MergeTests(databases.SQLite, base.CommandTestCase):
    """Two branches that a revision joins."""

    def setUp(self):
        super().setUp()
        merged = base.revision_file('fruit', ('apple2', 'pear1'), message='merge')
        self.service(timelines.fork(**{'fruit.py': merged}))
        self.database = self.engine()

    def test_head(self):
        """Both branches are applied, and one revision is recorded."""
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['fruit'], timelines.recorded(self.database))
        self.assertEqual(4, len(timelines.tables(self.database)))

    def test_steps_of_several_branches(self):
        """Either branch leads to the revision that joins them."""
        self.run_command('upgrade', 'apple2')
        self.run_command('upgrade', 'pear1')
        result = self.run_command('upgrade', '+1')

        self.assertEqual(2, result.code)
        self.assertIn('name one: apples@+1, pears@+1\n', result.err)
        self.assertEqual(0, self.run_command('upgrade', 'pears@+1').code)
        self.assertEqual(['fruit'], timelines.recorded(self.database))

    def test_from_one_branch(self):
        """What the other branch has is applied."""
        self.run_command('upgrade', 'apple2')
        result = self.run_command('upgrade', 'head', '-f', 'json')

        self.assertEqual(0, result.code, result.err)
        applied = [one['revision'] for one in json.loads(result.out)['applied']]
        self.assertEqual(['pear1', 'fruit'], applied)
        self.assertEqual(['fruit'], timelines.recorded(self.database))


class DependencyTests(databases.SQLite, base.CommandTestCase):
    """A second branch, from a base of its own, that depends on the first one."""

    def setUp(self):
        super().setUp()
        files = timelines.line('one', 'two')
        files['jobs1.py'] = base.revision_file(
            'jobs1', None, timelines.table('jobs'), branch_labels=('jobs',), depends_on='002')
        self.service(files)
        self.database = self.engine()

    def test_head_of_the_branch(self):
        """What it depends on is applied before it."""
        result = self.run_command('upgrade', 'jobs@head', '-f', 'json')

        self.assertEqual(0, result.code, result.err)
        applied = [one['revision'] for one in json.loads(result.out)['applied']]
        self.assertEqual(['001', '002', 'jobs1'], applied)
        self.assertEqual(['jobs', 'one', 'two'], timelines.tables(self.database))

    def test_check(self):
        """An upgraded database is at head: a dependency is not recorded of its own."""
        self.run_command('upgrade', 'heads')
        result = self.run_command('current', '--check')

        self.assertEqual((0, 'jobs1 (head)\n', ''), (result.code, result.out, result.err))

    def test_check_before_the_branch(self):
        """A database at the head that is depended on is behind."""
        self.run_command('upgrade', '002')
        result = self.run_command('current', '--check')

        self.assertEqual((3, '002\n'), (result.code, result.out))
        self.assertIn('not at head: jobs1', result.err)

    def test_again(self):
        """There is nothing to do."""
        self.run_command('upgrade', 'heads')
        result = self.run_command('upgrade', 'heads')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertIn('nothing to do: the database is at jobs1 already', result.err)

    def test_dependency_again(self):
        """The database is past what the branch depends on."""
        self.run_command('upgrade', 'heads')
        result = self.run_command('upgrade', '002')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertIn('nothing to do: the database is past 002 already', result.err)
