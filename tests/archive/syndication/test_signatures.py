"""Signatures: texts that may be linked meet by a key, others do not."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.syndication import ALGORITHM, Signature
from archive.syndication.signatures import HEAD_BANDS, MIN_WORDS, WHOLE_BANDS, words
from tests.archive.syndication.wire import FOLLOW_UP_LEAD, WIRE, joined, paragraphs, prayer_times

KEYS = WHOLE_BANDS + HEAD_BANDS


def signed(text: str) -> Signature:
    return Signature.of(words(text))


def meet(one: str, other: str) -> bool:
    return bool(set(signed(one).keys()) & set(signed(other).keys())) and signed(one).promises(
        signed(other)
    )


@pytest.mark.parametrize(
    "other",
    [
        WIRE.upper(),
        joined(*paragraphs()[:-1]),
        joined(*paragraphs()[1:]),
        joined("Warga bersyukur.", *paragraphs()[1:6]),
        joined(*paragraphs()[:3]),
    ],
    ids=["capitals", "without its end", "without its lead", "edited", "excerpt"],
)
def test_copies_edited_texts_and_excerpts_meet(other: str) -> None:
    assert meet(WIRE, other)
    assert meet(other, WIRE)


def test_an_excerpt_meets_a_story_twenty_times_as_long() -> None:
    rest = [
        f"Petak ke {n} ditanami jagung oleh keluarga nomor {n} sejak pekan ke {n}."
        for n in range(200)
    ]
    assert meet(joined(*paragraphs()[:3]), joined(*paragraphs(), *rest))


@pytest.mark.parametrize("other", [FOLLOW_UP_LEAD, prayer_times("Randu", "Senin", 2, 30)])
def test_other_stories_do_not_meet(other: str) -> None:
    assert not set(signed(WIRE).keys()) & set(signed(other).keys())


@pytest.mark.parametrize("text", ["", "Foto: istimewa", "Air naik lagi", "kata " * (MIN_WORDS - 1)])
def test_a_text_too_short_has_no_keys(text: str) -> None:
    assert signed(text).keys() == ()
    assert not signed(text).promises(signed(text))


def test_a_key_a_band_for_a_sqlite_integer() -> None:
    keys = signed(WIRE).keys()
    assert len(set(keys)) == KEYS
    assert [key >> 56 for key in keys] == list(range(KEYS))
    assert all(0 <= key < 2**63 for key in keys)


def test_a_paragraph_a_thousand_times_is_signed_as_once_more() -> None:
    line = paragraphs()[1] + " "
    assert signed(line * 1000).whole == signed(line * 2).whole


@given(st.lists(st.sampled_from(words(WIRE)), min_size=MIN_WORDS, max_size=60))
def test_packing_loses_nothing(sequence: list[str]) -> None:
    signature = Signature.of(sequence)
    assert Signature.unpacked(signature.packed()) == signature
    assert len(signature.packed()) == 8 * KEYS


def test_an_empty_signature_can_be_packed() -> None:
    assert Signature.unpacked(signed("").packed()) == signed("")


def test_similarity_of_signatures_is_that_of_the_texts() -> None:
    one, other = ([f"k{n}" for n in range(start, start + 3000)] for start in (0, 1000))
    agreeing = sum(
        a == b for a, b in zip(Signature.of(one).whole, Signature.of(other).whole, strict=True)
    )
    assert 0.3 < agreeing / (2 * WHOLE_BANDS) < 0.7


def test_keys_are_for_ever() -> None:
    """Kept keys have to meet those of tomorrow: where these change, ALGORITHM has to change as
    well.
    """
    assert (ALGORITHM, signed(WIRE).keys()[0], signed(WIRE).keys()[-1]) == (
        "rensa-2/1",
        68680164927234193,
        3251225022089320398,
    )


def test_another_process_finds_the_same_keys() -> None:
    code = (
        "from archive.syndication import *; from archive.syndication.signatures import words;"
        f" print(Signature.of(words({WIRE!r})).keys())"
    )
    for seed in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert printed.strip() == str(signed(WIRE).keys())
