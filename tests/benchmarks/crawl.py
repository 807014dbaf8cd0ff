"""A whole crawl (fetch, keep, extract, revise) beside a bare Scrapy spider that only downloads the
same pages, over loopback.

    python -m tests.benchmarks.crawl [--stories 600] [--pairs 5] [--latency 10]

Both ask through the same proxy, which runs in a process of its own, with the same settings: one
request at a time, no delay. They run in turns, warta into a new archive each time. "Stories alone"
is the time from the first request for a story to the last, as the proxy saw it; the whole program
has start-up, sources and the end in it. All of it is done twice: with a site that answers at once,
so that only the crawler's own work counts, and with one that takes a moment, as sites do: then
warta reads a page while it waits for the next. The last table is one more crawl whose SQL is timed.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from typing import Any, ClassVar
from unittest.mock import patch

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

from archive.archive import Archive
from archive.ledger.wording import human_bytes
from scraper.cli.rendering.terminal import print_table
from scraper.crawling.process import crawl_settings, run_spiders
from tests.benchmarks.loopback import SITE, Loopback, loopback

UNHURRIED = ("DOWNLOAD_DELAY=0",)


class Bare(Spider):
    """Downloads pages and does nothing with them."""

    name = "bare"

    def start_requests(self) -> Iterator[Request]:
        for url in Path(self.urls).read_text("utf-8").split():
            yield Request(url, meta={"download_slot": self.name}, dont_filter=True)

    async def start(self) -> Any:
        for request in self.start_requests():
            yield request

    def parse(self, response: Any) -> None:
        """Nothing."""


def run_bare(urls: str) -> None:
    """The bare spider with Scrapy's own components and the settings of a crawl of ours that bear on
    speed.
    """
    ours = crawl_settings(Path("unused"), UNHURRIED)
    shared = (
        "CONCURRENT_REQUESTS",
        "CONCURRENT_REQUESTS_PER_DOMAIN",
        "DOWNLOAD_DELAY",
        "DOWNLOAD_TIMEOUT",
        "COOKIES_ENABLED",
    )
    quiet = {"LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False}
    process = AsyncCrawlerProcess({name: ours[name] for name in shared} | quiet)
    process.crawl(Bare, urls=urls)
    process.start()


class _TimedConnection(sqlite3.Connection):
    """Adds up the seconds of its statements by their first word."""

    seconds: ClassVar[defaultdict[str, float]] = defaultdict(float)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        begun = perf_counter()
        try:
            return super().execute(statement, *values)
        finally:
            self.seconds[statement.split(maxsplit=1)[0].upper()] += perf_counter() - begun


def run_timed(path: str) -> None:
    """One crawl of ours whose statements are timed; prints seconds by kind of statement."""
    with patch(
        "archive.database.connection.sqlite3.connect",
        partial(sqlite3.connect, factory=_TimedConnection),
    ):
        run_spiders([SITE], crawl_settings(Path(path), UNHURRIED), {"recheck": "due"})
    sys.stdout.write(
        "\n".join(f"{name} {seconds}" for name, seconds in _TimedConnection.seconds.items())
    )


def timed(site: Loopback, *command: str) -> tuple[float, float]:
    """(seconds for the stories alone, seconds of the whole program)."""
    site.story_requests()
    begun = monotonic()
    subprocess.run(
        [sys.executable, "-m", *command], env=site.environment, check=True, capture_output=True
    )
    whole = monotonic() - begun
    asked = site.story_requests()
    if len(asked) != len(site.urls):
        raise SystemExit(f"{command[0]} asked for {len(asked)} stories, not {len(site.urls)}")
    return max(asked) - min(asked), whole


def compare(site: Loopback, pairs: int, folder: Path) -> list[dict[str, Any]]:
    """Both in turns: a row for the stories alone and one for the whole programs."""
    (folder / "urls").write_text("\n".join(site.urls), "utf-8")
    bare, warta = [], []
    for turn in range(pairs):
        bare.append(timed(site, "tests.benchmarks.crawl", "--bare", str(folder / "urls")))
        crawl = (
            "scraper",
            "crawl",
            SITE,
            "--archive",
            str(folder / f"{turn}.db"),
            "-s",
            *UNHURRIED,
        )
        warta.append(timed(site, *crawl))
        with Archive(folder / f"{turn}.db", read_only=True) as archive:
            (kept,) = archive.db.conn.execute(
                "SELECT count(*) FROM latest WHERE layout != 'fallback'"
            ).fetchone()
        if kept != len(site.urls):
            raise SystemExit(f"warta kept {kept} stories, not {len(site.urls)}")
    rows = []
    for place, name in enumerate(("stories alone", "whole program")):
        ratios = [b[place] / w[place] for b, w in zip(bare, warta, strict=True)]
        speeds = {
            kind: round(len(site.urls) / median(run[place] for run in runs))
            for kind, runs in (("bare", bare), ("warta", warta))
        }
        rows.append(
            {
                "what": name,
                **speeds,
                "ratio": round(median(ratios), 2),
                "least": round(min(ratios), 2),
                "most": round(max(ratios), 2),
            }
        )
    return rows


def shares_of_sql(site: Loopback, folder: Path) -> list[dict[str, Any]]:
    """Seconds that one crawl spends in statements, and their share of the time for the stories
    alone.
    """
    site.story_requests()
    command = [sys.executable, "-m", "tests.benchmarks.crawl", "--timed", str(folder / "timed.db")]
    done = subprocess.run(command, env=site.environment, check=True, capture_output=True, text=True)
    seconds = {
        name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())
    }
    asked = site.story_requests()
    whole = max(asked) - min(asked)
    shares = sorted(seconds.items(), key=lambda item: -item[1])
    return [
        {"statement": name, "seconds": round(spent, 2), "share": round(100 * spent / whole, 1)}
        for name, spent in shares
        if spent > 0.005
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=600)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--latency", type=int, default=10, metavar="MS")
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    parser.add_argument("--timed", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare or options.timed:
        run_bare(options.bare) if options.bare else run_timed(options.timed)
        return
    compared: list[dict[str, Any]] = []
    shares: list[dict[str, Any]] = []
    for latency in (0, options.latency):
        with (
            loopback(options.stories, latency / 1000) as site,
            tempfile.TemporaryDirectory() as folder,
        ):
            compared += [
                {"latency": f"{latency} ms", **row}
                for row in compare(site, options.pairs, Path(folder))
            ]
            shares = shares_of_sql(site, Path(folder)) if not latency else shares
            size = human_bytes(site.bytes // len(site.urls))
            title = f"{len(site.urls)} pages of {size}, pages per second, {options.pairs} pairs"
    columns = {
        "latency": "the site answers after",
        "what": "",
        "bare": "bare Scrapy",
        "warta": "warta",
        "ratio": "median ratio",
    }
    print_table(compared, columns | {"least": "least", "most": "most"}, title=title)
    print_table(
        shares,
        {
            "statement": "SQL of one crawl",
            "seconds": "seconds",
            "share": "% of the time for stories",
        },
    )


if __name__ == "__main__":
    main()
