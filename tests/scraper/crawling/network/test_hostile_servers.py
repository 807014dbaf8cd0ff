"""Servers that send more than an answer, point elsewhere, or use bytes beyond ASCII."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.crawling.middlewares.header_limits import MAX_HEADER_BYTES, MAX_HEADER_LINES
from tests.scraper.crawling.conftest import (
    HOME,
    ROBOTS,
    among_good_ones,
    articles,
    home,
    ledger,
    number_of,
    rows,
    small_site,
    story,
    story_url,
)

GOOD, BAD = 1, story_url(2)
SITE = {**small_site(GOOD), HOME: home(BAD, story_url(GOOD))}
ENDLESS = 100_000
"""Pieces of an answer without an end: some hundred megabytes, where nobody ends it."""

Raw = Callable[[], Iterator[bytes]]


def serve_raw(proxy: ReplayProxy, url: str, raw: Raw) -> None:
    """Answer for one URL with bytes as they are."""

    class Handler(proxy._server.RequestHandlerClass):  # type: ignore[name-defined,misc]
        def do_GET(self) -> None:
            if self.path != url.removeprefix("https://rmol.id"):
                super().do_GET()
                return
            self.close_connection = True
            for piece in raw():
                self.wfile.write(piece)

    proxy._server.RequestHandlerClass = Handler


def many_headers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(ENDLESS):
        yield b"X-%d: 1\r\n" % number * 100


def long_header() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    for _piece in range(ENDLESS):
        yield b"a" * 1000


def continued_header() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: 1\r\n"
    for _piece in range(ENDLESS):
        yield b" 1\r\n" * 100


def long_status() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 "
    for _piece in range(ENDLESS):
        yield b"a" * 1000


def interim_answers() -> Iterator[bytes]:
    for _piece in range(ENDLESS):
        yield b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 10


def trailers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    for _piece in range(ENDLESS):
        yield b"X: 1\r\n" * 100


def test_headers_without_an_end_cost_that_story(serve, crawl, news):
    endless = [many_headers, long_header, continued_header, long_status, interim_answers, trailers]
    urls, site = among_good_ones(raw.__name__ for raw in endless)
    proxy = serve(site)
    for raw in endless:
        serve_raw(proxy, urls[raw.__name__], raw)
    done = crawl(proxy, "rmol", "--json")
    assert done.returncode == 0, done.stderr
    # A page whose trailers have no end came without its end.
    assert ledger(news, urls) == {
        **dict.fromkeys(urls, ("failed", "headers_too_large")),
        "trailers": ("failed", "incomplete"),
    }
    assert '"headers_too_large": 5' in done.stdout
    assert articles(news) == set(site) - {ROBOTS, HOME}


ODD_STATUS = [b"9" * 30, b"9" * 4000, b"1000", b"-5", b"0", b"99", b"2_00", b"\xff", b""]


def test_a_status_of_other_than_three_digits_costs_that_story(serve, crawl, news):
    urls, site = among_good_ones(map(repr, ODD_STATUS))
    proxy = serve(site)
    for status in ODD_STATUS:
        raw = b"HTTP/1.1 " + status + b" x\r\nContent-Length: 0\r\n\r\n"
        serve_raw(proxy, urls[repr(status)], partial(iter, [raw]))
    done = crawl(proxy, "rmol", "-s", "DOWNLOAD_TIMEOUT=5", "-s", "RETRY_TIMES=0")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert {state for state, _reason in ledger(news, urls).values()} == {"failed"}
    assert articles(news) == set(site) - {ROBOTS, HOME}


def test_a_site_whose_robots_txt_has_such_a_status_is_not_crawled(serve, crawl, news):
    proxy = serve(SITE)
    raw = b"HTTP/1.1 99999999999999999999 x\r\nContent-Length: 0\r\n\r\n"
    serve_raw(proxy, "https://rmol.id/robots.txt", lambda: iter([raw]))
    done = crawl(proxy, "rmol", "-s", "RETRY_TIMES=0")
    assert "Traceback" not in done.stderr
    assert "rmol: not crawled: the server answered with an unexpected status" in done.stderr


def test_headers_are_accepted_up_to_their_limits(serve, crawl, news):
    limits = {
        "many": (100, 100),
        "one too many": (MAX_HEADER_LINES + 1, 1),
        "large": (1, MAX_HEADER_BYTES - 1000),
        "two large ones": (2, MAX_HEADER_BYTES - 1000),
    }
    urls, site = among_good_ones(limits)
    for name, (count, size) in limits.items():
        headers = tuple((f"X-{number}", "a" * size) for number in range(count))
        site[urls[name]] = replace(story(number_of(urls[name])), headers=headers)
    crawl(serve(site), "rmol")
    kept = {name for name, url in urls.items() if url in articles(news)}
    assert kept == {"many", "large"}


def test_a_redirect_to_another_port_of_the_site_is_refused(serve, crawl, news):
    targets = {
        "https://rmol.id:8443/": "other_port",
        "http://rmol.id:8080/": "other_port",
        "https://rmol.id:80/": "other_port",
        "http://rmol.id:22/": "other_port",
        "https://rmol.id:443/": "redirect_not_article",
    }
    urls, site = among_good_ones(targets)
    moved = {
        url: Answer(status=302, headers=(("Location", target),)) for target, url in urls.items()
    }
    proxy = serve({**site, **moved})
    done = crawl(proxy, "rmol")
    assert done.returncode == 0, done.stderr
    assert ledger(news, urls) == {target: ("refused", why) for target, why in targets.items()}
    ports = {url for url, _status in proxy.requests if ":" in url.removeprefix("https://")}
    assert not ports


def test_a_redirect_from_http_to_https_is_followed(serve, crawl, news):
    plain = BAD.replace("https:", "http:")
    moves = {
        BAD: Answer(status=302, headers=(("Location", plain + "-x"),)),
        plain + "-x": Answer(status=302, headers=(("Location", BAD + "-x"),)),
        BAD + "-x": story(2),
    }
    crawl(serve({**SITE, **moves}), "rmol")
    assert len(rows(news, "SELECT url FROM latest")) == 2


def test_a_source_on_another_port_is_not_requested(serve, crawl, news):
    named = b"User-agent: *\nSitemap: https://rmol.id:8443/peta.xml\n"
    robots = Answer(content_type="text/plain", body=named)
    proxy = serve({**SITE, "https://rmol.id/robots.txt": robots})
    crawl(proxy, "rmol")
    assert not any("8443" in url for url, _status in proxy.requests)


@pytest.mark.parametrize("tag", ['"kaf\xe9"', '"kafé ☕"'.encode().decode("latin-1")])
def test_an_etag_beyond_ascii_goes_back_as_the_bytes_that_came(serve, crawl, news, tag):
    feed = (
        f"<rss version='2.0'><channel><item><link>{story_url(GOOD)}</link></item></channel></rss>"
    )
    source = "https://rmol.id/rss"
    tagged = {"headers": (("ETag", tag),)}
    answers = {
        **small_site(GOOD),
        source: Answer(body=feed.encode(), **tagged),
        story_url(GOOD): replace(story(GOOD), **tagged),
    }
    proxy = serve(answers)
    sent: dict[str, str | None] = {}

    def noted(url: str, if_none_match: str | None) -> Answer:
        sent[url] = None if if_none_match is None else str(if_none_match)
        return ReplayProxy.answer(proxy, url, if_none_match)

    proxy.answer = noted
    crawl(proxy, "rmol")
    crawl(proxy, "rmol", "--recheck", "all")
    assert (sent[source], sent[story_url(GOOD)]) == (tag, tag)


def test_a_body_is_unpacked_three_times_at_most(serve, crawl, news):
    turns = {"3": "kept", "4": "failed", "2000": "failed"}
    urls, site = among_good_ones(turns)
    for times, url in urls.items():
        body = story(number_of(url)).body
        for _turn in range(min(int(times), 5)):
            body = gzip.compress(body)
        codings = ", ".join(["gzip"] * int(times))
        site[url] = Answer(body=body, headers=(("Content-Encoding", codings),))
    crawl(serve(site), "rmol")
    assert {times: state for times, (state, _reason) in ledger(news, urls).items()} == turns
    assert set(small_site(1, 2, 3)) - {ROBOTS, HOME} <= articles(news)
