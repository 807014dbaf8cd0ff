"""`warta changes`: what publishers changed, across the archive."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from archive.archive import Reader
from archive.ledger.wording import plain_time
from archive.revisions.change_log import BY_PUBLISHERS, KINDS, ChangeFilter, KeptChange, edits_of
from archive.revisions.changes import COMPARED, edits_as_json
from archive.search.filters import Filter
from scraper.cli import options
from scraper.cli.opening import chosen_sites, reads_archive
from scraper.cli.reading.filters import authors, sections
from scraper.cli.rendering.diffs import print_edits
from scraper.cli.rendering.terminal import columns, console, local_times, note, print_rows, say

SHOWN = 20
"""Changes on a terminal, unless --limit says how many."""

_COLUMNS = columns(
    "observed_at site article_id number what correction headline",
    observed_at="observed",
    article_id="article",
    number="rev",
    what="changed",
)
_CSV = columns("observed_at site article_id number kind changed correction headline returns_to url")


@click.command("changes")
@options.sites
@sections
@authors
@click.option(
    "--since", type=options.SINCE_TIME, help="Observed since then; of a day, its start in UTC."
)
@click.option(
    "--until", type=options.UNTIL_TIME, help="Observed until then; of a day, its end in UTC."
)
@click.option(
    "--field",
    "fields",
    type=click.Choice(COMPARED),
    multiple=True,
    help="Only changes of this field; may be repeated.",
)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    help="Only this kind; may be repeated. By default what publishers did:"
    f" {', '.join(BY_PUBLISHERS)}.",
)
@click.option(
    "--corrections", is_flag=True, help="Only with a publisher's note of a correction, of any kind."
)
@click.option("--diff", "with_diff", is_flag=True, help="Show what changed, word by word.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"Maximum changes; default: {SHOWN} as text, all as JSON or CSV.",
)
@options.csv
@reads_archive
def changes_command(
    archive: Reader,
    names: tuple[str, ...],
    section: tuple[str, ...],
    author: tuple[str, ...],
    kinds: tuple[str, ...],
    with_diff: bool,
    limit: int | None,
    as_csv: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """List what publishers changed, the newest first: time, site, article, revision, changed
    fields, headline. `warta diff ARTICLE` shows one of them whole.

    \b
    warta changes --since 2026-11-01 --field headline --diff
    warta changes --corrections
    warta changes --kind technical         what our own extraction changed
    """
    if with_diff and as_csv:
        raise click.UsageError("--diff has no form in CSV; take --json")
    if filters["since"] and filters["until"] and filters["since"] > filters["until"]:
        raise click.UsageError("--since is later than --until: no time is left")
    kinds = kinds or (KINDS if filters["corrections"] else BY_PUBLISHERS)
    where = Filter(sites=chosen_sites(archive, names), sections=section, authors=author)
    wanted = ChangeFilter(kinds=kinds, where=where, **filters)
    if as_json or as_csv:
        found = archive.changes(wanted, limit=limit)
        rows = (_row(archive, change, with_edits=with_diff) for change in found)
        print_rows(rows, _CSV, as_json=as_json, as_csv=as_csv)
        return
    limit = limit or SHOWN
    newest = list(archive.changes(wanted, limit=limit + 1))
    _print(archive, newest[:limit], with_diff=with_diff)
    if len(newest) > limit:
        note(f"These are the newest {limit}; --limit shows more.")


def _row(archive: Reader, change: KeptChange, *, with_edits: bool) -> dict[str, Any]:
    edits = {"edits": list(edits_as_json(edits_of(archive.db, change)))} if with_edits else {}
    return asdict(change) | edits


def _print(archive: Reader, found: Sequence[KeptChange], *, with_diff: bool) -> None:
    if not with_diff or not found:
        rows = [asdict(change) | {"what": _what(change)} for change in found]
        print_rows(rows, _COLUMNS, as_json=False, empty="No change was found.")
        return
    for place, change in enumerate(found):
        if place:
            say()
        say(change.headline or "(no headline)", bold=True)
        revision = f"article {change.article_id}, revision {change.number} ({_what(change)})"
        say(local_times(f"{plain_time(change.observed_at)}, {change.site}, {revision}"))
        if change.correction:
            say(f"  {change.correction}", italic=True)
        print_edits(console(), edits_of(archive.db, change), indent="  ")


def _what(change: KeptChange) -> str:
    """Return the changed fields, after the kind unless it is an edit by the publisher."""
    kind = "" if change.kind == "publisher" else change.kind
    return ": ".join(filter(None, [kind, ", ".join(change.changed)]))
