"""Milliseconds of CPU a page of the web view takes, and what readers cost a crawl.

    python -m tests.benchmarks.web ARCHIVE [--runs 25] [--readers 50]

ARCHIVE: for instance what `python -m tests.benchmarks.scale --keep ARCHIVE` made, 100,000 generated
articles; a copy of it gets a kept page and a crawl per site. Each page is requested with varied
numbers and words, on the day after the last story: median, worst, bytes; `anew`: what is computed
once for the readers of ten seconds, each time; `first`: what is computed once an hour, too. Then as
many readers at once as --readers in one process, who open a page every two seconds, beside three
writers in turn: a polite crawl of one site over loopback, with its delay of a second; the same
crawl without a delay; and a loop that writes a story after another, which no crawl does. For each
what it did alone and beside the readers: stories a second, and milliseconds of CPU a story.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from archive import Archive
from archive.database.rows import column
from scraper.cli.rendering.terminal import columns, print_table
from scraper.web import plugin, recent
from scraper.web.pages.clusters import PER_PAGE
from scraper.web.serve import Deployment, application, prepare_process
from tests.archive.invented import keep, story
from tests.benchmarks import prose
from tests.benchmarks.loopback import SITE, loopback
from tests.scraper.web.visiting import Site

Address = Callable[[Random], str]
BEGAN = datetime(2027, 6, 1, tzinfo=UTC)
_PAGES = columns("page median worst bytes")
_LOAD = columns(
    "writer readers pages_read failed slowest stories_alone stories_beside cpu_alone cpu_beside",
    slowest="slowest ms",
)
Written = tuple[float, float]
"""(stories a second, milliseconds of CPU a story)"""


def prepare(path: Path) -> None:
    """Give an archive what the benchmark of its size lacks: a kept page, and crawls."""
    with Archive(path) as archive:
        keep(archive, story(1), at=BEGAN)
        names = column(archive.db, "SELECT DISTINCT site FROM urls ORDER BY site")
        with archive.transaction(BEGAN):
            for name in names:
                crawl = archive.crawls.begin(name, version="0.1.0", arguments={})
                archive.crawls.end(crawl, counts={}, received=1, reason="finished")


def pages(archive: Archive) -> dict[str, Address]:
    """The pages, each with an address that varies; what ends in `anew` or `first` is computed each
    time.
    """
    one = archive.db.conn.execute
    (articles,) = one("SELECT max(id) FROM articles").fetchone()
    edited = [row[0] for row in one("SELECT article_id FROM revisions WHERE number = 2 LIMIT 999")]
    clusters = column(archive.db, "SELECT DISTINCT cluster_id FROM members LIMIT 2000")
    (paged, snapshot) = one(
        "SELECT article_id, snapshot_id FROM revisions WHERE snapshot_id"
    ).fetchone()
    (last,) = one("SELECT max(first_seen_at) FROM articles WHERE id < ?", [articles]).fetchone()
    (name, *_others) = archive.crawls.sites()
    common = f"/search?q={prose.COMMON[0]}"

    def number(random: Random) -> int:
        return random.randint(1, articles)

    def url(random: Random) -> str:
        return str(one("SELECT url FROM articles WHERE id = ?", [number(random)]).fetchone()[0])

    found: dict[str, Address] = {
        "front": lambda _: "/",
        "front, anew": lambda _: "/",
        "search, two words": lambda r: f"/search?q={'+'.join(words(r, 2))}",
        "search, the commonest word": lambda _: common,
        "search, newest": lambda _: f"{common}&sort=time",
        "search, page 50": lambda _: f"{common}&page=50",
        "search, newest, page 50": lambda _: f"{common}&sort=time&page=50",
        "article": lambda r: f"/article/{number(r)}",
        "article as of a time": lambda r: f"/article/{number(r)}?as_of=2027-01-01",
        "revision": lambda r: f"/article/{r.choice(edited)}/revision/1",
        "diff": lambda r: f"/article/{r.choice(edited)}/diff/1..2",
        "kept page": lambda _: f"/article/{paged}/page/{snapshot}",
        "address and time": lambda r: f"/web/20260701/{url(r)}",
        "changes": lambda _: "/changes",
        "changes of a field": lambda _: "/changes?field=headline&site=rmol",
        "removed": lambda _: "/removed",
        "clusters": lambda _: "/clusters",
        "syndication": lambda _: "/syndication",
        "coverage, twelve weeks": lambda _: f"/coverage?to={last[:10]}",
        "coverage, twelve weeks, anew": lambda _: f"/coverage?to={last[:10]}",
        "coverage, twelve weeks, first": lambda _: f"/coverage?to={last[:10]}",
        "site": lambda _: f"/site/{name}?to={last[:10]}",
        "site, anew": lambda _: f"/site/{name}?to={last[:10]}",
        "site, first": lambda _: f"/site/{name}?to={last[:10]}",
        "explain": lambda r: f"/explain?url={url(r)}",
        "feed of edits": lambda _: "/feed/changes.atom",
        "feed of an article": lambda r: f"/feed/article/{r.choice(edited)}.atom",
        "feed of a search": lambda r: f"/feed/search.atom?q={'+'.join(words(r, 2))}",
    }
    if clusters:
        found["cluster"] = lambda r: f"/cluster/{r.choice(clusters)}"
        found["clusters, the last page"] = lambda _: (
            f"/clusters?page={-(-len(clusters) // PER_PAGE)}"
        )
    return found


def words(random: Random, count: int) -> list[str]:
    """Words of the generated prose."""
    return [random.choice(prose.MIDDLING) for _ in range(count)]


def measured(path: Path, runs: int) -> list[dict[str, Any]]:
    """A row per page."""
    site, rows = Site(application(Deployment(archive=path))), []
    gc.freeze()  # as the server does
    with Archive(path, read_only=True) as archive, _on_the_day_after(archive):
        for name, address in pages(archive).items():
            random, times, size = Random(7), [], 0
            for _ in range(runs):
                wanted = address(random)
                forget(name)
                begun = process_time()  # of all threads; others may be busy
                reply = site.get(wanted)
                times.append((process_time() - begun) * 1000)
                assert reply.status in (200, 302), (wanted, reply.status)
                size = max(size, len(reply.body))
            row = {"page": name, "median": round(median(times), 1), "worst": round(max(times), 1)}
            rows.append(row | {"bytes": size})
    site.close()
    return rows


@contextmanager
def _on_the_day_after(archive: Archive) -> Iterator[None]:
    """Requests come on the day after the last story, so that the days of calendars are new ones."""
    (last,) = archive.db.conn.execute(
        "SELECT max(first_seen_at) FROM articles WHERE first_seen_at < ?", [BEGAN.isoformat()]
    ).fetchone()

    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return (datetime.fromisoformat(last) + timedelta(days=1)).astimezone(tz)

    with patch.object(plugin, "datetime", Then):
        yield


def forget(name: str) -> None:
    """Forget what a page with this name computes each time."""
    for key in list(recent._results):
        if name.endswith(", first") or (name.endswith(", anew") and key[2][0] != "counts"):
            del recent._results[key]


def crawled(path: Path, stories: int, earlier: int, *options: str) -> Written:
    """A crawl of so many stories of one site over loopback, as a program of its own."""
    with loopback(stories, earlier=earlier) as site:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "scraper", "crawl", SITE, "--archive", str(path), *options],
            env=site.environment,
            check=True,
            capture_output=True,
        )
        after, asked = resource.getrusage(resource.RUSAGE_CHILDREN), site.story_requests()
        if len(asked) != stories:
            raise SystemExit(f"the crawl requested {len(asked)} stories, not {stories}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (stories - 1) / (max(asked) - min(asked)), cpu * 1000 / stories


def written(path: Path, seconds: float) -> Written:
    """One writer, a transaction a story."""
    count, begun, cpu = 0, perf_counter(), process_time()
    with Archive(path) as archive:
        while perf_counter() - begun < seconds:
            count += 1
            paragraphs = *prose.paragraphs(Random(count), 2_500), f"Penutup {time.time_ns()}."
            body = "\n\n".join(paragraphs)
            at = BEGAN + timedelta(seconds=count)
            keep(archive, story(10_000_000 + count, body=body), at=at)
    return count / (perf_counter() - begun), (process_time() - cpu) * 1000 / count


def read(path: Path, readers: int, end: Event, found: Queue[tuple[float, int]]) -> None:
    """In a process of its own, as `warta serve` is: the readers, each with a site's answers."""
    prepare_process()
    sites = [Site(application(Deployment(archive=path))) for _ in range(readers)]

    def one(seed: int) -> None:
        random = Random(seed)
        with Archive(path, read_only=True) as archive:
            found_pages = pages(archive).items()
            addresses = [
                made for name, made in found_pages if not name.endswith((", anew", ", first"))
            ]
            while not end.is_set():
                wanted = random.choice(addresses)(random)
                begun = perf_counter()
                status = sites[seed].get(wanted).status
                found.put(((perf_counter() - begun) * 1000, status))
                if status not in (200, 302):
                    sys.stderr.write(f"{status} {wanted}\n")
                end.wait(2.0)  # a reader reads

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.put((0, 0))


