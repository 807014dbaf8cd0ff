"""Fingerprints: of bytes, to prove that nothing was lost; of texts, to tell whether a story changed."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

# Shapes of quotes and dashes change with the editor's keyboard, not with the story.
_SHAPES = str.maketrans(
    dict.fromkeys("‘’‚‛`´′", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", None)
)
_SPACE = re.compile(r"\s+")


def bytes_digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def normalised(text: str) -> str:
    """The text without what carries no meaning: white space, shapes of quotes and dashes, invisible characters.

    >>> normalised("“Air”\\u00a0 –  naik ")
    '"Air" - naik'
    """
    folded = unicodedata.normalize("NFKC", text.translate(_SHAPES)).translate(_SHAPES)
    return _SPACE.sub(" ", folded).strip()


def text_digest(values: Iterable[str | None]) -> str:
    """SHA-256 of normalised texts; None and the empty text are the same."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(normalised(value or "").encode())
        digest.update(b"\0")
    return digest.hexdigest()
