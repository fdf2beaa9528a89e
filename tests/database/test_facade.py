# SPDX-License-Identifier: Apache-2.0
"""The engines of a service's own code: on the database of the run, or refused."""

from tests import base
from tests import databases
from tests import timelines

ENGINE = """
from oslo_db.sqlalchemy import enginefacade

engine = enginefacade.writer.get_engine()
with engine.connect() as connection:
    assert connection.execute(sa.text('SELECT 1')).scalar() == 1
    url = engine.url
assert {expected}, url
"""
# mistral has such a default.
DEFAULT = """
from oslo_config import cfg
from oslo_db import options

options.set_defaults(cfg.CONF, connection='sqlite:///{path}')
"""
STARTED = """
from oslo_db.sqlalchemy import enginefacade

enginefacade.configure(connection='sqlite:///{path}')


def start():
    enginefacade.writer.get_engine()
"""
WORKS = """
from oslo_db import exception
from sqlalchemy import orm

bind = op.get_bind()
with bind.engine.connect() as connection:
    assert connection.execute(sa.text('SELECT 1')).scalar() == 1
sa.inspect(bind.engine).get_table_names()
assert sa.inspect(bind).has_table('one')
one = sa.table('one', sa.column('id'))
session = orm.Session(bind=bind)
session.execute(one.insert().values(id=1))
session.flush()
assert session.scalar(sa.select(one.c.id)) == 1
try:
    with bind.begin_nested():
        bind.execute(one.insert().values(id=1))
    raise AssertionError('it took the same key twice')
except exception.DBDuplicateEntry:
    pass
"""
OWN = """
from oslo_db.sqlalchemy import enginefacade

context = enginefacade.transaction_context()
context.configure(connection='sqlite:///{path}')
context.writer.get_engine()
"""


class FacadeTestCase(base.CommandTestCase):
    """A test in a process of its own: an enginefacade is one of the process."""

    def setUp(self):
        super().setUp()
        self.elsewhere = self.directory / 'elsewhere.sqlite'

    def upgrade(self, *bodies, modules=None, **fields):
        """Upgrade a service with these revisions; return what the run left."""
        self.service(timelines.line(*bodies), modules, **fields)
        return self.run_process('upgrade', 'head')

    def body(self, source, expected='True'):
        """Return the source with what the test has for it."""
        return source.format(path=self.elsewhere, expected=expected)

    def assert_refused(self, code, result, where=''):
        """Fail unless the other database is named, and what to do."""
        self.assertEqual((code, ''), (result.code, result.out))
        self.assertIn(f'connects to the SQLite database {self.elsewhere}, not to the ',
                      result.err)
        self.assertIn('let conf name its ConfigOpts', result.err)


class FacadeTests:
    """A revision that asks the service's enginefacade."""

    def test_engine_of_the_service(self):
        """With ``conf`` it is on the same database, by the same driver."""
        driver, _, rest = self.url.partition(':')
        self.configure(database={'connection': f'{driver.partition("+")[0]}:{rest}'})
        result = self.upgrade(
            self.body(ENGINE, f'url.drivername == {driver!r}'), 'one',
            modules={'default.py': self.body(DEFAULT)}, models='acme.default',
            conf='oslo_config.cfg:CONF')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertFalse(self.elsewhere.exists())

    def test_default_of_the_service(self):
        """Without ``conf`` it would be on another one: exit 1, and which one is said."""
        result = self.upgrade(
            'one', self.body(ENGINE), modules={'default.py': self.body(DEFAULT)},
            models='acme.default')

        self.assert_refused(self.half_way, result, 'revision 002 (')
        self.assertIn('002.py, line 12): the code of the service', result.err)
        self.assertFalse(self.elsewhere.exists(), 'it was made')

    def test_engine_that_was_made_before(self):
        """One that is in use is found before anything is done: exit 2."""
        result = self.upgrade(
            'one', modules={'started.py': self.body(STARTED)}, prepare='acme.started:start')

        self.assert_refused(2, result)
        self.assertIsNone(timelines.recorded(self.engine()))

    def test_engine_of_its_own(self):
        """No other way leads to another database either."""
        result = self.upgrade('one', self.body(OWN))

        self.assert_refused(self.half_way, result)
        self.assertIn('002.py, line 14): the code of the service', result.err)
        self.assertFalse(self.elsewhere.exists(), 'it was made')
        self.assertEqual(self.recorded, timelines.recorded(self.engine()))


class SQLiteTests(databases.SQLite, FacadeTestCase):
    """On SQLite, where the run has the file for itself."""

    def test_second_connection(self):
        """It would wait for ever, or see an old state: exit 1, at once."""
        for body in (self.body(ENGINE), 'sa.inspect(op.get_bind().engine).get_table_names()'):
            with self.subTest(body):
                result = self.upgrade('one', body, conf='oslo_config.cfg:CONF')

                self.assertEqual((1, ''), (result.code, result.out))
                self.assertIn('SQLite has one connection for all of a revision', result.err)
                self.assertIsNone(timelines.recorded(self.engine()))

    def test_engine_that_is_not_connected(self):
        """What it is may be asked."""
        result = self.upgrade("assert op.get_bind().engine.dialect.name == 'sqlite'")

        self.assertEqual((0, ''), (result.code, result.out), result.err)


class OwnEngineTests:
    """A revision that connects by the engine of its connection."""

    def test_engine_of_the_connection(self):
        """It reads what was committed; sessions and oslo.db's exceptions work."""
        result = self.upgrade('one', WORKS)

        self.assertEqual((0, ''), (result.code, result.out), result.err)


class FacadeOnPostgreSQL(FacadeTests, OwnEngineTests, databases.PostgreSQL, FacadeTestCase):
    """On PostgreSQL, where an empty database takes all revisions or none."""

    half_way, recorded = 1, None


class FacadeOnMariaDB(FacadeTests, OwnEngineTests, databases.MariaDB, FacadeTestCase):
    """On MariaDB, where a revision stays."""

    half_way, recorded = 1, ['001']

    def test_half_way(self):
        """What a revision did before stays; the next run goes on, once it is mended."""
        table = "op.create_table('two', sa.Column('id', sa.Integer(), primary_key=True))\n"
        result = self.upgrade('one', table + self.body(ENGINE), modules={
            'default.py': self.body(DEFAULT)}, models='acme.default')

        self.assert_refused(6, result)
        self.assertIn('before it is run again; partly applied: run it again', result.err)
        self.configure(dbmanage={'conf': 'oslo_config.cfg:CONF'})
        self.assertEqual(0, self.run_process('upgrade', 'head').code)
        self.assertEqual(['002'], timelines.recorded(self.engine()))
