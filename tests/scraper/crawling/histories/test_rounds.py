"""A crawl, a second one, and what changed between them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from scraper.cli.demo.world import world
from tests.scraper.crawling.conftest import HOME, home, rows, run, small_site, story, story_url

pytestmark = pytest.mark.processes
FIVE = {"suara", "rmol", "republika", "medcom", "islamtimes"}
MORNING, NOON, NEXT_DAY = (
    "2026-11-21T06:00:00+00:00",
    "2026-11-21T06:10:00+00:00",
    "2026-11-22T09:00:00+00:00",
)


def test_all_five_sites_are_crawled_and_every_story_read_in_its_own_layout(serve, crawl, news):
    done = crawl(serve(world(1)))
    assert done.returncode == 0, done.stderr
    stories = rows(news, "SELECT * FROM latest")
    assert {row["site"] for row in stories} == FIVE
    assert all(
        row["layout"] != "fallback"
        and row["headline"]
        and row["published_at"]
        and len(str(row["body"])) > 500
        for row in stories
    )
    assert rows(news, "SELECT count(*) AS n FROM history")[0]["n"] == len(stories)
    assert rows(news, "SELECT count(*) AS n FROM ledger WHERE state = 'kept'")[0]["n"] == len(
        stories
    )


def test_the_second_round_makes_exactly_the_revisions_that_the_changes_call_for(serve, crawl, news):
    proxy = serve(world(1))
    crawl(proxy)
    proxy.answers = world(2)
    done = crawl(proxy, "--recheck", "all")
    assert done.returncode == 0, done.stderr
    made = rows(
        news, "SELECT site, kind, count(*) AS n FROM history WHERE number > 1 GROUP BY site, kind"
    )
    assert {(row["site"], row["kind"], row["n"]) for row in made} == {
        (site, kind, 1) for site in FIVE for kind in ("publisher", "removed")
    }
    removed = rows(news, "SELECT body, removed_at FROM latest WHERE removed_at IS NOT NULL")
    assert len(removed) == 5
    assert all(row["body"] for row in removed)


def test_a_second_crawl_asks_for_no_story_that_is_not_due(serve, crawl, news):
    proxy = serve(small_site(1, 2))
    crawl(proxy, "rmol", "-s", f"NOW={MORNING}")
    crawl(proxy, "rmol", "-s", f"NOW={NOON}")
    assert [proxy.requested(story_url(number)) for number in (1, 2)] == [1, 1]


def test_a_story_that_is_due_costs_a_304_and_makes_no_revision(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", "-s", f"NOW={MORNING}")
    crawl(proxy, "rmol", "-s", f"NOW={NEXT_DAY}")
    assert proxy.requests[story_url(1), 304] == 1
    assert rows(news, "SELECT count(*) AS n FROM history")[0]["n"] == 1
    assert rows(news, "SELECT state, checks FROM ledger WHERE url = ?", story_url(1)) == [
        {"state": "unchanged", "checks": 2}
    ]


def test_after_a_304_a_story_found_late_waits_by_its_own_age_not_by_that_of_its_row(serve, crawl):
    url = next(
        url for url in world(1) if "medcom.id/nasional/daerah/8KyGq2Rk" in url
    )  # 20 November; a bare link tells no time
    proxy = serve({"https://www.medcom.id/": home(url), url: world(1)[url]})
    for moment in (
        "2026-12-05T06:00:00+00:00",
        "2026-12-09T06:00:00+00:00",
        "2026-12-11T06:00:00+00:00",
    ):
        crawl(proxy, "medcom", "-s", f"NOW={moment}")
    assert (proxy.requested(url), proxy.requests[url, 304]) == (2, 1)


def test_recheck_none_asks_only_for_what_is_new(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", "-s", f"NOW={MORNING}")
    proxy.answers = small_site(1, 2)
    crawl(proxy, "rmol", "--recheck", "none", "-s", f"NOW={NEXT_DAY}")
    assert [proxy.requested(story_url(number)) for number in (1, 2)] == [1, 1]


def test_a_story_that_vanishes_and_comes_back_is_removed_and_restored(serve, crawl, news):
    proxy = serve(small_site(1))
    for answers in (small_site(1), {**small_site(1), story_url(1): None}, small_site(1)):
        proxy.answers = answers
        crawl(proxy, "rmol", "--recheck", "all")
    assert [row["kind"] for row in rows(news, "SELECT kind FROM history ORDER BY number")] == [
        "first",
        "removed",
        "restored",
    ]


def test_the_text_that_comes_back_names_the_revision_it_returns_to(serve, crawl, news):
    proxy = serve(small_site(1))
    for headline in ("Judul Pertama", "Judul Kedua", "Judul Pertama"):
        proxy.answers = {**small_site(1), story_url(1): story(1, headline=headline)}
        crawl(proxy, "rmol", "--recheck", "all")
    assert [
        row["returns_to"] for row in rows(news, "SELECT returns_to FROM history ORDER BY number")
    ] == [None, None, 1]


def test_one_story_under_two_slugs_is_one_article(serve, crawl, news):
    answers = small_site(1)
    other = story_url(1, slug="judul-lama")
    proxy = serve(
        {
            **answers,
            HOME: home(
                story_url(1),
                other,
                story_url(1) + "?utm_source=x",
                "https://rmol.id/amp/2026/11/20/700001/x",
            ),
        }
    )
    crawl(proxy, "rmol")
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1
    assert proxy.requested(other) == 0
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = ?", other) == [
        {"state": "alias", "reason": "same_story"}
    ]


def test_limit_leaves_the_rest_due_for_the_next_crawl(serve, crawl, news):
    proxy = serve(small_site(1, 2, 3))
    crawl(proxy, "rmol", "--limit", "1")
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1
    assert rows(news, "SELECT count(*) AS n FROM ledger WHERE state = 'due'")[0]["n"] == 2
    crawl(proxy, "rmol")
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 3
    assert sum(proxy.requested(story_url(number)) for number in (1, 2, 3)) == 3


def test_a_plan_asks_for_no_story_and_writes_nothing(serve, crawl, news):
    proxy = serve(small_site(1, 2))
    done = crawl(proxy, "rmol", "--plan", "--json")
    planned = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["url"] for row in planned} == {story_url(1), story_url(2)}
    assert {row["why"] for row in planned} == {"never requested"}
    assert sum(proxy.requested(story_url(number)) for number in (1, 2)) == 0
    assert not news.exists()


def test_a_plan_on_an_archive_changes_none_of_its_rows(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    before = rows(news, "SELECT * FROM urls")
    proxy.answers = small_site(1, 2)
    done = crawl(proxy, "rmol", "--plan", "--json")
    assert [json.loads(line)["url"] for line in done.stdout.splitlines()] == [story_url(2)]
    assert rows(news, "SELECT * FROM urls") == before


def test_stories_outside_the_window_are_written_down_and_not_requested(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", "--since", "2026-11-21", "-s", "NOW=2026-11-22T00:00:00+00:00")
    assert proxy.requested(story_url(1)) == 0
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = ?", story_url(1)) == [
        {"state": "skipped", "reason": "before_since"}
    ]
    crawl(proxy, "rmol", "--since", "2026-11-20", "-s", "NOW=2026-11-22T00:00:00+00:00")
    assert proxy.requested(story_url(1)) == 1


def test_scrapy_crawl_does_the_same_thing(serve, news, request):
    proxy = serve(world(1))
    checkout = request.config.rootpath
    done = run(
        proxy,
        "scrapy",
        "crawl",
        "republika",
        "-a",
        "limit=3",
        "-s",
        f"ARCHIVE={news}",
        "-s",
        "DOWNLOAD_DELAY=0",
        cwd=checkout,
    )
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT DISTINCT site FROM latest") == [{"site": "republika"}]
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 3


def test_scrapy_lists_the_five(request):
    command = [sys.executable, "-m", "scrapy", "list"]
    listed = subprocess.check_output(command, cwd=request.config.rootpath, text=True)
    assert set(listed.split()) == FIVE


def test_a_story_over_several_pages_is_joined_once_and_in_order(serve, crawl, news):
    crawl(serve(world(1)), "suara", "republika")
    joined = rows(
        news, "SELECT site, page_count, body FROM latest WHERE page_count > 1 ORDER BY site"
    )
    assert [(row["site"], row["page_count"]) for row in joined] == [("republika", 2), ("suara", 3)]
    for row in joined:
        paragraphs = str(row["body"]).split("\n\n")
        assert len(paragraphs) == len(set(paragraphs))


def test_a_missing_further_page_is_reported(serve, crawl, news):
    answers = {url: answer for url, answer in world(1).items() if "page=3" not in url}
    crawl(serve(answers), "suara")
    (row,) = rows(news, "SELECT page_count, warnings FROM latest WHERE page_count > 1")
    assert row["page_count"] == 2
    assert "missing_parts" in str(row["warnings"])


def test_the_crawler_tells_its_name_and_its_contact(serve, crawl):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", "-s", "USER_AGENT=warta/9 (+someone@example.org)")
    assert proxy.user_agents == {"warta/9 (+someone@example.org)"}


@pytest.mark.parametrize(
    ("site", "rule"),
    [("suara", "robots.txt: GPTBot"), ("republika", "robots.txt: GPTBot"), ("rmol", None)],
)
def test_opting_out_of_text_mining_is_kept_with_each_article(serve, crawl, news, site, rule):
    crawl(serve(world(1)), site, "--limit", "1")
    assert rows(news, "SELECT opted_out FROM latest") == [{"opted_out": rule}]
