"""Forms of Indonesian words: which meet, and which never do."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from archive import Archive
from archive.errors import PackageMissing, QueryError
from archive.search.stemming import WordForms, indonesian
from tests.archive.invented import DAY, HOUR, NOW, keep, new_archive, story
from tests.benchmarks.stemming import APART, FAMILIES


@pytest.fixture(scope="module")
def dictionary() -> Iterator[Archive]:
    """All words of the comparison of stemmers, as one text."""
    with new_archive() as archive:
        keep(archive, story(1, headline="Kata", deck=None, body=f"{FAMILIES} {APART}"))
        keep(archive, story(2, headline="Lain", deck=None, body="Warga memperbaiki jembatan."))
        yield archive


def test_nearly_all_forms_of_a_word_are_found_from_its_root(dictionary: Archive) -> None:
    met, wanted = 0, 0
    for line in FAMILIES.split("\n"):
        root, *others = line.split() or ("x",)
        found = WordForms(dictionary.db, ("search",))(root)
        met, wanted = met + len({*others} & {*found}), wanted + len(others)
    assert met >= 0.95 * wanted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("perbaiki", "memperbaiki"),
        ("memperbaiki", "perbaiki"),
        ("penulisan", "ditulis"),
        ("pertanian", "petani"),
        ("sapu", "menyapu"),
        ("perdagangan", "pedagang"),
    ],
)
def test_one_form_finds_another(dictionary: Archive, one: str, other: str) -> None:
    assert other in WordForms(dictionary.db, ("search",))(one)


@pytest.mark.parametrize("pair", [line for line in APART.split("\n") if line])
def test_words_that_only_look_alike_do_not_meet(dictionary: Archive, pair: str) -> None:
    one, other = pair.split()
    stem = indonesian()
    if stem(one) != stem(other):  # the stemmer's own errors are counted in the comparison
        assert other not in WordForms(dictionary.db, ("search",))(one)


def test_a_search_finds_and_marks_other_forms(dictionary: Archive) -> None:
    assert dictionary.search("perbaiki headline:lain").total == 0
    (hit,) = dictionary.search("perbaiki headline:lain", stem=True).hits
    assert hit.snippet == "Warga «memperbaiki» jembatan."


def test_phrases_prefixes_and_excluded_words(dictionary: Archive) -> None:
    def found(query: str) -> set[int]:
        return {hit.article_id for hit in dictionary.search(query, stem=True).hits}

    assert found('"perbaiki jembatan"') == set()  # a phrase is what it says
    assert found("perbaik* headline:lain") == set()
    assert found("jembatan -perbaikan") == set()
    assert found("headline:lain") == {2}


@pytest.mark.parametrize("word", ["di", "c++", "2026", "Ünlü", "x", "a" * 5_000, "anak-anak"])
def test_any_word_is_a_form_of_itself(dictionary: Archive, word: str) -> None:
    assert word in WordForms(dictionary.db, ("search",))(word)
    dictionary.search(word, stem=True)


def test_forms_of_very_many_words_are_refused_in_a_line(dictionary: Archive) -> None:
    with pytest.raises(QueryError, match="other forms are found of at most 50 words"):
        dictionary.search(" ".join(f"kata{number}" for number in range(51)), stem=True)


def test_forms_of_earlier_texts_are_found_there(archive: Archive) -> None:
    keep(archive, story(1, body="Warga memperbaiki jembatan."))
    keep(archive, story(1, body="Warga menutup jembatan."), at=NOW + HOUR)
    (hit,) = archive.search("perbaikan", stem=True, earlier=True).hits
    assert (hit.revision, hit.snippet) == (1, "Warga «memperbaiki» jembatan.")
    keep(archive, story(1, body="Selesai."), at=NOW + DAY)
    assert archive.search("tutup", stem=True, earlier=True).total == 1


def test_a_stemmer_that_is_not_installed_is_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    indonesian.cache_clear()
    monkeypatch.setitem(sys.modules, "Sastrawi.Stemmer.StemmerFactory", None)
    with pytest.raises(PackageMissing, match=r"pip install 'warta\[stem\]'"):
        archive.search("perbaiki", stem=True)
