"""Sources of any bytes: nothing raises, a broken entry costs that entry, and work is linear."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.identity import MAX_URL
from archive.ledger.wording import REASONS
from scraper.crawling.discovery import (
    MAX_LINKS,
    MAX_PAGE_LINKS,
    Announced,
    read_feed,
    read_links,
    read_sitemap,
    read_source,
)
from scraper.politeness.robots import AI_CRAWLERS, parse_robots
from scraper.sites.site import Refusal
from scraper.sites.sources import Feed, Link, Section, Sitemap
from scraper.spiders import sites
from tests.linear import QUICK, assert_linear

BASE = "https://www.suara.com/"
NOW = datetime(2026, 7, 25, 3, 0, tzinfo=UTC)
FIRST, LAST = BASE + "news/2026/07/24/070859/awal", BASE + "news/2026/07/24/080000/akhir"

Read = Callable[[bytes], Announced]


def urlset(*entries: str) -> str:
    return f"<?xml version='1.0'?><urlset xmlns='http://www.x'>{''.join(entries)}</urlset>"


def rss(*entries: str) -> str:
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{''.join(entries)}</channel></rss>"


def atom(*entries: str) -> str:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'>{''.join(entries)}</feed>"


def url(address: str, more: str = "") -> str:
    return f"<url><loc>{address}</loc>{more}</url>"


def item(address: str, more: str = "") -> str:
    return f"<item><title>x</title><link>{address}</link>{more}</item>"


def entry(address: str, more: str = "") -> str:
    return f"<entry><title>x</title><link href='{address}'/>{more}</entry>"


def feed(body: bytes) -> Announced:
    return read_feed(body, BASE)


def page(body: bytes) -> Announced:
    return read_links(body, BASE, None, now=NOW)


KINDS = [
    pytest.param(urlset, url, read_sitemap, id="sitemap"),
    pytest.param(rss, item, feed, id="RSS"),
    pytest.param(atom, entry, feed, id="Atom"),
]

BROKEN = [
    "<image:image><image:loc>https://x.com/a.jpg</image:loc></image:image>",
    "<media:content url='x'><media:title>a</media:content>",
    "&nbsp;&tidakada;",
    "&#0;&#x110000;&#99999999999;&#xD800;",
    "Warga & Tanam < Bakau",
    "<a b=1 c>tanpa kutip</a>",
    "<p><b>salah tumpang</p></b>",
    "</url></item></entry></x>",
    "<![CDATA[tidak ditutup",
    "<!-- tidak ditutup",
    "<?php tidak ditutup",
    "<!DOCTYPE x [<!ENTITY a 'haha'>",
    "\x00\x01\x0b\x1f\x7f",
    "\udcff\udcfe\udc80",
    "<" * 50,
    "<x>" * 400,
]


@pytest.mark.parametrize(("document", "one", "read"), KINDS)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_entry_costs_that_entry(
    document: Callable[..., str], one: Callable[..., str], read: Read, broken: str
) -> None:
    odd = one(BASE + "aneh", broken)
    body = document(one(FIRST), *[odd] * 3, one(LAST)).encode("utf-8", "surrogateescape")
    found = [link.url for link in read(body).links]
    assert found[0] == FIRST
    assert found[-1] == LAST


@pytest.mark.parametrize(("document", "one", "read"), KINDS)
@pytest.mark.parametrize(
    "address",
    ["https://x.com/&tidakada;", "https://x.com/\udcff", "https://x.com/\x01"],
    ids=["unknown entity", "bytes that are not UTF-8", "control character"],
)
def test_an_address_that_is_not_whole_is_not_announced(
    document: Callable[..., str], one: Callable[..., str], read: Read, address: str
) -> None:
    body = document(one(FIRST), one(address), one(LAST)).encode("utf-8", "surrogateescape")
    assert [link.url for link in read(body).links] == [FIRST, LAST]


@pytest.mark.parametrize(("document", "one", "read"), KINDS)
def test_a_bare_ampersand_is_a_part_of_the_address(
    document: Callable[..., str], one: Callable[..., str], read: Read
) -> None:
    body = document(one(BASE + "?a=1&b=2"), one(BASE + "?a=1&amp;b=3")).encode()
    assert [link.url for link in read(body).links] == [BASE + "?a=1&b=2", BASE + "?a=1&b=3"]


def test_an_address_in_a_cdata_section_is_literal() -> None:
    body = urlset(url(f"<![CDATA[{BASE}?a=1&b=2]]>")).encode()
    assert [link.url for link in read_sitemap(body).links] == [BASE + "?a=1&b=2"]


def test_a_sitemap_with_undeclared_prefixes_is_read_with_its_dates() -> None:
    news = (
        "<news:news><news:publication_date>2026-07-24T07:08:59+07:00</news:publication_date>"
        "</news:news><image:image><image:loc>https://x.com/a.jpg</image:loc></image:image>"
    )
    (link,) = read_sitemap(urlset(url(FIRST, news)).encode()).links
    assert link == Link(url=FIRST, published_at=datetime(2026, 7, 24, 0, 8, 59, tzinfo=UTC))


def test_what_is_commented_out_or_quoted_is_no_entry() -> None:
    quoted = f"<!-- {url(BASE + 'a')} --><x><![CDATA[{url(BASE + 'b')}]]></x>"
    body = urlset(url(FIRST), quoted, url(LAST)).encode()
    assert [link.url for link in read_sitemap(body).links] == [FIRST, LAST]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(("document", "one", "read"), KINDS)
def test_unicode_of_any_width_is_read(
    document: Callable[..., str], one: Callable[..., str], read: Read, encoding: str
) -> None:
    body = document(one(BASE + "kafé")).removeprefix("<?xml version='1.0'?>").encode(encoding)
    assert [link.url for link in read(body).links] == [BASE + "kafé"]


@pytest.mark.parametrize(
    "declared",
    ["utf-16", "hex", "punycode", "idna", "zip", "tidak-ada", "iso-8859-99", "utf-7", "a" * 300],
)
@pytest.mark.parametrize(("document", "one", "read"), KINDS)
def test_a_declared_encoding_that_is_wrong_or_none_costs_nothing(
    document: Callable[..., str], one: Callable[..., str], read: Read, declared: str
) -> None:
    text = document(one(FIRST), one(BASE + "\udcff"), one(LAST))
    body = text.replace("version='1.0'", f"version='1.0' encoding='{declared}'")
    found = [link.url for link in read(body.encode("utf-8", "surrogateescape")).links]
    assert {FIRST, LAST} <= set(found)


def test_a_declared_legacy_encoding_is_used() -> None:
    body = "<?xml version='1.0' encoding='windows-1252'?>" + urlset(url(BASE + "kafé"))[21:]
    assert [link.url for link in read_sitemap(body.encode("cp1252")).links] == [BASE + "kafé"]


SOURCES = (Sitemap(BASE), Feed(BASE), Section(BASE))
DOCUMENTS = [
    urlset(url(FIRST, "<lastmod>2026-07-24</lastmod>"), url(LAST)).encode(),
    rss(item(FIRST, "<pubDate>Fri, 24 Jul 2026 07:08:59 +0700</pubDate>"), item(LAST)).encode(),
    atom(entry(FIRST, "<updated>2026-07-24T09:00:00Z</updated>"), entry(LAST)).encode(),
    f"<ul><li><a href='{FIRST}'>x</a> 2 jam lalu</ul><a onclick=\"window.open('/x')\">".encode(),
    gzip.compress(urlset(url(FIRST)).encode()),
]
PIECES = st.binary(max_size=12) | st.sampled_from(
    [b"<", b">", b"&", b"<!--", b"<![CDATA[", b"]]>", b"<?xml encoding='hex'?>", b"<url>", b"\0"]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A whole document of some kind with a few stretches replaced."""
    body = draw(st.sampled_from(DOCUMENTS))
    for _change in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(PIECES) + body[at + draw(st.integers(0, 20)) :]
    return body


