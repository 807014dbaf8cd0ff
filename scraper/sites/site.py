"""Site profiles: all that warta knows of a news site, as data."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from archive.identity import MAX_URL, canonical_url, joined_url
from archive.records import Furniture
from scraper.sites.addresses import is_private, split_part
from scraper.sites.sources import Source

MAX_REFUSED_URL = 2_000
"""Characters of an unusable address that are kept."""
SPONSORED = (
    r"^advertorials?\.|/(?:advertorials?|adv|brand-?contents?|infotorial|iklan|press-?release"
    r"|siaran-pers|sponsored(?:-content)?)/"
)
"""Pattern on host and path of the sections of sponsored text, at any site."""
_VALUE = re.compile(r"[A-Za-z0-9._~-]{0,99}[A-Za-z0-9_]")
"""Of a parameter that is part of a story's address."""
_EARLIEST, _LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an address says of the story behind it."""

    site: str
    """Name of the profile."""
    url: str
    """Canonical."""
    story_id: str | None
    """The site's own key of the story; None where its addresses have none."""
    published_at: datetime | None = None
    """Aware; midnight where the address has only the day, None where it has no date."""
    section: str | None = None
    """As the address has it; None where it has none."""
    by_creation: bool = False
    """Whether `published_at` is when the story was created, up to days before its publication."""
    plain_url: str | None = None
    """The address without what only names a way to the story (`www.`, `m.`, AMP), where that is its
    key; None where `url` is.
    """
    own_key: str | None = None
    """Key and words of the address, where the key is only a time, which two stories may share; None
    for a key that no two stories have, and for an address without words.
    """

    @property
    def key(self) -> str:
        """The story's identity at its site: the site's own key, else the address."""
        return self.story_id or self.plain_url or self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an address is not requested."""

    url: str
    """Canonical where there is a canonical form, else as it was found."""
    reason: str
    """A code of archive.ledger.wording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleURL:
    """One generation of a site's article addresses."""

    pattern: str
    """Matches host and path as a whole. Groups `y m d` and `hms`, or `yy m d`, are the time of
    publication; the first six characters of `code36` are that of creation, as Unix seconds in base
    36. `kanal` is the section.
    """
    canonical: str
    """Template of the canonical address from the groups, without the scheme."""
    story_id: str
    """Template of the site's own key; empty where its addresses have none. An address that lacks a
    group of it is not of this generation.
    """
    shared: bool = False
    """The key is only a time: scheduled stories of one channel may share it."""
    parameters: tuple[str, ...] = ()
    """Parameters of the query that the address must have, as `nid` of `read.php?nid=12`; in the
    templates they are groups, as those of the pattern. All others are no part of the address.
    """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A line or an edge of text that is boilerplate, and the evidence that it takes."""

    name: str
    """Shown beside every text that it removes."""
    pattern: str
    """Searched for in a whole paragraph, in any case; anchor it."""
    where: str = "anywhere"
    """`anywhere`, `start` (only before any prose), `end` (only after the last prose) or `after` (it
    and all that follows, in texts of whole pages).
    """
    linked: bool = False
    """Only where the paragraph holds a link."""
    part: bool = False
    """Remove only what matched, not the whole paragraph. A group `agency` is read as a credit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """One generation of a site's article pages.

    Selectors are CSS, or XPath where they begin with `/`, `.//` or `(`. Of several selectors for a
    field the first that matches is read.
    """

    name: str
    """Kept with every article that is read with it."""
    body: str
    """The node that holds the prose; the layout matches where it is found and not empty."""
    requires: str = ""
    """A further node without which the layout does not match."""
    whole_page: bool = False
    """Whether what follows the story on its page may be inside `body`."""
    headline: tuple[str, ...] = ()
    """The headline of the story itself."""
    kicker: tuple[str, ...] = ()
    """The line above the headline."""
    deck: tuple[str, ...] = ()
    """The summary below the headline."""
    lead: tuple[str, ...] = ()
    """A paragraph of the story outside `body`."""
    authors: tuple[str, ...] = ()
    """Bylines; their labels ("Rep:", "Red:") part authors from editors."""
    editors: tuple[str, ...] = ()
    """Nodes that name editors only."""
    editor_first: bool = False
    """Of two names without labels, "A | B", the first is the editor's."""
    date: tuple[str, ...] = ()
    """Nodes with the time of publication, for readers."""
    section: tuple[str, ...] = ()
    """Breadcrumb; the first entry after the home page is taken."""
    tags: tuple[str, ...] = ()
    """One node a tag."""
    caption: tuple[str, ...] = ()
    """Of the main picture."""
    image: tuple[str, ...] = ()
    """The main picture's address, where the meta tags have another one."""
    agency: tuple[str, ...] = ()
    """A credit line outside `body`."""
    prune: tuple[str, ...] = ()
    """Boilerplate inside `body`."""


