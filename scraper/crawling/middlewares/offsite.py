"""No request leaves the site: neither to another one nor to an internal address, redirects
included.
"""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.httpobj import urlparse_cached

from scraper.crawling.responses import Refused
from scraper.sites.addresses import is_private


class FenceMiddleware:
    """Refuses requests to internal addresses (`private_address`) and to other sites
    (`foreign_site`, `redirect_offsite`).
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse before anything is asked, robots.txt included."""
        host = urlparse_cached(request).hostname or ""
        if is_private(host):
            raise Refused("private_address")
        site = self._crawler.spider.site  # type: ignore[union-attr]
        if not site.may_request(host):
            raise Refused(
                "redirect_offsite" if request.meta.get("redirect_times") else "foreign_site"
            )
