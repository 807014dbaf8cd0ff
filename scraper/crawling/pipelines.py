"""Page -> Snapshot -> Article -> Revision: each stage takes one type and returns the next.

A FetchFailure (a request without a page) passes through to the ledger. Everything about one page is
written in one transaction, at the end: the bytes are compressed before they are read, and kept even
if they cannot be read.
"""

import logging
from contextlib import suppress
from dataclasses import replace
from typing import Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from archive.ledger.wording import sentence
from archive.records import Check, Page, Revision, Snapshot
from scraper.crawling.crawl import Crawl
from scraper.crawling.spider import NewsSpider
from scraper.crawling.stories import FetchFailure
from scraper.extraction import read_page
from scraper.extraction.article import refusal_of_article
from scraper.ingest.writing import Fetched, Policy, Written, write_failure, write_page
from scraper.politeness.robots import opted_out

logger = logging.getLogger(__name__)


class _Stage:
    """What the stages share: the crawl and its spider."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    @property
    def _crawl(self) -> Crawl:
        return Crawl.of(self._crawler)

    @property
    def _spider(self) -> NewsSpider:
        spider: Spider | None = self._crawler.spider
        assert isinstance(spider, NewsSpider)
        return spider


class KeepSnapshot(_Stage):
    """Page -> Snapshot: the bytes, compressed."""

    def process_item(self, item: Page | FetchFailure) -> Snapshot | FetchFailure:
        """Called by Scrapy."""
        return self._crawl.archive.snapshots.pack(item) if isinstance(item, Page) else item


class ReadArticle(_Stage):
    """Snapshot -> Article: what the page says."""

    def process_item(self, item: Snapshot | FetchFailure) -> Fetched | FetchFailure:
        """Read a page; one that breaks the extractor is a bug: it is logged and kept."""
        if isinstance(item, FetchFailure):
            return item
        page = item.page
        try:
            reading = read_page(page, self._spider.site)
        except Exception:
            logger.exception("%s could not be read; its bytes are kept", page.url)
            return Fetched(snapshot=item, refusal="extraction_failed")
        robots = self._spider.known_rules(page.url)
        return Fetched(
            snapshot=item,
            article=reading.article,
            refusal=refusal_of_article(reading.article),
            opted_out=opted_out(page.url, robots, page.headers, reading.metas),
        )


class WriteRevision(_Stage):
    """Article -> Revision: snapshot, article, revision and ledger in one transaction."""

    def process_item(self, item: Fetched | FetchFailure) -> Revision | Fetched | FetchFailure:
        """Write what a request brought.

        What fails for another reason than the archive's is a bug: the URL counts as failed.
        """
        try:
            return self._write(item) or item
        except CloseSpider:
            return item
        except Exception:
            if isinstance(item, FetchFailure):
                raise
            logger.exception("%s could not be written; its bytes are kept", item.snapshot.page.url)
        with suppress(CloseSpider):
            self._write(replace(item, article=None, refusal="extraction_failed"))
        return item

    def _write(self, item: Fetched | FetchFailure) -> Revision | None:
        crawl = self._crawl
        with crawl.writing():
            if isinstance(item, FetchFailure):
                robots = self._spider.known_rules(item.entry.url)
                check = _check(item, crawl.id)
                written = write_failure(crawl.archive, item.entry, check, robots)
            else:
                policy = Policy(crawl_id=crawl.id, keep=crawl.keep, unanswered=crawl.unanswered)
                written = write_page(crawl.archive, self._spider.site, item, policy)
        if written is not None:
            self._report(item, written)
        return written.revision if written is not None else None

    def _report(self, item: Fetched | FetchFailure, written: Written) -> None:
        """Log what went wrong, and count."""
        crawl = self._crawl
        url = item.entry.url if isinstance(item, FetchFailure) else item.snapshot.page.requested_url
        if written.outcome in ("failed", "refused"):
            logger.warning("%s: %s: %s", crawl.site, url, sentence(written.reason))
        elif isinstance(item, Fetched) and item.article is not None:
            crawl.counts.update(f"warnings/{warning}" for warning in item.article.warnings)
        if written.damage is not None:
            logger.warning(
                "%s: the snapshot of %s could not be read again: %s",
                crawl.site,
                url,
                written.damage,
            )
        self._count(written)

    def _count(self, written: Written) -> None:
        counts = self._crawl.counts
        counts[written.outcome] += 1
        if written.reason is not None:
            counts[f"{written.outcome}/{written.reason}"] += 1
        if written.damage is not None:
            counts["revisions/unreadable"] += 1
        for revision in filter(None, (written.technical, written.revision)):
            counts[f"revisions/{revision.kind}"] += 1


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
