"""What sources really send: wrong labels, notices before the XML, half an address, any date."""

from __future__ import annotations

import codecs
import gzip
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from scraper.crawling.discovery import (
    Announced,
    announcements,
    read_announcements,
    read_feed,
    read_links,
    read_sitemap,
)
from scraper.sites.sources import Link, Sitemap, Step, Window
from scraper.spiders import sites

WIB = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Asia/Jakarta"))
TODAY = Window(today=NOW.date())
BASE = "https://www.suara.com/peta/situs.xml"
FIRST = "https://www.suara.com/news/2026/11/20/071512/warga-panen-nila"
LAST = "https://www.suara.com/news/2026/11/20/081500/pasar-rawa-dibuka"
SEVEN = datetime(2026, 11, 20, 7, 15, 12, tzinfo=WIB)

SITEMAP = f"<urlset><url><loc>{FIRST}</loc></url><url><loc>{LAST}</loc></url></urlset>"
ITEMS = f"<item><link>{FIRST}</link></item><item><link>{LAST}</link></item>"
RSS = f"<rss><channel>{ITEMS}</channel></rss>"
ATOM = f"<feed><entry><link href='{FIRST}'/></entry><entry><link href='{LAST}'/></entry></feed>"
PLAIN = f"{FIRST}\n{LAST}\n"
DOCUMENTS = {"sitemap": SITEMAP, "RSS": RSS, "Atom": ATOM}
NOTICES = {
    "a notice of PHP": "<br />\n<b>Warning</b>: Undefined variable $a in <b>/a.php</b> on line 3\n",
    "a thousand of them": "<br />\n<b>Notice</b>: Undefined index: b in <b>/a.php</b><br />\n"
    * 1_000,
    "a notice as text": "PHP Deprecated: strftime() in /srv/peta.php on line 12\n\n",
    "a comment": "<!-- dibuat 2026-11-20 -->\n",
    "a document type": '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://a.b/rss.dtd">\n',
    "entities": "<!DOCTYPE rss [<!ENTITY nbsp '&#160;'><!ENTITY % HTMLlat1 SYSTEM 'http://a.b/c'>]>",
    "a style sheet": '<?xml-stylesheet type="text/xsl" href="/peta.xsl"?>\n',
    "byte order marks": "\ufeff\ufeff",
}


def read(name: str, body: bytes) -> Announced:
    return read_sitemap(body, BASE) if name == "sitemap" else read_feed(body, BASE)


def urls(found: Announced) -> list[str]:
    return [link.url for link in found.links]


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="UTF-8"?>'])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_stands_before_the_first_element_costs_nothing(
    name: str, declaration: str, notice: str
) -> None:
    for text in (NOTICES[notice] + declaration, declaration + NOTICES[notice]):
        found = read(name, (text + DOCUMENTS[name]).encode())
        assert (urls(found), found.problem) == ([FIRST, LAST], None)


@pytest.mark.parametrize("label", ["utf-16", "UTF-16LE", "utf-32", "ucs-2", "utf8mb4", "none"])
@pytest.mark.parametrize(
    "mark", [b"", *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)]
)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_utf_8_is_read_whatever_its_label_or_its_mark_says(
    name: str, mark: bytes, label: str
) -> None:
    text = f'<?xml version="1.0" encoding="{label}"?>{DOCUMENTS[name]}'
    found = read(name, mark + text.encode())
    assert (urls(found), found.problem) == ([FIRST, LAST], None)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("label", ["utf-16", "utf-8", "iso-8859-1"])
@pytest.mark.parametrize("before", ["", "\n  "])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_utf_16_is_read_with_and_without_its_mark(
    name: str, before: str, label: str, encoding: str
) -> None:
    if encoding == "utf-32" and before:
        before = ""
    text = f'{before}<?xml version="1.0" encoding="{label}"?>{DOCUMENTS[name]}'
    assert urls(read(name, text.encode(encoding))) == [FIRST, LAST]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_sitemap_may_be_a_list_of_addresses(encoding: str, end: str) -> None:
    body = PLAIN.replace("\n", end).encode(encoding)
    for sitemap in (body, gzip.compress(body)):
        found = read_sitemap(sitemap, BASE)
        assert (urls(found), found.problem) == ([FIRST, LAST], None)


