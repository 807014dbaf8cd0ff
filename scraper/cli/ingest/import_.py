"""`warta import`: collections of scraped articles, and web archives, into the archive."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import click

from archive.archive import Archive
from archive.ledger.wording import plural, sentence
from scraper.cli import options
from scraper.cli.defaults import reading_limits
from scraper.cli.ingest.in_tasks import EXECUTORS, ImportFile, InTasks, import_in_tasks
from scraper.cli.ingest.web_archives import (
    check_wanted,
    import_archives,
    rows_of,
    show_archives,
    sorted_by_kind,
)
from scraper.cli.rendering.terminal import (
    columns,
    interruptible,
    note,
    print_json,
    print_table,
    progress_bar,
)
from scraper.extraction.workers import Limits, Workers
from scraper.ingest.collections.columns import NAMES
from scraper.ingest.collections.files import opened
from scraper.ingest.collections.rows import Unreadable
from scraper.ingest.collections.stories import ImportOptions
from scraper.ingest.importer import Report, Survey, WrongMapping, import_file, survey
from scraper.ingest.web_archives.importing import Result
from scraper.ingest.web_archives.wanted import Wanted
from scraper.ingest.writing import OUTCOMES
from scraper.spiders import sites

MAX_REPORTED = 20
"""Bad records of a file that are reported one by one, unless as JSON."""

_STDIN = Path("-")
_COLUMNS = columns(f"file records {' '.join(OUTCOMES)} bad")

Open = Callable[[Path], AbstractContextManager[BinaryIO]]


def _grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Call the command with what collections mean as `terms`, with the pages that are `wanted` of
    web archives, and with how the import is divided, instead of the options that say so.
    """

    @wraps(command)
    def grouped(
        *,
        pairs: tuple[str, ...],
        site: str | None,
        zone: ZoneInfo,
        formats: tuple[str, ...],
        any_site: bool,
        languages: tuple[str, ...],
        executor: str | None,
        tasks: int | None,
        executor_options: tuple[str, ...],
        plan: bool,
        **values: Any,
    ) -> None:
        name = (site or "").encode(errors="replace").decode().strip().lower() or None
        terms = ImportOptions(mapping=_mapping(pairs), site=name, zone=zone, formats=formats)
        wanted = Wanted(any_site=any_site, languages=languages, site=name)
        divided = InTasks(
            executor=executor, tasks=tasks, options=executor_options, plan=plan, jobs=values["jobs"]
        )
        is_collection = values["kind"] is not None or bool(pairs)
        divided.check(values["files"], is_collection=is_collection)
        sites()  # loaded once, for all workers
        command(terms=terms, wanted=wanted, divided=divided, **values)

    return grouped


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=ImportFile())
@click.option("--jsonl", "kind", flag_value="jsonl", help="JSON lines or a JSON array.")
@click.option("--csv", "kind", flag_value="csv", help="CSV with a header.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=COLUMN",
    help=f"Column of a field: {', '.join(NAMES)}.",
)
@click.option(
    "--site",
    type=options.SITE,
    metavar="NAME",
    help="Site of records that name none; of web archives, the only one that is imported.",
)
@click.option(
    "--timezone",
    "zone",
    type=options.ZONE,
    default="Asia/Jakarta",
    help="Time zone of times without an offset.",
)
@click.option(
    "--date-format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help="Format of dates, like %d/%m/%Y; tried before the usual ones.",
)
@click.option(
    "--any-site",
    is_flag=True,
    help="Of web archives, also pages of other publishers that look like articles.",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="CODE",
    help="Of web archives, only stories in this language, like id; may be repeated.",
)
@click.option(
    "--executor",
    type=click.Choice(EXECUTORS),
    help="Import web archives in tasks, where datatrove runs them.",
)
@click.option(
    "--tasks",
    type=click.IntRange(1, 1_000),
    help="Tasks, each with an archive of its own until the end; none changes a row.",
)
@options.executor_options
@click.option(
    "--dry-run",
    "--plan",
    "plan",
    is_flag=True,
    help="With --executor: show which files; read none of them.",
)
@options.jobs
@options.archive
@options.json
@_grouped
def import_command(
    files: tuple[Path | str, ...],
    kind: str | None,
    terms: ImportOptions,
    wanted: Wanted,
    divided: InTasks,
    jobs: int | None,
    path: Path,
    as_json: bool,
) -> None:
    """Import web archives (WARC of any crawler, WACZ, folders of saved pages) and scraped articles
    (JSON lines, a JSON array, CSV; files of news-watch as they are).

    Of web archives, each page of a known publisher is read as a crawl reads it, at the time of its
    capture; nothing is written into the past. With --any-site pages of publishers without a profile
    are taken, too, if they look like articles: see `warta help warc`.

    Columns are recognised by their usual names (url, link, title, judul, content, isi,
    publish_date, tanggal, source, author ...). A bad record is reported with its line and skipped
    (exit status 3). Importing a file again changes nothing, or resumes what was interrupted.

    \b
    warta import CC-NEWS-20261120010203-00042.warc.gz saved-pages/
    warta import news-watch-ihsg-20261120_09.csv
    warta import --executor slurm --tasks 64 -x partition=cpu -x time=24:00:00 warc.paths.gz
    warta import --map body=artikel --map published_at=terbit --date-format %d/%m/%Y koleksi.csv
    gunzip -c koleksi.jsonl.gz | warta import --jsonl --site kompas.com -
    """
    check_wanted(wanted)
    limits = reading_limits(click.get_current_context())
    if divided.executor is not None:
        import_in_tasks(path, files, wanted, divided, limits, as_json=as_json)
        return
    collections, archives, missed = sorted_by_kind(files, kind)
    reports = _import_collections(path, collections, terms, kind, limits, as_json=as_json)
    results, broken = import_archives(path, archives, wanted, jobs=jobs, limits=limits)
    _print(reports, results, as_json=as_json)
    _judge([*reports, *results], missed + broken + len(collections) - len(reports))


