"""Opens the archive that a command names, and says on stderr what its results lack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from archive.archive import Archive, Reader
from archive.database.connection import plain_errors
from archive.ledger.wording import plural
from archive.revisions import queries
from scraper.cli.terminal import note


def identify() -> queries.Identify | None:
    """Return the function that finds the story of an address; `warta` puts it into the context."""
    found: queries.Identify | None = click.get_current_context().find_root().obj
    return found


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an existing archive for reading."""
    with plain_errors(path), Archive(path, read_only=True) as archive:
        yield archive


@contextmanager
def opened_for_writing(path: Path) -> Iterator[Archive]:
    """Open an existing archive for writing; none is created."""
    Archive(path, read_only=True).close()  # raises where there is none
    with plain_errors(path), Archive(path) as archive:
        yield archive


@contextmanager
def opened_as_of(path: Path, as_of: datetime | None) -> Iterator[Reader]:
    """Open an existing archive for reading, as of a time where one is given."""
    with opened(path) as archive:
        if as_of is None:
            yield archive
            return
        warn_unsettled(archive, as_of)
        with archive.as_of(as_of) as past:
            yield past


def warn_unsettled(archive: Archive, as_of: datetime) -> None:
    """Warn on stderr where the archive may still write at that time."""
    if archive.settled(as_of):
        return
    latest = archive.clock.latest()
    written = (
        f"was last written at {latest.isoformat(timespec='seconds')}" if latest else "is empty"
    )
    note(f"The archive {written}: results as of a later time may still change.")


def warn_unclustered(archive: Archive) -> None:
    """Warn on stderr of articles that an earlier version wrote without clustering them."""
    unread = archive.clusters.texts.unread()
    if unread:
        articles = plural(unread, "article is", "articles are")
        note(f"{articles} not clustered yet: run `warta clusters rebuild`.")
