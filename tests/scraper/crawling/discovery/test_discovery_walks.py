"""Where a crawl looks for stories: every layer, as far back as it is told, and no further."""

from __future__ import annotations

import gzip

from scraper.cli.demo.proxy import Answer
from scraper.cli.demo.world import world
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, rows, run, small_site, story_url

XML = "application/xml"
EVENING = "NOW=2026-11-20T12:00:00+00:00"


def sitemap(*urls: str, lastmod: str = "") -> bytes:
    stamp = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    entries = "".join(f"<url><loc>{url}</loc>{stamp}</url>" for url in urls)
    return (
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()
    )


def test_since_walks_back_through_a_dated_index_to_that_day_and_stops(serve, crawl):
    proxy = serve(world(1))
    crawl(proxy, "republika", "--since", "2026-11-18", "-s", EVENING)
    days = {
        day
        for day in range(10, 22)
        if proxy.requested(f"https://republika.co.id/index/0/2026/11/{day:02}")
    }
    assert days == {18, 19, 20}


def test_without_since_only_the_newest_day_of_a_dated_index_is_requested(serve, crawl):
    proxy = serve(world(1))
    crawl(proxy, "republika", "-s", EVENING)
    days = {
        day
        for day in range(10, 22)
        if proxy.requested(f"https://republika.co.id/index/0/2026/11/{day:02}")
    }
    assert days == {20}


def test_since_walks_a_paged_index_until_it_holds_only_older_stories(serve, crawl):
    def listed(day: int) -> Answer:
        return home(f"https://www.suara.com/news/2026/11/{day:02}/071512/saluran-air-{day}")

    index = {
        f"https://www.suara.com/indeks?page={number}": listed(21 - number)
        for number in range(1, 12)
    }
    proxy = serve({"https://www.suara.com/": listed(20), **index})
    crawl(proxy, "suara", "--since", "2026-11-17", "-s", EVENING)
    assert [proxy.requested(url) for url in index] == [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_a_paged_index_that_repeats_itself_ends_the_walk(serve, crawl):
    repeated = home(story_url(1))
    index = {f"https://rmol.id/indeksberita/{number}": repeated for number in range(1, 8)}
    proxy = serve({**small_site(1), **index})
    crawl(proxy, "rmol", "--since", "2026-11-01", "-s", EVENING)
    assert sum(proxy.requested(url) for url in index) <= 2


def test_sitemaps_of_robots_txt_are_followed_through_indexes_and_gzip(serve, crawl, news):
    index = (
        b"<sitemapindex"
        b' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://rmol.id/peta-1.xml.gz</loc></sitemap>'
        b"<sitemap><loc>https://example.com/foreign.xml</loc></sitemap></sitemapindex>"
    )
    answers = {
        **small_site(1, 2),
        HOME: home(),
        ROBOTS: Answer(
            content_type="text/plain",
            body=b"User-agent: *\nAllow: /\nSitemap: https://rmol.id/peta.xml\n",
        ),
        "https://rmol.id/peta.xml": Answer(content_type=XML, body=index),
        "https://rmol.id/peta-1.xml.gz": Answer(
            content_type="application/gzip", body=gzip.compress(sitemap(story_url(1), story_url(2)))
        ),
    }
    proxy = serve(answers)
    crawl(proxy, "rmol")
    assert {row["url"] for row in rows(news, "SELECT url FROM latest")} == {
        story_url(1),
        story_url(2),
    }
    assert proxy.requested("https://example.com/foreign.xml") == 0


def test_since_leaves_older_sitemaps_of_an_index_aside(serve, crawl):
    index = "".join(
        f"<sitemap><loc>https://rmol.id/peta-{month}.xml</loc><lastmod>2026-{month:02}-28T00:00:00+07:00</lastmod></sitemap>"
        for month in (9, 10, 11)
    )
    proxy = serve(
        {
            **small_site(1),
            "https://rmol.id/sitemap.xml": Answer(
                content_type=XML, body=f"<sitemapindex>{index}</sitemapindex>".encode()
            ),
        }
    )
    crawl(proxy, "rmol", "--since", "2026-10-15", "-s", EVENING)
    assert [proxy.requested(f"https://rmol.id/peta-{month}.xml") for month in (9, 10, 11)] == [
        0,
        1,
        1,
    ]


def test_a_feed_that_the_home_page_names_is_read(serve, crawl, news):
    feed = (
        "<rss"
        f" version='2.0'><channel><item><title>x</title>"
        f"<link>{story_url(1)}</link></item></channel></rss>"
    )
    named = (
        '<html><head><link rel="alternate" type="application/rss+xml"'
        ' href="/umpan.xml"></head><body><a href="/x">x</a></body></html>'
    )
    answers = {
        **small_site(1),
        HOME: Answer(body=named.encode()),
        "https://rmol.id/umpan.xml": Answer(content_type=XML, body=feed.encode()),
    }
    crawl(serve(answers), "rmol")
    assert rows(news, "SELECT announced_by FROM ledger WHERE state = 'kept'") == [
        {"announced_by": "https://rmol.id/umpan.xml"}
    ]


def test_a_sitemap_that_says_a_story_was_modified_makes_it_due(serve, crawl, news):
    at = "https://rmol.id/sitemap.xml"
    proxy = serve({**small_site(1), at: Answer(content_type=XML, body=sitemap(story_url(1)))})
    crawl(proxy, "rmol", "-s", "NOW=2026-11-20T10:00:00+00:00")
    proxy.answers = {
        **small_site(1),
        at: Answer(
            content_type=XML, body=sitemap(story_url(1), lastmod="2026-11-20T17:10:00+07:00")
        ),
    }
    crawl(proxy, "rmol", "-s", "NOW=2026-11-20T10:15:00+00:00")
    assert proxy.requested(story_url(1)) == 2


def test_a_source_that_is_not_there_is_noted_and_the_others_are_used(serve, crawl, news):
    crawl(serve(small_site(1)), "rmol")
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = 'https://rmol.id/rss'") == [
        {"state": "source", "reason": "http_404"}
    ]
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_a_source_that_used_to_work_and_fails_is_reported_aloud(serve, crawl):
    feed = f"<rss version='2.0'><channel><item><link>{story_url(1)}</link></item></channel></rss>"
    proxy = serve(
        {**small_site(1), "https://rmol.id/rss": Answer(content_type=XML, body=feed.encode())}
    )
    assert "source skipped" not in crawl(proxy, "rmol").stderr
    proxy.answers = small_site(1)
    assert (
        "rmol: source skipped: https://rmol.id/rss: the page is not there (404)"
        in crawl(proxy, "rmol").stderr
    )


