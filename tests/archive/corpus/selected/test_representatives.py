"""Who stands for a cluster, and whose stories are never exported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from archive import Archive
from archive.corpus.output.summary import Summary
from tests.archive.corpus.newsroom import (
    DOUBTED,
    all_fates,
    built,
    by_id,
    documents,
    dropped,
    gone,
    kept,
    opt_out,
    reasons,
    taken_down,
    told,
)
from tests.archive.invented import DAY, HOUR, NOW

Made = tuple[Path, Summary]
SITES = ("kabar", "berita", "warta")


def syndicated(path: Path, number: int = 40, **first: Any) -> None:
    """kabar runs a story first, berita an hour later, warta after two."""
    with Archive(path) as archive:
        for step, site in enumerate(SITES):
            kept(
                archive,
                number,
                site,
                body=told(number),
                published=NOW + step * HOUR,
                **(first if step == 0 else {}),
            )
        kept(archive, 1)


def test_the_first_one_of_a_cluster_stands_for_it(path: Path) -> None:
    syndicated(path)
    out = path.with_name("out")
    summary = built(path, out)
    assert set(by_id(out)) == {"kabar:kabar-40", "kabar:kabar-1"}
    assert by_id(out)["kabar:kabar-40"]["cluster_size"] == 3
    assert (
        by_id(out)["kabar:kabar-1"] | {"cluster_id": None, "cluster_size": 1}
        == by_id(out)["kabar:kabar-1"]
    )
    assert {row["stands_for_it"] for row in dropped(out)} == {"kabar:kabar-40"}
    assert summary.clusters == 1


@pytest.mark.parametrize(
    ("fate", "fields", "why"),
    [
        ("opted out", {}, "opted_out"),
        ("removed", {}, "removed"),
        ("doubted", {}, "fallback_extraction"),
        ("outside the days", {"since": date(2026, 11, 20)}, None),
        ("of another site", {"sites": ("berita", "warta")}, None),
    ],
)
def test_where_the_first_one_is_left_out_the_next_one_stands_for_the_cluster(
    path: Path, tmp_path: Path, fate: str, fields: dict[str, Any], why: str | None
) -> None:
    filters = tmp_path / "mild.toml"
    filters.write_text('extends = "none"\n[fallback]\nenabled = true\n')
    first = {"doubted": DOUBTED, "outside the days": {"published": NOW - DAY}}.get(fate, {})
    with Archive(path) as archive:
        for step, site in enumerate(SITES):
            kept(
                archive,
                40,
                site,
                body=told(40),
                **({"published": NOW + step * HOUR} | (first if step == 0 else {})),
            )
        if fate == "opted out":
            opt_out(archive, 40)
        if fate == "removed":
            gone(archive, 40)
    out = tmp_path / "out"
    built(path, out, filters=filters, **fields)
    ((id_, row),) = by_id(out).items()
    assert (id_, row["cluster_size"]) == ("berita:berita-40", 3)
    expected = {"warta:warta-40": "exact_duplicate"} | ({"kabar:kabar-40": why} if why else {})
    assert reasons(out) == expected


def test_a_copy_with_another_text_is_a_duplicate(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 40)
        kept(
            archive,
            40,
            "warta",
            body="\n\n".join([*told(40).split("\n\n"), "Laporan ini disusun oleh redaksi Warta."]),
            day=1,
        )
    built(path, path.with_name("out"))
    assert reasons(path.with_name("out")) == {"warta:warta-40": "duplicate"}


def test_equal_texts_that_are_in_no_cluster_are_duplicates_as_well(
    judged: Made, all_of_it: Made
) -> None:
    assert reasons(all_of_it[0])["kabar:kabar-60"] == "exact_duplicate"
    assert by_id(all_of_it[0])["berita:berita-60"]["cluster_id"] is None


def test_the_order_of_arrival_does_not_choose_the_representative(path: Path) -> None:
    with Archive(path) as archive:
        for step, site in ((2, "warta"), (1, "berita"), (0, "kabar")):
            kept(archive, 40, site, body=told(40), published=NOW + step * HOUR)
    built(path, path.with_name("out"))
    assert list(by_id(path.with_name("out"))) == ["kabar:kabar-40"]


def test_with_dedup_none_all_are_kept_with_their_cluster(path: Path) -> None:
    syndicated(path)
    out = path.with_name("out")
    built(path, out, dedup="none")
    rows = by_id(out)
    assert len(rows) == 4
    assert len({rows[f"{site}:{site}-40"]["cluster_id"] for site in SITES}) == 1
    assert dropped(out) == []


def test_with_dedup_exact_only_equal_texts_are_left_out(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 40)
        kept(archive, 40, "berita", body=told(40).replace(" ", "  "), day=1)
        kept(
            archive,
            40,
            "warta",
            body="\n\n".join([*told(40).split("\n\n"), "Laporan ini disusun oleh redaksi Warta."]),
            day=2,
        )
    out = path.with_name("out")
    built(path, out, dedup="exact")
    assert set(by_id(out)) == {"kabar:kabar-40", "warta:warta-40"}
    assert reasons(out) == {"berita:berita-40": "exact_duplicate"}
    assert {row["cluster_size"] for row in documents(out)} == {3}


# Rights


def test_opted_out_stories_are_left_out_unless_they_are_requested(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        kept(archive, 2)
        opt_out(archive, 2, rule="meta: noai")
    built(path, path.with_name("drop"))
    summary = built(path, path.with_name("keep"), opted_out="keep")
    assert reasons(path.with_name("drop")) == {"kabar:kabar-2": "opted_out"}
    assert {id_: row["opted_out"] for id_, row in by_id(path.with_name("keep")).items()} == {
        "kabar:kabar-1": None,
        "kabar:kabar-2": "meta: noai",
    }
    assert summary.opted_out == {("kabar", "meta: noai"): 1}


@pytest.mark.parametrize("dedup", ["cluster", "exact", "none"])
def test_stories_that_were_taken_away_are_never_exported(path: Path, dedup: str) -> None:
    with Archive(path) as archive:
        all_fates(archive)
        kept(archive, 70, body=told(70))
        gone(archive, 70)
        kept(archive, 71, "warta", body=told(71))
        taken_down(archive, 71, "warta")
    out = path.with_name("out")
    built(path, out, dedup=dedup, opted_out="keep")
    ids = set(by_id(out))
    assert ids.isdisjoint({"kabar:kabar-42", "kabar:kabar-44", "kabar:kabar-70", "warta:warta-71"})
    assert {id_ for id_, reason in reasons(out).items() if reason == "removed"} == {
        "kabar:kabar-42",
        "kabar:kabar-70",
    }
    assert "berita:berita-44" in ids


def test_a_story_that_came_back_is_there_again(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        gone(archive, 1, day=1)
        kept(archive, 1, day=2)
        kept(archive, 2)
    built(path, path.with_name("out"))
    assert set(by_id(path.with_name("out"))) == {"kabar:kabar-1", "kabar:kabar-2"}


@pytest.mark.parametrize("dedup", ["cluster", "exact", "none"])
def test_a_cluster_outlives_the_story_that_it_is_named_after(path: Path, dedup: str) -> None:
    """As of a moment before `warta remove` the cluster still bears the number of the story that is
    no more.
    """
    syndicated(path)
    with Archive(path) as archive:
        before = archive.clock.latest()
        taken_down(archive, 40, day=1)
    out = path.with_name("out")
    built(path, out, as_of=before, dedup=dedup)
    assert set(by_id(out)) == {"berita:berita-40", "kabar:kabar-1"} | (
        {"warta:warta-40"} if dedup == "none" else set()
    )
