"""A crawl learns the furniture of its site from those before it, and reads all its pages alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from archive import Archive
from scraper.cli.demo.proxy import Answer
from scraper.extraction.article import extractor_of
from scraper.spiders.rmol import SITE
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, rows
from tests.scraper.ingest.stories_of_a_site import (
    BOX,
    BOX_TEXT,
    REFRAIN,
    REFRAIN_TEXT,
    keep_all,
    story_page,
)


def site_of(stories: int, *, look: bytes = b"") -> dict[str, Answer]:
    """The site; another look of its pages is no edit, but no 304 either."""
    pages = [story_page(number, among=BOX) for number in range(stories)]
    answers = {page.url: Answer(body=page.body + look) for page in pages}
    robots = Answer(content_type="text/plain", body=b"User-agent: *\nAllow: /\n")
    return {ROBOTS: robots, HOME: home(*answers), **answers}


STORIES = 31
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def keep_stories(news: Path, number: int = STORIES) -> None:
    with Archive(news) as archive:
        keep_all(archive, (story_page(number, among=BOX) for number in range(number)))


def with_box(news: Path) -> int:
    statement = "SELECT count(*) AS n FROM latest WHERE body LIKE ?"
    (row,) = rows(news, statement, f"%{BOX_TEXT}%")
    return int(str(row["n"]))


def test_it_learns_from_the_crawls_before_it_and_reads_all_its_pages_by_that(
    serve, crawl, news: Path
) -> None:
    keep_stories(news)
    assert rows(news, "SELECT DISTINCT extractor FROM latest") == [
        {"extractor": extractor_of(SITE)}
    ]
    assert with_box(news) == STORIES
    new = story_page(40, among=BOX)
    answers = site_of(STORIES, look=b"<!-- baru -->")
    proxy = serve({**answers, HOME: home(new.url), new.url: Answer(body=new.body)})
    assert crawl(proxy, "--recheck", "all", "rmol").returncode == 0
    assert rows(news, "SELECT text FROM furniture") == [{"text": BOX_TEXT}]
    assert with_box(news) == 0
    kinds = rows(news, "SELECT kind, count(*) AS n FROM history GROUP BY kind ORDER BY kind")
    assert kinds == [{"kind": "first", "n": STORIES + 1}, {"kind": "technical", "n": STORIES}]
    assert len(rows(news, "SELECT DISTINCT extractor FROM latest")) == 1


def test_what_goes_with_a_series_is_forgotten_though_its_pages_are_read_without_it(
    serve, crawl, news: Path
) -> None:
    with Archive(news) as archive:
        with archive.transaction(NOW):
            archive.furniture.write("rmol", {REFRAIN_TEXT: True})
        series = (story_page(n, below=REFRAIN, channel="dongeng") for n in range(15))
        keep_all(archive, (*series, *(story_page(n, channel="hukum") for n in range(15, 45))))
    crawl(serve(site_of(0)), "rmol")
    assert rows(news, "SELECT text, ended_set FROM furniture") == [
        {"text": REFRAIN_TEXT, "ended_set": 2}
    ]


def test_a_plan_learns_nothing(serve, crawl, news: Path) -> None:
    keep_stories(news)
    assert crawl(serve(site_of(1)), "rmol", "--plan").returncode == 0
    assert rows(news, "SELECT * FROM furniture_sets") == []


def test_a_small_archive_teaches_nothing(serve, crawl, news: Path) -> None:
    keep_stories(news, STORIES - 2)
    crawl(serve(site_of(0)), "rmol")
    assert rows(news, "SELECT * FROM furniture_sets") == []


def test_a_damaged_page_is_left_out(serve, crawl, news: Path) -> None:
    keep_stories(news)
    with closing(sqlite3.connect(news)) as db:
        db.execute("UPDATE snapshots SET packed = x'00112233' WHERE id = 2")
        db.commit()
    assert "Traceback" not in crawl(serve(site_of(0)), "rmol").stderr
    assert rows(news, "SELECT text FROM furniture") == [{"text": BOX_TEXT}]
