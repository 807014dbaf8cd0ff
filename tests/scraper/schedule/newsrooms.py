"""Five invented newsrooms through a month: what each announces, tells, edits and takes down, as a
pure function of the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from random import Random
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from scraper.cli.demo.proxy import Answer
from scraper.cli.demo.records import Edit, Site, Story
from scraper.cli.demo.world import story_answers
from tests.scraper.crawling.conftest import home
from tests.scraper.crawling.newsroom import prose

WIB = ZoneInfo("Asia/Jakarta")
HOSTS = {
    "suara": "www.suara.com",
    "rmol": "rmol.id",
    "republika": "republika.co.id",
    "medcom": "www.medcom.id",
    "islamtimes": "www.islamtimes.org",
}
LAYOUTS = {"suara": "S5", "rmol": "R4", "republika": "R5", "medcom": "M4", "islamtimes": "T2"}
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One story, and what becomes of it."""

    site: str
    number: int
    """Counted over all sites: no two stories share a paragraph."""
    published: datetime
    edited: datetime | None
    removed: datetime | None

    @property
    def url(self) -> str:
        """Canonical."""
        local, slug = self.published.astimezone(WIB), f"kabar-desa-{self.number}"
        return {
            "suara": f"https://www.suara.com/news/{local:%Y/%m/%d/%H%M%S}/{slug}",
            "rmol": (
                f"https://rmol.id/nusantara/read/{local:%Y/%m/%d}/{700_000 + self.number}/{slug}"
            ),
            "republika": (
                f"https://republika.co.id/berita/"
                f"{_base36(int(local.timestamp()))}{self.number % 1000:03}/{slug}"
            ),
            "medcom": f"https://www.medcom.id/nasional/daerah/K{self.number:07}-{slug}",
            "islamtimes": f"https://www.islamtimes.org/id/news/{1_300_000 + self.number}/{slug}",
        }[self.site]

    def headline(self, now: datetime) -> str:
        """As it reads at a moment."""
        return f"Kabar Desa Nomor {self.number}{' Diperbarui' if self.is_edited(now) else ''}"

    def is_edited(self, now: datetime) -> bool:
        """Whether the newsroom has rewritten it by then."""
        return self.edited is not None and self.edited <= now

    def modified(self, now: datetime) -> datetime:
        """When it got the text that it has then."""
        return self.edited if self.edited is not None and self.edited <= now else self.published

    def stands(self, now: datetime) -> bool:
        """Whether it can be read then."""
        return self.published <= now and (self.removed is None or now < self.removed)

    def record(self) -> Story:
        """For the templates of the demo."""
        edit = (
            Edit(
                headline=self.headline(self.edited),
                paragraph=2,
                text=prose(self.number, rewritten=True)[2],
                modified=self.edited,
            )
            if self.edited
            else None
        )
        zone = ZoneInfo("Asia/Tehran") if self.site == "islamtimes" else WIB
        return Story(
            layout=LAYOUTS[self.site],
            url=self.url,
            headline=f"Kabar Desa Nomor {self.number}",
            published=self.published.astimezone(zone),
            section="Nusantara",
            paragraphs=prose(self.number),
            deck="Warga bekerja bersama sejak pagi.",
            authors=("Ratna Sari",),
            editors=("Bayu Anggara",),
            dateline="Damar",
            caption="Warga di balai desa.",
            credit="Istimewa",
            tags=("desa", "warga"),
            edit=edit,
        )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits


