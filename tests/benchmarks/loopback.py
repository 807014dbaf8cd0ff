"""A site of any size on loopback: hand-made pages in the markup of rmol.id, as large as a
newsroom's, served by a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from random import Random
from time import monotonic, sleep

from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.cli.demo.records import Listing, read_site
from scraper.cli.demo.world import site_answers
from tests.benchmarks import prose

SITE = "rmol"
_SITEMAP = "https://rmol.id/sitemap.xml"
_HOME = "https://rmol.id/"


def large_site(stories: int, earlier: int = 0) -> tuple[dict[str, Answer], list[str]]:
    """(answers, addresses of the stories) of rmol.id with this many stories on pages of 60 to 100
    kB; others than the `earlier` ones of the same site.
    """
    random, demo = Random(stories + earlier), read_site(SITE)
    pattern, newest = demo.stories[0], demo.stories[0].published
    told = tuple(
        replace(
            pattern,
            url="https://rmol.id/nusantara/read/2026/11/20/"
            f"{800_000 + earlier + number}/kabar-{earlier + number}",
            headline=prose.headline(random),
            published=newest - timedelta(seconds=number),
            paragraphs=prose.paragraphs(random, 2_500),
            edit=None,
        )
        for number in range(stories)
    )
    listings = tuple(listing for listing in demo.listings if listing.template == "robots.txt")
    few = replace(demo, stories=told[:20], listings=(Listing(urls=(_HOME,), template="home.html"),))
    answers = site_answers(replace(demo, stories=told, listings=listings)) | {
        _HOME: site_answers(few)[_HOME]
    }
    urls = [story.url for story in told]
    answers |= {url: replace(answers[url], body=grown(answers[url].body, random)) for url in urls}
    locations = "".join(
        f"<url><loc>{story.url}</loc><lastmod>{story.published.isoformat()}</lastmod></url>"
        for story in told
    )
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>'
    return answers | {_SITEMAP: Answer(content_type="application/xml", body=sitemap.encode())}, urls


def grown(page: bytes, random: Random) -> bytes:
    """The page with what surrounds a story in life: styles and scripts, menus, lists of other
    stories.
    """
    rules, calls, menu, recent = _surroundings()
    others = "".join(random.sample(recent, random.randint(45, 95)))
    head = f"<style>{rules}</style><script>{calls}</script></head>"
    lists = (
        f'<div class="sidebar popular"><h3>TERPOPULER</h3>{others}</div><script>{calls}</script>'
    )
    text = page.decode()
    end = "<footer" if "<footer" in text else "</body>"
    text = text.replace("</head>", head).replace("</nav>", f"</nav><ul>{menu}</ul>")
    return text.replace(end, lists + end).encode()


@cache
def _surroundings() -> tuple[str, str, str, list[str]]:
    """Styles, scripts, a menu, and the entries that the lists of all pages are drawn from."""
    fixed = Random(0)
    rules = "".join(
        f".{fixed.choice(prose.RARE)}-{n}{{margin:{n}px auto;color:#{n * 4057 % 0xFFFFFF:06x}}}\n"
        for n in range(240)
    )
    calls = "".join(
        f"window.{fixed.choice(prose.RARE)}=function(a,b){{return a.push({{slot:{n},at:b}})}};\n"
        for n in range(180)
    )
    menu = "".join(
        f'<li class="item menu-item-{n}"><a href="/kanal/{word}">{word.title()}</a></li>\n'
        for n, word in enumerate(prose.RARE[:150])
    )
    recent = [_teaser(fixed) for _turn in range(250)]  # neighbours in time show much the same lists
    return rules, calls, menu, recent


def _teaser(random: Random) -> str:
    """One entry of a list of other stories."""
    number = random.randint(100_000, 799_999)
    return (
        f'<div class="single_post_text">'
        f'<a href="https://rmol.id/bisnis/read/2026/11/19/{number}/kabar-lain-{number}">'
        f'<img loading="lazy" '
        f'src="/images/berita/thumb/{number}_foto.jpg" alt=""></a><h4><a href="https://rmol.id/bisnis/read/2026/11/19/{number}/kabar-lain-'
        f'{number}">{prose.headline(random)}</a></h4><p>{prose.sentence(random)}</p></div>\n'
    )


class _Timed(ReplayProxy):
    """Remembers when each address was asked for, and answers after `latency` seconds, as a server
    far away does.
    """

    def __init__(self, answers: dict[str, Answer], latency: float) -> None:
        super().__init__(answers)
        self._latency = latency
        self.asked_at: list[tuple[str, float]] = []

    def answer(self, url: str, if_none_match: str | None) -> Answer:
        self.asked_at.append((url, monotonic()))
        sleep(self._latency)
        return super().answer(url, if_none_match)


def _serve(stories: int, latency: float, earlier: int, pipe: Connection) -> None:
    """The proxy's process: its address first, then, as often as it is asked, what was requested
    since.
    """
    answers, urls = large_site(stories, earlier)
    wanted, sizes = set(urls), sum(len(answers[url].body) for url in urls)
    with _Timed(answers, latency) as proxy:
        pipe.send((proxy.url, urls, sizes))
        while pipe.recv():
            pipe.send([at for url, at in proxy.asked_at if url in wanted])
            proxy.asked_at.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loopback:
    """The site as it is served."""

    proxy: str
    urls: list[str]
    bytes: int
    """Of all stories' pages."""
    pipe: Connection

    @property
    def environment(self) -> dict[str, str]:
        """Of a program that crawls it."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.lower() not in ("no_proxy", "warta_archive")
        }
        proxies = dict.fromkeys(
            ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), self.proxy
        )
        return kept | proxies | {"WARTA_CONTACT": "benchmark@example.org"}

    def story_requests(self) -> list[float]:
        """When stories were asked for since the last call, in seconds, as the proxy saw it."""
        self.pipe.send(True)
        found: list[float] = self.pipe.recv()
        return found


@contextmanager
def loopback(stories: int, latency: float = 0.0, earlier: int = 0) -> Iterator[Loopback]:
    """The site, served until the block ends."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(
        target=_serve, args=(stories, latency, earlier, there), daemon=True
    )
    process.start()
    proxy, urls, size = here.recv()
    try:
        yield Loopback(proxy=proxy, urls=urls, bytes=size, pipe=here)
    finally:
        here.send(False)
        process.join(timeout=10)
