"""`python -m tests.scraper.ingest.reextraction.changed_rule COMMAND ...`: warta with a rule of
rmol.id changed, in the processes that it starts too.

TROUBLE=SIGINT:7 (or SIGKILL) in the environment: the process gets this signal when it writes the
seventh page, before it is written. TROUBLE=READER: the process that reads the fifth story is
killed, as for want of memory.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from archive.records import Page
from scraper.extraction import Reading, read_page
from scraper.ingest import reextraction, reread
from scraper.sites.site import Site
from scraper.spiders import rmol
from tests.scraper.crawling.conftest import story_url
from tests.scraper.ingest.reextraction.kept import CHANGED

rmol.SITE = CHANGED
reextraction.BATCH = 8
reextraction.MIN_JOBS = 1


def troubled(write: Callable[..., Any], trouble: str) -> Callable[..., Any]:
    name, _colon, number = trouble.partition(":")
    left = int(number)

    def written(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.Signals[name])
        return write(*given, **named)

    return written


def kills_its_reader(page: Page, site: Site | None) -> Reading:
    if page.requested_url == story_url(5):
        os.kill(os.getpid(), signal.SIGKILL)
    return read_page(page, site)


if os.environ.get("TROUBLE") == "READER":
    reread.read_page = kills_its_reader

if __name__ != "__mp_main__" and ":" in os.environ.get("TROUBLE", ""):
    reextraction.write_reread = troubled(reextraction.write_reread, os.environ["TROUBLE"])

if __name__ == "__main__":
    from scraper.cli.main import main

    main()
