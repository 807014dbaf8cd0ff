"""`warta extract`: from HTML files to articles, without an archive."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from archive.ledger.wording import sentence
from scraper.cli.terminal import console, print_json, print_table
from scraper.extraction import read
from scraper.settings import DOWNLOAD_MAXSIZE
from scraper.sites.loader import site_of

MIN_JOBS = 64
"""Fewer pages are read faster than processes are started."""


@click.command(short_help="Articles out of saved pages.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--url", help="The address of the page; it tells the site.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help='JSON lines {"url": …, "html": PATH}, paths relative to it.',
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    help="Processes for a manifest; all cores without it.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Where each field came from, and which rule took which line out.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="JSON lines also on a terminal (a pipe always gets them).",
)
def extract(
    files: tuple[Path, ...],
    url: str | None,
    manifest: Path | None,
    jobs: int | None,
    explain: bool,
    as_json: bool,
) -> None:
    """The article of saved pages: one JSON line each, in order; `error` says why a page gave none.

    \b
    warta extract page.html --url https://www.suara.com/news/2026/11/20/071512/warga
    warta extract page.html --url URL --explain
    curl -s URL | warta extract - --url URL
    warta extract --manifest pages.jsonl > articles.jsonl
    """
    if manifest is not None and (files or url or explain):
        raise click.UsageError("--manifest stands alone: it names files and addresses itself")
    if manifest is None and (len(files) != 1 or not url):
        raise click.UsageError(
            "give one FILE (or - for standard input) with its --url, or a --manifest"
        )
    if manifest is not None:
        rows = _with_bar(list(_manifest_jobs(manifest)), jobs or os.cpu_count() or 1)
    else:
        body = (
            sys.stdin.buffer.read(DOWNLOAD_MAXSIZE + 1)
            if str(files[0]) == "-"
            else _bytes(files[0])
        )
        rows = iter([_article(url or "", body, explain=explain)])
    failed = 0
    for row in rows:
        if "error" in row:
            failed += 1
            click.echo(row["error"], err=True)
        if explain and "error" not in row and not as_json and sys.stdout.isatty():
            _print_evidence(row)
        elif as_json or manifest is not None or not sys.stdout.isatty():
            print_json([row])
        else:
            console().print_json(json.dumps(row, ensure_ascii=False))
    if failed:
        click.echo(
            f"{failed} {'page' if failed == 1 else 'pages'} gave no article; their lines hold an `error`.",
            err=True,
        )
        raise SystemExit(1)


def _print_evidence(row: dict[str, Any]) -> None:
    """Tables for a person who mends a rule."""
    evidence = row["evidence"]
    fields = [
        {"field": name, "value": "(below)" if name == "body" else row.get(name), "source": source}
        for name, source in evidence["sources"].items()
    ]
    print_table(
        fields,
        {"field": "field", "value": "value", "source": "from"},
        title=f"{row['url']} (layout {row['layout']})",
    )
    if evidence["taken"]:
        print_table(evidence["taken"], {"rule": "rule", "text": "took out"})
    click.echo(f"\n{row['body']}")


def _with_bar(jobs: list[dict[str, Any]], processes: int) -> Iterator[dict[str, Any]]:
    """The jobs done by several processes, in order.

    Raises:
        click.ClickException: a process was killed, as for want of memory; what is before it was
        given.
    """
    bar = {
        "description": "extracting",
        "console": Console(stderr=True),
        "transient": True,
        "disable": not sys.stderr.isatty(),
    }
    if processes == 1 or len(jobs) < MIN_JOBS:
        yield from track((_job(job) for job in jobs), total=len(jobs), **bar)  # type: ignore[arg-type]
        return
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            yield from track(pool.map(_job, jobs, chunksize=16), total=len(jobs), **bar)  # type: ignore[arg-type]
    except BrokenProcessPool as error:
        raise click.ClickException(
            "a process that read pages was killed, perhaps for want of memory; try fewer with --jobs"
        ) from error


def _job(job: dict[str, Any]) -> dict[str, Any]:
    if "error" in job:
        return job
    row = _article(job["url"], _bytes(job["html"]))
    return row if "error" not in row else row | {"error": f"{job['where']}: {row['error']}"}


def _manifest_jobs(manifest: Path) -> Iterator[dict[str, Any]]:
    """What each line names; a line that names nothing gives an error in its place."""
    for number, line in enumerate(manifest.read_text("utf-8-sig", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            job = json.loads(line)
            url, path = job["url"], job["html"]
        except (ValueError, KeyError, TypeError, RecursionError):
            url = path = None
        if isinstance(url, str) and isinstance(path, str):
            yield {"url": url, "html": manifest.parent / path, "where": f"{manifest}:{number}"}
        else:
            yield {
                "url": url,
                "error": f'{manifest}:{number}: expected {{"url": "…", "html": "PATH"}}',
            }


def _bytes(path: Path) -> bytes | str:
    """The file's bytes, or a sentence that says why there are none."""
    try:
        with path.open("rb") as file:
            return file.read(DOWNLOAD_MAXSIZE + 1)
    except OSError as error:
        return f"{path}: {error.strerror}"
    except ValueError as error:  # a NUL in the path
        return f"{str(path)!r}: {error}"


def _article(url: str, body: bytes | str, *, explain: bool = False) -> dict[str, Any]:
    if isinstance(body, str):
        return {"url": url, "error": body}
    if len(body) > DOWNLOAD_MAXSIZE:
        return {"url": url, "error": sentence("too_large")}
    if not url.startswith(("http://", "https://")):
        return {"url": url, "error": sentence("bad_address")}
    try:
        reading = read(body, url, site_of(url))
    except Exception as error:  # one page that breaks the extractor must not stop the others
        return {
            "url": url,
            "error": f"the page could not be read ({type(error).__name__}: {error})",
        }
    row = reading.article.as_dict()
    if explain:
        taken = [{"rule": rule, "text": text} for rule, text in reading.taken]
        row["evidence"] = {"sources": reading.sources, "taken": taken}
    return row
