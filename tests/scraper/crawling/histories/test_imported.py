"""Stories that were imported before they were crawled: a crawl does not ask for them, and its first
page is no edit.
"""

from __future__ import annotations

import json

from click.testing import CliRunner

from scraper.cli.demo.proxy import Answer
from scraper.cli.main import main
from tests.scraper.crawling.conftest import HOME, PROSE, home, rows, small_site, story, story_url

URL = story_url(1)
TEXT = "\n\n".join(PROSE)


def imported(news, *, text=TEXT):
    file = news.with_name("koleksi.jsonl")
    file.write_text(
        json.dumps(
            {"title": "Saluran Air", "text": text, "link": URL, "date": "2026-11-20 08:00:00"}
        )
        + "\n"
    )
    assert CliRunner().invoke(main, ["import", "--archive", str(news), str(file)]).exit_code == 0


def history(news):
    found = rows(
        news,
        "SELECT kind, changed, snapshot_id IS NOT NULL FROM history WHERE url = ? ORDER BY number",
        URL,
    )
    return [tuple(row.values()) for row in found]


def test_a_crawl_does_not_ask_for_an_imported_story_by_itself(serve, crawl, news):
    imported(news)
    proxy = serve(small_site(1, 2))
    crawl(proxy, "rmol")
    assert (proxy.requested(URL), proxy.requested(story_url(2))) == (0, 1)
    assert rows(news, "SELECT layout FROM latest WHERE url = ?", URL) == [{"layout": "imported"}]


def test_an_imported_storys_first_page_is_a_technical_revision_and_the_next_change_the_publishers(
    serve, crawl, news
):
    imported(news)
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", "--recheck", "all")
    assert [(kind, kept) for kind, _changed, kept in history(news)] == [
        ("first", 0),
        ("technical", 1),
    ]
    proxy.answers = {**small_site(1), URL: story(1, headline="Saluran Air Selesai Diperbaiki")}
    crawl(proxy, "rmol", "--recheck", "all")
    assert history(news)[2] == ("publisher", '["headline"]', 1)
    imported(news, text="Teks yang lain sama sekali dari sebuah koleksi lama.")
    assert len(history(news)) == 3  # a crawl knows better


def test_a_page_that_says_the_same_as_the_import_is_kept_as_its_proof(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", archive=news.with_name("other.db"))
    (said,) = rows(
        news.with_name("other.db"),
        "SELECT headline, body, authors, published_at, section FROM latest",
    )
    file = news.with_name("koleksi.jsonl")
    file.write_text(
        json.dumps({**said, "authors": json.loads(str(said["authors"])), "url": URL}) + "\n"
    )
    CliRunner().invoke(main, ["import", "--archive", str(news), str(file)])
    crawl(proxy, "rmol", "--recheck", "all", "-s", "KEEP=first")
    assert history(news) == [("first", "[]", 0), ("technical", "[]", 1)]
    crawl(proxy, "rmol", "--recheck", "all")
    assert len(history(news)) == 2


def test_an_imported_story_that_is_gone_and_comes_back(serve, crawl, news):
    imported(news)
    proxy = serve({**small_site(1), HOME: home(story_url(2)), URL: None, story_url(2): story(2)})
    crawl(proxy, "rmol", "--recheck", "all")
    assert [kind for kind, _changed, _kept in history(news)] == ["first", "removed"]
    imported(
        news, text="Teks yang lain sama sekali dari sebuah koleksi lama."
    )  # says nothing of the site
    proxy.answers = small_site(1)
    crawl(proxy, "rmol", "--recheck", "all")
    assert [kind for kind, _changed, _kept in history(news)] == ["first", "removed", "restored"]


def test_a_notice_in_place_of_an_imported_story_does_not_replace_it(serve, crawl, news):
    imported(news)
    notice = (
        "<html><title>RMOL</title><body><h1>Pemeliharaan</h1>"
        + f"<p>{PROSE[0]}</p>" * 5
        + "</body></html>"
    )
    crawl(serve({**small_site(1), URL: Answer(body=notice.encode())}), "rmol", "--recheck", "all")
    assert len(history(news)) == 1


def test_a_story_that_waits_to_be_requested_is_still_requested(serve, crawl, news):
    proxy = serve({**small_site(1), URL: Answer(status=503)})
    crawl(proxy, "rmol", "-s", "RETRY_TIMES=0")
    before = rows(
        news, "SELECT state, reason, next_check_at, checks FROM ledger WHERE url = ?", URL
    )
    imported(news)
    assert (
        rows(news, "SELECT state, reason, next_check_at, checks FROM ledger WHERE url = ?", URL)
        == before
    )
    assert rows(
        news,
        "SELECT outcome FROM checks WHERE url_id = (SELECT id FROM urls WHERE url = ?) ORDER BY id"
        " DESC LIMIT 1",
        URL,
    ) == [{"outcome": "imported"}]
    proxy.answers = small_site(1)
    crawl(proxy, "rmol", "--recheck", "all")
    assert [kind for kind, _changed, _kept in history(news)] == ["first", "technical"]
