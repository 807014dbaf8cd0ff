"""Validators in real crawls: what a 304 saves, and what is remembered of a site that never answers
one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest

from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER
from scraper.cli.demo.proxy import Answer
from scraper.politeness.revisit import PROBE_EVERY
from tests.scraper.crawling.conftest import DAY, rows, run, small_site, story, story_url

STORIES = IGNORES_CONDITIONAL_AFTER + 2
TODAY = ("-s", f"NOW={DAY}T12:00:00+00:00")  # months later a story is settled, and due no more


class Deaf:
    """A site that sends a new ETag with every answer and answers no 304, until it has `learnt`."""

    def __init__(self, proxy):
        self.learnt = False
        self.conditional = []
        self._answer = proxy.answer
        self._tags = count(1)
        proxy.answer = self.answer

    def answer(self, url, if_none_match):
        if "/read/" not in url:
            return self._answer(url, if_none_match)
        if if_none_match:
            self.conditional.append(url)
            if self.learnt:
                return Answer(status=304, headers=(("ETag", if_none_match),))
        return replace(self._answer(url, None), headers=(("ETag", f'"{next(self._tags)}"'),))

    def asked(self):
        """Stories that were asked for with validators since the last time."""
        asked, self.conditional = self.conditional, []
        return len(asked)


@pytest.fixture
def recheck(crawl):
    def again(proxy, *arguments):
        done = crawl(proxy, "rmol", "--recheck", "all", *arguments)
        assert done.returncode == 0, done.stderr

    return again


def stats(serve, news):
    done = run(serve({}), "scraper", "stats", "--archive", str(news), "--json")
    return json.loads(done.stdout.splitlines()[0])


def test_a_site_that_never_answers_304_is_remembered_probed_and_believed_again(
    serve, crawl, recheck, news
):
    proxy = serve(small_site(*range(1, STORIES + 1)))
    site = Deaf(proxy)
    crawl(proxy, "rmol")
    assert site.asked() == 0

    recheck(proxy)
    assert site.asked() == STORIES
    found = stats(serve, news)
    assert (
        found["conditional"],
        found["answered_304"],
        found["bytes_saved"],
        found["never_304"],
    ) == (STORIES, 0, 0, 1)

    recheck(proxy)
    probes = site.asked()
    assert probes == 1 + (STORIES - 1) // PROBE_EVERY

    site.learnt = True
    recheck(proxy)
    assert site.asked() == probes  # believed from the next crawl on
    found = stats(serve, news)
    assert (found["answered_304"], found["never_304"]) == (probes, 0)

    recheck(proxy)
    assert site.asked() == STORIES
    assert [row["kind"] for row in rows(news, "SELECT DISTINCT kind FROM history")] == ["first"]


def test_a_deaf_site_is_probed_by_every_crawl_however_small(serve, crawl, recheck, news):
    proxy = serve(small_site(*range(1, STORIES + 1)))
    site = Deaf(proxy)
    crawl(proxy, "rmol")
    recheck(proxy)
    site.asked()
    recheck(proxy, "--limit", "3")
    assert site.asked() == 1
    proxy.answers = small_site(*range(1, STORIES + 6))
    recheck(proxy, "--limit", "8")  # five new ones, which have no validators to send, come first
    assert site.asked() == 1


def test_a_deaf_site_is_requested_less_often_and_the_ledger_says_why(serve, crawl, recheck, news):
    proxy = serve(small_site(*range(1, STORIES + 1)))
    Deaf(proxy)
    crawl(proxy, "rmol", *TODAY)
    recheck(proxy, *TODAY)
    recheck(proxy, "--limit", "1", *TODAY)
    assert rows(news, "SELECT count(*) AS n FROM urls WHERE due_reason = 'costly'") == [{"n": 1}]


def test_stats_say_how_many_requests_and_bytes_the_validators_saved(serve, crawl, recheck, news):
    proxy = serve(small_site(1, 2, 3))
    crawl(proxy, "rmol")
    recheck(proxy)
    proxy.answers = {
        **small_site(1, 2, 3),
        story_url(3): story(3, headline="Judul Sesudah Perbaikan"),
    }
    recheck(proxy)
    found = stats(serve, news)
    size = len(story(1).body)
    assert (found["conditional"], found["answered_304"], found["bytes_saved"]) == (6, 5, 5 * size)
    shown = run(proxy, "scraper", "stats", "--archive", str(news)).stdout
    for word in ("What the validators", "sent with validators", "answered 304", "bytes saved"):
        assert word in shown


def test_a_304_for_a_text_that_was_never_kept_is_no_answer(serve, crawl, recheck, news):
    notice = Answer(
        body=(
            b"<html><title>RMOL</title><h1>Sedang dalam pemeliharaan</h1><p>Kami segera"
            b" kembali.</p></html>"
        )
    )
    proxy = serve({**small_site(1), story_url(1): notice})
    crawl(proxy, "rmol")
    recheck(proxy)
    assert proxy.requests[story_url(1), 304] == 0
    assert rows(news, "SELECT state FROM ledger WHERE url = ?", story_url(1)) == [
        {"state": "failed"}
    ]


def test_a_page_that_failed_once_is_requested_whole_until_it_is_had_again(
    serve, crawl, recheck, news
):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    proxy.answers = {**small_site(1), story_url(1): Answer(status=503)}
    recheck(proxy, "-s", "RETRY_TIMES=0")
    proxy.answers = small_site(1)
    recheck(proxy)
    assert proxy.requests[story_url(1), 304] == 0
    recheck(proxy)
    assert proxy.requests[story_url(1), 304] == 1
