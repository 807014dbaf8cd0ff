"""Which column of a collection holds which field: by usual names in English and Indonesian."""

import ast
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

# `keyword` is none of them: in news-watch's files it is what was searched for.
_USUAL = {
    "url": "url link canonical_url article_url news_url responded_url tautan alamat",
    "headline": "headline title judul judul_berita",
    "body": "body text content article_body full_text plain_text main_text isi isi_berita konten "
    "teks naskah",
    "published_at": "published_at publish_date published_date date_published date_publish "
    "publication_date pub_date published date datetime timestamp tanggal tanggal_terbit tgl waktu",
    "site": "site source source_domain domain publisher media website situs sumber",
    "authors": "authors author byline penulis wartawan reporter jurnalis",
    "section": "section category kategori kanal rubrik",
    "tags": "tags keywords tag",
    "modified_at": "modified_at date_modified date_modify modified_date updated_at modified",
    "language": "language lang bahasa",
}
NAMES: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split()) for name, columns in _USUAL.items()
}
"""Field -> names of columns, the surest first."""

MAX_NAMED = 40
"""Columns that a message names, and characters of each."""

_NOTHING = frozenset(
    ("", "tidak ada", *"- -- null none nan nat n/a na unknown undefined []".split())
)
_LISTED = re.compile(r"""\s*\[\s*(?P<quote>['"]).*['"]\s*\]\s*""", re.DOTALL)
_BETWEEN_QUOTED = re.compile(r"""['"]\s*,\s*['"]""")
# A backslash and an n at the end of a sentence, or two of them: no path of Windows.
_WRITTEN_BREAK = re.compile(r"""[.!?…"'”’)\]\s](?:\\r)?\\n|\\n(?:\\r)?\\n""")
_WRITTEN = re.compile(r"""\\(?:r\\n|[nrt"'/]|u[0-9a-fA-F]{4})""")
_ESCAPED = {r"\r\n": "\n", r"\n": "\n", r"\r": "\n", r"\t": " ", r"\"": '"', r"\'": "'", r"\/": "/"}
# Control characters but tab and line breaks, and halves of surrogate pairs: they are no text.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Return a column's name without case, spaces, dashes and underscores.

    >>> plain("Publish Date"), plain("publishDate"), plain("publish_date")
    ('publishdate', 'publishdate', 'publishdate')
    """
    return re.sub(r"[\W_]+", "", name).lower()


_PLAIN = {name: tuple(map(plain, usual)) for name, usual in NAMES.items()}


def given(row: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """Return a record's fields by our names; None for an absent one.

    `mapping` (field -> column) wins over the usual names. Of several columns the first that is not
    empty is taken.
    """
    usual: dict[str, Any] = {}
    for column, value in row.items():
        usual.setdefault(plain(column), value)
    found: dict[str, Any] = {}
    for name, columns in _PLAIN.items():
        values = [usual.get(column) for column in columns]
        if name in mapping:
            values = [row.get(mapping[name])]
        found[name] = next((value for value in values if not is_nothing(value)), None)
    return found


def is_nothing(value: Any) -> bool:
    """Whether a value only says that there is none: pandas writes `nan`, news-watch `Unknown`."""
    if isinstance(value, str):
        return value.strip().lower() in _NOTHING
    if isinstance(value, float):
        return not math.isfinite(value)
    return value is None or value in ([], {})


def text(value: Any) -> str | None:
    """Return a value as text without control characters; None for what is no text.

    A list of texts is joined as paragraphs, also one that a table holds as text; of an object the
    `name` is taken, as JSON-LD has it. Line breaks that a program wrote as `\\n` are line breaks.
    """
    if isinstance(value, bool) or is_nothing(value):
        return None
    if isinstance(value, (int, float)):
        return str(value)
    value = listed(value) or value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "\n\n".join(value)
    if isinstance(value, dict):
        value = value.get("name")
    if not isinstance(value, str):
        return None
    if _WRITTEN_BREAK.search(value):
        value = _WRITTEN.sub(lambda escape: _unescaped(escape[0]), value)
    return _NO_TEXT.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip() or None


def listed(value: Any) -> list[str] | None:
    """Return the texts of a Python list that a table holds as text; None for anything else.

    >>> listed("['Sari Melati', \\"Jum'at\\"]"), listed("['Jum'at', 'Sabtu']")
    (['Sari Melati', "Jum'at"], ["Jum'at", 'Sabtu'])
    >>> listed("[Foto: Sari]")
    """
    if not isinstance(value, str) or not _LISTED.fullmatch(value):
        return None
    try:
        found = ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # quotes that are not escaped
        found = _BETWEEN_QUOTED.split(value.strip()[1:-1].strip()[1:-1])
    if not all(isinstance(part, str) for part in found):
        return None
    return list(filter(None, found))


def _unescaped(escape: str) -> str:
    return _ESCAPED.get(escape) or chr(int(escape[2:], 16))


def texts(value: Any) -> list[str]:
    """Return the texts of a list, or the one text."""
    value = listed(value) or value
    if not isinstance(value, list):
        value = [value]
    return [part for part in map(text, value) if part is not None]


def has_body(columns: Iterable[str], mapping: Mapping[str, str]) -> bool:
    """Whether one of the columns holds the story's text."""
    if "body" in mapping:
        return mapping["body"] in columns
    return any(plain(name) in _PLAIN["body"] for name in columns)


def named(columns: Iterable[str]) -> str:
    """List columns in a message."""
    names = [name[:MAX_NAMED] for name in columns]
    if len(names) > MAX_NAMED:
        names[MAX_NAMED:] = ["…"]
    return ", ".join(names)
