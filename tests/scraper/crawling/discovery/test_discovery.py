"""What sources announce: sitemaps, feeds, pages with links. Bytes in, links out."""

import gzip
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ledger.wording import REASONS
from scraper.crawling.discovery import (
    MAX_LINKS,
    MAX_REFUSED,
    MAX_SOURCE_BYTES,
    announcements,
    read_feed,
    read_links,
    read_sitemap,
    read_source,
)
from scraper.sites.sources import Feed, Link, NewsSitemap, PagedIndex, Section, Sitemap, Window
from scraper.spiders import sites

WIB = timezone(timedelta(hours=7))
HOME = "https://www.suara.com/"
NOW = datetime(2026, 7, 25, 10, 0, tzinfo=WIB)
STORY = "https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau"
OTHER = "https://www.suara.com/news/2026/07/24/081500/pasar-dibuka"

URLSET = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' {more}>{entries}</urlset>"
PLAIN = URLSET.format(
    more="",
    entries=(
        f"<url><loc>{STORY}</loc><lastmod>2026-07-24T09:00:00+07:00</lastmod></url><url><loc>\n "
        f" {OTHER}\n</loc></url>"
    ),
).encode()
NEWS = URLSET.format(
    more=(
        "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"
        " xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'"
    ),
    entries=f"""
    <url>
      <loc>{STORY}</loc>
      <news:news>
        <news:publication><news:name>Suara</news:name><news:language>id</news:language></news:publication>
        <news:publication_date>2026-07-24T07:08:59+07:00</news:publication_date>
        <news:title>Warga Tanam Bakau</news:title>
      </news:news>
      <image:image><image:loc>https://media.suara.com/pictures/a.jpg</image:loc></image:image>
    </url>""",
).encode()
INDEX = b"""<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <sitemap><loc>https://www.suara.com/news/sitemap-news.xml</loc><lastmod>2026-07-24T09:00:00Z</lastmod></sitemap>
  <sitemap><loc>https://www.suara.com/bola/sitemap-web.xml.gz</loc></sitemap>
</sitemapindex>"""

RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Suara</title><link>{HOME}</link>
  <item><title>Warga Tanam Bakau...</title><link>{STORY}</link>
  <pubDate>Fri, 24 Jul 2026 07:08:59 +0700</pubDate></item>
  <item><title>Pasar Dibuka</title><link>{OTHER}</link></item>
</channel></rss>""".encode()
ATOM = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Suara</title><id>{HOME}</id><updated>2026-07-24T02:00:00Z</updated>
  <entry><title>Warga</title><id>tag:suara.com,2026:1</id><link rel="alternate" href="{STORY}"/>
    <published>2026-07-24T07:08:59+07:00</published><updated>2026-07-24T09:00:00+07:00</updated></entry>
  <entry><title>Pasar</title><id>{OTHER}</id><updated>2026-07-24T08:15:00+07:00</updated></entry>
</feed>""".encode()

LAUGHS = "<!DOCTYPE x [<!ENTITY a 'haha'>" + "".join(
    f"<!ENTITY {name} '{f'&{of};' * 10}'>"
    for name, of in zip("bcdefghij", "abcdefghi", strict=True)
)


def urls(found: tuple[Link, ...]) -> list[str]:
    return [link.url for link in found]


def test_a_sitemap_announces_its_addresses_in_order() -> None:
    found = read_sitemap(PLAIN)
    assert urls(found.links) == [STORY, OTHER]
    assert found.problem is None


def test_a_sitemap_tells_when_a_story_was_modified() -> None:
    assert [link.lastmod for link in read_sitemap(PLAIN).links] == [
        datetime(2026, 7, 24, 9, tzinfo=WIB),
        None,
    ]


def test_a_bare_day_in_a_sitemap_is_its_beginning() -> None:
    xml = URLSET.format(
        more="", entries=f"<url><loc>{STORY}</loc><lastmod>2026-07-24</lastmod></url>"
    )
    assert [link.lastmod for link in read_sitemap(xml.encode()).links] == [
        datetime(2026, 7, 24, tzinfo=WIB)
    ]


