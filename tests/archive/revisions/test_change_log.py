"""What was changed across the archive: whose doing, when, in which fields; page by page."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.revisions import change_log
from archive.revisions.change_log import KINDS, ChangeFilter, ChangeKey, changes, edits_of
from archive.revisions.changes import COMPARED
from archive.search.filters import Filter
from tests.archive.invented import BODY, DAY, HOUR, NOW, keep, new_archive, rows, story, take_down
from tests.archive.lives import Life, Step, lives

RALAT = f"{BODY}\n\nRalat: jembatan itu di Desa Lambur, bukan Lambir."


def fill(archive: Archive) -> None:
    """Story 1 edited twice, the second time back; 2 read anew; 3 gone and back; 4 corrected, at
    another site.
    """
    corrected = {"site": "berita", "headline": "Jembatan Dibuka", "section": "Olahraga"}
    for number in range(1, 4):
        keep(archive, story(number))
    keep(archive, story(4, **corrected))
    keep(archive, story(1, headline="Pasar Sepi", body="Isi."), at=NOW + HOUR)
    keep(archive, story(2, body="Isi.", extractor="x"), at=NOW + 2 * HOUR, technical=True)
    take_down(archive, story(3), at=NOW + 3 * HOUR)
    keep(archive, story(4, **corrected | {"body": RALAT}), at=NOW + DAY)
    keep(archive, story(3, caption="Pasar."), at=NOW + DAY)
    keep(archive, story(1), at=NOW + 2 * DAY)


@pytest.fixture
def news(path: Path, made: Callable[..., Path]) -> Any:
    with Archive(copyfile(made(fill), path), read_only=True) as archive:
        yield archive


def found(archive: Archive, **wanted: Any) -> list[tuple[int, int]]:
    """The article and revision of each change."""
    return [
        (change.article_id, change.number) for change in changes(archive.db, ChangeFilter(**wanted))
    ]


AT_KABAR = Filter(sites=("kabar",))
PUBLISHERS = [(1, 3), (4, 2), (3, 3), (3, 2), (1, 2)]


def test_what_publishers_did_is_listed_newest_first(news: Archive) -> None:
    assert found(news) == PUBLISHERS
    assert [change.kind for change in changes(news.db, ChangeFilter())] == [
        *("publisher", "publisher", "restored", "removed", "publisher")
    ]


def test_a_change_has_what_happened_when_to_which_story(news: Archive) -> None:
    newest, corrected, *_rest = changes(news.db, ChangeFilter())
    assert (newest.observed_at, newest.site, newest.url) == (
        NOW + 2 * DAY,
        "kabar",
        "https://www.kabar.example/berita/1",
    )
    assert (newest.changed, newest.headline) == (
        ("headline", "body"),
        "Pasar Tanjung Ramai Lagi (1)",
    )
    assert (newest.returns_to, newest.correction) == (1, None)
    assert (corrected.returns_to, corrected.correction) == (None, RALAT.rpartition("\n")[2])


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"kinds": ("technical",)}, [(2, 2)]),
        ({"kinds": ("removed", "restored")}, [(3, 3), (3, 2)]),
        ({"kinds": KINDS, "until": NOW}, [(4, 1), (3, 1), (2, 1), (1, 1)]),
        ({"fields": ("headline",)}, [(1, 3), (1, 2)]),
        ({"fields": ("caption", "headline")}, [(1, 3), (3, 3), (1, 2)]),
        ({"fields": ("deck",)}, []),
        ({"where": Filter(sites=("berita",))}, [(4, 2)]),
        ({"where": Filter(sites=("berita", "kabar"))}, PUBLISHERS),
        ({"where": Filter(sites=("lain",))}, []),
        ({"where": Filter(sections=("olahraga",))}, [(4, 2)]),
        ({"where": Filter(authors=("melati",))}, PUBLISHERS),
        ({"where": Filter(authors=("budi",))}, []),
        ({"where": Filter(since=NOW)}, []),
        ({"corrections": True}, [(4, 2)]),
        ({"corrections": True, "kinds": ("removed",)}, []),
        ({"since": NOW + DAY}, [(1, 3), (4, 2), (3, 3)]),
        ({"since": NOW + DAY + timedelta(microseconds=1)}, [(1, 3)]),
        ({"until": NOW + 3 * HOUR}, [(3, 2), (1, 2)]),
        ({"since": NOW + 3 * HOUR, "until": NOW + DAY, "where": AT_KABAR}, [(3, 3), (3, 2)]),
    ],
    ids=str,
)
def test_each_filter_leaves_what_it_says(
    news: Archive, wanted: dict[str, Any], expected: list[tuple[int, int]]
) -> None:
    assert found(news, **wanted) == expected


def test_a_time_without_its_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="a time needs its offset"):
        ChangeFilter(since=NOW.replace(tzinfo=None))


def test_what_was_changed_is_there_word_by_word(news: Archive) -> None:
    edits = dict(edits_of(news.db, next(changes(news.db, ChangeFilter(where=AT_KABAR)))))
    assert list(edits) == ["headline", "body"]
    assert [(run.kind, run.text) for run in edits["headline"]] == [
        ("same", "Pasar "),
        ("removed", "Sepi"),
        ("added", "Tanjung Ramai Lagi (1)"),
    ]


def test_a_first_revision_and_a_removal_changed_no_word(news: Archive) -> None:
    for number in (1, 2):
        key = ChangeKey(observed_at=NOW, article_id=3, number=number)
        assert edits_of(news.db, key) == []


def test_as_of_a_time_later_changes_are_not_there_yet(news: Archive) -> None:
    with news.as_of(NOW + 3 * HOUR) as past:
        read = changes(past.db, ChangeFilter())
        assert [(change.article_id, change.number) for change in read] == [(3, 2), (1, 2)]


@given(lives, st.sets(st.sampled_from(KINDS)), st.sets(st.sampled_from(COMPARED), max_size=2))
def test_every_page_follows_the_one_before_and_together_they_are_what_history_has(
    steps: list[Step], kinds: set[str], fields: set[str]
) -> None:
    with new_archive() as archive:
        life = Life(archive)
        for step in steps:
            life.live(step)
        wanted = ChangeFilter(kinds=tuple(kinds), fields=tuple(fields))
        pages: list[ChangeKey] = []
        while page := list(
            changes(archive.db, wanted, limit=2, after=pages[-1] if pages else None)
        ):
            pages += page
        expected = rows(
            archive,
            """SELECT article_id, number, kind, changed FROM history
            ORDER BY observed_at DESC, article_id DESC, number DESC""",
        )
        assert [(change.article_id, change.number) for change in pages] == [
            (article_id, number)
            for article_id, number, kind, changed in expected
            if kind in kinds and (not fields or fields & set(json.loads(changed)))
        ]


@pytest.mark.parametrize("statement", [change_log._CHANGES, change_log._CORRECTIONS])
def test_changes_are_looked_up_in_the_order_of_an_index(news: Archive, statement: str) -> None:
    where = Filter(sites=("kabar",), authors=("Sari",))
    names = ("observed_since", "at", "article_id", "number", "kinds", "fields", "limit")
    given = dict.fromkeys(names) | where.values()
    explained = f"EXPLAIN QUERY PLAN {statement.format(where=where.sql())}"
    plan = [detail for *_numbers, detail in news.db.conn.execute(explained, given)]
    assert not any("TEMP B-TREE" in step or "SCAN r" in step for step in plan), plan
