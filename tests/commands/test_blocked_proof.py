# SPDX-License-Identifier: Apache-2.0
"""``upgrade`` that is blocked: who is named is in the way, if the server tells."""

import threading

import sqlalchemy as sa

from tests import base
from tests import databases
from tests import timelines
from tests.servers import mariadb

ALTER = 'ALTER TABLE one ADD COLUMN word text'


class ProofTests:
    """Two clients wait with the same statement, each for a reader of its own table."""

    def test_same_statement_of_another(self):
        """Only who is in the runner's way is named."""
        self.service(timelines.line('one', f'op.execute({ALTER!r})'))
        self.configure(dbmanage={'lock_timeout': 2, 'lock_retry': 0})
        self.run_command('upgrade', '001')
        ours, theirs, other = (self._connected() for _ in range(3))
        other.exec_driver_sql('CREATE SCHEMA another')
        other.exec_driver_sql('CREATE TABLE another.one (id int)')
        other.commit()
        other.exec_driver_sql('SET LOCAL search_path = another')
        session = other.scalar(sa.text('SELECT pg_backend_pid()'))
        readers = [self._read(ours, 'one'), self._read(theirs, 'another.one')]
        thread = threading.Thread(target=other.exec_driver_sql, args=[ALTER], daemon=True)
        thread.start()
        result = self.run_command('upgrade', 'head')
        theirs.rollback()
        thread.join()

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertIn(f'; blocked by process {readers[0]}, ', result.err)
        self.assertNotIn(f'process {readers[1]}', result.err)
        self.assertNotIn(f'process {session}', result.err)

    def _connected(self):
        connection = sa.create_engine(self.direct, poolclass=sa.NullPool).connect()
        self.addCleanup(connection.close)
        return connection

    def _read(self, connection, table):
        connection.exec_driver_sql(f'SELECT * FROM {table}')
        return connection.scalar(sa.text('SELECT pg_backend_pid()'))


class ProofOnPostgreSQL(ProofTests, databases.PostgreSQL, base.CommandTestCase):
    """The session of the runner is known."""

    @property
    def direct(self):
        """The URL that goes past a pooler."""
        return self.url


class ProofOnMariaDB(databases.MariaDB, base.CommandTestCase):
    """Somebody reads another table since long, and somebody the one that is altered."""

    def test_plugin(self):
        """The plugin metadata_lock_info tells who holds the table."""
        self._assert_proven('--plugin-load-add=metadata_lock_info')

    def test_performance_schema(self):
        """So does the performance schema, if it notes the locks of tables."""
        self._assert_proven('--performance-schema=ON', '--performance-schema-instrument='
                            'wait/lock/metadata/sql/mdl=ON')

    def _assert_proven(self, *options):
        server = mariadb.start(options)
        self.addCleanup(server.stop)
        self.administrator = server.url
        self.url = self._create()
        self.service(timelines.line('one', f"{timelines.table('phone')}\nop.execute({ALTER!r})"))
        self.configure(database={'connection': self.url},
                       dbmanage={'lock_timeout': 2, 'lock_retry': 0})
        self.run_command('upgrade', '001')
        older, reader = (self.engine().connect() for _ in range(2))
        older.exec_driver_sql('SELECT * FROM alembic_version')
        session = older.scalar(sa.text('SELECT CONNECTION_ID()'))
        reader.exec_driver_sql('SELECT * FROM one')
        blocker = reader.scalar(sa.text('SELECT CONNECTION_ID()'))
        result = self.run_command('upgrade', 'head')
        older.close()
        reader.close()

        self.assertEqual((6, ''), (result.code, result.out), result.err)
        self.assertIn(f'; blocked by process {blocker}, ', result.err)
        self.assertNotIn(f'process {session}', result.err)

    def test_without_the_privilege(self):
        """The server says what it takes to see the others."""
        self.service(timelines.line('one', f'op.execute({ALTER!r})'))
        self.configure(dbmanage={'lock_timeout': 1, 'lock_retry': 0})
        self.run_command('upgrade', '001')
        own = self.url
        name = f'u_{sa.make_url(own).database[-12:]}'
        with self.engine().connect() as connection:
            connection.exec_driver_sql(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'secret'")
            connection.exec_driver_sql(f"GRANT ALL ON `{sa.make_url(own).database}`.* "
                                       f"TO {name}@'127.0.0.1'")
            connection.exec_driver_sql('SELECT * FROM one')
            url = sa.make_url(own).set(username=name, password='secret')
            self.configure(database={'connection': url.render_as_string(hide_password=False)})
            result = self.run_command('upgrade', 'head')
            connection.rollback()
            connection.exec_driver_sql(f"DROP USER {name}@'127.0.0.1'")

        self.assertEqual((5, ''), (result.code, result.out), result.err)
        self.assertRegex(result.err, '; blocked by whom nobody tells: Access denied; .*PROCESS')
        self.assertEqual(1, len(result.err.splitlines()), result.err)
