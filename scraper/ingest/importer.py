"""Importing collections: a survey of each file, then its stories, a batch per transaction."""

import logging
import os
import traceback
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlite_utils.utils import chunks

from archive.archive import Archive
from scraper.extraction.fields.dates import believable
from scraper.extraction.workers import ReadingBroke, Workers
from scraper.ingest.collections.columns import given, has_body, named
from scraper.ingest.collections.files import kind_of
from scraper.ingest.collections.rows import Row, Unreadable, rows
from scraper.ingest.collections.stories import ImportOptions, Story, story_of
from scraper.ingest.collections.times import date_order
from scraper.ingest.writing import write_record

logger = logging.getLogger(__name__)

BATCH = 200
"""Records of one transaction."""
MAX_SEEN = 10_000
"""Columns of a file that are remembered; a collection has far fewer."""

ReportBad = Callable[[Path, int, str], None]
"""Called with file, line and reason of each bad record."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """An exception in a worker."""

    traceback: str


class WrongMapping(Exception):
    """No record has a column that --map names; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a file contains, before anything is written."""

    path: Path
    kind: str
    size: int
    order: str | None
    """`day` or `month`, whichever comes first in numeric dates; None if unclear."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of a file's records."""

    path: Path
    records: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """By one of `scraper.ingest.writing.OUTCOMES`."""
    bad: Counter[str] = field(default_factory=Counter)
    """By reason."""
    doubts: Counter[str] = field(default_factory=Counter)
    """By reason: what could not be read of records that were imported."""


def survey(path: Path, file: BinaryIO, options: ImportOptions, kind: str | None) -> Survey:
    """Find out a file's kind, its columns, and the order of day and month in its dates.

    Raises Unreadable if it is no collection, WrongMapping if it lacks a mapped column.
    """
    kind = kind or kind_of(path, file)
    columns: dict[str, None] = {}
    orders: set[str | None] = set()
    for row in rows(file, kind):
        if len(columns) < MAX_SEEN:
            columns.update(dict.fromkeys(row.fields))
        orders.add(date_order(given(row.fields, options.mapping)["published_at"]))
    if columns:
        _check_columns(path, columns, options.mapping)
    orders.discard(None)
    order = orders.pop() if len(orders) == 1 else None
    return Survey(path=path, kind=kind, size=file.tell(), order=order)


def _check_columns(path: Path, columns: Collection[str], mapping: Mapping[str, str]) -> None:
    for column in mapping.values():
        if column not in columns:
            raise WrongMapping(
                f"{path}: there is no column called {column}; there are {named(columns)}"
            )
    if not has_body(columns, mapping):
        raise Unreadable(
            "no column looks like a story's text; name it with --map body=COLUMN "
            f"(there are {named(columns)})"
        )


def import_file(
    archive: Archive,
    found: Survey,
    file: BinaryIO,
    options: ImportOptions,
    *,
    now: datetime,
    workers: Workers,
    report_bad: ReportBad,
    advance: Callable[[int], None],
) -> Report:
    """Write a file's stories; `advance` is called with the number of bytes read by each batch.

    The workers clean the texts. An interruption loses the unfinished batch alone.
    """
    report = Report(path=found.path)
    source = _source_of(found.path)
    place, under_way = 0, deque[list[Row]]()

    def batches() -> Iterator[list[Row]]:
        for batch in chunks(rows(file, found.kind), BATCH):
            under_way.append(list(batch))
            yield under_way[-1]

    work = partial(_cleaned, options=options, order=found.order)
    for answers in workers.map(work, batches()):
        pairs = zip(under_way.popleft(), answers, strict=True)
        read = [_story(row, answer, report, report_bad, now=now) for row, answer in pairs]
        with archive.transaction(now):
            outcomes = Counter(
                write_record(archive, s.article, key=s.key, link=s.link, source=source)
                for s in read
                if s is not None
            )
        report.outcomes += outcomes
        before, place = place, file.tell()
        advance(max(0, place - before))
    return report


def _source_of(path: Path) -> str:
    """Return what the ledger calls a collection."""
    if str(path) == "-":
        return "import of standard input"
    return f"import {os.fsencode(path.name).decode(errors='replace')}"


def _cleaned(row: Row, *, options: ImportOptions, order: str | None) -> Story | str | _Failed:
    """In a worker: the story of a row, or why there is none."""
    if row.bad is not None:
        return row.bad
    try:
        return story_of(row.fields, options, order)
    except Exception:
        return _Failed(traceback.format_exc())


def _story(
    row: Row,
    answer: Story | str | _Failed | ReadingBroke,
    report: Report,
    report_bad: ReportBad,
    *,
    now: datetime,
) -> Story | None:
    """Return the story of a row; a bad row is counted and reported."""
    report.records += 1
    if isinstance(answer, _Failed):
        # One record that breaks the cleaning is a bug, and must not end the import of the others.
        logger.error("%s:%d could not be cleaned\n%s", report.path, row.line, answer.traceback)
        answer = "cleaning_failed"
    if isinstance(answer, ReadingBroke):
        answer = "reading_broke_off"
    if isinstance(answer, str):
        report.bad[answer] += 1
        report_bad(report.path, row.line, answer)
        return None
    answer = _without_future(answer, now)
    report.doubts.update(answer.doubts)
    return answer


def _without_future(story: Story, now: datetime) -> Story:
    """Return a story without dates that are over a day later than its import."""
    article = replace(
        story.article,
        published_at=believable(story.article.published_at, now),
        modified_at=believable(story.article.modified_at, now),
    )
    if article == story.article:
        return story
    missing = () if article.published_at else ("missing_published_at",)
    warnings = tuple(dict.fromkeys((*article.warnings, *missing, "impossible_date")))
    return replace(
        story,
        article=replace(article, warnings=warnings),
        doubts=(*story.doubts, "date_impossible"),
    )
