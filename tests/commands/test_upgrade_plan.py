# SPDX-License-Identifier: Apache-2.0
"""``upgrade --plan``: what was planned, or nothing."""

import json

from tests import base
from tests import databases
from tests import processes
from tests import timelines

GATED = f'{timelines.table("two")}\n{processes.GATE}'


class Planned:
    """A plan from 001 on, in a file."""

    bodies = ('one', 'two', 'three')

    def setUp(self):
        super().setUp()
        self.package = self.service(timelines.line(*self.bodies))
        self.run_command('upgrade', '001')
        self.database = self.engine()
        self.file = self.directory / 'plan.json'

    def plan(self, *argv):
        """Write a plan into the file."""
        self.file.write_text(self.run_command('plan', *argv, '-f', 'json').out)

    def upgrade(self, *argv):
        """Do what is planned."""
        return self.run_command('upgrade', *argv, '--plan', str(self.file))

    def change(self, name, old, new):
        """Replace something in a revision file."""
        path = self.package / 'versions' / name
        self.assertIn(old, path.read_text())
        path.write_text(path.read_text().replace(old, new))

    def assert_refused(self, code, said, result):
        """Assert that nothing was done, and why."""
        self.assertEqual((code, ''), (result.code, result.out))
        self.assertEqual(1, len(result.err.splitlines()), result.err)
        self.assertIn(said, result.err)


class AgreedTests(Planned, databases.SQLite, processes.ProcessTestCase):
    """What is found is what was planned."""

    def test_head(self):
        """It is done."""
        self.plan()
        result = self.upgrade()

        self.assertEqual(0, result.code, result.err)
        self.assertEqual(['003'], timelines.recorded(self.database))

    def test_steps(self):
        """The steps that were planned are done, and no others later."""
        self.plan('+1')
        codes = [self.upgrade().code, self.upgrade().code]

        self.assertEqual([0, 0], codes)
        self.assertEqual(['002'], timelines.recorded(self.database))

    def test_same_target(self):
        """The target may be given, too."""
        self.plan()
        result = self.upgrade('003')

        self.assertEqual(0, result.code, result.err)

    def test_comments_and_layout(self):
        """They are no code."""
        self.plan()
        self.change('002.py', 'import sqlalchemy', '# A licence\nimport sqlalchemy')
        self.change('002.py', 'op.create_table(', 'op.create_table(\n        ')
        result = self.upgrade()

        self.assertEqual(0, result.code, result.err)

    def test_done_already(self):
        """Somebody has done it: there is nothing to do."""
        self.plan()
        self.run_command('upgrade', 'head')
        result = self.upgrade()

        said = 'nothing to do: the database is at 003 already\n'
        self.assertEqual((0, said), (result.code, result.err))


class RefusedTests(Planned, databases.SQLite, processes.ProcessTestCase):
    """What is found is something else: exit code 3, and nothing is done."""

    def _assert_refused(self, said, *argv):
        self.assert_refused(3, said, self.upgrade(*argv))
        self.assertNotIn('003', timelines.recorded(self.database))

    def test_other_start(self):
        """The database is at another revision."""
        self.plan()
        self.run_command('upgrade', '002')

        self._assert_refused('begins at 001, but the database is at 002')

    def test_other_target(self):
        """The head is another one by now."""
        self.plan()
        (self.package / 'versions' / '004.py').write_text(base.revision_file('004', '003'))

        self._assert_refused('applies 002, 003, but what would be applied is 002, 003, 004')

    def test_other_target_on_the_command_line(self):
        """It is not what was planned."""
        self.plan()

        self._assert_refused('applies 002, 003, but what would be applied is 002', '002')

    def test_other_code(self):
        """A revision does something else."""
        self.plan()
        self.change('002.py', "'two'", "'zwei'")

        self._assert_refused('the code of revision 002, or Python, has changed')


class NoPlanTests(Planned, databases.SQLite, processes.ProcessTestCase):
    """The file is no plan of this database: a wrong command line."""

    def _assert_refused(self, said):
        self.assert_refused(2, said, self.upgrade())
        self.assertEqual(['001'], timelines.recorded(self.database))

    def test_no_file(self):
        """It is said."""
        self._assert_refused('plan.json: No such file or directory')
        self.assertIn('cannot read ', self.upgrade().err)

    def test_no_json(self):
        """It is said."""
        self.file.write_text('drop everything')

        self._assert_refused('plan.json is no plan: JSONDecodeError')

    def test_other_documents(self):
        """It is said, whatever they hold."""
        for document in ('[]', '{}', '3', '{"revisions": [3]}', '{"service": 3}', 'null'):
            with self.subTest(document):
                self.file.write_text(document)

                self._assert_refused('is no plan, plan -f json writes one')

    def test_not_a_list(self):
        """A list that is something else is not taken for one."""
        for other in ({'from': '001'}, {'to': '003'}, {'from': [1]}, {'revisions': {}}):
            with self.subTest(other):
                self._write(**other)

                self._assert_refused(f'is no plan, plan -f json writes one: {[*other][0]} is ')

    def test_other_service(self):
        """Its plan is not for this one."""
        self._write(service='other')

        self._assert_refused('is a plan for the service other, not for acme')

    def test_other_database(self):
        """Its plan is not for this one."""
        self._write(dialect='mariadb')

        self._assert_refused('is a plan for the database mariadb, not for sqlite')

    def test_sql(self):
        """A script is of no plan."""
        self.plan()

        self.assert_refused(2, '--plan goes with REV alone', self.upgrade('--sql'))

    def _write(self, **other):
        self.plan()
        self.file.write_text(json.dumps(json.loads(self.file.read_text()) | other))


class BehindAnotherTests(Planned):
    """Another runner works while this one waits for the lock."""

    bodies = ('one', GATED, 'three')

    def _behind(self, target):
        """Return how an upgrade ends that had to wait for another."""
        self.plan()
        first = self.start('upgrade', target)
        first.wait_at_gate()
        second = self.start('upgrade', '--plan', str(self.file))
        second.wait_for('waiting for another runner')
        first.open_gate()
        return second.result()

    def test_it_did_all(self):
        """There is nothing to do any more."""
        result = self._behind('head')

        self.assertEqual(0, result.code, result.err)
        self.assertIn('nothing to do: the database is at 003 already', result.err)

    def test_it_did_something(self):
        """The database is not where the plan begins."""
        result = self._behind('002')

        self.assertEqual((3, ''), (result.code, result.out))
        self.assertIn('begins at 001, but the database is at 002', result.err)
        self.assertEqual(['002'], timelines.recorded(self.database))


class BehindAnotherOnSQLite(BehindAnotherTests, databases.SQLite, processes.ProcessTestCase):
    """Behind another runner on SQLite."""


class BehindAnotherOnPostgreSQL(
        BehindAnotherTests, databases.PostgreSQL, processes.ProcessTestCase):
    """Behind another runner on PostgreSQL."""


class BehindAnotherOnMariaDB(BehindAnotherTests, databases.MariaDB, processes.ProcessTestCase):
    """Behind another runner on MariaDB."""
