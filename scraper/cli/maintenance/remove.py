"""`warta remove`: take a story down."""

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.ledger.wording import plain_time, plural
from archive.maintenance.compact import compact
from archive.maintenance.takedown import take_down, tombstone
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.interrupts import Interrupted, pressed
from scraper.cli.opening import opened_for_writing, story_of
from scraper.cli.terminal import note

_TRACES = "traces may remain in unused space of the file until `warta compact`"


@click.command()
@click.argument("url")
@click.option("--reason", required=True, help="Why; kept with the tombstone.")
@click.option("--defer-compact", is_flag=True, help="Leave rewriting the file to `warta compact`.")
@options.archive
def remove(url: str, reason: str, defer_compact: bool, path: Path) -> None:
    """Take a story down: its texts and kept pages are erased, also from the search index and the
    file's unused space.

    A tombstone stays (site, address, reason, day): no later crawl brings the story back, and
    exports exclude it, also those as of an earlier day. URL may be any address of the story, its id
    or its number. Copies made earlier still contain it.

    \b
    warta remove https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan \\
        --reason "requested by the person named"
    """
    if not reason.strip():
        raise click.UsageError("--reason is empty: say why; it is kept with the tombstone")
    now = datetime.now(UTC)
    with opened_for_writing(path) as archive:
        site, key = queries.find_story(archive.db, url, story_of)
        before = tombstone(archive, site, key)
        done = take_down(archive, site, key, url=url, reason=reason, now=now)
        if before is not None:
            since = plain_time(before["taken_down_at"])
            earlier = f"It was taken down before, on {since}, and that reason stays"
            note(f"{earlier}: {before['reason']}.")
        erased = f"{plural(done.revisions, 'revision')} and {plural(done.snapshots, 'kept page')}"
        addresses = plural(done.urls, "address", "addresses")
        note(f"Erased {erased}; {addresses} will never be requested again.")
        complete = defer_compact or _compacted(archive, path, now)
    if defer_compact:
        note(f"{_TRACES[0].upper()}{_TRACES[1:]}.")
    elif not complete:
        note("Another program still reads an older state: run `warta compact` once it has ended.")


def _compacted(archive: Archive, path: Path, now: datetime) -> bool:
    try:
        return compact(archive, now=now)
    except (ArchiveError, KeyboardInterrupt) as error:
        if pressed():
            raise Interrupted(f"Stopped; {_TRACES}.") from None
        raise click.ClickException(f"{error}; {_TRACES}") from error
