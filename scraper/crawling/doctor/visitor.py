"""class Visitor: a spider that sends a dozen requests, one after the other, and keeps nothing."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from archive.errors import ArchiveError
from scraper.crawling.crawl import Crawl, Options
from scraper.crawling.middlewares.robots import RobotsMiddleware
from scraper.crawling.responses import refusal_of_error
from scraper.crawling.spider import set_user_agent
from scraper.crawling.story_reader import StoryReader
from scraper.sites.site import Site

MAX_REQUESTS = 12
"""Requests of one visit, robots.txt and redirects included."""
MAX_REDIRECTS = 3


class Visitor(Spider, ABC):
    """Visits one site through the middlewares of a crawl, with its limits and its politeness."""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Called by Scrapy: sets the user agent; nothing is retried."""
        super().update_settings(settings)
        set_user_agent(settings)
        settings.set("RETRY_ENABLED", False, priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Called by Scrapy; a bad setting is one line, no traceback."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        try:
            spider.crawl = Crawl.begin(crawler, spider.site.name, Options(plan=True))
        except (ArchiveError, ValueError) as error:
            raise SystemExit(f"Error: {error}") from error
        spider.reader = StoryReader(spider.crawl, spider.site)
        return spider

    def __init__(self, site: Site) -> None:
        super().__init__(self.name)
        self.site = site
        self.crawl: Crawl
        self.reader: StoryReader
        self._further: tuple[Request, ...] = ()

    async def start(self) -> AsyncIterator[Any]:
        """Called by Scrapy."""
        await self.visit()
        for request in self._further:
            yield request  # none: Scrapy expects a generator, but all requests were sent above

    @abstractmethod
    async def visit(self) -> None:
        """Send the requests of the visit."""

    @property
    def robots(self) -> RobotsMiddleware:
        """The rules of the hosts that were visited."""
        return RobotsMiddleware.of(self.crawler)

    def sent(self) -> int:
        """Return how many requests were sent, redirects included."""
        assert self.crawler.stats is not None
        return int(self.crawler.stats.get_value("downloader/request_count", 0))

    def affords(self, url: str, reserve: int = 0) -> bool:
        """Whether a request is left for the URL when `reserve` of them are kept back."""
        return self._left(reserve) >= self._cost(url)

    async def request(self, url: str, reserve: int = 0, **meta: Any) -> Response | str:
        """Return the response, or the reason why there is none."""
        if self.crawl.stopping:
            return "pause_requested"
        own = {
            "download_slot": self.site.name,
            "redirect_ttl": min(MAX_REDIRECTS, max(0, self._left(reserve) - self._cost(url))),
        }
        engine = self.crawler.engine
        assert engine is not None
        try:
            return await engine.download_async(
                Request(url, callback=NO_CALLBACK, meta=own | meta, dont_filter=True)
            )
        except Exception as error:
            return refusal_of_error(Failure(error))  # type: ignore[no-untyped-call]

    def _cost(self, url: str) -> int:
        """Requests that a URL costs: robots.txt of its host is requested first."""
        return 1 if self.robots.known_rules(url) is not None else 2

    def _left(self, reserve: int) -> int:
        return MAX_REQUESTS - reserve - self.sent()
