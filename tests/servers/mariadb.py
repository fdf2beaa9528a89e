# SPDX-License-Identifier: Apache-2.0
"""A private MariaDB server."""

import os
from collections.abc import Sequence

from tests.servers import server

USER = 'administrator'
_OPTIONS = [
    '--bind-address=127.0.0.1',
    '--innodb-log-file-size=32M',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_general_ci',
    '--skip-name-resolve',
]
_FAST = [
    # What is committed outlives a killed server, not a power cut.
    '--innodb-flush-log-at-trx-commit=2',
    '--innodb-doublewrite=0',
    '--max-connections=300',
]


def start(options: Sequence[str] = _FAST, home: str | None = None) -> server.Server:
    """Start it; its ``url`` is the administrator's. Without options it is durable."""
    ready = [server.find('mariadb-admin'), '--no-defaults', '--host=127.0.0.1', 'ping']
    private = server.Server('mysql', home=home)
    install(private)
    private.start([*command(private, options), initialization(private)],
                  [*ready, f'--port={private.port}'])
    private.url = url(private)
    return private


def install(private: server.Server) -> None:
    """Make the data directory of a server."""
    private.run(
        server.find('mariadb-install-db'),
        '--no-defaults',
        *_folders(private),
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        '--innodb-log-file-size=32M',
    )


def command(
    private: server.Server, options: Sequence[str] = _FAST,
) -> Sequence[str | os.PathLike[str]]:
    """Return the command line that starts a server."""
    return [
        server.find('mariadbd'),
        '--no-defaults',
        *_folders(private),
        f'--port={private.port}',
        f'--socket={private.directory / "socket"}',
        *_OPTIONS,
        *options,
    ]


def initialization(private: server.Server) -> str:
    """Return the option that makes the administrator, with a password."""
    account = f"{USER}@'127.0.0.1'"
    statements = '\n'.join([
        f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{server.PASSWORD}';",
        f'GRANT ALL ON *.* TO {account} WITH GRANT OPTION;',
        "DELETE FROM mysql.global_priv WHERE User IN ('root', '');",
        'FLUSH PRIVILEGES;',
        '',
    ])
    return f'--init-file={private.write("init.sql", statements)}'


def url(private: server.Server) -> str:
    """Return the administrator's URL."""
    return server.url('mysql+pymysql', USER, private.port)


def _folders(private: server.Server) -> list[str]:
    # A server that starts removes the temporary tables of all in its tmpdir.
    return [f'--datadir={private.directory / "data"}', f'--tmpdir={private.directory}']