@pytest.mark.parametrize(
    "lastmod",
    [
        "0001-01-01T00:00:00+07:00",
        "1796-07-24T09:00:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01",
        "kemarin",
        "",
    ],
)
def test_an_impossible_time_in_a_sitemap_is_none_and_is_counted(lastmod: str) -> None:
    xml = URLSET.format(
        more="", entries=f"<url><loc>{STORY}</loc><lastmod>{lastmod}</lastmod></url>"
    )
    found = read_sitemap(xml.encode())
    assert (found.links, found.unusable_dates) == ((Link(url=STORY),), bool(lastmod))


def test_the_news_extension_tells_when_a_story_was_published() -> None:
    (link,) = read_sitemap(NEWS).links
    assert (link.url, link.published_at) == (STORY, datetime(2026, 7, 24, 7, 8, 59, tzinfo=WIB))


@pytest.mark.parametrize("photo_first", [False, True])
def test_the_address_of_a_photo_is_never_taken_for_the_storys(photo_first: bool) -> None:
    photo = (
        "<i:image"
        " xmlns:i='http://www.google.com/schemas/sitemap-image/1.1'><i:loc>https://media.suara.com/a.jpg</i:loc></i:image>"
    )
    story = f"<loc>{STORY}</loc>"
    xml = URLSET.format(
        more="", entries=f"<url>{photo + story if photo_first else story + photo}</url>"
    )
    assert urls(read_sitemap(xml.encode()).links) == [STORY]


def test_an_index_of_sitemaps_announces_sitemaps_and_no_stories() -> None:
    found = read_sitemap(INDEX)
    assert urls(found.sitemaps) == [
        "https://www.suara.com/news/sitemap-news.xml",
        "https://www.suara.com/bola/sitemap-web.xml.gz",
    ]
    assert found.sitemaps[0].lastmod == datetime(2026, 7, 24, 9, tzinfo=UTC)
    assert found.links == ()


@pytest.mark.parametrize("sitemap", [PLAIN, NEWS, INDEX])
def test_a_gzipped_sitemap_is_read_like_a_plain_one(sitemap: bytes) -> None:
    assert read_sitemap(gzip.compress(sitemap)) == read_sitemap(sitemap)


@pytest.mark.parametrize(
    "sitemap",
    [
        PLAIN.decode().encode("utf-8-sig"),
        b"\n\n  " + PLAIN,
        b"<?xml version='1.0' encoding='ISO-8859-1'?>" + PLAIN,
        PLAIN.replace(b" xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'", b""),
        PLAIN.replace(b"<url>", b"<!-- <url><loc>https://www.suara.com/x</loc></url> --><url>"),
    ],
    ids=["byte order mark", "blank lines first", "latin-1", "no namespace", "comment"],
)
def test_a_slightly_odd_sitemap_is_read_all_the_same(sitemap: bytes) -> None:
    assert urls(read_sitemap(sitemap).links) == [STORY, OTHER]


@pytest.mark.parametrize("cut", [len(PLAIN) - 3, len(PLAIN) - 40, PLAIN.index(OTHER.encode()) + 5])
def test_a_sitemap_that_breaks_off_is_read_as_far_as_it_goes(cut: int) -> None:
    assert urls(read_sitemap(PLAIN[:cut]).links)[:1] == [STORY]


def test_a_gzipped_sitemap_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    many = URLSET.format(
        more="",
        entries="".join(
            f"<url><loc>{STORY}-{number * 7919}</loc></url>" for number in range(5_000)
        ),
    )
    packed = gzip.compress(many.encode())
    found = read_sitemap(packed[: len(packed) // 2])
    assert len(found.links) > 1_000
    assert found.problem == "incomplete"


def test_a_sitemap_without_entries_is_not_broken() -> None:
    assert read_sitemap(URLSET.format(more="", entries="").encode()).problem is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"tidak ada",
        b"<html><body><p>Halaman tidak ditemukan</p></body></html>",
        b"\x1f\x8brusak",
        b"{}",
    ],
)
def test_what_is_no_sitemap_is_reported_as_broken(body: bytes) -> None:
    found = read_sitemap(body)
    assert (found.links, found.sitemaps, found.problem) == ((), (), "broken_sitemap")


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(MAX_SOURCE_BYTES + 1_000_000), compresslevel=9)
    assert len(bomb) < 100_000
    assert read_sitemap(bomb).problem == "too_large"


def test_the_entities_of_a_bomb_are_not_expanded() -> None:
    bomb = (
        LAUGHS
        + "]>"
        + URLSET.format(more="", entries=f"<url><loc>&j;</loc></url><url><loc>{STORY}</loc></url>")
    )
    assert "haha" not in repr(read_sitemap(bomb.encode()))


