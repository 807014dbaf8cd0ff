"""class NewsSpider: from a site's sources to its stories' pages. A site's own file holds nothing but its profile."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.errors import ArchiveError
from archive.ledger import Check, Entry
from archive.reasons import sentence
from archive.records import Page
from archive.urls import canonical_url, joined_url
from scraper.announcements import announcements
from scraper.crawl import Crawl, Options, Planned
from scraper.discovery import MAX_SOURCE_BYTES, Announced, read_source
from scraper.middlewares.robots import RobotsMiddleware
from scraper.pages import headers_of, page_of, part_urls
from scraper.refusals import refusal_of_content, refusal_of_error, refusal_of_status
from scraper.robots import RobotsTxt
from scraper.site import Identity, Site
from scraper.sources import Feed, Link, Section, Sitemap, Step, Window

logger = logging.getLogger(__name__)

# Scrapy asks for the highest first: where links come from, the rest of a story begun, new stories newest first, known ones.
SOURCE_PRIORITY = 100_000
PART_PRIORITY = 50_000
NEW_PRIORITY = 10_000
KNOWN_PRIORITY = 0

MAX_PARTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A request for a story that brought no page; goes through the pipelines to the ledger like a page."""

    entry: Entry
    outcome: str
    """`not_modified`, `gone`, `refused` or `failed`."""
    checked_at: datetime
    reason: str | None = None
    status: int | None = None
    headers: dict[str, str] | None = None


