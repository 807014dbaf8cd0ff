"""JSON-LD as sites write it: read whatever browsers let through, but only the page's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scraper
from archive.records import Article

URL = "https://www.suara.com/news/2026/07/24/070859/panen-raya"
OTHER = "https://www.suara.com/news/2026/07/23/080000/sawah-kering"
STORY = {"@type": "NewsArticle", "author": {"@type": "Person", "name": "Rina Wijaya"}}
PAGE = (
    "<title>Panen Raya di Lereng - Suara.com</title></head><body>"
    "<div class='article-image'><h1>Panen Raya di Lereng</h1></div>"
    "<div class='article-content'><p>Warga kampung memanen padi sejak pagi, lalu makan siang "
    "bersama di tepi sawah milik desa.</p></div></body></html>"
)


def article(block: str, *, kind: str = "application/ld+json", url: str = URL) -> Article:
    return scraper.extract(f"<html><head><script type='{kind}'>{block}</script>{PAGE}", url)


def graph(*objects: Any) -> str:
    return json.dumps({"@context": "https://schema.org", "@graph": objects})


WRITTEN = json.dumps(STORY)


@pytest.mark.parametrize(
    "block",
    [
        f"//<![CDATA[\n{WRITTEN}\n//]]>",
        f"/*<![CDATA[*/ {WRITTEN} /*]]>*/",
        f"/*<![CDATA[*/{WRITTEN}/*]]>*/",
        f"/* <![CDATA[ */{WRITTEN}/* ]]> */",
        f"<![CDATA[[{WRITTEN}]]]>",
        f"<!-- {WRITTEN} -->",
        f"{WRITTEN};",
        WRITTEN.replace("}}", ",},}"),
        f"/* artikel */ {WRITTEN}",
        WRITTEN.replace(', "author"', ', // penulis\n "author"'),
        f'{{"@type": "WebSite", "name": "Suara"}}\n{WRITTEN}',
        WRITTEN.replace('"', "&quot;"),
        WRITTEN.replace("Rina Wijaya", "Rina\tWijaya"),
        f"\ufeff{WRITTEN}",
    ],
)
def test_a_block_is_read_as_browsers_would_read_it(block: str) -> None:
    read = article(block)
    assert read.authors == ("Rina Wijaya",)
    assert "broken_json_ld" not in read.warnings


@pytest.mark.parametrize(
    "kind",
    [
        "application/ld+json",
        "Application/LD+JSON",
        " application/ld+json ",
        "application/ld+json; charset=utf-8",
        "application/ld+json;charset=UTF-8",
    ],
)
def test_the_type_of_the_script_may_have_parameters_capitals_and_spaces(kind: str) -> None:
    assert article(WRITTEN, kind=kind).authors == ("Rina Wijaya",)


@pytest.mark.parametrize(
    "kind",
    [
        "http://schema.org/NewsArticle",
        "https://schema.org/NewsArticle",
        "schema:NewsArticle",
        "newsArticle",
        ["Article", "NewsArticle"],
        ["https://schema.org/Article"],
    ],
)
def test_a_type_may_be_an_address_or_a_list(kind: Any) -> None:
    assert article(json.dumps(STORY | {"@type": kind})).authors == ("Rina Wijaya",)


@pytest.mark.parametrize(
    "author",
    [
        "Rina Wijaya",
        ["Rina Wijaya", None, ""],
        [[{"@type": "Person", "name": "Rina Wijaya"}]],
        {"name": ["Rina Wijaya"]},
        [{"name": [["Rina Wijaya"]]}, {"name": None}],
        {"@list": [{"name": "Rina Wijaya"}]},
        {"0": {"name": "Rina Wijaya"}, "2": {"name": "Admin"}},
        {"givenName": "Rina", "familyName": "Wijaya"},
        {"name": {"@value": "Rina Wijaya"}},
        [{"name": "Rina Wijaya"}, {"name": "undefined"}, {"name": "Redaksi"}],
    ],
)
def test_authors_are_read_however_they_are_nested(author: Any) -> None:
    assert article(json.dumps(STORY | {"author": author})).authors == ("Rina Wijaya",)


@pytest.mark.parametrize("author", [{"@id": "#rina"}, [{"@id": "#rina"}], "#rina"])
def test_an_author_may_be_described_elsewhere(author: Any) -> None:
    person = {"@id": "#rina", "@type": "Person", "name": "Rina Wijaya"}
    assert article(graph(STORY | {"author": author}, person)).authors == ("Rina Wijaya",)


@pytest.mark.parametrize(
    ("keywords", "tags"),
    [
        ("padi, sawah", ("padi", "sawah")),
        (["padi", None, "sawah"], ("padi", "sawah")),
        ([{"@type": "DefinedTerm", "name": "padi"}, "sawah"], ("padi", "sawah")),
        ({"name": "padi"}, ("padi",)),
        ([["padi"], [7, True, {}]], ("padi",)),
    ],
)
def test_keywords_may_be_objects(keywords: Any, tags: tuple[str, ...]) -> None:
    assert article(json.dumps(STORY | {"keywords": keywords})).tags == tags


def other(**fields: Any) -> dict[str, Any]:
    return {
        "@type": "NewsArticle",
        "headline": "Sawah Kering di Tiga Desa",
        "author": "Orang Lain",
        "datePublished": "2026-07-23T08:00:00+07:00",
        **fields,
    }


@pytest.mark.parametrize(
    "own",
    [
        {"url": URL},
        {"url": "/news/2026/07/24/070859/panen-raya"},
        {"mainEntityOfPage": URL},
        {"mainEntityOfPage": {"@type": "WebPage", "@id": URL + "?utm_source=x"}},
        {"@id": URL + "#article"},
        {"headline": "Panen Raya di Lereng"},
        {"headline": "PANEN RAYA DI LERENG | Suara.com"},
    ],
)
@pytest.mark.parametrize("its", [{"url": OTHER}, {"mainEntityOfPage": {"@id": OTHER}}])
def test_of_several_articles_the_one_of_this_page_is_read(
    own: dict[str, Any], its: dict[str, Any]
) -> None:
    read = article(graph(other(**its), STORY | own))
    assert read.authors == ("Rina Wijaya",)
    assert "other_json_ld" not in read.warnings


def test_another_story_alone_is_not_read_and_noted() -> None:
    read = article(graph(other(url=OTHER)))
    assert read.authors == ()
    assert "other_json_ld" in read.warnings
    assert read.published_at is None or read.published_at.day != 23


def test_an_article_that_says_nothing_of_its_address_is_the_page_s() -> None:
    assert article(json.dumps(STORY | {"headline": "Judul untuk Mesin"})).authors == (
        "Rina Wijaya",
    )


def test_two_descriptions_of_the_page_complete_each_other() -> None:
    dated = {"@type": "Article", "url": URL, "datePublished": "2026-07-24T07:10:00+07:00"}
    read = article(graph(dated, STORY | {"url": URL}))
    assert read.authors == ("Rina Wijaya",)
    assert read.published_at is not None and read.published_at.minute == 10


def test_of_an_unknown_site_the_address_decides_too() -> None:
    url = "https://www.harianrawa.example/berita/panen-raya"
    its = other(url="https://harianrawa.example/berita/sawah-kering")
    own = STORY | {"url": "https://m.harianrawa.example/berita/panen-raya/amp"}
    assert article(graph(its, own), url=url).authors == ("Rina Wijaya",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["@id", "@type", "name", "url", "@list", "0"]), inner)
    ),
    max_leaves=12,
)


@given(author=JSON, keywords=JSON, page=JSON, image=JSON, kind=JSON)
def test_no_json_breaks_the_reading(
    author: Any, keywords: Any, page: Any, image: Any, kind: Any
) -> None:
    data = {"@type": ["NewsArticle", kind], "author": author, "keywords": keywords}
    read = article(json.dumps(data | {"mainEntityOfPage": page, "image": image}))
    assert all(isinstance(name, str) and name for name in (*read.authors, *read.tags))
