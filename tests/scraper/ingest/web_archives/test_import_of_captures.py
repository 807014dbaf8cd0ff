"""`warta import` of web archives: captures become snapshots, articles and revisions, once, in the
order of their times, whatever that of the files, and nothing is written into the past.
"""

from __future__ import annotations

import json
import os
import re
import signal
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import Result

from archive import Archive
from archive.records import Announcement
from scraper.cli.demo.world import world
from scraper.ingest.web_archives import importing, indexing
from scraper.sites.site import Identity
from scraper.spiders.rmol import SITE
from tests.scraper.crawling.conftest import PROSE, story, story_url
from tests.scraper.ingest.web_archives.imports import NOW, contents, import_into, outcomes, rows
from tests.scraper.ingest.web_archives.material import (
    HTML,
    NOT_MODIFIED,
    SAME_PAYLOAD,
    http,
    record,
    response,
    warcinfo,
    zipped,
    zipped_whole,
)

Warta = Callable[..., Result]
FIRST = datetime(2026, 11, 20, 1, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> str:
    return (FIRST + hours * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")


def capture(number: int = 1, hours: float = 0, *, text: int = 1, **more: object) -> bytes:
    """A capture of a story, with one of its texts, some hours after the first."""
    prose = (*PROSE, f"Kepala kampung menghitung {text} sumur baru di dekat balai.")
    page = story(number, prose=prose).body
    return response(story_url(number), page, date=at(hours), **more)


def write(folder: Path, name: str, *records: bytes) -> Path:
    path = folder / name
    path.write_bytes(zipped([warcinfo(), *records]))
    return path


@pytest.fixture
def news(path: Path) -> Path:
    return path


def texts(news: Path) -> list[tuple[int, str, str]]:
    """Number, kind and text of each revision."""
    found = rows(news, "SELECT number, kind, body FROM revisions ORDER BY id")
    return [(n, kind, str(re.findall(r"menghitung (\d+)", body)[-1])) for n, kind, body in found]


# What a capture becomes


def test_a_page_is_kept_with_the_time_and_the_evidence_of_its_capture(
    tmp_path: Path, news: Path
) -> None:
    asked = record(
        "request",
        story_url(1),
        b"GET / HTTP/1.1\r\nHost: rmol.id\r\nCookie: s=1\r\nUser-Agent: bot/1\r\n\r\n",
        date=at(0),
        more=[("WARC-Concurrent-To", "<urn:uuid:1>")],
    )
    page = story(1).body
    block = http(page, headers=[HTML, ("Set-Cookie", "s=2"), ("X-A", "1"), ("X-A", "2")])
    more = [("WARC-IP-Address", "192.0.2.7"), ("WARC-Record-ID", "<urn:uuid:1>")]
    answered = response(story_url(1), b"", block=block, date=at(0), more=more)
    file = write(tmp_path, "a.warc.gz", answered, asked)
    assert outcomes(import_into(news, file)) == {"new": 1, "other_record": 2}
    with Archive(news, read_only=True) as archive:
        kept = archive.page(1)
    assert kept.body == page
    assert kept.fetched_at == FIRST
    wire = kept.wire
    assert wire is not None
    assert wire.headers[1:3] == (("X-A", "1"), ("X-A", "2"))
    assert wire.request_headers == (("Host", "rmol.id"), ("User-Agent", "bot/1"))
    assert wire.address == "192.0.2.7"
    assert wire.capture is not None
    assert (wire.capture.file, wire.capture.record_id) == ("a.warc.gz", "<urn:uuid:1>")
    assert wire.capture.software == "invented/1.0"
    assert file.read_bytes()[wire.capture.offset or 0 :].startswith(b"\x1f\x8b")


def test_a_crawl_does_not_request_it_and_no_crawl_did(tmp_path: Path, news: Path) -> None:
    import_into(news, write(tmp_path, "a.warc.gz", capture()))
    assert rows(news, "SELECT state, next_check_at, checks, announced_by FROM urls") == [
        ("kept", None, 0, "import a.warc.gz")
    ]
    assert rows(news, "SELECT outcome, bytes, asked_at FROM checks") == [
        ("imported", None, "2026-11-20T01:00:00+00:00")
    ]


def test_a_story_whose_captures_hold_none_is_requested_once_it_is_announced(
    tmp_path: Path, news: Path
) -> None:
    nothing = response(story_url(1), b"<html><p>Halaman tidak ditemukan</p></html>", date=at(0))
    assert outcomes(import_into(news, write(tmp_path, "a.warc.gz", nothing))) == {
        "no_body": 1,
        "other_record": 1,
    }
    assert rows(news, "SELECT state, next_check_at FROM urls") == [("skipped", None)]
    found = SITE.identify(story_url(1))
    assert isinstance(found, Identity)
    with Archive(news) as archive, archive.transaction(NOW):
        links = [Announcement(url=found.url, key=found.key)]
        (due,) = archive.ledger.announce("rmol", links, source="sitemap")
    assert (due.url, due.state) == (found.url, "due")


def test_what_opts_out_of_text_mining_does_here_too(tmp_path: Path, news: Path) -> None:
    robots = b"User-agent: GPTBot\nDisallow: /\n"
    rules = response("https://rmol.id/robots.txt", robots, date=at(5))
    later = response("https://rmol.id/robots.txt", b"", date=at(20))
    import_into(news, write(tmp_path, "a.warc.gz", rules, later, capture(1, 1), capture(2, 21)))
    assert rows(news, "SELECT key, opted_out FROM articles ORDER BY id") == [
        ("700001", "robots.txt: GPTBot"),
        ("700002", None),
    ]


def test_pages_that_are_no_story_are_counted_by_reason(tmp_path: Path, news: Path) -> None:
    refused = http(b"<p>x</p>", status="HTTP/1.1 404 Not Found")
    moved = http(b"", status="HTTP/1.1 301 Moved", headers=[("Location", "/x")])
    picture = http(b"\x89PNG", headers=[("Content-Type", "image/png")])
    file = write(
        tmp_path,
        "a.warc.gz",
        response("https://elsewhere.example/berita/1", b"<p>x</p>"),
        response("https://rmol.id/tag/air", b"<p>x</p>"),
        response(story_url(1), b"", block=refused),
        response(story_url(2), b"", block=moved),
        response(story_url(3), b"", block=picture),
        response(story_url(4), story(4).body[:900], more=[("WARC-Truncated", "length")]),
        response(story_url(5), b"<html><p>Halaman tidak ditemukan</p></html>"),
        record("metadata", "https://rmol.id/", b"fetchTimeMs: 1"),
        record("resource", "dns:rmol.id", b"192.0.2.7"),
    )
    found = outcomes(import_into(news, file))
    assert {name: n for name, n in found.items() if name not in ("not_an_article", "tag_page")} == {
        "unknown_publisher": 1,
        "http_404": 1,
        "redirect": 1,
        "not_html": 1,
        "warc_truncated": 1,
        "no_body": 1,
        "other_record": 2,
        "not_web": 1,
    }


# Once, and in the order of time


def test_importing_again_changes_nothing(tmp_path: Path, news: Path, warta: Warta) -> None:
    file = write(tmp_path, "a.warc.gz", capture(1), capture(2), capture(1, 1, text=2))
    import_into(news, file)
    before = contents(news)
    again = tmp_path / "copy of it.warc.gz"
    again.write_bytes(zipped([warcinfo("another/1.0"), capture(1), capture(2)]))
    result = warta("import", str(file), str(again), options=("--json",))
    reports = [json.loads(line) for line in result.stdout.splitlines()]
    assert [report["known"] for report in reports] == [3, 2]
    after = contents(news)
    assert after.pop("imported_files") != before.pop("imported_files")
    assert {**after, "clock": before["clock"]} == before


def test_captures_of_one_story_are_taken_in_the_order_of_their_times(
    tmp_path: Path, news: Path
) -> None:
    late = write(tmp_path, "a.warc.gz", capture(1, 9, text=3), capture(1, 2, text=1))
    early = write(tmp_path, "b.warc.gz", capture(1, 5, text=2), capture(1, 1, text=1))
    assert outcomes(import_into(news, late, early)) == {
        "new": 1,
        "revised": 2,
        "unchanged": 1,
        "other_record": 2,
    }
    assert texts(news) == [(1, "first", "1"), (2, "publisher", "2"), (3, "publisher", "3")]


def test_a_page_that_waits_for_others_does_not_wait_for_its_own_story(
    tmp_path: Path, news: Path
) -> None:
    """Its headline is not the one in its address, so that it may be a wrong page."""
    odd = story(1, headline="Perahu Baru Tiba di Dermaga").body
    file = write(
        tmp_path,
        "a.warc.gz",
        response(story_url(1), odd, date=at(0)),
        record("revisit", story_url(1), date=at(1), more=[("WARC-Profile", NOT_MODIFIED)]),
        capture(1, 2),
    )
    assert outcomes(import_into(news, file)) == {
        "new": 1,
        "unchanged": 1,
        "revised": 1,
        "other_record": 1,
    }


def test_nothing_is_written_into_the_past(tmp_path: Path, news: Path) -> None:
    import_into(news, write(tmp_path, "a.warc.gz", capture(1, 5, text=2)))
    found = import_into(news, write(tmp_path, "b.warc.gz", capture(1, 1, text=1)))
    assert outcomes(found) == {"older": 1, "other_record": 1}
    assert texts(news) == [(1, "first", "2")]
    assert rows(
        news, "SELECT fetched_at, refusal FROM snapshots JOIN readings ON id = snapshot_id"
    ) == [("2026-11-20T06:00:00+00:00", None), ("2026-11-20T02:00:00+00:00", "older_than_revision")]


def test_a_text_stands_until_the_last_capture_of_it(tmp_path: Path, news: Path) -> None:
    import_into(news, write(tmp_path, "a.warc.gz", capture(1, 1, text=1), capture(1, 9, text=1)))
    found = import_into(news, write(tmp_path, "b.warc.gz", capture(1, 5, text=2)))
    assert outcomes(found) == {"older": 1, "other_record": 1}
    assert texts(news) == [(1, "first", "1")]


def test_captures_with_one_record_id_are_kept_apart(tmp_path: Path, news: Path) -> None:
    more = [("WARC-Record-ID", "<urn:uuid:1>")]
    import_into(news, write(tmp_path, "a.warc.gz", capture(1, more=more)))
    file = write(tmp_path, "b.warc.gz", capture(1, more=more), capture(2, more=more))
    assert outcomes(import_into(news, file)) == {"known": 1, "new": 1, "other_record": 1}


def test_a_story_that_was_taken_down_does_not_come_back(
    tmp_path: Path, news: Path, warta: Warta
) -> None:
    import_into(news, write(tmp_path, "a.warc.gz", capture(1)))
    removed = warta("remove", story_url(1), options=("--yes", "--reason", "x"))
    assert removed.exit_code == 0, removed.output
    found = import_into(news, write(tmp_path, "b.warc.gz", capture(1, 1)))
    assert outcomes(found) == {"taken_down": 1, "other_record": 1}
    assert rows(news, "SELECT count(*) FROM revisions") == [(0,)]


# Answers without a page of their own


def revisit(profile: str, hours: float, *more: tuple[str, str], number: int = 1) -> bytes:
    about = [("WARC-Profile", profile), *more]
    return record("revisit", story_url(number), date=at(hours), more=about)


def test_an_answer_that_nothing_was_modified_is_a_check(tmp_path: Path, news: Path) -> None:
    file = write(
        tmp_path,
        "a.warc.gz",
        capture(1),
        revisit(NOT_MODIFIED, 4),
        response(
            story_url(1), b"", block=http(b"", status="HTTP/1.1 304 Not Modified"), date=at(6)
        ),
        revisit(NOT_MODIFIED, 4, number=2),
    )
    assert outcomes(import_into(news, file)) == {
        "new": 1,
        "unchanged": 2,
        "unchanged_unknown": 1,
        "other_record": 1,
    }
    found = rows(news, "SELECT outcome, asked_at, bytes FROM checks WHERE outcome != 'imported'")
    assert found == [
        ("not_modified", "2026-11-20T05:00:00+00:00", None),
        ("not_modified", "2026-11-20T07:00:00+00:00", None),
    ]


def redirect(url: str, target: str, hours: float) -> bytes:
    headers = [("Location", target), ("Server", "nginx")]
    return response(
        url, b"", block=http(b"", status="HTTP/1.1 301 Moved", headers=headers), date=at(hours)
    )


def test_the_redirects_that_led_to_a_page_are_kept_with_it(tmp_path: Path, news: Path) -> None:
    url = story_url(1)
    old, older = url.replace("https:", "http:"), f"{url}?utm_source=rss"
    file = write(
        tmp_path,
        "a.warc.gz",
        capture(hours=1),
        redirect(old, url, 0.99),
        redirect(older, old, 0.98),
        redirect(old, url, 0.2),  # of an earlier visit
        redirect(story_url(2), url, 0.99),  # of another story
    )
    found = outcomes(import_into(news, file))
    assert found == {"new": 1, "redirect": 4, "other_record": 1}
    with Archive(news, read_only=True) as archive:
        page = archive.page(1)
    assert page.url == page.requested_url == url
    assert page.wire is not None
    assert [(hop.url, hop.status, hop.reason) for hop in page.wire.hops] == [
        (older, 301, "Moved"),
        (old, 301, "Moved"),
    ]
    assert page.wire.hops[1].fetched_at == FIRST + 0.99 * HOUR
    assert page.wire.hops[1].headers[:2] == (("Location", url), ("Server", "nginx"))


def test_an_address_that_was_redirected_to_a_story_is_another_one_of_it(
    tmp_path: Path, news: Path
) -> None:
    """As in the ledger of a crawl; not one that only spells it otherwise."""
    url = story_url(1)
    earlier = f"{url.rpartition('/')[0]}/judul-semula"
    hops = [redirect(old, url, 0.99) for old in (url.replace("//", "//m."),)]
    hops.append(redirect(earlier, url.replace("//", "//m."), 0.98))
    import_into(news, write(tmp_path, "a.warc.gz", capture(hours=1), *hops))
    found = "SELECT url, state, reason FROM urls WHERE article_id IS NOT NULL OR state = 'alias'"
    assert sorted(rows(news, found)) == [(earlier, "alias", "same_story"), (url, "kept", None)]
    assert rows(news, "SELECT count(*) FROM articles") == [(1,)]


def test_an_address_that_was_redirected_to_a_story_which_is_gone_can_be_requested(
    tmp_path: Path, news: Path
) -> None:
    """Nothing is noted of it that would keep a crawl from it when it is announced."""
    url = story_url(1)
    import_into(news, write(tmp_path, "a.warc.gz", capture(hours=2)))
    with Archive(news) as archive, archive.transaction(NOW):
        archive.db.execute(
            "UPDATE urls SET state = 'gone', due_reason = 'gone' WHERE url = ?", [url]
        )
    earlier = f"{url.rpartition('/')[0]}/judul-semula"
    import_into(news, write(tmp_path, "b.warc.gz", capture(hours=1), redirect(earlier, url, 0.99)))
    assert rows(news, "SELECT url, state FROM urls") == [(url, "gone")]


def test_a_revisit_of_the_same_bytes_is_that_page_seen_again(tmp_path: Path, news: Path) -> None:
    file = write(
        tmp_path,
        "a.warc.gz",
        capture(1, 0, text=1, more=[("WARC-Record-ID", "<urn:uuid:1>")]),
        capture(1, 3, text=2),
        revisit(SAME_PAYLOAD, 5, ("WARC-Refers-To", "<urn:uuid:1>")),
    )
    by_place = write(
        tmp_path,
        "b.warc.gz",
        revisit(
            SAME_PAYLOAD,
            7,
            ("WARC-Refers-To-Target-URI", story_url(1)),
            ("WARC-Refers-To-Date", at(3)),
        ),
        revisit(SAME_PAYLOAD, 8, ("WARC-Refers-To", "<urn:uuid:missing>")),
        revisit(SAME_PAYLOAD, 9),
        capture(2, more=[("WARC-Record-ID", "")]),
    )
    found = outcomes(import_into(news, file, by_place))
    assert found == {"new": 2, "revised": 3, "revisit_unresolved": 2, "other_record": 2}
    assert [text for _number, _kind, text in texts(news)] == ["1", "1", "2", "1", "2"]
    assert rows(news, "SELECT returns_to FROM revisions WHERE article_id = 1 ORDER BY id") == [
        *((None,), (None,), (1,), (2,))
    ]


def test_explain_says_what_was_captured_and_that_nothing_was_requested(
    tmp_path: Path, news: Path, warta: Warta
) -> None:
    import_into(news, write(tmp_path, "a.warc.gz", capture(1), revisit(NOT_MODIFIED, 4)))
    lines = warta("explain", story_url(1)).stdout.splitlines()
    assert lines[3:6] == [
        "Imported 2026-11-25T03:04:05+00:00, captured 2026-11-20T01:00:00+00:00:"
        " imported (`warta import`); a crawl requests it only with `--recheck all`.",
        "Imported 2026-11-25T03:04:05+00:00, captured 2026-11-20T05:00:00+00:00: not modified.",
        "Never requested.",
    ]


# Further pages


PAGED = "https://www.suara.com/lifestyle/2026/11/17/083000/membuat-perpustakaan-mini-di-rumah"


def paged(number: int, hours: float) -> bytes:
    """A page of the demo's story in three pages."""
    found = {url: answer.body for url, answer in world(1).items() if url.startswith(PAGED)}
    url = min(found, key=len)
    if number > 1:
        url = f"{url}?page={number}"
    return response(url, found[url], date=at(hours))


def test_the_pages_of_a_story_are_joined_where_they_were_captured_together(
    tmp_path: Path, news: Path
) -> None:
    third = write(tmp_path, "b.warc.gz", paged(3, 0.2), paged(2, 30))
    first = write(tmp_path, "a.warc.gz", paged(2, 0.1), paged(1, 0))
    found = outcomes(import_into(news, third, first))
    assert found == {"new": 1, "part_alone": 1, "other_record": 2}
    assert rows(news, "SELECT page_count, warnings FROM revisions") == [(3, "[]")]
    assert rows(news, "SELECT part, fetched_at FROM snapshots ORDER BY part") == [
        (1, "2026-11-20T01:00:00+00:00"),
        (2, "2026-11-20T01:06:00+00:00"),
        (3, "2026-11-20T01:12:00+00:00"),
    ]
    assert outcomes(import_into(news, third, first)) == {
        "new": 1,
        "part_alone": 1,
        "other_record": 2,
    }


def test_a_story_without_all_of_its_pages_says_so(tmp_path: Path, news: Path) -> None:
    import_into(news, write(tmp_path, "a.warc.gz", paged(1, 0), paged(3, 0)))
    assert rows(news, "SELECT page_count, warnings FROM revisions") == [(2, '["missing_parts"]')]


# The same rows


def captures_of_many(seed: int) -> list[bytes]:
    """Captures of a few stories with a few texts, some twice, some at one time."""
    chance = Random(seed)
    made = [
        capture(chance.randint(1, 6), chance.randint(0, 12), text=chance.randint(1, 3))
        for _ in range(24)
    ]
    broken = capture(1, 2)[:-400]
    return [*made, *made[:3], revisit(NOT_MODIFIED, 5), broken]


def files_of(folder: Path, records: Sequence[bytes], seed: int) -> list[Path]:
    chance = Random(seed)
    dealt: list[list[bytes]] = [[], [], []]
    for each in records:
        chance.choice(dealt).append(each)
    folder.mkdir()
    return [write(folder, f"{n}.warc.gz", *some) for n, some in enumerate(dealt)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches and ranges of few records."""
    monkeypatch.setattr(importing, "BATCH", 4)
    monkeypatch.setattr(indexing, "RANGE", 3_000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", [1, 2])
def test_neither_processes_nor_the_order_of_files_matter(tmp_path: Path, seed: int) -> None:
    files = files_of(tmp_path / "files", captures_of_many(seed), seed)
    found = []
    for jobs in (1, 2, 3):
        news = tmp_path / f"{jobs}.db"
        Random(jobs).shuffle(files)
        import_into(news, *files, jobs=jobs)
        found.append(contents(news))
    assert len(found[0]["revisions"]) > 6
    assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("after", [1, 3])
def test_an_import_that_was_killed_goes_on_to_the_same_rows(tmp_path: Path, after: int) -> None:
    files = files_of(tmp_path / "files", captures_of_many(7), 7)
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    import_into(whole, *files)
    child = os.fork()
    if child == 0:
        batches = iter(range(after, 0, -1))

        def written(_bytes: int) -> None:
            if next(batches) == 1:
                os.kill(os.getpid(), signal.SIGKILL)

        import_into(killed, *files, written=written)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert 0 < len(contents(killed)["captures"]) < len(contents(whole)["captures"])
    import_into(killed, *files)
    assert contents(killed) == contents(whole)


# Files


def test_a_file_that_was_done_is_not_read_again_until_it_grows(
    tmp_path: Path, warta: Warta, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported(file: Path) -> dict[str, int]:
        return dict(json.loads(warta("import", str(file), options=("--json",)).stdout))

    file = write(tmp_path, "a.warc.gz", capture(1))
    assert imported(file)["new"] == 1
    with monkeypatch.context() as patched:
        patched.setattr(importing.WebImport, "index", None)
        assert imported(file)["known"] == 1
        moved = file.rename(tmp_path / "moved.warc.gz")
        assert imported(moved)["known"] == 1
    with moved.open("ab") as out:
        out.write(zipped([capture(2)]))
    grown = imported(moved)
    assert (grown["new"], grown["known"]) == (1, 1)


def test_records_of_a_wacz_are_read_in_place(tmp_path: Path, news: Path) -> None:
    file = write(tmp_path, "a.warc.gz", capture(1))
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as packed:
        packed.writestr("datapackage.json", "{}")
        packed.write(file, "archive/../../a.warc.gz")
        packed.writestr(
            "archive/b.warc.gz", zipped([capture(2)]), compress_type=zipfile.ZIP_DEFLATED
        )
    assert outcomes(import_into(news, tmp_path / "a.wacz")) == {"new": 2, "other_record": 1}
    assert sorted(each.name for each in tmp_path.iterdir() if "db" not in each.name) == [
        "a.wacz",
        "a.warc.gz",
    ]


@pytest.mark.parametrize("packed", [zipped_whole, b"".join])
def test_a_file_need_not_be_packed_record_by_record(
    tmp_path: Path, news: Path, packed: Callable[[list[bytes]], bytes]
) -> None:
    file = tmp_path / "a.warc"
    file.write_bytes(packed([warcinfo(), capture(1), capture(2)]))
    assert outcomes(import_into(news, file)) == {"new": 2, "other_record": 1}


def test_a_folder_of_saved_pages_by_its_manifest(tmp_path: Path, news: Path) -> None:
    folder = tmp_path / "saved"
    (folder / "pages").mkdir(parents=True)
    (folder / "pages" / "1.html").write_bytes(story(1).body)
    (tmp_path / "secret.html").write_bytes(story(2).body)
    lines = [
        {"file": "pages/1.html", "url": story_url(1), "fetched_at": "2026-11-21T08:00:00+07:00"},
        {"file": "../secret.html", "url": story_url(2), "fetched_at": at(0)},
        {"file": "pages/3.html", "url": story_url(3), "fetched_at": at(0)},
    ]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = outcomes(import_into(news, folder))
    assert found == {"new": 1, "outside_folder": 1, "file_missing": 1}
    assert rows(news, "SELECT url, fetched_at FROM snapshots") == [
        (story_url(1), "2026-11-21T01:00:00+00:00")
    ]


def test_nothing_outside_a_folder_is_read(tmp_path: Path, news: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    secret = tmp_path / "secret.html"
    secret.write_bytes(f'<link rel="canonical" href="{story_url(1)}">'.encode() + story(1).body)
    (folder / "link.html").symlink_to(secret)
    os.mkfifo(folder / "pipe.html")
    (folder / "2.html").write_bytes(
        f'<link rel="canonical" href="{story_url(2)}">'.encode() + story(2).body
    )
    os.utime(folder / "2.html", (FIRST.timestamp(),) * 2)
    assert outcomes(import_into(news, folder)) == {"new": 1, "not_in_folder": 2}
    assert rows(news, "SELECT url FROM snapshots") == [(story_url(2),)]


def test_what_may_be_a_page_and_is_not_read_is_counted_by_its_reason(
    tmp_path: Path, news: Path
) -> None:
    folder, elsewhere = tmp_path / "saved", tmp_path / "elsewhere"
    for each in (folder, folder / "own", elsewhere):
        each.mkdir()
    for name in ("1.html.gz", "2.MHT", "own/3.mhtml", "own/4.webarchive", "notes.txt", "a.css"):
        (folder / name).write_bytes(b"MIME-Version: 1.0")
    (elsewhere / "5.html").write_bytes(story(5).body)
    (folder / "links").symlink_to(elsewhere)
    (folder / "link.warc.gz").symlink_to(elsewhere / "a.warc.gz")
    (folder / "link.css").symlink_to(elsewhere / "a.css")
    (folder / "own" / "again").symlink_to(folder)
    assert outcomes(import_into(news, folder)) == {"other_format": 4, "not_in_folder": 2}


@pytest.mark.parametrize(
    ("before", "seconds"),
    [
        (
            "<!--\n Page saved with SingleFile \n url: {url} \n saved date: Fri Nov 20 2026"
            " 08:00:00 GMT+0700 (Western Indonesia Time)\n-->",
            0,
        ),
        ("<!-- Saved from {url} at 2026-11-20T01:00:00Z using monolith v2.8.1 -->", 0),
        (
            "<!-- Mirrored from {host} by HTTrack Website Copier/3.x [XR&CO'2014], Fri, 20 Nov 2026"
            " 01:00:00 GMT -->",
            0,
        ),
        ("<!DOCTYPE html>\n<!-- saved from url=(0040){url} -->", 7),
        ("<!-- saved from url=(0042){hyphens} -->", 7),
        ('<link rel="canonical" href="{url}">', 7),
        ('<meta property="og:url" content="{url}">', 7),
    ],
)
def test_a_saved_page_says_where_and_when_it_was(
    tmp_path: Path, news: Path, before: str, seconds: int
) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    url = story_url(1)
    hyphens = f"{url}%2D%2D"  # as Chrome writes what would end its comment
    said = before.format(url=url, host=url.removeprefix("https://"), hyphens=hyphens)
    page = folder / "Berita.html"
    page.write_bytes(said.encode() + re.sub(rb"<link[^>]*canonical[^>]*>", b"", story(1).body))
    os.utime(page, (FIRST.timestamp() + 7,) * 2)
    assert outcomes(import_into(news, folder)) == {"new": 1}
    expected = f"{url}--" if "{hyphens}" in before else url
    assert rows(news, "SELECT url, fetched_at FROM snapshots") == [
        (expected, f"2026-11-20T01:00:0{seconds}+00:00")
    ]


def test_a_folder_of_wget_has_the_names_of_the_addresses(tmp_path: Path, news: Path) -> None:
    """Pages without an ending, and with a query behind it; styles and pictures beside them."""
    folder = tmp_path / "rmol.id"
    folder.mkdir()
    for number, name in enumerate(("saluran-air", "index.html?id=2", "baca.php?id=3"), 1):
        link = f'<!DOCTYPE html>\n<link rel="canonical" href="{story_url(number)}">'.encode()
        (folder / name).write_bytes(link + story(number).body)
        os.utime(folder / name, (FIRST.timestamp(),) * 2)
    (folder / "style.css?v=3").write_text("html { margin: 0 }")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2_000))
    (folder / "peta.svg").write_text("<svg><text>html</text></svg>")
    assert outcomes(import_into(news, folder)) == {"new": 3}
