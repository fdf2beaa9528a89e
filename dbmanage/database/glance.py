# SPDX-License-Identifier: Apache-2.0
"""A glance at the version table, with a driver and nothing else.

A start with nothing to do is over before SQLAlchemy would have been imported.
What is not plain (an option that is set, a refusal, no rows) is nothing to see:
then the engine is asked, which knows what it means.
"""

import os
import re
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from urllib import parse

from oslo_config import cfg
from oslo_db import options as oslo_db_options

from dbmanage import conf as configuration
from dbmanage.database import tables

_URL = re.compile(
    r'(?P<scheme>[a-z]+(?:\+[a-z0-9]+)?)://'
    r'(?:(?P<user>[^:/@?]*)(?::(?P<password>[^/@?]*))?@)?'
    r'(?P<host>[\w.-]+)?(?::(?P<port>\d+))?/(?P<database>[^?@%]+)(?:\?(?P<query>[^@]*))?')
_PLAIN = ('connection_debug', 'connection_parameters', 'connection_trace', 'mysql_sql_mode')
_PATIENCE = 3  # seconds; the engine has more
_BRIEFLY = f"SET LOCAL lock_timeout = '{_PATIENCE}s'; "  # it goes with the transaction
# A script that has stopped half-way has left word there.
_COMMENT = ('SELECT table_comment FROM information_schema.tables'
            ' WHERE table_schema = coalesce(%s, database()) AND table_name = %s')
_LOOPBACK = re.compile(r'localhost|127\.[\d.]+')
# What a driver, or what it is built on, raises for what it does not take.
_MISUSES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError,
            ValueError)


def recorded(conf: cfg.ConfigOpts, group: str, own: tables.Tables) -> list[str] | None:
    """Return the revisions that a database records, sorted; None for nothing to see."""
    options = configuration.database(conf, group)
    defaults = {option.name: option.default for option in oslo_db_options.database_opts}
    url = _URL.fullmatch(options['connection'] or '')
    if url is None or any(options[name] != defaults[name] for name in _PLAIN):
        return None
    query = parse.parse_qsl(url['query'] or '', keep_blank_values=True)
    read = _READERS.get(url['scheme'])
    if read is None or len(dict(query)) < len(query):
        return None
    found = read(url.groupdict(), dict(query), own)
    if not found or not all(isinstance(one, str) for one in found):
        return None
    return sorted(found)


def _sqlite(url: Mapping[str, Any], query: dict[str, str], own: tables.Tables) -> list[Any]:
    path = url['database']
    if query or own.schema or url['host'] or url['user'] is not None or not os.path.isfile(path):
        return []
    import sqlite3
    try:
        connection = sqlite3.connect(path)
        try:
            return _rows(connection.cursor(), own, '"')
        finally:
            connection.close()
    except sqlite3.Error:
        return []


def _postgresql(url: Mapping[str, Any], query: dict[str, str], own: tables.Tables) -> list[Any]:
    if {'host', 'port', 'plugin'} & query.keys():
        return []
    import psycopg2
    arguments = {**_place(url, 'user', 'password', 'dbname'), 'connect_timeout': _PATIENCE, **query}
    try:
        connection = psycopg2.connect(**arguments)
        try:
            return _rows(connection.cursor(), own, '"', _BRIEFLY)
        finally:
            connection.close()
    except (psycopg2.Error, *_MISUSES):
        return []


def _mysql(url: Mapping[str, Any], query: dict[str, str], own: tables.Tables) -> list[Any]:
    if query.keys() - {'charset'}:
        return []
    import pymysql
    arguments = {
        **_place(url, 'user', 'password', 'database'), 'charset': 'utf8mb4', **query,
        'connect_timeout': _PATIENCE, 'read_timeout': _PATIENCE,
        # There is no wire to protect, and the context of TLS takes 30 ms to make.
        'ssl_disabled': bool(_LOOPBACK.fullmatch(url['host'] or 'localhost')) or None}
    try:
        connection = pymysql.connect(**arguments)
        try:
            cursor = connection.cursor()
            cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
            if ('wsrep_on', 'ON') in cursor.fetchall():  # a Galera node catches up first
                cursor.execute('SET SESSION wsrep_sync_wait = 1')
            rows = _rows(cursor, own, '`')
            cursor.execute(_COMMENT, (own.schema, own.version))
            return rows if cursor.fetchall() == (('',),) else []
        finally:
            connection.close()
    except (pymysql.Error, *_MISUSES):
        return []


_Reader = Callable[[Mapping[str, Any], dict[str, str], tables.Tables], list[Any]]
_READERS: dict[str, _Reader] = {
    'sqlite': _sqlite, 'sqlite+pysqlite': _sqlite,
    **dict.fromkeys(('postgres', 'postgresql', 'postgresql+psycopg2'), _postgresql),
    **dict.fromkeys(('mysql', 'mysql+pymysql', 'mariadb', 'mariadb+pymysql'), _mysql),
}


def _place(url: Mapping[str, Any], user: str, password: str, database: str) -> dict[str, Any]:
    """Return where the server is and who we are there, in the words of a driver."""
    found = {
        user: url['user'] and parse.unquote(url['user']),
        password: url['password'] and parse.unquote(url['password']),
        'host': url['host'], 'port': url['port'] and int(url['port']), database: url['database']}
    return {name: value for name, value in found.items() if value}


def _rows(cursor: Any, own: tables.Tables, quote: str, before: str = '') -> list[Any]:
    names = [name.replace(quote, quote * 2) for name in (own.schema, own.version) if name]
    place = '.'.join(f'{quote}{name}{quote}' for name in names)
    cursor.execute(f'{before}SELECT version_num FROM {place}')
    return [row[0] for row in cursor.fetchall()]
