"""Milliseconds a page of the web view takes, in process, and what readers cost a crawl.

    python -m tests.benchmarks.web ARCHIVE [--runs 25] [--readers 50]

ARCHIVE: for instance what `python -m tests.benchmarks.scale --keep ARCHIVE` made, 100,000 generated
articles. Each page is asked for with varied numbers and words; median, worst, bytes. Then as many
readers at once as --readers, while one process writes a story after another: stories a second
alone, and beside them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from archive import Archive
from scraper.cli.rendering.terminal import columns, note, print_table
from scraper.web.serve import Deployment, application
from tests.benchmarks import prose
from tests.scraper.web.visiting import Site

Address = Callable[[Random], str]
BEGAN = datetime(2027, 6, 1, tzinfo=UTC)
_PAGES = columns("page median worst bytes")
_LOAD = columns(
    "readers pages_read failed slowest stories_alone stories_beside", slowest="slowest ms"
)


def pages(archive: Archive) -> dict[str, Address]:
    """The pages, each with an address that varies."""
    one = archive.db.conn.execute
    (articles,) = one("SELECT max(id) FROM articles").fetchone()
    edited = [row[0] for row in one("SELECT article_id FROM revisions WHERE number = 2 LIMIT 999")]
    clusters = [row[0] for row in one("SELECT DISTINCT cluster_id FROM members LIMIT 999")]
    url = "SELECT url FROM articles WHERE id = ?"

    def number(random: Random) -> int:
        return random.randint(1, articles)

    found: dict[str, Address] = {
        "front": lambda _random: "/",
        "search, two words": lambda random: f"/search?q={'+'.join(words(random, 2))}",
        "search, the commonest word": lambda _random: f"/search?q={prose.COMMON[0]}",
        "search, newest": lambda _random: f"/search?q={prose.COMMON[0]}&sort=time",
        "article": lambda random: f"/article/{number(random)}",
        "article as of a time": lambda random: f"/article/{number(random)}?as_of=2027-01-01",
        "diff": lambda random: f"/article/{random.choice(edited)}/diff/1..2",
        "changes": lambda _random: "/changes",
        "changes of a field": lambda _random: "/changes?field=headline&site=rmol",
        "removed": lambda _random: "/removed",
        "clusters": lambda _random: "/clusters",
        "syndication": lambda _random: "/syndication",
        "coverage": lambda _random: "/coverage",
        "feed of edits": lambda _random: "/feed/changes.atom",
    }
    if archive.crawls.sites():
        found["site"] = lambda _random: f"/site/{archive.crawls.sites()[0]}"
    if one("SELECT 1 FROM urls LIMIT 1").fetchone():
        found["explain"] = lambda r: f"/explain?url={one(url, (number(r),)).fetchone()[0]}"
    if clusters:
        found["cluster"] = lambda random: f"/cluster/{random.choice(clusters)}"
    return found


def words(random: Random, count: int) -> list[str]:
    """Words of the generated prose."""
    return [random.choice(prose.MIDDLING) for _ in range(count)]


def measured(path: Path, runs: int) -> list[dict[str, Any]]:
    """A row per page."""
    site, rows = Site(application(Deployment(archive=path))), []
    with Archive(path, read_only=True) as archive:
        for name, address in pages(archive).items():
            random, times, size = Random(7), [], 0
            for _ in range(runs):
                wanted = address(random)
                begun = perf_counter()
                reply = site.get(wanted)
                times.append((perf_counter() - begun) * 1000)
                assert reply.status == 200, (wanted, reply.status)
                size = max(size, len(reply.body))
            row = {"page": name, "median": round(median(times), 1), "worst": round(max(times), 1)}
            rows.append(row | {"bytes": size})
    site.close()
    return rows


def written(path: Path, seconds: float) -> float:
    """Stories a second that one writer keeps, a transaction each."""
    from tests.archive.invented import keep, story

    count, begun = 0, perf_counter()
    with Archive(path) as archive:
        while perf_counter() - begun < seconds:
            count += 1
            paragraphs = *prose.paragraphs(Random(count), 2_500), f"Penutup {time.time_ns()}."
            body = "\n\n".join(paragraphs)
            at = BEGAN + timedelta(seconds=count)
            keep(archive, story(10_000_000 + count, body=body), at=at)
    return count / (perf_counter() - begun)


def beside(path: Path, readers: int, seconds: float) -> dict[str, Any]:
    """What readers and a writer do to each other."""
    alone = written(path, seconds)
    end = threading.Event()
    times: list[float] = []
    failed: list[int] = []

    def read(seed: int) -> None:
        site, random = Site(application(Deployment(archive=path))), Random(seed)
        with Archive(path, read_only=True) as archive:
            addresses = list(pages(archive).values())
            while not end.is_set():
                wanted = random.choice(addresses)(random)
                begun = perf_counter()
                status = site.get(wanted).status
                times.append((perf_counter() - begun) * 1000)
                if status != 200:
                    failed.append(status)
                end.wait(2.0)  # a reader reads
        site.close()

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(readers)]
    for thread in threads:
        thread.start()
    with_them = written(path, seconds)
    end.set()
    for thread in threads:
        thread.join()
    return {
        "readers": readers,
        "pages_read": len(times),
        "failed": len(failed),
        "slowest": round(max(times)),
        "stories_alone": round(alone, 1),
        "stories_beside": round(with_them, 1),
    }


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    print_table(measured(given.archive, given.runs), _PAGES)
    if given.readers:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copy(given.archive, Path(folder) / "news.db"))
            print_table([beside(copy, given.readers, given.seconds)], _LOAD)
        note("The writer and the readers share one process here: the worst case for the writer.")


if __name__ == "__main__":
    main()