def test_a_page_with_an_address_on_a_line_of_its_own_is_no_list() -> None:
    page = f"<!doctype html><html><body>Tidak ada\n{FIRST}\n</body></html>"
    assert read_sitemap(page.encode(), BASE).problem == "broken_sitemap"


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("after", ["", "</urlset>", "</channel></rss>", "</feed>", "\n"])
def test_wherever_a_source_is_cut_no_half_address_is_announced(name: str, after: str) -> None:
    text = DOCUMENTS[name]
    for at in range(1, len(text)):
        found = read(name, (text[:at] + after).encode())
        assert set(urls(found)) <= {FIRST, LAST}, at


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_source_without_its_end_is_incomplete_and_its_links_are_used(name: str) -> None:
    text = DOCUMENTS[name]
    found = read(name, text[: text.index(LAST) + len(LAST) - 4].encode())
    assert (urls(found), found.problem) == ([FIRST], "incomplete")


def test_the_half_address_of_an_entry_in_the_middle_is_not_announced() -> None:
    text = f"<urlset><url><loc>{FIRST[:-5]}<url><loc>{LAST}</loc></url></urlset>"
    assert urls(read_sitemap(text.encode(), BASE)) == [LAST]


def test_the_end_of_another_element_is_not_that_of_an_entry() -> None:
    picture = "<image><url>https://a.b/c.jpg</url></image>"
    text = f"<rss><channel><item>{picture}<link>{FIRST[:-5]}"
    assert read_feed(text.encode(), BASE).problem == "broken_feed"


def test_half_a_date_is_none() -> None:
    text = f"<urlset><url><loc>{FIRST}</loc><lastmod>2026-11-2"
    assert read_sitemap(text.encode(), BASE).links == (Link(url=FIRST),)


