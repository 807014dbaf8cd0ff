"""Running spiders in this process: their settings, as configured and as asked for, and what holds
for one site alone.
"""

from __future__ import annotations

import logging
from asyncio import Task
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from scraper.configuration import Loaded
from scraper.crawling.crawl import Crawl
from scraper.sites.loader import project_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What holds for the crawl of one site alone."""

    limit: int | None = None
    delay: float | None = None
    """Seconds between two requests; None: as the settings have it."""


def own_of(known: Loaded, name: str, overrides: Sequence[str]) -> Own:
    """As configured; a delay that was given with -s goes before it."""
    of_site = known.configuration.of_site(name)
    configured_delay = ("crawl", "delay") in known.origins or (
        "sites",
        name,
        "delay",
    ) in known.origins
    if not configured_delay or any(
        override.startswith("DOWNLOAD_DELAY=") for override in overrides
    ):
        return Own(limit=of_site.limit)
    return Own(limit=of_site.limit, delay=of_site.delay)


def configured_settings(known: Loaded) -> Iterator[str]:
    """Scrapy's settings as the configuration has them."""
    configuration = known.configuration
    if configuration.contact is not None:
        yield f"CONTACT={configuration.contact}"
    if ("crawl", "keep") in known.origins:
        yield f"KEEP={configuration.crawl.keep}"


def crawl_settings(path: Path, overrides: Sequence[str] = (), *, verbose: bool = False) -> Settings:
    """The project's settings with the archive and the user's own on top."""
    settings = project_settings()
    for name, value in {
        "ARCHIVE": str(path),
        "LOG_LEVEL": "INFO" if verbose else "WARNING",
        "PROGRESS_BAR": not verbose,
    }.items():
        settings.set(name, value, priority="cmdline")
    if not verbose:
        settings.set("LOG_FORMAT", "%(message)s", priority="cmdline")
        settings.set(
            "RETRY_GIVE_UP_LOG_LEVEL", "INFO", priority="cmdline"
        )  # the spider says it in its own words
    for override in overrides:
        name, equals, value = override.partition("=")
        if not equals or not name:
            raise click.UsageError(f"-s {override}: expected NAME=VALUE")
        if name == "ARCHIVE":
            raise click.UsageError("-s ARCHIVE: name the archive with --archive")
        settings.set(name, value, priority="cmdline")
    return settings


def run_spiders(
    names: Sequence[str | type[Spider]],
    settings: Settings,
    arguments: Mapping[str, Any],
    *,
    own: Mapping[str, Own] | None = None,
    in_turn: bool = False,
) -> list[Crawl]:
    """Crawl the sites in this process, side by side; their crawls, in the order of the names. Once
    a process.

    `in_turn`: one after another, so that articles have the same numbers each time.
    """
    process = AsyncCrawlerProcess(settings)
    # Scrapy accepts any certificate, as a crawler of badly kept sites must, and warns of each odd
    # one; -v shows it.
    logging.getLogger("scrapy.core.downloader.tls").setLevel(
        logging.INFO if settings["LOG_LEVEL"] == "INFO" else logging.ERROR
    )
    crawlers: list[Crawler] = []
    starts: list[Callable[[], Task[None]]] = []
    for name in names:
        crawler = process.create_crawler(name)
        crawlers.append(crawler)
        of_site = (own or {}).get(crawler.spidercls.name, Own())
        if of_site.delay is not None:
            crawler.settings.set("DOWNLOAD_DELAY", of_site.delay, priority="cmdline")
        starts.append(
            partial(
                process.crawl,
                crawler,
                **({"limit": str(of_site.limit)} if of_site.limit else {}),
                **arguments,
            )
        )
    if in_turn:
        _in_turn(zip(starts, crawlers, strict=True))
    else:
        for start in starts:
            start()
    process.start()
    return [found for crawler in crawlers if (found := Crawl.find(crawler)) is not None]


def _in_turn(waiting: Iterator[tuple[Callable[[], Task[None]], Crawler]]) -> None:
    """Start the first, and the others as those before them end; none after one that was told to
    stop.
    """

    def begin_next(before: Crawler | None = None) -> None:
        ended = Crawl.find(before) if before is not None else None
        start, crawler = next(waiting, (None, None))
        if (
            start is not None
            and crawler is not None
            and (ended is None or ended.ended != "shutdown")
        ):
            start().add_done_callback(lambda _task: begin_next(crawler))

    begin_next()
