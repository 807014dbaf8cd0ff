"""The pace of a crawl as the server sees it, and what one crawl remembers for the next."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive import Archive
from scraper.cli.demo.proxy import Answer, Answers
from scraper.politeness.rules import FEW_FAILURES
from tests.scraper.crawling.conftest import (
    HOME,
    PROSE,
    ROBOTS,
    home,
    rows,
    run,
    small_site,
    story,
    story_url,
)

BEFORE, DURING, AFTER = (
    "2026-11-21T06:00:00+00:00",
    "2026-11-21T09:00:00+00:00",
    "2026-11-22T12:00:00+00:00",
)
SUARA = "https://www.suara.com/"
DELAY = 0.02
"""Seconds; many times what a crawl takes from an answer to its next request."""
SLOWEST = 0.08
EARLY = 0.005
"""Seconds that a timer may be early, by the resolution of its clock."""
BUSY = Answer(status=503)


class Gatekeeper:
    """A server that notes when each request arrived and when its answer was ready, and how many it
    had at a time.
    """

    def __init__(self, answers: Callable[[str], Answer | None], *, work: float = 0.01) -> None:
        self._answers = answers
        self._work = work
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0
        self.visits: list[tuple[float, float, str]] = []

    def __call__(self, url: str) -> Answer | None:
        arrived = time.monotonic()
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            time.sleep(self._work)
            return self._answers(url)
        finally:
            with self._lock:
                self._inside -= 1
                self.visits.append((arrived, time.monotonic(), url))

    def rests(self) -> list[tuple[float, str]]:
        """From the end of each answer to the next request, with the address of the answer."""
        return [
            (after[0] - before[1], before[2])
            for before, after in zip(self.visits, self.visits[1:], strict=False)
        ]


def of(answers: dict[str, Answer]) -> Callable[[str], Answer | None]:
    return answers.get


def failing_first(
    answers: dict[str, Answer], failures: dict[str, list[Answer | None]]
) -> Callable[[str], Answer | None]:
    """The answers, some of them only after others; None breaks the connection off."""

    def answer(url: str) -> Answer | None:
        if failures.get(url):
            first = failures[url].pop(0)
            if first is None:
                raise ConnectionResetError
            return first
        return answers.get(url)

    return answer


def paced(news: Path, *arguments: str) -> tuple[str, ...]:
    return ("scraper", "crawl", "--archive", str(news), *arguments)


def two_pages() -> dict[str, Answer]:
    """A story of suara.com over two pages."""
    url = f"{SUARA}news/2026/11/20/071512/saluran-air"
    shown = story(3, prose=PROSE * 2).body.replace(
        b'id="fontResizableText"', b'class="article-content"'
    )
    pager = b'<div class="wrap-pagination"><a href="?page=2">2</a></div></body>'
    more = {f"{url}?page=2": Answer(body=shown.replace(b"(3)", b"(4)"))}
    return {SUARA: home(url), url: Answer(body=shown.replace(b"</body>", pager)), **more}


def moved(location: str) -> Answer:
    return Answer(status=301, headers=(("Location", location),))


def test_requests_come_one_at_a_time_and_never_less_than_the_delay_apart(serve, news):
    answers = {
        **small_site(1, 2),
        story_url(3): moved(story_url(3, slug="pindah")),
        story_url(3, slug="pindah"): story(3),
    }
    answers[HOME] = home(*(story_url(number) for number in (1, 2, 3)))
    failures: dict[str, list[Answer | None]] = {
        story_url(1): [Answer(status=500)],
        story_url(2): [None],
    }
    keeper = Gatekeeper(failing_first({**answers, **two_pages()}, failures))
    proxy = serve(keeper)
    done = run(proxy, *paced(news, "rmol", "-s", f"DOWNLOAD_DELAY={DELAY}"))
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 3}]
    assert keeper.most == 1
    assert min(rest for rest, _url in keeper.rests()) >= DELAY - EARLY
    before = len(keeper.visits)
    assert (
        run(
            proxy, *paced(news, "suara", "--limit", "1", "-s", f"DOWNLOAD_DELAY={DELAY}")
        ).returncode
        == 0
    )
    assert any("page=2" in url for _arrived, _left, url in keeper.visits[before:])
    assert keeper.most == 1
    assert min(rest for rest, _url in keeper.rests()) >= DELAY - EARLY


def test_requests_stay_one_at_a_time_where_scrapy_starts_several(serve, news):
    """As in a process that was suspended for a while, or where the settings allow it."""
    keeper = Gatekeeper(of(small_site(*range(1, 7))), work=3 * DELAY)
    several = ("CONCURRENT_REQUESTS=8", "CONCURRENT_REQUESTS_PER_DOMAIN=8")
    settings = [word for each in (f"DOWNLOAD_DELAY={DELAY}", *several) for word in ("-s", each)]
    done = run(serve(keeper), *paced(news, "rmol", *settings))
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 6}]
    assert keeper.most == 1
    assert min(rest for rest, _url in keeper.rests()) >= DELAY - EARLY


def test_several_hosts_of_a_site_share_its_pace(serve, news):
    keeper = Gatekeeper(of({**two_pages(), "https://jogja.suara.com/": home()}))
    run(serve(keeper), *paced(news, "suara", "-s", f"DOWNLOAD_DELAY={DELAY}"))
    assert len({url.split("/")[2] for _arrived, _left, url in keeper.visits}) > 5
    assert keeper.most == 1
    assert min(rest for rest, _url in keeper.rests()) >= DELAY - EARLY


def test_a_crawl_delay_of_robots_txt_counts_from_the_next_request(serve, news):
    robots = Answer(
        content_type="text/plain", body=f"User-agent: *\nCrawl-delay: {DELAY}\n".encode()
    )
    keeper = Gatekeeper(of({**small_site(1), ROBOTS: robots}))
    run(serve(keeper), *paced(news, "rmol", "-s", "DOWNLOAD_DELAY=0"))
    assert len(keeper.visits) > 3
    assert min(rest for rest, _url in keeper.rests()) >= DELAY - EARLY


def test_503_slows_a_site_down_within_the_crawl(serve, news):
    answers = failing_first(small_site(1, 2), {story_url(1): [BUSY, BUSY]})
    keeper = Gatekeeper(answers)
    done = run(
        serve(keeper),
        *paced(news, "rmol", "-s", f"DOWNLOAD_DELAY={DELAY}", "-s", f"SLOWEST_DELAY={SLOWEST}"),
    )
    assert "answers 503: from here on 0.08 s between requests" in done.stderr
    first = next(place for place, visit in enumerate(keeper.visits) if visit[2] == story_url(1))
    rests = [rest for rest, _url in keeper.rests()[first:]]
    assert rests[0] >= SLOWEST - EARLY
    assert min(rests) >= SLOWEST * 0.83
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 2}]


def test_the_slow_pace_is_remembered_used_by_the_next_crawl_and_forgotten_by_and_by(serve, news):
    keeper = Gatekeeper(failing_first(small_site(1), {story_url(1): [Answer(status=429)]}))
    settings = ("-s", f"DOWNLOAD_DELAY={DELAY}", "-s", f"SLOWEST_DELAY={SLOWEST}")
    proxy = serve(keeper)
    run(proxy, *paced(news, "rmol", *settings))
    (wish,) = rows(news, "SELECT * FROM manners")
    assert (wish["site"], wish["reason"], wish["quiet_until"]) == ("rmol", "http_429", None)
    assert DELAY < float(str(wish["delay"])) <= SLOWEST
    keeper.visits.clear()
    run(proxy, *paced(news, "rmol", *settings))
    assert keeper.rests()[0][0] >= float(str(wish["delay"])) * 0.98 - EARLY
    (later,) = rows(news, "SELECT * FROM manners") or [{"delay": 0}]
    assert float(str(later["delay"])) <= float(str(wish["delay"])) / 2
    for _crawl in range(3):
        run(proxy, *paced(news, "rmol", *settings))
    assert rows(news, "SELECT * FROM manners") == []


def test_until_the_time_that_a_site_named_nothing_is_requested_and_the_line_says_until_when(
    serve, crawl, news
):
    proxy = serve(
        {**small_site(1), story_url(1): Answer(status=429, headers=(("Retry-After", "86400"),))}
    )
    assert crawl(proxy, "rmol", "-s", f"NOW={BEFORE}").returncode == 1
    asked = sum(proxy.requests.values())
    proxy.answers = small_site(1, 2)
    done = crawl(proxy, "rmol", "-s", f"NOW={DURING}")
    assert done.returncode == 1
    assert done.stderr.count("\n") <= 2
    assert "rmol: not crawled: no request before 2026-11-22T06:00:00+00:00" in done.stderr
    assert sum(proxy.requests.values()) == asked
    assert rows(news, "SELECT end_reason FROM crawls ORDER BY id DESC LIMIT 1") == [
        {"end_reason": "pause_requested"}
    ]
    assert crawl(proxy, "rmol", "-s", f"NOW={AFTER}").returncode == 0
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 2}]
    assert rows(news, "SELECT quiet_until FROM manners WHERE quiet_until IS NOT NULL") == []


def test_a_pause_as_a_date_is_counted_from_the_clock_of_the_crawl(serve, crawl, news):
    date = Answer(status=503, headers=(("Retry-After", "Sat, 21 Nov 2026 18:00:00 GMT"),))
    crawl(serve({**small_site(1), story_url(1): date}), "rmol", "-s", f"NOW={BEFORE}")
    assert rows(news, "SELECT quiet_until, reason FROM manners") == [
        {"quiet_until": "2026-11-21T18:00:00+00:00", "reason": "http_5xx"}
    ]


def test_a_site_that_answers_nothing_but_503_is_left_alone_and_its_stories_stay_due(
    serve, crawl, news
):
    stories = {story_url(number): BUSY for number in range(1, 30)}
    proxy = serve({**small_site(), **stories, HOME: home(*stories)})
    done = crawl(proxy, "rmol", "-s", f"NOW={BEFORE}")
    assert done.returncode == 1
    assert (
        "answers 503, as did 7 addresses before it: the crawl of this site ends; no request before"
        " 2026-11-21T07:00:00" in done.stderr
    )
    assert sum(proxy.requested(url) for url in stories) <= 9
    assert (
        int(str(rows(news, "SELECT count(*) AS n FROM ledger WHERE state = 'due'")[0]["n"])) >= 20
    )


def test_a_site_that_fails_at_every_story_is_requested_a_handful_and_for_others_the_next_time(
    serve, crawl, news
):
    numbers = range(1, 61)
    broken = dict.fromkeys(map(story_url, numbers), Answer(status=500))
    proxy = serve({**small_site(*numbers), **broken})
    done = crawl(proxy, "rmol", "-s", "NOW=2026-11-21T00:00:00+00:00")
    assert done.returncode == 1
    assert (
        "rmol: 20 addresses in a row failed or were refused: the crawl of this site ends"
        in done.stderr
    )
    asked = {url for url in broken if proxy.requested(url)}
    assert sum(proxy.requested(url) for url in broken) == len(asked)  # each once
    assert len(asked) in (20, 21)  # without a delay the next one may be under way
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "site_failing"}]
    failed = {
        str(row["url"]) for row in rows(news, "SELECT url FROM ledger WHERE state = 'failed'")
    }
    assert len(asked - failed) == FEW_FAILURES
    proxy.requests.clear()
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T00:30:00+00:00")
    assert not any(proxy.requested(url) for url in failed)
    assert sum(bool(proxy.requested(url)) for url in broken) in (20, 21)


def test_sources_that_fail_keep_no_crawl_from_the_stories(serve, crawl, news):
    broken = [f"https://rmol.id/sitemap-{number}.xml" for number in range(30)]
    robots = "User-agent: *\n" + "".join(f"Sitemap: {url}\n" for url in broken)
    answers = small_site(*range(1, 6)) | dict.fromkeys(broken, Answer(status=500))
    proxy = serve(answers | {ROBOTS: Answer(content_type="text/plain", body=robots.encode())})
    assert crawl(proxy, "rmol").returncode == 0
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 5}]
    assert 30 <= sum(proxy.requested(url) for url in broken) <= 30 + 2 * FEW_FAILURES


def test_broken_pages_among_others_are_tried_three_times_and_end_nothing(serve, crawl, news):
    numbers = range(1, 61)
    broken = {story_url(number): Answer(status=500) for number in numbers if number % 2}
    proxy = serve({**small_site(*numbers), **broken})
    assert crawl(proxy, "rmol").returncode == 0
    assert {proxy.requested(url) for url in list(broken)[:10]} == {3}
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 30}]


def test_what_stood_in_line_when_a_site_requested_a_long_pause_is_not_requested(serve, news):
    stories = {
        story_url(number): Answer(status=429, headers=(("Retry-After", "99999"),))
        for number in range(1, 9)
    }
    proxy = serve({**small_site(), **stories, HOME: home(*stories)})
    run(proxy, *paced(news, "rmol", "-s", f"DOWNLOAD_DELAY={DELAY}"))
    assert sum(proxy.requested(url) for url in stories) == 1


def test_a_plan_keeps_the_manners_and_remembers_nothing(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", "-s", f"NOW={BEFORE}")
    proxy.answers = {**small_site(1), HOME: Answer(status=429, headers=(("Retry-After", "86400"),))}
    crawl(proxy, "rmol", "--plan", "-s", f"NOW={BEFORE}")
    assert rows(news, "SELECT * FROM manners") == []
    with Archive(news) as archive, archive.transaction(archive.clock.latest()):
        archive.backoffs.note(
            "rmol", delay=2.0, quiet_until=archive.clock.latest(), reason="http_429"
        )
    asked = sum(proxy.requests.values())
    early = crawl(proxy, "rmol", "--plan", "-s", "NOW=2026-11-21T05:00:00+00:00")
    assert early.returncode == 1
    assert "no request before" in early.stderr
    assert sum(proxy.requests.values()) == asked


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=404),
        Answer(status=503),
        Answer(status=429),
        Answer(content_type="text/plain", body=b"#"),
    ],
)
def test_every_answer_for_robots_txt_is_kept_as_evidence(serve, crawl, news, answer):
    crawl(serve({**small_site(1), ROBOTS: answer}), "rmol")
    kept = rows(news, "SELECT host, status, body, reason FROM robots")
    assert kept == [
        {"host": "rmol.id", "status": answer.status, "body": answer.body.decode(), "reason": None}
    ]


def test_no_answer_for_robots_txt_is_evidence_too(serve, crawl, news):
    def answer(url: str) -> Answer | None:
        if url == ROBOTS:
            raise ConnectionResetError
        return small_site(1).get(url)

    assert crawl(serve(answer), "rmol").returncode == 1
    assert rows(news, "SELECT status, reason FROM robots") == [
        {"status": None, "reason": "connection_failed"}
    ]


def long_crawl(
    proxy_answers: Answers, serve: Callable, news: Path
) -> tuple[object, subprocess.CompletedProcess[str]]:
    """A crawl whose clock goes on by ten hours with every page that it gets."""
    proxy = serve(proxy_answers)
    command = paced(news, "rmol", "-s", "DOWNLOAD_DELAY=0", "-s", "SLOWEST_DELAY=0")
    done = run(proxy, "tests.scraper.crawling.manners.long_crawl", *command[1:])
    return proxy, done


def test_a_crawl_of_several_days_asks_for_robots_txt_every_day(serve, news):
    proxy, done = long_crawl(small_site(*range(1, 13)), serve, news)
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 12}]
    assert 4 <= proxy.requested(ROBOTS) <= 8
    (kept,) = rows(news, "SELECT fetched_at, last_seen_at FROM robots")
    assert str(kept["last_seen_at"]) > str(kept["fetched_at"])


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (
            Answer(content_type="text/plain", body=b"User-agent: *\nDisallow: /\n"),
            "robots_forbidden",
        ),
        (Answer(status=500), "robots_unavailable"),
    ],
)
def test_a_crawl_that_is_no_longer_welcome_ends_and_its_stories_stay_due(serve, news, then, reason):
    answers, asked = small_site(*range(1, 20)), []

    def answer(url: str) -> Answer | None:
        asked.append(url)
        return then if url == ROBOTS and asked.count(ROBOTS) > 1 else answers.get(url)

    _proxy, done = long_crawl(answer, serve, news)
    assert done.returncode == 1
    assert "the crawl ends: " in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": reason}]
    counts = {
        row["state"]: row["n"]
        for row in rows(
            news, "SELECT state, count(*) AS n FROM urls WHERE state != 'source' GROUP BY state"
        )
    }
    assert set(counts) == {"kept", "due"}
    assert rows(news, "SELECT count(*) AS n FROM robots") == [{"n": 2}]