def test_the_last_line_of_a_list_that_was_cut_is_not_announced() -> None:
    cut = PLAIN[: PLAIN.index(LAST) + len(LAST) - 4].encode()
    assert urls(read_sitemap(cut, BASE, cut=True)) == [FIRST]
    long = "".join(f"{FIRST}-{number * 7919}\n" for number in range(5_000)).encode()
    packed = gzip.compress(long)
    found = read_sitemap(packed[: len(packed) // 2], BASE)
    assert found.problem == "incomplete"
    assert all(f"{url}\n".encode() in long for url in urls(found))


def test_a_page_that_is_cut_inside_a_tag_announces_no_half_address() -> None:
    page = f'<html><body><a href="{FIRST}">x</a><a href="{LAST}">y</a></body></html>'
    for at in range(1, len(page)):
        found = read_links(page[:at].encode(), BASE, None, now=NOW)
        assert set(urls(found)) <= {FIRST, LAST}, at


def test_the_address_of_a_picture_costs_nothing_in_a_feed() -> None:
    picture = "<image><url>https://a.b/c.jpg</url><title>x</title></image>"
    item = f"<item>{picture}<link>{FIRST}</link><pubDate>2026-11-20 07:15:12</pubDate></item>"
    feed = f"<rss><channel>{picture}{item}</channel></rss>"
    assert read_feed(feed.encode(), BASE).links == (Link(url=FIRST, published_at=SEVEN),)


def test_a_relative_address_of_a_sitemap_is_completed() -> None:
    text = "<sitemapindex><sitemap><loc>../a.xml</loc></sitemap></sitemapindex>"
    assert read_sitemap(text.encode(), BASE).sitemaps == (Link(url="https://www.suara.com/a.xml"),)


# (date, time of the publisher)
DATES = [
    ("2026-11-20 07:15:12", SEVEN),
    ("2026-11-20T07:15:12", SEVEN),
    ("2026-11-20T07:15:12.000", SEVEN),
    ("2026-11-20T00:15:12Z", SEVEN),
    ("2026-11-20T07:15:12+07", SEVEN),
    ("Fri, 20 Nov 2026 07:15:12", SEVEN),
    ("Fri, 20 Nov 2026 07:15:12 WIB", SEVEN),
    ("Fri, 20 Nov 2026 08:15:12 WITA", SEVEN),
    ("Fri, 20 Nov 2026 09:15:12 WIT", SEVEN),
    ("Fri, 20 Nov 2026 07:15:12 UTC+7", SEVEN),
    ("Fri, 20 Nov 2026 07:15:12 GMT+0700", SEVEN),
    ("Fri, 20 Nov 2026 07:15:12 +0700", SEVEN),
    ("Fri, 20 Nov 2026 07:15:12 +07:00", SEVEN),
    ("Fri, 20 Nov 2026 00:15:12 GMT", SEVEN),
    ("Fri, 20 Nov 2026 00:15:12 -0000", SEVEN),
    ("Jum, 20 Nop 2026 07:15:12 WIB", SEVEN),
    ("Jumat, 20 November 2026 07:15:12", SEVEN),
    ("2026-11-20", datetime(2026, 11, 20, tzinfo=WIB)),
    ("kemarin", None),
    ("1796-11-20T07:15:12+07:00", None),
]


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_a_date_without_an_offset_is_the_publishers(text: str, expected: datetime | None) -> None:
    news = f"<news:news><news:publication_date>{text}</news:publication_date></news:news>"
    entry = f"<url><loc>{FIRST}</loc><lastmod>{text}</lastmod>{news}</url>"
    (link,) = read_sitemap(f"<urlset>{entry}</urlset>".encode(), BASE).links
    assert (link.published_at, link.lastmod) == (expected, expected)
    for name in ("pubDate", "dc:date", "published", "updated"):
        item = f"<item><link>{FIRST}</link><{name}>{text}</{name}></item>"
        found = read_feed(f"<rss><channel>{item}</channel></rss>".encode(), BASE)
        assert [link.published_at for link in found.links] == [expected]
        assert found.unusable_dates == (expected is None)


def test_a_date_is_in_the_zone_of_its_own_site() -> None:
    body = f"<urlset><url><loc>{FIRST}</loc><lastmod>2026-11-20 07:15:12</lastmod></url></urlset>"
    tehran = NOW.astimezone(ZoneInfo("Asia/Tehran"))
    step = Step(source=Sitemap(BASE), url=BASE)
    found = read_announcements(
        sites()["suara"], step, body.encode(), BASE, None, now=tehran, window=TODAY
    )
    (link,) = found.found.links
    assert link.lastmod == datetime(2026, 11, 20, 3, 45, 12, tzinfo=UTC)


RMOL = "https://rmol.id/nusantara/read/{day}/700001/saluran-air"


@pytest.mark.parametrize("year", [1796, 1970, 2027, 2099])
@pytest.mark.parametrize("bound", ["since", "until", "both"])
def test_a_story_of_an_impossible_year_is_not_lost_under_a_window(year: int, bound: str) -> None:
    since = date(2026, 11, 1) if bound != "until" else None
    until = date(2026, 11, 20) if bound != "since" else None
    window = Window(today=NOW.date(), since=since, until=until)
    given = NOW.replace(year=year)
    links = [
        Link(url="https://www.medcom.id/nasional/daerah/8N0e1pGK-kolam", published_at=given),
        Link(url=RMOL.format(day=f"{year}/11/20")),
    ]
    found = (
        announcements(sites()["medcom"], links[:1], window, now=NOW).rows
        + announcements(sites()["rmol"], links[1:], window, now=NOW).rows
    )
    assert [(row.skipped, row.refused, row.published_at) for row in found] == [
        (None, None, None)
    ] * 2


def test_times_of_the_future_are_counted_and_a_day_ahead_is_none_of_them() -> None:
    address = "https://www.medcom.id/nasional/daerah/8N0e1p{}K-kolam"
    ahead = [timedelta(0), timedelta(hours=23), timedelta(hours=25), timedelta(days=30_000)]
    links = [
        Link(url=address.format("abcd"[number]), published_at=NOW + more, lastmod=NOW + more)
        for number, more in enumerate(ahead)
    ]
    found = announcements(sites()["medcom"], links, TODAY, now=NOW)
    assert [row.published_at is not None for row in found.rows] == [True, True, False, False]
    assert found.counts["unusable_dates"] == 4


# Created on 2026-11-14 at 23:00 in Jakarta.
CREATED = datetime(2026, 11, 14, 23, 0, tzinfo=WIB)


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


CODE = f"https://republika.co.id/berita/{base36(int(CREATED.timestamp()))}412/warga-panen-nila"


@pytest.mark.parametrize(
    ("published", "since", "skipped"),
    [
        (datetime(2026, 11, 16, 9, tzinfo=WIB), date(2026, 11, 16), None),
        (datetime(2026, 11, 15, 9, tzinfo=WIB), date(2026, 11, 16), "before_since"),
        (None, date(2026, 11, 15), None),  # it may have been published on the day after
        (None, date(2026, 11, 16), "before_since"),
    ],
)
def test_when_a_story_was_created_decides_only_where_no_source_says_when_it_was_published(
    published: datetime | None, since: date, skipped: str | None
) -> None:
    window = Window(today=NOW.date(), since=since)
    found = announcements(
        sites()["republika"], [Link(url=CODE, published_at=published)], window, now=NOW
    )
    assert [(row.skipped, row.published_at) for row in found.rows] == [
        (skipped, published or CREATED)
    ]
