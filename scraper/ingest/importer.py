"""Importing collections: a look through each file first, then its stories in batches, each one
transaction.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlite_utils.utils import chunks

from archive.archive import Archive
from scraper.ingest.collections.columns import given, has_body, named
from scraper.ingest.collections.files import kind_of, rows
from scraper.ingest.collections.rows import Row, Unreadable
from scraper.ingest.collections.stories import ImportOptions, Story, story_of
from scraper.ingest.collections.times import date_order
from scraper.ingest.writing import write_record
from scraper.sites.loader import sites

logger = logging.getLogger(__name__)

BATCH = 200
"""Records of one transaction."""
MAX_SEEN = 10_000
"""Different columns of a file that are remembered; records with names of their own for everything
are no collection.
"""

Tell = Callable[[Path, int, str], None]
"""Called with file, line and reason of each bad record."""


class WrongMapping(Exception):
    """A column that --map names is in no record; its text is fit for a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a first look through a file found."""

    path: Path
    kind: str
    size: int
    order: str | None
    """`day` or `month`, whichever stands first in the dates in numbers, if all that tell say the
    same.
    """


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of a file's records."""

    path: Path
    records: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """As scraper.ingest.writing has them."""
    bad: Counter[str] = field(default_factory=Counter)
    """By reason."""
    doubts: Counter[str] = field(default_factory=Counter)
    """By reason: what could not be read of records that were taken."""


def survey(path: Path, file: BinaryIO, terms: ImportOptions, kind: str | None) -> Survey:
    """Look through a file: its kind, its columns, and the order of day and month in its dates.

    Raises:
        Unreadable: it is no collection.
        WrongMapping: a column that is mapped is not there.
    """
    kind = kind or kind_of(path, file)
    columns: dict[str, None] = {}
    told: set[str] = set()
    for row in rows(file, kind):
        if len(columns) < MAX_SEEN:
            columns.update(dict.fromkeys(row.fields))
        order = date_order(given(row.fields, terms.mapping)["published_at"])
        told |= {order} if order else set()
    missing = (
        [column for column in terms.mapping.values() if column not in columns] if columns else []
    )
    if missing:
        raise WrongMapping(
            f"{path}: there is no column called {missing[0]}; there are {named(columns)}"
        )
    if columns and not has_body(columns, terms.mapping):
        raise Unreadable(
            "no column looks like a story's text; name it with --map body=COLUMN "
            f"(there are {named(columns)})"
        )
    return Survey(
        path=path, kind=kind, size=file.tell(), order=told.pop() if len(told) == 1 else None
    )


def import_file(
    archive: Archive,
    found: Survey,
    file: BinaryIO,
    terms: ImportOptions,
    *,
    now: datetime,
    tell: Tell,
    advance: Callable[[int], None],
) -> Report:
    """Write a file's stories; `advance` is told of bytes that were read. What was written of a file
    that was not is whole.
    """
    report = Report(path=found.path)
    source = (
        f"import {os.fsencode(found.path.name).decode(errors='replace')}"
        if str(found.path) != "-"
        else "import of standard input"
    )
    sites()  # the profiles are loaded outside of a transaction
    place = 0
    for batch in chunks(rows(file, found.kind), BATCH):
        stories = [
            story
            for row in batch
            if (story := _story(row, terms, found.order, report, tell)) is not None
        ]
        with archive.transaction(now):
            outcomes = Counter(
                write_record(archive, s.article, key=s.key, link=s.link, source=source)
                for s in stories
            )
        report.outcomes += outcomes
        advance(max(0, file.tell() - place))
        place = file.tell()
    return report


def _story(
    row: Row, terms: ImportOptions, order: str | None, report: Report, tell: Tell
) -> Story | None:
    """The story of a row; a bad one is counted and told."""
    report.records += 1
    made: Story | str
    try:
        made = row.bad or story_of(row.fields, terms, order)
    # One record that breaks the cleaning is a bug, and must not end the import of all the others
    except Exception:
        logger.exception("%s:%d could not be cleaned", report.path, row.line)
        made = "cleaning_failed"
    if isinstance(made, str):
        report.bad[made] += 1
        tell(report.path, row.line, made)
        return None
    report.doubts.update(made.doubts)
    return made
