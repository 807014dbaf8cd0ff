"""How a page came over the wire is kept as JSON beside it, and comes back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive, Wire
from archive.database.wire import wire_json, wire_of
from archive.errors import ArchiveDamaged
from archive.maintenance.verify import verify
from archive.records import Capture, Hop
from archive.snapshots.header_forms import HeaderForms
from tests.archive.invented import NOW, keep_page, new_archive, page, rows, url_of, value

HOP = Hop(
    url="http://kabar.example/1",
    status=301,
    fetched_at=NOW,
    protocol="HTTP/1.0",
    reason="",
    headers=(("location", url_of(1)),),
    length=0,
)
WIRE = Wire(
    protocol="HTTP/1.1",
    reason="OK",
    headers=(("Server", "nginx"), ("set-cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Empty", "")),
    length=512,
    request_headers=(("Host", "www.kabar.example"), ("Accept-Encoding", "gzip, br")),
    address="203.0.113.7",
    port=443,
    hops=(HOP,),
    capture=Capture(file="CC-NEWS-20161120.warc.gz", offset=1_234, record_id="<urn:uuid:1>"),
)


def test_it_comes_back_with_its_page_in_order_and_case_and_repeats_apart(archive: Archive) -> None:
    part = page(1, requested_url=url_of(1) + "?page=2", wire=Wire(protocol="HTTP/2", length=0))
    kept = page(1, wire=WIRE, parts=(part, page(1)))
    assert archive.snapshots.page(keep_page(archive, kept)) == kept


def test_a_page_without_one_has_none(archive: Archive) -> None:
    assert archive.snapshots.page(keep_page(archive, page(1))).wire is None
    assert value(archive, "SELECT wire FROM snapshots") is None


def test_the_column_is_json_that_sql_can_read_without_what_is_unknown(archive: Archive) -> None:
    keep_page(archive, page(1, wire=Wire(protocol="HTTP/1.1", headers=(("Age", "7"),))))
    assert value(archive, "SELECT wire ->> '$.protocol' FROM snapshots") == "HTTP/1.1"
    assert value(archive, "SELECT wire ->> '$.reason' FROM snapshots") is None


def test_what_the_archive_has_is_not_written_twice(archive: Archive) -> None:
    kept = {"content-type": "text/html", "etag": '"1"', "date": "besok"}
    lines = (
        ("DATE", "besok"),
        ("Content-Type", "text/html"),
        ("Vary", "a"),
        ("Vary", "b"),
        ("ETag", '"2"'),
        ("ETag", '"1"'),
        ("Set-Cookie", "pembaca=7"),
    )
    sent = (("Host", "www.kabar.example"), ("User-Agent", "warta"), ("Referer", url_of(9)))
    wire = Wire(headers=lines, request_headers=sent, hops=(replace(HOP, request_headers=sent),))
    later = replace(wire, headers=(*lines[:-1], ("Set-Cookie", "pembaca=8")))
    for number, each in enumerate((wire, later), 1):
        kept_page = page(number, headers=kept, wire=each)
        assert archive.snapshots.page(keep_page(archive, kept_page)).wire == each
    first, second = (json.loads(text) for (text,) in rows(archive, "SELECT wire FROM snapshots"))
    answer, request = first["headers"][0], first["request_headers"][0]
    assert first["headers"] == [answer, None, '"2"', None, "pembaca=7"]
    assert second["headers"] == [answer, None, '"2"', None, "pembaca=8"]
    assert first["hops"][0]["request_headers"] == first["request_headers"] == [request, url_of(9)]
    forms = {digest: json.loads(text) for digest, text in rows(archive, FORMS)}
    assert forms[request] == [["Host", "www.kabar.example"], ["User-Agent", "warta"], ["Referer"]]
    assert forms[answer] == [
        ["DATE"],
        ["Content-Type", "text/html"],
        ["Vary", "a"],
        ["Vary", "b"],
        ["ETag"],
        ["ETag"],
        ["Set-Cookie"],
    ]
    assert len(forms) == 3  # and that of the redirect


def test_a_long_value_is_in_no_form(archive: Archive) -> None:
    wire = Wire(headers=(("Server", "a" * 301), ("Vary", "b" * 300)))
    number = keep_page(archive, page(1, wire=wire))
    assert archive.snapshots.page(number).wire == wire
    ((_digest, lines),) = rows(archive, FORMS)
    assert json.loads(lines) == [["Server"], ["Vary", "b" * 300]]


FORMS = "SELECT digest, lines FROM header_forms"


@pytest.mark.parametrize("lines", ["{", "7", "[7]", "[[]]", "[[7]]", '[["Vary","a","b"]]', "[]"])
def test_a_damaged_form_is_an_error_of_the_snapshots_that_need_it(path: Path, lines: str) -> None:
    with Archive(path) as archive:
        number = keep_page(archive, page(1, wire=Wire(headers=(("Age", "7"),))))
        with archive.db.conn:
            archive.db.conn.execute("UPDATE header_forms SET lines = ?", [lines])
    with Archive(path, read_only=True) as again, pytest.raises(ArchiveDamaged):
        again.snapshots.page(number)


words = st.text(st.characters(), max_size=20)
lines = st.lists(st.tuples(words, words), max_size=5).map(tuple)
numbers = st.none() | st.integers(0, 2**53)
times = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0))
exchange: dict[str, Any] = {
    "protocol": st.none() | words,
    "reason": st.none() | words,
    "headers": lines,
    "length": numbers,
    "method": words,
    "request_headers": lines,
    "address": st.none() | words,
    "port": numbers,
}
hops = st.builds(Hop, url=words, status=st.integers(100, 999), fetched_at=times, **exchange)
captures = st.builds(
    Capture,
    offset=numbers,
    **{name: st.none() | words for name in Capture.__slots__ if name != "offset"},
)
wires = st.builds(
    Wire, hops=st.lists(hops, max_size=3).map(tuple), capture=st.none() | captures, **exchange
)


@given(wires)
def test_any_wire_comes_back_from_its_json(wire: Wire) -> None:
    text = wire_json(wire)
    assert text is not None
    assert wire_of(text) == wire
    text.encode("ascii")


@given(wires, st.dictionaries(words.map(str.lower), words, max_size=3))
def test_any_wire_comes_back_from_its_json_and_the_forms_of_its_headers(
    wire: Wire, known: dict[str, str]
) -> None:
    known |= {name.lower(): value for name, value in wire.headers[:2]}
    with new_archive() as archive:
        forms = HeaderForms(archive.db)
        assert wire_of(wire_json(wire, lines=forms, known=known), lines=forms, known=known) == wire


def test_a_key_of_a_later_release_is_left_out() -> None:
    assert wire_of('{"protocol":"HTTP/1.1","tls":{"version":"1.3"}}') == Wire(protocol="HTTP/1.1")


DAMAGED = {
    "no JSON": "{",
    "deeply nested": "[" * 100_000,
    "no object": "[]",
    "null": "null",
    "a number for a text": '{"protocol":1}',
    "a text for a number": '{"length":"1"}',
    "a truth for a number": '{"port":true}',
    "headers that are no list": '{"headers":{"Age":"7"}}',
    "a header that is no list": '{"headers":["Age"]}',
    "a header without a name": '{"headers":[[]]}',
    "a header of a number": '{"headers":[["Age",7]]}',
    "a hop without its time": '{"hops":[{"url":"http://kabar.example/","status":301}]}',
    "a hop at no time": '{"hops":[{"url":"u","status":301,"fetched_at":"kemarin"}]}',
    "a hop without an offset": '{"hops":[{"url":"u","status":301,"fetched_at":"2026-11-20"}]}',
    "a capture that is a text": '{"capture":"CC-NEWS"}',
    "hops that are a number": '{"hops":1}',
    "a header without its value": '{"headers":[["Age"]]}',
    "a header of three": '{"headers":[["Age","7","8"]]}',
    "a form that is not there": '{"request_headers":["0123456789abcdef"]}',
    "a text for lines": '{"request_headers":"0123456789abcdef"}',
    "too few values": '{"headers":["FORM"]}',
    "too many values": '{"headers":["FORM","1","2","3","4"]}',
    "a number for a value": '{"headers":["FORM",7,"2"]}',
    "a value that is nowhere": '{"headers":["FORM",null,"2"]}',
    "an endless number": '{"length":' + "9" * 5_000 + "}",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_an_error_of_that_snapshot_and_verify_names_it(
    archive: Archive, text: str
) -> None:
    number = keep_page(archive, page(1, wire=WIRE))
    keep_page(archive, page(2, wire=WIRE))
    form = json.loads(value(archive, "SELECT max(wire) FROM snapshots"))["headers"][0]
    text = text.replace("FORM", form)
    with archive.db.conn:
        archive.db.conn.execute("UPDATE snapshots SET wire = ? WHERE id = ?", [text, number])
    with pytest.raises(ArchiveDamaged, match="a snapshot was damaged"):
        archive.snapshots.page(number)
    found = {finding.check: finding.problems for finding in verify(archive)}
    (problem,) = found["snapshots"]
    assert problem.startswith(f"snapshot {number} of {url_of(1)}: a snapshot was damaged")


def test_verify_names_a_value_that_is_no_json_object(archive: Archive) -> None:
    number = keep_page(archive, page(1, wire=WIRE))
    with archive.db.conn:
        archive.db.conn.execute("UPDATE snapshots SET wire = '[]'")
    found = {finding.check: finding.problems for finding in verify(archive)}
    assert found["values"] == [f"snapshots.wire of row {number}: it is no JSON object"]


def test_the_time_of_a_hop_is_utc(archive: Archive) -> None:
    text = wire_json(Wire(hops=(HOP,)))
    assert text is not None
    assert json.loads(text)["hops"][0]["fetched_at"] == "2026-11-20T03:04:05+00:00"
    assert datetime.fromisoformat("2026-11-20T03:04:05+00:00") == NOW
