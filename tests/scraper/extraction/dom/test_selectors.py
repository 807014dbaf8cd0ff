"""Selectors find the same nodes whether the page's index answers them or libxml2 does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction.dom.limits import MAX_CLASSES
from scraper.extraction.dom.selectors import select
from scraper.extraction.dom.tree import Document, parse_html

PAGE = """
<div id=isi class="artikel isi-artikel"><p class="isi">Satu.</p><p class=ISI>Dua.</p></div>
<p class="isi artikel" itemprop=articleBody>Tiga.</p><section class=" artikel ">Empat.</section>
"""
SELECTORS = (
    ".isi",
    "p.isi",
    "#isi",
    ".isi.artikel",
    "[class*=isi]",
    "[class*=artikel]",
    "p[class*=artikel]",
    "[class*='isi art']",
    "[class*=isi] p",
    "[class*=isi] > p[class*=isi]",
    ".artikel[class*=isi]",
    "[class*=isi].artikel",
    "[class*=isi][class*=art]",
    "[class$=artikel]",
    "[itemprop=articleBody]",
    "[class*=isi], section",
)


def page_of(html: str) -> Document:
    page = parse_html(html)
    assert page is not None
    return page


@pytest.mark.parametrize("selector", SELECTORS)
def test_the_index_finds_what_libxml2_finds(selector: str) -> None:
    page = page_of(PAGE)
    found = select(selector, page.tree, page.index)
    assert found == select(selector, page.tree)
    assert found


@given(
    classes=st.lists(st.text("abA- ", max_size=6), max_size=8),
    part=st.text("abA-", min_size=1, max_size=3),
)
def test_a_part_of_a_class_is_found_in_document_order(classes: list[str], part: str) -> None:
    page = page_of("".join(f'<p class="{names}">Isi.</p>' for names in classes) or "<p>Isi.</p>")
    selector = f"[class*='{part}']"
    assert select(selector, page.tree, page.index) == select(selector, page.tree)


def test_no_name_is_found_beyond_the_limit_of_a_class() -> None:
    page = page_of(f"<p class='{'a' * MAX_CLASSES}isi'>Isi.</p>")
    assert select("[class*=isi]", page.tree, page.index) == []
    assert page.cut == ("cut_attributes",)
