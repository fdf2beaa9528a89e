# SPDX-License-Identifier: Apache-2.0
"""What the database refused, and whether it is worth to ask again."""

from typing import Any

import sqlalchemy
from oslo_db import exception
from sqlalchemy import exc

from dbmanage import errors

REFUSALS = (exc.DBAPIError, exception.DBError)

# What oslo.db and SQLAlchemy make of a connection that is lost in their own first
# requests of it, where no statement of ours is running.
LOST_EARLY = (exc.InvalidRequestError, NotImplementedError)

# lock_not_available, deadlock_detected, serialization_failure:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
# ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK (a failed certification, too):
# https://mariadb.com/kb/en/mariadb-error-code-reference/
_TRANSIENT = {'55P03', '40P01', '40001', 1205, 1213}
# query_canceled, ER_QUERY_INTERRUPTED, SQLITE_INTERRUPT
_CANCELLED = {'57014', 1317, 'interrupted'}
_NOT_PRIMARY = 1047
# Lost connections, a server that shuts down, a Galera node that is not Primary.
# The last is SQLAlchemy's: https://docs.sqlalchemy.org/en/20/errors.html#error-8s2b
_LOST = {'57P01', '57P02', '57P03', '08006', '08003', '08001', 1047, 1053, 1927, 2006, 2013, 2055,
         '8s2b'}


def original(error: BaseException) -> Any:
    """Return what the driver raised."""
    inner = getattr(error, 'inner_exception', None) or error
    return getattr(inner, 'orig', None) or inner


def code(error: BaseException) -> str | int | None:
    """Return the SQLSTATE of PostgreSQL, the number of MariaDB and MySQL."""
    driver = original(error)
    if isinstance(driver, exc.SQLAlchemyError):
        return driver.code
    found = getattr(driver, 'pgcode', None) or (driver.args[0] if driver.args else None)
    return found if isinstance(found, str | int) else None


def is_transient(error: BaseException) -> bool:
    """Tell whether the same statement may succeed a little later."""
    return code(error) in _TRANSIENT


def is_cancelled(error: BaseException) -> bool:
    """Tell whether the statement was cancelled, by us or by somebody."""
    return code(error) in _CANCELLED


def is_lost(error: BaseException) -> bool:
    """Tell whether the connection is gone."""
    inner = getattr(error, 'inner_exception', None) or error
    return (isinstance(error, exception.DBConnectionError)
            or getattr(inner, 'connection_invalidated', False) or code(error) in _LOST)


def may_pass(error: BaseException) -> bool:
    """Tell whether the cause of a refusal may be gone when it is tried again."""
    return is_transient(error) or is_cancelled(error) or is_lost(error)


def has_lost(connection: sqlalchemy.Connection, error: BaseException) -> bool:
    """Tell whether a connection is gone, by what SQLAlchemy did not wrap."""
    dialect = connection.dialect
    if isinstance(error, LOST_EARLY):
        return connection.invalidated
    return isinstance(error, dialect.loaded_dbapi.Error) and (
        connection.invalidated or dialect.is_disconnect(
            error, connection.connection.dbapi_connection, None))


def reason(error: BaseException) -> str:
    """Return in one line what the database said, or what it means by it."""
    if code(error) == _NOT_PRIMARY:
        return 'this Galera node is not Primary; use another one, or try again later'
    driver = original(error)
    said = str(driver.args[-1] if driver.args else driver).strip()
    return ' '.join(said.splitlines()[0].split()) if said else type(driver).__name__


def translate(error: BaseException, what: str) -> errors.Error:
    """Return what a refusal means for the caller, in one line."""
    cause = original(error)
    if isinstance(cause, errors.Error):  # ours, that oslo.db has wrapped
        return cause
    said = reason(error)
    if code(error) == _NOT_PRIMARY:
        return errors.DatabaseUnreachable(f'{what}: {said}')
    if is_lost(error):
        # SQLAlchemy's own words are about its transactions.
        why = '' if isinstance(cause, exc.SQLAlchemyError) else f': {said}'
        return errors.DatabaseUnreachable(f'{what}: the connection was lost{why}')
    if is_transient(error) or said == 'database is locked':
        return errors.Blocked(f'{what}: {said}')
    return errors.Failed(f'{what}: {said}')
