"""SIGKILL at random moments: what warta and plain Scrapy lose, store twice, break and fetch again,
each beside its own undisturbed crawl.

Run by hand: `python -m tests.benchmarks.kill` (`--kills 20 --seed 1`); about two minutes. All get
the same pages from the same proxy, the same settings (DOWNLOAD_DELAY=0) and the same moments; after
the last kill each runs once more to its end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archive import Archive
from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.rendering.terminal import print_table
from scraper.sites.site import Identity
from scraper.spiders import site_of
from tests.scraper.crawling.conftest import environment
from tests.scraper.crawling.contents import BROKEN
from tests.scraper.crawling.killing import Gate, Moment, kill_again_and_again, moments
from tests.scraper.crawling.newsroom import is_story, newsrooms

COLUMNS = {
    "tool": "tool",
    "kills": "kills",
    "stories": "stories",
    "lost": "lost",
    "twice": "stored twice",
    "broken": "broken lines or rows",
    "again": "fetched again",
}
MOST_ANSWERS = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a tool holds in the end."""

    stories: Counter[str]
    """How often each is there."""
    broken: int


class Warta:
    name = "warta"

    def __init__(self, folder: Path) -> None:
        self.first_file = folder / "news.db"
        settings = (
            "-s",
            "DOWNLOAD_DELAY=0",
            "-s",
            "SLOWEST_DELAY=0",
            "-s",
            "CONTACT=bench@example.org",
        )
        self.command = [
            sys.executable,
            "-m",
            "scraper",
            "crawl",
            "rmol",
            "suara",
            "--archive",
            str(self.first_file),
            *settings,
        ]

    def kept(self) -> Kept:
        with Archive(self.first_file, read_only=True) as archive:
            execute = archive.db.conn.execute
            sound = execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            broken = sum(len(execute(statement).fetchall()) for statement in BROKEN.values())
            # Nothing was edited: a second revision of a story would be the story stored twice.
            stories = Counter(
                f"{site}/{key}"
                for site, key in execute(
                    "SELECT site, key FROM revisions JOIN articles a ON a.id = article_id"
                )
            )
        return Kept(stories=stories, broken=broken + (not sound))


class Scrapy:
    name = "Scrapy, no JOBDIR"

    def __init__(self, folder: Path) -> None:
        self.feed = self.first_file = folder / "news.jsonl"
        self.command = [sys.executable, "-m", "tests.benchmarks.bare", str(self.feed)]

    def kept(self) -> Kept:
        stories: Counter[str] = Counter()
        broken = 0
        for line in (
            self.feed.read_text("utf-8", errors="replace").splitlines()
            if self.feed.exists()
            else ()
        ):
            try:
                url = json.loads(line)["url"]
            except (ValueError, KeyError, TypeError):
                broken += 1
                continue
            site = site_of(url)
            named = site.identify(url) if site is not None else None
            if isinstance(named, Identity):  # a redirect to the home page gave an item too
                stories[f"{named.site}/{named.key}"] += 1
        return Kept(stories=stories, broken=broken)


class ScrapyWithJobdir(Scrapy):
    name = "Scrapy, JOBDIR"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.first_file = folder / "job"
        self.command.append(str(self.first_file))


def asked(proxy: ReplayProxy) -> Counter[str]:
    """How often each page of a story was asked for."""
    counts: Counter[str] = Counter()
    for (url, _status), count in proxy.requests.items():
        counts[url] += count if is_story(url) else 0
    return counts


def crawled(
    kind: type[Warta | Scrapy], folder: Path, chosen: list[Moment]
) -> tuple[Kept, Counter[str], int]:
    """What a tool holds after it was killed at these moments and run to its end; what it asked for;
    how often it was killed.
    """
    folder.mkdir()
    tool, gate = kind(folder), Gate(newsrooms(1, rmol=230, suara=90))
    with ReplayProxy(gate) as proxy:
        killed = kill_again_and_again(tool.command, proxy, gate, chosen, first_file=tool.first_file)
        subprocess.run(
            tool.command,
            env=environment(proxy),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return tool.kept(), asked(proxy), killed.kills


def row(kind: type[Warta | Scrapy], folder: Path, chosen: list[Moment]) -> dict[str, Any]:
    calm, calmly_asked, _none = crawled(kind, folder / f"{kind.__name__}-calm", [])
    kept, all_asked, kills = crawled(kind, folder / kind.__name__, chosen)
    return {
        "tool": kind.name,
        "kills": kills,
        "stories": len(calm.stories),
        "lost": len(calm.stories.keys() - kept.stories.keys()),
        "twice": sum((kept.stories - calm.stories).values()),
        "broken": kept.broken - calm.broken,
        "again": sum((all_asked - calmly_asked).values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chosen = moments(options.seed, options.kills, most_answers=MOST_ANSWERS)
    with TemporaryDirectory() as folder:
        rows = [row(kind, Path(folder), chosen) for kind in (Warta, ScrapyWithJobdir, Scrapy)]
    print_table(rows, COLUMNS)


if __name__ == "__main__":
    main()
