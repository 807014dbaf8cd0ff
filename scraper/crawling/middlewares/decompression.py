"""Unpacks responses as Scrapy does, and notices those whose compressed body ended early."""

import sys
import zlib
from typing import Any

import brotli
from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CUT = "cut"
"""Flag of a response whose compressed body ended early: Scrapy unpacks what there is."""

_CHUNK = 65_536
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15  # wbits


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Adds the flag CUT to responses that are only the beginning of a compressed body."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Any:
        """Called by Scrapy; raises IgnoreRequest for a body that is too large when unpacked."""
        codings = b",".join(response.headers.getlist("Content-Encoding")).lower().split(b",")
        packed = response.body
        unpacked = super().process_response(request, response)
        if packed and isinstance(unpacked, Response) and unpacked.body is not packed:
            coding = codings[-1].strip()
            size = len(unpacked.body) if len(codings) == 1 else None
            if not _is_whole(packed, coding, size, limit=self._max_size):
                unpacked.flags.append(CUT)
        return unpacked


def _is_whole(packed: bytes, coding: bytes, size: int | None, *, limit: int) -> bool:
    """Whether a compressed body has its end; `size` is that of the unpacked one, if known."""
    if coding in (b"gzip", b"x-gzip"):
        # RFC 1952, 2.3.1: a member ends with its size; only other ends are unpacked again.
        return size == int.from_bytes(packed[-4:], "little") or _inflates(packed, _GZIP, limit)
    if coding == b"deflate":
        return _inflates(packed, _ZLIB, limit) or _inflates(packed, _DEFLATE, limit)
    if coding == b"br":
        return _unpacks(brotli.Decompressor(), packed, limit)
    if coding == b"zstd":
        return _decompresses(zstd.ZstdDecompressor(), packed, limit)
    return True


def _inflates(packed: bytes, wbits: int, limit: int) -> bool:
    return _decompresses(zlib.decompressobj(wbits), packed, limit)


def _decompresses(decompressor: Any, packed: bytes, limit: int) -> bool:
    """Whether a stream of zlib's or zstd's kind ends within the limit."""
    rest, size = packed, 0
    try:
        while not decompressor.eof and size <= (limit or size):
            found = decompressor.decompress(rest, _CHUNK)
            rest = getattr(decompressor, "unconsumed_tail", b"")
            size += len(found)
            if not found and not rest:
                break
    except (zlib.error, zstd.ZstdError):
        return False
    return bool(decompressor.eof)


def _unpacks(decompressor: Any, packed: bytes, limit: int) -> bool:
    rest, size = packed, 0
    try:
        while not decompressor.is_finished() and size <= (limit or size):
            found = decompressor.process(rest, output_buffer_limit=_CHUNK)
            rest = b""
            size += len(found)
            if not found:
                break
    except brotli.error:
        return False
    return bool(decompressor.is_finished())
