"""Runs spiders in this process: Scrapy's settings, overrides per site, and Ctrl-C."""

import asyncio
import gc
import logging
import signal
from asyncio import Task
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import BaseSettings, Settings
from scrapy.spiderloader import SpiderLoader

from archive.errors import ArchiveError
from scraper.configuration import Loaded
from scraper.crawling.crawl import Crawl
from scraper.crawling.spider import NewsSpider
from scraper.display import close_all, end_at_once
from scraper.spiders import publishers

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
    """Scrapy's loader, which has a spider for every site with a profile, too; those of the folder
    beside the archive included.
    """

    def __init__(self, settings: BaseSettings) -> None:
        archive = settings.get("ARCHIVE")
        self._sites = publishers(Path(archive) if archive else None).sites
        super().__init__(settings)

    def list(self) -> list[str]:
        """Called by Scrapy."""
        return [*self._sites, *super().list()]

    def load(self, spider_name: str) -> type[Spider]:
        """Called by Scrapy; raises KeyError for a name that is neither a site nor a spider."""
        site = self._sites.get(spider_name)
        if site is None:
            return super().load(spider_name)
        return type(site.name.title(), (NewsSpider,), {"site": site})


PATIENCE = 1.0
"""Seconds after which it is said what is waited for."""
_STOPS = (signal.SIGINT, signal.SIGTERM)


class CtrlC:
    """Stops crawls in good order at the first Ctrl-C or SIGTERM, whenever it comes; a second one
    ends the process at once.

    Scrapy's own handlers lose a signal that comes before an engine has started.
    """

    def __init__(self) -> None:
        self.received = False
        """Whether Ctrl-C was pressed."""
        self.stopping = False
        """Whether a signal came, Ctrl-C or SIGTERM."""
        self._crawlers: Sequence[Crawler] = ()
        self._tasks: list[Task[None]] = []

    @contextmanager
    def handled(self, crawlers: Sequence[Crawler]) -> Iterator[Self]:
        """Handle the signals inside, and afterwards as before."""
        self._crawlers = crawlers
        for crawler in crawlers:
            self._watch(crawler)
        before = {number: signal.signal(number, self._first) for number in _STOPS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, end_at_once if self.stopping else handler)

    def _first(self, number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        self.received = number == signal.SIGINT
        for each in _STOPS:
            signal.signal(each, end_at_once)
        reactor = _reactor()  # nothing may be written in a handler of a signal
        reactor.callFromThread(self._stop_all)
        if self.received:
            reactor.callFromThread(reactor.callLater, PATIENCE, _explain)

    def _stop_all(self) -> None:
        self._tasks = [asyncio.ensure_future(_stop(crawler)) for crawler in self._crawlers]

    def _watch(self, crawler: Crawler) -> None:
        """Stop the crawler as it starts, if the signal came before."""

        async def stop() -> None:
            if self.stopping:
                await _stop(crawler)

        crawler.signals.connect(stop, signal=signals.engine_started, weak=False)


async def _stop(crawler: Crawler) -> None:
    """Let a crawler finish what is in progress; nothing where it has not started, or has ended."""
    await crawler.stop_async()
    if crawler.engine is not None:
        with suppress(RuntimeError):  # it is not running
            await crawler.engine.stop_async()  # between its start and its first request, too


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
    # Scrapy notes every request and every item for handlers that drop it.
    logging.getLogger("scrapy").setLevel(settings["LOG_LEVEL"])
    crawlers = [process.create_crawler(name) for name in names]
    starts = list(_starts(process, crawlers, site_overrides or {}, arguments))
    with (ctrl_c or CtrlC()).handled(crawlers) as pressed:
        try:
            _start(starts, pressed, in_turn=settings.getbool("DEMO"))
            process.start(install_signal_handlers=False)
        finally:
            close_all()
    crawls = [found for crawler in crawlers if (found := Crawl.find(crawler)) is not None]
    if pressed.stopping:
        _end(crawls)
    if pressed.received and ctrl_c is None:
        raise KeyboardInterrupt
    return crawls


def _end(crawls: Sequence[Crawl]) -> None:
    """End the crawls that a signal stopped before their spiders were opened."""
    for crawl in crawls:
        if crawl.ended is None:
            try:
                crawl.end("shutdown", received=0)
            except ArchiveError as error:
                crawl.error = crawl.error or str(error)


def _starts(
    process: AsyncCrawlerProcess,
    crawlers: Iterable[Crawler],
    site_overrides: Mapping[str, CrawlOverrides],
    arguments: Mapping[str, Any],
) -> Iterator[Callable[[], Task[None]]]:
    """Yield what starts each crawl, with what is set for its site alone."""
    for crawler in crawlers:
        own = site_overrides.get(crawler.spidercls.name, CrawlOverrides())
        if own.delay is not None:
            crawler.settings.set("DOWNLOAD_DELAY", own.delay, priority="cmdline")
        limit = {"limit": str(own.limit)} if own.limit else {}
        yield partial(process.crawl, crawler, **limit, **arguments)


def _start(starts: Sequence[Callable[[], Task[None]]], pressed: CtrlC, *, in_turn: bool) -> None:
    """Start the crawls; `in_turn`, each when the one before it has ended, none after a signal."""
    if not in_turn:
        for start in starts:
            start()
        return
    waiting = iter(starts)

    def begin_next(_before: Task[None] | None = None) -> None:
        start = next(waiting, None)
        if start is not None and not pressed.stopping:
            start().add_done_callback(begin_next)

    begin_next()
