"""Splits: shares, names, and that no story ever changes sides."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.corpus.splits import DEFAULT, Splitter, parse_splits
from archive.errors import CorpusError
from tests.archive.corpus.newsroom import SPLITS, built, documents, kept, taken_down, told
from tests.archive.invented import DAY, NOW

ANCHORS = [f"kabar:kabar-{number}" for number in range(20_000)]
SIDES = ("before", "after")
NEVER_ANEW = [37, 114, 138]


@st.composite
def shares(draw: st.DrawFn) -> tuple[tuple[str, Decimal], ...]:
    """One to five splits whose shares add up."""
    cuts = sorted(draw(st.lists(st.integers(0, 1000), max_size=4)))
    edges = [0, *cuts, 1000]
    return tuple(
        (f"split_{number}", Decimal(high - low) / 1000)
        for number, (low, high) in enumerate(pairwise(edges))
    )


@given(shares())
def test_shares_are_near_those_that_were_requested(splits: tuple[tuple[str, Decimal], ...]) -> None:
    splitter = Splitter(splits)
    found = Counter(splitter.split(anchor, "2026-11-20") for anchor in ANCHORS[:4000])
    for name, share in splits:
        assert abs(found[name] / 4000 - float(share)) < 0.04
    assert all(found[name] == 0 for name, share in splits if not share)


def test_shares_of_a_hundredth_are_met_among_many() -> None:
    splitter = Splitter(parse_splits(DEFAULT))
    found = Counter(splitter.split(anchor, "2026-11-20") for anchor in ANCHORS)
    assert (
        19_500 < found["train"] < 19_700,
        150 < found["validation"] < 250,
        150 < found["test"] < 250,
    ) == (True, True, True)


@given(st.text(), st.dates())
def test_a_split_depends_on_nothing_but_the_story(anchor: str, day: date) -> None:
    anchor = anchor.encode("utf-8", "replace").decode()
    assert Splitter(SPLITS).split(anchor, day.isoformat()) == Splitter(SPLITS).split(
        anchor, "2000-01-01"
    )


def test_these_splits_are_never_dealt_anew() -> None:
    """A new version of warta may not move stories from train to test."""
    splitter = Splitter(parse_splits(DEFAULT))
    assert [
        number for number in range(300) if splitter.split(ANCHORS[number], "") == "test"
    ] == NEVER_ANEW


@given(st.dates(), st.dates())
def test_by_time_all_from_that_day_on_is_test_and_nothing_else(after: date, day: date) -> None:
    splitter = Splitter(parse_splits(DEFAULT), after)
    for anchor in ANCHORS[:40]:
        assert (splitter.split(anchor, day.isoformat()) == "test") == (day >= after)


def test_by_time_the_other_splits_share_what_came_before() -> None:
    splitter = Splitter(parse_splits("train=0.5,validation=0.25,test=0.25"), date(2026, 11, 20))
    found = Counter(splitter.split(anchor, "2026-11-19") for anchor in ANCHORS)
    assert abs(found["train"] / len(ANCHORS) - 2 / 3) < 0.02
    assert found["test"] == 0


@pytest.mark.parametrize("splits", ["train=0.9,validation=0.1", "test=1"])
def test_by_time_needs_a_test_split_and_another_one(splits: str) -> None:
    with pytest.raises(CorpusError, match="--test-after"):
        Splitter(parse_splits(splits), date(2026, 11, 20))


@given(shares())
def test_splits_are_read_as_they_are_written(splits: tuple[tuple[str, Decimal], ...]) -> None:
    assert parse_splits(" , ".join(f"{name} = {share}" for name, share in splits)) == splits


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train=0.5,test=0.4", "add up to 0.9, not to 1"),
        ("train=0.9,test=0.1,train=0", "named twice"),
        ("", "expected NAME=SHARE"),
        ("train", "expected NAME=SHARE"),
        ("train=", "expected a share"),
        ("=1", "expected NAME=SHARE"),
        ("Train=1", "in lower case"),
        ("train=1,", "expected NAME=SHARE"),
        ("../x=1", "expected NAME=SHARE"),
        ("1a=1", "expected NAME=SHARE"),
        ("train=1=1", "expected a share"),
        ("train=-1,test=2", "expected a share"),
        ("train=nan", "expected a share"),
        ("train=inf", "expected a share"),
        ("train=sNaN", "expected a share"),
        ("train=1.5", "expected a share"),
        ("train=98%", "expected a share"),
        ("train=1e0", "expected a share"),
        ("train=1,test=1e-999999999", "expected a share"),
        ("train=0_1", "expected a share"),
        ("train=१", "expected a share"),
        ("latih=1,ujî=0", "expected NAME=SHARE"),
        ("all=1", "all splits together"),
        ("train=0." + "9" * 5000, "expected a share"),
        ("train=0.9999999999999999999999,test=0.0000000000000000000002", "expected a share"),
        ("train=0.99999999999999999999,test=0.00000000000000000002", "add up to"),
    ],
)
def test_wrong_splits_are_reported_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        parse_splits(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        splits = parse_splits(text)
    except CorpusError:
        return
    Splitter(splits)


@pytest.mark.parametrize("after", [None, date(2026, 11, 21)])
def test_a_story_keeps_its_split_when_the_corpus_grows(path: Path, after: date | None) -> None:
    placed = []
    for round_ in range(2):
        with Archive(path) as archive:
            for number in range(25 * round_, 25 * round_ + 25):
                kept(archive, number, day=number % 3)
            kept(archive, 3, "warta", body=told(3), day=5) if round_ else None
            kept(archive, 4, body="Ralat: " + told(4), day=6) if round_ else None
        out = path.with_name(f"out{round_}")
        built(path, out, dedup="none", test_after=after)
        placed.append(
            {row["id"]: split for split in ("train", "test") for row in documents(out, split)}
        )
    assert placed[0].items() <= placed[1].items()
    assert placed[1]["warta:warta-3"] == placed[1]["kabar:kabar-3"]
    assert len(placed[1]) == 51


def test_neither_a_cluster_nor_an_equal_text_is_divided(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(12):
            for site in ("kabar", "berita", "warta"):
                kept(archive, number, site, body=told(number))
        for number in range(100, 112):
            for site in ("warta", "berita", "kabar"):
                kept(archive, number, site, body=f"Foto bersama nomor {number}, istimewa.")
    built(
        path,
        path.with_name("out"),
        dedup="none",
        splits=(("train", Decimal("0.5")), ("test", Decimal("0.5"))),
    )
    sides = {row["id"].split("-")[1]: set() for row in documents(path.with_name("out"))}
    for split in ("train", "test"):
        for row in documents(path.with_name("out"), split):
            sides[row["id"].split("-")[1]].add(split)
    assert all(len(found) == 1 for found in sides.values())
    assert set().union(*sides.values()) == {"train", "test"}


def test_a_cluster_is_of_the_day_of_its_first_story(path: Path) -> None:
    """What was copied later is no news to a model that has read the first one."""
    with Archive(path) as archive:
        kept(archive, 1, published=NOW)
        kept(archive, 1, "warta", body=told(1), published=NOW + 5 * DAY)
        kept(archive, 2, published=NOW + 5 * DAY)
    built(path, path.with_name("out"), dedup="none", test_after=date(2026, 11, 23))
    assert [row["id"] for row in documents(path.with_name("out"), "test")] == ["kabar:kabar-2"]


def test_a_story_without_a_time_is_never_test_by_time(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1, published=None)
        kept(archive, 2, published=None, day=3)
    built(path, path.with_name("out"), test_after=date(2026, 11, 22))
    assert [row["id"] for row in documents(path.with_name("out"), "train")] == [
        "kabar:kabar-1",
        "kabar:kabar-2",
    ]


def test_later_copies_outside_test_are_counted(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1, published=NOW)
        kept(archive, 1, "warta", body=told(1), published=NOW + 5 * DAY)
    assert built(path, path.with_name("out"), dedup="none", test_after=date(2026, 11, 23)).late == 1


def test_a_take_down_moves_no_other_story_to_another_split(path: Path) -> None:
    shares = {"splits": (("train", Decimal("0.5")), ("test", Decimal("0.5"))), "dedup": "none"}
    with Archive(path) as archive:
        for number in range(12):
            kept(archive, number)
            kept(archive, number, "berita", body=told(number), day=1)
            kept(archive, number, "warta", body=told(number), day=1) if number % 2 else None
    built(path, path.with_name("before"), **shares)
    with Archive(path) as archive:
        for number in range(0, 12, 2):
            taken_down(archive, number, day=2)
        for number in range(1, 12, 2):
            kept(archive, number, body="Sama sekali lain. " + told(number + 500), day=2)
    built(path, path.with_name("after"), **shares)
    split_of = {
        name: {
            row["id"]: split
            for split in ("train", "test")
            for row in documents(path.with_name(name), split)
        }
        for name in SIDES
    }
    stayed = split_of["after"].keys() & split_of["before"].keys()
    assert len(stayed) == 24
    assert {id_: split_of["after"][id_] for id_ in stayed} == {
        id_: split_of["before"][id_] for id_ in stayed
    }
