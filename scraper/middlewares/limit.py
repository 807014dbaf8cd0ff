"""`--limit N`: no more than N stories are asked for; what is left stays due in the ledger."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from scraper.crawl import Crawl
from scraper.refusals import Refused


class LimitMiddleware:
    """Counts the stories that are asked for, and refuses those past the limit (`limit`)."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """A repeat or a redirect of a story that was counted is not counted again."""
        if not request.meta.get("story") or request.meta.get("counted"):
            return
        crawl = Crawl.of(self._crawler)
        if crawl.options.limit is not None and crawl.counts["asked"] >= crawl.options.limit:
            raise Refused("limit")
        crawl.counts["asked"] += 1
        request.meta["counted"] = True
