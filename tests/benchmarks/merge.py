"""Archives of generated stories merged into one: articles a second, memory, and bytes.

    python -m tests.benchmarks.merge [--archives 4] [--articles 10000] [--shared 0.1] [--clusters]

Each archive has the stories of tests/benchmarks/scale.py (about 2.5 kB of invented text, every
seventh edited), each with a page of about 15 kB for every revision, two later checks that found
nothing new, and the share `--shared` of stories that the next archive has, too. Making them is not
in the time. CPU seconds are those of this process; memory is its peak beside that before the merge.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

from archive import Archive, Page
from archive.ledger.wording import human_bytes
from archive.merge.merge import Options, merge
from archive.records import Announcement, Check
from archive.revisions.changes import change_of
from scraper.cli.rendering.terminal import say
from tests.benchmarks.scale import BEGAN, Written, story

MENU = "".join(
    f"<li><a href='/kanal/{n}'>Kanal nomor {n} dari situs ini</a></li>" for n in range(200)
)


def main() -> None:
    """Make, merge, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--archives", type=int, default=4)
    parser.add_argument("--articles", type=int, default=10_000, help="stories of each archive")
    parser.add_argument("--shared", type=float, default=0.1)
    parser.add_argument("--clusters", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.db" for number in range(options.archives)]
        own = round(options.articles * (1 - options.shared))
        for number, path in enumerate(paths):
            _make(path, range(number * own, number * own + options.articles))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        out, wall, cpu = Path(folder) / "all.db", perf_counter(), process_time()
        report = merge(
            out,
            paths,
            Options(clusters=options.clusters, jobs=2),
            now=BEGAN + timedelta(days=10_000),
            advance=lambda _rows, _all: None,
            note=say,
        )
        wall, cpu = perf_counter() - wall, process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        read = options.archives * options.articles
        say(
            f"{options.archives} archives of {options.articles} articles,"
            f" {human_bytes(sum(path.stat().st_size for path in paths))}:"
            f" {report.stories} stories, {report.joined} in two, {report.revisions} revisions,"
            f" {human_bytes(out.stat().st_size)}; {wall:.1f} s, CPU {cpu:.1f} s,"
            f" {read / cpu:.0f} articles a CPU second; {human_bytes(peak * 1024)} more memory"
        )


def _make(path: Path, numbers: range) -> None:
    with Archive(path) as archive:
        archive.clusters.place = lambda _article_id, _body, *, first=False: None  # type: ignore[method-assign]
        for number in numbers:
            _crawl(archive, story(number))


def _crawl(archive: Archive, written: Written) -> None:
    """Write what a crawl does with a story."""
    (seen, first), *_later = written.texts
    link = Announcement(url=first.url, key=written.key, published_at=first.published_at)
    with archive.transaction(seen):
        archive.ledger.announce(first.site, [link], source="sitemap")
    for observed_at, article in written.texts:
        page = _page(article, observed_at)
        packed = archive.snapshots.pack(page)
        with archive.transaction(observed_at):
            url_id = archive.ledger.url_id(first.url, site=first.site)
            newest = archive.history.newest(article.site, written.key)
            change = change_of(newest, article)
            assert change is not None
            number = archive.snapshots.insert(packed, url_id=url_id, crawl_id=None, opted_out=None)
            archive.history.write(
                article, change, key=written.key, newest=newest, snapshot_id=number
            )
            _check(archive, first, "kept", written, observed_at, status=200, bytes=len(page.body))
    for days in (1, 3):
        at = seen + timedelta(days=days)
        with archive.transaction(at):
            _check(archive, first, "unchanged", written, at, status=200, bytes=15_000)


def _page(article: Any, at: Any) -> Page:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in article.body.split("\n\n"))
    html = f"<html><nav>{MENU}</nav><h1>{article.headline}</h1>{body}</html>"
    return Page(
        site=article.site,
        requested_url=article.url,
        url=article.url,
        status=200,
        headers={"content-type": "text/html; charset=utf-8", "etag": f'"{Random(html).random()}"'},
        fetched_at=at,
        body=html.encode(),
    )


def _check(
    archive: Archive, first: Any, outcome: str, written: Written, at: Any, **more: Any
) -> None:
    check = Check(
        url=first.url,
        crawl_id=None,
        checked_at=at,
        outcome=outcome,
        next_check_at=at + timedelta(days=1),
        article_id=archive.history.article_id(first.site, written.key),
    )
    archive.ledger.record(replace(check, **more), site=first.site)


if __name__ == "__main__":
    main()
