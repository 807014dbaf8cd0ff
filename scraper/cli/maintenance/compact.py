"""`warta compact`: return unused space to the disk."""

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.ledger.wording import human_bytes
from archive.maintenance.compact import compact as compact_archive
from scraper.cli import options
from scraper.cli.opening import opened_for_writing
from scraper.cli.rendering.terminal import interruptible, note


@click.command()
@options.archive
def compact(path: Path) -> None:
    """Rewrite the file without unused space (VACUUM) and without traces of what was erased, as
    `warta remove` does.

    Readers are not disturbed; crawls wait, so run it between crawls if the archive is large. If
    interrupted, it changes nothing.
    """
    with interruptible(f"Stopped; {path} is as it was."), opened_for_writing(path) as archive:
        before = path.stat().st_size
        complete = compact_archive(archive, now=datetime.now(UTC))
    after = human_bytes(path.stat().st_size)
    note(f"{path}: {human_bytes(before)} before, {after} now.")
    if not complete:
        note("Another program still reads an older state: its log is removed when it ends.")
