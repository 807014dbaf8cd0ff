"""A take-down: the texts and pages of a story leave the file, every byte of them, and its tombstone
keeps it away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from archive import Archive
from archive.errors import ArchiveDamaged, ArticleUnknown
from archive.maintenance import takedown
from archive.maintenance.compact import compact
from archive.maintenance.takedown import finish, take_down, tombstone, waiting
from archive.maintenance.verify import verify
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    keep,
    link,
    rows,
    story,
    url_of,
    value,
)
from tests.archive.removals import (
    REASON,
    SECRETS,
    filled,
    packed_pages,
    page_of,
    put,
    removed,
    traces,
)

Warta = Callable[..., Result]


# Nothing is left


@pytest.mark.parametrize("others", [0, 1, 2, 12, 60])
def test_after_a_removal_nothing_of_the_story_is_anywhere_in_the_file(
    path: Path, others: int
) -> None:
    with Archive(path) as archive:
        stays = filled(archive, others=others)
        packed = packed_pages(archive)
        assert traces(path, packed)
        done = removed(archive)
        assert (done.article_id, done.revisions, done.snapshots, done.urls) == (3, 2, 2, 2)
        assert compact(archive, now=NOW + DAY)
        assert traces(path, packed) == []
        assert {number: archive.snapshots.page(number) for number in stays} == stays
        assert [finding for finding in verify(archive) if not finding.ok] == []
    assert traces(path, packed) == []


@pytest.mark.parametrize("edits", [0, 3])
def test_before_any_compaction_no_word_of_it_is_in_the_index_nor_a_key_of_it_in_the_clusters(
    archive: Archive, edits: int
) -> None:
    for number in range(1, 30):
        keep(archive, story(number))
    secret = " ".join(f"zqx{word}" for word in range(200))
    for edit in range(edits + 1):
        keep(archive, story(40, body=f"{secret} {edit}"), at=NOW + HOUR * edit)
    keep(archive, story(41), at=NOW + DAY)

    def held() -> bool:
        blocks = "SELECT block FROM search_data UNION ALL SELECT block FROM search_earlier_data"
        return any(b"zqx" in block for (block,) in rows(archive, blocks))

    (text,) = rows(archive, "SELECT text_id FROM article_texts WHERE article_id = 30")
    assert held()
    take_down(archive, SITE, f"{SITE}-40", url=url_of(40), reason=REASON, now=NOW + DAY)
    assert not held()
    for table, column in (("texts", "id"), ("bands", "text_id"), ("article_texts", "text_id")):
        assert rows(archive, f"SELECT 1 FROM {table} WHERE {column} = ?", *text) == []
    assert rows(archive, "SELECT 1 FROM memberships WHERE article_id = 30") == []
    assert [finding for finding in verify(archive) if not finding.ok] == []


def test_what_waits_for_compact_is_counted_also_in_a_backup_which_stays_known_as_one(
    path: Path, tmp_path: Path, warta: Warta
) -> None:
    copy = tmp_path / "salinan.db"
    with Archive(path) as archive:
        for number in range(1, 4):
            keep(archive, story(number))
            take_down(archive, SITE, f"{SITE}-{number}", url="", reason=REASON, now=NOW + HOUR)
            assert waiting(archive) == number
            with Archive(path) as other:  # with a log beside it that is not set aside
                assert waiting(other) == number
        assert warta("backup", str(copy)).exit_code == 0
    for opened in (copy, path):
        with Archive(opened, read_only=True) as reader:
            assert waiting(reader) == 3
    with Archive(copy) as restored:
        assert waiting(restored) == 3
        assert compact(restored, now=NOW + DAY)
        assert waiting(restored) == 0
    assert list(tmp_path.glob("*leftover*")) == []


def test_a_story_that_is_in_the_dictionarys_pages_leaves_the_dictionary_too(
    archive: Archive, path: Path
) -> None:
    stays = filled(archive)
    dictionaries = archive.snapshots.dictionaries
    held = [
        number
        for number in dictionaries.of_site(SITE)
        if SECRETS[0].encode() in (dictionaries.content(number) or b"")
    ]
    assert held
    assert removed(archive).dictionaries == len(held)
    compact(archive, now=NOW + DAY)
    for number in dictionaries.of_site(SITE):
        assert not any(
            phrase.encode() in (dictionaries.content(number) or b"") for phrase in SECRETS
        )
    assert {number: archive.snapshots.page(number) for number in stays} == stays


def test_pages_kept_after_a_removal_are_packed_and_read_as_ever(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    compact(archive, now=NOW + DAY)
    number = put(archive, 50, "Kabar sesudahnya.", hours=30)
    assert archive.snapshots.page(number).body.endswith(b"<p>Kabar sesudahnya.</p>")
    assert [finding for finding in verify(archive) if not finding.ok] == []


def test_another_process_that_packed_a_page_before_the_removal_keeps_it_readable(
    archive: Archive, path: Path
) -> None:
    filled(archive)
    with Archive(path) as other:
        fetched = page_of(60, "Kabar dari proses lain.")
        packed = other.snapshots.pack(fetched)
        removed(archive)
        compact(archive, now=NOW + DAY)
        with other.transaction(NOW + DAY):
            url_id = other.ledger.url_id(fetched.requested_url, site=SITE)
            number = other.snapshots.insert(packed, url_id=url_id, crawl_id=None, opted_out=None)
        assert other.snapshots.page(number) == fetched


def test_a_page_that_can_no_longer_be_read_is_erased_with_every_dictionary_that_may_hold_it(
    archive: Archive, path: Path
) -> None:
    stays = filled(archive)
    with archive.transaction(NOW):
        archive.db.conn.execute("UPDATE snapshots SET digest = 'rusak' WHERE id = 3")
    removed(archive)
    compact(archive, now=NOW + DAY)
    for number in archive.snapshots.dictionaries.of_site(SITE):
        assert SECRETS[0].encode() not in (archive.snapshots.dictionaries.content(number) or b"")
    assert traces(path) == []
    assert {number: archive.snapshots.page(number) for number in stays} == stays


def test_a_dictionary_that_is_damaged_does_not_keep_a_story_from_being_taken_down(
    archive: Archive, path: Path
) -> None:
    filled(archive)
    with archive.transaction(NOW):
        archive.db.conn.execute("UPDATE dictionaries SET digest = 'rusak' WHERE length(packed) > 0")
    archive.snapshots.dictionaries.forget()
    assert removed(archive).revisions == 2
    with pytest.raises(
        ArchiveDamaged,
        match=(
            r"news\.db: dictionary kabar-1 may hold pages that were taken down, .* see `warta"
            r" verify`"
        ),
    ):
        compact(archive, now=NOW + DAY)
    assert value(archive, "SELECT count(*) FROM history WHERE article_id = 3") == 0
    assert traces(path) == []


def test_pages_of_a_story_whose_address_was_never_announced_are_erased_too(
    archive: Archive, path: Path
) -> None:
    keep(archive, story(3, body=SECRETS[0]))
    assert removed(archive).snapshots == 1
    compact(archive, now=NOW + DAY)
    assert traces(path) == []
    assert value(archive, "SELECT count(*) FROM snapshots") == 0


# What stays


def test_a_tombstone_stays(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    assert tombstone(archive, SITE, "kabar-3") == {
        "site": SITE,
        "key": "kabar-3",
        "article_id": 3,
        "url": url_of(3),
        "reason": REASON,
        "taken_down_at": "2026-11-21T03:04:05+00:00",
    }
    assert tombstone(archive, SITE, "kabar-1") is None


def test_no_search_finds_an_earlier_text_of_it(archive: Archive) -> None:
    keep(archive, story(1, body="Rahasia dapur."))
    keep(archive, story(1, body="Sudah diganti."), at=NOW + HOUR)
    keep(archive, story(2, body="Rahasia lain."))
    keep(archive, story(2, body="Diganti juga."), at=NOW + HOUR)
    assert archive.search("rahasia", earlier=True).total == 2
    take_down(archive, SITE, f"{SITE}-1", url=url_of(1), reason=REASON, now=NOW + DAY)
    assert [hit.article_id for hit in archive.search("rahasia", earlier=True).hits] == [2]
    assert [finding for finding in verify(archive) if not finding.ok] == []


def test_all_views_and_the_search_leave_the_story_out(archive: Archive, warta: Warta) -> None:
    filled(archive)
    removed(archive)
    for view in ("latest", "history"):
        assert value(archive, f"SELECT count(*) FROM {view} WHERE article_id = 3") == 0
    assert value(archive, "SELECT count(*) FROM search WHERE search MATCH 'wiratmajaya'") == 0
    assert warta("search", "Wiratmajaya").stderr == "Nothing found.\n"
    assert [each.article_id for each in archive.articles()] == [1, 2, *range(4, 16)]
    assert rows(
        archive,
        "SELECT DISTINCT state, reason, next_check_at FROM ledger WHERE url IN (?, ?)",
        url_of(3),
        url_of(90),
    ) == [("refused", "taken_down", None)]


def test_the_past_does_not_show_it_either(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    for moment in (NOW, NOW + 2 * HOUR, NOW + DAY, NOW + 2 * DAY):
        with archive.as_of(moment) as past:
            assert past.db.conn.execute(
                "SELECT count(*) FROM history WHERE article_id = 3"
            ).fetchone() == (0,)
            with pytest.raises(ArticleUnknown):
                past.article(url_of(3))


def test_the_ledger_of_the_past_still_knows_its_address(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    with archive.as_of(NOW + 2 * HOUR) as past:
        assert past.db.conn.execute(
            "SELECT state FROM ledger WHERE url = ?", (url_of(3),)
        ).fetchone() == ("kept",)


def test_a_removal_is_one_transaction(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(archive)
    before = packed_pages(archive)
    monkeypatch.setattr(archive.snapshots, "retire", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        removed(archive)
    assert packed_pages(archive) == before
    assert tombstone(archive, SITE, "kabar-3") is None
    assert value(archive, "SELECT count(*) FROM search WHERE search MATCH 'wiratmajaya'") == 1


# Nothing brings it back


def test_no_later_announcement_brings_it_back(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    assert (
        announce(
            archive,
            link(3),
            link(90, key="kabar-3"),
            link(91, key="kabar-3"),
            link(3, lastmod=NOW + DAY),
            at=NOW + 2 * DAY,
        )
        == []
    )
    for recheck in ("due", "all", "none"):
        asked = {
            entry.url for entry in archive.ledger.frontier(SITE, now=NOW + 9 * DAY, recheck=recheck)
        }
        assert not asked & {url_of(3), url_of(90), url_of(91)}
    assert rows(archive, "SELECT state, reason FROM ledger WHERE url = ?", url_of(91)) == [
        ("refused", "taken_down")
    ]


def test_an_alias_that_wakes_does_not_bring_it_back(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    entry = archive.ledger.entry(url_of(3), site=SITE)
    assert entry is not None
    with archive.transaction(NOW + 2 * DAY):
        assert archive.ledger.wake_aliases(entry) == 0


def test_no_page_makes_a_revision_of_it(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    with archive.transaction(NOW + 2 * DAY):
        assert archive.history.revise(story(3), key="kabar-3") is None
        assert archive.history.note_removal(3) is None


def test_only_with_its_tombstone_can_texts_be_deleted(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    with (
        pytest.raises(sqlite3.IntegrityError, match="a revision is never deleted"),
        archive.transaction(NOW),
    ):
        archive.db.conn.execute("DELETE FROM revisions WHERE article_id = 1")


# What was never kept


@pytest.mark.parametrize("known", [True, False])
def test_an_address_that_was_never_kept_can_be_taken_down(archive: Archive, known: bool) -> None:
    if known:
        announce(archive, link(7))
    done = removed(archive, 7)
    assert (done.article_id, done.revisions, done.snapshots, done.urls) == (None, 0, 0, int(known))
    assert announce(archive, link(7), link(70, key="kabar-7"), at=NOW + 2 * DAY) == []
    assert [finding for finding in verify(archive) if not finding.ok] == []


def test_a_second_time_changes_nothing(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    before = [
        rows(archive, f"SELECT * FROM {table}")
        for table in ("tombstones", "urls", "checks", "articles", "snapshots")
    ]
    again = removed(archive, at=2 * DAY)
    assert (again.revisions, again.snapshots, again.dictionaries) == (0, 0, 0)
    assert [
        rows(archive, f"SELECT * FROM {table}")
        for table in ("tombstones", "urls", "checks", "articles", "snapshots")
    ] == before


# Interrupted, and finished later


@pytest.fixture
def many_to_pack_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small dictionaries, none of which is given up by the way."""
    monkeypatch.setattr("archive.snapshots.compression.MAX_PAGES", 4)
    monkeypatch.setattr("archive.snapshots.dictionary_trials.FEW_LEFT", 0)