def test_an_entity_of_its_own_does_not_hide_the_other_entries_of_a_sitemap() -> None:
    xml = "<!DOCTYPE x [<!ENTITY a 'haha'>]>" + URLSET.format(
        more="", entries=f"<url><loc>&a;</loc></url><url><loc>{STORY}</loc></url>"
    )
    assert urls(read_sitemap(xml.encode()).links) == [STORY]


def test_an_external_entity_is_not_loaded(tmp_path: Path) -> None:
    secret = tmp_path / "rahasia.txt"
    secret.write_text("kata-sandi")
    xml = f"<!DOCTYPE x [<!ENTITY s SYSTEM '{secret.as_uri()}'>]>" + URLSET.format(
        more="", entries=f"<url><loc>{STORY}?&s;</loc></url><url><loc>{OTHER}</loc></url>"
    )
    found = read_sitemap(xml.encode())
    assert "kata-sandi" not in repr(found)
    assert OTHER in urls(found.links)


def test_a_sitemap_gives_no_more_links_than_the_protocol_allows() -> None:
    many = URLSET.format(
        more="",
        entries="".join(
            f"<url><loc>https://example.com/{n}</loc></url>" for n in range(MAX_LINKS + 500)
        ),
    )
    assert len(read_sitemap(many.encode()).links) == MAX_LINKS


def test_fifty_thousand_foreign_addresses_are_counted_and_only_the_first_written_down() -> None:
    foreign = [Link(url=f"https://example.com/{number}") for number in range(50_000)]
    found = announcements(
        sites()["suara"], [*foreign, Link(url=STORY)], Window(today=date(2026, 7, 24))
    )
    assert len([row for row in found.rows if row.refused == "foreign_site"]) == MAX_REFUSED
    assert found.counts == {"refused/foreign_site": 50_000 - MAX_REFUSED}
    assert urls(tuple(found.dated)) == [STORY]


def test_an_announced_story_is_dated_by_its_address_where_the_source_tells_no_time() -> None:
    found = announcements(sites()["suara"], [Link(url=STORY)], Window(today=date(2026, 7, 24)))
    assert [link.published_at for link in found.dated] == [
        datetime(2026, 7, 24, 7, 8, 59, tzinfo=WIB)
    ]


def test_the_window_counts_days_as_the_publisher_does() -> None:
    morning_in_jakarta = datetime(2026, 7, 23, 18, 30, tzinfo=UTC)
    window = Window(today=date(2026, 7, 24), since=date(2026, 7, 24))
    found = announcements(
        sites()["medcom"],
        [Link(url="https://www.medcom.id/bola/liga/3NO0Ba3b-x", published_at=morning_in_jakarta)],
        window,
    )
    assert [row.skipped for row in found.rows] == [None]


def test_an_rss_feed_announces_links_and_their_times() -> None:
    found = read_feed(RSS, "https://www.suara.com/rss")
    assert found.links == (
        Link(url=STORY, published_at=datetime(2026, 7, 24, 7, 8, 59, tzinfo=WIB)),
        Link(url=OTHER),
    )
    assert found.problem is None


def test_an_atom_feed_announces_links_with_publication_before_the_last_change() -> None:
    found = read_feed(ATOM, "https://www.suara.com/atom")
    assert [(link.url, link.published_at) for link in found.links] == [
        (STORY, datetime(2026, 7, 24, 7, 8, 59, tzinfo=WIB)),
        (OTHER, datetime(2026, 7, 24, 8, 15, tzinfo=WIB)),
    ]


def test_a_relative_link_of_a_feed_is_completed() -> None:
    found = read_feed(
        RSS.replace(STORY.encode(), b"/news/2026/07/24/070859/warga-tanam-bakau"),
        "https://www.suara.com/rss",
    )
    assert urls(found.links)[0] == STORY


