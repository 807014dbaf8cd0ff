"""`warta import`: collections of already scraped articles, into the archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo, available_timezones

import click

from archive.archive import Archive
from archive.ledger.wording import plural, sentence
from scraper.cli.options import archive_option, json_option
from scraper.cli.terminal import bar, print_json, print_table
from scraper.ingest.collections.columns import NAMES
from scraper.ingest.collections.files import opened
from scraper.ingest.collections.rows import Unreadable
from scraper.ingest.collections.stories import ImportOptions
from scraper.ingest.importer import Report, Survey, WrongMapping, import_file, survey
from scraper.ingest.writing import OUTCOMES

MAX_TOLD = 20
"""Bad records of a file that are told one by one, unless as JSON."""

_STDIN = Path("-")


@click.command("import", short_help="Collections of scraped articles, into the archive.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--jsonl",
    "kind",
    flag_value="jsonl",
    help="The files hold JSON lines or a JSON array, whatever their names say.",
)
@click.option(
    "--csv",
    "kind",
    flag_value="csv",
    help="The files are CSV with a header, whatever their names say.",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=COLUMN",
    help=f"Where a field stands: {', '.join(NAMES)}.",
)
@click.option("--site", metavar="NAME", help="The site of records that name none.")
@click.option(
    "--timezone",
    default="Asia/Jakarta",
    show_default=True,
    metavar="ZONE",
    help="Of times without an offset.",
)
@click.option(
    "--date-format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help="How dates are written, like %d/%m/%Y; tried first.",
)
@archive_option
@json_option
def import_command(
    files: tuple[Path, ...],
    kind: str | None,
    pairs: tuple[str, ...],
    site: str | None,
    timezone: str,
    formats: tuple[str, ...],
    path: Path,
    as_json: bool,
) -> None:
    """Take already scraped articles into the archive: JSON lines, a JSON array or CSV; news-watch's
    files as they are.

    Columns are found by their usual names (url, link, title, judul, content, isi, publish_date,
    tanggal, source, author ...). Texts are cleaned as by `warta clean`. The same file a second time
    changes nothing. Bad records are told with their line, and the rest goes on (exit 3); with
    --json each is a line of its own.

    \b
    warta import news-watch-ihsg-20261120_09.csv
    warta import --map body=artikel --map published_at=terbit --date-format %d/%m/%Y koleksi.csv
    gunzip -c koleksi.jsonl.gz | warta import --jsonl --site kompas.com -
    """
    name = site.encode(errors="replace").decode().strip().lower() if site else None
    terms = ImportOptions(mapping=_mapping(pairs), site=name, zone=_zone(timezone), formats=formats)
    now = datetime.now(UTC)
    with ExitStack() as stack:
        held = stack.enter_context(opened(_STDIN)) if _STDIN in files else None
        found = list(_surveyed(dict.fromkeys(files), held, terms, kind))
        reports = _imported(path, found, held, terms, now=now, as_json=as_json) if found else []
    if as_json:
        print_json(map(_row, reports))
    else:
        _show(reports)
    unreadable, bad = len(set(files)) - len(found), sum(report.bad.total() for report in reports)
    if bad or unreadable:
        raise SystemExit(3 if any(report.outcomes for report in reports) else 1)


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals or not column or name not in NAMES:
            raise click.UsageError(
                f"--map {pair}: expected FIELD=COLUMN, with a field of {', '.join(NAMES)}"
            )
        mapping[name] = column
    return mapping


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise click.UsageError(
            f"--timezone {name}: there is no such time zone; they are called like Asia/Jakarta or UTC"
        )
    return ZoneInfo(name)


@contextmanager
def _reopened(path: Path, held: BinaryIO | None) -> Iterator[BinaryIO]:
    """The file, or what is held of standard input, which cannot be opened twice."""
    if path == _STDIN and held is not None:
        yield held
        return
    with opened(path) as file:
        yield file


def _surveyed(
    paths: Mapping[Path, None], held: BinaryIO | None, terms: ImportOptions, kind: str | None
) -> Iterator[Survey]:
    """A look through each file before anything is written; one that is no collection is told, and
    left out.
    """
    for path in paths:
        try:
            with _reopened(path, held) as file:
                yield survey(path, file, terms, kind)
        except Unreadable as error:
            click.echo(f"{path}: {error}", err=True)
        except WrongMapping as error:
            raise click.UsageError(str(error)) from error


def _imported(
    path: Path,
    found: Sequence[Survey],
    held: BinaryIO | None,
    terms: ImportOptions,
    *,
    now: datetime,
    as_json: bool,
) -> list[Report]:
    """Write all files, with a bar.

    Raises:
        click.ClickException: it was stopped.
    """
    told: Counter[Path] = Counter()
    reports: list[Report] = []
    with (
        Archive(path) as archive,
        bar("importing", total=sum(one.size for one in found)) as advance,
    ):
        for one in found:
            try:
                with _reopened(one.path, held) as file:
                    reports.append(
                        import_file(
                            archive,
                            one,
                            file,
                            terms,
                            now=now,
                            tell=_teller(told, as_json=as_json),
                            advance=advance,
                        )
                    )
            except Unreadable as error:  # it changed meanwhile
                click.echo(f"{one.path}: {error}", err=True)
            except KeyboardInterrupt:
                raise click.ClickException(
                    "interrupted; what was written is whole, and importing the files again goes on"
                ) from None
    return reports


def _teller(told: Counter[Path], *, as_json: bool) -> Callable[[Path, int, str], None]:
    def tell(path: Path, line: int, reason: str) -> None:
        told[path] += 1
        if as_json:
            print_json(
                [{"file": str(path), "line": line, "reason": reason, "sentence": sentence(reason)}]
            )
        elif told[path] <= MAX_TOLD:
            click.echo(f"{path}:{line}: {sentence(reason)}", err=True)
        elif told[path] == MAX_TOLD + 1:
            click.echo(f"{path}: more bad records are only counted (--json tells each)", err=True)

    return tell


def _row(report: Report) -> dict[str, Any]:
    outcomes = {name: report.outcomes[name] for name in OUTCOMES}
    return {
        "file": str(report.path),
        "records": report.records,
        **outcomes,
        "bad": dict(report.bad),
        "doubts": dict(report.doubts),
    }


def _show(reports: Sequence[Report]) -> None:
    rows = [_row(report) | {"bad": report.bad.total()} for report in reports]
    if rows:
        print_table(
            rows, {name: name.replace("_", " ") for name in ("file", "records", *OUTCOMES, "bad")}
        )
    for report in reports:
        counted = report.doubts + (report.bad if report.bad.total() > MAX_TOLD else Counter())
        for reason, count in counted.most_common():
            click.echo(f"{report.path}: {plural(count, 'record')}: {sentence(reason)}", err=True)
