"""A crawl learns the furniture of its site for the crawls to come; its own pages it reads alike."""

from __future__ import annotations

from pathlib import Path

from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.extraction.article import extractor_of
from scraper.spiders.rmol import SITE
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, rows
from tests.scraper.ingest.stories_of_a_site import BOX, BOX_TEXT, story_page


def site_of(stories: int, *, look: bytes = b"") -> dict[str, Answer]:
    """The site; another look of its pages is no edit, but no 304 either."""
    pages = [story_page(number, among=BOX) for number in range(stories)]
    answers = {page.url: Answer(body=page.body + look) for page in pages}
    robots = Answer(content_type="text/plain", body=b"User-agent: *\nAllow: /\n")
    return {ROBOTS: robots, HOME: home(*answers), **answers}


def with_box(news: Path) -> int:
    statement = "SELECT count(*) AS n FROM latest WHERE body LIKE ?"
    (row,) = rows(news, statement, f"%{BOX_TEXT}%")
    return int(str(row["n"]))


def test_it_learns_at_its_end_and_the_next_one_reads_by_that(serve, crawl, news: Path) -> None:
    proxy: ReplayProxy = serve(site_of(31))
    assert crawl(proxy, "rmol").returncode == 0
    assert rows(news, "SELECT text FROM furniture") == [{"text": BOX_TEXT}]
    assert rows(news, "SELECT DISTINCT extractor FROM latest") == [
        {"extractor": extractor_of(SITE)}
    ]
    assert with_box(news) == 31
    new = story_page(40, among=BOX)
    answers = site_of(31, look=b"<!-- baru -->")
    proxy.answers = {**answers, HOME: home(new.url), new.url: Answer(body=new.body)}
    assert crawl(proxy, "--recheck", "all", "rmol").returncode == 0
    assert with_box(news) == 0
    kinds = rows(news, "SELECT kind, count(*) AS n FROM history GROUP BY kind ORDER BY kind")
    assert kinds == [{"kind": "first", "n": 32}, {"kind": "technical", "n": 31}]
    assert len(rows(news, "SELECT * FROM furniture_sets")) == 1


def test_a_small_crawl_learns_nothing(serve, crawl, news: Path) -> None:
    assert crawl(serve(site_of(29)), "rmol").returncode == 0
    assert rows(news, "SELECT * FROM furniture_sets") == []


def test_a_plan_learns_nothing(serve, crawl, news: Path) -> None:
    proxy = serve(site_of(31))
    crawl(proxy, "rmol", "--limit", "29")
    assert crawl(proxy, "rmol", "--plan").returncode == 0
    assert rows(news, "SELECT * FROM furniture_sets") == []
