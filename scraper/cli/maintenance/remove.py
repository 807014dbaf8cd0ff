"""`warta remove`: a take-down."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.errors import ArchiveError
from archive.ledger.wording import plain_time, plural
from archive.maintenance.compact import compact
from archive.maintenance.takedown import take_down, tombstone
from archive.revisions import queries
from scraper.cli.options import archive_option, identify, opened_for_writing


@click.command(short_help="Take a story down for good.")
@click.argument("url")
@click.option("--reason", required=True, help="Why; stays with the tombstone.")
@click.option(
    "--defer-compact",
    is_flag=True,
    help="Leave the rewriting of a large file to a later `warta compact`.",
)
@archive_option
def remove(url: str, reason: str, defer_compact: bool, path: Path) -> None:
    """Take a story down: its texts and kept pages are erased, also from the search index and the
    free room of the file.

    A tombstone stays (site, address, reason, day): no later crawl brings the story back, and
    exports leave it out, also those as of an earlier day. URL may be any address of the story, its
    id or its number. Copies made earlier still hold it.

    \b
    warta remove https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan --reason "asked by
    the person named"
    """
    if not reason.strip():
        raise click.UsageError("--reason is empty: say why; it stays with the tombstone")
    now = datetime.now(UTC)
    with opened_for_writing(path) as archive:
        site, key = queries.find_story(archive.db, url, identify())
        before = tombstone(archive, site, key)
        done = take_down(archive, site, key, url=url, reason=reason, now=now)
        if before is not None:
            since = plain_time(before["taken_down_at"])
            click.echo(
                f"It was taken down before, on {since}, and that reason stays: {before['reason']}.",
                err=True,
            )
        click.echo(
            f"Erased {plural(done.revisions, 'revision')} and {plural(done.snapshots, 'kept page')}; "
            f"{plural(done.urls, 'address', 'addresses')} will never be asked for again.",
            err=True,
        )
        try:
            whole = True if defer_compact else compact(archive, now=now)
        except (ArchiveError, KeyboardInterrupt) as error:
            told = str(error) or f"{path}: interrupted"
            raise click.ClickException(
                f"{told}; traces may be left in free room of the file until `warta compact`"
            ) from error
    if defer_compact:
        click.echo("Traces may be left in free room of the file until `warta compact`.", err=True)
    elif not whole:
        click.echo(
            "Another program still reads an older state: run `warta compact` once it has ended.",
            err=True,
        )
