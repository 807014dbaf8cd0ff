"""Texts from outside in Markdown and pictures: they show what they hold, and do nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archive.corpus.output.card_tables import table
from archive.corpus.output.rollups import code, fenced, plain
from tests.archive.corpus.summaries import HOSTILE

MARKDOWN = MarkdownIt("commonmark").enable("table")
SHARP = st.text(
    st.one_of(st.sampled_from("`|\\*_[]()<>#$&~!-:\n\t\r \u2028\x00\ud800a"), st.characters()),
    max_size=40,
)


@given(SHARP)
def test_a_cell_shows_its_text_and_nothing_else(text: str) -> None:
    tokens = MARKDOWN.parse(table(["site", "documents"], [[code(text), 1]]))
    cells = [token.children or [] for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    assert [child.type for child in cells[2]] == (["code_inline"] if plain(text) else ["text"])
    if plain(text):
        assert cells[2][0].content == plain(text)


@given(SHARP)
def test_a_block_of_code_shows_its_text_and_nothing_else(text: str) -> None:
    shown = plain(text)
    (token,) = MARKDOWN.parse(fenced(shown, "sh"))
    assert (token.type, token.info, token.content) == ("fence", "sh", f"{shown}\n")


@given(SHARP)
def test_plain_text_is_one_printable_line_that_stays_as_it_is(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert plain(shown) == shown


@pytest.mark.parametrize("name", HOSTILE)
def test_pictures_get_short_names(name: str) -> None:
    from archive.corpus.output.plots import drawable

    assert len(drawable(name, 24)) <= 24
