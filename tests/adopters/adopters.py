# SPDX-License-Identifier: Apache-2.0
"""The base of the tests of a service: its name, its head, its own tool."""

import importlib.util
import itertools
import os
import pathlib
import subprocess
import sys
from typing import Any

from tests import base
from tests import databases


class Adopter:
    """A test in which ``db-manage`` serves a service of others.

    ``count`` is the number of its revisions, ``readers`` are those that read
    the database, ``folder`` is that of its revisions, from the package on.
    """

    name: str
    count: int
    folder: str
    readers: tuple[int, ...] = ()

    def setUp(self) -> None:
        super().setUp()
        self.database = self.engine()
        self.configure(dbmanage={'service': f'tests.adopters.services:{self.name.upper()}'})

    @property
    def head(self) -> str:
        """The newest revision."""
        return f'{self.count:03}'

    @property
    def versions(self) -> pathlib.Path:
        """The folder of the revisions."""
        spec = importlib.util.find_spec(self.name)
        assert spec and spec.origin, f'{self.name} is not installed: run tox -e adopters'
        return pathlib.Path(spec.origin).parent / self.folder

    def succeed(self, *argv: str) -> base.Result:
        """Run the command, to its good end."""
        result = self.run_command(*argv)
        self.assertEqual(0, result.code, result.err)
        return result

    def own_tool(self, *argv: str) -> None:
        """Run the service's own command, with its own env.py."""
        tool = pathlib.Path(sys.executable).with_name(f'{self.name}-db-manage')
        done = subprocess.run(
            [tool, '--config-file', self.config_file, *argv], env=os.environ,
            cwd=self.directory, text=True, capture_output=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)

    def use_new_database(self) -> None:
        """Take a fresh, empty database from now on."""
        self.database.dispose()
        self.url = self._create()
        self.database = self.engine()
        self.configure(database={'connection': self.url})

    def state(self) -> tuple[dict[str, Any], dict[str, int]]:
        """Return the schema, and how many rows each table has."""
        rows = databases.rows(self.database)
        return databases.snapshot(self.database), {name: len(rows[name]) for name in rows}

    def spans(self) -> list[tuple[str, str, bool]]:
        """Return FROM and TO of the ranges that are written, or read, as a whole."""
        numbers = range(1, self.count + 1)
        groups = [(reads, [*group]) for reads, group in itertools.groupby(
            numbers, lambda number: number in self.readers)]
        return [(f'{group[0] - 1:03}', f'{group[-1]:03}', reads) for reads, group in groups]


class PostgreSQL(databases.PostgreSQL, base.CommandTestCase):
    """A test on PostgreSQL."""


class MariaDB(databases.MariaDB, base.CommandTestCase):
    """A test on MariaDB."""


class SQLite(databases.SQLite, base.CommandTestCase):
    """A test on SQLite."""


class Sahara(Adopter):
    """A test of sahara."""

    name = 'sahara'
    count = 35
    folder = 'db/migration/alembic_migrations/versions'


class Mistral(Adopter):
    """A test of mistral."""

    name = 'mistral'
    count = 45
    folder = 'db/sqlalchemy/migration/alembic_migrations/versions'
    readers = (9, 14, 19, 20, 22, 28, 34, 35, 36, 37, 43)
