"""Opens the archive that a command names, and says on stderr what its results lack."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

from archive.archive import Archive, Reader
from archive.database.connection import plain_errors
from archive.ledger.wording import plural
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.rendering.terminal import note


def reads_archive(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--json` to what `with_archive` adds."""
    return options.json(with_archive(command))


def with_archive(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--archive`, and call the command with the archive, open for reading.

    With `options.as_of` above it, the archive is as of that time.
    """

    @wraps(command)
    def reading(path: Path, as_of: datetime | None = None, **values: Any) -> None:
        with opened(path) as archive:
            if as_of is None:
                command(archive, **values)
                return
            warn_unsettled(archive, as_of)
            with archive.as_of(as_of) as past:
                command(past, **values)

    return options.archive(reading)


def with_whole_archive(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--archive`, and call the command with the archive, open for reading as it is now."""

    @wraps(command)
    def reading(path: Path, **values: Any) -> None:
        with opened(path) as archive:
            command(archive, **values)

    return options.archive(reading)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an existing archive for reading."""
    with plain_errors(path), Archive(path, read_only=True) as archive:
        yield archive


def check_archive(path: Path) -> None:
    """Raise an ArchiveError if what is at `path` is no archive; there may be nothing yet."""
    if path.exists():
        Archive(path, read_only=True).close()


@contextmanager
def opened_for_writing(path: Path) -> Iterator[Archive]:
    """Open an existing archive for writing; none is created."""
    Archive(path, read_only=True).close()  # raises where there is none
    with plain_errors(path), Archive(path) as archive:
        yield archive


def warn_unsettled(archive: Archive, as_of: datetime) -> None:
    """Warn on stderr where the archive may still write at that time."""
    if archive.settled(as_of):
        return
    latest, written = archive.clock.latest(), "is empty"
    if latest is not None:
        written = f"was last written at {latest.isoformat(timespec='seconds')}"
    note(f"The archive {written}: results as of a later time may still change.")


def warn_unclustered(archive: Archive) -> None:
    """Warn on stderr of articles that an earlier version wrote without clustering them."""
    unread = archive.clusters.texts.unread()
    if unread:
        articles = plural(unread, "article is", "articles are")
        note(f"{articles} not clustered yet: run `warta clusters rebuild`.")


def chosen_sites(archive: Reader, names: Sequence[str]) -> tuple[str, ...]:
    """Return the sites with these names, of the archive or with a profile, without repeats.

    Raises click.UsageError for an unknown name.
    """
    if not names:
        return ()
    known = set(queries.sites(archive.db))
    if not known.issuperset(names):
        from scraper.spiders import sites

        known.update(sites())
    return tuple(options.checked_sites(names, sorted(known)))


def story_of(address: str) -> tuple[str, str] | None:
    """Return (site, key) of the story that an address belongs to by its site's profile."""
    from scraper import spiders

    return spiders.story_of(address)
