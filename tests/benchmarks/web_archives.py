"""Reading web archives in bulk: `warta import` beside news-please's and Fundus' readers of CC-NEWS
and beside warcio with trafilatura, on the same file and cores.

    python -m tests.benchmarks.web_archives [--pages 10000] [--peer-pages 1000] [--folder FOLDER]
        [--news-please PYTHON] [--fundus PYTHON] [--size GIGABYTES]

The file is as CC-NEWS has them: gzip a record, decoded pages of 60 to 100 kB of the five sites, in
the order of no story. Fundus reads pages of its own publishers only: it gets five of ours, whose
parsers are written as its own are, and the file from a server on loopback. Peers are in
environments of their own; one without is left out. As each of them reads a file in one process,
every peer reads one half of its pages on each core, and so many pages of the file as
`--peer-pages` says. All programs run one after the other; seconds of other people's work beside
are in the wall time, so compare the CPU. `reading and extract` is what `warta import` cannot do
without: warcio's reader and `scraper.extract`, in one process. With `--size` the file has pages of
so many gigabytes, and the peak memory of warta's processes is taken instead.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from random import Random
from threading import Thread
from time import perf_counter, sleep
from typing import Any

from isal import igzip
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.archive import Archive
from archive.ledger.wording import human_bytes
from scraper.cli.demo.world import SITES
from scraper.cli.rendering.terminal import print_table
from tests.benchmarks.loopback import grown
from tests.benchmarks.pages import invented_pages

PEERS = Path(__file__).with_name("web_archive_peers.py")
BEGAN = datetime(2026, 11, 21, tzinfo=UTC)
JOBS = 2
PAGE = 77_000
"""Bytes of a page in the mean."""

_PR_SET_CHILD_SUBREAPER = 36
Page = tuple[str, bytes]


def pages_of_the_sites(count: int) -> Iterator[Page]:
    """Pages of all sites in turn, each as large as a publisher's."""
    random = Random(count)
    each = -(-count // len(SITES))
    turns = zip(*(invented_pages(name, each) for name in SITES), strict=True)
    for url, body in itertools.islice(itertools.chain.from_iterable(turns), count):
        yield url, grown(body, random)


def write_warc(path: Path, pages: Iterator[Page]) -> int:
    """Write a file as CC-NEWS has them; return the bytes of its pages."""
    size = 0
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "invented"}))
        for number, (url, body) in enumerate(pages):
            captured = BEGAN + timedelta(seconds=number)
            headers = [
                ("Content-Type", "text/html; charset=utf-8"),
                ("X-Crawler-Content-Encoding", "gzip"),
                ("Content-Length", str(len(body))),
            ]
            record = writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                length=len(body),
                http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Date": f"{captured:%Y-%m-%dT%H:%M:%SZ}"},
            )
            plain = BytesIO()
            WARCWriter(plain, gzip=False).write_record(record)
            file.write(igzip.compress(plain.getvalue()))
            size += len(body)
    return size


def timed(*commands: Sequence[str], env: dict[str, str]) -> tuple[float, float, list[str]]:
    """Run commands side by side: (wall seconds, CPU seconds, what each printed).

    Processes that they leave behind, as killed workers are, are waited for here, so that their
    seconds count as well.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    started = [
        subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE)
        for command in commands
    ]
    printed = [process.communicate()[0] for process in started]
    wall = perf_counter() - begun
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    for process in started:
        if process.returncode:
            raise SystemExit(f"{process.args} ended with {process.returncode}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, printed


def import_command(warc: Path, archive: Path) -> list[str]:
    command = [sys.executable, "-m", "scraper", "import", str(warc), "--json"]
    return [*command, "--jobs", str(JOBS), "--archive", str(archive)]


def measured_import(warc: Path, folder: Path, count: int) -> dict[str, Any]:
    archive = folder / "news.db"
    wall, cpu, _ = timed(import_command(warc, archive), env=dict(os.environ))
    with Archive(archive, read_only=True) as opened:
        (stories,) = opened.db.conn.execute("SELECT count(*) FROM latest").fetchone()
    if stories < 0.99 * count:
        raise SystemExit(f"warta imported {stories} stories of {count}")
    return row("warta import", count, stories, wall, cpu)


def measured_extraction(warc: Path, count: int) -> dict[str, Any]:
    """What no import does without: reading the file, and extracting its articles."""
    command = [sys.executable, "-m", "tests.benchmarks.web_archives", "--extract", str(warc)]
    wall, cpu, printed = timed(command, env=dict(os.environ))
    return row("reading and extract", count, int(printed[0]), wall, cpu)


def extract_all(warc: Path) -> None:
    """Print how many articles a file has."""
    from warcio.archiveiterator import ArchiveIterator

    from scraper import extract

    found = 0
    with warc.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                url = record.rec_headers.get_header("WARC-Target-URI")
                found += bool(extract(record.content_stream().read(), url).body)
    sys.stdout.write(str(found))


def measured_peer(name: str, python: str, halves: Sequence[str], count: int) -> dict[str, Any]:
    """A peer's reader on one half of the pages per core."""
    commands = [[python, str(PEERS), name, half] for half in halves]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    wall, cpu, printed = timed(*commands, env=env)
    articles = sum(json.loads(text.splitlines()[-1])["articles"] for text in printed)
    return row(name, count, articles, wall, cpu)


