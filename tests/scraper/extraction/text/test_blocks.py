"""The paragraphs of an article as a reader sees them, whatever marks them in the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from scraper.extraction.text.blocks import Block, blocks, split_glued

A = "Warga memanen padi."
B = "Hujan turun sore hari."


def read(markup: str) -> list[Block]:
    """Blocks of an article; what has the class `ad` is pruned."""
    (root,) = html.document_fromstring(
        f"<html><body><article>{markup}</article></body></html>"
    ).iter("article")
    return blocks(root, set(root.find_class("ad")))


# Markup and the paragraphs in it
PARAGRAPHS = {
    "paragraphs": (f"<p>{A}</p><p>{B}</p>", [A, B]),
    "empty paragraphs": (f"<p>{A}</p><p>&nbsp;</p><p></p><p> \n</p><p>{B}</p>", [A, B]),
    "two breaks": (f"{A}<br><br>{B}", [A, B]),
    "two breaks inside a paragraph": (f"<p>{A}<br /><br />{B}</p>", [A, B]),
    "breaks around a no-break space": (f"<p>{A}<br />\n&nbsp;<br />\n{B}</p>", [A, B]),
    "breaks around a space": (f"<p>{A}<br />\n <br />\n{B}</p>", [A, B]),
    "many breaks": (f"{A}<br><br>&nbsp;<br><br><br>{B}", [A, B]),
    "one break between sentences": (f"{A}<br>{B}", [A, B]),
    "one break before a quote": (f"{A}<br>“{B}”", [A, f"“{B}”"]),
    "one break after a quote": (f"“{A}”<br>{B}", [f"“{A}”", B]),
    "one break in mid-sentence": (
        "Warga memanen<br>padi di sawah.",
        ["Warga memanen padi di sawah."],
    ),
    "one break before a name in mid-list": ("1. Padi<br>2. Jagung", ["1. Padi", "2. Jagung"]),
    "bare text before a paragraph": (f"{A}<p>{B}</p>", [A, B]),
    "bare text after a paragraph": (f"<p>{A}</p> {B} <p>{A}</p>", [A, B, A]),
    "bare text alone": (A, [A]),
    "paragraph in a paragraph": (
        f'<p class="b2">   <p>{A}</p></p><p class="b2">   <p>{B}</p></p>',
        [A, B],
    ),
    "nested containers": (f"<div><div><p>{A}</p></div>{B}</div>", [A, B]),
    "break lost at an advert": (f"{A}<div class='ad'>Iklan</div>{B}", [A, B]),
    "advert in mid-paragraph": (f"<p>{A}<div class='ad'><p>Iklan</p></div>{B}</p>", [A, B]),
    "break lost at an inline advert": (f"{A}<span class='ad'>Iklan</span>{B}", [A, B]),
    "break lost at a script": (f"{A}<script>var x = 'p';</script>{B}", [A, B]),
    "break lost at a comment": (f"{A}<!-- iklan -->{B}", [A, B]),
    "inline advert in mid-sentence": (
        "Warga <span class='ad'>x</span>memanen padi.",
        ["Warga memanen padi."],
    ),
    "comment in mid-word": ("Wa<!-- x -->rga memanen padi.", ["Warga memanen padi."]),
    "script in mid-sentence": ("Warga <script>x()</script>memanen padi.", ["Warga memanen padi."]),
    "sentences in different formats": (f"<b>{A}</b> {B}", [f"{A} {B}"]),
    "nested inline nodes": (
        "<p><b>War<i>ga</i></b> <a href='/x'>me<em>ma</em>nen</a> padi.</p>",
        ["Warga memanen padi."],
    ),
    "inline nodes inside a word": ("<p>me<i>-review</i> sa<b>w</b>ah</p>", ["me-review sawah"]),
    "break inside an inline node": (f"<p><span>{A}<br><br></span>{B}</p>", [A, B]),
    "break first": (f"<br><br>{A}<br><br>", [A]),
    "list": ("<ul><li>padi</li><li>jagung</li></ul>", ["padi", "jagung"]),
    "nested list": (
        "<ul><li>padi<ul><li>hitam</li></ul></li><li>jagung</li></ul>",
        ["padi", "hitam", "jagung"],
    ),
    "table": (
        "<table><tr><th>Desa</th><th>Ton</th></tr><tr><td>Sukasari</td><td>12</td></tr></table>",
        ["Desa | Ton", "Sukasari | 12"],
    ),
    "table with an empty cell": (
        "<table><tr><td>Sukasari</td><td></td></tr></table>",
        ["Sukasari"],
    ),
    "paragraphs in a table's cell": (
        f"<table><tr><td><p>{A}</p><p>{B}</p></td></tr></table>",
        [A, B],
    ),
    "heading": (f"<h2>Musim Panen</h2>{A}", ["Musim Panen", A]),
    "quotation": (f"{A}<blockquote>{B}</blockquote>{A}", [A, B, A]),
    "preformatted lines": (f"<pre>{A}\n{B}</pre>", [f"{A} {B}"]),
    "entities": ("<p>Rp5&nbsp;juta &amp; 3&lt;4 &quot;ya&quot;</p>", ['Rp5 juta & 3<4 "ya"']),
    "invisible characters": ("<p>\u200e“Air”\u2060 di\u00adsini</p>", ["“Air” disini"]),
    "white space": ("<p>  Warga\n\t memanen   padi. </p>", ["Warga memanen padi."]),
    "text of scripts and styles": (
        f"<style>p {{}}</style><script>x</script><noscript><p>x</p></noscript>{A}",
        [A],
    ),
    "unclosed paragraphs": (f"<p>{A}<p>{B}", [A, B]),
    "unclosed inline node": (f"<p><b>{A}</p><p>{B}</p>", [A, B]),
    "nothing": ("", []),
    "nothing but furniture": ("<div class='ad'><p>Iklan</p></div><br>&nbsp;", []),
}


@pytest.mark.parametrize(("markup", "expected"), PARAGRAPHS.values(), ids=PARAGRAPHS)
def test_paragraphs_are_parted_as_a_reader_sees_them(markup: str, expected: list[str]) -> None:
    assert [block.text for block in read(markup)] == expected


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        (f"<p>{A}</p>", "p"),
        (A, "p"),
        (f"<div><span>{A}</span></div>", "p"),
        ("<h2>Musim Panen</h2>", "heading"),
        ("<h4><b>Musim</b> Panen</h4>", "heading"),
        ("<ul><li>padi</li></ul>", "li"),
        ("<ol><li><p>padi</p></li></ol>", "li"),
        ("<table><tr><td>padi</td><td>jagung</td></tr></table>", "row"),
    ],
)
def test_a_paragraph_tells_its_kind(markup: str, kind: str) -> None:
    assert [block.kind for block in read(markup)] == [kind]


# (markup, links, whether the paragraph is a link)
LINKS = [
    (A, (), False),
    (f"<a href='/x'>{A}</a>", ("/x",), True),
    (f"<b><a href='/x'><i>{A}</i></a></b>", ("/x",), True),
    (f"<a href='/x'>{A}</a> (1)", ("/x",), True),
    ("Baca: <a href='/x'>Warga Desa Memanen Padi di Sawah</a>", ("/x",), True),
    (f"<a href='/x'>Warga</a> {B}", ("/x",), False),
    ("<a href='/x'>Warga</a> dan <a href='/y'>petani</a>", ("/x", "/y"), False),
    ("<a href='/x'>Wa</a><a href='/x'>rga</a>", ("/x",), True),
    (f"<a>{A}</a>", ("",), True),
    ("<a href='/x'><img src='a.jpg'></a>Warga", (), False),
]


@pytest.mark.parametrize(("markup", "links", "is_link"), LINKS)
def test_a_paragraph_tells_where_its_links_lead(
    markup: str, links: tuple[str, ...], is_link: bool
) -> None:
    (block,) = read(markup)
    assert (block.links, block.is_link) == (links, is_link)


@pytest.mark.parametrize(
    ("markup", "opening"),
    [
        ("<strong>Jakarta</strong>: warga", "Jakarta"),
        ("<strong>Jakarta:&nbsp;</strong>warga", "Jakarta:"),
        ("<b>Kota <i>Batu</i></b>: warga", "Kota Batu"),
        ("<span style='font-weight: bold'>Jakarta</span>: warga", "Jakarta"),
        ("Warga <b>Jakarta</b>", ""),
        ("Warga", ""),
    ],
)
def test_a_paragraph_tells_the_bold_text_that_it_opens_with(markup: str, opening: str) -> None:
    assert read(f"<p>{markup}</p>")[0].opening == opening


def test_a_paragraph_tells_the_classes_of_the_nodes_around_it() -> None:
    (block,) = read(
        f"<div class='kotak' id='k1'><section class='isi'><p class='b2'>{A}</p></section></div>"
    )
    assert block.context == "k1 kotak isi b2"


def test_the_node_itself_is_not_part_of_the_context() -> None:
    root = html.fromstring(f"<div class='isi'><p>{A}</p></div>")
    assert blocks(root, set())[0].context == ""


WORDS = st.text("abcdefgABCDEFG.,“” ", min_size=1, max_size=12)
NODES = st.recursive(
    WORDS,
    lambda inner: st.builds(
        lambda tag, children: (
            f"<{tag}>{''.join(children)}</{tag}>" if tag != "br" else "<br>" + "".join(children)
        ),
        st.sampled_from("p div b i a span li h2 blockquote section br".split()),
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)


@given(markup=st.lists(NODES, max_size=5).map("".join))
def test_no_letter_is_lost_doubled_or_moved(markup: str) -> None:
    (root,) = html.document_fromstring(
        f"<html><body><article>{markup}</article></body></html>"
    ).iter("article")
    letters = "".join(block.text for block in blocks(root, set()))
    assert letters.replace(" ", "") == "".join(root.text_content().split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jalan tertutup tanah.Warga dievakuasi.", ["Jalan tertutup tanah.", "Warga dievakuasi."]),
        ("Itu pada 2020.Warga dievakuasi.", ["Itu pada 2020.", "Warga dievakuasi."]),
        ("Prof.Dr.Wijaya hadir.", ["Prof.Dr.Wijaya hadir."]),
        ("Wijaya, S.Pd.Guru, hadir.", ["Wijaya, S.Pd.Guru, hadir."]),
        ("Tulis Suara.Com di papan.", ["Tulis Suara.Com di papan."]),
    ],
)
def test_sentences_glued_together_are_parted_but_titles_and_addresses_are_not(
    text: str, expected: list[str]
) -> None:
    assert split_glued(text) == expected
