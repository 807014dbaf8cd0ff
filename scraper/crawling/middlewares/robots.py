"""Request robots.txt before anything else of a host, and obey it."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, NotConfigured
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from archive.ledger.wording import sentence
from scraper.crawling.crawl import Component, Crawl
from scraper.crawling.middlewares.wire import wire_of
from scraper.crawling.responses import Refused, refusal_of_error
from scraper.politeness.pacing import MAX_CRAWL_DELAY
from scraper.politeness.robots import RobotsTxt, parse_robots

logger = logging.getLogger(__name__)

MAX_AGE = timedelta(hours=24)
"""RFC 9309, 2.4: cached rules must not be older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetch:
    """A request for a host's robots.txt."""

    at: datetime
    rules: asyncio.Task[RobotsTxt]


class RobotsMiddleware(Component):
    """Refuses what robots.txt disallows (`robots_forbidden`), and everything while a host's
    robots.txt is unavailable, as RFC 9309 requires and Scrapy does not: `robots_unavailable` if the
    host answers so, else why it does not answer (`dns_failed`, `timeout` …).
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        super().__init__(crawler)
        self._hosts: dict[str, _Fetch] = {}
        self._known: dict[str, RobotsTxt] = {}  # the last available rules, by host

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The middleware of a crawler, which knows the rules of its hosts."""
        middleware = crawler.get_downloader_middleware(cls)
        assert middleware is not None
        return middleware

    async def process_request(self, request: Request) -> None:
        """Apply the rules of the host; the request for the rules themselves is exempt."""
        if request.meta.get("robots_exempt"):
            return
        robots = await self.rules_for(request.url)
        if self._crawl.stopping:
            raise Refused("pause_requested")  # the story stays due
        if not robots.allows(request.url):
            raise Refused(robots.refusal)

    async def rules_for(self, url: str) -> RobotsTxt:
        """The rules of the URL's host, requested once a day."""
        parts, crawl = urlsplit(url), self._crawl
        known = self._hosts.get(parts.netloc)
        if known is None or crawl.now() - known.at >= MAX_AGE:
            address = f"{parts.scheme}://{parts.netloc}/robots.txt"
            rules = asyncio.ensure_future(self._update(address, again=known is not None))
            known = self._hosts[parts.netloc] = _Fetch(at=crawl.now(), rules=rules)
        return await asyncio.shield(known.rules)

    def known_rules(self, url: str) -> RobotsTxt | None:
        """The last available rules of the URL's host; None if none were requested yet."""
        return self._known.get(urlsplit(url).netloc)

    async def _update(self, url: str, *, again: bool) -> RobotsTxt:
        """Fetch and apply the rules; a crawl in progress that they no longer allow ends."""
        robots, host = await self._fetch(url), urlsplit(url).netloc
        crawl, home = self._crawl, self._crawler.spider.site.home  # type: ignore[union-attr]
        if not robots.unavailable:
            self._known[host] = robots
            self._keep_delay(robots.crawl_delay, host, crawl)
        if again and host == urlsplit(home).netloc and not robots.allows(home):
            logger.warning("%s: the crawl ends: %s", crawl.site, sentence(robots.refusal))
            crawl.stop(robots.refusal)
        return robots

    def _keep_delay(self, delay: float, host: str, crawl: Crawl) -> None:
        """Apply a Crawl-delay from the next request on."""
        if delay > MAX_CRAWL_DELAY:
            logger.warning(
                "%s requires %.0f s between requests; limited to %.0f s",
                host,
                delay,
                MAX_CRAWL_DELAY,
            )
        crawl.pacing.obey(host, delay)
        if (slot := crawl.slot()) is not None:
            crawl.pacing.apply(slot)

    async def _fetch(self, url: str) -> RobotsTxt:
        crawl = self._crawl
        request = Request(
            url, callback=NO_CALLBACK, meta={"robots_exempt": True, "download_slot": crawl.site}
        )
        engine, wire = self._crawler.engine, None
        assert engine is not None
        try:
            response = await engine.download_async(request)
        except Refused as refused:
            return replace(parse_robots(None, b""), reason=refused.reason)
        except Exception as error:
            logger.info("robots.txt is unavailable: %s (%s)", url, error)
            reason = refusal_of_error(Failure(error))  # type: ignore[no-untyped-call]
            robots = replace(parse_robots(None, b""), reason=reason)
        else:
            robots = parse_robots(response.status, response.body, response.url)
            wire = wire_of(response.request)
        if not crawl.options.plan and not crawl.stopping:
            with suppress(CloseSpider), crawl.writing():
                crawl.archive.robots.record(
                    urlsplit(url).netloc,
                    status=robots.status,
                    body=robots.text,
                    reason=robots.reason,
                    url=robots.url or url,
                    wire=wire,
                )
        return robots
