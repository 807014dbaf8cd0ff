"""class NewsSpider: first every source of a site, then the stories that the ledger wants. A site's
own file holds its profile.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import timedelta
from importlib.metadata import version
from typing import Any, ClassVar, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from archive.errors import ArchiveError
from archive.identity import joined_url
from archive.ledger.wording import sentence
from archive.records import Check
from scraper.crawling.announcements import announcements
from scraper.crawling.crawl import Crawl, Options
from scraper.crawling.discovery import MAX_SOURCE_BYTES, Announced, read_source
from scraper.crawling.middlewares.robots import RobotsMiddleware
from scraper.crawling.pages import headers_of
from scraper.crawling.responses import refusal_of_error, refusal_of_status
from scraper.crawling.stories import Stories
from scraper.politeness.robots import RobotsTxt
from scraper.sites.addresses import host_of, plain_url
from scraper.sites.site import Site
from scraper.sites.sources import MAX_INDEX_PAGES, Feed, Link, Section, Sitemap, Step, Window

logger = logging.getLogger(__name__)

MAX_FEED_BYTES = 2 * 1024 * 1024
"""A feed holds the newest stories; reading a larger one would hold up every other crawl of the
process.
"""

REST = timedelta(hours=20)
"""How long a source rests that is not there; many profiles name sources that may or may not exist."""


def name_ourselves(settings: BaseSettings) -> None:
    """Our user agent: our name and the contact."""
    settings.set(
        "USER_AGENT", f"warta/{version('warta')} (+{settings['CONTACT']})", priority="spider"
    )


class NewsSpider(Spider):
    """Crawls one site by its profile. Arguments: since, until (YYYY-MM-DD), limit, recheck (due,
    all, none), plan.
    """

    site: ClassVar[Site]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.site.name

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Called by Scrapy: the user agent names us and the contact, unless one was given."""
        super().update_settings(settings)
        name_ourselves(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Called by Scrapy; opens the archive. A bad argument or archive ends the program with one
        plain line.
        """
        try:
            spider = super().from_crawler(crawler, *args, **kwargs)
            spider.crawl = Crawl.begin(crawler, cls.site.name, spider.options)
        except (ArchiveError, ValueError) as error:
            raise SystemExit(f"Error: {error}") from error
        spider.stories = Stories(cls.site, spider.crawl, spider.request)
        crawler.signals.connect(spider.go_on_with_stories, signal=signals.spider_idle)
        return spider

    def __init__(self, **arguments: Any) -> None:
        self.options = Options.of(**arguments)
        super().__init__(self.site.name)
        self.crawl: Crawl
        self.stories: Stories
        self._asked: set[str] = set()  # addresses of sources that this crawl has asked for
        self._announced = 0

    async def start(self) -> AsyncIterator[Any]:
        """robots.txt first, then every source; nothing at all before the moment that the site
        named.
        """
        quiet = self.crawl.pacing.quiet_until
        if quiet is not None and self.crawl.now() < quiet:
            self.crawl.end_reason = "pause_requested"
            until, wish = quiet.isoformat(timespec="seconds"), sentence(self.crawl.pacing.reason)
            logger.warning(
                "%s: not crawled: it is to be left alone until %s (%s)", self.name, until, wish
            )
            return
        robots = await self._robots.rules_for(self.site.home)
        refusal = (
            "robots_unavailable"
            if robots.unavailable
            else None
            if robots.allows(self.site.home)
            else "robots_forbidden"
        )
        if refusal is not None:
            self.crawl.end_reason = self.crawl.end_reason or refusal
            logger.warning("%s: not crawled: %s", self.name, sentence(refusal))
            return
        for source in (*map(Sitemap, robots.sitemaps), *self.site.sources, Section(self.site.home)):
            for step in source.first(self._window):
                for request in self._source_requests([step]):
                    yield request

    def go_on_with_stories(self) -> None:
        """Every source was asked, or a batch of stories is done: the next ones, until the ledger
        wants no more.
        """
        if self.crawl.end_reason is not None:
            return
        if self.options.plan:
            self.crawl.planned = self.stories.plan()
            return
        if not self.crawl.counts["wanted"]:
            self.crawl.pacing.forget_failures()  # those of sources
        requests = self.stories.next_requests()
        engine = self.crawler.engine
        if requests and engine is not None:
            for request in requests:
                engine.crawl(request)
            raise DontCloseSpider

    def closed(self, reason: str) -> None:
        """A crawl to which nothing at all was announced has failed, whatever the reason."""
        if self.crawl.end_reason is None and reason == "finished" and not self._announced:
            self.crawl.end_reason = "nothing_announced"
            logger.warning(
                "%s: nothing was announced: no sitemap, feed, index or page gave a single story",
                self.name,
            )

    def known_rules(self, url: str) -> RobotsTxt | None:
        """The robots.txt rules that were fetched for the URL's host."""
        return self._robots.known_rules(url)

    def request(self, url: str, callback: Callable[..., Any], **kwargs: Any) -> Request:
        """A request of this crawl: all hosts of the site share one slot, so that they are asked one
        at a time.
        """
        meta = {"download_slot": self.name, **kwargs.pop("meta", {})}
        return Request(url, callback=callback, meta=meta, dont_filter=True, **kwargs)

    @property
    def _robots(self) -> RobotsMiddleware:
        middleware = self.crawler.get_downloader_middleware(RobotsMiddleware)
        assert middleware is not None
        return middleware

    @property
    def _window(self) -> Window:
        return self.crawl.window(self.site.zone)

    def _source_requests(self, steps: Sequence[Step]) -> Iterator[Request]:
        for step in steps:
            address = plain_url(step.url)
            if address is None or address in self._asked:
                continue
            self._asked.add(address)
            if self._rests(address):
                continue
            if step.page + 1 >= MAX_INDEX_PAGES:
                logger.warning(
                    "%s: %s: the walk ends here, after %d pages",
                    self.name,
                    step.url,
                    MAX_INDEX_PAGES,
                )
            limit = (
                MAX_SOURCE_BYTES
                if isinstance(step.source, Sitemap)
                else MAX_FEED_BYTES
                if isinstance(step.source, Feed)
                else None
            )
            yield self.request(
                step.url,
                self.parse_source,
                errback=self.source_failed,
                cb_kwargs={"step": step},
                headers=self._source_validators(address),
                meta={"download_maxsize": limit} if limit else {},
            )

    def _rests(self, address: str) -> bool:
        """A source that was not there a few hours ago is not asked again today, the home page
        excepted.
        """
        entry = self.crawl.archive.ledger.entry(address, site=self.name)
        missing = entry is not None and self.crawl.archive.ledger.reason(
            address, site=self.name
        ) in ("http_404", "http_410", "dns_failed")
        checked = entry.last_checked_at if entry is not None and missing else None
        return (
            checked is not None
            and address != plain_url(self.site.home)
            and self.crawl.now() - checked < REST
        )

    def _source_validators(self, address: str) -> dict[str, str]:
        """A source that has not changed announces nothing new; a walk back in time reads it all the
        same.
        """
        if self.options.since or self.options.until or self.options.plan:
            return {}
        entry = self.crawl.archive.ledger.entry(address, site=self.name)
        return entry.validators if entry is not None and entry.state == "source" else {}

    def parse_source(self, response: Response, step: Step) -> Iterator[Request]:
        """Links of a sitemap, feed, index or section into the ledger; further sources out."""
        found = self._read(response, step)
        announced = announcements(self.site, found.links, self._window)
        self._announced += len(announced.dated) + (found.problem == "not_modified")
        self.crawl.counts.update(announced.uncounted)
        fresh = self.crawl.announce(announced.rows, source=step.url, walk=step.source)
        reason = found.problem or ("announced" if found.links or found.sitemaps else "no_links")
        steps = self._steps_after(step, found, response.url, announced.dated, fresh=fresh)
        complete = (
            not steps and not found.sitemaps and not any(row.skipped for row in announced.rows)
        )
        self._record_source(step, reason, response=response, complete=complete)
        yield from self._source_requests(steps)

    def _steps_after(
        self, step: Step, found: Announced, base: str, stories: list[Link], *, fresh: bool
    ) -> list[Step]:
        """Where a source leads on: its sitemaps, its feeds, its next page."""
        maps = filter(None, (joined_url(base, link.url) for link in self._wanted(found)))
        steps = [
            *(Step(source=Sitemap(url), url=url) for url in maps),
            *(Step(source=Feed(url), url=url) for url in found.feeds),
        ]
        steps = [further for further in steps if self.site.may_request(host_of(further.url))]
        return (
            steps
            if found.problem
            else [*steps, *step.source.following(step, stories, self._window, fresh=fresh)]
        )

    def _read(self, response: Response, step: Step) -> Announced:
        if response.status == 304:
            return Announced(problem="not_modified")
        refusal = refusal_of_status(response.status)
        if refusal is not None:
            return Announced(problem=refusal)
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        now = self.crawl.now().astimezone(self.site.zone)
        return read_source(step.source, response.body, response.url, content_type, now=now)

    def _wanted(self, found: Announced) -> list[Link]:
        """Sitemaps of an index that may hold stories of the window, newest first."""
        since = self._window.since
        kept = [
            link
            for link in found.sitemaps
            if since is None or link.lastmod is None or link.lastmod.date() >= since
        ]
        return sorted(
            kept, key=lambda link: link.lastmod.timestamp() if link.lastmod else 0.0, reverse=True
        )

    def source_failed(self, failure: Failure) -> None:
        """A source that gave no answer is written down; the others are used."""
        reason = refusal_of_error(failure)
        if reason != "pause_requested":
            self._record_source(failure.request.cb_kwargs["step"], reason)  # type: ignore[attr-defined]

    def _record_source(
        self, step: Step, reason: str, *, response: Response | None = None, complete: bool = False
    ) -> None:
        """Write down what a source gave; say it aloud when one that used to work fails.

        Its validators are kept only if all that it announced is wanted, as the next crawl may want
        what this one skipped, and if it leads nowhere else: 304 would say nothing of the sitemaps,
        feeds and pages that it leads to, and a crawl that was killed before it asked for them must
        find them again.
        """
        url = plain_url(step.url)
        if url is None:
            return
        before = self.crawl.archive.ledger.entry(url, site=self.name)
        if reason not in ("announced", "no_links", "not_modified"):
            used_to_work = self.crawl.archive.ledger.reason(url, site=self.name) in (
                "announced",
                "not_modified",
            )
            level = logging.WARNING if used_to_work else logging.INFO
            logger.log(
                level, "%s: source left aside: %s: %s", self.name, step.url, sentence(reason)
            )
            self.crawl.counts[f"sources/{reason}"] += 1
        headers = headers_of(response) if response is not None and complete else {}
        unchanged = reason == "not_modified" and before is not None
        self.crawl.record(
            Check(
                url=url,
                crawl_id=self.crawl.id,
                checked_at=self.crawl.now(),
                outcome="source",
                reason=reason,
                status=response.status if response is not None else None,
                bytes=len(response.body) if response is not None else 0,
                etag=headers.get("etag") or (before.etag if unchanged and before else None),
                last_modified=headers.get("last-modified")
                or (before.last_modified if unchanged and before else None),
            )
        )
