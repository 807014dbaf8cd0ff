"""What differs between two finished corpora, story by story, and why."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from archive.corpus.finished import DROPPED, manifest, stories
from archive.corpus.selection import within_days
from archive.errors import CorpusError

WHY = {
    "new": "archived since then",
    "gone": "not in the archive any more, or not yet",
    "not_requested": "outside the sites or days of the other corpus",
    "revision": "a newer or older revision",
    "extractor": "extracted anew by another extractor",
    "archive": "the same revision number is of another page",
    "cluster": "its cluster has changed",
    "split": "in another split",
    "rights": "its opt-out has changed",
    "paragraphs": "the paragraphs that its site repeats have changed",
    "recipe": "the same revision by another recipe or version",
}
"""Why a story differs; one that the other corpus dropped has the reason of that instead."""

_CLUSTER = {"cluster_id", "cluster_size", "cluster_first_site", "is_cluster_first", "split"}
_PAGE = {"fetched_at", "snapshot_digest", "extractor"}
_TEXT = {"text", "word_count", "token_count", "quality", "minhash"}
_COLUMNS = "id url site published_at split revision extractor reason stands_for_it".split()
_DIGEST = 8
"""Bytes per column."""

_PAIRS = """SELECT i.id, coalesce(n.url, o.url) AS url, coalesce(n.site, o.site) AS site,
    coalesce(n.published_at, o.published_at) AS published_at,
    coalesce(n.stands_for_it, o.stands_for_it) AS stands_for_it,
    o.split AS old_split, n.split AS new_split, o.revision AS old_revision,
    n.revision AS new_revision, o.extractor AS old_extractor, n.extractor AS new_extractor,
    o.reason AS old_reason, n.reason AS new_reason, o.digests AS old_digests,
    n.digests AS new_digests
    FROM (SELECT id FROM old UNION SELECT id FROM new) i
    LEFT JOIN old o ON o.id = i.id LEFT JOIN new n ON n.id = i.id ORDER BY i.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A key of what decides a corpus whose value differs."""

    key: str
    """Tables and keys joined by full stops: `filters.length.min_words`, `versions.warta`."""
    old: Any
    """None where the older manifest has no such key."""
    new: Any
    """Likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A story that is not the same in both corpora."""

    change: Literal["added", "removed", "changed"]
    why: str
    """A key of WHY, or the reason for which the other corpus dropped it."""
    id: str
    url: str | None
    site: str
    columns: tuple[str, ...] = ()
    """What differs in a story that both have; its split is one of them."""
    old_revision: int | None
    """None where the older corpus knows no such story."""
    new_revision: int | None
    """Likewise."""
    stands_for_it: str | None
    """Id of its representative, where one corpus dropped it as a duplicate."""


class Corpora:
    """An older and a newer corpus; raises CorpusError where one of them is none.

    Stories are compared in a temporary database on disk: memory does not grow with them.
    """

    def __init__(self, old: Path, new: Path) -> None:
        self._old, self._new = old, new
        self._settings = [_settings(corpus) for corpus in (old, new)]

    def settings(self) -> list[Setting]:
        """Return what differs in the recipes, the archives and the versions, key by key."""
        old, new = self._settings
        keys = [*old, *(key for key in new if key not in old)]
        return [
            Setting(key=key, old=old.get(key), new=new.get(key))
            for key in keys
            if old.get(key) != new.get(key)
        ]

    def differences(self) -> Iterator[Difference]:
        """Yield the stories that differ, by id; raises CorpusError for an unreadable corpus."""
        columns = sorted(_columns(self._old) & _columns(self._new))
        recipes_differ = any(not setting.key.startswith("archive") for setting in self.settings())
        with closing(sqlite3.connect("")) as db:  # a file without a name
            db.row_factory = sqlite3.Row
            for name, corpus in (("old", self._old), ("new", self._new)):
                _load(db, name, corpus, columns)
            for row in db.execute(_PAIRS):
                if row["old_split"] and row["new_split"]:
                    changed = tuple(_changed(row, columns))
                    if changed:
                        why = _why_changed(row, set(changed), recipes_differ=recipes_differ)
                        yield _difference(row, "changed", why, changed)
                elif row["new_split"]:
                    yield _difference(row, "added", self._why_absent(row, "old"))
                elif row["old_split"]:
                    yield _difference(row, "removed", self._why_absent(row, "new"))

    def _why_absent(self, row: sqlite3.Row, where: Literal["old", "new"]) -> str:
        """Return why that corpus does not have a story of the other one."""
        if reason := row[f"{where}_reason"]:
            return str(reason)
        recipe = self._settings[where == "new"]
        since, until = (_day(recipe.get(key)) for key in ("since", "until"))
        sites = recipe.get("sites") or [row["site"]]
        if row["site"] not in sites or not within_days(since, until, row["published_at"]):
            return "not_requested"
        return "new" if where == "old" else "gone"


def _difference(
    row: sqlite3.Row,
    change: Literal["added", "removed", "changed"],
    why: str,
    columns: tuple[str, ...] = (),
) -> Difference:
    names = "id url site old_revision new_revision stands_for_it".split()
    return Difference(
        change=change, why=why, columns=columns, **{name: row[name] for name in names}
    )


def _why_changed(row: sqlite3.Row, changed: set[str], *, recipes_differ: bool) -> str:
    if row["old_revision"] != row["new_revision"]:
        known = row["old_extractor"] and row["new_extractor"]
        return "extractor" if known and "extractor" in changed else "revision"
    if changed & _PAGE:
        return "archive"
    if changed == {"split"}:
        return "split"
    if changed <= _CLUSTER:
        return "cluster"
    if changed == {"opted_out"}:
        return "rights"
    if changed <= _TEXT and not recipes_differ:
        return "paragraphs"
    return "recipe"


def _changed(row: sqlite3.Row, columns: Sequence[str]) -> Iterator[str]:
    """Yield the columns whose digests differ, and `split`."""
    for place, column in enumerate(columns):
        part = slice(place * _DIGEST, (place + 1) * _DIGEST)
        if row["old_digests"][part] != row["new_digests"][part]:
            yield column
    if row["old_split"] != row["new_split"]:
        yield "split"


def _load(db: sqlite3.Connection, name: str, corpus: Path, columns: Sequence[str]) -> None:
    db.execute(f"CREATE TABLE {name} (id TEXT PRIMARY KEY, {', '.join(_COLUMNS[1:])}, digests)")
    places = ", ".join("?" * (len(_COLUMNS) + 1))
    rows = (
        (*map((row | {"split": _split(file)}).get, _COLUMNS), _digests(row, columns))
        for file, row in stories(corpus)
    )
    statement = f"INSERT OR REPLACE INTO {name} VALUES ({places})"  # noqa: S608 - constants
    try:
        db.executemany(statement, rows)
    except sqlite3.Error as error:
        raise CorpusError(f"{corpus}: cannot be compared: {error}") from error


def _digests(row: Mapping[str, Any], columns: Sequence[str]) -> bytes:
    values = (json.dumps(row.get(column)).encode() for column in columns)
    return b"".join(hashlib.blake2b(value, digest_size=_DIGEST).digest() for value in values)


def _split(file: str) -> str | None:
    """Return the split of a data file; None for `dropped.parquet`."""
    found = re.fullmatch(r"data/(.+)-\d{5}-of-\d{5}\..+", file)
    return found[1] if found else None


def _columns(corpus: Path) -> set[str]:
    """Return the columns of the data files."""
    first = islice((row for file, row in stories(corpus) if file != DROPPED), 1)
    return {column for row in first for column in row}


def _settings(corpus: Path) -> dict[str, Any]:
    """Return what decides the bytes of a corpus, as one table: key -> value."""
    found = manifest(corpus)
    try:
        recipe = {**found["recipe"], "versions": found["versions"]}
        files = recipe.get("decontaminate", ())
        recipe["decontaminate"] = {file["file"]: file["sha256"] for file in files}
        return {"archive_digest": found["archive_digest"], **dict(_flat(recipe))}
    except (KeyError, TypeError) as error:
        raise CorpusError(f"{corpus}: its manifest.json is not one of warta") from error


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
