"""Unpacks responses as Scrapy does, and notices those whose compressed body ended early."""

import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import Any

import brotli
from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response

from scraper.crawling.responses import CUT, Refused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = 65_536
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15  # wbits


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
        if encoding not in _PIECES:
            unpacked = super()._decode(body, encoding, max_size)
            # RFC 1952, 2.3.1: a member ends with its size; only other ends are unpacked again.
            if len(unpacked) != int.from_bytes(body[-4:], "little"):
                self._cut |= not _ends(_inflated(body, _GZIP))
            return unpacked
        data = bytearray()
        try:
            for piece in _PIECES[encoding](body):
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


def _inflated(packed: bytes, wbits: int) -> Iterator[bytes]:
    """Unpack a stream; raises EOFError where it ends early."""
    stream = zlib.decompressobj(wbits)
    while not stream.eof and (piece := stream.decompress(packed, _CHUNK)):
        yield piece
        packed = stream.unconsumed_tail
    if not stream.eof:
        raise EOFError


def _deflated(packed: bytes) -> Iterator[bytes]:
    """Unpack `deflate`, which some servers send without the frame of zlib."""
    try:
        zlib.decompressobj(_ZLIB).decompress(packed, _CHUNK)
    except zlib.error:
        return _inflated(packed, _DEFLATE)
    return _inflated(packed, _ZLIB)


def _unbrotlied(packed: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    while not stream.is_finished() and (
        piece := stream.process(packed, output_buffer_limit=_CHUNK)
    ):
        yield piece
        packed = b""
    if not stream.is_finished():
        raise EOFError


def _unzstd(packed: bytes) -> Iterator[bytes]:
    return iter(partial(zstd.ZstdFile(BytesIO(packed)).read, _CHUNK), b"")


_PIECES: dict[bytes, Callable[[bytes], Iterator[bytes]]] = {
    b"deflate": _deflated,
    b"br": _unbrotlied,
    b"zstd": _unzstd,
}
"""What unpacks a coding piece by piece; raises EOFError where it ends early."""
