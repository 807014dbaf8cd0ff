"""Page -> Snapshot -> Article -> Revision: each stage takes one type and returns the next.

What brought no page (a FetchFailure) passes through to the ledger. Everything about one page is written in
one transaction, at the end: the bytes are packed before they are read, and kept even where they
cannot be read.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from archive.errors import ArchiveDamaged
from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER
from archive.ledger.wording import sentence
from archive.records import IMPORTED, Article, Check, Entry, Page, Revision, Snapshot
from archive.revisions.changes import change_of
from scraper.crawling.crawl import Crawl
from scraper.crawling.spider import NewsSpider
from scraper.crawling.stories import FetchFailure
from scraper.extraction import Reading, read_page
from scraper.extraction.article import extractor_of, refusal_of_article
from scraper.ingest.reread import lost_layout, reread_newest
from scraper.politeness import revisit
from scraper.politeness.robots import opted_out

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A snapshot and what was read from it; `refusal` says why it is no story."""

    snapshot: Snapshot
    reading: Reading | None = None
    refusal: str | None = None
    opted_out: str | None = None


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
    """Page -> Snapshot: the bytes, packed."""

    def process_item(self, item: Page | FetchFailure) -> Snapshot | FetchFailure:
        """Called by Scrapy."""
        return self._crawl.archive.snapshots.pack(item) if isinstance(item, Page) else item


class ReadArticle(_Stage):
    """Snapshot -> Article: what the page says."""

    def process_item(self, item: Snapshot | FetchFailure) -> Read | FetchFailure:
        """A page that breaks the extractor is a bug: it is logged with its trace, kept, and the
        crawl goes on.
        """
        if isinstance(item, FetchFailure):
            return item
        try:
            reading = read_page(item.page, self._spider.site)
        except Exception:
            logger.exception("%s could not be read; its bytes are kept", item.page.url)
            return Read(snapshot=item, refusal="extraction_failed")
        rights = opted_out(
            item.page.url, self._spider.known_rules(item.page.url), item.page.headers, reading.metas
        )
        return Read(
            snapshot=item,
            reading=reading,
            refusal=refusal_of_article(reading.article),
            opted_out=rights,
        )


