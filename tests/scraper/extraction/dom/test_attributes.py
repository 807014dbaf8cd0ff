"""No tag whose attributes take long to parse is overlooked by the quick search for such tags."""

import re
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.extraction.dom import attributes
from scraper.extraction.dom.attributes import LONG, may_be_crowded, without_crowds
from scraper.extraction.dom.limits import MAX_ATTRIBUTES
from scraper.extraction.dom.tree import parse_html
from tests.scraper.extraction.growing import SITES, page

SHORT = 24
"""What LONG is while short pages are tried."""
PIECES = (
    *("<a", "<b ", ">", " > ", '"', "'", "=", '="', "='", ' = "', " a", " b", " c d e", "/", "  "),
    *(" a a a a a a a", ' x="1"', " y='>'", ' z=">"', "teks", "= ", 'a="b" ="', " a=b", '"">'),
    *("<script>", "</script>", "<!--", "-->", "''"),
)
TAG = re.compile(attributes._TAG.pattern.replace(b"{0,256}", b"{0,0}"), attributes._TAG.flags)
ATTRIBUTE = re.compile(attributes._ATTRIBUTE.encode(), re.VERBOSE)


@settings(max_examples=10 * settings.default.max_examples)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 12)), min_size=1, max_size=30))
def test_a_page_that_is_let_through_has_no_tag_of_many_attributes(
    parts: list[tuple[str, int]],
) -> None:
    text = "".join(piece * count for piece, count in parts).encode()
    with patch.object(attributes, "LONG", SHORT):
        if may_be_crowded(text):
            return
    for tag in TAG.finditer(text):
        assert len(ATTRIBUTE.findall(tag["more"] or b"")) <= 3 * SHORT


@pytest.mark.parametrize(
    "text",
    [
        "<p " + " ".join(f"a{n}" for n in range(LONG)) + ">",
        "<p " + " ".join(f"a{n}='>'" for n in range(LONG)) + ">",
        f'<p a="{">" * 3 * LONG}" ' + " ".join(f"a{n}" for n in range(LONG)) + ">",
        f"<p a = {' ' * LONG}'>{'x' * LONG}' " + " ".join(f"a{n}" for n in range(LONG)) + ">",
        "<p " + " ".join(f"<b a{n}='</b>'" for n in range(LONG)) + ">",
    ],
)
def test_tags_of_thousands_of_attributes_are_noticed(text: str) -> None:
    assert may_be_crowded(text.encode())
    assert may_be_crowded(f"<p>Teks.</p>{'<br>' * LONG}{text}".encode())


def test_pages_as_sites_send_them_are_let_through() -> None:
    style = "<style>" + "".join(f".kelas-{n}{{margin:{n}px}}" for n in range(LONG)) + "</style>"
    script = f"<script>var isi = {[f'kata {n}' for n in range(LONG)]}; if (1 > 0) a('=');</script>"
    for layout in SITES:
        assert not may_be_crowded(page(layout, before=style, after=script * 3).encode())


def test_all_attributes_are_looked_at_on_no_ordinary_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.extraction.dom.tree.without_crowds", None)
    document = parse_html(page("rmol", after="<p a='>' b=\"<c d='e'>\">Teks.</p>" * 1_000))
    assert document is not None
    assert document.cut == ()


def test_attributes_beyond_the_limit_are_cut_once() -> None:
    crowd = b"".join(b' a%d="1"' % n for n in range(MAX_ATTRIBUTES + 9))
    assert without_crowds(b"<p%s>Teks.</p>" % crowd) == (
        b"<p%s>Teks.</p>" % crowd[: crowd.index(b' a%d="' % MAX_ATTRIBUTES)],
        True,
    )
