# SPDX-License-Identifier: Apache-2.0
"""The kit on services that are not sound: each test fails, and says why."""

import unittest

import dbmanage
from dbmanage import testing
from tests import base
from tests import databases
from tests import timelines

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
one = sa.Table('one', metadata, sa.Column('id', sa.Integer(), primary_key=True))
"""
ONE = timelines.table('one')
# What a rollback does not reach: it is in the way of the second run.
LEAVES_A_FILE = """
open({!r}, 'x').close()
op.execute('INSERT INTO one VALUES (7)')
"""


class FindingTests(base.CommandTestCase):
    """A service, and what the kit says of it on SQLite."""

    def test_sound(self):
        """Nothing is found in a service that is sound."""
        self._serve(timelines.line('one', "op.execute('INSERT INTO one VALUES (1)')"))

        self.assertEqual({}, self._find())

    def test_two_heads(self):
        """Two heads that no label tells apart are named."""
        self._serve(timelines.line('one') | {
            name: base.revision_file(name[0], '001', message='a head')
            for name in ('a.py', 'b.py')})

        self.assertIn('the timeline is not sound:\nseveral heads: a, b;',
                      self._find('test_heads')['test_heads'])

    def test_long_id(self):
        """An id that PostgreSQL would refuse is found on SQLite."""
        self._serve({'long.py': base.revision_file('i' * 33, None, ONE)})

        self.assertIn(f'longer than 32 characters:\n{"i" * 33}\n',
                      self._find('test_ids')['test_ids'])

    def test_imports(self):
        """An import of the service is named with its line; that of others is not."""
        text = 'from {} import models\n'.format
        self._serve({
            '001.py': base.revision_file('001', None, ONE) + text('acme'),
            '002.py': base.revision_file('002', '001') + 'import json, acme.models\n',
            '003.py': base.revision_file('003', '002') + text('.')})
        said = self._find('test_imports')['test_imports']

        for name in ('001.py:11 imports acme.models', '002.py:11 imports acme.models',
                     '003.py:11 imports ..models'):
            self.assertIn(name, said)
        self.assertNotIn('json', said)

    def test_allowed_imports(self):
        """What revisions may import is not found, and its neighbour is."""
        self._serve({
            '001.py': base.revision_file('001', None, ONE) + 'import acme.types\n',
            '002.py': base.revision_file('002', '001') + 'import acme.types2\n'})
        said = self._find('test_imports', may_import=['acme.types'])['test_imports']

        self.assertIn('imports acme.types2', said)
        self.assertNotIn('001.py', said)

    def test_models(self):
        """A column that no revision makes is named, unless it is known."""
        self._serve(timelines.line('one', 'two'))
        said = self._find('test_models')['test_models']
        known = self.directory / 'known.json'
        self.configure(database={'connection': f'sqlite:///{self.directory}/acme.sqlite'})
        self.run_command('upgrade', 'head')
        written = self.run_command('check', '--write-ignore', str(known))
        self.assertEqual(0, written.code, written.err)

        self.assertIn('table two is not in the models', said)
        self.assertEqual({}, self._find('test_models', known_differences=known))

    def test_rows(self):
        """A revision that only runs on empty tables fails where there are rows."""
        self._serve(timelines.line(
            "op.create_table('one', sa.Column('n', sa.Integer()))",
            "op.execute('CREATE UNIQUE INDEX one_n ON one (n)')"))

        def insert(_self, connection):
            connection.exec_driver_sql('INSERT INTO one VALUES (1), (1)')

        self.assertEqual({}, self._find('test_walk'))
        self.assertIn('UNIQUE constraint failed',
                      self._find('test_walk', _pre_upgrade_002=insert)['test_walk'])

    def test_hook(self):
        """A hook sees what a revision has done; one of no revision is named."""
        self._serve(timelines.line('one'))

        def look(_self, connection):
            connection.exec_driver_sql('SELECT missing FROM one')

        self.assertIn('no such column: missing',
                      self._find('test_walk', _check_001=look)['test_walk'])
        self.assertIn('these hooks name no revision:\n_check_002\n',
                      self._find('test_walk', _check_002=look)['test_walk'])

    def test_script(self):
        """A script that leaves other rows is found, with the revision."""
        self._serve(timelines.line('one', """
            if op.get_context().as_sql:
                op.execute('INSERT INTO one VALUES (1)')
            """, 'three'))

        self.assertIn('after revision 002 the databases differ:\nby script: one, rows: 1 of (1,)\n',
                      self._find('test_script')['test_script'])

    def test_schema(self):
        """A script that leaves another schema is found, with what differs."""
        self._serve(timelines.line('one', """
            op.create_index('one_id', 'one', ['id'], unique=op.get_context().as_sql)
            """))
        said = self._find('test_script')['test_script']

        self.assertRegex(said, r"online: one, indexes: .*'one_id'.*'unique': 0.*\n"
                               r"by script: one, indexes: .*'one_id'.*'unique': 1")

    def test_unlike(self):
        """A column whose values no two runs share is not compared, if it is named."""
        self._serve(timelines.line("""
            import uuid
            op.execute('CREATE TABLE one (id INTEGER, word TEXT)')
            op.execute(f"INSERT INTO one VALUES (1, '{uuid.uuid4()}')")
            """))

        self.assertIn('after revision 001', self._find('test_kills', kills=1)['test_kills'])
        self.assertEqual({}, self._find('test_kills', kills=1, unlike=['one.word']))

    def test_readers(self):
        """A revision that has no SQL is run online; if they are named, all of them are."""
        self._serve(timelines.line('one', "op.get_bind().execute(sa.text('SELECT 1')).all()"))

        self.assertEqual({}, self._find('test_script'))
        self.assertEqual({}, self._find('test_script', readers=['002']))
        self.assertIn("['001'] != ['002']",
                      self._find('test_script', readers=['001'])['test_script'])

    def test_kills(self):
        """A revision that a kill leaves half-done is found, with the statement."""
        self._serve(timelines.line('one', LEAVES_A_FILE.format(str(self.directory / 'left'))))

        def forget(_self, deployment, *argv):
            result = testing.ServiceTests.succeed(_self, deployment, *argv)
            (self.directory / 'left').unlink(missing_ok=True)
            return result

        said = self._find('test_kills', succeed=forget, kills=None)['test_kills']
        self.assertRegex(said, r'revision 002 was not finished by the run after a kill\n'
                               r'SIGKILL before statement \d+: INSERT INTO one VALUES \(7\)\n'
                               r'exit code 1:\n')
        self.assertIn('FileExistsError', said)

    def test_kills_on_mariadb(self):
        """So is one that sends other statements each time."""
        self._serve(timelines.line('one', """
            import uuid
            op.execute(f'CREATE TABLE two (id INTEGER) /* {uuid.uuid4()} */')
            op.execute('CREATE TABLE three (id INTEGER)')
            """))
        said = self._find('test_kills', kills=None, on=testing.MariaDB)['test_kills']

        self.assertRegex(said, r'revision 002 was not finished by the run after a kill\n'
                               r'SIGKILL (before|after) statement \d+: .*\nexit code 6:\n')
        self.assertIn('error: revision 002 stopped half-way', said)

    def test_crowd(self):
        """A run that ends badly among five is found, with what it said."""
        self._serve(timelines.line('one', "raise RuntimeError('not today')"))

        said = self._find('test_crowd')['test_crowd']
        self.assertIn('of five runs some failed:\nexit code 1:\n', said)
        self.assertIn('RuntimeError: not today', said)

    def test_left_out(self):
        """A test that is set to None is left out."""
        self._serve(timelines.line('one', 'two'))

        self.assertEqual({}, self._find(test_models=None))

    def _serve(self, files):
        self.service(files, {'models.py': MODELS}, models='acme.models',
                     metadata='acme.models:metadata')

    def _find(self, *names, on=testing.SQLite, **attributes):
        """Run tests of the kit; return what the ones that failed say."""
        service = dbmanage.Service(
            'acme', 'acme:versions', models='acme.models', metadata='acme.models:metadata')
        kind = type('AcmeTests', (testing.ServiceTests, on),
                    {'service': service, 'kills': 5, **attributes})
        loader = unittest.TestLoader()
        tests = map(kind, names) if names else loader.loadTestsFromTestCase(kind)
        result = unittest.TestResult()
        unittest.TestSuite(tests).run(result)
        return {test.id().rpartition('.')[2]: said
                for test, said in [*result.failures, *result.errors]}


class ServerTests(unittest.TestCase):
    """Which servers the kit works on."""

    def setUp(self):
        super().setUp()
        # Its class is not one of this module, where it would be run by itself.
        self.test = type('OnPostgreSQL', (databases.PostgreSQL,), {
            'test': lambda _self: None})('test')

    def test_not_named(self):
        """A server that nobody names is a failure that says what to do."""
        self.test.kind = 'nowhere'
        result = self.test.run()

        self.assertIn('DBMANAGE_TEST_NOWHERE is not set', result.failures[0][1])
        self.assertIn('DBMANAGE_TEST_WITHOUT=nowhere leaves nowhere out', result.failures[0][1])

    def test_attribute(self):
        """A class may name the administrator itself, with a URL as operators write it."""
        self.test.administrator = self.test._environment('postgresql').replace('+psycopg2', '')
        self.test.kind = 'nowhere'

        self.assertTrue(self.test.run().wasSuccessful())
