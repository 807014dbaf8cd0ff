"""`warta doctor`: is a live site still as its profile says?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from scrapy.settings import Settings

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.ledger.backoff import Backoff
from archive.ledger.wording import human_bytes, sentence
from scraper.cli.defaults import configured
from scraper.cli.options import archive_option, json_option
from scraper.cli.terminal import print_json, print_table
from scraper.crawling.doctor.examiner import MAX_REQUESTS, Examiner
from scraper.crawling.doctor.findings import EXIT, NOT_REQUESTED, UNREACHABLE, WELL, Examination
from scraper.crawling.process import configured_settings, crawl_settings, overrides_of, run_spiders
from scraper.politeness.locks import site_lock
from scraper.sites.loader import sites as all_sites

MAX_SHOWN = 90
"""Characters of a field's value."""


@click.command(short_help="Is a live site still as its profile says?")
@click.argument("site")
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
def doctor(
    context: click.Context,
    site: str,
    overrides: tuple[str, ...],
    verbose: bool,
    path: Path,
    as_json: bool,
) -> None:
    """Ask the live SITE, politely, a dozen requests at most: robots.txt, each source, the three
    newest stories with every field and where it came from; then what is missing, and what to change
    in the profile. Nothing is kept; no archive is needed (one that is there tells whether the site
    asked to be left alone). `http_proxy` and `https_proxy` are honoured.

    Exit: 0 all is well, 3 something needs a look, 1 the site cannot be reached.

    \b
    warta doctor suara
    warta doctor suara --json | jq '.problems'
    """
    known = all_sites()
    if site not in known:
        raise click.UsageError(f"no site is called {site}; there are {', '.join(known)}")
    context.with_resource(site_lock(site))
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(context, Path(folder) / "none.db", site, overrides, verbose=verbose)
        _keep_to(_wish(path, site), settings)
        click.echo(
            f"Asking {known[site].home} (at most {MAX_REQUESTS} requests, {settings['DOWNLOAD_DELAY']} s apart) …",
            err=True,
        )
        crawls = run_spiders([Examiner], settings, {"site": known[site]})
    spider = crawls[0].crawler.spider if crawls else None
    if not isinstance(spider, Examiner):
        raise click.ClickException("the examination broke off; run it with -v to see where")
    now = spider.crawl.now()
    if as_json:
        print_json([spider.found.as_dict(now=now)])
    else:
        _show(spider.found, now)
    raise SystemExit(EXIT[spider.found.verdict])


def _settings(
    context: click.Context, archive: Path, site: str, overrides: Sequence[str], *, verbose: bool
) -> Settings:
    """As a crawl of the site has them."""
    known = configured(context)
    settings = crawl_settings(archive, (*configured_settings(known), *overrides), verbose=verbose)
    settings.set("PROGRESS_BAR", False, priority="cmdline")
    own = overrides_of(known, site, overrides)
    if own.delay is not None:
        settings.set("DOWNLOAD_DELAY", own.delay, priority="cmdline")
    return settings


def _keep_to(wish: Backoff | None, settings: Settings) -> None:
    """Ask as slowly as the site wants, or not at all."""
    if wish is not None:
        now = datetime.fromisoformat(settings["NOW"]) if settings["NOW"] else datetime.now(UTC)
        _leave_alone(wish, now)
        delay = max(
            settings.getfloat("DOWNLOAD_DELAY"), min(wish.delay, settings.getfloat("SLOWEST_DELAY"))
        )
        settings.set("DOWNLOAD_DELAY", delay, priority="cmdline")


def _wish(path: Path, site: str) -> Backoff | None:
    """What the site asked for, if an archive is there and remembers it."""
    try:
        with Archive(path, read_only=True) as archive:
            return archive.backoffs.of(site)
    except ArchiveError:
        return None


def _leave_alone(wish: Backoff, now: datetime) -> None:
    if wish.quiet_until is not None and now < wish.quiet_until:
        until = wish.quiet_until.isoformat(timespec="seconds")
        click.echo(
            f"{wish.site} is to be left alone until {until} ({sentence(wish.reason)}): nothing was asked.",
            err=True,
        )
        raise SystemExit(3)


def _show(found: Examination, now: datetime) -> None:
    row = found.as_dict(now=now)
    _heading("robots.txt")
    for line in _robots_lines(row["robots"]):
        click.echo(line)
    if row["sources"]:
        _heading("Sources")
        columns = {
            "kind": "kind",
            "url": "address",
            "status": "status",
            "size": "size",
            "links": "links",
            "article_links": "stories",
            "newest": "newest",
            "why": "why not",
        }
        shown = [
            dict(each, size=human_bytes(each["bytes"]) if each["bytes"] is not None else None)
            for each in row["sources"]
            if each["reason"] != NOT_REQUESTED
        ]
        print_table(shown, columns)
    for story in row["stories"]:
        _show_story(story)
    for title, sentences in (
        ("What needs a look", row["problems"]),
        ("Good to know", row["notes"]),
    ):
        if sentences:
            _heading(title)
            for text in sentences:
                click.echo(f"- {text}")
    colour = {WELL: "green", UNREACHABLE: "red"}.get(found.verdict, "yellow")
    click.echo()
    click.secho(
        f"{found.site.name}: {'all is well' if found.verdict == WELL else found.verdict} ({found.requests} requests).",
        fg=colour,
    )


def _heading(text: str) -> None:
    click.echo()
    click.secho(text, bold=True)


def _robots_lines(robots: dict[str, Any]) -> Iterator[str]:
    if robots["status"] is None:
        yield f"No answer: {sentence(robots.get('reason')) or 'nothing came'}."
        return
    told = (
        f"the group for {robots['group']} has no line about it"
        if robots["group"]
        else "no group speaks to us"
    )
    rule = (
        f"line {robots['line']}, for {robots['group']}: {robots['rule']}"
        if robots["rule"]
        else told
    )
    if robots["status"] >= 300:
        rule = "there is none" if robots["welcome"] else "it could not be had"
    word = "We are welcome" if robots["welcome"] else "We are not welcome"
    yield f"Status {robots['status']}. {word}: {rule}."
    if robots["crawl_delay"]:
        yield f"Crawl-delay: {robots['crawl_delay']:g} s."
    if robots["sitemaps"]:
        yield f"Sitemaps: {', '.join(robots['sitemaps'])}."
    if robots["shut_out"]:
        yield f"Shut out: {', '.join(robots['shut_out'])}."


def _show_story(story: dict[str, Any]) -> None:
    _heading(f"Story {story['url']}")
    if not story["layout"]:
        click.echo(f"Not read: {story['why']}.")
        return
    more = f", {story['further_pages']} further pages not asked" if story["further_pages"] else ""
    click.echo(
        f"Layout {story['layout']}, {story['words']} words{more}."
        + (f" Refused: {story['why']}." if story["why"] else "")
    )
    rows = [
        {
            "field": name,
            "value": _short(told["value"]),
            "source": told["from"] or "address" if name != "canonical_url" else "address",
        }
        for name, told in story["fields"].items()
    ]
    print_table(rows, {"field": "field", "value": "value", "source": "from"})
    for title, what in (("Missing", story["missing"]), ("Doubtful", story["warnings"])):
        if what:
            click.echo(f"{title}: {', '.join(what)}.")
    if story["opted_out"]:
        click.echo(f"Opted out of text mining by {story['opted_out']}.")


def _short(value: Any) -> str:
    text = " ".join(
        ", ".join(map(str, value)).split()
        if isinstance(value, (list, tuple))
        else str(value).split()
    )
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
