"""class Examiner: compare a live site with its profile by a dozen requests."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scrapy.http import Response

from archive.identity import joined_url
from archive.records import Page
from scraper.crawling.discovery import Announced, SourceReading
from scraper.crawling.doctor.findings import NOT_REQUESTED, Examination, SourceFinding, StoryFinding
from scraper.crawling.doctor.visitor import Visitor
from scraper.crawling.pages import page_of
from scraper.crawling.responses import refusal_of_content
from scraper.crawling.spider import size_limit
from scraper.extraction import Reading, read_page
from scraper.extraction.article import refusal_of_article
from scraper.extraction.dom.selectors import Element, text_content
from scraper.extraction.dom.tree import clean, parse_html
from scraper.extraction.locate import find_article
from scraper.extraction.workers import ReadingBroke, ReadingFailed
from scraper.ingest.answers import refusal_of_status
from scraper.ingest.parts import part_urls
from scraper.politeness.robots import opted_out
from scraper.sites.addresses import host_of, plain_url
from scraper.sites.site import Identity, Site
from scraper.sites.sources import Link, Section, Sitemap, Source, Step, Window, age

logger = logging.getLogger(__name__)

STORIES = 3
SOURCES_BEFORE_HOME = 4
"""Sources before the home page, which shows best where the others have moved."""


class Examiner(Visitor):
    """Requests robots.txt, the sources and the newest stories of a site, one after the other."""

    name = "doctor"

    def __init__(
        self, site: Site, left_out: int = 0, gave: Mapping[str, int] | None = None
    ) -> None:
        """Take what an archive knows of the sources: how many the newest crawl skipped, and the
        stories that each was lately the first to announce, by its address.
        """
        super().__init__(site)
        self._gave = {plain_url(url) or url: count for url, count in (gave or {}).items()}
        self.found = Examination(site=site, left_out=left_out)
        self.pages: list[Page] = []
        """Of the stories, as they were received."""
        self._links: dict[str, Link] = {}  # newest link of each story

    async def visit(self) -> None:
        """Examine the site; an error is a finding."""
        try:
            await self._examine()
        except Exception:
            logger.exception("%s: the examination failed", self.site.name)
            self.found.broken = True
        self.found.requests = self.sent()

    async def _examine(self) -> None:
        self.found.robots = rules = await self.robots.rules_for(self.site.home)
        if not rules.allows(self.site.home):
            return
        for source in self._sources(rules.sitemaps):
            await self._examine_source(source)
        newest = sorted(self._links.values(), key=lambda link: age(link.published_at))
        for link in newest[:STORIES]:
            self.found.stories.append(await self._examine_story(link))

    def _sources(self, sitemaps: tuple[str, ...]) -> Iterator[Source]:
        """Yield the sitemaps of robots.txt, the profile's sources and, early, the home page.

        Of the sitemaps a few come first, and the others last: there may be thousands.
        """
        named = [Sitemap(url) for url in sitemaps if self.site.may_request(host_of(url))]
        few, many = named[:SOURCES_BEFORE_HOME], named[SOURCES_BEFORE_HOME:]
        seen: set[str] = set()
        sources: list[Source] = []
        for source in (*few, *self.site.sources, *many, Section(self.site.home)):
            address = plain_url(next(source.first(self._window)).url)
            if address is not None and address not in seen:
                seen.add(address)
                sources.append(source)
        if len(sources) > SOURCES_BEFORE_HOME:
            sources.insert(SOURCES_BEFORE_HOME, sources.pop())
        yield from sources

    @property
    def _window(self) -> Window:
        return self.crawl.window(self.site.zone)

    async def _examine_source(self, source: Source) -> None:
        step = next(source.first(self._window))
        finding, announced = await self._read_source(step)
        self.found.sources.append(self._weighed(finding))
        maps = sorted(announced.sitemaps, key=lambda link: age(link.lastmod))
        urls = filter(None, (joined_url(step.url, link.url) for link in maps))
        inner = next((url for url in urls if self.site.may_request(host_of(url))), None)
        if inner is not None and not finding.article_links:
            further, _announced = await self._read_source(Step(source=Sitemap(inner), url=inner))
            self.found.sources.append(self._weighed(replace(further, within=step.url)))

    def _weighed(self, finding: SourceFinding) -> SourceFinding:
        return replace(finding, gave=self._gave.get(plain_url(finding.url) or finding.url, 0))

    async def _read_source(self, step: Step) -> tuple[SourceFinding, Announced]:
        """Read a source, and remember its links to stories."""
        kind = type(step.source).__name__
        if not self.affords(step.url, STORIES):
            return SourceFinding(url=step.url, kind=kind, reason=NOT_REQUESTED), Announced()
        response = await self.request(step.url, STORIES, **size_limit(step.source))
        if isinstance(response, str):
            return SourceFinding(url=step.url, kind=kind, reason=response), Announced()
        finding = SourceFinding(
            url=step.url, kind=kind, status=response.status, bytes=len(response.body)
        )
        refusal = refusal_of_status(response.status)
        if refusal is not None:
            return replace(finding, reason=refusal), Announced()
        try:
            reading = await self.reader.read_source(step, response)
        except ReadingBroke:
            return replace(finding, reason="reading_broke_off"), Announced()
        return self._counted(finding, reading), reading.found

    def _counted(self, finding: SourceFinding, reading: SourceReading) -> SourceFinding:
        announced, stories = reading.found, reading.announced
        for link in stories.dated:
            named = self.site.identify(link.url)
            if isinstance(named, Identity) and self.site.may_request(host_of(named.url)):
                self._links.setdefault(named.key, replace(link, url=named.url))
        keys = {row.key for row in stories.rows if row.refused is None}
        dates = [link.published_at for link in stories.dated if link.published_at is not None]
        others = [row.url for row in stories.rows if row.refused == "not_an_article"]
        reason = announced.problem
        if not announced.links and not announced.sitemaps:
            reason = reason or "no_links"
        return replace(
            finding,
            links=len(announced.links) + len(announced.sitemaps),
            article_links=len(keys),
            newest=max(dates, default=None),
            reason=reason,
            others=tuple(sorted(others, key=len, reverse=True)[:3]),
        )

    async def _examine_story(self, link: Link) -> StoryFinding:
        if not self.affords(link.url):
            return StoryFinding(url=link.url, reason=NOT_REQUESTED)
        response = await self.request(link.url)
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
        return await self._read_story(response, link)

    async def _read_story(self, response: Response, link: Link) -> StoryFinding:
        page = page_of(
            response, site=self.site.name, requested_url=link.url, fetched_at=self.crawl.now()
        )
        self.pages.append(page)
        finding = StoryFinding(url=link.url, status=response.status, bytes=len(response.body))
        try:
            found = await self.crawl.turns.run(examine_page, page, self.site)
        except ReadingBroke:
            return replace(finding, reason="reading_broke_off")
        except ReadingFailed as failed:
            logger.info("%s could not be read: %s", link.url, failed)
            return replace(finding, reason="extraction_failed")
        robots = self.robots.known_rules(page.url)
        return replace(
            finding,
            article=found.reading.article,
            came_from=found.reading.sources,
            reason=refusal_of_article(found.reading.article),
            opted_out=opted_out(page.url, robots, page.headers, found.reading.metas),
            further_pages=found.further_pages,
            body_at=found.body_at,
            words_there=found.words_there,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageExamination:
    """What a worker finds on a story's page."""

    reading: Reading
    further_pages: int
    body_at: str | None = None
    """Where the body is, on a page of unknown layout."""
    words_there: int = 0


def examine_page(page: Page, site: Site) -> PageExamination:
    """Read a page, and on one of unknown layout find out where its body is."""
    reading, further = read_page(page, site), len(part_urls(page, site))
    document, located = parse_html(page.body, page.headers.get("content-type")), None
    if document and reading.article.layout == "fallback":
        located = find_article(document, reading.article.headline)
    if located is None:
        return PageExamination(reading=reading, further_pages=further)
    words = len(clean(text_content(located.node)).split())
    return PageExamination(
        reading=reading, further_pages=further, body_at=named_node(located.node), words_there=words
    )


def named_node(node: Element | None) -> str | None:
    """A selector of a node, or of its nearest ancestor with an id, class or itemprop."""
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
