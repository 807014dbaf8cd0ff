"""An import in tasks writes what one import writes, for any number of tasks, and from anywhere."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from archive.errors import Locked
from scraper.ingest.pipeline import joining, sifting, windows
from scraper.ingest.pipeline.addresses import found_in
from scraper.ingest.pipeline.execution import stages
from scraper.ingest.pipeline.sifting import sift, sifted
from scraper.ingest.web_archives import sources
from tests.scraper.ingest.pipeline.rows import rows_without_numbers
from tests.scraper.ingest.pipeline.server import Files
from tests.scraper.ingest.pipeline.world import captured, done, job_of
from tests.scraper.ingest.web_archives.imports import NOW, import_into, rows
from tests.scraper.ingest.web_archives.material import zipped_whole


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return captured(tmp_path_factory.mktemp("captured"))


@pytest.fixture(scope="module")
def one_archive(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one import makes of them."""
    news = tmp_path_factory.mktemp("one") / "news.db"
    import_into(news, *files)
    return news


@pytest.fixture(scope="module")
def one(one_archive: Path) -> dict[str, object]:
    """Its rows."""
    found = rows_without_numbers(one_archive)
    assert len(found["revisions"]) > len(found["articles"]) > 20
    assert len(found["captures"]) > len(found["snapshots"])
    return dict(found)


@pytest.mark.parametrize("tasks", [1, 3, 7])
def test_any_number_of_tasks_writes_the_rows_of_one_import(
    files: list[Path], one: dict[str, object], tmp_path: Path, tasks: int
) -> None:
    news = done(job_of(tmp_path / "news.db", files, tasks=tasks))
    assert rows_without_numbers(news) == one


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize("window", [None, 4_000], ids=["window", "small window"])
def test_files_of_a_web_server_are_read_once_and_only_their_stories_are_kept(
    files: list[Path],
    one: dict[str, object],
    tmp_path: Path,
    server: Files,
    monkeypatch: pytest.MonkeyPatch,
    window: int | None,
) -> None:
    if window is not None:
        for name in ("STEP", "IN_MEMORY", "PASSED"):
            monkeypatch.setattr(windows, name, window)
    server.files = {path.name: path.read_bytes() for path in files}
    job = job_of(tmp_path / "news.db", [server.url(path.name) for path in files], tasks=2)
    assert rows_without_numbers(done(job)) == one
    assert sorted(method for method, _path, _range in server.requests) == ["GET"] * 3 + ["HEAD"] * 3
    kept = [job.indexed(number) / "kept" for number in range(3)]
    assert [path.stat().st_size for path in kept] == [path.stat().st_size for path in files]
    data = kept[2].read_bytes()
    assert b"lereng.example" not in data and b"WARC/1.1" in data


@pytest.mark.usefixtures("loopback_is_public")
def test_files_of_a_bucket_are_read_without_an_account(
    files: list[Path], one: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, object]] = []

    class Bucket(MemoryFileSystem):
        protocol = "s3"
        cachable = False
        store: ClassVar[dict[str, object]] = {}
        pseudo_dirs: ClassVar[list[str]] = [""]

        def __init__(self, **options: object) -> None:
            given.append(options)
            super().__init__()

    monkeypatch.setitem(_registry, "s3", Bucket)  # of s3fs where that is installed
    system = Bucket()
    addresses = [f"s3://umum/crawl/{path.name}" for path in files]
    for path, address in zip(files, addresses, strict=True):
        system.pipe_file(address, path.read_bytes())
    news = done(job_of(tmp_path / "news.db", addresses, tasks=2))
    assert rows_without_numbers(news) == one
    assert all(options == {"anon": True} for options in given[1:])


