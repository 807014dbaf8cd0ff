"""Whole files that are broken or are no web archive: one line each, and nothing half-written."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Archive
from scraper.ingest.web_archives.captures import Section
from scraper.ingest.web_archives.importing import WebImport
from scraper.ingest.web_archives.payloads import read_capture
from scraper.ingest.web_archives.records import index_range
from scraper.spiders import site_of
from tests.scraper.ingest.web_archives.conftest import Desk, Imported
from tests.scraper.ingest.web_archives.material import (
    arc,
    response,
    stories,
    warcinfo,
    zipped,
    zipped_whole,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)
(URL, BODY), (LAST, LAST_PAGE) = stories(2)
GOOD = (warcinfo(), response(URL, BODY), response(LAST, LAST_PAGE))


def refused(desk: Desk, name: str, data: bytes) -> Imported:
    """Import one file that is refused as a whole, in one line."""
    (desk.folder / name).write_bytes(data)
    done = desk.take(desk.folder / name)
    assert done.status == 1
    assert done.rows == []
    assert len(done.errors.splitlines()) == 1, done.errors
    assert done.errors.startswith(f"{desk.folder / name}: ")
    assert not desk.news.exists()
    return done


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.warc.gz", b""),
        ("empty.warc", b""),
        ("page.warc", b"<!DOCTYPE html><title>Halaman</title>" * 100),
        ("zeros.warc.gz", bytes(100_000)),
        ("other.warc.gz", zipped([b"halo"])),
        ("broken.wacz", b"PK\x03\x04" + bytes(500)),
        ("old.arc", arc(URL, BODY)),
        ("old.arc.gz", zipped([arc(URL, BODY)])),
    ],
)
def test_what_is_no_web_archive_is_refused_in_one_line(desk: Desk, name: str, data: bytes) -> None:
    refused(desk, name, data)


def test_a_file_is_read_whether_packed_by_record_as_a_whole_or_not_at_all(desk: Desk) -> None:
    found = []
    for name, data in (
        ("a.warc.gz", zipped(GOOD)),
        ("b.warc.gz", zipped_whole(GOOD)),
        ("c.warc", b"".join(GOOD)),
        ("d.bin", zipped(GOOD)),
    ):
        folder = desk.folder / f"{name}-desk"
        folder.mkdir()
        (folder / name).write_bytes(data)
        own = Desk(folder)
        done = own.take(folder / name)
        found.append((own.stories(), done.counts))

    assert len(found[0][0]) == 2
    assert all(each == found[0] for each in found)


@pytest.mark.slow
@pytest.mark.parametrize("pack", [zipped, b"".join], ids=["packed", "plain"])
def test_a_file_that_is_cut_at_any_byte_gives_what_was_whole(
    tmp_path: Path, pack: Callable[[Sequence[bytes]], bytes]
) -> None:
    small = [response(url, b"<html><p>Air.</p></html>") for url in (URL, LAST)]
    data, path = pack([warcinfo(), *small]), tmp_path / "cut.warc"
    whole = len(pack([warcinfo(), small[0]]))
    for end in range(40, len(data)):
        path.write_bytes(data[:end])
        section = Section(
            path=path, start=0, length=end, compressed=data[:2] == b"\x1f\x8b", name=path.name
        )

        found = index_range(section, 0, end, exact=True, site_of=site_of, now=NOW)

        urls = [row.url for row in found.wanted]
        read = [read_capture(section, row.offset) for row in found.wanted]
        assert urls in ([], [URL], [URL, LAST]), end
        assert end < whole or urls[:1] == [URL], end
        assert all(page.reason is None and b"Air." in page.body for page in read), end
        assert sum(found.others.values()) + len(urls) == found.records, end


def test_a_file_that_is_cut_gives_what_was_whole(desk: Desk) -> None:
    data = zipped(GOOD)
    path = desk.folder / "cut.warc.gz"
    path.write_bytes(data[: len(data) - 200])

    done = desk.take(path)

    assert set(desk.stories()) == {URL}
    assert done.counts["bad"] == {"incomplete_record": 1}
    assert done.status == 3


def test_what_a_file_gains_while_it_is_read_is_left_for_the_next_import(desk: Desk) -> None:
    path = desk.write("growing.warc.gz", *GOOD[:2])
    assert set(desk.take(path).counts) >= {"new"}

    with path.open("ab") as file:
        file.write(zipped(GOOD[2:]))

    done = desk.take(path)
    assert done.counts["new"] == 1
    assert done.counts["known"] == 1
    assert set(desk.stories()) == {URL, LAST}


def test_a_file_that_loses_its_end_between_index_and_reading_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.write("shrinking.warc.gz", *GOOD)
    write = WebImport.write

    def cut_first(self: WebImport, advance: object) -> None:
        os.truncate(path, path.stat().st_size // 2)
        write(self, advance)  # type: ignore[arg-type]

    monkeypatch.setattr(WebImport, "write", cut_first)

    done = desk.take(path)

    assert done.reasons["file_changed"] >= 1


def wacz(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, data in ({"datapackage.json": b"{}"} | members).items():
            packed.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wacz_is_read_wherever_its_members_say_they_belong(desk: Desk, method: int) -> None:
    """Nothing is unpacked by its name."""
    members = {"archive/a.warc.gz": zipped(GOOD[:2]), "../../b.warc.gz": zipped(GOOD[2:])}
    path = wacz(desk.folder / "a.wacz", members, method)

    desk.take(path)

    assert set(desk.stories()) == {URL, LAST}
    assert not (desk.folder.parent / "b.warc.gz").exists()
    assert not (desk.folder.parent.parent / "b.warc.gz").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wacz_with_other_bytes_than_it_says_is_read_and_counted(desk: Desk, method: int) -> None:
    data = zipped(GOOD)
    said = {
        "archive/a.warc.gz": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "archive/b.warc.gz": f"sha256:{hashlib.sha256(b'other').hexdigest()}",
        "archive/c.warc.gz": "sha256-of-another-form",
    }
    resources = [{"path": name, "hash": digest} for name, digest in said.items()]
    members = {"datapackage.json": json.dumps({"resources": resources}).encode()}
    path = wacz(desk.folder / "a.wacz", members | dict.fromkeys(said, data), method)

    done = desk.take(path)

    assert done.status == 3
    assert done.counts["bad"] == {"bad_member_digest": 1}
    assert set(desk.stories()) == {URL, LAST}


@pytest.mark.parametrize(
    "package", [b"", b"[" * 200_000, b"[]", b'{"resources": 7}', b'{"resources": [{"hash": {}}]}']
)
def test_a_wacz_need_not_say_its_digests(desk: Desk, package: bytes) -> None:
    members = {"datapackage.json": package, "archive/a.warc.gz": zipped(GOOD)}

    assert desk.take(wacz(desk.folder / "a.wacz", members)).status == 0


def test_a_wacz_without_a_warc_is_refused(desk: Desk) -> None:
    path = wacz(desk.folder / "none.wacz", {"pages/pages.jsonl": b"{}"})

    refused(desk, "again.wacz", path.read_bytes())


def test_a_bomb_in_a_wacz_is_a_broken_record(desk: Desk) -> None:
    """A gigabyte of zeros behind a good record needs neither the memory nor the disk."""
    bomb = zipped(GOOD[:2]) + zipped([bytes(50_000_000)])
    path = wacz(desk.folder / "bomb.wacz", {"archive/a.warc.gz": bomb}, zipfile.ZIP_DEFLATED)

    done = desk.take(path)

    assert set(desk.stories()) == {URL}
    assert sum(done.counts["bad"].values()) >= 1


def test_links_in_a_folder_are_not_followed_out_of_it(desk: Desk) -> None:
    outside, folder = desk.folder / "outside", desk.folder / "saved"
    for each in (outside, folder):
        each.mkdir()
    (outside / "page.html").write_bytes(BODY)
    (outside / "a.warc.gz").write_bytes(zipped(GOOD))
    (folder / "page.html").symlink_to(outside / "page.html")
    (folder / "a.warc.gz").symlink_to(outside / "a.warc.gz")
    (folder / "loop").symlink_to(folder)
    (folder / "there").symlink_to(outside)
    (folder / "self.html").symlink_to(folder / "self.html")
    (folder / "own.html").write_bytes(LAST_PAGE)

    desk.take(folder)

    assert set(desk.stories()) == {LAST}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2000k", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_same_command_resumes(desk: Desk, small_disk: Path) -> None:
    path = desk.write("a.warc.gz", *GOOD)
    ballast = small_disk / "ballast"
    news = small_disk / "news.db"
    with Archive(news):
        pass
    used = sum(each.stat().st_size for each in small_disk.iterdir())
    ballast.write_bytes(bytes(2_000 * 1024 - used - 60_000))
    command = [sys.executable, "-m", "scraper", "import", str(path), "--archive", str(news)]

    full = subprocess.run(command, capture_output=True, text=True, check=False)
    ballast.unlink()
    room = subprocess.run(command, capture_output=True, text=True, check=False)

    assert full.returncode != 0
    assert "Traceback" not in full.stderr
    assert "full" in full.stderr.lower() or "space" in full.stderr.lower()
    assert room.returncode == 0, room.stderr
    with Archive(news, read_only=True) as archive:
        (count,) = archive.db.conn.execute("SELECT count(*) FROM latest").fetchone()
    assert count == 2


@pytest.mark.parametrize(
    ("begins", "why"),
    [
        (b"\x28\xb5\x2f\xfd", "it is packed with zstd; unpack it first"),
        (b"\x5d\x2a\x4d\x18", "it is packed with zstd and a dictionary; unpack it first"),
    ],
)
def test_a_file_of_zstd_says_how_to_unpack_it(desk: Desk, begins: bytes, why: str) -> None:
    done = desk.take(desk.write("a.warc.zst", begins + bytes(100)))
    assert done.status == 1
    assert why in " ".join(done.errors.split())
    assert not desk.news.exists()
