"""`warta explain`: the history of a URL, in sentences."""

from typing import Any

import click

from archive.archive import Archive
from archive.revisions import queries
from archive.revisions.narration import sentences
from scraper.cli import options
from scraper.cli.opening import reads_archive, story_of
from scraper.cli.rendering.terminal import local_times, print_json, say


@click.command()
@options.story
@reads_archive
def explain(archive: Archive, url: str, as_json: bool) -> None:
    """Show the history of a URL: who announced it, each check with its answer, why it is due or
    not, and its revisions. STORY is an address, also of one that was refused, a story id or an
    article's number.

    \b
    warta explain 12
    warta explain https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan
    """
    life = queries.life_of(archive.db, url, story_of)
    life["furniture"] = _furniture(archive, life)
    if as_json:
        print_json([life])
        return
    for line in sentences(life):
        say(local_times(line), hang=2)


def _furniture(archive: Archive, life: dict[str, Any]) -> list[dict[str, str]]:
    """Return what was taken out of the newest text because the site shows it on many pages."""
    kept = [made["snapshot_id"] for made in life["revisions"] if made["snapshot_id"] is not None]
    if not kept or archive.furniture.newest(life["site"]) is None:
        return []
    from scraper.cli.defaults import reading_limits
    from scraper.ingest.furniture import taken_out
    from scraper.spiders import sites

    site = sites().get(life["site"])
    if site is None:
        return []
    return taken_out(archive, site, kept[-1], reading_limits(click.get_current_context()))
