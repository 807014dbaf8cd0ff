"""No request leaves the site, its usual ports or the public network, redirects included."""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.httpobj import urlparse_cached

from scraper.crawling.responses import Refused
from scraper.sites.addresses import is_private, is_usual_port


class SiteBoundaryMiddleware:
    """Refuses internal addresses (`private_address`), other sites (`foreign_site`, after a redirect
    `redirect_offsite`) and other ports (`other_port`), before robots.txt is requested.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise Refused for a request beyond the boundary."""
        parts, site = urlparse_cached(request), self._crawler.spider.site  # type: ignore[union-attr]
        host = parts.hostname or ""
        if is_private(host):
            raise Refused("private_address")
        if not site.may_request(host):
            redirected = request.meta.get("redirect_times")
            raise Refused("redirect_offsite" if redirected else "foreign_site")
        if not (is_usual_port(request.url) or parts.netloc == urlsplit(site.home).netloc):
            raise Refused("other_port")
