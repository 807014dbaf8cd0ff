"""What keeping pages' wire costs: bytes of an archive, and milliseconds of CPU a page.

    python -m tests.benchmarks.wire [--stories 600]

A crawl of the site of tests/benchmarks/loopback.py is kept. Copies of its archive, one without any
wire and others with the heads that servers of several kinds send, are written anew (VACUUM); the
difference of their files is what heads take. In them the bytes of pages are replaced by as many as
those of large newsrooms take, about 6 kB and log-normal: SQLite rounds rows up to its own pages, so
that pages of one length would make the file grow by far more or by nothing. The milliseconds are
those of all that a crawl does for them: noting the lines, making records and JSON of them, writing.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.web.http_headers import Headers

from archive import Archive
from archive.database.wire import wire_json
from archive.records import HeaderLines
from archive.snapshots.header_forms import HeaderForms
from scraper.cli.rendering.terminal import print_table
from scraper.crawling.middlewares.wire import Transcript, keep_exchange, wire_of
from tests.archive.invented import NOW
from tests.benchmarks.loopback import SITE, loopback

Head = Callable[[Random], HeaderLines]


def date(random: Random) -> str:
    return f"Mon, 30 Nov 2026 {random.randrange(24):02}:{random.randrange(60):02}:07 GMT"


def token(random: Random, length: int) -> str:
    return b64encode(random.randbytes(length)).decode()


def plain(random: Random) -> HeaderLines:
    return (
        ("Server", "nginx/1.24.0"),
        ("Date", date(random)),
        ("Content-Type", "text/html; charset=UTF-8"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
        ("Vary", "Accept-Encoding"),
        ("Last-Modified", date(random)),
        ("Cache-Control", "public, max-age=60"),
        ("Strict-Transport-Security", "max-age=31536000"),
        ("Content-Encoding", "gzip"),
    )


def cached(random: Random) -> HeaderLines:
    return (
        *plain(random),
        ("X-Varnish", f"{random.randrange(10**9)} {random.randrange(10**9)}"),
        ("Age", str(random.randrange(600))),
        ("Via", "1.1 varnish (Varnish/6.6)"),
        ("X-Cache", "HIT"),
        ("X-Cache-Hits", str(random.randrange(99))),
        ("ETag", f'W/"{random.randbytes(16).hex()}"'),
        ("Accept-Ranges", "bytes"),
    )


def delivered(random: Random) -> HeaderLines:
    report = "https:\\/\\/a.nel.example.com\\/report\\/v4?s=" + token(random, 96)
    return (
        ("Date", date(random)),
        ("Content-Type", "text/html; charset=UTF-8"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
        ("Vary", "Accept-Encoding"),
        ("X-Powered-By", "PHP/8.2.14"),
        ("Cache-Control", "max-age=0, private, must-revalidate"),
        ("Pragma", "no-cache"),
        ("Expires", "Fri, 01 Jan 1990 00:00:00 GMT"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("X-Content-Type-Options", "nosniff"),
        ("CF-Cache-Status", "DYNAMIC"),
        ("Report-To", f'{{"endpoints":[{{"url":"{report}"}}],"group":"nel","max_age":604800}}'),
        ("NEL", '{"success_fraction":0,"report_to":"nel","max_age":604800}'),
        ("Server", "cloudflare"),
        ("CF-RAY", random.randbytes(8).hex() + "-SIN"),
        ("Content-Encoding", "br"),
        ("alt-svc", 'h3=":443"; ma=86400'),
    )


def with_sessions(random: Random) -> HeaderLines:
    ends = "expires=Mon, 30 Nov 2026 19:07:27 GMT; Max-Age=7200; path=/; samesite=lax"
    cookies = [
        ("Set-Cookie", f"{name}={token(random, 170)}; {ends}") for name in ("XSRF-TOKEN", "session")
    ]
    return (*delivered(random), *cookies)


KINDS: dict[str, Head] = {
    "a web server alone (10 lines)": plain,
    "behind a cache (17)": cached,
    "behind a delivery network (18)": delivered,
    "the same, with two session cookies (20)": with_sessions,
}


def crawled(stories: int, path: Path) -> None:
    words = ("crawl", SITE, "--archive", str(path), "-s", "DOWNLOAD_DELAY=0")
    with loopback(stories) as site:
        command = [sys.executable, "-m", "scraper", *words]
        subprocess.run(command, env=site.environment, check=True, capture_output=True)


def size(path: Path, head: Head | None, folder: Path) -> tuple[int, float, float]:
    """Bytes of the archive with such heads (None: without any wire), mean bytes of the JSON, and of
    one that has every line itself, without `header_forms`.
    """
    copy = shutil.copyfile(path, folder / "copy.db")
    random, lengths = Random(1), Random(2)
    rows, alone = [], 0
    with Archive(copy) as archive:
        forms = HeaderForms(archive.db)
        for (number,) in archive.db.conn.execute("SELECT id FROM snapshots").fetchall():
            wire, text = archive.snapshots.page(number).wire, None
            if head is not None and wire is not None:
                lines = head(random)
                kept = {name.lower(): value for name, value in lines if name.lower() in KEPT}
                made = replace(wire, headers=lines, address="203.0.113.27", port=443)
                text = wire_json(made, lines=forms, known=kept)
                alone += len(wire_json(made) or "")
            rows.append((text, int(KEPT_BYTES * lengths.lognormvariate(0, 0.45)), number))
        with archive.db.conn:
            archive.db.conn.executemany(
                "UPDATE snapshots SET wire = ?, packed = zeroblob(?) WHERE id = ?", rows
            )
        archive.db.conn.execute("VACUUM")
    shared = sum(len(text or "") for text, *_rest in rows)
    return copy.stat().st_size, shared / len(rows), alone / len(rows)


KEPT_BYTES = 6_000
"""Of a page of 80 kB as it is kept: about a third of what gzip -9 makes of it."""
KEPT = ("content-type", "date", "etag", "last-modified", "server", "via")


def sizes(path: Path) -> tuple[int, list[dict[str, Any]]]:
    """(bytes of the archive without any wire, a row for each kind of head)."""
    with tempfile.TemporaryDirectory() as folder:
        without, *_none = size(path, None, Path(folder))
        rows = []
        for name, head in KINDS.items():
            found, mean, alone = size(path, head, Path(folder))
            row = {"heads": name, "json": round(mean), "alone": round(alone)}
            rows.append(row | {"share": f"{found / without - 1:.1%}"})
    return without, rows


def milliseconds(head: Head, rounds: int = 2_000) -> float:
    """Of CPU that one page's wire takes, from its lines to a row."""
    request = Request("https://rmol.id/nusantara/read/2026/11/20/1/kabar")
    response = Response(request.url, body=b"a" * 80_000)
    names = {b"Host": [b"rmol.id"], b"Accept": [b"text/html"], b"User-Agent": [b"warta/0.1.0 (+x)"]}
    outgoing = SimpleNamespace(headers=Headers(names), persistent=True)
    peer = SimpleNamespace(host="203.0.113.27", port=443)
    heads = [_lines_of(head(Random(turn))) for turn in range(rounds)]
    with tempfile.TemporaryDirectory() as folder, Archive(Path(folder) / "news.db") as archive:
        forms = HeaderForms(archive.db)
        archive.db.conn.execute("CREATE TABLE pages (wire TEXT)")
        began = process_time()
        for lines in heads:
            transcript = Transcript()
            transcript.begin(outgoing, peer)
            for line in lines:
                transcript.lines.append(line)
            again = request.replace()
            keep_exchange(again, transcript.exchange(again, response, NOW))
            text = wire_json(wire_of(again), lines=forms, known={"server": "nginx"})
            archive.db.conn.execute("INSERT INTO pages VALUES (?)", (text,))
        return (process_time() - began) * 1000 / rounds


def _lines_of(head: HeaderLines) -> list[bytes]:
    lines = [f"{name}: {value}\r".encode() for name, value in head]
    return [b"HTTP/1.1 200 OK\r", *lines, b"\r"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=600)
    stories: int = parser.parse_args().stories
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "news.db"
        crawled(stories, path)
        without, rows = sizes(path)
    for row, head in zip(rows, KINDS.values(), strict=True):
        row["ms"] = f"{median(milliseconds(head) for _turn in range(5)):.3f}"
    columns = {
        "heads": "servers' heads",
        "json": "JSON, bytes a page",
        "alone": "without header_forms",
        "share": "of the archive",
        "ms": "CPU, ms a page",
    }
    print_table(
        rows, columns, title=f"{stories} pages, {without // stories} bytes of an archive each"
    )


if __name__ == "__main__":
    main()
