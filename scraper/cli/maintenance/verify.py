"""`warta verify`: check the integrity of the archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archive.maintenance.verify import MAX_SHOWN, amount
from archive.maintenance.verify import verify as verify_archive
from scraper.cli import options
from scraper.cli.opening import opened
from scraper.cli.terminal import columns, note, print_rows, progress_bar

_COLUMNS = columns("check examined result")


@click.command()
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only N snapshots and N revisions, spread over the archive.",
)
@options.archive
@options.json
def verify(sample: int | None, path: Path, as_json: bool) -> None:
    """Check the file, the links between rows, the views, the search index, and every text and kept
    page against its digest.

    Writes nothing, and may run beside a crawl. Exit status 1 if anything is wrong.

    \b
    warta verify
    warta verify --sample 1000       a quick check of a large archive
    """
    with opened(path) as archive:
        archive.db.conn.execute("BEGIN")  # one state, whatever a crawl writes meanwhile
        with progress_bar("verifying", total=amount(archive, sample)) as advance:
            findings = list(verify_archive(archive, sample=sample, progress=advance))
    rows: list[dict[str, Any]] = [
        {"check": finding.check, "examined": finding.examined, "problems": finding.problems}
        for finding in findings
    ]
    if not as_json:
        for row in rows:
            row["result"] = f"{len(row['problems'])} wrong" if row["problems"] else "ok"
    print_rows(rows, _COLUMNS, as_json=as_json, title=str(path))
    for finding in findings:
        for problem in finding.problems[:MAX_SHOWN]:
            note(f"{finding.check}: {problem}")
        if len(finding.problems) > MAX_SHOWN:
            note(f"{finding.check}: and {len(finding.problems) - MAX_SHOWN} more")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
