"""A training corpus of generated news: documents a second beside datatrove's own reader and writer,
memory, and where the time goes.

    python -m tests.benchmarks.corpus [--articles 100000] [--archive ARCHIVE] [--jobs 1 2]

The news of tests/benchmarks/newsrooms.py, about 320 words each, 15 of a hundred syndicated, one in
fifty opted out. Loading takes far longer than building: with --archive it is left there, and used
again when it is there already.

`datatrove alone` is what a user would write without warta, over the same texts as JSON lines, a
file of 1,000 a task: JsonlReader, the very same filters and masks, ParquetWriter,
LocalPipelineExecutor. It knows no moment, rights, clusters or splits and writes no card. Every line
is a process of its own from its first import on, one after the other; seconds are wall time of a
machine that others may use as well, so look at the ratio of two lines, and rather at that of CPU
time. Peak memory is the kernel's own (VmHWM) of the parent and of its largest worker.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import click

from archive import Archive
from archive.ledger.wording import human_bytes
from scraper.cli.rendering.terminal import print_table
from tests.benchmarks.newsrooms import BEGAN, article, newsrooms

BATCH = 200
SHARD = 1_000
OPTED_OUT = 50
"""One in so many."""
SAMPLED = 0.05
"""Seconds between two looks at the processes' peaks."""


def load(path: Path, articles: int) -> None:
    """Write the archive, as `warta import` does."""
    tellings = newsrooms(articles)
    with Archive(path) as archive:
        for start in range(0, articles, BATCH):
            made = [
                article(number, tellings[number])
                for number in range(start, min(start + BATCH, articles))
            ]
            with archive.transaction(made[0].published_at or BEGAN):
                for number, found in enumerate(made, start):
                    archive.history.revise(found, key=found.url)
                    if number % OPTED_OUT == 0:
                        archive.history.note_rights(
                            archive.history.article_id(found.site, found.url), "robots.txt: GPTBot"
                        )


def write_lines(path: Path, folder: Path) -> int:
    """The same texts as JSON lines, a gzipped file of 1,000 articles a task; how many files."""
    folder.mkdir()
    with Archive(path, read_only=True) as archive:
        rows = archive.db.conn.execute(
            "SELECT article_id, site, url, headline, section, published_at, body FROM latest"
            " ORDER BY article_id"
        )
        number = 0
        while some := rows.fetchmany(SHARD):
            with gzip.open(
                folder / f"{number:05d}.jsonl.gz", "wt", encoding="utf-8", compresslevel=6
            ) as file:
                for article_id, site, url, headline, section, published_at, body in some:
                    metadata = {
                        "site": site,
                        "url": url,
                        "headline": headline,
                        "section": section,
                        "published_at": published_at,
                    }
                    metadata = {
                        name: value or "" for name, value in metadata.items()
                    }  # its ParquetWriter takes types from the first batch
                    file.write(
                        json.dumps(
                            {"id": f"{site}:{article_id}", "text": body, "metadata": metadata},
                            ensure_ascii=False,
                        )
                        + "\n"
                    )
            number += 1
    return number


def build(path: Path, out: Path, jobs: int) -> dict[str, Any]:
    """`warta corpus build`, by its parts: seconds of each, and of each block over all tasks."""
    began = perf_counter()
    from archive.corpus import build as building
    from archive.corpus.filters.thresholds.loading import load_thresholds
    from archive.corpus.output import finish
    from archive.corpus.recipe import Recipe
    from archive.corpus.splits import DEFAULT, parse_splits

    imported = perf_counter()
    recipe = Recipe(
        archive=path,
        as_of=building.last_written_at(path),
        thresholds=load_thresholds(),
        splits=parse_splits(DEFAULT),
    )
    selection = building.load_selection(recipe)
    surveyed = perf_counter()
    judged: list[float] = []
    blocks: dict[str, float] = {}

    plain_publish = finish.publish

    def publish(folder: Path, out: Path, work: Path) -> None:
        blocks.update(_blocks(work / "logs" / "stats"))
        plain_publish(folder, out, work)

    finish.publish = publish
    summary = building.build(
        recipe,
        selection,
        out,
        building.BuildOptions(jobs=jobs),
        advance=lambda count: judged.append(perf_counter()),
    )
    assert summary is not None
    ended = perf_counter()
    return {
        "imports": imported - began,
        "selection": surveyed - imported,
        "judging": judged[-1] - surveyed,
        "finishing": ended - judged[-1],
        "kept": summary.exported,
        "blocks": blocks,
    }


def _blocks(folder: Path) -> dict[str, float]:
    """Block -> seconds, summed over all tasks, from datatrove's own statistics."""
    seconds: dict[str, float] = {}
    for path in sorted(folder.glob("*.json")):
        for block in json.loads(path.read_text()):
            name = "".join(letter for letter in block["name"] if letter.isascii()).strip(" -:")
            seconds[name] = seconds.get(name, 0.0) + block["time_stats"].get("total", 0.0)
    return seconds


