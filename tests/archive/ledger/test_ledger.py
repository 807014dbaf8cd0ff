"""The ledger: what was announced, what became of it, and what is asked for next."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.ledger.ledger import LASTMOD_CHECKS
from archive.maintenance.takedown import take_down as erase
from archive.records import Announcement, Check
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
    take_down,
    url_of,
    value,
)
from tests.examples import COSTLY


def state_of(archive: Archive, number: int) -> tuple[str, str | None]:
    ((state, reason),) = rows(
        archive, "SELECT state, reason FROM ledger WHERE url = ?", url_of(number)
    )
    return state, reason


def frontier(
    archive: Archive, *, recheck: str = "due", at: datetime = NOW, site: str = SITE
) -> list[str]:
    return [entry.url for entry in archive.ledger.frontier(site, now=at, recheck=recheck)]


# Announcing


def test_a_new_link_is_due_at_once(archive: Archive) -> None:
    assert announce(archive, link(1)) == [url_of(1)]
    assert state_of(archive, 1) == ("due", None)


def test_links_are_requested_in_the_order_of_their_source(archive: Archive) -> None:
    assert announce(archive, link(3), link(1), link(2)) == [url_of(3), url_of(1), url_of(2)]


def test_nothing_announced_is_nothing_to_ask_for(archive: Archive) -> None:
    assert announce(archive) == []


def test_the_first_source_of_a_link_is_remembered(archive: Archive) -> None:
    announce(archive, link(1), source="sitemap")
    announce(archive, link(1), source="umpan", at=NOW + HOUR)
    assert rows(archive, "SELECT announced_by, first_seen_at FROM ledger") == [
        ("sitemap", "2026-11-20T03:04:05+00:00")
    ]


def test_what_is_still_due_is_requested_again(archive: Archive) -> None:
    announce(archive, link(1))
    assert announce(archive, link(1), at=NOW + DAY) == [url_of(1)]


def test_a_known_story_is_left_alone_until_it_is_due(archive: Archive) -> None:
    announce(archive, link(1))
    check(archive, url_of(1), "kept", next_check_at=NOW + DAY)
    assert announce(archive, link(1), at=NOW + HOUR) == []
    assert announce(archive, link(1), at=NOW + DAY) == [url_of(1)]


def test_a_refused_link_is_written_down_with_its_reason_and_never_requested(
    archive: Archive,
) -> None:
    assert announce(archive, link(1, refused="video_page")) == []
    assert announce(archive, link(1, refused="video_page"), at=NOW + DAY) == []
    assert state_of(archive, 1) == ("refused", "video_page")


def test_a_skipped_link_waits_for_a_crawl_that_wants_it(archive: Archive) -> None:
    assert announce(archive, link(1, skipped="before_since")) == []
    assert announce(archive, link(1, skipped="before_since"), at=NOW + HOUR) == []
    assert state_of(archive, 1) == ("skipped", "before_since")
    assert announce(archive, link(1), at=NOW + DAY) == [url_of(1)]
    assert state_of(archive, 1) == ("due", None)


def test_a_due_link_that_this_crawl_skips_stays_due_for_the_next(archive: Archive) -> None:
    announce(archive, link(1))
    assert announce(archive, link(1, skipped="before_since")) == []
    assert state_of(archive, 1) == ("due", None)


# Several addresses of one story


def test_a_second_address_of_a_story_is_an_alias(archive: Archive) -> None:
    assert announce(archive, link(1, key="k"), link(2, key="k")) == [url_of(1)]
    assert announce(archive, link(3, key="k")) == []
    assert state_of(archive, 2) == state_of(archive, 3) == ("alias", "same_story")


def test_an_alias_names_the_article_that_is_kept_already(archive: Archive) -> None:
    announce(archive, link(1))
    keep(archive, story(1))
    announce(archive, link(2, key=f"{SITE}-1"), at=NOW + HOUR)
    assert rows(archive, "SELECT url, article_id FROM ledger ORDER BY url") == [
        (url_of(1), 1),
        (url_of(2), 1),
    ]


def test_equal_keys_of_two_sites_are_two_stories(archive: Archive) -> None:
    announce(archive, link(1, key="k"))
    other = Announcement(url=url_of(1, site="warta"), key="k")
    assert announce(archive, other, site="warta") == [url_of(1, site="warta")]


def test_a_new_address_of_a_story_that_is_gone_is_requested(archive: Archive) -> None:
    announce(archive, link(1, key="k"))
    check(archive, url_of(1), "gone")
    assert announce(archive, link(2, key="k"), at=NOW + DAY) == [url_of(2)]


def test_an_alias_takes_over_when_the_address_before_it_is_gone(archive: Archive) -> None:
    announce(archive, link(1, key="k"), link(2, key="k"))
    check(archive, url_of(1), "gone")
    assert announce(archive, link(2, key="k"), at=NOW + DAY) == [url_of(2)]


def test_a_skipped_address_does_not_hide_a_wanted_one_of_the_same_story(archive: Archive) -> None:
    assert announce(archive, link(1, key="k", skipped="before_since"), link(2, key="k")) == [
        url_of(2)
    ]


def test_a_refused_address_does_not_hide_a_wanted_one_of_the_same_story(archive: Archive) -> None:
    assert announce(archive, link(1, key="k", refused="foreign_edition"), link(2, key="k")) == [
        url_of(2)
    ]


def test_a_skipped_address_becomes_an_alias_once_another_one_is_kept(archive: Archive) -> None:
    announce(archive, link(1, key="k", skipped="before_since"))
    announce(archive, link(2, key="k"))
    check(archive, url_of(2), "kept", next_check_at=NOW + DAY)
    assert announce(archive, link(1, key="k"), at=NOW + HOUR) == []


# lastmod


def kept_and_not_due(archive: Archive) -> None:
    announce(archive, link(1))
    check(archive, url_of(1), "kept", at=NOW, next_check_at=NOW + 9 * DAY)


def test_a_lastmod_after_our_check_makes_a_story_due(archive: Archive) -> None:
    kept_and_not_due(archive)
    assert announce(archive, link(1, lastmod=NOW + HOUR), at=NOW + 2 * HOUR) == [url_of(1)]


def test_a_lastmod_before_our_check_does_not(archive: Archive) -> None:
    kept_and_not_due(archive)
    assert announce(archive, link(1, lastmod=NOW - HOUR), at=NOW + 2 * HOUR) == []


def test_a_lastmod_of_tomorrow_is_not_believed(archive: Archive) -> None:
    kept_and_not_due(archive)
    assert announce(archive, link(1, lastmod=NOW + DAY), at=NOW + HOUR) == []


def test_one_lastmod_makes_a_story_due_only_once(archive: Archive) -> None:
    kept_and_not_due(archive)
    announce(archive, link(1, lastmod=NOW + HOUR), at=NOW + 2 * HOUR)
    check(archive, url_of(1), "not_modified", at=NOW + 2 * HOUR, next_check_at=NOW + 9 * DAY)
    assert announce(archive, link(1, lastmod=NOW + HOUR), at=NOW + 3 * HOUR) == []


def crawls_of_a_sitemap_that_always_says_now(
    archive: Archive, outcomes: list[str], *numbers: int
) -> int:
    """Announce the stories every hour with that hour's `lastmod`; check those that are due.

    Returns the number of checks.
    """
    announce(archive, *map(link, numbers))
    for number in numbers:
        check(archive, url_of(number), "kept", at=NOW, next_check_at=NOW + 9 * DAY)
    checks = 0
    for hour, outcome in enumerate(outcomes, 1):
        at = NOW + hour * HOUR
        for url in announce(archive, *(link(number, lastmod=at) for number in numbers), at=at):
            check(archive, url, outcome, at=at, next_check_at=at + 9 * DAY)
            checks += 1
    return checks


def test_a_sitemap_that_always_says_now_is_not_believed_after_ten_quiet_checks(
    archive: Archive,
) -> None:
    quiet = ["not_modified", "unchanged"] * 10
    assert crawls_of_a_sitemap_that_always_says_now(archive, quiet, 1, 2) == LASTMOD_CHECKS
    entry = archive.ledger.entry(url_of(1), site=SITE)
    assert entry is not None
    assert entry.due_reason == "lastmod_doubted"
    assert entry.next_check_at == NOW + 5 * HOUR + 9 * DAY


def test_a_doubt_is_noted_once_per_check_and_counted_each_time(archive: Archive) -> None:
    crawls_of_a_sitemap_that_always_says_now(archive, ["unchanged"] * 15, 1)
    counts: Counter[str] = Counter()
    for hour in (20, 21):
        at = NOW + hour * HOUR
        with archive.transaction(at):
            links = [link(1, lastmod=at)]
            archive.ledger.announce(SITE, links, source="sitemap", counts=counts)
    assert counts == {"lastmod_doubted": 2}
    assert value(archive, "SELECT count(*) FROM checks WHERE due_reason = 'lastmod_doubted'") == 1


def test_a_sitemap_whose_reports_are_often_right_is_believed(archive: Archive) -> None:
    mixed = ["unchanged"] * 4 + ["kept"]
    assert crawls_of_a_sitemap_that_always_says_now(archive, mixed * 8, 1, 2) == 80


def test_another_sitemap_is_judged_by_its_own_stories(archive: Archive) -> None:
    crawls_of_a_sitemap_that_always_says_now(archive, ["unchanged"] * 15, 1, 2)
    announce(archive, link(3))
    check(archive, url_of(3), "kept", at=NOW + 20 * HOUR, next_check_at=NOW + 9 * DAY)
    later = NOW + 22 * HOUR
    assert announce(archive, link(3, lastmod=later - HOUR), at=later) == [url_of(3)]


def test_a_sitemap_is_believed_again_once_checks_show_it_right(archive: Archive) -> None:
    numbers = range(1, 7)
    crawls_of_a_sitemap_that_always_says_now(archive, ["unchanged"] * 3, *numbers)
    at = NOW + 10 * DAY
    for day in range(3):
        at += day * DAY
        announce(archive, *(link(number, lastmod=at) for number in numbers), at=at)
        for number in numbers:
            check(archive, url_of(number), "kept", at=at + HOUR, next_check_at=at + 9 * DAY)
    later = at + 2 * HOUR
    assert announce(archive, link(1, lastmod=later), link(2), at=later) == [url_of(1)]


# Many links


def test_a_sitemap_of_more_links_than_a_batch_keeps_its_order(archive: Archive) -> None:
    numbers = [(number * 7) % 1207 for number in range(1207)]
    assert announce(archive, *map(link, numbers)) == [url_of(number) for number in numbers]
    assert value(archive, "SELECT count(*) FROM ledger WHERE state = 'due'") == 1207


def test_an_alias_is_found_across_the_border_of_a_batch(archive: Archive) -> None:
    links = [link(number, key=f"k{number % 700}") for number in range(1400)]
    assert announce(archive, *links) == [url_of(number) for number in range(700)]
    assert value(archive, "SELECT count(*) FROM ledger WHERE state = 'alias'") == 700


stories = st.integers(0, 3)
kinds = st.sampled_from([{}, {}, {"skipped": "before_since"}, {"refused": "video_page"}])


@COSTLY
@given(st.lists(stories, max_size=12), st.randoms(use_true_random=False), st.integers(0, 12))
def test_any_order_of_announcing_asks_for_every_story_once(
    keys: list[int], random: object, cut: int
) -> None:
    links = [link(number, key=f"k{key}") for number, key in enumerate(keys)]
    random.shuffle(links)  # type: ignore[attr-defined]
    with new_archive() as archive:
        announce(archive, *links[:cut])
        announce(archive, *links[cut:])
        assert value(archive, "SELECT count(*) FROM ledger") == len(links)
        assert (
            value(archive, "SELECT count(*) FROM ledger WHERE state = 'due'")
            == len(set(keys))
            == len(frontier(archive))
        )


@COSTLY
@given(st.lists(st.tuples(stories, kinds), max_size=8), st.randoms(use_true_random=False))
def test_any_order_of_announcing_asks_for_every_wanted_story(
    drawn: list[tuple[int, dict[str, str]]], random: object
) -> None:
    links = [link(number, key=f"k{key}", **kind) for number, (key, kind) in enumerate(drawn)]
    wanted = {each.key for each in links if not each.skipped and not each.refused}
    random.shuffle(links)  # type: ignore[attr-defined]
    with new_archive() as archive:
        announce(archive, *links)
        due = rows(archive, "SELECT key FROM urls WHERE state = 'due'")
        assert sorted(due) == sorted((key,) for key in wanted)


# Frontier


def test_what_was_never_requested_comes_first_then_the_newest(archive: Archive) -> None:
    announce(
        archive,
        link(1, published_at=NOW - 3 * DAY),
        link(2, published_at=NOW - DAY),
        link(3),
        link(4, published_at=NOW - 2 * DAY),
    )
    announce(archive, link(5, published_at=NOW))
    check(archive, url_of(5), "failed", next_check_at=NOW)
    assert frontier(archive) == [url_of(number) for number in (2, 4, 1, 3, 5)]


@pytest.mark.parametrize("recheck", ["due", "all"])
def test_a_page_whose_reading_broke_off_comes_after_all_others(
    archive: Archive, recheck: str
) -> None:
    announce(archive, *(link(n, published_at=NOW - n * DAY) for n in (1, 2, 3)))
    check(archive, url_of(1), "failed", next_check_at=NOW, due_reason="retry_last")
    check(archive, url_of(3), "failed", next_check_at=NOW, due_reason="retry")
    assert frontier(archive, recheck=recheck) == [url_of(number) for number in (2, 3, 1)]


def test_a_check_that_replaces_the_one_before_is_the_same_request(archive: Archive) -> None:
    """A slow page counts as failed while it is read, and then as what was read from it."""
    announce(archive, link(1))
    slow = Check(
        url=url_of(1),
        crawl_id=None,
        checked_at=NOW,
        outcome="failed",
        reason="reading_broke_off",
        conditional=True,
    )
    with archive.transaction(NOW):
        archive.ledger.record(slow, site=SITE)
    for reason in ("no_body", None):
        outcome = "failed" if reason else "kept"
        known = replace(slow, outcome=outcome, reason=reason)
        with archive.transaction(NOW):
            archive.ledger.record(known, site=SITE, replaces=True)
        entry = archive.ledger.entry(url_of(1), site=SITE)
        assert entry is not None
        assert (entry.checks, entry.failures) == (1, 1 if reason else 0)
    assert archive.ledger.unanswered(SITE) == 1


def test_times_of_other_zones_are_put_in_order_by_time(archive: Archive) -> None:
    early, late = (
        datetime.fromisoformat("2026-11-20T01:00:00+00:00"),
        datetime.fromisoformat("2026-11-20T09:00:00+07:00"),
    )
    announce(archive, link(1, published_at=early), link(2, published_at=late))
    assert frontier(archive) == [url_of(2), url_of(1)]


def everything(archive: Archive) -> None:
    """1 never asked, 2 kept and due, 3 kept and not due, 4 gone, 5 failed for good, 6 refused, 7
    skipped, 8 alias.
    """
    announce(
        archive,
        *(link(number) for number in range(1, 6)),
        link(6, refused="tag_page"),
        link(7, skipped="before_since"),
    )
    announce(archive, link(8, key=f"{SITE}-1"))
    check(archive, url_of(2), "kept", next_check_at=NOW)
    check(archive, url_of(3), "unchanged", next_check_at=NOW + DAY)
    check(archive, url_of(4), "gone")
    check(archive, url_of(5), "failed")
    check(archive, f"https://www.{SITE}.example/sitemap.xml", "source")


@pytest.mark.parametrize(
    ("recheck", "numbers"), [("due", [1, 2]), ("all", [1, 2, 3, 4, 5]), ("none", [1])]
)
def test_a_recheck_mode_says_what_is_requested_again(
    archive: Archive, recheck: str, numbers: list[int]
) -> None:
    everything(archive)
    assert frontier(archive, recheck=recheck) == [url_of(number) for number in numbers]


def test_a_story_that_waits_costs_a_few_bytes(archive: Archive) -> None:
    number = 4_000
    announce(archive, *(link(n) for n in range(number)))
    tracemalloc.start()
    try:
        due = archive.ledger.frontier(SITE, now=NOW, recheck="due")
        first = next(due)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert first.url == url_of(0)
    assert len(due) == number - 1
    rows_read = 500  # held at a time, 3 kB each while they are read
    assert peak < rows_read * 6_000 + number * 50


def test_the_frontier_is_read_a_few_rows_at_a_time_and_is_complete(archive: Archive) -> None:
    announce(archive, *(link(n) for n in range(1_203)))
    due = archive.ledger.frontier(SITE, now=NOW, recheck="due", skipping={1, 700})
    assert [entry.id for entry in due] == [n for n in range(1, 1_204) if n not in (1, 700)]


def test_a_story_that_is_taken_down_while_it_waits_is_not_requested(archive: Archive) -> None:
    announce(archive, *(link(n) for n in range(1, 4)))
    due = archive.ledger.frontier(SITE, now=NOW, recheck="due")
    erase(archive, SITE, f"{SITE}-2", url=url_of(2), reason="by request", now=NOW)
    assert [entry.url for entry in due] == [url_of(1), url_of(3)]


def test_the_frontier_is_of_one_site(archive: Archive) -> None:
    everything(archive)
    assert frontier(archive, site="warta", recheck="all") == []


def test_what_is_due_tomorrow_is_in_the_frontier_of_tomorrow(archive: Archive) -> None:
    everything(archive)
    assert frontier(archive, at=NOW + DAY) == [url_of(number) for number in (1, 2, 3)]


# Recording


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("kept", "kept"),
        ("unchanged", "unchanged"),
        ("not_modified", "unchanged"),
        ("gone", "gone"),
        ("refused", "refused"),
        ("failed", "failed"),
        ("source", "source"),
    ],
)
def test_an_outcome_moves_a_url_to_its_state(archive: Archive, outcome: str, state: str) -> None:
    announce(archive, link(1))
    check(archive, url_of(1), outcome, reason="timeout" if outcome == "failed" else None)
    assert state_of(archive, 1) == (state, "timeout" if outcome == "failed" else None)


def test_every_check_is_written_down(archive: Archive) -> None:
    announce(archive, link(1))
    check(archive, url_of(1), "failed", status=None, reason="timeout")
    check(archive, url_of(1), "kept", at=NOW + HOUR, status=200, bytes=1234)
    assert rows(
        archive, "SELECT outcome, status, reason, bytes, checked_at FROM checks ORDER BY id"
    ) == [
        ("failed", None, "timeout", 0, "2026-11-20T03:04:05+00:00"),
        ("kept", 200, None, 1234, "2026-11-20T04:04:05+00:00"),
    ]
    assert rows(archive, "SELECT checks, last_checked_at FROM ledger") == [
        (2, "2026-11-20T04:04:05+00:00")
    ]


def test_a_url_that_was_never_announced_gets_its_row(archive: Archive) -> None:
    check(archive, url_of(9), "kept")
    assert state_of(archive, 9) == ("kept", None)


def counts(archive: Archive) -> tuple[int, int]:
    entry = archive.ledger.entry(url_of(1), site=SITE)
    assert entry is not None
    return entry.quiet_checks, entry.failures


def test_quiet_checks_are_counted_until_something_changes(archive: Archive) -> None:
    seen = []
    for outcome in ("kept", "unchanged", "not_modified", "kept"):
        check(archive, url_of(1), outcome)
        seen.append(counts(archive)[0])
    assert seen == [0, 1, 2, 0]


def test_failures_are_counted_until_an_answer_comes(archive: Archive) -> None:
    seen = []
    for outcome in ("failed", "failed", "gone", "kept", "failed"):
        check(archive, url_of(1), outcome)
        seen.append(counts(archive)[1])
    assert seen == [1, 2, 3, 0, 1]


def test_a_failure_between_two_quiet_checks_does_not_make_the_story_look_busy(
    archive: Archive,
) -> None:
    for outcome in ("kept", "unchanged", "failed", "unchanged"):
        check(archive, url_of(1), outcome)
    assert counts(archive)[0] == 2


def test_a_story_that_was_kept_is_requested_conditionally(archive: Archive) -> None:
    keep(archive, story(1))
    check(
        archive, url_of(1), "unchanged", etag='"a1"', last_modified="Fri, 20 Nov 2026 03:00:00 GMT"
    )
    entry = archive.ledger.entry(url_of(1), site=SITE)
    assert entry is not None
    assert entry.validators == {
        "If-None-Match": '"a1"',
        "If-Modified-Since": "Fri, 20 Nov 2026 03:00:00 GMT",
    }


def test_validators_survive_a_failure(archive: Archive) -> None:
    check(archive, url_of(1), "kept", etag='"a1"')
    check(archive, url_of(1), "failed")
    assert value(archive, "SELECT etag FROM ledger") == '"a1"'


@pytest.mark.parametrize("outcome", ["gone", "refused"])
def test_a_page_that_is_no_story_is_requested_without_conditions(
    archive: Archive, outcome: str
) -> None:
    check(archive, url_of(1), outcome, etag='"a1"')
    entry = archive.ledger.entry(url_of(1), site=SITE)
    assert entry is not None
    assert entry.validators == {}


def test_a_check_without_an_article_leaves_the_article_of_a_url(archive: Archive) -> None:
    kept = keep(archive, story(1))
    take_down(archive, story(1), at=NOW + DAY)
    assert kept is not None
    assert rows(archive, "SELECT state, article_id FROM ledger") == [("gone", kept.article_id)]


def test_an_unknown_url_has_no_entry(archive: Archive) -> None:
    assert archive.ledger.entry(url_of(404), site=SITE) is None


def test_an_entry_gives_aware_times(archive: Archive) -> None:
    announce(archive, link(1, published_at=NOW - DAY))
    entry = archive.ledger.entry(url_of(1), site=SITE)
    assert entry is not None
    assert (entry.published_at, entry.first_seen_at, entry.next_check_at) == (NOW - DAY, NOW, NOW)
