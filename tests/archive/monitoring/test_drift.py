"""Layouts that drift: found at once, named with their reasons, their articles marked until a later
extractor reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import Any

import pytest

from archive import Archive, Article
from archive.monitoring.drift import Drift, drifted_articles, drifted_since, drifts, evaluate
from archive.records import Check
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    edited,
    keep,
    link,
    rows,
    story,
    url_of,
)

OLD, NEW = "warta-kabar/1+lama", "warta-kabar/1+baru"
WORDS = (
    "pasar",
    "jembatan",
    "sawah",
    "perahu",
    "lumbung",
    "irigasi",
    "koperasi",
    "balai",
    "panen",
    "hujan",
    "nelayan",
    "kebun",
)


def prose(number: int, paragraphs: int = 6) -> str:
    lot = Random(number)
    return "\n\n".join(
        f"Kabar {number} bagian {part}: " + " ".join(lot.choices(WORDS, k=lot.randint(12, 40)))
        for part in range(paragraphs)
    )


def told(number: int, **fields: object) -> Article:
    return story(number, **{"body": prose(number), "extractor": OLD} | fields)


def tell(archive: Archive, numbers: Iterable[int], *, at: datetime = NOW, **fields: object) -> None:
    for number in numbers:
        keep(archive, told(number, **fields), at=at)


def refuse(
    archive: Archive, numbers: Iterable[int], *, at: datetime, reason: str = "layout_missed"
) -> None:
    """What a crawl does with pages that came and gave no story."""
    with archive.transaction(at):
        for number in numbers:
            failed = Check(
                url=url_of(number),
                crawl_id=None,
                checked_at=at,
                outcome="failed",
                status=200,
                reason=reason,
                bytes=9,
            )
            archive.ledger.record(failed, site=SITE)


def judge(archive: Archive, *, at: datetime, extractor: str = OLD) -> list[Drift]:
    with archive.transaction(at):
        return evaluate(archive, SITE, extractor=extractor, since=None)


def signs(found: list[Drift]) -> dict[str, set[str]]:
    return {drift.layout: {reason.sign for reason in drift.reasons} for drift in found}


def sixty(archive: Archive) -> None:
    tell(archive, range(1, 61))


@pytest.fixture
def kept(path: Path, made: Callable[..., Path]) -> Iterator[Archive]:
    """Sixty ordinary stories of the layout `baru`."""
    with Archive(copyfile(made(sixty), path)) as archive:
        yield archive


# What shows


def test_a_site_that_stays_as_it_is_does_not_drift(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY)
    assert judge(kept, at=NOW + DAY) == []
    assert rows(kept, "SELECT count(*) FROM drifts") == [(0,)]


def test_new_stories_without_a_known_layout_drift_and_are_marked(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    (drift,) = judge(kept, at=NOW + DAY)
    assert (drift.layout, drift.extractor, drift.since) == (
        "fallback",
        OLD,
        "2026-11-21T03:04:05+00:00",
    )
    assert drift.why == "12 of 12 pages match none of the site's layouts (usually 0%)"
    assert drift.urls == tuple(url_of(number) for number in range(72, 67, -1))
    assert drifted_articles(kept) == set(range(61, 73))
    assert drifted_since(kept, 61) == drift.since
    assert drifted_since(kept, 60) is None


def test_known_stories_whose_pages_lost_their_layout_drift_too(kept: Archive) -> None:
    refuse(kept, range(1, 13), at=NOW + DAY)
    assert signs(judge(kept, at=NOW + DAY)) == {"fallback": {"lost"}}
    assert drifted_articles(kept) == set()  # what was kept of them is good


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"headline": None}, "no headline"),
        ({"authors": ()}, "no authors"),
        ({"published_at": None}, "no published_at"),
        ({"section": None}, "no section"),
        ({"dateline": None}, "no dateline"),
        ({"tags": ()}, "no tags"),
        ({"image_url": None}, "no image_url"),
        ({"warnings": ("time_disagrees",)}, "time_disagrees"),
    ],
)
def test_a_field_that_is_lost_or_doubted_shows(
    kept: Archive, fields: dict[str, object], sign: str
) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, **fields)
    assert signs(judge(kept, at=NOW + DAY)) == {"baru": {sign}}
    assert drifted_articles(kept) == set(range(61, 73))


def test_texts_of_another_length_show(kept: Archive) -> None:
    for number in range(61, 73):
        keep(kept, told(number, body=prose(number, 1)[:90]), at=NOW + DAY)
    assert signs(judge(kept, at=NOW + DAY)) == {"baru": {"short"}}


def test_furniture_in_the_texts_shows(kept: Archive) -> None:
    for number in range(61, 73):
        keep(
            kept,
            told(number, body=prose(number, 5) + "\n\nIkuti kabar terbaru kami di saluran desa."),
            at=NOW + DAY,
        )
    (drift,) = judge(kept, at=NOW + DAY)
    assert (
        drift.why == "12 of 12 texts contain a paragraph that other pages contain, too (usually 0%)"
    )


def test_only_what_came_after_it_began_is_marked(kept: Archive) -> None:
    tell(kept, range(61, 65), at=NOW + HOUR)
    tell(kept, range(65, 73), at=NOW + DAY, authors=())
    (drift,) = judge(kept, at=NOW + DAY)
    assert drift.why.startswith("8 of 12 articles have no authors")
    assert drifted_articles(kept) == set(range(65, 73))


# What does not


@pytest.mark.parametrize("layout", ["baru", "fallback"])
def test_a_crawl_of_three_stories_is_judged_with_those_before_it(
    kept: Archive, layout: str
) -> None:
    tell(kept, range(61, 64), at=NOW + DAY, layout=layout, authors=())
    assert judge(kept, at=NOW + DAY) == []


def test_small_crawls_add_up(kept: Archive) -> None:
    for turn in range(4):
        tell(kept, range(61 + 3 * turn, 64 + 3 * turn), at=NOW + (turn + 1) * HOUR, authors=())
        judge(kept, at=NOW + (turn + 1) * HOUR)
    assert signs(drifts(kept)) == {"baru": {"no authors"}}
    assert drifted_articles(kept) == set(range(61, 73))


@pytest.mark.parametrize("past", [0, 39])
def test_a_crawl_that_loses_all_pages_shows_at_once_whatever_the_past(
    archive: Archive, past: int
) -> None:
    tell(archive, range(1, past + 1))
    tell(archive, range(101, 145), at=NOW + DAY, layout="fallback")
    with archive.transaction(NOW + DAY):
        (drift,) = evaluate(archive, SITE, extractor=OLD, since=(NOW + DAY).isoformat())
    assert drift.why == "44 of 44 pages match none of the site's layouts"
    assert drifted_articles(archive) == set(range(past + 1, past + 45))


@pytest.mark.parametrize(("lost", "shows"), [(4, False), (5, True)])
def test_a_few_lost_pages_of_a_first_crawl_are_no_evidence(
    archive: Archive, lost: int, shows: bool
) -> None:
    tell(archive, range(1, lost + 1), layout="fallback")
    assert bool(judge(archive, at=NOW)) is shows


def test_a_site_without_a_past_of_which_most_pages_are_read_is_not_judged(archive: Archive) -> None:
    tell(archive, range(1, 26), layout="fallback")
    tell(archive, range(26, 31))
    assert judge(archive, at=NOW) == []


@pytest.mark.parametrize("fields", [{"layout": "fallback"}, {"layout": "lama", "authors": ()}])
def test_old_stories_that_are_read_late_are_no_redesign(
    kept: Archive, fields: dict[str, Any]
) -> None:
    for number in range(61, 73):
        old = NOW - (400 + 100 * (number - 60)) * DAY
        keep(kept, told(number, published_at=old, **fields), at=NOW + DAY)
    assert judge(kept, at=NOW + DAY) == []


def test_old_stories_are_compared_with_others_of_their_layout(kept: Archive) -> None:
    def backlog(numbers: range, at: datetime, **fields: Any) -> None:
        for number in numbers:
            old = NOW - (400 + number) * DAY
            keep(kept, told(number, published_at=old, layout="lama", **fields), at=at)

    backlog(range(61, 111), NOW + DAY)
    backlog(range(111, 123), NOW + 2 * DAY, authors=())
    assert signs(judge(kept, at=NOW + 2 * DAY)) == {"lama": {"no authors"}}


def test_pages_that_could_not_be_had_say_nothing_of_the_layout(kept: Archive) -> None:
    refuse(kept, range(1, 31), at=NOW + DAY, reason="http_5xx")
    assert judge(kept, at=NOW + DAY) == []


def test_imported_stories_say_nothing_of_the_layout(kept: Archive) -> None:
    tell(kept, range(61, 90), at=NOW + DAY, layout="imported", authors=())
    assert judge(kept, at=NOW + DAY) == []


def test_another_site_is_another_matter(kept: Archive) -> None:
    for number in range(1, 61):
        keep(kept, told(number, site="warta", story_id=f"w{number}", layout="lain"))
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY)
    with kept.transaction(NOW + DAY):
        assert evaluate(kept, "warta", extractor=OLD) == []


# An upgrade of ours


def test_an_upgrade_that_reads_otherwise_is_no_drift(kept: Archive) -> None:
    """The new extractor drops a field that the old one told: its articles are held against nothing
    that the old one read.
    """
    for turn in range(6):
        tell(
            kept,
            range(61 + 8 * turn, 69 + 8 * turn),
            at=NOW + (turn + 1) * DAY,
            extractor=NEW,
            dateline=None,
        )
        assert judge(kept, at=NOW + (turn + 1) * DAY, extractor=NEW) == []


def test_an_upgrade_in_the_midst_of_a_window_is_no_drift(kept: Archive) -> None:
    tell(kept, range(61, 65), at=NOW + DAY)
    tell(kept, range(65, 77), at=NOW + DAY, extractor=NEW, authors=())
    assert judge(kept, at=NOW + DAY, extractor=NEW) == []


def test_a_redesign_after_an_upgrade_shows_when_enough_was_read_by_the_new_extractor(
    kept: Archive,
) -> None:
    tell(kept, range(61, 109), at=NOW + DAY, extractor=NEW, dateline=None)
    assert judge(kept, at=NOW + DAY, extractor=NEW) == []
    tell(kept, range(109, 121), at=NOW + 2 * DAY, extractor=NEW, dateline=None, authors=())
    assert signs(judge(kept, at=NOW + 2 * DAY, extractor=NEW)) == {"baru": {"no authors"}}


def test_what_was_read_again_by_the_new_extractor_is_its_past(kept: Archive) -> None:
    for number in range(1, 61):
        keep(kept, told(number, extractor=NEW, dateline=None), at=NOW + HOUR, technical=True)
    tell(kept, range(61, 73), at=NOW + DAY, extractor=NEW, dateline=None, authors=())
    assert signs(judge(kept, at=NOW + DAY, extractor=NEW)) == {"baru": {"no authors"}}


def test_a_drift_outlasts_an_upgrade_by_its_own_signs_only(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, authors=())
    judge(kept, at=NOW + DAY)
    tell(kept, range(73, 85), at=NOW + 2 * DAY, authors=(), dateline=None, extractor=NEW)
    (drift,) = judge(kept, at=NOW + 2 * DAY, extractor=NEW)
    assert (signs([drift]), drift.extractor, drift.since) == (
        {"baru": {"no authors"}},
        NEW,
        "2026-11-21T03:04:05+00:00",
    )
    assert set(range(73, 85)) <= drifted_articles(kept)
    tell(kept, range(85, 97), at=NOW + 3 * DAY, dateline=None, extractor=NEW)
    assert judge(kept, at=NOW + 3 * DAY, extractor=NEW) == []


def test_pages_that_lose_their_layout_with_an_upgrade_say_so(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback", extractor=NEW)
    (drift,) = judge(kept, at=NOW + DAY, extractor=NEW)
    assert (
        drift.why
        == "12 of 12 pages match none of the site's layouts (usually 0%) since the upgrade to"
        f" extractor {NEW}"
    )
    tell(kept, range(73, 75), at=NOW + 2 * DAY, layout="fallback", extractor=NEW)
    assert judge(kept, at=NOW + 2 * DAY, extractor=NEW) == [drift]


# How it goes on and ends


def test_a_drift_is_written_once(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    first = judge(kept, at=NOW + DAY)
    tell(kept, range(73, 76), at=NOW + 2 * DAY, layout="fallback")
    assert judge(kept, at=NOW + 2 * DAY) == first
    assert drifted_articles(kept) == set(range(61, 76))


def test_a_site_that_is_itself_again_ends_it_and_what_came_meanwhile_stays_marked(
    kept: Archive,
) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY)
    tell(kept, range(73, 90), at=NOW + 2 * DAY)
    assert judge(kept, at=NOW + 2 * DAY) == []
    (drift,) = drifts(kept, ended=True)
    assert drift.ended_at == "2026-11-22T03:04:05+00:00"
    assert drifted_articles(kept) == set(range(61, 73))


def test_a_later_extractor_that_reads_the_pages_ends_it_and_the_marks(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback", authors=())
    judge(kept, at=NOW + DAY)
    for number in range(61, 73):
        keep(kept, told(number, layout="R5", extractor=NEW), at=NOW + 2 * DAY, technical=True)
    assert judge(kept, at=NOW + 2 * DAY, extractor=NEW) == []
    assert drifted_articles(kept) == set()


def test_a_reading_that_changes_no_word_takes_the_mark_away(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY)
    with kept.transaction(NOW + 2 * DAY):
        for (snapshot,) in rows(
            kept, "SELECT snapshot_id FROM revisions WHERE layout = 'fallback'"
        ):
            kept.history.note_reading(snapshot, NEW, layout="R5")
    assert drifted_articles(kept) == set()
    assert judge(kept, at=NOW + 2 * DAY, extractor=NEW) == []


def test_a_later_extractor_that_does_no_better_leaves_the_marks(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY)
    with kept.transaction(NOW + 2 * DAY):
        for (snapshot,) in rows(
            kept, "SELECT snapshot_id FROM revisions WHERE layout = 'fallback'"
        ):
            kept.history.note_reading(snapshot, NEW, layout="fallback")
    (drift,) = judge(kept, at=NOW + 2 * DAY, extractor=NEW)
    assert (drift.extractor, drift.since) == (NEW, "2026-11-21T03:04:05+00:00")
    assert drifted_articles(kept) == set(range(61, 73))


def test_a_page_that_gives_no_story_any_more_leaves_its_mark(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY)
    with kept.transaction(NOW + 2 * DAY):
        for (snapshot,) in rows(
            kept, "SELECT snapshot_id FROM revisions WHERE layout = 'fallback'"
        ):
            kept.history.note_reading(snapshot, NEW, "no_body", layout="fallback")
    judge(kept, at=NOW + 2 * DAY, extractor=NEW)
    assert drifted_articles(kept) == set(range(61, 73))


def test_more_signs_are_reported_from_where_it_began(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, authors=())
    judge(kept, at=NOW + DAY)
    tell(kept, range(73, 86), at=NOW + 2 * DAY, authors=(), tags=())
    (drift,) = judge(kept, at=NOW + 2 * DAY)
    assert signs([drift]) == {"baru": {"no authors", "no tags"}}
    assert drift.since == "2026-11-21T03:04:05+00:00"
    assert drifted_articles(kept) == set(range(61, 86))


def test_a_story_that_is_read_well_again_is_not_marked(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY)
    keep(kept, edited(told(61), headline="Judul Sesudah Perbaikan"), at=NOW + 2 * DAY)
    assert 61 not in drifted_articles(kept)


def test_every_time_reads_its_own_marks(kept: Archive) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY + HOUR)
    for number in range(61, 73):
        keep(
            kept,
            told(number, layout="R5", extractor=NEW, headline="Dibaca Lagi"),
            at=NOW + 2 * DAY,
            technical=True,
        )
    judge(kept, at=NOW + 2 * DAY + HOUR, extractor=NEW)
    seen = {}
    for hours in (24, 25, 47, 48, 49):
        with kept.as_of(NOW + hours * HOUR) as past:
            seen[hours] = (len(drifts(past)), len(drifted_articles(past)))
    assert seen == {24: (0, 0), 25: (1, 12), 47: (1, 12), 48: (1, 0), 49: (0, 0)}


def test_show_says_that_an_article_is_marked(kept: Archive, warta, path: Path) -> None:
    tell(kept, range(61, 73), at=NOW + DAY, layout="fallback")
    judge(kept, at=NOW + DAY)
    assert (
        "Marked: the site's pages have changed since 2026-11-21T03:04:05+00:00"
        in warta("show", "61").stdout
    )
    assert "Marked" not in warta("show", "60").stdout


def test_addresses_that_were_announced_and_never_requested_say_nothing(kept: Archive) -> None:
    announce(kept, *map(link, range(100, 200)), at=NOW + DAY)
    assert judge(kept, at=NOW + DAY) == []
