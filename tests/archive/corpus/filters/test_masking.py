"""E-mail addresses, telephone numbers and identity numbers are masked and counted; other figures
stay as they are.
"""

from __future__ import annotations

import pickle
import re
from types import ModuleType

import dill
import pytest
from datatrove.data import Document
from datatrove.pipeline.formatters.pii import PIIFormatter
from hypothesis import example, given
from hypothesis import strategies as st

from archive.corpus.filters.masking import (
    KINDS,
    MASKS,
    MaskPersonalData,
    email_spans,
    is_nik,
    nik_spans,
    phone_spans,
)

EMAIL, NIK, PHONE = MASKS.values()
MAN, WOMAN = "3273010508990001", "3273014508990001"


def masked(text: str) -> str:
    return MaskPersonalData().format(text)


@pytest.mark.parametrize(
    "number",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 7890",
        "0812.3456.7890",
        "(0812) 3456 7890",
        "+6281234567890",
        "+62 812-3456-7890",
        "(+62) 812 3456 7890",
        "6281234567890",
        "62 812 3456 7890",
        "021-5790123",
        "(021) 5790 1234",
        "( 021 ) 5790 123",
        "021 – 5790123",
        "0274 512345",
        "0361.223344",
        "+62-21-5790123",
        "+62 (21) 579-0123",
        "+61 450 475 094",
    ],
)
def test_telephone_numbers_of_people_and_offices_are_masked(number: str) -> None:
    assert masked(f"Hubungi {number}, kata dia.") == f"Hubungi {PHONE}, kata dia."


@pytest.mark.parametrize(
    "number",
    [
        "110",
        "119",
        "14045",
        "1500-888",
        "1500888",
        "0800-1-234567",
        "0804 1 500 500",
        "0809 1234567",
    ],
)
def test_lines_for_the_public_stay(number: str) -> None:
    text = f"Layanan pengaduan {number} buka sepanjang hari."
    assert masked(text) == text


@pytest.mark.parametrize(
    "figure",
    [
        "Rp 62.812.345.678",
        "Rp62.812.345.678,00",
        "Rp 081234567890",
        "62.812.345.678 rupiah",
        "812.345.678",
        "8123456789",
        "US$ 0812345678",
        "08-12-2024 10:30",
        "08/12/2024",
        "08.12.2024 pukul 10.00",
        "2024-12-08 10:30",
        "2024-2025",
        "08.30-09.45 WIB",
        "08.30 – 09.45",
        "08.55 00.29 19.38",
        "10:30:45",
        "0-1 2-1 3-0 1-1 2-2",
        "21-18, 19-21, 21-15",
        "0,812345678 persen",
        "0.812345678",
        "naik +12.345.678 dari 6.812,34",
        "-6.208812, 106.845599",
        "01.08.722 LU dan 103.48.312 BT",
        "6°12'32\" LS",
        "021/PUU-XX/2022",
        "0812/Pdt.G/2022/PN.Jkt",
        "LP/B/0812/VII/2023/SPKT",
        "ISBN 0-8129-3456-7",
        "ISBN 978-602-8519-93-9",
        "ISBN-13: 978-602-8519-93-9",
        "NIP 19850330 200312 1 002",
        "04 63 00 26 69 80",
    ],
)
def test_money_dates_times_scores_coordinates_cases_and_books_stay(figure: str) -> None:
    text = f"Angkanya {figure} menurut panitia."
    assert masked(text) == text


@pytest.mark.parametrize(
    "number", [MAN, WOMAN, "3273 0145 0899 0001", "327301.450899.0001", "327301-450899-0001"]
)
def test_identity_numbers_are_masked(number: str) -> None:
    assert masked(f"NIK {number}.") == f"NIK {NIK}."


@pytest.mark.parametrize(
    ("digits", "why"),
    [
        ("9973010508990001", "no such province"),
        ("3273010008990001", "day 0"),
        ("3273013208990001", "day 32"),
        ("3273014008990001", "day 0 of a woman"),
        ("3273017208990001", "day 32 of a woman"),
        ("3273010500990001", "month 0"),
        ("3273010513990001", "month 13"),
        ("3273010508990000", "serial numbers begin with 1"),
    ],
)
def test_sixteen_digits_that_were_nobodys_birth_stay(digits: str, why: str) -> None:
    assert not is_nik(digits), why
    assert masked(f"Kode {digits} itu.") == f"Kode {digits} itu."