class NewsSpider(Spider):
    """Crawls one site by its profile. Arguments: since, until (YYYY-MM-DD), limit, recheck (due, all, none), plan."""

    site: ClassVar[Site]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.site.name

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Called by Scrapy; opens the archive. A bad argument or archive ends the program with one plain line."""
        try:
            spider = super().from_crawler(crawler, *args, **kwargs)
            spider.crawl = Crawl.begin(crawler, cls.site.name, spider.options)
        except (ArchiveError, ValueError) as error:
            raise SystemExit(f"Error: {error}") from error
        return spider

    def __init__(
        self,
        since: str | None = None,
        until: str | None = None,
        limit: str | None = None,
        recheck: str = "due",
        plan: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(self.site.name, **kwargs)
        self.options = Options.of(since=since, until=until, limit=limit, recheck=recheck, plan=plan)
        self.crawl: Crawl
        self._asked: set[str] = set()  # addresses of sources and stories that this crawl has asked for
        self._announced = 0

    # Sources -----------------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """robots.txt first; then every source of the profile, and what earlier crawls left to do."""
        robots = await self._robots.rules_for(self.site.home)
        refusal = "robots_unavailable" if robots.unavailable else None if robots.allows(self.site.home) else "robots_forbidden"
        if refusal is not None:
            self.crawl.end_reason = refusal
            logger.warning("%s: not crawled: %s", self.name, sentence(refusal))
            return
        self._slow_down(robots)
        for entry in self.crawl.frontier():
            for request in self._story_requests([entry]):
                yield request
        for source in (*map(Sitemap, robots.sitemaps), *self.site.sources, Section(self.site.home)):
            for step in source.first(self._window):
                for request in self._source_requests([step]):
                    yield request

    @property
    def _robots(self) -> RobotsMiddleware:
        middleware = self.crawler.get_downloader_middleware(RobotsMiddleware)
        assert middleware is not None
        return middleware

    @property
    def _window(self) -> Window:
        return self.crawl.window(self.site.zone)

    def _slow_down(self, robots: RobotsTxt) -> None:
        """A Crawl-delay longer than our own is kept to."""
        engine = self.crawler.engine
        if engine is not None and robots.crawl_delay > self.settings.getfloat("DOWNLOAD_DELAY"):
            _key, slot = engine.downloader._get_slot(self._request(self.site.home, print))
            slot.delay = robots.crawl_delay

    def _request(self, url: str, callback: Callable[..., Any], **kwargs: Any) -> Request:
        meta = {"download_slot": self.name, **kwargs.pop("meta", {})}
        return Request(url, callback=callback, meta=meta, dont_filter=True, **kwargs)

    def _source_requests(self, steps: Sequence[Step]) -> Iterator[Request]:
        for step in steps:
            identity = _plain(step.url)
            if identity is None or identity in self._asked:
                continue
            self._asked.add(identity)
            yield self._request(
                step.url, self.parse_source, errback=self.source_failed, cb_kwargs={"step": step}, priority=SOURCE_PRIORITY,
                meta={"download_maxsize": MAX_SOURCE_BYTES} if isinstance(step.source, Sitemap) else {},
            )  # fmt: skip

    def parse_source(self, response: Response, step: Step) -> Iterator[Request]:
        """Links of a sitemap, feed, index or section into the ledger; stories to ask for and further sources out."""
        refusal = refusal_of_status(response.status)
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        found = Announced(problem=refusal) if refusal else read_source(step.source, response.body, response.url, content_type)
        announced = announcements(self.site, found.links, self._window)
        self._announced += len(announced.dated)
        self.crawl.counts.update(announced.uncounted)
        entries, fresh = self.crawl.announce(announced.rows, source=step.url)
        reason = found.problem or ("announced" if found.links or found.sitemaps else "no_links")
        self._record_source(step, reason, status=response.status, size=len(response.body))
        yield from self._story_requests(entries)
        maps = filter(None, (joined_url(response.url, link.url) for link in self._wanted(found)))
        sitemaps = [Step(source=Sitemap(url), url=url) for url in maps]
        feeds = [Step(source=Feed(url), url=url) for url in found.feeds]
        own = [further for further in (*sitemaps, *feeds) if self.site.may_ask(_host(further.url))]
        further = [] if found.problem else step.source.following(step, announced.dated, self._window, fresh=fresh)
        yield from self._source_requests([*own, *further])

    def source_failed(self, failure: Failure) -> None:
        """A source that gave no answer is written down; the others are used."""
        step: Step = failure.request.cb_kwargs["step"]  # type: ignore[attr-defined]
        self._record_source(step, refusal_of_error(failure), status=None, size=0)

    def _wanted(self, found: Announced) -> list[Link]:
        """Sitemaps of an index that may hold stories of the window, newest first."""
        since = self._window.since
        kept = [link for link in found.sitemaps if since is None or link.lastmod is None or link.lastmod.date() >= since]
        return sorted(kept, key=lambda link: link.lastmod.timestamp() if link.lastmod else 0.0, reverse=True)

    def _record_source(self, step: Step, reason: str, *, status: int | None, size: int) -> None:
        """Write down what a source gave; say it aloud when one that used to work fails, or fails in an unusual way."""
        url = _plain(step.url)
        if url is None:
            return
        if reason not in ("announced", "no_links"):
            expected = reason == "http_404" and self.crawl.archive.ledger.reason(url) != "announced"
            logger.log(
                logging.INFO if expected else logging.WARNING, "%s: source left aside: %s: %s", self.name, step.url, sentence(reason)
            )
            self.crawl.counts[f"sources/{reason}"] += 1
        now = self.crawl.now()
        self.crawl.record(
            Check(url=url, crawl_id=self.crawl.id, checked_at=now, outcome="source", status=status, reason=reason, bytes=size)
        )

    # Stories -----------------------------------------------------------------------------------------------------------

    def _story_requests(self, entries: Sequence[Entry]) -> Iterator[Request]:
        for entry in entries:
            if entry.key in self._asked:
                continue
            self._asked.add(entry.key)
            if self.options.plan:
                self.crawl.planned.append(Planned.of(entry))
                continue
            self.crawl.counts["wanted"] += 1
            yield self._request(
                entry.url, self.parse_story, errback=self.story_failed, cb_kwargs={"entry": entry}, meta={"story": True},
                headers=entry.validators, priority=self._priority(entry),
            )  # fmt: skip

    def _priority(self, entry: Entry) -> int:
        if entry.checks:
            return KNOWN_PRIORITY
        age = (self.crawl.now() - entry.published_at).days if entry.published_at else 0
        return NEW_PRIORITY - min(max(age, 0), NEW_PRIORITY - 1)

    def parse_story(self, response: Response, entry: Entry) -> Iterator[Page | Miss | Request]:
        """A story's first page; its further pages are asked for before it goes on."""
        outcome, reason = self._judge(response, entry)
        if outcome is not None:
            yield self._miss(entry, outcome, reason, response)
            return
        page = page_of(response, site=self.name, requested_url=entry.url, fetched_at=self.crawl.now())
        parts = part_urls(page, self.site)[: MAX_PARTS - 1]
        yield from self._go_on(page, parts, entry)

    def _judge(self, response: Response, entry: Entry) -> tuple[str | None, str | None]:
        """(outcome, reason) of an answer that is no page of this story; (None, None) for a page."""
        if response.status == 304:
            return "not_modified", None
        if response.status in (404, 410):
            return "gone", f"http_{response.status}"
        refusal = refusal_of_status(response.status)
        if refusal:
            return "failed", refusal
        named = self.site.identify(response.url)
        if not isinstance(named, Identity) or named.key != entry.key:
            return "refused", "redirect_not_article"
        refusal = refusal_of_content(response)
        return ("failed" if refusal == "empty_page" else "refused", refusal) if refusal else (None, None)

    def _go_on(self, page: Page, parts: list[str], entry: Entry) -> Iterator[Page | Request]:
        if not parts:
            yield page
            return
        yield self._request(
            parts[0], self.parse_part, errback=self.part_failed, priority=PART_PRIORITY,
            cb_kwargs={"page": page, "parts": parts[1:], "entry": entry},
        )  # fmt: skip

    def parse_part(self, response: Response, page: Page, parts: list[str], entry: Entry) -> Iterator[Page | Request]:
        """A further page of a story; one that is not to be had is missed, and the story goes on without it."""
        outcome, _reason = self._judge(response, entry)
        if outcome is not None:
            page = replace(page, missing_parts=page.missing_parts + 1)
        else:
            part = page_of(response, site=self.name, requested_url=response.url, fetched_at=self.crawl.now())
            page = replace(page, parts=(*page.parts, part))
        yield from self._go_on(page, parts, entry)

    def part_failed(self, failure: Failure) -> Iterator[Page | Request]:
        """A further page that gave no answer is missed."""
        kwargs = failure.request.cb_kwargs  # type: ignore[attr-defined]
        page = replace(kwargs["page"], missing_parts=kwargs["page"].missing_parts + 1)
        yield from self._go_on(page, kwargs["parts"], kwargs["entry"])

    def story_failed(self, failure: Failure) -> Iterator[Miss]:
        """A story that gave no answer."""
        reason = refusal_of_error(failure)
        entry: Entry = failure.request.cb_kwargs["entry"]  # type: ignore[attr-defined]
        if reason == "limit":
            return
        refused = reason in ("private_address", "foreign_site", "redirect_offsite", "robots_forbidden")
        yield Miss(entry=entry, outcome="refused" if refused else "failed", reason=reason, checked_at=self.crawl.now())

    def _miss(self, entry: Entry, outcome: str, reason: str | None, response: Response) -> Miss:
        return Miss(
            entry=entry, outcome=outcome, reason=reason, status=response.status, headers=headers_of(response), checked_at=self.crawl.now()
        )

    def known_rules(self, url: str) -> RobotsTxt | None:
        """The robots.txt rules that were fetched for the URL's host."""
        return self._robots.known_rules(url)

    def closed(self, reason: str) -> None:
        """A crawl to which nothing at all was announced has failed, whatever the reason."""
        if self.crawl.end_reason is None and reason == "finished" and not self._announced:
            self.crawl.end_reason = "nothing_announced"
            logger.warning("%s: nothing was announced: no sitemap, feed, index or page gave a single story", self.name)


def _plain(url: str) -> str | None:
    try:
        return canonical_url(url)
    except ValueError:
        return None


def _host(url: str) -> str:
    plain = _plain(url)
    return plain.split("/")[2] if plain else ""
