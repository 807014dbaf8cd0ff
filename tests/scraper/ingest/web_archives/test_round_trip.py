"""What `warta export warc` writes comes back, and so does what other tools write: wget, warcio."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.demo.world import world
from scraper.cli.main import main
from tests.archive.web_archives.kept import header, of_kind
from tests.scraper.crawling.conftest import PROSE, story, story_url
from tests.scraper.ingest.web_archives.imports import contents, import_into, outcomes, rows
from tests.scraper.ingest.web_archives.material import (
    HTML,
    NOT_MODIFIED,
    http,
    record,
    response,
    zipped,
)

TEXTS = """SELECT a.key, a.site, a.opted_out, r.number, r.headline, r.body, r.authors,
    r.published_at, r.tags, r.page_count, r.layout, r.warnings
    FROM articles a JOIN revisions r ON r.article_id = a.id
    WHERE r.kind != 'removed' ORDER BY a.site, a.key, r.number"""
PAGES = """SELECT u.url, s.part, s.url, s.fetched_at, s.digest, s.headers
    FROM snapshots s JOIN urls u ON u.id = s.url_id ORDER BY 1, 4, 2"""


def run(*words: object) -> list[dict[str, Any]]:
    """The JSON lines that a command prints."""
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def exported(
    demo: tuple[Path, ReplayProxy], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The archive of the demo, and all its pages as a WARC and a WACZ."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copy(demo[0], folder / "demo.db")
    words = ("export", "warc", "--archive", folder / "demo.db", "--revisions", "--wacz")
    run(*words, folder / "pages.warc.gz")
    return folder / "demo.db", folder / "pages.warc.gz"


@pytest.mark.parametrize("ending", [".warc.gz", ".wacz"])
def test_an_archive_goes_out_and_comes_back(
    exported: tuple[Path, Path], tmp_path: Path, ending: str
) -> None:
    demo, file = exported
    news = tmp_path / "news.db"
    packed = file.with_name(f"pages{ending}")
    (report,) = run("import", "--json", "--archive", news, packed)
    assert report["new"] == 35
    assert report["refused"] == report["bad"] == {}
    assert rows(news, TEXTS) == rows(demo, TEXTS)
    assert rows(news, PAGES) == rows(demo, PAGES)
    with Archive(demo, read_only=True) as ours, Archive(news, read_only=True) as theirs:
        kept = "SELECT s.id FROM snapshots s JOIN urls u ON u.id = s.url_id WHERE part = 1"
        (first,), (again,) = (
            archive.db.conn.execute(f"{kept} ORDER BY u.url, s.fetched_at LIMIT 1").fetchone()
            for archive in (ours, theirs)
        )
        before, after = ours.page(first), theirs.page(again)
    assert before.wire is not None
    assert after.wire is not None
    assert (after.body, after.wire.headers) == (before.body, before.wire.headers)
    assert after.wire.request_headers == before.wire.request_headers
    assert after.wire.length == before.wire.length
    again_into = contents(news)
    (report,) = run("import", "--json", "--archive", news, packed)
    assert report["known"] == 58
    assert contents(news) == again_into


def test_what_was_imported_goes_out_again_as_it_came(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    """Also pages of one story that came in at one time, and the answers (304) about each."""
    _demo, file = exported
    news, again = tmp_path / "news.db", tmp_path / "again.warc.gz"
    run("import", "--json", "--archive", news, file)
    run("export", "warc", "--archive", news, "--revisions", again)
    before, after = web_records(file), web_records(again)
    assert after == {each: before[each] for each in before if not each[1].endswith("/robots.txt")}
    assert sum(kind == "revisit" for kind, *_rest in after.elements()) == 18


def test_an_answer_304_counts_once_where_its_archive_and_its_export_are_merged(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    demo, file = exported
    news, both, again = tmp_path / "news.db", tmp_path / "both.db", tmp_path / "again.warc.gz"
    run("import", "--json", "--archive", news, file)
    run("merge", both, demo, news)
    run("export", "warc", "--archive", both, "--revisions", again)
    kinds = Counter(kind for kind, *_rest in web_records(again).elements())
    assert kinds["revisit"] == 18
    quiet = "SELECT url, quiet_checks FROM urls WHERE state != 'source' ORDER BY url"
    assert rows(both, quiet) == rows(demo, quiet)


def test_pages_with_the_same_bytes_go_out_as_revisits_and_come_back_with_headers_of_their_own(
    tmp_path: Path,
) -> None:
    """Whether another crawler wrote them so or not; where an earlier one stays behind, whole."""
    url, old, new = story_url(1), story(1).body, story(1, prose=PROSE[1:]).body
    captures = [("20", old, "satu"), ("21", new, "dua"), ("22", old, "tiga"), ("24", new, "empat")]
    records = [
        response(url, b"", block=http(body, headers=[HTML, ("ETag", tag)]), date=day(number))
        for number, body, tag in captures
    ]
    records.append(record("revisit", url, date=day("23"), more=[("WARC-Profile", NOT_MODIFIED)]))
    (tmp_path / "a.warc.gz").write_bytes(zipped(records))
    news, back, out = tmp_path / "news.db", tmp_path / "back.db", tmp_path / "out.warc.gz"
    import_into(news, tmp_path / "a.warc.gz")
    run("export", "warc", "--archive", news, "--revisions", out)
    assert Counter(kind for kind, *_rest in web_records(out).elements()) == {
        "response": 2,
        "revisit": 3,
    }
    import_into(back, out)
    assert rows(back, TEXTS) == rows(news, TEXTS)
    assert rows(back, PAGES) == rows(news, PAGES)
    with Archive(back, read_only=True) as archive:
        wires = [archive.page(number).wire for number in range(1, 5)]
    assert [wire and dict(wire.headers)["ETag"] for wire in wires] == [
        "satu",
        "dua",
        "tiga",
        "empat",
    ]
    run("export", "warc", "--archive", back, "--revisions", tmp_path / "again.warc.gz")
    assert web_records(tmp_path / "again.warc.gz") == web_records(out)
    run("export", "warc", "--archive", back, tmp_path / "newest.warc.gz")
    assert {kind for kind, *_rest in web_records(tmp_path / "newest.warc.gz")} == {"response"}


def day(number: str) -> str:
    return f"2026-11-{number}T08:00:00Z"


def web_records(file: Path) -> Counter[tuple[str, ...]]:
    """What records of HTTP say, without their ids."""
    names = ("Target-URI", "Date", "Payload-Digest", "Block-Digest", "Refers-To-Date")
    return Counter(
        (record.rec_type, *(header(record, f"WARC-{name}") for name in names))
        for record, _body in of_kind(file, "response", "request", "revisit")
    )


def test_pages_of_which_little_is_known_come_back_too(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    """They are resources, with the headers that are known beside them."""
    old, news = tmp_path / "old.db", tmp_path / "news.db"
    shutil.copy(exported[0], old)
    with closing(sqlite3.connect(old)) as db, db:
        db.execute("UPDATE snapshots SET wire = NULL")
        headers = '{"content-type": "text/html", "x-robots-tag": "noai"}'
        db.execute("UPDATE snapshots SET headers = ? WHERE id = 1", [headers])
    run("export", "warc", "--archive", old, "--revisions", tmp_path / "old.warc.gz")
    (report,) = run("import", "--json", "--archive", news, tmp_path / "old.warc.gz")
    assert (report["new"], report["bad"]) == (35, {})
    assert rows(news, TEXTS) == rows(old, TEXTS)
    assert rows(news, PAGES) == rows(old, PAGES)


def test_what_an_archive_wrote_changes_nothing_in_it(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    demo, file = exported
    news = tmp_path / "news.db"
    shutil.copy(demo, news)
    before = contents(news)
    found = outcomes(import_into(news, file))
    assert {name: found[name] for name in found if not name.endswith(("record", "txt"))} == {
        "known": 58
    }
    after = contents(news)
    assert after.pop("imported_files") != before.pop("imported_files")
    assert {**after, "clock": before["clock"]} == before


# Other tools


class _Proxy(BaseHTTPRequestHandler):
    """A proxy that answers with the demo's pages."""

    def do_GET(self) -> None:
        """Called by http.server."""
        answer = world(1).get(self.path.replace("http://", "https://", 1))
        body = b"" if answer is None else answer.body
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Called by http.server."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Proxy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def addresses() -> list[str]:
    found = [url for url, answer in world(1).items() if b"NewsArticle" in answer.body]
    return [url.replace("https://", "http://") for url in found if "rmol.id" in url][:4]


