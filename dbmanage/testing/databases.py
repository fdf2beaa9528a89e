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
from typing import Any

import sqlalchemy as sa

from dbmanage.database import address


class Database(unittest.TestCase):
    """A test with a database of its own: ``kind``, ``url``, a client."""

    kind: str

    def setUp(self) -> None:
        """Create the database."""
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


class SQLite(Database):
    """A test on SQLite."""

    kind = 'sqlite'

    def _create(self) -> str:
        directory = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(directory.cleanup)
        return f'sqlite:///{pathlib.Path(directory.name) / "database.sqlite"}'

    def _client(self) -> tuple[list[str], dict[str, str]]:
        return ['sqlite3', '-batch', sa.make_url(self.url).database or ''], {}


class _ServerDatabase(Database):
    """A test on a database server.

    ``administrator`` is the URL of somebody who may create databases; without
    it DBMANAGE_TEST_<KIND> names one. A test whose server nobody names fails; it is
    skipped where DBMANAGE_TEST_WITHOUT lists the server.
    """

    administrator: str | None = None
    creation: str
    removal: str

    def _create(self) -> str:
        server = engine_of(self._administrator())
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
        return self.administrator or self._environment(self.kind)

    def _environment(self, server: str) -> str:
        variable = f'DBMANAGE_TEST_{server.upper()}'
        if server in os.environ.get('DBMANAGE_TEST_WITHOUT', '').split(','):
            self.skipTest(f'DBMANAGE_TEST_WITHOUT leaves {server} out')
        if variable not in os.environ:
            self.fail(f'{variable} is not set to the URL of an administrator; '
                      f'DBMANAGE_TEST_WITHOUT={server} leaves {server} out')
        return os.environ[variable]


class PostgreSQL(_ServerDatabase):
    """A test on PostgreSQL; ``psql`` stops at no error unless told."""

    kind = 'postgresql'
    creation = 'CREATE DATABASE {}'
    removal = 'DROP DATABASE IF EXISTS {} WITH (FORCE)'

    def _client(self) -> tuple[list[str], dict[str, str]]:
        url = sa.make_url(self.url)
        variables = {
            'PGHOST': url.host,
            'PGPORT': url.port,
            'PGUSER': url.username,
            'PGPASSWORD': url.password,
            'PGDATABASE': url.database,
        }
        return ['psql', '--no-psqlrc', '--file=-'], {
            name: str(value) for name, value in variables.items() if value is not None}


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
        place = {'host': url.host, 'port': url.port, 'user': url.username,
                 'database': url.database}
        argv += [f'--{name}={value}' for name, value in place.items() if value is not None]
        return argv, {'MYSQL_PWD': url.password or ''}


@functools.cache
def engine_of(administrator: str) -> sa.Engine:
    """Return the engine of an administrator, one for each URL."""
    url = address.with_driver(sa.make_url(administrator))
    return sa.create_engine(url, isolation_level='AUTOCOMMIT', pool_pre_ping=True)
