# SPDX-License-Identifier: Apache-2.0
"""Connections: made by oslo.db, and why one could not be had."""

import contextlib
import functools
import itertools
import pathlib
import re
import time
from collections.abc import Iterator
from typing import Any

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
from dbmanage.database import kind
from dbmanage.database import limits
from dbmanage.database import refusal
from dbmanage.database import sqlite
from dbmanage.database import waiting

# What a driver says to a parameter of the URL that it does not know.
_MISUSES = (AttributeError, OSError, TypeError, ValueError)
# An unknown character set, variable or value of one, in MariaDB's and MySQL's numbers;
# and what libpq and PostgreSQL say of one, which have no number for it.
_MISUSE_CODES = {1115, 1193, 1231}
_MISUSE_TEXT = re.compile('connection option|configuration parameter|for parameter "')
_LONGEST_CONNECT = 10  # seconds
_SOON = 2  # seconds; a refusal, and one more try, are over before anybody wonders
_ENGINE_OPTIONS = (
    'connection_debug', 'connection_recycle_time', 'connection_trace',
    'mysql_sql_mode', 'mysql_wsrep_sync_wait', 'sqlite_synchronous')


class Database:
    """The database that a section of the configuration names.

    Connecting raises DatabaseUnreachable, or UsageError if the section is wrong.
    """

    def __init__(self, conf: cfg.ConfigOpts, group: str) -> None:
        self._conf = conf
        self._group = group

    @contextlib.contextmanager
    def reading(
        self, retries: int | None = None, patience: int | None = None,
    ) -> Iterator[sqlalchemy.Connection]:
        """Connect to look; an absent SQLite file is empty, and is not made.

        No statement waits longer for a table than [dbmanage] lock_timeout, and than
        ``patience``, in seconds. Without ``retries`` they are as many as [database]
        max_retries.
        """
        longest = self._conf[configuration.GROUP].lock_timeout
        url = sqlalchemy.make_url('sqlite://') if _is_absent(self.url) else self.url
        with self._connected(self._engine(url), retries) as connection:
            limits.set_lock_timeout(connection, kind.of(connection), min(
                longest, longest if patience is None else patience))
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlalchemy.Connection]:
        """Connect to change something, as ``lock`` lets one do it."""
        engine = self._engine(self.url)
        if engine.dialect.name == 'sqlite':
            sqlite.prepare(engine)
        with self._connected(engine) as connection:
            yield connection

    @contextlib.contextmanager
    def beside(self, connection_kind: str) -> Iterator[sqlalchemy.Engine]:
        """Give connections beside the working one: to look, to hold a lock."""
        engine = self._engine(self.url)
        if connection_kind == kind.GALERA:
            event.listen(engine, 'connect', _read_after_write)
        elif connection_kind == kind.SQLITE:
            sqlite.prepare(engine)
        if connection_kind in (kind.GALERA, kind.PGBOUNCER):
            # It will hold the lock: let it fail here, where failures are told.
            self._connect(engine, address.shown(engine.url)).close()
        try:
            yield engine
        finally:
            engine.dispose()

    @functools.cached_property
    def url(self) -> sqlalchemy.URL:
        """Where it is, with a password perhaps."""
        return address.read(self._conf, self._group)

    def _engine(self, url: sqlalchemy.URL) -> sqlalchemy.Engine:
        address.check_driver(url, self._group)
        options = configuration.database(self._conf, self._group)
        arguments = {name: options[name] for name in _ENGINE_OPTIONS}
        try:
            engine: sqlalchemy.Engine = engines.create_engine(url, max_retries=0, **arguments)
        except _MISUSES as e:
            raise _misuse(e, address.shown(url)) from e
        return engine

    @contextlib.contextmanager
    def _connected(
        self, engine: sqlalchemy.Engine, retries: int | None = None,
    ) -> Iterator[sqlalchemy.Connection]:
        where = address.shown(engine.url)
        try:
            with self._connect(engine, where, retries) as connection:
                if kind.of(connection) == kind.GALERA:
                    _read_after_write(connection.connection.dbapi_connection)
                yield connection
        except refusal.REFUSALS as e:
            raise refusal.translate(e, where) from e
        finally:
            engine.dispose()

    def _connect(
        self, engine: sqlalchemy.Engine, where: str, retries: int | None = None,
    ) -> sqlalchemy.Connection:
        options = configuration.database(self._conf, self._group)
        retries = options['max_retries'] if retries is None else retries
        for attempt in itertools.count():
            began = time.monotonic()
            try:
                return _connected_in_time(engine)
            except (*refusal.REFUSALS, *refusal.LOST_EARLY, *_MISUSES) as e:
                if _is_misuse(e):
                    raise _misuse(e, where) from e
                said = f'cannot reach the {where}: {refusal.reason(e)}'
                if attempt == retries:
                    raise errors.DatabaseUnreachable(said) from e
                if attempt or time.monotonic() - began > _SOON:
                    output.say(f'{said}; trying again')
                time.sleep(options['retry_interval'])
        raise AssertionError


def _read_after_write(driver: Any, _record: object = None) -> None:
    """Let a Galera node catch up before it reads.

    https://galeracluster.com/library/documentation/mysql-wsrep-options.html
    """
    with driver.cursor() as cursor:
        cursor.execute('SET SESSION wsrep_sync_wait = 1')


def _is_absent(url: sqlalchemy.URL) -> bool:
    path = pathlib.Path((url.database or '').removeprefix('file:'))
    if url.get_backend_name() != 'sqlite' or path.exists():
        return False
    if not path.parent.is_dir():
        raise errors.DatabaseUnreachable(
            f'cannot reach the {address.shown(url)}: there is no folder {path.parent}')
    return True


def _is_misuse(error: BaseException) -> bool:
    original = getattr(error, 'inner_exception', None) or error
    return (isinstance(original, (*_MISUSES, exc.ProgrammingError))
            or refusal.code(error) in _MISUSE_CODES
            or bool(_MISUSE_TEXT.search(refusal.reason(error))))


def _misuse(error: BaseException, where: str) -> errors.UsageError:
    return errors.UsageError(
        f'the driver does not take the connection of the {where}: {refusal.reason(error)}')


def _connected_in_time(engine: sqlalchemy.Engine) -> sqlalchemy.Connection:
    """Connect, unless the server accepts and then says nothing.

    PyMySQL waits for a greeting for ever; libpq has a timeout of its own, and a
    connection of SQLite is of its thread.
    """
    if engine.dialect.name != 'mysql':
        return engine.connect()
    longest = float(str(engine.url.query.get('connect_timeout', _LONGEST_CONNECT)))
    try:
        return waiting.within(longest, engine.connect)
    except TimeoutError:
        raise exception.DBConnectionError(
            RuntimeError(f'the server accepts connections, and says nothing for {longest:g} s')
        ) from None
