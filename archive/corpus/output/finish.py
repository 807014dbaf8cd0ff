"""The second stage, a single task: duplicates, splits, the files of the corpus, and its name."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from datatrove.data import DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from archive.corpus.duplicates import COLUMNS as DUPLICATE_COLUMNS
from archive.corpus.duplicates import DuplicateSets
from archive.corpus.filters.references import indexed_files
from archive.corpus.filters.repeated import RepeatedParagraphs
from archive.corpus.intermediate import DROPPED, KEPT, dropped_rows, kept_rows
from archive.corpus.measures import measured
from archive.corpus.output.card import write_card
from archive.corpus.output.columns import COLUMNS, stamp
from archive.corpus.output.files import DataFiles, ParquetSink, described
from archive.corpus.output.manifest import write_manifest
from archive.corpus.output.summary import UNDATED, CorpusFile, Summary, totals
from archive.corpus.pipeline import INDEX, masked_kinds
from archive.corpus.recipe import Recipe
from archive.corpus.selection import Selection, opened, select
from archive.corpus.splits import TEST, Splitter
from archive.database.clock import exact
from archive.errors import CorpusError

REPLACED = "replaced"
"""In the work folder: the corpus that is being replaced, until the new one has its name."""
RECIPE = "recipe.sha256"
"""In the work folder: the digest of the recipe that the unfinished build belongs to."""
GATHERED = "archives.sha256"
"""In the work folder: the digest of the archives whose catalogue is there."""

_SPLIT_KEYS = """WITH known AS
        (SELECT article_id, cluster_id FROM main.memberships
        WHERE cluster_id IS NOT NULL AND since <= ?),
    firsts AS (SELECT article_id, min(cluster_id) AS number FROM
        (SELECT * FROM known UNION ALL SELECT cluster_id, cluster_id FROM known)
        GROUP BY article_id)
    SELECT f.article_id, coalesce(a.site || ':' || a.key, t.site || ':' || t.key) AS id
    FROM firsts f LEFT JOIN main.articles a ON a.id = f.number
    LEFT JOIN main.tombstones t ON t.article_id = f.number WHERE id IS NOT NULL"""
"""A story keeps its split when the first article of its first cluster is taken down, or rewritten
so that it leaves the cluster.
"""

_CLUSTERS = """SELECT m.cluster_id, count(*), max(iif(m.is_first, m.article_id, NULL)),
    max(iif(m.is_first, a.site, NULL))
    FROM members m JOIN main.articles a ON a.id = m.article_id GROUP BY m.cluster_id"""

_NAMES = [column.name for column in COLUMNS]


class Cluster(NamedTuple):
    """A cluster of the whole archive."""

    size: int
    """Its articles."""
    first: int | None
    """Article id of the first; None for no cluster."""
    site: str | None
    """Where that was published."""


NO_CLUSTER = Cluster(1, None, None)


class NothingLeft(CorpusError):
    """Every article was excluded."""


@dataclass(slots=True)
class _Counts:
    """What is counted while the files are written."""

    masked: dict[str, tuple[int, int]]
    """Kind -> (documents, masks)."""
    months: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    clusters: set[int] = field(default_factory=set)
    tokens: int = 0
    qualities: Counter[int] = field(default_factory=Counter)
    late: int = 0
    malay: int = 0
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    contaminated: Counter[str] = field(default_factory=Counter)

    def add(self, row: dict[str, Any], *, late: bool) -> None:
        """Count an exported document."""
        self.late += late
        self.malay += row["likelier_malay"]
        self.months[row["site"], (row["published_at"] or UNDATED)[:7]] += 1
        self.words[row["site"]][row["word_count"]] += 1
        self.tokens += row["token_count"]
        self.qualities[round(10_000 * row["quality"]) // 100] += 1  # it has four digits
        if row["cluster_id"] is not None:
            self.clusters.add(row["cluster_id"])
        for kind in self.masked:
            if masks := row[f"masked_{kind}"]:
                documents, before = self.masked[kind]
                self.masked[kind] = (documents + 1, before + masks)


class Finish(PipelineStep):
    """Writes the corpus into the work folder, then renames the whole to `out`."""

    type = "WRITER"
    name = "corpus"

    def __init__(
        self,
        recipe: Recipe,
        selection: Selection,
        versions: Mapping[str, str],
        work: Path,
        out: Path,
        *,
        tidy: bool = False,
    ) -> None:
        """`tidy`: remove what the first stage left, but for datatrove's logs."""
        super().__init__()
        self.recipe = recipe
        self.selection = selection
        self.versions = versions
        self.work = work
        self.out = out
        self.tidy = tidy
        self.summary: Summary | None = None

    @property
    def tasks(self) -> int:
        """Tasks of the first stage."""
        return len(self.selection.shards)

    def run(
        self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1
    ) -> DocumentsPipeline:
        """Called by datatrove; raises CorpusError."""
        yield from data or ()
        folder = self.work / "corpus"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if self.recipe.archives:  # selected before their clusters were found
            with opened(self.recipe.archive, self.recipe.as_of) as past:
                found = select(past, self.recipe)
            self.selection = replace(found, shards=self.selection.shards)
        with self.track_time():
            self.summary = self._write(folder)
            publish(folder, self.out, self.work)
        if self.tidy:
            (self.work / RECIPE).unlink(missing_ok=True)  # what is left cannot be resumed
            if self.recipe.archives:
                (self.work / GATHERED).unlink(missing_ok=True)
                self.recipe.archive.unlink(missing_ok=True)
            for name in ("kept", "dropped", "paragraphs", "clusters", INDEX):
                shutil.rmtree(self.work / name, ignore_errors=True)

    def _write(self, folder: Path) -> Summary:
        recipe = self.recipe
        clusters, split_keys = self._clusters()
        sets = DuplicateSets(
            lambda: self._kept(DUPLICATE_COLUMNS), dedup=recipe.dedup, split_keys=split_keys
        )
        splitter = Splitter(recipe.splits, recipe.test_after)
        splits = dict.fromkeys((name for name, _ in recipe.splits), 0)
        for row in self._exported(sets, DUPLICATE_COLUMNS):
            splits[_split(splitter, sets, row)] += 1
        repeated = RepeatedParagraphs(self.work / "paragraphs", recipe.thresholds.paragraphs)
        for row in self._exported(sets, ["article_id", "site", "headline", "text"]):
            repeated.count(row)
        masked = masked_kinds(recipe.thresholds.personal)
        counts = _Counts(masked=dict.fromkeys(masked, (0, 0)))
        with DataFiles(folder, splits, recipe.format) as data:
            for row in self._exported(sets):
                split = _split(splitter, sets, row)
                text = repeated.cleaned(row["site"], row["text"])
                if text != row["text"]:
                    row |= {"text": text, **measured(text, row["language_score"], recipe)}
                counts.add(row, late=split != TEST and self._is_late(row))
                row |= _completed(row, clusters.get(row["cluster_id"], NO_CLUSTER))
                data.write(split, [{name: row[name] for name in _NAMES}])
        dropped = self._write_dropped(folder / "dropped.parquet", sets, counts)
        self._check(sum(splits.values()), dropped, counts)
        files = {**data.files(), "dropped.parquet": (None, dropped)}
        summary = self._summary(splits, counts, repeated, tuple(described(folder, files)))
        return _with_documentation(summary, folder)

    def _summary(
        self,
        splits: dict[str, int],
        counts: _Counts,
        repeated: RepeatedParagraphs,
        files: tuple[CorpusFile, ...],
    ) -> Summary:
        exported = {site: lengths.total() for site, lengths in counts.words.items()}
        return Summary(
            recipe=self.recipe,
            archive_digest=self.selection.archive_digest,
            articles=self.selection.articles,
            selected=self.selection.selected,
            splits=splits,
            months=dict(sorted(counts.months.items())),
            dropped=dict(sorted(counts.dropped.items())),
            words=dict(sorted(counts.words.items())),
            tokens=counts.tokens,
            qualities=counts.qualities,
            references=indexed_files(self.work / INDEX),
            contaminated=dict(sorted(counts.contaminated.items())),
            masked=counts.masked,
            opted_out={
                (site, rule): count
                for site, rules in self.selection.opted_out.items()
                for rule, count in rules.items()
            },
            clusters=len(counts.clusters),
            late=counts.late,
            undated=self.selection.undated,
            repeated=repeated.most(exported),
            malay=counts.malay,
            cleaned=(repeated.documents, repeated.removed),
            files=files,
            versions=self.versions,
        )

    def _is_late(self, row: dict[str, Any]) -> bool:
        after = self.recipe.test_after
        return after is not None and (row["published_at"] or "") >= after.isoformat()

    def _kept(self, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        for task in range(self.tasks):
            yield from kept_rows(self.work, task, columns)

    def _exported(
        self, sets: DuplicateSets, columns: list[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        return (row for row in self._kept(columns) if row["article_id"] not in sets.representatives)

    def _clusters(self) -> tuple[dict[int, Cluster], dict[int, str]]:
        """Return the clusters of the whole archive, and article -> split key, as of then."""
        with opened(self.recipe.archive, self.recipe.as_of) as past:
            query = past.db.conn.execute
            clusters = {number: Cluster(*row) for number, *row in query(_CLUSTERS)}
            return clusters, dict(query(_SPLIT_KEYS, (exact(self.recipe.as_of),)))

    def _write_dropped(self, path: Path, sets: DuplicateSets, counts: _Counts) -> int:
        """Write everything that is not in the corpus, by article id; return the number of rows."""
        with closing(ParquetSink(path, DROPPED)) as sink:
            for task in range(self.tasks):
                rows = sorted(self._dropped(task, sets), key=lambda row: int(row["article_id"]))
                counts.dropped.update((row["reason"], row["site"]) for row in rows)
                files = (row["contaminated_by"] for row in rows)
                counts.contaminated.update(file for file in files if file is not None)
                sink.write(rows)
        return counts.dropped.total()

    def _dropped(self, task: int, sets: DuplicateSets) -> Iterable[dict[str, Any]]:
        yield from dropped_rows(self.work, task)
        columns = [name for name in DROPPED.names if name in KEPT.names]
        for row in kept_rows(self.work, task, columns):
            if row["article_id"] in sets.representatives:
                row["reason"], row["stands_for_it"] = sets.representatives[row["article_id"]]
                yield dict.fromkeys(DROPPED.names) | row

    def _check(self, exported: int, dropped: int, counts: _Counts) -> None:
        if not exported:
            found = totals(counts.dropped)
            reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(found.items()))
            hint = "; --opted-out keep would keep those that opted out"
            raise NothingLeft(
                f"{self.out}: not built, as every article was excluded: {reasons}"
                f"{hint if found['opted_out'] else ''}"
            )
        if exported + dropped != self.selection.selected:
            raise CorpusError(
                f"{self.recipe.archive}: {self.selection.selected} articles were selected, but only"
                f" {exported + dropped} found: stories were taken down meanwhile; build it again"
            )


def _completed(row: dict[str, Any], cluster: Cluster) -> dict[str, Any]:
    """Return the columns that are not as the first stage left them."""
    return {
        "published_at": _stamped(row["published_at"]),
        "fetched_at": _stamped(row["fetched_at"]),
        "cluster_size": cluster.size,
        "cluster_first_site": cluster.site,
        "is_cluster_first": cluster.first in (None, row["article_id"]),
    }


def _stamped(time: str | None) -> str | None:
    return stamp(datetime.fromisoformat(time)) if time else None


def _split(splitter: Splitter, sets: DuplicateSets, row: dict[str, Any]) -> str:
    found = sets.set_of(row)
    return splitter.split(found.split_key, found.day)


def draw(summary: Summary, folder: Path) -> list[Path]:
    """Draw the plots.

    Imports matplotlib only here, as every process of the first stage imports this module.
    """
    from archive.corpus.output.plots import draw as drawn

    return drawn(summary, folder)


def _with_documentation(summary: Summary, folder: Path) -> Summary:
    """Add plots, card and manifest."""
    plots = draw(summary, folder / "plots")
    write_card(summary, folder / "README.md")
    paths = ("README.md", *(f"plots/{path.name}" for path in plots))
    more = described(folder, dict.fromkeys(paths, (None, 0)))
    complete = replace(summary, files=(*summary.files, *more))
    write_manifest(complete, folder / "manifest.json")
    return complete


def publish(folder: Path, out: Path, work: Path) -> None:
    """Rename the finished folder to `out`; what it replaces is removed only then."""
    old = work / REPLACED
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    folder.rename(out)
    shutil.rmtree(old, ignore_errors=True)
