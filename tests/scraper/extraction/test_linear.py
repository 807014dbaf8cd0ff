"""The time of reading grows with the size of what is read, whatever it repeats."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scraper
from archive.revisions.changes import word_diff
from scraper.extraction.article import join, read
from scraper.extraction.fields.bylines import read_byline
from scraper.extraction.fields.dates import parse_relative, parse_structured, parse_visible
from scraper.ingest.collections.stories import ImportOptions, story_of
from scraper.ingest.collections.times import date_order, parse_time
from scraper.politeness.robots import parse_robots
from scraper.spiders import site_of
from tests.linear import LARGE, QUICK, assert_linear, seconds
from tests.scraper.extraction.growing import (
    PROSE,
    SITES,
    TEXT_PARTS,
    Grown,
    page,
    pages,
    repeated,
    texts,
)

ATTACKS = {
    "a byline without spaces": ("suara S4", "letters in meta author"),
    "the title of a byline": ("unknown", "titles in meta author"),
    "a flat list of links": ("unknown", "links alone"),
    "links after the story": ("rmol", "links after"),
    "one class around many blocks": ("unknown", "a long class around blocks"),
    "many classes over many paragraphs": ("unknown", "many classes around paragraphs"),
    "links to the home page": ("suara", "home links before"),
    "nested breadcrumbs": ("medcom", "home link nested around <a></a>"),
    "siblings of selected nodes": ("suara S4", "class head-writer-date nested around <i></i>"),
    "selectors of several classes": ("republika R5", "many classes before"),
    "attributes of one tag": ("unknown", "attributes of a tag"),
    "an encoding that is no charset": ("unknown", "charset punycode"),
    "nested captions": ("rmol", "class caption nested around <i></i>"),
    "articles that follow each other": ("republika R5", "articles before"),
    "siblings of bodies": ("republika R2", "nodes of class content-detail after"),
    "menus": ("islamtimes", "nodes of class doc-section-info before"),
    "widgets": ("unknown", "contexts"),
    "links deep in containers": ("unknown", "div nested around <a></a>"),
    "JSON-LD within JSON-LD": ("unknown", "objects nested in @graph of JSON-LD"),
}
"""What was found: layout and input."""


def reader(layout: str) -> Callable[[str], object]:
    url = SITES[layout][0]
    return lambda html: read(html.encode("utf-8", "replace"), url, site_of(url))


def clean_all(text: str) -> None:
    for site in (None, "republika"):
        scraper.clean(text, site)


@pytest.mark.parametrize(("layout", "name"), ATTACKS.values(), ids=ATTACKS)
def test_pages_that_once_took_quadratic_time(layout: str, name: str) -> None:
    assert_linear(reader(layout), dict(pages(layout))[name])


@pytest.mark.parametrize(
    "unit",
    [
        "\\",
        "\\u003cp",
        '\\"',
        "\\u003cp\\u003e" + PROSE,
        "{",
        '{"title":"Warga","body":"\\u003cp\\u003e' + PROSE + '"}',
        "<div>",
        "<a><p>",
        "<div class='card'><p>x",
    ],
)
def test_stories_in_scripts_and_pages_without_any(unit: str) -> None:
    script = f"<script>Warga\\u003cp{PROSE}\\u003c/p%s</script>"
    page = f"<html><body><h1>Warga</h1>%s</body></html>{script}"
    assert_linear(reader("unknown"), lambda size: page % ((repeated(unit, size),) * 2), size=QUICK)


def test_prose_beside_the_node_of_a_layout() -> None:
    node = f"<h1>Warga</h1><div class='article-content'><p>{PROSE}</p></div>"
    unit = f"{'<p>x</p>' * 9}<p>{PROSE}</p>"
    assert_linear(reader("suara"), lambda size: node + repeated(unit, size), size=2 * LARGE)


def test_a_link_around_many_texts() -> None:
    start = "<h1>Warga</h1><div class='article-content'><p><a href='/x'>"
    unit = f"{PROSE}<b></b>"
    assert_linear(reader("suara"), lambda size: start + repeated(unit, size), size=5 * LARGE)


@settings(max_examples=settings.default.max_examples // 3)
@given(st.sampled_from(sorted(SITES)).flatmap(lambda s: st.tuples(st.just(s), _names_of_pages(s))))
def test_any_unit_in_any_place_of_any_page(chosen: tuple[str, str]) -> None:
    layout, name = chosen
    assert_linear(reader(layout), dict(pages(layout))[name], size=QUICK)


def _names_of_pages(layout: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name for name, _grown in pages(layout)])


@pytest.mark.slow
@pytest.mark.parametrize("layout", SITES)
def test_every_unit_in_every_place_of_a_page(layout: str) -> None:
    """What takes a second, here or beside other work, is read at two sizes."""
    read_page = reader(layout)
    for _name, grown in pages(layout):
        if seconds(partial(read_page, grown(QUICK))) > 1:
            assert_linear(read_page, grown, size=QUICK)


@settings(max_examples=settings.default.max_examples // 3)
@given(st.sampled_from([name for name, _grown in texts()]))
def test_any_unit_in_any_place_of_a_scraped_text(name: str) -> None:
    assert_linear(clean_all, dict(texts())[name], size=QUICK)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "grown"), list(texts()), ids=[name for name, _ in texts()])
def test_every_unit_in_every_place_of_a_scraped_text(name: str, grown: Grown) -> None:
    assert_linear(clean_all, grown)


@pytest.mark.parametrize("unit", TEXT_PARTS.values(), ids=TEXT_PARTS)
def test_dates_and_bylines(unit: str) -> None:
    def read_all(text: str) -> None:
        for written in (text, f"1 Januari 2020 {text}", f"2020-01-01T00:00{text}"):
            parse_visible(written, UTC)
            parse_structured(written, UTC)
            parse_time(written, UTC)
            date_order(written)
        read_byline(text)
        read_byline(f"Rep: {text}")

    assert_linear(read_all, lambda size: repeated(unit, size))


@pytest.mark.parametrize("unit", TEXT_PARTS.values(), ids=TEXT_PARTS)
@pytest.mark.parametrize("column", ["text", "title", "author", "date", "tags"])
def test_records_of_collections(column: str, unit: str) -> None:
    record = {"url": SITES["suara"][0], "text": PROSE, "date": "2020-01-01"}

    def imported(text: str) -> None:
        for written in (text, f"{record.get(column, '')}{text}", f"<p>{text}"):
            story_of({**record, column: written}, ImportOptions(zone=UTC), None)

    assert_linear(imported, lambda size: repeated(unit, size), size=QUICK)


@pytest.mark.parametrize(
    "unit",
    [
        "User-agent: a\n",
        "Disallow: /\n",
        "Disallow: /*a*a*a*a*b$\n",
        "User-agent: *\nDisallow: /a*b\n",
        "User-agent: warta\nDisallow: /*a$\n",
        "a:\n",
        "/",
        "#",
    ],
)
def test_robots_files(unit: str) -> None:
    url = f"https://kabar.example/{'a' * 1000}"

    def judged(text: str) -> None:
        robots = parse_robots(200, text.encode())
        robots.allows(url)
        robots.opt_out(url)
        robots.ruling(url)

    start = "User-agent: *\nDisallow: /x\n"
    assert_linear(judged, lambda size: start + repeated(unit, size), size=QUICK)


def test_robots_files_have_a_limit() -> None:
    assert len(parse_robots(200, b"#" * 2_000_000).text) < 600_000


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda n: repeated("a ", n), lambda n: repeated("a ", n // 2)),
        (
            lambda n: f"q {repeated('a ', n)}r {repeated('a ', n)}s",
            lambda n: f"x {repeated('a ', n)}y {repeated('a ', n)}z",
        ),
        (
            lambda n: " ".join(f"x a{i}" for i in range(n // 8)),
            lambda n: " ".join(f"x b{i}" for i in range(n // 8)),
        ),
        (
            lambda n: " ".join(f"a{i} b{i}" for i in range(n // 14)),
            lambda n: " ".join(f"a{i} c{i}" for i in range(n // 14)),
        ),
        (
            lambda n: " ".join(f"a{i}" for i in range(n // 7)),
            lambda n: " ".join(f"a{i}" for i in reversed(range(n // 7))),
        ),
    ],
    ids=["fewer", "equal words between others", "every second word", "unique words", "reversed"],
)
def test_the_difference_of_two_texts(before: Grown, after: Grown) -> None:
    assert_linear(
        lambda texts: list(word_diff(*json.loads(texts))),
        lambda size: json.dumps([before(size), after(size)]),
    )


def test_the_parts_of_a_story_are_joined() -> None:
    url = SITES["suara"][0]

    def joined(text: str) -> None:
        join([read(page("suara", inside=text), url, site_of(url))] * 20)

    assert_linear(joined, lambda size: "".join(f"<p>{n} {PROSE}</p>" for n in range(size // 130)))


def test_relative_times() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert_linear(lambda text: parse_relative(text, now), lambda size: repeated("1 jam ", size))
