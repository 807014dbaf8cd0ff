"""What changed in a story, and what did not: pure rules over two readings, no SQL."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.database.clock import exact
from archive.identity import normalised, text_digest

COMPARED = (
    "headline",
    "kicker",
    "deck",
    "body",
    "dateline",
    "authors",
    "editors",
    "agency",
    "published_at",
    "section",
    "caption",
)
"""Fields whose change makes a revision.

Left out on purpose: `modified_at` moves without any change of the text, `tags` and `image_url` are
computed by the sites (related topics, the size of a picture), the rest is ours.
"""

_MARKED = re.compile(
    r"""^[\W_]*(?:
        (?:ralat|koreksi|klarifikasi|hak\ jawab)(?:\s+(?:redaksi|berita|judul|foto))?\s*(?:[:\])–—]|-(?!\w))
        |catatan\s+redaksi\s*:
        |(?:berita|artikel|judul|naskah|tulisan)\s+ini\s+(?:telah|sudah)\s+di(?:perbarui|koreksi|ralat|ubah|revisi|perbaiki)\b
        |(?-i:UPDATE|RALAT|KOREKSI)\b)
    |[\[(]\s*(?:ralat|koreksi|update)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Marks of a correction at the start of a paragraph or headline, or bracketed in it. `Koreksi IHSG
berlanjut` is about the stock exchange: without a colon, bracket or dash the words count only in
capitals; `Koreksi-koreksi` is a plural.
"""

_WORD = re.compile(r"\s*\S+|\s+")


def comparable(value: Any) -> str:
    """A field's value as one normalised text; lists are joined, None is the empty text."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "\0".join(normalised(str(item)) for item in value)
    return normalised(str(value))


def _comparable(name: str, reading: Mapping[str, Any]) -> str:
    """A field for comparing: a moment is the same moment with another offset."""
    value = reading.get(name)
    return (
        exact(datetime.fromisoformat(value))
        if name == "published_at" and value
        else comparable(value)
    )


def reading_digest(reading: Mapping[str, Any]) -> str:
    """Digest of the compared fields: equal for two readings between which nothing of meaning
    changed.
    """
    return text_digest(f"{name}={_comparable(name, reading)}" for name in COMPARED)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the compared fields that differ, in the order of COMPARED."""
    return tuple(name for name in COMPARED if _comparable(name, before) != _comparable(name, after))


def correction_note(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str | None:
    """The newsroom's note of a correction that stands in `after` and did not stand in `before`;
    None where there is none.

    Without a `before`, an `UPDATE` is no note: so begin many first versions ("UPDATE harga emas").

    >>> correction_note(None, {"headline": "Jembatan Lambur Dibuka", "body": "Warga datang.\\n\\nKOREKSI: dibuka Senin, bukan Minggu."})
    'KOREKSI: dibuka Senin, bukan Minggu.'
    """
    known = {normalised(line) for line in _lines(before)} if before is not None else set()
    fresh = (
        (line, _MARKED.search(line)) for line in _lines(after) if normalised(line) not in known
    )
    return next(
        (
            line
            for line, mark in fresh
            if mark and (before is not None or "update" not in mark[0].lower())
        ),
        None,
    )


def _lines(reading: Mapping[str, Any]) -> list[str]:
    """Headline, kicker, deck and paragraphs."""
    above = [reading.get(name) or "" for name in ("headline", "kicker", "deck")]
    return [line for line in (*above, *(reading.get("body") or "").split("\n\n")) if line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A run of words: `same`, `removed` or `added`."""

    kind: str
    text: str


def word_diff(before: str, after: str) -> Iterator[Edit]:
    """The words of two texts side by side, paragraphs kept, as runs of same, removed and added
    text.
    """
    same = ""
    for removed, added in _runs(_WORD.findall(before), _WORD.findall(after)):
        space = _common_space(removed, added)
        same += removed if removed == added else space
        if removed == added:
            continue
        if same:
            yield Edit(kind="same", text=same)
        same = ""
        for kind, text in (("removed", removed), ("added", added)):
            if text != space:
                yield Edit(kind=kind, text=text.removeprefix(space))
    if same:
        yield Edit(kind="same", text=same)


def _runs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of what stood and what stands in its place; equal where nothing changed."""
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for _tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        yield "".join(old[a_from:a_to]), "".join(new[b_from:b_to])


def _common_space(removed: str, added: str) -> str:
    """The white space that both runs begin with: it did not change."""
    spaces = [text[: len(text) - len(text.lstrip())] for text in (removed, added)]
    return spaces[0] if spaces[0] == spaces[1] else ""
