"""`warta compact`: give room back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.ledger.wording import human_bytes
from archive.maintenance.compact import compact as compact_archive
from scraper.cli.options import archive_option, opened_for_writing


@click.command(short_help="Rewrite the file without its free room.")
@archive_option
def compact(path: Path) -> None:
    """Rewrite the file without free room and without traces of what was erased; finish what `warta
    remove` left to do.

    Readers go on meanwhile; crawls wait, so run it when none is under way on a large archive.
    Interrupted, it changes nothing.
    """
    try:
        with opened_for_writing(path) as archive:
            before = path.stat().st_size
            whole = compact_archive(archive, now=datetime.now(UTC))
    except KeyboardInterrupt:
        raise click.ClickException(f"{path}: interrupted; nothing is lost") from None
    click.echo(
        f"{path}: {human_bytes(before)} before, {human_bytes(path.stat().st_size)} now.", err=True
    )
    if not whole:
        click.echo(
            "Another program still reads an older state: its log goes when it ends.", err=True
        )
