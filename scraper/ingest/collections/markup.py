"""Texts of collections that still hold tags or entities."""

import re

from scraper.extraction.dom.tree import parse_html, text_of, unescape
from scraper.extraction.text.blocks import blocks

_BLOCK = (
    "p|br|div|h[1-6]|ul|ol|li|table|tr|td|blockquote|figure|section|article|html|body|center"
    "|script|style|iframe"
)
_INLINE = "a|b|i|u|em|strong|span|font|img|sup|sub|small"
_ANY_TAG = re.compile(rf"</?(?:{_BLOCK}|{_INLINE})\b[^<>]*>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK})\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d{0,2});", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n\s*\n")


def without_markup(text: str) -> str:
    """Return the text as a reader sees it, one line per paragraph; plain text stays as it is.

    >>> without_markup("<p>Harga beras &amp; gula naik.</p><p>Warga <b>mengeluh</b>.</p>")
    'Harga beras & gula naik.\\nWarga mengeluh.'
    >>> without_markup("Suhu < 5 derajat & turun")
    'Suhu < 5 derajat & turun'
    """
    if _ENTITY.search(text) and not _ANY_TAG.search(text):
        text = unescape(text)  # the entities may have been tags
    if not _ANY_TAG.search(text):
        return text
    if not _BLOCK_TAG.search(text):
        text = "\n".join(map(_line, text.split("\n")))
    elif page := parse_html(_BLANK_LINES.sub("<br><br>", text)):
        text = "\n".join(block.text for block in blocks(page.tree, set()))
    else:
        text = ""
    if _ENTITY.search(text):
        text = unescape(text)
    return text


def _line(line: str) -> str:
    """Return a line without its inline tags."""
    if "<" not in line and "&" not in line:
        return line
    page = parse_html(line)
    return text_of(page.tree, whole=True) if page is not None else line
