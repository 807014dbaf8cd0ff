"""Limits of what a server may send before and after a body: status lines, headers, 1xx answers.

Twisted bounds a line, but neither the number of lines nor their bytes, and after an error it goes
on receiving until a TLS peer has closed its side.
"""

from __future__ import annotations

from typing import Any

from scraper.crawling.responses import HeadersTooLarge

MAX_HEADER_LINES = 500
"""Of a response, those of interim (1xx) answers before it included; browsers accept a few hundred,
Python's own client 100.
"""
MAX_HEADER_BYTES = 64 * 1024
"""Of the same lines; servers limit the headers of requests to an eighth of it."""


def limit_headers(protocol: Any) -> None:
    """Make a Twisted HTTP/1.1 client protocol abort a connection beyond the limits.

    The request fails with HeadersTooLarge. What is within them is noted in its transcript.
    """
    request, received = protocol.request, protocol.dataReceived

    def limited_request(outgoing: Any) -> Any:
        response = request(outgoing)
        if protocol._parser is not None:
            protocol.transcript.begin(outgoing, protocol.transport.getPeer())
            _Limits(protocol._parser, protocol.transport, protocol.transcript.lines)
        return response

    def limited_data(data: bytes) -> None:
        if protocol._parser is None:  # nothing is expected: the request has ended or failed
            protocol.transport.abortConnection()
        else:
            received(data)

    protocol.request, protocol.dataReceived = limited_request, limited_data


class _Limits:
    """Collects the lines that the parser of one response receives."""

    def __init__(self, parser: Any, transport: Any, lines: list[bytes]) -> None:
        self._lines, self._bytes = lines, 0
        self._transport = transport
        self._receive = parser.lineReceived
        parser.MAX_LENGTH = MAX_HEADER_BYTES
        parser.lineReceived, parser.lineLengthExceeded = self.line, self.exceeded

    def line(self, line: bytes) -> Any:
        """Called by Twisted for the status line and each header."""
        self._lines.append(line)
        self._bytes += len(line)
        if len(self._lines) > MAX_HEADER_LINES or self._bytes > MAX_HEADER_BYTES:
            self.exceeded(line)
        return self._receive(line)

    def exceeded(self, _line: bytes) -> None:
        """Called by Twisted for a line that does not end."""
        self._transport.abortConnection()
        raise HeadersTooLarge
