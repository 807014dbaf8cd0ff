"""What is beyond the limits is cut off and named; the article remains."""

from collections.abc import Callable

import pytest

import scraper
from archive.ledger.wording import CUTS, sentence
from scraper.extraction.dom.selectors import text_content
from scraper.extraction.dom.tree import parse_html
from tests.scraper.extraction.growing import PROSE, SITES, page, repeated

CROWDED = "<div " + " ".join(f"a{number}=1" for number in range(1_000)) + ">"
CUT: dict[str, tuple[str, Callable[[], str]]] = {
    "tags": ("cut_page", lambda: page("rmol", after=repeated("<b></b>", 700_000))),
    "attributes": ("cut_attributes", lambda: page("rmol", after=CROWDED)),
    "attributes without a tag's end": (
        "cut_attributes",
        lambda: page("rmol", after=CROWDED[:-1] * 9),
    ),
    "a class": (
        "cut_attributes",
        lambda: page("rmol", after=f"<div class='{'k ' * 2_000}'>x</div>"),
    ),
    "an id": ("cut_attributes", lambda: page("rmol", after=f"<div id='{'k' * 4_000}'>x</div>")),
    "paragraphs": ("cut_paragraphs", lambda: page("rmol", inside="<p>Teks." * 6_000)),
    "a headline": ("cut_field", lambda: page("rmol", head=_meta("og:title", "Kata " * 300))),
    "a byline": ("cut_field", lambda: page("rmol", head=_meta("author", "Sari Melati, " * 300))),
    "a meta tag": ("cut_field", lambda: page("rmol", head=_meta("news_keywords", "a" * 20_000))),
    "tags of the story": (
        "cut_field",
        lambda: page("rmol", head=_meta("news_keywords", ",".join(map(str, range(90))))),
    ),
    "JSON-LD blocks": ("cut_json_ld", lambda: page("rmol", head=_json_ld("{}") * 60)),
    "a JSON-LD block": ("cut_json_ld", lambda: page("rmol", head=_json_ld(f'"{"a" * 600_000}"'))),
    "nested JSON-LD": (
        "cut_json_ld",
        lambda: page("rmol", head=_json_ld("[" * 80 + "1" + "]" * 80)),
    ),
}


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{content}">'


def _json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(("warning", "make"), CUT.values(), ids=CUT)
def test_what_is_cut_off_is_a_warning(warning: str, make: Callable[[], str]) -> None:
    article = scraper.extract(make(), SITES["rmol"][0])
    assert [code for code in article.warnings if code in CUTS] == [warning]
    assert article.headline is not None
    assert article.headline.startswith(("Judul berita", "Kata"))
    assert article.body.startswith(PROSE)


def test_an_ordinary_page_is_not_cut() -> None:
    article = scraper.extract(page("rmol"), SITES["rmol"][0])
    assert set(article.warnings).isdisjoint(CUTS)


def test_every_warning_about_a_cut_has_a_sentence() -> None:
    assert set(CUTS) == {warning for warning, _make in CUT.values()}
    assert all(sentence(code) != code for code in CUTS)


@pytest.mark.parametrize(
    "before", ["<script>if (a<b", "<style>a<b", "<!-- <script>", "<textarea><b", "<title><b"]
)
def test_text_that_looks_like_a_crowded_tag_is_none(before: str) -> None:
    """Scripts and comments are skipped, and end where the parser ends them."""
    words = " ".join(f"w{number}" for number in range(1_000))
    end = {"<!": "-->"}.get(before[:2], f"</{before[1:].partition('>')[0]}>")
    text = f"{before} {words}{end}<p id=sesudah>Teks.</p>"
    document = parse_html(text)
    assert document is not None
    assert document.cut == ()
    assert document.text("#sesudah") == "Teks."


@pytest.mark.parametrize("count", [300, 10_000])
@pytest.mark.parametrize(
    ("opening", "attribute"),
    [
        ("<p ", "a{} "),
        ("<p ", "a{}='>' "),
        ('<p a=">"', 'b{}=">"'),
        ("<p ", "<b{} "),
        ("<p/", 'a{}="1"/'),
        ("<p ", "a{} = 1 "),
        ("<p ", "={}/"),
        ("<script ", "a{}=1 "),
        ("<!-- <script> --><p ", "a{} "),
    ],
)
def test_attributes_beyond_the_limit_are_dropped(opening: str, attribute: str, count: int) -> None:
    crowd = "".join(map(attribute.format, range(count)))
    document = parse_html(f"<div id=sebelum>A</div>{opening}{crowd}id=sesudah></script>Teks.")
    assert document is not None
    assert document.cut == ("cut_attributes",)
    assert document.all("#sesudah") == []
    assert document.text("#sebelum") == "A"
    assert text_content(document.tree).endswith("Teks.")


@pytest.mark.parametrize("charset", ["punycode", "hex", "unicode_escape", "utf-7", "idna", "rot13"])
@pytest.mark.parametrize("declared", ["header", "meta"])
def test_an_encoding_that_is_none_of_the_web_is_none(charset: str, declared: str) -> None:
    text = "<p>Kafé “Senja” a-b</p>"
    content_type = f"text/html; charset={charset}" if declared == "header" else None
    if declared == "meta":
        text = f"<meta charset={charset}>{text}"
    document = parse_html(text.encode(), content_type)
    assert document is not None
    assert document.text("p") == "Kafé “Senja” a-b"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf8", "utf-8"),
        ("latin1", "cp1252"),
        ("windows-1252", "cp1252"),
        ("iso-8859-5", "iso8859-5"),
        ("shift_jis", "cp932"),
        ("big5", "big5hkscs"),
        ("gbk", "gb18030"),
        ("euc-kr", "cp949"),
        ("koi8-r", "koi8-r"),
        ("utf-16le", "utf-16-le"),
        ("macintosh", "mac-roman"),
    ],
)
def test_an_encoding_of_the_web_is_read_by_its_label(label: str, codec: str) -> None:
    text = "<p>teks a-b</p>"
    document = parse_html(text.encode(codec), f"text/html; charset={label}")
    assert document is not None
    assert document.text("p") == "teks a-b"
