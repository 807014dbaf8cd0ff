"""The life of a URL: whatever changes its row in the ledger leaves a row in `checks`, and `warta
explain` tells it in plain words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given

from archive import Archive
from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER
from archive.ledger.wording import REASONS
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    keep,
    link,
    new_archive,
    rows,
    story,
    url_of,
    value,
)
from tests.archive.lives import Life, Step, lives
from tests.examples import COSTLY

Warta = Callable[..., Result]
CHANGEABLE = (
    "state, reason, last_checked_at, next_check_at, due_reason, checks, etag, last_modified"
)


def life_of(archive: Archive, number: int = 1) -> list[tuple[Any, ...]]:
    """What happened, the state after it, and why it is due then or not."""
    return rows(
        archive,
        """SELECT c.outcome, c.state, c.due_reason, c.next_check_at IS NOT NULL
        FROM checks c JOIN urls u ON u.id = c.url_id
        WHERE u.url = ? ORDER BY c.id""",
        url_of(number),
    )


# Every change leaves a row


@COSTLY
@given(lives)
def test_whatever_changes_a_row_of_the_ledger_leaves_a_row_in_its_life(steps: list[Step]) -> None:
    with new_archive() as archive:
        life = Life(archive)
        for step in steps:
            before = dict(rows(archive, f"SELECT id, json_array({CHANGEABLE}) FROM urls"))
            noted = dict(rows(archive, "SELECT url_id, count(*) FROM checks GROUP BY url_id"))
            life.live(step)
            after = dict(rows(archive, f"SELECT id, json_array({CHANGEABLE}) FROM urls"))
            now_noted = dict(rows(archive, "SELECT url_id, count(*) FROM checks GROUP BY url_id"))
            for url_id in before:
                if after[url_id] != before[url_id]:
                    assert now_noted.get(url_id, 0) > noted.get(url_id, 0), step


@COSTLY
@given(lives)
def test_every_reason_in_the_ledger_has_its_sentence(steps: list[Step]) -> None:
    with new_archive() as archive:
        life = Life(archive)
        for step in steps:
            life.live(step)
        given_reasons = rows(
            archive,
            "SELECT due_reason FROM urls UNION SELECT reason FROM urls UNION SELECT due_reason FROM"
            " checks UNION SELECT reason FROM checks",
        )
        assert {reason for (reason,) in given_reasons if reason is not None} <= set(REASONS)


def test_an_announcement_alone_is_no_row(archive: Archive) -> None:
    announce(archive, link(1))
    announce(archive, link(1), at=NOW + HOUR)
    assert life_of(archive) == []
    assert value(archive, "SELECT due_reason FROM urls") == "new"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"skipped": "before_since"}, "before_since"), ({"refused": "video_page"}, "video_page")],
)
def test_an_address_that_is_wanted_after_all_says_so(
    archive: Archive, fields: dict[str, str], reason: str
) -> None:
    announce(archive, link(1, **fields))
    assert value(archive, "SELECT due_reason FROM urls") == reason
    announce(archive, link(1), at=NOW + HOUR)
    assert life_of(archive) == [("announced", "due", "new", 1)]


def test_an_address_that_turns_out_to_be_another_one_of_a_story_says_so(archive: Archive) -> None:
    announce(archive, link(1, key="k", skipped="before_since"), link(2, key="k"))
    announce(archive, link(1, key="k"), at=NOW + HOUR)
    assert life_of(archive) == [("announced", "alias", "same_story", 0)]


def test_a_lastmod_that_makes_a_story_due_says_so(archive: Archive) -> None:
    announce(archive, link(1))
    check(archive, url_of(1), "kept", next_check_at=NOW + 9 * DAY, due_reason="age")
    announce(archive, link(1, lastmod=NOW + HOUR), at=NOW + 2 * HOUR)
    assert life_of(archive) == [("kept", "kept", "age", 1), ("announced", "kept", "lastmod", 1)]


def test_an_alias_that_is_woken_says_so(archive: Archive) -> None:
    announce(archive, link(1, key="k"), link(2, key="k"))
    entry = archive.ledger.entry(url_of(1), site=SITE)
    assert entry is not None
    with archive.transaction(NOW + HOUR):
        assert archive.ledger.wake_aliases(entry) == 1
    assert life_of(archive, 2) == [("woken", "due", "woken", 1)]


def test_what_happened_without_a_request_counts_as_no_check(archive: Archive) -> None:
    announce(archive, link(1, skipped="before_since"))
    announce(archive, link(1), at=NOW + HOUR)
    assert rows(archive, "SELECT checks, last_checked_at FROM ledger") == [(0, None)]
    assert rows(archive, "SELECT status, bytes FROM checks") == [(None, None)]


def test_validators_stand_in_the_life_where_they_changed(archive: Archive) -> None:
    for etag, outcome in (
        ("a", "kept"),
        ("a", "unchanged"),
        ("b", "kept"),
        (None, "kept"),
        (None, "failed"),
    ):
        check(archive, url_of(1), outcome, etag=etag)
    assert [etag for (etag,) in rows(archive, "SELECT etag FROM checks ORDER BY id")] == [
        "a",
        None,
        "b",
        "",
        None,
    ]


# What the validators paid


def paid(archive: Archive, site: str = SITE) -> tuple[Any, ...]:
    (row,) = rows(
        archive,
        "SELECT asked, answered, unanswered, bytes_saved FROM validators WHERE site = ?",
        site,
    )
    return tuple(row)


def test_a_304_saves_the_bytes_that_the_page_had_when_it_was_last_sent(archive: Archive) -> None:
    check(archive, url_of(1), "kept", status=200, bytes=5000)
    check(archive, url_of(1), "kept", status=200, bytes=6000)
    check(archive, url_of(1), "not_modified", status=304, conditional=True)
    check(archive, url_of(1), "not_modified", status=304, conditional=True)
    assert paid(archive) == (2, 2, 0, 12000)


def test_a_whole_page_in_place_of_a_304_saves_nothing_and_is_counted(archive: Archive) -> None:
    for _ in range(3):
        check(archive, url_of(1), "unchanged", status=200, bytes=5000, conditional=True)
    assert paid(archive) == (3, 0, 3, 0)
    assert archive.ledger.unanswered(SITE) == 3


def test_one_304_makes_a_site_one_that_answers(archive: Archive) -> None:
    for status in (200, 200, 304, 200):
        check(
            archive,
            url_of(1),
            "unchanged" if status == 200 else "not_modified",
            status=status,
            conditional=True,
        )
    assert archive.ledger.unanswered(SITE) == 1


def test_requests_without_validators_say_nothing_of_a_site(archive: Archive) -> None:
    check(archive, url_of(1), "kept", status=200, bytes=5000)
    check(archive, url_of(2), "source", status=304, conditional=True)
    assert rows(archive, "SELECT * FROM validators") == []
    assert archive.ledger.unanswered(SITE) == 0


def test_every_site_is_counted_by_itself(archive: Archive) -> None:
    check(archive, url_of(1), "unchanged", status=200, conditional=True)
    check(
        archive, url_of(1, site="warta"), "not_modified", site="warta", status=304, conditional=True
    )
    assert (paid(archive), paid(archive, "warta")) == ((1, 0, 1, 0), (1, 1, 0, 0))


def test_stats_say_what_the_validators_saved_and_who_never_answers_them(
    warta: Warta, path: Path
) -> None:
    with Archive(path) as archive:
        check(archive, url_of(1), "kept", status=200, bytes=5000)
        check(archive, url_of(1), "not_modified", status=304, conditional=True)
        for _ in range(IGNORES_CONDITIONAL_AFTER):
            check(
                archive,
                url_of(1, site="warta"),
                "unchanged",
                site="warta",
                status=200,
                conditional=True,
            )
    ours, other, _whole = (
        json.loads(line) for line in warta("stats", options=("--json",)).stdout.splitlines()
    )
    assert [ours[name] for name in ("conditional", "answered_304", "bytes_saved", "never_304")] == [
        1,
        1,
        5000,
        0,
    ]
    assert [
        other[name] for name in ("conditional", "answered_304", "bytes_saved", "never_304")
    ] == [IGNORES_CONDITIONAL_AFTER, 0, 0, 1]
    shown = warta("stats").stdout
    assert "What the validators (ETag, Last-Modified) saved" in shown
    assert "5.0 kB" in shown


# In plain words


def told(warta: Warta, number: int = 1) -> list[str]:
    result = warta("explain", url_of(number))
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_explain_tells_a_whole_life(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        announce(archive, link(1, skipped="before_since", published_at=NOW - DAY))
        announce(archive, link(1), at=NOW + HOUR)
        keep(archive, story(1), at=NOW + HOUR)
        check(
            archive,
            url_of(1),
            "not_modified",
            at=NOW + DAY,
            status=304,
            conditional=True,
            next_check_at=NOW + 9 * DAY,
            due_reason="quiet",
        )
        announce(archive, link(1, lastmod=NOW + 2 * DAY), at=NOW + 2 * DAY)
        check(
            archive,
            url_of(1),
            "failed",
            at=NOW + 2 * DAY,
            reason="timeout",
            next_check_at=NOW + 3 * DAY,
            due_reason="retry",
        )
        check(
            archive,
            url_of(1),
            "gone",
            at=NOW + 3 * DAY,
            status=410,
            reason="http_410",
            due_reason="gone_for_good",
        )
    assert told(warta) == [
        url_of(1),
        "Site kabar, state gone: the page was removed for good (410).",
        "First announced 2026-11-20T03:04:05+00:00 by sitemap, dated 2026-11-19T03:04:05+00:00.",
        (
            "Announced again 2026-11-20T04:04:05+00:00, due 2026-11-20T04:04:05+00:00: it was"
            " announced and never requested."
        ),
        "Requested 2026-11-20T04:04:05+00:00: status 200, kept, 1.3 kB.",
        "Requested with validators 2026-11-21T03:04:05+00:00: status 304, not modified, 0 B.",
        (
            "Announced again 2026-11-22T03:04:05+00:00, due 2026-11-22T03:04:05+00:00: "
            "its source says that it was modified since the last check."
        ),
        (
            "Requested 2026-11-22T03:04:05+00:00: no answer, failed (the server did not answer in"
            " time), 0 B."
        ),
        (
            "Requested 2026-11-23T03:04:05+00:00: status 410, gone (the page was removed for good"
            " (410)), 0 B."
        ),
        "Not due again by itself: it was still gone when it was requested again.",
        "It is article 1:",
        "  revision 1 (first) 2026-11-20T04:04:05+00:00",
    ]


def test_explain_says_how_often_nothing_new_was_found(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        keep(archive, story(1))
        for turn in (1, 2):
            check(
                archive,
                url_of(1),
                "unchanged",
                at=NOW + turn * DAY,
                next_check_at=NOW + 9 * DAY,
                due_reason="quiet",
            )
    assert any(
        line.startswith("Due again 2026-11-29")
        and line.endswith("at the latest after 14 days (2 in a row so far).")
        for line in told(warta)
    )


def test_explain_says_of_another_address_that_it_is_one(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        announce(archive, link(1, key="k"), link(2, key="k"))
        entry = archive.ledger.entry(url_of(1), site=SITE)
        assert entry is not None
    assert (
        "Site kabar, state alias: another address of a story that is already in the ledger."
        in told(warta, 2)
    )
    with Archive(path) as archive, archive.transaction(NOW + HOUR):
        archive.ledger.wake_aliases(entry)
    assert (
        "Scheduled again 2026-11-20T04:04:05+00:00, due 2026-11-20T04:04:05+00:00: another address"
        " of the story no longer leads to it." in told(warta, 2)
    )


def test_explain_names_a_return_to_an_earlier_text(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        for turn, body in enumerate(["Isi pertama.", "Isi kedua.", "Isi pertama."]):
            keep(archive, story(1, body=body), at=NOW + turn * HOUR)
    assert (
        told(warta)[-1]
        == "  revision 3 (publisher, changed body, back to revision 1) 2026-11-20T05:04:05+00:00"
    )


# Which story an address is of


def articles_of(archive: Archive) -> list[tuple[str, int | None]]:
    return rows(archive, "SELECT url, article_id FROM ledger ORDER BY url")


def test_all_addresses_of_a_story_name_its_article_from_the_time_it_is_kept(
    archive: Archive,
) -> None:
    announce(
        archive,
        link(1, skipped="before_since"),
        link(2, key=f"{SITE}-1", refused="foreign_edition"),
    )
    announce(archive, link(3, key=f"{SITE}-1"), link(4, key=f"{SITE}-1"), link(5))
    keep(archive, story(1, url=url_of(3), canonical_url=url_of(3)))
    assert articles_of(archive) == [
        *((url_of(number), 1) for number in (1, 2, 3, 4)),
        (url_of(5), None),
    ]


def test_an_address_of_a_story_names_its_article_however_it_begins(archive: Archive) -> None:
    announce(archive, link(1))
    keep(archive, story(1))
    check(archive, url_of(1), "gone")
    key = f"{SITE}-1"
    announce(
        archive,
        link(2, key=key, skipped="before_since"),
        link(3, key=key, refused="foreign_edition"),
        link(4, key=key),
    )
    assert articles_of(archive) == [(url_of(number), 1) for number in (1, 2, 3, 4)]
