"""Records as other crawlers write them, and as none should: each is read or counted by a reason,
and never keeps the records beside it from being read.
"""

from __future__ import annotations

import gzip
from collections import Counter

import pytest

from tests.scraper.ingest.web_archives.conftest import Desk, Imported
from tests.scraper.ingest.web_archives.material import (
    DATE,
    ENCODERS,
    HTML,
    NOT_MODIFIED,
    SAME_PAYLOAD,
    cc_news,
    chunked,
    digest,
    encoded,
    http,
    record,
    response,
    stories,
    warcinfo,
)

(FIRST, PAGE), (LAST, LAST_PAGE), (URL, BODY) = stories(3)


def among_good_ones(desk: Desk, *odd: bytes, name: str = "odd.warc.gz") -> Imported:
    """Import records between two stories that are well, which must come in."""
    file = desk.write(name, warcinfo(), response(FIRST, PAGE), *odd, response(LAST, LAST_PAGE))
    done = desk.take(file)
    assert {FIRST, LAST} <= set(desk.stories()), done
    return done


READ = {
    "as most crawlers write it": response(URL, BODY),
    "chunked": response(URL, BODY, block=chunked(BODY)),
    "chunked and compressed": response(
        URL, BODY, block=chunked(gzip.compress(BODY), more=[("Content-Encoding", "gzip")])
    ),
    "compressed twice": response(URL, BODY, block=encoded(BODY, "gzip", "gzip")),
    "decoded, under headers that say otherwise": response(
        URL, BODY, block=http(BODY, headers=[HTML, ("Content-Encoding", "gzip")])
    ),
    "decoded, under headers that say chunked": response(
        URL, BODY, block=http(BODY, headers=[HTML, ("Transfer-Encoding", "chunked")], sized=False)
    ),
    "as CC-NEWS decodes it": response(URL, BODY, block=cc_news(BODY)),
    "an encoding that nobody knows": response(
        URL, BODY, block=http(BODY, headers=[HTML, ("Content-Encoding", "utf-8")])
    ),
    "HTTP/2 as a status line": response(URL, BODY, block=http(BODY, status="HTTP/2 200")),
    "HTTP/2.0 with a reason": response(URL, BODY, block=http(BODY, status="HTTP/2.0 200 OK")),
    "HTTP/2 with pseudo headers": response(
        URL, BODY, block=http(BODY, status="HTTP/2 200", headers=[(":status", "200"), HTML])
    ),
    "a status line without a reason": response(URL, BODY, block=http(BODY, status="HTTP/1.1 200")),
    "an address in angle brackets": response(f"<{URL}>", BODY),
    "an address in capitals": response(URL.replace("https://rmol.id", "HTTPS://RMOL.ID"), BODY),
    "an address with a trailing dot": response(URL.replace("rmol.id", "rmol.id."), BODY),
    "an address with its port": response(URL.replace("rmol.id", "rmol.id:443"), BODY),
    "a time with fractions": response(URL, BODY, date="2026-11-21T08:00:00.123456Z"),
    "a time with an offset": response(URL, BODY, date="2026-11-21T15:00:00+07:00"),
    "a time without a zone": response(URL, BODY, date="2026-11-21T08:00:00"),
    "WARC/1.0": response(URL, BODY, version=b"WARC/1.0"),
    "lines that end in LF": response(URL, BODY).replace(b"\r\n", b"\n", 7),
    "a header on two lines": response(URL, BODY, more=[("WARC-Note", "satu\r\n dua")]),
    "a header with a lone CR": response(
        URL, BODY, block=http(BODY, headers=[HTML, ("X-Note", "a\rb")])
    ),
    "no content type, but a page": response(URL, BODY, block=http(BODY, headers=[])),
    "a content type with another charset": response(
        URL, BODY, block=http(BODY, headers=[("content-type", "TEXT/HTML; charset=bogus")])
    ),
    "right digests": response(
        URL,
        BODY,
        more=[("WARC-Payload-Digest", digest(BODY)), ("WARC-Block-Digest", digest(http(BODY)))],
    ),
    "a digest of the payload without its chunks": response(
        URL, BODY, block=chunked(BODY), more=[("WARC-Payload-Digest", digest(BODY))]
    ),
    "a digest that is none": response(URL, BODY, more=[("WARC-Payload-Digest", "sha1:???")]),
    "a resource": record("resource", URL, BODY, more=[("Content-Type", "text/html")]),
    "more blank lines behind it": response(URL, BODY, end=b"\r\n" * 9),
}


@pytest.mark.parametrize("record_", [pytest.param(READ[name], id=name) for name in READ])
@pytest.mark.parametrize("ending", ["warc.gz", "warc"])
def test_a_page_is_read_however_it_was_stored(desk: Desk, record_: bytes, ending: str) -> None:
    done = among_good_ones(desk, record_, name=f"odd.{ending}")

    assert set(desk.stories()) == {FIRST, LAST, URL}, done
    assert done.status == 0
    assert desk.stories()[URL][0] == "rmol"


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_body_is_decompressed(desk: Desk, encoding: str) -> None:
    among_good_ones(desk, response(URL, BODY, block=encoded(BODY, encoding)))

    assert URL in desk.stories()


