"""Words and shingles: what two texts are compared by.

A shingle is a run of consecutive words; two texts that share many were hardly written apart
(Broder, On the resemblance and containment of documents, 1997).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from struct import unpack

from archive.identity import normalised

WIDTH = 4
"""Words a shingle. Three words in a row are often idiom ("pada Selasa pekan"); with five, one
changed word in ten already hides most of what two texts share.
"""

MOST_WORDS = 20_000
"""Words of a text that are read: the longest reportage has a fifth of it. A book or a broken page
costs no more.
"""

MOST_CHARACTERS = 12 * MOST_WORDS

NUMBER = r"\d+(?:[.,:]\d+)*"
WORD = r"[^\W\d_]+(?:'[^\W\d_]+)*"

_WORD = re.compile(f"{NUMBER}|{WORD}")
_EMPTY = blake2b(digest_size=8)


def words(text: str) -> tuple[str, ...]:
    """Words and numbers in lower case, without punctuation; letters and digits are kept apart.

    >>> words("Harga beras “premium” Rp12.500/kg, naik sejak Jum’at (6/3).")
    ('harga', 'beras', 'premium', 'rp', '12.500', 'kg', 'naik', 'sejak', "jum'at", '6', '3')
    """
    return tuple(_WORD.findall(normalised(text[:MOST_CHARACTERS]).lower())[:MOST_WORDS])


def shingles(sequence: Sequence[str], width: int = WIDTH) -> tuple[int, ...]:
    """Unsigned 64-bit digests of the runs of `width` words, in the order of the text; a shorter
    text is one run, an empty one none.

    BLAKE2b, because Python's own hash differs from process to process.
    """
    encoded = [word.encode() for word in sequence]
    runs = zip(*(encoded[start:] for start in range(min(width, len(encoded)))), strict=False)
    digests = [digest_of(b" ".join(run), _EMPTY) for run in runs]
    return unpack(f">{len(digests)}Q", b"".join(digests))


def digest_of(text: bytes, empty: blake2b) -> bytes:
    """BLAKE2b from an empty one of the wanted size: to copy it takes a third of the time that it
    takes to make it.
    """
    digest = empty.copy()
    digest.update(text)
    return digest.digest()
