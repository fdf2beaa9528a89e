# SPDX-License-Identifier: Apache-2.0
"""Which kind of database a connection leads to, as far as locks differ."""

import sqlalchemy

SQLITE, POSTGRESQL, PGBOUNCER = 'sqlite', 'postgresql', 'pgbouncer'
MYSQL, GALERA = 'mysql', 'galera'


def of(connection: sqlalchemy.Connection) -> str:
    """Return one of the names of this module; leave no transaction open.

    A pooler tells its client another process id than the server's: behind
    it a session is not ours, so that session locks and SET are not either.
    """
    name = connection.dialect.name
    if name == 'postgresql':
        driver = connection.connection.dbapi_connection
        told = driver.get_backend_pid()  # type: ignore[union-attr]
        real = connection.scalar(sqlalchemy.text('SELECT pg_backend_pid()'))
        connection.commit()
        return POSTGRESQL if told == real else PGBOUNCER
    if name == 'mysql':
        row = connection.exec_driver_sql("SHOW VARIABLES LIKE 'wsrep_on'").first()
        connection.commit()
        return GALERA if row and row[1] == 'ON' else MYSQL
    return name
