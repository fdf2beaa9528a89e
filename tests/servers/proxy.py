# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy before a database server, which fails when it is told to."""

import contextlib
import socket
import threading
import urllib.parse
from collections.abc import Callable

# Called with the number of a request, from 1, and 'before' it is forwarded or
# 'after' its answer came. False cuts the connection instead of forwarding.
Hook = Callable[[int, str], bool]


class _Connection:
    """The two ends of a connection, and the number of an open request."""

    def __init__(self, *ends: socket.socket) -> None:
        self.client, self.server = ends
        self.asked = 0
        for end in ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def cut(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Proxy:
    """Forwards what clients of its ``url`` ask a server, until it is closed."""

    def __init__(self, url: str) -> None:
        place = urllib.parse.urlsplit(url)
        self._server = str(place.hostname), place.port or 0
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = url.replace(f':{place.port}/', f':{self._listener.getsockname()[1]}/')
        self._connections: list[_Connection] = []
        self._flowing, self._counting = threading.Event(), threading.Lock()
        self.release()
        self.watch(lambda _number, _when: True)
        threading.Thread(target=self._accept, daemon=True).start()

    def watch(self, hook: Hook) -> None:
        """Count the requests from 1 again, and call this hook."""
        self.requests, self._hook = 0, hook

    def hold(self) -> None:
        """Forward nothing until ``release``, and keep the connections."""
        self._flowing.clear()

    def release(self) -> None:
        """Forward again."""
        self._flowing.set()

    def cut(self) -> None:
        """Cut all connections."""
        while self._connections:
            self._connections.pop().cut()

    def close(self) -> None:
        """Cut all connections and accept no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                connection = _Connection(client, socket.socket())
                with contextlib.suppress(OSError):
                    connection.server.connect(self._server)
                self._connections.append(connection)
                for pump in (self._ask, self._answer):
                    threading.Thread(target=self._run, args=[pump, connection], daemon=True).start()

    def _run(self, pump: Callable[[_Connection], None], connection: _Connection) -> None:
        with contextlib.suppress(OSError):
            pump(connection)
        connection.cut()

    def _ask(self, connection: _Connection) -> None:
        while data := connection.client.recv(1 << 16):
            with self._counting:
                number = self.requests = self.requests + 1
            if not self._hook(number, 'before'):
                return
            self._flowing.wait()
            connection.asked = number
            connection.server.sendall(data)

    def _answer(self, connection: _Connection) -> None:
        while data := connection.server.recv(1 << 16):
            number, connection.asked = connection.asked, 0
            if number and not self._hook(number, 'after'):
                return
            self._flowing.wait()
            connection.client.sendall(data)
