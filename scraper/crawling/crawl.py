"""class Crawl: one run of one spider, with the archive, the clock and the counts that its
components share.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.records import Announcement, Check, Entry
from scraper.politeness.locks import locks_of
from scraper.politeness.pacing import Pacing
from scraper.sites.sources import Source, Window

logger = logging.getLogger(__name__)

RECHECKS = ("due", "all", "none")
KEEPS = ("changed", "all", "first")
"""Which pages' bytes are kept: those that made a revision, all that were read, or only a story's
first.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a crawl was asked to do."""

    since: date | None = None
    until: date | None = None
    limit: int | None = None
    """Stories asked for at most."""
    recheck: str = "due"
    plan: bool = False
    """Say what would be fetched; fetch no article, write nothing."""

    @classmethod
    def of(cls, **arguments: str | None) -> Options:
        """Options from a spider's arguments, which are texts; raises ValueError with a sentence for
        the user.
        """
        arguments.pop("_job", None)  # added by Scrapyd
        unknown = arguments.keys() - {option.name for option in fields(cls)}
        if unknown:
            raise ValueError(
                f"{min(unknown)}: there is no such argument; there are {', '.join(o.name for o in fields(cls))}"
            )
        read = {name: _READERS[name](name, text) for name, text in arguments.items() if text}
        return cls(**read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A story that a crawl would fetch, and why."""

    site: str
    url: str
    why: str
    published_at: datetime | None = None

    @classmethod
    def of(cls, entry: Entry) -> Planned:
        """The plan for an entry of the ledger."""
        last = (
            entry.last_checked_at.isoformat(timespec="minutes")
            if entry.last_checked_at
            else "never"
        )
        why = f"{entry.state}, last checked {last}" if entry.checks else "never asked for"
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


def _order(entry: Entry) -> tuple[bool, float, int]:
    """As the ledger's frontier: never asked first, newest story first."""
    return (
        entry.checks > 0 or entry.due_reason == "imported",
        -(entry.published_at.timestamp() if entry.published_at else 0.0),
        entry.id,
    )


SLACK = timedelta(minutes=1)
"""How far the clocks of several computers may be apart before it is worth a word."""


class _Undo(Exception):
    """Takes back a transaction that was only a rehearsal."""


