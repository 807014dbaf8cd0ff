"""Five crawls in five processes on one archive, and everything that may read it meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier, Event
from urllib.parse import urlsplit

import pytest

from archive import Archive
from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.spiders import sites
from tests.preloaded import MAX_SECONDS
from tests.scraper.crawling.conftest import home, rows, run
from tests.scraper.crawling.contents import BROKEN, assert_whole
from tests.scraper.crawling.newsroom import prose, suara_url

pytestmark = pytest.mark.slow

ROUNDS = 4
STORIES = range(1, 41)

ADDRESSES: dict[str, Callable[[int], str]] = {
    "suara": suara_url,
    "rmol": lambda number: (
        f"https://rmol.id/nusantara/read/2026/11/20/{700000 + number}/gotong-royong-{number}"
    ),
    "republika": lambda number: (
        f"https://republika.co.id/berita/tos4su{number:03}/gotong-royong-{number}"
    ),
    "medcom": lambda number: (
        f"https://www.medcom.id/nasional/daerah/Ab{number:06}-gotong-royong-{number}"
    ),
    "islamtimes": lambda number: (
        f"https://www.islamtimes.org/id/news/{1200000 + number}/gotong-royong-{number}"
    ),
}
BODIES = {
    "suara": '<div class="article-content">{}</div>',
    "rmol": '<div class="single_post_heading"></div><div id="fontResizableText">{}</div>',
    "republika": '<div class="article-content"><article>{}</article></div>',
    "medcom": '<div id="articleBody">{}</div>',
    "islamtimes": '<div id="docDataRow"><div id="doctextarea">{}</div></div>',
}


def last_edit(number: int, turn: int) -> int:
    """The last round up to `turn` in which the story was written anew; 1 is the first."""
    return max(
        edition for edition in range(1, turn + 1) if edition == 1 or number % 4 == edition % 4
    )


def gone(number: int, turn: int) -> bool:
    return turn == ROUNDS and number % 10 == 9


def shown(site: str, number: int, turn: int) -> Answer:
    """A story in the site's layout of today."""
    if gone(number, turn):
        return Answer(status=404)
    title = f"Kabar {site} Nomor {number}"
    paragraphs = "".join(f"<p>{text}</p>" for text in prose(number, part=last_edit(number, turn)))
    page = f"""<!DOCTYPE html><html lang="id"><head><meta charset="utf-8">
    <title>{title}</title><meta property="og:title" content="{title}">
    <meta property="article:published_time" content="2026-11-20T08:00:00+07:00"></head>
    <body><h1>{title}</h1>
    {BODIES[site].format(paragraphs)}</body></html>"""
    return Answer(body=page.encode())


class Newsrooms:
    """Answers for the five sites, each in its own round; a round begins when all five crawls have
    asked for robots.txt.
    """

    def __init__(self) -> None:
        self.turns = dict.fromkeys(ADDRESSES, 1)
        self._together = Barrier(len(ADDRESSES))
        homes = {name: sites()[name].home for name in ADDRESSES}
        self._robots = {f"https://{urlsplit(url).netloc}/robots.txt" for url in homes.values()}
        self._homes = {url: home(*map(ADDRESSES[name], STORIES)) for name, url in homes.items()}
        self._stories = {
            address(number): (name, number)
            for name, address in ADDRESSES.items()
            for number in STORIES
        }

    def __call__(self, url: str) -> Answer | None:
        if url in self._robots:
            self._together.wait(MAX_SECONDS / 2)
            return Answer(content_type="text/plain", body=b"User-agent: *\nAllow: /\n")
        if url in self._stories:
            name, number = self._stories[url]
            return shown(name, number, self.turns[name])
        return self._homes.get(url)


def crawl_rounds(
    newsrooms: Newsrooms, proxy: ReplayProxy, site: str, news: Path
) -> list[subprocess.CompletedProcess[str]]:
    done = []
    for turn in range(1, ROUNDS + 1):
        newsrooms.turns[site] = turn
        settings = (
            "-s",
            "DOWNLOAD_DELAY=0",
            "-s",
            "CONTACT=uji@example.org",
            "-s",
            f"DOWNLOAD_TIMEOUT={MAX_SECONDS}",
        )
        done.append(
            run(
                proxy,
                "scraper",
                "crawl",
                site,
                "--archive",
                str(news),
                "--recheck",
                "all",
                *settings,
            )
        )
    return done


def look_again_and_again(look: Callable[[], None], ended: Event) -> int:
    """How often it was looked, at least once, until all crawls have ended."""
    looks = 0
    while not looks or not ended.is_set():
        look()
        looks += 1
        time.sleep(0.05)
    return looks


