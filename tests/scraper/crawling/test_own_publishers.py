"""A publisher of the user's own, in a file beside the archive, is one like the five: crawled,
examined, re-extracted, scheduled, watched and exported.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive import Archive
from scraper.cli.demo.proxy import Answer, ReplayProxy
from tests.archive.corpus.newsroom import documents, dropped
from tests.scraper.crawling.conftest import FAST, articles, rows, run, small_site
from tests.scraper.sites.own import kabar, story_url, written

AT = "2026-11-20T12:00:00+00:00"
CLOCK = ("-s", f"NOW={AT}")


@pytest.fixture
def folder(news: Path) -> Path:
    return news.parent / "sites"


@pytest.fixture
def warta(news: Path) -> Callable[..., Any]:
    """Runs a command of the archive through a proxy."""

    def start(proxy: ReplayProxy, *words: str, expect: int = 0) -> str:
        done = run(proxy, "scraper", *words, "--archive", str(news), cwd=news.parent)
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    return start


def read(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_it_is_crawled_with_its_own_rules_layout_and_time_zone(serve, crawl, news, folder):
    written(folder)
    done = crawl(serve(kabar(1, 2)), *CLOCK, "kabar")
    assert done.returncode == 0, done.stderr
    assert articles(news) == {story_url(1), story_url(2)}
    (row,) = rows(news, "SELECT * FROM latest WHERE url = ?", story_url(1))
    assert (row["site"], row["story_id"], row["layout"]) == ("kabar", "1", "K1")
    assert (row["headline"], row["section"]) == ("Saluran Air Kampung Damar Tahap 1", "desa")
    assert row["published_at"] == "2026-11-20T08:00:00+08:00"
    assert "Unduh aplikasi" not in row["body"]
    assert str(row["extractor"]).startswith("warta-kabar/")


def test_a_crawl_of_all_takes_it_beside_the_five_and_says_once_what_is_broken(
    serve, news, folder, warta
):
    written(folder)
    broken = written(folder, "lereng", ("Asia/Makassar", "Asia/Makasar"))
    off = "".join(f"[sites.{name}]\nenabled = false\n" for name in ("suara", "medcom", "republika"))
    (news.parent / "warta.toml").write_text(f"{off}[sites.islamtimes]\nenabled = false\n")
    proxy = serve({**kabar(1), **small_site(1)})
    done = run(proxy, "scraper", "crawl", *FAST, *CLOCK, "--json", cwd=news.parent)
    assert {row["site"]: row["first"] for row in read(done.stdout)} == {"kabar": 1, "rmol": 1}
    assert done.returncode == 3, "all is well but for one profile"
    assert done.stderr.count(str(broken)) == 1


def test_robots_txt_holds_for_it(serve, crawl, news, folder):
    written(folder)
    proxy = serve(kabar(1, 9))
    assert crawl(proxy, *CLOCK, "kabar").returncode == 0
    assert rows(news, "SELECT url FROM ledger WHERE reason = 'robots_forbidden'") == [
        {"url": story_url(9)}
    ]
    assert proxy.requested(story_url(9)) == 0


def test_so_does_the_delay_between_requests(serve, folder, news):
    written(folder)
    done = run(serve({}), "scraper", "doctor", "kabar", cwd=news.parent)
    assert "requests, 1.0 s apart" in done.stderr
    (news.parent / "warta.toml").write_text("[sites.kabar]\ndelay = 0.5\n")
    done = run(serve({}), "scraper", "doctor", "kabar", cwd=news.parent)
    assert "sites.kabar.delay: expected a number from 1, got 0.5" in done.stderr


def test_scrapy_lists_it_and_crawls_it(serve, news, folder):
    written(folder)
    proxy = serve(kabar(1))
    place = news.parent
    (place / "scrapy.cfg").write_text("[settings]\ndefault = scraper.settings\n")
    broken = written(folder, "lereng", ("Asia/Makassar", "Asia/Makasar"))
    listed = run(proxy, "scrapy", "list", cwd=place)
    assert str(broken) in listed.stderr
    assert listed.stdout.split() == ["islamtimes", "kabar", "medcom", "republika", "rmol", "suara"]
    done = run(proxy, "scrapy", "crawl", "kabar", *FAST, *CLOCK, cwd=place)
    assert done.returncode == 0, done.stderr
    assert articles(news) == {story_url(1)}


def test_a_changed_file_is_another_extractor_and_its_change_is_technical(
    serve, crawl, news, folder, warta
):
    written(folder)
    proxy = serve(kabar(1))
    crawl(proxy, *CLOCK, "kabar")
    written(folder, "kabar", ("^unduh aplikasi kabar lembah$", "^(unduh|pekerjaan) .*$"))
    warta(proxy, "reextract", "--site", "kabar")
    found = rows(news, "SELECT kind, changed, extractor FROM history ORDER BY number")
    assert [(row["kind"], row["changed"]) for row in found] == [
        ("first", "[]"), ("technical", '["body"]')
    ]  # fmt: skip
    assert len({row["extractor"] for row in found}) == 2


def test_what_is_about_finding_pages_changes_no_extractor(serve, crawl, news, folder, warta):
    written(folder)
    proxy = serve(kabar(1))
    crawl(proxy, *CLOCK, "kabar")
    written(
        folder, "kabar", ('Section("https://kabar.example/")', 'Feed("https://kabar.example/f")')
    )
    warta(proxy, "reextract", "--site", "kabar")
    assert [row["kind"] for row in rows(news, "SELECT kind FROM history")] == ["first"]


def test_doctor_examines_it_and_names_its_file(serve, news, folder, warta):
    file = written(folder, "kabar", ("div.isi", "div.artikel"))
    proxy = serve(kabar(1))
    shown = warta(proxy, "doctor", "kabar", "--json", *FAST, *CLOCK, expect=3)
    (examined,) = read(shown)
    assert any(str(file) in problem for problem in examined["problems"]), examined["problems"]


@pytest.mark.slow
def test_the_schedule_crawls_it_in_a_process_of_its_own(serve, news, folder, warta):
    written(folder)
    (news.parent / "warta.toml").write_text('[sites]\nfolder = "sites"\n[sites.kabar]\nlimit = 1\n')
    proxy = serve(kabar(1, 2))
    warta(proxy, "schedule", "once", "kabar")
    assert len(articles(news)) == 1
    shown = read(warta(proxy, "schedule", "show", "--json"))
    assert next(row for row in shown if row["site"] == "kabar")["ended"] == "finished"
    units = warta(proxy, "schedule", "systemd", "--timers")
    assert "# warta-kabar.timer" in units
    assert " schedule once kabar " in warta(proxy, "schedule", "cron")


def test_it_is_in_all_that_reads_an_archive(serve, crawl, news, folder, warta):
    written(folder)
    proxy = serve(kabar(1, 2))
    crawl(proxy, *CLOCK, "kabar")

    def sites_of(*words: str, expect: int = 0) -> set[object]:
        shown = read(warta(proxy, *words, "--json", expect=expect))
        return {row.get("site") for row in shown} - {None}

    assert "kabar" in sites_of("health", expect=3)
    assert "kabar" in sites_of("coverage", "--since", "2026-11-20", "--until", "2026-11-20")
    assert sites_of("list", "--site", "kabar") == {"kabar"}
    assert sites_of("stats") >= {"kabar"}
    assert 'warta_articles{site="kabar"} 2.0' in warta(proxy, "metrics")
    (life,) = read(warta(proxy, "explain", "https://www.kabar.example/desa/1/slug-lama", "--json"))
    assert life["site"] == "kabar"


@pytest.mark.slow
def test_its_stories_are_in_clusters_and_corpora_with_those_of_others(
    serve, crawl, news, folder, warta, tmp_path
):
    written(folder)
    proxy = serve(small_site(1) | kabar(1))
    crawl(proxy, *CLOCK, "rmol", "kabar")
    clustered = rows(news, "SELECT cluster_id, site FROM syndication")
    assert {row["site"] for row in clustered} == {"kabar", "rmol"}
    assert len({row["cluster_id"] for row in clustered}) == 1
    assert read(warta(proxy, "syndication", "matrix", "--json"))
    out = tmp_path / "corpus"
    warta(proxy, "corpus", "build", str(out), "--filters", "none")
    (kept,), (doubled,) = documents(out), dropped(out)
    assert {kept["site"], doubled["site"]} == {"kabar", "rmol"}


def test_pages_and_texts_of_it_are_read_without_a_crawl(serve, news, folder, warta, tmp_path):
    written(folder)
    page = kabar(1)[story_url(1)].body
    (tmp_path / "halaman.html").write_bytes(page)
    Archive(news).close()
    proxy = serve({})
    done = run(
        proxy, "scraper", "extract", "halaman.html", "--url", story_url(1), "--json",
        cwd=news.parent,
    )  # fmt: skip
    (found,) = read(done.stdout)
    assert (found["site"], found["layout"]) == ("kabar", "K1")
    record = {"url": story_url(2), "title": "Panen", "text": "Panen raya tiba. " * 30}
    (tmp_path / "data.jsonl").write_text(json.dumps(record))
    warta(proxy, "import", "data.jsonl")
    assert rows(news, "SELECT site, story_id FROM latest") == [{"site": "kabar", "story_id": "2"}]


def test_a_story_of_it_is_taken_down_for_good(serve, crawl, news, folder, warta):
    written(folder)
    proxy = serve(kabar(1))
    warta(proxy, "crawl", *FAST, *CLOCK, "kabar")
    warta(proxy, "remove", "https://www.kabar.example/desa/1/x", "--yes", "--reason", "diminta")
    crawl(proxy, *CLOCK, "--recheck", "all", "kabar")
    assert articles(news) == set()


def test_a_request_leaves_none_of_its_domains(serve, crawl, news, folder):
    written(folder)
    site = kabar(1)
    away = Answer(status=302, headers=(("Location", "https://lain.example/x"),))
    done = crawl(serve({**site, story_url(1): away}), *CLOCK, "kabar")
    assert "Traceback" not in done.stderr
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", story_url(1)) == [
        {"reason": "redirect_offsite"}
    ]
