"""Unpacks responses as Scrapy does, and notices those whose compressed body ended early."""

import zlib
from collections.abc import Iterator
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response

from scraper.crawling.responses import CUT, Refused
from scraper.ingest.unpacking import GZIP, PIECES, inflated


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Adds the flag CUT to responses that are only the beginning of a compressed body."""

    _cut = False

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Any:
        """Called by Scrapy; raises IgnoreRequest for a body that is too large when unpacked."""
        self._cut = False
        unpacked = super().process_response(request, response)
        if self._cut and isinstance(unpacked, Response):
            unpacked.flags.append(CUT)
        return unpacked

    def _decode(  # type: ignore[override]
        self, body: bytes, encoding: bytes, max_size: int
    ) -> bytes:
        """Called for each coding of a body, the outermost first."""
        pieces = PIECES.get(encoding.decode("latin-1"))
        if pieces is None or encoding.endswith(b"gzip"):
            unpacked = super()._decode(body, encoding, max_size)
            # RFC 1952, 2.3.1: a member ends with its size; only other ends are unpacked again.
            if len(unpacked) != int.from_bytes(body[-4:], "little"):
                self._cut |= not _ends(inflated(body, GZIP))
            return unpacked
        data = bytearray()
        try:
            for piece in pieces(body):
                data += piece
                if 0 < max_size < len(data):
                    raise Refused("too_large")
        except EOFError:
            self._cut |= bool(body)
        return bytes(data)


def _ends(pieces: Iterator[bytes]) -> bool:
    try:
        for _piece in pieces:
            pass
    except (EOFError, zlib.error):
        return False
    return True
