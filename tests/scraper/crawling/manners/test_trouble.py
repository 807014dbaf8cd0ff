"""Bad input and trouble: each gives a reason in the ledger, loses nothing else, and never stops the
crawl.
"""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
from contextlib import closing
from threading import Event

import pytest

from archive.ledger.wording import REASONS
from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import (
    HOME,
    ROBOTS,
    among_good_ones,
    articles,
    environment,
    home,
    ledger,
    rows,
    small_site,
    story,
    story_url,
)

GOOD = 1
BAD = story_url(2)


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status=status, headers=(("Location", location),))


def page(
    body: str | bytes,
    content_type: str = "text/html; charset=utf-8",
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    return Answer(
        body=body.encode() if isinstance(body, str) else body,
        content_type=content_type,
        headers=headers,
    )


DEEP = "<html><body>" + "<div>" * 5000 + "dalam" + "</div>" * 5000 + "</body></html>"
LOGIN = (
    "<html><title>Masuk | RMOL</title><body><h1>Masuk</h1><form><input name=u></form><p>Silakan"
    " masuk untuk membaca.</p></body></html>"
)
MISSING = (
    "<html><title>404</title><body><h1>Halaman tidak ditemukan</h1><p>Coba cari berita"
    " lain.</p></body></html>"
)

TROUBLE = {
    "forbidden": (Answer(status=403), "failed", "http_403"),
    "server error": (Answer(status=500), "failed", "http_5xx"),
    "too many requests": (
        Answer(status=429, headers=(("Retry-After", "0"),)),
        "failed",
        "http_429",
    ),
    "gone": (Answer(status=410), "gone", "http_410"),
    "not there": (Answer(status=404), "gone", "http_404"),
    "odd status": (Answer(status=418), "failed", "http_other"),
    "redirect loop": (redirect("itself"), "failed", "redirect_loop"),
    "redirect to another site": (
        redirect("https://example.com/berita"),
        "refused",
        "redirect_offsite",
    ),
    "redirect to loopback": (redirect("http://127.0.0.1:22/"), "refused", "private_address"),
    "redirect to a private address": (
        redirect("http://10.0.0.8/admin"),
        "refused",
        "private_address",
    ),
    "redirect to link-local": (
        redirect("http://169.254.169.254/latest/meta-data"),
        "refused",
        "private_address",
    ),
    "redirect to an old spelling of loopback": (
        redirect("http://2130706433/"),
        "refused",
        "private_address",
    ),
    "redirect to the home page": (redirect(HOME), "refused", "redirect_not_article"),
    "too large": (page(b"a" * 300_000), "failed", "too_large"),
    "expands beyond the limit": (
        page(gzip.compress(b"a" * 3_000_000), headers=(("Content-Encoding", "gzip"),)),
        "failed",
        "too_large",
    ),
    "empty": (page(b""), "failed", "empty_page"),
    "binary": (page(b"\x89PNG\r\n\x1a\n" + b"\0" * 500), "refused", "not_html"),
    "a PDF": (page(b"%PDF-1.7 ...", content_type="application/pdf"), "refused", "not_html"),
    "not found with status 200": (page(MISSING), "failed", "not_found_page"),
    "login wall": (page(LOGIN), "failed", "login_wall"),
    "nested thousands deep": (page(DEEP), "failed", "no_body"),
    "no text": (page("<html><title>x</title><body><div></div></body></html>"), "failed", "no_body"),
}


def test_trouble_with_a_story_has_its_reason_and_costs_no_other(serve, crawl, news):
    urls, site = among_good_ones(TROUBLE)
    answers = {urls[name]: answer for name, (answer, _state, _reason) in TROUBLE.items()}
    answers[urls["redirect loop"]] = redirect(urls["redirect loop"])
    done = crawl(serve({**site, **answers}), "rmol", "-s", "DOWNLOAD_MAXSIZE=200000")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert ledger(news, urls) == {
        name: (state, reason) for name, (_answer, state, reason) in TROUBLE.items()
    }
    assert {reason for _answer, _state, reason in TROUBLE.values()} <= set(REASONS)
    assert articles(news) == set(site) - {ROBOTS, HOME}


def test_a_timeout_has_its_reason(serve, crawl, news):
    closing = Event()
    answers = {**small_site(GOOD), HOME: home(BAD, story_url(GOOD))}

    def answer(url):
        if url == BAD:
            closing.wait(20)
        return answers.get(url)

    done = crawl(serve(answer), "rmol", "-s", "DOWNLOAD_TIMEOUT=3", "-s", "RETRY_TIMES=0")
    closing.set()
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", BAD) == [{"reason": "timeout"}]
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_a_connection_that_breaks_off_has_its_reason(serve, crawl, news):
    answers = {**small_site(GOOD), HOME: home(BAD, story_url(GOOD))}

    def answer(url):
        if url == BAD:
            raise ConnectionResetError
        return answers.get(url)

    crawl(serve(answer), "rmol")
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = ?", BAD) == [
        {"state": "failed", "reason": "connection_failed"}
    ]
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_a_pause_that_the_server_asks_for_is_kept_and_the_story_is_had_after_it(serve, crawl, news):
    answers = small_site(GOOD)
    refused: list[str] = []

    def answer(url):
        if url == story_url(GOOD) and not refused:
            refused.append(url)
            return Answer(status=429, headers=(("Retry-After", "1"),))
        return answers.get(url)

    done = crawl(serve(answer), "rmol")
    assert "requests a pause of 1 s" in done.stderr
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_a_pause_longer_than_a_crawl_ends_the_crawl_of_that_site_and_the_rest_stays_due(
    serve, crawl, news
):
    long_pause = Answer(status=429, headers=(("Retry-After", "99999"),))
    stories = {story_url(number): long_pause for number in range(1, 9)}
    proxy = serve({**small_site(), **stories, HOME: home(*stories)})
    done = crawl(proxy, "rmol")
    assert done.returncode == 1
    assert "requests a pause of 99999 s: the crawl of this site ends" in done.stderr
    assert sum(proxy.requested(url) for url in stories) <= 2
    assert int(str(rows(news, "SELECT count(*) AS n FROM ledger WHERE state = 'due'")[0]["n"])) >= 6


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("cp1252", "text/html"),
        ("utf-8", "text/html"),
        ("utf-8", "text/html; charset=iso-8859-1-x"),
        ("utf-16", "text/html"),
    ],
)
def test_a_missing_or_wrong_charset_loses_no_letters(serve, crawl, news, charset, declared):
    body = (
        story(GOOD, headline="Kafé “Senja” Dibuka")
        .body.decode()
        .replace('<meta charset="utf-8">', "")
        .encode(charset)
    )
    crawl(serve({**small_site(GOOD), story_url(GOOD): page(body, content_type=declared)}), "rmol")
    assert rows(news, "SELECT headline FROM latest") == [{"headline": "Kafé “Senja” Dibuka"}]


