"""class Crawl: one run of one spider, with the archive, the clock and the counts that its components share."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, TypeVar
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from scrapy.crawler import Crawler

from archive.ledger import Announcement, Check, Entry
from archive.store import Archive
from scraper.sources import Window

RECHECKS = ("due", "all", "none")

T = TypeVar("T")


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
    def of(cls, *, since: str | None, until: str | None, limit: str | None, recheck: str, plan: str) -> Options:
        """Options from a spider's arguments, which are texts; raises ValueError with a sentence for the user."""
        if recheck not in RECHECKS:
            raise ValueError(f"recheck={recheck}: expected one of {', '.join(RECHECKS)}")
        return cls(
            since=_read("since", since, date.fromisoformat, "a day like 2026-01-31"),
            until=_read("until", until, date.fromisoformat, "a day like 2026-01-31"),
            limit=_read("limit", limit, int, "a number"),
            recheck=recheck,
            plan=bool(plan),
        )


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
        last = entry.last_checked_at.isoformat(timespec="minutes") if entry.last_checked_at else "never"
        why = f"{entry.state}, last checked {last}" if entry.checks else "never asked for"
        return cls(site=entry.site, url=entry.url, why=why, published_at=entry.published_at)


def _read(name: str, text: str | None, read: Callable[[str], T], expected: str) -> T | None:
    try:
        return read(text) if text else None
    except ValueError:
        raise ValueError(f"{name}={text}: expected {expected}") from None


class _Undo(Exception):
    """Takes back a transaction that was only a rehearsal."""


@dataclass(slots=True, weakref_slot=True)
class Crawl:
    """Shared by the spider, the middlewares and the pipelines of one crawler; `Crawl.of(crawler)` finds it."""

    archive: Archive
    site: str
    options: Options
    fixed_now: datetime | None = None
    id: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    planned: list[Planned] = field(default_factory=list)
    end_reason: str | None = None
    """Why it ended before its time; None while all is well."""
    error: str | None = None
    """A sentence for the user where the archive could not be written."""
    _seen: set[str] = field(default_factory=set)
    _temporary: tempfile.TemporaryDirectory[str] | None = None
    _stopping: asyncio.Future[None] | None = None

    _running: ClassVar[WeakKeyDictionary[Crawler, Crawl]] = WeakKeyDictionary()

    @classmethod
    def begin(cls, crawler: Crawler, site: str, options: Options) -> Crawl:
        """Open the archive that the settings name and write down that a crawl began; raises ArchiveError."""
        path = Path(crawler.settings["ARCHIVE"])
        temporary = tempfile.TemporaryDirectory() if options.plan and not path.exists() else None
        fixed = crawler.settings.get("NOW")
        crawl = cls(
            archive=Archive(Path(temporary.name) / "plan.db" if temporary else path),
            site=site,
            options=options,
            fixed_now=datetime.fromisoformat(fixed) if fixed else None,
            _temporary=temporary,
        )
        if not options.plan:
            arguments = {"since": options.since, "until": options.until, "limit": options.limit, "recheck": options.recheck}
            arguments["demo"] = crawler.settings.get("DEMO")
            plain = {name: str(value) for name, value in arguments.items() if value is not None}
            crawl.id = crawl.archive.begin_crawl(site, now=crawl.now(), version=version("warta"), arguments=plain)
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

    def window(self, zone: ZoneInfo) -> Window:
        """The days that are wanted."""
        return Window(today=self.now().astimezone(zone).date(), since=self.options.since, until=self.options.until)

    def announce(self, links: Sequence[Announcement], source: str) -> tuple[list[Entry], bool]:
        """Write links into the ledger; (entries to ask for now, whether any story was new to this crawl)."""
        stories = [link for link in links if link.refused is None]
        fresh = [link for link in stories if link.key not in self._seen]
        self._seen.update(link.key for link in fresh)
        self.counts["announced"] += len({link.key for link in fresh})
        for link in links:
            if link.refused is not None:
                self.counts[f"refused/{link.refused}"] += 1
        wanted: list[Entry] = []
        with suppress(_Undo), self.archive.transaction():
            wanted = self.archive.ledger.announce(self.site, links, source=source, now=self.now())
            if self.options.plan:
                raise _Undo
        if self.options.recheck == "none":
            wanted = [entry for entry in wanted if entry.checks == 0]
        return wanted, bool(fresh)

    def frontier(self) -> Iterator[Entry]:
        """What earlier crawls left to ask for."""
        return self.archive.ledger.frontier(self.site, now=self.now(), recheck=self.options.recheck)

    def record(self, check: Check) -> None:
        """Write down a check by itself; a plan writes nothing."""
        if not self.options.plan:
            with self.archive.transaction():
                self.archive.ledger.record(check, site=self.site)

    def stop(self, reason: str, crawler: Crawler) -> None:
        """End the crawl early: what is under way is finished, nothing more is asked."""
        self.end_reason = reason
        if crawler.engine is not None:
            self._stopping = asyncio.ensure_future(crawler.engine.close_spider_async(reason=reason))

    def end(self, reason: str, received: int) -> None:
        """Write down how it ended, and close the archive."""
        try:
            if self.id is not None and self.error is None:
                self.archive.end_crawl(self.id, now=self.now(), counts=self.counts, received=received, reason=reason)
        finally:
            self.archive.close()
            if self._temporary is not None:
                self._temporary.cleanup()
