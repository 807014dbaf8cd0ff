"""Texts that somebody already scraped: only the story comes out, and the lines above it as its
fields.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from scraper import clean
from scraper.cli.main import main
from scraper.spiders import sites
from tests.scraper.sites.test_sites import SHARED

FIRST = (
    "Warga Kampung Damar memperbaiki saluran air sepanjang dua kilometer sejak Senin pagi, "
    "kata kepala kampung."
)
SECOND = (
    "Pekerjaan ditargetkan selesai sebelum musim tanam, dan hasilnya diperiksa bersama "
    "petugas kecamatan."
)
TITLE = "Saluran Air Kampung Damar Diperbaiki Warga"
PHOTO = "Warga mengangkat lumpur dari saluran air di Kampung Damar, Senin pagi"

RMOL = f"""Apollo Panel
{TITLE}

LAPORAN: <a href='https://rmol.id/about/ratna-1'>RATNA SARI</a>
LAPORAN: RATNA SARI
• Sabtu, 05 Juni 2021, 12:22 WIB
{TITLE}
{PHOTO}/Foto: Ist
rmol news logo {FIRST}

{SECOND} rmol news logo article

Temukan berita-berita hangat terpercaya dari Kantor Berita Politik RMOL di Google News.
ARTIKEL LAINNYA
Sawah Kering di Tiga Desa"""

REPUBLIKA = f"""Sabtu 05 Feb 2022 15:14 WIB

{TITLE}

Perbaikan dikerjakan bergiliran.

Rep: Ana Lestari/ Red: Joko S
{PHOTO}
Foto: Dok Kampung
{PHOTO}

REPUBLIKA.CO.ID, LAMBUR -- {FIRST}

Baca Juga

{SECOND}
Advertisement
Berita Lainnya"""

MEDCOM = f"""{PHOTO} (Dok. Kampung)
{PHOTO} (Dok. Kampung)

{TITLE}

Rina Wijaya • 19 September 2023 14:30
Lambur: {FIRST}
\xa0
Gotong Royong

{SECOND}
\xa0
Baca juga:  Sawah Kering di Tiga Desa
Cek Berita dan Artikel yang lain di
Google News
(WIL)

TERKAIT"""

ISLAMTIMES = f"""0
Tuesday 9 April 2024 - 23:30
Kampung Damar:
{TITLE}
Story Code : 1127790
{PHOTO}
{PHOTO}
{FIRST}

{SECOND}[IT/r]
Comment"""

SUARA = f"""Suara.com - {FIRST}
Baca Juga: Sawah Kering di Tiga Desa
{SECOND}
Tag
Terpopuler
- 5 Rekomendasi Benih Padi"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            RMOL,
            {
                "site": "rmol",
                "headline": TITLE,
                "authors": ("Ratna Sari",),
                "caption": f"{PHOTO}/Foto: Ist",
                "deck": None,
                "body": f"{FIRST}\n\n{SECOND}",
                "published": "2021-06-05T12:22:00+07:00",
            },
        ),
        (
            REPUBLIKA,
            {
                "site": "republika",
                "headline": TITLE,
                "deck": "Perbaikan dikerjakan bergiliran.",
                "authors": ("Ana Lestari",),
                "editors": ("Joko S",),
                "caption": PHOTO,
                "dateline": "LAMBUR",
                "body": f"{FIRST}\n\n{SECOND}",
                "published": "2022-02-05T15:14:00+07:00",
            },
        ),
        (
            MEDCOM,
            {
                "site": "medcom",
                "headline": TITLE,
                "authors": ("Rina Wijaya",),
                "editors": ("WIL",),
                "dateline": "Lambur",
                "caption": f"{PHOTO} (Dok. Kampung)",
                "body": f"{FIRST}\n\nGotong Royong\n\n{SECOND}",
                "published": "2023-09-19T14:30:00+07:00",
            },
        ),
        (
            ISLAMTIMES,
            {
                "site": "islamtimes",
                "headline": TITLE,
                "kicker": "Kampung Damar",
                "story_id": "1127790",
                "caption": PHOTO,
                "body": f"{FIRST}\n\n{SECOND}",
                "published": "2024-04-09T23:30:00+03:30",
            },
        ),
        (
            SUARA,
            {"site": "suara", "headline": None, "body": f"{FIRST}\n\n{SECOND}", "published": None},
        ),
        (
            f"{FIRST}\n\n{SECOND}",
            {
                "site": "unknown",
                "headline": None,
                "body": f"{FIRST}\n\n{SECOND}",
                "published": None,
            },
        ),
    ],
    ids=["rmol", "republika", "medcom", "islamtimes", "suara", "no marks"],
)
def test_a_whole_page_as_text_gives_the_story_and_its_fields(
    text: str, expected: dict[str, object]
) -> None:
    article = clean(text)
    published = expected.pop("published")
    assert (article.published_at.isoformat() if article.published_at else None) == published
    assert {name: getattr(article, name) for name in expected} == expected


