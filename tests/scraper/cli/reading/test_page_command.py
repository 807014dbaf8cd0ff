"""`warta page`: the kept bytes of a page, and what is known of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from click.testing import Result

from archive import Archive, Wire
from archive.identity import bytes_digest
from archive.maintenance import takedown
from archive.records import IMPORTED, Hop
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    announce,
    keep,
    keep_page,
    link,
    page,
    story,
    take_down,
    url_of,
)

Warta = Callable[..., Result]
HOSTILE = b"<title>\x1b]0;judul\x07\xff\x00</title>\r\n"
"""Bytes that are no text, and that no terminal should see."""


def fill(archive: Archive) -> None:
    """1: two revisions, the second removed; 2: of two pages; 3: imported; 4: revised, its second
    page not kept; 5: hostile bytes.
    """
    announce(archive, *map(link, range(1, 6)))
    keep(archive, story(1))
    take_down(archive, story(1), at=NOW + DAY)
    parts = (page(2, requested_url=url_of(22), body=b"<p>Halaman dua.</p>"),)
    for number, fetched in ((2, page(2, parts=parts)), (5, page(5, body=HOSTILE))):
        snapshot_id = keep_page(archive, fetched)
        with archive.transaction(NOW):
            archive.history.revise(story(number), key=f"kabar-{number}", snapshot_id=snapshot_id)
    with archive.transaction(NOW):
        archive.history.revise(story(3, layout=IMPORTED), key="kabar-3")
    keep(archive, story(4))
    with archive.transaction(NOW + HOUR):
        archive.history.revise(story(4, body="Isi."), key="kabar-4")


@pytest.fixture(autouse=True)
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


def body_of(warta: Warta, *options: str, story: str = "kabar-1") -> bytes:
    done = warta("page", story, options=options)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout_bytes


def test_headers_are_shown_with_those_of_redirects(warta: Warta, path: Path) -> None:
    moved = Hop(
        url="http://www.kabar.example/berita/1",
        status=301,
        fetched_at=NOW,
        protocol="HTTP/1.0",
        headers=(("location", url_of(1)),),
    )
    wire = Wire(
        protocol="HTTP/1.1",
        reason="OK",
        headers=(("Server", "nginx"), ("Vary", "a"), ("X-Odd", "\x1b[31mmerah")),
        request_headers=(("Host", "www.kabar.example"),),
        hops=(moved,),
    )
    with Archive(path) as archive:
        number = keep_page(archive, page(1, wire=wire))
        with archive.transaction(NOW + 2 * DAY):
            archive.history.revise(story(1, body="Baru."), key="kabar-1", snapshot_id=number)
    assert body_of(warta, "--headers").decode().splitlines() == [
        "GET http://www.kabar.example/berita/1",
        "HTTP/1.0 301",
        f"< location: {url_of(1)}",
        f"GET {url_of(1)}",
        "> Host: www.kabar.example",
        "HTTP/1.1 200 OK",
        "< Server: nginx",
        "< Vary: a",
        "< X-Odd: \N{REPLACEMENT CHARACTER}[31mmerah",
    ]
    first, second = map(json.loads, body_of(warta, "--headers", "--json").splitlines())
    assert (first["status"], first["headers"]) == (301, [["location", url_of(1)]])
    assert (second["url"], second["protocol"]) == (url_of(1), "HTTP/1.1")


def test_a_page_that_was_kept_without_its_headers_has_none_to_show(warta: Warta) -> None:
    refused = complaint(warta("page", "kabar-2", options=("--headers",)))
    assert refused == "Error: the page was kept without its headers"


def complaint(done: Result) -> str:
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return str(line)


def test_the_bytes_are_those_that_the_server_sent(warta: Warta) -> None:
    expected = page(requested_url=url_of(1), url=url_of(1)).body
    for reference in ("kabar-1", url_of(1), "1"):
        assert body_of(warta, story=reference) == expected


def test_bytes_that_are_no_text_reach_a_pipe_as_they_are(warta: Warta) -> None:
    assert body_of(warta, story="kabar-5") == HOSTILE
    assert body_of(warta, "-o", "-", story="kabar-5") == HOSTILE


def test_each_revision_has_the_page_that_it_was_read_from(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        later = keep_page(archive, page(1, at=NOW + 2 * DAY, body=b"<p>Isi kedua.</p>"))
        with archive.transaction(NOW + 2 * DAY):
            archive.history.revise(story(1, body="Isi kedua."), key="kabar-1", snapshot_id=later)
    assert body_of(warta) == b"<p>Isi kedua.</p>"
    assert body_of(warta, "--revision", "3") == b"<p>Isi kedua.</p>"
    first = body_of(warta, "--revision", "1")
    assert body_of(warta, "--revision", "2") == first  # a removal keeps the last page
    assert body_of(warta, "--as-of", "2026-11-20T05:00:00+00:00")[:40] == first[:40]


def test_a_story_of_several_pages_has_each(warta: Warta) -> None:
    done = warta("page", "kabar-2")
    assert done.stdout_bytes == page(2).body
    assert done.stderr == "This is page 1 of 2; --page N writes another.\n"
    assert body_of(warta, "--page", "2", story="kabar-2") == b"<p>Halaman dua.</p>"
    assert "pages kept: 2" in complaint(warta("page", "kabar-2", options=("--page", "3")))


def test_what_is_known_of_the_pages_is_a_table_or_json(warta: Warta) -> None:
    known = [json.loads(line) for line in body_of(warta, "--json", story="kabar-2").splitlines()]
    assert [row["requested_url"] for row in known] == [url_of(2), url_of(22)]
    assert {name: known[1][name] for name in ("part", "status", "size", "content_type")} == {
        "part": 2,
        "status": 200,
        "size": len(b"<p>Halaman dua.</p>"),
        "content_type": "text/html; charset=utf-8",
    }
    assert known[1]["fetched_at"] == "2026-11-20T03:04:05+00:00"
    assert known[1]["digest"] == bytes_digest(b"<p>Halaman dua.</p>")
    table = body_of(warta, "--info", story="kabar-2").decode().splitlines()
    assert [line.split()[:2] for line in table[1:]] == [["1", "200"], ["2", "200"]]


# A file


def test_a_file_is_written_whole_and_replaced_by_force_only(warta: Warta, tmp_path: Path) -> None:
    target = tmp_path / "halaman.html"
    for options in ((), ("--force",)):
        done = warta("page", "kabar-5", options=("-o", str(target), *options))
        assert (done.exit_code, done.output) == (0, "")
        assert target.read_bytes() == HOSTILE
        target.write_bytes(b"milik saya")
    refused = complaint(warta("page", "kabar-5", options=("-o", str(target))))
    assert refused == f"Error: {target}: there is a file already; --force replaces it"
    assert target.read_bytes() == b"milik saya"
    assert list(tmp_path.glob(".warta*")) == []


def test_what_a_link_leads_to_is_replaced_not_the_link(warta: Warta, tmp_path: Path) -> None:
    target, link = tmp_path / "halaman.html", tmp_path / "tautan.html"
    link.symlink_to(target)
    assert warta("page", "kabar-5", options=("-o", str(link))).exit_code == 0
    assert (link.is_symlink(), target.read_bytes()) == (True, HOSTILE)


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_folders_and_devices_stay_what_they_are(
    warta: Warta, tmp_path: Path, force: tuple[str, ...]
) -> None:
    for target in (tmp_path, Path("/dev/null")):
        refused = complaint(warta("page", "1", options=("-o", str(target), *force)))
        assert refused == f"Error: {target}: it is no file, and is left as it is"
    nowhere = tmp_path / "tidak-ada/x.html"
    refused = complaint(warta("page", "1", options=("-o", str(nowhere), *force)))
    assert refused == f"Error: {nowhere}: it cannot be written (No such file or directory)"


def test_a_folder_that_may_not_be_written_is_one_line(warta: Warta, folder_of_a_user: Path) -> None:
    with Archive(folder_of_a_user / "news.db") as archive:
        keep(archive, story(1))
    folder_of_a_user.chmod(0o500)
    target = folder_of_a_user / "x.html"
    done = warta("page", "1", options=("-o", str(target)), archive=archive.path)
    assert complaint(done) == f"Error: {target}: it cannot be written (Permission denied)"


# No page


@pytest.mark.parametrize(
    ("reference", "options", "sentence"),
    [
        ("kabar-3", (), "article 4, revision 1: it was imported, and no page was fetched"),
        ("kabar-4", (), "article 5, revision 2: its page was not kept"),
        ("kabar-1", ("--revision", "7"), "article 1 has no revision 7"),
        ("kabar-9", (), "kabar-9: no article in the archive has this URL, story id or number"),
    ],
)
def test_no_page_is_one_line_that_says_why(
    warta: Warta, reference: str, options: tuple[str, ...], sentence: str
) -> None:
    assert complaint(warta("page", reference, options=options)) == f"Error: {sentence}"


def test_a_story_that_was_taken_down_here_has_none(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        takedown.take_down(
            archive, "kabar", "kabar-1", url=url_of(1), reason="diminta keluarga", now=NOW + DAY
        )
    assert "was taken down here on" in complaint(warta("page", "1"))


def test_a_terminal_gets_no_bytes_of_a_page(path: Path) -> None:
    leader, follower = os.openpty()
    command: list[Any] = [sys.executable, "-m", "scraper", "page", "--archive", path, "kabar-5"]
    done = subprocess.run(
        command, stdout=follower, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(follower)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Error: a terminal is no place for a page's own bytes: name a file with -o, or use a pipe"
    )
    with pytest.raises(OSError, match="Input/output error"):  # nothing was written
        os.read(leader, 1024)
    os.close(leader)
