"""Files of thresholds: what is wrong in one is said in a sentence, and the bundled ones say
everything.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.corpus.filters.thresholds.loading import FOLDER, bundled, load_thresholds
from archive.corpus.filters.thresholds.tables import TABLES
from archive.errors import CorpusError

PUBLISHED_GRAMS = ((5, 0.176), (6, 0.158), (7, 0.142), (8, 0.128), (9, 0.119), (10, 0.109))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own.toml"


def complaint(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        load_thresholds(str(path))
    return str(caught.value).removeprefix(f"{path}: ")


def test_three_sets_come_with_warta() -> None:
    assert bundled() == ["fineweb2", "news", "none"]


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_set_goes_by_its_name(name: str) -> None:
    assert load_thresholds(name).name == name


def test_news_is_the_set_without_a_name() -> None:
    assert load_thresholds() == load_thresholds("news")


def test_news_documents_every_key_beside_it() -> None:
    lines = (FOLDER / "news.toml").read_text(encoding="utf-8").splitlines()
    given = tomllib.loads("\n".join(lines))
    assert {table: list(values) for table, values in given.items()} == {
        table: [*kind.model_fields] for table, kind in TABLES.items()
    }
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#") and "enabled" not in line:
            assert "#" in line or lines[number - 1].startswith("#"), (
                f"news.toml does not say what this is: {line}"
            )


def test_fineweb2_is_as_published() -> None:
    found = load_thresholds("fineweb2")
    assert found.gopher_repetition.dup_n_grams == PUBLISHED_GRAMS
    assert found.gopher_repetition.top_n_grams == ((2, 0.088), (3, 0.104), (4, 0.12))
    assert found.gopher_repetition.dup_line_frac == 0.25
    assert (found.fineweb_quality.line_punct_thr, found.fineweb_quality.new_line_ratio) == (
        0.25,
        0.222,
    )
    assert (
        found.gopher_quality.max_non_alpha_words_ratio,
        found.gopher_quality.max_avg_word_length,
    ) == (0.805, 11)
    assert (
        " ".join(found.gopher_quality.stop_words)
        == "dan yang di pada dari ini dengan adalah untuk dalam"
    )
    assert found.language.min_score == 0.685
    assert not found.c4_quality.enabled


def test_none_judges_nothing_but_still_masks() -> None:
    enabled = {
        table
        for table, values in load_thresholds("none").as_dict().items()
        if isinstance(values, dict) and values["enabled"]
    }
    assert enabled == {"personal", "contamination", "paragraphs"}


@pytest.mark.parametrize("name", bundled())
def test_all_thresholds_go_into_json_and_come_back(name: str) -> None:
    found = load_thresholds(name).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert set(found) == {"name", *TABLES}


def test_a_file_names_only_what_differs_from_news(own: Path) -> None:
    own.write_text("[length]\nmin_words = 100")
    mine, news = load_thresholds(str(own)).as_dict(), load_thresholds("news").as_dict()
    assert mine.pop("name") == "own.toml"
    assert mine.pop("length") == news.pop("length") | {"min_words": 100}
    assert mine.items() <= news.items()


def test_a_file_may_differ_from_another_set(own: Path) -> None:
    own.write_text('extends = "none"\n[length]\nenabled = true')
    found = load_thresholds(str(own))
    assert found.length.enabled
    assert not found.prose.enabled


def test_a_file_in_this_folder_needs_no_path(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.write_text("[length]\nmin_words = 100")
    monkeypatch.chdir(own.parent)
    assert load_thresholds("own.toml").length.min_words == 100


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[length]\nmin_words = 'ten'", "[length] min_words: expected a whole number, found 'ten'"),
        ("[length]\nmin_words = 3.5", "[length] min_words: expected a whole number, found 3.5"),
        ("[length]\nmin_words = true", "[length] min_words: expected a whole number, found true"),
        ("[length]\nmin_words = -1", "[length] min_words: expected at least 0, found -1"),
        (
            "[length]\nmin_words = 9\nmax_words = 3",
            "[length] min_words: expected at most max_words (3), found 9",
        ),
        (
            "[length]\nleast = 3",
            "[length] least: there is no such key: there are enabled, min_words and max_words",
        ),
        ("[length]\nenabled = 1", "[length] enabled: expected true or false, found 1"),
        ("[prose]\nmin_prose_share = 2", "[prose] min_prose_share: expected at most 1, found 2"),
        (
            "[prose]\nmin_prose_share = nan",
            "[prose] min_prose_share: expected a finite number, found nan",
        ),
        (
            "[prose]\nmin_prose_share = '0.5'",
            "[prose] min_prose_share: expected a number, found '0.5'",
        ),
        (
            "[prose]\ngallery_sections = 'foto'",
            "[prose] gallery_sections: expected a list, found 'foto'",
        ),
        (
            "[prose]\ngallery_sections = ['']",
            "[prose] gallery_sections: expected a text that is not empty, found ''",
        ),
        (
            "[fallback]\nwarnings_of_any = [3]",
            "[fallback] warnings_of_any: expected a text in quotes, found 3",
        ),
        (
            "[gopher_repetition]\ntop_n_grams = [[2]]",
            "[gopher_repetition] top_n_grams: expected one more value in each of its lists",
        ),
        (
            "[gopher_repetition]\ntop_n_grams = [[2, 0.1, 3]]",
            "[gopher_repetition] top_n_grams: expected lists of at most 2, found [2, 0.1, 3]",
        ),
        (
            "[gopher_repetition]\ntop_n_grams = [[1, 0.1]]",
            "[gopher_repetition] top_n_grams: expected at least 2, found 1",
        ),
        (
            "[gopher_quality]\nmin_stop_words = 11",
            (
                "[gopher_quality] min_stop_words: expected at most as many as stop_words (10),"
                " found 11"
            ),
        ),
        (
            "[gopher_quality]\nmin_avg_word_length = 12",
            "[gopher_quality] a lower bound of 12.0 is above its upper bound of 11.0",
        ),
        ("length = 3", "length: expected a table, written [length]"),
        ("extends = 'nws'", "extends: expected one of fineweb2, news and none, found 'nws'"),
        (
            "[length",
            "is not TOML: Expected ']' at the end of a table declaration (at end of document)",
        ),
    ],
)
def test_what_is_wrong_is_said_with_table_key_and_what_was_expected(
    text: str, said: str, own: Path
) -> None:
    assert complaint(own, text) == said


def test_an_unknown_table_is_said_with_the_known_ones(own: Path) -> None:
    said = complaint(own, "[lenght]\nmin_words = 3")
    assert said.startswith("there is no table 'lenght': there are language, length, fallback,")


def test_an_unknown_name_is_said_with_the_known_ones() -> None:
    with pytest.raises(CorpusError) as caught:
        load_thresholds("nws")
    assert (
        str(caught.value)
        == "no filters are called 'nws': there are fineweb2, news and none, or give the path of a"
        " TOML file"
    )


def test_a_file_that_is_not_there_is_said(own: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read: No such file or directory"):
        load_thresholds(str(own))


def test_a_file_that_is_not_text_is_said(own: Path) -> None:
    own.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="is not UTF-8 text"):
        load_thresholds(str(own))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    table=st.sampled_from(sorted(TABLES)),
    value=st.sampled_from(
        ["1", "-1", "true", "'a'", "[]", "[[]]", "{}", "1e400", "07:32:00", "[[2, 'a']]"]
    ),
    data=st.data(),
)
def test_any_value_of_any_key_is_taken_or_refused_in_one_line(
    table: str, value: str, data: st.DataObject, own: Path
) -> None:
    key = data.draw(st.sampled_from([*TABLES[table].model_fields]))
    own.write_text(f"[{table}]\n{key} = {value}")
    try:
        load_thresholds(str(own))
    except CorpusError as error:
        assert "\n" not in str(error)
        assert f"[{table}]" in str(error)