def alone(lines: Path, work: Path, jobs: int) -> dict[str, Any]:
    """datatrove's reader, executor and writer around the same filters."""
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter, ParquetWriter
    from datatrove.utils.logging import logger

    from archive.corpus.filters import filters
    from archive.corpus.filters.masking import MaskPersonalData
    from archive.corpus.filters.thresholds.loading import load_thresholds

    steps = [
        JsonlReader(str(lines)),
        *filters(load_thresholds(), lambda name: JsonlWriter(str(work / "dropped" / name))),
        MaskPersonalData(),
        ParquetWriter(str(work / "kept"), compression="zstd"),
    ]
    logger.disable("datatrove")
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - its workers tell every step
    tasks = len(list(lines.iterdir()))
    LocalPipelineExecutor(steps, tasks=tasks, workers=jobs, logging_dir=str(work / "logs")).run()
    return {"blocks": _blocks(work / "logs" / "stats")}


def measured(*arguments: object) -> dict[str, Any]:
    """A process of this module by itself: what it tells, its wall time, the peaks of its memory and
    of its largest worker.
    """
    began, over = perf_counter(), Event()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.corpus", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        peaks: dict[int, int] = {}
        spent: dict[int, float] = {}
        watcher = Thread(target=partial(_watch, run.pid, peaks, spent, over))
        watcher.start()
        told, _ = run.communicate()
        over.set()
        watcher.join()
    if run.returncode:
        raise SystemExit(run.returncode)
    own = peaks.pop(run.pid, 0)
    return {
        **json.loads(told),
        "seconds": perf_counter() - began,
        "cpu": sum(spent.values()),
        "memory": human_bytes(own),
        "each": human_bytes(max(peaks.values())) if peaks else "",
    }


def _watch(root: int, peaks: dict[int, int], spent: dict[int, float], over: Event) -> None:
    """Bytes and seconds of every process; not from getrusage, as nobody waits for the server whose
    children datatrove's workers are.
    """
    tick = os.sysconf("SC_CLK_TCK")
    while not over.wait(SAMPLED):
        for pid in _tree(root):
            with suppress(OSError, StopIteration):
                status = Path(f"/proc/{pid}/status").read_text().splitlines()
                peak = next(line for line in status if line.startswith("VmHWM:"))
                peaks[pid] = int(peak.split()[1]) * 1024
                after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                spent[pid] = (int(after_name[11]) + int(after_name[12])) / tick


def _tree(root: int) -> Iterator[int]:
    yield root
    with suppress(OSError):
        for thread in Path(f"/proc/{root}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))


_RATES = {
    "what": "what",
    "jobs": "processes",
    "seconds": "seconds",
    "rate": "documents a second",
    "wall_ratio": "to datatrove alone",
    "each_cpu": "CPU, ms a document",
    "cpu_ratio": "to datatrove alone, by CPU",
    "memory": "peak memory",
    "each": "of a worker",
}
_STAGES = {
    "jobs": "processes",
    "imports": "imports",
    "selection": "selection",
    "judging": "judging",
    "finishing": "finishing",
    "kept": "documents",
}


def compare(path: Path, jobs: Sequence[int], folder: Path) -> None:
    """All runs, then the tables."""
    tasks = write_lines(path, folder / "lines")
    with Archive(path, read_only=True) as archive:
        (articles,) = archive.db.conn.execute("SELECT count(*) FROM articles").fetchone()
    rates, stages, blocks = [], [], {}
    for count in jobs:
        peer = measured("--run-alone", folder / "lines", folder / f"alone-{count}", count)
        ours = measured("--run-build", path, folder / f"corpus-{count}", count)
        blocks[count] = (ours["blocks"], peer["blocks"])
        for what, found in (("datatrove alone", peer), ("warta corpus build", ours)):
            ratios = {of: f"{peer[of] / found[of]:.2f}" for of in ("seconds", "cpu")}
            rates.append(
                found
                | {"what": what, "jobs": count, "rate": round(articles / found["seconds"])}
                | {
                    "wall_ratio": ratios["seconds"],
                    "cpu_ratio": ratios["cpu"],
                    "each_cpu": 1000 * found["cpu"] / articles,
                }
            )
        stages.append({"jobs": count} | {name: ours[name] for name in _STAGES if name in ours})
    click.echo(
        f"{articles} articles in {tasks} files; load "
        f"{' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores"
    )
    print_table([_rounded(row) for row in rates], _RATES)
    print_table([_rounded(row) for row in stages], _STAGES)
    ours, peer = blocks[jobs[0]]
    named = [
        {
            "block": name,
            "ours": 1000 * ours.get(name, 0.0) / articles,
            "peer": 1000 * peer.get(name, 0.0) / articles,
        }
        for name in {**ours, **peer}
    ]
    print_table(
        [_rounded(row) for row in named],
        {"block": "block", "ours": "warta, ms a document", "peer": "datatrove alone"},
    )


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument(
        "--archive",
        type=Path,
        help="leave the archive here; one that is there already is used as it is",
    )
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="processes of each run")
    parser.add_argument("--run-build", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--run-alone", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for run, given in ((build, options.run_build), (alone, options.run_alone)):
        if given:
            click.echo(json.dumps(run(Path(given[0]), Path(given[1]), int(given[2]))))
            return
    with tempfile.TemporaryDirectory() as folder:
        path = (options.archive or Path(folder) / "news.db").absolute()
        if not path.exists():
            load(path, options.articles)
        compare(path, options.jobs, Path(folder))


if __name__ == "__main__":
    main()
