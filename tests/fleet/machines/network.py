"""class Link: a network connection that can be cut, delayed and healed."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Self

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close with RST, as a machine that restarted would."""


class Link:
    """A port of loopback whose connections lead to another one, for as long as it is not cut.

    A silent cut is a network's: packets of all connections vanish, new connections are neither
    refused nor answered, and what was on its way arrives when it is healed. `refuse` is that of a
    server that is down: connections are reset.
    """

    def __init__(self, port: int) -> None:
        """Take the port that it leads to."""
        self.delay = 0.0
        """Seconds that each piece of data is under way."""
        self._target = port
        self._flows = threading.Event()
        self._flows.set()
        self._refuses = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.heal()
        self._reset()
        self._accepting.join()

    @property
    def url(self) -> str:
        """For http_proxy and https_proxy, if it leads to a proxy."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Let nothing through from now on."""
        self._flows.clear()

    def refuse(self) -> None:
        """Reset all connections, and new ones."""
        self._refuses = True
        self._reset()

    def heal(self) -> None:
        """Let everything through."""
        self._refuses = False
        self._flows.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._flows.wait()
        try:
            if self._refuses:
                raise ConnectionRefusedError
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            _close(client)
            return
        pair = (client, server)
        for end in pair:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.update(pair)
        back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
        back.start()
        self._pump(client, server)
        back.join()
        with self._lock:
            self._open.difference_update(pair)
        for end in pair:
            end.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Carry what one side says to the other, and its end."""
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.delay:
                    time.sleep(self.delay)
                self._flows.wait()
                sink.sendall(data)
        self._flows.wait()
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _reset(self) -> None:
        with self._lock:
            for end in self._open:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    end.shutdown(socket.SHUT_RDWR)


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()
