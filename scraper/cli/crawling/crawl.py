"""`warta crawl`: run the spiders on one archive."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from scrapy.settings import Settings

from archive.archive import Archive
from archive.errors import Locked
from archive.ledger.wording import BY_ADDRESS, UNANSWERED, plural, sentence
from scraper.cli import options
from scraper.cli.defaults import ConfiguredOption, configured
from scraper.cli.errors.interrupts import Interrupted
from scraper.cli.publishers import note_broken
from scraper.cli.rendering.terminal import columns, counted, note, print_rows, print_table, say
from scraper.configuration import Loaded
from scraper.crawling.crawl import KEEPS, RECHECKS, Crawl
from scraper.crawling.process import (
    CtrlC,
    configured_settings,
    crawl_settings,
    overrides_of,
    run_spiders,
)
from scraper.politeness.leases import take_all
from scraper.schedule.processes import BROKEN
from scraper.spiders import sites as all_sites

_COLUMNS = columns(
    "site announced asked not_modified first changed unchanged removed failed refused cut ended",
    asked="requested",
    not_modified="304",
    first="new",
    refused="missing, by reason",
    cut="cut, by reason",
)
_RESULTS = columns("site announced asked result ended", asked="requested")
_RESULT_OF = {
    "first": "new",
    "changed": "changed",
    "technical": "re-extracted",
    "removed": "removed",
    "failed": "failed",
    "unchanged": "unchanged",
    "not_modified": "not modified",
}
_PLAN = columns("site published_at why url", published_at="published")


@click.command()
@click.argument("site", nargs=-1, type=options.SITE)
@click.option(
    "--since",
    type=options.DAY,
    help="Follow indexes and sitemaps back to this day, as the site dates its stories.",
)
@click.option(
    "--until",
    type=options.DAY,
    help="Skip stories published after this day, as the site dates them.",
)
@click.option(
    "--limit",
    cls=ConfiguredOption,
    key=("crawl", "limit"),
    type=click.IntRange(min=1),
    help="Maximum stories requested per site.",
)
@click.option(
    "--recheck",
    cls=ConfiguredOption,
    key=("crawl", "recheck"),
    type=click.Choice(RECHECKS),
    default="due",
    help="Known stories to request again.",
)
@click.option(
    "--keep",
    type=click.Choice(KEEPS),
    help="Pages to keep; default: changed, those that made a revision.",
)
@click.option(
    "--dry-run", "--plan", "plan", is_flag=True, help="Show what would be fetched; write nothing."
)
@options.scrapy_settings
@options.verbose
@options.archive
@options.json
@click.pass_context
def crawl(
    context: click.Context,
    /,
    site: tuple[str, ...],
    keep: str | None,
    overrides: tuple[str, ...],
    verbose: bool,
    path: Path,
    as_json: bool,
    **arguments: Any,
) -> None:
    """Fetch new stories, and known ones that are due, from each SITE into the archive; by default
    from all sites that the configuration does not switch off.

    Obeys robots.txt, with one request per second and one at a time per site. After an interruption
    the next crawl resumes. Uses the proxies of `http_proxy` and `https_proxy`.

    \b
    warta crawl                                   everything that is announced now
    warta crawl republika --since 2026-11-01      go back to that day
    warta crawl suara --limit 10 --dry-run        only show what it would fetch
    """
    known = configured(context)
    names = options.checked_sites(site, all_sites()) or _enabled(known)
    broken = not site and note_broken()
    options.check_days(arguments["since"], arguments["until"])
    plan = arguments["plan"]
    overrides = _overrides(known, overrides, keep)
    settings = crawl_settings(path, overrides, verbose=verbose)
    if not plan:
        Archive(path).close()  # a bad path is one clear line, before anything is requested
    names = _locked(context, None if plan else path, names, skip=not site)
    ctrl_c = CtrlC()
    crawls = _run(context, names, settings, overrides, arguments, ctrl_c)
    _report(crawls, ctrl_c, plan=plan, as_json=as_json)
    _judge(names, crawls, attention=broken)


def _overrides(known: Loaded, given: Sequence[str], keep: str | None) -> tuple[str, ...]:
    """Return the settings that differ from the defaults, the one that counts last."""
    own = [*configured_settings(known), *given]
    if keep is not None:
        own.append(f"KEEP={keep}")
    return tuple(own)


def _run(
    context: click.Context,
    names: Sequence[str],
    settings: Settings,
    overrides: Sequence[str],
    arguments: dict[str, Any],
    ctrl_c: CtrlC,
) -> list[Crawl]:
    """Crawl the sites, each with its own configuration, with the arguments of the command."""
    if settings["CONTACT"] == "no contact given" and not arguments["plan"]:
        note("No contact is set: say who you are with WARTA_CONTACT or -s CONTACT=you@example.org")
    known, limit = configured(context), arguments.pop("limit")
    if context.get_parameter_source("limit") is not ParameterSource.COMMANDLINE:
        limit = None  # each site has its own
    own = {name: overrides_of(known, name, overrides, limit=limit) for name in names}
    texts = {name: str(value) for name, value in arguments.items() if value}
    return run_spiders(names, settings, texts, site_overrides=own, ctrl_c=ctrl_c)


def _enabled(known: Loaded) -> list[str]:
    """Return the sites that are crawled by default."""
    found = known.configuration.enabled(list(all_sites()))
    if not found:
        raise click.UsageError("every site is switched off in the configuration; name some")
    return found


def _locked(
    context: click.Context, archive: Path | None, names: Sequence[str], *, skip: bool
) -> list[str]:
    """Lock the sites and return them; `skip` those that another process crawls.

    Raises:
        Locked: another process crawls one, or with `skip` all of them.
    """
    locked, fleet = [], configured(context).configuration.fleet
    for name in names:
        try:
            context.with_resource(take_all(archive, [name], fleet=fleet))
        except Locked as error:
            if not skip:
                raise
            note(f"{error}; it is skipped")
        else:
            locked.append(name)
    if not locked:
        raise Locked("all sites are being crawled by other processes; nothing was requested")
    return locked


def _report(crawls: Sequence[Crawl], ctrl_c: CtrlC, *, plan: bool, as_json: bool) -> None:
    """Print what was done, also by an interrupted crawl, and then raise Interrupted; the plan of
    one would be a part of it.
    """
    if plan and ctrl_c.received:
        raise Interrupted("Stopped; nothing was written.")
    _print(crawls, plan=plan, as_json=as_json)
    if ctrl_c.received:
        raise Interrupted("Stopped; the next crawl resumes.")


def _print(crawls: Sequence[Crawl], *, plan: bool, as_json: bool) -> None:
    """Print what was done, and how the archive failed if it did."""
    if plan:
        rows = [asdict(story) for crawl in crawls for story in crawl.planned]
        print_rows(rows, _PLAN, as_json=as_json, flexible="url", empty="")
        if not as_json:
            note(f"{plural(len(rows), 'story', 'stories')} would be fetched.")
    else:
        rows = [_row(crawl) for crawl in crawls]
        if as_json or not sys.stdout.isatty():
            formats = {"refused": counted, "cut": counted}
            print_rows(rows, _COLUMNS, as_json=as_json, formats=formats)
        else:
            _show(rows, crawls)
    for error in sorted({crawl.error for crawl in crawls if crawl.error}):
        note(f"Error: {error}")


def _judge(names: Sequence[str], crawls: Sequence[Crawl], *, attention: bool) -> None:
    """Say what went wrong with the crawls of these sites: exit status 1 for any failure, 3 for
    drift, or where something else needs `attention`.
    """
    errors = any(crawl.error for crawl in crawls)
    broken = sorted(set(names) - {crawl.site for crawl in crawls if crawl.ended is not None})
    if broken and not errors:
        sites = ", ".join(broken)
        note(f"Error: the crawl of {sites} broke off; run it with -v to see where")
    if crawls and all(crawl.ended in UNANSWERED for crawl in crawls) and len(crawls) > 1:
        note(f"Error: {sentence('network_down')}; the next crawl tries again")
    drifts = [line for crawl in crawls for line in crawl.drifts]
    for line in drifts:
        note(f"{line}; `warta health` lists pages that show it")
    if errors or broken or any(crawl.ended != "finished" for crawl in crawls):
        raise SystemExit(1)
    if drifts or attention:
        raise SystemExit(3)


def _row(crawl: Crawl) -> dict[str, Any]:
    counts = crawl.counts
    reasons = _reasons(counts, ("refused", "failed", "gone"))
    if left_out := counts["sources/source_budget"]:
        reasons["source_budget"] = left_out
    return {
        "site": crawl.site,
        "announced": counts["announced"],
        "asked": counts["asked"],
        "not_modified": counts["not_modified"],
        "first": counts["revisions/first"],
        "changed": counts["revisions/publisher"] + counts["revisions/restored"],
        "technical": counts["revisions/technical"],
        "unchanged": counts["unchanged"],
        "removed": counts["revisions/removed"],
        "failed": counts["failed"],
        "refused": dict(reasons),
        "cut": {
            name.removeprefix("warnings/"): count
            for name, count in sorted(counts.items())
            if name.startswith("warnings/cut_")
        },
        "sources": _sources(counts),
        "lastmod_doubted": counts["lastmod_doubted"],
        "unusable_dates": counts["unusable_dates"],
        "ended": crawl.ended or BROKEN,
    }


def _reasons(counts: Counter[str], outcomes: Sequence[str]) -> Counter[str]:
    """Count the stories with these outcomes by reason, in alphabetical order."""
    reasons: Counter[str] = Counter()
    for name, count in sorted(counts.items()):
        outcome, _slash, reason = name.partition("/")
        if reason and outcome in outcomes:
            reasons[reason] += count
    return reasons


def _show(rows: Sequence[dict[str, Any]], crawls: Sequence[Crawl]) -> None:
    """Print one line a site on a terminal, then a line for each that needs a look. Sources that are
    no longer read were logged.
    """
    results = [row | {"result": counted(_results(row)) or "nothing new"} for row in rows]
    print_table(results, _RESULTS, flexible="result")
    for row, crawl in zip(rows, crawls, strict=True):
        reasons = _reasons(crawl.counts, ("failed", "refused"))
        lost = {name: count for name, count in reasons.items() if name not in BY_ADDRESS}
        look = {f"{plural(sum(lost.values()), 'page')} missing": lost, "shortened": row["cut"]}
        if found := [f"{what} ({counted(each)})" for what, each in look.items() if each]:
            say(f"{row['site']}: {', '.join(found)}; `warta coverage --urls` lists them", hang=2)


def _results(row: dict[str, Any]) -> dict[str, int]:
    """Return the counts that are not 0, under their headings."""
    return {words: row[key] for key, words in _RESULT_OF.items() if row[key]}


def _sources(counts: Counter[str]) -> dict[str, int]:
    """Count the sources that were not read, by reason."""
    prefix = "sources/"
    return {
        name.removeprefix(prefix): count
        for name, count in sorted(counts.items())
        if name.startswith(prefix)
    }
