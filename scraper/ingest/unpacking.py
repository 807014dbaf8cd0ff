"""Content codings of HTTP, unpacked piece by piece: a small body may hold gigabytes."""

import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, _ZLIB, _DEFLATE = 31, 15, -15  # wbits
CHUNK = 65_536
_BROKEN = (zlib.error, brotli.error, zstd.ZstdError)


def inflated(packed: bytes, wbits: int) -> Iterator[bytes]:
    """Unpack a stream; raises EOFError where it ends early."""
    stream = zlib.decompressobj(wbits)
    while not stream.eof and (piece := stream.decompress(packed, CHUNK)):
        yield piece
        packed = stream.unconsumed_tail
    if not stream.eof:
        raise EOFError


def _gunzipped(packed: bytes) -> Iterator[bytes]:
    return inflated(packed, GZIP)


def _deflated(packed: bytes) -> Iterator[bytes]:
    """Unpack `deflate`, which some servers send without the frame of zlib."""
    try:
        zlib.decompressobj(_ZLIB).decompress(packed, CHUNK)
    except zlib.error:
        return inflated(packed, _DEFLATE)
    return inflated(packed, _ZLIB)


def _unbrotlied(packed: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    while not stream.is_finished() and (piece := stream.process(packed, output_buffer_limit=CHUNK)):
        yield piece
        packed = b""
    if not stream.is_finished():
        raise EOFError


def _unzstd(packed: bytes) -> Iterator[bytes]:
    return iter(partial(zstd.ZstdFile(BytesIO(packed)).read, CHUNK), b"")


PIECES: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _deflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
"""What unpacks a coding piece by piece; raises EOFError where it ends early."""


def unpacked(body: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """Unpack a coding of a body up to about `limit` bytes; return whether it was whole, too.

    A body that has no such coding, though its headers say so, is returned as it is.
    """
    data = bytearray()
    try:
        for piece in PIECES[coding](body):
            data += piece
            if len(data) > limit:
                break
    except EOFError:
        return bytes(data), not body
    except _BROKEN:
        if not data or body.lstrip()[:1] == b"<":
            return body, True
        return bytes(data), False
    return bytes(data), True
