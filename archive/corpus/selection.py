"""Which articles a recipe selects: counted and cut into shards without their texts."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.archive import Archive, Reader
from archive.database.connection import plain_errors
from archive.database.rows import column
from archive.errors import ArchiveDamaged, CorpusError
from archive.monitoring.drift import drifted_articles

if TYPE_CHECKING:
    from archive.corpus.recipe import Recipe

SHARD = 1_000
"""Articles per task of the pipeline. Independent of the number of processes, so that any number
produces the same files.
"""

Shards = tuple[tuple[int, int], ...]
"""First and last article id of each task."""

# Rights hold as of the time or since then: a story withdrawn later is not used either, nor one
# whose page was found to be another story's.
_ARTICLES = """SELECT a.id, a.site, a.key, a.url,
    coalesce(a.removed_at, t.removed_at) AS removed_at,
    coalesce(a.opted_out, t.opted_out) AS opted_out, a.revision, r.digest, a.published_at,
    m.cluster_id, m.is_first, r.extractor, s.fetched_at, s.digest AS snapshot_digest
    FROM articles a JOIN main.articles t ON t.id = a.id
    JOIN main.revisions r ON r.article_id = a.id AND r.number = a.revision
    LEFT JOIN main.snapshots s ON s.id = r.snapshot_id
    LEFT JOIN members m ON m.article_id = a.id ORDER BY a.id"""
DOUBTED = """SELECT a.id FROM main.readings g
    JOIN main.revisions r ON r.snapshot_id = g.snapshot_id
    JOIN articles a ON a.id = r.article_id AND a.revision = r.number
    WHERE g.refusal IN ('same_body_elsewhere', 'names_another_story')"""


PUBLISHED = "its time of publication"
FETCHED = "the time at which its page was fetched"


@contextmanager
def opened(path: Path, as_of: datetime) -> Iterator[Reader]:
    """Open an archive as of a time; raises ArchiveError.

    Broken UTF-8, which other programs may write, is read as lone surrogates: the filters exclude
    the article with its reason.
    """
    with plain_errors(path), Archive(path, read_only=True) as archive, archive.as_of(as_of) as past:
        past.db.conn.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
        yield past


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The articles that a recipe selects, as of its time."""

    archive_digest: str
    """SHA-256 over all articles: newest revisions, clusters, rights, doubts, drifted layouts."""
    articles: int
    """In the archive, selected or not."""
    sites: Mapping[str, int]
    """Site -> selected articles."""
    undated: int
    """Articles not selected because they have no day, where the recipe limits days."""
    removed: Mapping[str, int]
    """Site -> selected articles removed by their site."""
    opted_out: Mapping[str, Mapping[str, int]]
    """Site -> rule -> selected articles that opt out of text and data mining."""
    drifted: Mapping[str, int]
    """Site -> selected articles extracted by a drifted layout."""
    clustered: int
    """Selected articles that share a cluster with another one."""
    shards: Shards
    """Empty for no article."""

    @property
    def selected(self) -> int:
        """Articles of all shards."""
        return sum(self.sites.values())

    def cut(self, tasks: int | None) -> Selection:
        """Return it in at most so many tasks; None: one for SHARD articles."""
        if tasks is None or tasks >= len(self.shards):
            return self
        ends = [len(self.shards) * task // tasks for task in range(tasks + 1)]
        shards = ((self.shards[a][0], self.shards[b - 1][1]) for a, b in pairwise(ends))
        return replace(self, shards=tuple(shards))


@dataclass(slots=True)
class _Tally:
    """Counts of the selected articles."""

    sites: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    opted_out: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    drifted: Counter[str] = field(default_factory=Counter)
    clusters: Counter[int] = field(default_factory=Counter)
    bounds: list[list[int]] = field(default_factory=list)

    def add(self, row: dict[str, Any], *, drifted: bool) -> None:
        if self.sites.total() % SHARD == 0:
            self.bounds.append([row["id"], row["id"]])
        self.bounds[-1][1] = row["id"]
        site = row["site"]
        self.sites[site] += 1
        if row["removed_at"] is not None:
            self.removed[site] += 1
        if row["opted_out"] is not None:
            self.opted_out[site][row["opted_out"]] += 1
        if drifted:
            self.drifted[site] += 1
        if row["cluster_id"] is not None:
            self.clusters[row["cluster_id"]] += 1


def select(reader: Reader, recipe: Recipe) -> Selection:
    """Read all articles once, without their texts.

    Raises CorpusError where none is selected or a site is unknown, and ArchiveDamaged for a time of
    publication that is not ISO 8601, as another program may write it.
    """
    digest, tally, known, undated = hashlib.sha256(), _Tally(), Counter[str](), 0
    for row, drifted, line in _articles(reader):
        known[row["site"]] += 1
        digest.update(line)
        if recipe.sites and row["site"] not in recipe.sites:
            continue
        check_time(reader.path, row["id"], row["published_at"], PUBLISHED)
        if within_days(recipe.since, recipe.until, row["published_at"]):
            tally.add(row, drifted=drifted)
        else:
            undated += row["published_at"] is None
    _check(reader, recipe, known, tally.sites.total())
    opted_out = tally.opted_out
    return Selection(
        archive_digest=digest.hexdigest(),
        articles=known.total(),
        sites=dict(sorted(tally.sites.items())),
        undated=undated,
        removed=dict(sorted(tally.removed.items())),
        opted_out={site: dict(sorted(rules.items())) for site, rules in sorted(opted_out.items())},
        drifted=dict(sorted(tally.drifted.items())),
        clustered=sum(count for count in tally.clusters.values() if count > 1),
        shards=tuple((first, last) for first, last in tally.bounds),
    )


def _articles(reader: Reader) -> Iterator[tuple[dict[str, Any], bool, bytes]]:
    """Yield each article, whether its layout had changed, and its line of the archive's digest."""
    marked, doubted = drifted_articles(reader), {*column(reader.db, DOUBTED)}
    for row in reader.db.query(_ARTICLES):
        drifted = row["id"] in marked
        line = json.dumps([*row.values(), drifted, row["id"] in doubted])
        yield row, drifted, line.encode() + b"\n"


def archive_digest(reader: Reader, *, check_times: bool = False) -> str:
    """Return the SHA-256 that `manifest.json` has of an archive as of a time.

    Another archive has another one; so has the same one after a takedown or a new opt-out. With
    `check_times`, raises ArchiveDamaged for times that are not ISO 8601.
    """
    digest = hashlib.sha256()
    for row, _drifted, line in _articles(reader):
        digest.update(line)
        if check_times:
            check_time(reader.path, row["id"], row["published_at"], PUBLISHED)
            check_time(reader.path, row["id"], row["fetched_at"], FETCHED)
    return digest.hexdigest()


def within_days(since: date | None, until: date | None, published_at: str | None) -> bool:
    """Return whether the days include that time (ISO 8601 with the publisher's offset)."""
    if since is None and until is None:
        return True
    if published_at is None:
        return False
    since, until = since or date.min, until or date.max
    return since.isoformat() <= published_at[:10] <= until.isoformat()


def check_time(path: Path, article_id: int, text: str | None, what: str) -> None:
    """Raise ArchiveDamaged for a time that is not ISO 8601, as another program may write it."""
    with suppress(ValueError, TypeError):
        if text is None or datetime.fromisoformat(text).tzinfo is not None:
            return
    raise ArchiveDamaged(
        f"{path}: article {article_id}: {what} is {text!r}, not ISO 8601 with an offset"
    )


def _check(reader: Reader, recipe: Recipe, known: Collection[str], selected: int) -> None:
    where = "the archives" if recipe.archives else reader.path
    if not known:
        (first,) = reader.db.conn.execute("SELECT min(first_seen_at) FROM main.articles").fetchone()
        if first is None:
            raise empty_archive(where)
        raise CorpusError(
            f"{where}: no article as of {recipe.as_of.isoformat()}; the first is of {first}"
        )
    if unknown := sorted(set(recipe.sites) - set(known)):
        sites = ", ".join(sorted(known))
        raise CorpusError(f"{where}: no article of {', '.join(unknown)}; there are {sites}")
    if not selected:
        days = f"{recipe.since or 'the beginning'} to {recipe.until or 'the end'}"
        sites = f" by {', '.join(recipe.sites)}" if recipe.sites else ""
        raise CorpusError(f"{where}: no article was published from {days}{sites}")


def empty_archive(where: Path | str) -> CorpusError:
    """Return the error for an archive without articles."""
    return CorpusError(
        f"{where}: the archive contains no article yet; add some by `warta crawl` or `warta import`"
    )
