"""robots.txt is asked for before anything else of a host, and obeyed."""

from __future__ import annotations

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
from scraper.crawling.crawl import Crawl
from scraper.crawling.responses import Refused, refusal_of_error
from scraper.politeness.pacing import MAX_CRAWL_DELAY
from scraper.politeness.robots import RobotsTxt, parse_robots

logger = logging.getLogger(__name__)

MAX_AGE = timedelta(hours=24)
"""RFC 9309, 2.4: older rules are not gone by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request for a host's robots.txt."""

    at: datetime
    answer: asyncio.Task[RobotsTxt]


class RobotsMiddleware:
    """Refuses what robots.txt forbids (`robots_forbidden`), and all of a host whose robots.txt
    cannot be had (`robots_unavailable`). Scrapy's own middleware allows everything in that case,
    RFC 9309 nothing.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._hosts: dict[str, _Asked] = {}
        self._known: dict[str, RobotsTxt] = {}  # the last rules that could be had, by host

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Ask the rules of the request's host; the request for the rules themselves passes."""
        if request.meta.get("robots_exempt"):
            return
        robots = await self.rules_for(request.url)
        if Crawl.of(self._crawler).stopping:
            raise Refused("pause_requested")  # the story stays due
        if robots.unavailable:
            raise Refused("robots_unavailable")
        if not robots.allows(request.url):
            raise Refused("robots_forbidden")

    async def rules_for(self, url: str) -> RobotsTxt:
        """The rules of the URL's host, asked for once a day."""
        parts, crawl = urlsplit(url), Crawl.of(self._crawler)
        known = self._hosts.get(parts.netloc)
        if known is None or crawl.now() - known.at >= MAX_AGE:
            address = f"{parts.scheme}://{parts.netloc}/robots.txt"
            known = _Asked(
                at=crawl.now(),
                answer=asyncio.ensure_future(self._ask(address, again=known is not None)),
            )
            self._hosts[parts.netloc] = known
        return await asyncio.shield(known.answer)

    def known_rules(self, url: str) -> RobotsTxt | None:
        """The last rules of the URL's host that could be had, where it was asked for them already."""
        return self._known.get(urlsplit(url).netloc)

    async def _ask(self, url: str, *, again: bool) -> RobotsTxt:
        """The rules, written down and kept to; a crawl under way that is no longer welcome ends."""
        robots, host = await self._fetch(url), urlsplit(url).netloc
        crawl, home = Crawl.of(self._crawler), self._crawler.spider.site.home  # type: ignore[union-attr]
        if not robots.unavailable:
            self._known[host] = robots
            self._keep_delay(robots.crawl_delay, host, crawl)
        if again and host == urlsplit(home).netloc and not robots.allows(home):
            reason = "robots_unavailable" if robots.unavailable else "robots_forbidden"
            logger.warning("%s: the crawl ends here: %s", crawl.site, sentence(reason))
            crawl.stop(reason)
        return robots

    def _keep_delay(self, delay: float, host: str, crawl: Crawl) -> None:
        """A Crawl-delay counts from the very next request."""
        if delay > MAX_CRAWL_DELAY:
            logger.warning(
                "%s asks for %.0f s between requests; %.0f s are kept to",
                host,
                delay,
                MAX_CRAWL_DELAY,
            )
        crawl.pacing.obey(host, delay)
        slots = self._crawler.engine.downloader.slots if self._crawler.engine else {}
        if crawl.site in slots:
            crawl.pacing.apply(slots[crawl.site])

    async def _fetch(self, url: str) -> RobotsTxt:
        crawl = Crawl.of(self._crawler)
        request = Request(
            url, callback=NO_CALLBACK, meta={"robots_exempt": True, "download_slot": crawl.site}
        )
        engine = self._crawler.engine
        assert engine is not None
        try:
            response = await engine.download_async(request)
        except Refused:
            return parse_robots(None, b"")
        except Exception as error:
            logger.info("robots.txt could not be had: %s (%s)", url, error)
            reason = refusal_of_error(Failure(error))  # type: ignore[no-untyped-call]
            robots = replace(parse_robots(None, b""), reason=reason)
        else:
            robots = parse_robots(response.status, response.body)
        if not crawl.options.plan and not crawl.stopping:
            with suppress(CloseSpider), crawl.writing():
                crawl.archive.robots.record(
                    urlsplit(url).netloc,
                    status=robots.status,
                    body=robots.text,
                    reason=robots.reason,
                )
        return robots