@pytest.mark.parametrize(
    "feed",
    [
        RSS.replace(b"Warga Tanam Bakau...", b"Warga & Tanam < Bakau"),
        RSS.replace(b'encoding="UTF-8"', b'encoding="utf-16"'),
        RSS.replace(b'encoding="UTF-8"', b'encoding="utf-16"') + b" ",
        b"\n\n" + RSS,
    ],
    ids=["bare ampersand", "UTF-16", "UTF-16, a byte more", "blank lines first"],
)
def test_a_broken_feed_is_read_as_far_as_it_goes(feed: bytes) -> None:
    found = read_feed(feed, "https://www.suara.com/rss")
    assert STORY in urls(found.links)
    assert found.problem is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"tidak ada",
        b"<rss><channel><item><link>",
        b"<html><body>Halaman tidak ditemukan</body>",
        b"\x00\x01",
    ],
)
def test_what_is_no_feed_is_reported_as_broken(body: bytes) -> None:
    found = read_feed(body, "https://www.suara.com/rss")
    assert (found.links, found.problem) == ((), "broken_feed")


def test_a_feed_without_entries_is_not_broken() -> None:
    assert (
        read_feed(b"<rss version='2.0'><channel><title>Suara</title></channel></rss>", HOME).problem
        is None
    )


def test_the_entities_that_a_feed_brings_are_not_expanded() -> None:
    feed = RSS.partition(b"?>")[2].replace(b"Pasar Dibuka", b"&j;")
    feed = feed.replace(OTHER.encode(), b"https://www.suara.com/&j;")
    found = read_feed(LAUGHS.encode() + b"]>" + feed, "https://www.suara.com/rss")
    assert urls(found.links) == [STORY]


def test_a_broken_address_in_a_feed_does_not_hide_the_others() -> None:
    found = read_feed(
        RSS.replace(STORY.encode(), b"http://[::1/berita"), "https://www.suara.com/rss"
    )
    assert OTHER in urls(found.links)


def test_an_impossible_time_in_a_feed_is_no_time() -> None:
    found = read_feed(
        RSS.replace(b"Fri, 24 Jul 2026", b"Fri, 99 Jul 2026"), "https://www.suara.com/rss"
    )
    assert found.links[0] == Link(url=STORY)


# (page, addresses found at https://www.suara.com/indeks/terkini)
PAGES = [
    (f"<a href='{STORY}'>x</a><a href='{OTHER}'>y</a>", [STORY, OTHER]),
    (f"<a href='{OTHER}'>x</a><a href='{STORY}'>y</a><a href='{OTHER}'>lagi</a>", [OTHER, STORY]),
    ("<a href='/news/2026/07/24/070859/warga-tanam-bakau'>x</a>", [STORY]),
    ("<a href='//www.suara.com/news/2026/07/24/070859/warga-tanam-bakau'>x</a>", [STORY]),
    ("<a href='berikut'>x</a>", ["https://www.suara.com/indeks/berikut"]),
    ("<a href='?page=2'>2</a>", ["https://www.suara.com/indeks/terkini?page=2"]),
    (f"<a href='  {STORY}\n'>x</a>", [STORY]),
    (
        "<base href='https://jogja.suara.com/read/'><a href='2026'>x</a>",
        ["https://jogja.suara.com/read/2026"],
    ),
    ("<base href='/bola/'><a href='liga'>x</a>", ["https://www.suara.com/bola/liga"]),
    (f"""<div onclick="window.open('{STORY}','_blank')">x</div>""", [STORY]),
    (
        "<li onclick='window.open(\"/id/doc/news/1127790/\")'>x</li>",
        ["https://www.suara.com/id/doc/news/1127790/"],
    ),
    (f"""<td onclick="location.href = '{STORY}'">x</td>""", [STORY]),
    (f"""<a href="#" onclick="window.open('{STORY}')">x</a>""", [STORY]),
    (f"<a href='{STORY}?a=1&amp;b=2'>x</a>", [STORY + "?a=1&b=2"]),
    ("<a href='#atas'>x</a><a href=''>y</a><a>z</a>", []),
    ("<a href='javascript:void(0)'>x</a><a href=' JavaScript:buka()'>y</a>", []),
    (
        (
            "<a href='mailto:redaksi@suara.com'>x</a><a href='tel:021'>y</a><a"
            " href='data:text/html,x'>z</a>"
        ),
        [],
    ),
    (f"<a href='http://[::1/'>x</a><a href='{STORY}'>y</a>", [STORY]),
    (f"<base href='http://[::1/'><a href='{STORY}'>x</a>", [STORY]),
    (
        (
            "<link rel='alternate' type='application/rss+xml' href='http://[::1/rss'><a"
            f" href='{STORY}'>x</a>"
        ),
        [STORY],
    ),
    ("<p>Tidak ada tautan.</p>", []),
    ("", []),
]


