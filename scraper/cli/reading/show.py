"""`warta show`: one article, as it is now or was at a time."""

from collections.abc import Iterator
from typing import Any

import click

from archive.archive import Reader
from archive.ledger.wording import plain_time
from archive.monitoring.drift import drifted_since
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.opening import reads_archive, story_of
from scraper.cli.rendering.terminal import local_times, print_json, say, say_text


@click.command()
@options.story
@options.as_of
@reads_archive
def show(archive: Reader, url: str, as_json: bool) -> None:
    """Show one article as it is now, or was at a time. STORY is any address of it, its story id or
    its number.

    \b
    warta show https://republika.co.id/berita/tos4su512/dapur-masjid
    warta show 12 --json
    warta show 12 --as-of 2026-11-20T18:00:00+07:00
    """
    article = queries.latest(archive.db, queries.find_article(archive.db, url, story_of))
    if as_json:
        print_json([article])
        return
    if article["kicker"]:
        say(article["kicker"])
    say(article["headline"] or "(no headline)", bold=True)
    for line in _lines(article, drifted_since(archive, article["article_id"])):
        say(line)
    say()
    say_text(article["body"])


def _lines(article: dict[str, Any], drifted_since: str | None) -> Iterator[str]:
    """Yield what is known of the article, below its headline."""
    if article["deck"]:
        yield article["deck"]
    people = ", ".join(article["authors"])
    if article["editors"]:
        people = f"{people} (editor: {', '.join(article['editors'])})".strip()
    published = local_times(article["published_at"] or "")
    context = [article["agency"], published, article["section"], article["dateline"]]
    if byline := " · ".join(filter(None, [people, *context])):
        yield byline
    place = f"article {article['article_id']}, revision {article['revision']}"
    yield f"{article['url']} ({place}, layout {article['layout']})"
    if article["removed_at"]:
        yield local_times(f"Removed by the site; noticed {plain_time(article['removed_at'])}")
    if article["opted_out"]:
        yield f"Opted out of text mining by {article['opted_out']}"
    if article["warnings"]:
        yield f"Doubtful: {', '.join(article['warnings'])}"
    if drifted_since is not None:
        since = local_times(plain_time(drifted_since))
        yield f"Marked: the site's pages have changed since {since}; see `warta health`"