@dataclass(frozen=True, kw_only=True, eq=False)  # one object per site: compared by identity
class Site:
    """A profile: addresses, sources, layouts and boilerplate rules of one site."""

    name: str
    """Short name, in lower case: of the spider, in commands and in the archive."""
    title: str
    """The site's name as it follows headlines and opens texts."""
    home: str
    """Address of the home page."""
    domains: tuple[str, ...]
    """Registered domains whose pages this profile reads; subdomains included."""
    crawled: tuple[str, ...] = ()
    """Those of the domains that are crawled; all where empty."""
    article_urls: tuple[ArticleURL, ...]
    """Newest generation first."""
    refused_urls: tuple[tuple[str, str], ...] = ()
    """(pattern on host and path, reason), tried before SPONSORED and `article_urls`."""
    sources: tuple[Source, ...] = ()
    """Where links come from, the surest first."""
    layouts: tuple[Layout, ...] = ()
    """Newest generation first; without any, further pages of a story are found by common signs."""
    prune: tuple[str, ...] = ()
    """Boilerplate in every layout."""
    rules: tuple[Rule, ...] = ()
    """Boilerplate rules of this site, tried before the common ones."""
    dateline: str = ""
    """Pattern of what opens the text, with the place in group `place`."""
    dateline_bold: bool = False
    """Only what is bold, or written like a place, is one; else what is before a colon is prose."""
    end_credit: str = ""
    """Pattern of an editor's mark at the end of the text, in group `editor`."""
    ld_editor: str = ""
    """JSON-LD persons whose address matches are editors; `.` for all of them."""
    pager: str = ""
    """Links to the further pages of the same story."""
    part_url: str = ""
    """Pattern of the address of a further page, with its number in group `part`."""
    whole_url: str = ""
    """Pattern of the address that shows all pages of a story as one."""
    page_total: str = ""
    """Pattern of a script's text that counts a story's pages, in group `pages`."""
    newsroom_names: tuple[str, ...] = ()
    """The publisher's own names in bylines: they are no author's."""
    timezone: str = "Asia/Jakarta"
    """The publisher's, by its IANA name."""
    language: str = "id"
    """ISO 639-1 code."""
    text_marks: str = ""
    """Multi-line pattern of marks by which a scraped text of this site is recognised."""
    text_opening: str = ""
    """Pattern of the beginning of a story's first line in a scraped text."""
    tag_metas: tuple[str, ...] = ("news_keywords",)
    """Meta tags with the story's own tags; all but the first count only if the headline or the
    summary has one of the words: `keywords` is often the same on every page.
    """
    story_code: tuple[str, ...] = ()
    """Nodes that show the site's own key of the story, where that is a number."""
    head_dates: tuple[str, ...] = ()
    """Meta tags with the time of publication, read before the usual ones."""
    furniture: Furniture | None = None
    """What was learnt from an archive's pages of the site; None where nothing was."""
    profiled: ClassVar[bool] = True
    """Whether it is known how the site's pages are written; False for a mere host."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The publisher's time zone."""
        return ZoneInfo(self.timezone)

    def owns(self, host: str) -> bool:
        """Whether the host is one of this profile's domains or below one."""
        return _below(host, self.domains)

    def may_request(self, host: str) -> bool:
        """Whether the crawler may send a request to the host for this site."""
        return _below(host, self.crawled or self.domains)

    def identify(self, url: str) -> Identity | Refusal:
        """Return the story of an address, or why it is none of this site's; never raises."""
        if len(url) > MAX_URL:
            return Refusal(url=url[:MAX_REFUSED_URL], reason="bad_address")
        if not self.layouts:
            return self._part(url)[0]
        return _identified(self, url)

    def story(self, url: str | None, *, on: str = "") -> Identity | None:
        """Return the story of an address, or of a link `on` a page; None for any other address."""
        if not self.domains:  # UNKNOWN has none
            return None
        if url and on:
            url = joined_url(on, url)
        named = url and self.identify(url)
        if isinstance(named, Identity):
            return named
        return None

    def _part(self, url: str) -> tuple[Identity | Refusal, int]:
        """Return the story of an address by common signs, and which page of it that is."""
        first, number = split_part(url)
        if number > 1 and isinstance(story := _identified(self, first), Identity):
            return story, number
        return _identified(self, url), 1

    def part_number(self, url: str) -> int:
        """Return which page of a story an address shows; 1 for its first or only page."""
        if not self.layouts:
            return self._part(url)[1]
        if self.part_url and (match := re.search(self.part_url, url)):
            return whole_number(match["part"]) or 1
        return 1

    def shows_all_pages(self, url: str) -> bool:
        """Whether an address shows all pages of a story as one."""
        return bool(self.whole_url) and re.search(self.whole_url, url) is not None


