"""class Crawl: one run of one spider; the archive, clock and counts that its components share."""

import asyncio
import logging
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Self
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.settings import BaseSettings

from archive.archive import Archive
from archive.errors import BREAKS_ON_DAMAGE, ArchiveError
from archive.ledger.ledger import Frontier
from archive.maintenance.values import explanation
from archive.records import Announcement, Check, Entry
from scraper.configuration import ConfigurationError, Fleet
from scraper.crawling.worker_turns import WorkerTurns
from scraper.extraction.workers import MEGABYTE, Limits
from scraper.politeness.leases import Lease, take, take_all
from scraper.politeness.pacing import Pacing
from scraper.sites.sources import Source, Window, age

logger = logging.getLogger(__name__)

RECHECKS = ("due", "all", "none")
KEEPS = ("changed", "all", "first")
"""Pages whose bytes are kept: those that made a revision, all, or only a story's first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The arguments of a crawl."""

    since: date | None = None
    """First day of publication, in the site's time zone; None for all."""
    until: date | None = None
    """Last day of publication, in the site's time zone; None for all."""
    limit: int | None = None
    """Stories requested at most; None for no limit."""
    recheck: str = "due"
    """Which known stories are requested again: one of RECHECKS."""
    plan: bool = False
    """Report what would be fetched; fetch no article, write nothing."""

    @classmethod
    def of(cls, **arguments: str | None) -> Self:
        """Read a spider's arguments; raises ValueError with a sentence for the user."""
        arguments.pop("_job", None)  # added by Scrapyd
        known = [option.name for option in fields(cls)]
        if unknown := arguments.keys() - set(known):
            names = ", ".join(known)
            raise ValueError(f"{min(unknown)}: there is no such argument; there are {names}")
        read = {name: _READERS[name](name, text) for name, text in arguments.items() if text}
        return cls(**read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A story that a crawl would fetch, and why."""

    site: str
    url: str
    why: str
    """Its state and last check, as a sentence."""
    published_at: datetime | None = None
    """As its source or URL says; None if neither does."""

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The plan for an entry of the ledger."""
        why, last = "never requested", "never"
        if entry.last_checked_at is not None:
            last = entry.last_checked_at.isoformat(timespec="minutes")
        if entry.checks:
            why = f"{entry.state}, last checked {last}"
        return cls(site=entry.site, url=entry.url, why=why, published_at=entry.published_at)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name}={text}: expected a day like 2026-01-31") from None


def _count(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name}={text}: expected a number from 1")
    return int(text)


def _choice(name: str, text: str) -> str:
    if text not in RECHECKS:
        raise ValueError(f"{name}={text}: expected one of {', '.join(RECHECKS)}")
    return text


