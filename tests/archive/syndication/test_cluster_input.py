"""What no newsroom should publish, and stories by the hundred: work stays bounded, and nothing is
mistaken.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from archive import Archive
from archive.maintenance.rebuild_clusters import rebuild
from archive.syndication import clusters as keeping
from archive.syndication import texts as reading
from tests.archive.invented import DAY, HOUR, NOW, story, value
from tests.archive.syndication.syndicated import clusters, members, ran
from tests.archive.syndication.wire import REWRITTEN, WIRE, paragraphs, prayer_times

MANY = 1000


@contextmanager
def counted(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often two texts were compared or measured, and how many statements SQLite was given."""
    told: Counter[str] = Counter()
    compare, measure = reading.compare, keeping.overlap

    def and_count(name, work):  # type: ignore[no-untyped-def]
        def counting(*arguments, **options):  # type: ignore[no-untyped-def]
            told[name] += 1
            return work(*arguments, **options)

        return counting

    with monkeypatch.context() as patched:
        patched.setattr(reading, "compare", and_count("compared", compare))
        patched.setattr(keeping, "overlap", and_count("measured", measure))
        archive.db.conn.set_trace_callback(lambda _statement: told.update(["statements"]))
        yield told
        archive.db.conn.set_trace_callback(None)


def many(
    archive: Archive, bodies: list[str], *, sites: int = 50, apart: timedelta = HOUR / 60
) -> None:
    """As an import writes them, all in one transaction."""
    with archive.transaction(NOW):
        for number, body in enumerate(bodies, start=1):
            said = story(
                number, site=f"situs{number % sites}", body=body, published_at=NOW + number * apart
            )
            archive.history.revise(said, key=str(number))


@pytest.mark.parametrize(
    "body", ["", " ", "Foto: istimewa Antara", "Air naik lagi. " * 6, "... — !!! " * 500]
)
def test_texts_too_short_to_be_compared_are_in_no_cluster(archive: Archive, body: str) -> None:
    for site in ("kabar", "berita"):
        ran(archive, body, site=site)
    assert members(archive) == []
    assert value(archive, "SELECT count(*) FROM bands") == 0
    ran(archive, WIRE, site="kabar", at=NOW + DAY)
    ran(archive, WIRE, site="berita", at=NOW + DAY)
    assert clusters(archive) == [{"kabar/1", "berita/1"}]


def test_a_paragraph_a_thousand_times_is_that_paragraph(archive: Archive) -> None:
    ran(archive, "\n\n".join([paragraphs()[0] + " " + paragraphs()[1]] * MANY), site="kabar")
    ran(archive, "\n\n".join([paragraphs()[0] + " " + paragraphs()[1]] * 3), site="berita")
    ran(archive, REWRITTEN, site="warta")
    assert clusters(archive) == [{"kabar/1", "berita/1"}]


def test_a_text_of_a_hundred_thousand_words_is_compared_like_any_other(archive: Archive) -> None:
    chance = random.Random(3)
    book = " ".join(f"kata{chance.randrange(5000)}" for _ in range(100_000))
    ran(archive, book, site="kabar")
    ran(archive, f"JAKARTA - {book}", site="berita")
    ran(archive, WIRE, site="warta")
    assert clusters(archive) == [{"kabar/1", "berita/1"}]


def test_a_thousand_identical_texts_are_one_text_and_are_never_compared(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        monkeypatch.context() as patched
    ):  # all at once, as of a thousand steps each looks at all members
        patched.setattr(keeping.Clusters, "place", lambda *_arguments, **_options: None)
        many(archive, [WIRE] * MANY)
    rebuild(archive, now=NOW, jobs=1, advance=lambda _count: None)
    assert value(archive, "SELECT count(*) FROM syndication") == MANY
    assert (
        value(archive, "SELECT count(*) FROM texts"),
        value(archive, "SELECT count(*) FROM bands"),
    ) == (1, 46)
    with counted(archive, monkeypatch) as told:
        ran(archive, WIRE, site="kabar", published=NOW + DAY)
        ran(archive, REWRITTEN, site="kabar", published=NOW + DAY, at=NOW + DAY)
    assert (told["compared"], told["measured"]) == (0, 0)
    assert told["statements"] < 250
    assert value(archive, "SELECT count(*) FROM syndication") == MANY


def near(number: int) -> str:
    """A copy with a credit of its own."""
    return f"{WIRE}\n\nLaporan wartawan kami bernomor urut {number} dari lapangan."


def test_one_more_of_hundreds_of_near_identical_texts_is_compared_with_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(archive, [near(number) for number in range(300)])
    assert value(archive, "SELECT count(*) FROM syndication") == 300
    with counted(archive, monkeypatch) as told:
        ran(archive, near(5000), site="kabar", published=NOW + DAY)
    assert (told["compared"], told["measured"]) == (1, 1)


def test_a_change_in_a_large_cluster_compares_no_more_than_its_members(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(archive, [near(number) for number in range(200)])
    ran(archive, near(5000), site="kabar", published=NOW + DAY)
    with counted(archive, monkeypatch) as told:
        ran(archive, near(6000), site="kabar", published=NOW + DAY, at=NOW + DAY)
    assert told["compared"] <= 200
    assert told["measured"] == 1
    with counted(archive, monkeypatch) as told:
        archive.clusters.texts.forget()
        with archive.transaction(NOW + DAY):
            archive.clusters.leave(1)
    assert told["compared"] <= 200
    assert told["measured"] <= 200
    assert value(archive, "SELECT count(*) FROM syndication") == 200


@pytest.mark.parametrize("sites", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_a_year_of_prayer_times_is_a_year_of_stories(archive: Archive, sites: int) -> None:
    days = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Ahad")
    bodies = [
        prayer_times(
            f"Randu{'' if sites == 1 else ' Utara'}", days[day % 7], 1 + day % 28, 10 + day % 45
        )
        for day in range(400)
    ]
    bodies = [
        body.replace("Maret 2026", f"{month_of(day)} {2026 + day // 336}")
        for day, body in enumerate(bodies)
    ]
    bodies = [
        body.replace("04:", f"{day // 45:02}:").replace("11:", f"{day // 45 + 20}:")
        for day, body in enumerate(bodies)
    ]
    assert len(set(bodies)) == 400
    many(archive, bodies, sites=sites, apart=DAY)
    assert members(archive) == []


def month_of(day: int) -> str:
    return (
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    )[day // 28 % 12]
