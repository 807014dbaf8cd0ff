"""What a crawl keeps of how its pages came over the wire, compared with what a server sent."""

from __future__ import annotations

import gzip
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest

from archive import Archive, Page
from archive.records import HeaderLines, Wire
from scraper.cli.demo.proxy import Answer, Answers, ReplayProxy
from tests.archive.web_archives.kept import export, header, read
from tests.preloaded import warta
from tests.scraper.crawling.conftest import FAST, ROBOTS, home, run, small_site, story, story_url
from tests.scraper.crawling.network.raw_server import RawServer, head_of
from tests.scraper.crawling.network.test_unreachable import DIRECT, directly, through

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HTML = b"Content-Type: text/html; charset=utf-8\r\n"


def path_of(url: str) -> str:
    return url.removeprefix("https://rmol.id")


def with_length(head: bytes, body: bytes) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 500] for start in range(0, len(body), 500)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def body_of(number: int) -> bytes:
    return story(number).body


NAMES = (
    "repeats",
    "gzip",
    "brotli",
    "zstd",
    "first_protocol",
    "without_length",
    "without_reason",
    "interim",
    "odd_lines",
    "bare_line_feeds",
    "redirected",
    "cookie_wall",
    "tried_again",
    "conditional",
)
URLS = {name: story_url(number) for number, name in enumerate(NAMES, 1)}
BODIES = {name: body_of(number) for number, name in enumerate(NAMES, 1)}
PACKED = {
    "gzip": gzip.compress(BODIES["gzip"]),
    "brotli": brotli.compress(BODIES["brotli"]),
    "zstd": zstd.compress(BODIES["zstd"]),
}
OK = b"HTTP/1.1 200 OK\r\n"
CANONICAL = story_url(1 + NAMES.index("redirected"), slug="saluran-air-baru")
CANONICAL_1 = story_url(1, slug="saluran-air-baru")
BETWEEN = CANONICAL + "?lewat=1"


def redirect(status: bytes, to: str) -> bytes:
    return with_length(
        b"HTTP/1.1 %b\r\nserver: nginx\r\nLocation: %b\r\nset-cookie: lewat=1\r\n"
        % (status, to.encode()),
        b"<html>pindah</html>",
    )


ANSWERS: dict[str, list[bytes]] = {
    "repeats": [
        with_length(
            OK + b"server: nginx\r\nX-Cache: HIT\r\nSET-COOKIE: a=1\r\nVary: Cookie\r\n"
            b"x-cache: MISS, HIT\r\nContent-type: text/html\r\nset-cookie: b=2; Path=/\r\n"
            b"Keep-Alive: timeout=5\r\nVary: Accept-Encoding\r\nConnection: Keep-Alive\r\n",
            BODIES["repeats"],
        )
    ],
    "gzip": [with_length(OK + HTML + b"Content-Encoding: gzip\r\n", PACKED["gzip"])],
    "brotli": [
        OK
        + b"Transfer-Encoding: chunked\r\ncontent-encoding: br\r\n"
        + HTML
        + b"\r\n"
        + chunked(PACKED["brotli"])
    ],
    "zstd": [with_length(OK + HTML + b"Content-Encoding: zstd\r\n", PACKED["zstd"])],
    "first_protocol": [
        b"HTTP/1.0 200 Document follows\r\n" + HTML + b"\r\n" + BODIES["first_protocol"]
    ],
    "without_length": [OK + HTML + b"Connection: close\r\n\r\n" + BODIES["without_length"]],
    "without_reason": [with_length(b"HTTP/1.1 200\r\n" + HTML, BODIES["without_reason"])],
    "interim": [
        b"HTTP/1.1 103 Early Hints\r\nLink: </gaya.css>; rel=preload\r\n\r\n"
        + with_length(OK + HTML, BODIES["interim"])
    ],
    "odd_lines": [
        with_length(
            OK + HTML + b"X-Tight:1\r\nX-Wide:  lebar \t\r\nX-Empty:\r\nno colon here\r\n"
            b"X-Folded: satu,\r\n\t dua,\r\n   tiga\r\nX-Latin: caf\xe9 \xe2\x80\x93\r\n",
            BODIES["odd_lines"],
        )
    ],
    "bare_line_feeds": [
        with_length(OK + HTML + b"X-Unix: 1\r\n", b"")
        .replace(b"\r\n", b"\n")
        .replace(b": 0\n", b": %d\n" % len(BODIES["bare_line_feeds"]))
        + BODIES["bare_line_feeds"]
    ],
    "redirected": [redirect(b"301 Moved Permanently", BETWEEN)],
    "cookie_wall": [
        redirect(b"302 Found", URLS["cookie_wall"]),
        with_length(OK + HTML + b"Set-Cookie: rahasia=2\r\nX-After: 1\r\n", BODIES["cookie_wall"]),
    ],
    "tried_again": [
        with_length(b"HTTP/1.1 500 Maaf\r\nX-Attempt: 1\r\n", b"galat"),
        with_length(OK + HTML + b"X-Attempt: 2\r\n", BODIES["tried_again"]),
    ],
    "conditional": [with_length(OK + HTML + b'ETag: "1"\r\n', BODIES["conditional"])],
}
SITE = {
    "/robots.txt": [
        with_length(OK + b"content-type: text/plain\r\nX-Robots: 1\r\n", b"User-agent: *\n")
    ],
    "/": [with_length(OK + HTML, home(*URLS.values()).body)],
    path_of(BETWEEN): [redirect(b"302 Found", CANONICAL)],
    path_of(CANONICAL): [with_length(OK + HTML + b"X-Last: 1\r\n", BODIES["redirected"])],
    **{path_of(URLS[name]): those for name, those in ANSWERS.items()},
}


