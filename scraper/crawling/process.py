"""Runs spiders in this process: Scrapy's settings, overrides per site, and Ctrl-C."""

import gc
import logging
import signal
from asyncio import Task
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from scraper.configuration import Loaded
from scraper.crawling.crawl import Crawl
from scraper.crawling.spider import NewsSpider
from scraper.display import end_at_once
from scraper.spiders import sites

logger = logging.getLogger(__name__)

_SETTINGS = {
    ("crawl", "keep"): "KEEP",
    ("crawl", "source_requests"): "SOURCE_REQUESTS",
    ("crawl", "source_minutes"): "SOURCE_MINUTES",
    ("reading", "workers"): "READERS",
    ("reading", "deadline"): "READING_DEADLINE",
    ("reading", "memory"): "READING_MEMORY",
}
"""Key of the configuration -> Scrapy setting."""


class SiteSpiders(SpiderLoader):
    """Scrapy's loader, which has a spider for every site with a profile, too."""

    def list(self) -> list[str]:
        """Called by Scrapy."""
        return [*sites(), *super().list()]

    def load(self, spider_name: str) -> type[Spider]:
        """Called by Scrapy; raises KeyError for a name that is neither a site nor a spider."""
        site = sites().get(spider_name)
        if site is None:
            return super().load(spider_name)
        return type(site.name.title(), (NewsSpider,), {"site": site})


PATIENCE = 1.0
"""Seconds after which it is said what is waited for."""
TURN = 0.05
"""Seconds between two looks at crawls that are about to begin."""


class CtrlC:
    """Listens for Ctrl-C in place of Scrapy, which it tells to stop once each crawl has begun:
    Scrapy drops a crawl that is stopped before.
    """

    def __init__(self) -> None:
        self.received = False
        self._stop: Any = None

    @contextmanager
    def handled(self, process: AsyncCrawlerProcess) -> Iterator[Self]:
        """Handle Ctrl-C inside, where the reactor runs, and afterwards as before."""
        before = signal.getsignal(signal.SIGINT)
        self._process = process
        signal.signal(signal.SIGINT, self._first)
        trigger = _reactor().addSystemEventTrigger  # Scrapy's own handlers come after the start-up
        trigger("during", "startup", trigger, "after", "startup", self._listen)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, end_at_once if self.received else before)

    def _listen(self) -> None:
        self._stop = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, end_at_once if self.received else self._first)

    def _first(self, _number: int, _frame: FrameType | None) -> None:
        self.received = True
        signal.signal(signal.SIGINT, end_at_once)
        reactor = _reactor()  # nothing may be written in a handler of a signal
        reactor.callFromThread(self._stop_when_begun)
        reactor.callFromThread(reactor.callLater, PATIENCE, _explain)

    def _stop_when_begun(self) -> None:
        if any(crawler.crawling and not _has_begun(crawler) for crawler in self._process.crawlers):
            _reactor().callLater(TURN, self._stop_when_begun)
            return
        self._stop(signal.SIGINT, None)
        signal.signal(signal.SIGINT, end_at_once)


def _has_begun(crawler: Crawler) -> bool:
    return crawler.engine is not None and crawler.engine.running


def _explain() -> None:
    logger.warning("stopping after the pages in progress; Ctrl-C again stops at once")


def _reactor() -> Any:
    from twisted.internet import reactor

    return reactor


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOverrides:
    """What differs from the settings for the crawl of one site."""

    limit: int | None = None
    """Stories; None for no limit."""
    delay: float | None = None
    """Seconds between two requests; None for the settings' delay."""


def overrides_of(
    known: Loaded, site: str, given: Sequence[str], *, limit: int | None = None
) -> CrawlOverrides:
    """The configured overrides of a site; `limit`, and a delay given with -s, take precedence."""
    configured = known.configuration.of_site(site)
    limit = limit or configured.limit
    sets_delay = not known.origins.keys().isdisjoint({("crawl", "delay"), ("sites", site, "delay")})
    if not sets_delay or any(setting.startswith("DOWNLOAD_DELAY=") for setting in given):
        return CrawlOverrides(limit=limit)
    return CrawlOverrides(limit=limit, delay=configured.delay)


