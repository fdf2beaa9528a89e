# SPDX-License-Identifier: Apache-2.0
"""The databases that tests run on: a fresh, empty one for each test."""

import contextlib
import functools
import os
import pathlib
import subprocess
import tempfile
import unittest
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

# What the runner keeps beside the version table; no schema of a service.
OWN_TABLES = ('alembic_version_journal', 'alembic_version_lease')


class _Database(unittest.TestCase):
    """A test with a database of its own: ``kind``, ``url``, a client."""

    kind: str

    def setUp(self) -> None:
        super().setUp()
        self.url = self._create()

    def engine(self, **arguments: Any) -> sa.Engine:
        """Return a plain engine on the test's database."""
        engine = sa.create_engine(self.url, **arguments)
        self.addCleanup(engine.dispose)
        return engine

    def client(self, script: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a script with the database's own client."""
        argv, variables = self._client()
        return subprocess.run(
            [*argv, *args],
            input=script,
            env=os.environ | variables,
            text=True,
            encoding='utf-8',
            capture_output=True,
            check=False,
        )

    def _create(self) -> str:
        raise NotImplementedError

    def _client(self) -> tuple[list[str], dict[str, str]]:
        raise NotImplementedError


class SQLite(_Database):
    """A test on SQLite."""

    kind = 'sqlite'

    def _create(self) -> str:
        directory = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(directory.cleanup)
        return f'sqlite:///{pathlib.Path(directory.name) / "database.sqlite"}'

    def _client(self) -> tuple[list[str], dict[str, str]]:
        return ['sqlite3', '-batch', sa.make_url(self.url).database or ''], {}


class _ServerDatabase(_Database):
    """A test on a database server that DBMANAGE_TEST_<KIND> names."""

    creation: str
    removal: str

    def _create(self) -> str:
        server = _engine(self._administrator())
        name = f'test_{uuid.uuid4().hex}'
        self._run_on(server, self.creation.format(name))
        self.addCleanup(self._drop, server, name)
        return server.url.set(database=name).render_as_string(hide_password=False)

    def _drop(self, server: sa.Engine, name: str) -> None:
        self._run_on(server, self.removal.format(name))

    def _run_on(self, server: sa.Engine, statement: str) -> None:
        with server.connect() as connection:
            connection.exec_driver_sql(statement)

    def _administrator(self) -> str:
        return self._environment(self.kind)

    def _environment(self, server: str) -> str:
        variable = f'DBMANAGE_TEST_{server.upper()}'
        if server in os.environ.get('DBMANAGE_TEST_WITHOUT', '').split(','):
            self.skipTest(f'DBMANAGE_TEST_WITHOUT leaves {server} out')
        if variable not in os.environ:
            self.fail(f'{variable} is not set: run the tests through tools/with_servers.py --all')
        return os.environ[variable]


class PostgreSQL(_ServerDatabase):
    """A test on PostgreSQL; ``psql`` stops at no error unless told."""

    kind = 'postgresql'
    creation = 'CREATE DATABASE {}'
    removal = 'DROP DATABASE IF EXISTS {} WITH (FORCE)'

    def _client(self) -> tuple[list[str], dict[str, str]]:
        url = sa.make_url(self.url)
        return ['psql', '--no-psqlrc', '--file=-'], {
            'PGHOST': str(url.host),
            'PGPORT': str(url.port),
            'PGUSER': str(url.username),
            'PGPASSWORD': str(url.password),
            'PGDATABASE': str(url.database),
        }


class PgBouncer(PostgreSQL):
    """A test on PostgreSQL behind a pool of transactions.

    ``direct_url`` goes past pgbouncer.
    """

    kind = 'pgbouncer'

    def _create(self) -> str:
        self.direct_url = super()._create()
        pooled = sa.make_url(self._environment('pgbouncer'))
        url = sa.make_url(self.direct_url).set(host=pooled.host, port=pooled.port)
        return url.render_as_string(hide_password=False)

    def _administrator(self) -> str:
        return self._environment('postgresql')


class MariaDB(_ServerDatabase):
    """A test on MariaDB."""

    kind = 'mariadb'
    creation = 'CREATE DATABASE {} CHARACTER SET utf8mb4'
    removal = 'DROP DATABASE IF EXISTS {}'

    def _drop(self, server: sa.Engine, name: str) -> None:
        self._end_connections(server, name)
        super()._drop(server, name)

    def _end_connections(self, server: sa.Engine, name: str) -> None:
        # A transaction left open would let DROP DATABASE wait for a day.
        connections = sa.text('SELECT id FROM information_schema.processlist WHERE db = :name')
        with server.connect() as connection:
            for number in connection.scalars(connections, {'name': name}).all():
                with contextlib.suppress(sa.exc.OperationalError):
                    connection.exec_driver_sql(f'KILL {number}')

    def _client(self) -> tuple[list[str], dict[str, str]]:
        url = sa.make_url(self.url)
        argv = ['mariadb', '--no-defaults', '--batch', '--default-character-set=utf8mb4']
        place = [f'--host={url.host}', f'--port={url.port}', f'--user={url.username}']
        return [*argv, *place, f'--database={url.database}'], {'MYSQL_PWD': str(url.password)}


class Galera(MariaDB):
    """A test on a Galera cluster: ``urls`` has one for each node."""

    kind = 'galera'

    def engine(self, **arguments: Any) -> sa.Engine:
        """Return an engine on the first node that reads what the others wrote."""
        everything = {'init_command': 'SET SESSION wsrep_sync_wait = 15'}
        return super().engine(connect_args=everything, **arguments)

    def _create(self) -> str:
        url = super()._create()
        name = sa.make_url(url).database
        nodes = [sa.make_url(node).set(database=name) for node in self._nodes()]
        self.urls = [node.render_as_string(hide_password=False) for node in nodes]
        return url

    def _end_connections(self, server: sa.Engine, name: str) -> None:
        for node in self._nodes():
            super()._end_connections(_engine(node), name)

    def _administrator(self) -> str:
        return self._nodes()[0]

    def _nodes(self) -> list[str]:
        return self._environment('galera').split()


def snapshot(engine: sa.Engine, without: Collection[str] = OWN_TABLES) -> dict[str, Any]:
    """Return the schema of a database, to be compared with another's."""
    inspector = sa.inspect(engine)
    tables = sorted(set(inspector.get_table_names()) - set(without))
    views = sorted(inspector.get_view_names())
    schema: dict[str, Any] = {
        'tables': {table: _table(inspector, table) for table in tables},
        'views': {view: inspector.get_view_definition(view) for view in views},
    }
    if engine.dialect.name == 'postgresql':
        schema['enums'] = _sorted(inspector.get_enums())
        schema['sequences'] = sorted(inspector.get_sequence_names())
    return schema


def rows(
    engine: sa.Engine, without: Collection[str] = OWN_TABLES
) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of all tables, sorted."""
    tables = sorted(set(sa.inspect(engine).get_table_names()) - set(without))
    with engine.connect() as connection:
        return {table: _rows(connection, table) for table in tables}


def _rows(connection: sa.Connection, table: str) -> list[tuple[Any, ...]]:
    everything = sa.select(sa.text('*')).select_from(sa.table(table))
    return sorted(map(tuple, connection.execute(everything)), key=repr)


@functools.cache
def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url, isolation_level='AUTOCOMMIT', pool_pre_ping=True)


def _table(inspector: sa.Inspector, table: str) -> dict[str, Any]:
    dialect = inspector.dialect
    return {
        'columns': [
            column | {'type': f'{column["type"]!r} {column["type"].compile(dialect)}'}
            for column in inspector.get_columns(table)
        ],
        'primary key': inspector.get_pk_constraint(table),
        'foreign keys': _sorted(inspector.get_foreign_keys(table)),
        'unique constraints': _sorted(inspector.get_unique_constraints(table)),
        'indexes': _sorted(inspector.get_indexes(table)),
        'checks': _sorted(inspector.get_check_constraints(table)),
        'options': dialect.name == 'mysql' and inspector.get_table_options(table),
        'comment': dialect.supports_comments and inspector.get_table_comment(table),
    }


def _sorted(found: Any) -> list[Any]:
    return sorted(found, key=repr)
