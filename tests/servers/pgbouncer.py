# SPDX-License-Identifier: Apache-2.0
"""A private pgbouncer, which pools transactions."""

import signal
import urllib.parse

from tests.servers import server

_CONFIGURATION = """\
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 500
max_db_connections = {pool_size}
server_idle_timeout = 5
"""


def start(url: str, pool_size: int = 20) -> server.Server:
    """Start it before the PostgreSQL server of an administrator's URL.

    ``pool_size`` is the number of connections to a database.
    """
    program = server.find('pgbouncer')
    ready = [server.find('pg_isready'), '--quiet', '--host=127.0.0.1']
    place = urllib.parse.urlsplit(url)
    private = server.Server('postgres', signal.SIGINT)
    users = private.write('users', f'"{place.username}" "{server.PASSWORD}"\n')
    configuration = _CONFIGURATION.format(
        host=place.hostname,
        port=place.port,
        listen_port=private.port,
        users=users,
        pool_size=pool_size,
    )
    private.start(
        [program, private.write('pgbouncer.ini', configuration)],
        [*ready, f'--port={private.port}'],
    )
    private.url = place._replace(
        netloc=place.netloc.replace(f':{place.port}', f':{private.port}')
    ).geturl()
    return private
