# SPDX-License-Identifier: Apache-2.0
"""Where the database is: the connection option as a SQLAlchemy URL."""

import re

import sqlalchemy
from oslo_config import cfg
from sqlalchemy import exc

from dbmanage import conf as configuration
from dbmanage import errors

# A scheme without a driver means the driver that we ship; MariaDB goes by the
# name mysql, because revisions and oslo.db ask for that one.
_DRIVERS = {
    'postgres': 'postgresql+psycopg2',
    'postgresql': 'postgresql+psycopg2',
    'mysql': 'mysql+pymysql',
    'mariadb': 'mysql+pymysql',
    'mariadb+pymysql': 'mysql+pymysql',
}
_DEFAULTS = {
    # libpq would wait for ever for a server that accepts and then says nothing.
    'postgresql': {'connect_timeout': '10'},  # seconds
    # oslo.db would fall back to utf8, MySQL's three-byte one.
    'mysql': {'charset': 'utf8mb4'},
}
_AT_SIGN_IN_PASSWORD = re.compile(
    r'^([\w+]+://[^:/]*:)(.*?)(@[^@/?]*(?:/[^@/?]*)?(?:\?.*)?)$')


def read(conf: cfg.ConfigOpts, group: str) -> sqlalchemy.URL:
    """Return the URL of a section's connection, its driver filled in."""
    try:
        url = sqlalchemy.make_url(_quoted(configuration.connection(conf, group)))
        parameters = configuration.database(conf, group)['connection_parameters']
        url = url.update_query_string(str(parameters or ''), append=True)
    except (exc.ArgumentError, ValueError):  # SQLAlchemy 2.0 says the whole URL
        raise errors.UsageError(f'[{group}] connection is not a database URL '
                                '(dialect://user@host/database)') from None
    url = with_driver(url)
    if url.get_backend_name() == 'mysql' and not url.database:
        raise errors.UsageError(f'[{group}] connection names no database, only a server')
    return url.set(query={**_DEFAULTS.get(url.get_backend_name(), {}), **url.query})


def with_driver(url: sqlalchemy.URL) -> sqlalchemy.URL:
    """Return a URL whose scheme names a driver."""
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def of_dialect(name: str) -> sqlalchemy.URL:
    """Return the URL of nowhere, for what is written and not run."""
    return sqlalchemy.make_url(f'{_DRIVERS.get(name, name)}://')


def dialect(url: sqlalchemy.URL, group: str) -> type[sqlalchemy.Dialect]:
    """Return the dialect of a URL; its driver need not be there."""
    try:
        return url.get_dialect()
    except exc.NoSuchModuleError as e:
        raise errors.UsageError(
            f'[{group}] connection: there is no dialect {url.drivername!r}') from e


def check_driver(url: sqlalchemy.URL, group: str) -> None:
    """Raise UsageError unless the driver of the URL is installed."""
    try:
        dialect(url, group).import_dbapi()
    except ImportError as e:
        raise errors.UsageError(
            f'[{group}] connection: the driver of {url.drivername!r} is not installed ({e})') from e


def shown(url: sqlalchemy.URL) -> str:
    """Name a database without a user, a password or a query string."""
    if url.get_backend_name() == 'sqlite':
        return f'SQLite database {url.database or ":memory:"}'
    port = f':{url.port}' if url.port else ''
    return f'{url.get_backend_name()} database {url.database} at {url.host or "localhost"}{port}'


def is_file(url: sqlalchemy.URL) -> bool:
    """Tell whether a SQLite database is a file, and not in memory."""
    return (bool(url.database) and ':memory:' not in str(url.database)
            and url.query.get('mode') != 'memory')


def _quoted(connection: str) -> str:
    match = _AT_SIGN_IN_PASSWORD.match(connection)
    return connection if match is None else (
        match[1] + match[2].replace('@', '%40') + match[3])
