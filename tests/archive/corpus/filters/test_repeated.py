"""Paragraphs that a site repeats: counted exactly among the exported stories, reported from the
bounds on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive import Archive
from archive.corpus import selection
from archive.corpus.filters.repeated import MOST, RepeatedCounts, paragraphs
from tests.archive.corpus.newsroom import OFFER, built, gone, kept, opt_out, told


def offered(
    archive: Archive, number: int, site: str = "kabar", *, line: str = OFFER, **fields: Any
) -> None:
    kept(archive, number, site, body=f"{told(number)}\n\n{line}", **fields)


def found(path: Path, **fields: Any) -> list[tuple[str, str, int, float]]:
    summary = built(path, path.with_name("out"), overwrite=True, **fields)
    return [(one.site, one.text, one.documents, one.share) for one in summary.repeated]


def test_a_line_that_the_rules_missed_is_reported_with_exact_counts(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(12):
            (offered if number < 7 else kept)(archive, number)
    assert found(path) == [("kabar", OFFER, 7, 7 / 12)]


def test_card_and_manifest_tell_it(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(7):
            offered(archive, number)
    found(path)
    told_of = json.loads(path.with_name("out").joinpath("manifest.json").read_text("utf-8"))[
        "repeated_paragraphs"
    ]
    assert told_of == [{"site": "kabar", "text": OFFER, "documents": 7, "share": 1.0}]
    assert "Ikuti saluran pesan" in path.with_name("out").joinpath("README.md").read_text("utf-8")


def test_stories_that_are_not_exported_do_not_count(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(9):
            offered(archive, number)
        opt_out(archive, 0)
        gone(archive, 1)
        offered(archive, 2, "warta")
    assert [count for _, _, count, _ in found(path)] == [7]


def test_what_syndicated_copies_share_is_no_candidate(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(3):
            for site in ("kabar", "berita", "warta"):
                for copy in range(3):
                    kept(archive, 10 * number + copy, site, body=told(number))
    assert found(path) == []


def test_a_story_that_repeats_its_own_line_counts_once(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(4):
            kept(archive, number, body=f"{OFFER}\n\n{told(number)}\n\n{OFFER}\n\n{OFFER}")
    assert found(path) == []


def test_a_line_of_another_site_counts_for_itself(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(10):
            offered(archive, number, "kabar" if number < 6 else "berita")
    assert [(site, count) for site, _, count, _ in found(path)] == [("kabar", 6)]


def test_quotes_and_spaces_make_no_difference(path: Path) -> None:
    with Archive(path) as archive:
        for number in range(6):
            offered(
                archive,
                number,
                line="Baca “kabar desa” –  setiap pagi di sini."
                if number % 2
                else 'Baca "kabar desa" - setiap pagi di sini.',
            )
    assert [(text, count) for _, text, count, _ in found(path)] == [
        ('Baca "kabar desa" - setiap pagi di sini.', 6)
    ]


@pytest.mark.parametrize(
    ("documents", "total", "reported"), [(5, 5, True), (4, 5, False), (5, 10, True), (5, 11, False)]
)
def test_bounds_belong_to_what_is_reported(
    path: Path, tmp_path: Path, documents: int, total: int, reported: bool
) -> None:
    filters = tmp_path / "half.toml"
    filters.write_text('extends = "none"\n[paragraphs]\nmin_documents = 5\nmin_share = 0.5\n')
    with Archive(path) as archive:
        for number in range(total):
            (offered if number < documents else kept)(archive, number)
    assert bool(found(path, filters=filters)) is reported


@pytest.mark.parametrize(("length", "reported"), [(len(OFFER), True), (len(OFFER) + 1, False)])
def test_short_lines_do_not_count(path: Path, tmp_path: Path, length: int, reported: bool) -> None:
    filters = tmp_path / "long.toml"
    filters.write_text(f'extends = "none"\n[paragraphs]\nmin_length = {length}\n')
    with Archive(path) as archive:
        for number in range(6):
            offered(archive, number)
    assert bool(found(path, filters=filters)) is reported


def test_switched_off_nothing_is_reported(path: Path, tmp_path: Path) -> None:
    filters = tmp_path / "off.toml"
    filters.write_text('extends = "none"\nparagraphs.enabled = false\n')
    with Archive(path) as archive:
        for number in range(6):
            offered(archive, number)
    assert found(path, filters=filters) == []


def test_counts_go_beyond_the_shards_in_which_a_line_was_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two stories of one shard make a candidate; then all stories that hold it count, also one that
    is alone in its shard.
    """
    monkeypatch.setattr(selection, "SHARD", 4)
    with Archive(path) as archive:
        for number in range(13):
            (offered if number in (0, 1, 4, 8, 9, 12) else kept)(archive, number)
    assert [count for _, _, count, _ in found(path)] == [6]


def test_the_most_frequent_ones_come_first_and_no_more_than_fit(tmp_path: Path) -> None:
    lines = [f"Baris ajakan nomor {number:03} untuk pembaca setia." for number in range(MOST + 5)]
    (tmp_path / "00000.json").write_text(json.dumps({"kabar": lines}))
    repeated = RepeatedCounts(tmp_path, 20)
    for upto in range(len(lines), 0, -1):
        repeated.count("kabar", "\n\n".join(lines[:upto]))
    most = repeated.most({"kabar": len(lines)}, min_documents=2, min_share=0)
    assert [one.text for one in most] == lines[:MOST]
    assert [one.documents for one in most][:2] == [len(lines), len(lines) - 1]


def test_paragraphs_are_parted_by_blank_lines() -> None:
    assert paragraphs("Satu dua tiga.\n\nSatu  dua tiga.\nEmpat.\n\n\n\nLima", 5) == {
        "Satu dua tiga.",
        "Satu dua tiga. Empat.",
    }
