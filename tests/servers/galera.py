# SPDX-License-Identifier: Apache-2.0
"""A private Galera cluster: MariaDB nodes on the loopback interface."""

import glob
import os
from collections.abc import Sequence

from tests.servers import mariadb
from tests.servers import server

_PROVIDERS = '/usr/lib*/galera*/libgalera_smm.so'
_OPTIONS = [
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    '--wsrep-on=ON',
    '--wsrep-cluster-name=dbmanage',
    '--wsrep-node-address=127.0.0.1',
    '--wsrep-sst-method=rsync',
]
# A killed node is left out after two seconds, not after five.
_PROVIDER_OPTIONS = [
    'gcache.size=16M',
    'evs.keepalive_period=PT0.5S',
    'evs.suspect_timeout=PT2S',
    'evs.inactive_timeout=PT5S',
]
_SYNCED = '"$0" "$@" | grep Synced'


class Cluster:
    """Nodes that hold the same databases; ``url`` has one URL for each."""

    def __init__(self, size: int) -> None:
        self.nodes = [server.Server('mysql') for _ in range(size)]
        self.url = ' '.join(map(mariadb.url, self.nodes))
        self._ports = [server.free_port() for _ in self.nodes]

    def launch(self, number: int, *options: str) -> None:
        """Start a node, or start a killed one again, and let it join."""
        node = self.nodes[number]
        state = _client(node, "SHOW STATUS LIKE 'wsrep_local_state_comment'")
        node.start([*self._command(number), *options], ['sh', '-c', _SYNCED, *state])

    def make_primary(self, number: int) -> None:
        """Let a node that has lost the others be the cluster."""
        node = self.nodes[number]
        node.run(*_client(node, "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'"))

    def stop(self) -> None:
        """Stop the nodes and remove their directories."""
        for node in reversed(self.nodes):
            node.stop()

    def _command(self, number: int) -> Sequence[str | os.PathLike[str]]:
        node = self.nodes[number]
        members = ','.join(f'127.0.0.1:{port}' for port in self._ports)
        listen = f'gmcast.listen_addr=tcp://127.0.0.1:{self._ports[number]}'
        receive = f'ist.recv_addr=127.0.0.1:{server.free_port()}'
        return [
            *mariadb.command(node),
            *_OPTIONS,
            f'--wsrep-provider={_provider()}',
            f'--wsrep-cluster-address=gcomm://{members}',
            f'--wsrep-sst-receive-address=127.0.0.1:{server.free_port()}',
            f'--wsrep-provider-options={";".join([listen, receive, *_PROVIDER_OPTIONS])}',
        ]


def start(size: int = 3) -> Cluster:
    """Start it: the first node makes the cluster, the others copy it."""
    server.find('rsync')
    server.find('ss')
    _provider()
    cluster = Cluster(size)
    first = cluster.nodes[0]
    mariadb.install(first)
    cluster.launch(0, '--wsrep-new-cluster', mariadb.initialization(first))
    for number in range(1, size):
        cluster.nodes[number].run('mkdir', 'data')
        cluster.launch(number)
    return cluster


def _client(node: server.Server, statement: str) -> list[str]:
    return [
        server.find('mariadb'),
        '--no-defaults',
        '--host=127.0.0.1',
        f'--port={node.port}',
        f'--user={mariadb.USER}',
        f'--password={server.PASSWORD}',
        f'--execute={statement}',
    ]


def _provider() -> str:
    found = glob.glob(_PROVIDERS)
    if not found:
        raise server.MissingProgram('the library libgalera_smm.so is missing')
    return found[0]
