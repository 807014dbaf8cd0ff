"""How responses come over the wire: the heads of requests and responses as sent and received.

Scrapy's headers are a dictionary: they lose their order, their case and those of the connection,
and decompression changes them. So the lines are noted where Twisted reads them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag

from scrapy import Request
from scrapy.http import Response
from twisted.internet.main import CONNECTION_LOST

from archive.records import Exchange, HeaderLines, Hop, Wire

_EXCHANGES = "exchanges"
"""Key of a request's meta: its exchange as a Hop, after those that led to it."""
_CREDENTIALS = ("cookie", "authorization")
"""Beginnings of the names, in lower case, of what a request says to its server alone."""
_PROXY = "proxy-"
"""The same of what it says to its proxy."""


@dataclass(slots=True)
class Transcript:
    """What is noted while one request is sent and answered."""

    sent: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Headers of the request."""
    lines: list[bytes] = field(default_factory=list)
    """Of the response, after those of interim (1xx) ones: status line, headers, empty line."""
    peer: Any = None
    """The other end of the connection, an address of Twisted."""

    def begin(self, outgoing: Any, peer: Any) -> None:
        """Note a request of Twisted that is sent now."""
        self.peer = peer
        self.sent = [] if outgoing.persistent else [(b"Connection", b"close")]
        for name, values in outgoing.headers.getAllRawHeaders():
            self.sent += [(name, value) for value in values]

    def exchange(self, request: Request, response: Response, at: datetime) -> Hop:
        """Return the exchange, which ended with this response at a time, aware."""
        status, *lines = _final_head(self.lines)
        protocol, _code, reason = (*status.decode("latin-1").split(" ", 2), "")[:3]
        sent, received = _decoded(self.sent), _decoded(_unfolded(lines))
        if _named(sent, _CREDENTIALS):
            received = _without(received, "set-cookie")
        direct = "proxy" not in request.meta
        return Hop(
            url=response.url,
            status=response.status,
            fetched_at=at,
            protocol=protocol,
            reason=reason,
            headers=received,
            length=len(response.body),
            method=request.method,
            request_headers=_without(sent, *_CREDENTIALS, _PROXY),
            address=self.peer.host if direct else None,
            port=self.peer.port if direct else None,
        )


TRANSCRIPT: ContextVar[Transcript] = ContextVar("TRANSCRIPT")
"""Of the request that is about to get a connection."""


def note_connections(pool: Any) -> None:
    """Hand the transcript of a request to the connection that it gets from a pool of Twisted."""
    connect = pool.getConnection

    def connection(*endpoint: Any) -> Any:
        transcript = TRANSCRIPT.get()

        def take(protocol: Any) -> Any:
            protocol.transcript = transcript
            return protocol

        return connect(*endpoint).addCallback(take)

    pool.getConnection = connection


def guard_writes(protocol: Any, may_send: Callable[[], bool]) -> None:
    """Make the connection of a Twisted protocol break instead of sending when it may not.

    Twisted keeps what is written until the socket is ready: so it is the last call before the
    kernel's that looks, also for what is left of a request, on connections kept open, and in TLS.
    """
    connected = protocol.makeConnection

    def guarded(transport: Any) -> None:
        lowest = transport
        while not hasattr(lowest, "writeSomeData"):  # TLS
            lowest = lowest.transport
        send = lowest.writeSomeData
        lowest.writeSomeData = lambda data: send(data) if may_send() else CONNECTION_LOST
        connected(transport)

    protocol.makeConnection = guarded


def keep_exchange(request: Request, exchange: Hop) -> None:
    """Add an exchange to its request's meta, which redirects and retries copy."""
    before: tuple[Hop, ...] = request.meta.get(_EXCHANGES, ())
    if before and _is_retried(before[-1], request):
        before = before[:-1]
    request.meta[_EXCHANGES] = (*before, exchange)


def wire_of(request: Request | None) -> Wire | None:
    """How the response of a request came over the wire; None if that was not noted."""
    exchanges: tuple[Hop, ...] = request.meta.get(_EXCHANGES, ()) if request is not None else ()
    if not exchanges:
        return None
    *hops, last = exchanges
    return Wire(**{each.name: getattr(last, each.name) for each in _COMMON}, hops=tuple(hops))


_COMMON = fields(Exchange)


def _is_retried(last: Hop, request: Request) -> bool:
    """Whether a request repeats its last exchange, and was not led on by it."""
    return not 300 <= last.status < 400 and last.url == urldefrag(request.url).url


def _final_head(lines: Sequence[bytes]) -> list[bytes]:
    """Return the lines of the last head: its status line and headers."""
    plain = [line.removesuffix(b"\r") for line in lines]
    while b"" in plain[:-1]:
        del plain[: plain.index(b"") + 1]
    return plain[:-1]


def _unfolded(lines: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield names and values; lines without a colon are no headers for Scrapy either."""
    joined: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and joined:
            joined[-1] += b" " + line.strip()
        else:
            joined.append(line)
    for header in joined:
        name, colon, value = header.partition(b":")
        if colon:
            yield name, value.strip()


def _decoded(headers: Iterator[tuple[bytes, bytes]] | list[tuple[bytes, bytes]]) -> HeaderLines:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _without(headers: HeaderLines, *names: str) -> HeaderLines:
    return tuple(line for line in headers if not line[0].lower().startswith(names))


def _named(headers: HeaderLines, names: tuple[str, ...]) -> bool:
    return any(name.lower().startswith(names) for name, _value in headers)
