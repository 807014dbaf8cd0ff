"""Bodies are unpacked once, whatever their coding; one that ends early is flagged."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import cache

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from scraper.crawling.middlewares.decompression import DecompressionMiddleware
from scraper.crawling.responses import CUT, Refused
from scraper.ingest import unpacking

URL = "https://rmol.id/1"
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
PIECE = unpacking.CHUNK
bodies = st.one_of(
    st.binary(min_size=1, max_size=300),
    st.integers(PIECE - 2, 2 * PIECE + 2).map(lambda size: bytes(range(251)) * (size // 251 + 1)),
)


@cache
def middleware(largest: int) -> DecompressionMiddleware:
    return DecompressionMiddleware(crawler=get_crawler(settings_dict={"DOWNLOAD_MAXSIZE": largest}))


def unpacked(coding: str, body: bytes, *, largest: int = 10**7) -> Response:
    response = Response(URL, headers={"Content-Encoding": coding}, body=body)
    found = middleware(largest).process_response(Request(URL), response)
    assert isinstance(found, Response)
    return found


@pytest.mark.parametrize("coding", CODINGS)
@given(body=bodies)
def test_a_whole_body_is_what_was_packed(coding: str, body: bytes) -> None:
    found = unpacked(coding, CODINGS[coding](body))
    assert (found.body, found.flags) == (body, [])


@pytest.mark.parametrize("coding", CODINGS)
@given(body=bodies, share=st.floats(0.01, 0.99))
def test_a_body_that_ends_early_is_flagged(coding: str, body: bytes, share: float) -> None:
    packed = CODINGS[coding](body)
    half = packed[: max(1, int(share * len(packed)))]
    try:
        found = unpacked(coding, half)
    except (EOFError, OSError):  # of gzip nothing was left: the request has failed
        assert coding.endswith("gzip")
        return
    assert found.flags == [CUT]
    assert body.startswith(found.body)


@pytest.mark.parametrize("coding", ["deflate", "br", "zstd"])
def test_a_body_is_unpacked_once(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, read = unpacking.PIECES[coding], []
    counted = lambda packed: (read.append(piece) or piece for piece in pieces(packed))  # noqa: E731
    monkeypatch.setitem(unpacking.PIECES, coding, counted)
    body = b"kabar desa " * PIECE
    assert unpacked(coding, CODINGS[coding](body)).body == body
    assert sum(map(len, read)) == len(body)


def test_each_of_several_codings_is_looked_at() -> None:
    inner = gzip.compress(b"kabar desa")
    assert unpacked("gzip, br", brotli.compress(inner)).body == b"kabar desa"
    assert unpacked("gzip, br", brotli.compress(inner[:-3])).flags == [CUT]


@pytest.mark.parametrize("coding", ["deflate", "br", "zstd"])
def test_a_body_beyond_the_limit_is_too_large(coding: str) -> None:
    with pytest.raises(Refused, match="too_large"):
        unpacked(coding, CODINGS[coding](b"0" * 10**6), largest=10**5)