BOMB = gzip.compress(bytes(200_000_000), 9, mtime=0)
REFUSED = {
    "an address of FTP": (response("ftp://rmol.id/berita/1", BODY), "not_web"),
    "a name that was resolved": (record("resource", "dns:rmol.id", b"rmol.id A"), "not_web"),
    "no address": (response("", BODY), "not_web"),
    "metadata": (record("metadata", URL, b"fetchTimeMs: 7"), "other_record"),
    "a conversion": (record("conversion", URL, b"teks"), "other_record"),
    "a continuation": (record("continuation", URL, b"teks"), "other_record"),
    "a request": (
        record("request", URL, f"GET / HTTP/1.1\r\nHost: {URL}\r\n\r\n".encode()),
        "other_record",
    ),
    "a kind that is none": (record("tanggapan", URL, http(BODY)), "other_record"),
    "a picture": (
        response(URL, BODY, block=http(b"\xff\xd8\xff", headers=[("Content-Type", "image/jpeg")])),
        "not_html",
    ),
    "a page that is a PDF": (response(URL, b"%PDF-1.7\n" + bytes(900)), "not_html"),
    "an empty page": (response(URL, b""), "empty_page"),
    "a page that is gone": (
        response(URL, BODY, block=http(BODY, status="HTTP/1.1 404 Not Found")),
        "http_404",
    ),
    "a server that fails": (
        response(URL, BODY, block=http(BODY, status="HTTP/1.1 503 Busy")),
        "http_5xx",
    ),
    "a redirect": (
        response(
            URL, b"", block=http(b"", status="HTTP/1.1 301 Moved", headers=[("Location", "/lain")])
        ),
        "redirect",
    ),
    "no status": (response(URL, BODY, block=http(BODY, status="HTTP/1.1 OK")), "bad_http"),
    "a status of a thousand": (
        response(URL, BODY, block=http(BODY, status="HTTP/1.1 1000 Ya")),
        "bad_http",
    ),
    "a status line that is none": (response(URL, BODY, block=b"halo\r\n\r\n" + BODY), "bad_http"),
    "a page without a head": (response(URL, BODY, block=BODY), "bad_http"),
    "an empty block": (response(URL, BODY, block=b"\r\n"), "bad_http"),
    "truncated by its crawler": (
        response(URL, BODY, more=[("WARC-Truncated", "length")]),
        "warc_truncated",
    ),
    "a segment": (response(URL, BODY, more=[("WARC-Segment-Number", "1")]), "segmented"),
    "a broken digest of the payload": (
        response(URL, BODY, more=[("WARC-Payload-Digest", digest(b"lain"))]),
        "bad_digest",
    ),
    "a broken digest of the block": (
        response(URL, BODY, more=[("WARC-Block-Digest", digest(b"lain"))]),
        "bad_digest",
    ),
    "a time in 2099": (response(URL, BODY, date="2099-01-01T00:00:00Z"), "impossible_capture_date"),
    "a time in 1970": (response(URL, BODY, date="1970-01-01T00:00:00Z"), "impossible_capture_date"),
    "a time that is none": (response(URL, BODY, date="kemarin"), "bad_capture_date"),
    "no time": (response(URL, BODY, date=None), "bad_capture_date"),
    "a bomb of gzip": (
        response(URL, b"", block=http(BOMB, headers=[HTML, ("Content-Encoding", "gzip")])),
        "too_large",
    ),
    "a bomb of brotli": (response(URL, b"", block=encoded(bytes(60_000_000), "br")), "too_large"),
    "a bomb of zstd": (response(URL, b"", block=encoded(bytes(60_000_000), "zstd")), "too_large"),
    "a page of eleven megabytes": (response(URL, BODY + bytes(11_000_000)), "too_large"),
    "a tag": (response("https://rmol.id/tag/padi", BODY), "tag_page"),
    "the home page": (response("https://rmol.id/", BODY), "not_an_article"),
    "another publisher": (response("https://www.lereng.example/1", BODY), "unknown_publisher"),
    "a revisit of a record that is not there": (
        record("revisit", URL, more=[("WARC-Profile", SAME_PAYLOAD)]),
        "revisit_unresolved",
    ),
    "a page that did not change, of a story that nobody knows": (
        record("revisit", URL, more=[("WARC-Profile", NOT_MODIFIED)]),
        "unchanged_unknown",
    ),
    "a header of ten megabytes": (
        response(URL, BODY, more=[("WARC-Note", "x" * 10_000_000)]),
        "broken_record",
    ),
    "a million headers": (response(URL, BODY, more=[("X-N", "y")] * 1_000_000), "broken_record"),
    "a million headers of HTTP": (
        response(URL, BODY, block=http(BODY, headers=[HTML, *[("X-N", "y")] * 1_000_000])),
        "bad_http",
    ),
    "a length that is a word": (response(URL, BODY, length="panjang"), "broken_record"),
    "a negative length": (response(URL, BODY, length=-7), "broken_record"),
    "no length": (response(URL, BODY, more=[("Content-Length", "")]), "broken_record"),
    "a length beyond the record": (response(URL, BODY, length=10**12), "cut_record"),
    "a version that is none": (response(URL, BODY, version=b"WARC/9.9"), "broken_record"),
    "bytes that are no record": (b"\x00\xff" * 400, "broken_record"),
}


