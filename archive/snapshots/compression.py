"""Snapshots packed with zstd and a dictionary a site: the pages of one site share most of their
bytes.

A raw-content dictionary made of a few earlier pages packs far better here than one from
`train_dictionary`, which keeps only fragments. Figures are from tests/benchmarks/compression.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import zstandard

from archive.errors import ArchiveDamaged
from archive.identity import bytes_digest

# With a dictionary as fast as 9 and 2 to 4 % smaller; 15 takes 2 to 3 times, 19 ten times as long
# for 2 % more
LEVEL = 12
# A window that every zstd decoder accepts; 2 MB took a further 5 % off, for 2 to 3 times the time
MAX_DICTIONARY_BYTES = 1_000_000
FEWEST_PAGES = 4
MOST_PAGES = 200
"""How many pages a dictionary is made of: as many as fit; large ones are cut rather than that it
has fewer than four.
"""
MAX_PAGE_BYTES = (
    128_000_000  # far above any page the crawler takes: a damaged frame must not eat the memory
)


def dictionary_of(pages: Sequence[bytes]) -> bytes:
    """The bytes of a raw-content dictionary: the pages one after the other, the newest last, where
    zstd looks first.

    Pages that are too large together are cut to equal shares.
    """
    fits = sum(map(len, pages)) <= MAX_DICTIONARY_BYTES
    share = MAX_DICTIONARY_BYTES if fits else MAX_DICTIONARY_BYTES // len(pages)
    return b"".join(page[:share] for page in pages)


@lru_cache(maxsize=16)  # a dictionary of 1 MB is some 5 MB here
def _packer(dictionary: bytes | None) -> zstandard.ZstdCompressor:
    if dictionary is None:
        return zstandard.ZstdCompressor(level=LEVEL)
    content = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    content.precompute_compress(level=LEVEL)
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=content)


@lru_cache(maxsize=16)
def _unpacker(dictionary: bytes | None) -> zstandard.ZstdDecompressor:
    if dictionary is None:
        return zstandard.ZstdDecompressor()
    content = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=content)


def pack(data: bytes, dictionary: bytes | None = None) -> bytes:
    """One zstd frame; its proof is the digest that is kept beside it."""
    return _packer(dictionary).compress(data)


def unpack(
    packed: bytes, digest: str, dictionary: bytes | None = None, *, name: str = "a snapshot"
) -> bytes:
    """The bytes that were packed; raises ArchiveDamaged, which calls them `name`, where they are
    not the ones of `digest`.
    """
    try:
        if (
            zstandard.frame_content_size(packed) > MAX_PAGE_BYTES
        ):  # zstandard makes room for it before it looks further
            raise ArchiveDamaged(f"{name} was damaged: it claims to be larger than any page")
        data = _unpacker(dictionary).decompress(packed, max_output_size=MAX_PAGE_BYTES)
    except zstandard.ZstdError as error:
        raise ArchiveDamaged(f"{name} cannot be unpacked: {error}") from error
    if bytes_digest(data) != digest:
        raise ArchiveDamaged(
            f"{name} was damaged: its bytes no longer match the digest {digest[:12]}…"
        )
    return data
