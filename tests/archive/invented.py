"""Invented stories, and the steps of a crawl that put them into an archive. Nothing here was ever
published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archive import Archive, Article, Page, Revision
from archive.records import Announcement, Check
from archive.revisions.changes import change_of

SITE = "kabar"
NOW = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WIB = timezone(timedelta(hours=7))

BODY = (
    "Pasar Tanjung kembali ramai setelah jembatan kayu di Desa Lambur selesai diperbaiki warga.\n\n"
    "Harga beras turun dua ratus rupiah, kata Ratna, pedagang yang berjualan di sana sejak 1998."
)


@contextmanager
def new_archive(path: Path | None = None) -> Iterator[Archive]:
    """An empty archive, by default in a folder of its own: for each example of a property.

    It is a copy: making one takes longer than most tests.
    """
    with TemporaryDirectory() as folder:
        path = path or Path(folder) / "news.db"
        path.write_bytes(_empty())
        with Archive(path) as archive:
            yield archive


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "news.db"
        Archive(path).close()
        return path.read_bytes()


def url_of(number: int, *, site: str = SITE) -> str:
    return f"https://www.{site}.example/berita/{number}"


def story(number: int = 1, *, site: str = SITE, **fields: Any) -> Article:
    """An article with every field filled; `fields` replace its own."""
    usual: dict[str, Any] = {
        "url": url_of(number, site=site),
        "canonical_url": url_of(number, site=site),
        "site": site,
        "story_id": f"{site}-{number}",
        "headline": f"Pasar Tanjung Ramai Lagi ({number})",
        "kicker": "Ekonomi Desa",
        "deck": "Jembatan selesai, pembeli datang",
        "body": BODY,
        "dateline": "LAMBUR",
        "authors": ("Sari Melati",),
        "editors": ("Joko Lesmana",),
        "agency": "ANTARA",
        "published_at": datetime(2026, 11, 20, 8, 0, tzinfo=WIB),
        "modified_at": datetime(2026, 11, 20, 8, 30, tzinfo=WIB),
        "section": "Ekonomi",
        "tags": ("pasar", "beras"),
        "image_url": "https://gambar.example/1.jpg",
        "caption": "Suasana pasar.",
        "layout": "baru",
        "extractor": "warta/0.1.0/kabar-1",
    }
    return Article(**usual | fields)


def page(number: int = 1, *, site: str = SITE, at: datetime = NOW, **fields: Any) -> Page:
    """One response; pages of one site share most of their bytes, as they do in life."""
    menu = "".join(
        f"<li><a href='/kanal/{name}'>{name.title()}</a></li>"
        for name in "ekonomi olahraga budaya desa cuaca".split()
    )
    usual: dict[str, Any] = {
        "site": site,
        "requested_url": url_of(number, site=site),
        "url": url_of(number, site=site),
        "status": 200,
        "headers": {"content-type": "text/html; charset=utf-8"},
        "fetched_at": at,
        "body": (
            f"<html><nav><ul>{menu * 5}</ul></nav><h1>Kabar nomor {number}</h1><p>{BODY}</p></html>"
        ).encode(),
    }
    return Page(**usual | fields)


def link(number: int = 1, **fields: Any) -> Announcement:
    """An announcement whose story is its own unless `key` names another."""
    return Announcement(**{"url": url_of(number), "key": f"{SITE}-{number}"} | fields)


def announce(
    archive: Archive,
    *links: Announcement,
    site: str = SITE,
    at: datetime = NOW,
    source: str = "sitemap",
) -> list[str]:
    """Announce, and give back the URLs to ask for now."""
    with archive.transaction(at):
        return [entry.url for entry in archive.ledger.announce(site, links, source=source)]


def check(
    archive: Archive, url: str, outcome: str, *, site: str = SITE, at: datetime = NOW, **fields: Any
) -> None:
    """Write down that `url` was asked for."""
    with archive.transaction(at):
        archive.ledger.record(
            Check(url=url, crawl_id=None, checked_at=at, outcome=outcome, **fields), site=site
        )


def keep_page(archive: Archive, kept: Page) -> int:
    """Keep a snapshot without reading it; its number."""
    with archive.transaction(kept.fetched_at):
        url_id = archive.ledger.url_id(kept.requested_url, site=kept.site)
        return archive.snapshots.insert(
            archive.snapshots.pack(kept), url_id=url_id, crawl_id=None, opted_out=None
        )


def revise(
    archive: Archive,
    article: Article,
    *,
    key: str,
    keep: Callable[[], int],
    technical: bool = False,
) -> Revision | None:
    """Write a revision with the snapshot that `keep` writes, if there is anything to write."""
    newest = archive.history.newest(article.site, key)
    change = change_of(newest, article, technical=technical)
    if change is None or archive.history.taken_down(article.site, key):
        return None
    return archive.history.write(article, change, key=key, newest=newest, snapshot_id=keep())


def keep(
    archive: Archive, article: Article, *, at: datetime = NOW, technical: bool = False
) -> Revision | None:
    """What a crawl does with a story that it fetched at `at`: snapshot, revision and ledger in one
    transaction.
    """
    fetched = page(site=article.site, at=at, requested_url=article.url, url=article.url)
    key = article.story_id or article.canonical_url
    snapshot = archive.snapshots.pack(fetched)
    with archive.transaction(at):
        url_id = archive.ledger.url_id(article.url, site=article.site)
        revision = revise(
            archive,
            article,
            key=key,
            keep=lambda: archive.snapshots.insert(
                snapshot, url_id=url_id, crawl_id=None, opted_out=None
            ),
            technical=technical,
        )
        archive.ledger.record(
            Check(
                url=article.url,
                crawl_id=None,
                checked_at=at,
                outcome="kept" if revision else "unchanged",
                status=200,
                bytes=len(fetched.body),
                next_check_at=at + DAY,
                article_id=archive.history.article_id(article.site, key),
            ),
            site=article.site,
        )
    return revision


def take_down(archive: Archive, article: Article, *, at: datetime) -> Revision | None:
    """What a crawl does with a story that its site took away."""
    with archive.transaction(at):
        article_id = archive.history.article_id(
            article.site, article.story_id or article.canonical_url
        )
        revision = archive.history.note_removal(article_id)
        gone = Check(
            url=article.url,
            crawl_id=None,
            checked_at=at,
            outcome="gone",
            status=410,
            reason="http_410",
        )
        archive.ledger.record(gone, site=article.site)
    return revision


def edited(article: Article, **fields: Any) -> Article:
    """The same story after an edit."""
    return replace(article, **fields)


def rows(archive: Archive, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    return archive.db.conn.execute(statement, values).fetchall()


def value(archive: Archive, statement: str, *values: Any) -> Any:
    """The one value that a statement gives."""
    ((found,),) = rows(archive, statement, *values)
    return found
