"""`warta reextract`: kept pages, read again with today's extractor."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.archive import Archive
from archive.database.connection import plain_errors
from archive.ledger.wording import plural
from archive.monitoring.drift import evaluate
from scraper.cli.diff_rendering import edits_between, marked
from scraper.cli.options import Moment, archive_option, json_option
from scraper.cli.terminal import bar, console, print_json, print_table
from scraper.extraction.article import extractor_of
from scraper.ingest.reextraction import MIN_JOBS, Report, count, reextract, waiting
from scraper.ingest.reread import Change
from scraper.sites.loader import sites

_KINDS = {
    "technical": "technical",
    "publisher": "newsroom's",
    "restored": "came back",
    "first": "new stories",
    "lost": "lost",
}


@click.command("reextract", short_help="Read kept pages again with today's extractor.")
@click.option("--site", "names", multiple=True, help="Only this site; may be given several times.")
@click.option(
    "--since",
    type=Moment(begins=True),
    metavar="DAY",
    help="Only pages fetched since then: a day (UTC), or a time.",
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would change, and show some of it; write nothing."
)
@click.option(
    "--samples",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Changes of a site that --dry-run shows.",
)
@click.option(
    "--all", "again", is_flag=True, help="Also pages that today's extractor has read already."
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes; all cores without it.")
@archive_option
@json_option
def reextract_command(
    names: tuple[str, ...],
    since: datetime | None,
    dry_run: bool,
    samples: int,
    again: bool,
    jobs: int | None,
    path: Path,
    as_json: bool,
) -> None:
    """Read the kept page of every story's newest text again with today's extractor, where another
    one read it last.

    A text that differs becomes a `technical` revision: our change, not the newsroom's. Later pages
    that gave no story at their time are tried, too; pages of earlier revisions are history, and
    stay as they were read. A page that gives no story any more is `lost`: told, never written.
    Stopped or killed, the next run goes on.

    \b
    warta reextract --dry-run                     judge a new rule on the whole archive
    warta reextract --site suara --since 2026-11-01
    """
    chosen = _checked(names)
    shown: list[Change] = []
    report = Report()
    with plain_errors(path), Archive(path, read_only=dry_run or not path.exists()) as archive:
        total = count(archive, chosen, since=since, again=again)
        tasks = waiting(archive, chosen, since=since, again=again)
        processes = 1 if total < MIN_JOBS else jobs or os.cpu_count() or 1
        with bar("reading", total=total) as advance:
            changes = reextract(
                archive,
                tasks,
                report,
                now=datetime.now(UTC),
                jobs=processes,
                dry_run=dry_run,
                advance=advance,
            )
            shown = _followed(changes, report, samples if dry_run else 0, as_json=as_json)
        if not dry_run:
            _judge_anew(archive, chosen)
    if not total:
        click.echo(
            "Nothing to read: today's extractor has read every page"
            + (" since then." if since else "; --all reads them again."),
            err=True,
        )
    elif not as_json:
        _show(report, chosen, shown, dry_run=dry_run)
    for damage in report.damages:
        click.echo(damage, err=True)
    if report.damages or any(kind == "lost" for _site, kind in report.kinds):
        raise SystemExit(3)


def _judge_anew(archive: Archive, names: Iterable[str]) -> None:
    """Pages that read well now end the drift that marked their stories; also those that an
    interrupted run read.
    """
    for name in names:
        with archive.transaction(datetime.now(UTC)):
            evaluate(archive, name, extractor=extractor_of(sites()[name]))


def _checked(names: Sequence[str]) -> list[str]:
    unknown = [name for name in names if name not in sites()]
    if unknown:
        raise click.UsageError(
            f"no site is called {', '.join(unknown)}; there are {', '.join(sites())}"
        )
    return list(dict.fromkeys(names or sites()))


def _followed(
    changes: Iterator[Change], report: Report, samples: int, *, as_json: bool
) -> list[Change]:
    """Go through all changes, told as JSON lines or with the first of each site kept for showing.

    Raises:
        click.ClickException: it was stopped, or a process was killed, as for want of memory.
    """
    shown: list[Change] = []
    try:
        for found in changes:
            if as_json:
                print_json([_row(found)])
            elif sum(other.site == found.site for other in shown) < samples:
                shown.append(found)
    except KeyboardInterrupt:
        read = sum(report.read.values())
        raise click.ClickException(
            f"interrupted after {plural(read, 'page')}; what was written is whole, the next run goes on"
        ) from None
    except BrokenProcessPool as error:
        raise click.ClickException(
            "a process that read pages was killed, perhaps for want of memory; try fewer with --jobs"
        ) from error
    return shown


def _row(found: Change) -> dict[str, Any]:
    edits = [
        {"field": name, "edits": [{"kind": run.kind, "text": run.text} for run in runs]}
        for name, runs in _edits(found)
    ]
    return {
        "site": found.site,
        "url": found.url,
        "kind": found.kind,
        "changed": list(found.changed),
        "edits": edits,
    }


def _edits(found: Change) -> list[tuple[str, Any]]:
    return (
        list(edits_between(found.before, found.after))
        if found.kind not in ("first", "lost")
        else []
    )


def _show(report: Report, names: Sequence[str], shown: Sequence[Change], *, dry_run: bool) -> None:
    rows = [
        {
            "site": name,
            "read": report.read[name],
            **{kind: report.kinds[name, kind] for kind in _KINDS},
            "fields": _fields(report, name),
        }
        for name in names
    ]
    would = "would change" if dry_run else "changed"
    print_table(
        rows, {"site": "site", "read": "pages read", **_KINDS, "fields": f"fields that {would}"}
    )
    out = console()
    for found in shown:
        out.print(Text(f"\n{found.url} ({found.kind})", style="bold"), soft_wrap=True)
        for name, runs in _edits(found):
            out.print(
                Text(f"  {name}: ").append_text(
                    marked(runs, coloured=out.is_terminal, excerpt=True)
                ),
                soft_wrap=True,
            )
    click.echo(
        f"{plural(report.stories, 'story', 'stories')} {would}."
        + (" Nothing was written." if dry_run else ""),
        err=True,
    )
    lost = sum(count for (_site, kind), count in report.kinds.items() if kind == "lost")
    if lost:
        click.echo(
            f"{plural(lost, 'page gives', 'pages give')} no story any more; what was kept stays.",
            err=True,
        )


def _fields(report: Report, name: str) -> str:
    found = {changed: count for (site, changed), count in report.fields.items() if site == name}
    return ", ".join(
        f"{changed} {count}" for changed, count in sorted(found.items(), key=lambda pair: -pair[1])
    )
