"""`warta verify`: check the integrity of the archive."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from archive.archive import Archive
from archive.database.connection import read_transaction
from archive.maintenance import search_index
from archive.maintenance.verify import MAX_SHOWN, amount
from archive.maintenance.verify import verify as verify_archive
from scraper.cli.opening import opened_for_writing, reads_archive
from scraper.cli.rendering.terminal import columns, interruptible, note, print_rows, progress_bar

_COLUMNS = columns("check examined problems", problems="result")


@click.command()
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only N snapshots and N revisions, spread over the archive.",
)
@click.option("--repair", type=click.Choice(["search"]), help="Rebuild the search index first.")
@reads_archive
def verify(archive: Archive, sample: int | None, repair: str | None, as_json: bool) -> None:
    """Check the file, the links between rows, the views, the search index against the texts, and
    every text and kept page against its digest; report what waits for `warta compact`.

    Writes nothing without --repair, and may run beside a crawl. Exit status 1 if anything is wrong.

    \b
    warta verify
    warta verify --sample 1000       a quick check of a large archive
    warta verify --repair search     rebuild the search index from the texts, then check
    """
    if repair == "search":
        with opened_for_writing(archive.path) as writable:
            search_index.rebuild(writable, now=datetime.now(UTC))
    with (
        interruptible("Stopped; nothing was changed."),
        read_transaction(archive.db),
        progress_bar("verifying", total=amount(archive, sample)) as advance,
    ):
        findings = list(verify_archive(archive, sample=sample, progress=advance))
    formats = {"problems": lambda problems: f"{len(problems)} wrong" if problems else "ok"}
    title = str(archive.path)
    print_rows(map(asdict, findings), _COLUMNS, as_json=as_json, formats=formats, title=title)
    for finding in findings:
        for remark in finding.notes:
            note(f"{finding.check}: {remark}")
        for problem in finding.problems[:MAX_SHOWN]:
            note(f"{finding.check}: {problem}")
        if len(finding.problems) > MAX_SHOWN:
            note(f"{finding.check}: and {len(finding.problems) - MAX_SHOWN} more")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