@pytest.mark.skipif(shutil.which("wget") is None, reason="there is no wget")
def test_a_warc_of_wget_comes_in_whole(proxy: str, tmp_path: Path) -> None:
    words = ["wget", "--quiet", "--warc-file=wget", "--warc-cdx", "--input-file=-", "-O", "x"]
    done = subprocess.run(
        [*words, "-e", f"http_proxy={proxy}", "-e", "robots=off"],
        input="\n".join(addresses()).encode(),
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == 0
    found = outcomes(
        import_into(tmp_path / "news.db", tmp_path / "wget.warc.gz", now=datetime.now(UTC))
    )
    assert found.pop("new") == 4
    assert set(found) == {"other_record", "not_web"}
    with Archive(tmp_path / "news.db", read_only=True) as archive:
        wire = archive.page(1).wire
    assert wire is not None
    assert ("Host", "rmol.id") in wire.request_headers
    assert wire.capture is not None
    assert wire.capture.software is not None
    assert wire.capture.software.startswith("Wget/")


_RECORD = """
import sys
from warcio.capture_http import capture_http
import requests
proxy, file, *urls = sys.argv[1:]
with capture_http(file, warc_version="1.1"):
    for url in urls:
        requests.get(url, proxies={"http": proxy}, timeout=30)
"""


def test_a_recording_of_warcio_comes_in_whole(proxy: str, tmp_path: Path) -> None:
    file = tmp_path / "requests.warc.gz"
    subprocess.run(
        [sys.executable, "-c", _RECORD, proxy, file, *addresses()], check=True, timeout=60
    )
    found = outcomes(import_into(tmp_path / "news.db", file, now=datetime.now(UTC)))
    assert found == {"new": 4, "other_record": 4}
    with Archive(tmp_path / "news.db", read_only=True) as archive:
        wire = archive.page(1).wire
    assert wire is not None
    assert "rmol.id" in dict(wire.request_headers).values()