class Crawled:
    """One crawl of all these pages: what the server received, and what the archive has."""

    def __init__(self, server: RawServer, path: Path) -> None:
        self.server = server
        self.path = path
        with Archive(path, read_only=True) as archive:
            pages = [
                archive.page(row["id"]) for row in archive.db.query("SELECT id FROM snapshots")
            ]
            (self.robots,) = archive.robots.answers()
        self.pages = {page.requested_url: page for page in pages}

    def page(self, name: str) -> Page:
        return self.pages[URLS[name]]

    def wire(self, name: str) -> Wire:
        wire = self.page(name).wire
        assert wire is not None
        return wire


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    path = tmp_path_factory.mktemp("wire") / "news.db"
    with RawServer(SITE).running() as server:
        words = ("crawl", "rmol", "--archive", str(path), *FAST, "-s", "DOWNLOAD_TIMEOUT=10")
        done = warta(*words, environment=directly(server.port), changed=DIRECT)
        assert done.returncode == 0, done.stderr
        yield Crawled(server, path)


def text(lines: HeaderLines) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"


@pytest.mark.parametrize(
    "name", ["repeats", "gzip", "brotli", "zstd", "first_protocol", "without_length", "interim"]
)
def test_the_head_of_a_response_is_kept_byte_for_byte(crawled: Crawled, name: str) -> None:
    wire = crawled.wire(name)
    head = f"{wire.protocol} 200 {wire.reason}\r\n{text(wire.headers)}"
    assert head.encode("latin-1") == head_of(ANSWERS[name][0])


@pytest.mark.parametrize("name", NAMES)
def test_the_head_of_a_request_is_kept_as_the_server_received_it(
    crawled: Crawled, name: str
) -> None:
    page, wire = crawled.page(name), crawled.wire(name)
    head = f"{wire.method} {path_of(page.url)} HTTP/1.1\r\n{text(wire.request_headers)}"
    received = crawled.server.received[path_of(page.url)][-1]
    if name == "cookie_wall":
        assert b"\r\nCookie: lewat=1\r\n" in received
        received = received.replace(b"Cookie: lewat=1\r\n", b"")
    assert head.encode("latin-1") == received


@pytest.mark.parametrize("name", NAMES)
def test_the_length_is_that_of_the_bytes_that_were_sent(crawled: Crawled, name: str) -> None:
    assert crawled.wire(name).length == len(PACKED.get(name, BODIES[name]))
    assert crawled.page(name).body == BODIES[name]


def test_the_address_is_that_of_the_server(crawled: Crawled) -> None:
    peers = {(crawled.wire(name).address, crawled.wire(name).port) for name in NAMES}
    assert peers == {("127.0.0.1", crawled.server.port)}


def test_a_status_line_without_a_reason_has_an_empty_one(crawled: Crawled) -> None:
    assert crawled.wire("without_reason").reason == ""


def test_lines_are_read_as_http_reads_them(crawled: Crawled) -> None:
    assert crawled.wire("odd_lines").headers[1:-1] == (
        ("X-Tight", "1"),
        ("X-Wide", "lebar"),
        ("X-Empty", ""),
        ("X-Folded", "satu, dua, tiga"),
        ("X-Latin", "caf\xe9 \xe2\x80\x93"),
    )
    assert crawled.wire("bare_line_feeds").headers[1] == ("X-Unix", "1")


def test_each_redirect_is_kept_with_its_own_exchange(crawled: Crawled) -> None:
    page, wire = crawled.page("redirected"), crawled.wire("redirected")
    assert page.url == CANONICAL
    assert [(hop.url, hop.status, hop.reason) for hop in wire.hops] == [
        (URLS["redirected"], 301, "Moved Permanently"),
        (BETWEEN, 302, "Found"),
    ]
    for hop in wire.hops:
        (answer,) = SITE[path_of(hop.url)]
        head = f"{hop.protocol} {hop.status} {hop.reason}\r\n{text(hop.headers)}"
        assert head.encode("latin-1") == head_of(answer)
        assert hop.length == len(b"<html>pindah</html>")
        assert (hop.address, hop.port) == ("127.0.0.1", crawled.server.port)
        (received,) = crawled.server.received[path_of(hop.url)]
        asked = f"GET {path_of(hop.url)} HTTP/1.1\r\n{text(hop.request_headers)}"
        assert asked.encode("latin-1") == received
        assert hop.fetched_at <= page.fetched_at
    assert wire.headers[-2:] == (("X-Last", "1"), ("Content-Length", str(wire.length)))


