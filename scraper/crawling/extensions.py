"""Scrapy extensions: the crawl's row in the archive, its time limit, and the progress bar."""

import asyncio
import logging
import sys
from typing import ClassVar

from rich.progress import TaskID
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.log import get_scrapy_root_handler

from archive.database.clock import exact
from archive.errors import ArchiveError
from archive.monitoring.drift import evaluate
from scraper.crawling.crawl import Component, Crawl
from scraper.crawling.spider import NewsSpider
from scraper.display import Display, WrappedMessages, redraws
from scraper.extraction.article import extractor_of

logger = logging.getLogger(__name__)


class CrawlRecord(Component):
    """Records how a crawl ended, then closes the archive; ends a crawl after LONGEST seconds."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._longest = crawler.settings.getfloat("LONGEST")
        self._timer: asyncio.TimerHandle | None = None
        crawler.signals.connect(self.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signal=signals.spider_closed)

    def spider_opened(self) -> None:
        """Start the timer of LONGEST."""
        _wrap_messages(self._crawler.settings)
        if self._longest > 0:
            self._timer = asyncio.get_running_loop().call_later(self._longest, self._end_in_time)

    def _end_in_time(self) -> None:
        crawl = self._crawl
        if not crawl.stopping:
            logger.warning(
                "%s: the crawl ends: it has reached its limit of %.0f seconds",
                crawl.site,
                self._longest,
            )
            crawl.pacing.close()
            crawl.stop("out_of_time")

    def spider_closed(self, reason: str) -> None:
        """Write the crawl's end; the last signal with an open archive."""
        crawl = self._crawl
        if self._timer is not None:
            self._timer.cancel()
        stats = self._crawler.stats
        assert stats is not None
        received = int(stats.get_value("downloader/response_bytes", 0))
        for name, value in crawl.counts.items():
            stats.set_value(f"warta/{name}", value)
        self._look_for_drift(crawl)
        try:
            crawl.end(crawl.end_reason or reason, received)
        except ArchiveError as error:
            crawl.error = crawl.error or str(error)

    def _look_for_drift(self, crawl: Crawl) -> None:
        """Judge what the crawl read by the site's past; whatever goes wrong with that, the crawl is
        what it was.
        """
        spider = self._crawler.spider
        if crawl.id is None or crawl.error is not None or not isinstance(spider, NewsSpider):
            return
        try:
            with crawl.writing():
                since = exact(crawl.archive.crawls.get(crawl.id).started_at)
                extractor = extractor_of(spider.reader.site)
                lasting = evaluate(crawl.archive, crawl.site, extractor=extractor, since=since)
        except CloseSpider:
            return
        except Exception:
            logger.exception("%s: drift of its layouts could not be evaluated", crawl.site)
            return
        crawl.drifts = [
            f"{crawl.site}: layout {drift.layout} drifted: {drift.why}" for drift in lasting
        ]


def _wrap_messages(settings: BaseSettings) -> None:
    """Wrap what is logged on a terminal at words; Scrapy has a new handler for each crawler."""
    handler = get_scrapy_root_handler()
    if handler is not None and not settings["LOG_FILE"]:
        handler.setFormatter(WrappedMessages(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]))


class LeaseWatch(Component):
    """Ends the crawl of a site that another process has taken, and notes what the next holder of
    its lease must wait for.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._timer: asyncio.TimerHandle | None = None
        crawler.signals.connect(self.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signal=signals.spider_closed)

    def spider_opened(self) -> None:
        """Look now, and again every while; a lease without a fleet cannot be lost."""
        if self._crawl.lease.claim is not None:
            self._look()

    def _look(self) -> None:
        if self._crawl.lease.is_lost():
            self._crawl.lose()
        else:
            self._crawl.note_pace()
            self._timer = asyncio.get_running_loop().call_later(LOOK, self._look)

    def spider_closed(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()


LOOK = 0.5
"""Seconds between two looks at a lease; each request is preceded by another one."""


class ProgressBar(Component):
    """A bar per crawl, on a terminal, with PROGRESS_BAR: sources read of those known, in turns with
    stories done of those due.
    """

    _display: ClassVar[Display | None] = None
    _open: ClassVar[int] = 0

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("PROGRESS_BAR") or not redraws(sys.stderr):
            raise NotConfigured
        super().__init__(crawler)
        self._bar: TaskID | None = None
        self._stories = 0
        crawler.signals.connect(self.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(self.source_read, signal=signals.response_received)
        crawler.signals.connect(self.story_done, signal=signals.item_scraped)
        crawler.signals.connect(self.spider_closed, signal=signals.spider_closed)

    def spider_opened(self, spider: Spider) -> None:
        """Add a bar to the display that all crawls of the process share."""
        cls = type(self)
        if cls._display is None:
            cls._display = Display()
            cls._display.open()
        cls._open += 1
        self._bar = cls._display.bars.add_task(f"{spider.name}: reading robots.txt", total=None)

    def source_read(self, request: Request, spider: Spider) -> None:
        """Show how many sources were read, of those that are known."""
        if isinstance(spider, NewsSpider) and "step" in request.cb_kwargs:
            taken = spider.sources.taken
            self._update("reading sources", taken, taken + len(spider.sources))

    def story_done(self) -> None:
        """Advance by one story; more may have been announced since."""
        self._stories += 1
        self._update("fetching stories", self._stories, self._crawl.counts["wanted"])

    def _update(self, what: str, done: int, total: int) -> None:
        if self._display is not None and self._bar is not None:
            described = f"{self._crawl.site}: {what}"
            bars = self._display.bars
            bars.update(self._bar, description=described, completed=done, total=max(done, total))

    def spider_closed(self) -> None:
        """Remove the crawl's bar, and the display with the last one."""
        cls = type(self)
        cls._open -= 1
        if cls._display is not None and self._bar is not None:
            cls._display.bars.remove_task(self._bar)
        if cls._open == 0 and cls._display is not None:
            cls._display.close()
            cls._display = None  # crawls one after another have one each
            cls._display = None
