"""class Examiner: a handful of polite requests to a live site, to see whether it is still as its
profile says. Keeps nothing.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from archive.errors import ArchiveError
from archive.identity import joined_url
from scraper.crawling.announcements import announcements
from scraper.crawling.crawl import Crawl, Options
from scraper.crawling.discovery import MAX_SOURCE_BYTES, Announced, read_source
from scraper.crawling.doctor.findings import NOT_ASKED, Examination, SourceFinding, StoryFinding
from scraper.crawling.middlewares.robots import RobotsMiddleware
from scraper.crawling.pages import page_of, part_urls
from scraper.crawling.responses import refusal_of_content, refusal_of_error, refusal_of_status
from scraper.crawling.spider import MAX_FEED_BYTES, name_ourselves
from scraper.extraction import read_page
from scraper.extraction.article import refusal_of_article
from scraper.extraction.locate import find_article
from scraper.extraction.tree import Element, clean, parse_html
from scraper.politeness.robots import opted_out
from scraper.sites.addresses import host_of, plain_url
from scraper.sites.site import Identity, Site
from scraper.sites.sources import Feed, Link, Section, Sitemap, Source, Step, Window

logger = logging.getLogger(__name__)

MAX_REQUESTS = 12
"""Requests of one examination, robots.txt and redirects included."""
STORIES = 3
MAX_REDIRECTS = 3
BEFORE_HOME = 4
"""Sources that are asked before the home page, which tells most where the others have moved."""


class Examiner(Spider):
    """Asks one site for robots.txt, its sources and its newest stories, one after the other,
    through the crawler's own middlewares.
    """

    name = "doctor"

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Called by Scrapy: named as a crawl is; nothing is asked twice."""
        super().update_settings(settings)
        name_ourselves(settings)
        settings.set("RETRY_ENABLED", False, priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Called by Scrapy; a bad setting ends the program with one plain line."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        try:
            spider.crawl = Crawl.begin(crawler, spider.site.name, Options(plan=True))
        except (ArchiveError, ValueError) as error:
            raise SystemExit(f"Error: {error}") from error
        return spider

    def __init__(self, site: Site) -> None:
        super().__init__(self.name)
        self.site = site
        self.found = Examination(site=site)
        self.crawl: Crawl
        self._further: tuple[Request, ...] = ()
        self._links: dict[str, Link] = {}  # newest link of each story

    async def start(self) -> AsyncIterator[Any]:
        """The whole examination; what goes wrong in it is a finding."""
        try:
            await self._examine()
        except Exception:
            logger.exception("%s: the examination broke off", self.site.name)
            self.found.broken = True
        for request in self._further:
            yield request  # none: Scrapy wants a generator, and all the asking was done here

    async def _examine(self) -> None:
        robots = self._robots
        self.found.robots = rules = await robots.rules_for(self.site.home)
        self.found.asked = self._asked()
        if not rules.allows(self.site.home):
            return
        for source in self._sources(rules.sitemaps):
            await self._ask_source(source)
        newest = sorted(
            self._links.values(),
            key=lambda link: link.published_at.timestamp() if link.published_at else 0.0,
            reverse=True,
        )
        for link in newest[:STORIES]:
            self.found.stories.append(await self._ask_story(link))
            self.found.asked = self._asked()

    @property
    def _robots(self) -> RobotsMiddleware:
        middleware = self.crawler.get_downloader_middleware(RobotsMiddleware)
        assert middleware is not None
        return middleware

    def _asked(self) -> int:
        return (
            int(self.crawler.stats.get_value("downloader/request_count", 0))
            if self.crawler.stats
            else 0
        )

    def _sources(self, sitemaps: tuple[str, ...]) -> Iterator[Source]:
        """Sitemaps of robots.txt, the profile's own sources and the home page, each once; the home
        page early enough to be asked.
        """
        named = [Sitemap(url) for url in sitemaps if self.site.may_request(host_of(url))]
        seen: set[str] = set()
        sources: list[Source] = []
        for source in (*named, *self.site.sources, Section(self.site.home)):
            address = plain_url(next(source.first(self._window)).url)
            if address is not None and address not in seen:
                seen.add(address)
                sources.append(source)
        first, others, home = sources[:BEFORE_HOME], sources[BEFORE_HOME:-1], sources[-1:]
        yield from first if len(sources) <= BEFORE_HOME else (*first, *home, *others)

    @property
    def _window(self) -> Window:
        return self.crawl.window(self.site.zone)

    async def _ask_source(self, source: Source) -> None:
        step = next(source.first(self._window))
        finding, announced = await self._read_source(step)
        self.found.sources.append(finding)
        maps = sorted(
            announced.sitemaps,
            key=lambda link: link.lastmod.timestamp() if link.lastmod else 0.0,
            reverse=True,
        )
        inner = next(
            (
                url
                for link in maps
                if (url := joined_url(step.url, link.url)) and self.site.may_request(host_of(url))
            ),
            None,
        )
        if inner is not None and not finding.article_links:
            further, _announced = await self._read_source(Step(source=Sitemap(inner), url=inner))
            self.found.sources.append(replace(further, within=step.url))

    async def _read_source(self, step: Step) -> tuple[SourceFinding, Announced]:
        """What a source gives; the links to stories among it are remembered."""
        kind = type(step.source).__name__
        if self._left(STORIES) < self._cost(step.url):
            return SourceFinding(url=step.url, kind=kind, reason=NOT_ASKED), Announced()
        limit = (
            MAX_SOURCE_BYTES
            if isinstance(step.source, Sitemap)
            else MAX_FEED_BYTES
            if isinstance(step.source, Feed)
            else None
        )
        response = await self._ask(
            step.url, STORIES, **({"download_maxsize": limit} if limit else {})
        )
        if isinstance(response, str):
            return SourceFinding(url=step.url, kind=kind, reason=response), Announced()
        finding = SourceFinding(
            url=step.url, kind=kind, status=response.status, bytes=len(response.body)
        )
        refusal = refusal_of_status(response.status)
        if refusal is not None:
            return replace(finding, reason=refusal), Announced()
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        now = self.crawl.now().astimezone(self.site.zone)
        announced = read_source(step.source, response.body, response.url, content_type, now=now)
        return self._counted(finding, announced), announced

    def _counted(self, finding: SourceFinding, announced: Announced) -> SourceFinding:
        stories = announcements(self.site, announced.links, self._window)
        for link in stories.dated:
            named = self.site.identify(link.url)
            if isinstance(named, Identity) and self.site.may_request(host_of(named.url)):
                self._links.setdefault(named.key, replace(link, url=named.url))
        keys = {row.key for row in stories.rows if row.refused is None}
        dates = [link.published_at for link in stories.dated if link.published_at is not None]
        others = [row.url for row in stories.rows if row.refused == "not_an_article"]
        reason = announced.problem or (
            None if announced.links or announced.sitemaps else "no_links"
        )
        return replace(
            finding,
            links=len(announced.links) + len(announced.sitemaps),
            article_links=len(keys),
            newest=max(dates, default=None),
            reason=reason,
            others=tuple(sorted(others, key=len, reverse=True)[:3]),
        )

    async def _ask_story(self, link: Link) -> StoryFinding:
        if self._left(0) < self._cost(link.url):
            return StoryFinding(url=link.url, reason=NOT_ASKED)
        response = await self._ask(link.url, 0)
        if isinstance(response, str):
            return StoryFinding(url=link.url, reason=response)
        named = self.site.identify(response.url)
        refusal = refusal_of_status(response.status)
        if refusal is None and not isinstance(named, Identity):
            refusal = "redirect_not_article"
        refusal = refusal or refusal_of_content(response)
        if refusal is not None:
            return StoryFinding(
                url=link.url, status=response.status, bytes=len(response.body), reason=refusal
            )
        return self._read_story(response, link)

    def _read_story(self, response: Response, link: Link) -> StoryFinding:
        page = page_of(
            response, site=self.site.name, requested_url=link.url, fetched_at=self.crawl.now()
        )
        finding = StoryFinding(url=link.url, status=response.status, bytes=len(response.body))
        try:
            reading = read_page(page, self.site)
            document = parse_html(page.body, page.headers.get("content-type"))
            node = (
                find_article(document, reading.article.headline)
                if document and reading.article.layout == "fallback"
                else None
            )
        except Exception as error:
            logger.info("%s could not be read: %s", link.url, error)
            return replace(finding, reason="extraction_failed")
        return replace(
            finding,
            article=reading.article,
            came_from=reading.sources,
            reason=refusal_of_article(reading.article),
            opted_out=opted_out(
                page.url, self._robots.known_rules(page.url), page.headers, reading.metas
            ),
            further_pages=len(part_urls(page, self.site)),
            body_at=named_node(node),
            words_there=len(clean(node.text_content()).split()) if node is not None else 0,
        )

    async def _ask(self, url: str, reserve: int, **meta: Any) -> Response | str:
        """The answer, or the reason why there is none."""
        if self.crawl.stopping:
            return "pause_requested"
        own = {
            "download_slot": self.site.name,
            "redirect_ttl": min(MAX_REDIRECTS, max(0, self._left(reserve) - self._cost(url))),
        }
        engine = self.crawler.engine
        assert engine is not None
        try:
            return await engine.download_async(
                Request(url, callback=NO_CALLBACK, meta=own | meta, dont_filter=True)
            )
        except Exception as error:
            return refusal_of_error(Failure(error))  # type: ignore[no-untyped-call]
        finally:
            self.found.asked = self._asked()

    def _cost(self, url: str) -> int:
        """Requests that an address costs: its host is asked for robots.txt first."""
        return 1 if self._robots.known_rules(url) is not None else 2

    def _left(self, reserve: int) -> int:
        return MAX_REQUESTS - reserve - self._asked()


def named_node(node: Element | None) -> str | None:
    """A selector by which a node, or the nearest one around it that has a name, could be found
    again.
    """
    while node is not None and node.tag not in ("body", "html"):
        tag, classes = str(node.tag), (node.get("class") or "").split()
        if node.get("id"):
            return f"{tag}#{node.get('id')}"
        if classes:
            return ".".join((tag, *classes[:2]))
        if node.get("itemprop"):
            return f"{tag}[itemprop={node.get('itemprop')}]"
        node = node.getparent()
    return None
