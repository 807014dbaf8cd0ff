"""`warta export`: articles as a file of another program; the group of what else is exported."""

import sys
from pathlib import Path
from typing import Any, BinaryIO

import click

from archive.archive import Archive, Reader
from archive.errors import ExportError, QueryError
from archive.export.export import COMPRESSED, Exported, export, format_of
from archive.ledger.wording import plural
from archive.printable import in_line, unfiltered
from archive.search.listing import ORDERS
from scraper.cli import options
from scraper.cli.groups import FileOrCommand, OwnArgument
from scraper.cli.lazy import LazyCommands
from scraper.cli.new_file import force, new_file
from scraper.cli.opening import with_archive
from scraper.cli.reading.filters import WrongUsage, filters
from scraper.cli.rendering.terminal import note, progress_bar

_COMMANDS = {
    "parquet": ("export.parquet", "Write tables for DuckDB, Polars and Spark."),
    "warc": ("export.warc", "Write kept pages as a web archive: WARC, or WACZ."),
}


@click.group("export", cls=FileOrCommand, commands=LazyCommands(_COMMANDS))
@click.argument("file", cls=OwnArgument, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--search", "query", metavar="QUERY", help="Only articles that this search finds.")
@click.option("--stem", is_flag=True, help="With --search: other forms of Indonesian words, too.")
@click.option("--sort", "order", type=click.Choice(ORDERS), default="newest", help="The order.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum articles; default: all.")
@click.option(
    "--format", "on_stdout", type=click.Choice(COMPRESSED), default="jsonl", help="On stdout."
)
@options.as_of
@force
@with_archive
@filters
def export_command(
    archive: Reader, file: Path, on_stdout: str, force: bool, query: str | None, **values: Any
) -> None:
    """Write articles, with the text of their newest revisions, to FILE: .csv, .jsonl (also .gz),
    .parquet or .xlsx; - is stdout. The commands below write something else.

    \b
    warta export articles.parquet
    warta export beras.csv.gz --search 'beras OR gabah' --since 2026-01-01
    warta export suara.xlsx --site suara --sort oldest
    warta export - --site suara | jq .headline
    warta export warc pages.warc.gz
    warta export parquet tables
    """
    if query is not None and not isinstance(archive, Archive):
        raise click.UsageError("--search knows today's texts alone: not together with --as-of")
    values["query"] = query
    try:
        if str(file) == "-":
            done = _export(
                archive, unfiltered(sys.stdout).buffer, on_stdout, compressed=False, **values
            )
        else:
            done = _into_file(archive, file, force=force, **values)
    except (ExportError, QueryError) as error:
        raise WrongUsage(in_line(str(error))) from error
    for line in _notes(done):
        note(line)


def _into_file(archive: Reader, file: Path, *, force: bool, **values: Any) -> Exported:
    if file.name.lower().endswith((".warc", ".warc.gz", ".wacz")):
        raise WrongUsage(f"{file.name}: web archives are written by `warta export warc {file}`")
    file_format, compressed = format_of(file.name)
    with new_file(file, force=force) as out:
        return _export(archive, out, file_format, compressed=compressed, **values)


def _export(archive: Reader, out: BinaryIO, file_format: str, **values: Any) -> Exported:
    with progress_bar("exporting", total=None) as progress:
        return export(archive, out, file_format, progress=progress, **values)


def _notes(done: Exported) -> list[str]:
    if not done.articles:
        return ["No article was found: the file has none."]
    lines = [f"{plural(done.articles, 'article', 'articles')} written"]
    if done.opted_out:
        opted = plural(done.opted_out, "of them opts out", "of them opt out")
        lines.append(f"{opted} of text and data mining: see the column opted_out")
    if done.shortened:
        cells = plural(done.shortened, "text was", "texts were")
        lines.append(f"{cells} longer than a cell holds, and ends in “…”")
    return lines