def test_a_request_that_carried_cookies_is_kept_without_them_and_what_it_was_given(
    crawled: Crawled,
) -> None:
    wire = crawled.wire("cookie_wall")
    (wall,) = wire.hops
    assert (wall.url, wall.status) == (URLS["cookie_wall"], 302)
    assert ("set-cookie", "lewat=1") in wall.headers  # as any visitor is given one
    assert [name for name, _value in wire.headers] == ["Content-Type", "X-After", "Content-Length"]


def test_a_failed_attempt_leaves_no_hop(crawled: Crawled) -> None:
    wire = crawled.wire("tried_again")
    assert wire.hops == ()
    assert ("X-Attempt", "2") in wire.headers
    assert len(crawled.server.received[path_of(URLS["tried_again"])]) == 2


def test_an_answer_for_robots_txt_is_kept_with_its_own_exchange(crawled: Crawled) -> None:
    wire, (sent,) = crawled.robots.wire, SITE["/robots.txt"]
    assert wire is not None
    assert (crawled.robots.url, crawled.robots.text) == (ROBOTS, "User-agent: *\n")
    head = f"{wire.protocol} {crawled.robots.status} {wire.reason}\r\n{text(wire.headers)}"
    assert head.encode() == head_of(sent)
    assert (wire.address, wire.port) == ("127.0.0.1", crawled.server.port)
    assert wire.length == len(b"User-agent: *\n")


def test_behind_a_proxy_no_address_is_known_and_its_password_is_kept_nowhere(
    serve: Callable[[Answers], ReplayProxy], news: Path
) -> None:
    url, plain = story_url(1), story_url(1, slug="lama").replace("https", "http")
    proxy = serve(
        {
            **small_site(1),
            url: Answer(status=301, headers=(("Location", plain),)),
            plain: Answer(status=301, headers=(("Location", CANONICAL_1),)),
            CANONICAL_1: story(1),
        }
    )
    login = through(proxy.url.replace("//", "//pembaca:rahasia@"))
    done = warta("crawl", "rmol", "--archive", str(news), *FAST, environment=login)
    assert done.returncode == 0, done.stderr
    with Archive(news, read_only=True) as archive:
        wire = archive.page(1).wire
    assert wire is not None
    assert [hop.url for hop in wire.hops] == [url, plain]
    assert {(each.address, each.port) for each in (wire, *wire.hops)} == {(None, None)}
    names = {name.lower() for each in (wire, *wire.hops) for name, _value in each.request_headers}
    assert "host" in names
    assert not any(name.startswith("proxy") for name in names)
    assert b64encode(b"pembaca:rahasia") not in news.read_bytes()


def test_further_pages_have_their_own(serve: Callable[[Answers], ReplayProxy], news: Path) -> None:
    url = story_url(1)
    onward = b'<div class="pages"><a href="?page=2">Selanjutnya</a></div></body>'
    first = story(1).body.replace(b"</body>", onward)
    more = story(1, prose=("Bagian kedua tentang saluran air di hilir kampung.",)).body
    pages = {url: first, f"{url}?page=2": more}
    answers = {name: Answer(body=body, headers=(("X-Part", name),)) for name, body in pages.items()}
    done = run(
        serve({**small_site(1), **answers}),
        "tests.scraper.crawling.pages.without_layouts",
        *("crawl", "rmol", "--archive", str(news), *FAST),
    )
    assert done.returncode == 0, done.stderr
    with Archive(news, read_only=True) as archive:
        page = archive.page(1)
    for each in (page, *page.parts):
        assert each.wire is not None
        assert dict(each.wire.headers)["X-Part"] == each.url
        assert each.wire.length == len(pages[each.url])
    assert len(page.parts) == 1


def test_a_web_archive_that_is_exported_has_these_heads(crawled: Crawled, tmp_path: Path) -> None:
    out = tmp_path / "out.warc.gz"
    export(crawled.path, out)
    received, sent = {}, {}
    for record, body in read(out.read_bytes()):
        url = header(record, "WARC-Target-URI")
        if record.rec_type == "response":
            received[url, record.http_headers.get_statuscode()] = (record, body)
        elif record.rec_type == "request":
            sent[url] = record
    for name in ("repeats", "gzip", "brotli", "zstd"):
        page = crawled.page(name)
        record, body = received[page.url, "200"]
        lines = [
            (original.removeprefix("X-Crawler-"), value)
            for original, value in record.http_headers.headers
        ]
        encoded = len(lines) > len(crawled.wire(name).headers)  # and its length was added
        assert tuple(lines[: len(lines) - encoded]) == crawled.wire(name).headers
        assert record.http_headers.protocol == "HTTP/1.1"
        assert header(record, "WARC-IP-Address") == "127.0.0.1"
        assert body == BODIES[name]
        assert tuple(sent[page.url].http_headers.headers) == crawled.wire(name).request_headers
    assert {(URLS["redirected"], "301"), (BETWEEN, "302"), (CANONICAL, "200")} <= received.keys()
    robots, rules = received[ROBOTS, "200"]
    assert ("X-Robots", "1") in robots.http_headers.headers
    assert rules == b"User-agent: *\n"
