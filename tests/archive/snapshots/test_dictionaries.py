"""Dictionaries: named, renewed where it pays, retired and erased, and no snapshot is ever lost by
it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive, Page
from archive.errors import ArchiveDamaged, ArchiveError
from archive.snapshots import dictionary_trials as rule
from archive.snapshots.compression import MAX_DICTIONARY_BYTES, MAX_PAGES, MIN_PAGES
from tests.archive.invented import NOW, SITE, keep_page, page, rows, url_of, value


def redesigned(number: int, **fields: object) -> Page:
    """A page that shares nothing with those before the redesign but its words."""
    menu = "".join(
        f'<a class="kanal-{n * 37 % 101}" href="/rubrik/{n * n}">Rubrik {n * 91 % 257}</a>'
        for n in range(40)
    )
    return page(
        number,
        body=f"<html><body>{menu}<h2>Kabar nomor {number}</h2></body></html>".encode(),
        **fields,
    )


def keep_pages(archive: Archive, *pages: Page) -> dict[int, Page]:
    return {keep_page(archive, each): each for each in pages}


def names(archive: Archive) -> list[str]:
    return [name for (name,) in rows(archive, "SELECT name FROM dictionaries ORDER BY id")]


def assert_readable(archive: Archive, kept: dict[int, Page]) -> None:
    assert {number: archive.snapshots.page(number) for number in kept} == kept


# Names, and when


def test_dictionaries_are_named_after_their_site_and_counted(archive: Archive) -> None:
    kept = keep_pages(
        archive,
        *(page(number) for number in range(12)),
        *(redesigned(number) for number in range(12, 70)),
    )
    keep_pages(archive, *(page(number, site="warta") for number in range(4)))
    assert [name for name in names(archive) if name.startswith(SITE)][:2] == ["kabar-1", "kabar-2"]
    assert "warta-1" in names(archive)
    assert_readable(archive, kept)


def test_trials_are_at_16_and_64_pages_and_at_every_256th() -> None:
    assert [pages for pages in range(1, 800) if rule.is_due(pages)] == [16, 64, 256, 512, 768]
    assert not rule.is_due(0)


@given(st.integers(0, 10**9))
def test_the_next_trial_is_ahead_and_due(pages: int) -> None:
    assert pages < rule.next_trial(pages)
    assert rule.is_due(rule.next_trial(pages))


def test_a_redesign_brings_a_new_dictionary(archive: Archive) -> None:
    kept = keep_pages(archive, *(page(number) for number in range(16)))
    before = value(archive, "SELECT max(id) FROM dictionaries")
    kept |= keep_pages(archive, *(redesigned(number) for number in range(16, 65)))
    after = value(archive, "SELECT max(id) FROM dictionaries")
    assert after == before + 1
    assert value(archive, "SELECT after_snapshots FROM dictionaries WHERE id = ?", after) == 64
    assert value(archive, "SELECT dictionary_id FROM snapshots ORDER BY id DESC LIMIT 1") == after
    assert_readable(archive, kept)


def test_a_dictionary_that_still_packs_well_stays(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule, "INTERVAL", 80)
    keep_pages(archive, *(page(number) for number in range(64)))
    made = names(archive)
    keep_pages(archive, *(page(number) for number in range(64, 90)))
    assert names(archive) == made


def test_what_a_candidate_itself_takes_counts_against_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    repacking = type(archive.snapshots.repacking)
    monkeypatch.setattr(repacking, "packed_size", lambda *_: -(10**6))  # replaces next to nothing
    keep_pages(
        archive,
        *(page(number) for number in range(16)),
        *(redesigned(number) for number in range(16, 65)),
    )
    assert names(archive) == ["kabar-1"]


def test_a_dictionary_nobody_needs_any_more_is_erased_and_its_name_stays_taken(
    archive: Archive,
) -> None:
    kept = keep_pages(
        archive,
        *(page(number) for number in range(4)),
        *(redesigned(number) for number in range(4, 16)),
    )
    assert rows(
        archive, "SELECT name, length(packed), retired_at FROM dictionaries WHERE id = 1"
    ) == [("kabar-1", 0, "2026-11-20T03:04:05+00:00")]
    assert names(archive) == ["kabar-1", "kabar-2"]
    assert_readable(archive, kept)


def test_the_same_pages_in_the_same_order_make_the_same_dictionaries(tmp_path: Path) -> None:
    made = []
    for name in ("satu.db", "dua.db"):
        with Archive(tmp_path / name) as archive:
            keep_pages(
                archive,
                *(page(number) for number in range(20)),
                *(redesigned(number) for number in range(20, 70)),
            )
            made.append(
                rows(
                    archive,
                    "SELECT name, digest, packed, after_snapshots, created_at, retired_at FROM"
                    " dictionaries",
                )
            )
    assert made[0] == made[1]


def test_a_damaged_page_keeps_no_new_page_from_being_kept(archive: Archive, path: Path) -> None:
    keep_pages(archive, *(page(number) for number in range(15)))
    vandal = sqlite3.connect(path, isolation_level=None)
    vandal.execute("UPDATE snapshots SET packed = x'00' WHERE id IN (2, 9, 14)")
    vandal.close()
    kept = keep_pages(archive, *(redesigned(number) for number in range(15, 70)))
    assert_readable(archive, kept)


sized = st.lists(
    st.tuples(
        st.integers(1, 10**6),
        st.sampled_from([0, 1, 700, 60_000, 400_000, 2 * MAX_DICTIONARY_BYTES]),
    ),
    max_size=300,
)


@given(sized)
def test_pages_of_a_dictionary_fit_into_it_or_are_four(pages: list[tuple[int, int]]) -> None:
    for chosen in (rule.fitting(pages), rule.spread(pages)):
        assert len(chosen) <= MAX_PAGES
        assert len(chosen) <= MIN_PAGES or sum(size for _, size in chosen) <= MAX_DICTIONARY_BYTES
        assert len(chosen) >= min(MIN_PAGES, len(pages)) or chosen == rule.spread(pages)


# Two processes


def test_a_page_packed_with_a_dictionary_that_was_erased_meanwhile_is_packed_anew(
    archive: Archive, path: Path
) -> None:
    keep_pages(archive, *(page(number) for number in range(5)))
    with Archive(path) as other:
        late = page(99, parts=(page(99, body=b"halaman 2"),))
        packed = other.snapshots.pack(late)
        assert packed.dictionary_id == 1
        with archive.transaction(NOW):
            archive.snapshots.retire(1)
        assert value(archive, "SELECT length(packed) FROM dictionaries WHERE id = 1") == 0
        with other.transaction(NOW):
            url_id = other.ledger.url_id(url_of(99), site=SITE)
            number = other.snapshots.insert(packed, url_id=url_id, crawl_id=None, opted_out=None)
        assert rows(archive, "SELECT dictionary_id FROM snapshots WHERE id >= ?", number) == [
            (2,),
            (2,),
        ]
        assert archive.snapshots.page(number) == late


def test_a_process_that_read_with_the_old_dictionary_reads_on_after_the_move(
    archive: Archive, path: Path
) -> None:
    kept = keep_pages(archive, *(page(number) for number in range(6)))
    with Archive(path, read_only=True) as reader:
        assert_readable(reader, kept)
        with archive.transaction(NOW):
            archive.snapshots.retire(1)
        assert_readable(reader, kept)


# Take-downs


def test_the_dictionary_that_holds_a_page_is_found(archive: Archive) -> None:
    kept = [page(number) for number in range(6)]
    keep_pages(archive, *kept)
    holding = archive.snapshots.dictionaries.holding
    assert [holding(SITE, each.body) for each in kept] == [[1], [1], [1], [1], [], []]
    assert holding(SITE, *(each.body for each in kept)) == [1]
    assert holding(SITE) == holding(SITE, b"") == []
    assert holding("warta", kept[0].body) == []


def test_each_dictionary_is_read_once_to_find_those_that_hold_the_pages_of_a_story(
    archive: Archive,
) -> None:
    many = 20  # more than are remembered
    dictionaries = archive.snapshots.dictionaries
    with archive.transaction(NOW):
        for number in range(many):
            dictionaries.add(SITE, [page(number).body], after=0)
    read: list[str] = []
    archive.db.conn.set_trace_callback(read.append)
    assert dictionaries.holding(SITE, page(3).body, page(7).body, page(90).body) == [4, 8]
    assert sum(statement.startswith("SELECT packed") for statement in read) == many


def test_the_dictionary_that_holds_the_beginning_of_a_huge_page_is_found(archive: Archive) -> None:
    huge = [page(number, body=f"{number} ".encode() * MAX_DICTIONARY_BYTES) for number in range(4)]
    keep_pages(archive, *huge)
    assert [archive.snapshots.dictionaries.holding(SITE, each.body) for each in huge] == [[1]] * 4


def test_snapshots_move_in_batches_to_the_newest_other_dictionary(archive: Archive) -> None:
    kept = keep_pages(archive, *(page(number) for number in range(10)))
    moved = []
    with archive.transaction(NOW):
        archive.snapshots.dictionaries.add(
            SITE, [page(number).body for number in range(20, 24)], after=10
        )
        archive.snapshots.retire(1)
    while not moved or moved[-1]:
        with archive.transaction(NOW):
            moved.append(archive.snapshots.repacking.move(1, limit=4))
        assert_readable(archive, kept)
    with archive.transaction(NOW):
        archive.snapshots.dictionaries.erase(1)
    assert moved == [4, 4, 2, 0]
    assert rows(archive, "SELECT DISTINCT dictionary_id FROM snapshots") == [(2,)]
    assert_readable(archive, kept)


def test_the_last_dictionary_that_is_retired_has_a_fresh_one_in_its_place(archive: Archive) -> None:
    kept = keep_pages(archive, *(page(number) for number in range(10)))
    with archive.transaction(NOW):
        archive.snapshots.retire(1)
    assert rows(
        archive, "SELECT name, after_snapshots FROM dictionaries WHERE retired_at IS NULL"
    ) == [("kabar-2", 10)]
    assert_readable(archive, kept | keep_pages(archive, page(10)))


def test_without_another_dictionary_snapshots_move_to_none(archive: Archive) -> None:
    kept = keep_pages(archive, *(page(number) for number in range(4)))
    with archive.transaction(NOW):
        archive.snapshots.dictionaries.retire(1)
        assert archive.snapshots.repacking.move(1, limit=3) == 3
        assert archive.snapshots.repacking.move(1, limit=3) == 1
        assert archive.snapshots.repacking.move(1, limit=3) == 0
        archive.snapshots.dictionaries.erase(1)
    assert rows(archive, "SELECT DISTINCT dictionary_id FROM snapshots") == [(None,)]
    assert_readable(archive, kept)


def test_a_damaged_snapshot_is_not_moved(archive: Archive, path: Path) -> None:
    keep_pages(archive, *(page(number) for number in range(5)))
    vandal = sqlite3.connect(path, isolation_level=None)
    vandal.execute(
        "UPDATE snapshots SET packed = (SELECT packed FROM snapshots WHERE id = 2) WHERE id = 5"
    )
    vandal.close()
    with (
        pytest.raises(ArchiveDamaged, match="no longer match the digest"),
        archive.transaction(NOW),
    ):
        archive.snapshots.dictionaries.retire(1)
        archive.snapshots.repacking.move(1, limit=5)
    assert rows(archive, "SELECT DISTINCT dictionary_id FROM snapshots") == [(1,)]


def test_a_dictionary_in_use_is_not_erased(archive: Archive) -> None:
    keep_pages(archive, *(page(number) for number in range(4)))
    with (
        pytest.raises(
            ArchiveError, match="dictionary kabar-1 cannot be erased: snapshots are packed with it"
        ),
        archive.transaction(NOW),
    ):
        archive.snapshots.dictionaries.erase(1)
    assert value(archive, "SELECT length(packed) FROM dictionaries") > 0


def test_a_dictionary_that_never_was_cannot_be_retired(archive: Archive) -> None:
    with (
        pytest.raises(ArchiveDamaged, match="dictionary 7 is not in the archive"),
        archive.transaction(NOW),
    ):
        archive.snapshots.retire(7)


# Damage


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM dictionaries", "dictionary 1 is not in the archive"),
        ("UPDATE dictionaries SET packed = x'00'", "dictionary kabar-1 cannot be unpacked"),
        ("UPDATE dictionaries SET packed = x''", "dictionary kabar-1 was erased"),
        (
            "UPDATE dictionaries SET digest = '00'",
            "dictionary kabar-1 was damaged: its bytes no longer match the digest 00",
        ),
    ],
)
def test_a_dictionary_that_is_lost_or_damaged_is_named(
    path: Path, statement: str, sentence: str
) -> None:
    with Archive(path) as archive:
        number = list(keep_pages(archive, *(page(number) for number in range(5))))[-1]
    vandal = sqlite3.connect(path, isolation_level=None)
    vandal.execute(statement)
    vandal.close()
    with Archive(path) as archive, pytest.raises(ArchiveDamaged, match=sentence):
        archive.snapshots.page(number)


# Older archives
