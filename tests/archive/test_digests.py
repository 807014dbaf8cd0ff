"""Digests: bytes are compared exactly, texts by what they say."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.identity import bytes_digest, normalised, text_digest


def test_a_digest_of_bytes_is_their_sha_256() -> None:
    assert bytes_digest(b"pasar") == hashlib.sha256(b"pasar").hexdigest()


@pytest.mark.parametrize(
    ("shape", "plain"),
    [
        ("  harga\n\n beras\t naik ", "harga beras naik"),
        ("harga\u00a0beras\u2003naik", "harga beras naik"),
        ("“Naik,” katanya", '"Naik," katanya'),
        ("«Naik»", '"Naik"'),
        ("Jum’at", "Jum'at"),
        ("Jum`at", "Jum'at"),
        ("2025–2026", "2025-2026"),
        ("naik — lagi", "naik - lagi"),
        ("se\u00adla\u200bmat\ufeff", "selamat"),
        ("ﬁlm", "film"),
        ("cafe\u0301", "café"),
    ],
)
def test_shapes_without_meaning_are_levelled(shape: str, plain: str) -> None:
    assert normalised(shape) == plain


@pytest.mark.parametrize(
    ("one", "other"),
    [("Pasar", "pasar"), ("naik", "naik."), ("harga beras", "hargaberas"), ("12", "21")],
)
def test_what_carries_meaning_is_kept(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@given(st.text())
def test_normalised_text_is_its_own_normalised_text(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.text())
def test_normalised_text_has_single_spaces_and_no_edges(text: str) -> None:
    plain = normalised(text)
    assert plain == plain.strip()
    assert "  " not in plain


def test_equal_texts_in_other_shapes_have_one_digest() -> None:
    assert text_digest(["“Pasar”  ramai", "beras"]) == text_digest(['"Pasar" ramai ', "beras"])


def test_nothing_and_the_empty_text_have_one_digest() -> None:
    assert text_digest([None, "a"]) == text_digest(["", "a"])


def test_the_borders_between_texts_count() -> None:
    assert (
        text_digest(["pasar", "ramai"])
        != text_digest(["pasarramai", ""])
        != text_digest(["", "pasarramai"])
    )
