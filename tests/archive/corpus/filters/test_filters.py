"""Filters of a corpus: each reason takes what it is for and leaves clean news, and no filter
changes a text.
"""

from __future__ import annotations

import ast
import inspect
import pickle
import random
from pathlib import Path

import pytest
from datatrove.data import Document
from datatrove.pipeline import filters as datatroves
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.word_tokenizers import load_word_tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

import archive.corpus.filters as ours
from archive.corpus.filters import filters
from archive.corpus.filters.prose import prose_words, words
from archive.corpus.filters.quality import DATATROVE_REASONS
from archive.corpus.filters.reasons import REASONS
from archive.corpus.filters.thresholds.loading import bundled, load_thresholds
from archive.corpus.filters.thresholds.tables import Thresholds
from archive.corpus.filters.tokens import Words

from .filter_cases import CASES, LINES, NEWS, SCHEDULE, TEASER, Case, document

WHOLE_TEXTS = st.text(st.characters(exclude_categories=())) | st.lists(
    st.sampled_from(
        [
            *NEWS.split(),
            *LINES,
            SCHEDULE,
            "\n\n",
            "\ud800",
            "\x00",
            "IS_ALPHA",
            "Dr. phil.",
            "...",
            "-",
            "●",
            "１",
            "2.",
            " . ",
        ]
    )
).map(" ".join)
"""Any text, lone surrogates and null bytes too, and what comes near to news."""


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """spaCy is loaded once, before anything asks how long an example takes."""
    Words().word_tokenize("Air naik.")


def blocks(thresholds: Thresholds) -> dict[str, object]:
    return {block.name: block for block in filters(thresholds, lambda _: None)}


def thresholds_of(case: Case, folder: Path) -> Thresholds:
    path = folder / "own.toml"
    path.write_text(case.thresholds)
    return load_thresholds(str(path))


def verdict(block: object, doc: Document) -> str | None:
    """The reason why a block drops a document, None where it stays."""
    answer = block.filter(doc)  # type: ignore[attr-defined]
    return None if answer is True else answer[1]


