"""Page -> Snapshot -> Article -> Revision: each stage takes one type and returns the next.

A FetchFailure (a request without a page) passes through to the ledger. Everything about one page is
written in one transaction, at the end: the bytes are compressed before they are read, and kept even
if they cannot be read.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from scrapy import Spider
from scrapy.exceptions import CloseSpider, DropItem

from archive.ledger.wording import sentence
from archive.records import Check, Page, Revision, Snapshot
from archive.revisions.reread_queue import Evidence
from scraper.crawling.crawl import Component
from scraper.crawling.spider import NewsSpider
from scraper.crawling.stories import FetchFailure
from scraper.crawling.worker_turns import Abandoned
from scraper.extraction.article import StoryReading
from scraper.extraction.workers import ReadingBroke, ReadingFailed
from scraper.ingest.reread import Reread
from scraper.ingest.same_body import REASON
from scraper.ingest.waiting import LEARNED, WaitingPages
from scraper.ingest.writing import Fetched, Written, write_failure, write_page
from scraper.politeness.robots import opted_out
from scraper.politeness.rules import MANY_FAILURES

logger = logging.getLogger(__name__)

PACKED_HERE = 200_000
"""Bytes of a page, and of its parts, that are packed in one to four milliseconds."""


class _Stage(Component):
    """What the stages share: the crawl and its spider."""

    @property
    def _spider(self) -> NewsSpider:
        spider: Spider | None = self._crawler.spider
        assert isinstance(spider, NewsSpider)
        return spider


class KeepSnapshot(_Stage):
    """Page -> Snapshot: the bytes, compressed."""

    async def process_item(self, item: Page | FetchFailure) -> Snapshot | FetchFailure:
        """Compress a large page in another thread; a usual one takes less than the way there."""
        if isinstance(item, FetchFailure):
            return item
        packing = self._crawl.archive.snapshots.packing(item)
        if sum(len(page.body) for page in (item, *item.parts)) <= PACKED_HERE:
            return packing()
        with self._crawl.turns.held():
            return await asyncio.to_thread(packing)


class ReadArticle(_Stage):
    """Snapshot -> Article: what the page says."""

    async def process_item(self, item: Snapshot | FetchFailure) -> Fetched | FetchFailure:
        """Read a page in a worker; one that breaks the extractor is a bug: it is logged and kept.

        A page that is not read because the crawl is being stopped stays due.
        """
        if isinstance(item, FetchFailure):
            return item
        if item.page.incomplete:
            return Fetched(snapshot=item, refusal="incomplete")
        reader = self._spider.reader
        try:
            read = self._fetched(item, await reader.read(item.page))
        except Abandoned as error:
            raise DropItem("the crawl is being stopped", log_level="DEBUG") from error
        except ReadingBroke as broke:
            logger.info("%s: %s", item.page.url, broke)
            read = Fetched(snapshot=item, refusal="reading_broke_off")
            if self._crawl.turns.broken >= MANY_FAILURES:
                self._crawl.give_up(self._crawl.turns.broken, "broke their reading")
        except ReadingFailed as failed:
            logger.error(  # noqa: TRY400 - the traceback is the worker's
                "%s could not be read; its bytes are kept\n%s", item.page.url, failed
            )
            read = Fetched(snapshot=item, refusal="extraction_failed")
        return replace(read, in_advance=reader.in_advance(item.page))

    def _fetched(self, item: Snapshot, reading: StoryReading) -> Fetched:
        page, robots = item.page, self._spider.known_rules(item.page.url)
        return Fetched(
            snapshot=item,
            article=reading.article,
            refusal=reading.refusal,
            opted_out=opted_out(page.url, robots, page.headers, reading.rights),
        )


class WriteRevision(_Stage):
    """Article -> Revision: snapshot, article, revision and ledger in one transaction."""

    _learned = False

    async def process_item(self, item: Fetched | FetchFailure) -> Revision | Fetched | FetchFailure:
        """Write what a request brought, or keep it waiting for others of the crawl."""
        if isinstance(item, FetchFailure):
            return await self._write_one(item)
        await self._learn()
        written = {id(page): await self._write_one(page) for page in self._ready(item)}
        return written.get(id(item), item)

    async def close_spider(self) -> None:
        """Write the pages that still wait; the spider of `warta doctor` has none."""
        if not isinstance(self._crawler.spider, NewsSpider):
            return
        for page in self._waiting.rest():
            await self._write_one(page)

    @cached_property
    def _waiting(self) -> WaitingPages:
        reader = self._spider.reader
        return WaitingPages(self._crawl.archive, reader.site, reader.policy)

    def _ready(self, item: Fetched) -> list[Fetched]:
        try:
            return self._waiting.arrive(item)
        except Exception:  # a bug must not lose the page
            logger.exception("%s could not be compared with others", item.snapshot.page.url)
            return [item]

    async def _learn(self) -> None:
        """Read pages that earlier crawls doubted, once: what was wrong there may last."""
        if self._learned:
            return
        self._learned = True
        archive, reader = self._crawl.archive, self._spider.reader
        for evidence in archive.reread_queue.refused(self._crawl.site, REASON, limit=LEARNED):
            with suppress(Abandoned, ReadingFailed):
                self._waiting.learn(await reader.read_again(evidence))

    async def _write_one(self, item: Fetched | FetchFailure) -> Revision | Fetched | FetchFailure:
        """Write what a request brought.

        What fails for another reason than the archive's is a bug: the URL counts as failed.
        """
        try:
            return await self._written(item) or item
        except (CloseSpider, Abandoned):  # it stays due
            return item
        except Exception:
            if isinstance(item, FetchFailure):
                raise
            logger.exception("%s could not be written; its bytes are kept", item.snapshot.page.url)
        with suppress(CloseSpider):
            await self._written(replace(item, article=None, refusal="extraction_failed"))
        return item

    async def _written(self, item: Fetched | FetchFailure) -> Revision | None:
        """Write; if our rules changed since the story's kept page was read, that is read first."""
        written, damage = self._write(item), None
        if isinstance(written, Evidence):
            again = await self._spider.reader.read_again(written)
            written, damage = self._write(item, again), again.damage
        assert not isinstance(written, Evidence)
        if written is None:
            return None
        self._report(item, written, damage)
        return written.revision

    def _write(
        self, item: Fetched | FetchFailure, again: Reread | None = None
    ) -> Written | Evidence | None:
        crawl = self._crawl
        with crawl.writing():
            if isinstance(item, FetchFailure):
                robots = self._spider.known_rules(item.entry.url)
                check = _check(item, crawl.id)
                return write_failure(crawl.archive, item.entry, check, robots)
            reader = self._spider.reader
            return write_page(crawl.archive, reader.site, item, reader.policy, again)

    def _report(self, item: Fetched | FetchFailure, written: Written, damage: str | None) -> None:
        """Log what went wrong, `damage` of the story's kept page included, and count."""
        crawl = self._crawl
        url = item.entry.url if isinstance(item, FetchFailure) else item.snapshot.page.requested_url
        if written.outcome in ("failed", "refused"):
            logger.warning("%s: %s: %s", crawl.site, url, sentence(written.reason))
        elif isinstance(item, Fetched) and item.article is not None:
            crawl.counts.update(f"warnings/{warning}" for warning in item.article.warnings)
        if damage is not None:
            message = "%s: the snapshot of %s could not be read again: %s"
            logger.warning(message, crawl.site, url, damage)
            crawl.counts["revisions/unreadable"] += 1
        crawl.counts[written.outcome] += 1
        if written.reason is not None:
            crawl.counts[f"{written.outcome}/{written.reason}"] += 1
        for revision in filter(None, (written.technical, written.revision)):
            crawl.counts[f"revisions/{revision.kind}"] += 1


def _check(failure: FetchFailure, crawl_id: int | None) -> Check:
    headers = failure.headers or {}
    return Check(
        url=failure.entry.url,
        crawl_id=crawl_id,
        checked_at=failure.checked_at,
        outcome=failure.outcome,
        status=failure.status,
        reason=failure.reason,
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
    )
