"""A forward proxy on loopback that answers for the real sites from a table.

Clients set it in http_proxy and https_proxy and request the real URLs. It terminates TLS with a
certificate of its own.
"""

import ssl
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = ()


Answers = Mapping[str, Answer] | Callable[[str], Answer | None]


class ReplayProxy:
    """Serves `answers` (by URL, or a function of the URL) until it is closed; else 404.

    Answers with status 200 carry an ETag, and a matching If-None-Match is answered 304. `requests`
    counts by (URL, status).
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.requests: Counter[tuple[str, int]] = Counter()
        self.user_agents: set[str] = set()
        self._lock = Lock()
        self._tls = _throw_away_tls()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The value for http_proxy and https_proxy."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def requested(self, url: str) -> int:
        """Return how often a URL was requested, whatever the answer."""
        return sum(count for (of, _status), count in self.requests.items() if of == url)

    def answer(self, url: str, if_none_match: str | None) -> Answer:
        """Return the answer to a request, and count it."""
        found = self.answers(url) if callable(self.answers) else self.answers.get(url)
        answer = found or Answer(status=404, body=b"<html><title>404</title><p>Tidak ada.</html>")
        if answer.status == 200 and not any(name.lower() == "etag" for name, _ in answer.headers):
            tag = f'"{sha256(answer.body).hexdigest()[:16]}"'
            if if_none_match == tag:
                answer = Answer(status=304, headers=(("ETag", tag),))
            else:
                answer = replace(answer, headers=(*answer.headers, ("ETag", tag)))
        with self._lock:
            self.requests[url, answer.status] += 1
        return answer

    def end_tls(self, connection: Any) -> Any:
        """Return the client's connection as TLS, before the handshake: so it can be closed."""
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


class _Handler(BaseHTTPRequestHandler):
    """One client's connection; TLS after CONNECT."""

    proxy: ReplayProxy  # set by a subclass for each proxy
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = 1 << 16  # headers and a small body in one packet
    # Else an answer of several packets waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    tunnel: str | None = None

    def do_CONNECT(self) -> None:
        """Answer for the host that the client named, over TLS."""
        self.tunnel = self.path.removesuffix(":443")
        self.send_response(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        try:
            self.connection = self.proxy.end_tls(self.connection)
            self.connection.do_handshake()
        except OSError:
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=self.wbufsize)

    def do_GET(self) -> None:
        """Answer from the table."""
        url = f"https://{self.tunnel}{self.path}" if self.tunnel else self.path
        self.proxy.user_agents.add(self.headers.get("User-Agent", ""))
        answer = self.proxy.answer(url, self.headers.get("If-None-Match"))
        headers = dict(answer.headers)
        if answer.status != 304:
            length = str(len(answer.body))
            headers = {"Content-Type": answer.content_type, "Content-Length": length, **headers}
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def handle(self) -> None:
        """A client that disconnects is no error."""
        with suppress(OSError):
            super().handle()

    def finish(self) -> None:
        """Close the TLS connection; the server closes only the socket below it."""
        with suppress(OSError, ValueError):
            super().finish()
        if self.tunnel:
            with suppress(OSError):
                self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's names
        """Log nothing: the client logs its requests."""


def _throw_away_tls() -> ssl.SSLContext:
    """Return a server context with a self-signed certificate that is kept in memory only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "warta demo")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder) / "demo.pem"
        pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context.load_cert_chain(pem)
    return context
