"""class NewsSpider: request the sources of a site and the stories that are due, in turns."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from importlib.metadata import version
from itertools import islice
from typing import Any, ClassVar, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from archive.errors import ArchiveError
from archive.identity import joined_url
from archive.ledger.wording import sentence
from archive.records import Check
from scraper.configuration import ConfigurationError
from scraper.crawling.crawl import Crawl, Options
from scraper.crawling.discovery import MAX_SOURCE_BYTES, Announced, SourceReading
from scraper.crawling.middlewares.robots import RobotsMiddleware
from scraper.crawling.pages import conditional_headers, headers_of
from scraper.crawling.responses import NOT_SENT, is_cut, is_incomplete, refusal_of_error
from scraper.crawling.source_queue import MAX_LEFT_OUT, PROMISING, Budget, SourceQueue
from scraper.crawling.stories import KEEP_INCOMPLETE, Stories
from scraper.crawling.story_reader import StoryReader
from scraper.crawling.worker_turns import Abandoned
from scraper.extraction.workers import ReadingBroke, ReadingFailed
from scraper.ingest.answers import refusal_of_status
from scraper.politeness.robots import RobotsTxt
from scraper.sites.addresses import host_of, plain_url
from scraper.sites.site import Site
from scraper.sites.sources import (
    MAX_INDEX_PAGES,
    Feed,
    Link,
    Section,
    Sitemap,
    Source,
    Step,
    Window,
    age,
)

logger = logging.getLogger(__name__)

MAX_FEED_BYTES = 2 * 1024 * 1024
"""A feed holds the newest stories."""

REST = timedelta(hours=20)
"""How long a missing source is not requested; profiles name sources that may not exist."""
_REST_AFTER = ("http_404", "http_410", "dns_failed", "reading_broke_off")
_READ = ("announced", "too_many_links", "no_links", "not_modified")
"""Reasons of sources that did not fail."""

READ_AGAIN_AFTER = timedelta(days=30)
"""A sitemap is requested again after that time, whatever its index says."""
SETTLED = timedelta(hours=1)
"""Age of a `lastmod` when the sitemap was read from which on a change would move it."""
SETTLED_DAY = timedelta(days=2)
"""The same for one that is a bare day, in whatever zone."""

READY = 2
"""Requests for sources handed to Scrapy at a time: one in progress, one ready."""


def set_user_agent(settings: BaseSettings) -> None:
    """Set the user agent: our name and the contact."""
    settings.set(
        "USER_AGENT", f"warta/{version('warta')} (+{settings['CONTACT']})", priority="spider"
    )


class NewsSpider(Spider):
    """Crawls one site by its profile `site`.

    Arguments: since, until (YYYY-MM-DD), limit, recheck (due, all, none), plan.
    """

    site: ClassVar[Site]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.site.name

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Called by Scrapy: sets the user agent, unless one was given."""
        super().update_settings(settings)
        set_user_agent(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Called by Scrapy; opens the archive. A bad argument is one line, no traceback."""
        try:
            spider = super().from_crawler(crawler, *args, **kwargs)
            spider.crawl = Crawl.begin(crawler, cls.site.name, spider.options)
            spider.sources = spider._new_queue(crawler.settings)
        except (ArchiveError, ConfigurationError, ValueError) as error:
            raise SystemExit(f"Error: {error}") from error
        spider.reader = StoryReader(spider.crawl, cls.site)
        spider.stories = Stories(cls.site, spider.crawl, spider.request, spider.reader)
        crawler.signals.connect(spider.next_turn, signal=signals.spider_idle)
        return spider

    def __init__(self, **arguments: Any) -> None:
        self.options = Options.of(**arguments)
        super().__init__(self.site.name)
        self.crawl: Crawl
        self.reader: StoryReader
        self.stories: Stories
        self.sources: SourceQueue
        self._announced = 0
        self._stories_next = False

    def _new_queue(self, settings: BaseSettings) -> SourceQueue:
        ledger, since = self.crawl.archive.ledger, self.crawl.now() - PROMISING
        gave = ledger.announced_first(self.name, since=since)
        return SourceQueue(
            budget=Budget.of(settings, self._window),
            gave={plain_url(source) or source: count for source, count in gave.items()},
            last_checked=self._last_checked,
            rests=self._rests,
        )

    async def start(self) -> AsyncIterator[Any]:
        """Request robots.txt and the first sources; nothing before the end of a requested pause."""
        quiet = self.crawl.pacing.quiet_until
        if quiet is not None and self.crawl.now() < quiet:
            self.crawl.end_reason = "pause_requested"
            until, why = quiet.isoformat(timespec="seconds"), sentence(self.crawl.pacing.reason)
            logger.warning("%s: not crawled: no request before %s (%s)", self.name, until, why)
            return
        robots = None
        with suppress(CloseSpider), self.crawl.using_archive():
            robots = await self._robots.rules_for(self.site.home)
        if robots is None:
            return
        if not robots.allows(self.site.home):
            self.crawl.end_reason = self.crawl.end_reason or robots.refusal
            logger.warning("%s: not crawled: %s", self.name, sentence(robots.refusal))
            return
        requests: list[Request] = []
        await self._learn()
        with suppress(CloseSpider), self.crawl.using_archive():
            self.sources.add(Step(source=Sitemap(url), url=url) for url in robots.sitemaps)
            for source in (*self.site.sources, Section(self.site.home)):
                self.sources.add(source.first(self._window))
            requests = self._begin_sources()
        for request in requests:
            yield request

    async def _learn(self) -> None:
        """Learn from the kept pages, if that is due; a bug in that must not end the crawl."""
        if self.crawl.id is None:
            return
        try:
            with suppress(CloseSpider, Abandoned), self.crawl.using_archive():
                await self.reader.learn_furniture()
        except Exception:
            logger.exception("%s: its furniture could not be learnt", self.name)

    def next_turn(self) -> None:
        """Called by Scrapy when nothing waits: sources and stories have their turns."""
        if self.crawl.end_reason is not None:
            return
        turns = [self._begin_sources, self._begin_stories]
        if self._stories_next and not self.options.plan:
            turns.reverse()
        requests: list[Request] = []
        with suppress(CloseSpider), self.crawl.using_archive():
            requests = next(filter(None, (begin() for begin in turns)), [])
        engine = self.crawler.engine
        if requests and engine is not None:
            for request in requests:
                engine.crawl(request)
            raise DontCloseSpider

    def _begin_sources(self) -> list[Request]:
        """The first requests of a turn of sources; each answer leads to the next one."""
        self.sources.begin_turn()
        requests = [request for _slot in range(READY) for request in self._next_source()]
        self._stories_next = self._stories_next or bool(requests)
        return requests

    def _begin_stories(self) -> list[Request]:
        """The requests of a turn of stories."""
        if self.options.plan:
            self.crawl.planned = self.stories.plan()
            return []
        if self._stories_next:
            self.crawl.pacing.forget_failures()  # those of sources
            self._stories_next = False
        return self.stories.next_requests()

    def closed(self, reason: str) -> None:
        """A crawl without a single announced story has failed; say what the budget excluded."""
        self._note_left_out()
        if self.crawl.end_reason is None and reason == "finished" and not self._announced:
            self.crawl.end_reason = "nothing_announced"
            logger.warning(
                "%s: nothing was announced: no sitemap, feed, index or page has a single story",
                self.name,
            )

    def known_rules(self, url: str) -> RobotsTxt | None:
        """The robots.txt rules that were fetched for the URL's host."""
        return self._robots.known_rules(url)

    def request(self, url: str, callback: Callable[..., Any], **kwargs: Any) -> Request:
        """A request of this crawl; all hosts of the site share one download slot."""
        meta = {"download_slot": self.name, **kwargs.pop("meta", {})}
        return Request(url, callback=callback, meta=meta, dont_filter=True, **kwargs)

    @property
    def _robots(self) -> RobotsMiddleware:
        return RobotsMiddleware.of(self.crawler)

    @property
    def _window(self) -> Window:
        return self.crawl.window(self.site.zone)

    def _next_source(self) -> Iterator[Request]:
        """The request for the source whose turn it is; none at the end of the turn."""
        step = self.sources.take()
        if step is None:
            return
        if step.page + 1 >= MAX_INDEX_PAGES:
            limit = MAX_INDEX_PAGES
            logger.warning("%s: %s: the walk ends after %d pages", self.name, step.url, limit)
        yield self.request(
            step.url,
            self.parse_source,
            errback=self.source_failed,
            cb_kwargs={"step": step},
            headers=self._source_validators(step),
            meta=size_limit(step.source) | KEEP_INCOMPLETE,
        )

    def _note_left_out(self) -> None:
        """Count the sources that the budget excluded, and write why into the ledger."""
        count, budget = self.sources.left_out, self.sources.budget
        if not count:
            return
        self.crawl.counts["sources/source_budget"] += count
        logger.warning(
            "%s: %d sources were not requested: the crawl's budget for sources is used up "
            "(%d requests or %.0f minutes)",
            self.name,
            count,
            budget.requests,
            budget.seconds / 60,
        )
        if self.crawl.error is None and not self.options.plan:
            left = filter(None, map(plain_url, self.sources.names_left_out()))
            self.crawl.leave_out(list(islice(left, MAX_LEFT_OUT)))

    def _last_checked(self, address: str) -> datetime | None:
        entry = self.crawl.archive.ledger.entry(address, site=self.name)
        return entry.last_checked_at if entry is not None else None

    def _rests(self, address: str, checked: datetime) -> bool:
        """Whether a source was missing, or broke its reading, a few hours ago; never the home
        page.
        """
        if self.crawl.now() - checked >= REST or address == plain_url(self.site.home):
            return False
        ledger = self.crawl.archive.ledger
        reason = ledger.reason(address, site=self.name)
        if reason == "dns_failed" and not ledger.answered_after(address, site=self.name):
            return False  # no name could be resolved, perhaps
        return reason in _REST_AFTER

    @property
    def _walks_back(self) -> bool:
        """Whether a source may announce what the crawls before did not want."""
        return bool(self.options.since or self.options.until or self.options.plan)

    def _source_validators(self, step: Step) -> dict[str, bytes]:
        """An unchanged source announces nothing new, except to a walk back in time."""
        if self._walks_back:
            return {}
        address = plain_url(step.url)
        entry = address and self.crawl.archive.ledger.entry(address, site=self.name)
        if not entry or entry.state != "source":
            return {}
        return conditional_headers(entry.validators)

    async def parse_source(self, response: Response, step: Step) -> AsyncIterator[Request]:
        """Enter the links of a source into the ledger, and follow further sources."""
        try:
            reading = await self._read(response, step)
        except Abandoned:
            return
        found, announced = reading.found, reading.announced
        self._announced += len(announced.dated) + (found.problem == "not_modified")
        self.crawl.counts.update(announced.counts)
        fresh = self.crawl.announce(announced.rows, source=step.url, walk=step.source)
        steps = self._steps_after(step, found, response.url, announced.dated, fresh=fresh)
        skipped = any(row.skipped for row in announced.rows)
        reason = self._reason(step, reading)
        complete = reason in _READ and not (steps or found.sitemaps or skipped)
        lastmod = self._lastmod_to_keep(step, announced.newest, reason) if complete else None
        with self.crawl.using_archive():
            self._record_source(step, reason, response=response, complete=complete, lastmod=lastmod)
            self._spend(response.request, announced=len(found.links))
            self.sources.add(replace(further, depth=step.depth + 1) for further in steps)
            requests = list(self._next_source())
        for request in requests:
            yield request

    def _spend(self, request: Request | None, *, announced: int = 0) -> None:
        """Count a request for a source, its retries and redirects in the crawl's budget."""
        meta = request.meta if request is not None else {}
        repeated = meta.get("retry_times", 0) + meta.get("redirect_times", 0)
        self.sources.spend(requests=1 + repeated, announced=announced)

    def _steps_after(
        self, step: Step, found: Announced, base: str, stories: list[Link], *, fresh: bool
    ) -> list[Step]:
        """Where a source leads: its sitemaps, its feeds, its next page."""
        steps = [
            *(
                Step(source=Sitemap(url), url=url, lastmod=link.lastmod)
                for link in self._wanted(found)
                if (url := joined_url(base, link.url)) is not None
            ),
            *(Step(source=Feed(url), url=url) for url in found.feeds),
        ]
        steps = [further for further in steps if self.site.may_request(host_of(further.url))]
        moved = [further for further in steps if not self._has_not_moved(further)]
        if unmoved := len(steps) - len(moved):
            self.crawl.counts["sources/not_moved"] += unmoved
            self._announced += unmoved
        if found.problem not in (None, "incomplete"):
            return moved
        return [*moved, *step.source.following(step, stories, self._window, fresh=fresh)]

    def _has_not_moved(self, step: Step) -> bool:
        """Whether a sitemap was read whole, and was not modified since, as its index says."""
        address, lastmod = plain_url(step.url), step.lastmod
        if lastmod is None or address is None or self._walks_back:
            return False
        checked = self._last_checked(address)
        if checked is None or self.crawl.now() - checked >= READ_AGAIN_AFTER:
            return False
        settles = SETTLED_DAY if lastmod.time() == time(0) else SETTLED
        read = self.crawl.archive.ledger.lastmod(address, site=self.name)
        return read == lastmod and checked - lastmod >= settles

    def _lastmod_to_keep(self, step: Step, newest: datetime | None, reason: str) -> datetime | None:
        """The `lastmod` of a sitemap that was read whole, by which it need not be read again.

        None where its index is behind it: it announces a story that is newer.
        """
        lastmod, address = step.lastmod, plain_url(step.url)
        if lastmod is None or address is None or reason == "too_many_links":
            return None
        known = self.crawl.archive.ledger.lastmod(address, site=self.name)
        untrusted = reason == "not_modified" and known is None
        if untrusted or (newest is not None and newest - lastmod > SETTLED_DAY):
            return None
        return lastmod

    def _reason(self, step: Step, reading: SourceReading) -> str:
        """The reason that the ledger gets of a source that was read: a source that announced
        stories until now, and has none, has failed.
        """
        found, announced = reading.found, reading.announced
        usual = "too_many_links" if found.cut_off else "announced"
        if found.problem not in (None, "no_links"):
            return str(found.problem)
        if announced.dated or found.sitemaps:
            return usual
        address, ledger = plain_url(step.url), self.crawl.archive.ledger
        if address is None:
            return "no_links"
        if found.links:  # to other pages only: of a site's frame, or of a notice
            if self.sources.gave.get(address):
                return "empty_source"
            return usual
        announcing = ledger.was_announcing(address, site=self.name)
        return "empty_source" if announcing else "no_links"

    async def _read(self, response: Response, step: Step) -> SourceReading:
        problem = refusal_of_status(response.status)
        if response.status == 304:
            problem = "not_modified"
        if problem is not None:
            return SourceReading.without_links(problem)
        # Of sitemaps and feeds the last tag shows whether they are whole.
        ends_early = is_incomplete if isinstance(step.source, Section) else is_cut
        try:
            return await self.reader.read_source(step, response, cut=ends_early(response))
        except ReadingBroke as broke:
            logger.info("%s: %s", step.url, broke)
            return SourceReading.without_links("reading_broke_off")
        except ReadingFailed as failed:
            logger.error(  # noqa: TRY400 - the traceback is the worker's
                "%s: %s could not be read\n%s", self.name, step.url, failed
            )
            return SourceReading.without_links("extraction_failed")

    def _wanted(self, found: Announced) -> list[Link]:
        """Sitemaps of an index that may hold stories of the window, newest first."""
        since = self._window.since
        kept = [
            link
            for link in found.sitemaps
            if since is None or link.lastmod is None or link.lastmod.date() >= since
        ]
        return sorted(kept, key=lambda link: age(link.lastmod))

    def source_failed(self, failure: Failure) -> Iterator[Request]:
        """Record a source without a response; the others are used."""
        reason = refusal_of_error(failure)
        request: Request = failure.request  # type: ignore[attr-defined]
        with self.crawl.using_archive():
            if reason not in NOT_SENT:
                self._record_source(request.cb_kwargs["step"], reason)
            self._spend(request)
            requests = list(self._next_source())
        yield from requests

    def _record_source(
        self,
        step: Step,
        reason: str,
        *,
        response: Response | None = None,
        complete: bool = False,
        lastmod: datetime | None = None,
    ) -> None:
        """Record the result of a source; warn if one that used to work fails.

        Validators are kept only if nothing was skipped (the next crawl may want it) and the source
        leads nowhere else: a 304 would hide its sitemaps, feeds and pages from the next crawl, also
        after this one was killed before it requested them.
        """
        url = plain_url(step.url)
        if url is None:
            return
        if reason not in _READ:
            self._report_skipped(step, url, reason)
        elif reason == "too_many_links":
            logger.warning("%s: %s: %s", self.name, step.url, sentence(reason))
            self.crawl.counts[f"sources/{reason}"] += 1
        validators = self._kept_validators(url, reason, response if complete else None)
        check = Check(
            url=url,
            crawl_id=self.crawl.id,
            checked_at=self.crawl.now(),
            outcome="source",
            reason=reason,
            etag=validators[0],
            last_modified=validators[1],
            lastmod=lastmod,
        )
        if response is not None:
            check = replace(check, status=response.status, bytes=len(response.body))
        self.crawl.record(check)

    def _report_skipped(self, step: Step, url: str, reason: str) -> None:
        last = self.crawl.archive.ledger.reason(url, site=self.name)
        used_to_work = last in ("announced", "too_many_links", "not_modified")
        level = logging.WARNING if used_to_work else logging.INFO
        logger.log(level, "%s: source skipped: %s: %s", self.name, step.url, sentence(reason))
        self.crawl.counts[f"sources/{reason}"] += 1

    def _kept_validators(
        self, url: str, reason: str, response: Response | None
    ) -> tuple[str | None, str | None]:
        """ETag and Last-Modified: those of the response; a 304 may leave out what is known."""
        before, etag, last_modified = None, None, None
        if reason == "not_modified":
            before = self.crawl.archive.ledger.entry(url, site=self.name)
        if before is not None:
            etag, last_modified = before.etag, before.last_modified
        headers = headers_of(response) if response is not None else {}
        return headers.get("etag") or etag, headers.get("last-modified") or last_modified


def size_limit(source: Source) -> dict[str, int]:
    """Request.meta that limits the bytes of a source."""
    if isinstance(source, Sitemap):
        return {"download_maxsize": MAX_SOURCE_BYTES}
    if not isinstance(source, Feed):
        return {}
    return {"download_maxsize": MAX_FEED_BYTES}
