"""Which column of a collection holds what: by the usual names, in English and Indonesian, or as it
was told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

NAMES: dict[str, tuple[str, ...]] = {
    "url": (
        "url",
        "link",
        "canonical_url",
        "article_url",
        "news_url",
        "responded_url",
        "tautan",
        "alamat",
    ),
    "headline": ("headline", "title", "judul", "judul_berita"),
    "body": (
        "body",
        "text",
        "content",
        "article_body",
        "full_text",
        "plain_text",
        "main_text",
        "isi",
        "isi_berita",
        "konten",
        "teks",
        "naskah",
    ),
    "published_at": (
        "published_at",
        "publish_date",
        "published_date",
        "date_published",
        "date_publish",
        "publication_date",
        "pub_date",
        "published",
        "date",
        "datetime",
        "timestamp",
        "tanggal",
        "tanggal_terbit",
        "tgl",
        "waktu",
    ),
    "site": (
        "site",
        "source",
        "source_domain",
        "domain",
        "publisher",
        "media",
        "website",
        "situs",
        "sumber",
    ),
    "authors": ("authors", "author", "byline", "penulis", "wartawan", "reporter", "jurnalis"),
    "section": ("section", "category", "kategori", "kanal", "rubrik"),
    "tags": ("tags", "keywords", "tag"),
    "modified_at": (
        "modified_at",
        "date_modified",
        "date_modify",
        "modified_date",
        "updated_at",
        "modified",
    ),
    "language": ("language", "lang", "bahasa"),
}
"""Field -> names of columns, the surest first. `keyword` is none: in news-watch's files it is what
was searched for.
"""

MAX_NAMED = 40
"""Columns that a sentence names."""

_NOTHING = frozenset(
    (
        "",
        "-",
        "--",
        "null",
        "none",
        "nan",
        "nat",
        "n/a",
        "na",
        "unknown",
        "undefined",
        "[]",
        "tidak ada",
    )
)
# Control characters but tab and line breaks, and halves of surrogate pairs: no text of anybody's.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A column's name without case, spaces, dashes and underscores.

    >>> plain("Publish Date"), plain("publishDate"), plain("publish_date")
    ('publishdate', 'publishdate', 'publishdate')
    """
    return re.sub(r"[\W_]+", "", name).lower()


_PLAIN = {name: tuple(plain(usual) for usual in usuals) for name, usuals in NAMES.items()}


def given(row: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The fields that a record holds, by our names; of several columns for one field the first that
    is not empty.
    """
    usual: dict[str, Any] = {}
    for name, value in row.items():
        usual.setdefault(plain(name), value)
    found: dict[str, Any] = {}
    for name, usuals in _PLAIN.items():
        values = (
            [row.get(mapping[name])] if name in mapping else (usual.get(other) for other in usuals)
        )
        found[name] = next((value for value in values if not is_nothing(value)), None)
    return found


def is_nothing(value: Any) -> bool:
    """Whether a value only says that there is none: pandas writes `nan`, news-watch `Unknown`."""
    if isinstance(value, str):
        return value.strip().lower() in _NOTHING
    return (
        value is None
        or value in ([], {})
        or (isinstance(value, float) and not math.isfinite(value))
    )


def text(value: Any) -> str | None:
    """A value as text without control characters; a list of texts is paragraphs; None for what is
    no text.
    """
    if isinstance(value, bool) or is_nothing(value):
        return None
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "\n\n".join(value)
    if isinstance(value, dict):  # {"name": "Sari Melati"}, as JSON-LD has it
        value = value.get("name")
    if not isinstance(value, str):
        return None
    return _NO_TEXT.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip() or None


def texts(value: Any) -> list[str]:
    """The texts of a list, or the one text."""
    found = [text(part) for part in value] if isinstance(value, list) else [text(value)]
    return [part for part in found if part is not None]


def has_body(columns: Iterable[str], mapping: Mapping[str, str]) -> bool:
    """Whether some column is one for the story's text."""
    return (
        mapping["body"] in columns
        if "body" in mapping
        else any(plain(name) in _PLAIN["body"] for name in columns)
    )


def named(columns: Iterable[str]) -> str:
    """Columns for a sentence."""
    names = [name[:40] for name in columns]
    return ", ".join(names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")
