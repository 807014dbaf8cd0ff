"""What changed in a story and what did not: pure rules over two readings, no SQL."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from archive.database.clock import exact
from archive.identity import normalised, text_digest
from archive.records import IMPORTED, Article
from archive.revisions.alignment import align

COMPARED = tuple(
    "headline kicker deck body dateline authors editors agency published_at section caption".split()
)
"""Fields whose change makes a revision.

Excluded on purpose: `modified_at` moves without any change of the text, `tags` and `image_url` are
computed by the sites (related topics, the size of a picture), the rest is ours.
"""

_MARKED = re.compile(
    r"""^[\W_]*(?:
        (?:ralat|koreksi|klarifikasi|hak\ jawab)(?:\s+(?:redaksi|berita|judul|foto))?\s*
            (?:[:\])–—]|-(?!\w))
        |catatan\s+redaksi\s*:
        |(?:berita|artikel|judul|naskah|tulisan)\s+ini\s+(?:telah|sudah)
            \s+di(?:perbarui|koreksi|ralat|ubah|revisi|perbaiki)\b
        |(?-i:UPDATE|RALAT|KOREKSI)\b)
    |[\[(]\s*(?:ralat|koreksi|update)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Marks of a correction at the start of a paragraph or headline, or in brackets.

`Koreksi IHSG berlanjut` is about the stock exchange: without a colon, bracket or dash the words
count only in capitals; `Koreksi-koreksi` is a plural.
"""

_WORD = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What makes a new revision of a story."""

    kind: str
    """`first`, `publisher`, `technical`, `removed` or `restored`."""
    changed: tuple[str, ...] = ()
    """Fields that differ from the revision before; empty for `first` and `removed`."""
    correction: str | None = None
    """The publisher's note of a correction; None where none came with it."""


def change_of(
    newest: Mapping[str, Any] | None, article: Article, *, technical: bool = False
) -> Change | None:
    """Return what changed since a story's newest revision, or None for nothing.

    `technical`: the page did not change, our extractor did. The first page of a story that was
    imported makes a technical revision, even of an equal text: what differs may be another
    scraper's doing.
    """
    reading = article.as_dict()
    if newest is None:
        return Change(kind="first", correction=correction_note(None, reading))
    restored = newest["removed_at"] is not None and not technical
    first_page = newest["layout"] == IMPORTED != article.layout
    if not restored and not first_page and reading_digest(reading) == newest["digest"]:
        return None
    changed = changed_fields(newest, reading)
    if technical or (first_page and not restored):
        return Change(kind="technical", changed=changed)
    return Change(
        kind="restored" if restored else "publisher",
        changed=changed,
        correction=correction_note(newest, reading),
    )


def comparable(value: Any) -> str:
    """Return a field's value as one normalised text; lists are joined, None is the empty text."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "\0".join(normalised(str(item)) for item in value)
    return normalised(str(value))


def _comparable(name: str, reading: Mapping[str, Any]) -> str:
    """Return a field for comparing: a time equals the same time with another offset."""
    value = reading.get(name)
    if name == "published_at" and value:
        return exact(datetime.fromisoformat(value))
    return comparable(value)


def reading_digest(reading: Mapping[str, Any]) -> str:
    """Digest the compared fields: equal for readings that say the same."""
    return text_digest(f"{name}={_comparable(name, reading)}" for name in COMPARED)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the compared fields that differ, in the order of COMPARED."""
    return tuple(name for name in COMPARED if _comparable(name, before) != _comparable(name, after))


def correction_note(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str | None:
    """Return the publisher's note of a correction in `after` that was not in `before`, if any.

    Without a `before`, an `UPDATE` is no note: so begin many first versions ("UPDATE harga emas").

    >>> body = "Warga datang.\\n\\nKOREKSI: dibuka Senin, bukan Minggu."
    >>> correction_note(None, {"headline": "Jembatan Lambur Dibuka", "body": body})
    'KOREKSI: dibuka Senin, bukan Minggu.'
    """
    known = {normalised(line) for line in _lines(before)} if before is not None else set()
    for line in _lines(after):
        mark = _MARKED.search(line)
        if mark is None or normalised(line) in known:
            continue
        if before is not None or "update" not in mark[0].lower():
            return line
    return None


def _lines(reading: Mapping[str, Any]) -> list[str]:
    """Return headline, kicker, deck and paragraphs."""
    above = [reading.get(name) or "" for name in ("headline", "kicker", "deck")]
    return [line for line in (*above, *(reading.get("body") or "").split("\n\n")) if line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A run of words: `same`, `removed` or `added`."""

    kind: str
    text: str


FieldEdits = tuple[str, list[Edit]]
"""A field that differs, with its runs of words."""

_DIFF_ORDER = ("headline", *(name for name in COMPARED if name not in ("headline", "body")), "body")


def edits_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldEdits]:
    """Yield the fields of two revisions that differ, headline first and body last."""
    changed = changed_fields(before, after)
    for name in (name for name in _DIFF_ORDER if name in changed):
        runs = list(word_diff(_as_text(before.get(name)), _as_text(after.get(name))))
        if any(run.kind != "same" for run in runs):
            yield name, runs


def edits_as_json(edits: Iterable[FieldEdits]) -> Iterator[dict[str, Any]]:
    """Yield the edits as JSON objects, one per field."""
    for name, runs in edits:
        yield {"field": name, "edits": [{"kind": run.kind, "text": run.text} for run in runs]}


def _as_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def word_diff(before: str, after: str) -> Iterator[Edit]:
    """Compare two texts word by word, paragraphs kept; yield runs of same, removed, added text.

    What makes no revision is no edit: white space, and the shapes of quotes and dashes, which are
    those of the later text.
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
    """Yield pairs of old and new text; equal where nothing changed.

    White space that only the old text has before an equal word is removed with what stood there.
    """
    old_words, new_words = iter(old), iter(new)
    changed = ("", "")
    for run in align([*map(normalised, old)], [*map(normalised, new)]):
        removed = "".join(islice(old_words, len(run.old)))
        added = "".join(islice(new_words, len(run.new)))
        if run.old != run.new:
            yield from [changed] * any(changed)
            changed = (removed, added)
            continue
        if changed[0] and not added[:1].isspace():
            changed = (changed[0] + removed[: len(removed) - len(removed.lstrip())], changed[1])
        yield from [changed] * any(changed)
        changed = ("", "")
        yield added, added
    yield from [changed] * any(changed)


def _common_space(removed: str, added: str) -> str:
    """Return the white space that both runs begin with: it did not change."""
    spaces = [text[: len(text) - len(text.lstrip())] for text in (removed, added)]
    return spaces[0] if spaces[0] == spaces[1] else ""
