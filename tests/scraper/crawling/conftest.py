"""Real crawls in their own process, over real HTTP and TLS on loopback, into a real SQLite file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from threading import Event

import pytest

from archive import Archive
from scraper.cli.demo.proxy import Answer, Answers, ReplayProxy
from tests.preloaded import MAX_SECONDS, SCRAPY, warta

FAST = ("-s", "DOWNLOAD_DELAY=0", "-s", "SLOWEST_DELAY=0")
"""Without the delay between requests, also where the site is overloaded."""
Crawl = Callable[..., subprocess.CompletedProcess[str]]


def environment(proxy: ReplayProxy) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in ("no_proxy", "warta_archive", "warta_contact")
    }
    return kept | dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy.url
    )


def run(
    proxy: ReplayProxy, module: str, *words: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """In a process of its own: `warta`, as it is or changed by a module of the tests; `scrapy`."""
    changed = {"scraper": "scraper.cli.main", "scrapy": SCRAPY}.get(module, module)
    return warta(*words, environment=environment(proxy), cwd=cwd, changed=changed)


@pytest.fixture
def serve() -> Iterator[Callable[[Answers], ReplayProxy]]:
    """Starts a proxy that answers for the real sites."""
    open_proxies: list[ReplayProxy] = []

    def start(answers: Answers) -> ReplayProxy:
        proxy = ReplayProxy(answers)
        open_proxies.append(proxy)
        return proxy.__enter__()

    yield start
    for proxy in open_proxies:
        proxy.__exit__(None, None, None)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    return tmp_path / "news.db"


@pytest.fixture
def crawl(news: Path) -> Crawl:
    """`warta crawl` through a proxy, without the delay between requests, also where the site is
    overloaded.
    """

    def start(
        proxy: ReplayProxy, *arguments: str, archive: Path = news
    ) -> subprocess.CompletedProcess[str]:
        return run(proxy, "scraper", "crawl", "--archive", str(archive), *FAST, *arguments)

    return start


class Waiting:
    """A site that answers for stories of rmol only when it is let go."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.asked, self.let_go = Event(), Event()

    def __call__(self, url: str) -> Answer | None:
        if "rmol.id/nusantara/read/" in url:
            self.asked.set()
            self.let_go.wait(MAX_SECONDS)
        return self.answers.get(url)


def rows(path: Path, statement: str, *values: object) -> list[dict[str, object]]:
    with Archive(path, read_only=True) as archive:
        return list(archive.db.query(statement, list(values)))


PROSE = (
    (
        "Warga Kampung Damar memperbaiki saluran air sepanjang dua kilometer sejak Senin pagi"
        " dengan peralatan seadanya."
    ),
    (
        "Kepala kampung mengatakan perbaikan itu dikerjakan bergiliran agar sawah di hilir tetap"
        " mendapat air setiap hari."
    ),
    (
        "Pekerjaan ditargetkan selesai sebelum musim tanam berikutnya, dan hasilnya akan diperiksa"
        " bersama petugas kecamatan."
    ),
)

HOME = "https://rmol.id/"
ROBOTS = "https://rmol.id/robots.txt"


DAY = date(2026, 11, 20)
"""On which the stories of the invented sites appear: new for crawls whose clock is given (NOW),
long ago for the machine's.
"""


def yesterday() -> date:
    """On which they appear where a program has to find them new that asks the machine's clock."""
    return (datetime.now(UTC) - timedelta(days=1)).date()


def story_url(number: int, slug: str = "saluran-air", day: date = DAY) -> str:
    return f"https://rmol.id/nusantara/read/{day:%Y/%m/%d}/{700000 + number}/{slug}-{number}"


def number_of(url: str) -> int:
    return int(url.rpartition("-")[2])


def story(
    number: int, *, headline: str | None = None, prose: tuple[str, ...] = PROSE, day: date = DAY
) -> Answer:
    """A page in the current layout of rmol.id."""
    paragraphs = "".join(f"<p>{paragraph} ({number})</p>" for paragraph in prose)
    title = headline or f"Saluran Air Kampung Damar Diperbaiki Tahap {number}"
    page = f"""<!DOCTYPE html><html lang="id"><head><meta charset="utf-8">
    <title>{title} | RMOL</title>
    <meta property="article:published_time" content="{day}T08:00:00+07:00"></head><body>
    <div class="single_post_heading"><h1>{title}</h1></div>
    <div class="author"><a href="https://rmol.id/about/ratna-1">RATNA SARI</a></div>
    <div id="fontResizableText">{paragraphs}</div></body></html>"""
    return Answer(body=page.encode())


def home(*urls: str) -> Answer:
    links = "".join(f'<a href="{url}">berita</a>' for url in urls)
    return Answer(body=f"<html><body>{links}</body></html>".encode())


def small_site(*numbers: int, day: date = DAY) -> dict[str, Answer]:
    """rmol.id with a home page and these stories."""
    answers = {story_url(number, day=day): story(number, day=day) for number in numbers}
    robots = Answer(content_type="text/plain", body=b"User-agent: *\nDisallow: /search\n")
    return {ROBOTS: robots, HOME: home(*answers), **answers}


def among_good_ones(names: Iterable[str]) -> tuple[dict[str, str], dict[str, Answer]]:
    """(an address for each name, rmol.id with as many good stories): those that a test answers
    for otherwise each stand before a good one, so that no two fail in a row.
    """
    urls = {name: story_url(number) for number, name in enumerate(names, 501)}
    site = small_site(*range(1, len(urls) + 1))
    good = [url for url in site if url not in (ROBOTS, HOME)]
    return urls, {**site, HOME: home(*chain.from_iterable(zip(urls.values(), good, strict=True)))}


def ledger(path: Path, urls: Mapping[str, str]) -> dict[str, tuple[object, object]]:
    """State and reason of each name's address."""
    found = rows(path, "SELECT url, state, reason FROM ledger")
    states = {row["url"]: (row["state"], row["reason"]) for row in found}
    return {name: states[url] for name, url in urls.items()}


def articles(path: Path) -> set[object]:
    return {row["url"] for row in rows(path, "SELECT url FROM latest")}
