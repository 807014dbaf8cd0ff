"""What goes wrong in a simulated month, and which alerts it calls for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from scraper.cli.demo.proxy import Answer
from tests.scraper.schedule.newsrooms import HOSTS, WIB

Alert = tuple[str, str | None]
"""(kind, site)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A site that does not answer as it should, for a while."""

    site: str
    kind: str
    """`down`: connections break off; `errors`: 500 to everything; `stories`: 500 to five of six
    stories; `busy`: 429 to all but robots.txt, without a Retry-After; `pause`: 429 to everything
    with a Retry-After of twenty hours; `cache`: one story for the addresses of all; `captcha`: a
    captcha in place of every second story; `poison`: one story in six hangs or kills whoever
    reads it; `silent`: the source `at` never answers; `endless`: the source `at` leads to ever more
    sitemaps.
    """
    begins: datetime
    ends: datetime
    at: str = ""
    """The address of a source; empty for a trouble of the stories."""

    def lasts(self, now: datetime) -> bool:
        """Whether the site is in its trouble."""
        return self.begins <= now < self.ends

    def answer(self, url: str, now: datetime, *, story: int) -> Answer | None:
        """What the site answers in its trouble; None where all is well. `story` is its number, 0
        for what is none. Raises OSError where it says nothing.
        """
        if not self.lasts(now):
            return None
        if self.kind == "down":
            raise ConnectionError
        if self.kind == "errors" or (self.kind == "stories" and story % 6):
            return Answer(status=500)
        if self.kind == "busy" and not url.endswith("/robots.txt"):
            return Answer(status=429)
        if self.kind == "pause":
            return Answer(status=429, headers=(("Retry-After", str(PAUSE.seconds)),))
        if self.kind == "captcha" and story % 2:
            return Answer(body=CAPTCHA.encode())
        if self.kind == "silent" and url == self.at:
            raise Silence
        if self.kind == "endless" and (url == self.at or url.startswith(f"{self.at}?peta=")):
            number = int(url.rpartition("=")[2] or 0) if "=" in url else 0
            further = f"<sitemap><loc>{self.at}?peta={number + 1}</loc></sitemap>"
            xml = f"<sitemapindex>{further}</sitemapindex>"
            return Answer(content_type="application/xml", body=xml.encode())
        return None

    def spoil(self, page: Answer, *, story: int) -> Answer:
        """The page of a story, poisoned if it is one in six."""
        if self.kind != "poison" or story % 6:
            return page
        poison = "racun-macet" if story % 12 else "racun-mati"
        return replace(page, body=page.body + f"<!-- {poison} -->".encode())


class Silence(ConnectionError):
    """A connection that stays open, and says nothing."""


UNBELIEVED = ("cache", "captcha", "poison")
"""Kinds in which a page was answered with 200, and is not had: it is requested again after an hour.
"""
CAPTCHA = (
    "<html><title>Just a moment...</title><h1>Just a moment...</h1><p>Sebelum melanjutkan,"
    " sistem kami perlu menilai sambungan Anda. Mohon tunggu beberapa detik, lalu geser gambar di"
    " bawah ini sampai potongannya cocok. Bila halaman ini tidak berpindah sendiri, muat ulang"
    " lewat tombol di kanan atas layar, atau hubungi layanan pelanggan pada hari kerja.</p></html>"
)
PAUSE = timedelta(hours=20)
ENDLESS = "https://www.medcom.id/sitemap.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """SIGKILL to the first crawl of a site after a moment when it waits for its n-th answer, or to
    the schedule when all of its crawls do: nothing else is under way then, so that a plan has one
    outcome.
    """

    after: datetime
    answers: int
    site: str | None = None
    """None: the schedule itself, with all crawls that it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens when."""

    begins: datetime
    ends: datetime
    troubles: tuple[Trouble, ...] = ()
    kills: tuple[Kill, ...] = ()
    redesigned: datetime | None = None
    """rmol.id has another look from here on."""
    mended: datetime | None = None
    """Its profile knows the new look from here on."""
    off: tuple[tuple[datetime, datetime], ...] = ()
    """The computer is off."""
    hook_down: tuple[datetime, datetime] | None = None
    """The webhook takes nothing."""
    disk_full: tuple[datetime, datetime] | None = None
    """The disk has less room than it should have."""
    twice: datetime | None = None
    """Someone crawls a site by hand while the schedule does."""
    expected: tuple[Alert, ...] = field(default=())
    """Every incident of the month, killed crawls apart."""

    def lasting(self, site: str | None, now: datetime) -> list[Trouble]:
        """The troubles that a site has."""
        return [each for each in self.troubles if each.site == site and each.lasts(now)]


def site_of(url: str) -> str | None:
    """Which site's host a URL names."""
    host = urlsplit(url).hostname or ""
    domains = {site: name.removeprefix("www.") for site, name in HOSTS.items()}
    return next(
        (site for site, domain in domains.items() if host == domain or host.endswith("." + domain)),
        None,
    )


