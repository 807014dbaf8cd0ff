"""`warta backup`: a consistent copy, even while crawls run."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.archive import Archive
from archive.database.backup import copy_database
from archive.database.connection import plain_errors
from archive.errors import ArchiveDamaged, ArchiveUnwritable
from archive.ledger.wording import human_bytes
from archive.maintenance.copies import problem_of
from archive.maintenance.rotation import dated_name, rotation
from scraper.cli import options
from scraper.cli.opening import opened
from scraper.cli.rendering.terminal import Advance, interruptible, note, progress_bar


@click.command()
@click.argument("destination", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="Name the copy by its time, and delete all but the newest N of the archive's copies.",
)
@options.archive
def backup(destination: Path, keep: int | None, path: Path) -> None:
    """Copy the current state of the archive to DESTINATION, while crawls and readers go on.

    The copy is verified (the whole file, and a sample of texts and pages) before it gets its name,
    so a file of that name is always complete. An existing file is never replaced. With --keep,
    DESTINATION is a folder; only after the new copy was verified, older ones are deleted that are
    copies of this very archive, and no other file.

    \b
    warta backup backups/news-2026-11-22.db
    warta backup backups --keep 7            every night, by cron
    """
    if keep is not None:
        if not destination.is_dir():
            raise ArchiveUnwritable(f"{destination}: there is no such folder; --keep needs one")
        destination /= dated_name(path, datetime.now(UTC))
    with suppress(OSError):  # reported below
        if destination.is_dir():
            destination /= path.name
    with opened(path) as archive:
        with (
            plain_errors(destination),
            progress_bar("copying", total=None, as_share=True) as advance,
            interruptible(f"Stopped; there is no {destination}."),
        ):
            copied = copying(advance)
            copy_database(archive.db.conn, destination, copied=copied, check=_check)
        note(f"{destination}: {human_bytes(destination.stat().st_size)}, verified.")
        if keep is not None:
            _rotate(archive, destination, keep)


def copying(advance: Advance) -> Callable[[int, int], None]:
    """Return what shows the progress of a copy, of which a number of pages is left."""
    done = 0

    def copied(left: int, total: int) -> None:
        nonlocal done
        advance(total - left - done, total)
        done = total - left

    return copied


def _check(copy: Path) -> None:
    if (problem := problem_of(copy)) is not None:
        raise ArchiveDamaged(
            f"the copy does not verify, and was deleted: {problem}; try `warta verify`"
        )


def _rotate(archive: Archive, newest: Path, keep: int) -> None:
    found = rotation(archive, newest, keep=keep)
    for path in found.foreign:
        note(f"{path}: it is not known to be a copy of this archive, and stays.")
    for path in found.old:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ArchiveUnwritable(f"{path}: it cannot be deleted ({error.strerror})") from error
        note(f"{path}: deleted.")
