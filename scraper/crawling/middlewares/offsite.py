"""No request leaves the site, its usual ports or the public network, redirects included."""

import logging
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.httpobj import urlparse_cached

from scraper.crawling.crawl import Component
from scraper.crawling.responses import Refused
from scraper.politeness.resolver import ProxiedNames, goes_through_proxy
from scraper.sites.addresses import is_private, is_usual_port
from scraper.sites.site import Site

logger = logging.getLogger(__name__)


class SiteBoundaryMiddleware(Component):
    """Refuses internal addresses (`private_address`), other sites (`foreign_site`, after a redirect
    `redirect_offsite`) and other ports (`other_port`), before robots.txt is requested.

    Names that a proxy would resolve to an internal address are refused, too: the resolver of
    `scraper.politeness.resolver` sees only those of direct requests.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._names = ProxiedNames()
        # The proxy of `warta demo` answers for all names and connects to nobody.
        self._resolves = not crawler.settings.get("DEMO")
        self._warned = False

    async def process_request(self, request: Request) -> None:
        """Raise Refused for a request beyond the boundary."""
        parts = urlparse_cached(request)
        site: Site = self._crawler.spider.site  # type: ignore[union-attr]
        host = parts.hostname or ""
        if is_private(host):
            raise Refused("private_address")
        if not site.may_request(host):
            redirected = request.meta.get("redirect_times")
            raise Refused("redirect_offsite" if redirected else "foreign_site")
        if not (is_usual_port(request.url) or parts.netloc == urlsplit(site.home).netloc):
            raise Refused("other_port")
        if self._resolves and goes_through_proxy(request.url, request.meta.get("proxy")):
            await self._check_name(host, site)

    async def _check_name(self, host: str, site: Site) -> None:
        """Raise Refused for a name that the proxy must not resolve, as far as that is known here.

        Where the site's own name is known here, one that is unknown is refused: its server may
        answer the proxy only.
        """
        addresses = await self._names.addresses(host)
        if any(map(is_private, addresses)):
            raise Refused("private_address")
        if addresses:
            return
        if await self._names.addresses(urlsplit(site.home).hostname or ""):
            raise Refused("dns_failed")
        if not self._warned:
            self._warned = True
            logger.warning(
                "%s: only the proxy resolves names: it must refuse internal addresses by itself "
                "(warta help politeness)",
                site.name,
            )