def test_markup_in_a_headline_stays_text(serve, crawl, news):
    shown = "Cara Memakai &lt;script&gt;alert(1)&lt;/script&gt; di Kelas"
    crawl(serve({**small_site(GOOD), story_url(GOOD): story(GOOD, headline=shown)}), "rmol")
    assert rows(news, "SELECT headline FROM latest") == [
        {"headline": "Cara Memakai <script>alert(1)</script> di Kelas"}
    ]


def test_broken_json_ld_is_noted_and_the_other_layers_are_used(serve, crawl, news):
    body = story(GOOD).body.replace(
        b"</head>", b'<script type="application/ld+json">{"@type": "NewsArticle", </script></head>'
    )
    crawl(serve({**small_site(GOOD), story_url(GOOD): page(body)}), "rmol")
    (row,) = rows(news, "SELECT headline, warnings FROM latest")
    assert row["headline"]
    assert "broken_json_ld" in str(row["warnings"])


def test_truncated_html_gives_what_was_sent(serve, crawl, news):
    body = story(GOOD).body
    crawl(
        serve({**small_site(GOOD), story_url(GOOD): page(body[: body.rindex(b"<p>") + 60])}), "rmol"
    )
    assert len(rows(news, "SELECT body FROM latest")) == 1


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [
<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<urlset><url><loc>&d;</loc></url></urlset>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<urlset><url><loc>https://rmol.id/&e;</loc></url></urlset>"""


@pytest.mark.parametrize(
    "xml",
    [
        BOMB,
        EXTERNAL,
        b"<rss><channel><item><title>x</rss",
        b"\x1f\x8bnot really gzip",
        b"",
        b"\0" * 50,
    ],
)
def test_a_hostile_or_broken_source_is_left_aside_and_the_next_one_used(serve, crawl, news, xml):
    bad = page(xml, content_type="application/xml")
    answers = {**small_site(GOOD), "https://rmol.id/sitemap.xml": bad, "https://rmol.id/rss": bad}
    done = crawl(serve(answers), "rmol")
    assert done.returncode == 0, done.stderr
    assert "root:" not in done.stderr
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_a_sitemap_of_foreign_addresses_is_counted_and_bounded(serve, crawl, news):
    entries = "".join(
        f"<url><loc>https://example.com/{number}</loc></url>" for number in range(1_500)
    )
    answers = {
        **small_site(GOOD),
        "https://rmol.id/sitemap.xml": page(
            f"<urlset>{entries}</urlset>", content_type="application/xml"
        ),
    }
    done = crawl(serve(answers), "rmol", "--json")
    assert done.returncode == 0, done.stderr
    assert '"foreign_site": 1500' in done.stdout
    assert (
        rows(news, "SELECT count(*) AS n FROM ledger WHERE reason = 'foreign_site'")[0]["n"] == 1000
    )
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_a_crawl_to_which_nothing_is_announced_fails_with_a_plain_line(serve, crawl, news):
    done = crawl(serve({ROBOTS: Answer(status=404), HOME: home()}), "rmol")
    assert done.returncode == 1
    assert "rmol: nothing was announced" in done.stderr
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "nothing_announced"}]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_robots_txt_that_cannot_be_had_means_not_now(serve, crawl, news, status):
    proxy = serve({**small_site(GOOD), ROBOTS: Answer(status=status)})
    done = crawl(proxy, "rmol")
    assert done.returncode == 1
    assert "robots.txt was unavailable" in done.stderr
    assert proxy.requested(story_url(GOOD)) == 0
    proxy.answers = small_site(GOOD)
    assert crawl(proxy, "rmol").returncode == 0
    assert proxy.requested(story_url(GOOD)) == 1


