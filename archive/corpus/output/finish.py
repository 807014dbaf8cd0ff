"""The second stage, one task: duplicates, splits, the corpus' files, and the name that it bears
when all of it is there.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from datatrove.data import DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from archive.archive import Archive
from archive.corpus.duplicates import COLUMNS as OF_GROUPS
from archive.corpus.duplicates import DuplicateSet, DuplicateSets
from archive.corpus.filters.repeated import RepeatedCounts
from archive.corpus.intermediate import DROPPED, dropped_rows, kept_rows
from archive.corpus.output.card import write_card
from archive.corpus.output.columns import COLUMNS, stamp
from archive.corpus.output.files import DataFiles, ParquetSink, described
from archive.corpus.output.manifest import write_manifest
from archive.corpus.output.summary import CorpusFile, Summary
from archive.corpus.pipeline import masked_kinds
from archive.corpus.recipe import Recipe
from archive.corpus.selection import Selection, decode_leniently
from archive.corpus.splits import TEST, Splitter
from archive.database.clock import exact
from archive.database.connection import plain_errors
from archive.errors import CorpusError

REPLACED = "replaced"
"""In the folder of a build: the corpus that stood at OUT, until it is gone."""
MARK = "recipe.sha256"
"""File in the work folder: what the unfinished build in it was begun for."""

_FIRST_CLUSTERS = """WITH known AS (SELECT article_id, cluster_id FROM main.memberships WHERE cluster_id IS NOT NULL AND since <= ?),
    firsts AS (SELECT article_id, min(cluster_id) AS number FROM
        (SELECT * FROM known UNION ALL SELECT cluster_id, cluster_id FROM known) GROUP BY article_id)
    SELECT f.article_id, coalesce(a.site || ':' || a.key, t.site || ':' || t.key) AS id FROM firsts f
    LEFT JOIN main.articles a ON a.id = f.number LEFT JOIN main.tombstones t ON t.article_id = f.number WHERE id IS NOT NULL"""
"""A story keeps its split when the one by which its cluster went is taken down, or rewritten so
that they part.
"""

_NAMES = [column.name for column in COLUMNS]


class NothingLeft(CorpusError):
    """Every article was left out."""


@dataclass(slots=True)
class _Counts:
    """What is counted while the files are written."""

    masked: dict[str, tuple[int, int]]
    """Kind -> (documents, masks)."""
    months: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    clusters: set[int] = field(default_factory=set)
    late: int = 0
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def take(self, row: dict[str, Any]) -> None:
        """An exported document."""
        self.months[row["site"], (row["published_at"] or "undated")[:7]] += 1
        self.words[row["site"]][row["word_count"]] += 1
        if row["cluster_id"] is not None:
            self.clusters.add(row["cluster_id"])
        for kind in self.masked:
            if masks := row[f"masked_{kind}"]:
                documents, before = self.masked[kind]
                self.masked[kind] = (documents + 1, before + masks)


class Finish(PipelineStep):
    """Writes the corpus into a folder of `work`, then gives it the name `out`; nothing stands under
    that name before.
    """

    type = "WRITER"
    name = "corpus"

    def __init__(
        self,
        recipe: Recipe,
        selection: Selection,
        versions: dict[str, str],
        work: Path,
        out: Path,
        *,
        tidy: bool = False,
    ) -> None:
        """`tidy`: nobody comes after this who removes what the first stage left; datatrove's logs
        stay.
        """
        super().__init__()
        self.tidy = tidy
        self.recipe, self.selection, self.versions, self.work, self.out = (
            recipe,
            selection,
            versions,
            work,
            out,
        )
        self.summary: Summary | None = None

    def run(
        self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1
    ) -> DocumentsPipeline:
        """Called by datatrove; raises CorpusError."""
        yield from data or ()
        folder = self.work / "corpus"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with self.track_time():
            self.summary = self._write(folder)
            publish(folder, self.out, self.work)
        if self.tidy:
            (self.work / MARK).unlink(missing_ok=True)  # what is left is no build to go on with
            for name in ("kept", "dropped", "paragraphs"):
                shutil.rmtree(self.work / name, ignore_errors=True)

    def _write(self, folder: Path) -> Summary:
        sizes, anchors = self._clusters()
        groups = DuplicateSets(
            lambda: self._kept(OF_GROUPS), dedup=self.recipe.dedup, anchors=anchors
        )
        splitter = Splitter(self.recipe.splits, self.recipe.test_after)
        totals = self._totals(groups, splitter)
        counts = _Counts(
            masked=dict.fromkeys(masked_kinds(self.recipe.thresholds.personal), (0, 0))
        )
        paragraphs = self.recipe.thresholds.paragraphs
        repeated = RepeatedCounts(self.work / "paragraphs", paragraphs.min_length)
        with DataFiles(folder, totals, self.recipe.format) as export:
            for row in self._kept(None):
                if row["article_id"] in groups.stands_for:
                    continue
                counts.take(row)
                repeated.count(row["site"], row["text"])
                row |= {
                    "cluster_size": sizes.get(row["cluster_id"], 1),
                    "published_at": _stamped(row["published_at"]),
                }
                split = _split(splitter, groups.group(row))
                counts.late += split != TEST and self._is_late(row)
                export.write(split, [{name: row[name] for name in _NAMES}])
        dropped = self._write_dropped(folder / "dropped.parquet", groups, counts)
        self._check(totals, dropped, counts)
        exported = {site: words.total() for site, words in counts.words.items()}
        summary = Summary(
            recipe=self.recipe,
            archive_digest=self.selection.archive_digest,
            articles=self.selection.articles,
            selected=self.selection.selected,
            splits=totals,
            months=dict(sorted(counts.months.items())),
            dropped=dict(sorted(counts.dropped.items())),
            words=dict(sorted(counts.words.items())),
            masked=counts.masked,
            opted_out={
                (site, rule): count
                for site, rules in self.selection.opted_out.items()
                for rule, count in rules.items()
            },
            clusters=len(counts.clusters),
            late=counts.late,
            undated=self.selection.undated,
            repeated=repeated.most(
                exported, min_documents=paragraphs.min_documents, min_share=paragraphs.min_share
            )
            if paragraphs.enabled
            else (),
            files=tuple(described(folder, {**export.files(), "dropped.parquet": (None, dropped)})),
            versions=self.versions,
        )
        return _described_to_readers(summary, folder)

    def _totals(self, groups: DuplicateSets, splitter: Splitter) -> dict[str, int]:
        """Split -> documents that it will have: the names of the files tell how many files there
        are.
        """
        totals = dict.fromkeys((name for name, _ in self.recipe.splits), 0)
        for row in self._kept(OF_GROUPS):
            if row["article_id"] not in groups.stands_for:
                totals[_split(splitter, groups.group(row))] += 1
        return totals

    def _is_late(self, row: dict[str, Any]) -> bool:
        after = self.recipe.test_after
        return after is not None and (row["published_at"] or "") >= after.isoformat()

    def _kept(self, columns: list[str] | None) -> Iterator[dict[str, Any]]:
        for task in range(len(self.selection.shards)):
            yield from kept_rows(self.work, task, columns)

    def _clusters(self) -> tuple[dict[int, int], dict[int, str]]:
        """As of the moment: how many articles each cluster has in the whole archive; article -> id
        of the one its first cluster went by.
        """
        path = self.recipe.archive
        with (
            plain_errors(path),
            Archive(path, read_only=True) as archive,
            archive.as_of(self.recipe.as_of) as past,
        ):
            decode_leniently(past)
            sizes = dict(
                past.db.conn.execute("SELECT cluster_id, count(*) FROM members GROUP BY cluster_id")
            )
            return sizes, dict(past.db.conn.execute(_FIRST_CLUSTERS, (exact(self.recipe.as_of),)))

    def _write_dropped(self, path: Path, groups: DuplicateSets, counts: _Counts) -> int:
        """Everything that is not in the corpus, in the order of the archive; how many rows that
        are.
        """
        sink, total = ParquetSink(path, DROPPED), 0
        try:
            for task in range(len(self.selection.shards)):
                rows = sorted(self._dropped(task, groups), key=lambda row: int(row["article_id"]))
                counts.dropped.update((row["reason"], row["site"]) for row in rows)
                sink.write(rows)
                total += len(rows)
        finally:
            sink.close()
        return total

    def _dropped(self, task: int, groups: DuplicateSets) -> Iterable[dict[str, Any]]:
        yield from dropped_rows(self.work, task)
        for row in kept_rows(
            self.work,
            task,
            [name for name in DROPPED.names if name not in ("reason", "stands_for_it")],
        ):
            if row["article_id"] in groups.stands_for:
                row["reason"], row["stands_for_it"] = groups.stands_for[row["article_id"]]
                yield row

    def _check(self, totals: dict[str, int], dropped: int, counts: _Counts) -> None:
        exported = sum(totals.values())
        if not exported:
            raise NothingLeft(
                f"{self.out}: not made, as every article was left out: {_reasons(counts)}"
            )
        if exported + dropped != self.selection.selected:
            raise CorpusError(
                f"{self.recipe.archive}: {self.selection.selected} articles were asked for, {exported + dropped} were there: "
                "stories were taken down meanwhile; build it once more"
            )


def _reasons(counts: _Counts) -> str:
    """What became of the articles, and how the opted-out ones could be kept."""
    found: Counter[str] = Counter()
    for (reason, _), documents in counts.dropped.items():
        found[reason] += documents
    said = ", ".join(f"{documents} {reason}" for reason, documents in sorted(found.items()))
    return said + (
        "; --opted-out keep would keep those that opted out" if found["opted_out"] else ""
    )


def _stamped(published_at: str | None) -> str | None:
    return stamp(datetime.fromisoformat(published_at)) if published_at else None


def _split(splitter: Splitter, group: DuplicateSet) -> str:
    return splitter.split(group.anchor, group.day)


def draw(summary: Summary, folder: Path) -> list[Path]:
    """The plots; matplotlib is loaded for them alone, as every process that judges imports this
    module.
    """
    from archive.corpus.output.plots import draw as drawn

    return drawn(summary, folder)


def _described_to_readers(summary: Summary, folder: Path) -> Summary:
    """Plots, card and manifest."""
    plots = folder / "plots"
    plots.mkdir()
    drawn: dict[str, tuple[str | None, int]] = {
        f"plots/{path.name}": (None, 0) for path in draw(summary, plots)
    }
    write_card(summary, folder / "README.md")
    more: tuple[CorpusFile, ...] = tuple(described(folder, {"README.md": (None, 0), **drawn}))
    complete = replace(summary, files=(*summary.files, *more))
    write_manifest(complete, folder / "manifest.json")
    return complete


def publish(folder: Path, out: Path, work: Path) -> None:
    """Give the finished folder its name; what stood there goes only then."""
    old = work / REPLACED
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    folder.rename(out)
    shutil.rmtree(old, ignore_errors=True)
