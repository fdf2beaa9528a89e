# SPDX-License-Identifier: Apache-2.0
"""Connections: made by oslo.db, and why one could not be had."""

import contextlib
import itertools
import pathlib
import time
from collections.abc import Iterator

import sqlalchemy
from oslo_config import cfg
from oslo_db import exception
from oslo_db.sqlalchemy import engines
from sqlalchemy import event
from sqlalchemy import exc

from dbmanage import conf as configuration
from dbmanage import errors
from dbmanage import output
from dbmanage.database import address

REFUSALS = (exc.DBAPIError, exception.DBError)
# What a driver says to a parameter of the URL that it does not know.
_MISUSES = (AttributeError, TypeError, ValueError)
_ENGINE_OPTIONS = (
    'connection_debug', 'connection_recycle_time', 'connection_trace',
    'mysql_sql_mode', 'mysql_wsrep_sync_wait', 'sqlite_synchronous')


@contextlib.contextmanager
def reading(conf: cfg.ConfigOpts, group: str) -> Iterator[sqlalchemy.Connection]:
    """Connect to look; an absent SQLite file is empty, and is not made.

    Raises DatabaseUnreachable, or UsageError for a wrong [database] section.
    """
    url = address.read(conf, group)
    if _is_absent(url):
        url = sqlalchemy.make_url('sqlite://')
    with _connected(_engine(conf, group, url), conf, group) as connection:
        yield connection


@contextlib.contextmanager
def writing(conf: cfg.ConfigOpts, group: str) -> Iterator[sqlalchemy.Connection]:
    """Connect to change something, in transactions that are what they say.

    Raises DatabaseUnreachable, or UsageError for a wrong [database] section.
    """
    engine = _engine(conf, group, address.read(conf, group))
    if engine.dialect.name == 'sqlite':
        event.listen(engine, 'connect', _ignore_foreign_keys)
        event.listen(engine, 'begin', _begin_immediate)
    with _connected(engine, conf, group) as connection:
        yield connection


def reason(error: BaseException) -> str:
    """Return in one line what the database said."""
    original = getattr(error, 'inner_exception', None) or error
    original = getattr(original, 'orig', None) or original
    said = str(original.args[-1] if original.args else original).strip()
    return ' '.join(said.splitlines()[0].split()) if said else type(original).__name__


def translate(error: BaseException, what: str) -> errors.Error:
    """Return what a refusal of the database means for the caller."""
    said = reason(error)
    if isinstance(error, exception.DBConnectionError) or getattr(
            error, 'connection_invalidated', False):
        return errors.DatabaseUnreachable(f'{what}: the connection was lost: {said}')
    if said == 'database is locked':
        return errors.Busy(f'{what}: another process is writing to it')
    return errors.Failed(f'{what}: {said}')


def _engine(conf: cfg.ConfigOpts, group: str, url: sqlalchemy.URL) -> sqlalchemy.Engine:
    address.check_driver(url, group)
    options = configuration.database(conf, group)
    engine: sqlalchemy.Engine = engines.create_engine(
        url, max_retries=0, **{name: options[name] for name in _ENGINE_OPTIONS})
    return engine


def _is_absent(url: sqlalchemy.URL) -> bool:
    path = (url.database or '').removeprefix('file:')
    return url.get_backend_name() == 'sqlite' and not pathlib.Path(path).exists()


@contextlib.contextmanager
def _connected(
    engine: sqlalchemy.Engine, conf: cfg.ConfigOpts, group: str,
) -> Iterator[sqlalchemy.Connection]:
    where = address.shown(engine.url)
    options = configuration.database(conf, group)
    try:
        with _connect(engine, where, options['max_retries'], options['retry_interval']) as c:
            yield c
    except REFUSALS as e:
        raise translate(e, where) from e
    finally:
        engine.dispose()


def _connect(
    engine: sqlalchemy.Engine, where: str, retries: int, interval: float,
) -> sqlalchemy.Connection:
    for attempt in itertools.count():
        try:
            return engine.connect()
        except (*REFUSALS, *_MISUSES) as e:
            _check_parameters(e, where)
            if attempt == retries:
                raise errors.DatabaseUnreachable(f'cannot reach the {where}: {reason(e)}') from e
            if attempt:  # one retry is over before anybody wonders
                output.say(f'cannot reach the {where}: {reason(e)}; trying again')
            time.sleep(interval)
    raise AssertionError


def _check_parameters(error: BaseException, where: str) -> None:
    original = getattr(error, 'inner_exception', None) or error
    if isinstance(original, (*_MISUSES, exc.ProgrammingError)):
        raise errors.UsageError(
            f'the driver does not take the connection of the {where}: {reason(error)}') from error


def _ignore_foreign_keys(dbapi_connection: sqlalchemy.engine.interfaces.DBAPIConnection,
                         _record: object) -> None:
    """Let a batch rebuild drop a parent table without its children.

    The pragma does nothing inside a transaction, so it is set on connect:
    https://www.sqlite.org/pragma.html#pragma_foreign_keys
    """
    dbapi_connection.cursor().execute('PRAGMA foreign_keys=OFF')


def _begin_immediate(connection: sqlalchemy.Connection) -> None:
    """Take the write lock first: a deferred BEGIN cannot wait for it later.

    oslo.db has begun a deferred transaction by now.
    """
    connection.exec_driver_sql('ROLLBACK')
    connection.exec_driver_sql('BEGIN IMMEDIATE')
