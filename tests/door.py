# SPDX-License-Identifier: Apache-2.0
"""A port in front of a server, for tests of servers that are not there."""

import contextlib
import socket
import threading


class Door:
    """A port that closes the first connections, and lets later ones through."""

    def __init__(self, closed: int, host: str, port: int) -> None:
        self.opened = 0
        self._closed = closed
        self._behind = (host, port)
        self._sockets = [socket.create_server(('127.0.0.1', 0))]
        self._threads: list[threading.Thread] = []
        self.port = self._sockets[0].getsockname()[1]
        self._start(self._serve)

    def close(self) -> None:
        """Close the port, and what was let through."""
        while self._threads:
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self._threads.pop().join()
        for one in self._sockets:
            one.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                outside, _ = self._sockets[0].accept()
                self.opened += 1
                if self.opened <= self._closed:
                    outside.close()
                else:
                    self._let_through(outside)

    def _let_through(self, outside: socket.socket) -> None:
        inside = socket.create_connection(self._behind)
        self._sockets += [outside, inside]
        self._start(_copy, outside, inside)
        self._start(_copy, inside, outside)

    def _start(self, *call: object) -> None:
        function, *arguments = call
        self._threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self._threads[-1].start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