def row(name: str, pages: int, articles: int, wall: float, cpu: float) -> dict[str, Any]:
    return {
        "reader": name,
        "pages": pages,
        "articles": articles,
        "wall": round(pages / wall, 1),
        "cpu": round(1000 * cpu / pages, 2),
    }


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


def served(folder: Path, stack: ExitStack) -> str:
    """Serve a folder on loopback; return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


def compare(options: argparse.Namespace, folder: Path) -> None:
    warc = folder / f"CC-NEWS-20261121000000-{options.pages:05}.warc.gz"
    if not warc.exists():
        write_warc(warc, pages_of_the_sites(options.pages))
    few = [options.peer_pages // 2, options.peer_pages - options.peer_pages // 2]
    made, halves = pages_of_the_sites(options.peer_pages), []
    for number, count in enumerate(few):
        halves.append(folder / f"half-{number}.warc.gz")
        write_warc(halves[-1], itertools.islice(made, count))
    rows = [measured_import(warc, folder, options.pages), measured_extraction(warc, options.pages)]
    peers = {
        "warcio and trafilatura": sys.executable,
        "news-please": options.news_please,
        "Fundus": options.fundus,
    }
    with ExitStack() as stack:
        address = served(folder, stack)
        for name, python in peers.items():
            if python is None:
                continue
            where = [f"{address}/{h.name}" if name == "Fundus" else str(h) for h in halves]
            rows.append(measured_peer(name, python, where, options.peer_pages))
    for found in rows:
        found["times"] = round(rows[0]["wall"] / found["wall"], 1)
        found["times_cpu"] = round(found["cpu"] / rows[0]["cpu"], 2)
    columns = {
        "reader": "reader",
        "pages": "pages",
        "articles": "articles",
        "wall": "pages per second",
        "cpu": "CPU, ms a page",
        "times": "warta's speed",
        "times_cpu": "by CPU",
    }
    size = human_bytes(warc.stat().st_size // options.pages)
    print_table(rows, columns, title=f"{JOBS} cores, {size} a page compressed")


def memory_of(pids: Sequence[int]) -> dict[int, int]:
    """Peak resident bytes of processes that still run."""
    peaks = {}
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text("utf-8")
        except OSError:
            continue
        if match := re.search(r"VmHWM:\s+(\d+) kB", status):
            peaks[pid] = 1024 * int(match[1])
    return peaks


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text("utf-8").split():
            yield from family(int(child))


def measure_memory(options: argparse.Namespace, folder: Path) -> None:
    """Peak memory of an import of a file of `--size` gigabytes."""
    warc = folder / "large.warc.gz"
    rows = []
    for size in (options.size / 4, options.size):
        written = write_warc(warc, pages_of_the_sites(int(size * 1e9 / PAGE)))
        archive = folder / f"large-{size}.db"
        process = subprocess.Popen(
            import_command(warc, archive), stdout=subprocess.DEVNULL, env=dict(os.environ)
        )
        peaks: dict[int, int] = {}
        while process.poll() is None:
            with suppress(OSError):
                peaks |= memory_of(list(family(process.pid)))
            sleep(0.2)
        largest = sorted(peaks.values(), reverse=True)
        rows.append(
            {
                "pages": human_bytes(written),
                "file": human_bytes(warc.stat().st_size),
                "parent": human_bytes(peaks.get(process.pid, 0)),
                "largest": human_bytes(largest[0]),
                "all": human_bytes(sum(largest)),
            }
        )
    columns = {
        "pages": "pages",
        "file": "file",
        "parent": "the writer's peak",
        "largest": "the largest process",
        "all": "sum of all peaks",
    }
    print_table(rows, columns)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--peer-pages", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, help="where the file is, or is left")
    parser.add_argument("--news-please", metavar="PYTHON")
    parser.add_argument("--fundus", metavar="PYTHON")
    parser.add_argument("--size", type=float, metavar="GIGABYTES")
    parser.add_argument("--extract", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.extract:
        extract_all(options.extract)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        (measure_memory if options.size else compare)(options, folder)


if __name__ == "__main__":
    main()