def beside(
    path: Path,
    readers: int,
    name: str,
    alone: Callable[[], Written],
    with_them: Callable[[], Written],
) -> dict[str, Any]:
    """What readers and a writer do to each other: it works alone, then beside them."""
    before, cpu_alone = alone()
    context = multiprocessing.get_context("spawn")
    end, found = context.Event(), context.Queue()
    process = context.Process(target=read, args=(path, readers, end, found))
    process.start()
    first = found.get()
    then, cpu_beside = with_them()
    end.set()
    answers = [first, *iter(found.get, (0, 0))]
    process.join()
    return {
        "writer": name,
        "readers": readers,
        "pages_read": len(answers),
        "failed": sum(status not in (200, 302) for _ms, status in answers),
        "slowest": round(max(ms for ms, _status in answers)),
        "stories_alone": round(before, 2),
        "stories_beside": round(then, 2),
        "cpu_alone": round(cpu_alone, 1),
        "cpu_beside": round(cpu_beside, 1),
    }


def loads(path: Path, readers: int, seconds: float) -> Iterator[dict[str, Any]]:
    """A row per kind of writer."""
    polite, unhurried, no_delay = round(seconds), 10 * round(seconds), ("-s", "DOWNLOAD_DELAY=0")
    kinds: dict[str, tuple[Callable[[], Written], Callable[[], Written]]] = {
        "polite crawl": (partial(crawled, path, polite, 0), partial(crawled, path, polite, 10_000)),
        "crawl without delay": (
            partial(crawled, path, unhurried, 20_000, *no_delay),
            partial(crawled, path, unhurried, 30_000, *no_delay),
        ),
        "unpaced writer": (partial(written, path, seconds), partial(written, path, seconds)),
    }
    crawled(path, 5, 50_000, *no_delay)  # the first crawl of a site does what none does after it
    for name, (alone, with_them) in kinds.items():
        yield beside(path, readers, name, alone, with_them)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(given.archive, Path(folder) / "news.db"))
        prepare(copy)
        print_table(measured(copy, given.runs), _PAGES)
        if given.readers:
            print_table(list(loads(copy, given.readers, given.seconds)), _LOAD)


if __name__ == "__main__":
    main()
