"""Paragraphs that a site repeats: counted exactly among the exported stories, reported from the
bounds on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datatrove.data import Document

from archive import Archive
from archive.corpus import selection
from archive.corpus.filters.repeated import MOST, ParagraphDigests, RepeatedParagraphs, paragraphs
from archive.corpus.filters.thresholds.loading import load_thresholds
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
    assert told_of == [
        {"site": "kabar", "text": OFFER, "documents": 7, "share": 1.0, "removed": False}
    ]
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


def test_a_line_counts_that_stands_once_in_each_shard(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "SHARD", 2)
    with Archive(path) as archive:
        for number in range(14):
            (offered if number % 2 and number > 2 else kept)(archive, number)
    assert [count for _, _, count, _ in found(path)] == [6]


PARAGRAPHS = load_thresholds().paragraphs


def repeated(tmp_path: Path, rows: list[dict[str, str]], **fields: Any) -> RepeatedParagraphs:
    """The repeated paragraphs of such documents, all counted."""
    documents = [
        Document(text=row["text"], id=str(number), metadata=row) for number, row in enumerate(rows)
    ]
    table = PARAGRAPHS.model_copy(update=fields)
    list(ParagraphDigests(tmp_path, table.min_length).run(documents))
    found = RepeatedParagraphs(tmp_path, table)
    for row in rows:
        found.count(row)
    return found


def rows(
    lines: list[str], headlines: list[str], *, prose: str = "{} " * 60
) -> list[dict[str, str]]:
    """A document for each headline, with all the lines after prose of its own."""
    return [
        {
            "site": "kabar",
            "headline": headline,
            "text": "\n\n".join((prose.format(*[f"kata{number}"] * 60), *lines)),
        }
        for number, headline in enumerate(headlines)
    ]


WIDGET = "Saksikan video pilihan di bawah ini, ya."
UNRELATED = (
    "Jembatan Lambur dibuka|Harga cabai turun tajam|Tim voli putri juara|Hujan lebat landa Sendang"
    "|Perpustakaan keliling tiba".split("|")
)
SERIES = [f"Prakiraan cuaca {place} hari ini" for place in "Lambur Sendang Randu Karang".split()]
REFRAIN = "BMKG mengimbau warga membawa payung bila bepergian."


def test_a_line_of_five_unrelated_stories_is_taken_out_and_listed(tmp_path: Path) -> None:
    documents = rows([WIDGET], UNRELATED)
    found = repeated(tmp_path, documents)
    assert [found.cleaned("kabar", row["text"]) for row in documents] == [
        row["text"].removesuffix(f"\n\n{WIDGET}") for row in documents
    ]
    assert (found.documents, found.removed) == (5, 5)
    assert [(one.text, one.removed) for one in found.most({"kabar": 500})] == [(WIDGET, True)]


def test_two_widgets_on_every_page_do_not_protect_each_other(tmp_path: Path) -> None:
    more = "Gabung ke kanal kami untuk kabar tercepat."
    documents = rows([WIDGET, more], UNRELATED)
    found = repeated(tmp_path, documents)
    assert all(one.removed for one in found.most({"kabar": 5}))
    assert found.cleaned("kabar", f"Kabar {'lain ' * 40}\n\n{more}\n\n{WIDGET}").endswith("lain ")


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param(rows([WIDGET], UNRELATED[:4]), id="four stories"),
        pytest.param(rows([REFRAIN], SERIES * 3), id="a series"),
        pytest.param(rows([f"{WIDGET} " * 8], UNRELATED), id="a long background"),
        pytest.param(rows([WIDGET, REFRAIN], UNRELATED, prose="{}"), id="templates"),
    ],
)
def test_other_repeated_lines_stay(tmp_path: Path, documents: list[dict[str, str]]) -> None:
    found = repeated(tmp_path, documents)
    assert all(found.cleaned("kabar", row["text"]) == row["text"] for row in documents)
    assert not any(one.removed for one in found.most({"kabar": len(documents)}))


def test_another_site_keeps_the_line(tmp_path: Path) -> None:
    found = repeated(tmp_path, rows([WIDGET], UNRELATED))
    text = f"{'Kabar lain. ' * 20}\n\n{WIDGET}"
    assert found.cleaned("desa", text) == text


def test_switched_off_nothing_is_taken_out(tmp_path: Path) -> None:
    documents = rows([WIDGET], UNRELATED)
    found = repeated(tmp_path, documents, remove_from=0)
    assert found.cleaned("kabar", documents[0]["text"]) == documents[0]["text"]
    assert [one.documents for one in found.most({"kabar": 5})] == [5]


def test_a_corpus_is_without_the_line_and_its_words_are_counted_without_it(path: Path) -> None:
    with Archive(path) as archive:
        for number, headline in enumerate(UNRELATED):
            kept(archive, number, body=f"{told(number)}\n\n{WIDGET}", headline=headline)
    summary = built(path, path.with_name("out"), overwrite=True, filters="news")
    table = pq.read_table(path.with_name("out") / "data").to_pylist()
    assert {row["text"] for row in table} == {told(number) for number in range(5)}
    assert {row["word_count"] for row in table} == {len(told(n).split()) for n in range(5)}
    assert summary.cleaned == (5, 5)
    assert "5 paragraphs from 5 documents" in path.with_name("out").joinpath("README.md").read_text(
        "utf-8"
    )


def test_the_most_frequent_ones_come_first_and_no_more_than_fit(tmp_path: Path) -> None:
    lines = [f"Baris ajakan nomor {number:03} untuk pembaca setia." for number in range(MOST + 5)]
    documents = [
        {"site": "kabar", "headline": "", "text": "\n\n".join(lines[:upto])}
        for upto in range(len(lines), 0, -1)
    ]
    found = repeated(tmp_path, documents, min_documents=2, min_share=0, remove_from=0)
    most = found.most({"kabar": len(lines)})
    assert [one.text for one in most] == lines[:MOST]
    assert [one.documents for one in most][:2] == [len(lines), len(lines) - 1]


def test_paragraphs_are_parted_by_blank_lines() -> None:
    assert paragraphs("Satu dua tiga.\n\nSatu  dua tiga.\nEmpat.\n\n\n\nLima", 5) == {
        "Satu dua tiga.",
        "Satu dua tiga. Empat.",
    }
