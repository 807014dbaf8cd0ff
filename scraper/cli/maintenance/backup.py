"""`warta backup`: a consistent copy, even while crawls run."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import click

from archive.archive import Archive
from archive.database.backup import copy_database
from archive.database.connection import plain_errors
from archive.errors import ArchiveDamaged
from archive.ledger.wording import human_bytes
from archive.maintenance.verify import verify
from scraper.cli import options
from scraper.cli.opening import opened
from scraper.cli.terminal import interruptible, note, progress_bar

SAMPLE = 1_000
"""Snapshots and revisions of the copy that are verified; `warta verify` reads them all."""


@click.command()
@click.argument("destination", type=click.Path(path_type=Path))
@options.archive
def backup(destination: Path, path: Path) -> None:
    """Copy the current state of the archive to DESTINATION, while crawls and readers go on.

    The copy is verified (the whole file, and a sample of texts and pages) before it gets its name,
    so a file of that name is always complete. An existing file is never replaced.

    \b
    warta backup backups/news-2026-11-22.db
    """
    with suppress(OSError):  # reported below
        if destination.is_dir():
            destination /= path.name
    with (
        opened(path) as archive,
        plain_errors(destination),
        progress_bar("copying", total=None, as_share=True) as advance,
        interruptible(f"Stopped; there is no {destination}."),
    ):
        done = 0

        def copied(left: int, total: int) -> None:
            nonlocal done
            advance(total - left - done, total)
            done = total - left

        copy_database(archive.db.conn, destination, copied=copied, check=_check)
    note(f"{destination}: {human_bytes(destination.stat().st_size)}, verified.")


def _check(copy: Path) -> None:
    """Raise ArchiveDamaged if the copy does not verify."""
    with Archive(copy, read_only=True) as archive:
        try:
            failed = [finding for finding in verify(archive, sample=SAMPLE) if not finding.ok]
        except sqlite3.DatabaseError:
            problem = "the database file is damaged"
        else:
            if not failed:
                return
            problem = f"{failed[0].check}: {failed[0].problems[0]}"
            if failed[0].check == "file":
                problem = "the database file is damaged"
    raise ArchiveDamaged(
        f"the copy does not verify, and was deleted: {problem}; try `warta verify`"
    )
