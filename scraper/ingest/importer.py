"""Importing collections: a survey of each file, then its stories, a batch per transaction."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlite_utils.utils import chunks

from archive.archive import Archive
from scraper.ingest.collections.columns import given, has_body, named
from scraper.ingest.collections.files import kind_of
from scraper.ingest.collections.rows import Row, Unreadable, rows
from scraper.ingest.collections.stories import ImportOptions, Story, story_of
from scraper.ingest.collections.times import date_order
from scraper.ingest.writing import write_record
from scraper.sites.loader import sites

logger = logging.getLogger(__name__)

BATCH = 200
"""Records of one transaction."""
MAX_SEEN = 10_000
"""Columns of a file that are remembered; a collection has far fewer."""

ReportBad = Callable[[Path, int, str], None]
"""Called with file, line and reason of each bad record."""


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
    report_bad: ReportBad,
    advance: Callable[[int], None],
) -> Report:
    """Write a file's stories; `advance` is called with the number of bytes read by each batch.

    An interruption loses the unfinished batch alone.
    """
    report = Report(path=found.path)
    source = f"import {os.fsencode(found.path.name).decode(errors='replace')}"
    if str(found.path) == "-":
        source = "import of standard input"
    sites()  # the profiles are loaded outside of a transaction
    place = 0
    for batch in chunks(rows(file, found.kind), BATCH):
        read = [_story(row, options, found.order, report, report_bad) for row in batch]
        with archive.transaction(now):
            outcomes = Counter(
                write_record(archive, s.article, key=s.key, link=s.link, source=source)
                for s in read
                if s is not None
            )
        report.outcomes += outcomes
        advance(max(0, file.tell() - place))
        place = file.tell()
    return report


def _story(
    row: Row, options: ImportOptions, order: str | None, report: Report, report_bad: ReportBad
) -> Story | None:
    """Return the story of a row; a bad row is counted and reported."""
    report.records += 1
    made: Story | str
    try:
        made = row.bad or story_of(row.fields, options, order)
    # One record that breaks the cleaning is a bug, and must not end the import of all the others
    except Exception:
        logger.exception("%s:%d could not be cleaned", report.path, row.line)
        made = "cleaning_failed"
    if isinstance(made, str):
        report.bad[made] += 1
        report_bad(report.path, row.line, made)
        return None
    report.doubts.update(made.doubts)
    return made
