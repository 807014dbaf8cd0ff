"""`warta reextract`: kept pages, read again with the current extractor."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from archive.archive import Archive
from archive.database.connection import plain_errors
from archive.errors import Locked
from archive.ledger.wording import plural
from archive.monitoring.drift import evaluate
from archive.revisions import queries
from archive.revisions.changes import FieldEdits, edits_as_json, edits_between
from scraper.cli import options
from scraper.cli.defaults import reading_limits
from scraper.cli.rendering import terminal
from scraper.cli.rendering.diffs import print_edits
from scraper.extraction.article import extractor_of
from scraper.extraction.workers import Limits, Workers
from scraper.ingest.furniture import furnished, learn_if_due
from scraper.ingest.reextraction import MIN_JOBS, Report, count, reextract, waiting
from scraper.ingest.reread import Difference
from scraper.politeness.locks import writer_lock
from scraper.sites.site import Site
from scraper.spiders import site_named, sites

_KINDS = "technical publisher restored first lost"


@click.command("reextract")
@options.sites
@click.option(
    "--since", type=options.SINCE_TIME, help="Only pages fetched since; of a day, its start in UTC."
)
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.option(
    "--samples",
    type=click.IntRange(min=0),
    default=3,
    help="Changes per site that --dry-run shows.",
)
@click.option("--all", "again", is_flag=True, help="Include pages that were read before.")
@options.jobs
@options.archive
@options.json
@click.pass_context
def reextract_command(
    context: click.Context,
    /,
    names: tuple[str, ...],
    dry_run: bool,
    samples: int,
    jobs: int | None,
    path: Path,
    as_json: bool,
    **selection: Any,
) -> None:
    """Re-extract the kept page of every story's newest text, where an older extractor read it last.

    A text that differs becomes a `technical` revision: our change, not the publisher's. Later pages
    that contained no story are tried again, too; pages of earlier revisions stay as they were read.
    A page that no longer contains a story is reported as `lost`, and nothing is written. After an
    interruption the next run resumes.

    \b
    warta reextract --dry-run                     try a new rule on the whole archive
    warta reextract --site suara --since 2026-11-01
    """
    report = Report()
    with plain_errors(path), Archive(path, read_only=dry_run or not path.exists()) as archive:
        known = [*sites(), *_hosts(archive)]
        chosen = options.checked_sites(names, known) or known
        limits = reading_limits(context)
        profiles = _furnished(archive, chosen, limits, dry_run=dry_run)
        changes = _changes(archive, profiles, report, jobs, limits, dry_run=dry_run, **selection)
        shown = _consumed(changes, report, samples if dry_run else 0, as_json=as_json)
        if not dry_run:
            _evaluate_drift(archive, profiles)
    if report.read and not as_json:
        _show(report, chosen, shown, dry_run=dry_run)
    _conclude(report, since=selection["since"])


def _hosts(archive: Archive) -> list[str]:
    """Return the publishers without a profile that the archive has, which are hosts."""
    return [name for name in queries.sites(archive.db) if "." in name and name not in sites()]


def _changes(
    archive: Archive,
    profiles: Sequence[Site],
    report: Report,
    jobs: int | None,
    limits: Limits,
    *,
    dry_run: bool,
    **selection: Any,
) -> Iterator[Difference]:
    """Read the kept pages again, with a progress bar, and yield what changes."""
    total, tasks = count(archive, profiles, **selection), waiting(archive, profiles, **selection)
    cores = options.processes(jobs, worthwhile=total >= MIN_JOBS)
    with (
        Workers(cores, limits) as workers,
        terminal.progress_bar("reading", total=total) as advance,
    ):
        run = partial(reextract, archive, tasks, report, workers=workers, advance=advance)
        yield from run(now=datetime.now(UTC), dry_run=dry_run)


def _conclude(report: Report, *, since: datetime | None) -> None:
    """Say that there was nothing to read, or what could not be read; exit status 3 for any of it,
    and for lost stories.
    """
    if not report.read:
        since_then = " since then." if since else "; --all reads them again."
        terminal.note(f"Nothing to read: the current extractor has read every page{since_then}")
    for problem in (*report.damages, *report.broken):
        terminal.note(problem)
    if report.damages or report.broken or _lost(report):
        raise SystemExit(3)


def _furnished(
    archive: Archive, names: Sequence[str], limits: Limits, *, dry_run: bool
) -> list[Site]:
    """Return the profiles with the furniture of their sites, learnt anew where that is due.

    Nothing is learnt of a site that is being crawled: a crawl reads all its pages by one set.
    """
    now, profiles = datetime.now(UTC), {name: site_named(name) for name in names}
    for name, site in profiles.items():
        if not site.profiled:
            continue
        profiles[name] = furnished(archive, site)
        with suppress(Locked), nullcontext() if dry_run else writer_lock(archive.path, name):
            profiles[name] = learn_if_due(archive, site, limits, now=now, dry_run=dry_run)
    return list(profiles.values())


def _evaluate_drift(archive: Archive, profiles: Sequence[Site]) -> None:
    """Evaluate drift anew: pages that read well now end it, also those of an interrupted run."""
    for site in profiles:
        with archive.transaction(datetime.now(UTC)):
            evaluate(archive, site.name, extractor=extractor_of(site))


def _consumed(
    changes: Iterator[Difference], report: Report, samples: int, *, as_json: bool
) -> list[Difference]:
    """Consume all changes, printed as JSON lines; returns the first of each site to be shown."""
    shown: list[Difference] = []

    def interrupted() -> str:
        read = plural(sum(report.read.values()), "page")
        return f"Stopped after {read}; what was written is complete, and the next run resumes."

    with terminal.interruptible(interrupted):
        for found in changes:
            if as_json:
                terminal.print_json([_row(found)])
            elif sum(other.site == found.site for other in shown) < samples:
                shown.append(found)
    return shown


def _row(found: Difference) -> dict[str, Any]:
    return {
        "site": found.site,
        "url": found.url,
        "kind": found.kind,
        "changed": list(found.changed),
        "edits": list(edits_as_json(_edits(found))),
    }


def _edits(found: Difference) -> Iterator[FieldEdits]:
    if found.kind not in ("first", "lost"):
        yield from edits_between(found.before, found.after)


def _lost(report: Report) -> int:
    return sum(number for (_site, kind), number in report.kinds.items() if kind == "lost")


def _show(
    report: Report, names: Sequence[str], shown: Sequence[Difference], *, dry_run: bool
) -> None:
    rows = [
        {
            "site": name,
            "read": report.read[name],
            **{kind: report.kinds[name, kind] for kind in _KINDS.split()},
            "fields": _fields(report, name),
        }
        for name in names
        if report.read[name] or name in sites()
    ]
    would, nothing = "changed", ""
    if dry_run:
        would, nothing = "would change", " Nothing was written."
    headings = terminal.columns(
        f"site read {_KINDS} fields", read="pages read", first="new", fields=f"fields that {would}"
    )
    terminal.print_table(rows, headings)
    for found in shown:
        terminal.say()
        terminal.say(f"{found.url} ({found.kind})", bold=True)
        print_edits(terminal.console(), _edits(found), indent="  ")
    terminal.note(f"{plural(report.stories, 'story', 'stories')} {would}.{nothing}")
    if lost := _lost(report):
        pages = plural(lost, "page no longer contains", "pages no longer contain")
        terminal.note(f"{pages} a story; what was kept stays.")


def _fields(report: Report, name: str) -> str:
    counts = [(field, number) for (site, field), number in report.fields.items() if site == name]
    return ", ".join(f"{field} {n}" for field, n in sorted(counts, key=lambda pair: -pair[1]))
