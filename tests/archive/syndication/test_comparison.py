"""Comparison: which articles are one text, and which only look like it."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.syndication import Overlap, Text, compare
from archive.syndication.comparison import publisher
from archive.syndication.signatures import MIN_WORDS, words
from tests.archive.syndication.wire import (
    FOLLOW_UP_LEAD,
    RATES,
    REWRITTEN,
    WIRE,
    joined,
    paragraphs,
    prayer_times,
)
from tests.benchmarks.syndication import Labelled, ours, scores

HERE = Path(__file__)
PAIRS = Path(os.environ.get("WARTA_SHARED") or HERE.parents[4] / "shared") / "dedup"
needs_real_pairs = pytest.mark.skipif(
    not PAIRS.is_dir(),
    reason=(
        f"no real pairs at {PAIRS}: they are publishers' texts and not in the repository;"
        " WARTA_SHARED names their folder"
    ),
)

SHORT = joined(*paragraphs()[:3])
LED_ANEW = joined(
    "Warga Sumber Jati bersyukur atas waduk baru yang telah lama mereka nantikan.",
    *paragraphs()[1:6],
)


def link(one: str, other: str, *, sites: tuple[str, str] = ("kabar", "berita")) -> Overlap | None:
    same_site = publisher(sites[0]) == publisher(sites[1])
    return compare(Text.of(one), Text.of(other), same_site=same_site)


def relation(one: str, other: str, *, sites: tuple[str, str] = ("kabar", "berita")) -> str | None:
    found = link(one, other, sites=sites)
    return found and found.relation


def mirrored(one: Overlap) -> Overlap:
    """The overlap of `b` with `a`."""
    return replace(one, containment=one.of_other, of_other=one.containment)


class TestOneText:
    """What newsrooms do to a text of somebody else's."""

    def test_the_same_text_is_a_copy(self) -> None:
        found = link(WIRE, WIRE)
        assert found is not None
        assert (found.relation, found.similarity, found.containment, found.of_other) == (
            "copy",
            1,
            1,
            1,
        )

    @pytest.mark.parametrize(
        "other",
        [
            WIRE.upper(),
            WIRE.replace('"', "”").replace("\n\n", "\n"),
            "SUMBER JATI, BERITA.EXAMPLE - " + WIRE + "\n\n(ant/wl)",
            joined(*paragraphs()[:-1]),
            WIRE.replace("(2/3/2026)", "2 Maret 2026"),
            WIRE.replace("(2/3/2026)", "(2/3)"),
        ],
        ids=[
            "capitals",
            "shapes",
            "dateline and credit",
            "without its end",
            "date in words",
            "date without a year",
        ],
    )
    def test_small_changes_leave_a_copy(self, other: str) -> None:
        assert relation(WIRE, other) == "copy"

    def test_a_new_lead_and_cut_paragraphs_are_editing(self) -> None:
        assert relation(WIRE, LED_ANEW) == "edited"

    def test_words_exchanged_everywhere_are_editing(self) -> None:
        other = (
            WIRE.replace("mengatakan", "menyebut")
            .replace("karena", "sebab")
            .replace("harap", "ingin")
            .replace("hingga", "sampai")
        )
        other = (
            other.replace("agar", "supaya")
            .replace("memasok", "menyediakan")
            .replace("rumah berukuran", "hunian seluas")
        )
        other = other.replace("memperkirakan", "menduga").replace(
            "setelah enam tahun dibangun", "usai dikerjakan selama enam tahun"
        )
        assert relation(WIRE, other) == "edited"

    def test_one_corrected_number_is_still_a_copy(self) -> None:
        assert relation(WIRE, WIRE.replace("312", "321")) == "copy"

    def test_an_excerpt_names_the_text_that_was_cut(self) -> None:
        found = link(WIRE, SHORT)
        assert found is not None
        assert (found.relation, found.of_other) == ("excerpt", 1)
        assert found.containment < 1
        assert found.similarity < 0.5

    def test_an_excerpt_may_have_a_lead_of_its_own(self) -> None:
        assert (
            relation(WIRE, joined("Waduk Kali Angin mulai terisi.", *paragraphs()[1:4]))
            == "excerpt"
        )

    def test_a_site_may_run_its_story_again(self) -> None:
        found = link(
            WIRE,
            joined(*paragraphs()[:-1], "Simak juga liputan kami pekan depan."),
            sites=("kabar", "kabar"),
        )
        assert found is not None
        assert found.relation == "copy"