def test_a_missing_robots_txt_allows_everything(serve, crawl, news):
    assert crawl(serve({**small_site(GOOD), ROBOTS: Answer(status=404)}), "rmol").returncode == 0


def test_a_robots_txt_that_forbids_us_ends_the_crawl_of_that_site_only(serve, crawl, news):
    forbids = page("User-agent: warta\nDisallow: /\n", content_type="text/plain")
    suara_home = "https://www.suara.com/"
    other = "https://www.suara.com/news/2026/11/20/071512/saluran-air"
    shown = story(3).body.replace(b'id="fontResizableText"', b'class="article-content"')
    suara = {suara_home: home(other), other: page(shown)}
    proxy = serve({**small_site(GOOD), **suara, ROBOTS: forbids})
    done = crawl(proxy, "rmol", "suara")
    assert done.returncode == 1
    assert "rmol: not crawled: robots.txt forbids" in done.stderr
    assert proxy.requested(story_url(GOOD)) == 0
    assert rows(news, "SELECT site FROM latest") == [{"site": "suara"}]


def test_one_forbidden_address_is_refused_and_the_rest_is_had(serve, crawl, news):
    forbids = page(
        "User-agent: *\nDisallow: /nusantara/read/2026/11/20/700002/\n", content_type="text/plain"
    )
    crawl(serve({**small_site(GOOD, 2), ROBOTS: forbids}), "rmol")
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = ?", BAD) == [
        {"state": "refused", "reason": "robots_forbidden"}
    ]
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_the_trouble_of_a_story_is_tried_again_later_and_then_it_is_had(serve, crawl, news):
    proxy = serve({**small_site(GOOD), story_url(GOOD): Answer(status=403)})
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T00:00:00+00:00")
    proxy.answers = small_site(GOOD)
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T00:30:00+00:00")
    assert proxy.requested(story_url(GOOD)) == 1
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T01:30:00+00:00")
    assert rows(news, "SELECT count(*) AS n FROM latest")[0]["n"] == 1


def test_an_archive_path_that_is_no_archive_is_one_plain_line(serve, crawl, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("catatan harian, bukan arsip" * 100)
    done = crawl(serve({}), "rmol", archive=text)
    assert done.returncode == 1
    assert done.stderr.strip() == f"Error: {text}: it is not an SQLite file"


def test_a_disk_that_fills_up_ends_the_crawl_with_one_plain_line_and_loses_nothing_kept(
    serve, crawl, news
):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    with closing(sqlite3.connect(news)) as connection, connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    proxy.answers = small_site(*range(1, 40))
    script = (
        "import archive.database.connection as c\n"
        "opened = c.open_file\n"
        "def full(path, **kw):\n"
        "    db = opened(path, **kw)\n"
        f"    db.conn.execute('PRAGMA max_page_count = {pages + 8}')\n"
        "    return db\n"
        "c.open_file = full\n"
        "from scraper.cli.main import main\n"
        f"main(['crawl', 'rmol', '--archive', {str(news)!r}, '-s', 'DOWNLOAD_DELAY=0'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(proxy),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    assert f"Error: {news}: the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(news, "SELECT count(*) AS n FROM latest WHERE url = ?", story_url(1))[0]["n"] == 1
    assert rows(news, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_an_archive_that_is_moved_during_a_crawl_ends_it_with_one_line_and_loses_nothing_kept(
    serve, crawl, news
):
    answers, moved = small_site(*range(1, 10)), news.with_name("moved.db")

    def answer(url):
        if url == story_url(5):
            news.rename(moved)
        return answers.get(url)

    done = crawl(serve(answer), "rmol")
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if str(news) in line] == [
        f"Error: {news}: it was moved, deleted or replaced while it was written;"
        " what was written until then is in the file that was opened"
    ]
    assert "Traceback" not in done.stderr
    assert not news.exists()
    kept = int(rows(moved, "SELECT count(*) AS n FROM latest")[0]["n"])
    assert 0 < kept < 9
    assert rows(moved, "SELECT count(*) AS n FROM checks WHERE outcome = 'kept'")[0]["n"] == kept


def test_wrong_usage_is_reported_in_one_line_with_exit_2(serve, crawl):
    proxy = serve({})
    for arguments in (
        ["kompas"],
        ["rmol", "--since", "2026-12-01", "--until", "2026-11-01"],
        ["rmol", "-s", "NONSENSE"],
    ):
        done = crawl(proxy, *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
