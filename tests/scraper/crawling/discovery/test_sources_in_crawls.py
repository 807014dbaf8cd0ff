"""Sources over several crawls: what is read whole, what is read again, what fails aloud."""

from __future__ import annotations

import gzip
from collections.abc import Mapping

import pytest

from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, rows, small_site, story, story_url

XML = "application/xml"
INDEX, CHILD = "https://rmol.id/sitemap.xml", "https://rmol.id/peta-1.xml"
FEED = "https://rmol.id/rss"


def at(day: int, hour: int = 12) -> tuple[str, str]:
    return "-s", f"NOW=2026-11-{day:02}T{hour:02}:00:00+07:00"


def xml(text: str, **more: object) -> Answer:
    return Answer(content_type=XML, body=text.encode(), **more)


def sitemap(*numbers: int) -> Answer:
    entries = "".join(f"<url><loc>{story_url(number)}</loc></url>" for number in numbers)
    return xml(f"<urlset>{entries}</urlset>")


def feed(*numbers: int) -> Answer:
    items = "".join(f"<item><link>{story_url(number)}</link></item>" for number in numbers)
    return xml(f"<rss version='2.0'><channel>{items}</channel></rss>")


def index(lastmods: Mapping[str, str]) -> Answer:
    children = (
        f"<sitemap><loc>{url}</loc><lastmod>{lastmod}</lastmod></sitemap>"
        for url, lastmod in lastmods.items()
    )
    return xml(f"<sitemapindex>{''.join(children)}</sitemapindex>")


def reason(news, url):
    (row,) = rows(news, "SELECT reason FROM ledger WHERE url = ?", url)
    return row["reason"]


def test_a_relative_sitemap_line_is_one_of_its_own_host(serve, crawl, news):
    answers = {
        **small_site(1),
        HOME: home(),
        ROBOTS: Answer(content_type="text/plain", body=b"User-agent: *\nSitemap: /peta-1.xml\n"),
        CHILD: sitemap(1),
    }
    crawl(serve(answers), "rmol")
    assert rows(news, "SELECT announced_by FROM ledger WHERE state = 'kept'") == [
        {"announced_by": CHILD}
    ]


# (lastmod on the first day, on the second; whether the sitemap is requested on the second day)
MOVES = [
    ("2026-11-18T09:00:00+07:00", "2026-11-18T09:00:00+07:00", False),
    ("2026-11-18T09:00:00+07:00", "2026-11-18T02:00:00Z", False),
    ("2026-11-18 09:00:00", "2026-11-18T09:00:00+07:00", False),
    ("2026-11-18T09:00:00+07:00", "2026-11-20T09:00:00+07:00", True),
    ("2026-11-18T09:00:00+07:00", "2026-11-17T09:00:00+07:00", True),
    ("2026-11-20T11:30:00+07:00", "2026-11-20T11:30:00+07:00", True),  # read within the hour
    ("2026-11-18", "2026-11-18", False),
    ("2026-11-20", "2026-11-20", True),  # the day was not over
    ("2016-01-01", "2016-01-01", True),  # its stories are newer: it is never kept up to date
    ("", "", True),
    ("kemarin", "kemarin", True),
]


def test_a_sitemap_that_was_read_whole_is_requested_when_its_lastmod_moved(serve, crawl):
    moves = {f"https://rmol.id/peta-{number}.xml": move for number, move in enumerate(MOVES)}
    site = {**small_site(1), HOME: home(), **dict.fromkeys(moves, sitemap(1))}
    proxy = serve({**site, INDEX: index({url: before for url, (before, _, _) in moves.items()})})
    crawl(proxy, "rmol", *at(20))
    proxy.answers = {**site, INDEX: index({url: after for url, (_, after, _) in moves.items()})}
    done = crawl(proxy, "rmol", *at(21), "--json")
    assert done.returncode == 0, done.stderr
    again = {url: proxy.requested(url) - 1 for url in moves}
    assert again == {url: int(requested) for url, (_, _, requested) in moves.items()}
    assert f'"not_moved": {list(again.values()).count(0)}' in done.stdout


