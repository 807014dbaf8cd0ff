"""`warta remove`: take stories down."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.ledger.wording import human_bytes, plain_time, plural
from archive.maintenance.compact import compact
from archive.maintenance.takedown import Extent, Story, TakenDown, extent, take_down_all, tombstone
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.errors.interrupts import Interrupted, pressed
from scraper.cli.opening import opened_for_writing, story_of
from scraper.cli.rendering.terminal import local_times, note

_TRACES = "traces may remain in unused space of the file until `warta compact`"


@click.command()
@click.argument("urls", metavar="STORY...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; kept with the tombstone.")
@options.yes
@click.option("--dry-run", is_flag=True, help="Show what would be erased, and erase nothing.")
@click.option("--defer-compact", is_flag=True, help="Leave rewriting the file to `warta compact`.")
@options.archive
def remove(
    urls: Sequence[str], reason: str, yes: bool, dry_run: bool, defer_compact: bool, path: Path
) -> None:
    """Take stories down: their texts and kept pages are erased, also from the search index and the
    file's unused space.

    Shows what will be erased, and asks. Several stories are erased together or, if one of them is
    unknown, not at all. A tombstone stays of each (site, address, reason, day): no later crawl
    brings the story back, and exports exclude it, also those as of an earlier day. STORY is any
    address of it, its story id or its number. Copies made earlier still contain it.

    \b
    warta remove https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan \\
        --reason "requested by the person named"
    """
    if not reason.strip():
        raise click.UsageError("--reason is empty: say why; it is kept with the tombstone")
    with opened_for_writing(path) as archive:
        stories = [story for story in _stories(archive, urls) if _show(archive, story)]
        if dry_run or not stories:
            return
        stories_named = "this story" if len(stories) == 1 else f"these {len(stories)} stories"
        options.confirm(f"Erase {stories_named} for good?", yes=yes, refused="nothing was erased")
        now = datetime.now(UTC)  # after the answer, which may take hours
        _report(take_down_all(archive, stories, reason=reason, now=now))
        if defer_compact:
            note(f"{_TRACES[0].upper()}{_TRACES[1:]}.")
        else:
            _compact(archive, now)


def _stories(archive: Archive, urls: Sequence[str]) -> list[Story]:
    """Return the stories, each once; raises ArticleUnknown."""
    found = {queries.find_story(archive.db, url, story_of): url for url in urls}
    return [Story(site=site, key=key, url=url) for (site, key), url in found.items()]


def _show(archive: Archive, story: Story) -> bool:
    """Show what would be erased of a story, and return whether there is anything."""
    found = extent(archive, story)
    before = tombstone(archive, story.site, story.key)
    since = local_times(f"on {plain_time(before['taken_down_at'])}") if before else ""
    if before is not None and not found.revisions + found.snapshots:
        earlier = f"it was taken down before, {since}: {before['reason']}"
        note(f"{found.url}: {earlier}; nothing to erase.")
        return False
    nothing = "(without a headline)" if found.revisions else "(no text is kept)"
    note(found.headline or nothing)
    note(f"  {found.url}")
    note(f"  {', '.join(_parts(found))}")
    if before is not None:
        earlier = f"It was taken down before, {since}, and that reason stays"
        note(f"  {earlier}: {before['reason']}.")
    return True


def _report(done: Sequence[TakenDown]) -> None:
    revisions = plural(sum(one.revisions for one in done), "revision")
    pages = plural(sum(one.snapshots for one in done), "kept page")
    addresses = plural(sum(one.urls for one in done), "address", "addresses")
    note(f"Erased {revisions} and {pages}; {addresses} will never be requested again.")


def _parts(found: Extent) -> list[str]:
    parts = [
        plural(found.revisions, "revision"),
        f"{plural(found.snapshots, 'kept page')} ({human_bytes(found.bytes)} with the texts)",
        plural(found.urls, "address", "addresses"),
    ]
    if found.cluster_id is not None:
        others = plural(found.others, "other story stays", "other stories stay")
        parts.append(f"member of cluster {found.cluster_id}, whose {others}")
    return parts


def _compact(archive: Archive, now: datetime) -> None:
    """Rewrite the file without the traces; raises click.ClickException and Interrupted."""
    try:
        if not compact(archive, now=now):
            still = "Another program still reads an older state"
            note(f"{still}: run `warta compact` once it has ended.")
    except (ArchiveError, KeyboardInterrupt) as error:
        if pressed():
            raise Interrupted(f"Stopped; {_TRACES}.") from None
        raise click.ClickException(f"{error}; {_TRACES}") from error
