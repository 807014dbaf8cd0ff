"""The newsroom's own notes of corrections: which lines are one, which only look so, and where they
are named.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.revisions.changes import correction_note
from tests.archive.invented import BODY, DAY, HOUR, NOW, keep, rows, story, take_down

BEFORE = {"headline": "Jembatan Lambur Dibuka", "kicker": None, "deck": None, "body": BODY}


def note_of(line: str, *, field: str = "body") -> str | None:
    """The note that is found when this line joins a story."""
    return correction_note(
        BEFORE, BEFORE | {field: f"{BODY}\n\n{line}" if field == "body" else line}
    )


@pytest.mark.parametrize(
    "line",
    [
        "Ralat: jembatan dibuka Senin, bukan Minggu.",
        "RALAT: jembatan dibuka Senin.",
        "Ralat – nama pedagang itu Ratna.",
        "KOREKSI: dibuka Senin, bukan Minggu.",
        "Koreksi - harga beras turun dua ratus rupiah.",
        "Koreksi judul: Pasar Tanjung, bukan Pasar Tanjong.",
        "(Koreksi) Jembatan Lambur Dibuka Senin",
        "*) Koreksi: angka pada paragraf kedua.",
        "[UPDATE] Jembatan Lambur Dibuka Senin",
        "[Update] Jembatan Lambur Dibuka Senin",
        "UPDATE 10.30 WIB: warga sudah boleh menyeberang.",
        "Catatan redaksi: naskah ini memuat keterangan tambahan dari warga.",
        "Klarifikasi: kepala desa tidak hadir.",
        "Hak Jawab: keterangan dari pengelola pasar.",
        "Berita ini telah dikoreksi pada bagian harga.",
        "Artikel ini sudah diperbarui dengan keterangan warga.",
        "Judul ini telah diubah.",
        "Jembatan Lambur Dibuka Senin [Koreksi]",
    ],
)
@pytest.mark.parametrize("field", ["body", "headline", "deck", "kicker"])
def test_a_line_that_says_that_it_corrects_is_a_note(line: str, field: str) -> None:
    assert note_of(line, field=field) == line


@pytest.mark.parametrize(
    "line",
    [
        "Koreksi IHSG berlanjut hingga penutupan.",
        "Koreksi-koreksi di bursa berlanjut hingga penutupan.",
        "Klarifikasi-klarifikasi itu disampaikan di balai desa.",
        "Update harga emas hari ini.",
        "Warga meminta ralat: tidak ada yang datang.",
        "Ralat itu disampaikan kepala desa kemarin.",
        "Redaksi desa: lima orang.",
        "Berita ini menyebar ke seluruh desa.",
        "Catatan redaksi tidak ditemukan.",
        "Jembatan diperbarui tahun lalu.",
        "Updated menu for the market.",
        "",
    ],
)
@pytest.mark.parametrize("field", ["body", "headline"])
def test_a_line_that_only_looks_like_a_note_is_none(line: str, field: str) -> None:
    assert note_of(line, field=field) is None


def test_a_note_that_stood_there_before_is_not_new() -> None:
    noted = BEFORE | {"body": f"{BODY}\n\nRalat: dibuka Senin."}
    assert correction_note(noted, noted | {"headline": "Judul Lain"}) is None
    assert correction_note(noted, noted | {"body": f"Ralat:  dibuka Senin.\n\n{BODY}"}) is None


def test_of_two_notes_the_new_one_is_named() -> None:
    noted = BEFORE | {"body": f"{BODY}\n\nRalat: dibuka Senin."}
    assert (
        correction_note(noted, noted | {"body": noted["body"] + "\n\nRalat: dibuka Selasa."})
        == "Ralat: dibuka Selasa."
    )


@pytest.mark.parametrize(
    ("line", "note"),
    [("UPDATE harga emas", None), ("Ralat: dibuka Senin.", "Ralat: dibuka Senin.")],
)
def test_a_first_version_may_correct_an_earlier_story_but_updates_none(
    line: str, note: str | None
) -> None:
    assert correction_note(None, BEFORE | {"headline": line}) == note


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_note_is_always_a_line_of_the_story(before: str, after: str) -> None:
    note = correction_note({"body": before}, {"body": f"{after}\n\nRALAT: {before}"})
    assert note is None or note in f"{after}\n\nRALAT: {before}".split("\n\n")
    assert correction_note({"body": after}, {"body": after}) is None


# Where it is named


def noted(archive: Archive) -> list[tuple[int, str, str | None]]:
    return rows(archive, "SELECT number, kind, correction FROM revisions ORDER BY number")


NOTE = "KOREKSI: dibuka Senin, bukan Minggu."
CORRECTED = f"{BODY}\n\n{NOTE}"


def test_the_revision_that_brought_the_note_names_it_and_no_other(archive: Archive) -> None:
    keep(archive, story())
    keep(archive, story(body=CORRECTED), at=NOW + HOUR)
    keep(archive, story(body=CORRECTED, headline="Judul Lain"), at=NOW + 2 * HOUR)
    assert noted(archive) == [(1, "first", None), (2, "publisher", NOTE), (3, "publisher", None)]
    assert [made.correction for made in archive.revisions(1)] == [None, NOTE, None]


def test_a_story_that_comes_back_corrected_says_so(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + HOUR)
    keep(archive, story(body=CORRECTED), at=NOW + DAY)
    assert noted(archive)[1:] == [(2, "removed", None), (3, "restored", NOTE)]


def test_what_our_extractor_reads_newly_is_no_correction_of_the_publisher(archive: Archive) -> None:
    keep(archive, story())
    keep(archive, story(body=CORRECTED), at=NOW + HOUR, technical=True)
    assert noted(archive) == [(1, "first", None), (2, "technical", None)]


def test_log_names_the_note(path: Path, warta: Callable[..., Result]) -> None:
    with Archive(path) as archive:
        keep(archive, story())
        keep(archive, story(body=CORRECTED), at=NOW + HOUR)
    assert NOTE in warta("log", "1").stdout
    assert [
        json.loads(line)["correction"]
        for line in warta("log", "1", options=("--json",)).stdout.splitlines()
    ] == [None, NOTE]


def test_the_spaces_and_quotes_of_a_note_make_no_revision(archive: Archive) -> None:
    keep(archive, story(body=f'{BODY}\n\nRalat: "dibuka" Senin - bukan Minggu.'))
    assert (
        keep(
            archive,
            story(body=f"{BODY}\n\nRalat:  “dibuka”\u00a0Senin – bukan Minggu."),
            at=NOW + HOUR,
        )
        is None
    )
