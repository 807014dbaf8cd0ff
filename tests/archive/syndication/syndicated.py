"""Invented stories that several newsrooms run, and their clusters as they can be compared between
archives.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from archive import Archive, Article
from tests.archive.invented import NOW, keep, rows, story, url_of
from tests.archive.syndication.wire import (
    FOLLOW_UP_LEAD,
    RATES,
    REWRITTEN,
    WIRE,
    joined,
    paragraphs,
    prayer_times,
)

MINUTE = timedelta(minutes=1)
SITES = ("kabar", "berita", "warta")

LED_ANEW = joined(
    "Warga Sumber Jati bersyukur atas waduk baru yang telah lama mereka nantikan.",
    *paragraphs()[1:6],
)
BEGINNING = joined(*paragraphs()[:3])
END = joined(*paragraphs()[5:])
"""Has no word in common with BEGINNING; both were cut from WIRE."""
FOLLOW_UP = joined(FOLLOW_UP_LEAD, *paragraphs()[1:])

BODIES = (
    WIRE,
    WIRE.replace("\n\n", "\n"),
    WIRE.replace("312", "321"),
    LED_ANEW,
    BEGINNING,
    END,
    REWRITTEN,
    FOLLOW_UP,
    "",
    "Foto: istimewa.",
    prayer_times("Randu", "Senin", 2, 30),
    prayer_times("Randu", "Kamis", 5, 31),
    RATES.format(close="16.310", day="Senin", date=2, points=25, open="16.335"),
)


def ran(
    archive: Archive,
    body: str,
    *,
    site: str = "kabar",
    number: int = 1,
    at: datetime = NOW,
    published: datetime | None = NOW,
    technical: bool = False,
    **fields: Any,
) -> Article:
    """A site runs a text under its story `number`, or says that anew."""
    article = story(
        number,
        site=site,
        body=body,
        published_at=published,
        agency=fields.pop("agency", None),
        **fields,
    )
    keep(archive, article, at=at, technical=technical)
    return article


def wire_on_three_sites(archive: Archive) -> None:
    """First kabar, ten minutes later berita with a lead of its own, after half an hour warta, which
    cut it.
    """
    ran(archive, WIRE, site="kabar", published=NOW, agency="ANTARA")
    ran(archive, LED_ANEW, site="berita", published=NOW + 10 * MINUTE)
    ran(archive, BEGINNING, site="warta", published=NOW + 30 * MINUTE)


def clusters(archive: Archive) -> list[set[str]]:
    """The members of each cluster, as `site/number`."""
    found: dict[int, set[str]] = {}
    for cluster_id, url in rows(
        archive, "SELECT cluster_id, url FROM syndication ORDER BY cluster_id"
    ):
        found.setdefault(cluster_id, set()).add(name_of(url))
    return list(found.values())


def relations(archive: Archive) -> dict[str, str | None]:
    """What each member is beside the first of its cluster."""
    return {
        name_of(url): "first" if first else relation
        for url, relation, first in rows(archive, "SELECT url, relation, is_first FROM syndication")
    }


def described(archive: Archive) -> set[frozenset[tuple[Any, ...]]]:
    """All clusters with everything that is said of their members, without the numbers that arrival
    gives.
    """
    found: dict[int, set[tuple[Any, ...]]] = {}
    statement = """SELECT m.cluster_id, a.url, m.relation, m.similarity, m.containment,
    m.of_first, m.is_first
        FROM members m JOIN articles a ON a.id = m.article_id"""
    for cluster_id, *told in rows(archive, statement):
        found.setdefault(cluster_id, set()).add(tuple(told))
    return {frozenset(members) for members in found.values()}


def members(archive: Archive) -> list[tuple[Any, ...]]:
    """The rows themselves."""
    return rows(archive, "SELECT * FROM members ORDER BY article_id")


def texts(archive: Archive) -> list[tuple[Any, ...]]:
    """Which article runs which text, its signature, and the keys of all."""
    read = rows(
        archive,
        "SELECT x.article_id, t.digest, t.algorithm, t.signature FROM article_texts x JOIN texts t"
        " ON t.id = x.text_id ORDER BY 1",
    )
    keys = rows(
        archive,
        "SELECT b.key, t.digest FROM bands b LEFT JOIN texts t ON t.id = b.text_id ORDER BY 1, 2",
    )
    return [*read, *keys, *rows(archive, "SELECT digest FROM texts ORDER BY 1")]


def name_of(url: str) -> str:
    site, number = url.removeprefix("https://www.").split(".example/berita/")
    assert url == url_of(int(number), site=site)
    return f"{site}/{number}"