@given(body=st.binary(max_size=300) | mutated())
def test_no_source_raises_whatever_its_bytes(body: bytes) -> None:
    for source in SOURCES:
        found = read_source(source, body, BASE, None, now=NOW)
        assert found.problem in (None, *REASONS)
        assert all(isinstance(link.url, str) for link in (*found.links, *found.sitemaps))


@given(body=st.binary(max_size=300) | mutated())
def test_no_robots_txt_raises_whatever_its_bytes(body: bytes) -> None:
    robots = parse_robots(200, b"User-agent: *\nDisallow: /x\nSitemap: https://x.id/" + body)
    assert all(url.isprintable() for url in robots.sitemaps)
    list(robots.excluded(BASE))
    robots.ruling(BASE)


def test_a_sitemap_line_of_robots_txt_has_no_escape_sequence() -> None:
    robots = parse_robots(200, b"Sitemap: https://x.id/\x1b[31ma.xml\nSitemap: http://[::1/\n")
    assert robots.sitemaps == ("https://x.id/%1B%5B31ma.xml",)


UNITS = {
    "links": "<a href='/x'>y</a>",
    "nested links": "<div><a href='/x'>",
    "rows with times": "<li><a href='/y'>1 jam lalu</a>",
    "clicks": f'<li onclick="window.open{" " * 60}">',
    "feeds": "<link rel=alternate type=application/rss+xml href=/x>",
    "bases": "<base href='/x/'>",
    "empty elements": "<span>",
    "items": "<item>",
    "whole items": "<item><link>http://a.b/c</link></item>",
    "entries": "<url><loc>http://a.b/c</loc></url>",
    "open entries": "<url>",
    "dates": "<publication_date>2026-01-01</publication_date>",
    "comments": "<!--",
    "sections": "<![CDATA[",
    "ampersands": "&",
    "entities": "&a;",
    "declarations": "<!DOCTYPE x [<!ENTITY a 'b'>",
    "angle brackets": "<",
    "prefixes": "<a:b ",
    "attributes": " a='1'",
}
AROUND = {
    "alone": ("", ""),
    "in a page": ("<html><body><div>", "</div>"),
    "in a sitemap": ("<urlset><url><loc>", "</loc></url></urlset>"),
    "in a feed": ("<rss><channel><item><link>", "</link></item></channel></rss>"),
    "in an attribute": ("<feed><entry><link href='", "'/></entry></feed>"),
    "in a script": ("<a href='/x' onclick='", "'>"),
    "in a base": ("<base href='http://x.y/", "'><a href='b'>"),
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("unit", UNITS)
def test_reading_a_source_is_linear_in_its_bytes(unit: str, around: str) -> None:
    before, after = AROUND[around]

    def body(size: int) -> bytes:
        return (before + UNITS[unit] * (size // len(UNITS[unit])) + after).encode()

    for read in (read_sitemap, feed, page):
        assert_linear(read, body, size=QUICK)


def test_empty_members_of_a_gzip_file_are_read_in_linear_time() -> None:
    member = gzip.compress(b"")
    assert_linear(read_sitemap, lambda members: member * members, size=16_000)


def test_the_members_of_a_gzip_file_are_one_sitemap() -> None:
    text = urlset(url(FIRST), url(LAST)).encode()
    packed = b"".join(gzip.compress(part) for part in (text[:50], b"", text[50:]))
    assert read_sitemap(packed) == read_sitemap(text)


def test_an_address_longer_than_the_protocol_allows_is_none() -> None:
    long = BASE + "a" * MAX_URL
    named = sites()["suara"].identify(long)
    assert isinstance(named, Refusal)
    assert named.reason == "bad_address"
    assert page(f"<a href='{long}'>x</a><a href='{FIRST}'>y</a>".encode()).links == (
        Link(url=FIRST),
    )


def test_many_user_agents_with_many_rules_are_read_in_linear_time() -> None:
    def body(count: int) -> bytes:
        agents = "".join(f"User-agent: crawler{number}\n" for number in range(count))
        repeated = "User-agent: *\n" * count
        rules = "".join(f"Disallow: /{number}\n" for number in range(count))
        return (agents + repeated + rules).encode()

    def read(text: bytes) -> None:
        assert not parse_robots(200, text).allows(BASE + "7")

    assert_linear(read, body, size=8_000)


@pytest.mark.parametrize("agent", ["warta", "*", AI_CRAWLERS[0]])
def test_rules_hold_for_whom_they_name_among_many_others(agent: str) -> None:
    others = "".join(f"User-agent: crawler{number}\n" for number in range(50))
    text = f"{others}Disallow: /\n\n{others}User-agent: {agent}\n# komentar\n{others}Disallow: /x\n"
    robots = parse_robots(200, text.encode())
    assert robots.allows(BASE)
    assert robots.allows(BASE + "x") is (agent == AI_CRAWLERS[0])
    assert (AI_CRAWLERS[0] in robots.excluded(BASE + "x")) is (agent != "warta")


@pytest.mark.parametrize(
    ("many", "read", "limit"),
    [
        (urlset(*[url(FIRST)] * (MAX_LINKS + 1)), read_sitemap, MAX_LINKS),
        (f"{FIRST}\n" * (MAX_LINKS + 1), read_sitemap, MAX_LINKS),
        ("".join(f"<a href='/{n}'>x</a>" for n in range(MAX_PAGE_LINKS + 1)), page, MAX_PAGE_LINKS),
    ],
    ids=["sitemap", "list of addresses", "page"],
)
def test_what_was_cut_off_is_said(many: str, read: Read, limit: int) -> None:
    found = read(many.encode())
    assert (len(found.links), found.cut_off) == (limit, True)
    assert not read(many[: len(many) // 2].encode()).cut_off