UNKNOWN = Site(
    name="unknown",
    title="",
    home="",
    domains=(),
    article_urls=(),
    tag_metas=("news_keywords", "keywords"),
    # A place and a dash, alone in a line: before prose they are as often a part of its sentence. Or
    # the publisher's host: "Lereng.com, Rawa - ".
    dateline=(
        r"^(?P<own>[A-Z][\w-]{1,30}\.(?:com|co\.id|id|co|net|news|tv)(?:,\s?|(?=\s)))?"
        r"(?P<place>[A-Z][\w.'’]{1,30}(?:,? [A-Z][\w.'’]{1,30}){0,3})?\s*[-–—]+\s*(?(own)|$)"
    ),
    # "(abc/def)" and "(E-2)": initials of reporter and editor, and of the desk; "(Rawa.com/Ratri
    # Wulandari)", alone in a line.
    end_credit=(
        r"^[(\[](?:[A-Z][\w.-]{2,30}/)?[A-Z][\w.'’]{1,20}(?: [A-Z][\w.'’]{1,20}){1,2}[)\]]\s?$"
        r"|(?:^|(?<=[.!?…\"”'’)\]]))\s?[(\[]"
        r"(?:[A-Za-z]{2,6}(?:/[A-Za-z-]{1,6}\d?){1,3}|red|[A-Z]{1,2}-\d{1,2})[)\]]\s?$"
    ),
)
"""The profile that reads pages of publishers without one; its time zone says nothing."""


def whole_number(text: str | None) -> int:
    """Return the number below 10^9 that stands in an address, a script or a query; 0 for none."""
    if text and text.isdecimal() and len(text) < 10:
        return int(text)
    return 0


def _below(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


@lru_cache(maxsize=8192)
def _identified(site: Site, url: str) -> Identity | Refusal:
    try:
        canonical = canonical_url(url)
    except ValueError:
        return Refusal(url=url[:MAX_REFUSED_URL], reason="bad_address")
    parts = urlsplit(canonical)
    host = parts.hostname or ""
    if is_private(host):
        return Refusal(url=canonical, reason="private_address")
    if not site.owns(host):
        return Refusal(url=canonical, reason="foreign_site")
    address = host + parts.path
    for pattern, reason in (*site.refused_urls, (SPONSORED, "advertorial")):
        if re.search(pattern, address):
            return Refusal(url=canonical, reason=reason)
    for generation in site.article_urls:
        if (match := re.fullmatch(generation.pattern, address)) is None:
            continue
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        with suppress(KeyError):
            groups |= _parameters(generation.parameters, parts.query)
            return _identity(site, generation, groups)
    return Refusal(url=canonical, reason="not_an_article")


def _parameters(names: Sequence[str], query: str) -> dict[str, str]:
    """Return the values of these parameters; raises KeyError where one is missing, is no key, or
    has two values: servers differ in which one counts.
    """
    if not names:
        return {}
    given: defaultdict[str, set[str]] = defaultdict(set)
    for name, text in parse_qsl(query, keep_blank_values=True):
        given[name].add(text)
    single = {name: texts.pop() for name, texts in given.items() if len(texts) == 1}
    keys = {name: text for name, text in single.items() if _VALUE.fullmatch(text)}
    return {name: keys[name] for name in names}


def _identity(site: Site, generation: ArticleURL, groups: Mapping[str, str]) -> Identity:
    """Return the story of an address; raises KeyError where it lacks a part of the story's key."""
    url = "https://" + generation.canonical.format_map(defaultdict(str, groups))
    story_id, slug = generation.story_id.format_map(groups) or None, groups.get("slug")
    return Identity(
        site=site.name,
        url=url if slug else url.rstrip("/-"),
        story_id=story_id,
        own_key=f"{story_id}/{slug}" if generation.shared and slug else None,
        published_at=_published(groups, site.zone),
        section=groups.get("kanal"),
        by_creation="code36" in groups,
    )


def _published(groups: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    """Read the time from an address; None where it has none, or an impossible one."""
    try:
        if "code36" in groups:
            found = datetime.fromtimestamp(int(groups["code36"][:6], 36), zone)
        elif "y" in groups or "yy" in groups:
            year = int(groups.get("y") or "20" + groups["yy"])
            hms = groups.get("hms", "000000")
            time = (int(hms[:2]), int(hms[2:4]), int(hms[4:6]))
            found = datetime(year, int(groups["m"]), int(groups["d"]), *time, tzinfo=zone)
        else:
            return None
    except (LookupError, ValueError, OverflowError, OSError):
        return None
    return found if _EARLIEST < found < _LATEST else None
