"""The index of a web archive: addresses are found as pywb and ReplayWeb.page look them up."""

from __future__ import annotations

import gzip
import json
import subprocess
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.web_archives.index import BLOCK, index_line, url_key, write_blocks
from archive.web_archives.records import page_records
from tests.archive.invented import page
from tests.archive.web_archives.kept import WIRE
from tests.peers import peer

KEYS = {
    "https://www.suara.com/news/2026/11/20/Abc-Def": "com,suara)/news/2026/11/20/abc-def",
    "https://www2.suara.com:8443/a//b/../c/?b=2&a=1": "com,suara:8443)/a/c?a=1&b=2",
    "http://kabar.example": "example,kabar)/",
    "http://kabar.example:80/": "example,kabar)/",
    "https://kabar.example:443/a/?": "example,kabar)/a",
    "https://kabar.example/a?x": "example,kabar)/a?x",
    "https://kabar.example/%7Ea/%C3%A9%20x?Q=%C3%A9+b": "example,kabar)/~a/%c3%a9%20x?q=%c3%a9+b",
    "https://siapa:rahasia@kabar.example/a": "example,kabar)/a",
    "https://kabar.example/a?SID=0123456789abcdef0123456789ABCDEF&x=1": "example,kabar)/a?x=1",
    "https://kabar.example/a?b=1&a=&a": "example,kabar)/a?a&a=&b=1",
    "https://kabar.example/a#bagian": "example,kabar)/a",
    "https://kabar.example/berita/1?page=2": "example,kabar)/berita/1?page=2",
    "https://kabar.example/a%2525b": "example,kabar)/a%25b",
    "https://kabar.example/a/./b": "example,kabar)/a/b",
    "https://kabar.example/a,b(c)'d": "example,kabar)/a,b(c)'d",
    "https://127.0.0.1:8000/a": "1,0,0,127:8000)/a",
}


@pytest.mark.parametrize("url", KEYS)
def test_an_address_has_the_key_of_the_field(url: str) -> None:
    assert url_key(url) == KEYS[url]


def test_these_are_the_keys_of_surt() -> None:
    """Which pywb has, and warta must not: it is under the AGPL."""
    program = (
        "import json, surt, sys; print(json.dumps(list(map(surt.surt, json.load(sys.stdin)))))"
    )
    done = subprocess.run(
        [peer("pywb", "python"), "-c", program],
        input=json.dumps(list(KEYS)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert dict(zip(KEYS, json.loads(done.stdout), strict=True)) == KEYS


@given(st.text(st.characters(), max_size=60).map(lambda rest: f"https://kabar.example/{rest}"))
def test_any_address_has_a_key_of_one_word(url: str) -> None:
    key = url_key(url)
    assert key.isascii() or key == url
    assert key.split() == [key] or key == url


@pytest.mark.parametrize("url", ["https://[", "https://kabar.example:x/", "", "///", "%%%"])
def test_what_is_no_address_has_one_too(url: str) -> None:
    url_key(url)


def test_a_line_says_where_the_record_is() -> None:
    record = next(iter(page_records(page(1, wire=WIRE), number=1)))
    key, time, found = index_line(record, filename="a.warc.gz", offset=7).split(" ", 2)
    assert (key, time) == ("example,kabar)/berita/1", "20261120030405")
    assert json.loads(found) == {
        "url": "https://www.kabar.example/berita/1",
        "mime": "text/html",
        "status": "200",
        "digest": record.digest,
        "length": str(len(record.packed)),
        "offset": "7",
        "filename": "a.warc.gz",
    }


def test_lines_are_compressed_in_blocks_that_are_found_by_their_first_one() -> None:
    lines = [f"example,kabar)/{number:05} 2026 {{}}\n" for number in range(2 * BLOCK + 5)]
    out = BytesIO()
    meta, *blocks = write_blocks(lines, out, name="index.cdx.gz")
    assert meta == '!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n'
    assert len(blocks) == 3
    for number, block in enumerate(blocks):
        first, found = block.split(" {", 1)
        place = json.loads("{" + found)
        data = out.getvalue()[place["offset"] : place["offset"] + place["length"]]
        some = gzip.decompress(data).decode().splitlines(keepends=True)
        assert some == lines[number * BLOCK : (number + 1) * BLOCK]
        assert some[0].startswith(f"{first} {{")
