"""Which articles a recipe asks for: counted, fingerprinted and cut into shards, without reading a
text.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.readers.base import BaseReader

from archive.archive import Archive, Reader
from archive.corpus.recipe import Recipe
from archive.database.connection import plain_errors
from archive.errors import ArchiveDamaged, CorpusError
from archive.monitoring.drift import drifted_articles

SHARD = 1_000
"""Articles of one task of the pipeline. The number of processes never changes it, so any number
gives the same files.
"""

# Rights are those of the moment or of today: who withdrew a story since then is not asked twice.
_ARTICLES = """SELECT a.id, a.site, a.key, a.url, a.published_at, coalesce(a.removed_at, t.removed_at) AS removed_at,
    coalesce(a.opted_out, t.opted_out) AS opted_out, a.revision, r.digest
    FROM articles a JOIN main.articles t ON t.id = a.id
    JOIN main.revisions r ON r.article_id = a.id AND r.number = a.revision ORDER BY a.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The articles of a recipe, as of its moment."""

    archive_digest: str
    """SHA-256 over all articles: their newest revisions, clusters, rights, and which a drifted
    layout gave.
    """
    articles: int
    """In the archive, selected or not."""
    sites: dict[str, int]
    """Site -> selected articles."""
    undated: int
    """Not selected because they have no day, where the recipe names days."""
    removed: dict[str, int]
    """Site -> selected articles that their site had taken away."""
    opted_out: dict[str, dict[str, int]]
    """Site -> rule -> selected articles."""
    drifted: dict[str, int]
    """Site -> selected articles that a layout gave which had changed."""
    clustered: int
    """Selected articles that share a cluster with another one."""
    shards: tuple[tuple[int, int], ...]
    """First and last article number of each task."""

    @property
    def selected(self) -> int:
        """Articles of all shards."""
        return sum(self.sites.values())


@dataclass(slots=True)
class _Tally:
    sites: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    opted_out: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    drifted: Counter[str] = field(default_factory=Counter)
    clusters: Counter[int] = field(default_factory=Counter)
    undated: int = 0
    bounds: list[list[int]] = field(default_factory=list)

    def take(self, row: dict[str, Any], cluster_id: int | None, *, drifted: bool) -> None:
        """Count a selected article."""
        if self.sites.total() % SHARD == 0:
            self.bounds.append([row["id"], row["id"]])
        self.bounds[-1][1] = row["id"]
        self.sites[row["site"]] += 1
        if row["removed_at"] is not None:
            self.removed[row["site"]] += 1
        if row["opted_out"] is not None:
            self.opted_out[row["site"]][row["opted_out"]] += 1
        self.drifted[row["site"]] += drifted
        if cluster_id is not None:
            self.clusters[cluster_id] += 1


def select(reader: Reader, recipe: Recipe) -> Selection:
    """Go through all articles once; raises CorpusError where none is asked for, or a site is
    unknown, and ArchiveDamaged for a time of publication that another program wrote and nobody can
    read.
    """
    decode_leniently(reader)
    digest, tally, articles = hashlib.sha256(), _Tally(), 0
    clusters = {
        row["article_id"]: row["cluster_id"]
        for row in reader.db.query("SELECT article_id, cluster_id FROM members")
    }
    marked, known = drifted_articles(reader), set[str]()
    for row in reader.db.query(_ARTICLES):
        articles += 1
        known.add(row["site"])
        cluster_id = clusters.get(row["id"])
        line = [
            row["id"],
            row["site"],
            row["key"],
            row["url"],
            row["removed_at"],
            row["opted_out"],
            row["revision"],
            row["digest"],
        ]
        digest.update(
            json.dumps([*line, row["published_at"], cluster_id, row["id"] in marked]).encode()
            + b"\n"
        )
        if recipe.sites and row["site"] not in recipe.sites:
            continue
        _check_time(reader, row)
        if chosen(recipe, row["published_at"]):
            tally.take(row, cluster_id, drifted=row["id"] in marked)
        elif row["published_at"] is None:
            tally.undated += 1
    _check(reader, recipe, known, tally.sites.total())
    return Selection(
        archive_digest=digest.hexdigest(),
        articles=articles,
        sites=dict(sorted(tally.sites.items())),
        undated=tally.undated,
        removed=dict(sorted(tally.removed.items())),
        opted_out={
            site: dict(sorted(rules.items())) for site, rules in sorted(tally.opted_out.items())
        },
        drifted={site: count for site, count in sorted(tally.drifted.items()) if count},
        clustered=sum(count for count in tally.clusters.values() if count > 1),
        shards=tuple((first, last) for first, last in tally.bounds),
    )


def chosen(recipe: Recipe, published_at: str | None) -> bool:
    """Whether the recipe's days ask for an article of that time (ISO 8601 with the newsroom's
    offset).
    """
    if recipe.since is None and recipe.until is None:
        return True
    if published_at is None:
        return False
    day = published_at[:10]
    return (recipe.since is None or recipe.since.isoformat() <= day) and (
        recipe.until is None or day <= recipe.until.isoformat()
    )


def _check_time(reader: Reader, row: dict[str, Any]) -> None:
    text = row["published_at"]
    with suppress(ValueError, TypeError):
        if text is None or datetime.fromisoformat(text).tzinfo is not None:
            return
    raise ArchiveDamaged(
        f"{reader.path}: article {row['id']}: its time of publication is {text!r}, not ISO 8601 with an offset"
    )


def _check(reader: Reader, recipe: Recipe, known: set[str], selected: int) -> None:
    if not known:
        (first,) = reader.db.conn.execute("SELECT min(first_seen_at) FROM main.articles").fetchone()
        if first is None:
            raise empty_archive(reader.path)
        raise CorpusError(
            f"{reader.path}: no article as of {recipe.as_of.isoformat()}; the first one came at {first}"
        )
    if unknown := sorted(set(recipe.sites) - known):
        raise CorpusError(
            f"{reader.path}: no article of {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    if not selected:
        days = f"{recipe.since or 'the beginning'} to {recipe.until or 'the end'}"
        raise CorpusError(
            f"{reader.path}: no article was published from {days}{' at ' + ', '.join(recipe.sites) if recipe.sites else ''}"
        )


def empty_archive(path: Path) -> CorpusError:
    """What to say of an archive that is empty."""
    return CorpusError(
        f"{path}: the archive holds no article yet; `warta crawl` or `warta import` brings some"
    )


def rows(reader: Reader, recipe: Recipe, shard: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """The selected articles of a shard as rows of `latest`, in order, with `key` and `drifted`:
    whether a drifted layout gave them.
    """
    decode_leniently(reader)
    marked = drifted_articles(reader)
    found = reader.db.query(
        """SELECT l.*, a.key, a.removed_at AS removed_since, a.opted_out AS opted_out_since
        FROM latest l JOIN main.articles a ON a.id = l.article_id
        WHERE l.article_id BETWEEN ? AND ? ORDER BY l.article_id""",
        shard,
    )
    asked = (
        row
        for row in found
        if (not recipe.sites or row["site"] in recipe.sites) and chosen(recipe, row["published_at"])
    )
    return (_with_rights(row, drifted=row["article_id"] in marked) for row in asked)


def _with_rights(row: dict[str, Any], *, drifted: bool) -> dict[str, Any]:
    removed_at, opted_out = (
        row["removed_at"] or row["removed_since"],
        row["opted_out"] or row["opted_out_since"],
    )
    return {**row, "drifted": drifted, "removed_at": removed_at, "opted_out": opted_out}


def decode_leniently(reader: Reader) -> None:
    """What another program wrote may be no UTF-8: it is read as lone surrogates from now on, and
    left out by its reason.
    """
    reader.db.conn.text_factory = _text


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


_AS_THEY_ARE = (
    "article_id",
    "url",
    "site",
    "headline",
    "published_at",
    "section",
    "agency",
    "cluster_id",
    "revision",
    "opted_out",
    "layout",
    "removed_at",
    "first_seen_at",
    "drifted",
)


class ArchiveReader(BaseReader):
    """Yields the articles of the task's shard, as they stood at the recipe's moment; task n reads
    the shard n.
    """

    name = "warta archive"

    def __init__(self, recipe: Recipe, shards: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.recipe = recipe
        self.shards = shards

    def run(
        self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1
    ) -> DocumentsPipeline:
        """Called by datatrove; raises ArchiveError."""
        if data:
            yield from data
        path = self.recipe.archive
        with (
            plain_errors(path),
            Archive(path, read_only=True) as archive,
            archive.as_of(self.recipe.as_of) as past,
        ):
            for row in rows(past, self.recipe, self.shards[rank]):
                with self.track_time():
                    document = _document(row, path)
                    self.update_doc_stats(document)
                yield document


def _document(row: dict[str, Any], path: Path) -> Document:
    metadata = {name: row[name] for name in _AS_THEY_ARE}
    try:
        warnings = json.loads(row["warnings"])
    except ValueError:
        warnings = None
    if not isinstance(warnings, list):
        raise ArchiveDamaged(
            f"{path}: article {row['article_id']}: its warnings are no list in JSON, but {row['warnings']!r:.80}"
        )
    metadata |= {"page_language": row["language"], "warnings": warnings}
    return Document(text=row["body"], id=f"{row['site']}:{row['key']}", metadata=metadata)
