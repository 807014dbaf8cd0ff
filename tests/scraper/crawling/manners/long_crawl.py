"""`warta` whose crawls' clock goes on by ten hours with every page that they get."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scraper.crawling.crawl import Crawl


def now(self: Crawl) -> datetime:
    pages = 0
    if self.crawler.spider:
        pages = self.crawler.stats.get_value("downloader/response_status_count/200", 0)
    return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(hours=10) * pages


Crawl.now = now  # type: ignore[method-assign]
