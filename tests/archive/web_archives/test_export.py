"""Kept pages in WARC files: which ones, in which files, and whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from archive import Archive, Filter
from archive.errors import ExportError, Locked
from archive.maintenance.takedown import take_down
from archive.web_archives import export as exporting
from archive.web_archives.partial import Partial
from archive.web_archives.records import SAME_PAYLOAD
from archive.web_archives.selection import Wanted
from tests.archive.invented import DAY, HOUR, NOW, SITE, check, page, rows, url_of
from tests.archive.web_archives.kept import (
    HOST,
    WIRE,
    body,
    export,
    fill,
    header,
    is_whole,
    keep,
    of_kind,
    read,
)


@pytest.fixture
def archive_path(made: Callable[..., Path], path: Path) -> Path:
    copyfile(made(fill), path)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "keluar").mkdir()
    return tmp_path / "keluar" / "halaman.warc.gz"


def bodies(path: Path) -> list[tuple[str, bytes]]:
    """Return address and body of each page, without redirects and robots.txt."""
    found = of_kind(path, "response", "resource")
    pages = [(header(record, "WARC-Target-URI"), body) for record, body in found if body]
    return [(url, body) for url, body in pages if not url.endswith("/robots.txt")]


def test_every_kept_page_leaves_byte_for_byte(archive_path: Path, out: Path) -> None:
    done = export(archive_path, out)
    with Archive(archive_path, read_only=True) as archive:
        numbers = [number for (number,) in rows(archive, "SELECT id FROM snapshots WHERE part = 1")]
        pages = [archive.page(number) for number in numbers]
    kept = {(part.url, part.body) for first in pages for part in (first, *first.parts)}
    assert set(bodies(out)) == kept
    assert len(bodies(out)) == len(kept) == 6
    assert is_whole(out)
    assert done == exporting.Exported(
        files=(out,),
        at=NOW + 2 * DAY,
        pages=5,
        not_modified=3,
        robots=1,
        without_page=1,
        opted_out=1,
        damaged=0,
    )
    assert list(out.parent.iterdir()) == [out]


def test_the_newest_page_of_each_story_is_the_default(archive_path: Path, out: Path) -> None:
    done = export(archive_path, out, wanted=Wanted())
    urls = [url for url, _body in bodies(out)]
    assert urls == [url_of(1), f"{url_of(1)}?page=2", url_of(2), url_of(4)]
    assert b"Sesudah." in dict(bodies(out))[url_of(1)]
    assert (done.pages, done.not_modified) == (3, 1)


def test_answers_that_a_page_was_the_same_refer_to_it(archive_path: Path, out: Path) -> None:
    export(archive_path, out)
    found = of_kind(out, "revisit")
    dates = [(header(each, "WARC-Date"), header(each, "WARC-Refers-To-Date")) for each, _ in found]
    assert dates == [
        ("2026-11-20T05:04:05Z", "2026-11-20T03:04:05Z"),
        ("2026-11-20T06:04:05Z", "2026-11-20T03:04:05Z"),
        ("2026-11-22T03:04:05Z", "2026-11-21T03:04:05Z"),
    ]
    ids = {header(each, "WARC-Record-ID") for each, _body in of_kind(out, "response")}
    assert {header(each, "WARC-Refers-To") for each, _body in found} <= ids


def test_a_page_with_the_bytes_of_an_earlier_one_of_its_address_is_a_revisit_of_that(
    archive_path: Path, out: Path
) -> None:
    """Also of one that was not the last before it; with its own headers, and without the body."""
    with Archive(archive_path) as archive:
        kept = page(1, at=NOW + 3 * DAY, body=body("Semula."), wire=WIRE)
        keep(archive, 1, kept)
        check(archive, url_of(1), "not_modified", at=NOW + 4 * DAY, status=304)
    done = export(archive_path, out)
    assert done.pages == 6
    assert is_whole(out)
    found = [record for record, _body in of_kind(out, "revisit")]
    (same,) = [each for each in found if header(each, "WARC-Profile") == SAME_PAYLOAD]
    first = next(
        record for record, content in of_kind(out, "response") if content == body("Semula.")
    )
    for name in ("Record-ID", "Target-URI", "Date"):
        refers = "WARC-Refers-To" + {"Record-ID": ""}.get(name, f"-{name}")
        assert header(same, refers) == header(first, f"WARC-{name}")
    digest = "WARC-Payload-Digest"
    assert header(same, digest) == header(first, digest)
    assert same.http_headers.get_header("Content-Length") == str(len(body("Semula.")))
    answer = found[-1]  # the 304 after it refers to the record that has the bytes
    assert header(answer, "WARC-Date") == "2026-11-24T03:04:05Z"
    assert header(answer, "WARC-Refers-To") == header(first, "WARC-Record-ID")


def test_a_304_for_a_page_that_was_not_kept_is_none_of_an_earlier_one(
    archive_path: Path, out: Path
) -> None:
    with Archive(archive_path) as archive:
        kept = page(1, at=NOW + 3 * DAY, body=body("Sesudah."), wire=WIRE)
        keep(archive, 1, kept)  # the text of the newest revision: it is not kept again
        check(archive, url_of(1), "not_modified", at=NOW + 4 * DAY, status=304)
    done = export(archive_path, out)
    assert done.not_modified == 3


def test_the_first_record_says_who_wrote_it_and_how_to_read_it(
    archive_path: Path, out: Path
) -> None:
    export(archive_path, out, operator="Perpustakaan Lambur")
    record, fields = next(read(out.read_bytes()))
    said = dict(line.split(": ", 1) for line in fields.decode().splitlines())
    assert (record.rec_type, header(record, "WARC-Filename")) == ("warcinfo", out.name)
    assert said["software"].startswith("warta/")
    assert said["operator"] == "Perpustakaan Lambur"
    assert (said["format"], said["robots"]) == ("WARC File Format 1.1", "obey")
    assert said["isPartOf"] == "halaman"
    assert "X-Crawler-" in said["description"]


def test_robots_txt_of_the_hosts_of_its_pages_is_in_it(archive_path: Path, out: Path) -> None:
    export(archive_path, out)
    found = [header(each, "WARC-Target-URI") for each, _body in of_kind(out, "resource")]
    assert found == [url_of(2), f"https://{HOST}/robots.txt"]


def test_as_of_a_time_later_pages_and_answers_are_unknown(archive_path: Path, out: Path) -> None:
    done = export(archive_path, out, as_of=NOW + 2 * HOUR, wanted=Wanted())
    assert b"Semula." in dict(bodies(out))[url_of(1)]
    assert (done.pages, done.not_modified, done.robots) == (3, 1, 0)


@pytest.mark.parametrize(
    ("where", "urls"),
    [
        (Filter(sites=("lain",)), []),
        (Filter(since=NOW + HOUR), []),
        (Filter(authors=("melati",)), [1, 1, 1, 2, 4]),
        (Filter(sites=(SITE,)), [1, 1, 1, 2, 4, 5]),
        (Filter(removed=True), []),
    ],
)
def test_filters_are_those_of_all_commands(
    archive_path: Path, out: Path, where: Filter, urls: list[int]
) -> None:
    export(archive_path, out, wanted=Wanted(where=where, revisions=True))
    assert [url.partition("?")[0] for url, _body in bodies(out)] == [url_of(each) for each in urls]
    assert is_whole(out)


def test_an_empty_archive_gives_no_file(path: Path, out: Path) -> None:
    with Archive(path):
        pass
    with pytest.raises(ExportError, match="the archive is empty"):
        export(path, out)
    assert list(out.parent.iterdir()) == []


def test_the_same_archive_gives_the_same_bytes(archive_path: Path, out: Path) -> None:
    export(archive_path, out)
    first = out.read_bytes()
    export(archive_path, out, replaces=True)
    assert out.read_bytes() == first


def test_a_full_file_is_followed_by_another(archive_path: Path, out: Path) -> None:
    done = export(archive_path, out, max_bytes=1500)
    names = [path.name for path in done.files]
    assert names[:2] == ["halaman.warc.gz", "halaman-00001.warc.gz"]
    assert len(names) > 2
    assert sorted(path.name for path in out.parent.iterdir()) == sorted(names)
    first = [next(read(path.read_bytes()))[0] for path in done.files]
    assert [header(record, "WARC-Filename") for record in first] == names
    whole = out.with_name("utuh.warc.gz")
    export(archive_path, whole)
    assert [found for path in done.files for found in bodies(path)] == bodies(whole)


def test_files_of_an_earlier_and_longer_export_are_replaced_or_left(
    archive_path: Path, out: Path
) -> None:
    export(archive_path, out, max_bytes=1500)
    other = out.with_name("halaman-lain-00001.warc.gz")
    other.write_bytes(b"")
    out.unlink()
    with pytest.raises(ExportError, match=r"halaman-00001\.warc\.gz: there is a file already"):
        export(archive_path, out)
    export(archive_path, out, replaces=True)
    assert sorted(out.parent.iterdir()) == sorted([out, other])


def test_a_package_of_that_name_is_noticed_before_anything_is_written(
    archive_path: Path, out: Path
) -> None:
    package = out.with_name("halaman.wacz")
    package.write_bytes(b"lama")
    written: list[int] = []
    with Archive(archive_path, read_only=True) as archive:
        job = exporting.Job(out=out, packs=True)
        with pytest.raises(ExportError, match=r"halaman\.wacz: there is a file already"):
            exporting.export_warc(archive, job, progress=lambda done, **_: written.append(done))
    assert (list(out.parent.iterdir()), written) == ([package], [])
    assert export(archive_path, out, packs=True, replaces=True).files == (out, package)


def test_no_two_records_have_one_id(archive_path: Path, out: Path) -> None:
    """Also where two hosts redirect to one robots.txt."""
    rules, url = "User-agent: *\n", f"https://{HOST}/robots.txt"
    with Archive(archive_path) as archive:
        for number, host in enumerate((f"m.{HOST}", f"amp.{HOST}"), 6):
            at = NOW + 3 * DAY
            keep(archive, number, page(number, at=at, url=f"https://{host}/{number}", wire=WIRE))
            with archive.transaction(at):
                archive.robots.record(host, status=200, body=rules, reason=None, url=url, wire=WIRE)
    assert export(archive_path, out).robots == 3
    ids = Counter(header(record, "WARC-Record-ID") for record, _body in read(out.read_bytes()))
    assert set(ids.values()) == {1}


# Killed, resumed


def killed_at(count: int, act: Callable[[], object]) -> int:
    """Run it in a process that is killed when it writes record number `count`; 0: it was not."""
    child = os.fork()
    if child == 0:
        written = 0
        put = exporting._Run._put

        def dying(self: Any, record: Any) -> None:
            nonlocal written
            written += 1
            if written == count:
                os.kill(os.getpid(), signal.SIGKILL)
            put(self, record)
            self._file.flush()

        exporting._Run._put = dying  # type: ignore[method-assign]
        act()
        os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize(
    ("name", "step"), [("halaman.wacz", 5), pytest.param("halaman.wacz", 1, marks=pytest.mark.slow)]
)
def test_killed_at_any_record_the_same_export_goes_on_to_the_same_bytes(
    archive_path: Path, out: Path, name: str, step: int, a_story_at_a_time: None
) -> None:
    out = out.with_name(name)
    options = {"max_bytes": 3000}
    done = export(archive_path, out, **options)
    whole = {path.name: path.read_bytes() for path in done.files}
    for count in range(1, 100, step):
        for path in done.files:
            path.unlink()
        if not killed_at(count, lambda: export(archive_path, out, **options)):
            break
        assert not out.exists()
        again = export(archive_path, out, **options)
        assert {path.name: path.read_bytes() for path in again.files} == whole, count
        assert again == done
    assert count > 15
    assert sorted(out.parent.iterdir()) == sorted(done.files)


@pytest.fixture
def a_story_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.web_archives.selection.BATCH", 1)


def test_it_goes_on_where_it_was_and_not_from_the_start(
    archive_path: Path, out: Path, a_story_at_a_time: None
) -> None:
    assert killed_at(14, lambda: export(archive_path, out))
    before = sorted(path.name for path in out.parent.joinpath(f"{out.name}.partial").iterdir())
    assert "halaman.warc.gz" in before
    pages: list[int] = []
    with Archive(archive_path, read_only=True) as archive:
        export_warc = exporting.export_warc
        job = exporting.Job(out=out, wanted=Wanted(revisions=True))
        export_warc(archive, job, progress=lambda done, total=None: pages.append(done))
    assert pages[0] > 0


def killed_while_files_get_their_names(count: int, act: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        replace, done = Path.replace, 0

        def dying(self: Path, target: Path) -> Path:
            nonlocal done
            done += 1
            if done == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return replace(self, target)

        Path.replace = dying  # type: ignore[assignment, method-assign]
        act()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


@pytest.mark.parametrize("count", [1, 2, 3])
def test_killed_while_its_files_get_their_names_it_gives_them_to_the_rest(
    archive_path: Path, out: Path, count: int
) -> None:
    options = {"max_bytes": 3000, "packs": True}
    killed_while_files_get_their_names(count, lambda: export(archive_path, out, **options))
    assert not out.exists()  # the last one: all others are there then
    done = export(archive_path, out, **options)
    assert sorted(out.parent.iterdir()) == sorted(done.files)
    assert [path for path in done.files if path.suffix == ".gz" and not is_whole(path)] == []


def test_a_story_that_is_taken_down_then_leaves_none_of_them(archive_path: Path, out: Path) -> None:
    options = {"max_bytes": 3000}
    killed_while_files_get_their_names(2, lambda: export(archive_path, out, **options))
    with Archive(archive_path) as archive:
        take_down(archive, SITE, f"{SITE}-1", url=url_of(1), reason="diminta", now=NOW + 9 * DAY)
    done = export(archive_path, out, **options)
    assert sorted(out.parent.iterdir()) == sorted(done.files)
    assert {url for path in done.files for url, _body in bodies(path)} & {url_of(1)} == set()


def test_it_is_about_the_archive_as_it_was_when_it_began(
    archive_path: Path, out: Path, a_story_at_a_time: None
) -> None:
    export(archive_path, out)
    whole = out.read_bytes()
    out.unlink()
    assert killed_at(9, lambda: export(archive_path, out))
    with Archive(archive_path) as archive:
        keep(archive, 6, page(6, at=NOW + 5 * DAY))
    export(archive_path, out)
    assert out.read_bytes() == whole


def test_another_export_does_not_go_on_there(archive_path: Path, out: Path) -> None:
    assert killed_at(9, lambda: export(archive_path, out))
    with pytest.raises(ExportError, match="another export was begun here"):
        export(archive_path, out, wanted=Wanted())


def test_two_processes_do_not_write_one_export(archive_path: Path, out: Path) -> None:
    with Partial(out.with_name(f"{out.name}.partial")):
        read_end, write_end = os.pipe()
        if os.fork() == 0:
            try:
                export(archive_path, out)
            except Locked as error:
                os.write(write_end, str(error).encode())
            os._exit(0)
        os.close(write_end)
        assert b"another process is writing this export" in os.read(read_end, 1000)
        os.wait()


def test_a_folder_of_somebody_else_is_left_as_it_is(archive_path: Path, out: Path) -> None:
    folder = out.with_name(f"{out.name}.partial")
    folder.mkdir()
    (folder / "catatan.txt").write_text("Jangan dihapus.")
    with pytest.raises(ExportError, match="it is in the way"):
        export(archive_path, out)
    assert (folder / "catatan.txt").read_text() == "Jangan dihapus."


@pytest.mark.parametrize(
    "damage",
    [
        lambda begun: begun.joinpath("halaman.warc.gz").write_bytes(b""),
        lambda begun: begun.joinpath("halaman.warc.gz").unlink(),
        lambda begun: overwrite_state(begun),
        lambda begun: set_state(begun, "{"),
        lambda begun: set_state(begun, '{"lain": 1}'),
    ],
)
def test_what_was_damaged_is_not_gone_on_with(
    archive_path: Path, out: Path, a_story_at_a_time: None, damage: Callable[[Path], object]
) -> None:
    assert killed_at(14, lambda: export(archive_path, out))
    damage(out.with_name(f"{out.name}.partial"))
    with pytest.raises(ExportError, match="it was damaged; remove it to begin anew"):
        export(archive_path, out)
    assert not out.exists()


def overwrite_state(begun: Path) -> None:
    for path in begun.glob("export.db-*"):
        path.unlink()
    (begun / "export.db").write_bytes(b"Dua sendok kopi." * 99)


def set_state(begun: Path, text: str) -> None:
    with closing(sqlite3.connect(begun / "export.db")) as db, db:
        db.execute("UPDATE state SET json = ?", [text])


def test_a_link_in_its_place_is_not_followed(archive_path: Path, out: Path, tmp_path: Path) -> None:
    out.with_name(f"{out.name}.partial").symlink_to(tmp_path)
    with pytest.raises(ExportError, match="it is in the way"):
        export(archive_path, out)


# Taken down


def test_stories_that_were_taken_down_never_leave(archive_path: Path, out: Path) -> None:
    with Archive(archive_path) as archive:
        take_down(archive, SITE, f"{SITE}-1", url=url_of(1), reason="diminta", now=NOW + 9 * DAY)
    export(archive_path, out, as_of=NOW + DAY)
    assert [url for url, _body in bodies(out)] == [url_of(2), url_of(4), url_of(5)]


@pytest.mark.parametrize("name", ["halaman.warc.gz", "halaman.wacz"])
def test_nor_do_those_that_are_taken_down_while_it_runs(
    archive_path: Path, out: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = out.with_name(name)
    begun: list[int] = []

    def progress(_done: int, total: int | None = None) -> None:
        if total is None and not begun:  # its pages are written
            begun.append(1)
            with Archive(archive_path) as other:
                story_1 = {"url": url_of(1), "reason": "diminta", "now": NOW + 9 * DAY}
                take_down(other, SITE, f"{SITE}-1", **story_1)  # type: ignore[arg-type]

    with Archive(archive_path, read_only=True) as archive:
        job = exporting.Job(out=out, wanted=Wanted(revisions=True))
        done = exporting.export_warc(archive, job, progress=progress)
    assert (done.pages, begun) == (3, [1])
    assert url_of(1).encode() not in out.read_bytes()
    assert b"Semula." not in b"".join(body for path in done.files for body in _unpacked(path))


def test_nor_do_those_that_are_taken_down_while_it_is_packed(
    archive_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = exporting.wacz.pack

    def packing(*given: Any, **named: Any) -> None:
        pack(*given, **named)
        with Archive(archive_path) as archive:
            story_1 = {"url": url_of(1), "reason": "diminta", "now": NOW + 9 * DAY}
            take_down(archive, SITE, f"{SITE}-1", **story_1)  # type: ignore[arg-type]
        monkeypatch.setattr(exporting.wacz, "pack", pack)

    monkeypatch.setattr(exporting.wacz, "pack", packing)
    out = out.with_name("halaman.wacz")
    assert export(archive_path, out).pages == 3
    assert b"Semula." not in b"".join(_unpacked(out))


def _unpacked(path: Path) -> list[bytes]:
    if path.suffix == ".wacz":
        from zipfile import ZipFile

        with ZipFile(path) as package:
            data = package.read("archive/halaman.warc.gz")
    else:
        data = path.read_bytes()
    return [body for _record, body in read(data)]


def test_a_story_of_another_site_is_no_reason_to_begin_again(
    archive_path: Path, out: Path, a_story_at_a_time: None
) -> None:
    options = {"wanted": Wanted(where=Filter(sites=(SITE,)), revisions=True)}
    assert killed_at(14, lambda: export(archive_path, out, **options))
    with Archive(archive_path) as archive:
        take_down(archive, "lain", "lain-1", url="https://lain.example/1", reason="-", now=NOW)
        begun: list[int] = []
        job = exporting.Job(out=out, **options)  # type: ignore[arg-type]
        exporting.export_warc(archive, job, progress=lambda done, total=None: begun.append(done))
    assert begun[0] > 0


def test_nor_those_that_are_taken_down_before_it_goes_on(archive_path: Path, out: Path) -> None:
    assert killed_at(14, lambda: export(archive_path, out))
    with Archive(archive_path) as archive:
        take_down(archive, SITE, f"{SITE}-1", url=url_of(1), reason="diminta", now=NOW + 9 * DAY)
    assert export(archive_path, out).pages == 3
    assert Counter(url for url, _body in bodies(out))[url_of(1)] == 0


# What cannot be written or read


def test_a_damaged_page_is_counted_and_left_out(archive_path: Path, out: Path) -> None:
    with Archive(archive_path) as archive:
        archive.db.conn.execute("UPDATE snapshots SET packed = x'00' WHERE id = 2")
        archive.db.conn.commit()
    done = export(archive_path, out)
    assert (done.pages, done.damaged) == (4, 1)
    assert is_whole(out)


def test_a_disk_that_is_full_leaves_nothing_under_the_name_and_it_goes_on(
    archive_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(exporting.os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            export(archive_path, out)
    assert not out.exists()
    assert export(archive_path, out).pages == 5
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("name", ["halaman.zip", "halaman.warc", ".warc.gz", "halaman.gz"])
def test_other_endings_are_refused(archive_path: Path, out: Path, name: str) -> None:
    with pytest.raises(ExportError, match=r"must end in \.warc\.gz or \.wacz"):
        export(archive_path, out.with_name(name))
    assert list(out.parent.iterdir()) == []


def test_what_there_is_stays(archive_path: Path, out: Path) -> None:
    out.write_bytes(b"lama")
    with pytest.raises(ExportError, match="there is a file already"):
        export(archive_path, out)
    assert out.read_bytes() == b"lama"
    folder = out.with_name("folder.warc.gz")
    folder.mkdir()
    with pytest.raises(ExportError, match="it is no file"):
        export(archive_path, folder, replaces=True)