def _judge(done: Sequence[Report | Result], missed: int) -> None:
    """Exit with status 3 where a record is bad or a file was `missed`, 1 where nothing else was
    there.
    """
    if missed or any(each.bad for each in done):
        raise SystemExit(3 if any(each.outcomes.total() for each in done) else 1)


def _import_collections(
    path: Path,
    collections: Collection[Path],
    terms: ImportOptions,
    kind: str | None,
    limits: Limits,
    *,
    as_json: bool,
) -> list[Report]:
    """Survey all files before any is written; those that cannot be read are noted."""
    with _openable(collections) as reopened, Workers(1, limits) as workers:
        found = list(_surveyed(collections, reopened, terms, kind))
        return list(_imported(path, found, reopened, terms, workers, as_json=as_json))


@contextmanager
def _openable(files: Collection[Path]) -> Iterator[Open]:
    """Return what opens the files. Standard input, which opens once, is held open meanwhile."""
    if _STDIN not in files:
        yield opened
        return
    with opened(_STDIN) as held:
        yield lambda path: nullcontext(held) if path == _STDIN else opened(path)


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals or not column or name not in NAMES:
            fields = ", ".join(NAMES)
            raise click.UsageError(f"--map {pair}: expected FIELD=COLUMN, with a field of {fields}")
        mapping[name] = column
    return mapping


def _surveyed(
    paths: Iterable[Path], reopened: Open, terms: ImportOptions, kind: str | None
) -> Iterator[Survey]:
    """Survey each file before anything is written; one that is no collection is skipped."""
    for path in paths:
        try:
            with reopened(path) as file:
                yield survey(path, file, terms, kind)
        except Unreadable as error:
            note(f"{path}: {error}")
        except WrongMapping as error:
            raise click.UsageError(str(error)) from error


def _imported(
    path: Path,
    found: Sequence[Survey],
    reopened: Open,
    terms: ImportOptions,
    workers: Workers,
    *,
    as_json: bool,
) -> Iterator[Report]:
    """Write all files and yield their reports. Creates no archive where there are none."""
    if not found:
        return
    now, total = datetime.now(UTC), sum(one.size for one in found)
    interrupted = "Stopped; what was written is complete: import the files again to resume."
    report_bad = _reporter(as_json=as_json)
    with (
        Archive(path) as archive,
        progress_bar("importing", total=total, as_share=True) as advance,
        interruptible(interrupted),
    ):
        for one in found:
            try:
                with reopened(one.path) as file:
                    yield import_file(
                        archive,
                        one,
                        file,
                        terms,
                        now=now,
                        workers=workers,
                        report_bad=report_bad,
                        advance=advance,
                    )
            except Unreadable as error:  # it has changed since
                note(f"{one.path}: {error}")


def _reporter(*, as_json: bool) -> Callable[[Path, int, str], None]:
    """Return the function that reports a bad record: its file, line and reason."""
    reported: Counter[Path] = Counter()

    def report(path: Path, line: int, reason: str) -> None:
        reported[path] += 1
        why = sentence(reason)
        if as_json:
            print_json([{"file": str(path), "line": line, "reason": reason, "sentence": why}])
        elif reported[path] <= MAX_REPORTED:
            note(f"{path}:{line}: {why}")
        elif reported[path] == MAX_REPORTED + 1:
            note(f"{path}: more bad records are only counted (--json lists all)")

    return report


def _row(report: Report) -> dict[str, Any]:
    return {
        "file": str(report.path),
        "records": report.records,
        **{name: report.outcomes[name] for name in OUTCOMES},
        "bad": report.bad,
        "doubts": report.doubts,
    }


def _print(reports: Sequence[Report], results: Sequence[Result], *, as_json: bool) -> None:
    if as_json:
        print_json(map(_row, reports))
        print_json(rows_of(results))
        return
    _show(reports)
    show_archives(rows_of(results))


def _show(reports: Sequence[Report]) -> None:
    if not reports:
        return
    print_table([_row(report) | {"bad": report.bad.total()} for report in reports], _COLUMNS)
    for report in reports:
        reasons = report.doubts.copy()
        if report.bad.total() > MAX_REPORTED:
            reasons += report.bad
        for reason, count in reasons.most_common():
            note(f"{report.path}: {plural(count, 'record')}: {sentence(reason)}")