class Newsrooms:
    """The five sites from `first` on; `answer` says what each address gives at a moment, as long as
    nothing is wrong.
    """

    def __init__(self, first: date, days: int, *, a_day: int = 8, seed: int = 7) -> None:
        self.stories: dict[str, list[Told]] = {site: [] for site in HOSTS}
        chance = Random(seed)
        number = 0
        for day in (first + timedelta(days=turn) for turn in range(days)):
            for site in HOSTS:
                for minute in sorted(chance.sample(range(6 * 60, 22 * 60), a_day)):
                    number += 1
                    published = datetime.combine(day, time(minute // 60, minute % 60, 12), WIB)
                    edited = (
                        published + timedelta(hours=chance.randint(1, 20))
                        if number % 7 == 3
                        else None
                    )
                    removed = published + timedelta(days=5) if number % 23 == 5 else None
                    self.stories[site].append(
                        Told(
                            site=site,
                            number=number,
                            published=published,
                            edited=edited,
                            removed=removed,
                        )
                    )

    @cached_property
    def by_url(self) -> dict[str, Told]:
        return {told.url: told for stories in self.stories.values() for told in stories}

    def all(self) -> Iterator[Told]:
        for stories in self.stories.values():
            yield from stories

    def standing(self, site: str, now: datetime, *, days: float | None = None) -> list[Told]:
        """Newest first; those of the last days only."""
        oldest = now - timedelta(days=days) if days else None
        return [
            told
            for told in reversed(self.stories[site])
            if told.stands(now) and (oldest is None or told.published >= oldest)
        ]

    def answer(self, url: str, now: datetime) -> Answer | None:
        """None for what is not there."""
        told = self.by_url.get(url)
        if told is not None:
            return _page(told, told.is_edited(now)) if told.stands(now) else None
        host, path = urlsplit(url).netloc, url.partition("://")[2].partition("/")[2]
        site = next((site for site, name in HOSTS.items() if host in (name, "www." + name)), None)
        if site is None:
            return None
        if path == "robots.txt":
            return Answer(content_type="text/plain", body=b"User-agent: *\nDisallow: /search\n")
        return getattr(self, f"_{site}")(path, now)

    # Sources: windows too small for a missed run, and what reaches farther back.

    def _suara(self, path: str, now: datetime) -> Answer | None:
        if path == "sitemap.xml":
            return _index([("https://www.suara.com/news/sitemap-news.xml", now)])
        if path == "news/sitemap-news.xml":
            return _sitemap(self.standing("suara", now, days=0.6), now)
        if path in ("", "news"):
            return _links(self.standing("suara", now)[:4])
        return (
            self._page_of("suara", path.removeprefix("indeks?page="), now)
            if path.startswith("indeks?page=")
            else None
        )

    def _rmol(self, path: str, now: datetime) -> Answer | None:
        if path == "rss":
            return _feed(self.standing("rmol", now)[:4])
        if path == "":
            return _links(self.standing("rmol", now)[:3])
        return (
            self._page_of("rmol", path.removeprefix("indeksberita/"), now)
            if path.startswith("indeksberita/")
            else None
        )

    def _republika(self, path: str, now: datetime) -> Answer | None:
        if path == "files/xml/sitemap.xml":
            return _sitemap(self.standing("republika", now, days=0.6), now)
        if path in ("", "index/0"):
            return _links(self.standing("republika", now)[:4])
        kind, _slash, rest = path.partition("/")
        if kind != "index" or rest.count("/") != 3:
            return None
        offset, _slash, day = rest.partition("/")
        of_day = [
            told for told in self.standing("republika", now) if f"{told.published:%Y/%m/%d}" == day
        ]
        return _links(of_day if offset == "0" else [])

    def _medcom(self, path: str, now: datetime) -> Answer | None:
        if path in ("", "nasional"):
            return _links(self.standing("medcom", now)[:8])
        standing = self.standing("medcom", now)
        days = sorted({told.published.date() for told in standing}, reverse=True)
        if path == "sitemap.xml":
            return _index(
                [
                    (
                        f"https://www.medcom.id/peta/{day}.xml",
                        datetime.combine(day, time(23, 59), WIB),
                    )
                    for day in days
                ]
            )
        day = path.removeprefix("peta/").removesuffix(".xml")
        return (
            _sitemap([told for told in standing if str(told.published.date()) == day], now)
            if path.startswith("peta/")
            else None
        )

    def _islamtimes(self, path: str, now: datetime) -> Answer | None:
        if path == "sitemap.xml":
            return _sitemap(self.standing("islamtimes", now, days=10), now)
        return _links(self.standing("islamtimes", now)[:8]) if path in ("id/", "id/news") else None

    def _page_of(self, site: str, number: str, now: datetime, rows: int = 6) -> Answer | None:
        start = (int(number) - 1) * rows
        return _links(self.standing(site, now)[start : start + rows])


@lru_cache(maxsize=4096)
def _page(told: Told, edited: bool) -> Answer:
    beside = Told(site=told.site, number=0, published=told.published, edited=None, removed=None)
    site = Site(name=told.site, stories=(told.record(), beside.record()), listings=())
    return next(story_answers(site, 2 if edited else 1))[1]


def _links(stories: Sequence[Told]) -> Answer:
    return (
        home(*(told.url for told in stories))
        if stories
        else Answer(body=b"<html><body>Tidak ada berita.</body></html>")
    )


def _xml(text: str) -> Answer:
    return Answer(content_type="application/xml", body=text.encode())


def _sitemap(stories: Iterable[Told], now: datetime) -> Answer:
    entries = "".join(
        f"<url><loc>{told.url}</loc><lastmod>{told.modified(now).isoformat()}</lastmod><news:news><"
        f"news:publication_date>{told.published.isoformat()}</news:publication_date></news:news></url>"
        for told in stories
    )
    spaces = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    return _xml(f"<urlset {spaces}>{entries}</urlset>")


def _index(maps: Iterable[tuple[str, datetime]]) -> Answer:
    entries = "".join(
        f"<sitemap><loc>{url}</loc><lastmod>{lastmod.isoformat()}</lastmod></sitemap>"
        for url, lastmod in maps
    )
    return _xml(f"<sitemapindex>{entries}</sitemapindex>")


def _feed(stories: Iterable[Told]) -> Answer:
    items = "".join(f"<item><title>x</title><link>{told.url}</link></item>" for told in stories)
    return _xml(f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>")
