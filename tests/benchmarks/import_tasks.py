"""An import in tasks by stages: CPU of indexing, importing and merging, and bytes that are kept.

    python -m tests.benchmarks.import_tasks [--pages 1000] [--others 3000] [--tasks 4]

A file as CC-NEWS has them, of `--pages` pages of the five sites and `--others` of publishers that
nobody asks for, is served on loopback and read as it arrives. CPU includes start-up, and the
processes that read pages.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from archive.ledger.wording import human_bytes
from scraper.cli.rendering.terminal import say
from scraper.extraction.workers import Limits
from scraper.ingest.pipeline import streams
from scraper.ingest.pipeline.job import Job
from scraper.ingest.pipeline.joining import join
from scraper.ingest.pipeline.sharding import import_shard
from scraper.ingest.pipeline.sifting import sift
from scraper.ingest.web_archives.wanted import Wanted
from tests.benchmarks.web_archives import Page, pages_of_the_sites, timed, write_warc

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def main() -> None:
    """Make the file, run the stages, each in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--others", type=int, default=3_000)
    parser.add_argument("--tasks", type=int, default=4)
    parser.add_argument("--stage", nargs=2, metavar=("STAGE", "FOLDER"), help="of this program")
    options = parser.parse_args()
    if options.stage:
        _run(options.stage[0], Path(options.stage[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        _measure(Path(name), options.pages, options.others, options.tasks)


def _measure(folder: Path, pages: int, others: int, tasks: int) -> None:
    warc = folder / "CC-NEWS-20261120010203-00042.warc.gz"
    plain = write_warc(warc, _mixed(pages, others))
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))
    )
    server.RequestHandlerClass.log_message = lambda *_given: None  # type: ignore[method-assign]
    Thread(target=server.serve_forever, daemon=True).start()
    job = Job(
        archive=folder / "news.db",
        addresses=(f"http://127.0.0.1:{server.server_address[1]}/{warc.name}",),
        tasks=tasks,
        any_site=False,
        languages=(),
        site=None,
        terms=Wanted().terms(),
        now=NOW,
        limits=Limits(),
        jobs=1,
    ).begin()
    every = pages + others
    say(f"{every} pages, {human_bytes(plain)}, packed {human_bytes(warc.stat().st_size)}")
    for stage, count in (("index", every), ("import", pages), ("merge", pages)):
        command = [sys.executable, "-m", __spec__.name, "--stage", stage, str(job.work)]
        wall, cpu, _ = timed(command, env=dict(os.environ))
        say(f"{stage}: {1_000 * cpu / count:.2f} ms of CPU a page of {count}; {wall:.1f} s")
    kept = (job.indexed(0) / "kept").stat().st_blocks * 512
    size = job.archive.stat().st_size
    say(
        f"kept while it runs {human_bytes(kept)}; archive {human_bytes(size)},"
        f" {size / pages:.0f} bytes a page"
    )
    server.shutdown()


def _mixed(pages: int, others: int) -> Iterator[Page]:
    """Pages that are wanted, and among them some of other publishers."""
    share = others // pages if pages else 0
    foreign = pages_of_the_sites(others)
    for url, body in pages_of_the_sites(pages):
        yield url, body
        for _number in range(share):
            other, text = next(foreign)
            yield other.replace("://", "://lain.example/"), text


def _run(stage: str, work: Path) -> None:
    job = Job.load(work)
    streams.is_private = lambda _host: False  # the file is on loopback
    if stage == "index":
        sift(job, 0)
    elif stage == "import":
        for rank in range(job.tasks):
            import_shard(job, rank)
    else:
        join(job, jobs=1)


if __name__ == "__main__":
    main()