@pytest.mark.parametrize("text", [f"1{MAN}", f"{MAN}2", f"Rp 1.{MAN}", f"{MAN}.500"])
def test_sixteen_digits_of_a_longer_number_are_no_identity_number(text: str) -> None:
    assert list(nik_spans(text)) == []


@pytest.mark.parametrize(
    "address", ["siti@kabar.example", "siti.aminah+berita@redaksi.kabar.co.id", "a_b-c@x1.id"]
)
def test_email_addresses_are_masked(address: str) -> None:
    assert masked(f"Kirim ke {address}. Terima kasih.") == f"Kirim ke {EMAIL}. Terima kasih."


@pytest.mark.parametrize(
    "text", ["akun @kabar.example", "video 1080p @ 30fps", "siti@kabar", "3 kg @Rp5.000"]
)
def test_handles_and_prices_are_no_addresses(text: str) -> None:
    assert masked(text) == text


def test_every_kind_is_counted_and_the_counts_of_an_earlier_pass_stay() -> None:
    doc = Document(
        text=f"{MAN} atau 0812-3456-7890/0813-3456-7890, siti@kabar.example",
        id="kabar:1",
        metadata={},
    )
    for _ in range(2):
        (doc,) = MaskPersonalData().run([doc])
        assert doc.text == f"{NIK} atau {PHONE}/{PHONE}, {EMAIL}"
        assert doc.metadata == {"masked_email": 1, "masked_nik": 1, "masked_phone": 2}


def test_a_text_without_personal_data_has_counts_of_0() -> None:
    (doc,) = MaskPersonalData().run([Document(text="Pasar itu ramai.", id="kabar:1", metadata={})])
    assert doc.metadata == {f"masked_{kind}": 0 for kind in KINDS}


@pytest.mark.parametrize("library", [pickle, dill])
def test_a_block_travels_to_other_machines(library: ModuleType) -> None:
    block = library.loads(library.dumps(MaskPersonalData()))
    assert block.format("0812-3456-7890") == PHONE


PERSONAL = st.sampled_from(
    [
        MAN,
        WOMAN,
        "0812-3456-7890",
        "(021) 5790 1234",
        "+62 812 3456 7890",
        "siti@kabar.example",
        "Rp 62.812.345.678",
    ]
)
PIECES = st.lists(
    PERSONAL
    | st.text(st.sampled_from("0123456789 .-/()+@,:a<>\n\x00\ud800"), max_size=14)
    | st.text(max_size=5),
    max_size=8,
)
TEXTS = (
    st.builds("".join, PIECES) | st.builds(" ".join, PIECES) | st.text(st.characters(codec=None))
)


@given(TEXTS)
@example("0812345678900812345678")
@example("siti@kabar.example@kabar.example")
def test_a_masked_text_stays_as_it_is(text: str) -> None:
    once, _ = MaskPersonalData().masked(text)
    again, found = MaskPersonalData().masked(once)
    assert again == once
    assert found.total() == 0
    assert not [*email_spans(once), *nik_spans(once), *phone_spans(once)]


@given(TEXTS.filter(lambda text: not re.search("<EMAIL>|<PHONE>|<NIK>", text)))
def test_no_other_character_is_touched(text: str) -> None:
    result, found = MaskPersonalData().masked(text)
    kept = re.split("<EMAIL>|<PHONE>|<NIK>", result)
    assert len(kept) == found.total() + 1
    assert re.fullmatch("(?s)" + "(.+?)".join(map(re.escape, kept)), text)


@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_a_mask_does_not_depend_on_the_documents_before(before: list[str], text: str) -> None:
    block = MaskPersonalData()
    for other in before:
        block.format(other)
    assert block.format(text) == masked(text)


@given(st.text(st.sampled_from("ab1.-_+@ \n:[]é"), max_size=60))
@example("a@b@kabar.example")
def test_the_addresses_are_those_of_datatroves_own_pattern(text: str) -> None:
    assert list(email_spans(text)) == [
        match.span() for match in PIIFormatter().emails_replacer.regex.finditer(text)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 50_000 + "@",
        "a@" + "b-" * 50_000,
        "a@" * 50_000,
        "+62 " * 20_000,
        "0812-" * 20_000,
        "1 " * 50_000,
    ],
)
def test_long_runs_that_are_almost_an_address_or_a_number_end(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "youtube.com/@kampung.damar",
        "Tonton di https://www.youtube.com/@kabar.id/video atau tiktok.com/@kabar.desa.",
        "lihat t.me/@kabar.id",
    ],
)
def test_the_name_of_a_profile_is_no_address(text: str) -> None:
    assert masked(text) == text
