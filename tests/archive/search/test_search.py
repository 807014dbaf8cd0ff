"""Full text of what the stories say now, and said before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from archive import Archive, Filter
from archive.search import search as searching
from tests.archive.invented import DAY, HOUR, NOW, keep, story, take_down


@pytest.fixture
def library(archive: Archive) -> Archive:
    keep(
        archive,
        story(
            1,
            headline="Harga Beras Turun",
            deck="Panen raya",
            body="Petani Desa Lambur menjual gabah lebih awal.",
        ),
    )
    keep(
        archive,
        story(
            2,
            headline="Jembatan Lambur",
            deck=None,
            body="Harga kayu naik, tetapi beras tidak. Warga bergotong royong.",
        ),
    )
    keep(
        archive,
        story(
            3,
            site="warta",
            headline="Festival Kopi",
            deck=None,
            body="Kopi Gayo disajikan di Jum’at pagi; harga tetap.",
        ),
    )
    return archive


def found(archive: Archive, query: str, **options: Any) -> set[int]:
    return {hit.article_id for hit in archive.search(query, **options).hits}


def in_order(archive: Archive, query: str, **options: Any) -> list[int]:
    return [hit.article_id for hit in archive.search(query, **options).hits]


@pytest.mark.parametrize(
    ("query", "articles"),
    [
        ("gabah", {1}),
        ("harga", {1, 2, 3}),
        ("harga beras", {1, 2}),
        ('"harga beras"', {1}),
        ('"beras harga"', set()),
        ('lambur "gotong royong"', set()),
        ('lambur "bergotong royong"', {2}),
        ("HARGA Kopi", {3}),
        ("panen", {1}),
        ("bulan", set()),
        ("beras OR kopi", {1, 2, 3}),
        ("harga kayu OR kopi", {2, 3}),
        ("kayu OR kopi harga", {2, 3}),
        ("gabah OR kayu OR gayo", {1, 2, 3}),
        ("harga -beras", {3}),
        ("harga NOT beras", {3}),
        ("-beras harga -gayo", set()),
        ('harga -"gotong royong"', {1, 2, 3}),
        ('harga -"bergotong royong"', {1, 3}),
        ("ber*", {1, 2}),
        ('"bergotong roy"*', {2}),
        ("headline:harga", {1}),
        ("HEADLINE:harga", {1}),
        ('headline:"harga beras"', {1}),
        ("headline:har*", {1}),
        ("deck:panen", {1}),
        ("deck:harga", set()),
        ("body:harga", {2, 3}),
        ("harga -headline:harga", {2, 3}),
        ("headline:harga OR headline:festival", {1, 3}),
        ("harga AND beras", {1, 2}),
        ("“harga beras”", {1}),
        ("harga −beras", {3}),
    ],
)
def test_all_the_words_and_phrases_must_be_there(
    library: Archive, query: str, articles: set[int]
) -> None:
    assert found(library, query) == articles


def test_stories_of_one_site_can_be_requested(library: Archive) -> None:
    assert found(library, "harga", where=Filter(sites=("warta",))) == {3}
    assert found(library, "harga", where=Filter(sites=("warta", "kabar"))) == {1, 2, 3}
    assert found(library, "harga", where=Filter(sites=("tidak-ada",))) == set()


def test_at_most_the_limit_is_given_and_all_are_counted(library: Archive) -> None:
    answer = library.search("harga", limit=2)
    assert (len(answer.hits), answer.total, answer.counted) == (2, 3, "2 of 3")


@pytest.mark.parametrize(("sort", "ranked"), [("relevance", 5_000), ("time", 5_000), ("time", 0)])
def test_the_next_finds_follow_those_before(
    library: Archive, monkeypatch: pytest.MonkeyPatch, sort: str, ranked: int
) -> None:
    monkeypatch.setattr(searching, "RANKED", ranked)
    for number in range(11, 18):
        keep(library, story(number, body="Sagu " * number), at=NOW + number * HOUR)
    whole = in_order(library, "sagu", sort=sort, limit=99)
    pages = [in_order(library, "sagu", sort=sort, limit=3, offset=first) for first in (0, 3, 6, 9)]
    assert len(whole) == 7
    assert pages == [whole[:3], whole[3:6], whole[6:], []]


def test_the_count_ends_where_it_would_take_long(
    library: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MAX_TOTAL", 2)
    assert library.search("harga", limit=1).counted == "1 of more than 2"
    assert library.search("beras", limit=1).counted == "1 of 2"


def test_of_words_that_are_everywhere_the_newest_stories_are_ranked(
    library: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "RANKED", 2)
    keep(library, story(4, headline="Harga harga", deck=None, body="Harga harga harga."))
    keep(library, story(5, body="Harga."))
    assert found(library, "harga", limit=2) == {4, 5}
    assert found(library, "harga", limit=9) == {1, 2, 3, 4, 5}
    assert found(library, "harga", limit=2, where=Filter(sites=("warta",))) == {3}


def test_the_best_find_comes_first(library: Archive) -> None:
    keep(library, story(4, headline="Kopi", deck=None, body="Kopi dan kopi."))
    assert in_order(library, "kopi") == [4, 3]


@pytest.mark.parametrize("ranked", [0, 5_000])
def test_or_the_newest_by_the_time_of_publication(
    library: Archive, monkeypatch: pytest.MonkeyPatch, ranked: int
) -> None:
    """`ranked`: whether the word counts as one of many stories."""
    monkeypatch.setattr(searching, "RANKED", ranked)
    times = {
        11: "2026-11-18T09:00:00+09:00",  # 00:00 UTC
        12: "2026-11-18T08:00:00+07:00",  # 01:00 UTC
        13: "2026-11-18T05:00:00+03:30",  # 01:30 UTC
    }
    for number, at in times.items():
        keep(library, story(number, body="Sagu.", published_at=datetime.fromisoformat(at)))
    keep(library, story(14, body="Sagu.", published_at=None), at=NOW)
    assert in_order(library, "sagu", sort="time") == [7, 6, 5, 4]
    assert in_order(library, "sagu", sort="time", limit=2) == [7, 6]
    only = Filter(sections=("EKONOMI",), until=NOW - HOUR)
    assert in_order(library, "sagu", sort="time", where=only) == [6, 5, 4]


def test_a_find_shows_where_the_words_stand(library: Archive) -> None:
    (hit,) = library.search("gabah").hits
    assert hit.snippet == "Petani Desa Lambur menjual «gabah» lebih awal."
    assert (hit.article_id, hit.site, hit.headline) == (1, "kabar", "Harga Beras Turun")
    assert (hit.revision, hit.is_newest, hit.section) == (1, True, "Ekonomi")


def test_many_finds_are_shown_in_batches_and_in_their_order(
    library: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = library.search("harga", sort="time").hits
    monkeypatch.setattr(searching, "BATCH", 2)
    assert library.search("harga", sort="time").hits == whole
    assert all("«" in hit.snippet for hit in whole)


def test_an_index_that_differs_from_the_texts_breaks_no_search(library: Archive) -> None:
    with library.transaction(NOW):
        library.db.conn.execute(
            "INSERT INTO search (rowid, headline, deck, body) VALUES (3, '', '', 'tertinggal')"
        )
    (hit,) = library.search("tertinggal").hits
    assert (hit.article_id, hit.snippet) == (3, "")


def test_a_find_in_the_headline_alone_shows_the_headline(library: Archive) -> None:
    (hit,) = library.search("headline:festival").hits
    assert hit.snippet == "«Festival» Kopi"


def test_an_edited_story_is_found_by_its_new_words_only(library: Archive) -> None:
    keep(library, story(1, headline="Harga Beras Naik", body="Gudang kosong."), at=NOW + HOUR)
    assert found(library, "gudang") == {1}
    assert found(library, "gabah") == set()


def test_a_story_that_returns_to_its_text_is_found_by_it_again(library: Archive) -> None:
    original = story(
        1,
        headline="Harga Beras Turun",
        deck="Panen raya",
        body="Petani Desa Lambur menjual gabah lebih awal.",
    )
    keep(library, story(1, body="Gudang kosong."), at=NOW + HOUR)
    keep(library, original, at=NOW + 2 * HOUR)
    assert found(library, "gabah") == {1}
    assert found(library, "gudang") == set()


def test_a_removed_story_is_still_found(library: Archive) -> None:
    take_down(library, story(1), at=NOW + DAY)
    assert found(library, "gabah") == {1}


def test_the_earlier_texts_of_a_story_are_searched_where_that_is_wanted(library: Archive) -> None:
    keep(library, story(1, headline="Harga Beras Naik", body="Gudang kosong."), at=NOW + HOUR)
    keep(library, story(1, headline="Harga Beras Naik", body="Gudang penuh."), at=NOW + DAY)
    keep(library, story(2, headline="Jembatan", body="Gabah."), at=NOW + DAY)
    assert {
        hit.article_id: (hit.revision, hit.is_newest, hit.snippet)
        for hit in library.search("gabah", earlier=True).hits
    } == {1: (1, False, "Petani Desa Lambur menjual «gabah» lebih awal."), 2: (2, True, "«Gabah».")}
    assert found(library, "gabah") == {2}
    (hit,) = library.search("gudang kosong", earlier=True, sort="time").hits
    assert (hit.revision, hit.is_newest, hit.headline) == (2, False, "Harga Beras Naik")


def test_a_story_counts_once_however_many_of_its_texts_have_the_words(library: Archive) -> None:
    for turn in range(1, 4):
        keep(library, story(1, body=f"Gabah {turn}."), at=NOW + turn * HOUR)
    keep(library, story(1, body="Padi."), at=NOW + DAY)
    answer = library.search("gabah", earlier=True)
    assert (answer.total, [hit.revision for hit in answer.hits]) == (1, [4])
    with_newest = library.search("gabah OR padi", earlier=True)
    assert (with_newest.total, [hit.revision for hit in with_newest.hits]) == (1, [5])


def test_what_an_older_extractor_read_is_no_earlier_text(library: Archive) -> None:
    better = story(1, body="Petani menjual jagung.", extractor="warta/2")
    keep(library, better, at=NOW + HOUR, technical=True)
    assert found(library, "gabah", earlier=True) == set()
    take_down(library, story(2), at=NOW + DAY)
    assert [hit.is_newest for hit in library.search("kayu", earlier=True).hits] == [True]


def test_the_index_is_whole_after_many_edits(library: Archive) -> None:
    for turn in range(10):
        keep(library, story(1, body=f"Isi nomor {turn}, harga {turn}00."), at=NOW + turn * HOUR)
    take_down(library, story(2), at=NOW + DAY)
    keep(library, story(2, body="Kembali terbit."), at=NOW + 2 * DAY)
    for index in ("search", "search_earlier"):
        check = f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)"
        library.db.conn.execute(check)
        library.db.conn.rollback()


def test_what_was_taken_back_is_not_found(library: Archive) -> None:
    with pytest.raises(ZeroDivisionError), library.transaction(NOW):
        library.history.revise(story(4, body="Rahasia dapur."), key="kabar-4")
        raise ZeroDivisionError
    assert found(library, "rahasia") == set()
