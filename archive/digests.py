"""Fingerprints: of bytes, to prove that nothing was lost; of texts, to tell whether a story changed."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

# Shapes of quotes and dashes change with the editor's keyboard, not with the story.
_SHAPES = (
    dict.fromkeys("‘’‚‛`´′", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", "")
)


def bytes_digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def normalised(text: str) -> str:
    """The text without what carries no meaning: white space, shapes of quotes and dashes, invisible characters.

    >>> normalised("“Air”\\u00a0 –  naik ")
    '"Air" - naik'
    """
    return " ".join(_shaped(unicodedata.normalize("NFKC", _shaped(text))).split())


def _shaped(text: str) -> str:
    """Much faster than `str.translate`, as most shapes are in no text."""
    for shape, plain in _SHAPES.items():
        text = text.replace(shape, plain)
    return text


def text_digest(values: Iterable[str | None]) -> str:
    """SHA-256 of normalised texts; None and the empty text are the same."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(normalised(value or "").encode())
        digest.update(b"\0")
    return digest.hexdigest()
