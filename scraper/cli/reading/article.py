"""`warta show`, `log` and `diff`: one article, its revisions, and what changed between two."""

from collections.abc import Iterator
from typing import Any

import click
from rich.text import Text

from archive.archive import Archive, Reader
from archive.ledger.wording import plain_time
from archive.monitoring.drift import drifted_since
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.diff_rendering import edits_as_json, edits_between, print_edits
from scraper.cli.opening import reads_archive, story_of
from scraper.cli.terminal import columns, console, note, print_json, print_rows

_REVISIONS = columns(
    "number observed_at kind changed returns_to correction headline",
    number="rev",
    observed_at="observed",
)


@click.command()
@click.argument("url")
@options.as_of
@reads_archive
def show(archive: Reader, url: str, as_json: bool) -> None:
    """Show one article as it is now, or was at a time, by URL, story id or article number.

    \b
    warta show https://republika.co.id/berita/tos4su512/dapur-masjid
    warta show 12 --json
    warta show 12 --as-of 2026-11-20T18:00:00+07:00
    """
    article = queries.latest(archive.db, queries.find_article(archive.db, url, story_of))
    if as_json:
        print_json([article])
        return
    out = console()
    for line in _lines(article, drifted_since(archive, article["article_id"])):
        out.print(Text(line), soft_wrap=True)


def _lines(article: dict[str, Any], drifted_since: str | None) -> Iterator[str]:
    if article["kicker"]:
        yield article["kicker"]
    yield article["headline"] or "(no headline)"
    if article["deck"]:
        yield article["deck"]
    people = ", ".join(article["authors"])
    if article["editors"]:
        people += f" (editor: {', '.join(article['editors'])})"
    context = [article[name] for name in ("agency", "published_at", "section", "dateline")]
    if byline := " · ".join(filter(None, [people, *context])):
        yield byline
    place = f"article {article['article_id']}, revision {article['revision']}"
    yield f"{article['url']} ({place}, layout {article['layout']})"
    if article["removed_at"]:
        yield f"Removed by the site; noticed {plain_time(article['removed_at'])}"
    if article["opted_out"]:
        yield f"Opted out of text mining by {article['opted_out']}"
    if article["warnings"]:
        yield f"Doubtful: {', '.join(article['warnings'])}"
    if drifted_since is not None:
        since = plain_time(drifted_since)
        yield f"Marked: the site's pages have changed since {since}; see `warta health`"
    yield ""
    yield article["body"]


@click.command()
@click.argument("url")
@options.as_of
@reads_archive
def log(archive: Reader, url: str, as_json: bool) -> None:
    """List the revisions of an article: time, kind, changed fields, and the publisher's own
    correction note.

    \b
    publisher   the publisher changed it        removed    the site took it down
    technical   our extraction changed          restored   it came back
    """
    article_id = queries.find_article(archive.db, url, story_of)
    newest = queries.latest(archive.db, article_id)  # raises where it was taken down
    rows = queries.revisions(archive.db, article_id)
    formats = {"observed_at": plain_time}
    print_rows(rows, _REVISIONS, as_json=as_json, formats=formats, title=newest["url"])


@click.command()
@click.argument("url")
@click.argument("a", type=int, required=False)
@click.argument("b", type=int, required=False)
@reads_archive
def diff(archive: Archive, url: str, a: int | None, b: int | None, as_json: bool) -> None:
    """Show what changed between revisions A and B of an article, word by word; by default, between
    the newest two.

    \b
    warta diff 12
    warta diff https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan 1 3
    """
    article_id = queries.find_article(archive.db, url, story_of)
    newest = queries.latest(archive.db, article_id)["revision"]
    if newest == 1 and a is None:
        note("There is only one revision: nothing has changed.")
        return
    b = newest if b is None else b
    before = queries.revision(archive.db, article_id, max(1, b - 1) if a is None else a)
    after = queries.revision(archive.db, article_id, b)
    edits = list(edits_between(before, after))
    if as_json:
        print_json(edits_as_json(edits))
        return
    since, until = plain_time(before["observed_at"]), plain_time(after["observed_at"])
    out = console()
    first, second = f"Revision {before['number']} ({since})", f"revision {after['number']}"
    out.print(Text(f"{first} → {second} of {newest} ({until})"))
    print_edits(out, edits, excerpt=False)
    if not edits:
        out.print("No difference in any field.")
