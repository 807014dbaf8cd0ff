"""The archive as it stood at any moment: all of it, the same for ever, and without a byte written."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from archive import Archive, Reader
from tests.archive.lives import Life, Step, lives

TABLES = {
    "articles": ("id", "site", "key", "story_id", "url", "first_seen_at", "removed_at", "opted_out", "revision"),
    "revisions": ("*",),
    "checks": ("*",),
    "rights": ("*",),
    "snapshots": ("id", "url_id", "requested_url", "url", "status", "digest", "size", "kept_at"),
    "crawls": ("*",),
    "urls": (
        "id", "url", "site", "key", "state", "reason", "article_id", "announced_by", "published_at", "first_seen_at", "last_checked_at",
        "next_check_at", "due_reason", "checks", "etag", "last_modified",
    ),
    "latest": ("*",), "history": ("*",), "ledger": ("*",),
}  # fmt: skip
"""What is read as of a moment; a dictionary's snapshots may be packed anew at any time, so `packed` is no part of it."""

State = dict[str, list[tuple[Any, ...]]]


def state_of(reader: Reader) -> State:
    """All rows of the views and of the tables behind them."""
    return {
        name: sorted(reader.db.conn.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall(), key=repr)
        for name, columns in TABLES.items()
    }


def as_of(archive: Archive, moment: datetime) -> State:
    with archive.as_of(moment) as past:
        return state_of(past)


def column(reader: Reader, statement: str) -> list[Any]:
    return [value for (value,) in reader.db.conn.execute(statement)]


# Any history, at any moment of it


@settings(max_examples=250)
@given(lives)
def test_whatever_happened_every_moment_reads_for_ever_as_it_was_seen_then(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder, Archive(Path(folder) / "news.db") as archive:
        life = Life(archive)
        seen = {}
        for step in steps:
            life.live(step)
            seen[life.now] = state_of(archive)  # of equal moments the last one stays
        for moment, state in seen.items():
            assert as_of(archive, moment) == state, moment