def readers(proxy: ReplayProxy, news: Path) -> dict[str, Callable[[], None]]:
    """What people do while a crawl runs; each fails where it is refused or sees half a page."""
    copies = iter(range(10_000))

    def well(done: subprocess.CompletedProcess[str]) -> None:
        assert done.returncode == 0, done.stderr
        assert done.stdout
        assert done.stderr == ""

    def command_line() -> None:
        for command in (("show", "1"), ("log", "1"), ("stats", "--json")):
            well(run(proxy, "scraper", *command, "--archive", str(news)))

    def views() -> None:
        with closing(
            sqlite3.connect(f"{news.as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as connection:
            assert_nothing_half(connection)

    def sqlite_tool() -> None:
        statement = (
            "SELECT count(*) FROM latest; SELECT count(*) FROM history; SELECT state, count(*) FROM"
            " ledger GROUP BY 1"
        )
        tool = ["sqlite3", "-readonly", "-cmd", ".timeout 5000", str(news), statement]
        well(subprocess.run(tool, capture_output=True, text=True, timeout=MAX_SECONDS, check=False))

    def backup() -> None:
        copy = news.with_name(f"copy-{next(copies)}.db")
        done = run(proxy, "scraper", "backup", str(copy), "--archive", str(news))
        assert done.returncode == 0, done.stderr
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert_nothing_half(connection)

    found = {"warta": command_line, "sqlite3 module": views}
    if shutil.which("sqlite3"):
        found["sqlite3 tool"] = sqlite_tool
    found["backup"] = backup
    return found


def assert_nothing_half(connection: sqlite3.Connection) -> None:
    """In one moment of the archive every row has all the rows that belong to it."""
    connection.execute("BEGIN")
    for fault, statement in BROKEN.items():
        assert connection.execute(statement).fetchall() == [], fault
    assert (
        connection.execute("SELECT count(*) FROM latest").fetchone()
        == connection.execute("SELECT count(*) FROM articles").fetchone()
    )
    assert (
        connection.execute("SELECT count(*) FROM history").fetchone()
        == connection.execute("SELECT count(*) FROM revisions").fetchone()
    )
    assert connection.execute(
        "SELECT count(*) FROM latest WHERE body = '' OR headline IS NULL"
    ).fetchone() == (0,)
    connection.execute("COMMIT")


def wait_for_the_first_story(
    news: Path, crawls: list[Future[list[subprocess.CompletedProcess[str]]]]
) -> None:
    while not rows(news, "SELECT 1 FROM articles WHERE id = 1"):
        assert not all(crawl.done() for crawl in crawls), [
            done.stderr for crawl in crawls for done in crawl.result()
        ]
        time.sleep(0.05)


def expected_revisions() -> Counter[tuple[str, str]]:
    """How many revisions of each kind the rounds call for, a site."""
    found: Counter[tuple[str, str]] = Counter()
    for site in ADDRESSES:
        for number in STORIES:
            last = ROUNDS - gone(number, ROUNDS)
            edits = sum(
                last_edit(number, turn) != last_edit(number, turn - 1)
                for turn in range(2, last + 1)
            )
            found.update(
                {
                    (site, "first"): 1,
                    (site, "publisher"): edits,
                    (site, "removed"): int(gone(number, ROUNDS)),
                }
            )
    return found


def test_five_crawls_and_all_readers_share_one_archive(serve, news):
    Archive(news).close()
    newsrooms, ended = Newsrooms(), Event()
    proxy = serve(newsrooms)
    looks = readers(proxy, news)
    with ThreadPoolExecutor(len(ADDRESSES) + len(looks)) as pool:
        crawls = [pool.submit(crawl_rounds, newsrooms, proxy, site, news) for site in ADDRESSES]
        try:
            wait_for_the_first_story(news, crawls)
            reading = {
                name: pool.submit(look_again_and_again, look, ended) for name, look in looks.items()
            }
            done = [done for crawl in crawls for done in crawl.result()]
        finally:
            ended.set()
        assert all(count.result() for count in reading.values())
    for crawl in done:
        assert crawl.returncode == 0, crawl.stderr
        assert "locked" not in crawl.stderr
        assert "Traceback" not in crawl.stderr
    assert_whole(news)
    made = rows(news, "SELECT site, kind, count(*) AS n FROM history GROUP BY 1, 2")
    assert {(row["site"], row["kind"]): row["n"] for row in made} == expected_revisions()
    assert (
        rows(news, "SELECT site FROM crawls GROUP BY 1 HAVING count(ended_at) != ?", ROUNDS) == []
    )
