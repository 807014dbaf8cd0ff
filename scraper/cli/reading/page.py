"""`warta page`: the kept bytes of a page, as its server sent it."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from archive.archive import Reader
from archive.ledger.wording import human_bytes
from archive.printable import unfiltered
from archive.records import IMPORTED, Exchange, Hop, Page
from archive.revisions import queries
from archive.revisions.evidence import pages_of
from scraper.cli import options
from scraper.cli.new_file import force, new_file
from scraper.cli.opening import reads_archive, story_of
from scraper.cli.rendering.terminal import columns, note, print_json, print_rows, say

_COLUMNS = columns(
    "part status fetched_at size content_type url digest",
    part="page",
    fetched_at="fetched",
    digest="SHA-256",
)


@click.command()
@options.story
@click.option("--revision", type=int, help="Of this revision; default: the newest.")
@click.option("--page", "part", type=click.IntRange(min=1), help="Of a story of several pages.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write to this file; default: stdout.",
)
@force
@click.option("--info", is_flag=True, help="Show what is known of the pages, not their bytes.")
@click.option("--headers", is_flag=True, help="Show all headers, those of redirects included.")
@options.as_of
@reads_archive
def page(
    archive: Reader,
    url: str,
    revision: int | None,
    part: int | None,
    output: Path | None,
    force: bool,
    info: bool,
    headers: bool,
    as_json: bool,
) -> None:
    """Write the page that a revision was read from: the bytes that the server sent, decompressed.
    STORY is any address of the article, its story id or its number.

    With --json, what is known of it: address, time, status, type, size and digest; or, with
    --headers, each request that led to it with its answer.

    \b
    warta page 12 > page.html
    warta page 12 --revision 1 -o before.html
    warta page 12 --info
    warta page 12 --headers
    """
    rows = _pages(archive, url, revision)
    if part is not None:
        rows = [_page_of(rows, url, part)]
    if headers:
        _print_exchanges(archive, rows, as_json=as_json)
    elif info or as_json:
        print_rows(rows, _COLUMNS, as_json=as_json, formats={"size": human_bytes}, flexible="url")
    else:
        _write(archive.page(rows[0]["snapshot_id"]).body, output, force=force)
        if len(rows) > 1:
            note(f"This is page 1 of {len(rows)}; --page N writes another.")


def _page_of(rows: list[dict[str, Any]], url: str, part: int) -> dict[str, Any]:
    """Return the page with this number; raises click.ClickException where there is none."""
    for row in rows:
        if row["part"] == part:
            return row
    raise click.ClickException(f"{url}: there is no page {part}; pages kept: {len(rows)}")


def _write(body: bytes, output: Path | None, *, force: bool) -> None:
    if output is None or str(output) == "-":
        _to_stdout(body)
    else:
        with new_file(output, force=force) as file:
            file.write(body)


def _print_exchanges(archive: Reader, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print requests and answers of pages in their order; raises click.ClickException for none."""
    pages = (archive.page(row["snapshot_id"]) for row in rows)
    found = [each for page in pages for each in _exchanges(page)]
    if not found:
        raise click.ClickException("the page was kept without its headers")
    if as_json:
        print_json(found)
        return
    for each in found:
        say(f"{each['method']} {each['url']}")
        for name, value in each["request_headers"]:
            say(f"> {name}: {value}")
        say(f"{each['protocol'] or 'HTTP'} {each['status']} {each['reason'] or ''}".rstrip())
        for name, value in each["headers"]:
            say(f"< {name}: {value}")


def _exchanges(page: Page) -> Iterator[dict[str, Any]]:
    """Yield the requests that led to a page, and its own; none where they are unknown."""
    if page.wire is None:
        return
    found: list[tuple[Exchange, Hop | Page]] = [(hop, hop) for hop in page.wire.hops]
    for each, of in (*found, (page.wire, page)):
        known = {field.name: getattr(each, field.name) for field in fields(Exchange)}
        yield {"url": of.url, "status": of.status, "fetched_at": of.fetched_at, **known}


def _to_stdout(body: bytes) -> None:
    if sys.stdout.isatty():
        raise click.ClickException(
            "a terminal is no place for a page's own bytes: name a file with -o, or use a pipe"
        )
    stream = unfiltered(sys.stdout)
    stream.buffer.write(body)
    stream.buffer.flush()


def _pages(archive: Reader, url: str, number: int | None) -> list[dict[str, Any]]:
    """Return the kept pages of a revision; raises click.ClickException where there is none."""
    article_id = queries.find_article(archive.db, url, story_of)
    newest = queries.latest(archive.db, article_id)["revision"]
    revision = queries.revision(archive.db, article_id, newest if number is None else number)
    rows = pages_of(archive.db, article_id, revision["number"])
    if rows:
        return rows
    why = "its page was not kept"
    if revision["layout"] == IMPORTED:
        why = "it was imported, and no page was fetched"
    raise click.ClickException(f"article {article_id}, revision {revision['number']}: {why}")