def _yes(name: str, text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise ValueError(f"{name}={text}: expected 0 or 1")
    return text.lower() in ("1", "true", "yes")


_READERS: dict[str, Callable[[str, str], Any]] = {
    "since": _day,
    "until": _day,
    "limit": _count,
    "recheck": _choice,
    "plan": _yes,
}


def _order(entry: Entry) -> tuple[bool, bool, float, int]:
    """The order of the ledger's frontier: never requested first, then the newest."""
    known = entry.checks > 0 or entry.due_reason == "imported"
    return (entry.due_reason == "retry_last", known, age(entry.published_at), entry.id)


SLACK = timedelta(minutes=1)
"""How far the clocks of several machines may differ without a warning."""


class _Undo(Exception):
    """Rolls back the transaction of a plan."""


@dataclass(slots=True, weakref_slot=True)
class Crawl:
    """What the spider, middlewares and pipelines of a crawler share; see `Crawl.of(crawler)`."""

    crawler: Crawler
    archive: Archive
    site: str
    options: Options
    pacing: Pacing
    keep: str = "changed"
    unanswered: int = 0
    """Latest conditional requests in a row that got a whole page, when the crawl began."""
    fixed_now: datetime | None = None
    """Aware; replaces the system clock."""
    id: int | None = None
    """Number of its row in the archive; None for a plan."""
    counts: Counter[str] = field(default_factory=Counter)
    planned: list[Planned] = field(default_factory=list)
    end_reason: str | None = None
    """Why it ends early; None if it does not."""
    error: str | None = None
    """A sentence for the user if the archive could not be written."""
    ended: str | None = None
    """Why it ended; None if it crashed."""
    drifts: list[str] = field(default_factory=list)
    """A sentence for each layout that drifted from the site's past; its articles are marked."""
    rehearsed: list[Entry] = field(default_factory=list)
    """What the sources of a plan announced."""
    turns: WorkerTurns = field(init=False)
    """Of its readings in the worker processes."""
    line: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    """In which requests wait to be sent."""
    _sound: bool = False
    """Whether every value of the archive was found readable after a failure."""
    _announced: set[str] = field(default_factory=set)
    _walked: defaultdict[Source, set[str]] = field(default_factory=lambda: defaultdict(set))
    _temporary: tempfile.TemporaryDirectory[str] | None = None
    _stopping: asyncio.Future[None] | None = None
    _locks: ExitStack | None = None
    _lease: Lease | None = None

    _running: ClassVar[WeakKeyDictionary[Crawler, "Crawl"]] = WeakKeyDictionary()

    @classmethod
    def begin(cls, crawler: Crawler, site: str, options: Options) -> Self:
        """Open the archive of the settings and record that a crawl began.

        Holds the site's locks until its end; a plan, which writes nothing, holds only the lock on
        requests to the site. Raises ArchiveError, ValueError for a setting.
        """
        path = Path(crawler.settings["ARCHIVE"])
        fixed_now, keep = _fixed_now(crawler.settings), _kept(crawler.settings)
        temporary = tempfile.TemporaryDirectory() if options.plan and not path.exists() else None
        archive = Archive(Path(temporary.name) / "plan.db" if temporary else path)
        crawl = cls(
            crawler=crawler,
            archive=archive,
            site=site,
            options=options,
            pacing=Pacing.of(site, crawler.settings, archive.backoffs.of(site)),
            keep=keep,
            fixed_now=fixed_now,
            _temporary=temporary,
        )
        number, limits = max(1, crawler.settings.getint("READERS")), _limits(crawler.settings)
        crawl.turns = WorkerTurns(number, limits, is_ending=lambda: crawl.ending)
        try:
            crawl._take(None if options.plan else path)
        except (ArchiveError, ConfigurationError):
            crawl._close()
            raise
        crawl.unanswered = crawl.archive.ledger.unanswered(site)
        if not options.plan:
            crawl._record_begin()
        cls._running[crawler] = crawl
        return crawl

    def _take(self, archive: Path | None) -> None:
        """Take the locks and the lease; the demonstration's site is on this machine."""
        fleet = Fleet() if self.crawler.settings.get("DEMO") else None
        self._locks = take_all(archive, [self.site], fleet=fleet)
        self._lease = self._locks.enter_context(take(self.site, archive, fleet=fleet))

    @property
    def lease(self) -> Lease:
        """The right to request pages of the site."""
        assert self._lease is not None
        return self._lease

    def note_pace(self) -> None:
        """Note what whoever crawls the site next must wait for."""
        if self._lease is not None and (claim := self._lease.claim) is not None:
            claim.note(delay=self.pacing.pace.delay, pause=self.pacing.promised(self.now()))

    def lose(self) -> None:
        """End the crawl: another process has the site."""
        if not self.stopping:
            self.pacing.close()
            self.stop("lease_lost")

    def _record_begin(self) -> None:
        latest, now = self.archive.clock.latest(), self.now()
        if latest is not None and latest - now > SLACK:
            logger.warning(
                "%s: the system clock says %s, but the archive was last written at %s: "
                "what is kept now gets the archive's time",
                self.site,
                now.isoformat(timespec="seconds"),
                latest.isoformat(timespec="seconds"),
            )
        given = {
            name: getattr(self.options, name) for name in ("since", "until", "limit", "recheck")
        }
        given["demo"] = self.crawler.settings.get("DEMO")
        arguments = {name: str(value) for name, value in given.items() if value is not None}
        with self.archive.transaction(now):
            self.id = self.archive.crawls.begin(
                self.site, version=version("warta"), arguments=arguments
            )

    @classmethod
    def of(cls, crawler: Crawler) -> "Crawl":
        """The crawl that this crawler runs."""
        return cls._running[crawler]

    @classmethod
    def find(cls, crawler: Crawler) -> "Crawl | None":
        """The crawl that this crawler runs, or None if it never began."""
        return cls._running.get(crawler)

    def now(self) -> datetime:
        """The time, UTC, with a fleet its server's, or the setting NOW; a crawl's only clock."""
        ahead = self._lease.ahead if self._lease is not None else timedelta(0)
        return self.fixed_now or datetime.now(UTC) + ahead

    def window(self, zone: ZoneInfo) -> Window:
        """The days of publication that are wanted, in the site's zone."""
        today = self.now().astimezone(zone).date()
        return Window(today=today, since=self.options.since, until=self.options.until)

    def slot(self, name: str | None = None) -> Slot | None:
        """Scrapy's download slot of the site, or of another name; None before its first request."""
        engine = self.crawler.engine
        return engine.downloader.slots.get(name or self.site) if engine is not None else None

    def slot_of(self, request: Request) -> Slot | None:
        """The download slot of a request; None before its first one."""
        return self.slot(str(request.meta.get("download_slot")))

    def announce(self, links: Sequence[Announcement], source: str, *, walk: Source) -> bool:
        """Enter links into the ledger; return whether any story is new to this walk of a source."""
        stories = {link.key for link in links if link.refused is None}
        self.counts["announced"] += len(stories - self._announced)
        self._announced |= stories
        fresh = bool(stories - self._walked[walk])
        self._walked[walk] |= stories
        for link in links:
            if link.refused is not None:
                self.counts[f"refused/{link.refused}"] += 1
        with suppress(_Undo), self.writing():
            wanted = self.archive.ledger.announce(
                self.site, links, source=source, counts=self.counts
            )
            if self.options.plan:
                self.rehearsed += wanted
                raise _Undo
        return fresh

    def frontier(self, *, skipping: Container[int] = ()) -> Frontier:
        """What is due, in order, but for rows of the ledger with these numbers."""
        return self.archive.ledger.frontier(
            self.site, now=self.now(), recheck=self.options.recheck, skipping=skipping
        )

    def foreseen(self) -> list[Entry]:
        """What a plan would request: what is due, and what the sources would have added."""
        kept = list(self.frontier())
        known = {entry.key for entry in kept}
        new = {entry.key: entry for entry in self.rehearsed if entry.key not in known}
        if self.options.recheck == "none":
            new = {key: entry for key, entry in new.items() if not entry.checks}
        if new:
            return sorted([*kept, *new.values()], key=_order)
        return kept

    def record(self, check: Check) -> None:
        """Record a check in a transaction of its own; a plan writes nothing."""
        if not self.options.plan:
            with self.writing():
                self.archive.ledger.record(check, site=self.site)

    def leave_out(self, sources: Sequence[str]) -> None:
        """Write that sources were not requested, in a transaction of its own."""
        with suppress(CloseSpider), self.writing():
            self.archive.ledger.leave_out(sources, site=self.site, why="source_budget")

    def keep_backoff(self) -> None:
        """Store the site's backoff for the next crawl; a plan writes nothing."""
        if not self.options.plan:
            with suppress(CloseSpider), self.writing():
                self.pacing.keep(self.archive.backoffs, now=self.now())

    @property
    def stopping(self) -> bool:
        """Whether it ends early."""
        return self._stopping is not None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction; an archive that cannot be written ends the crawl with its sentence."""
        with self.using_archive(), self.archive.transaction(self.now()):
            yield

    @contextmanager
    def using_archive(self) -> Iterator[None]:
        """End the crawl with a sentence where the archive fails or holds a value that is broken.

        Raises CloseSpider then; what else fails is a bug, and passes.
        """
        try:
            yield
        except (ArchiveError, *BREAKS_ON_DAMAGE) as error:
            # Every value is read to find one: for the first failure of a crawl only.
            found = None if self._sound else explanation(error, self.archive.path)
            if found is None and not isinstance(error, ArchiveError):
                self._sound = True
                raise
            self.error = self.error or str(found or error)
            self.stop("archive_failed")
            raise CloseSpider("archive_failed") from error

    def stop(self, reason: str) -> None:
        """End the crawl early: finish what is in progress, request nothing more."""
        self.end_reason = reason
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None and self._stopping is None:
            self._stopping = asyncio.ensure_future(engine.close_spider_async(reason=reason))

    def give_up(self, failing: int, what: str) -> None:
        """End the crawl of a site of which so many addresses in a row failed; `what` says how."""
        if self.stopping:
            return
        logger.warning(
            "%s: %d addresses in a row %s: the crawl of this site ends", self.site, failing, what
        )
        self.pacing.close()
        self.stop("site_failing")

    def end(self, reason: str, received: int) -> None:
        """Record how it ended, and close the archive."""
        self.ended = reason
        try:
            if self.id is not None and self.error is None:
                self.keep_backoff()
                with self.archive.transaction(self.now()):
                    self.archive.crawls.end(
                        self.id, counts=self.counts, received=received, reason=reason
                    )
        finally:
            self._close()

    @property
    def ending(self) -> bool:
        """Whether it is being stopped: what a page does must not hold it up."""
        return self.stopping or not self.crawler.crawling

    def _close(self) -> None:
        self.turns.close()
        self.archive.close()
        if self._locks is not None:
            self.note_pace()
            self._locks.close()
        if self._temporary is not None:
            self._temporary.cleanup()


class Component:
    """What Scrapy's middlewares, pipelines and extensions share: the crawler and its crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    @property
    def _crawl(self) -> Crawl:
        return Crawl.of(self._crawler)


def _limits(settings: BaseSettings) -> Limits:
    """The settings READING_DEADLINE and READING_MEMORY."""
    return Limits(
        deadline=settings.getfloat("READING_DEADLINE"),
        memory=settings.getint("READING_MEMORY") * MEGABYTE,
    )


def _fixed_now(settings: BaseSettings) -> datetime | None:
    """The setting NOW."""
    text = settings.get("NOW")
    if not text:
        return None
    now = datetime.fromisoformat(text)
    if now.tzinfo is None:
        raise ValueError(
            f"NOW={text}: expected a time with its offset, like 2026-01-31T08:00:00+07:00"
        )
    return now


def _kept(settings: BaseSettings) -> str:
    """The setting KEEP."""
    keep = str(settings["KEEP"])
    if keep not in KEEPS:
        raise ValueError(f"KEEP={keep}: expected one of {', '.join(KEEPS)}")
    return keep
