"""What goes wrong in a simulated month, and which alerts it calls for."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    with a Retry-After of twenty hours.
    """
    begins: datetime
    ends: datetime

    def answer(self, url: str, now: datetime, *, story: int) -> Answer | None:
        """What the site answers in its trouble; None where all is well. `story` is its number, 0
        for what is none. Raises OSError where it says nothing.
        """
        if not self.begins <= now < self.ends:
            return None
        if self.kind == "down":
            raise ConnectionError
        if self.kind == "errors" or (self.kind == "stories" and story % 6):
            return Answer(status=500)
        if self.kind == "busy" and not url.endswith("/robots.txt"):
            return Answer(status=429)
        if self.kind == "pause":
            return Answer(status=429, headers=(("Retry-After", str(PAUSE.seconds)),))
        return None


PAUSE = timedelta(hours=20)


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
            ("drift", "rmol"),
            ("disk", None),
            *(("no_crawl", site) for site in HOSTS),
        ),
    )
