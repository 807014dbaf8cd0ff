"""Targets that take alerts on loopback: a real HTTP server and a real SMTP server, well or in
trouble.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.waiting import DEADLINE


class Receiver:
    """A web server that takes JSON; `trouble` is `hang`, `drop`, `drip`, `endless` or None, and
    `status` what it answers.
    """

    def __init__(self, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.status = 200
        self.trouble: str | None = None
        self.location: str | None = None
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.asked = 0
        self.closing = Event()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", port), type("Handler", (_Handler,), {"receiver": self})
        )
        self._server.daemon_threads = False  # closing waits for them: no socket outlives its test
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if context is not None else "http"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/services/T000/RAHASIA"

    @property
    def received(self) -> list[tuple[str, str, str | None]]:
        return [(body["state"], body["kind"], body["site"]) for body in self.bodies]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        receiver = self.receiver
        receiver.asked += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if receiver.trouble == "hang":
            receiver.closing.wait(DEADLINE)
            self.close_connection = True
            return
        if receiver.trouble == "drop":
            self.close_connection = True
            return
        if receiver.trouble == "drip":
            self._drip()
            return
        if receiver.trouble == "endless":
            self._answer_without_end()
            return
        if 200 <= receiver.status < 300:
            receiver.bodies.append(json.loads(body))
            receiver.headers.append(dict(self.headers))
            receiver.paths.append(self.path)
        self.send_response(receiver.status)
        if receiver.location is not None:
            self.send_header("Location", receiver.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self) -> None:
        """A byte of a header now and then: no wait of a socket is ever long."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Lambat: ")
            while not self.receiver.closing.wait(0.05):
                self.wfile.write(b"x")

    def _answer_without_end(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        for _part in range(100_000):
            try:
                self.wfile.write(b"x" * 65_536)
            except OSError:
                return

    def log_message(self, *arguments: object) -> None:
        pass


class Postbox:
    """A mail server; `trouble` is `hang`, `refuse` (a temporary error), `reject` (a permanent one),
    or None.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self.trouble: str | None = None
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.encrypted: list[bool] = []
        self.logins: list[tuple[str, str]] = []
        self.no_such: set[str] = set()
        self._login = login
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=port,
            ssl_context=context if implicit else None,
            tls_context=None if implicit else context,
            require_starttls=context is not None and not implicit,
            authenticator=self._authenticate,
            auth_required=login is not None,
            auth_require_tls=context is not None,
        )
        self._controller.start()

    @property
    def port(self) -> int:
        server = self._controller.server
        assert server is not None
        return int(server.sockets[0].getsockname()[1])

    @property
    def subjects(self) -> list[str]:
        return [letter["Subject"] for letter in self.letters]

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=self.logins[-1] == self._login, handled=False)

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address in self.no_such:
            return "550 tidak ada orang itu"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.trouble is not None:
            return {"refuse": "451 coba lagi nanti", "reject": "554 surat ini ditolak"}[
                self.trouble
            ]
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients.append(list(envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """aiosmtpd looks whether port 0 answers; the one that it was given does."""
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def silent() -> socket.socket:
    """A socket that accepts in the kernel and never says a word."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(5)
    return listening


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
