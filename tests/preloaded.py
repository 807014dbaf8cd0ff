"""`warta` in processes of their own that begin with everything imported: from nothing a crawl
spends a second and more with imports, and the tests crawl hundreds of times.

The standard library's fork server imports once, each command is a process of its own then, with its
environment, folder and output.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

SCRAPY = "scrapy.cmdline"
"""Scrapy's own command, in place of a module that changes `warta`."""
MAX_SECONDS = 300.0  # a command that hangs fails instead of holding everything up

CRAWLS = (
    "requests",
    "resource",
    "rich._emoji_codes",
    "scrapy.cmdline",
    "scrapy.commands.crawl",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.scheduler",
    "scrapy.core.scraper",
    "scrapy.dupefilters",
    "scrapy.logformatter",
    "scrapy.pqueues",
    "scrapy.squeues",
    "scrapy.statscollectors",
    "scraper.cli.main",
    "scraper.cli.crawling.crawl",
    "scraper.crawling.middlewares.download_handler",
    "scraper.crawling.extensions",
    "scraper.crawling.pipelines",
    "scraper.crawling.stories",
    "scraper.crawling.middlewares.offsite",
    "scraper.crawling.middlewares.retry_after",
    "scraper.crawling.middlewares.robots",
    "scraper.politeness.resolver",
    "scraper.settings",
    "scraper.spiders.islamtimes",
    "scraper.spiders.medcom",
    "scraper.spiders.republika",
    "scraper.spiders.rmol",
    "scraper.spiders.suara",
    "tldextract",
    "twisted.conch.telnet",
)
"""What a crawl imports beside what Scrapy loads by default; no reactor, which cannot be shared."""


def warta(
    *words: str,
    environment: dict[str, str],
    cwd: Path | None = None,
    changed: str = "scraper.cli.main",
    timeout: float = MAX_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """The command and how it ended; `changed` is a module whose import changes the program."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        out, err = folder / "out", folder / "err"
        process = start(*words, environment=environment, cwd=cwd, changed=changed, folder=folder)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["warta", *words], timeout, err.read_text("utf-8"))
        code = process.exitcode
        process.close()
        return subprocess.CompletedProcess(
            ["warta", *words], code, out.read_text("utf-8"), err.read_text("utf-8")
        )


def start(
    *words: str,
    environment: dict[str, str],
    folder: Path,
    cwd: Path | None = None,
    changed: str = "scraper.cli.main",
    terminal: str | None = None,
) -> BaseProcess:
    """Start the command; its output goes to the files `out` and `err` of the folder.

    With the name of a terminal, that is where its input comes from, where its errors go, and what
    controls it.
    """
    out, err = folder / "out", folder / "err"
    for file in (out, err):  # to be read even if the process never opens them
        file.touch(0o600)
    process = _SERVED.Process(
        target=_begin, args=(words, environment, cwd, changed, out, terminal or err, terminal)
    )
    process.start()
    return process


_SERVED = get_context("forkserver")
_SERVED.set_forkserver_preload([f"{__package__}.preloading"])


def _begin(
    words: tuple[str, ...],
    environment: dict[str, str],
    cwd: Path | None,
    changed: str,
    out: Path,
    err: Path | str,
    terminal: str | None,
) -> None:
    """In the new process: what the command line would do."""
    if terminal is not None:
        os.setsid()  # the first terminal that it opens controls it then
    os.environ.clear()
    os.environ.update(environment)
    if cwd is not None:
        os.chdir(cwd)
    for number, (path, flags) in enumerate(
        [(terminal or os.devnull, os.O_RDWR), (out, os.O_WRONLY), (err, os.O_WRONLY)]
    ):
        opened = os.open(path, flags | (os.O_CREAT if path == out else 0), 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    # As with `python -m`: processes that this one starts import the module, too.
    program = sys.modules["__main__"] = importlib.import_module(changed)
    name = "scrapy" if changed == SCRAPY else "warta"
    sys.argv = [name, *words]
    try:
        if changed == SCRAPY:
            program.execute()
        else:
            from scraper.cli.main import main

            main(args=list(words), prog_name=name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def preload() -> None:
    """In the fork server, once."""
    from scrapy.settings import default_settings

    components = (
        default_settings.DOWNLOADER_MIDDLEWARES_BASE
        | default_settings.EXTENSIONS_BASE
        | default_settings.SPIDER_MIDDLEWARES_BASE
    )
    for name in (*CRAWLS, *(component.rpartition(".")[0] for component in components)):
        importlib.import_module(name)
    with suppress(ModuleNotFoundError):  # of an extra
        importlib.import_module("scraper.web.serve")
    _know_only_loopback()
    _read_once()
    assert "twisted.internet.reactor" not in sys.modules, "a reactor cannot be shared by processes"
    gc.collect()
    gc.freeze()


def _read_once() -> None:
    """Read and keep the stories of the demo: what is computed at first use is inherited."""
    from archive import Archive, Page
    from scraper import spiders
    from scraper.cli.demo.world import world
    from scraper.extraction import read_page
    from scraper.sites.site import Identity

    at = datetime(2026, 11, 20, tzinfo=UTC)
    stories = [
        (site, named.key, url, answer.body)
        for url, answer in world(1).items()
        for site in spiders.sites().values()
        if isinstance(named := site.identify(url), Identity)
    ]
    with TemporaryDirectory() as folder, Archive(Path(folder) / "news.db") as archive:
        for site, key, url, body in stories:
            page = Page(
                site=site.name,
                requested_url=url,
                url=url,
                status=200,
                headers={},
                body=body,
                fetched_at=at,
            )
            with archive.transaction(at):
                archive.history.revise(read_page(page, site).article, key=key)
    spiders.forget()  # modules of the tests change profiles


def _know_only_loopback() -> None:
    """Resolve no name of the outside: the tests send nothing there, and no query either."""
    from scraper.sites.addresses import is_private

    def local(resolve: Any) -> Any:
        def resolved(host: Any, *more: Any, **options: Any) -> Any:
            if host is not None and not is_private(str(host)):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return resolve(host, *more, **options)

        return resolved

    socket.getaddrinfo = local(socket.getaddrinfo)
    socket.gethostbyname = local(socket.gethostbyname)
