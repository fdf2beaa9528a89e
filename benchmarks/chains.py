# SPDX-License-Identifier: Apache-2.0
"""The same chain of revisions, in the files of each tool."""

import pathlib

_REVISION = '''"""Create table {number}

Revision ID: {id}
Revises: {down}

"""
from alembic import op
import sqlalchemy as sa

revision = {id!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        't{number}',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('name', sa.String(80), nullable=False),
        sa.Column('created_at', sa.DateTime()))
'''
_DDL = '''CREATE TABLE t{number} (id {serial} NOT NULL, name VARCHAR(80) NOT NULL,
 created_at {moment}{key});
'''
_TYPES = {
    'sqlite': {'serial': 'INTEGER', 'moment': 'DATETIME', 'key': ', PRIMARY KEY (id)'},
    'postgresql': {'serial': 'SERIAL', 'moment': 'TIMESTAMP WITHOUT TIME ZONE',
                   'key': ', PRIMARY KEY (id)'},
    'mariadb': {'serial': 'INTEGER', 'moment': 'DATETIME',
                'key': ', PRIMARY KEY (id)'},
}
_ENV = '''import os
import sqlalchemy
from alembic import context
engine = sqlalchemy.create_engine(os.environ['URL'], poolclass=sqlalchemy.pool.NullPool)
{metadata}
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
'''
# As sahara-db-manage is: oslo.config over Alembic's commands.
_SCRIPT = '''import os
import sys
from alembic import command, config as alembic_config
from oslo_config import cfg
from oslo_db import options

CONF = cfg.ConfigOpts()


def do_upgrade(config, cmd):
    command.upgrade(config, CONF.command.revision)


def add_parsers(subparsers):
    parser = subparsers.add_parser('upgrade')
    parser.add_argument('revision', nargs='?')
    parser.set_defaults(func=do_upgrade)


CONF.register_cli_opt(cfg.SubCommandOpt('command', handler=add_parsers))
CONF.register_opts(options.database_opts, 'database')
folder = os.path.dirname(os.path.abspath(__file__))
config = alembic_config.Config(os.path.join(folder, 'alembic.ini'))
CONF(sys.argv[1:], project='acme', default_config_files=[])
os.environ['URL'] = CONF.database.connection
CONF.command.func(config, CONF.command.name)
'''


class Chain:
    """``length`` revisions, each of a table."""

    def __init__(self, home: pathlib.Path, length: int, tables: int = 1) -> None:
        """Write the files; the first revision makes ``tables`` tables."""
        self.length = length
        self.name = f'chain{length}x{tables}'
        self.folder = home / self.name
        self.conf = self.folder / 'db-manage.conf'
        self.ini = self.folder / 'alembic.ini'
        self.script = self.folder / 'sahara_style.py'
        self._home, self.tables = home, tables
        if not self.folder.exists():
            self._write()

    @property
    def env(self) -> dict[str, str]:
        """The variable with which Python finds the package of the chain."""
        return {'PYTHONPATH': str(self._home)}

    def ddl(self, kind: str) -> pathlib.Path:
        """Return the SQL of the chain, for a client."""
        path = self.folder / f'{kind}.sql'
        if not path.exists():
            path.write_text(''.join(self._statements(kind, number)
                                    for number in range(1, self.length + 1)))
        return path

    def migrations(self, kind: str) -> pathlib.Path:
        """Return a folder of migrations for dbmate."""
        folder = self.folder / f'dbmate-{kind}'
        if not folder.exists():
            folder.mkdir()
            for number in range(1, self.length + 1):
                (folder / f'{number:08}_t.sql').write_text(
                    f'-- migrate:up\n{self._statements(kind, number)}\n-- migrate:down\n')
        return folder

    def _statements(self, kind: str, number: int) -> str:
        return _DDL.format(number=number, **_TYPES[kind])

    def _write(self) -> None:
        versions = self.folder / 'versions'
        versions.mkdir(parents=True)
        (self.folder / '__init__.py').touch()
        down = None
        for number in range(1, self.length + 1):
            id_ = f'{number:05}'
            text = _REVISION.format(number=number, id=id_, down=down)
            (versions / f'{id_}_t.py').write_text(text)
            down = id_
        models = self.tables > 1
        if models:
            (self.folder / 'models.py').write_text(_MODELS.format(count=self.tables))
            (versions / '00001_t.py').write_text(_ALL.format(package=self.name))
        (self.folder / 'env.py').write_text(_ENV.format(
            metadata=f'from {self.name}.models import metadata' if models else 'metadata = None'))
        self.ini.write_text(
            f'[alembic]\nscript_location = {self.folder}\npath_separator = os\n')
        self.script.write_text(_SCRIPT)
        self.conf.write_text(f'[dbmanage]\nname = {self.name}\nversions = {self.name}:versions\n'
                             + (f'metadata = {self.name}.models:metadata\n' if models else ''))


_MODELS = '''import sqlalchemy as sa
metadata = sa.MetaData()
for number in range({count}):
    sa.Table(f't{{number}}', metadata,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('name', sa.String(80), nullable=False, index=True),
             sa.Column('kind', sa.String(20)),
             sa.Column('parent_id', sa.ForeignKey(f't{{max(number - 1, 0)}}.id')),
             sa.Column('created_at', sa.DateTime))
'''
_ALL = '''"""Create the tables"""
from alembic import op
from {package} import models

revision = '00001'
down_revision = None


def upgrade():
    models.metadata.create_all(op.get_bind())
'''
