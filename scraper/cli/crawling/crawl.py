"""`warta crawl`: the spiders on one archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from archive.archive import Archive
from archive.errors import Locked
from scraper.cli.defaults import configured
from scraper.cli.options import archive_option, json_option
from scraper.cli.terminal import print_json, print_table
from scraper.configuration import Loaded
from scraper.crawling.crawl import KEEPS, RECHECKS, Crawl, Planned
from scraper.crawling.process import configured_settings, crawl_settings, overrides_of, run_spiders
from scraper.politeness.locks import locks_of
from scraper.sites.loader import sites as all_sites

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(short_help="Fetch what is new or due.")
@click.argument("site", nargs=-1)
@click.option(
    "--since",
    type=_DAY,
    metavar="YYYY-MM-DD",
    help="Walk back through dated indexes and sitemaps to this day.",
)
@click.option("--until", type=_DAY, metavar="YYYY-MM-DD", help="Nothing published after this day.")
@click.option("--limit", type=click.IntRange(min=1), help="Stories asked for at most, a site.")
@click.option(
    "--recheck",
    type=click.Choice(RECHECKS),
    default="due",
    show_default=True,
    help="Which known stories to ask for again.",
)
@click.option(
    "--keep",
    type=click.Choice(KEEPS),
    help="Pages to keep: those that made a revision (changed, the usual), all, or a story's first.",
)
@click.option(
    "--plan",
    is_flag=True,
    help="Say what would be fetched and why; fetch no article, write nothing.",
)
@click.option(
    "-s",
    "--set",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="A Scrapy setting, e.g. -s DOWNLOAD_DELAY=2.",
)
@click.option("-v", "--verbose", is_flag=True, help="Scrapy's own log on stderr.")
@archive_option
@json_option
@click.pass_context
def crawl(
    context: click.Context,
    site: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    recheck: str,
    keep: str | None,
    plan: bool,
    overrides: tuple[str, ...],
    verbose: bool,
    path: Path,
    as_json: bool,
) -> None:
    """Fetch what is new or due from SITE... (all five without one, but for those that the
    configuration switches off) into the archive.

    Asks robots.txt first, one request a second and one at a time a site. Stopped or killed, the
    next crawl goes on where it ended. `http_proxy` and `https_proxy` are honoured.

    \b
    warta crawl                                   everything that is announced now
    warta crawl republika --since 2026-11-01      walk back to that day
    warta crawl suara --limit 10 --plan           only say what it would fetch
    """
    known = configured(context)
    names = _checked(site) if site else _enabled(known)
    if since and until and since > until:
        raise click.UsageError("--since is later than --until: no day is left")
    settings = crawl_settings(path, (*configured_settings(known), *overrides), verbose=verbose)
    if keep is not None:
        settings.set("KEEP", keep, priority="cmdline")
    # One clear line for a bad path or a site that is being crawled, before anything is asked.
    if not plan:
        Archive(path).close()
    if site:
        context.with_resource(locks_of(None if plan else path, names))
    else:
        names = _free(context, None if plan else path, names)
    if settings["CONTACT"] == "no contact given" and not plan:
        click.echo(
            "No contact is set: tell the sites who you are with WARTA_CONTACT or -s CONTACT=you@example.org",
            err=True,
        )
    arguments = {
        "since": since.date().isoformat() if since else None,
        "until": until.date().isoformat() if until else None,
        "recheck": recheck,
        "plan": "1" if plan else "",
    }
    own = {name: overrides_of(known, name, overrides) for name in names}
    if limit and context.get_parameter_source("limit") is ParameterSource.COMMANDLINE:
        own = {name: replace(of_site, limit=limit) for name, of_site in own.items()}
    crawls = run_spiders(
        names, settings, arguments, site_overrides=own, in_turn=bool(settings["DEMO"])
    )
    if plan:
        show_plan([planned for crawl in crawls for planned in crawl.planned], as_json=as_json)
    else:
        show_crawls(crawls, as_json=as_json)
    _end(names, crawls)


def _free(context: click.Context, archive: Path | None, names: Sequence[str]) -> list[str]:
    """Those of the sites that no other process crawls, locked; says which it left out. Raises
    Locked where none is left.
    """
    free = []
    for name in names:
        try:
            context.with_resource(locks_of(archive, [name]))
        except Locked as error:
            click.echo(f"{error}; it is left out", err=True)
        else:
            free.append(name)
    if not free:
        raise Locked("all sites are being crawled by other processes; nothing was asked")
    return free


def _end(names: Sequence[str], crawls: Sequence[Crawl]) -> None:
    """Tell what went wrong, and end with 1 where anything did, with 3 where a layout drifted."""
    errors = sorted({crawl.error for crawl in crawls if crawl.error})
    for error in errors:
        click.echo(f"Error: {error}", err=True)
    broken = sorted(set(names) - {crawl.site for crawl in crawls if crawl.ended is not None})
    if broken and not errors:
        click.echo(
            f"Error: the crawl of {', '.join(broken)} broke off; run it with -v to see where",
            err=True,
        )
    drifts = [sentence for crawl in crawls for sentence in crawl.drifts]
    for sentence in drifts:
        click.echo(f"{sentence}; `warta health` names pages that show it", err=True)
    if errors or broken or any(crawl.ended != "finished" for crawl in crawls):
        raise SystemExit(1)
    if drifts:
        raise SystemExit(3)


def _checked(names: Sequence[str]) -> list[str]:
    """The sites asked for, each once; all without one."""
    known = all_sites()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(
            f"no site is called {', '.join(unknown)}; there are {', '.join(known)}"
        )
    return list(dict.fromkeys(names or known))


def _enabled(known: Loaded) -> list[str]:
    """The sites that are crawled without being named."""
    found = known.configuration.enabled(list(all_sites()))
    if not found:
        raise click.UsageError(
            "every site is switched off in the configuration; name those to crawl"
        )
    return found


_COLUMNS = {
    "site": "site",
    "announced": "announced",
    "asked": "asked",
    "not_modified": "304",
    "first": "new",
    "changed": "changed",
    "unchanged": "unchanged",
    "removed": "removed",
    "failed": "failed",
    "refused": "not had, by reason",
    "ended": "ended",
}


def show_crawls(crawls: Sequence[Crawl], *, as_json: bool) -> None:
    """A row a site: what was announced, asked for and kept, and what was not, with the reasons."""
    rows = [_row(crawl) for crawl in crawls]
    if as_json:
        print_json(rows)
        return
    reasons = [
        dict(
            row, refused=", ".join(f"{count} {reason}" for reason, count in row["refused"].items())
        )
        for row in rows
    ]
    print_table(reasons, _COLUMNS)


def _row(crawl: Crawl) -> dict[str, Any]:
    counts = crawl.counts
    reasons: Counter[str] = Counter()
    for name, count in sorted(counts.items()):
        outcome, _slash, reason = name.partition("/")
        if reason and outcome in ("refused", "failed", "gone"):
            reasons[reason] += count
    changed = counts["revisions/publisher"] + counts["revisions/restored"]
    return {
        "site": crawl.site,
        "announced": counts["announced"],
        "asked": counts["asked"],
        "not_modified": counts["not_modified"],
        "first": counts["revisions/first"],
        "changed": changed,
        "technical": counts["revisions/technical"],
        "unchanged": counts["unchanged"],
        "removed": counts["revisions/removed"],
        "failed": counts["failed"],
        "refused": dict(reasons),
        "ended": crawl.ended or "broken",
    }


def show_plan(planned: Sequence[Planned], *, as_json: bool) -> None:
    """What a crawl would fetch, and why."""
    rows = [
        {
            "site": story.site,
            "url": story.url,
            "why": story.why,
            "published_at": story.published_at.isoformat() if story.published_at else None,
        }
        for story in planned
    ]
    if as_json:
        print_json(rows)
        return
    print_table(rows, {"site": "site", "published_at": "published", "why": "why", "url": "url"})
    click.echo(
        f"{len(rows)} {'story' if len(rows) == 1 else 'stories'} would be fetched.", err=True
    )
