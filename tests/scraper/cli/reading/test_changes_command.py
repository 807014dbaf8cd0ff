"""`warta changes`: what publishers changed, as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import Result
from rich.console import Console

from archive import Archive
from archive.revisions.changes import Edit
from scraper.cli.rendering.diffs import print_edits
from tests.archive.invented import DAY, HOUR, NOW, keep, story
from tests.archive.revisions.test_change_log import fill

Warta = Callable[..., Result]


@pytest.fixture(autouse=True)
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


def test_a_line_per_change_newest_first(warta: Warta) -> None:
    done = warta("changes")
    assert (done.exit_code, done.stderr) == (0, "")
    heading, *lines = [line.split() for line in done.stdout.splitlines()]
    assert heading[:5] == ["observed", "site", "article", "rev", "changed"]
    assert [line[1:6] for line in lines] == [
        ["kabar", "1", "3", "headline,", "body"],
        ["berita", "4", "2", "body", "Ralat:"],
        ["kabar", "3", "3", "restored:", "caption"],
        ["kabar", "3", "2", "removed", "Pasar"],
        ["kabar", "1", "2", "headline,", "body"],
    ]
    assert lines[0][0] == "2026-11-22T03:04:05+00:00"


def test_json_has_each_change_with_its_fields_and_with_diff_its_edits(warta: Warta) -> None:
    options = ("--json", "--field", "headline", "--until", "2026-11-20")
    (change,) = map(json.loads, warta("changes", options=options).stdout.splitlines())
    assert change == {
        "observed_at": "2026-11-20T04:04:05+00:00",
        "site": "kabar",
        "article_id": 1,
        "number": 2,
        "url": "https://www.kabar.example/berita/1",
        "kind": "publisher",
        "changed": ["headline", "body"],
        "headline": "Pasar Sepi",
        "correction": None,
        "returns_to": None,
    }
    (change,) = map(json.loads, warta("changes", options=(*options, "--diff")).stdout.splitlines())
    assert [edit["field"] for edit in change["edits"]] == ["headline", "body"]
    assert change["edits"][0]["edits"][1:] == [
        {"kind": "removed", "text": "Tanjung Ramai Lagi (1)"},
        {"kind": "added", "text": "Sepi"},
    ]


def test_csv_has_a_header_and_a_row_per_change(warta: Warta) -> None:
    done = warta("changes", options=("--csv",))
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["article_id"], row["number"], row["kind"]) for row in rows][:2] == [
        ("1", "3", "publisher"),
        ("4", "2", "publisher"),
    ]
    assert (rows[0]["changed"], rows[0]["returns_to"]) == ('["headline", "body"]', "1")


def test_no_cell_of_csv_is_a_formula(warta: Warta, path: Path) -> None:
    formula = '=HYPERLINK("https://x.example","Klik")'
    with Archive(path) as archive:
        keep(archive, story(1, headline=formula), at=NOW + 3 * DAY)
    text = warta("changes", options=("--csv", "--limit", "1")).stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["headline"] == f"'{formula}"
    assert (
        json.loads(warta("changes", options=("--json", "--limit", "1")).stdout)["headline"]
        == formula
    )


def test_diff_shows_the_words(warta: Warta) -> None:
    done = warta("changes", options=("--diff", "--until", "2026-11-20T04:04:05+00:00"))
    assert done.stdout.splitlines()[:3] == [
        "Pasar Sepi",
        "2026-11-20T04:04:05+00:00, kabar, article 1, revision 2 (headline, body)",
        "  headline: Pasar [-Tanjung Ramai Lagi (1)-]{+Sepi+}",
    ]


def test_corrections_are_shown_with_the_publishers_note(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:  # one that a story had from its first page on
        keep(archive, story(5, body="Air naik.\n\nKoreksi: pukul 8, bukan 9."), at=NOW + 3 * DAY)
    lines = warta("changes", options=("--corrections",)).stdout.splitlines()
    assert ["first" in lines[1], " body " in lines[2], len(lines)] == [True, True, 3]
    assert "Koreksi: pukul 8, bukan 9." in lines[1]
    assert "Ralat: jembatan itu di Desa Lambur" in lines[2]
    shown = warta("changes", options=("--corrections", "--diff", "--site", "berita")).stdout
    assert shown.splitlines()[2] == "  Ralat: jembatan itu di Desa Lambur, bukan Lambir."


def test_the_extractors_changes_are_a_kind_of_their_own(warta: Warta) -> None:
    (change,) = map(
        json.loads, warta("changes", options=("--json", "--kind", "technical")).stdout.splitlines()
    )
    assert (change["article_id"], change["kind"], change["changed"]) == (2, "technical", ["body"])


def test_text_ends_at_twenty_and_says_so_where_json_and_csv_are_whole(
    warta: Warta, path: Path
) -> None:
    with Archive(path) as archive:
        for turn in range(20):
            keep(archive, story(1, body=f"Isi {turn}."), at=NOW + 3 * DAY + turn * HOUR)
    done = warta("changes")
    assert len(done.stdout.splitlines()) == 1 + 20
    assert done.stderr == "These are the newest 20; --limit shows more.\n"
    assert len(warta("changes", options=("--json",)).stdout.splitlines()) == 25
    assert len(warta("changes", options=("--csv",)).stdout.splitlines()) == 1 + 25
    assert len(warta("changes", options=("--json", "--limit", "7")).stdout.splitlines()) == 7
    done = warta("changes", options=("--limit", "25"))
    assert (len(done.stdout.splitlines()), done.stderr) == (1 + 25, "")


def test_nothing_found_is_said_on_stderr_and_is_no_error(warta: Warta) -> None:
    for options in (("--field", "deck"), ("--field", "deck", "--diff")):
        done = warta("changes", options=options)
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No change was found.\n")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--since", "2026-02-31"), "expected a time like"),
        (("--since", "2026-11-21", "--until", "2026-11-20"), "--since is later than --until"),
        (("--field", "judul"), "'judul' is not one of 'headline'"),
        (("--kind", "edited"), "'edited' is not one of 'first'"),
        (("--csv", "--diff"), "--diff has no form in CSV"),
        (("--site", "kabarnya"), "no site is called kabarnya; there are berita, islamtimes, kabar"),
        (("--limit", "0"), "x>=1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line(warta: Warta, options: tuple[str, ...], sentence: str) -> None:
    done = warta("changes", options=options)
    assert done.exit_code == 2
    assert sentence in done.stderr.splitlines()[-1]


def test_lines_after_the_first_keep_the_indent_of_an_edit() -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=30, color_system=None)
    text = "Saluran irigasi dibersihkan warga sebelum musim tanam"
    print_edits(out, [("headline", [Edit(kind="added", text=text)])], indent="  ")
    lines = out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) > 2
    assert all(line.startswith("  ") and len(line) <= 30 for line in lines)
