"""class Site: all that warta knows of one news site, as data."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from archive.identity import canonical_url
from scraper.sites.addresses import is_private
from scraper.sites.sources import Source

_HINT_WINDOW = (datetime(1995, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an address says of the story behind it."""

    site: str
    url: str
    """Canonical."""
    story_id: str | None
    published_at: datetime | None = None
    """As far as the address tells; aware."""
    section: str | None = None

    @property
    def key(self) -> str:
        """The story's identity at its site: its own key, else its address."""
        return self.story_id or self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an address is not asked for."""

    url: str
    reason: str
    """A code of archive.ledger.wording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleURL:
    """One generation of a site's article addresses: how to know one, and what it is called."""

    pattern: str
    """Matches host and path as a whole. Groups `y m d`, `hms` (or `yy`) tell the time of
    publication, `code36` too: its first six characters are Unix seconds in base 36; `kanal` the
    section.
    """
    canonical: str
    """Template of the canonical address from the groups, without the scheme."""
    story_id: str
    """Template of the site's own key."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A line or an edge of text that is furniture, and the evidence it takes to say so."""

    name: str
    pattern: str
    """Searched for in a whole paragraph; anchor it."""
    where: str = "anywhere"
    """`anywhere`, `start` (only before any prose), `end` (only after the last prose) or `after` (it
    and all that follows, in texts of whole pages).
    """
    linked: bool = False
    """Only where the paragraph holds a link."""
    part: bool = False
    """Take only what matched, not the whole paragraph. A group `agency` in the pattern is read as a
    credit.
    """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """One generation of a site's article pages. Selectors are CSS, or XPath where they begin with
    `/` or `.//`.
    """

    name: str
    body: str
    """The node that holds the prose; the layout matches where it is found and not empty."""
    requires: str = ""
    """A further node without which the layout does not match."""
    headline: tuple[str, ...] = ()
    kicker: tuple[str, ...] = ()
    deck: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    """A paragraph of the story that stands outside `body`."""
    authors: tuple[str, ...] = ()
    """Bylines; labels in them ("Rep:", "Red:") tell authors from editors."""
    editors: tuple[str, ...] = ()
    editor_first: bool = False
    """Of two names without labels, "A | B", the first is the editor's."""
    date: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    """Breadcrumb; the first entry after the home page is taken."""
    tags: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    agency: tuple[str, ...] = ()
    """A credit line outside `body`."""
    prune: tuple[str, ...] = ()
    """Furniture inside `body`."""


@dataclass(frozen=True, kw_only=True, eq=False)  # one object a site: equal is the same
class Site:
    """A profile: identity, discovery, layouts and newsroom rules of one site."""

    name: str
    title: str
    """The site's name as it stands behind headlines and before texts."""
    home: str
    domains: tuple[str, ...]
    """Registered domains whose pages this profile reads; subdomains included."""
    crawled: tuple[str, ...] = ()
    """Those of the domains that are crawled; all where empty."""
    article_urls: tuple[ArticleURL, ...]
    """Newest generation first."""
    refused_urls: tuple[tuple[str, str], ...] = ()
    """(pattern on host and path, reason), asked before `article_urls`."""
    sources: tuple[Source, ...] = ()
    layouts: tuple[Layout, ...] = ()
    """Newest generation first."""
    prune: tuple[str, ...] = ()
    """Furniture in every layout."""
    rules: tuple[Rule, ...] = ()
    """Newsroom rules of this site, asked before the common ones."""
    dateline: str = ""
    """What opens the text, with the place in group `place`."""
    dateline_bold: bool = False
    """The dateline's place is bold or a known one; anything else before a colon is prose."""
    end_credit: str = ""
    """An editor's mark that closes the text, in group `editor`."""
    ld_editor: str = ""
    """JSON-LD persons whose address matches are editors; `.` for all of them."""
    pager: str = ""
    """Links to the further pages of the same story."""
    part_url: str = ""
    """Pattern on the address of a further page, with its number in group `part`."""
    newsroom_names: tuple[str, ...] = ()
    """Bylines that are nobody's name."""
    timezone: str = "Asia/Jakarta"
    language: str = "id"
    text_marks: str = ""
    """Marks by which a scraped text of this site is known; multi-line pattern."""
    text_opening: str = ""
    """What a story's first line begins with in a scraped text."""
    tag_metas: tuple[str, ...] = ("news_keywords",)
    """Meta tags with the story's own tags; `keywords` is mostly the same on every page of a site."""
    head_dates: tuple[str, ...] = field(default=())
    """Names of meta tags with a date, before the usual ones."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The newsroom's time zone."""
        return ZoneInfo(self.timezone)

    def owns(self, host: str) -> bool:
        """Whether the host is one of this profile's domains or below one."""
        return _below(host, self.domains)

    def may_ask(self, host: str) -> bool:
        """Whether the crawler may send a request to the host for this site."""
        return _below(host, self.crawled or self.domains)

    def identify(self, url: str) -> Identity | Refusal:
        """Which story an address belongs to, or why it is none of ours; never raises."""
        return _identified(self, url)

    def _identify(self, url: str) -> Identity | Refusal:
        try:
            canonical = canonical_url(url)
        except ValueError:
            return Refusal(url=url[:2000], reason="bad_address")
        parts = urlsplit(canonical)
        host = parts.hostname or ""
        if is_private(host):
            return Refusal(url=canonical, reason="private_address")
        if not self.owns(host):
            return Refusal(url=canonical, reason="foreign_site")
        place = host + parts.path
        for pattern, reason in self.refused_urls:
            if _compiled(pattern).search(place):
                return Refusal(url=canonical, reason=reason)
        for generation in self.article_urls:
            match = _compiled(generation.pattern).fullmatch(place)
            if match:
                return self._identity(
                    generation, {k: v for k, v in match.groupdict().items() if v is not None}
                )
        return Refusal(url=canonical, reason="not_an_article")

    def part_number(self, url: str) -> int:
        """Which page of a story an address shows; 1 for its first or only page."""
        match = _compiled(self.part_url).search(url) if self.part_url else None
        return int(match["part"]) if match else 1

    def _identity(self, generation: ArticleURL, groups: Mapping[str, str]) -> Identity:
        url = "https://" + generation.canonical.format_map(defaultdict(str, groups))
        return Identity(
            site=self.name,
            url=url if groups.get("slug") else url.rstrip("/-"),
            story_id=generation.story_id.format_map(groups),
            published_at=_published(groups, self.zone),
            section=groups.get("kanal"),
        )


def _below(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


@lru_cache(maxsize=8192)
def _identified(site: Site, url: str) -> Identity | Refusal:
    return site._identify(url)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _published(groups: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    """The time an address tells; None where it tells none, or an impossible one."""
    try:
        if "code36" in groups:
            moment = datetime.fromtimestamp(int(groups["code36"][:6], 36), zone)
        elif "y" in groups or "yy" in groups:
            year = int(groups["y"]) if "y" in groups else 2000 + int(groups["yy"])
            hms = groups.get("hms", "000000")
            clock = (int(hms[:2]), int(hms[2:4]), int(hms[4:6]))
            moment = datetime(year, int(groups["m"]), int(groups["d"]), *clock, tzinfo=zone)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _HINT_WINDOW[0] < moment < _HINT_WINDOW[1] else None