def test_sitemaps_of_an_index_that_did_not_change_are_read_all_the_same(serve, crawl, news):
    index, part = "https://rmol.id/sitemap.xml", "https://rmol.id/peta-1.xml"
    named = Answer(
        content_type=XML,
        body=f"<sitemapindex><sitemap><loc>{part}</loc></sitemap></sitemapindex>".encode(),
    )
    proxy = serve(
        {**small_site(1, 2, 3), HOME: home(story_url(1)), index: named, part: Answer(status=503)}
    )
    for announced in ((), (story_url(2),), (story_url(2), story_url(3))):
        if announced:
            proxy.answers = {
                **proxy.answers,
                part: Answer(content_type=XML, body=sitemap(*announced)),
            }
        crawl(proxy, "rmol")
    assert {row["url"] for row in rows(news, "SELECT url FROM latest")} == {
        story_url(1),
        story_url(2),
        story_url(3),
    }


def test_the_second_page_of_a_day_is_read_although_the_first_did_not_change(serve, crawl, news):
    first, second = (
        f"https://republika.co.id/berita/tos4su{number}12/dapur-masjid-{number}"
        for number in (1, 2)
    )
    pages = [f"https://republika.co.id/index/{offset}/2026/11/20" for offset in (0, 50)]
    proxy = serve({pages[0]: home(first), pages[1]: Answer(status=503)})
    crawl(proxy, "republika", "-s", EVENING)
    proxy.answers = {pages[0]: home(first), pages[1]: home(second)}
    crawl(proxy, "republika", "-s", EVENING)
    assert {row["url"] for row in rows(news, "SELECT url FROM ledger WHERE state != 'source'")} == {
        first,
        second,
    }


def test_a_feed_that_an_unchanged_home_page_names_is_read_again(serve, crawl, news):
    named = (
        '<html><head><link rel="alternate" type="application/rss+xml"'
        ' href="/umpan.xml"></head><body><a href="/x">x</a></body></html>'
    )
    proxy = serve({})
    for number in (1, 2):
        feed = (
            "<rss"
            f" version='2.0'><channel><item><title>x</title>"
            f"<link>{story_url(number)}</link></item></channel></rss>"
        )
        proxy.answers = {
            **small_site(1, 2),
            HOME: Answer(body=named.encode()),
            "https://rmol.id/umpan.xml": Answer(body=feed.encode()),
        }
        crawl(proxy, "rmol")
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 2}]


def test_a_sitemap_that_always_says_now_is_believed_until_checks_show_it_wrong(serve, crawl, news):
    stories = [story_url(number) for number in range(1, 13)]
    proxy = serve({})
    asked = []
    for minute in ("00", "10", "20"):
        at = f"2026-11-20T10:{minute}:00+00:00"
        named = sitemap(*stories, lastmod=at)
        source = Answer(content_type=XML, body=named)
        proxy.answers = {**small_site(*range(1, 13)), "https://rmol.id/sitemap.xml": source}
        done = crawl(proxy, "rmol", "--json", "-s", f"NOW={at}")
        asked.append(sum(map(proxy.requested, stories)))
    assert asked == [12, 24, 24]
    assert '"lastmod_doubted": 12' in done.stdout
    told = run(proxy, "scraper", "explain", "--archive", str(news), stories[0]).stdout
    assert "as it said of pages in which checks found no change" in told
