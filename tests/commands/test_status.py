# SPDX-License-Identifier: Apache-2.0
"""``status``: each state of a database, provoked on each database."""

import json
import os
import socket

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import door
from tests import processes
from tests import stock
from tests import timelines
from tests.servers import server

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table('one', metadata, sa.Column('id', sa.Integer(), primary_key=True))
sa.Table('nine', metadata, sa.Column('id', sa.Integer(), primary_key=True))
"""
POPULATE = """
def write(connection):
    connection.exec_driver_sql('INSERT INTO one (id) VALUES (1)')


def is_there(connection):
    return bool(connection.exec_driver_sql('SELECT count(*) FROM one').scalar())


def cheat(connection):
    write(connection)
    return True


def fail(connection):
    raise LookupError('no such row')
"""
GATED = timelines.table('two') + processes.GATE


class StatusTests:
    """A service with three revisions, on one database after the other."""

    def setUp(self):
        super().setUp()
        self.serve()
        self.database = self.engine()

    def serve(self, *bodies, **fields):
        """Make the service anew."""
        self.service(timelines.line(*bodies or ('one', 'two', 'three')),
                     {'models.py': MODELS, 'rows.py': POPULATE}, **fields)

    def status(self, *argv):
        """Return the document, and fail if the database is not what it was."""
        before = self.everything()
        result = self.run_command('status', *argv, '-f', 'json')

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(before, self.everything())
        return json.loads(result.out)

    def everything(self):
        """Return the schema and the rows, those of the runner too."""
        return databases.snapshot(self.database, ()), databases.rows(self.database, ())

    def assert_text(self, lines, code):
        """Fail unless these are the lines, and this is the code of --check."""
        plain, check = self.run_command('status'), self.run_command('status', '--check')

        self.assertEqual((lines, 0, ''), (plain.out.splitlines(), plain.code, plain.err))
        self.assertEqual((lines, code), (check.out.splitlines(), check.code))

    def create(self, *tables):
        """Make tables that no revision has made."""
        with self.database.begin() as connection:
            for table in tables:
                connection.exec_driver_sql(f'CREATE TABLE {table} (id INTEGER)')

    def test_empty(self):
        """There is nothing, and afterwards there is nothing either."""
        document = self.status()

        self.assertEqual(('empty', [], ['003'], 0), (
            document['state'], document['current'], document['heads'], document['tables']))
        self.assertEqual(['001', '002', '003'], [one['revision'] for one in document['missing']])
        self.assert_text(
            ['empty: no table, no revision, 3 revisions to apply', 'lock: free'], 3)

    def test_never_versioned(self):
        """There are tables, and nothing says from which revision."""
        self.create('f', 'e', 'd', 'c', 'b', 'a')
        document = self.status()

        self.assertEqual(('unversioned', 6), (document['state'], document['tables']))
        self.assert_text([
            'never versioned, but not empty: 6 tables, a, b, c, d, e, ...', 'lock: free'], 3)

    def test_one_table(self):
        """It is counted as one."""
        self.create('a')

        self.assert_text(['never versioned, but not empty: 1 table, a', 'lock: free'], 3)

    def test_base(self):
        """It was versioned, and has no revision."""
        self.run_command('upgrade', '001')
        self.run_command('stamp', 'base')
        document = self.status()

        self.assertEqual(('behind', []), (document['state'], document['current']))
        self.assert_text([
            'behind: at base, 3 revisions to apply', '  001 create one', '  002 create two',
            '  003 create three', 'lock: free'], 3)

    def test_behind(self):
        """Each revision that is missing has its title."""
        self.run_command('upgrade', '002')
        document = self.status()

        self.assertEqual(('behind', [{'revision': '002', 'head': False}], 2), (
            document['state'], document['current'], document['tables']))
        self.assertEqual(
            [{'revision': '003', 'message': 'create three'}], document['missing'])
        self.assert_text(
            ['behind: at 002, 1 revision to apply', '  003 create three', 'lock: free'], 3)

    def test_at_head(self):
        """Nothing is missing."""
        self.run_command('upgrade', 'head')
        document = self.status()

        self.assertEqual(('at_head', [{'revision': '003', 'head': True}], []), (
            document['state'], document['current'], document['missing']))
        self.assertEqual((None, {}), (document['holder'], document['populated']))
        self.assert_text(['at head: 003', 'lock: free'], 0)

    def test_several_heads(self):
        """The heads of the code are named, and those of the database count."""
        self.service(stock.BRANCHES)
        self.run_command('upgrade', '002')
        behind = self.status()
        self.run_command('upgrade', 'heads')
        at_head = self.status()

        self.assertEqual((['002', '004'], 'behind', ['003', '004']), (
            behind['heads'], behind['state'], [one['revision'] for one in behind['missing']]))
        self.assertEqual(('at_head', [True, True]), (
            at_head['state'], [one['head'] for one in at_head['current']]))
        self.assert_text(['at head: 002, 004', 'several heads: 002, 004', 'lock: free'], 0)

    def test_newer(self):
        """An unknown revision, and tables of the models: newer code was here."""
        self.serve(metadata='acme.models:metadata')
        self.create('one')
        timelines.record(self.database, '004')
        document = self.status()

        self.assertEqual(('newer', ['004'], []), (
            document['state'], document['unknown'], document['missing']))
        self.assert_text(
            ['newer than this code: at 004, which this code does not have', 'lock: free'], 7)

    def test_newer_on_a_branch(self):
        """An unknown revision beside a known one: newer code was here."""
        self.run_command('upgrade', '001')
        with self.database.begin() as connection:
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('f00d')")
        document = self.status()

        self.assertEqual(('newer', ['f00d']), (document['state'], document['unknown']))

    def test_foreign(self):
        """An unknown revision, and no table of the models: another service's."""
        self.serve(metadata='acme.models:metadata')
        self.create('theirs')
        timelines.record(self.database, 'f00d')
        document = self.status()

        self.assertEqual(('foreign', ['f00d']), (document['state'], document['unknown']))
        self.assert_text([
            'foreign: at f00d, which this code does not have, and without any table of the '
            'models; the version table is probably that of another service', 'lock: free'], 7)

    def test_empty_id(self):
        """It is shown as what it is."""
        self.serve(metadata='acme.models:metadata')
        timelines.record(self.database, '')
        result = self.run_command('status')

        self.assertTrue(result.out.startswith("foreign: at '', which"), result.out)

    def test_version_table_of_another_shape(self):
        """Something else has a table of that name."""
        with self.database.begin() as connection:
            connection.exec_driver_sql('CREATE TABLE alembic_version (foo INT)')
        document = self.status()

        self.assertEqual(('foreign', []), (document['state'], document['unknown']))
        self.assert_text([
            'foreign: alembic_version has no column version_num; the version table is '
            'probably that of another service', 'lock: free'], 7)
        self.assertEqual(7, self.run_command('wait').code)

    def test_newer_or_foreign(self):
        """Without models nobody can tell, and nobody does."""
        self.create('one')
        timelines.record(self.database, 'f00d')
        document = self.status()

        self.assertEqual('newer_or_foreign', document['state'])
        self.assert_text([
            'newer or foreign: at f00d, which this code does not have; without models nothing '
            'tells whether the version table is that of another service', 'lock: free'], 7)

    def test_models_that_do_not_import(self):
        """They are asked where they decide something, and that they fail is said."""
        self.serve(models='acme.nothing', metadata='acme.models:metadata')
        self.run_command('stamp', 'head')
        known = self.run_command('status', '--check')
        timelines.record(self.database, 'f00d')
        unknown = self.run_command('status', '--check')

        self.assertEqual((0, ''), (known.code, known.err))
        self.assertEqual(7, unknown.code)
        self.assertTrue(unknown.out.startswith('newer or foreign: '), unknown.out)
        self.assertIn('cannot import acme.nothing', unknown.err)

    def test_populated(self):
        """A set that is not there is a no, one that does not tell is none."""
        self.serve(populate=['rows:acme.rows:write', 'more:acme.rows:write'],
                   populated='rows:acme.rows:is_there')
        self.run_command('upgrade', 'head')
        before, check = self.status(), self.run_command('status', '--check')
        self.run_command('populate', 'rows')
        after = self.status()

        self.assertEqual({'rows': False, 'more': None}, before['populated'])
        self.assertEqual(3, check.code)
        self.assertEqual({'rows': True, 'more': None}, after['populated'])
        self.assert_text([
            'at head: 003', 'lock: free', 'populated: rows yes', 'populated: more unknown'], 0)

    def test_populated_behind_head(self):
        """The question is of the tables of the newest code, and is not asked."""
        self.serve(populate='rows:acme.rows:write', populated='rows:acme.rows:fail')

        self.assertEqual({'rows': None}, self.status()['populated'])

    def test_populated_that_writes(self):
        """The database refuses it."""
        self.serve(populate='rows:acme.rows:write', populated='rows:acme.rows:cheat')
        self.run_command('upgrade', 'head')
        before = self.everything()
        result = self.run_command('status')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertRegex(result.err.lower(), 'read.?only')
        self.assertEqual(before, self.everything())

    def test_populated_that_fails(self):
        """It is named, and its traceback is shown."""
        self.serve(populate='rows:acme.rows:write', populated='rows:acme.rows:fail')
        self.run_command('upgrade', 'head')
        result = self.run_command('status')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('Traceback', result.err)
        self.assertEqual(
            'db-manage: error: populated rows: LookupError: no such row',
            result.err.splitlines()[-1])

    def test_impossible_version_table(self):
        """What no upgrade has left is no state; it is a failure."""
        self.run_command('upgrade', '002')
        with self.database.begin() as connection:
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('001')")
        result = self.run_command('status', '--check')

        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('the version table has 002 and also 001', result.err)

    def test_holder(self):
        """Whoever is at work is named, and nothing is half-way for it."""
        self.serve('one', GATED, 'three')
        self.run_command('upgrade', '001')
        holder = self.start('upgrade', 'head')
        holder.wait_at_gate()
        result = self.run_command('status', '--check', '-f', 'json')

        document = json.loads(result.out)
        self.assertEqual((3, 'behind', ['002', '003']), (
            result.code, document['state'], [one['revision'] for one in document['missing']]))
        self.assertIn(f'process {holder.pid}', document['holder'])
        self.assertIn(f'lock: held by {document["holder"]}\n', self.run_command('status').out)

    def test_version_table_of_another_name(self):
        """It is no table of the service, whatever it is called."""
        self.configure(dbmanage={'version_table': 'our_revision'})
        self.run_command('upgrade', '002')

        self.assertEqual(('behind', 2), tuple(
            self.status()[key] for key in ('state', 'tables')))


