"""The texts of a page are gathered in one walk, whatever stands around them."""

import pytest

from scraper.extraction.dom import prose
from scraper.extraction.dom.prose import Prose
from scraper.extraction.dom.tree import parse_html
from tests.scraper.extraction.growing import PROSE


def passages(body: str, *, long_only: bool = False) -> list[tuple[str, str, int]]:
    page = parse_html(f"<html><body>{body}</body></html>")
    assert page is not None
    found = Prose(page, long_only=long_only).passages
    return [(str(passage.node.tag), passage.text, passage.linked) for passage in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>Satu <b>dua</b> tiga</p>", [("p", "Satu dua tiga", 0)]),
        ("<div>Atas<p>Isi</p>bawah</div>", [("div", "Atasbawah", 0), ("p", "Isi", 0)]),
        (
            "<p>Lihat <a href=/x>berita <i>lain</i></a> ini</p>",
            [("p", "Lihat berita lain ini", 10)],
        ),
        ("<a href=/x><p>A</p><p>B</p><p>C</p>d</a>", [("p", "A", 0), ("p", "B", 0), ("p", "C", 0)]),
        ("<p>Teks<!-- catatan -->nya<script>a</script></p>", [("p", "Teksnya", 0)]),
        ("<noscript>Tak ada</noscript><style>p{}</style><p> </p>", []),
    ],
)
def test_each_block_has_the_text_that_is_its_own(
    body: str, expected: list[tuple[str, str, int]]
) -> None:
    found = passages(body)
    assert [passage for passage in found if passage in expected] == expected


def test_short_texts_count_in_headings_alone_where_only_paragraphs_are_wanted() -> None:
    body = f"<h2>Judul <i>kecil</i></h2><p>Pendek.</p><p>{PROSE}</p>"
    texts = [text for _tag, text, _linked in passages(body, long_only=True)]
    assert texts == ["Judul kecil", PROSE]


def test_each_node_is_visited_once(monkeypatch: pytest.MonkeyPatch) -> None:
    visited: list[object] = []
    gather = prose._Texts.gather

    def counted(texts: object, node: object, *others: object, **named: object) -> None:
        visited.append(node)
        gather(texts, node, *others, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(prose._Texts, "gather", counted)
    page = parse_html("<div>" * 50 + f"<p><b><i>{PROSE}</i></b></p>" * 500)
    assert page is not None
    assert len(Prose(page).passages) == 500
    assert len(visited) == len(set(map(id, visited))) <= len(list(page.tree.iter()))
