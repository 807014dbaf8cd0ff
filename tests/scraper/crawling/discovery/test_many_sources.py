"""Thousands of sources, and chains of them without an end: the crawl ends, and has its stories."""

from __future__ import annotations

import json
import re

import pytest

from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, rows, run, small_site, story_url

XML = "application/xml"
FEW = ("-s", "SOURCE_REQUESTS=100")


def sitemap(*urls: str) -> Answer:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return Answer(content_type=XML, body=f"<urlset>{entries}</urlset>".encode())


def index(*urls: str) -> Answer:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return Answer(content_type=XML, body=f"<sitemapindex>{entries}</sitemapindex>".encode())


def robots(*sitemaps: str) -> Answer:
    lines = "".join(f"Sitemap: {url}\n" for url in sitemaps)
    return Answer(content_type="text/plain", body=f"User-agent: *\nAllow: /\n{lines}".encode())


def maps(count: int) -> list[str]:
    return [f"https://rmol.id/peta-{number}.xml" for number in range(count)]


def feeds_of_the_home_page() -> dict[str, Answer]:
    feeds = "".join(
        f"<link rel=alternate type=application/rss+xml href=/umpan-{number}>"
        for number in range(3000)
    )
    page = f"<html><head>{feeds}</head><body><a href='{story_url(1)}'>x</a></body></html>"
    return {HOME: Answer(body=page.encode())}


def sitemaps_of_robots() -> dict[str, Answer]:
    named = maps(3000)
    return {ROBOTS: robots(*named), **dict.fromkeys(named, sitemap())}


def sitemaps_of_an_index() -> dict[str, Answer]:
    return {"https://rmol.id/sitemap.xml": index(*maps(3000))}


MANY = [feeds_of_the_home_page, sitemaps_of_robots, sitemaps_of_an_index]


@pytest.mark.parametrize("many", MANY, ids=lambda many: many.__name__)
def test_thousands_of_sources_are_cut_counted_and_explained(serve, crawl, news, many):
    proxy = serve({**small_site(1), **many()})
    done = crawl(proxy, "rmol", "--json", *FEW)
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT url FROM latest") == [{"url": story_url(1)}]
    assert sum(proxy.requests.values()) < 115
    (row,) = map(json.loads, done.stdout.splitlines())
    left_out = row["sources"]["source_budget"]
    assert left_out > 2800
    assert row["refused"]["source_budget"] == left_out
    assert re.search(
        rf"rmol: {left_out} sources were not requested: the crawl's budget", done.stderr
    )
    (counts,) = rows(news, "SELECT counts FROM crawls")
    assert json.loads(str(counts["counts"]))["sources/source_budget"] == left_out
    cut = rows(news, "SELECT url FROM ledger WHERE reason = 'source_budget'")
    assert len(cut) == 1000
    told = run(proxy, "scraper", "explain", "--archive", str(news), str(cut[0]["url"]))
    assert "the crawl's budget for sources was used up" in told.stdout
    assert "Never requested." in told.stdout


def test_doctor_says_what_the_newest_crawl_left_out_and_examines_the_profile(serve, crawl, news):
    proxy = serve({**small_site(1), **sitemaps_of_robots()})
    crawl(proxy, "rmol", *FEW)
    words = ("doctor", "rmol", "--archive", str(news), "-s", "DOWNLOAD_DELAY=0")
    told = run(proxy, "scraper", *words)
    assert re.search(r"the newest crawl skipped 2[89]\d\d sources: its budget", told.stdout)
    assert "and 2990 more." in told.stdout
    assert f"Section  {HOME}" in told.stdout
    assert "Feed     https://rmol.id/rss" in told.stdout


def test_a_chain_of_sitemaps_without_an_end_ends(serve, crawl, news):
    site = small_site(1)

    def answer(url: str) -> Answer | None:
        if url == "https://rmol.id/sitemap.xml":
            return index("https://rmol.id/peta-1.xml")
        if match := re.fullmatch(r"https://rmol\.id/peta-(\d+)\.xml", url):
            return index(f"https://rmol.id/peta-{int(match[1]) + 1}.xml")
        return site.get(url)

    proxy = serve(answer)
    done = crawl(proxy, "rmol", *FEW)
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT url FROM latest") == [{"url": story_url(1)}]
    assert sum(proxy.requests.values()) < 115


def test_pages_of_an_index_without_an_end_end(serve, crawl, news):
    site = small_site(1)

    def answer(url: str) -> Answer | None:
        if match := re.fullmatch(r"https://rmol\.id/indeksberita/(\d+)", url):
            return home(story_url(1000 + int(match[1])))
        return site.get(url)

    proxy = serve(answer)
    now = ("--since", "2026-11-20", "-s", "NOW=2026-11-20T12:00:00+00:00")
    done = crawl(proxy, "rmol", *FEW, *now)
    assert done.returncode == 0, done.stderr
    assert sum(proxy.requested(f"https://rmol.id/indeksberita/{n}") for n in range(200)) < 101


def test_stories_have_their_turn_between_the_sources(serve, crawl):
    asked: list[str] = []
    answers = {**small_site(1), **sitemaps_of_robots()}

    def answer(url: str) -> Answer | None:
        asked.append(url)
        return answers.get(url)

    crawl(serve(answer), "rmol", "-s", "SOURCE_REQUESTS=150")
    at = asked.index(story_url(1))
    assert sum("peta" in url for url in asked[at:]) > 20
    assert sum("peta" in url for url in asked[:at]) < 101


def test_what_was_left_out_has_its_turn_in_the_next_crawls_and_what_gave_comes_first(
    serve, crawl, news
):
    named = maps(130)
    answers = {**small_site(1), ROBOTS: robots(*named), **dict.fromkeys(named, sitemap())}
    answers[named[120]] = sitemap(story_url(2))
    proxy = serve(answers)
    for _crawl in range(2):
        crawl(proxy, "rmol", *FEW)
    assert all(proxy.requested(url) for url in named)
    before = proxy.requested(named[120])
    asked: list[str] = []
    proxy.answers = lambda url: asked.append(url) or answers.get(url)
    crawl(proxy, "rmol", *FEW)
    assert before >= 1
    assert named[120] in asked[:4]


def test_a_budget_in_the_configuration_is_used(serve, news, tmp_path):
    file = tmp_path / "warta.toml"
    file.write_text(f"archive = '{news}'\n[crawl]\nsource_requests = 110\n")
    proxy = serve({**small_site(1), **sitemaps_of_robots()})
    words = ("--config", str(file), "crawl", "rmol", "-s", "DOWNLOAD_DELAY=0.01")
    done = run(proxy, "scraper", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 100 < sum(proxy.requests.values()) < 130


def test_links_beyond_the_limit_of_a_page_are_cut_with_a_reason(serve, crawl, news):
    links = [f"https://rmol.id/halaman/{number}" for number in range(10_001)]
    proxy = serve({**small_site(1), HOME: home(story_url(1), *links)})
    done = crawl(proxy, "rmol", "--json")
    assert done.returncode == 0, done.stderr
    assert '"too_many_links": 1' in done.stdout
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", HOME) == [
        {"reason": "too_many_links"}
    ]
    told = run(proxy, "scraper", "explain", "--archive", str(news), HOME).stdout
    assert "the rest was cut off" in told
    assert rows(news, "SELECT url FROM latest") == [{"url": story_url(1)}]
