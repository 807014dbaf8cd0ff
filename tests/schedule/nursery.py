"""`python -m tests.schedule.nursery`: crawls in processes of their own that begin with everything imported.

A line of JSON in is a crawl: {"module", "argv", "out", "err"}. Two lines out: the pid of its process, and how it ended. A process that
starts from nothing spends a second and a half with imports, and a month has three hundred crawls.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

LOADED = (
    "scrapy.core.downloader.handlers.http11", "scrapy.core.scheduler", "scrapy.core.scraper", "scrapy.extensions.corestats",
    "scrapy.extensions.logstats", "scrapy.extensions.memusage", "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.downloadermiddlewares.httpproxy", "scrapy.downloadermiddlewares.redirect", "scrapy.downloadermiddlewares.retry",
    "scraper.cli", "scraper.commands.crawl", "scraper.downloading", "scraper.extensions", "scraper.pipelines", "scraper.stories",
    "scraper.middlewares.fence", "scraper.middlewares.retry_after", "scraper.middlewares.robots", "scraper.spiders.islamtimes",
    "scraper.spiders.medcom", "scraper.spiders.republika", "scraper.spiders.rmol", "scraper.spiders.suara",
)  # fmt: skip


def crawl(given: dict[str, Any]) -> int:
    """In the new process: what the command line would do."""
    for number, (path, flags) in enumerate([(os.devnull, os.O_RDONLY), (given["out"], os.O_WRONLY), (given["err"], os.O_WRONLY)]):
        opened = os.open(path, flags | (os.O_CREAT if number else 0), 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = Path(os.devnull).open(), open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    importlib.import_module(given["module"])
    from scraper.cli import main

    sys.argv = ["warta", *given["argv"]]
    try:
        main(args=given["argv"], prog_name="warta")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    """Until stdin ends."""
    for name in LOADED:
        importlib.import_module(name)
    assert "twisted.internet.reactor" not in sys.modules, "a reactor cannot be shared by processes"
    gc.freeze()
    for line in sys.stdin:
        given = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = crawl(given)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
