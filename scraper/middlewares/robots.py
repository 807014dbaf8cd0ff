"""robots.txt is asked for before anything else of a host, and obeyed."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, NotConfigured
from scrapy.http.request import NO_CALLBACK

from scraper.crawl import Crawl
from scraper.refusals import Refused
from scraper.robots import RobotsTxt, parse_robots

logger = logging.getLogger(__name__)

MAX_DELAY = 120.0
"""Seconds; a longer Crawl-delay would make a crawl that never ends."""


class RobotsMiddleware:
    """Refuses what robots.txt forbids (`robots_forbidden`), and all of a host whose robots.txt cannot be had
    (`robots_unavailable`). Scrapy's own middleware allows everything in that case, RFC 9309 nothing.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._hosts: dict[str, asyncio.Task[RobotsTxt]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Ask the rules of the request's host; the request for the rules themselves passes."""
        if request.meta.get("robots_exempt"):
            return
        robots = await self.rules_for(request.url)
        self._slow_down(robots.crawl_delay, str(request.meta.get("download_slot")))
        if robots.unavailable:
            raise Refused("robots_unavailable")
        if not robots.allows(request.url):
            raise Refused("robots_forbidden")

    def _slow_down(self, delay: float, slot: str) -> None:
        """A Crawl-delay of any of the site's hosts that is longer than our own is kept to by all of its requests."""
        engine = self._crawler.engine
        if engine is None or delay <= self._delay:
            return
        self._delay = min(delay, MAX_DELAY)
        if delay > MAX_DELAY:
            logger.warning("%s asks for %.0f s between requests; %.0f s are kept to", slot, delay, MAX_DELAY)
        engine.downloader.per_slot_settings[slot] = {"delay": self._delay, "jitter": 0.0}
        if slot in engine.downloader.slots:
            engine.downloader.slots[slot].delay = self._delay

    async def rules_for(self, url: str) -> RobotsTxt:
        """The rules of the URL's host, fetched once a crawl."""
        parts = urlsplit(url)
        if parts.netloc not in self._hosts:
            self._hosts[parts.netloc] = asyncio.ensure_future(self._fetch(f"{parts.scheme}://{parts.netloc}/robots.txt"))
        return await asyncio.shield(self._hosts[parts.netloc])

    def known_rules(self, url: str) -> RobotsTxt | None:
        """The rules of the URL's host where they were fetched already."""
        task = self._hosts.get(urlsplit(url).netloc)
        return task.result() if task is not None and task.done() and not task.cancelled() else None

    async def _fetch(self, url: str) -> RobotsTxt:
        spider = self._crawler.spider
        request = Request(url, callback=NO_CALLBACK, meta={"robots_exempt": True, "download_slot": getattr(spider, "name", None)})
        engine = self._crawler.engine
        assert engine is not None
        try:
            response = await engine.download_async(request)
        except Exception as error:
            logger.info("robots.txt could not be had: %s (%s)", url, error)
            return parse_robots(None, b"")
        robots = parse_robots(response.status, response.body)
        crawl = Crawl.of(self._crawler)
        if not crawl.options.plan:
            with suppress(CloseSpider), crawl.writing():
                crawl.archive.record_robots(urlsplit(url).netloc, status=robots.status, body=robots.text, now=crawl.now())
        return robots
