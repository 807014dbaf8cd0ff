"""A server on loopback that sends bytes as they are over TLS, and notes what it received."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import takewhile
from threading import Thread

from scraper.cli.demo.proxy import ReplayProxy

MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class RawServer:
    """Answers each path with the next of its answers, and the last one from then on."""

    def __init__(self, answers: Mapping[str, list[bytes]]) -> None:
        self.received: dict[str, list[bytes]] = {}
        """Heads of the requests, by path."""
        left = {path: list(those) for path, those in answers.items()}
        received, tls = self.received, ReplayProxy({})
        self._tls = tls

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def setup(self) -> None:
                self.request = tls.end_tls(self.request)
                self.request.do_handshake()
                super().setup()

            def handle(self) -> None:
                with suppress(OSError):
                    while head := b"".join(takewhile(goes_on, iter(self.rfile.readline, None))):
                        path = head.split(b" ")[1].decode()
                        received.setdefault(path, []).append(head + b"\r\n")
                        those = left.get(path, [MISSING])
                        sent = those.pop(0) if len(those) > 1 else those[0]
                        self.wfile.write(sent)
                        if not stays_open(sent):
                            return

            def finish(self) -> None:
                with suppress(OSError), self.request:
                    super().finish()
                    self.request.unwrap()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    @contextmanager
    def running(self) -> Iterator[RawServer]:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            with self._tls:  # which listens, too: it is closed here
                yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


def goes_on(line: bytes) -> bool:
    """Whether a line is neither the end of a head nor that of the connection."""
    return line not in (b"\r\n", b"")


def head_of(sent: bytes) -> bytes:
    """The last head of an answer: the interim ones are before it."""
    *_interim, head = sent.split(b"\r\n\r\n")[: 1 + sent.startswith(b"HTTP/1.1 1")]
    return head + b"\r\n\r\n"


def stays_open(sent: bytes) -> bool:
    head = head_of(sent).lower()
    return head.startswith(b"http/1.1") and (b"content-length" in head or b"chunked" in head)
