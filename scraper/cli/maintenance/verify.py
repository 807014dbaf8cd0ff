"""`warta verify`: is the archive what it should be?"""

from __future__ import annotations

from pathlib import Path

import click

from archive.maintenance.verify import MAX_SHOWN, Finding, amount
from archive.maintenance.verify import verify as verify_archive
from scraper.cli.options import archive_option, json_option, opened
from scraper.cli.terminal import bar, print_json, print_table


@click.command(short_help="Check every text and every kept page.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only N snapshots and N revisions, spread over the archive.",
)
@archive_option
@json_option
def verify(sample: int | None, path: Path, as_json: bool) -> None:
    """Check the file, the links between rows, the views, the search index, every text and every
    kept page against its digest.

    Writes nothing, and may run beside a crawl. Exit status 1 where something is wrong.

    \b
    warta verify
    warta verify --sample 1000       a look at a large archive
    """
    with opened(path) as archive:
        archive.db.conn.execute(
            "BEGIN"
        )  # one state of the archive, whatever a crawl writes meanwhile
        with bar("verifying", total=amount(archive, sample)) as advance:
            findings = list(verify_archive(archive, sample=sample, progress=advance))
    show_findings(findings, path, as_json=as_json)
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


def show_findings(findings: list[Finding], path: Path, *, as_json: bool) -> None:
    """A row a check, and below each thing that is wrong."""
    if as_json:
        print_json(
            {"check": finding.check, "examined": finding.examined, "problems": finding.problems}
            for finding in findings
        )
    else:
        rows = [
            {
                "check": f.check,
                "examined": f.examined,
                "result": "ok" if f.ok else f"{len(f.problems)} wrong",
            }
            for f in findings
        ]
        print_table(
            rows, {"check": "check", "examined": "examined", "result": "result"}, title=str(path)
        )
    for finding in findings:
        for problem in finding.problems[:MAX_SHOWN]:
            click.echo(f"{finding.check}: {problem}", err=True)
        if len(finding.problems) > MAX_SHOWN:
            click.echo(f"{finding.check}: and {len(finding.problems) - MAX_SHOWN} more", err=True)
