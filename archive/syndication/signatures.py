"""MinHash signatures and the keys by which texts that may be linked find each other.

A signature keeps the least digest of a text's shingles under each of many permutations; two
signatures agree in a place with the probability of the texts' Jaccard similarity s (Broder, 1997).
Places are cut into bands of r; texts that agree in a whole band are candidates, with b bands with
probability 1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4).

Whole text, 30 bands of 2, for copies and edited texts:

    similarity     0.05   0.10   0.20   0.30   0.35   0.40   0.50
    found          0.07   0.26   0.71   0.94   0.980  0.995  0.9998

Head, 16 bands of 2 over the first 80 words, for excerpts: most are cut from the end, so that the
heads agree where the whole texts do not. A lead of 25 words that one of the two lacks leaves the
heads a similarity of 0.5: found with 0.99; 0.40 is found with 0.94.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import eq
from struct import pack, unpack

from rensa import RMinHash

from archive.syndication.shingles import WIDTH, digest_of, shingles

ALGORITHM = f"rensa-{RMinHash.ALGORITHM_VERSION}/1"
"""Changes with whatever changes the keys: keys of different algorithms do not meet, the texts have
to be read again.
"""

FEWEST_WORDS = 20
"""A shorter text is a caption or a teaser: too little to tell who wrote it first, and alike by
chance. It has no keys.
"""

ROWS = 2
WHOLE_BANDS = 30
HEAD_BANDS = 16
HEAD_WORDS = 80
"""Two to three paragraphs of news."""

LEAST_WHOLE = 9
LEAST_HEAD = 6
"""Places of 60 and of 32 in which signatures of linked texts agree at least. With a similarity of
0.38 one pair in forty thousand has fewer, with 0.45 of the heads one in two thousand. Texts that
met by common phrases alone have two or three.
"""

_EMPTY = blake2b(digest_size=7)

_SEED = 7
"""For ever the same one. Of the numbers tried on 1,500 articles of many sites it is the one with
which the least of them met by a phrase like "scroll to continue with content"; with an unlucky one,
twenty times as many meet.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """MinHash of a text and of its head; empty for a text too short to be compared."""

    whole: tuple[int, ...]
    """Unsigned 32-bit numbers."""
    head: tuple[int, ...]

    @classmethod
    def of(cls, sequence: Sequence[str]) -> Signature:
        """The signature of a text's words."""
        return cls.of_run(shingles(sequence), length=len(sequence))

    @classmethod
    def of_run(cls, run: Sequence[int], *, length: int) -> Signature:
        """The same from the shingles of so many words, in their order."""
        if length < FEWEST_WORDS:
            return cls(whole=(), head=())
        return cls(
            whole=_minima(run, WHOLE_BANDS * ROWS),
            head=_minima(run[: HEAD_WORDS - WIDTH + 1], HEAD_BANDS * ROWS),
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> Signature:
        """The signature that was packed."""
        places = unpack(f"<{len(packed) // 4}I", packed)
        return cls(whole=places[: WHOLE_BANDS * ROWS], head=places[WHOLE_BANDS * ROWS :])

    def packed(self) -> bytes:
        """Four bytes a place, for a SQLite BLOB; 368 bytes, or none."""
        return pack(f"<{len(self.whole) + len(self.head)}I", *self.whole, *self.head)

    def promises(self, other: Signature) -> bool:
        """Whether it is worth to compare the texts, said without reading them: of the false
        candidates hardly one is left.
        """
        return (
            _agreeing(self.whole, other.whole) >= LEAST_WHOLE
            or _agreeing(self.head, other.head) >= LEAST_HEAD
        )

    def agreement(self, other: Signature) -> int:
        """In how many of the 60 places of the whole texts they agree."""
        return _agreeing(self.whole, other.whole)

    def keys(self) -> tuple[int, ...]:
        """One key a band, for a SQLite INTEGER: the band's number in the top byte, 56 bits of
        digest below; never negative.
        """
        return (*_keys(self.whole, 0), *_keys(self.head, WHOLE_BANDS))


def _minima(run: Sequence[int], places: int) -> tuple[int, ...]:
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        run, (0, len(run)), places, _SEED
    )  # the one way that starts no threads
    return tuple(matrix.to_rows()[0])


def _agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(map(eq, one, other))


def _keys(minima: Sequence[int], first: int) -> Iterator[int]:
    for band, start in enumerate(range(0, len(minima), ROWS), start=first):
        rows = pack(f"<{ROWS}I", *minima[start : start + ROWS])
        yield int.from_bytes(bytes([band]) + digest_of(rows, _EMPTY), "big")
