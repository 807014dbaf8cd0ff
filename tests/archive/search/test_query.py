"""The language of searches: what is wrong with a query is said in a line, and nothing that anybody
types is an error of FTS5.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive import Archive
from archive.errors import QueryError
from archive.search.query import has_small_or, parse, to_fts5, understand
from tests.archive.invented import keep, new_archive, story


@pytest.fixture(scope="module")
def library() -> Iterator[Archive]:
    with new_archive() as archive:
        keep(archive, story(1, headline="Harga Beras", body="Kelas c++ dan R&D pukul 12:30, AND."))
        yield archive


@pytest.mark.parametrize(
    ("query", "translation"),
    [
        ("harga", '("harga")'),
        ("harga beras", '("harga") AND ("beras")'),
        ("a OR b c", '("a" OR "b") AND ("c")'),
        ("a -b -c", '(("a")) NOT ("b" OR "c")'),
        ("a AND NOT b", '(("a")) NOT ("b")'),
        ('headline:"x y"', '(headline : "x y")'),
        ("pan*", '("pan" *)'),
        ("a a a", '("a")'),
        ("or and not", '("or") AND ("and") AND ("not")'),
        ('"OR"', '("OR")'),
        ("anak-anak", '("anak-anak")'),
        ("https://www.kabar.example/1", '("https://www.kabar.example/1")'),
        ("12:30", '("12:30")'),
        ("Jakarta: hujan", '("Jakarta:") AND ("hujan")'),
        ("beras - kopi", '("beras") AND ("kopi")'),
        ('"(beras)"', '("(beras)")'),
        ("fungsi(x)nya", '("fungsi(x)nya")'),
        ("a 🙂 b", '("a") AND ("b")'),
        ("a\0b", '("a") AND ("b")'),
    ],
)
def test_a_query_is_translated_for_fts5(query: str, translation: str) -> None:
    assert to_fts5(parse(query)) == translation


WRONG = {
    '"harga beras': 'a quote (") is opened and not closed',
    '"': 'a quote (") is opened and not closed',
    "": "the query has no word to search for",
    "   ": "the query has no word to search for",
    "+++": "the query has no word to search for",
    '""': "the query has no word to search for",
    "*": "the query has no word to search for",
    "🙂": "the query has no word to search for",
    "\0": "the query has no word to search for",
    "-beras": "the query only excludes words: name one that the texts have",
    "NOT beras": "the query only excludes words: name one that the texts have",
    "OR": "OR needs a word before it; in quotes it is a word",
    "OR beras": "OR needs a word before it; in quotes it is a word",
    "AND": "AND needs a word before it; in quotes it is a word",
    "beras OR": "OR needs a word after it; in quotes it is a word",
    "beras AND": "AND needs a word after it; in quotes it is a word",
    "beras NOT": "NOT needs a word after it; in quotes it is a word",
    "beras OR OR kopi": "OR needs a word after it, not OR",
    "beras OR AND kopi": "OR needs a word after it, not AND",
    "beras OR -kopi": "OR joins two words; -kopi excludes one",
    "beras OR +": "OR needs a word after it; in quotes it is a word",
    "judul:beras": (
        "no field is called judul; there are headline:, deck: and body:; in quotes it is text"
    ),
    'site:"a b"': (
        "no field is called site; there are headline:, deck: and body:; in quotes it is text"
    ),
    "headline: beras": "headline: needs a word right after the colon",
    " ".join(map(str, range(2_001))): "the query has more than 2,000 words",
}


@pytest.mark.parametrize("query", WRONG, ids=lambda query: repr(query[:20]))
def test_a_wrong_query_is_explained(query: str) -> None:
    with pytest.raises(QueryError) as error:
        parse(query)
    assert str(error.value) == WRONG[query]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('"harga beras', "harga beras"),
        ('"musim tanam" "beras', "musim tanam beras"),
        ("beras OR -kopi", "beras -kopi"),
        ("-kopi OR beras", "-kopi beras"),
        ("beras OR NOT kopi", "beras -kopi"),
        ("(beras) NOT kopi", "beras -kopi"),
        ("OR beras", "beras"),
        ("beras OR", "beras"),
        ("beras OR OR kopi", "beras kopi"),
        ("AND", "AND"),
        ("OR NOT", "OR NOT"),
        ("(kolam", "kolam"),
        ("(harga OR tarif) beras", "harga OR tarif beras"),
        ("pan)*", "pan *"),
        ("judul:beras", "judul beras"),
        ("headline: beras", "headline beras"),
        ("a*", "a"),
        ("“kolam", "kolam"),
        ("judul:R&D, covid-19", "judul R&D covid-19"),
    ],
)
def test_of_a_wrong_query_its_words_are_searched_for(query: str, words: str) -> None:
    understood = understand(query)
    with pytest.raises(QueryError) as error:
        parse(query)
    assert understood.note == f"{error.value}; searched for: {words.strip()}"
    assert understood.groups


@pytest.mark.parametrize("query", ['"', "*", "", " ", "+++", '""', "🙂", "\0", "( )", ":", "_"])
def test_without_a_word_nothing_is_found_and_the_note_says_so(library: Archive, query: str) -> None:
    found = library.search(query)
    assert (found.hits, found.total) == ((), 0)
    assert found.note is not None
    assert found.note.endswith("; nothing is searched for")


@pytest.mark.parametrize("query", ["-beras", "NOT beras -kopi", '-"musim tanam"', "NOT NOT beras"])
def test_words_that_a_query_excludes_are_never_searched_for(query: str) -> None:
    understood = understand(query)
    assert understood.groups == ()
    assert (understood.note or "").endswith("; nothing is searched for")


@pytest.mark.parametrize(
    "query",
    [
        f"{'harga beras ' * 200} OR",
        "(" * 5_000 + "beras",
        f"({'beras' * 1_000}",
        f"beras OR -{'kopi' * 1_000}",
        f"{'judul' * 1_000}:beras",
        f"{'!' * 5_000}b*",
    ],
    ids=lambda query: repr(query[:12]),
)
def test_the_note_on_a_long_query_is_short(query: str) -> None:
    assert len(understand(query).note or "") < 400


def test_a_well_formed_query_has_no_note(library: Archive) -> None:
    found = library.search('^harga "c++" -kopi')
    assert (found.total, found.note) == (1, None)


@pytest.mark.parametrize(
    "query",
    [
        "c++",
        "R&D",
        "12:30",
        '"AND"',
        "harga* beras*",
        "^harga",
        "{harga}",
        "+harga",
        "harga'; DROP TABLE urls; --",
        "harga " * 1_000,
        " OR ".join(["harga", *map(str, range(1_000))]),
        "harga " + " ".join(f"-kata{number}" for number in range(1_000)),
        "harga " + "x" * 10_000 + "*",
    ],
    ids=lambda query: query[:20],
)
def test_signs_and_long_queries_are_safe(library: Archive, query: str) -> None:
    library.search(query)
    library.search(query, earlier=True, sort="time")


def test_a_thousand_different_words_must_all_be_there(library: Archive) -> None:
    words = " ".join(f"kata{number}" for number in range(1_000))
    keep(library, story(7, body=words))
    assert library.search(words).total == 1
    assert library.search(f'"{words}"').total == 1
    assert library.search(f"{words} lain").total == 0


_PIECES = st.sampled_from([*'"*:-()^+{}', " ", "AND", "OR", "NOT", "NEAR", "headline:", "a", "é"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=30) | st.lists(_PIECES, max_size=12).map("".join))
@example("a\x00b")
@example("\ud800")
def test_any_text_is_a_query_and_its_note_is_one_line(library: Archive, query: str) -> None:
    note = library.search(query, earlier=True).note or ""
    assert "\n" not in note


@pytest.mark.parametrize(
    ("query", "piece"),
    [
        ("(beras)", "(beras)"),
        ("(harga OR tarif) beras", "(harga"),
        ("beras (harga OR tarif)", "(harga"),
        ("beras -(kopi teh)", "-(kopi"),
        ("beras \u2212(kopi)", "-(kopi)"),
        ("beras NOT (kopi", "(kopi"),
        ("harga beras)", "beras)"),
        ("pan)*", "pan)*"),
        ("headline:(beras kopi)", "headline:(beras"),
        ('("musim tanam")', "("),
        ("( beras )", "("),
        ("beras )", ")"),
    ],
)
def test_parentheses_group_nothing_and_are_refused(query: str, piece: str) -> None:
    with pytest.raises(QueryError) as error:
        parse(query)
    assert str(error.value) == (
        f"{piece}: parentheses do not group words: `a OR b c` is a or b, and c;"
        " in quotes they are text"
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("beras or gabah", True),
        ("beras Or gabah", True),
        ("beras OR gabah", False),
        ("or gabah", False),
        ("gabah or", False),
        ('beras "or" gabah', False),
        ('"beras or gabah"', False),
        ("motor orang", False),
    ],
)
def test_a_small_or_between_words_is_noticed(query: str, found: bool) -> None:
    assert has_small_or(query) is found
