"""Bytes a snapshot: zstd with the site's dictionary beside gzip -9 and plain zstd, on the pages of the demo.

Run by hand: `python -m tests.benchmarks.compression`.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from typing import Any

from archive.compression import PAGES_IN_DICTIONARY, dictionary_of, pack
from archive.terminal import print_table
from scraper.profiles import site_of
from tests.benchmarks.extraction import demo_pages


def main() -> None:
    by_site: dict[str, list[bytes]] = defaultdict(list)
    for url, body in demo_pages():
        site = site_of(url)
        assert site is not None
        by_site[site.name].append(body)
    rows: list[dict[str, Any]] = []
    for site_name, bodies in sorted(by_site.items()):
        dictionary = dictionary_of(bodies[:PAGES_IN_DICTIONARY])
        later = bodies[PAGES_IN_DICTIONARY:]
        zipped = sum(len(gzip.compress(body, 9)) for body in later)
        plain = sum(len(pack(body)) for body in later)
        packed = sum(len(pack(body, dictionary)) for body in later)
        rows.append(
            {
                "site": site_name,
                "pages": len(later),
                "gzip": zipped,
                "zstd": plain,
                "dictionary": packed,
                "ratio": round(packed / zipped, 2),
            }
        )
    columns = {"site": "site", "pages": "pages", "gzip": "gzip -9", "zstd": "zstd", "dictionary": "zstd + dictionary", "ratio": "of gzip"}
    print_table(rows, columns)


if __name__ == "__main__":
    main()
