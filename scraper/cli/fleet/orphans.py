"""`warta fleet orphans`: what was crawled, and not pushed before its site went elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.ledger.wording import human_bytes, plural
from archive.merge.parts import merged_names
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.fleet.opening import fleet_store
from scraper.cli.opening import opened
from scraper.cli.rendering import terminal

if TYPE_CHECKING:
    from scraper.fleet.store import Replicas

_COLUMNS = terminal.columns("site written_at size collected name problem", written_at="written")


def _size(size: int | None) -> str:
    return "" if size is None else human_bytes(size)


_FORMATS: terminal.Formats = {"size": _size, "collected": {True: "yes", False: "no"}.get}


@click.command()
@options.sites
@click.option(
    "--collected",
    "whole",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="An archive that `warta fleet collect` made: show which it took in.",
)
@click.option("--delete", is_flag=True, help="Delete them; with --collected those that it took in.")
@options.yes
@options.json
def orphans(
    names: tuple[str, ...], whole: Path | None, delete: bool, yes: bool, as_json: bool
) -> None:
    """List the orphans in the store: copies of archives with crawls that no other copy there has,
    as they could not be pushed before their site went to another worker.

    `warta fleet collect` takes them in; after that they may be deleted. The archive that has them
    keeps them; those that are collected anew later, and `warta serve`, lack what was deleted.
    Without --collected, --delete asks: what nobody collected is lost. Exit status 1 if one cannot
    be read.

    \b
    warta fleet collect semua.db
    warta fleet orphans --collected semua.db --delete
    """
    store = fleet_store(configured().configuration)
    found = list(_found(store, names, whole))
    terminal.print_rows(
        found,
        _COLUMNS,
        as_json=as_json,
        formats=_FORMATS,
        flexible="problem",
        empty="There are no orphans.",
    )
    if delete and found:
        _delete(store, found, whole, yes=yes)
    elif any(row["problem"] for row in found):
        raise SystemExit(1)


def _found(store: Replicas, sites: Collection[str], whole: Path | None) -> Iterator[dict[str, Any]]:
    from scraper.fleet.records import FleetError

    taken = _taken_in(whole)
    for site in store.folders():
        for name in store.orphan_names(site) if not sites or site in sites else ():
            row: dict[str, Any] = {"site": site, "name": name, "written_at": None, "size": None}
            row |= {"collected": None if taken is None else f"{name}.db" in taken, "problem": None}
            try:
                manifest = store.orphan(site, name).manifest
                row |= {"written_at": manifest.pushed_at.isoformat(), "size": manifest.size}
            except FleetError as error:
                row["problem"] = str(error)
            yield row


def _taken_in(whole: Path | None) -> Collection[str] | None:
    """Return the names of the archives that one was merged from; None where none is named."""
    if whole is None:
        return None
    with opened(whole) as archive:
        return merged_names(archive.db)


def _delete(
    store: Replicas, found: Collection[dict[str, Any]], whole: Path | None, *, yes: bool
) -> None:
    chosen = [row for row in found if whole is None or row["collected"]]
    if whole is None:
        these = plural(len(chosen), "orphan")
        options.confirm(f"Delete {these} for good?", yes=yes, refused="nothing was deleted")
    for row in chosen:
        store.delete_orphan(row["site"], row["name"])
    terminal.note(f"Deleted: {plural(len(chosen), 'orphan')}.")
    if left := len(found) - len(chosen):
        terminal.note(
            f"{whole} has not taken in {plural(left, 'orphan')}, which stay in the store."
        )