@pytest.mark.usefixtures("loopback_is_public")
def test_what_cannot_be_read_in_order_is_on_the_disk_while_it_is_needed(
    files: list[Path], tmp_path: Path, server: Files
) -> None:
    whole = tmp_path / "whole.warc.gz"
    whole.write_bytes(zipped_whole([files[2].read_bytes()]))
    import_into(tmp_path / "one.db", whole)
    server.files["whole.warc.gz"] = whole.read_bytes()
    news = done(job_of(tmp_path / "news.db", [server.url("whole.warc.gz")], tasks=3))
    assert rows_without_numbers(news) == rows_without_numbers(tmp_path / "one.db")


def test_any_site_goes_to_the_task_of_its_host(files: list[Path], tmp_path: Path) -> None:
    made = [
        rows_without_numbers(
            done(job_of(tmp_path / f"{tasks}.db", files, tasks=tasks, any_site=True))
        )
        for tasks in (1, 4)
    ]
    assert made[0] == made[1]


def test_a_second_import_changes_nothing_and_reads_nothing(
    files: list[Path], one: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(tmp_path / "news.db", files, tasks=2)
    done(job)
    job.remove()
    monkeypatch.setattr(sources, "opened", None)
    again = job_of(tmp_path / "news.db", files, tasks=3)
    news = done(again)
    assert rows_without_numbers(news) == one
    assert all(row["known"] for row in json.loads(again.results.read_text()))


def test_what_is_there_already_takes_new_files_in(files: list[Path], tmp_path: Path) -> None:
    news, later = tmp_path / "news.db", tmp_path / "later.db"
    for path in (news, later):
        import_into(path, files[0], now=NOW - timedelta(days=1))
    done(job_of(news, files[1:], tasks=3))
    import_into(later, *files[1:])
    texts = """SELECT key, number, digest FROM revisions r JOIN articles a ON a.id = r.article_id
        ORDER BY 1, 2"""
    assert rows(news, texts) == rows(later, texts)
    assert rows(news, "SELECT count(*) FROM merged_archives") == [(0,)]
    assert rows(news, "SELECT count(*) FROM imported_files WHERE counts IS NOT NULL") == [(3,)]


def test_killed_anywhere_a_task_is_done_again_and_none_twice(
    files: list[Path], one: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(tmp_path / "news.db", files, tasks=2)
    original = sifting._indexed
    monkeypatch.setattr(sifting, "_indexed", lambda *_given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sift(job, 0)
    assert not job.indexed(0).exists()
    monkeypatch.setattr(sifting, "_indexed", original)
    done(job)
    job.results.unlink()  # as if killed right before it was written
    assert rows_without_numbers(done(job)) == one


def test_what_an_import_on_a_cluster_left_is_not_taken_for_the_next_one(
    files: list[Path], tmp_path: Path
) -> None:
    first = job_of(tmp_path / "news.db", files[:1], tasks=2)
    done(first)
    for stage in stages(first, tidy=True):
        for rank in range(stage.tasks):
            stage.local().mark_rank_as_completed(rank)
    first.tidy()
    assert first.results.exists()
    again = job_of(tmp_path / "news.db", files, tasks=2)
    assert not again.results.exists()
    for stage in stages(again, tidy=True):
        assert stage.local().get_incomplete_ranks() == list(range(stage.tasks))
    done(again)
    assert len(json.loads(again.results.read_text())) == 3


def test_nobody_crawls_into_the_archive_while_it_takes_an_import_in(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = tmp_path / "news.db"
    import_into(news, files[0], now=NOW - timedelta(days=1))
    before = rows_without_numbers(news)

    def crawled(_archive: Path, _sites: object) -> None:
        raise Locked("news.db: another process is crawling rmol; one crawl of a site at a time")

    job = job_of(news, files, tasks=2)
    with monkeypatch.context() as patch, pytest.raises(Locked, match="is crawling rmol"):
        patch.setattr(joining, "nobody_writes", crawled)
        done(job)
    assert rows_without_numbers(news) == before
    done(job)
    assert rows_without_numbers(news) != before


def test_the_same_bytes_under_two_names_are_imported_once(
    files: list[Path], tmp_path: Path
) -> None:
    copy = tmp_path / "salinan.warc.gz"
    copy.write_bytes(files[0].read_bytes())
    job = job_of(tmp_path / "news.db", [files[0], copy], tasks=2)
    done(job)
    results = json.loads(job.results.read_text())
    assert [each["problem"] for each in results] == [
        None,
        "it is the same as another of these files",
    ]


def test_a_file_that_cannot_be_read_costs_only_itself(files: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "kosong.warc.gz"
    bad.write_bytes(b"")
    job = job_of(tmp_path / "news.db", [bad, tmp_path / "tiada.warc", files[0]], tasks=2)
    done(job)
    assert sifted(job, 0).problem is not None
    assert sifted(job, 1).problem == "No such file or directory"
    assert json.loads(job.results.read_text())[2]["counts"]["new"] > 0


# Lists


@pytest.mark.parametrize("packed", [False, True])
def test_a_list_names_files_beside_it_those_of_common_crawl_and_whole_addresses(
    files: list[Path], tmp_path: Path, *, packed: bool
) -> None:
    near = tmp_path / "dekat.warc"
    near.write_bytes(files[2].read_bytes())
    lines = (
        b"# dari Common Crawl\ndekat.warc\n\ncrawl-data/CC-NEWS/2026/11/CC-NEWS-1.warc.gz\n"
        b"s3://umum/a.warc.gz\r\nhttps://arsip.example/b.warc.gz\ndekat.warc\n"
    )
    named = tmp_path / "warc.paths.gz"
    named.write_bytes(gzip.compress(lines) if packed else lines)
    found = found_in([named])
    assert found.unreadable == ()
    assert found.addresses == (
        str(near),
        "https://data.commoncrawl.org/crawl-data/CC-NEWS/2026/11/CC-NEWS-1.warc.gz",
        "s3://umum/a.warc.gz",
        "https://arsip.example/b.warc.gz",
    )


@pytest.mark.usefixtures("loopback_is_public")
def test_a_list_of_a_web_server_names_files_of_that_server(server: Files) -> None:
    server.files["crawl-data/CC-NEWS/2026/11/warc.paths.gz"] = gzip.compress(
        b"crawl-data/CC-NEWS/2026/11/CC-NEWS-1.warc.gz\nbeside.warc.gz\n"
    )
    found = found_in([server.url("crawl-data/CC-NEWS/2026/11/warc.paths.gz")])
    assert found.addresses == (
        server.url("crawl-data/CC-NEWS/2026/11/CC-NEWS-1.warc.gz"),
        server.url("crawl-data/CC-NEWS/2026/11/beside.warc.gz"),
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it names no file"),
        (b"# nothing\n", "it names no file"),
        (b"url,title\n", "line 1: neither an address nor the name of a WARC or WACZ file"),
        (b"ftp://a.example/b.warc\n", "line 1: such addresses are not read"),
        (b"simplecache::s3://a/b.warc\n", "line 1: such addresses are not read"),
        (b"a.warc\nhttp://a::b/c.warc\n", "line 2: such addresses are not read"),
        (b"https://a:b@a.example/b.warc\n", "line 1: an address with a user or password"),
        (b"\x1f\x8b broken", "the list is damaged"),
        (gzip.compress(b"a" * (65 * 1024 * 1024)), "it is no list of files: it is too long"),
    ],
    ids=["empty", "remarks", "a table", "ftp", "chained", "no host", "a user", "cut", "a bomb"],
)
def test_what_is_no_list_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "daftar.txt"
    path.write_bytes(content)
    found = found_in([path])
    assert found.addresses == () or content.startswith(b"a.warc")
    (line,) = found.unreadable
    assert sentence in line
    assert "\n" not in line


def test_an_address_with_a_password_is_not_read_and_no_message_shows_it() -> None:
    (line,) = found_in(["https://sari:rahasia@arsip.example/a.warc?k=rahasia"]).unreadable
    assert line.startswith("https://arsip.example/a.warc: an address with a user or password")
    assert "rahasia" not in line
