"""`warta diff`: what changed between two revisions of an article."""

import click

from archive.archive import Archive
from archive.ledger.wording import plain_time
from archive.revisions import queries
from archive.revisions.changes import edits_as_json, edits_between
from scraper.cli import options
from scraper.cli.opening import reads_archive, story_of
from scraper.cli.rendering.diffs import print_edits
from scraper.cli.rendering.terminal import console, local_times, note, print_json, say


@click.command()
@options.story
@click.argument("a", type=int, required=False)
@click.argument("b", type=int, required=False)
@reads_archive
def diff(archive: Archive, url: str, a: int | None, b: int | None, as_json: bool) -> None:
    """Show what changed between revisions A and B of an article, word by word; by default, between
    the newest two. STORY is any address of the article, its story id or its number.

    \b
    warta diff 12
    warta diff https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan 1 3
    """
    article_id = queries.find_article(archive.db, url, story_of)
    newest = queries.latest(archive.db, article_id)["revision"]
    if newest == 1 and a is None:
        note("There is only one revision: nothing has changed.")
        return
    if b is None:
        b = newest
    if a is None:
        a = max(1, b - 1)
    before = queries.revision(archive.db, article_id, a)
    after = queries.revision(archive.db, article_id, b)
    edits = list(edits_between(before, after))
    if as_json:
        print_json(edits_as_json(edits))
        return
    since, until = plain_time(before["observed_at"]), plain_time(after["observed_at"])
    first, second = f"Revision {before['number']} ({since})", f"revision {after['number']}"
    say(local_times(f"{first} → {second} of {newest} ({until})"))
    print_edits(console(), edits, excerpt=False)
    if not edits:
        say("No difference in any field.")
