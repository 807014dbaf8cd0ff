"""Export of kept pages as WARC: pages per second of CPU and memory, beside warcio alone.

    python -m tests.benchmarks.export_warc                # 10,000 pages of five sites, 8 kB each
    python -m tests.benchmarks.export_warc --joined 8     # pages of 65 kB, as large as real ones
    python -m tests.benchmarks.export_warc --profile      # where the time goes

The pages are those of tests/benchmarks/pages.py, each with headers, a request and, every tenth
time, a redirect. Each export is a process of its own. `warcio` writes the same responses and
requests from memory, as its documentation does, without an archive to unpack them from. `MB at
once` is the most memory that a process takes, its imports among it.
"""

from __future__ import annotations

import argparse
import cProfile
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive import Archive, Page
from archive.records import Announcement
from archive.web_archives.export import Job, export_warc
from scraper.cli.demo.world import SITES
from scraper.cli.rendering.terminal import print_table
from tests.archive.invented import NOW, revise, story
from tests.archive.web_archives.kept import MOVED, WIRE
from tests.benchmarks.pages import STANDING, invented_pages

COLUMNS = {
    "what": "",
    "pages": "pages",
    "size": "kB a page",
    "rate": "pages a second of CPU",
    "wall": "pages a second",
    "file": "MB",
    "memory": "MB at once",
}


def pages(count: int, joined: int) -> Iterator[Page]:
    """Pages of the five sites in turns; `joined` of them are the body of one."""
    each = max(STANDING, count // len(SITES))
    made = [list(invented_pages(name, min(each * joined, 1000))) for name in SITES]
    for number in range(count):
        site = number % len(SITES)
        some = [made[site][(number + step) % len(made[site])] for step in range(joined)]
        url = f"{some[0][0]}-{number}"
        wire = WIRE if number % 10 else replace(WIRE, hops=(MOVED,))
        body = b"".join(body for _url, body in some)
        yield Page(
            site=list(SITES)[site],
            requested_url=url,
            url=url,
            status=200,
            headers={"content-type": "text/html; charset=utf-8"},
            body=body + f"<!-- {number} -->".encode(),
            fetched_at=NOW + timedelta(seconds=number),
            wire=wire,
        )


def fill(path: Path, count: int, joined: int) -> float:
    """Keep the pages in an archive, each with its story; their mean size."""
    size = 0
    with Archive(path) as archive:
        for number, page in enumerate(pages(count, joined)):
            key = f"{page.site}-{number}"
            names = {"site": page.site, "story_id": key, "url": page.url, "canonical_url": page.url}
            article = story(number, body=f"Kabar {number}.", **names)  # too short to compare
            with archive.transaction(page.fetched_at):
                link = Announcement(url=page.url, key=key)
                archive.ledger.announce(page.site, [link], source="sitemap")
                url_id = archive.ledger.url_id(page.url, site=page.site)
                packed = archive.snapshots.pack(page)
                keep = partial(
                    archive.snapshots.insert, packed, url_id=url_id, crawl_id=None, opted_out=None
                )
                revise(archive, article, key=key, keep=keep)
            size += len(page.body)
    return size / count


def export(path: Path, out: Path) -> None:
    with Archive(path, read_only=True) as archive:
        export_warc(archive, Job(out=out, replaces=True))


def by_warcio(count: int, joined: int, out: Path) -> tuple[float, float]:
    """Write the same with warcio alone; seconds of CPU and seconds, without making the pages."""
    cpu = wall = 0.0
    with out.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        for page in pages(count, joined):
            started, began = process_time(), perf_counter()
            _write(writer, page)
            cpu, wall = cpu + process_time() - started, wall + perf_counter() - began
    return cpu, wall


def _write(writer: WARCWriter, page: Page) -> None:
    assert page.wire is not None
    headers = StatusAndHeaders("200 OK", list(page.wire.headers), protocol="HTTP/1.1")
    response = writer.create_warc_record(
        page.url, "response", payload=BytesIO(page.body), http_headers=headers
    )
    asked = StatusAndHeaders("/ HTTP/1.1", list(page.wire.request_headers), protocol="GET")
    request = writer.create_warc_record(page.url, "request", http_headers=asked)
    writer.write_request_response_pair(request, response)


def measured(act: Callable[..., Any], *arguments: Any) -> tuple[float, float, float]:
    """Run in this process, which is new: seconds of CPU, seconds, and MB."""
    started, began = process_time(), perf_counter()
    found = act(*arguments)
    cpu, wall = found or (process_time() - started, perf_counter() - began)
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM:"))  # ru_maxrss: the parent's too
    return cpu, wall, int(peak.split()[1]) / 1000


def alone(act: Callable[..., Any], *arguments: Any) -> tuple[float, float, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measured, act, *arguments).result()


def row(what: str, count: int, size: float, took: tuple[float, float, float]) -> dict[str, Any]:
    cpu, wall, memory = took
    return {
        "what": what,
        "pages": count,
        "size": round(size / 1000, 1),
        "rate": round(count / cpu),
        "wall": round(count / wall),
        "memory": round(memory),
    }


def compare(options: argparse.Namespace, folder: Path) -> None:
    count, joined = options.pages, options.joined
    size = fill(folder / "news.db", count, joined)
    fill(folder / "one.db", 1, joined)
    out = folder / "pages.warc.gz"
    if options.profile:
        with cProfile.Profile() as profile:
            export(folder / "news.db", out)
        profile.print_stats("tottime")
        return
    rows = [row("warta, one page", 1, size, alone(export, folder / "one.db", folder / "1.warc.gz"))]
    for name in ("pages.warc.gz", "pages.wacz"):
        took = alone(export, folder / "news.db", folder / name)
        found = row(f"warta, {name.partition('.')[2]}", count, size, took)
        found["file"] = round((folder / name).stat().st_size / 1e6, 1)
        rows.append(found)
    took = alone(by_warcio, count, joined, folder / "warcio.warc.gz")
    found = row("warcio alone", count, size, took)
    rows.append(found | {"file": round((folder / "warcio.warc.gz").stat().st_size / 1e6, 1)})
    print_table(rows, COLUMNS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--joined", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    with TemporaryDirectory() as folder:
        compare(parser.parse_args(), Path(folder))


if __name__ == "__main__":
    sys.exit(main())
