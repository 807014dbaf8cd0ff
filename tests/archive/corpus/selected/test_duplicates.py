"""What clusters and equal texts join, whatever the order and however the bonds lie."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.corpus.duplicates import COLUMNS, DuplicateSets
from archive.corpus.intermediate import KEPT

FIRST = datetime(2026, 11, 20, tzinfo=UTC)


def row(
    number: int, *, cluster: int | None, text: int, hours: int | None = 0, **fields: Any
) -> dict[str, Any]:
    published = None if hours is None else (FIRST + timedelta(hours=hours)).isoformat()
    usual = {
        "article_id": number,
        "id": f"kabar:{number}",
        "site": "kabar",
        "url": f"https://www.kabar.example/{number}",
        "published_at": published,
        "first_seen_at": FIRST.isoformat(),
        "cluster_id": cluster,
        "digest": f"{text:064x}"[::-1],
        "length": 100,
    }
    return usual | fields


@st.composite
def survivors(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Articles in clusters that bear the number of their least article, of which any may not have
    survived.
    """
    found = []
    numbers = draw(st.lists(st.integers(1, 40), unique=True, max_size=14))
    clusters = {number: draw(st.integers(0, 4)) for number in range(1, 41)}
    least = {
        cluster: min(number for number, own in clusters.items() if own == cluster)
        for cluster in set(clusters.values())
        if cluster
    }
    for number in sorted(numbers):
        cluster = least.get(clusters[number])
        hours = draw(st.one_of(st.none(), st.integers(0, 4)))
        found.append(
            row(
                number,
                cluster=cluster,
                text=draw(st.integers(0, 5)),
                hours=hours,
                length=draw(st.integers(1, 3)),
            )
        )
    return found


SPLIT_KEYS = {number: f"kabar:{number}" for number in range(1, 41)}


def components(rows: list[dict[str, Any]]) -> list[set[int]]:
    """What clusters and equal texts hold together, found in the plainest way."""
    parts: list[set[int]] = [{one["article_id"]} for one in rows]
    bonds: defaultdict[Any, set[int]] = defaultdict(set)
    for one in rows:
        bonds["text", one["digest"]].add(one["article_id"])
        if one["cluster_id"] is not None:
            bonds["cluster", one["cluster_id"]].add(one["article_id"])
    for bond in bonds.values():
        touched = [part for part in parts if part & bond]
        parts = [part for part in parts if not part & bond] + [set().union(*touched)]
    return parts


def units(rows: list[dict[str, Any]], dedup: str) -> list[set[int]]:
    """Of which one stays."""
    if dedup == "cluster":
        return components(rows)
    by_text: defaultdict[Any, set[int]] = defaultdict(set)
    for one in rows:
        by_text[one["digest"] if dedup == "exact" else one["article_id"]].add(one["article_id"])
    return list(by_text.values())


@given(survivors(), st.sampled_from(["cluster", "exact", "none"]))
def test_one_document_stands_for_each_unit_and_nothing_is_lost(
    rows: list[dict[str, Any]], dedup: Any
) -> None:
    sets = DuplicateSets(lambda: rows, dedup=dedup, split_keys=SPLIT_KEYS)
    left_out = set(sets.representatives)
    ids = {one["id"]: one["article_id"] for one in rows}
    for unit in units(rows, dedup):
        (representative,) = unit - left_out
        for number in unit - {representative}:
            assert ids[sets.representatives[number][1]] == representative


@given(survivors(), st.sampled_from(["cluster", "exact"]))
def test_the_one_that_came_first_stands_for_the_others(
    rows: list[dict[str, Any]], dedup: Any
) -> None:
    sets = DuplicateSets(lambda: rows, dedup=dedup, split_keys=SPLIT_KEYS)
    by_number = {one["article_id"]: one for one in rows}
    for unit in units(rows, dedup):
        (representative,) = unit - set(sets.representatives)
        dated = [
            by_number[number]["published_at"]
            for number in unit
            if by_number[number]["published_at"]
        ]
        if dated:
            assert by_number[representative]["published_at"] == min(dated)
        else:
            assert by_number[representative]["length"] == max(
                by_number[number]["length"] for number in unit
            )


@given(survivors())
def test_duplicates_have_the_text_of_the_one_that_stands_for_them_or_another(
    rows: list[dict[str, Any]],
) -> None:
    sets = DuplicateSets(lambda: rows, dedup="cluster", split_keys=SPLIT_KEYS)
    digests = {one["id"]: one["digest"] for one in rows}
    for one in rows:
        if one["article_id"] in sets.representatives:
            reason, other = sets.representatives[one["article_id"]]
            assert reason == ("exact_duplicate" if digests[other] == one["digest"] else "duplicate")


@given(survivors(), st.sampled_from(["cluster", "exact", "none"]))
def test_what_belongs_together_has_one_anchor_and_one_day_whatever_is_left_out(
    rows: list[dict[str, Any]], dedup: Any
) -> None:
    sets = DuplicateSets(lambda: rows, dedup=dedup, split_keys=SPLIT_KEYS)
    by_number = {one["article_id"]: one for one in rows}
    found = {number: sets.set_of(one) for number, one in by_number.items()}
    parts = components(rows)
    for part in parts:
        assert len({found[number] for number in part}) == 1
        days = {
            by_number[number]["published_at"][:10]
            for number in part
            if by_number[number]["published_at"]
        }
        assert {found[number].day for number in part} == {min(days, default=None)}
    assert len({next(iter(found[number] for number in part)).split_key for part in parts}) == len(
        parts
    )


@given(
    survivors(), st.sampled_from(["cluster", "exact", "none"]), st.randoms(use_true_random=False)
)
def test_the_order_of_reading_changes_nothing(
    rows: list[dict[str, Any]], dedup: Any, random: Any
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = (
        DuplicateSets(lambda given=given: given, dedup=dedup, split_keys=SPLIT_KEYS)
        for given in (rows, shuffled)
    )
    assert one.representatives == other.representatives
    assert [one.set_of(each) for each in rows] == [other.set_of(each) for each in rows]


@given(survivors())
def test_the_anchor_is_the_least_number_of_all_so_that_growth_does_not_move_it(
    rows: list[dict[str, Any]],
) -> None:
    sets = DuplicateSets(lambda: rows, dedup="cluster", split_keys=SPLIT_KEYS)
    by_number = {one["article_id"]: one for one in rows}
    for part in components(rows):
        least = min(part | {by_number[number]["cluster_id"] or number for number in part})
        assert {sets.set_of(by_number[number]).split_key for number in part} == {f"kabar:{least}"}


@pytest.mark.parametrize("dedup", ["cluster", "exact", "none"])
def test_a_chain_of_equal_texts_and_clusters_is_one_group(dedup: Any) -> None:
    rows = [
        row(1, cluster=1, text=1),
        row(2, cluster=1, text=2),
        row(3, cluster=None, text=2),
        row(4, cluster=4, text=2),
        row(5, cluster=4, text=3),
        row(6, cluster=None, text=4),
    ]
    sets = DuplicateSets(lambda: rows, dedup=dedup, split_keys={1: "kabar:1", 4: "kabar:4"})
    assert [sets.set_of(one).split_key for one in rows] == ["kabar:1"] * 5 + ["kabar:6"]
    assert len(rows) - len(sets.representatives) == {"cluster": 2, "exact": 4, "none": 6}[dedup]


def test_the_columns_that_decide_are_kept_by_the_first_stage() -> None:
    assert set(COLUMNS) <= set(KEPT.names)
