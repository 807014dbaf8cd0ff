"""`warta stats`: counts and bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archive.database import sizes
from archive.ledger.wording import human_bytes
from archive.revisions import queries
from scraper.cli.options import archive_option, json_option, opened
from scraper.cli.terminal import print_json, print_table

_COUNTS = (
    "articles",
    "revisions",
    "publisher_edits",
    "removed",
    "opted_out",
    "urls",
    "due",
    "refused",
    "failed",
    "snapshots",
)
_VALIDATORS = {
    "site": "site",
    "conditional": "asked with validators",
    "answered_304": "answered 304",
    "bytes_saved": "bytes saved",
    "never_304": "never 304",
}
_DICTIONARIES = {
    "site": "site",
    "in_force": "dictionary in force",
    "needed": "needed for reading",
    "bytes": "bytes",
    "snapshots": "snapshots packed with them",
}


@click.command(short_help="Counts and bytes.")
@archive_option
@json_option
def stats(path: Path, as_json: bool) -> None:
    """Counts a site, what the validators saved, and where the bytes of the file are.

    With --json a line a site, and one with `"site": null` for the whole file.
    """
    with opened(path) as archive:
        rows = queries.stats(archive.db)
        kinds = sizes.bytes_by_kind(archive.db)
        dictionaries = sizes.dictionaries(archive.db)
    articles = sum(row["articles"] for row in rows)
    if as_json:
        whole = {
            "bytes": kinds,
            "bytes_per_article": sum(kinds.values()) // max(1, articles),
            "dictionaries": dictionaries,
        }
        print_json([*rows, {"site": None, **whole}])
        return
    shown = [
        dict(
            row,
            bytes_sent=human_bytes(row["bytes_sent"]),
            bytes_kept=human_bytes(row["bytes_kept"]),
        )
        for row in rows
    ]
    columns = {
        name: name.replace("_", " ") for name in ("site", *_COUNTS, "bytes_sent", "bytes_kept")
    }
    print_table(shown, columns, title=f"{path} ({human_bytes(path.stat().st_size)} on disk)")
    if any(row["conditional"] for row in rows):
        saved = [
            dict(
                row,
                bytes_saved=human_bytes(row["bytes_saved"]),
                never_304="yes" if row["never_304"] else "",
            )
            for row in rows
        ]
        click.echo()
        print_table(saved, _VALIDATORS, title="What the validators (ETag, Last-Modified) saved")
    click.echo()
    print_table(
        _kinds(kinds, articles),
        {"kind": "bytes by kind", "bytes": "bytes", "share": "share", "each": "an article"},
    )
    if dictionaries:
        click.echo()
        print_table(
            [dict(row, bytes=human_bytes(row["bytes"])) for row in dictionaries], _DICTIONARIES
        )


def _kinds(kinds: dict[str, int], articles: int) -> list[dict[str, Any]]:
    total = sum(kinds.values())
    rows = [(kind, size) for kind, size in kinds.items() if size] + [("all", total)]
    return [
        {
            "kind": kind,
            "bytes": human_bytes(size),
            "share": f"{size / max(1, total):.0%}",
            "each": human_bytes(size // max(1, articles)),
        }
        for kind, size in rows
    ]
