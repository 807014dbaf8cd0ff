"""Generated syndication: are the clusters right, what does it cost to add an article, and to make
them all anew?

    python -m tests.benchmarks.clusters [--articles 100000] [--keep ARCHIVE] [--jobs 1 2]

The news of tests/benchmarks/newsrooms.py, written with `Revisions.revise`: 200 articles a
transaction as `warta import` does, but before each size in the table 500 articles in a transaction
each, as a crawl does (half of them where fewer than 1,000 are added). Milliseconds are means of
those (`in batches`: of the up to 200 before them): the columns up to `settling` are parts of
`placing`; `CPU` and `wall` are of all of `Revisions.revise` with the commit. Precision and recall
are over pairs of articles; the notice that ran a thousand times would be half a million of them,
and has its own line.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import wraps
from math import comb
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from archive import Archive
from archive.ledger.wording import human_bytes
from archive.maintenance.rebuild_clusters import rebuild
from archive.syndication import clusters, texts
from scraper.cli.rendering.terminal import print_table
from tests.benchmarks.newsrooms import BEGAN, Telling, article, newsrooms

BATCH = 200
SINGLE = 500
MIN_ARTICLES = 40
SIZES = (1_000, 10_000, 50_000, 100_000)
TABLES = ("texts", "bands", "article_texts", "members", "memberships")
STAGES = ("reading", "keys", "comparing", "settling")


class Stages:
    """Seconds of each part of placing; what a part calls counts for the part that it is itself."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._under_way: list[str] = []
        self._since = 0.0

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Count the calls of a function for a stage from now on."""
        inner = getattr(owner, name)

        @wraps(inner)
        def watched(*given: Any, **named: Any) -> Any:
            self._turn()
            self._under_way.append(stage)
            try:
                return inner(*given, **named)
            finally:
                self._turn()
                self._under_way.pop()

        setattr(owner, name, watched)

    def _turn(self) -> None:
        now = perf_counter()  # to ask for CPU time takes longer than some parts do
        if self._under_way:
            self.spent[self._under_way[-1]] += now - self._since
        self._since = now


def watched() -> Stages:
    """The parts of `Clusters.place`, from now on."""
    stages = Stages()
    for owner, name, stage in (
        (clusters.Clusters, "place", "keys"),
        (clusters.Clusters, "_settle", "settling"),
        (texts.Texts, "linked", "comparing"),
        (texts, "text_digest", "reading"),
        (texts.Signature, "of_run", "reading"),
        (texts.Text, "of", "reading"),
    ):
        stages.watch(owner, name, stage)
    return stages


def load(path: Path, tellings: Sequence[Telling]) -> list[dict[str, Any]]:
    """Write them all; a line a size. The making of the texts is not in the times."""
    stages, rows, start = watched(), [], 0
    with Archive(path) as archive:
        for size in (*(size for size in SIZES if size < len(tellings)), len(tellings)):
            alone = min(SINGLE, (size - start) // 2)
            while start < size - alone:
                end = min(start + BATCH, size - alone)
                batched = _written(archive, tellings, range(start, end), BATCH, stages)
                start = end
            single = _written(archive, tellings, range(start, size), 1, stages)
            rows.append(
                {"size": size}
                | single
                | {"batched": batched["placing"], "revising_batched": batched["revising"]}
                | _sizes(archive)
            )
            start = size
    return rows


def _written(
    archive: Archive, tellings: Sequence[Telling], numbers: range, batch: int, stages: Stages
) -> dict[str, Any]:
    """Write these articles, so many a transaction; milliseconds an article."""
    articles = [article(number, tellings[number]) for number in numbers]
    stages.spent.clear()
    began, began_cpu = perf_counter(), process_time()
    for start in range(0, len(articles), batch):
        with archive.transaction(articles[start].published_at or BEGAN):
            for found in articles[start : start + batch]:
                archive.history.revise(found, key=found.url)
    wall, cpu = perf_counter() - began, process_time() - began_cpu
    each = {stage: round(1000 * stages.spent[stage] / len(numbers), 2) for stage in STAGES}
    return each | {
        "placing": round(1000 * stages.spent.total() / len(numbers), 2),
        "revising": round(1000 * cpu / len(numbers), 2),
        "wall": round(1000 * wall / len(numbers), 2),
    }


def _sizes(archive: Archive) -> dict[str, Any]:
    (articles,) = archive.db.conn.execute("SELECT count(*) FROM articles").fetchone()
    marks = ",".join("?" * len(TABLES))
    names = f"SELECT name FROM sqlite_schema WHERE tbl_name IN ({marks})"
    found = f"SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN ({names})"
    (size,) = archive.db.conn.execute(found, TABLES).fetchone()
    (bands,) = archive.db.conn.execute(
        "SELECT pgsize FROM dbstat WHERE aggregate = TRUE AND name = 'bands'"
    ).fetchone()
    return {
        "bytes": size // articles,
        "bands": bands // articles,
        "memory": _memory(resource.RUSAGE_SELF),
    }


def _memory(who: int) -> str:
    return human_bytes(resource.getrusage(who).ru_maxrss * 1024)


def found_clusters(path: Path) -> list[tuple[Any, ...]]:
    """The rows of `members`, of the archive at `path`."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM members ORDER BY article_id").fetchall()