def _at(first: datetime, day: int, hour: float = 0) -> datetime:
    """Days are counted from 1."""
    return first + timedelta(days=day - 1, hours=hour)


def month(first: datetime = datetime(2026, 12, 1, tzinfo=WIB)) -> Plan:
    """Thirty days, and the morning after; runs are at 5:17 and 17:17."""
    at = lambda day, hour=0: _at(first, day, hour)  # noqa: E731
    everywhere = tuple(
        Trouble(site=site, kind="down", begins=at(21), ends=at(22)) for site in HOSTS
    )
    return Plan(
        begins=at(1, 4),
        ends=at(31, 8),
        troubles=(
            Trouble(site="medcom", kind="down", begins=at(3, 4), ends=at(5, 12)),
            Trouble(site="suara", kind="stories", begins=at(6), ends=at(7, 12)),
            Trouble(site="islamtimes", kind="busy", begins=at(12), ends=at(13)),
            Trouble(site="republika", kind="pause", begins=at(14), ends=at(15)),
            Trouble(site="suara", kind="errors", begins=at(26), ends=at(28)),
            Trouble(site="rmol", kind="cache", begins=at(12), ends=at(13)),
            Trouble(site="republika", kind="captcha", begins=at(18), ends=at(20)),
            Trouble(site="suara", kind="poison", begins=at(22), ends=at(25)),
            Trouble(site="rmol", kind="silent", at="https://rmol.id/rss", begins=at(5), ends=at(6)),
            Trouble(site="medcom", kind="endless", at=ENDLESS, begins=at(15), ends=at(16)),
            *everywhere,
        ),
        kills=(
            Kill(after=at(2, 5), site="rmol", answers=9),
            Kill(after=at(4, 17), site="suara", answers=31),
            Kill(after=at(7, 17), answers=12),
            Kill(after=at(11, 17), site="republika", answers=20),
            Kill(after=at(13, 17), site="rmol", answers=3),
            Kill(after=at(18, 17), answers=2),
            Kill(after=at(20, 5), site="medcom", answers=1),
            Kill(after=at(24, 5), answers=9),
            Kill(after=at(25, 17), site="islamtimes", answers=25),
        ),
        redesigned=at(16, 6),
        mended=at(19, 12),
        off=((at(8, 7), at(10, 1)),),
        hook_down=(at(21, 3), at(21, 15)),
        disk_full=(at(23, 6), at(23, 12)),
        twice=at(9 + 6, 5),
        expected=(
            ("crawl_failed", "medcom"),
            ("coverage", "suara"),
            ("crawl_failed", "islamtimes"),
            ("crawl_failed", "republika"),
            ("wrong_pages", "rmol"),
            ("coverage", "rmol"),
            ("wrong_pages", "republika"),
            ("crawl_failed", "suara"),
            ("drift", "rmol"),
            ("disk", None),
            *(("no_crawl", site) for site in HOSTS),
            *(("crawl_failed", site) for site in HOSTS),
        ),
    )


def week(first: datetime = datetime(2026, 12, 1, tzinfo=WIB)) -> Plan:
    """The same kinds of trouble in eight days."""
    at = lambda day, hour=0: _at(first, day, hour)  # noqa: E731
    return Plan(
        begins=at(1, 4),
        ends=at(8, 20),
        troubles=(
            Trouble(site="medcom", kind="down", begins=at(2), ends=at(3, 12)),
            Trouble(site="suara", kind="stories", begins=at(6), ends=at(7, 12)),
            Trouble(site="islamtimes", kind="busy", begins=at(3), ends=at(4)),
            Trouble(site="republika", kind="pause", begins=at(6), ends=at(7)),
            Trouble(site="rmol", kind="cache", begins=at(2), ends=at(3)),
            Trouble(site="republika", kind="captcha", begins=at(2), ends=at(3)),
            Trouble(site="suara", kind="poison", begins=at(1), ends=at(3)),
            Trouble(
                site="rmol", kind="silent", at="https://rmol.id/rss", begins=at(4), ends=at(4, 6)
            ),
            Trouble(site="medcom", kind="endless", at=ENDLESS, begins=at(7), ends=at(7, 6)),
        ),
        kills=(
            Kill(after=at(1, 4), site="rmol", answers=40),
            Kill(after=at(2, 17), site="suara", answers=31),
            Kill(after=at(3, 17), answers=5),
        ),
        redesigned=at(5, 20),
        mended=at(7, 12),
        off=((at(4, 7), at(5, 16)),),
        hook_down=(at(2, 3), at(2, 15)),
        disk_full=(at(7, 6), at(7, 12)),
        twice=at(7, 17),
        expected=(
            ("crawl_failed", "medcom"),
            ("coverage", "suara"),
            ("crawl_failed", "islamtimes"),
            ("crawl_failed", "republika"),
            ("wrong_pages", "rmol"),
            ("coverage", "rmol"),
            ("wrong_pages", "republika"),
            ("drift", "rmol"),
            ("disk", None),
            *(("no_crawl", site) for site in HOSTS),
        ),
    )
