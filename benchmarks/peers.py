# SPDX-License-Identifier: Apache-2.0
"""The commands of each tool, and the databases that they are run on."""

import contextlib
import importlib.metadata
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from collections.abc import Mapping

import sqlalchemy as sa

from benchmarks import chains
from benchmarks import measure

OURS = os.path.join(sysconfig.get_path('scripts'), 'db-manage')
_NAME = 'dbmanage_bench'


class Database:
    """A database of one kind, that can be emptied."""

    def __init__(self, kind: str, place: str) -> None:
        """Take the URL of an administrator, or the path of a file."""
        self.kind = kind
        self.place = place
        self.url = f'sqlite:///{place}' if kind == 'sqlite' else sa.make_url(
            place).set(database=_NAME).render_as_string(hide_password=False)

    def empty(self) -> None:
        """Make it anew."""
        if self.kind == 'sqlite':
            for end in ('', '-journal', '-wal', '-shm'):
                pathlib.Path(self.place + end).unlink(missing_ok=True)
            return
        force = ' WITH (FORCE)' if self.kind == 'postgresql' else ''
        self.run(f'DROP DATABASE IF EXISTS {_NAME}{force}', f'CREATE DATABASE {_NAME}')

    def run(self, *statements: str) -> None:
        """Run statements as the administrator."""
        engine = sa.create_engine(
            self.place, isolation_level='AUTOCOMMIT', poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def ask(self, question: str) -> str:
        """Return the one word of an answer."""
        with sa.create_engine(self.place, poolclass=sa.pool.NullPool).connect() as connection:
            return str(connection.exec_driver_sql(question).scalar_one())

    def through(self, url: str) -> 'Database':
        """Return the same database, reached at another place."""
        return Database(self.kind, url)


def ours(chain: chains.Chain, database: Database | None, *argv: str) -> measure.Case:
    """Return a command of ours."""
    place = {'OS_DATABASE__CONNECTION': database.url} if database else {}
    return measure.Case([OURS, '--config-file', str(chain.conf), *argv], chain.env | place)


def alembic(chain: chains.Chain, database: Database | None, *argv: str) -> measure.Case:
    """Return a command of Alembic, with a plain env.py."""
    place = {'URL': database.url} if database else {}
    return measure.Case(
        [sys.executable, '-m', 'alembic', '-c', str(chain.ini), *argv], chain.env | place)


def sahara_style(chain: chains.Chain, database: Database) -> measure.Case:
    """Return ``upgrade head`` of a script such as sahara's."""
    return measure.Case([sys.executable, str(chain.script), 'upgrade', 'head'],
                        chain.env | {'OS_DATABASE__CONNECTION': database.url})


def client(chain: chains.Chain, database: Database) -> measure.Case:
    """Return the database's own client, with the same DDL."""
    ddl, url = str(chain.ddl(database.kind)), sa.make_url(database.url)
    place = ['-h', str(url.host)]
    if database.kind == 'sqlite':
        return measure.Case(['sqlite3', '-bail', str(url.database)], stdin=ddl)
    if database.kind == 'postgresql':
        return measure.Case(
            ['psql', '-q', '-X', '-1', '-v', 'ON_ERROR_STOP=1', *place, '-p', str(url.port),
             '-U', str(url.username), '-d', _NAME, '-f', ddl], {'PGPASSWORD': str(url.password)})
    return measure.Case(
        ['mariadb', '--no-defaults', *place, '-P', str(url.port), '-u', str(url.username),
         '--protocol=tcp', _NAME], {'MYSQL_PWD': str(url.password)}, stdin=ddl)


def client_at_once(chain: chains.Chain, database: Database) -> measure.Case:
    """Return the client of SQLite with the same DDL in one transaction, as ours is."""
    place = str(sa.make_url(database.url).database)
    return measure.Case([
        'sqlite3', '-bail', place, 'BEGIN', f'.read {chain.ddl("sqlite")}', 'COMMIT'])


def dbmate(program: str, chain: chains.Chain, database: Database) -> measure.Case:
    """Return ``dbmate up``."""
    url = sa.make_url(database.url)
    if database.kind == 'sqlite':
        shown = f'sqlite:{url.database}'
    else:
        scheme = {'postgresql': 'postgres', 'mariadb': 'mysql'}[database.kind]
        query = '?sslmode=disable' if database.kind == 'postgresql' else ''
        shown = url.set(drivername=scheme).render_as_string(hide_password=False) + query
    return measure.Case([
        program, '--url', shown, '--migrations-dir', str(chain.migrations(database.kind)),
        '--no-dump-schema', 'up'])


def find_dbmate(home: pathlib.Path) -> str | None:
    """Return the path of dbmate; npm is asked for it once."""
    folder = home / 'npm'
    program = folder / 'node_modules' / '.bin' / 'dbmate'
    if not program.exists() and shutil.which('npm'):
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(['npm', 'install', '--no-audit', '--no-fund', 'dbmate'], cwd=folder,
                           capture_output=True, check=False, timeout=120)
    return str(program) if program.exists() else shutil.which('dbmate')


def versions(databases: Mapping[str, Database], program: str | None) -> Mapping[str, str]:
    """Return the versions of what is measured, as far as they matter."""
    names = ('alembic', 'SQLAlchemy', 'oslo.config', 'oslo.db', 'psycopg2-binary', 'PyMySQL')
    said = subprocess.run([program, '--version'], capture_output=True, text=True,
                          check=True).stdout.split()[-1] if program else 'not there'
    return {'Python': sys.version.split()[0],
            **{name: importlib.metadata.version(name) for name in names},
            'SQLite': sqlite3.sqlite_version,
            'PostgreSQL': databases['postgresql'].ask('SHOW server_version').split()[0],
            'MariaDB': databases['mariadb'].ask('SELECT version()').split('-')[0],
            'dbmate': said}
