"""Whatever a page, a text, a record or a date holds, reading it ends with an article."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scraper
from archive.records import Article
from scraper.extraction.fields.bylines import read_byline
from scraper.extraction.fields.dates import (
    parse_day,
    parse_relative,
    parse_structured,
    parse_visible,
)
from scraper.ingest.collections.markup import without_markup
from scraper.ingest.collections.stories import ImportOptions, Story, story_of
from scraper.ingest.collections.times import parse_time
from tests.scraper.extraction.growing import PROSES, SITES, page

CASES = Path(__file__).parents[1] / "sites" / "cases"
PAGES = sorted(CASES.rglob("*.html"))
ADDRESSES = [url for url, _body in SITES.values()]
ADDRESS = st.sampled_from(ADDRESSES)
DIGITS = "9" * 5_000


def ld_json(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


SEEDS = {
    "nothing": b"",
    "a NUL": b"\0",
    "only a sign": b"<",
    "an open tag": b"<a href=",
    "an open comment": b"<!--",
    "an open script": b"<script>",
    "an XML declaration": b"<?xml version='1.0' encoding='utf-16'?>",
    "an empty document": b"<html></html>",
    "a frameset": b"<frameset><frame src=x></frameset>",
    "gzip": gzip.compress(b"<p>x"),
    "UTF-16 without its second half": "<p>teks".encode("utf-16")[:-1],
    "UTF-32": "<p>teks".encode("utf-32"),
    "a charset that is none": b"<meta charset=punycode><p>\xff\xfe\x80",
    "a charset of bytes": b"<meta charset=hex><p>zz",
    "a charset of escapes": b"<meta charset=unicode_escape><p>\\ud800\\N{x}",
    "a charset of nobody": b"<meta charset=" + b"x" * 3_000 + b">",
    "a reference of 5,000 digits": page(
        "unknown", head=f'<meta property=og:title content="A &amp;#{DIGITS};">'
    ),
    "a reference of 5,000 digits as text": page(
        "unknown", inside=f"<p>&amp;#{DIGITS}; &#{DIGITS};"
    ),
    "a reference of 5,000 digits in JSON-LD": page(
        "unknown", head=ld_json(f'{{"@type":"NewsArticle","headline":"&#{DIGITS};"}}')
    ),
    "a number of 5,000 digits in JSON-LD": page(
        "unknown", head=ld_json(f'{{"@type":"NewsArticle","keywords":[{DIGITS}]}}')
    ),
    "lists nested in JSON-LD": page("unknown", head=ld_json("[" * 9_000 + "]" * 9_000)),
    "graphs nested in JSON-LD": page(
        "unknown", head=ld_json('{"@graph":' * 9_000 + "1" + "}" * 9_000)
    ),
    "900 lists nested in the keywords": page(
        "unknown", head=ld_json(f'{{"@type":"NewsArticle","keywords":[{"[" * 900}{"]" * 900}]}}')
    ),
    "values of other types in JSON-LD": page(
        "unknown",
        head=ld_json(
            json.dumps(
                {
                    "@type": ["NewsArticle", 1, None, {}],
                    "author": [1, None, [], {"name": ["x"]}, {"name": {"name": "x"}}],
                    "keywords": [None, 1, 1.5, True, {}, {"name": 1}],
                    "image": [[]],
                    "datePublished": 2020,
                    "headline": [],
                    "articleSection": {},
                    "@graph": [
                        [[{"@type": "BreadcrumbList", "itemListElement": [1, {"item": 2}]}]]
                    ],
                }
            )
        ),
    ),
    "half characters": page("suara", inside="<p>\\ud800 &#xd800; &#55296; &#0; &#x110000;"),
    "times beyond all clocks": page(
        "unknown",
        head="".join(
            f'<meta property="article:published_time" content="{time}">'
            for time in ("9999-12-31T23:59:59-14:00", "0000-00-00T00:00", "2020-01-01T25:61+99:99")
        ),
    ),
    "an address that is none": page(
        "suara",
        head="<link rel=canonical href='http://[::1'><meta property=og:image content='//['>",
    ),
    "nodes nested 100,000 deep": page("rmol", inside="<div><b><i>" * 30_000),
    "end tags alone": page("rmol", inside="</div></b></table></html>" * 1_000),
    "tables in tables": page("medcom", inside="<table><tr><td>a" * 3_000),
    "a template's attribute of the root": b"<html {{attrs}}><body><div>short</div></body></html>",
    "a name in braces": b"<html {b}='c'><body><div>short</div></body></html>",
    "a control character as the language": b"<html lang='a&#1;'><body><div>short</div></html>",
    "a control character in a class": (
        f"<article>{PROSES}<div class='a&#1;b'>{PROSES}</div>{PROSES}</article>"
    ),
    "no character in an endless class": f"<div class='a&#xFFFE;{'x' * 3_000}'>{PROSES}</div>",
}


def assert_read(html: bytes | str, *addresses: str) -> None:
    for url in addresses or ADDRESSES[:1]:
        article = scraper.extract(html, url)
        assert isinstance(article, Article)
        assert "extraction_failed" not in article.warnings
        article.body.encode()
        json.dumps(article.as_dict()).encode()


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_seeds(seed: bytes | str) -> None:
    assert_read(seed, ADDRESSES[0], ADDRESSES[1])
    assert_read(PROSES.encode() + seed if isinstance(seed, bytes) else seed[::-1])


@given(st.binary(max_size=400), ADDRESS)
def test_any_bytes(html: bytes, url: str) -> None:
    assert_read(html, url)


@given(st.text(st.characters(), max_size=200), ADDRESS)
def test_any_text(html: str, url: str) -> None:
    assert_read(html, url)


TAGS = st.sampled_from(
    "html head body div p a h1 span li td table script style meta link title article figcaption "
    "br iframe svg template select noscript time".split()
)
NAMES = st.sampled_from(
    "class id href content name property itemprop rel type style charset".split()
)
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        "articleBody application/ld+json article:published_time og:title author canonical "
        "breadcrumb caption article-content detail-content javascript: &#9999999999; "
        "2020-13-45".split()
    ),
)
MARKUP = st.recursive(
    st.text(max_size=30),
    lambda inner: st.builds(
        lambda tag, attributes, children, closed: (
            f"<{tag} "
            + " ".join(f'{name}="{value}"' for name, value in attributes.items())
            + f">{''.join(children)}"
            + (f"</{tag}>" if closed else "")
        ),
        TAGS,
        st.dictionaries(NAMES, VALUES, max_size=3),
        st.lists(inner, max_size=4),
        st.booleans(),
    ),
    max_leaves=20,
)


@given(MARKUP, ADDRESS)
def test_any_markup(html: str, url: str) -> None:
    assert_read(html, url)


@given(
    st.sampled_from(PAGES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=8)), max_size=6),
    ADDRESS,
)
def test_pages_with_bytes_removed_and_added(
    path: Path, changes: list[tuple[float, int, bytes]], url: str
) -> None:
    html = path.read_bytes()
    for place, removed, added in changes:
        start = int(place * len(html))
        html = html[:start] + added + html[start + removed :]
    assert_read(html, url)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                "@type @graph author name headline keywords image url datePublished item "
                "itemListElement articleSection".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from("author headline keywords image @graph".split()), JSON))
def test_any_json_ld(members: dict[str, object]) -> None:
    text = json.dumps({"@type": "NewsArticle", **members})
    assert_read(page("unknown", head=ld_json(text.replace("</", "<\\/"))))


@given(st.text(st.characters(), max_size=400))
def test_any_scraped_text(text: str) -> None:
    for site in (None, "suara", "republika", "medcom", "rmol", "islamtimes"):
        assert isinstance(scraper.clean(text, site), Article)


@given(
    st.dictionaries(
        st.sampled_from("url title text date author site tags language category".split()),
        JSON | st.text(st.characters(), max_size=60),
    )
)
def test_any_record(record: dict[str, object]) -> None:
    assert isinstance(story_of(record, ImportOptions(zone=UTC), None), (Story, str))


@pytest.mark.parametrize("text", [f"<p>A</p>&#{DIGITS};", f"&#{DIGITS}; &amp;", f"<b>&#{DIGITS}"])
def test_references_of_records(text: str) -> None:
    assert DIGITS not in without_markup(text)


@given(st.text(st.characters(), max_size=80) | st.from_regex(r"\d{1,4}[-/ ]\w{1,9}[-/ ]\d{1,9}.*"))
def test_any_date_and_byline(text: str) -> None:
    parse_visible(text, UTC)
    parse_structured(text, UTC)
    parse_day(text, UTC)
    parse_relative(text, datetime(2026, 1, 1, tzinfo=UTC))
    parse_time(text, UTC)
    read_byline(text)


@pytest.mark.parametrize("date", [DIGITS, f"2020-01-01 {DIGITS}", f"{DIGITS} Jan 2020 10:00"])
def test_dates_of_5000_digits(date: str) -> None:
    for parse in (parse_visible, parse_structured, parse_day):
        assert parse(date, UTC) is None
    assert parse_time(date, UTC).at is None
