"""Shingles: the words of a text, run by run, the same in every process."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.syndication.signatures import MAX_WORDS, WIDTH, shingles, words

LINE = "Warga Desa Lambur memanen padi lebih awal tahun ini."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Harga BERAS naik!", "harga beras naik"),
        ("“Naik,” katanya — lagi", "naik katanya lagi"),
        ("Rp12.500/kg dan 1,5 persen", "rp 12.500 kg dan 1,5 persen"),
        ("pukul 04:26Subuh", "pukul 04:26 subuh"),
        ("Jum’at (6/3/2026)", "jum'at 6 3 2026"),
        ("ibu-ibu", "ibu ibu"),
        ("... — !", ""),
        ("", ""),
    ],
)
def test_words_are_levelled_and_numbers_kept(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


@given(st.text())
def test_words_of_words_are_the_same_words(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


def test_a_shingle_is_a_run_of_words() -> None:
    found = words(LINE)
    assert len(shingles(found)) == len(found) - WIDTH + 1
    assert shingles(found)[2] == shingles(found[2 : 2 + WIDTH])[0]


def test_runs_are_not_confused_with_others() -> None:
    assert shingles(("air", "naik"), 2) != shingles(("naik", "air"), 2)
    assert shingles(("ab", "c"), 2) != shingles(("a", "bc"), 2)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Air", 1),
        ("Air naik lagi", 1),
        ("Air naik lagi tadi", 1),
        ("Air naik lagi tadi malam", 2),
    ],
)
def test_short_texts(text: str, count: int) -> None:
    assert len(shingles(words(text))) == count


def test_a_paragraph_a_thousand_times_has_the_shingles_of_two() -> None:
    assert set(shingles(words(LINE * 1000))) == set(shingles(words(LINE * 2)))


def test_a_hundred_thousand_words_are_bounded() -> None:
    assert len(words("kata lain " * 50_000)) == MAX_WORDS


def test_digests_are_unsigned_64_bit_numbers() -> None:
    assert all(0 <= digest < 2**64 for digest in shingles(words(LINE)))


def test_digests_are_for_ever() -> None:
    assert shingles(("air", "sungai", "naik", "lagi")) == (10592199414823263429,)


def test_another_process_finds_the_same() -> None:
    code = f"from archive.syndication.signatures import *; print(shingles(words({LINE!r})))"
    for seed in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert printed.strip() == str(shingles(words(LINE)))
