"""pywb, which most web archives are read with, replays what is exported byte for byte."""

from __future__ import annotations

import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Archive
from archive.records import Hop
from tests.archive.invented import DAY, NOW, page, url_of
from tests.archive.web_archives.kept import HOST, WIRE, body, export, fill, keep
from tests.peers import peer
from tests.waiting import until

pytestmark = pytest.mark.slow


WALL = Hop(
    url=url_of(6),
    status=302,
    fetched_at=NOW + 3 * DAY,
    protocol="HTTP/1.1",
    reason="Found",
    headers=(("Location", url_of(6)), ("Set-Cookie", "lewat=1")),
)
"""A page that sends its visitor back to itself with a cookie, within the same second."""


@pytest.fixture
def replay(path: Path, tmp_path: Path) -> Iterator[str]:
    """Where pywb replays the pages of an archive."""
    with Archive(path) as archive:
        fill(archive)
        keep(archive, 6, page(6, at=NOW + 3 * DAY, wire=replace(WIRE, hops=(WALL,))))
        keep(archive, 1, page(1, at=NOW + 4 * DAY, body=body("Semula."), wire=WIRE))
    export(path, tmp_path / "halaman.warc.gz", max_bytes=3000)
    manager = peer("pywb", "wb-manager")
    for arguments in (["init", "kabar"], ["add", "kabar", *tmp_path.glob("*.warc.gz")]):
        subprocess.run([manager, *arguments], cwd=tmp_path, check=True, capture_output=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [peer("pywb", "wayback"), "-b", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: _answers(port))
        yield f"http://127.0.0.1:{port}/kabar"
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_pywb_replays_every_page_as_it_was_at_every_time(replay: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    plain = page().body
    for time, url, expected in [
        ("20261120030405", url_of(1), body("Semula.")),
        ("20261120060405", url_of(1), body("Semula.")),  # where the server said: as before
        ("20261121030405", url_of(1), body("Sesudah.")),
        ("20261122030405", url_of(1), body("Sesudah.")),
        ("20261124030405", url_of(1), body("Semula.")),  # a revisit of the first
        ("20261121030405", f"{url_of(1)}?page=2", plain),
        ("20261120030405", url_of(2), page(2).body),  # whose headers were not noted
        ("20261120040405", url_of(5), body("Tidak ada.")),
        ("20261123030405", url_of(6), page(6).body),
        ("20261122030405", f"https://{HOST}/robots.txt", b"User-agent: *\nDisallow: /cari\n"),
    ]:
        with opener.open(f"{replay}/{time}id_/{url}") as answer:
            assert answer.read() == expected, (time, url)
