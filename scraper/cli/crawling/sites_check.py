"""`warta sites check`: what a profile misses, by pages that were kept."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from archive.ledger.wording import plural
from archive.printable import in_line
from archive.records import Page
from scraper.cli import options
from scraper.cli.crawling.kept_pages import folder_of_pages, keep_pages
from scraper.cli.defaults import config_option, configured, reading_limits
from scraper.cli.new_file import check_folder
from scraper.cli.rendering.terminal import cell, columns, note, print_json, print_table, say
from scraper.extraction.workers import Constant, Limits, ReadingBroke, Workers
from scraper.ingest.saved.cases import Difference, cases_folder, differences, write_cases
from scraper.ingest.saved.pages import UnreadableFolder, load_pages
from scraper.ingest.saved.report import PageReport, problems, report_on
from scraper.sites.site import Site
from scraper.spiders import sites as all_sites

MAX_SHOWN = 60
"""Characters of a value of a case."""

_PAGES = columns(
    "headline layout words agreement published_at authors section missing",
    agreement="agrees",
    published_at="published",
)
_CASES = columns("case field wanted found")


@click.command()
@click.argument("site", type=options.SITE)
@options.pages
@click.option(
    "--cases",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the test cases; default: SITE-cases beside the pages.",
)
@click.option(
    "--write-tests",
    is_flag=True,
    help="Make a test case of each page that has none, of what is read from it now.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Examine the live site first, as `warta doctor --keep` does: do its sources answer?",
)
@options.scrapy_settings
@config_option
@options.json
@click.pass_context
def check(
    context: click.Context,
    site: str,
    pages: Path | None,
    cases: Path | None,
    write_tests: bool,
    live: bool,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what the profile of SITE misses, by the pages that `warta sites new` or `warta doctor
    --keep` kept: what each page gives, which fields are missing, and what to change. Nothing is
    requested unless you say --live.

    Test cases fix what was read: CASE.html, a page, beside CASE.json, the right answer. Correct the
    answer where it is wrong; from then on this command compares them, too. Exit status 1 where
    something is missing, or read otherwise than a case says.

    \b
    warta sites check kabar
    warta sites check kabar --write-tests
    """
    options.checked_sites([site], all_sites())
    profile, folder = all_sites()[site], folder_of_pages(context, pages, site)
    beside = cases or cases_folder(folder.parent, site)
    for given in filter(None, (pages, cases)):
        check_folder(given)
    found = _examined(context, profile, pages, overrides) if live else []
    limits = reading_limits(context)
    reports, written = _read(folder, beside if write_tests else None, profile, limits)
    count, differing = _compared(beside, profile)
    found += problems(profile, reports)
    if as_json:
        print_json([_as_dict(site, folder, reports, found, count, differing)])
    else:
        _show(reports, found, count, differing)
    for case in written:
        note(f"{case}: correct it where it is wrong.")
    if found or differing:
        raise SystemExit(1)


def _read(
    folder: Path, cases: Path | None, site: Site, limits: Limits
) -> tuple[list[PageReport], list[Path]]:
    """Read the kept pages; where `cases` are wanted, make them, and return those that were made."""
    try:
        saved = load_pages(folder, site.name)
        reports = _reports(saved, site, limits)
        return reports, _written(cases, saved, reports, site) if cases is not None else []
    except UnreadableFolder as error:
        raise click.ClickException(in_line(str(error))) from error


def _compared(folder: Path, site: Site) -> tuple[int, list[Difference]]:
    try:
        return differences(folder, site)
    except UnreadableFolder as error:
        raise click.ClickException(in_line(str(error))) from error


def _examined(
    context: click.Context, site: Site, pages: Path | None, overrides: Sequence[str]
) -> list[str]:
    """Examine the live site, keep the pages of its stories, and return what is wrong with it."""
    from scraper.cli.crawling.visits import visit_settings, visited
    from scraper.crawling.doctor.examiner import Examiner
    from scraper.politeness.leases import take

    context.with_resource(take(site.name, fleet=configured(context).configuration.fleet))
    with tempfile.TemporaryDirectory() as folder:
        settings = visit_settings(Path(folder) / "none.db", site.name, overrides, verbose=False)
        spider = visited(Examiner, settings, {"site": site})
    keep_pages(context, pages, site.name, spider.pages)
    return list(spider.found.problems(now=spider.crawl.now()))


def _reports(pages: Sequence[Page], site: Site, limits: Limits) -> list[PageReport]:
    """Read the pages in a worker process: they are hostile."""
    profile: Any = Constant(site)
    work = partial(_report, profile)
    with Workers(1, limits) as workers:
        answers = [
            answer for batch in workers.map(work, [[page] for page in pages]) for answer in batch
        ]
    return [_as_report(page, answer) for page, answer in zip(pages, answers, strict=True)]


def _as_report(page: Page, answer: PageReport | ReadingBroke) -> PageReport:
    if isinstance(answer, ReadingBroke):
        return PageReport(url=page.url, reason="reading_broke_off")
    return answer


def _report(site: Site, page: Page) -> PageReport:
    return report_on(page, site)


def _written(
    folder: Path, pages: Sequence[Page], reports: Sequence[PageReport], site: Site
) -> list[Path]:
    """Make cases of the pages that were read."""
    sound = [
        page
        for page, report in zip(pages, reports, strict=True)
        if report.article is not None and report.reason is None
    ]
    try:
        return write_cases(folder, sound, site)
    except OSError as error:
        where = error.filename or folder
        raise click.ClickException(f"{where}: it cannot be written ({error.strerror})") from error


def _as_dict(
    site: str,
    folder: Path,
    reports: Sequence[PageReport],
    found: Sequence[str],
    count: int,
    differing: Sequence[Difference],
) -> dict[str, Any]:
    return {
        "site": site,
        "folder": str(folder),
        "pages": [report.as_dict() for report in reports],
        "problems": list(found),
        "cases": count,
        "differences": [
            {"case": each.case, "field": each.field, "wanted": each.wanted, "found": each.found}
            for each in differing
        ],
    }


def _show(
    reports: Sequence[PageReport], found: Sequence[str], count: int, differing: Sequence[Difference]
) -> None:
    rows = [report.as_dict() | {"agreement": f"{report.agreement:.0%}"} for report in reports]
    if rows:
        print_table(rows, _PAGES, flexible="headline")
    if differing:
        say()
        say("What is read otherwise than the cases say", bold=True)
        print_table([_as_row(each) for each in differing], _CASES)
    if found:
        say()
        say("What is missing", bold=True)
        for text in found:
            say(f"- {text}")
    say()
    read = plural(len(reports), "page")
    failed = len({each.case for each in differing})
    tests = f", {count - failed} of {plural(count, 'case')} as they should be" if count else ""
    verdict = plural(len(found), "thing") + " missing" if found else "nothing is missing"
    say(f"{read}{tests}: {verdict}.")


def _as_row(each: Difference) -> dict[str, str]:
    wanted, found = _short(each.wanted), _short(each.found)
    return {"case": each.case, "field": each.field, "wanted": wanted, "found": found}


def _short(value: Any) -> str:
    text = " ".join(cell(value).split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
