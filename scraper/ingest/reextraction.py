"""Re-extraction of an archive's snapshots on all cores; the next run resumes an interrupted one."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.archive import Archive
from archive.records import Page
from archive.revisions.reread_queue import Evidence
from scraper.extraction.article import extractor_of
from scraper.extraction.workers import Constant, ReadingBroke, Workers
from scraper.ingest.reread import Difference, Reread, difference, doubted, kept_page, reread
from scraper.ingest.writing import write_reread
from scraper.sites.site import Site

BATCH = 32
"""Snapshots read by one task, and written in one transaction."""
MIN_JOBS = 128
"""Fewer snapshots are read by one process."""

Task = tuple[Site, tuple[Evidence, ...]]
_Kept = tuple[Page | Reread, Any, Evidence]


@dataclass(slots=True, kw_only=True)
class Report:
    """What was read again, and what came of it."""

    read: Counter[str] = field(default_factory=Counter)
    """Snapshots by site."""
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Changes by (site, kind)."""
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Changes by (site, field)."""
    stories: int = 0
    """Stories that changed, each counted once; without the lost ones."""
    damages: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Pages whose reading did not end, each with why."""


def count(
    archive: Archive, sites: Iterable[Site], *, since: datetime | None = None, again: bool = False
) -> int:
    """Count the snapshots that `waiting` yields."""
    return sum(
        archive.reread_queue.count(site.name, extractor_of(site), since=since, again=again)
        for site in sites
    )


def waiting(
    archive: Archive, sites: Iterable[Site], *, since: datetime | None = None, again: bool = False
) -> Iterator[Task]:
    """Yield what the current extractors have yet to read; with `again` also what they have read.

    The pages of one story are in one task.
    """
    for site in sites:
        batch: list[Evidence] = []
        extractor = extractor_of(site)
        for evidence in archive.reread_queue.waiting(
            site.name, extractor, since=since, again=again
        ):
            if len(batch) >= BATCH and evidence.key != batch[-1].key:
                yield site, tuple(batch)
                batch = []
            batch.append(evidence)
        if batch:
            yield site, tuple(batch)


def reextract(
    archive: Archive,
    tasks: Iterable[Task],
    report: Report,
    *,
    now: datetime,
    workers: Workers,
    dry_run: bool,
    advance: Callable[[int], None],
) -> Iterator[Difference]:
    """Read the snapshots again, write what changed, a batch per transaction, and yield it.

    Fills `report`; with `dry_run` nothing is written.
    """
    for site, rereads in _readings(archive, tasks, workers, report):
        with nullcontext() if dry_run else archive.transaction(now):
            changes = list(_written(archive, site, rereads, report, dry_run=dry_run))
        for found in changes:
            report.kinds[site.name, found.kind] += 1
            report.fields.update((site.name, changed) for changed in found.changed)
            yield found
        report.stories += len({found.key for found in changes if found.kind != "lost"})
        report.read[site.name] += len(rereads)
        advance(len(rereads))


def _written(
    archive: Archive, site: Site, rereads: Iterable[Reread], report: Report, *, dry_run: bool
) -> Iterator[Difference]:
    """Yield the differences of one batch, each written before the next is judged."""
    would_be: dict[str, Difference] = {}
    if not dry_run and archive.furniture.newest(site.name) != site.furniture:
        return  # a crawl has learnt anew meanwhile: what it reads by that must stay
    for again in rereads:
        key = again.evidence.key
        newest = archive.history.newest(site.name, key)
        if dry_run and key in would_be and would_be[key].kind != "lost":
            newest = _as_written(would_be[key], newest)
        if again.damage is not None and not archive.history.taken_down(site.name, key):
            report.damages.append(f"{again.evidence.url}: {again.damage}")
        if not dry_run and not archive.reread_queue.is_current(again.evidence):
            continue  # a crawl was faster
        again = doubted(again, newest)
        found = difference(site, again, newest)
        if not dry_run:
            write_reread(archive, site, again, newest)
        if found is not None:
            would_be[key] = found
            yield found


def _as_written(found: Difference, newest: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the newest revision as it would be if a difference had been written."""
    removed = newest["removed_at"] if newest is not None and found.kind == "technical" else None
    return {**found.after, "removed_at": removed, "digest": found.digest}


def _readings(
    archive: Archive, tasks: Iterable[Task], workers: Workers, report: Report
) -> Iterator[tuple[Site, list[Reread]]]:
    """Yield the site and the readings of each task, in order."""
    under_way: deque[Task] = deque()

    def batches() -> Iterator[list[_Kept]]:
        for site, batch in tasks:
            under_way.append((site, batch))
            profile = Constant(site)
            # The pages are fetched here: a forked process must not open a database that is open.
            yield [(kept_page(archive, evidence), profile, evidence) for evidence in batch]

    for answers in workers.map(_read, batches()):
        site, batch = under_way.popleft()
        pairs = zip(batch, answers, strict=True)
        yield site, [_reread(evidence, answer, report) for evidence, answer in pairs]


def _reread(evidence: Evidence, answer: Reread | ReadingBroke, report: Report) -> Reread:
    if isinstance(answer, Reread):
        return answer
    report.broken.append(f"{evidence.url}: reading it did not end: {answer}")
    return Reread(evidence=evidence, refusal="reading_broke_off")


def _read(kept: _Kept) -> Reread:
    """In a worker: read a page, unless its bytes are damaged."""
    page, site, evidence = kept
    if isinstance(page, Reread):
        return page
    return reread(page, site, evidence)
