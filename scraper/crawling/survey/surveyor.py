"""class Surveyor: read a site without a profile by a dozen requests."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from scrapy.http import Response

from archive.identity import joined_url
from archive.ledger.wording import plural, sentence
from archive.records import Page
from scraper.crawling.discovery import Announced
from scraper.crawling.doctor.visitor import Visitor
from scraper.crawling.pages import page_of
from scraper.crawling.responses import refusal_of_content
from scraper.crawling.spider import size_limit
from scraper.crawling.survey.addresses import Seen, learn_patterns, own_links
from scraper.crawling.survey.conclusions import Conclusion, SeenSource, conclude, links_of
from scraper.extraction.workers import ReadingBroke, ReadingFailed
from scraper.ingest.answers import refusal_of_status
from scraper.politeness.robots import RobotsTxt, opted_out
from scraper.sites.addresses import host_of
from scraper.sites.site import Site
from scraper.sites.sources import Feed, Link, NewsSitemap, Section, Sitemap, Source, Step, age

STORIES = 3
MAX_SITEMAPS = 2
"""Sitemaps that are requested, beside one that an index names."""
MAX_FEEDS = 2
MAX_SURVEYED = 2_000
"""Links of a source, the newest, that show which forms its addresses have."""
CONCLUSION_TAKES = 6
"""Times the deadline of a page: each of three is read some dozen times."""
USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml")
USUAL_FEEDS = ("/feed", "/rss", "/rss.xml")
_OF_STORIES = re.compile(r"news|berita|posts?(?!er)|articles?|artikel|stor(?:y|ies)", re.IGNORECASE)
_OF_OTHERS = re.compile(
    r"image|video|foto|photo|tags?\b|categor|kategori|author|page[s-]|taxonom|section|comment",
    re.IGNORECASE,
)


class NothingFound(Exception):
    """Why no profile can be made, in one line."""


class Surveyor(Visitor):
    """Requests robots.txt, the home page, sitemaps, feeds and three stories of a site."""

    name = "survey"

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.problem: str | None = None
        """Why there is no conclusion; None where there is one."""
        self.conclusion: Conclusion | None = None
        self.rules: RobotsTxt | None = None
        self.pages: list[Page] = []
        self.opted_out: str | None = None
        """The rule by which a story opts out of text mining."""
        self._home: list[str] = []
        self._sources: list[SeenSource] = []
        self._links: dict[str, Link] = {}

    async def visit(self) -> None:
        """Survey the site."""
        try:
            await self._welcome()
            feeds = await self._read_home()
            await self._read_sitemaps()
            await self._read_feeds(feeds)
            await self._read_stories()
            await self._conclude()
        except NothingFound as why:
            self.problem = str(why)

    async def _welcome(self) -> None:
        """Read robots.txt; raises NothingFound where it does not allow the home page."""
        self.rules = rules = await self.robots.rules_for(self.site.home)
        if not rules.allows(self.site.home):
            raise NothingFound(f"{self.site.home}: {sentence(rules.refusal)}")

    async def _read_home(self) -> Sequence[str]:
        """Read the home page's links; returns the feeds that it names."""
        response = await self.request(self.site.home, STORIES)
        reason = _refusal(response)
        if isinstance(response, str) or reason is not None:
            raise NothingFound(f"{self.site.home}: {sentence(reason)}")
        if urlsplit(response.url).netloc != urlsplit(self.site.home).netloc:
            self.site = replace(self.site, home=response.url)
        found = await self._announced(Section(response.url), response)
        self._home = [link.url for link in found.links]
        self._remember(found.links)
        return [url for url in found.feeds if "comment" not in url and "komentar" not in url]

    async def _read_sitemaps(self) -> None:
        assert self.rules is not None
        named = [url for url in self.rules.sitemaps if self.site.may_request(host_of(url))]
        urls = sorted(named, key=_preference)[:MAX_SITEMAPS] or self._usual(USUAL_SITEMAPS)
        for url in urls:
            found = await self._read_sitemap(url)
            if found and not named:
                return

    async def _read_sitemap(self, url: str) -> bool:
        """Read a sitemap, or the newest of stories that an index names; whether it has any."""
        found = await self._requested(Sitemap(url))
        if found is None:
            return False
        inner = self._inner(url, found.sitemaps)
        if inner is None:
            self._keep(_sitemap(url, found.links), found.links, sure=_is_of_stories(url, found))
            return bool(found.links)
        within = await self._requested(Sitemap(inner))
        if within is None:
            return False
        sure = _is_of_stories(inner, within)
        # Tomorrow's sitemap has another name, which the index has; one of news keeps its own.
        listed = _sitemap(inner, within.links)
        source = listed if isinstance(listed, NewsSitemap) else Sitemap(url)
        self._keep(source, within.links, sure=sure)
        return bool(within.links)

    def _inner(self, url: str, sitemaps: Sequence[Link]) -> str | None:
        """Return the sitemap of an index that has the newest stories."""
        joined = [(joined_url(url, link.url) or "", link.lastmod) for link in sitemaps]
        own = [pair for pair in joined if self.site.may_request(host_of(pair[0]))]
        best = min(own, key=lambda pair: (*_preference(pair[0])[:2], age(pair[1])), default=None)
        return best[0] if best is not None else None

    async def _read_feeds(self, named: Sequence[str]) -> None:
        own = [url for url in named if self.site.may_request(host_of(url))]
        for url in own[:MAX_FEEDS] or self._usual(USUAL_FEEDS):
            found = await self._requested(Feed(url))
            if found is not None and found.links:
                self._keep(Feed(url), found.links, sure=True)
                if not own:
                    return

    def _usual(self, paths: Sequence[str]) -> list[str]:
        return [joined_url(self.site.home, path) or "" for path in paths]

    async def _requested(self, source: Source) -> Announced | None:
        """Request a source; None where it cannot be read, or no request is left for it."""
        if not self.affords(source.url, STORIES):
            return None
        response = await self.request(source.url, STORIES, **size_limit(source))
        if isinstance(response, str) or refusal_of_status(response.status) is not None:
            return None
        found = await self._announced(source, response)
        if found.problem in ("broken_sitemap", "broken_feed"):
            return None
        return found

    async def _announced(self, source: Source, response: Response) -> Announced:
        try:
            step = Step(source=source, url=response.url)
            return (await self.reader.read_source(step, response)).found
        except (ReadingBroke, ReadingFailed):
            return Announced(problem="reading_broke_off")

    def _keep(self, source: Source, links: Sequence[Link], *, sure: bool) -> None:
        newest = sorted(links, key=_age_of)[:MAX_SURVEYED]
        own = [link for link in newest if self.site.may_request(host_of(link.url))]
        seen = tuple(Seen(url=url, sure=sure) for url in own_links(link.url for link in own))
        times = tuple(link.published_at for link in own if link.published_at is not None)
        self._sources.append(SeenSource(source=source, links=seen, times=times))
        self._remember(own)

    def _remember(self, links: Sequence[Link]) -> None:
        """Remember the newest link of each address."""
        for link in links:
            for url in own_links([link.url]):
                known = self._links.get(url)
                if known is None or _age_of(link) < _age_of(known):
                    self._links[url] = link

    async def _read_stories(self) -> None:
        """Request the newest stories; raises NothingFound where no link may be one."""
        links = list(self._candidates())
        if not links:
            raise NothingFound(
                f"{self.site.home}: no link to a story was found in its home page, sitemaps and "
                "feeds"
            )
        for url in links:
            if len(self.pages) == STORIES or not self.affords(url):
                break
            response = await self.request(url)
            if not isinstance(response, str) and _refusal(response) is None:
                self.pages.append(
                    page_of(
                        response,
                        site=self.site.name,
                        requested_url=url,
                        fetched_at=self.crawl.now(),
                    )
                )
        if not self.pages:
            raise NothingFound(f"{self.site.home}: no page that it announces could be read")

    def _candidates(self) -> Iterator[str]:
        """Yield the addresses that look like stories, the newest of the commonest form first."""
        links = links_of(self._sources, self._home)
        domain = self.site.domains[0]
        order = {link.url: place for place, link in enumerate(links)}
        sure = {link.url for link in links if link.sure}
        for pattern in learn_patterns(links, domain, self.site.home):
            named = [url for url in pattern.examples if self._allowed(url)]
            named.sort(key=lambda url: (url not in sure, *self._newest(url), order[url]))
            yield from (self._as_announced(url) for url in named[: 2 * STORIES])

    def _newest(self, url: str) -> tuple[float, float]:
        return _age_of(self._links[url])

    def _as_announced(self, url: str) -> str:
        """Return an address as a source has it: some servers answer it only so."""
        return self._links[url].url

    def _allowed(self, url: str) -> bool:
        known = self.robots.known_rules(self._as_announced(url))
        return known is None or known.allows(url)

    async def _conclude(self) -> None:
        given = (self.pages, self._sources, self._home, self.site)
        deadline = self.crawl.turns.deadline * CONCLUSION_TAKES
        try:
            self.conclusion = await self.crawl.turns.run(conclude, *given, deadline=deadline)
        except (ReadingBroke, ReadingFailed) as broke:
            raise NothingFound(f"{self.site.home}: its pages could not be read") from broke
        if self.conclusion is None:
            tried = plural(len(self.pages), "page")
            raise NothingFound(f"{self.site.home}: none of {tried} was read as a story")
        rules = self.robots.known_rules(self.pages[0].url)
        self.opted_out = opted_out(self.pages[0].url, rules, self.pages[0].headers, {})


def _refusal(response: Response | str) -> str | None:
    """Return why a response is no page; None where it is one."""
    if isinstance(response, str):
        return response
    return refusal_of_status(response.status) or refusal_of_content(response)


def _age_of(link: Link) -> tuple[float, float]:
    return age(link.published_at), age(link.lastmod)


def _sitemap(url: str, links: Sequence[Link]) -> Source:
    """Return a sitemap of its kind: one with times of publication has the news extension."""
    if any(link.published_at for link in links):
        return NewsSitemap(url)
    return Sitemap(url)


def _is_of_stories(url: str, found: Announced) -> bool:
    """Whether a sitemap has nothing but stories, by its extension or its name."""
    by_name = _OF_STORIES.search(urlsplit(url).path) and not _OF_OTHERS.search(url)
    return bool(by_name) or any(link.published_at for link in found.links)


def _preference(url: str) -> tuple[bool, bool, str]:
    """Sort key of sitemaps: those of stories first, those of other things last."""
    path = urlsplit(url).path
    return bool(_OF_OTHERS.search(path)), not _OF_STORIES.search(path), path
