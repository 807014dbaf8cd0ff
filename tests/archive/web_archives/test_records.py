"""What a record says of a page, read back by warcio."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Page, Wire
from archive.records import Capture
from archive.web_archives.records import not_modified, page_records, robots_answer
from tests.archive.invented import DAY, NOW, page, url_of
from tests.archive.web_archives.kept import HOST, MOVED, WIRE, Found, header, read


def records(kept: Page, number: int = 1) -> list[Found]:
    return list(read(b"".join(each.packed for each in page_records(kept, number=number))))


def kinds(found: list[Found]) -> list[str]:
    return [record.rec_type for record, _body in found]


def test_a_page_is_a_response_with_its_request(page_with_wire: Page) -> None:
    (response, body), (request, _none) = found = records(page_with_wire)
    assert kinds(found) == ["response", "request"]
    assert body == page_with_wire.body
    assert response.rec_headers.protocol == "WARC/1.1"
    assert header(response, "WARC-Target-URI") == page_with_wire.url
    assert header(response, "WARC-Date") == "2026-11-20T03:04:05Z"
    assert header(response, "WARC-IP-Address") == "203.0.113.7"
    assert header(request, "WARC-Concurrent-To") == header(response, "WARC-Record-ID")
    assert request.http_headers.to_str().splitlines() == [
        "GET /berita/1 HTTP/1.1",
        f"Host: {HOST}",
        "Accept-Encoding: gzip, br",
    ]


@pytest.fixture
def page_with_wire() -> Page:
    return page(1, wire=WIRE)


def test_headers_stay_in_order_and_what_was_decoded_is_put_aside(page_with_wire: Page) -> None:
    (response, _body), _request = records(page_with_wire)
    assert response.http_headers.statusline == "200 OK"
    assert response.http_headers.headers == [
        ("Server", "nginx"),
        ("Set-Cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("X-Crawler-Content-Encoding", "br"),
        ("X-Crawler-Content-Length", "512"),
        ("X-Crawler-Transfer-Encoding", "chunked"),
        ("ETag", '"1"'),
        ("Content-Length", str(len(page_with_wire.body))),
    ]


@pytest.mark.parametrize("coding", ["aws-chunked", "utf-8", "gzip, compress"])
def test_a_coding_that_nobody_undid_stays_the_bodys(page_with_wire: Page, coding: str) -> None:
    assert page_with_wire.wire is not None
    wire = replace(page_with_wire.wire, headers=(("Content-Encoding", coding),))
    (response, _body), *_rest = records(replace(page_with_wire, wire=wire))
    assert response.http_headers.get_header("Content-Encoding") == coding
    assert response.http_headers.get_header("X-Crawler-Content-Encoding") is None


def test_a_true_content_length_stays_where_it_is() -> None:
    headers = (("content-length", "4"), ("Age", "7"))
    (response, _body), *_rest = records(page(body=b"Halo", wire=replace(WIRE, headers=headers)))
    assert response.http_headers.headers == list(headers)


def test_redirects_are_responses_of_their_own_without_bodies() -> None:
    found = records(page(1, wire=replace(WIRE, hops=(MOVED,))))
    assert kinds(found) == ["response", "request", "response", "request"]
    hop, body = found[0]
    assert (body, header(hop, "WARC-Truncated")) == (b"", "unspecified")
    assert hop.http_headers.get_header("Location") == url_of(1)
    assert hop.http_headers.get_header("X-Crawler-Content-Length") == "154"
    assert header(found[1][0], "WARC-Concurrent-To") == header(hop, "WARC-Record-ID")


def test_a_page_whose_headers_are_unknown_is_a_resource_with_what_is_known() -> None:
    kept = page(1, requested_url=url_of(9), headers={"content-type": "text/html", "etag": '"2"'})
    (resource, body), (about, fields) = found = records(kept)
    assert kinds(found) == ["resource", "metadata"]
    assert (body, resource.content_type) == (kept.body, "text/html")
    assert header(about, "WARC-Concurrent-To") == header(resource, "WARC-Record-ID")
    assert fields.decode().splitlines() == [
        "status: 200",
        f"via: {url_of(9)}",
        "header: content-type: text/html",
        'header: etag: "2"',
    ]


def test_an_imported_page_names_the_record_it_comes_from() -> None:
    capture = Capture(
        file="CC-NEWS-1.warc.gz", offset=12, record_id="<urn:uuid:1>", truncated="length"
    )
    found = records(page(1, wire=Wire(headers=WIRE.headers, capture=capture)))
    assert kinds(found) == ["response", "metadata"]
    assert header(found[0][0], "WARC-Truncated") == "length"
    assert found[1][1].decode().splitlines() == [
        "importedFrom: CC-NEWS-1.warc.gz",
        "importedOffset: 12",
        "importedRecord: <urn:uuid:1>",
    ]


def test_a_304_refers_to_the_page_that_it_is_about(page_with_wire: Page) -> None:
    first = next(iter(page_records(page_with_wire, number=1)))
    ((revisit, body),) = read(not_modified(first, NOW + DAY).packed)
    assert (revisit.rec_type, body, revisit.http_headers) == ("revisit", b"", None)
    assert header(revisit, "WARC-Profile").endswith("/warc/1.1/revisit/server-not-modified")
    assert header(revisit, "WARC-Refers-To") == first.id
    assert header(revisit, "WARC-Refers-To-Target-URI") == url_of(1)
    assert header(revisit, "WARC-Refers-To-Date") == "2026-11-20T03:04:05Z"
    assert header(revisit, "WARC-Payload-Digest") == first.digest


def test_a_robots_txt_is_a_resource_and_none_is_metadata() -> None:
    url = f"https://{HOST}/robots.txt"
    (rules,) = robots_answer(url, NOW, status=200, reason=None, body="User-agent: *")
    (silence,) = robots_answer(url, NOW, status=None, reason="timeout", body="")
    (found, body), (about, why) = read(rules.packed + silence.packed)
    assert (found.rec_type, body) == ("resource", b"User-agent: *")
    assert (about.rec_type, why) == ("metadata", b"reason: timeout\r\n")


def test_a_robots_txt_is_a_response_with_its_request_where_it_is_known_how_it_came() -> None:
    url, rules = f"https://{HOST}/robots.txt", "User-agent: *\n"
    wire = replace(WIRE, hops=(replace(MOVED, url=f"http://{HOST}/robots.txt"),))
    found = robots_answer(url, NOW, status=200, reason=None, body=rules, wire=wire)
    moved, _asked, (answer, body), (request, _none) = read(b"".join(each.packed for each in found))
    assert header(moved[0], "WARC-Target-URI") == f"http://{HOST}/robots.txt"
    assert (answer.rec_type, body) == ("response", rules.encode())
    assert ("Server", "nginx") in answer.http_headers.headers
    assert request.http_headers.statusline == "/robots.txt HTTP/1.1"
    # The page of an error is not kept, its headers are.
    error = robots_answer(url, NOW, status=404, reason=None, body="", wire=WIRE)
    (missing, empty), _request = read(b"".join(each.packed for each in error))
    assert (missing.http_headers.statusline, empty) == ("404 OK", b"")
    assert header(missing, "WARC-Truncated") == "unspecified"


def test_what_a_server_sends_stays_within_its_line_and_its_record() -> None:
    headers = (
        (":status", "200"),
        ("X-A", "a\r\nContent-Length: 1\r\n\r\nWARC/1.1"),
        ("X B", "c"),
        ("X-Latin", "Jos\xe9"),
    )
    wire = Wire(protocol="h2", reason="OK\r\nX: y", headers=headers, address="no address")
    kept = page(1, url="https://www.kabar.example/berita 1\r\nX: y/é", wire=wire)
    ((response, body),) = records(kept)
    assert body == kept.body
    assert header(response, "WARC-Target-URI").endswith("/berita%201%0D%0AX:%20y/%C3%A9")
    assert response.http_headers.statusline == "200 OK X: y"
    assert [name for name, _value in response.http_headers.headers] == [
        "X-A",
        "X-Latin",
        "Content-Length",
    ]
    raw = b"".join(each.packed for each in page_records(kept, number=1))
    assert raw == b"".join(each.packed for each in page_records(kept, number=1))


def test_equal_pages_have_ids_of_their_own_and_each_keeps_its_own(page_with_wire: Page) -> None:
    ids = [
        [each.id for each in page_records(page_with_wire, number=number)] for number in (1, 2, 1)
    ]
    assert ids[0] == ids[2]
    assert not set(ids[0]) & set(ids[1])


anything = st.text(st.characters(), max_size=30)
names = st.one_of(anything, st.sampled_from(["Content-Length", "content-encoding", "Set-Cookie"]))
lines = st.lists(st.tuples(names, anything), max_size=6).map(tuple)
exchange: dict[str, Any] = {
    "protocol": st.sampled_from([None, "HTTP/1.0", "HTTP/1.1", "h2", "\r\n"]),
    "reason": st.none() | anything,
    "headers": lines,
    "length": st.none() | st.integers(0, 10**9),
    "method": st.sampled_from(["GET", "POST", "get\r\n"]),
    "request_headers": lines,
    "address": st.sampled_from([None, "203.0.113.7", "2001:db8::1", "x"]),
}
pages = st.builds(
    page,
    at=st.datetimes(timezones=st.just(UTC)),
    url=st.sampled_from([f"https://{HOST}/", "https://[", "http://"]).flatmap(
        lambda begin: anything.map(lambda rest: begin + rest)
    ),
    status=st.integers(100, 999),
    body=st.binary(max_size=2000),
    headers=st.dictionaries(st.sampled_from(["content-type", "etag"]), anything),
    wire=st.none() | st.builds(Wire, **exchange),
)


@given(pages)
def test_any_page_comes_back_byte_for_byte(kept: Page) -> None:
    found = records(kept)
    (body,) = (body for record, body in found if record.rec_type in ("response", "resource"))
    assert body == kept.body
    assert len({header(record, "WARC-Record-ID") for record, _body in found}) == len(found)
