"""`warta verify`: check the integrity of the archive."""

from dataclasses import asdict

import click

from archive.archive import Archive
from archive.database.connection import read_transaction
from archive.maintenance.verify import MAX_SHOWN, amount
from archive.maintenance.verify import verify as verify_archive
from scraper.cli.opening import reads_archive
from scraper.cli.terminal import columns, note, print_rows, progress_bar

_COLUMNS = columns("check examined problems", problems="result")


@click.command()
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only N snapshots and N revisions, spread over the archive.",
)
@reads_archive
def verify(archive: Archive, sample: int | None, as_json: bool) -> None:
    """Check the file, the links between rows, the views, the search index, and every text and kept
    page against its digest.

    Writes nothing, and may run beside a crawl. Exit status 1 if anything is wrong.

    \b
    warta verify
    warta verify --sample 1000       a quick check of a large archive
    """
    with (
        read_transaction(archive.db),
        progress_bar("verifying", total=amount(archive, sample)) as advance,
    ):
        findings = list(verify_archive(archive, sample=sample, progress=advance))
    formats = {"problems": lambda problems: f"{len(problems)} wrong" if problems else "ok"}
    title = str(archive.path)
    print_rows(map(asdict, findings), _COLUMNS, as_json=as_json, formats=formats, title=title)
    for finding in findings:
        for problem in finding.problems[:MAX_SHOWN]:
            note(f"{finding.check}: {problem}")
        if len(finding.problems) > MAX_SHOWN:
            note(f"{finding.check}: and {len(finding.problems) - MAX_SHOWN} more")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
