"""An answer is believed only when it is whole: half a page is no edit, and no article."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import brotli
from backports import zstd

from archive import Archive
from scraper.cli.demo.proxy import Answer, ReplayProxy
from tests.scraper.crawling.conftest import (
    HOME,
    PROSE,
    among_good_ones,
    home,
    ledger,
    number_of,
    rows,
    small_site,
    story,
    story_url,
)
from tests.scraper.crawling.network.test_hostile_servers import serve_raw

Pack = Callable[[bytes], bytes]

URL = story_url(1)
LONG = PROSE * 3
WHOLE = story(1, prose=LONG).body
TYPE = b"Content-Type: text/html; charset=utf-8\r\n"
DAYS = ("-s", "NOW=2026-11-21T12:00:00+07:00"), ("-s", "NOW=2026-11-22T12:00:00+07:00")
PACKED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def half_of(page: bytes) -> bytes:
    return page[: page.index(LONG[4].encode())]


def coded(name: str, packed: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\n" + TYPE + b"Content-Encoding: " + name.encode()
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


def closed(body: bytes, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + TYPE + head + b"Connection: close\r\n\r\n" + body


def raw_deflate(page: bytes) -> bytes:
    return zlib.compress(page)[2:-4]


def a_part(page: bytes) -> bytes:
    half = half_of(page)
    return (
        b"HTTP/1.1 206 Partial Content\r\n"
        + TYPE
        + b"Content-Range: bytes 0-%d/%d\r\n" % (len(half) - 1, len(page))
        + b"Content-Length: %d\r\n\r\n" % len(half)
        + half
    )


def half_coded(name: str, pack: Pack, page: bytes) -> bytes:
    packed = pack(page)
    return coded(name, packed[: len(packed) // 2])


def whole_coded(name: str, pack: Pack, page: bytes) -> bytes:
    return coded(name, pack(page))


BROKEN: dict[str, Pack] = {
    "the connection ends in the middle": lambda page: closed(half_of(page)),
    "fewer bytes than its length": lambda page: closed(
        half_of(page), b"Content-Length: %d\r\n" % len(page)
    ),
    "the last chunk is missing": lambda page: closed(
        b"%x\r\n%s\r\n" % (len(half_of(page)), half_of(page)), b"Transfer-Encoding: chunked\r\n"
    ),
    "a part (206)": a_part,
    **{f"half of {name}": partial(half_coded, name, pack) for name, pack in PACKED.items()},
    "half of raw deflate": partial(half_coded, "deflate", raw_deflate),
}
SOUND: dict[str, Pack] = {
    "the connection ends after the page": closed,
    "a server's comment follows": lambda page: closed(page + b"\n<!-- cached -->\n"),
    **{name: partial(whole_coded, name, pack) for name, pack in PACKED.items()},
    "raw deflate": partial(whole_coded, "deflate", raw_deflate),
    "two members of gzip": lambda page: coded("gzip", gzip.compress(page) + gzip.compress(b"\n")),
}


def answering(proxy: ReplayProxy, answers: Mapping[str, bytes]) -> ReplayProxy:
    """Answer for these addresses with bytes as they are."""
    for url, raw in answers.items():
        serve_raw(proxy, url, partial(iter, [raw]))
    return proxy


def pages_of(urls: Mapping[str, str]) -> dict[str, bytes]:
    """A long page for each name."""
    return {name: story(number_of(url), prose=LONG).body for name, url in urls.items()}


def test_half_an_answer_is_a_failed_check_and_no_edit(serve, crawl, news) -> None:
    urls, site = among_good_ones(BROKEN)
    pages = pages_of(urls)
    site |= {urls[name]: Answer(body=page) for name, page in pages.items()}
    assert crawl(serve(site), "rmol", *DAYS[0]).returncode == 0
    halves = {urls[name]: BROKEN[name](page) for name, page in pages.items()}
    crawl(answering(serve(site), halves), "rmol", "--recheck", "all", *DAYS[1])
    assert rows(news, "SELECT DISTINCT kind FROM history") == [{"kind": "first"}]
    assert ledger(news, urls) == dict.fromkeys(urls, ("failed", "incomplete"))
    newest = "SELECT u.url, max(s.id) AS id FROM snapshots s JOIN urls u ON u.id = s.url_id"
    evidence = {row["url"]: row["id"] for row in rows(news, f"{newest} GROUP BY u.url")}
    with Archive(news, read_only=True) as archive:  # its bytes are kept
        for name, page in pages.items():
            assert archive.snapshots.page(evidence[urls[name]]).body != page, name


def test_a_whole_answer_is_believed_however_it_ends(serve, crawl, news) -> None:
    urls, site = among_good_ones(SOUND)
    answers = {urls[name]: SOUND[name](page) for name, page in pages_of(urls).items()}
    done = crawl(answering(serve(site), answers), "rmol", *DAYS[0])
    assert done.returncode == 0, done.stderr
    assert ledger(news, urls) == dict.fromkeys(urls, ("kept", None))


def test_half_a_first_page_is_no_article_and_its_bytes_never_become_one(
    serve, crawl, news, warta
) -> None:
    site = {**small_site(1, 2)}
    crawl(answering(serve(site), {URL: closed(half_of(WHOLE))}), "rmol", *DAYS[0])
    assert rows(news, "SELECT url FROM latest") == [{"url": story_url(2)}]
    with Archive(news) as archive, archive.transaction(datetime(2026, 11, 21, 6, tzinfo=UTC)):
        archive.db.conn.execute("UPDATE readings SET extractor = 'warta-rmol/0+lama'")
    assert warta("reextract", archive=news).exit_code == 0
    assert rows(news, "SELECT url FROM latest") == [{"url": story_url(2)}]
    crawl(serve(site), "rmol", *DAYS[1])
    assert {row["url"] for row in rows(news, "SELECT url FROM latest")} == {URL, story_url(2)}


def test_a_page_without_the_end_tag_that_its_site_always_sends_is_incomplete(
    serve, crawl, news
) -> None:
    site = small_site(*range(1, 13))
    crawl(serve(site), "rmol", *DAYS[0])
    cut = {**site, URL: Answer(body=WHOLE.replace(b"</body></html>", b""))}
    crawl(serve(cut), "rmol", "--recheck", "all", *DAYS[1])
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", URL) == [{"reason": "incomplete"}]
    # What comes so again and again is what the site sends.
    for day in range(23, 27):
        crawl(serve(cut), "rmol", "--recheck", "all", "-s", f"NOW=2026-11-{day}T12:00:00+07:00")
    assert rows(news, "SELECT state FROM ledger WHERE url = ?", URL) == [{"state": "unchanged"}]


def test_a_page_that_is_much_shorter_than_its_story_is_requested_once_more(
    serve, crawl, news
) -> None:
    site = {**small_site(1), URL: story(1, prose=LONG)}
    crawl(serve(site), "rmol", *DAYS[0])
    short = {**site, URL: story(1, prose=PROSE[:1])}
    crawl(serve(short), "rmol", "--recheck", "all", *DAYS[1])
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = ?", URL) == [
        {"state": "failed", "reason": "much_shorter"}
    ]
    crawl(serve(short), "rmol", "-s", "NOW=2026-11-23T12:00:00+07:00")
    assert [row["kind"] for row in rows(news, "SELECT kind FROM history ORDER BY number")] == [
        "first",
        "publisher",
    ]


def test_a_short_page_that_is_long_again_was_never_an_edit(serve, crawl, news) -> None:
    site = {**small_site(1), URL: story(1, prose=LONG)}
    crawl(serve(site), "rmol", *DAYS[0])
    crawl(serve({**site, URL: story(1, prose=PROSE[:1])}), "rmol", "--recheck", "all", *DAYS[1])
    crawl(serve(site), "rmol", "-s", "NOW=2026-11-23T12:00:00+07:00")
    assert rows(news, "SELECT kind FROM history") == [{"kind": "first"}]
    assert rows(news, "SELECT state FROM ledger WHERE url = ?", URL) == [{"state": "unchanged"}]


def test_a_page_that_sets_a_cookie_and_sends_the_visitor_back_is_had(serve, crawl, news) -> None:
    proxy = serve(small_site(1))
    plain = proxy._server.RequestHandlerClass

    class Handler(plain):  # type: ignore[misc,valid-type]
        def do_GET(self) -> None:
            told = self.headers.get("Cookie")
            if self.path == URL.removeprefix("https://rmol.id") and told != "izin=1; rute=b":
                self.send_response(302)
                for name, value in (
                    ("Location", URL),
                    ("Set-Cookie", "izin=1; Path=/; HttpOnly"),
                    ("Set-Cookie", "rute=b"),
                    ("Content-Length", "0"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                return
            assert told is None or URL.endswith(self.path)  # no other request carries it
            super().do_GET()

    proxy._server.RequestHandlerClass = Handler
    crawl(proxy, "rmol", *DAYS[0])
    assert rows(news, "SELECT url FROM latest") == [{"url": URL}]


def test_a_wall_that_takes_no_cookie_is_a_redirect_loop(serve, crawl, news) -> None:
    wall = Answer(status=302, headers=(("Location", URL), ("Set-Cookie", "izin=1")))
    proxy = serve({**small_site(2), HOME: home(URL, story_url(2)), URL: wall})
    crawl(proxy, "rmol", *DAYS[0])
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", URL) == [
        {"reason": "redirect_loop"}
    ]
    assert proxy.requested(URL) <= 8