def judged(
    tellings: Sequence[Telling],
    rows: Iterable[tuple[Any, ...]],
    counts: Callable[[Telling], bool],
    name: str,
) -> dict[str, Any]:
    """Precision and recall over the pairs of those who count."""
    told = {number + 1: telling for number, telling in enumerate(tellings) if counts(telling)}
    placed = [(row[1], told[row[0]].cluster or row[0]) for row in rows if row[0] in told]
    taken = _pairs(cluster for cluster, _story in placed)
    right = _pairs(pair for pair in placed if isinstance(pair[1], tuple))
    true = _pairs(telling.cluster for telling in told.values() if telling.cluster)
    return {
        "of": name,
        "articles": len(told),
        "pairs": true,
        "found": taken,
        "precision": round(right / (taken or 1), 4),
        "recall": round(right / (true or 1), 4),
    }


def _pairs(labels: Iterable[object]) -> int:
    return sum(comb(count, 2) for count in Counter(labels).values())


def rebuilt(path: Path, jobs: int) -> dict[str, Any]:
    """All clusters of a copy of the archive anew, from its texts alone."""
    before = found_clusters(path)
    copy = path.with_name(f"rebuilt-{jobs}.db")
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as db, db:
        for table in reversed(TABLES):
            db.execute(f"DELETE FROM {table}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        found = alone.submit(_rebuilt, copy, jobs).result()
    same = found_clusters(copy) == before
    copy.unlink()
    return {"jobs": jobs, "same": "yes" if same else "NO"} | found


def _rebuilt(path: Path, jobs: int) -> dict[str, Any]:
    began = perf_counter()
    marks: list[tuple[int, float]] = [(0, began)]
    with Archive(path) as archive:
        (articles,) = archive.db.conn.execute("SELECT count(*) FROM articles").fetchone()
        rebuild(
            archive,
            now=BEGAN,
            jobs=jobs,
            advance=lambda count: marks.append((marks[-1][0] + count, perf_counter())),
        )
    read = next(at for count, at in marks if count >= articles)
    compared = next(at for count, at in marks if count >= 2 * articles)
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(spent.ru_utime + spent.ru_stime for spent in times)
    return {
        "seconds": round(perf_counter() - began, 1),
        "read": round(read - began, 1),
        "compared": round(compared - read, 1),
        "placed": round(perf_counter() - compared, 1),
        "cpu": round(cpu, 1),
        "memory": _memory(resource.RUSAGE_SELF),
        "each": _memory(resource.RUSAGE_CHILDREN),
    }


_ADDING = {
    "size": "articles",
    "reading": "reading",
    "keys": "keys",
    "comparing": "comparing",
    "settling": "settling",
    "placing": "placing, ms",
    "batched": "in batches",
    "revising": "CPU",
    "revising_batched": "in batches",
    "wall": "wall",
    "bytes": "bytes an article",
    "bands": "of bands",
    "memory": "peak memory",
}
_JUDGED = {
    "of": "pairs of",
    "articles": "articles",
    "pairs": "true",
    "found": "found",
    "precision": "precision",
    "recall": "recall",
}
_REBUILT = {
    "jobs": "processes",
    "seconds": "seconds",
    "read": "read",
    "compared": "compared",
    "placed": "placed",
    "cpu": "CPU seconds",
    "memory": "peak memory",
    "each": "of a process",
    "same": "the same clusters",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="ARCHIVE",
        help="leave the archive here; one that is there already is only judged",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        nargs="*",
        default=[1, 2],
        help="processes of each rebuild; none without a number",
    )
    options = parser.parse_args()
    if options.articles < MIN_ARTICLES:
        parser.error(f"--articles: at least {MIN_ARTICLES}, so that some are syndicated")
    tellings = newsrooms(options.articles)
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "news.db"
        if not path.exists():
            print_table(load(path, tellings), _ADDING)
        rows = found_clusters(path)
        judgements = (
            judged(tellings, rows, lambda telling: telling.kind != "notice", "stories"),
            judged(tellings, rows, lambda telling: telling.kind == "notice", "the notice"),
            judged(tellings, rows, lambda telling: True, "all"),
        )
        print_table(judgements, _JUDGED)
        for jobs in options.jobs:
            print_table([rebuilt(path, jobs)], _REBUILT)


if __name__ == "__main__":
    main()
