"""Shingles, their MinHash signatures, and the keys by which texts that may be linked meet.

A shingle is a run of consecutive words; two texts that share many were hardly written independently
(Broder, On the resemblance and containment of documents, 1997).

A signature holds the least digest of a text's shingles under each of many permutations; two
signatures agree in a place with the probability of the texts' Jaccard similarity s (Broder, 1997).
Places are grouped into bands of r; texts that agree in a whole band are candidates, with b bands
with probability 1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4).

Whole text, 30 bands of 2, for copies and edited texts:

    similarity     0.05   0.10   0.20   0.30   0.35   0.40   0.50
    found          0.07   0.26   0.71   0.94   0.980  0.995  0.9998

Head, 16 bands of 2 over the first 80 words, for excerpts: most are cut from the end, so that the
heads agree although the whole texts do not. A lead of 25 words that one of the two lacks leaves the
heads a similarity of 0.5: found with 0.99; 0.40 is found with 0.94.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from operator import eq
from struct import pack, unpack
from typing import Self

from rensa import RMinHash

from archive.identity import normalised

WIDTH = 4
"""Words per shingle. Three words in a row are often idiom ("pada Selasa pekan"); with five, one
changed word in ten already hides most of what two texts share.
"""

MAX_WORDS = 20_000
"""Words of a text that are read: five times the longest reportage; bounds the cost of a book or a
broken page.
"""

MAX_CHARACTERS = 12 * MAX_WORDS

NUMBER = r"\d+(?:[.,:]\d+)*"
WORD = r"[^\W\d_]+(?:'[^\W\d_]+)*"

_WORD = re.compile(f"{NUMBER}|{WORD}")

ALGORITHM = f"rensa-{RMinHash.ALGORITHM_VERSION}/1"
"""Changes with anything that changes the keys: texts of another algorithm have to be read again."""

MIN_WORDS = 20
"""A shorter text is a caption or a teaser, alike by chance; it gets no keys."""

ROWS = 2
WHOLE_BANDS = 30
HEAD_BANDS = 16
HEAD_WORDS = 80
"""Two to three paragraphs of news."""

MIN_WHOLE = 9
MIN_HEAD = 6
"""Places, of 60 and of 32, in which signatures of linked texts agree. With a similarity of 0.38 one
pair in forty thousand has fewer, with 0.45 of the heads one in two thousand. Texts that met by
common phrases alone have two or three.
"""

_SHINGLE, _KEY = blake2b(digest_size=8), blake2b(digest_size=7)

SEED = 7
"""Never change it. Of the seeds tried on 1,500 articles of many sites, the one with which fewest
texts met by a phrase like "scroll to continue with content"; an unlucky one brings twenty times as
many together.
"""


def words(text: str) -> tuple[str, ...]:
    """Split a text into lower-case words and numbers, without punctuation.

    >>> words("Harga beras “premium” Rp12.500/kg, naik sejak Jum’at (6/3).")
    ('harga', 'beras', 'premium', 'rp', '12.500', 'kg', 'naik', 'sejak', "jum'at", '6', '3')
    """
    return tuple(split_words(text[:MAX_CHARACTERS])[:MAX_WORDS])


def split_words(text: str) -> list[str]:
    """Do the same to a text of any length."""
    return _WORD.findall(normalised(text).lower())


def shingles(sequence: Sequence[str], width: int = WIDTH) -> tuple[int, ...]:
    """Return unsigned 64-bit digests of the runs of `width` words, in order; a shorter text has one
    run, an empty one none.

    BLAKE2b, because Python's own hash differs from process to process.
    """
    encoded = [word.encode() for word in sequence]
    runs = zip(*(encoded[start:] for start in range(min(width, len(encoded)))), strict=False)
    digests = _digests(map(b" ".join, runs), _SHINGLE)
    return unpack(f">{len(digests)}Q", b"".join(digests))


def _digests(texts: Iterable[bytes], empty: blake2b) -> list[bytes]:
    """Return digests made with copies of `empty`, which take a third of the time of new ones."""
    digests = []
    for text in texts:
        digest = empty.copy()
        digest.update(text)
        digests.append(digest.digest())
    return digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """MinHash of a text and of its head; empty for a text too short to be compared."""

    whole: tuple[int, ...]
    """60 unsigned 32-bit numbers."""
    head: tuple[int, ...]
    """32 unsigned 32-bit numbers."""

    @classmethod
    def of(cls, sequence: Sequence[str]) -> Self:
        """Return the signature of a text's words."""
        return cls.of_run(shingles(sequence), length=len(sequence))

    @classmethod
    def of_run(cls, run: Sequence[int], *, length: int) -> Self:
        """Return the signature of a text of `length` words from its shingles, in order."""
        if length < MIN_WORDS:
            return cls(whole=(), head=())
        return cls(
            whole=_minima(run, WHOLE_BANDS * ROWS),
            head=_minima(run[: HEAD_WORDS - WIDTH + 1], HEAD_BANDS * ROWS),
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """Return the signature that `packed` wrote."""
        places = unpack(f"<{len(packed) // 4}I", packed)
        return cls(whole=places[: WHOLE_BANDS * ROWS], head=places[WHOLE_BANDS * ROWS :])

    def packed(self) -> bytes:
        """Return four bytes per place, for a SQLite BLOB; 368 bytes, or none."""
        return pack(f"<{len(self.whole) + len(self.head)}I", *self.whole, *self.head)

    def promises(self, other: Self) -> bool:
        """Whether the texts are worth comparing; rejects nearly all false candidates unread."""
        return self.agreement(other) >= MIN_WHOLE or _agreeing(self.head, other.head) >= MIN_HEAD

    def agreement(self, other: Self) -> int:
        """Return in how many of the 60 places of the whole texts they agree."""
        return _agreeing(self.whole, other.whole)

    def keys(self) -> tuple[int, ...]:
        """Return a key per band: its number in the top byte, 56 bits of digest; never negative."""
        return _all_keys(self.whole, self.head)


def _minima(run: Sequence[int], places: int) -> tuple[int, ...]:
    # The only way in rensa that starts no threads.
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(run, (0, len(run)), places, SEED)
    return tuple(matrix.to_rows()[0])


def _agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(map(eq, one, other))


@lru_cache(maxsize=8)  # looked up, written and compared, one text after another
def _all_keys(whole: tuple[int, ...], head: tuple[int, ...]) -> tuple[int, ...]:
    return (*_keys(whole, 0), *_keys(head, WHOLE_BANDS))


def _keys(minima: Sequence[int], first: int) -> Iterator[int]:
    packed = pack(f"<{len(minima)}I", *minima)
    rows = (packed[start : start + 4 * ROWS] for start in range(0, len(packed), 4 * ROWS))
    for band, digest in enumerate(_digests(rows, _KEY), start=first):
        yield band << 56 | int.from_bytes(digest, "big")


def band_key(band: int, minima: Sequence[int]) -> int:
    """Return the key of one band of a signature."""
    return next(_keys(minima, band))