class StatusOnSQLite(StatusTests, databases.SQLite, processes.ProcessTestCase):
    """The states of a SQLite file."""

    def test_no_file(self):
        """It is empty, and is not made."""
        url = f'sqlite:///{self.directory}/new.sqlite'
        self.configure(database={'connection': url})
        result = self.run_command('status', '--check', '-f', 'json')

        self.assertEqual((3, 'empty'), (result.code, json.loads(result.out)['state']))
        self.assertFalse((self.directory / 'new.sqlite').exists())

    def test_file_that_may_only_be_read(self):
        """Nothing else is needed."""
        self.run_command('upgrade', 'head')
        path = sa.make_url(self.url).database
        self.database.dispose()
        os.chmod(path, 0o444)
        self.configure(database={'connection': f'sqlite:///file:{path}?mode=ro&uri=true'})
        result = self.run_command('status', '--check')

        self.assertEqual((0, ''), (result.code, result.err))

    def test_no_folder(self):
        """It cannot be reached."""
        self.configure(database={'connection': f'sqlite:///{self.directory}/no/new.sqlite'})
        result = self.run_command('status')

        self.assertEqual((4, ''), (result.code, result.out))


class StatusOnPostgreSQL(StatusTests, databases.PostgreSQL, processes.ProcessTestCase):
    """The states of a PostgreSQL database."""

    def test_version_table_in_a_schema(self):
        """The tables of both schemas count."""
        with self.database.begin() as connection:
            connection.exec_driver_sql('CREATE SCHEMA ours')
            connection.exec_driver_sql('CREATE TABLE ours.theirs (id INTEGER)')
        self.configure(dbmanage={'version_table_schema': 'ours'})
        self.run_command('upgrade', '002')

        self.assertEqual(('behind', 3), tuple(
            self.status()[key] for key in ('state', 'tables')))

    def test_busy(self):
        """Who has the version table locked is not waited for without end."""
        self.run_command('upgrade', 'head')
        self.configure(dbmanage={'lock_timeout': 1})
        with self.database.begin() as connection:
            connection.exec_driver_sql('LOCK TABLE alembic_version')
            result = self.run_command('status', '--check')

        self.assertEqual((5, ''), (result.code, result.out))


