"""No request leaves the site or reaches an internal address, redirects included."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.httpobj import urlparse_cached

from scraper.crawling.responses import Refused
from scraper.sites.addresses import is_private


class SiteBoundaryMiddleware:
    """Refuses internal addresses (`private_address`) and other sites (`foreign_site`, after a
    redirect `redirect_offsite`), before robots.txt is requested.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise Refused for a request beyond the boundary."""
        host = urlparse_cached(request).hostname or ""
        if is_private(host):
            raise Refused("private_address")
        if self._crawler.spider.site.may_request(host):  # type: ignore[union-attr]
            return
        raise Refused("redirect_offsite" if request.meta.get("redirect_times") else "foreign_site")
