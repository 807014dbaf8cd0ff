"""class StoryReader: the pages of a site's stories, read by a worker and never in this process.

A page that takes longer than usual is written down as a failed check, with its bytes, before it has
been read: if the crawl is killed meanwhile, the next one does not begin with the same page. Pages
that end well, which are nearly all, replace that at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from typing import TypeVar

from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from archive.records import Page
from archive.revisions.reread_queue import Evidence
from scraper.crawling.crawl import Crawl
from scraper.crawling.discovery import SourceReading, read_announcements
from scraper.extraction.article import StoryReading
from scraper.extraction.workers import Constant, ReadingBroke, ReadingFailed
from scraper.ingest.furniture import Comparison, Seen, furnished, see
from scraper.ingest.parts import may_have_parts, part_urls
from scraper.ingest.reading import read_with_fingerprint
from scraper.ingest.reread import Reread, kept_page, reread
from scraper.ingest.writing import Fetched, Policy, Written, write_page
from scraper.sites.site import Site
from scraper.sites.sources import Step

logger = logging.getLogger(__name__)

SOURCES_TAKE = 3
"""Times the deadline of a page: a sitemap may be that much larger."""

Answer = TypeVar("Answer")


class StoryReader:
    """Reads for one crawl; its methods raise ReadingBroke, ReadingFailed and Abandoned."""

    def __init__(self, crawl: Crawl, site: Site) -> None:
        self._crawl = crawl
        self.site = furnished(crawl.archive, site)
        """The profile with what was learnt of the site before the first page of this crawl."""
        self._profile = Constant(self.site)
        self._in_advance: dict[str, Written] = {}
        self._broken: dict[str, ReadingBroke] = {}

    @cached_property
    def policy(self) -> Policy:
        """How the crawl keeps pages."""
        crawl = self._crawl
        return Policy(crawl_id=crawl.id, keep=crawl.keep, unanswered=crawl.unanswered)

    async def parts(self, page: Page) -> list[str]:
        """URLs of the further pages of a story; a page that breaks its reading breaks `read`."""
        if not may_have_parts(page, self.site):
            return []
        try:
            return await self._run(part_urls, page)
        except ReadingBroke as broke:
            self._broken[page.requested_url] = broke
            return []

    async def parts_after(self, part: Page) -> list[str]:
        """URLs of the pages behind a further page, where each page names only the next ones."""
        if self.site.layouts or not may_have_parts(part, self.site):
            return []
        with suppress(ReadingBroke, ReadingFailed):
            return await self._crawl.turns.run(part_urls, part, self._profile)
        return []

    async def read(self, page: Page) -> StoryReading:
        """Read the article of a page and of its further parts."""
        broke = self._broken.pop(page.requested_url, None)
        if broke is not None:
            raise broke
        reading, fingerprint = await self._run(read_with_fingerprint, page)
        if fingerprint is not None:
            self._crawl.archive.clusters.texts.remember(reading.article.body, fingerprint)
        return reading

    async def read_source(
        self, step: Step, response: Response, *, cut: bool = False
    ) -> SourceReading:
        """Read what a source announces; `cut`: the response ended early."""
        crawl, zone = self._crawl, self.site.zone
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        now, window = crawl.now().astimezone(zone), crawl.window(zone)
        work = partial(read_announcements, now=now, window=window, cut=cut)
        given = (self._profile, step, response.body, response.url, content_type)
        return await crawl.turns.run(work, *given, deadline=crawl.turns.deadline * SOURCES_TAKE)

    async def read_again(self, evidence: Evidence) -> Reread:
        """Read a kept page with the current extractor; never raises ReadingBroke."""
        page = kept_page(self._crawl.archive, evidence)
        if isinstance(page, Reread):
            return page
        try:
            return await self._crawl.turns.run(reread, page, self._profile, evidence)
        except ReadingBroke:
            return Reread(evidence=evidence, refusal="reading_broke_off")

    async def learn_furniture(self) -> None:
        """Compare the site's kept pages, if that is due, before a page of this crawl is read."""
        comparison = Comparison.due(self._crawl.archive, self.site)
        if comparison is None:
            return
        profile, seen = Constant(comparison.site), list[Seen]()
        for page in comparison.pages():
            with suppress(ReadingBroke, ReadingFailed):
                if (found := await self._crawl.turns.run(see, page, profile)) is not None:
                    seen.append(found)
        with self._crawl.writing():
            self.site = comparison.write(seen)
        self._profile = Constant(self.site)
        logger.info("%s: furniture was learnt from %d pages", self.site.name, len(seen))

    def in_advance(self, page: Page) -> Written | None:
        """Return what was written before a page's reading had ended, once."""
        return self._in_advance.pop(page.requested_url, None)

    async def _run(self, work: Callable[[Page, Site], Answer], page: Page) -> Answer:
        slow = partial(self._write_in_advance, page)
        return await self._crawl.turns.run(work, page, self._profile, when_slow=slow)

    def _write_in_advance(self, page: Page) -> None:
        """Write a failed check and the page's bytes, in case its reading never ends."""
        crawl = self._crawl
        if page.requested_url in self._in_advance:
            return
        fetched = Fetched(snapshot=crawl.archive.snapshots.pack(page), refusal="reading_broke_off")
        with suppress(CloseSpider), crawl.writing():
            written = write_page(crawl.archive, self.site, fetched, self.policy)
            if isinstance(written, Written):
                self._in_advance[page.requested_url] = written