class StatusOnMariaDB(StatusTests, databases.MariaDB, processes.ProcessTestCase):
    """The states of a MariaDB database."""


class UnreachableTests(base.CommandTestCase):
    """A database that cannot be looked at has no state that could be told."""

    def test_port_that_nobody_listens_on(self):
        """It is an error, with --check and without it, with its name in JSON."""
        for scheme in ('mysql', 'postgresql'):
            url = f'{scheme}://u:p@127.0.0.1:{server.free_port()}/d'
            self.configure(database={'connection': url, 'max_retries': 0})
            plain = self.run_command('status', '--check')
            result = self.run_command('status', '-f', 'json')

            self.assertEqual((4, ''), (plain.code, plain.out))
            self.assertIn('cannot reach the ', plain.err)
            self.assertEqual((4, 'unreachable'), (
                result.code, json.loads(result.out)['error']['name']))


    def test_one_try(self):
        """It is not tried again, whatever max_retries says."""
        for scheme in ('mysql', 'postgresql'):
            entrance = door.Door(closed=9, host='127.0.0.1', port=server.free_port())
            self.addCleanup(entrance.close)
            self.configure(database={
                'connection': f'{scheme}://u:p@127.0.0.1:{entrance.port}/d', 'max_retries': 5})
            result = self.run_command('status')

            self.assertEqual((4, '', 1), (result.code, result.out, entrance.opened), result.err)

    def test_server_that_says_nothing(self):
        """The line tells how long it was listened to."""
        silent = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(silent.close)
        self.configure(database={'connection': (
            f'mysql://u:p@127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=1')})
        result = self.run_command('status')

        self.assertEqual((4, ''), (result.code, result.out))
        self.assertRegex(result.err, r'^db-manage: error: cannot reach .* says nothing for 1 s\n$')


class NoDatabaseOnPostgreSQL(databases.PostgreSQL, base.CommandTestCase):
    """A server that is there, and a database that is not."""

    def test_no_database(self):
        """It cannot be reached, and its name is said."""
        url = sa.make_url(self.url).set(database='nothing_there')
        self.configure(database={
            'connection': url.render_as_string(hide_password=False), 'max_retries': 0})
        result = self.run_command('status', '--check')

        self.assertEqual((4, ''), (result.code, result.out))
        self.assertIn('nothing_there', result.err)


class NoDatabaseOnMariaDB(databases.MariaDB, base.CommandTestCase):
    """A server that is there, and a database that is not."""

    test_no_database = NoDatabaseOnPostgreSQL.test_no_database
