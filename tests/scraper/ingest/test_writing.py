"""The writer of pages, where a page's reading took its time: what was written in advance of its end
is about the same request.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive, Article, Page
from archive.records import Announcement
from scraper.extraction.article import extractor_of
from scraper.ingest.writing import Fetched, Policy, Written, write_page
from scraper.spiders import sites
from tests.archive.invented import DAY, NOW, story

RMOL = sites()["rmol"]
URL = "https://rmol.id/nusantara/read/2026/11/20/700001/saluran-air-1"
LONG = " ".join(f"Warga menanam pohon ke-{number} di tepi sungai." for number in range(40))
SHORT = "Warga menanam pohon di tepi sungai."


def article(body: str) -> Article:
    fields = {"site": "rmol", "url": URL, "canonical_url": URL, "extractor": extractor_of(RMOL)}
    return story(1, headline="Saluran Air", body=body, **fields)


def request(archive: Archive, body: str, at: datetime, *, end: bytes, slow: bool) -> Written:
    """What a crawl does with an answer; a `slow` reading is written down before it ends."""
    page = Page(
        site="rmol",
        requested_url=URL,
        url=URL,
        status=200,
        headers={},
        fetched_at=at,
        body=b"<html><p>" + body.encode() + end,
    )
    fetched = Fetched(snapshot=archive.snapshots.pack(page), article=article(body))
    policy = Policy(crawl_id=None)
    if slow:
        broken = replace(fetched, article=None, refusal="reading_broke_off")
        with archive.transaction(at):
            noted = write_page(archive, RMOL, broken, policy)
        assert isinstance(noted, Written)
        fetched = replace(fetched, in_advance=noted)
    with archive.transaction(at + timedelta(seconds=2)):
        written = write_page(archive, RMOL, fetched, policy)
    assert isinstance(written, Written)
    return written


@pytest.fixture
def archive(tmp_path: Path):
    with Archive(tmp_path / "news.db") as opened:
        with opened.transaction(NOW):
            link = Announcement(url=URL, key="700001", published_at=NOW)
            opened.ledger.announce("rmol", [link], source="sitemap")
        request(opened, LONG, NOW, end=b"</html>", slow=False)
        yield opened


@pytest.mark.parametrize("slow", [False, True])
def test_a_much_shorter_page_is_believed_when_it_comes_again(archive: Archive, slow: bool) -> None:
    first = request(archive, SHORT, NOW + DAY, end=b"</html>", slow=slow)
    second = request(archive, SHORT, NOW + 2 * DAY, end=b"</html>", slow=slow)
    assert (first.outcome, first.reason) == ("failed", "much_shorter")
    assert (second.outcome, second.reason) == ("kept", None)


def test_a_slow_page_fails_once_a_request(archive: Archive) -> None:
    request(archive, SHORT, NOW + DAY, end=b"</html>", slow=True)
    found = archive.db.conn.execute("SELECT failures, reason FROM urls").fetchone()
    assert found == (1, "much_shorter")