@pytest.mark.parametrize(
    ("record_", "reason"), [pytest.param(*REFUSED[name], id=name) for name in REFUSED]
)
def test_what_is_no_page_is_counted_by_its_reason(desk: Desk, record_: bytes, reason: str) -> None:
    done = among_good_ones(desk, record_)

    assert done.reasons == Counter({reason: 1}) + Counter(other_record=1), done
    assert set(desk.stories()) == {FIRST, LAST}


LIES = {
    "userinfo": "https://rmol.id@jurang.example/nusantara/read/2026/11/20/729812/lumbung",
    "a backslash": "https://jurang.example\\@rmol.id/nusantara/read/2026/11/20/729812/lumbung",
    "a backslash before a path": "https://jurang.example\\.rmol.id/read/2026/11/20/729812/lumbung",
    "a subdomain of another": "https://rmol.id.jurang.example/read/2026/11/20/729812/lumbung",
    "punycode": "https://xn--rmol-8na.id/nusantara/read/2026/11/20/729812/lumbung",
    "letters that look alike": "https://rmоl.id/nusantara/read/2026/11/20/729812/lumbung",
    "a path": "https://jurang.example/https://rmol.id/nusantara/read/2026/11/20/729812/lumbung",
    "a name beside another": "https://notrmol.id/nusantara/read/2026/11/20/729812/lumbung",
    "a broken bracket": "https://[rmol.id/nusantara/read/2026/11/20/729812/lumbung",
    "loopback": "http://localhost/nusantara/read/2026/11/20/729812/lumbung",
    "a private network": "http://10.0.0.7/nusantara/read/2026/11/20/729812/lumbung",
    "an IPv6 loopback": "http://[::1]/nusantara/read/2026/11/20/729812/lumbung",
    "a null byte": "https://rmol.id\x00.jurang.example/read/2026/11/20/729812/lumbung",
}


@pytest.mark.parametrize("any_site", [(), ("--any-site",)], ids=["known sites", "any site"])
def test_an_address_that_lies_about_its_host_is_of_no_known_publisher(
    desk: Desk, any_site: tuple[str, ...]
) -> None:
    """Whatever the HTTP message says: its Host is of the request, and a page's word is its own."""
    headers = [HTML, ("Host", "rmol.id"), ("Link", f'<{URL}>; rel="canonical"')]
    lies = [response(url, BODY, block=http(BODY, headers=headers)) for url in LIES.values()]

    file = desk.write("lies.warc.gz", response(FIRST, PAGE), *lies)
    desk.take(*any_site, file)

    found = desk.stories()
    assert [url for url, (site, _headline) in found.items() if site == "rmol"] == [FIRST]
    assert not any("localhost" in url or "10.0.0.7" in url or "[" in url for url in found)


def test_an_internal_address_is_refused_with_a_reason(desk: Desk) -> None:
    urls = ["http://localhost/berita/1", "http://10.1.2.3/berita/1", "http://kabar.internal/1"]
    file = desk.write("internal.warc.gz", *(response(url, BODY) for url in urls))

    done = desk.take("--any-site", file)

    assert done.counts == {"records": 3, "skipped": {"private_address": 3}}


def test_a_revisit_repeats_the_payload_that_it_refers_to(desk: Desk) -> None:
    """Of another address, as deduplication finds them; by id, and by address and time."""
    known = response(URL, BODY)
    identity = known.split(b"WARC-Record-ID: ")[1].split(b"\r\n")[0].decode()
    again = record(
        "revisit",
        f"{URL}?utm_source=x",
        http(b""),
        date="2026-11-22T08:00:00Z",
        more=[("WARC-Profile", SAME_PAYLOAD), ("WARC-Refers-To", identity)],
    )
    by_place = record(
        "revisit",
        URL,
        http(b""),
        date="2026-11-23T08:00:00Z",
        more=[
            ("WARC-Profile", SAME_PAYLOAD),
            ("WARC-Refers-To-Target-URI", URL),
            ("WARC-Refers-To-Date", DATE),
        ],
    )

    done = desk.take(desk.write("a.warc.gz", by_place, again, known))

    assert done.counts == {"records": 3, "new": 1, "unchanged": 2}


def test_a_record_that_stands_there_twice_is_one(desk: Desk) -> None:
    done = desk.take(desk.write("a.warc.gz", *[response(URL, BODY)] * 3))

    assert done.counts["records"] == 3
    assert done.counts["new"] == 1
    assert not done.reasons


@pytest.mark.slow
def test_a_record_of_a_hundred_megabytes_is_counted(desk: Desk) -> None:
    headers = [("Content-Type", "video/mp4")]
    done = among_good_ones(
        desk, response(URL, b"", block=http(bytes(100_000_000), headers=headers))
    )

    assert done.reasons["too_large"] == 1
