# SPDX-License-Identifier: Apache-2.0
"""The service's own code, with its options and engines, on our database."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from oslo_config import cfg
from oslo_db import options as oslo_db_options
from sqlalchemy import event

from dbmanage import conf as configuration
from dbmanage import errors
from dbmanage import service as services
from dbmanage.database import address

_PORTS = {'postgresql': 5432, 'mysql': 3306}


class Elsewhere(errors.Failed):
    """The code of a service connects to another database, or once too often."""


def load(
    service: services.Service, conf: cfg.ConfigOpts, places: Iterable[Any] = (),
) -> list[Any]:
    """Import the models of a service, and other places; return the MetaData.

    Its own ConfigOpts is given our configuration files, and our connection,
    so that its enginefacade works on the same database. Raises UsageError if
    what it has begun to use by now is another one.
    """
    def code() -> list[Any]:
        found = service.target_metadata()
        for place in places:
            services.resolved(place)
        return found

    own = service.own_conf
    found = code() if own is None else configuration.give(conf, own, code)
    group = service.database_group
    if configuration.database(conf, group)['connection']:
        url = address.read(conf, group)
        if own is not None:
            _share(service, own, url)
        _check_started(url)
    return found


def naming(found: Sequence[Any]) -> sqlalchemy.MetaData | None:
    """Return a MetaData with the naming conventions of all, the first first.

    Alembic looks for no naming convention in a list.
    """
    if len(found) < 2:
        return found[0] if found else None
    convention = dict[Any, Any]()
    for metadata in reversed(found):
        convention.update(metadata.naming_convention)
    return sqlalchemy.MetaData(naming_convention=convention)


@contextlib.contextmanager
def guarded(working: sqlalchemy.Connection) -> Iterator[None]:
    """Let nobody in this process connect to another database.

    An enginefacade that nothing was said to connects to whatever its service
    has for a default, and a revision that asks it is answered by that. On
    SQLite a second connection could only wait for ours, or miss what it did.
    """
    ours = _place(working.engine)

    def check(found: sqlalchemy.URL) -> None:
        if found != ours:
            raise Elsewhere(_elsewhere(found, ours))
        if ours.drivername == 'sqlite' and working.in_transaction():
            raise Elsewhere('SQLite has one connection for all of a revision, that of '
                            'op.get_bind(); another one, of an engine, would wait for it')

    with _asked_early(check), asked(lambda connection: check(_place(connection.engine))):
        yield


@contextlib.contextmanager
def asked(check: Callable[[sqlalchemy.Connection], None]) -> Iterator[None]:
    """Ask ``check`` about each connection that is made in this process."""
    event.listen(sqlalchemy.Engine, 'engine_connect', check)
    try:
        yield
    finally:
        event.remove(sqlalchemy.Engine, 'engine_connect', check)


@contextlib.contextmanager
def _asked_early(check: Callable[[sqlalchemy.URL], None]) -> Iterator[None]:
    """Ask ``check`` before a driver connects, which makes a file of SQLite.

    A pool may have been connected long before: it does not connect again.
    """
    def ask(dialect: sqlalchemy.Dialect, _record: object, *connect: Any) -> None:
        check(_place_of(dialect, *connect))

    event.listen(sqlalchemy.Engine, 'do_connect', ask)
    try:
        yield
    finally:
        event.remove(sqlalchemy.Engine, 'do_connect', ask)


def _share(service: services.Service, own: cfg.ConfigOpts, url: sqlalchemy.URL) -> None:
    """Let the engines of a service be made for our URL, parameters and all."""
    group = service.database_group
    for option in oslo_db_options.database_opts:
        with contextlib.suppress(cfg.DuplicateOptError):
            own.register_opt(option, group)
    for name, value in (
        ('connection', url.render_as_string(hide_password=False)),
        ('slave_connection', None), ('connection_parameters', ''),
    ):
        location = own.get_location(name, group)
        if location and location.location is cfg.Locations.set_override:
            service.ending.callback(_override, own, name, own[group][name], group)
        else:
            service.ending.callback(own.clear_override, name, group)
        _override(own, name, value, group)


def _override(own: cfg.ConfigOpts, name: str, value: str | None, group: str) -> None:
    own.set_override(name, value and value.replace('$', '$$'), group)


def _check_started(url: sqlalchemy.URL) -> None:
    """Raise UsageError for a global enginefacade that is in use elsewhere."""
    enginefacade = sys.modules.get('oslo_db.sqlalchemy.enginefacade')
    if enginefacade is None or not enginefacade.writer.is_started:
        return
    started = _place(enginefacade.writer.get_engine())
    ours = _place(sqlalchemy.create_engine(url))
    if started != ours:
        raise errors.UsageError(_elsewhere(started, ours))


def _elsewhere(found: sqlalchemy.URL, ours: sqlalchemy.URL) -> str:
    return (f'the code of the service connects to the {address.shown(found)}, not to the '
            f'{address.shown(ours)}; let conf name its ConfigOpts, or prepare configure '
            'its engines for the same connection, before it is run again')


def _place(engine: sqlalchemy.Engine) -> sqlalchemy.URL:
    return _place_of(engine.dialect, *engine.dialect.create_connect_args(engine.url))


def _place_of(
    dialect: sqlalchemy.Dialect, args: Sequence[Any], options: Mapping[str, Any],
) -> sqlalchemy.URL:
    """Return where a driver connects to, and nothing else that it is told."""
    if dialect.name == 'sqlite':
        path = str(args[0]).removeprefix('file:').partition('?')[0]
        return sqlalchemy.URL.create(
            'sqlite', database=path if path == ':memory:' else os.path.abspath(path))
    name = {'mariadb': 'mysql'}.get(dialect.name, dialect.name)
    host = options.get('host') or options.get('unix_socket') or 'localhost'
    database = options.get('dbname') or options.get('database') or options.get('db')
    # Of several hosts, for libpq, there are several ports.
    return sqlalchemy.URL.create(
        name, host=f'{host}:{options.get("port") or _PORTS.get(name)}', database=database)
