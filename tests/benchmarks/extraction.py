"""Milliseconds a page: warta beside trafilatura with metadata and beside lxml's parsing alone, on the pages of the demo.

Run by hand: `python -m tests.benchmarks.extraction [FOLDER]`; FOLDER holds further pages as SITE/*.html with SITE/*.json naming their url.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import trafilatura
from lxml import html

from archive.terminal import print_table
from scraper.demo.world import world
from scraper.extraction import read
from scraper.profiles import site_of
from scraper.site import Identity

ROUNDS = 5


def demo_pages() -> list[tuple[str, bytes]]:
    stories = [(url, answer.body) for url, answer in world(1).items() if answer.content_type.startswith("text/html")]
    return [(url, body) for url, body in stories if (site := site_of(url)) and isinstance(site.identify(url), Identity)]


def folder_pages(folder: Path) -> list[tuple[str, bytes]]:
    return [(json.loads(answer.read_text())["url"], answer.with_suffix(".html").read_bytes()) for answer in sorted(folder.glob("*/*.json"))]


def milliseconds(job: Callable[[str, bytes], object], pages: list[tuple[str, bytes]]) -> float:
    """Median over pages of the best of several rounds: the machine's noise only ever adds."""
    best = []
    for url, body in pages:
        times = []
        for _round in range(ROUNDS):
            start = perf_counter()
            job(url, body)
            times.append(perf_counter() - start)
        best.append(min(times))
    return 1000 * median(best)


def main() -> None:
    logging.disable(logging.CRITICAL)
    pages = folder_pages(Path(sys.argv[1])) if len(sys.argv) > 1 else demo_pages()
    jobs: dict[str, Callable[[str, bytes], object]] = {
        "lxml parse": lambda _url, body: html.document_fromstring(body.decode()),
        "warta": lambda url, body: read(body, url, site_of(url)),
        "trafilatura, with metadata": lambda url, body: trafilatura.bare_extraction(body, url=url, with_metadata=True),
    }
    times = {name: milliseconds(job, pages) for name, job in jobs.items()}
    rows = [
        {"tool": name, "ms": round(time, 2), "lxml": round(time / times["lxml parse"], 1), "warta": round(time / times["warta"], 1)}
        for name, time in times.items()
    ]
    print_table(rows, {"tool": "tool", "ms": "ms a page", "lxml": "x lxml", "warta": "x warta"}, title=f"{len(pages)} pages")


if __name__ == "__main__":
    main()
