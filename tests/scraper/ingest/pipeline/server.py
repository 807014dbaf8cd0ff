"""A web server on loopback that has files, continues them, and fails as web servers do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Files(ThreadingHTTPServer):
    """Its files by path, and what it does with the next requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.breaks = 0
        """Answers that end too early."""
        self.share = 0.5
        """Of what is left that these have."""
        self.tagged = True
        self.requests: list[tuple[str, str, str]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Files
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path, wanted = self.path[1:], self.headers.get("Range", "")
        self.server.requests.append((self.command, path, wanted))
        if path in self.server.redirects:
            self.send_response(302)
            self.send_header("Location", self.server.redirects[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = self.server.files.get(path)
        if data is None:
            self.send_error(404)
            return
        begin = int(re.sub(r"\D", "", wanted) or 0)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        if self.server.tagged:
            self.send_header("ETag", f'"{sha1(data).hexdigest()}"')
        self.end_headers()
        if not with_body:
            return
        rest = data[begin:]
        if self.server.breaks and len(rest) > 1:
            self.server.breaks -= 1
            self.wfile.write(rest[: int(len(rest) * self.server.share)])
            self.close_connection = True
            return
        self.wfile.write(rest)

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Files]:
    with Files() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
