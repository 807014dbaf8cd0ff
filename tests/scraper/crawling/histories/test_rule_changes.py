"""Crawls after a rule of ours changed: our change and the newsroom's are two revisions, and never
mixed.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from archive import Archive
from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import PROSE, rows, run, small_site, story, story_url

EDITED = story(1, headline="Judul Sesudah Perbaikan")


@pytest.fixture
def changed(news):
    """`warta` with another rule: the last paragraph of every story goes."""

    def start(proxy, command, *arguments):
        usual = ("-j", "1")
        if command == "crawl":
            usual = ("-s", "DOWNLOAD_DELAY=0", "--recheck", "all", "rmol")
        return run(
            proxy,
            "tests.scraper.ingest.reextraction.changed_rule",
            command,
            "--archive",
            str(news),
            *usual,
            *arguments,
        )

    return start


def revisions(news):
    return [
        (row["kind"], json.loads(row["changed"]))
        for row in rows(news, "SELECT kind, changed FROM history ORDER BY article_id, number")
    ]


def same_text(answer: Answer) -> Answer:
    """The page with another look: no 304, and no edit."""
    return replace(
        answer,
        body=answer.body.replace(b"</body>", b"<aside class='related'>Berita lain</aside></body>"),
    )


def vandalise(news, statement):
    with closing(sqlite3.connect(news)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_rule_and_an_edit_make_one_technical_and_then_one_publisher_revision(
    serve, crawl, changed, news
):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    proxy.answers = {**small_site(1), story_url(1): EDITED}
    done = changed(proxy, "crawl", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = map(json.loads, done.stdout.splitlines())
    assert (row["technical"], row["changed"]) == (1, 1)
    assert revisions(news) == [("first", []), ("technical", ["body"]), ("publisher", ["headline"])]
    pages = [
        row["snapshot_id"] for row in rows(news, "SELECT snapshot_id FROM history ORDER BY number")
    ]
    assert pages == [1, 1, 2]
    assert changed(proxy, "reextract").stderr.startswith("Nothing to read")


def test_a_rule_alone_makes_a_technical_revision_when_the_page_comes_again(
    serve, crawl, changed, news
):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    proxy.answers = {**small_site(1), story_url(1): same_text(story(1))}
    changed(proxy, "crawl")
    assert revisions(news) == [("first", []), ("technical", ["body"])]
    changed(proxy, "crawl")
    assert len(revisions(news)) == 2


def test_a_304_leaves_the_reading_to_reextract(serve, crawl, changed, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    changed(proxy, "crawl")
    assert proxy.requests[story_url(1), 304] == 1
    assert revisions(news) == [("first", [])]
    changed(proxy, "reextract")
    assert revisions(news) == [("first", []), ("technical", ["body"])]


def test_an_edit_of_what_the_new_rule_takes_away_is_no_edit(serve, crawl, changed, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    prose = (
        *PROSE[:2],
        (
            "Pekerjaan ditargetkan selesai pada akhir tahun, dan hasilnya akan diumumkan kepada"
            " warga kampung."
        ),
    )
    proxy.answers = {**small_site(1), story_url(1): story(1, prose=prose)}
    changed(proxy, "crawl")
    assert revisions(news) == [("first", []), ("technical", ["body"])]


def test_reextract_and_a_crawl_after_it_make_the_same_as_a_crawl_alone(serve, crawl, changed, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    changed(proxy, "reextract")
    proxy.answers = {**small_site(1), story_url(1): EDITED}
    changed(proxy, "crawl")
    assert revisions(news) == [("first", []), ("technical", ["body"]), ("publisher", ["headline"])]


def test_a_removed_story_that_comes_back_edited_under_another_rule(serve, crawl, changed, news):
    proxy = serve(small_site(1, 2))
    crawl(proxy, "rmol")
    proxy.answers = {**small_site(1, 2), story_url(1): None}
    crawl(proxy, "rmol", "--recheck", "all")
    proxy.answers = {**small_site(1, 2), story_url(1): EDITED}
    changed(proxy, "crawl")
    made = rows(
        news, "SELECT kind, changed FROM history WHERE url = ? ORDER BY number", story_url(1)
    )
    assert [(row["kind"], json.loads(row["changed"])) for row in made] == [
        ("first", []),
        ("removed", []),
        ("technical", ["body"]),
        ("restored", ["headline"]),
    ]


def test_a_damaged_page_is_reported_and_does_not_keep_an_edit_from_being_written(
    serve, crawl, changed, news
):
    proxy = serve(small_site(1, 2))
    crawl(proxy, "rmol")
    vandalise(news, "UPDATE snapshots SET packed = x'00112233' WHERE url LIKE '%700001%'")
    proxy.answers = {**small_site(1, 2), story_url(1): EDITED, story_url(2): same_text(story(2))}
    done = changed(proxy, "crawl")
    assert done.returncode == 0
    assert (
        f"the snapshot of {story_url(1)} could not be read again: a snapshot cannot be unpacked"
        in done.stderr
    )
    assert "Traceback" not in done.stderr
    kinds = [
        row["kind"] for row in rows(news, "SELECT kind FROM history ORDER BY article_id, number")
    ]
    assert sorted(kinds) == ["first", "first", "publisher", "technical"]


def test_a_damaged_dictionary_is_reported_plainly_and_new_pages_are_kept_with_a_fresh_one(
    serve, crawl, news
):
    proxy = serve(small_site(*range(1, 6)))
    crawl(proxy, "rmol")
    vandalise(news, "UPDATE dictionaries SET packed = x'00112233'")
    proxy.answers = small_site(*range(1, 13))
    done = crawl(proxy, "rmol", "-s", "CONTACT=ana@example.org")
    assert done.returncode == 0
    said = done.stderr.splitlines()
    (line,) = [line for line in said if "only the proxy resolves names" not in line]
    assert line.startswith("dictionary rmol-1 cannot be unpacked")
    assert line.endswith(
        "new pages are kept without it; `warta verify` names the pages that need it"
    )
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 12}]
    with Archive(news, read_only=True) as archive:
        for row in rows(news, "SELECT snapshot_id FROM history WHERE article_id > 5"):
            assert archive.page(row["snapshot_id"]).body
    assert rows(news, "SELECT name FROM dictionaries ORDER BY id") == [
        {"name": "rmol-1"},
        {"name": "rmol-2"},
    ]


def test_a_dictionary_that_is_missing_altogether_keeps_no_page_from_being_kept(serve, crawl, news):
    proxy = serve(small_site(*range(1, 6)))
    crawl(proxy, "rmol")
    vandalise(news, "DELETE FROM dictionaries")
    proxy.answers = small_site(*range(1, 9))
    done = crawl(proxy, "rmol")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert rows(news, "SELECT count(*) AS n FROM latest") == [{"n": 8}]
