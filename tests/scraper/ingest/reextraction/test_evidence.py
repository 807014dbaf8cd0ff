"""Pages that gave no story at their time, read again with today's rules; and what comes between
reading and writing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive import Archive
from archive.maintenance.takedown import take_down
from archive.records import Announcement
from scraper.ingest import reextraction
from tests.scraper.crawling.conftest import PROSE, story_url
from tests.scraper.ingest.reextraction.conftest import (
    EDITED,
    Warta,
    fine,
    is_sound,
    revisions,
    rows,
)
from tests.scraper.ingest.reextraction.kept import (
    CHANGED,
    DAY,
    HOUR,
    NOW,
    REDESIGNED,
    crawled,
    gone,
    page_of,
)

pytestmark = pytest.mark.usefixtures("archive")


# Pages that gave no story at their time

SHORT = PROSE[:1]
"""In a layout that nobody knows, no more than a line: no story."""


def ledger(path: Path, number: int) -> tuple[Any, ...]:
    ((state, reason, article, due),) = rows(
        path,
        "SELECT state, reason, article_id, next_check_at IS NOT NULL FROM ledger WHERE url = ?",
        story_url(number),
    )
    return state, reason, article is not None, bool(due)


def test_a_page_that_gave_no_story_becomes_one_that_is_due(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        assert crawled(archive, page_of(7, prose=SHORT, redesigned=True)) is None
    assert ledger(path, 7) == ("failed", "no_body", False, False)
    rule(REDESIGNED)
    dry = fine(warta("--dry-run"))
    assert dry.stdout.splitlines()[1].split() == ["rmol", "4", "0", "0", "0", "1", "0"]
    fine(warta())
    assert revisions(path, 7) == [("first", [])]
    assert ledger(path, 7) == ("kept", None, True, True)
    assert is_sound(path)


def test_a_page_that_broke_the_extractor_becomes_a_story(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(7), breaks=True)
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 7) == [("first", [])]


def test_a_page_after_a_redesign_becomes_the_publishers_edit_where_its_text_differs(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        assert crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + DAY)) is None
    assert ledger(path, 2)[:2] == ("failed", "layout_missed")
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("publisher", ["body"])]
    assert ledger(path, 2) == ("kept", None, True, True)


def test_a_page_after_a_redesign_whose_text_is_the_same_makes_its_url_due_again(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, redesigned=True, at=NOW + DAY))
    rule(REDESIGNED)
    assert fine(warta()).stderr == "0 stories changed.\n"
    assert revisions(path, 2) == [("first", [])]
    assert ledger(path, 2) == ("kept", None, True, True)


def test_our_change_and_the_publishers_are_two_revisions(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        crawled(
            archive, page_of(2, headline="Judul Sesudah Perbaikan", redesigned=True, at=NOW + DAY)
        )
    rule(replace(REDESIGNED, rules=CHANGED.rules))
    dry = [json.loads(line) for line in fine(warta("--dry-run", "--json")).stdout.splitlines()]
    assert [(row["kind"], row["changed"]) for row in dry if row["url"] == story_url(2)] == [
        ("technical", ["body"]),
        ("publisher", ["headline"]),
    ]
    fine(warta())
    assert revisions(path, 2) == [
        ("first", []),
        ("technical", ["body"]),
        ("publisher", ["headline"]),
    ]


def test_two_changes_of_one_story_are_one_story_that_changed(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        crawled(
            archive, page_of(2, headline="Judul Sesudah Perbaikan", redesigned=True, at=NOW + DAY)
        )
    rule(replace(REDESIGNED, rules=CHANGED.rules))
    assert fine(warta("--dry-run")).stderr.startswith("3 stories")
    assert fine(warta()).stderr == "3 stories changed.\n"


def test_a_story_with_a_page_missing_from_the_beginning_is_read_again_like_any_other(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        crawled(archive, replace(page_of(7), missing_parts=1))
    rule(CHANGED)
    fine(warta())
    assert revisions(path, 7) == [("first", []), ("technical", ["body"])]


def test_pages_of_several_times_are_written_in_their_order(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        for hours, headline in enumerate(("Judul Pertama", "Judul Kedua", "Judul Ketiga")):
            crawled(archive, page_of(7, headline=headline, at=NOW + hours * HOUR), breaks=True)
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 7) == [
        ("first", []),
        ("publisher", ["headline"]),
        ("publisher", ["headline"]),
    ]
    assert rows(path, "SELECT headline FROM latest WHERE url = ?", story_url(7)) == [
        ("Judul Ketiga",)
    ]


def test_other_addresses_of_a_story_that_is_found_today_are_reported_which_it_is(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        with archive.transaction(NOW):
            links = [
                Announcement(url=story_url(7, slug=slug), key="700007")
                for slug in ("saluran-air", "lain")
            ]
            archive.ledger.announce("rmol", links, source="umpan")
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
    rule(REDESIGNED)
    fine(warta())
    assert rows(path, "SELECT count(*) FROM ledger WHERE article_id IS NULL") == [(0,)]


def test_a_notice_after_a_story_that_is_only_found_today_is_no_edit_of_it(
    warta: Warta, rule: Any, path: Path
) -> None:
    notice = tuple(
        f"Pemberitahuan nomor {number}: kami sedang memindahkan arsip ke gedung baru di tepi"
        " sungai."
        for number in range(5)
    )
    with Archive(path) as archive:
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
        body = page_of(7, prose=notice).body.replace(b'id="fontResizableText"', b'id="lain"')
        crawled(archive, replace(page_of(7, at=NOW + HOUR), body=body), breaks=True)
    rule(REDESIGNED)
    warta()
    assert revisions(path, 7) == [("first", [])]


def test_a_removed_story_is_not_brought_back_by_older_evidence(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
        gone(archive, 2, at=NOW + DAY)
    rule(REDESIGNED)
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("removed", [])]


def test_a_removed_story_whose_text_reads_otherwise_stays_removed(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        gone(archive, 2, at=NOW + DAY)
    rule(CHANGED)
    fine(warta())
    assert [kind for kind, _changed in revisions(path, 2)] == ["first", "removed", "technical"]
    assert rows(path, "SELECT removed_at IS NOT NULL FROM latest WHERE url = ?", story_url(2)) == [
        (1,)
    ]


def test_a_removed_story_is_restored_by_a_later_page_that_only_today_can_be_read(
    warta: Warta, rule: Any, path: Path
) -> None:
    with Archive(path) as archive:
        gone(archive, 2, at=NOW + HOUR)
        for days in (1, 2):
            crawled(archive, page_of(2, redesigned=True, at=NOW + days * DAY))
    rule(REDESIGNED)
    dry = [
        json.loads(line)["kind"] for line in fine(warta("--dry-run", "--json")).stdout.splitlines()
    ]
    assert dry == ["restored"]
    fine(warta())
    assert [kind for kind, _changed in revisions(path, 2)] == ["first", "removed", "restored"]


def test_a_story_that_was_taken_down_is_left_alone(warta: Warta, rule: Any, path: Path) -> None:
    with Archive(path) as archive:
        take_down(archive, "rmol", "700002", url=story_url(2), reason="diminta", now=NOW + DAY)
    rule(CHANGED)
    assert fine(warta()).stderr == "2 stories changed.\n"
    assert revisions(path, 2) == []
    assert is_sound(path)


# A crawl that comes between reading and writing


@pytest.fixture
def between(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> Callable[[Callable[[Archive], object]], None]:
    """Let something happen after the pages were read and before the first is written."""

    def arrange(happens: Callable[[Archive], object]) -> None:
        readings = reextraction._readings

        def then(*given: Any) -> Iterator[Any]:
            for found in readings(*given):
                with Archive(path) as other:
                    happens(other)
                yield found

        monkeypatch.setattr(reextraction, "_readings", then)

    return arrange


def test_a_crawl_that_edits_in_between_wins_over_the_newest_page(
    warta: Warta, rule: Any, path: Path, between: Any
) -> None:
    rule(CHANGED)
    between(
        lambda other: crawled(
            other, page_of(2, headline="Judul Sesudah Perbaikan", at=NOW + DAY), site=CHANGED
        )
    )
    fine(warta())
    assert revisions(path, 2) == [
        ("first", []),
        ("technical", ["body"]),
        ("publisher", ["headline"]),
    ]


def test_a_crawl_that_keeps_in_between_wins_over_older_evidence(
    warta: Warta, rule: Any, path: Path, between: Any
) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
    rule(REDESIGNED)

    def crawl(other: Archive) -> None:
        crawled(
            other, page_of(2, headline="Judul Sesudah Perbaikan", at=NOW + DAY), site=REDESIGNED
        )
        crawled(
            other, page_of(7, headline="Judul Sesudah Perbaikan", at=NOW + DAY), site=REDESIGNED
        )

    between(crawl)
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("publisher", ["headline"])]
    assert revisions(path, 7) == [("first", [])]


def test_a_removal_in_between_is_not_undone_by_older_evidence(
    warta: Warta, rule: Any, path: Path, between: Any
) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
    rule(REDESIGNED)
    between(lambda other: gone(other, 2, at=NOW + DAY))
    fine(warta())
    assert revisions(path, 2) == [("first", []), ("removed", [])]


def test_a_take_down_in_between_stands(warta: Warta, rule: Any, path: Path, between: Any) -> None:
    with Archive(path) as archive:
        crawled(archive, page_of(2, prose=EDITED, redesigned=True, at=NOW + HOUR))
        crawled(archive, page_of(7, prose=SHORT, redesigned=True))
    rule(REDESIGNED)

    def remove(other: Archive) -> None:
        for number in (1, 2, 7):
            take_down(
                other,
                "rmol",
                f"70000{number}",
                url=story_url(number),
                reason="diminta",
                now=NOW + DAY,
            )

    between(remove)
    fine(warta())
    assert rows(path, "SELECT DISTINCT url FROM history") == [(story_url(3),)]
    assert is_sound(path)
