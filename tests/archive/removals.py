"""An archive with an invented story that is to be taken down, and the search for what is left of
it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from archive import Archive, Page, Wire
from archive.maintenance.takedown import TakenDown
from archive.maintenance.takedown import take_down as erase
from archive.records import Hop
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    link,
    page,
    revise,
    rows,
    story,
    url_of,
)

SECRETS = (
    "Gadis kecil bernama Puspaningrum tersesat di lumbung Kedungwaringin.",
    "Ayahnya, Wiratmajaya, mencari dengan obor sampai fajar di Bukit Selarong Kulon.",
    "Puspaningrum ditemukan penggembala kambing di Sendang Gumuling.",
)
"""Of story 3, in its first revision, its second, and on its second page."""
REASON = "diminta oleh keluarga"


def page_of(number: int, text: str, **fields: Any) -> Page:
    """A page of the site with a text of its own, also in what came with it over the wire."""
    usual = page(number, **fields)
    lines = (("Server", "nginx"), ("Link", f"<{text}>; rel=shortlink"))
    hop = Hop(url=f"http://kabar.example/?s={text}", status=301, fetched_at=NOW, headers=lines)
    wire = Wire(headers=lines, request_headers=(("Referer", text),), hops=(hop,))
    return replace(usual, body=usual.body + f"<p>{text}</p>".encode(), wire=wire)


def put(
    archive: Archive, number: int, text: str, *, hours: int = 0, parts: tuple[Page, ...] = ()
) -> int:
    """What a crawl does with a page: snapshot, revision and ledger; the snapshot's number."""
    fetched = page_of(number, text, at=NOW + hours * HOUR, parts=parts)
    announce(archive, link(number), at=fetched.fetched_at)
    packed = archive.snapshots.pack(fetched)
    kept: list[int] = []

    def keep() -> int:
        url_id = archive.ledger.url_id(fetched.requested_url, site=SITE)
        kept.append(archive.snapshots.insert(packed, url_id=url_id, crawl_id=None, opted_out=None))
        return kept[0]

    with archive.transaction(fetched.fetched_at):
        article = story(number, body=text, headline=text[:20])
        revise(archive, article, key=f"{SITE}-{number}", keep=keep)
        article_id = archive.history.article_id(SITE, f"{SITE}-{number}")
    check(archive, url_of(number), "kept", at=fetched.fetched_at, article_id=article_id)
    return kept[0]


def filled(archive: Archive, *, others: int = 12) -> dict[int, Page]:
    """Story 3 with two revisions and a second page among `others` stories of its site; what is to
    stay, by snapshot.
    """
    for number in (1, 2):
        put(archive, number, f"Kabar biasa nomor {number}.")
    put(archive, 3, SECRETS[0], parts=(page_of(3, SECRETS[2]),))
    for number in range(4, 4 + others):
        put(archive, number, f"Kabar biasa nomor {number}.", hours=1)
    put(archive, 3, SECRETS[1], hours=2)
    announce(archive, link(90, key=f"{SITE}-3"))
    ours = {
        number
        for (number,) in rows(
            archive,
            "SELECT s.id FROM snapshots s JOIN urls u ON u.id = s.url_id WHERE u.key = 'kabar-3'",
        )
    }
    everything = [number for (number,) in rows(archive, "SELECT id FROM snapshots WHERE part = 1")]
    return {number: archive.snapshots.page(number) for number in everything if number not in ours}


def removed(archive: Archive, number: int = 3, *, at: timedelta = DAY) -> TakenDown:
    return erase(archive, SITE, f"{SITE}-{number}", url=url_of(number), reason=REASON, now=NOW + at)


def traces(path: Path, packed: list[bytes] = []) -> list[str]:  # noqa: B006 - never written
    """Which of the phrases, or of these packed pages, are anywhere in the files of the archive."""
    sought = [
        phrase.encode()
        for phrase in (
            *SECRETS,
            "Puspaningrum",
            "puspaningrum",
            "Wiratmajaya",
            "gumuling",
            "selarong",
        )
    ]
    found = []
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        file = path.with_name(name)
        content = file.read_bytes() if file.exists() else b""
        found += [f"{name}: {piece[:40]!r}" for piece in (*sought, *packed) if piece in content]
    return found


def packed_pages(archive: Archive) -> list[bytes]:
    """The compressed pages of story 3, and the dictionaries that hold one of them."""
    pages = [
        packed
        for (packed,) in rows(
            archive,
            "SELECT packed FROM snapshots s JOIN urls u ON u.id = s.url_id WHERE u.key = 'kabar-3'",
        )
    ]
    return pages + [
        packed
        for (packed,) in rows(archive, "SELECT packed FROM dictionaries WHERE length(packed) > 0")
    ]
