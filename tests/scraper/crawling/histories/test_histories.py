"""Stories that move, come in several pages, or hide behind a notice for a while: the archive must
not tell it as an edit.
"""

from __future__ import annotations

import json
from dataclasses import replace

from scraper.cli.demo.proxy import Answer
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

SUARA = "https://www.suara.com/"
LONG = "https://www.suara.com/news/2026/11/20/071512/saluran-air-panjang"
OLD, NEW = story_url(1), story_url(1, slug="judul-baru")


def kinds(news):
    return [
        row["kind"] for row in rows(news, "SELECT kind FROM history ORDER BY article_id, number")
    ]


def page_of_long(number: int, *, text: str = "", extra: str = "") -> Answer:
    """One of two pages of a story at suara.com."""
    pager = '<div class="wrap-pagination"><a href="?page=2">2</a></div>'
    body = story(number).body.decode().replace('id="fontResizableText"', 'class="article-content"')
    return Answer(
        body=body.replace("</body>", f"{pager}<!-- {extra} --></body>")
        .replace(PROSE[0], text or PROSE[0])
        .encode()
    )


def long_story(**second: str) -> dict[str, Answer]:
    return {SUARA: home(LONG), LONG: page_of_long(1), LONG + "?page=2": page_of_long(2, **second)}


def test_a_link_at_another_site_does_not_keep_a_story_from_its_own_crawl(serve, crawl, news):
    proxy = serve({**small_site(1), SUARA: home(LONG, OLD), LONG: page_of_long(3)})
    crawl(proxy, "suara")
    crawl(proxy, "rmol")
    assert {row["site"] for row in rows(news, "SELECT site FROM latest")} == {"suara", "rmol"}


def test_a_story_that_moves_to_a_new_slug_stays_one_story_and_is_never_reported_removed(
    serve, crawl, news
):
    proxy = serve({**small_site(1), HOME: home(OLD, NEW), NEW: story(1)})
    crawl(proxy, "rmol")
    proxy.answers = {**small_site(1), HOME: home(NEW), OLD: None, NEW: story(1)}
    for _round in range(3):
        crawl(proxy, "rmol", "--recheck", "all")
    assert kinds(news) == ["first"]
    assert proxy.requested(NEW) >= 1
    proxy.answers = {
        **small_site(1),
        HOME: home("https://rmol.id/politik/read/2026/11/20/700009/x"),
        OLD: None,
        NEW: None,
    }
    crawl(proxy, "rmol", "--recheck", "all")
    assert kinds(news) == ["first", "removed"]


def test_a_change_on_the_second_page_is_found_although_the_first_is_unchanged(serve, crawl, news):
    proxy = serve(long_story())
    crawl(proxy, "suara")
    proxy.answers = long_story(
        text=(
            "Paragraf kedua ini ditulis ulang oleh redaksi sesudah petugas kecamatan datang"
            " memeriksa saluran."
        )
    )
    crawl(proxy, "suara", "--recheck", "all")
    assert kinds(news) == ["first", "publisher"]


def test_a_second_page_that_fails_later_is_no_edit(serve, crawl, news):
    proxy = serve(long_story())
    crawl(proxy, "suara")
    proxy.answers = {
        **long_story(),
        LONG: page_of_long(1, extra="berubah"),
        LONG + "?page=2": Answer(status=503),
    }
    crawl(proxy, "suara", "--recheck", "all", "-s", "RETRY_TIMES=0")
    assert kinds(news) == ["first"]
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = ?", LONG) == [
        {"state": "failed", "reason": "missing_parts"}
    ]


def test_a_second_page_that_failed_at_first_is_had_by_a_later_crawl(serve, crawl, news):
    proxy = serve({**long_story(), LONG + "?page=2": Answer(status=503)})
    crawl(proxy, "suara", "-s", "RETRY_TIMES=0")
    proxy.answers = long_story()
    crawl(proxy, "suara", "--recheck", "all")
    assert rows(news, "SELECT page_count FROM latest") == [{"page_count": 2}]


def test_a_notice_in_place_of_a_story_is_no_edit(serve, crawl, news):
    notice = (
        "<html><title>RMOL</title><body><h1>Sedang dalam pemeliharaan</h1><p>Kami segera"
        " kembali.</p></body></html>"
    )
    wall = (
        "<html><title>Just a moment...</title><body><h1>rmol.id</h1><p>Checking your browser before"
        " accessing.</p></body></html>"
    )
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    for shown in (notice, wall, "<html><body>" + f"<p>{PROSE[0]}</p>" * 5 + "</body></html>"):
        proxy.answers = {**small_site(1), OLD: Answer(body=shown.encode())}
        crawl(proxy, "rmol", "--recheck", "all")
    assert kinds(news) == ["first"]
    assert rows(news, "SELECT state FROM ledger WHERE url = ?", OLD) == [{"state": "failed"}]


