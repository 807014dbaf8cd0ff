"""Bytes a page in an archive beside gzip -9 and plain zstd, one site at a time, with milliseconds a
page.

    python -m tests.benchmarks.compression                   # the demo's pages, and 600 hand-made
    ones a site python -m tests.benchmarks.compression --pages 2000 python -m
    tests.benchmarks.compression --folder FOLDER   # the *.html of a folder, as of one site, in the
    order of their names

Pages go through a real archive file. `archive` is what their snapshots and all dictionaries take
there, `table` the same with URLs, headers, digests and SQLite's own room.
"""

from __future__ import annotations

import argparse
import gzip
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from archive import Archive
from archive.snapshots.compression import pack
from scraper.cli.demo.world import SITES
from scraper.cli.rendering.terminal import print_table
from scraper.spiders import site_of
from tests.archive.invented import NOW, keep_page, page, value
from tests.benchmarks.extraction import demo_pages
from tests.benchmarks.pages import invented_pages

COLUMNS = {
    "site": "site",
    "pages": "pages",
    "size": "bytes a page",
    "gzip": "gzip -9",
    "zstd": "zstd",
    "archive": "archive",
    "table": "table",
    "ratio": "of gzip",
    "dictionaries": "dictionaries",
    "gzip_ms": "ms gzip",
    "pack_ms": "ms packing",
    "keep_ms": "ms keeping",
    "longest_ms": "longest",
}


def measured(site: str, bodies: list[bytes]) -> dict[str, Any]:
    """One line of the table: mean bytes and milliseconds a page."""
    count = len(bodies)
    started = perf_counter()
    zipped = sum(len(gzip.compress(body, 9)) for body in bodies)
    zipping = perf_counter() - started
    with TemporaryDirectory() as folder, Archive(Path(folder) / "news.db") as archive:
        packing, keeping = kept(archive, site, bodies)
        dictionaries = value(archive, "SELECT coalesce(sum(length(packed)), 0) FROM dictionaries")
        packed = value(archive, "SELECT sum(length(packed)) FROM snapshots") + dictionaries
        table = value(
            archive,
            "SELECT sum(pgsize) FROM dbstat"
            " WHERE name LIKE 'snapshots%' OR name LIKE 'dictionaries%'",
        )
        return {
            "site": site,
            "pages": count,
            "size": sum(map(len, bodies)) // count,
            "gzip": zipped // count,
            "zstd": sum(len(pack(body)) for body in bodies) // count,
            "archive": packed // count,
            "table": table // count,
            "ratio": round(packed / zipped, 3),
            "dictionaries": value(archive, "SELECT count(*) FROM dictionaries"),
            "gzip_ms": round(zipping * 1000 / count, 2),
            "pack_ms": round(sum(packing) * 1000 / count, 2),
            "keep_ms": round(sum(keeping) * 1000 / count, 2),
            "longest_ms": round(max(keeping) * 1000),
        }


def kept(archive: Archive, site: str, bodies: Iterable[bytes]) -> tuple[list[float], list[float]]:
    """Keep the pages, and prove that each comes back; seconds of packing and of packing and
    writing, page by page.
    """
    packing, keeping, numbers = [], [], []
    bodies = list(bodies)
    for number, body in enumerate(bodies):
        fetched = page(number, site=site, body=body, at=NOW + timedelta(minutes=number))
        started = perf_counter()
        archive.snapshots.pack(fetched)
        packed = perf_counter()
        numbers.append(keep_page(archive, fetched))
        packing.append(packed - started)
        keeping.append(perf_counter() - packed)
    assert [archive.snapshots.page(number).body for number in numbers] == bodies
    return packing, keeping


def demo_by_site() -> dict[str, list[bytes]]:
    by_site: dict[str, list[bytes]] = defaultdict(list)
    for url, body in demo_pages():
        site = site_of(url)
        assert site is not None
        by_site[site.name].append(body)
    return by_site


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=600, help="hand-made pages a site")
    parser.add_argument("--folder", type=Path, help="pages of one site instead")
    chosen = parser.parse_args()
    if chosen.folder is not None:
        print_table(
            [
                measured(
                    chosen.folder.name,
                    [path.read_bytes() for path in sorted(chosen.folder.rglob("*.html"))],
                )
            ],
            COLUMNS,
        )
        return
    print_table(
        [measured(f"{site} (demo)", bodies) for site, bodies in sorted(demo_by_site().items())],
        COLUMNS,
    )
    print_table(
        [
            measured(site, [body for _, body in invented_pages(site, chosen.pages)])
            for site in sorted(SITES)
        ],
        COLUMNS,
    )


if __name__ == "__main__":
    main()