@pytest.mark.usefixtures("many_to_pack_anew")
def test_a_removal_that_was_cut_off_is_finished_by_compact(path: Path, warta: Warta) -> None:
    with Archive(path) as archive:
        stays = filled(archive)
        packed = packed_pages(archive)
        removed(archive)
    with Archive(path) as archive:
        assert traces(path, packed)
    assert warta("compact").exit_code == 0
    assert traces(path, packed) == []
    with Archive(path) as archive:
        assert {number: archive.snapshots.page(number) for number in stays} == stays


@pytest.mark.usefixtures("many_to_pack_anew")
def test_finishing_that_was_cut_off_goes_on_where_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays = filled(archive)
    removed(archive)
    monkeypatch.setattr("archive.maintenance.takedown.BATCH", 5)
    left = value(
        archive,
        "SELECT count(*) FROM snapshots s JOIN dictionaries d ON d.id = s.dictionary_id WHERE"
        " d.retired_at IS NOT NULL",
    )

    whole, calls = takedown._move, iter(range(1))

    def cut(*given: Any, **named: Any) -> int:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return whole(*given, **named)

    assert left > 5
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(takedown, "_move", cut)
        finish(archive, now=NOW + DAY)
    assert finish(archive, now=NOW + DAY) == left - 5
    assert {number: archive.snapshots.page(number) for number in stays} == stays


def test_verify_finds_an_article_without_texts_that_nobody_took_down(archive: Archive) -> None:
    filled(archive)
    removed(archive)
    removed(archive, 7_000)  # a tombstone without an article
    with archive.transaction(NOW):
        archive.db.conn.execute(
            "INSERT INTO articles (site, key, url, first_seen_at, revision) VALUES ('x', 'y', 'z',"
            " '2026-11-20T03:04:05+00:00', 0)"
        )
    assert [finding.check for finding in verify(archive) if not finding.ok] == ["numbers"]


# It costs no more in a large archive


def test_no_row_of_another_story_is_read_to_erase_one(archive: Archive) -> None:
    for table in ("snapshots", "revisions", "rights", "readings"):
        plan = rows(
            archive, f"EXPLAIN QUERY PLAN DELETE FROM {table} WHERE rowid = 1"
        )  # with what foreign keys have looked up
        assert not [step for *_, step in plan if step.startswith("SCAN")], table
