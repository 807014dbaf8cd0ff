"""What pages are given and what they return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from archive.monitoring.coverage import ZONE

MAX_QUERY = 2_000
"""Characters of a parameter that are read; the rest of a longer one is cut off."""
MAX_PAGE = 1_000
"""Pages of a list that can be reached; older entries by a narrower filter."""


FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years that the times of a request may have: arithmetic of days and zones ends beyond."""


class PageError(Exception):
    """A page that cannot be shown: a status, a sentence, and what to do next.

    Both sentences are messages of the catalogue, with `values` for their fields in braces.
    """

    def __init__(self, status: int, why: str, *, next_step: str = "", **values: object) -> None:
        super().__init__(why.format(**values))
        self.status = status
        self.why = why
        self.next_step = next_step
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request for a page."""

    path: str
    """As it was requested, below `base`, without the query; begins with a slash."""
    now: datetime
    """Aware: when it was requested."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """The variable parts of the address, decoded."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The first value of each parameter, decoded."""
    language: str = "en"
    """Of the interface: a key of `scraper.web.language.LANGUAGES`."""
    base: str = "/"
    """Where the view is mounted; ends with a slash."""
    origin: str = ""
    """Scheme and host, for feeds, which need whole addresses."""
    tables: str = ""
    """Address of Datasette's page of the archive; empty where there is none."""
    public: bool = False
    """Whether everyone may read the site: proxies keep pages, and failed URLs are not listed."""

    def text(self, name: str) -> str:
        """Return a parameter without surrounding space; the empty text where it is not given."""
        return self.query.get(name, "")[:MAX_QUERY].strip()

    def time(self, name: str, *, end: bool = False) -> datetime | None:
        """Return a time or day, aware; a day means its start or `end` in UTC. PageError 400."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise PageError(
                400,
                "{text}: expected a day like 2026-01-31, or a time like 2026-01-31T08:00:00+07:00.",
                text=text[:40],
            ) from None
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise PageError(400, "{text}: there was no news then.", text=text[:40])
        if len(text) <= len("2026-01-31"):
            return datetime.combine(found, time.max if end else time.min, tzinfo=UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def day(self, name: str) -> date | None:
        """Return a day; of a time, its own. PageError 400."""
        at = self.time(name)
        return None if at is None else at.date()

    def page_number(self, most: int = MAX_PAGE, name: str = "page") -> int:
        """Return the page of a list, or the part of a text, from 1. Raises PageError 400."""
        text = self.text(name) or "1"
        if text.isdecimal() and text.isascii() and 1 <= int(text[:9]) <= most:
            return int(text)
        raise PageError(
            400,
            "There is no page {text}: lists have pages 1 to {most}.",
            next_step="Choose a site or a time to see older entries.",
            text=text[:20],
            most=most,
        )

    def number(self, name: str) -> int:
        """Return a number of the address; raises PageError 404 for one that no row can have."""
        text = self.parts[name]
        if not text.isdecimal() or not text.isascii() or len(text) > len("9999999999"):
            raise PageError(404, "There is no number {text} in this archive.", text=text[:20])
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A page to be rendered: its JSON is `values`, its HTML their template."""

    template: str
    values: Mapping[str, Any]
    """What the page shows, by the command line's field names; plain data."""
    status: int = 200
    shown: Mapping[str, Any] = field(default_factory=dict)
    """What only the template needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response: status, headers and body."""

    body: str | bytes
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def redirect(to: str) -> Answer:
    """Return a temporary redirect to an address of this site."""
    return Answer(body="", status=302, headers={"location": to}, content_type="text/plain")


def site_zone(site: str) -> ZoneInfo:
    """Return the time zone of a site; Asia/Jakarta where no profile says one."""
    from scraper.spiders import sites

    profile = sites().get(site)
    return ZONE if profile is None else profile.zone