def reasons_in(source: str) -> set[str]:
    """Every text that stands beside False in a pair, numbers of words as `n`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Tuple)
            and len(node.elts) == 2
            and isinstance(node.elts[0], ast.Constant)
            and node.elts[0].value is False
        ):
            reason = node.elts[1]
            if isinstance(reason, ast.Constant):
                found.add(str(reason.value))
            elif isinstance(reason, ast.JoinedStr):
                found.add(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "n"
                        for part in reason.values
                    )
                )
    return found


def our_reasons() -> set[str]:
    sources = (
        path.read_text(encoding="utf-8")
        for path in Path(ours.__file__).parent.glob("*.py")
        if path.stem not in ("exclusions", "language")
    )
    return set().union(
        *map(reasons_in, sources), *(codes.values() for codes in DATATROVE_REASONS.values())
    )


def test_every_reason_of_a_filter_has_a_plain_sentence_and_a_case() -> None:
    assert our_reasons() <= REASONS.keys()
    assert our_reasons() - {"contaminated"} == CASES.keys()


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("gopher_quality", datatroves.GopherQualityFilter),
        ("gopher_repetition", datatroves.GopherRepetitionFilter),
        ("fineweb_quality", datatroves.FineWebQualityFilter),
        ("c4_quality", datatroves.C4QualityFilter),
    ],
)
def test_every_reason_of_datatrove_is_known(table: str, kind: type) -> None:
    asked = reasons_in(inspect.getsource(kind))
    assert asked == DATATROVE_REASONS[table].keys()


@pytest.mark.parametrize("reason", CASES)
def test_a_reason_takes_what_it_is_for(reason: str, tmp_path: Path) -> None:
    case = CASES[reason]
    assert verdict(blocks(thresholds_of(case, tmp_path))[case.block], case.takes) == reason


@pytest.mark.parametrize("reason", CASES)
def test_a_reason_leaves_what_it_is_not_for(reason: str, tmp_path: Path) -> None:
    case = CASES[reason]
    assert verdict(blocks(thresholds_of(case, tmp_path))[case.block], case.leaves) is None


@pytest.mark.parametrize(
    "text",
    [
        NEWS,
        NEWS.replace("\n\n", " "),
        f"{NEWS}\n\n(tri/ard)",
        NEWS.replace(".", " .").replace(",", " ,"),
    ],
)
def test_clean_news_passes_all_filters_however_its_lines_and_marks_are_set(text: str) -> None:
    assert [
        verdict(block, document(text)) for block in blocks(load_thresholds("news")).values()
    ] == [None] * 8


def test_warnings_that_drop_are_those_that_extraction_gives() -> None:
    table = load_thresholds("news").fallback
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__).parents[4] / "scraper" / "extraction").rglob("*.py")
    )
    for warning in (*table.warnings_of_any, *table.warnings_of_fallback):
        assert f'"{warning}"' in source or f'"{warning.removeprefix("missing_")}"' in source, (
            warning
        )


def test_none_has_no_filters() -> None:
    assert filters(load_thresholds("none"), lambda _: None) == []


def test_fineweb2_has_its_three_filters_and_the_language_only() -> None:
    assert list(blocks(load_thresholds("fineweb2"))) == [
        "language",
        "fineweb_quality",
        "gopher_quality",
        "gopher_repetition",
    ]


def test_the_cheap_filters_come_first() -> None:
    assert list(blocks(load_thresholds("news"))) == [
        "fallback",
        "length",
        "prose",
        "language",
        "fineweb_quality",
        "gopher_quality",
        "gopher_repetition",
        "c4_quality",
    ]


def test_statistics_of_a_filter_go_by_its_name() -> None:
    steps = filters(load_thresholds("news"), lambda _: None)
    assert [step.stats.name for step in steps] == [f"filter: {step.name}" for step in steps]


def test_a_dropped_document_goes_to_the_writer_of_its_filter_with_its_reason(
    tmp_path: Path,
) -> None:
    steps = filters(
        load_thresholds("news"), lambda name: JsonlWriter(str(tmp_path / name), compression=None)
    )
    documents = iter([document(), document(TEASER), document(SCHEDULE)])
    for step in steps:
        documents = step(documents)
    assert [doc.text for doc in documents] == [NEWS]
    assert '"filter_reason":"too_short"' in (
        tmp_path / "length" / "00000.jsonl"
    ).read_text().replace(" ", "")
    assert '"filter_reason":"not_prose"' in (
        tmp_path / "prose" / "00000.jsonl"
    ).read_text().replace(" ", "")


@pytest.mark.parametrize("name", bundled())
def test_filters_travel_to_other_processes(name: str) -> None:
    steps = filters(load_thresholds(name), lambda _: None)
    there = pickle.loads(pickle.dumps(steps))
    assert [verdict(step, document(SCHEDULE)) for step in there] == [
        verdict(step, document(SCHEDULE)) for step in steps
    ]


@settings(deadline=None)
@given(WHOLE_TEXTS)
def test_no_text_breaks_a_filter_or_is_changed_by_one(text: str) -> None:
    for name in ("news", "fineweb2"):
        for block in blocks(load_thresholds(name)).values():
            doc = document(text)
            assert verdict(block, doc) in {None, *REASONS}
            assert (doc.text, doc.id) == (text, document(text).id)


def test_sentences_may_be_counted_in_any_text(tmp_path: Path) -> None:
    block = blocks(thresholds_of(CASES["c4_quality/few_sentences"], tmp_path))["c4_quality"]
    assert (
        verdict(block, document("Air naik\ud800. Hujan\x00 reda. Dr. phil. IS_ALPHA datang."))
        == "c4_quality/few_sentences"
    )


def test_a_verdict_does_not_depend_on_what_was_judged_before() -> None:
    documents = [doc for case in CASES.values() for doc in (case.takes, case.leaves)]
    shuffled = random.Random(7).sample(range(len(documents)), len(documents))
    judges = list(blocks(load_thresholds("news")).values())
    forward = {n: [verdict(block, documents[n]) for block in judges] for n in range(len(documents))}
    assert {n: [verdict(block, documents[n]) for block in judges] for n in shuffled} == forward


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *NEWS.split(),
                "Dr. med",
                ": )",
                "S.Kom.",
                "a.m.",
                "(kata-kata)",
                "http://contoh.id/a?b=1",
                "\n",
                "\x1c",
                " ",
            ]
        )
    )
)
def test_words_are_those_of_datatroves_own_tokenizer(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert Words().word_tokenize(text) == load_word_tokenizer("ind_Latn").word_tokenize(text)


def test_words_hold_a_letter_or_digit() -> None:
    assert words("Air naik - 2 meter ( kata warga ) .") == [
        "Air",
        "naik",
        "2",
        "meter",
        "kata",
        "warga",
    ]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Air naik sejak pagi. Warga pindah.", 6),
        ("Air naik sejak pagi . Warga pindah .", 6),
        ('"Air naik sejak pagi," kata dia. (tri/ard)', 6),
        ("Air naik menjadi 50.", 4),
        ("Air naik sejak pagi", 0),
        ("Berikut jadwalnya:", 0),
        ("2. Kelompok Tani 3. Kelompok Ternak", 0),
    ],
)
def test_prose_goes_to_the_end_of_the_last_sentence_of_a_line(line: str, count: int) -> None:
    assert prose_words(line) == count
