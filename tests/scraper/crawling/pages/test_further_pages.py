"""Stories in parts at publishers without a layout: their pages are found by common signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.records import Page
from scraper.cli.demo.proxy import Answer
from scraper.ingest.parts import may_have_parts, part_urls
from scraper.sites.addresses import split_part, with_part
from scraper.sites.site import UNKNOWN, Identity
from scraper.spiders.rmol import SITE
from tests.scraper.crawling.conftest import PROSE, rows, run, small_site, story, story_url

PLAIN = replace(SITE, layouts=())
URL = "https://kabar.example/desa/warga-tanam-bakau"
NUMBERED = "https://kabar.example/berita/12"
RMOL = story_url(1)
ARTICLE = '<meta property="og:type" content="article">'


def shown(url: str, markup: str, head: str = ARTICLE) -> Page:
    html = f"<html><head>{head}</head><body><article><p>Warga.</p></article>{markup}</body></html>"
    return Page(
        site="kabar",
        requested_url=url,
        url=url,
        status=200,
        headers={},
        body=html.encode(),
        fetched_at=datetime(2026, 11, 20, tzinfo=UTC),
    )


def parts(markup: str, url: str = URL, head: str = ARTICLE) -> list[str]:
    return part_urls(shown(url, markup, head), UNKNOWN)


# What leads to the next page


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<a rel="next" href="?page=2">x</a>', [f"{URL}?page=2"]),
        ('<a href="?page=2">Selanjutnya</a>', [f"{URL}?page=2"]),
        ('<a href="?halaman=2">Halaman Berikutnya »</a>', [f"{URL}?halaman=2"]),
        (f'<a href="{URL}/page/2">2</a>', [f"{URL}/page/2"]),
        (f'<a href="{URL}/page/2/">Next page</a>', [f"{URL}/page/2/"]),
        (f'<a href="{URL}/halaman-2">Lanjut</a>', [f"{URL}/halaman-2"]),
        (f'<a href="{URL}/2/">2</a>', [f"{URL}/2/"]),
        ('<a href="?page=2" aria-label="Next"><svg></svg></a>', [f"{URL}?page=2"]),
        ('<div class="pagination"><a href="?page=2">x</a></div>', [f"{URL}?page=2"]),
        (
            '<a href="?page=2"><b>2</b></a> <a href="?page=3">3</a>',
            [f"{URL}?page=2", f"{URL}?page=3"],
        ),
        # A long pager leaves pages out.
        (
            '<a href="?page=2">2</a> … <a href="?page=4">4</a>',
            [f"{URL}?page={n}" for n in (2, 3, 4)],
        ),
        ('<a href="?page=3">3</a> <a href="?page=2">2</a>', [f"{URL}?page=2", f"{URL}?page=3"]),
    ],
)
def test_a_link_to_the_same_address_with_another_number_leads_on(
    markup: str, expected: list[str]
) -> None:
    assert parts(markup) == expected


def test_a_link_in_the_head_leads_on() -> None:
    assert parts("", head=f'{ARTICLE}<link rel="next" href="{URL}/page/2">') == [f"{URL}/page/2"]


# What does not


@pytest.mark.parametrize(
    "markup",
    [
        # another story, another host, another kind of address
        '<a rel="next" href="/desa/cerita-berikutnya">Selanjutnya</a>',
        '<a rel="next" href="/desa/warga-tanam-bakau-2">Selanjutnya</a>',
        '<a href="https://lain.example/desa/warga-tanam-bakau?page=2">2</a>',
        '<a href="https://m.kabar.example/desa/warga-tanam-bakau?page=2">2</a>',
        '<a href="javascript:buka(page=2)">2</a>',
        '<a href="http://[::1?page=2">2</a>',
        # an index
        '<a rel="next" href="/desa/page/2">Selanjutnya</a>',
        '<a href="/desa?page=2">2</a>',
        '<a href="/?page=2">2</a>',
        # readers' comments, and lists of other stories
        f'<a href="{URL}/comment-page-2">2</a>',
        f'<a href="{URL}?cpage=2">2</a>',
        f'<a href="{URL}?page=2#comments">2</a>',
        '<div id="komentar"><ul><li><a href="?page=2">2</a></li></ul></div>',
        '<div class="berita-terkait"><p class="pagination"><a href="?page=2">2</a></p></div>',
        # no sign that it is the next page
        '<a href="?page=2">Warga Menanam Bakau</a>',
        '<a href="?page=3">7</a>',
        # the first page, and endless ones
        '<a rel="next" href="?page=1">1</a>',
        '<a rel="next" href="?page=0">0</a>',
        '<a rel="next" href="?page=21">21</a>',
        '<a rel="next" href="?page=2026">2026</a>',
    ],
)
def test_other_links_do_not(markup: str) -> None:
    assert parts(markup) == []


def test_the_whole_text_on_one_page_has_no_further_ones() -> None:
    assert parts('<a href="?page=2">2</a>', url=f"{URL}?page=all") == []


@pytest.mark.parametrize(
    ("url", "head"), [("https://kabar.example/", ARTICLE), (URL, "<title>Indeks</title>")]
)
def test_a_page_that_is_no_story_has_no_further_ones(url: str, head: str) -> None:
    assert parts('<a rel="next" href="?page=2">2</a>', url=url, head=head) == []


def test_the_number_of_a_story_is_not_that_of_a_page() -> None:
    assert parts('<a rel="next" href="/berita/13">Selanjutnya</a>', url=NUMBERED) == []
    assert parts('<a rel="next" href="/berita/12?page=2">2</a>', url=NUMBERED) == [
        f"{NUMBERED}?page=2"
    ]


def test_a_page_without_such_an_address_is_not_parsed_for_it() -> None:
    assert not may_have_parts(shown(URL, '<a href="/desa/page">Selanjutnya</a>'), UNKNOWN)


def test_a_profile_with_layouts_and_no_pager_knows_of_no_further_pages() -> None:
    assert part_urls(shown(RMOL, '<a rel="next" href="?page=2">2</a>'), SITE) == []


def test_endless_links_are_read_in_one_pass() -> None:
    links = '<a href="?page=2">Warga</a>' * 20_000
    assert parts(f'{links}<a href="?page=2">2</a>') == [f"{URL}?page=2"]


# Their addresses


@pytest.mark.parametrize(
    "address", [f"{RMOL}/page/2", f"{RMOL}/2", f"{RMOL}?page=2", f"{RMOL}/halaman-2/"]
)
def test_a_page_of_a_story_without_a_layout_is_the_storys(address: str) -> None:
    own, named = PLAIN.identify(RMOL), PLAIN.identify(address)
    assert isinstance(own, Identity)
    assert named == own
    assert PLAIN.part_number(address) == 2
    assert PLAIN.part_number(RMOL) == 1


def test_another_page_has_the_same_address_but_for_its_number() -> None:
    for address in (f"{URL}/page/2/", f"{URL}/2", f"{URL}?page=2&x=1", f"{URL}/halaman-2"):
        other = with_part(address, 12)
        assert split_part(other) == (split_part(address)[0], 12)
        assert with_part(other, 2) == address
    assert with_part(URL, 2) == URL


def test_a_key_of_a_story_is_no_page_number_where_there_is_one_beside_it() -> None:
    """WordPress without fine addresses: `p` is the story."""
    address = "https://kabar.example/?p=12&page=2"
    assert split_part(address)[1] == 2
    assert with_part(address, 3) == "https://kabar.example/?p=12&page=3"


# In a crawl


def part(number: int, place: int, *, onward: str = "") -> Answer:
    prose = tuple(f"{paragraph} Bagian {place}." for paragraph in PROSE)
    answer = story(number, prose=prose)
    return replace(answer, body=answer.body.replace(b"</body>", onward.encode() + b"</body>"))


@pytest.fixture
def undescribed(news: Path):
    """`warta crawl` where the profile of rmol.id knows no layout."""

    def start(proxy, *words: str):
        usual = ("-s", "DOWNLOAD_DELAY=0", "--archive", str(news), "rmol")
        done = run(proxy, "tests.scraper.crawling.pages.without_layouts", "crawl", *usual, *words)
        assert "Traceback" not in done.stderr
        return done

    return start


def latest(news: Path) -> tuple[object, str, list[object]]:
    (row,) = rows(news, "SELECT page_count, body, warnings FROM latest")
    return row["page_count"], str(row["body"]), [row["warnings"]]


def next_to(place: int) -> str:
    return f'<div class="pages"><a href="{RMOL}/page/{place}">Selanjutnya</a></div>'


def test_each_page_leads_to_the_next_until_the_last(serve, undescribed, news: Path) -> None:
    proxy = serve(
        {
            **small_site(1),
            RMOL: part(1, 1, onward=next_to(2)),
            f"{RMOL}/page/2": part(1, 2, onward=next_to(3)),
            f"{RMOL}/page/3": part(1, 3, onward=next_to(2)),
        }
    )
    undescribed(proxy)
    count, body, (warnings,) = latest(news)
    assert count == 3
    assert [f"Bagian {place}." in body for place in (1, 2, 3)] == [True] * 3
    assert "missing_parts" not in str(warnings)
    assert rows(news, "SELECT part FROM snapshots ORDER BY part") == [
        {"part": place} for place in (1, 2, 3)
    ]


def test_a_next_page_that_is_not_there_ends_the_story(serve, undescribed, news: Path) -> None:
    proxy = serve({**small_site(1), RMOL: part(1, 1, onward=next_to(2))})
    undescribed(proxy)
    count, _body, (warnings,) = latest(news)
    assert count == 1
    assert "missing_parts" not in str(warnings)


def test_a_next_page_whose_server_fails_is_missing(serve, undescribed, news: Path) -> None:
    failing = {f"{RMOL}/page/2": Answer(status=503)}
    proxy = serve({**small_site(1), RMOL: part(1, 1, onward=next_to(2)), **failing})
    undescribed(proxy, "-s", "RETRY_TIMES=0", "-s", "SLOWEST_DELAY=0")
    _count, _body, (warnings,) = latest(news)
    assert "missing_parts" in str(warnings)


def test_a_story_of_endless_pages_is_cut_off(serve, undescribed, news: Path) -> None:
    pages = {
        f"{RMOL}/page/{place}": part(1, place, onward=next_to(place + 1)) for place in range(2, 30)
    }
    proxy = serve({**small_site(1), RMOL: part(1, 1, onward=next_to(2)), **pages})
    undescribed(proxy)
    assert latest(news)[0] == 20