@pytest.mark.parametrize(("page", "expected"), PAGES)
def test_a_page_announces_its_links_in_order_and_once(page: str, expected: list[str]) -> None:
    found = read_links(
        page.encode(), "https://www.suara.com/indeks/terkini", "text/html; charset=utf-8", now=NOW
    )
    assert urls(found.links) == expected
    assert found.problem == (None if expected else "no_links")


def test_the_head_of_a_page_names_its_feeds() -> None:
    page = b"""<head>
      <link rel="alternate" type="application/rss+xml" href="/rss">
      <link rel="alternate" type="application/atom+xml" href="https://www.suara.com/atom">
      <link rel="alternate" type="application/rss+xml" href="/rss">
      <link rel="alternate" hreflang="en" href="/en">
      <link rel="amphtml" href="https://amp.suara.com/"></head><body><a href="/news">x</a></body>"""
    assert read_links(page, HOME, None, now=NOW).feeds == (
        "https://www.suara.com/rss",
        "https://www.suara.com/atom",
    )


def test_the_odd_characters_of_islamtimes_addresses_are_kept() -> None:
    page = b"""<link rel="alternate" type="application/rss+xml"
    href="/rssdx.gmyefy,ggeltshmci.642y2z.y.xml">
      <a href="/vtpdfm2t.74cgy6}^242y.html">x</a>"""
    found = read_links(page, "https://www.islamtimes.org/id/", None, now=NOW)
    assert found.feeds == ("https://www.islamtimes.org/rssdx.gmyefy,ggeltshmci.642y2z.y.xml",)
    assert urls(found.links) == ["https://www.islamtimes.org/vtpdfm2t.74cgy6}^242y.html"]


@pytest.mark.parametrize(
    ("source", "body", "expected"),
    [
        (Sitemap(HOME), PLAIN, [STORY, OTHER]),
        (NewsSitemap(HOME), NEWS, [STORY]),
        (Feed(HOME), RSS, [STORY, OTHER]),
        (Section(HOME), f"<a href='{STORY}'>x</a>".encode(), [STORY]),
        (PagedIndex(HOME), f"<a href='{STORY}'>x</a>".encode(), [STORY]),
    ],
)
def test_every_kind_of_source_is_read_in_its_own_way(
    source: Sitemap | Feed | Section, body: bytes, expected: list[str]
) -> None:
    assert urls(read_source(source, body, HOME, None, now=NOW).links) == expected


@given(
    body=st.binary(max_size=400)
    | st.sampled_from([PLAIN, RSS, ATOM, INDEX, gzip.compress(PLAIN)]).flatmap(
        lambda b: st.integers(0, len(b)).map(lambda n: b[:n])
    )
)
def test_any_bytes_are_read_without_an_error(body: bytes) -> None:
    for source in (Sitemap(HOME), Feed(HOME), Section(HOME)):
        assert read_source(source, body, HOME, None, now=NOW).problem in (None, *REASONS)


def test_a_row_of_a_list_tells_when_its_story_was_published() -> None:
    rows = "".join(
        f'<li class="row"><div><a href="/berita/{number}">Judul</a></div><span'
        f' class="date">{told}</span></li>'
        for number, told in enumerate(
            [
                "7 menit yang lalu",
                "2 jam lalu",
                "Jum'at, 24 Juli 2026 | 07:08 WIB",
                "07:08",
                "besok",
            ]
        )
    )
    found = read_links(f"<ul>{rows}</ul>".encode(), HOME, "text/html; charset=utf-8", now=NOW)
    moments = [
        NOW - timedelta(minutes=7),
        NOW - timedelta(hours=2),
        datetime(2026, 7, 24, 7, 8, tzinfo=WIB),
        None,
        None,
    ]
    assert [link.published_at for link in found.links] == moments


def test_the_date_of_the_page_is_not_that_of_its_links() -> None:
    page = (
        "<body><div>Sabtu, 25 Juli 2026 | 09:00 WIB <ul><li><a href='/a'>a</a></li><li><a"
        " href='/b'>b</a></li></ul></div></body>"
    )
    assert [link.published_at for link in read_links(page.encode(), HOME, None, now=NOW).links] == [
        None,
        None,
    ]
