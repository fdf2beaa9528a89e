# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL server."""

import signal
from collections.abc import Sequence

from tests.servers import server

_USER = 'postgres'
_OPTIONS = ['listen_addresses=127.0.0.1', 'dynamic_shared_memory_type=mmap']
_FAST = [
    # What is committed outlives a killed server, not a power cut.
    'fsync=off',
    'full_page_writes=off',
    'autovacuum=off',
    'max_connections=200',
]


def start(options: Sequence[str] = _FAST, home: str | None = None) -> server.Server:
    """Start it; its ``url`` is the administrator's. Without options it is durable."""
    postgres = server.find('postgres')
    initdb = server.find('initdb')
    ready = [server.find('pg_isready'), '--quiet', '--host=127.0.0.1']
    private = server.Server(_USER, signal.SIGINT, home)
    data = private.directory / 'data'
    password = private.write('password', server.PASSWORD)
    private.run(
        initdb,
        f'--pgdata={data}',
        f'--username={_USER}',
        f'--pwfile={password}',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--wal-segsize=4',
        '--no-sync',
    )
    places = [f'port={private.port}', f'unix_socket_directories={private.directory}']
    settings = [argument for option in (*_OPTIONS, *options, *places)
                for argument in ('-c', option)]
    private.start([postgres, '-D', str(data), *settings], [*ready, f'--port={private.port}'])
    private.url = server.url('postgresql+psycopg2', _USER, private.port, 'postgres')
    return private
