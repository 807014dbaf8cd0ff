"""`warta search`: full text."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from archive.archive import Archive
from archive.errors import QueryError
from archive.printable import in_line
from archive.search.filters import Filter, Sort
from archive.search.query import has_small_or
from archive.search.search import BEGIN, END, Found
from scraper.cli import options
from scraper.cli.opening import reads_archive
from scraper.cli.reading.filters import WrongUsage, filters
from scraper.cli.rendering.terminal import columns, emphasized, note, print_rows

_COLUMNS = columns(
    "article_id site published_at headline snippet",
    article_id="article",
    published_at="published",
    snippet="text",
)
_EARLIER = columns(
    "article_id site published_at revision is_newest headline snippet",
    article_id="article",
    published_at="published",
    is_newest="newest",
    snippet="text",
)
_MARKED = re.compile(f"{BEGIN}([^{END}]*){END}")


class _Search(click.Command):
    """Takes `-word` for a word: options of one letter are known by name."""

    def make_parser(self, ctx: click.Context) -> Any:
        """Called by click."""
        known = {name for param in self.get_params(ctx) for name in param.opts}
        parser = super().make_parser(ctx)
        parse = parser.parse_args
        setattr(parser, "parse_args", lambda args: parse(_with_words(args, known)))  # noqa: B010
        return parser


def _with_words(args: Sequence[str], known: set[str]) -> list[str]:
    """Write the minus of excluded words as the sign that no option begins with."""
    return ["−" + arg[1:] if re.match(r"-[^-]", arg) and arg not in known else arg for arg in args]


@click.command(cls=_Search)
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--sort", type=click.Choice(["relevance", "time"]), default="relevance", help="What is first."
)
@click.option("--limit", type=click.IntRange(min=1), default=20, help="Maximum results.")
@click.option("--revisions", "earlier", is_flag=True, help="Search earlier texts, too.")
@click.option("--stem", is_flag=True, help="Find other forms of Indonesian words, too.")
@options.csv
@reads_archive
@filters
def search(
    archive: Archive,
    words: tuple[str, ...],
    where: Filter,
    sort: Sort,
    limit: int,
    earlier: bool,
    stem: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Search the newest revisions; all words must be there.

    \b
    warta search harga OR tarif beras       one of the first two, and the third
    warta search beras -impor 'panen*'      without a word; words that begin so
    warta search '"musim tanam"'            a phrase
    warta search headline:beras             in the headline; also deck: and body:
    warta search --stem perbaiki            also memperbaiki, diperbaiki, perbaikan
    """
    query = " ".join(words)
    try:
        found = archive.search(
            query, where=where, sort=sort, limit=limit, stem=stem, earlier=earlier
        )
    except QueryError as error:
        raise WrongUsage(in_line(str(error))) from error
    if found.note:
        note(in_line(found.note))
    print_rows(
        _rows(found, as_data=as_json or as_csv),
        _EARLIER if earlier else _COLUMNS,
        as_json=as_json,
        as_csv=as_csv,
        empty="Nothing found.",
        flexible="snippet",
        formats={"is_newest": lambda newest: "yes" if newest else "no"},
    )
    _note_what_was_found(found, query)


def _note_what_was_found(found: Found, query: str) -> None:
    if found.hits:
        note(f"{found.counted} {'story' if found.total == 1 else 'stories'}")
    elif not found.note and has_small_or(query):
        note("OR in capitals finds texts with either word; `or` is a word like any other.")


def _rows(found: Found, *, as_data: bool) -> list[dict[str, Any]]:
    """Return the finds as rows; for people, words are emphasized."""
    rows = []
    for hit in found.hits:
        row = asdict(hit)
        marked = row.pop("marked")
        row["snippet"] = hit.snippet
        if not as_data:
            row["snippet"] = _MARKED.sub(lambda words: emphasized(words[1]), marked)
        rows.append(row)
    return rows
