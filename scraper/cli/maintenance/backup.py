"""`warta backup`: a consistent copy, also while crawls run."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import click

from archive.archive import Archive
from archive.database.backup import copy_database
from archive.database.connection import plain_errors
from archive.errors import ArchiveDamaged
from archive.ledger.wording import human_bytes
from archive.maintenance.verify import Finding, verify
from scraper.cli.options import archive_option, opened
from scraper.cli.terminal import bar

SAMPLE = 1_000
"""Snapshots and revisions of the copy that are read back; `warta verify` reads them all."""


@click.command(short_help="A safe copy, also while a crawl runs.")
@click.argument("destination", type=click.Path(path_type=Path))
@archive_option
def backup(destination: Path, path: Path) -> None:
    """Copy the archive as it stands at this moment to DESTINATION; crawls and readers go on
    meanwhile.

    The copy is verified (the whole file, and a sample of texts and pages) before it gets its name,
    so a file of that name is always whole. A file that is there already is never replaced.

    \b
    warta backup backups/news-2026-11-22.db
    """
    with suppress(OSError):  # what cannot be looked at is told below
        destination = destination / path.name if destination.is_dir() else destination
    with opened(path) as archive, plain_errors(destination), bar("copying", total=None) as advance:
        copied = 0

        def tell(left: int, total: int) -> None:
            nonlocal copied
            advance(total - left - copied, total)
            copied = total - left

        try:
            copy_database(archive.db.conn, destination, copied=tell, check=_check)
        except KeyboardInterrupt:
            raise click.ClickException(f"interrupted; there is no {destination}") from None
    click.echo(f"{destination}: {human_bytes(destination.stat().st_size)}, verified.", err=True)


def _check(copy: Path) -> None:
    with Archive(copy, read_only=True) as archive:
        try:
            wrong = next(
                (finding for finding in verify(archive, sample=SAMPLE) if not finding.ok), None
            )
            told = (
                f"{wrong.check}: {wrong.problems[0]}"
                if wrong is not None and wrong.check != "file"
                else "the database file is damaged"
            )
        except sqlite3.DatabaseError:
            wrong, told = Finding(check="file"), "the database file is damaged"
    if wrong is not None:
        raise ArchiveDamaged(
            f"the copy is not sound, and was taken away: {told}; try `warta verify`"
        )