LONG_AGO = "2026-11-18T09:00:00+07:00"
PACKED = gzip.compress(sitemap(*range(1, 400)).body)
BROKEN = {
    "without-its-end": (xml(f"<urlset><url><loc>{story_url(1)}</loc></url>"), "incomplete"),
    "without-an-entry": (xml("<urlset><url>"), "broken_sitemap"),
    "206": (xml(sitemap(1).body.decode(), status=206), "incomplete"),
    "gzip-cut-short": (
        Answer(
            content_type=XML,
            body=PACKED[: len(PACKED) * 2 // 3],
            headers=(("Content-Encoding", "gzip"),),
        ),
        "incomplete",
    ),
    "503": (Answer(content_type=XML, status=503), "http_5xx"),
}


def test_a_sitemap_that_was_not_read_whole_is_requested_again(serve, crawl, news):
    urls = {name: f"https://rmol.id/{name}.xml" for name in BROKEN}
    site = {**small_site(1), HOME: home(), INDEX: index(dict.fromkeys(urls.values(), LONG_AGO))}
    proxy = serve({**site, **{urls[name]: child for name, (child, _reason) in BROKEN.items()}})
    crawl(proxy, "rmol", "--limit", "1", "-s", "RETRY_TIMES=0", *at(20))
    found = {name: reason(news, url) for name, url in urls.items()}
    assert found == {name: expected for name, (_child, expected) in BROKEN.items()}
    proxy.answers = {**site, **dict.fromkeys(urls.values(), sitemap(1))}
    before = {url: proxy.requested(url) for url in urls.values()}
    crawl(proxy, "rmol", "--limit", "1", *at(21))
    crawl(proxy, "rmol", "--limit", "1", *at(22))
    assert {url: proxy.requested(url) - 1 for url in urls.values()} == before
    assert {reason(news, url) for url in urls.values()} == {"announced"}


def test_a_walk_back_requests_sitemaps_whatever_their_index_says(serve, crawl):
    proxy = serve(
        {**small_site(1), HOME: home(), INDEX: index({CHILD: LONG_AGO}), CHILD: sitemap(1)}
    )
    crawl(proxy, "rmol", "--since", "2026-11-10", *at(20))
    crawl(proxy, "rmol", "--since", "2026-11-10", *at(21))
    assert proxy.requested(CHILD) == 2


def test_the_links_of_a_source_that_was_cut_are_used_and_it_is_said_aloud(serve, crawl, news):
    proxy = serve({**small_site(1, 2), HOME: home(), FEED: feed(1)})
    crawl(proxy, "rmol", *at(20))
    proxy.answers = {**proxy.answers, FEED: xml(feed(1, 2).body.decode().partition("</channel")[0])}
    done = crawl(proxy, "rmol", *at(21))
    assert f"source skipped: {FEED}: the response ended early" in done.stderr
    assert reason(news, FEED) == "incomplete"
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 2}]


MAP, MAPS = "https://rmol.id/peta-a.xml", "https://rmol.id/peta-b.xml"
EMPTY = {
    "an empty sitemap": (MAP, sitemap(1), sitemap()),
    "an index without sitemaps": (MAPS, index({CHILD: ""}), xml("<sitemapindex></sitemapindex>")),
    "an empty feed": (FEED, feed(1), feed()),
}


@pytest.mark.parametrize(
    "empty_home", [home(), home("https://rmol.id/masuk")], ids=["no links", "no story"]
)
def test_a_source_that_announced_stories_and_reads_as_empty_has_failed(
    serve, crawl, news, empty_home
):
    named = f"User-agent: *\nSitemap: {MAP}\nSitemap: {MAPS}\nSitemap: {INDEX}\n".encode()
    robots = Answer(content_type="text/plain", body=named)
    cases = [*EMPTY.values(), (HOME, home(story_url(3)), empty_home)]
    first = {url: answer for url, answer, _then in cases}
    site = {**small_site(1, 2, 3), ROBOTS: robots, CHILD: sitemap(1), INDEX: sitemap(2), **first}
    proxy = serve(site)
    crawl(proxy, "rmol", *at(20))
    assert {reason(news, url) for url in first} == {"announced"}
    tagged = (("ETag", '"1"'),)
    proxy.answers = site | {
        url: Answer(content_type=then.content_type, body=then.body, headers=tagged)
        for url, _first, then in cases
    }
    for day, aloud in ((21, True), (22, False)):
        done = crawl(proxy, "rmol", *at(day), "--json")
        for url in first:
            said = f"rmol: source skipped: {url}: it announced nothing, although it did before"
            assert (said in done.stderr) is aloud
        assert f'"empty_source": {len(first)}' in done.stdout
        assert {reason(news, url) for url in first} == {"empty_source"}
    proxy.answers = site
    crawl(proxy, "rmol", *at(23))
    assert {reason(news, url) for url in first} == {"announced"}


def test_a_source_that_never_announced_anything_has_not_failed(serve, crawl, news):
    proxy = serve({**small_site(1), FEED: feed(), INDEX: home("https://rmol.id/tentang")})
    for day in (20, 21):
        done = crawl(proxy, "rmol", *at(day), "--json")
        assert "empty_source" not in done.stdout
    assert reason(news, FEED) in ("no_links", "not_modified")


@pytest.mark.parametrize("year", [1796, 2099])
def test_a_story_of_an_impossible_year_is_read_dated_by_nobody_and_comes_to_rest(
    serve, crawl, news, year
):
    page = story(1)
    odd = page.body.replace(b'content="2026-11-20', f'content="{year}-11-20'.encode())
    item = f"<item><link>{story_url(1)}</link><pubDate>{year}-11-20 08:00:00</pubDate></item>"
    answers = {
        **small_site(),
        HOME: home(),
        FEED: xml(f"<rss version='2.0'><channel>{item}</channel></rss>"),
        story_url(1): Answer(body=odd),
    }
    proxy = serve(answers)
    done = crawl(proxy, "rmol", "--since", "2026-11-01", "--until", "2026-11-21", *at(21), "--json")
    assert '"unusable_dates": 1' in done.stdout
    (row,) = rows(news, "SELECT published_at, warnings FROM latest")
    assert "impossible_date" in str(row["warnings"])
    assert row["published_at"] is None
    for day in range(22, 29):
        crawl(proxy, "rmol", *at(day))
    assert proxy.requested(story_url(1)) < 7
