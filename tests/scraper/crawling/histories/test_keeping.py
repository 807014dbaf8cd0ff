"""Which pages' bytes are kept: those that made a revision, all, or only a story's first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive import Archive
from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import PROSE, rows, run, small_site, story, story_url

CHANGED = "tests.scraper.ingest.reextraction.changed_rule"
EDITED = (PROSE[0] + " Ralat redaksi menyusul.", *PROSE[1:])


def kept(news):
    """The text of each kept page's own number, oldest first: whether it is the edited one."""
    with Archive(news, read_only=True) as archive:
        numbers = [
            number
            for (number,) in archive.db.conn.execute(
                "SELECT id FROM snapshots ORDER BY id"
            ).fetchall()
        ]
        return [b"Ralat redaksi" in archive.page(number).body for number in numbers]


def three_rounds(proxy, crawl, *options):
    """First seen, asked for again without a change of the text, and edited; each answer is a whole
    page.
    """
    for answer in (story(1), changed_outside_the_text(), story(1, prose=EDITED)):
        proxy.answers = {**small_site(1), story_url(1): answer}
        done = crawl(proxy, "rmol", "--recheck", "all", *options)
        assert done.returncode == 0, done.stderr


def changed_outside_the_text():
    return replace(
        story(1),
        body=story(1).body.replace(
            b"</body>", b"<aside class='related'>Berita lain</aside></body>"
        ),
    )


@pytest.mark.parametrize(
    ("options", "pages"),
    [
        ((), [False, True]),
        (("--keep", "changed"), [False, True]),
        (("--keep", "all"), [False, False, True]),
        (("--keep", "first"), [False]),
        (("-s", "KEEP=all"), [False, False, True]),
        (("-s", "KEEP=first", "--keep", "all"), [False, False, True]),
    ],
)
def test_the_pages_that_the_policy_names_are_kept(serve, crawl, news, options, pages):
    three_rounds(serve(small_site(1)), crawl, *options)
    assert kept(news) == pages
    assert [row["kind"] for row in rows(news, "SELECT kind FROM history ORDER BY number")] == [
        "first",
        "publisher",
    ]
    assert run_verify(serve, news).returncode == 0


def run_verify(serve, news):
    return run(serve({}), "scraper", "verify", "--archive", str(news))


@pytest.mark.parametrize("policy", ["all", "first"])
def test_a_revision_names_the_page_it_was_read_from_or_none(serve, crawl, news, policy):
    three_rounds(serve(small_site(1)), crawl, "--keep", policy)
    found = [
        row["snapshot_id"] for row in rows(news, "SELECT snapshot_id FROM history ORDER BY number")
    ]
    assert found == ([1, 3] if policy == "all" else [1, None])


def test_a_page_without_a_story_is_kept_as_evidence_whatever_the_policy(serve, crawl, news):
    notice = (
        "<html><title>RMOL</title><body><h1>Sedang dalam pemeliharaan</h1><p>Kami segera"
        " kembali.</p></body></html>"
    )
    proxy = serve({**small_site(1), story_url(1): story(1)})
    crawl(proxy, "rmol", "--keep", "first")
    proxy.answers = {**small_site(1), story_url(1): Answer(body=notice.encode())}
    crawl(proxy, "rmol", "--recheck", "all", "--keep", "first")
    assert rows(news, "SELECT refusal FROM readings ORDER BY snapshot_id") == [
        {"refusal": None},
        {"refusal": "no_body"},
    ]


def test_with_first_reading_again_leaves_later_texts_alone(serve, crawl, news):
    proxy = serve(small_site(1, 2))
    crawl(proxy, "rmol", "--keep", "first")
    proxy.answers = {**small_site(1, 2), story_url(1): story(1, prose=EDITED)}
    crawl(proxy, "rmol", "--recheck", "all", "--keep", "first")
    done = run(proxy, CHANGED, "reextract", "--archive", str(news), "-j", "1")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "1 story changed.\n"
    made = rows(news, "SELECT url, kind FROM history ORDER BY article_id, number")
    assert {
        url: [row["kind"] for row in made if row["url"] == url]
        for url in (story_url(1), story_url(2))
    } == {story_url(1): ["first", "publisher"], story_url(2): ["first", "technical"]}


def test_with_all_an_unchanged_page_read_again_is_no_edit(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol", "--keep", "all")
    proxy.answers = {**small_site(1), story_url(1): changed_outside_the_text()}
    crawl(proxy, "rmol", "--recheck", "all", "--keep", "all")
    done = run(proxy, CHANGED, "reextract", "--archive", str(news), "-j", "1")
    assert done.returncode == 0, done.stderr
    assert [row["kind"] for row in rows(news, "SELECT kind FROM history ORDER BY number")] == [
        "first",
        "technical",
    ]


def test_a_policy_that_is_none_is_wrong_usage_and_nothing_is_requested(serve, crawl, news):
    proxy = serve(small_site(1))
    done = crawl(proxy, "rmol", "--keep", "semua")
    assert done.returncode == 2
    assert "'semua' is not one of 'changed', 'all', 'first'" in done.stderr
    assert not proxy.requests
    assert not news.exists()


def test_a_setting_that_is_no_policy_is_reported_in_one_line(serve, crawl, news, request):
    proxy = serve(small_site(1))
    told = "Error: KEEP=semua: expected one of changed, all, first"
    done = crawl(proxy, "rmol", "-s", "KEEP=semua", "-s", "CONTACT=ana@example.org")
    assert (done.returncode, done.stderr.splitlines()) == (1, [told])
    checkout = request.config.rootpath
    done = run(
        proxy,
        "scrapy",
        "crawl",
        "rmol",
        "-s",
        "KEEP=semua",
        "-s",
        f"ARCHIVE={news}",
        "-s",
        "LOG_LEVEL=ERROR",
        cwd=checkout,
    )
    assert (done.returncode, done.stderr.splitlines()) == (1, [told])
    assert not proxy.requests


def test_scrapy_crawl_takes_the_policy_as_a_setting(serve, news, request):
    proxy = serve(small_site(1))
    for answers in (small_site(1), {**small_site(1), story_url(1): changed_outside_the_text()}):
        proxy.answers = answers
        arguments = (
            "-a",
            "recheck=all",
            "-s",
            "KEEP=all",
            "-s",
            f"ARCHIVE={news}",
            "-s",
            "DOWNLOAD_DELAY=0",
        )
        done = run(proxy, "scrapy", "crawl", "rmol", *arguments, cwd=request.config.rootpath)
        assert done.returncode == 0, done.stderr
    assert kept(news) == [False, False]