@dataclass(slots=True, weakref_slot=True)
class Crawl:
    """Shared by the spider, the middlewares and the pipelines of one crawler; `Crawl.of(crawler)`
    finds it.
    """

    crawler: Crawler
    archive: Archive
    site: str
    options: Options
    pacing: Pacing
    keep: str = "changed"
    unanswered: int = 0
    """Conditional requests in a row that the site had answered with the whole page when the crawl
    began.
    """
    fixed_now: datetime | None = None
    id: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    planned: list[Planned] = field(default_factory=list)
    end_reason: str | None = None
    """Why it ended before its time; None while all is well."""
    error: str | None = None
    """A sentence for the user where the archive could not be written."""
    ended: str | None = None
    """Why it ended in the end; None for one that broke."""
    drifts: list[str] = field(default_factory=list)
    """A sentence for each layout that reads otherwise than the site's past; its articles are
    marked.
    """
    rehearsed: list[Entry] = field(default_factory=list)
    """What a plan's sources announced."""
    _announced: set[str] = field(default_factory=set)
    _walked: defaultdict[Source, set[str]] = field(default_factory=lambda: defaultdict(set))
    _temporary: tempfile.TemporaryDirectory[str] | None = None
    _stopping: asyncio.Future[None] | None = None
    _lock: ExitStack | None = None

    _running: ClassVar[WeakKeyDictionary[Crawler, Crawl]] = WeakKeyDictionary()

    @classmethod
    def begin(cls, crawler: Crawler, site: str, options: Options) -> Crawl:
        """Open the archive that the settings name and write down that a crawl began; raises
        ArchiveError.

        It holds the site's locks until its end; a plan, which writes nothing, only that of asking
        the site.
        """
        path = Path(crawler.settings["ARCHIVE"])
        fixed = crawler.settings.get("NOW")
        temporary = tempfile.TemporaryDirectory() if options.plan and not path.exists() else None
        if fixed and datetime.fromisoformat(fixed).tzinfo is None:
            raise ValueError(
                f"NOW={fixed}: expected a time with its offset, like 2026-01-31T08:00:00+07:00"
            )
        keep = crawler.settings["KEEP"]
        if keep not in KEEPS:
            raise ValueError(f"KEEP={keep}: expected one of {', '.join(KEEPS)}")
        archive = Archive(Path(temporary.name) / "plan.db" if temporary else path)
        crawl = cls(
            crawler=crawler,
            archive=archive,
            site=site,
            options=options,
            pacing=Pacing.of(site, crawler.settings, archive.backoffs.of(site)),
            keep=keep,
            fixed_now=datetime.fromisoformat(fixed) if fixed else None,
            _temporary=temporary,
        )
        try:
            crawl._lock = locks_of(None if options.plan else path, [site])
        except ArchiveError:
            crawl.archive.close()
            if temporary is not None:
                temporary.cleanup()
            raise
        crawl.unanswered = crawl.archive.ledger.unanswered(site)
        if not options.plan:
            crawl._tell_the_clock()
            arguments = {
                "since": options.since,
                "until": options.until,
                "limit": options.limit,
                "recheck": options.recheck,
            }
            arguments["demo"] = crawler.settings.get("DEMO")
            plain = {name: str(value) for name, value in arguments.items() if value is not None}
            with crawl.archive.transaction(crawl.now()):
                crawl.id = crawl.archive.crawls.begin(
                    site, version=version("warta"), arguments=plain
                )
        cls._running[crawler] = crawl
        return crawl

    @classmethod
    def of(cls, crawler: Crawler) -> Crawl:
        """The crawl that this crawler runs."""
        return cls._running[crawler]

    @classmethod
    def find(cls, crawler: Crawler) -> Crawl | None:
        """The same, or None where the crawl never began."""
        return cls._running.get(crawler)

    def now(self) -> datetime:
        """The time, or the one that the setting NOW fixes; the only clock of a crawl."""
        return self.fixed_now or datetime.now(UTC)

    def _tell_the_clock(self) -> None:
        """A computer's clock that went back makes the archive's moments later than its own; nothing
        else comes of it.
        """
        latest = self.archive.clock.latest()
        if latest is not None and latest - self.now() > SLACK:
            logger.warning(
                "%s: this computer's clock says %s, but the archive was last written at %s: what is kept now gets the archive's time",
                self.site,
                self.now().isoformat(timespec="seconds"),
                latest.isoformat(timespec="seconds"),
            )

    def window(self, zone: ZoneInfo) -> Window:
        """The days that are wanted."""
        return Window(
            today=self.now().astimezone(zone).date(),
            since=self.options.since,
            until=self.options.until,
        )

    def announce(self, links: Sequence[Announcement], source: str, *, walk: Source) -> bool:
        """Write links into the ledger; whether any story was new to this walk of the source."""
        stories = {link.key for link in links if link.refused is None}
        self.counts["announced"] += len(stories - self._announced)
        self._announced |= stories
        fresh = bool(stories - self._walked[walk])
        self._walked[walk] |= stories
        for link in links:
            if link.refused is not None:
                self.counts[f"refused/{link.refused}"] += 1
        with suppress(_Undo), self.writing():
            wanted = self.archive.ledger.announce(self.site, links, source=source)
            if self.options.plan:
                self.rehearsed += wanted
                raise _Undo
        return fresh

    def frontier(self) -> list[Entry]:
        """What is to be asked for, in order; in a plan with what the sources would have added."""
        kept = self.archive.ledger.frontier(self.site, now=self.now(), recheck=self.options.recheck)
        known = {entry.key for entry in kept}
        new = {entry.key: entry for entry in self.rehearsed if entry.key not in known}
        if self.options.recheck == "none":
            new = {key: entry for key, entry in new.items() if not entry.checks}
        return sorted([*kept, *new.values()], key=_order) if new else kept

    def record(self, check: Check) -> None:
        """Write down a check by itself; a plan writes nothing."""
        if not self.options.plan:
            with self.writing():
                self.archive.ledger.record(check, site=self.site)

    def note_manners(self) -> None:
        """Remember what the site asks for; a plan writes nothing."""
        if not self.options.plan:
            with suppress(CloseSpider), self.writing():
                self.pacing.keep(self.archive.backoffs, now=self.now())

    @property
    def stopping(self) -> bool:
        """Whether it was told to end before its time."""
        return self._stopping is not None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction; an archive that takes no more writes ends the crawl with its sentence."""
        try:
            with self.archive.transaction(self.now()):
                yield
        except ArchiveError as error:
            self.error = self.error or str(error)
            self.stop("archive_failed")
            raise CloseSpider("archive_failed") from error

    def stop(self, reason: str) -> None:
        """End the crawl early: what is under way is finished, nothing more is asked."""
        self.end_reason = reason
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None and self._stopping is None:
            self._stopping = asyncio.ensure_future(engine.close_spider_async(reason=reason))

    def end(self, reason: str, received: int) -> None:
        """Write down how it ended, and close the archive."""
        self.ended = reason
        try:
            if self.id is not None and self.error is None:
                self.note_manners()
                with self.archive.transaction(self.now()):
                    self.archive.crawls.end(
                        self.id, counts=self.counts, received=received, reason=reason
                    )
        finally:
            self.archive.close()
            if self._lock is not None:
                self._lock.close()
            if self._temporary is not None:
                self._temporary.cleanup()
