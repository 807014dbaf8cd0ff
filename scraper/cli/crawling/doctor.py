"""`warta doctor`: does a live site still match its profile?"""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from scrapy.settings import Settings

from archive.archive import Archive
from archive.errors import ArchiveMissing
from archive.ledger.backoff import Backoff
from archive.ledger.wording import human_bytes, sentence
from scraper.cli import options
from scraper.cli.crawling.kept_pages import keep_pages
from scraper.cli.crawling.visits import visit_settings, visited
from scraper.cli.defaults import configured
from scraper.cli.new_file import check_folder
from scraper.cli.publishers import note_broken
from scraper.cli.rendering.terminal import (
    cell,
    columns,
    name_zones,
    note,
    print_json,
    print_table,
    say,
)
from scraper.crawling.doctor.examiner import Examiner
from scraper.crawling.doctor.findings import EXIT, NOT_REQUESTED, UNREACHABLE, WELL, Examination
from scraper.crawling.doctor.visitor import MAX_REQUESTS
from scraper.crawling.source_queue import PROMISING
from scraper.politeness.leases import take
from scraper.sites.site import Site
from scraper.spiders import sites as all_sites

MAX_SHOWN = 90
"""Characters of a field's value."""

MAX_SITEMAPS = 10
"""Of robots.txt that are listed; `--json` lists all."""

_SOURCES = columns(
    "kind url status size links article_links newest why",
    url="address",
    article_links="stories",
    why="why not",
)
_FIELDS = columns("field value source", source="from")


@click.command()
@click.argument("site", type=options.SITE)
@click.option("--keep", is_flag=True, help="Keep the stories' pages for `warta sites check`.")
@options.pages
@options.scrapy_settings
@options.verbose
@options.archive
@options.json
@click.pass_context
def doctor(
    context: click.Context,
    site: str,
    keep: bool,
    pages: Path | None,
    overrides: tuple[str, ...],
    verbose: bool,
    path: Path,
    as_json: bool,
) -> None:
    """Check the live SITE against its profile with at most a dozen polite requests: robots.txt,
    each source, and the three newest stories with every field and its source; then list what is
    missing and what to change in the profile.

    Nothing is kept unless you say --keep, and no archive is needed; an existing one says whether
    the site requested a pause. Uses the proxies of `http_proxy` and `https_proxy`. Exit status: 0
    all is well, 3 something needs attention, 1 the site cannot be reached.

    \b
    warta doctor suara
    warta doctor suara --json | jq '.problems'
    warta doctor suara --keep && warta sites check suara
    """
    known = all_sites()
    options.checked_sites([site], known)
    note_broken()
    if pages is not None:
        check_folder(pages)
    context.with_resource(take(site, fleet=configured(context).configuration.fleet))
    spider = _examined(known[site], path, overrides, verbose=verbose)
    if keep or pages is not None:
        keep_pages(context, pages, site, spider.pages)
    now = spider.crawl.now()
    if as_json:
        print_json([spider.found.as_dict(now=now)])
    else:
        _show(spider.found, now)
    raise SystemExit(EXIT[spider.found.verdict(now=now)])


