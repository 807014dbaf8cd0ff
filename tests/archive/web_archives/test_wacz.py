"""WACZ packages: WARC files with their index and a list of pages, whole by their own digests."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import pytest

from archive import Archive
from archive.web_archives.export import Job, export_warc
from archive.web_archives.selection import Wanted
from tests.archive.invented import DAY, NOW, url_of
from tests.archive.invented import page as invented_page
from tests.archive.web_archives.kept import (
    HOST,
    WIRE,
    body,
    export,
    fill,
    header,
    keep,
    of_kind,
    read,
)
from tests.peers import peer


@pytest.fixture
def packed(made: Callable[..., Path], path: Path, tmp_path: Path) -> Path:
    copyfile(made(fill), path)
    export(path, tmp_path / "halaman.wacz", max_bytes=3000)
    return tmp_path / "halaman.wacz"


def lines(package: ZipFile, name: str) -> list[Any]:
    return [json.loads(line) for line in package.read(name).decode().splitlines()]


def index(package: ZipFile) -> list[tuple[str, dict[str, str]]]:
    found = gzip.decompress(package.read("indexes/index.cdx.gz")).decode().splitlines()
    assert found == sorted(found)
    return [(line.split(" ")[1], json.loads(line.split(" ", 2)[2])) for line in found]


def test_each_line_of_its_index_is_where_a_record_begins(packed: Path) -> None:
    with ZipFile(packed) as package:
        files = {name: package.read(name) for name in package.namelist() if "archive/" in name}
        assert len(files) > 1
        for _time, line in index(package):
            data = files[f"archive/{line['filename']}"]
            begin, length = int(line["offset"]), int(line["length"])
            ((record, _body),) = read(data[begin : begin + length])
            assert header(record, "WARC-Target-URI") == line["url"]
            assert header(record, "WARC-Payload-Digest") == line["digest"]
        indexed = [line["url"] for _time, line in index(package)]
    assert len(indexed) == 11  # five pages, a second page, a redirect, three 304s, a robots.txt
    assert f"https://{HOST}/robots.txt" in indexed


def test_its_pages_are_the_stories_with_their_headlines(packed: Path) -> None:
    with ZipFile(packed) as package:
        first, *pages = lines(package, "pages/pages.jsonl")
        times = {(line["url"], time) for time, line in index(package)}
    assert first == {"format": "json-pages-1.0", "id": "pages", "title": "All pages"}
    assert [(page["url"], page["title"]) for page in pages] == [
        (url_of(1), "Pasar Tanjung Ramai Lagi (1)"),
        (url_of(1), "Pasar Tanjung Ramai Lagi (1)"),
        (url_of(2), "Pasar Tanjung Ramai Lagi (2)"),
        (url_of(4), "Pasar Tanjung Ramai Lagi (4)"),
        (url_of(5), url_of(5)),
    ]
    for page in pages:
        assert (page["url"], "".join(filter(str.isdigit, page["ts"]))) in times


def test_every_member_has_its_digest_and_warcs_are_stored_to_be_read_in_parts(packed: Path) -> None:
    with ZipFile(packed) as package:
        description = json.loads(package.read("datapackage.json"))
        assert (description["profile"], description["wacz_version"]) == ("data-package", "1.1.1")
        assert description["created"] == "2026-11-22T03:04:05Z"
        for member in description["resources"]:
            data = package.read(member["path"])
            assert member["hash"] == f"sha256:{sha256(data).hexdigest()}"
            assert member["bytes"] == len(data)
            if data[:2] == b"\x1f\x8b":
                assert package.getinfo(member["path"]).compress_type == ZIP_STORED
        listed = {member["path"] for member in description["resources"]}
        digest = json.loads(package.read("datapackage-digest.json"))
        whole = sha256(package.read("datapackage.json")).hexdigest()
        assert digest == {"path": "datapackage.json", "hash": f"sha256:{whole}"}
        assert set(package.namelist()) - listed == {"datapackage.json", "datapackage-digest.json"}


def test_it_is_made_beside_warc_files_where_those_are_wanted(path: Path, packed: Path) -> None:
    out = packed.with_name("lain.warc.gz")
    done = export(path, out, packs=True, wanted=Wanted())
    assert [file.name for file in done.files] == ["lain.warc.gz", "lain.wacz"]
    with ZipFile(out.with_name("lain.wacz")) as package:
        assert package.read("archive/lain.warc.gz") == out.read_bytes()
    assert of_kind(out, "response")


def test_the_bytes_of_its_warc_files_are_counted_while_it_is_packed(
    made: Callable[..., Path], path: Path, tmp_path: Path
) -> None:
    copyfile(made(fill), path)
    steps: list[tuple[int, int | None]] = []
    job = Job(out=tmp_path / "halaman.wacz", max_bytes=3000)
    with Archive(path, read_only=True) as archive:
        export_warc(archive, job, packing=lambda done, total=None: steps.append((done, total)))
    with ZipFile(job.out) as package:
        sizes = [each.file_size for each in package.infolist() if "archive/" in each.filename]
    assert steps[0] == (0, sum(sizes))
    assert [done for done, _total in steps[1:]] == sizes


@pytest.mark.slow
def test_wacz_validate_finds_nothing_wrong(packed: Path, path: Path) -> None:
    """Also where a page is a revisit of an earlier one."""
    with Archive(path) as archive:
        keep(archive, 1, invented_page(1, at=NOW + 4 * DAY, body=body("Semula."), wire=WIRE))
    packed.unlink()
    export(path, packed, max_bytes=3000)
    done = subprocess.run(
        [peer("wacz", "wacz"), "validate", "-f", packed],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "the passed WACZ is valid" in done.stdout