class WriteRevision(_Stage):
    """Article -> Revision: snapshot, article, revision and ledger in one transaction."""

    def process_item(self, item: Read | FetchFailure) -> Revision | FetchFailure | Read:
        """What cannot be written for another reason than the archive's is a bug: it is logged, and
        the URL told so.
        """
        try:
            with self._crawl.writing():
                return self._write(item) or item
        except CloseSpider:
            return item
        except Exception:
            if isinstance(item, FetchFailure):
                raise
            logger.exception("%s could not be written; its bytes are kept", item.snapshot.page.url)
            with suppress(CloseSpider), self._crawl.writing():
                self._refuse(replace(item, refusal="extraction_failed"), self._entry(item))
            return item

    def _entry(self, item: Read) -> Entry:
        page = item.snapshot.page
        entry = self._crawl.archive.ledger.entry(page.requested_url, site=page.site)
        assert entry is not None, page.requested_url
        return entry

    def _write(self, item: Read | FetchFailure) -> Revision | None:
        if isinstance(item, FetchFailure):
            return self._miss(item)
        entry = self._entry(item)
        if self._crawl.archive.history.taken_down(entry.site, entry.key):
            return None  # while the page was under way
        refusal = item.refusal or self._doubt(item, entry)
        if item.reading is None or refusal is not None:
            self._refuse(replace(item, refusal=refusal), entry)
            return None
        return self._revise(item, item.reading, entry)

    def _doubt(self, item: Read, entry: Entry) -> str | None:
        """Reason not to believe a page of a story that we have: its text would pass for the
        newsroom's edit.
        """
        if item.reading is None or entry.article_id is None:
            return None
        if item.snapshot.page.missing_parts:
            return "missing_parts"
        last = self._crawl.archive.history.newest(entry.site, entry.key)
        return "layout_missed" if lost_layout(last, item.reading.article) else None

    def _revise(self, item: Read, reading: Reading, entry: Entry) -> Revision | None:
        crawl, page = self._crawl, item.snapshot.page
        archive, article = crawl.archive, reading.article
        self._reread(entry.key)
        newest = archive.history.newest(article.site, entry.key)
        change = change_of(newest, article)
        revision = None
        if change is not None:
            revision = archive.history.write(
                article, change, key=entry.key, newest=newest, snapshot_id=self._keep(item, entry)
            )
        elif crawl.keep == "all":
            archive.history.note_reading(
                self._insert(item, entry), article.extractor, layout=article.layout
            )
        article_id = archive.history.article_id(entry.site, entry.key)
        archive.history.note_rights(article_id, item.opted_out)
        due = revisit.next_check(
            now=page.fetched_at,
            published_at=article.published_at or entry.published_at,
            first_seen_at=entry.first_seen_at,
            quiet_checks=0 if revision else entry.quiet_checks + 1,
            costly=crawl.unanswered >= IGNORES_CONDITIONAL_AFTER,
        )
        outcome = "kept" if revision else "unchanged"
        archive.ledger.record(
            _check(item.snapshot, entry, outcome, crawl.id, due=due, article_id=article_id),
            site=entry.site,
        )
        self._count_story(outcome, revision, article)
        return revision

    def _keep(self, item: Read, entry: Entry) -> int | None:
        """The snapshot of a revision; with `--keep first` only that of the first, or of an imported
        story's first page.
        """
        if self._crawl.keep == "first" and entry.article_id is not None:
            last = self._crawl.archive.history.newest(entry.site, entry.key)
            if last is None or last["layout"] != IMPORTED:
                return None
        return self._insert(item, entry)

    def _insert(self, item: Read, entry: Entry) -> int:
        archive = self._crawl.archive
        url_id = archive.ledger.url_id(entry.url, site=entry.site)
        return archive.snapshots.insert(
            item.snapshot, url_id=url_id, crawl_id=self._crawl.id, opted_out=item.opted_out
        )

    def _reread(self, key: str) -> None:
        """Where our extractor changed since the newest revision, its snapshot is read again first:
        what differs now is ours, and only what then still differs is the newsroom's.
        """
        archive, site = self._crawl.archive, self._spider.site
        try:
            revision = reread_newest(archive, site, key)
        except ArchiveDamaged as error:
            logger.warning(
                "%s: the snapshot of %s could not be read again: %s", site.name, key, error
            )
            self._crawl.counts["revisions/unreadable"] += 1
            return
        if revision is not None:
            self._crawl.counts["revisions/technical"] += 1

    def _refuse(self, item: Read, entry: Entry) -> None:
        """A page that holds no story: kept as evidence the first time, tried again later."""
        crawl, page, reason = self._crawl, item.snapshot.page, item.refusal or "extraction_failed"
        if not entry.failures:
            crawl.archive.history.note_reading(
                self._insert(item, entry), extractor_of(self._spider.site), reason
            )
        due = revisit.next_check_of_failed(now=page.fetched_at, failures=entry.failures + 1)
        crawl.archive.ledger.record(
            _check(item.snapshot, entry, "failed", crawl.id, due=due, reason=reason),
            site=entry.site,
        )
        crawl.counts["failed"] += 1
        crawl.counts[f"failed/{reason}"] += 1
        logger.warning("%s: %s: %s", entry.site, entry.url, sentence(reason))

    def _miss(self, miss: FetchFailure) -> Revision | None:
        crawl, entry, now = self._crawl, miss.entry, miss.checked_at
        if crawl.archive.history.taken_down(entry.site, entry.key):
            return None
        revision = None
        if miss.outcome == "not_modified":
            self._note_rights(miss)
            due = revisit.next_check(
                now=now,
                published_at=self._published_at(entry),
                first_seen_at=entry.first_seen_at,
                quiet_checks=entry.quiet_checks + 1,
            )
        elif miss.outcome == "gone":
            due = revisit.next_check_of_gone(
                now=now, times_gone=entry.failures + 1 if entry.state == "gone" else 1
            )
            elsewhere = crawl.archive.ledger.wake_aliases(entry)
            if entry.article_id is not None and not elsewhere:
                revision = crawl.archive.history.note_removal(entry.article_id)
        else:
            due = revisit.next_check_of_failed(now=now, failures=entry.failures + 1)
        headers = miss.headers or {}
        not_modified = miss.outcome == "not_modified"
        check = Check(
            url=entry.url,
            crawl_id=crawl.id,
            checked_at=now,
            outcome=miss.outcome,
            status=miss.status,
            reason=miss.reason,
            conditional=not_modified,
            next_check_at=due.at,
            due_reason=due.reason,
            etag=headers.get("etag") or (entry.etag if not_modified else None),
            last_modified=headers.get("last-modified")
            or (entry.last_modified if not_modified else None),
        )
        crawl.archive.ledger.record(check, site=entry.site)
        self._count(miss, revision)
        return revision

    def _published_at(self, entry: Entry) -> datetime | None:
        """When the story was published: as its own page said, where we have it, else as its source
        did.
        """
        last = self._crawl.archive.history.newest(entry.site, entry.key)
        return (
            datetime.fromisoformat(last["published_at"])
            if last and last["published_at"]
            else entry.published_at
        )

    def _note_rights(self, miss: FetchFailure) -> None:
        """An unchanged page may be opted out by robots.txt since, or no longer."""
        robots = self._spider.known_rules(miss.entry.url)
        if robots is None or miss.entry.article_id is None:
            return
        rule = robots.opt_out(miss.entry.url)
        self._crawl.archive.history.note_robots_rule(miss.entry.article_id, rule)

    def _count_story(self, outcome: str, revision: Revision | None, article: Article) -> None:
        counts = self._crawl.counts
        counts[outcome] += 1
        if revision is not None:
            counts[f"revisions/{revision.kind}"] += 1
        for warning in article.warnings:
            counts[f"warnings/{warning}"] += 1

    def _count(self, miss: FetchFailure, revision: Revision | None) -> None:
        counts = self._crawl.counts
        counts[miss.outcome] += 1
        if revision is not None:
            counts[f"revisions/{revision.kind}"] += 1
        if miss.reason is not None:
            counts[f"{miss.outcome}/{miss.reason}"] += 1
        if miss.outcome in ("failed", "refused"):
            logger.warning("%s: %s: %s", miss.entry.site, miss.entry.url, sentence(miss.reason))


def _check(
    snapshot: Snapshot,
    entry: Entry,
    outcome: str,
    crawl_id: int | None,
    *,
    due: revisit.Due,
    reason: str | None = None,
    article_id: int | None = None,
) -> Check:
    page = snapshot.page
    whole = (
        not page.parts and not page.missing_parts
    )  # 304 for its first page says nothing of the others
    return Check(
        url=entry.url,
        crawl_id=crawl_id,
        checked_at=page.fetched_at,
        outcome=outcome,
        status=page.status,
        reason=reason,
        bytes=sum(len(part.body) for part in (page, *page.parts)),
        conditional=page.conditional,
        next_check_at=due.at,
        due_reason=due.reason,
        etag=page.headers.get("etag") if whole else None,
        last_modified=page.headers.get("last-modified") if whole else None,
        article_id=article_id,
    )
