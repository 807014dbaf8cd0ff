"""Pages are decoded as what they are, whatever they say."""

from __future__ import annotations

import pytest

from scraper.extraction.dom.tree import clean, parse_html

TEXT = "“Panennya ‘raya’ – kata Néli”"


def shown(body: bytes, content_type: str | None = None) -> str:
    page = parse_html(body, content_type)
    assert page is not None
    return page.text("p") or ""


WESTERN = "Caf\u00e9 \u201craya\u201d \u2013 \u00e8"


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        ("<meta charset=iso-8859-1>", None),
        ("<meta charset=windows-1252>", None),
        ("<meta charset=utf-16>", None),
        ("", "text/html; charset=ISO-8859-1"),
        ("<script>var m = '<meta charset=gbk>';</script>", None),
        ("<!-- <meta charset=iso-8859-1> -->", None),
        ("<script>" + "x" * 5000 + "</script><meta charset=utf-8>", None),
    ],
)
def test_valid_utf8_is_utf8(head: str, content_type: str | None) -> None:
    assert shown(f"<html><head>{head}</head><p>{TEXT}</p>".encode(), content_type) == TEXT


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("windows-1252", TEXT),
        ("gbk", "日本語のニュース"),
        ("shift_jis", "日本語のニュース"),
        ("utf-16", TEXT),
    ],
)
def test_what_is_no_utf8_is_what_the_page_says(charset: str, text: str) -> None:
    body = f"<html><head><meta charset={charset}></head><p>{text}</p>".encode(charset)
    assert shown(body, f"text/html; charset={charset}") == text


@pytest.mark.parametrize("content_type", [None, "text/html; charset=utf-8"])
def test_a_declared_utf8_without_any_character_of_it_is_western(content_type: str | None) -> None:
    body = f"<html><head><meta charset=utf-8></head><p>{WESTERN}</p>".encode("windows-1252")
    assert shown(body, content_type) == WESTERN
    mixed = "<meta charset=utf-8><p>Caf\u00e9 \u201craya\u201d ".encode() + b"\x93panen</p>"
    assert "Caf\u00e9 \u201craya\u201d" in shown(mixed, content_type)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "keluarga \U0001f469\u200d\U0001f469\u200d\U0001f466",
            "keluarga \U0001f469\u200d\U0001f469\u200d\U0001f466",
        ),
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u200c\u0631\u0648\u0645"),
        ("pa\u200dnen ra\u200cya\u200d", "panen raya"),
    ],
)
def test_joiners_stay_where_they_are_letters(written: str, read: str) -> None:
    assert clean(written) == read
