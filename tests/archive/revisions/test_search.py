"""Full text of what the stories say now."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive import Archive
from archive.revisions import queries
from archive.revisions.queries import search
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


def found(archive: Archive, query: str, **options: object) -> set[int]:
    return {row["article_id"] for row in search(archive.db, query, **options)}  # type: ignore[arg-type]


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
        ("", set()),
        ("   ", set()),
    ],
)
def test_all_the_words_and_phrases_must_be_there(
    library: Archive, query: str, articles: set[int]
) -> None:
    assert found(library, query) == articles


def test_stories_of_one_site_can_be_requested(library: Archive) -> None:
    assert found(library, "harga", site="warta") == {3}
    assert found(library, "harga", site="tidak-ada") == set()


def test_at_most_the_limit_is_given(library: Archive) -> None:
    assert len(list(search(library.db, "harga", limit=2))) == 2


def test_of_words_that_are_everywhere_the_newest_stories_are_ranked(
    library: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RANKED", 2)
    assert found(library, "harga") == {2, 3}
    assert found(library, "harga", site="kabar") == {1, 2}


def test_the_best_find_comes_first(library: Archive) -> None:
    keep(library, story(4, headline="Kopi", deck=None, body="Kopi dan kopi."))
    assert [row["article_id"] for row in search(library.db, "kopi")] == [4, 3]


def test_a_find_shows_where_the_words_stand(library: Archive) -> None:
    (row,) = search(library.db, "gabah")
    assert row["snippet"] == "Petani Desa Lambur menjual «gabah» lebih awal."
    assert set(row) == {"article_id", "site", "url", "headline", "published_at", "snippet"}


@pytest.mark.parametrize("query", ["AND beras", "beras OR kopi", "NOT beras", "NEAR beras"])
def test_operators_are_words(library: Archive, query: str) -> None:
    assert found(library, query) == set()


@pytest.mark.parametrize(
    "query",
    [
        "headline:beras",
        "-beras",
        "beras*",
        "^beras",
        "(beras",
        "beras)",
        "{beras}",
        "+beras",
        'beras"',
        '"beras',
    ],
)
def test_the_signs_of_the_query_language_are_only_signs(library: Archive, query: str) -> None:
    assert found(library, query) <= {1, 2}


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '""',
        '"""',
        "*",
        "()",
        "'",
        "; DROP TABLE urls; --",
        "?",
        ":",
        "\\",
        "🙂",
        "²",
        "\x00",
        "beras\x00kopi",
    ],
)
def test_signs_alone_find_nothing_and_break_nothing(library: Archive, query: str) -> None:
    assert found(library, query) == set()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30) | st.text(alphabet='ab"*()^:{}-+ ', max_size=20))
@example("a\x00b")
def test_no_query_is_an_error(library: Archive, query: str) -> None:
    found(library, query)


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


def test_the_index_is_whole_after_many_edits(library: Archive) -> None:
    for turn in range(10):
        keep(library, story(1, body=f"Isi nomor {turn}, harga {turn}00."), at=NOW + turn * HOUR)
    take_down(library, story(2), at=NOW + DAY)
    keep(library, story(2, body="Kembali terbit."), at=NOW + 2 * DAY)
    library.db.conn.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
    library.db.conn.rollback()


def test_what_was_taken_back_is_not_found(library: Archive) -> None:
    with pytest.raises(ZeroDivisionError), library.transaction(NOW):
        library.history.revise(story(4, body="Rahasia dapur."), key="kabar-4")
        raise ZeroDivisionError
    assert found(library, "rahasia") == set()