def test_a_text_without_line_breaks_loses_the_furniture_in_its_middle_and_at_its_end() -> None:
    text = (
        f"REPUBLIKA.CO.ID, LAMBUR -- {FIRST} {SECOND} {FIRST} Tidak ada kode iklan yang "
        f"tersedia. Baca Juga "
        f"Sawah Kering di Tiga Desa Pasar Terapung Dibuka Kembali {SECOND} "
        "Loading... Ikuti Whatsapp Channel Republika sumber : Antara Advertisement"
    )
    article = clean(text)
    assert article.body == f"{FIRST} {SECOND} {FIRST} {SECOND}"
    assert (article.agency, article.dateline) == ("ANTARA", "LAMBUR")


def test_a_list_of_the_latest_headlines_is_no_story() -> None:
    assert (
        clean(
            "Terkini Indeks Rejogja - 02 November 2025, 12:35 Sawah Kering di Tiga Desa",
            "republika",
        ).body
        == ""
    )


def test_paragraphs_that_were_read_twice_stand_once() -> None:
    assert clean(f"{FIRST}{SECOND}\n{FIRST}\n{SECOND}{SECOND}", "republika").body.count(FIRST) == 1


def test_a_label_at_the_end_takes_none_of_the_story_above_it() -> None:
    article = clean(f"{FIRST}\n\n{SECOND}\nReporter: Budi Hartono")
    assert (article.body, article.authors) == (f"{FIRST}\n\n{SECOND}", ("Budi Hartono",))


@given(st.text(max_size=400), st.sampled_from([None, *sites()]))
def test_any_text_is_cleaned_without_an_error_and_the_same_way_twice(
    text: str, site: str | None
) -> None:
    assert clean(text, site) == clean(text, site)


def cleaned(*arguments: str) -> tuple[int, list[dict[str, object]], str]:
    done = CliRunner().invoke(main, ["clean", *arguments])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_json_lines_give_a_line_each_in_order_and_bad_ones_are_reported_with_their_number(
    tmp_path: Path,
) -> None:
    file = tmp_path / "kumpulan.jsonl"
    file.write_text(
        "\n".join(
            [json.dumps({"isi": FIRST}), "{", json.dumps({"lain": 1}), json.dumps({"isi": SECOND})]
        )
        + "\n"
    )
    code, rows, errors = cleaned("--jsonl", "--field", "isi", str(file))
    assert code == 1
    assert [row.get("body") for row in rows] == [FIRST, None, None, SECOND]
    assert errors.splitlines() == [
        f"{file}:2: the line is not valid JSON",
        f"{file}:3: there is no text in a field called isi",
    ]


def test_csv_gives_a_line_for_each_row(tmp_path: Path) -> None:
    file = tmp_path / "kumpulan.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerows(
            [["judul", "isi"], ["a", f"Suara.com - {FIRST}"], ["b", f"{FIRST}\n\n{SECOND}"]]
        )
    code, rows, _errors = cleaned("--csv", "--field", "isi", str(file))
    assert code == 0
    assert [row["body"] for row in rows] == [FIRST, f"{FIRST}\n\n{SECOND}"]


@pytest.mark.parametrize("arguments", [["--csv", "--field", "tidak ada"], []])
def test_a_file_that_cannot_be_read_is_one_line_and_exit_1(
    tmp_path: Path, arguments: list[str]
) -> None:
    file = tmp_path / "kumpulan.csv"
    if arguments:
        file.write_text("judul,isi\na,b\n")
    code, _rows, errors = cleaned(*arguments, str(file))
    assert code == 1
    assert len(errors.splitlines()) == 1
    assert str(file) in errors


def test_an_unknown_site_is_wrong_usage(tmp_path: Path) -> None:
    assert cleaned("--site", "kompas", str(tmp_path))[0] == 2


@pytest.mark.skipif(
    not (SHARED / "seeds").is_dir(), reason=f"the seed documents are not at {SHARED / 'seeds'}"
)
@pytest.mark.parametrize("name", ["suara", "rmol", "republika", "medcom", "islamtimes"])
def test_a_seed_document_gives_exactly_its_answer(name: str) -> None:
    answer = json.loads((SHARED / "seeds" / f"{name}.gold.json").read_text("utf-8"))
    article = clean((SHARED / "seeds" / f"{name}.txt").read_text("utf-8")).as_dict()
    assert {field: article[field] for field in answer} == answer | {
        "body": "\n\n".join(answer["body"])
    }
