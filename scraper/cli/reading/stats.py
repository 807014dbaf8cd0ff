"""`warta stats`: counts and bytes."""

from typing import Any

import click

from archive.archive import Archive
from archive.database import sizes
from archive.ledger.wording import human_bytes
from archive.revisions import queries
from scraper.cli.opening import reads_archive
from scraper.cli.terminal import columns, print_json, print_table

_COLUMNS = columns(
    "site articles revisions publisher_edits removed opted_out urls due refused failed snapshots"
    " bytes_sent bytes_kept"
)
_SPARSE = "publisher_edits removed opted_out due refused failed"
_VALIDATORS = columns(
    "site conditional answered_304 bytes_saved never_304", conditional="sent with validators"
)
_DICTIONARIES = columns(
    "site in_force needed bytes snapshots",
    in_force="current dictionary",
    needed="needed for reading",
    snapshots="snapshots packed with them",
)
_KINDS = columns("kind bytes share each", kind="bytes by kind", each="per article")


@click.command()
@reads_archive
def stats(archive: Archive, as_json: bool) -> None:
    """Count articles, URLs and bytes per site, what the validators saved, and what the bytes of the
    file hold.

    With --json, one line per site, and one with `"site": null` for the whole file.
    """
    rows = queries.stats(archive.db)
    kinds = sizes.bytes_by_kind(archive.db)
    dictionaries = sizes.dictionaries(archive.db)
    articles = max(1, sum(row["articles"] for row in rows))
    if as_json:
        each = sum(kinds.values()) // articles
        whole = {"bytes": kinds, "bytes_per_article": each, "dictionaries": dictionaries}
        print_json([*rows, {"site": None, **whole}])
        return
    sizes_of_rows = dict.fromkeys(("bytes_sent", "bytes_kept"), human_bytes)
    title = f"{archive.path} ({human_bytes(archive.path.stat().st_size)} on disk)"
    print_table(rows, _COLUMNS, title=title, formats=sizes_of_rows, sparse=_SPARSE)
    if any(row["conditional"] for row in rows):
        click.echo()
        print_table(
            rows,
            _VALIDATORS,
            title="What the validators (ETag, Last-Modified) saved",
            formats={"bytes_saved": human_bytes, "never_304": lambda never: "yes" if never else ""},
        )
    click.echo()
    print_table(_kinds(kinds, articles), _KINDS)
    if dictionaries:
        click.echo()
        print_table(dictionaries, _DICTIONARIES, formats={"bytes": human_bytes})


def _kinds(kinds: dict[str, int], articles: int) -> list[dict[str, Any]]:
    total = sum(kinds.values())
    return [
        {
            "kind": kind,
            "bytes": human_bytes(size),
            "share": f"{size / max(1, total):.0%}",
            "each": human_bytes(size // articles),
        }
        for kind, size in {**kinds, "all": total}.items()
        if size or kind == "all"
    ]