def configured_settings(known: Loaded) -> Iterator[str]:
    """Yield the configuration's Scrapy settings as NAME=VALUE."""
    configuration = known.configuration
    if configuration.contact is not None:
        yield f"CONTACT={configuration.contact}"
    for key, setting in _SETTINGS.items():
        if key in known.origins:
            yield f"{setting}={getattr(getattr(configuration, key[0]), key[1])}"


def crawl_settings(path: Path, overrides: Sequence[str] = (), *, verbose: bool = False) -> Settings:
    """The project's settings, the archive, and `overrides` (NAME=VALUE)."""
    settings = Settings()
    settings.setmodule("scraper.settings", priority="project")
    ours = {"ARCHIVE": str(path), "LOG_LEVEL": "INFO", "PROGRESS_BAR": not verbose}
    if not verbose:
        # The spider logs what is given up in its own words.
        quiet = {"LOG_FORMAT": "%(message)s", "RETRY_GIVE_UP_LOG_LEVEL": "INFO"}
        ours |= {"LOG_LEVEL": "WARNING", **quiet}
    settings.setdict(ours, priority="cmdline")
    for override in overrides:
        name, _equals, value = override.partition("=")
        settings.set(name, value, priority="cmdline")
    return settings


def run_spiders(
    names: Sequence[str | type[Spider]],
    settings: Settings,
    arguments: Mapping[str, Any],
    *,
    site_overrides: Mapping[str, CrawlOverrides] | None = None,
    ctrl_c: CtrlC | None = None,
) -> list[Crawl]:
    """Crawl the sites side by side and return their crawls in the order of the names.

    Can be called once per process. With the setting DEMO one after another, so that articles get
    the same numbers each time. Ctrl-C lets them end in good order; raises KeyboardInterrupt then,
    unless the caller looks at `ctrl_c` itself.
    """
    process = AsyncCrawlerProcess(settings)
    gc.freeze()  # what was imported stays: collections pass it over, and workers share its memory
    # Scrapy accepts any certificate, as it must for badly kept sites, and warns about each odd one.
    logging.getLogger("scrapy.core.downloader.tls").setLevel(
        logging.INFO if settings["LOG_LEVEL"] == "INFO" else logging.ERROR
    )
    crawlers: list[Crawler] = []
    starts: list[Callable[[], Task[None]]] = []
    for name in names:
        crawler = process.create_crawler(name)
        crawlers.append(crawler)
        overrides = (site_overrides or {}).get(crawler.spidercls.name, CrawlOverrides())
        if overrides.delay is not None:
            crawler.settings.set("DOWNLOAD_DELAY", overrides.delay, priority="cmdline")
        limit = {"limit": str(overrides.limit)} if overrides.limit else {}
        starts.append(partial(process.crawl, crawler, **limit, **arguments))
    if settings["DEMO"]:
        _in_turn(zip(starts, crawlers, strict=True))
    else:
        for start in starts:
            start()
    with (ctrl_c or CtrlC()).handled(process) as pressed:
        process.start()
    if pressed.received and ctrl_c is None:
        raise KeyboardInterrupt
    return [found for crawler in crawlers if (found := Crawl.find(crawler)) is not None]


def _in_turn(waiting: Iterator[tuple[Callable[[], Task[None]], Crawler]]) -> None:
    """Start each crawl when the one before it has ended; none after a shutdown."""

    def begin_next(before: Crawler | None = None) -> None:
        ended = Crawl.find(before) if before is not None else None
        if ended is not None and ended.ended == "shutdown":
            return
        start, crawler = next(waiting, (None, None))
        if start is not None:
            start().add_done_callback(lambda _task: begin_next(crawler))

    begin_next()
