"""Unpacks responses as Scrapy does, and notices those whose compressed body ended early."""

import sys
import zlib
from collections.abc import Callable
from functools import partial
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
        unpacker = brotli.Decompressor()
        read = partial(unpacker.process, output_buffer_limit=_CHUNK)
        return _reaches_its_end(read, unpacker.is_finished, packed, limit)
    if coding == b"zstd":
        frame = zstd.ZstdDecompressor()
        read = partial(frame.decompress, max_length=_CHUNK)
        return _reaches_its_end(read, lambda: frame.eof, packed, limit)
    return True


def _inflates(packed: bytes, wbits: int, limit: int) -> bool:
    stream = zlib.decompressobj(wbits)

    def read(more: bytes) -> bytes:
        return stream.decompress(more or stream.unconsumed_tail, _CHUNK)

    return _reaches_its_end(read, lambda: stream.eof, packed, limit)


def _reaches_its_end(
    read: Callable[[bytes], bytes], ended: Callable[[], bool], packed: bytes, limit: int
) -> bool:
    """Whether a compressed stream ends, within the limit; `read` yields its next bytes."""
    size = 0
    try:
        while not ended() and size <= (limit or size):
            found = read(packed)
            packed = b""
            size += len(found)
            if not found:
                break
    except (zlib.error, zstd.ZstdError, brotli.error):
        return False
    return ended()