class TestOtherStories:
    """What shares many words, and is another story all the same."""

    @pytest.mark.parametrize(
        "other",
        [
            prayer_times("Randu", "Kamis", 5, 31),
            prayer_times("Jati", "Senin", 2, 33),
            prayer_times("Lambur", "Minggu", 8, 36),
        ],
        ids=["another day", "another town", "both"],
    )
    @pytest.mark.parametrize(
        "sites", [("kabar", "kabar"), ("kabar", "berita")], ids=["one site", "two sites"]
    )
    def test_the_prayer_times_of_another_day_or_town(
        self, other: str, sites: tuple[str, str]
    ) -> None:
        assert relation(prayer_times("Randu", "Senin", 2, 30), other, sites=sites) is None

    def test_the_prayer_times_of_the_same_day_are_a_copy(self) -> None:
        assert (
            relation(
                prayer_times("Randu", "Senin", 2, 30),
                "RANDU - " + prayer_times("Randu", "Senin", 2, 30),
            )
            == "copy"
        )

    def test_the_exchange_rates_of_another_day(self) -> None:
        monday = RATES.format(close="16.310", day="Senin", date=2, points=25, open="16.335")
        assert (
            relation(
                monday, RATES.format(close="16.402", day="Selasa", date=3, points=92, open="16.310")
            )
            is None
        )
        assert relation(monday, monday) == "copy"

    def test_the_same_event_written_independently(self) -> None:
        assert relation(WIRE, REWRITTEN) is None

    def test_a_follow_up_that_repeats_yesterdays_paragraphs(self) -> None:
        assert (
            relation(WIRE, joined(FOLLOW_UP_LEAD, *paragraphs()[1:]), sites=("kabar", "kabar"))
            is None
        )

    def test_two_follow_ups_with_the_same_background(self) -> None:
        other = joined(
            REWRITTEN.split("\n\n")[4],
            REWRITTEN.split("\n\n")[3],
            REWRITTEN.split("\n\n")[5],
            *paragraphs()[2:],
        )
        assert (
            relation(joined(FOLLOW_UP_LEAD, *paragraphs()[2:]), other, sites=("kabar", "kabar"))
            is None
        )

    def test_a_background_paragraph_and_quotes_in_common(self) -> None:
        assert relation(joined(FOLLOW_UP_LEAD, paragraphs()[4]), WIRE) is None
        assert relation(joined(*REWRITTEN.split("\n\n"), paragraphs()[2]), WIRE) is None


class TestSides:
    """The same answer from both sides."""

    @pytest.mark.parametrize(
        "other", [WIRE, SHORT, LED_ANEW, REWRITTEN, joined(FOLLOW_UP_LEAD, *paragraphs()[1:])]
    )
    @pytest.mark.parametrize("site", ["kabar", "berita"])
    def test_a_link_reversed(self, other: str, site: str) -> None:
        there, back = (
            link(WIRE, other, sites=("kabar", site)),
            link(other, WIRE, sites=(site, "kabar")),
        )
        assert there == (back and mirrored(back))

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("detik", "www.Detik.com", True),
            ("bola.kompas.com", "kompas", True),
            ("Liputan 6", "liputan6.com", True),
            ("republika.co.id", "republika", True),
            ("rmolsumut.id", "rmoljakarta.com", False),
            ("kabar.media", "berita.media", False),
            ("kabar.media", "www.kabar.co.id", True),
            ("", "kabar", False),
            (".com", ".com", True),
        ],
    )
    def test_names_of_one_publisher(self, one: str, other: str, same: bool) -> None:
        assert (publisher(one) == publisher(other)) is same


BODIES = st.lists(
    st.sampled_from([*paragraphs(), *FOLLOW_UP_LEAD.split("\n\n"), *REWRITTEN.split("\n\n")]),
    max_size=9,
).map(lambda parts: joined(*parts))


@settings(deadline=None)
@given(BODIES, BODIES, st.sampled_from(["kabar", "berita"]))
def test_both_sides_agree(one: str, other: str, site: str) -> None:
    there, back = link(one, other, sites=("kabar", site)), link(other, one, sites=(site, "kabar"))
    assert there == (back and mirrored(back))


@settings(deadline=None)
@given(BODIES)
def test_a_text_is_a_copy_of_itself(body: str) -> None:
    found = link(body, body)
    assert (found and found.relation) == ("copy" if len(words(body)) >= MIN_WORDS else None)


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 8))
def test_the_more_is_cut_the_less_of_the_longer_text_is_left(some: int, more: int) -> None:
    longer, shorter = (
        link(WIRE, joined(*paragraphs()[:count])) for count in (max(some, more), min(some, more))
    )
    if longer and shorter:
        assert longer.containment >= shorter.containment
        assert longer.of_other == shorter.of_other == 1


class TestBadInput:
    @pytest.mark.parametrize(
        "body", ["", " \n\n ", "Foto: istimewa", "Baca berita selengkapnya", "Air naik lagi. " * 6]
    )
    def test_a_text_too_short_is_linked_to_nothing(self, body: str) -> None:
        assert link(body, body) is None
        assert link(body, WIRE) is None

    def test_a_paragraph_a_thousand_times(self) -> None:
        again = joined(*[paragraphs()[0]] * 1000)
        assert relation(again, again) == "copy"
        assert relation(again, joined(*[paragraphs()[0]] * 3)) == "copy"
        assert relation(again, REWRITTEN) is None

    def test_a_hundred_thousand_words(self) -> None:
        chance = random.Random(3)
        book = " ".join(f"kata{chance.randrange(5000)}" for _ in range(100_000))
        assert relation(book, book) == "copy"
        assert relation(book, WIRE) is None

    def test_marks_only(self) -> None:
        assert link("... — !!! " * 500, "... — !!! " * 500) is None


@needs_real_pairs
def test_real_pairs() -> None:
    folder = Labelled.read(PAIRS)
    taken = ours(folder.documents)
    labels = Counter(folder.labels.get(pair) for pair in taken)
    assert labels["template_diff_facts"] == labels["shared_background"] == 0
    assert scores(taken, folder.implied)[2] >= 0.97
