"""`warta` with an extractor that some pages break, in the processes that read pages: a page that
contains one of POISONS hangs its reader, kills it, or eats its memory.

Imported, it changes the program; `python -m tests.scraper.crawling.pages.poisoned COMMAND ...`
runs it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import Any

from scraper.crawling import discovery
from scraper.crawling.worker_turns import SLOW_ANYHOW
from scraper.extraction import article, plain_text
from scraper.extraction.dom import tree
from scraper.ingest.collections import stories

read_sitemap = discovery.read_sitemap
SLOWLY = "racun-lambat"
"""In a page whose reading takes its time, and ends."""
parse_html, without_markup = tree.parse_html, stories.without_markup
clean_text = plain_text.clean_text


def hang() -> None:
    """In C, where no exception gets in."""
    re.match(r"(a|a|a)*$", "a" * 60 + "b")


def die() -> None:
    os._exit(9)


def crash() -> None:
    os.abort()


def grow() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(10_000_000))


def dawdle() -> None:
    time.sleep(1.5 * SLOW_ANYHOW)


POISONS: dict[str, Callable[[], None]] = {
    "racun-macet": hang,
    "racun-mati": die,
    "racun-jatuh": crash,
    "racun-rakus": grow,
}


def swallow(page: bytes | str) -> None:
    text = page if isinstance(page, str) else page.decode(errors="replace")
    for poison, works in {**POISONS, SLOWLY: dawdle}.items():
        if poison in text:
            works()


def parse_poisoned(page: bytes | str, *given: Any) -> Any:
    swallow(page)
    return parse_html(page, *given)


def poisoned_text(text: str) -> str:
    swallow(text)
    return without_markup(text)


def clean_poisoned(text: str, *given: Any) -> Any:
    swallow(text)
    return clean_text(text, *given)


def read_poisoned(body: bytes, *given: Any, **options: Any) -> Any:
    swallow(body)
    return read_sitemap(body, *given, **options)


article.parse_html = parse_poisoned  # type: ignore[assignment]
stories.without_markup = poisoned_text
plain_text.clean_text = clean_poisoned
discovery.read_sitemap = read_poisoned

if __name__ == "__main__":
    from scraper.cli.main import main

    main()
