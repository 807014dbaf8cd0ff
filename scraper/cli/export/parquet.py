"""`warta export parquet`: the archive as tables for query engines."""

from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.archive import Archive
from archive.errors import ExportError
from archive.ledger.wording import plural
from archive.printable import in_line
from scraper.cli import options
from scraper.cli.opening import chosen_sites, warn_unsettled, with_whole_archive
from scraper.cli.rendering.terminal import interruptible, note, progress_bar

if TYPE_CHECKING:
    from archive.export.tables import Written

_GOES_ON = "the same command goes on from there"


@click.command("parquet")
@click.argument("tables", metavar="OUT", type=click.Path(path_type=Path))
@options.as_of
@click.option("--by-month", is_flag=True, help="Folders by month alone, for many publishers.")
@with_whole_archive
@options.sites
def parquet(
    archive: Archive, tables: Path, as_of: datetime | None, by_month: bool, names: tuple[str, ...]
) -> None:
    """Write articles, revisions, clusters and the ledger to the new folder OUT: tables of Parquet
    files by site and month, for DuckDB, Polars, Spark and others; their columns: warta help tables.

    Killed or interrupted, the same command goes on where it was.

    \b
    warta export parquet tables
    warta export parquet suara --site suara --as-of 2026-11-19
    """
    sites = chosen_sites(archive, names)
    if as_of is not None:
        warn_unsettled(archive, as_of)
    done = _export(archive, tables, sites=sites, as_of=as_of, by_site=not by_month)
    counts = ", ".join(f"{number:,} {table}" for table, number in done.rows.items())
    files = plural(done.files, "file", "files")
    note(f"{counts.replace(' ledger', ' URLs')} written to {files}")
    if done.opted_out:
        articles = plural(done.opted_out, "article opts out", "articles opt out")
        note(f"{articles} of text and data mining: see the column opted_out")


def _export(
    archive: Archive, out: Path, *, sites: tuple[str, ...], as_of: datetime | None, by_site: bool
) -> "Written":
    from archive.export.tables import export_tables

    stopped = interruptible(f"Stopped; {_GOES_ON}.")
    try:
        with stopped, progress_bar("exporting", total=None) as progress:
            return export_tables(
                archive, out, sites=sites, as_of=as_of, by_site=by_site, progress=progress
            )
    except ExportError as error:
        raise click.ClickException(in_line(str(error))) from error
    except OSError as error:
        why = f"{out}: it cannot be written ({error.strerror or error})"
        goes_on = f"; {_GOES_ON}" if error.errno == ENOSPC else ""
        raise click.ClickException(why + goes_on) from error
