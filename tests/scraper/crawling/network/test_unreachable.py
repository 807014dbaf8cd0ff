"""A site that cannot be reached is reported as that, by what failed: name, proxy, connection, TLS
or time. "robots.txt was unavailable" is said of a server that answered so.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from archive.ledger.wording import UNANSWERED, sentence
from scraper.cli.demo.proxy import Answer
from tests.preloaded import warta
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, rows, run, small_site

ONCE = ("-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_DELAY=0")
Run = subprocess.CompletedProcess[str]


def without_proxy(**more: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
    return kept | more


def through(proxy: str) -> dict[str, str]:
    return without_proxy(http_proxy=proxy, https_proxy=proxy)


def directly(port: int) -> dict[str, str]:
    return without_proxy(SERVER_PORT=str(port))


@pytest.fixture
def closed_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def answering() -> Iterator[Callable[[int], int]]:
    """Starts a plain HTTP server that answers everything, CONNECT too, with a status; its port."""
    started: list[ThreadingHTTPServer] = []

    def start(status: int) -> int:
        def answer(self: BaseHTTPRequestHandler) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        verbs = dict.fromkeys(("do_GET", "do_CONNECT"), answer)
        quiet = {"log_message": lambda *_given: None}
        handler = type("Handler", (BaseHTTPRequestHandler,), verbs | quiet)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        started.append(server)
        return int(server.server_address[1])

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def reason_of(news: Path) -> Callable[..., str]:
    """Crawl rmol.id in vain, and give the reason that everything shows in the same way."""

    def crawl(given: dict[str, str], *more: str, changed: str = "scraper.cli.main") -> str:
        words = ("crawl", "rmol", "--archive", str(news), "--json", *ONCE, *more)
        done = warta(*words, environment=given, changed=changed)
        assert done.returncode == 1, done.stderr
        reason = str(json.loads(done.stdout)["ended"])
        assert f"rmol: not crawled: {sentence(reason)}" in done.stderr
        assert "robots.txt" not in done.stderr
        assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": reason}]
        assert rows(news, "SELECT status, reason FROM robots") == [
            {"status": None, "reason": reason}
        ]
        assert rows(news, "SELECT * FROM manners") == []  # nobody requested a slower crawl
        health = warta("health", "--site", "rmol", "--archive", str(news), environment=given)
        assert f"the last crawl failed: {sentence(reason)}" in health.stdout
        return reason

    return crawl


DIRECT = "tests.scraper.crawling.network.direct"


def test_a_server_that_refuses_the_connection(reason_of, closed_port):
    assert reason_of(directly(closed_port), changed=DIRECT) == "connection_refused"


def test_a_server_that_accepts_and_never_answers(reason_of, silent_port):
    given = ("-s", "DOWNLOAD_TIMEOUT=0.5")
    assert reason_of(directly(silent_port), *given, changed=DIRECT) == "timeout"


def test_a_server_that_speaks_no_tls(reason_of, answering):
    assert reason_of(directly(answering(200)), changed=DIRECT) == "tls_failed"


def test_a_name_that_cannot_be_resolved(reason_of):
    assert (
        reason_of(without_proxy(), changed="tests.scraper.crawling.network.no_names")
        == "dns_failed"
    )


def test_a_proxy_that_nobody_listens_at(reason_of, closed_port):
    assert reason_of(through(f"http://127.0.0.1:{closed_port}")) == "proxy_failed"


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses(reason_of, answering, status):
    assert reason_of(through(f"http://127.0.0.1:{answering(status)}")) == "proxy_failed"


def test_an_untrusted_certificate_only_where_certificates_are_verified(serve, crawl, news):
    proxy = serve(small_site(1))  # its certificate is its own
    verified = crawl(proxy, "rmol", *ONCE, "-s", "DOWNLOAD_VERIFY_CERTIFICATES=1")
    assert verified.returncode == 1
    assert crawl(proxy, "rmol").returncode == 0
    assert rows(news, "SELECT end_reason FROM crawls") == [
        {"end_reason": "tls_failed"},
        {"end_reason": "finished"},
    ]


def test_a_robots_txt_of_5xx_is_still_one_of_rfc_9309(serve, crawl, news):
    done = crawl(serve({ROBOTS: Answer(status=503)}), "rmol", *ONCE)
    assert "robots.txt was unavailable, so the site is not crawled now (RFC 9309)" in done.stderr
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "robots_unavailable"}]


def test_where_no_site_is_reached_the_crawl_says_so_once_and_health_has_one_incident(
    news, closed_port
):
    given = through(f"http://127.0.0.1:{closed_port}")
    words = ("rmol", "suara", "medcom")
    done = warta("crawl", *words, "--archive", str(news), *ONCE, environment=given)
    assert done.returncode == 1
    assert done.stderr.count(sentence("network_down")) == 1
    sites = [word for site in words for word in ("--site", site)]
    sites = (f"--site={site}" for site in words)
    health = warta("health", *sites, "--archive", str(news), "--json", environment=given)
    found = [json.loads(line) for line in health.stdout.splitlines()]
    assert [(row["site"], row["well"]) for row in found] == [
        *((site, False) for site in words),
        (None, False),
    ]
    assert [one["kind"] for row in found for one in row["incidents"]] == ["network_down"]


def test_a_site_that_is_not_reached_beside_one_that_answers_fails_by_itself(serve, crawl, news):
    answers = small_site(1)
    proxy = serve(lambda url: answers.get(url) if "rmol.id" in url else _broken())
    done = crawl(proxy, "rmol", "suara", *ONCE)
    assert sentence("network_down") not in done.stderr
    health = run(proxy, "scraper", "health", "--site=rmol", "--site=suara", "--archive", str(news))
    assert "suara: unhealthy" in health.stdout
    assert "rmol: unhealthy" not in health.stdout


def _broken() -> Answer:
    raise ConnectionResetError


def test_doctor_names_what_failed(closed_port, tmp_path):
    given = directly(closed_port)
    done = warta("doctor", "rmol", *ONCE, environment=given, changed=DIRECT, cwd=tmp_path)
    assert done.returncode == 1
    assert f"could not be reached: {sentence('connection_refused')}" in done.stdout


def test_explain_names_what_failed_for_a_story(serve, news):
    site = small_site(1)
    (url,) = site.keys() - {ROBOTS, HOME}
    proxy = serve({ROBOTS: site[ROBOTS], HOME: home(url)})
    proxy.answers = lambda asked: _broken() if asked == url else site.get(asked)
    run(proxy, "scraper", "crawl", "rmol", "--archive", str(news), *ONCE)
    done = run(proxy, "scraper", "explain", url, "--archive", str(news))
    assert f"no answer, failed ({sentence('connection_failed')})" in done.stdout


def test_sources_that_failed_with_the_network_are_requested_again_by_the_next_crawl(serve, news):
    """A name that does not exist rests for a while: not where no name could be resolved."""
    sitemap = "https://www.rmol.id/peta.xml"
    text = f"User-agent: *\nSitemap: {sitemap}\n".encode()
    site = {**small_site(1), ROBOTS: Answer(content_type="text/plain", body=text)}
    down, asked = [True], []

    def answer(url: str) -> Answer | None:
        asked.append(url)
        if down[0] and url != ROBOTS:
            raise ConnectionResetError
        return site.get(url)

    proxy = serve(answer)
    words = ("crawl", "rmol", "--archive", str(news), *ONCE)
    run(proxy, "tests.scraper.crawling.network.lost_names", *words)
    reasons = rows(news, "SELECT DISTINCT reason FROM urls WHERE state = 'source'")
    assert reasons == [{"reason": "dns_failed"}]
    down[0] = False
    asked.clear()
    run(proxy, "scraper", *words)
    assert sitemap in asked


def test_every_reason_has_a_sentence_of_its_own():
    sentences = {sentence(reason) for reason in (*UNANSWERED, "network_down")}
    assert len(sentences) == len(UNANSWERED) + 1
    assert not any("RFC" in text or "robots" in text for text in sentences)
