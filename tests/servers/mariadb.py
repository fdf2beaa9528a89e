# SPDX-License-Identifier: Apache-2.0
"""A private MariaDB server."""

from tests.servers import server

_USER = 'administrator'
_OPTIONS = [
    '--bind-address=127.0.0.1',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-doublewrite=0',
    '--innodb-log-file-size=32M',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_general_ci',
    '--max-connections=300',
    '--skip-name-resolve',
]


def start() -> server.Server:
    """Start it; its ``url`` is the administrator's."""
    mariadbd = server.find('mariadbd')
    install = server.find('mariadb-install-db')
    ready = [server.find('mariadb-admin'), '--no-defaults', '--host=127.0.0.1', 'ping']
    private = server.Server('mysql')
    data = f'--datadir={private.directory / "data"}'
    private.run(
        install,
        '--no-defaults',
        data,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        '--innodb-log-file-size=32M',
    )
    private.start(
        [
            mariadbd,
            '--no-defaults',
            data,
            f'--port={private.port}',
            f'--socket={private.directory / "socket"}',
            f'--init-file={private.write("init.sql", _administrator())}',
            *_OPTIONS,
        ],
        [*ready, f'--port={private.port}'],
    )
    private.url = server.url('mysql+pymysql', _USER, private.port)
    return private


def _administrator() -> str:
    """Return the SQL, a statement per line, that makes a password needed."""
    account = f"{_USER}@'127.0.0.1'"
    return '\n'.join([
        f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{server.PASSWORD}';",
        f'GRANT ALL ON *.* TO {account} WITH GRANT OPTION;',
        "DELETE FROM mysql.global_priv WHERE User IN ('root', '');",
        'FLUSH PRIVILEGES;',
        '',
    ])
