"""Who wrote and who edited, in reading case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction.fields.bylines import Byline, read_byline, reading_case

# (byline as it stands on the page, authors, editors)
BYLINES = [
    ("Ditulis oleh: Ratri Handayani", ["Ratri Handayani"], []),
    ("Oleh Ratri Handayani, 18 November 2026, 08:15 WIB", ["Ratri Handayani"], []),
    ("Posted by Ratri Handayani on 18 November 2026", ["Ratri Handayani"], []),
    ("Written by: Bagas Wirayudha / Editor: Citra Kusuma", ["Bagas Wirayudha"], ["Citra Kusuma"]),
    ("Super User", [], []),
    ("Admin Kabar", [], []),
    ("Anonim", [], []),
    ("user17", [], []),
    ("Ratri Handayani | Kontributor", ["Ratri Handayani"], []),
    ("Tamu Kusuma", ["Tamu Kusuma"], []),
    ("N/A", [], []),
    # suara
    ("Rina Wijaya", ["Rina Wijaya"], []),
    ("Rina Wijaya | Bagas Wirayuda", ["Rina Wijaya", "Bagas Wirayuda"], []),
    ("Penulis: Rina Wijaya", ["Rina Wijaya"], []),
    ("Editor: Rina Wijaya", [], ["Rina Wijaya"]),
    # rmol
    ("Laporan: Reni Astuti", ["Reni Astuti"], []),
    ("LAPORAN: RENI ASTUTI", ["Reni Astuti"], []),
    ("REPORT : RENI ASTUTI", ["Reni Astuti"], []),
    ("LAPORAN: <a href='https://rmol.id/about/reni-astuti-1'>RENI ASTUTI</a>", ["Reni Astuti"], []),
    ('<a href="/about/x"><b>RENI</b> ASTUTI</a>', ["Reni Astuti"], []),
    ("RABU, 07 AGUSTUS 2024 | 09:45 WIB | LAPORAN: RENI ASTUTI", ["Reni Astuti"], []),
    # republika
    ("Reporter : Rina Wijaya Redaktur : Bagas Wirayuda", ["Rina Wijaya"], ["Bagas Wirayuda"]),
    ("Rep: C31/ Red: Bagas Wirayuda", ["C31"], ["Bagas Wirayuda"]),
    (
        "Rep: Rina Wijaya, Bagas Wirayuda/ Red: Nirmala Ayu",
        ["Rina Wijaya", "Bagas Wirayuda"],
        ["Nirmala Ayu"],
    ),
    (
        "Rep: Rina Wijaya/Bagas Wirayuda/ Red: Nirmala Ayu",
        ["Rina Wijaya", "Bagas Wirayuda"],
        ["Nirmala Ayu"],
    ),
    ("Rep:\xa0Rina Wijaya/\n\tRed:\u2060 Nirmala Ayu", ["Rina Wijaya"], ["Nirmala Ayu"]),
    ("Red: Nirmala Ayu", [], ["Nirmala Ayu"]),
    ("Rep: / Red: Nirmala Ayu", [], ["Nirmala Ayu"]),
    ("Redaktur: Nirmala Ayu Sumber: Antara", [], ["Nirmala Ayu"]),
    ("Oleh: Rina Wijaya", ["Rina Wijaya"], []),
    ("Rep: Rina Wijaya Foto: Antara/Bagas", ["Rina Wijaya"], []),
    # medcom
    ("Rina Wijaya • 26 Desember 2020 08:29", ["Rina Wijaya"], []),
    ("Rina Wijaya - 10 Oktober 2016 21:10 wib", ["Rina Wijaya"], []),
    ("Rina Wijaya - Selasa, 24 Maret 2015 10:11 WIB", ["Rina Wijaya"], []),
    ("Rina Wijaya Jum'at, 27 Maret 2015 10:11 WIB", ["Rina Wijaya"], []),
    ("M Rizal Akbar • 19 September 2023 14:30", ["M Rizal Akbar"], []),
    # many names, titles, initials
    ("Rina Wijaya dan Bagas Wirayuda", ["Rina Wijaya", "Bagas Wirayuda"], []),
    ("RINA WIJAYA DAN BAGAS WIRAYUDA", ["Rina Wijaya", "Bagas Wirayuda"], []),
    ("Reporter: A. Dan Wirayuda", ["A. Dan Wirayuda"], []),
    ("Rina Wijaya dan A. Dan Wirayuda", ["Rina Wijaya", "A. Dan Wirayuda"], []),
    ("Mira Og Holm", ["Mira Og Holm"], []),
    ("Rina Wijaya, Rina Wijaya", ["Rina Wijaya"], []),
    ("Ardan Dandi", ["Ardan Dandi"], []),
    ("Anak Agung Gede-Raka", ["Anak Agung Gede-Raka"], []),
    ("Wartawan Rina Wijaya", ["Rina Wijaya"], []),
    ("(WIL)", ["WIL"], []),
    ("(AGA)", ["AGA"], []),
    ("Rina Wijaya, S.H., M.Si", ["Rina Wijaya"], []),
    ("Rina Wijaya, SPd/Bagas Wirayuda", ["Rina Wijaya", "Bagas Wirayuda"], []),
    # of several languages
    ("Rina Wijaya and Bagas Wirayuda", ["Rina Wijaya", "Bagas Wirayuda"], []),
    ("Anna Berger und Lea Holm", ["Anna Berger", "Lea Holm"], []),
    ("Trine Holm og Lars Berg", ["Trine Holm", "Lars Berg"], []),
    ("Anne Petit et Luc Moreau", ["Anne Petit", "Luc Moreau"], []),
    ("Trine Holm, Lars Berg und Lea Holm", ["Trine Holm", "Lars Berg", "Lea Holm"], []),
    ("Ferdinand Undip, Etty Andini", ["Ferdinand Undip", "Etty Andini"], []),
    ("박서준 기자", ["박서준"], []),
    ("山田花子、鈴木一郎", ["山田花子", "鈴木一郎"], []),
    ("Rina Wijaya and Lea Holm Monday, November 18, 2019", ["Rina Wijaya", "Lea Holm"], []),
    ("Rina Wijaya, November 18th 2019, 07:15", ["Rina Wijaya"], []),
    # brackets
    ("Elena Bauer (ebr)", ["Elena Bauer"], []),
    ("Elena Bauer (ebr), Max Vogt (mvt)", ["Elena Bauer", "Max Vogt"], []),
    ("Rina Wijaya (Kontributor Lereng/Bandung)", ["Rina Wijaya"], []),
    ("Rina Wijaya [Lereng]", ["Rina Wijaya"], []),
    ("Rina Wijaya (Lereng", ["Rina Wijaya (Lereng"], []),
    # what a publisher writes behind a name
    ("Rina Wijaya, Suara.com Bandung", ["Rina Wijaya"], []),
    # nobody
    ("Editorial Board", [], []),
    ("Redaktion", [], []),
    ("", [], []),
    (None, [], []),
    ("Suara.com", [], []),
    ("SUARA.COM", [], []),
    ("Jumat, 24 Juli 2026 | 07:08 WIB", [], []),
    ("24 Juli 2026", [], []),
    ("07:08", [], []),
    ("Jum'at", [], []),
    ("https://www.suara.com/author/12", [], []),
    ("https://www.facebook.com/suaradotcom", [], []),
    ("redaksi@suara.com", [], []),
    ("12345", [], []),
    ("—", [], []),
    (
        "Sebuah kalimat panjang yang jelas bukan nama siapa pun sebab lebih dari enam puluh huruf",
        [],
        [],
    ),
]

CASES = [
    ("RENI ASTUTI", "Reni Astuti"),
    ("Reni Astuti", "Reni Astuti"),
    ("reni astuti", "reni astuti"),
    ("RENI", "RENI"),  # could be initials
    ("RENITA", "Renita"),
    ("WIL", "WIL"),
    ("C31", "C31"),
    ("MGROL97", "MGROL97"),
    ("M. ICHSAN A.", "M. Ichsan A."),
    ("ADE S", "Ade S"),
    ("SITI NUR-AZIZAH", "Siti Nur-Azizah"),
    ("D'ARTA PUTRI", "D'Arta Putri"),
    ("MA’RUF HIDAYAT", "Ma’ruf Hidayat"),
    ("MA'RUF HIDAYAT", "Ma'ruf Hidayat"),
    ("AHMAD BIN SALEH", "Ahmad bin Saleh"),
    ("BIN SALEH", "Bin Saleh"),
    ("JOHAN VAN DER MEER", "Johan van der Meer"),
    ("RINA S.H.", "Rina S.H."),
    ("Ade S", "Ade S"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "authors", "editors"), BYLINES)
def test_a_byline_names_its_people(
    text: str | None, authors: list[str], editors: list[str]
) -> None:
    assert read_byline(text, publisher=("Suara.com",)) == Byline(
        authors=tuple(authors), editors=tuple(editors)
    )


def test_the_publisher_is_nobody_in_whatever_case_it_is_written() -> None:
    assert read_byline(
        "republika online, Rina Wijaya", publisher=("Republika Online",)
    ).authors == ("Rina Wijaya",)


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_a_name_in_capitals_is_reported_in_reading_case(name: str, expected: str) -> None:
    assert reading_case(name) == expected


@given(
    text=st.text()
    | st.lists(
        st.sampled_from("Rep: Red: / Rina WIJAYA dan | • <a> 2020 10:11 , Editor :".split())
    ).map(" ".join)
)
def test_any_byline_is_read_without_an_error(text: str) -> None:
    byline = read_byline(text)
    for name in (*byline.authors, *byline.editors):
        assert name == name.strip()
        assert any(letter.isalpha() for letter in name)
        assert "<" not in name or ">" not in name


@given(name=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ .-'", max_size=30))
def test_reading_case_is_settled_after_one_time(name: str) -> None:
    assert reading_case(reading_case(name)) == reading_case(name)
