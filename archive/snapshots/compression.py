"""zstd with a dictionary per site: the pages of one site share most of their bytes.

A raw-content dictionary made of a few earlier pages packs far better here than one from
`train_dictionary`, which keeps only fragments. Figures are from tests/benchmarks/compression.py.
"""

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import zstandard

from archive.errors import ArchiveDamaged
from archive.identity import bytes_digest

LEVEL = 8
"""Of pages of 77 kB with a dictionary, packed in 0.4 ms by the level's own table: 12 takes twice as
long and is 1 % smaller, of pages of 7 kB 2.5 %; 6 takes half as long, and is 3 to 4 % larger.
"""
HASH_LOG = 19
"""Of the table of a large dictionary, which is copied for every page of more than 32 kB. With 2 MB,
not the level's 4, a page of 77 kB takes a third less time and 0.2 % more bytes.
"""
LARGE_DICTIONARY = 1 << 18
"""Bytes from which on a level's table has more than that."""
MAX_DICTIONARY_BYTES = 1_000_000
"""A window that every zstd decoder accepts; 2 MB saved a further 5 % in 2 to 3 times the time."""
MIN_PAGES = 4
"""Pages in a dictionary; large ones are cut rather than that it has fewer."""
MAX_PAGES = 200
MAX_PAGE_BYTES = 128_000_000
"""Far above any page the crawler takes: a damaged frame must not exhaust the memory."""


def dictionary_of(pages: Sequence[bytes]) -> bytes:
    """Concatenate pages, the newest last, where zstd looks first; cut to equal shares if large."""
    fits = sum(map(len, pages)) <= MAX_DICTIONARY_BYTES
    share = MAX_DICTIONARY_BYTES if fits else MAX_DICTIONARY_BYTES // len(pages)
    return b"".join(page[:share] for page in pages)


_one_at_a_time = Lock()
"""A compressor works for one thread."""


@lru_cache(maxsize=4)  # a dictionary of 1 MB takes some 7 MB here; pages come site by site
def _packer(dictionary: bytes | None) -> zstandard.ZstdCompressor:
    if dictionary is None:
        return zstandard.ZstdCompressor(level=LEVEL)
    content = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    if len(dictionary) < LARGE_DICTIONARY:
        content.precompute_compress(level=LEVEL)
    else:
        parameters = zstandard.ZstdCompressionParameters.from_level(
            LEVEL, dict_size=len(dictionary), hash_log=HASH_LOG
        )
        content.precompute_compress(compression_params=parameters)
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=content)


@lru_cache(maxsize=4)
def _unpacker(dictionary: bytes | None) -> zstandard.ZstdDecompressor:
    if dictionary is None:
        return zstandard.ZstdDecompressor()
    content = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=content)


def pack(data: bytes, dictionary: bytes | None = None) -> bytes:
    """Compress into one zstd frame, without a checksum: the digest is stored beside it.

    Several threads may call it, in turns; others run meanwhile.
    """
    with _one_at_a_time:
        return _packer(dictionary).compress(data)


def unpack(
    packed: bytes, digest: str, dictionary: bytes | None = None, *, name: str = "a snapshot"
) -> bytes:
    """Decompress, and check the digest; raises ArchiveDamaged, which calls the data `name`."""
    try:
        # zstandard allocates this size before it looks further
        if zstandard.frame_content_size(packed) > MAX_PAGE_BYTES:
            raise ArchiveDamaged(f"{name} was damaged: it claims to be larger than any page")
        data = _unpacker(dictionary).decompress(packed, max_output_size=MAX_PAGE_BYTES)
    except zstandard.ZstdError as error:
        raise ArchiveDamaged(f"{name} cannot be unpacked: {error}") from error
    if bytes_digest(data) != digest:
        digits = digest[:12]
        raise ArchiveDamaged(f"{name} was damaged: its bytes no longer match the digest {digits}…")
    return data
