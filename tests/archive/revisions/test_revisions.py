"""Revisions: what a story said, from some moment on."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.identity import normalised
from archive.revisions.changes import COMPARED, Edit, changed_fields, edits_between, word_diff
from tests.archive.invented import (
    BODY,
    DAY,
    HOUR,
    NOW,
    SITE,
    edited,
    keep,
    rows,
    story,
    take_down,
    value,
)


def kinds(archive: Archive) -> list[tuple[int, str]]:
    return rows(archive, "SELECT number, kind FROM history ORDER BY number")


def test_the_first_revision_is_number_one(archive: Archive) -> None:
    revision = keep(archive, story())
    assert revision is not None
    assert (
        revision.number,
        revision.kind,
        revision.changed,
        revision.returns_to,
        revision.observed_at,
    ) == (1, "first", (), None, NOW)


def test_the_same_story_again_makes_no_revision_and_no_snapshot(archive: Archive) -> None:
    keep(archive, story())
    assert keep(archive, story(), at=NOW + HOUR) is None
    assert kinds(archive) == [(1, "first")]
    assert value(archive, "SELECT count(*) FROM snapshots") == 1


def test_an_edit_by_the_publisher_makes_a_revision_that_names_the_fields(archive: Archive) -> None:
    keep(archive, story())
    revision = keep(
        archive,
        edited(story(), body=BODY + "\n\nJembatan dibuka Kamis.", headline="Pasar Buka Kamis"),
        at=NOW + HOUR,
    )
    assert revision is not None
    assert (revision.number, revision.kind, revision.changed) == (
        2,
        "publisher",
        ("headline", "body"),
    )


CHANGES: dict[str, Any] = {
    "headline": "Pasar Tanjung Sepi",
    "kicker": "Ekonomi",
    "deck": None,
    "body": BODY.replace("turun", "naik"),
    "dateline": "TANJUNG",
    "authors": ("Sari Melati", "Budi Laksana"),
    "editors": (),
    "agency": None,
    "published_at": datetime(2026, 11, 20, 9, tzinfo=UTC),
    "section": "Daerah",
    "caption": "Suasana pasar pada Kamis.",
}


def test_every_compared_field_has_its_example() -> None:
    assert set(CHANGES) == set(COMPARED)


@pytest.mark.parametrize("name", COMPARED)
def test_a_change_of_what_the_story_says_is_a_revision(archive: Archive, name: str) -> None:
    keep(archive, story())
    revision = keep(archive, edited(story(), **{name: CHANGES[name]}), at=NOW + HOUR)
    assert revision is not None
    assert revision.changed == (name,)


@pytest.mark.parametrize(
    "fields",
    [
        {"body": "  " + BODY.replace(" ", "\u00a0") + "\n"},
        {"body": BODY.replace("\n\n", "\n")},
        {"body": BODY.replace("rupiah", "ru\u00adpiah")},
        {"headline": "Pasar Tanjung  Ramai\u200b Lagi (1)"},
        {"authors": (" Sari  Melati ",)},
        {"published_at": datetime(2026, 11, 20, 1, 0, tzinfo=UTC)},
        {"modified_at": datetime(2026, 11, 21, tzinfo=UTC)},
        {"tags": ("beras", "lain")},
        {"image_url": "https://gambar.example/2.jpg?lebar=700"},
        {
            "language": "en",
            "page_count": 2,
            "layout": "lama",
            "extractor": "warta/0.2.0/kabar-2",
            "warnings": ("no_date",),
        },
        {
            "url": "https://www.kabar.example/berita/1/judul-baru",
            "canonical_url": "https://www.kabar.example/berita/1/judul-baru",
        },
    ],
    ids=lambda fields: "+".join(fields),
)
def test_a_change_without_meaning_is_no_revision(archive: Archive, fields: dict[str, Any]) -> None:
    keep(archive, story())
    assert keep(archive, edited(story(), **fields), at=NOW + HOUR) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("“Naik”", '"Naik"'), ("Jum’at", "Jum'at"), ("2025–2026", "2025-2026"), ("a — b", "a - b")],
)
def test_the_shape_of_quotes_and_dashes_is_no_revision(
    archive: Archive, one: str, other: str
) -> None:
    keep(archive, story(body=one, headline=one))
    assert keep(archive, story(body=other, headline=other), at=NOW + HOUR) is None


def test_none_and_the_empty_text_are_the_same(archive: Archive) -> None:
    keep(archive, story(deck=None, authors=()))
    assert keep(archive, story(deck="", authors=()), at=NOW + HOUR) is None


def test_the_full_text_of_every_revision_is_kept(archive: Archive) -> None:
    for turn in range(3):
        keep(archive, story(body=f"Isi nomor {turn}."), at=NOW + turn * HOUR)
    assert [body for (body,) in rows(archive, "SELECT body FROM history ORDER BY number")] == [
        f"Isi nomor {turn}." for turn in range(3)
    ]


def test_every_revision_names_its_snapshot_and_extractor(archive: Archive) -> None:
    keep(archive, story())
    keep(archive, story(body="Isi baru.", extractor="warta/0.2.0/kabar-2"), at=NOW + HOUR)
    assert rows(archive, "SELECT snapshot_id, extractor FROM history ORDER BY number") == [
        (1, "warta/0.1.0/kabar-1"),
        (2, "warta/0.2.0/kabar-2"),
    ]


def test_a_story_is_known_by_its_id_at_another_address(archive: Archive) -> None:
    keep(archive, story(1))
    moved = "https://baru.kabar.example/desa/1/pasar"
    revision = keep(
        archive, story(1, url=moved, canonical_url=moved, body="Isi baru."), at=NOW + HOUR
    )
    assert revision is not None
    assert (revision.article_id, revision.number) == (1, 2)


def test_equal_story_ids_of_two_sites_are_two_articles(archive: Archive) -> None:
    keep(archive, story(1, story_id="7"))
    revision = keep(archive, story(1, site="warta", story_id="7"))
    assert revision is not None
    assert (revision.article_id, revision.number) == (2, 1)


# Return to an earlier text


def test_a_return_to_an_earlier_text_is_marked(archive: Archive) -> None:
    marks = []
    for turn, body in enumerate(
        ["Isi pertama.", "Isi kedua.", "Isi pertama.", "Isi ketiga.", "Isi kedua."]
    ):
        revision = keep(archive, story(body=body), at=NOW + turn * HOUR)
        assert revision is not None
        marks.append(revision.returns_to)
    assert marks == [None, None, 1, None, 2]


def test_the_newest_of_equal_earlier_revisions_is_named(archive: Archive) -> None:
    for turn, body in enumerate(["A", "B", "A", "B", "A"]):
        keep(archive, story(body=body), at=NOW + turn * HOUR)
    assert [
        found for (found,) in rows(archive, "SELECT returns_to FROM history ORDER BY number")
    ] == [None, None, 1, 2, 3]


# Our own changes


def test_a_change_of_our_extractor_is_a_technical_revision(archive: Archive) -> None:
    keep(archive, story())
    revision = keep(archive, story(body=BODY + " (WIL)"), at=NOW + HOUR, technical=True)
    assert revision is not None
    assert (revision.number, revision.kind, revision.changed) == (2, "technical", ("body",))


def test_a_new_extractor_that_reads_the_same_makes_no_revision(archive: Archive) -> None:
    keep(archive, story())
    assert (
        keep(archive, story(extractor="warta/0.2.0/kabar-2"), at=NOW + HOUR, technical=True) is None
    )


# Removed and restored


def test_a_story_that_is_taken_down_gets_a_last_revision_with_its_text(archive: Archive) -> None:
    keep(archive, story())
    revision = take_down(archive, story(), at=NOW + DAY)
    assert revision is not None
    assert (revision.number, revision.kind, revision.changed) == (2, "removed", ())
    assert value(archive, "SELECT body FROM history WHERE kind = 'removed'") == BODY


def test_a_removed_story_names_the_snapshot_that_it_was_read_from(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + DAY)
    assert rows(archive, "SELECT snapshot_id FROM history") == [(1,), (1,)]


def test_a_story_is_removed_only_once(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + DAY)
    assert take_down(archive, story(), at=NOW + 2 * DAY) is None
    assert kinds(archive) == [(1, "first"), (2, "removed")]


def test_a_story_that_comes_back_is_restored_even_with_the_same_text(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + DAY)
    revision = keep(archive, story(), at=NOW + 2 * DAY)
    assert revision is not None
    assert (revision.number, revision.kind, revision.changed, revision.returns_to) == (
        3,
        "restored",
        (),
        None,
    )
    assert value(archive, "SELECT removed_at FROM latest") is None


def test_a_story_that_comes_back_changed_names_what_changed(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + DAY)
    revision = keep(archive, story(headline="Ralat: Pasar Tanjung"), at=NOW + 2 * DAY)
    assert revision is not None
    assert (revision.kind, revision.changed) == ("restored", ("headline",))


def test_a_restored_story_can_be_removed_again(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + DAY)
    keep(archive, story(), at=NOW + 2 * DAY)
    take_down(archive, story(), at=NOW + 3 * DAY)
    assert [kind for _number, kind in kinds(archive)] == ["first", "removed", "restored", "removed"]
    assert value(archive, "SELECT removed_at FROM latest") == "2026-11-23T03:04:05+00:00"


def test_a_technical_revision_does_not_bring_a_removed_story_back(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + DAY)
    keep(archive, story(body=BODY + " (WIL)"), at=NOW + 2 * DAY, technical=True)
    assert value(archive, "SELECT removed_at FROM latest") == "2026-11-21T03:04:05+00:00"


# Never changed, never deleted


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE revisions SET body = 'lain'",
        "UPDATE revisions SET kind = kind",
        "DELETE FROM revisions",
        "INSERT OR REPLACE INTO revisions SELECT * FROM revisions",
    ],
)
def test_a_revision_is_never_changed_or_deleted_by_any_program(
    archive: Archive, statement: str
) -> None:
    keep(archive, story())
    other = sqlite3.connect(archive.path)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="a revision is never"):
            other.execute(statement)
    finally:
        other.close()


def test_an_article_that_has_revisions_cannot_be_deleted(archive: Archive) -> None:
    keep(archive, story())
    with pytest.raises(sqlite3.IntegrityError):
        archive.db.conn.execute("DELETE FROM articles")
    archive.db.conn.rollback()


def test_the_newest_reading_is_the_one_that_is_compared_with(archive: Archive) -> None:
    keep(archive, story())
    keep(archive, story(authors=("Budi Laksana",)), at=NOW + HOUR)
    reading = archive.history.newest(SITE, story().story_id or "")
    assert reading is not None
    assert (reading["number"], reading["authors"], reading["snapshot_id"]) == (
        2,
        ["Budi Laksana"],
        2,
    )
    assert archive.history.newest(SITE, "tidak-ada") is None


# Word by word


def test_a_word_diff_gives_runs_of_words() -> None:
    assert list(word_diff("Harga beras turun lagi", "Harga beras naik lagi")) == [
        Edit(kind="same", text="Harga beras "),
        Edit(kind="removed", text="turun"),
        Edit(kind="added", text="naik"),
        Edit(kind="same", text=" lagi"),
    ]


def test_a_word_diff_keeps_paragraphs() -> None:
    assert [
        edit for edit in word_diff("Satu.\n\nDua.", "Satu.\n\nDua.\n\nTiga.") if edit.kind != "same"
    ] == [Edit(kind="added", text="\n\nTiga.")]


words = st.text(alphabet="ab \n\u00a0é", max_size=40) | st.text(max_size=20)


@given(words, words)
def test_a_word_diff_holds_both_texts_whole(before: str, after: str) -> None:
    edits = list(word_diff(before, after))
    old = "".join(edit.text for edit in edits if edit.kind != "added")
    assert normalised(old) == normalised(before)
    assert "".join(edit.text for edit in edits if edit.kind != "removed") == after


def test_what_makes_no_revision_is_no_edit() -> None:
    before, after = "Kata “Irwan” –  'ya'.", 'Kata "Irwan" - ‘ya’.'
    assert list(word_diff(before, after)) == [Edit(kind="same", text=after)]
    times = {"published_at": "2026-11-20T10:00:00+07:00"}, {"published_at": "2026-11-20T03:00:00Z"}
    assert list(edits_between(*times)) == []


@given(words)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(edit.kind == "same" for edit in word_diff(text, text))
    assert changed_fields({"body": text}, {"body": text}) == ()
