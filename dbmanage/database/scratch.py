# SPDX-License-Identifier: Apache-2.0
"""A scratch database: empty, used for a while, and empty again."""

import contextlib
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from oslo_config import cfg

from dbmanage import conf as configuration
from dbmanage import errors
from dbmanage.database import address
from dbmanage.database import engine


@contextlib.contextmanager
def used(conf: cfg.ConfigOpts, group: str, url: str | None) -> Iterator[None]:
    """Let a section of the configuration name a scratch database for a while.

    Without ``url`` it is a SQLite file that is removed at the end. Raises
    UsageError if the database that is given is not empty; what is made in it
    is dropped at the end.
    """
    if url is None:
        with tempfile.TemporaryDirectory(prefix='dbmanage-') as folder:
            place = pathlib.Path(folder, 'scratch.sqlite')
            with configuration.connected_to(conf, group, f'sqlite:///{place}'):
                yield
        return
    with configuration.connected_to(conf, group, url):
        scratch = engine.Database(conf, group)
        with _refused_as_scratch(), _readable(scratch) as connection:
            _refuse_unless_empty(connection)
            schemas = _schemas(connection)
        try:
            yield
        finally:
            with scratch.writing() as connection:
                _empty(connection, schemas)


@contextlib.contextmanager
def _refused_as_scratch() -> Iterator[None]:
    try:
        yield
    except errors.UsageError as e:  # it names the option that --scratch stands for
        raise errors.UsageError(f'--scratch: {e}') from e


def _readable(scratch: engine.Database) -> contextlib.AbstractContextManager[Any]:
    if scratch.url.get_backend_name() == 'sqlite' and not address.is_file(scratch.url):
        raise errors.UsageError('a SQLite database in memory is gone before it can be compared; '
                                'name a file, or leave --scratch out')
    return scratch.reading()


def _refuse_unless_empty(connection: sqlalchemy.Connection) -> None:
    for kind, names in _things(connection):
        raise errors.UsageError(
            f'the {address.shown(connection.engine.url)} is not empty, it has the {kind.lower()} '
            f'{".".join(names)}; give an empty one, for it is emptied at the end')


def _empty(connection: sqlalchemy.Connection, schemas: list[str | None]) -> None:
    if connection.dialect.name == 'mysql':
        connection.exec_driver_sql('SET SESSION foreign_key_checks = 0')
    cascade = ' CASCADE' if connection.dialect.name == 'postgresql' else ''
    added = [('SCHEMA', (name,)) for name in _schemas(connection) if name not in schemas and name]
    for kind, names in [*_things(connection), *added]:
        quoted = '.'.join(map(connection.dialect.identifier_preparer.quote, names))
        connection.exec_driver_sql(f'DROP {kind} IF EXISTS {quoted}{cascade}')
    connection.commit()


def _schemas(connection: sqlalchemy.Connection) -> list[str | None]:
    """Return the schemas of the database; None is that of the connection."""
    if connection.dialect.name != 'postgresql':
        return [None]
    return [name for name in sqlalchemy.inspect(connection).get_schema_names()
            if name != 'information_schema']


def _things(connection: sqlalchemy.Connection) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a database holds, in an order in which it can be dropped."""
    inspector: Any = sqlalchemy.inspect(connection)
    kinds = {'VIEW': inspector.get_view_names, 'TABLE': inspector.get_table_names}
    if connection.dialect.name == 'postgresql':
        kinds |= {'MATERIALIZED VIEW': inspector.get_materialized_view_names,
                  'SEQUENCE': inspector.get_sequence_names,
                  'TYPE': lambda schema: [one['name'] for one in inspector.get_enums(schema)]}
    for schema in _schemas(connection):
        for kind, names in kinds.items():
            for name in names(schema=schema):
                yield kind, (name,) if schema is None else (schema, name)
