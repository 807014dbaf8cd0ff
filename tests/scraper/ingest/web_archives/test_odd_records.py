"""Records as other crawlers write them, and as none should: each is read or counted by a reason,
and never keeps the records beside it from being read.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter

import pytest

from archive import Archive
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

Cases = dict[str, tuple[bytes, str]]

STORIES = stories(60)
(FIRST, PAGE), (LAST, LAST_PAGE), (URL, BODY) = STORIES[:3]


def among_good_ones(desk: Desk, *odd: bytes, name: str = "odd.warc.gz") -> Imported:
    """Import records between two stories that are well, which must come in."""
    file = desk.write(name, warcinfo(), response(FIRST, PAGE), *odd, response(LAST, LAST_PAGE))
    done = desk.take(file)
    assert {FIRST, LAST} <= set(desk.stories()), done
    return done


def read(url: str, page: bytes) -> dict[str, bytes]:
    """A story in every form that is read."""
    return {
        "as most crawlers write it": response(url, page),
        "at a time of 14 digits": response(url, page, date="20261121080000"),
        "chunked": response(url, page, block=chunked(page)),
        "chunked and compressed": response(
            url, page, block=chunked(gzip.compress(page), more=[("Content-Encoding", "gzip")])
        ),
        "compressed twice": response(url, page, block=encoded(page, "gzip", "gzip")),
        "decoded, under headers that say otherwise": response(
            url, page, block=http(page, headers=[HTML, ("Content-Encoding", "gzip")])
        ),
        "decoded, under headers that say chunked": response(
            url,
            page,
            block=http(page, headers=[HTML, ("Transfer-Encoding", "chunked")], sized=False),
        ),
        "as CC-NEWS decodes it": response(url, page, block=cc_news(page)),
        "an encoding that nobody knows": response(
            url, page, block=http(page, headers=[HTML, ("Content-Encoding", "utf-8")])
        ),
        "HTTP/2 as a status line": response(url, page, block=http(page, status="HTTP/2 200")),
        "HTTP/2.0 with a reason": response(url, page, block=http(page, status="HTTP/2.0 200 OK")),
        "HTTP/2 with pseudo headers": response(
            url, page, block=http(page, status="HTTP/2 200", headers=[(":status", "200"), HTML])
        ),
        "a status line without a reason": response(
            url, page, block=http(page, status="HTTP/1.1 200")
        ),
        "an address in angle brackets": response(f"<{url}>", page),
        "an address in capitals": response(url.replace("https://rmol.id", "HTTPS://RMOL.ID"), page),
        "an address with a trailing dot": response(url.replace("rmol.id", "rmol.id."), page),
        "an address with its port": response(url.replace("rmol.id", "rmol.id:443"), page),
        "a time with fractions": response(url, page, date="2026-11-21T08:00:00.123456Z"),
        "a time with an offset": response(url, page, date="2026-11-21T15:00:00+07:00"),
        "a time without a zone": response(url, page, date="2026-11-21T08:00:00"),
        "WARC/1.0": response(url, page, version=b"WARC/1.0"),
        "lines that end in LF": response(url, page).replace(b"\r\n", b"\n", 7),
        "a header on two lines": response(url, page, more=[("WARC-Note", "satu\r\n dua")]),
        "a header with a lone CR": response(
            url, page, block=http(page, headers=[HTML, ("X-Note", "a\rb")])
        ),
        "no content type, but a page": response(url, page, block=http(page, headers=[])),
        "a content type with another charset": response(
            url, page, block=http(page, headers=[("content-type", "TEXT/HTML; charset=bogus")])
        ),
        "right digests": response(
            url,
            page,
            more=[("WARC-Payload-Digest", digest(page)), ("WARC-Block-Digest", digest(http(page)))],
        ),
        "a digest of the payload without its chunks": response(
            url, page, block=chunked(page), more=[("WARC-Payload-Digest", digest(page))]
        ),
        "a digest that is none": response(url, page, more=[("WARC-Payload-Digest", "sha1:???")]),
        "a resource": record("resource", url, page, more=[("Content-Type", "text/html")]),
        "more blank lines behind it": response(url, page, end=b"\r\n" * 9),
    }


@pytest.mark.parametrize("ending", ["warc.gz", "warc"])
def test_a_page_is_read_however_it_was_stored(desk: Desk, ending: str) -> None:
    names = list(read(URL, BODY))
    chosen = dict(zip(names, STORIES[2:], strict=False))
    records = [read(*story)[name] for name, story in chosen.items()]

    done = among_good_ones(desk, *records, name=f"odd.{ending}")

    found = desk.stories()
    assert [name for name, (url, _page) in chosen.items() if url not in found] == [], done
    assert done.status == 0
    assert {site for site, _headline in found.values()} == {"rmol"}


def test_bodies_are_decompressed(desk: Desk) -> None:
    chosen = dict(zip(ENCODERS, STORIES[2:], strict=False))
    among_good_ones(
        desk,
        *(response(url, b"", block=encoded(page, name)) for name, (url, page) in chosen.items()),
    )

    assert {name for name, (url, _page) in chosen.items() if url in desk.stories()} == {*ENCODERS}


BOMB = gzip.compress(bytes(100_000_000), 9, mtime=0)


def refused(url: str, page: bytes) -> Cases:
    """What is no page of a story, and why."""
    return {
        "an address of FTP": (response("ftp://rmol.id/berita/1", page), "not_web"),
        "a name that was resolved": (record("resource", "dns:rmol.id", b"rmol.id A"), "not_web"),
        "no address": (response("", page), "not_web"),
        "metadata": (record("metadata", url, b"fetchTimeMs: 7"), "other_record"),
        "a conversion": (record("conversion", url, b"teks"), "other_record"),
        "a continuation": (record("continuation", url, b"teks"), "other_record"),
        "a request": (
            record("request", url, f"GET / HTTP/1.1\r\nHost: {url}\r\n\r\n".encode()),
            "other_record",
        ),
        "a kind that is none": (record("tanggapan", url, http(page)), "other_record"),
        "a picture": (
            response(
                url, page, block=http(b"\xff\xd8\xff", headers=[("Content-Type", "image/jpeg")])
            ),
            "not_html",
        ),
        "a page that is a PDF": (response(url, b"%PDF-1.7\n" + bytes(900)), "not_html"),
        "an empty page": (response(url, b""), "empty_page"),
        "a page that is gone": (
            response(url, page, block=http(page, status="HTTP/1.1 404 Not Found")),
            "http_404",
        ),
        "a server that fails": (
            response(url, page, block=http(page, status="HTTP/1.1 503 Busy")),
            "http_5xx",
        ),
        "a redirect": (
            response(
                url,
                b"",
                block=http(b"", status="HTTP/1.1 301 Moved", headers=[("Location", "/lain")]),
            ),
            "redirect",
        ),
        "no status": (response(url, page, block=http(page, status="HTTP/1.1 OK")), "bad_http"),
        "a status of a thousand": (
            response(url, page, block=http(page, status="HTTP/1.1 1000 Ya")),
            "bad_http",
        ),
        "a status line that is none": (
            response(url, page, block=b"halo\r\n\r\n" + page),
            "bad_http",
        ),
        "a page without a head": (response(url, page, block=page), "bad_http"),
        "an empty block": (response(url, page, block=b"\r\n"), "bad_http"),
        "truncated by its crawler": (
            response(url, page, more=[("WARC-Truncated", "length")]),
            "warc_truncated",
        ),
        "a segment": (response(url, page, more=[("WARC-Segment-Number", "1")]), "segmented"),
        "a broken digest of the payload": (
            response(url, page, more=[("WARC-Payload-Digest", digest(b"lain"))]),
            "bad_digest",
        ),
        "a broken digest of the block": (
            response(url, page, more=[("WARC-Block-Digest", digest(b"lain"))]),
            "bad_digest",
        ),
        "a time in 2099": (
            response(url, page, date="2099-01-01T00:00:00Z"),
            "impossible_capture_date",
        ),
        "a time in 1970": (
            response(url, page, date="1970-01-01T00:00:00Z"),
            "impossible_capture_date",
        ),
        "a time that is none": (response(url, page, date="kemarin"), "bad_capture_date"),
        "a time of 14 digits that is none": (
            response(url, page, date="20261321080000"),
            "bad_capture_date",
        ),
        "no time": (response(url, page, date=None), "bad_capture_date"),
        "a bomb of gzip": (
            response(url, b"", block=http(BOMB, headers=[HTML, ("Content-Encoding", "gzip")])),
            "too_large",
        ),
        "a bomb of brotli": (
            response(url, b"", block=encoded(bytes(20_000_000), "br")),
            "too_large",
        ),
        "a bomb of zstd": (
            response(url, b"", block=encoded(bytes(20_000_000), "zstd")),
            "too_large",
        ),
        "a page of eleven megabytes": (response(url, page + bytes(11_000_000)), "too_large"),
        "a tag": (response("https://rmol.id/tag/padi", page), "tag_page"),
        "the home page": (response("https://rmol.id/", page), "not_an_article"),
        "another publisher": (response("https://www.lereng.example/1", page), "unknown_publisher"),
        "a part of a page": (
            response(url, page, block=http(page, status="HTTP/1.1 206 Partial Content")),
            "incomplete",
        ),
        "a revisit of a record that is not there": (
            record("revisit", url, more=[("WARC-Profile", SAME_PAYLOAD)]),
            "revisit_unresolved",
        ),
        "a page that did not change, of a story that nobody knows": (
            record("revisit", url, more=[("WARC-Profile", NOT_MODIFIED)]),
            "unchanged_unknown",
        ),
        "a header of ten megabytes": (
            response(url, page, more=[("WARC-Note", "x" * 10_000_000)]),
            "broken_record",
        ),
        "a hundred thousand headers": (
            response(url, page, more=[("X-N", "y")] * 100_000),
            "broken_record",
        ),
        "a hundred thousand headers of HTTP": (
            response(url, page, block=http(page, headers=[HTML, *[("X-N", "y")] * 100_000])),
            "bad_http",
        ),
        "a length that is a word": (response(url, page, length="panjang"), "broken_record"),
        "a negative length": (response(url, page, length=-7), "broken_record"),
        "no length": (response(url, page, more=[("Content-Length", "")]), "broken_record"),
        "a length beyond the record": (response(url, page, length=10**12), "incomplete_record"),
        "a version that is none": (response(url, page, version=b"WARC/9.9"), "broken_record"),
        "bytes that are no record": (b"\x00\xff" * 400, "broken_record"),
    }


def apart(odd: list[tuple[bytes, str]]) -> list[bytes]:
    """Records with one that is well behind each: two that are damaged are one place of damage."""
    well = record("metadata", URL, b"fetchTimeMs: 7")
    return [part for record_, _reason in odd for part in (record_, well)]


def test_what_is_no_page_is_counted_by_its_reason(desk: Desk) -> None:
    odd = list(refused(URL, BODY).values())

    done = among_good_ones(desk, *apart(odd))

    expected = Counter(reason for _record, reason in odd)
    assert done.reasons == expected + Counter(other_record=len(odd) + 1)
    assert done.counts["records"] == 2 * len(odd) + 3
    assert set(desk.stories()) == {FIRST, LAST}


def test_damage_in_a_file_without_compression_costs_the_damaged_records_alone(desk: Desk) -> None:
    broken = {"broken_record", "incomplete_record", "bad_http"}
    odd = [case for case in refused(URL, BODY).values() if case[1] in broken]

    done = among_good_ones(desk, *apart(odd), name="odd.warc")

    assert done.reasons["other_record"] == len(odd) + 1
    assert sum(done.reasons[reason] for reason in broken) == len(odd)
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


@pytest.mark.parametrize(
    ("block", "etag"),
    [
        (http(b"", headers=[HTML, ("ETag", "own")], sized=False), "own"),
        (http(b"", headers=[("ETag", "own")]), "own"),
        (http(b"", status="HTTP/1.1 304 Not Modified", headers=[("ETag", "own")]), "first"),
        (b"", "first"),
        *(
            (http(b"", headers=[HTML, ("ETag", "own"), ("Content-Encoding", name)]), "own")
            for name in ENCODERS
        ),
        (http(b"", headers=[("ETag", "own"), ("Transfer-Encoding", "chunked")]), "own"),
    ],
)
def test_a_revisit_has_its_own_headers_where_it_has_any(
    desk: Desk, block: bytes, etag: str
) -> None:
    payload = ("WARC-Payload-Digest", digest(BODY))
    answer = http(BODY, headers=[HTML, ("ETag", "first")])
    known = response(URL, BODY, block=answer, more=[payload])
    more = [("WARC-Profile", SAME_PAYLOAD), payload]
    again = record("revisit", URL, block, date="2026-11-22T08:00:00Z", more=more)

    done = desk.take(desk.write("a.warc.gz", known, again))

    assert done.counts == {"records": 2, "new": 1, "unchanged": 1}
    with Archive(desk.news, read_only=True) as archive:
        entry = archive.ledger.entry(URL, site="rmol")
    assert entry is not None
    assert entry.etag == etag


def test_a_revisit_of_an_answer_without_a_page_is_none(desk: Desk) -> None:
    block = http(b"", status="HTTP/1.1 404 Not Found")
    more = [
        ("WARC-Profile", SAME_PAYLOAD),
        ("WARC-Refers-To-Target-URI", URL),
        ("WARC-Refers-To-Date", DATE),
    ]
    again = record("revisit", URL, block, date="2026-11-22T08:00:00Z", more=more)

    done = desk.take(desk.write("a.warc.gz", response(URL, BODY), again))

    assert done.counts == {"records": 2, "new": 1, "skipped": {"http_404": 1}}


@pytest.mark.parametrize("prefix", ["X-Crawler", "x-orig"])
def test_headers_that_a_crawler_replaced_are_kept_as_the_server_sent_them(
    desk: Desk, prefix: str
) -> None:
    """CC-NEWS writes X-Crawler-*, browsertrix x-orig-*."""
    sent = [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    renamed = [(f"{prefix}-{name}", value) for name, value in sent]
    desk.take(desk.write("a.warc.gz", response(URL, BODY, block=http(BODY, headers=renamed))))

    with Archive(desk.news, read_only=True) as archive:
        page = archive.page(1)
    assert page.body == BODY
    assert page.wire is not None
    assert page.wire.headers == (*sent, ("Content-Length", str(len(BODY))))


def test_a_revisit_may_repeat_a_page_of_an_earlier_import(desk: Desk) -> None:
    """By id, and by address and time; not of a page whose text its story has no more."""
    known = response(URL, BODY)
    identity = known.split(b"WARC-Record-ID: ")[1].split(b"\r\n")[0].decode()
    by_id = [("WARC-Profile", SAME_PAYLOAD), ("WARC-Refers-To", identity)]
    by_place = [
        ("WARC-Profile", SAME_PAYLOAD),
        ("WARC-Refers-To-Target-URI", URL),
        ("WARC-Refers-To-Date", DATE),
    ]
    body = re.sub(rb"<p>[^<]+</p>", rb"<p>Kepala desa meralat jumlah sumur.</p>", BODY, count=1)
    days = [f"2026-11-{day}T08:00:00Z" for day in (22, 23, 24, 25)]
    first = desk.write("a.warc.gz", known)
    again = desk.write(
        "b.warc.gz",
        record("revisit", URL, http(b""), date=days[0], more=by_id),
        record("revisit", URL, http(b""), date=days[1], more=by_place),
        response(URL, body, date=days[2]),
        record("revisit", URL, http(b""), date=days[3], more=by_id),
    )

    assert desk.take(first).counts == {"records": 1, "new": 1}
    assert desk.take(again).counts == {
        "records": 4,
        "revised": 1,
        "unchanged": 2,
        "skipped": {"revisit_unresolved": 1},
    }


def test_a_revisit_may_name_nothing_but_the_digest_of_its_payload(desk: Desk) -> None:
    """As Heritrix writes it in WARC/1.0: of the newest capture of the address before it."""
    payload = ("WARC-Payload-Digest", digest(BODY))
    more = [("WARC-Profile", SAME_PAYLOAD), payload]
    known = response(URL, BODY, more=[payload])
    again = record("revisit", URL, http(b""), date="2026-11-22T08:00:00Z", more=more)
    before = record("revisit", URL, http(b""), date="2026-11-20T08:00:00Z", more=more)
    other = record("revisit", f"{URL}?page=all", http(b""), date="2026-11-22T08:00:00Z", more=more)

    done = desk.take(desk.write("a.warc.gz", before, again, other, known))

    assert done.counts == {
        "records": 4,
        "new": 1,
        "unchanged": 1,
        "skipped": {"revisit_unresolved": 2},
    }


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