def test_a_story_that_was_redirected_for_a_while_is_requested_again(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    proxy.answers = {**small_site(1), OLD: Answer(status=302, headers=(("Location", HOME),))}
    crawl(proxy, "rmol", "--recheck", "all")
    assert rows(
        news, "SELECT reason FROM ledger WHERE url = ? AND next_check_at IS NOT NULL", OLD
    ) == [{"reason": "redirect_not_article"}]
    proxy.answers = {**small_site(1), OLD: story(1, headline="Judul Sesudah Perbaikan")}
    crawl(proxy, "rmol", "--recheck", "all")
    assert kinds(news) == ["first", "publisher"]


def test_an_answer_304_to_a_first_request_is_no_page(serve, crawl, news):
    crawl(serve({**small_site(1), OLD: Answer(status=304, headers=(("ETag", '"x"'),))}), "rmol")
    assert rows(news, "SELECT state, etag FROM ledger WHERE url = ?", OLD) == [
        {"state": "failed", "etag": None}
    ]


def test_half_characters_and_terminal_codes_in_metadata_cost_nothing(serve, crawl, news):
    odd = (
        r'{"@type": "NewsArticle", "headline": "Hujan \ud83d \u001b[31mderas\u0000", "author":'
        r' {"@type": ["a", {}], "name": "Rina"}}'
    )
    body = story(1).body.replace(
        b"</head>", f'<script type="application/ld+json">{odd}</script></head>'.encode()
    )
    crawl(serve({**small_site(1), OLD: Answer(body=body.replace(b"<h1>", b"<h2>"))}), "rmol")
    (row,) = rows(news, "SELECT headline FROM latest")
    assert str(row["headline"]).isprintable()


def test_sources_that_did_not_change_are_not_sent_again_and_the_crawl_is_none_the_worse(
    serve, crawl, news
):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    done = crawl(proxy, "rmol")
    assert done.returncode == 0, done.stderr
    assert proxy.requests[HOME, 304] == 1


def test_opting_out_later_is_noted_although_the_page_did_not_change(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    shut = Answer(
        content_type="text/plain",
        body=b"User-agent: *\nAllow: /\n\nUser-agent: GPTBot\nDisallow: /\n",
    )
    proxy.answers = {**small_site(1), ROBOTS: shut}
    crawl(proxy, "rmol", "--recheck", "all")
    assert rows(news, "SELECT opted_out FROM latest") == [{"opted_out": "robots.txt: GPTBot"}]


def test_the_contact_goes_into_the_user_agent_and_is_missed_aloud(serve, crawl):
    proxy = serve(small_site(1))
    assert "No contact is set" in crawl(proxy, "rmol").stderr
    proxy.user_agents.clear()
    assert "No contact is set" not in crawl(proxy, "rmol", "-s", "CONTACT=ana@example.org").stderr
    assert {agent.partition(" ")[2] for agent in proxy.user_agents} == {"(+ana@example.org)"}


def test_a_plan_keeps_to_the_limit(serve, crawl):
    done = crawl(serve(small_site(1, 2, 3)), "rmol", "--plan", "--limit", "2", "--json")
    assert len(done.stdout.splitlines()) == 2


def test_stories_are_requested_newest_first(serve, crawl):
    urls = [
        f"https://www.suara.com/news/2026/11/20/{hour:02}0000/saluran-air-{hour}"
        for hour in (7, 9, 8, 12, 6)
    ]
    asked: list[str] = []
    shown = replace(page_of_long(3), body=page_of_long(3).body.replace(b"wrap-pagination", b"x"))

    def answer(url):
        if url in urls:
            asked.append(url)
        return {SUARA: home(*urls)}.get(url) or (shown if url in urls else None)

    # One at a time: of two, the second may overtake the first while its host is looked up.
    crawl(serve(answer), "suara", "--limit", "3", "-s", "CONCURRENT_REQUESTS=1")
    assert asked == [urls[3], urls[1], urls[2]]


def test_a_story_is_found_by_any_of_its_addresses(serve, crawl, news, tmp_path):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    for address in (
        "http://www.rmol.id/nusantara/read/2026/11/20/700001/lain?utm_source=x",
        "https://rmol.id/amp/2026/11/20/700001/x",
    ):
        for command in ("show", "log", "explain"):
            done = run(proxy, "scraper", command, address, "--archive", str(news), "--json")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout.splitlines()[0])


def test_a_crawl_that_breaks_off_is_reported_and_fails(serve, crawl):
    for setting, told in (
        ("NOW=2026-11-20", "expected a time with its offset"),
        ("DOWNLOAD_DELAY=abc", "string to float"),
    ):
        done = crawl(serve(small_site(1)), "rmol", "-s", setting)
        assert done.returncode == 1
        assert told in done.stderr
