"""Clusters of many archives by datatrove's MinHash blocks: signatures beside datatrove's own, the
cost of a document as the documents grow, and whether the clusters are right.

    python -m tests.benchmarks.many [--documents 100000] [--words 100] [--jobs 2]
    python -m tests.benchmarks.many --signatures
    python -m tests.benchmarks.many --newsrooms 20000

`--documents`: invented documents of so many words from a vocabulary of 20,000, one in ten a copy of
an earlier one with one word in twenty changed. They are written into a catalogue, and go through
all stages (signatures, buckets, meetings, links, found, placed, members); CPU is that of the
stage's processes, memory the peak of one of them. `--signatures` compares the first block with
datatrove's on the news of tests/benchmarks/newsrooms.py. `--newsrooms` spreads that news over four
archives, gathers them, and judges the clusters.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.utils.hashing import HashConfig
from datatrove.utils.logging import logger

from archive import Archive
from archive.corpus import executors
from archive.corpus.build import MOST_TASKS
from archive.corpus.many.catalogue import CATALOGUE, Job, ranges
from archive.corpus.many.inputs import gather, identified, last_written
from archive.corpus.many.signatures import RensaSignature
from archive.corpus.many.stages import cluster_stages
from archive.corpus.selection import opened
from archive.database.clock import exact
from archive.database.parallel import readers
from archive.ledger.wording import human_bytes
from scraper.cli.rendering.terminal import print_table, say
from tests.benchmarks.clusters import judged
from tests.benchmarks.newsrooms import BEGAN, article, newsrooms

VOCABULARY = 20_000
COPIED, CHANGED = 0.1, 0.05
RECENT = 5_000
"""Documents back, at most, that a copy may be of."""
BATCH = 10_000
ARCHIVES = 4


def bodies(documents: int, words: int) -> Iterator[str]:
    """Yield invented documents; word n is as frequent as 1 / (n + 50)."""
    random = Random(documents)
    vocabulary = [f"{chr(97 + n % 26)}{n:x}".translate(_LETTERS) for n in range(VOCABULARY)]
    weights = list(accumulate(1 / (n + 50) for n in range(VOCABULARY)))
    recent: list[list[str]] = []
    for _document in range(documents):
        if recent and random.random() < COPIED:
            found = [
                random.choice(vocabulary) if random.random() < CHANGED else word
                for word in random.choice(recent)
            ]
        else:
            found = random.choices(vocabulary, cum_weights=weights, k=words)
        if len(recent) < RECENT:
            recent.append(found)
        else:
            recent[random.randrange(RECENT)] = found
        yield " ".join(found)


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def write(path: Path, documents: int, words: int) -> datetime:
    """Write a catalogue of them by SQL, a text every second on two sites; return its time."""
    with Archive(path) as archive:
        archive.db.conn.execute("PRAGMA synchronous = OFF")
        found = bodies(documents, words)
        for start in range(0, documents, BATCH):
            numbers = range(start + 1, min(start + BATCH, documents) + 1)
            at = BEGAN.astimezone(UTC) + timedelta(seconds=numbers[-1])
            with archive.transaction(at):
                _insert(archive, numbers, exact(at), found)
                archive.clock.stamp()
        latest = archive.clock.latest()
        archive.db.conn.execute("PRAGMA journal_mode = DELETE")
    assert latest is not None
    return latest


def _insert(archive: Archive, numbers: range, at: str, found: Iterator[str]) -> None:
    archive.db.conn.executemany(
        """INSERT INTO articles (id, site, key, url, first_seen_at, revision, published_at)
        VALUES (?, ?, ?, ?, ?, 1, ?)""",
        ((n, f"situs{n % 2}", f"{n}", f"https://situs.example/{n}", at, at) for n in numbers),
    )
    archive.db.conn.executemany(
        """INSERT INTO revisions (article_id, number, kind, changed, observed_at, digest, body,
            authors, editors, tags, language, page_count, layout, extractor, warnings, published_at)
        VALUES (?, 1, 'first', '[]', ?, '', ?, '[]', '[]', '[]', 'id', 1, 'x', 'x', '[]', ?)""",
        ((n, at, next(found), at) for n in numbers),
    )


def run(job: Job, jobs: int) -> list[dict[str, Any]]:
    """Run the stages in processes of their own; a line each."""
    rows = []
    for stage in cluster_stages(job):
        began, before = perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with readers(jobs, executors._begin, [stage]) as processes:
            for _ in processes.map(executors._judge, [(0, task) for task in range(stage.tasks)]):
                pass
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        rows.append(
            {
                "stage": stage.name,
                "tasks": stage.tasks,
                "seconds": round(perf_counter() - began, 1),
                "cpu": round(
                    after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1
                ),
                "memory": human_bytes(after.ru_maxrss * 1024),
            }
        )
        print_table(rows[-1:], _STAGES)
    return rows


_STAGES = {
    "stage": "stage",
    "tasks": "tasks",
    "seconds": "seconds",
    "cpu": "CPU seconds",
    "memory": "peak memory so far",
}


def grown(folder: Path, documents: int, words: int, jobs: int) -> None:
    """Print what the stages cost."""
    as_of = write(folder / CATALOGUE, documents, words)
    found = ranges(folder / CATALOGUE, as_of, min(MOST_TASKS, documents // 1_000 or 1))
    job = Job(path=folder / CATALOGUE, work=folder, as_of=as_of, ranges=found)
    rows = run(job, jobs)
    cpu = sum(row["cpu"] for row in rows)
    with opened(job.path, as_of) as past:
        (members,) = past.db.conn.execute("SELECT count(*) FROM members").fetchone()
    say(
        f"{documents} documents of {words} words: {sum(row['seconds'] for row in rows):.0f} s,"
        f" {cpu:.0f} s of CPU, {1000 * cpu / documents:.2f} ms a document; {members} in clusters"
    )


def judge(folder: Path, articles: int, jobs: int) -> None:
    """Print recall and precision of the clusters of news in several archives."""
    tellings = newsrooms(articles)
    paths = [folder / f"{number}.db" for number in range(ARCHIVES)]
    for number, path in enumerate(paths):
        with Archive(path) as archive:
            archive.clusters.place = lambda _article, _body: None  # type: ignore[method-assign]
            for place in range(number, articles, ARCHIVES):
                found = article(place, tellings[place])
                with archive.transaction(found.published_at or BEGAN):
                    archive.history.revise(found, key=f"{place:09d}")
    as_of = last_written(paths)
    began, cpu = perf_counter(), process_time()
    path = gather(identified(paths, as_of), folder, now=as_of, advance=lambda _rows: None, note=say)
    say(
        f"{ARCHIVES} archives gathered in {perf_counter() - began:.1f} s,"
        f" {1000 * (process_time() - cpu) / articles:.2f} ms of CPU an article"
    )
    found_ranges = ranges(path, as_of, min(MOST_TASKS, articles // 1_000 or 1))
    run(Job(path=path, work=folder, as_of=as_of, ranges=found_ranges), jobs)
    with opened(path, as_of) as past:
        rows = past.db.conn.execute(
            """SELECT CAST(a.key AS INTEGER) + 1, m.cluster_id FROM members m
            JOIN main.articles a ON a.id = m.article_id ORDER BY 1"""
        ).fetchall()
    stories = judged(tellings, rows, lambda telling: telling.kind != "notice", "stories")
    print_table([stories], {name: name for name in stories})


def compare_signatures(documents: int = 4_000) -> None:
    """Print both blocks' milliseconds of CPU a document."""
    tellings = newsrooms(documents)
    made = [Document(text=article(n, tellings[n]).body, id=f"{n}") for n in range(documents)]
    words = sum(len(document.text.split()) for document in made) / documents
    default = MinhashConfig(hash_config=HashConfig(hash_fc="sha1"))
    spent = {}
    for name, count in (("theirs", documents // 8), ("ours", documents)):
        with tempfile.TemporaryDirectory() as folder:
            block = RensaSignature(folder)
            if name == "theirs":
                block = MinhashDedupSignature(folder, config=default, language="ind")
            block.run(iter(made[:5]))  # loads its tokenizer
            began = process_time()
            block.run(iter(made[:count]))
            spent[name] = 1000 * (process_time() - began) / count
    say(
        f"{words:.0f} words: datatrove's block {spent['theirs']:.2f} ms a document, by rensa"
        f" {spent['ours']:.2f} ms: {1000 / spent['theirs']:.0f} and {1000 / spent['ours']:.0f}"
        f" documents a second, {spent['theirs'] / spent['ours']:.1f} times as fast"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is requested."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--signatures", action="store_true")
    parser.add_argument("--newsrooms", type=int)
    options = parser.parse_args(arguments)
    logger.disable("datatrove")
    with tempfile.TemporaryDirectory() as folder:
        if options.signatures:
            compare_signatures()
        elif options.newsrooms:
            judge(Path(folder), options.newsrooms, options.jobs)
        else:
            grown(Path(folder), options.documents, options.words, options.jobs)


if __name__ == "__main__":
    main()
