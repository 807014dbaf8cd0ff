"""`warta extract`: from HTML files to articles, without an archive."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from archive.ledger.wording import WARNINGS, plural, sentence
from scraper.cli import options
from scraper.cli.defaults import reading_limits
from scraper.cli.opening import opened
from scraper.cli.rendering import terminal
from scraper.extraction import read
from scraper.extraction.workers import Constant, Limits, ReadingBroke, Workers
from scraper.ingest.furniture import furnished
from scraper.settings import DOWNLOAD_MAXSIZE
from scraper.sites.site import Site
from scraper.spiders import site_of, sites

MIN_JOBS = 64
"""Fewer pages are read by one worker process."""
BATCH = 16
"""Pages handed to a worker at a time."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--url", help="Address of the page, which identifies its site.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help='JSON lines {"url": …, "html": PATH}, with paths relative to this file.',
)
@click.option(
    "--archive",
    "path",
    type=click.Path(path_type=Path),
    help="Remove what this archive has recorded as boilerplate of the pages' sites.",
)
@options.jobs
@click.option(
    "--explain",
    is_flag=True,
    help="Show the source of each field, what is doubtful and what rules removed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines on a terminal, too.")
@click.pass_context
def extract(
    context: click.Context,
    files: tuple[Path, ...],
    url: str | None,
    manifest: Path | None,
    path: Path | None,
    jobs: int | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Extract the articles of saved pages: one JSON line each, in order; `error` says why a page
    has none.

    \b
    warta extract page.html --url https://www.suara.com/news/2026/11/20/071512/warga
    warta extract page.html --url URL --explain
    curl -s URL | warta extract - --url URL
    warta extract --manifest pages.jsonl > articles.jsonl
    """
    pages = _pages(files, url, manifest, explain=explain)
    profiles = _profiles(path)
    processes = options.processes(jobs, worthwhile=len(pages) >= MIN_JOBS)
    failed = 0
    with terminal.interruptible("Stopped; every line that was printed is whole."):
        for row in _extracted(pages, profiles, processes, reading_limits(context)):
            failed += "error" in row
            _print(row, as_json=as_json or manifest is not None)
    if failed:
        terminal.note(f"{plural(failed, 'page')} gave no article: see `error` in the output.")
        raise SystemExit(1)


def _pages(
    files: tuple[Path, ...], url: str | None, manifest: Path | None, *, explain: bool
) -> list[dict[str, Any]]:
    """Return the jobs; raises UsageError where the arguments do not fit together."""
    if manifest is not None:
        if files or url or explain:
            raise click.UsageError("--manifest cannot be combined with FILES, --url or --explain")
        return list(_manifest_jobs(manifest))
    if len(files) != 1 or not url:
        raise click.UsageError("give one FILE (or - for standard input) and --url, or --manifest")
    body = _stdin() if str(files[0]) == "-" else _bytes(files[0])
    return [{"url": url, "body": body, "explain": explain}]


def _print(row: dict[str, Any], *, as_json: bool) -> None:
    if "error" in row:
        terminal.note(row["error"])
    if "evidence" in row and not as_json and sys.stdout.isatty():
        _print_evidence(row)
    else:
        terminal.print_record(row, as_json=as_json)


def _print_evidence(row: dict[str, Any]) -> None:
    """Print an article as tables, for the maintainer of the rules."""
    evidence = row["evidence"]
    fields = [
        {"field": name, "value": "(below)" if name == "body" else row.get(name), "source": source}
        for name, source in evidence["sources"].items()
    ]
    title = f"{row['url']} (layout {row['layout']})"
    terminal.print_table(fields, terminal.columns("field value source", source="from"), title=title)
    if evidence["warnings"]:
        terminal.print_table(evidence["warnings"], terminal.columns("warning meaning"))
    if evidence["taken"]:
        terminal.print_table(evidence["taken"], terminal.columns("rule text", text="removed"))
    terminal.say_text(f"\n{row['body']}")


def _profiles(path: Path | None) -> dict[str, Site]:
    """Return the profiles by name, with what an archive has learnt of their sites."""
    if path is None:
        return sites()
    with opened(path) as archive:
        return {name: furnished(archive, site) for name, site in sites().items()}


def _extracted(
    jobs: list[dict[str, Any]], profiles: dict[str, Site], processes: int, limits: Limits
) -> Iterator[dict[str, Any]]:
    """Do the jobs in worker processes and yield their rows in order."""
    batches = (jobs[start : start + BATCH] for start in range(0, len(jobs), BATCH))
    packed: Any = Constant(profiles)
    work = partial(_job, packed)
    with (
        Workers(processes, limits) as workers,
        terminal.progress_bar("extracting", total=len(jobs)) as advance,
    ):
        under_way = iter(jobs)
        for rows in workers.map(work, batches):
            for row in rows:
                job = next(under_way)
                advance(1)
                yield _broken(job, row) if isinstance(row, ReadingBroke) else row


def _broken(job: dict[str, Any], broke: ReadingBroke) -> dict[str, Any]:
    """Return the row of a page whose reading did not end."""
    where = f"{job['where']}: " if "where" in job else ""
    return {"url": job["url"], "error": f"{where}reading the page did not end: {broke}"}


def _job(profiles: dict[str, Site], job: dict[str, Any]) -> dict[str, Any]:
    """In a worker: the row of a page."""
    if "error" in job:
        return job
    if "body" in job:
        return _article(job["url"], job["body"], profiles, explain=job["explain"])
    row = _article(job["url"], _bytes(job["html"]), profiles)
    if "error" in row:
        row["error"] = f"{job['where']}: {row['error']}"
    return row


def _manifest_jobs(manifest: Path) -> Iterator[dict[str, Any]]:
    """Yield the job of each line; an `error` in place of one that cannot be read."""
    for number, line in enumerate(manifest.read_text("utf-8-sig", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        where = f"{manifest}:{number}"
        try:
            job = json.loads(line)
            url, path = job["url"], job["html"]
        except (ValueError, KeyError, TypeError, RecursionError):
            url = path = None
        if isinstance(url, str) and isinstance(path, str):
            yield {"url": url, "html": manifest.parent / path, "where": where}
        else:
            yield {"url": url, "error": f'{where}: expected {{"url": "…", "html": "PATH"}}'}


def _stdin() -> bytes:
    return sys.stdin.buffer.read(DOWNLOAD_MAXSIZE + 1)


def _bytes(path: Path) -> bytes | str:
    """Return the bytes of a file, or a sentence on why there are none."""
    try:
        with path.open("rb") as file:
            return file.read(DOWNLOAD_MAXSIZE + 1)
    except OSError as error:
        return f"{path}: {error.strerror}"
    except ValueError as error:  # a NUL in the path
        return f"{str(path)!r}: {error}"


def _article(
    url: str, body: bytes | str, profiles: dict[str, Site], *, explain: bool = False
) -> dict[str, Any]:
    if isinstance(body, str):
        return {"url": url, "error": body}
    if len(body) > DOWNLOAD_MAXSIZE:
        return {"url": url, "error": sentence("too_large")}
    if not url.startswith(("http://", "https://")):
        return {"url": url, "error": sentence("bad_address")}
    try:
        site = site_of(url)
        profile = profiles[site.name] if site is not None else None
        reading = read(body, url, profile, fetched_at=datetime.now(UTC))
    except Exception as error:  # one page that breaks the extractor must not stop the others
        why = f"the page could not be read ({type(error).__name__}: {error})"
        return {"url": url, "error": why}
    row = reading.article.as_dict()
    if explain:
        taken = [{"rule": rule, "text": text} for rule, text in reading.taken]
        warnings = [
            {"warning": code, "meaning": WARNINGS.get(code, sentence(code))}
            for code in reading.article.warnings
        ]
        row["evidence"] = {"sources": reading.sources, "warnings": warnings, "taken": taken}
    return row