def _examined(site: Site, path: Path, overrides: Sequence[str], *, verbose: bool) -> Examiner:
    """Visit the site, as slowly as the archive at `path` says that it wants it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = visit_settings(Path(folder) / "none.db", site.name, overrides, verbose=verbose)
        known_of_it = _consult(path, site.name, settings)
        pace = f"at most {MAX_REQUESTS} requests, {settings['DOWNLOAD_DELAY']} s apart"
        note(f"Examining {site.home} ({pace}) …")
        return visited(Examiner, settings, {"site": site} | known_of_it)


def _consult(path: Path, site: str, settings: Settings) -> dict[str, Any]:
    """Keep to the delay that the site requested of a crawl; exit with 3 during a pause.

    Returns what crawls know of its sources, as arguments of the Examiner; nothing without them.
    """
    try:
        now = datetime.fromisoformat(settings["NOW"] or datetime.now(UTC).isoformat())
        with Archive(path, read_only=True) as archive:
            requested, left_out = archive.backoffs.of(site), archive.crawls.left_out(site)
            gave = archive.ledger.announced_first(site, since=now - PROMISING)
    except (ArchiveMissing, ValueError):  # the crawl reports a bad NOW
        return {}
    if requested is not None:
        _back_off(requested, site, settings, now)
    return {"left_out": left_out, "gave": gave}


def _back_off(requested: Backoff, site: str, settings: Settings, now: datetime) -> None:
    if requested.quiet_until is not None and now < requested.quiet_until:
        until = requested.quiet_until.isoformat(timespec="seconds")
        why = sentence(requested.reason)
        note(f"{site} is not crawled until {until} ({why}): nothing was requested.")
        raise SystemExit(3)
    requested_delay = min(requested.delay, settings.getfloat("SLOWEST_DELAY"))
    delay = max(settings.getfloat("DOWNLOAD_DELAY"), requested_delay)
    settings.set("DOWNLOAD_DELAY", delay, priority="cmdline")


def _show(found: Examination, now: datetime) -> None:
    row, zones = found.as_dict(now=now), set[str]()
    _heading("robots.txt")
    for line in _robots_lines(row["robots"]):
        say(line)
    if row["sources"]:
        _heading("Sources")
        sources = [
            dict(each, size=None if each["bytes"] is None else human_bytes(each["bytes"]))
            for each in row["sources"]
            if each["reason"] != NOT_REQUESTED
        ]
        print_table(sources, _SOURCES, zones=zones)
    for story in row["stories"]:
        _show_story(story, zones)
    remarks = {"What needs attention": row["problems"], "Good to know": row["notes"]}
    for title, sentences in remarks.items():
        if sentences:
            _heading(title)
            for text in sentences:
                say(f"- {text}")
    colour = {WELL: "green", UNREACHABLE: "red"}.get(row["verdict"], "yellow")
    verdict = {WELL: "all is well"}.get(row["verdict"], row["verdict"])
    say()
    say(f"{found.site.name}: {verdict} ({found.requests} requests).", fg=colour)
    name_zones(zones)


def _heading(text: str) -> None:
    say()
    say(text, bold=True)


def _robots_lines(robots: dict[str, Any]) -> Iterator[str]:
    if robots["status"] is None:
        yield f"No answer: {sentence(robots.get('reason')) or 'nothing came'}."
        return
    allowed = "Crawling is allowed" if robots["welcome"] else "Crawling is not allowed"
    yield f"Status {robots['status']}. {allowed}: {_rule(robots)}."
    if robots["crawl_delay"]:
        yield f"Crawl-delay: {robots['crawl_delay']:g} s."
    if robots["sitemaps"]:
        named, more = robots["sitemaps"][:MAX_SITEMAPS], len(robots["sitemaps"]) - MAX_SITEMAPS
        yield f"Sitemaps: {', '.join(named)}{f' and {more} more' if more > 0 else ''}."
    if robots["shut_out"]:
        yield f"Shut out: {', '.join(robots['shut_out'])}."


def _rule(robots: dict[str, Any]) -> str:
    """Return the reason why crawling is allowed or not."""
    if robots["status"] >= 300:
        if robots["welcome"]:
            return "there is no robots.txt"
        return "robots.txt is unavailable"
    if robots["rule"]:
        return f"line {robots['line']}, for {robots['group']}: {robots['rule']}"
    if robots["group"]:
        return f"the group for {robots['group']} has no rule for it"
    return "no group applies to warta"


def _show_story(story: dict[str, Any], zones: set[str]) -> None:
    _heading(f"Story {story['url']}")
    if not story["layout"]:
        say(f"Not read: {story['why']}.")
        return
    summary = f"Layout {story['layout']}, {story['words']} words"
    if story["further_pages"]:
        summary += f", {story['further_pages']} further pages not requested"
    if story["why"]:
        summary += f". Refused: {story['why']}"
    say(f"{summary}.")
    rows = [
        {
            "field": name,
            "value": _short(found["value"]),
            "source": "address" if name == "canonical_url" else found["from"] or "address",
        }
        for name, found in story["fields"].items()
    ]
    print_table(rows, _FIELDS, flexible="value", zones=zones)
    for title, what in (("Missing", story["missing"]), ("Doubtful", story["warnings"])):
        if what:
            say(f"{title}: {', '.join(what)}.")
    if story["opted_out"]:
        say(f"Opted out of text mining by {story['opted_out']}.")


def _short(value: Any) -> str:
    text = " ".join(cell(value).split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
