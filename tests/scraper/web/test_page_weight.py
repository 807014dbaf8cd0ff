"""Pages stay small whatever an archive holds: the rest is on further parts and pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from scraper.web.parts import parts
from tests.archive.invented import HOUR, NOW, announce, keep, link, story, url_of
from tests.archive.syndication.syndicated import WIRE
from tests.scraper.web.visiting import Site

MOST = 60_000
"""Bytes of a page's HTML."""
LONG = "\n\n".join(
    f"Paragraf {number} & <tanda> tentang pasar yang ramai." for number in range(4_000)
)
OTHER = "\n\n".join(f"Alinea {number} bercerita lain sama sekali." for number in range(4_000))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Article 1: a long text, rewritten; 2: 300 revisions; from 3 on: a cluster of 90 sites."""
    path = tmp_path_factory.mktemp("large") / "news.db"
    with Archive(path) as archive:
        keep(archive, story(1, body=LONG), at=NOW)
        keep(archive, story(1, body=OTHER), at=NOW + HOUR)
        for number in range(300):
            body = f"Teks nomor {number}, yang cukup panjang."
            keep(archive, story(2, headline=f"Judul {number}", body=body), at=NOW + number * HOUR)
        for number in range(90):
            site, at = f"situs{number:02}", NOW + timedelta(minutes=number)
            copy = story(number + 10, site=site, body=WIRE)
            announce(archive, link(number, url=copy.url), site=site, at=at)
            keep(archive, copy, at=at)
    return path


@pytest.fixture
def site(large: Path, serve: Callable[..., Site]) -> Site:
    return serve(large)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/article/1",
        "/article/1/revision/1",
        "/article/1/diff/1..2",
        "/article/1/diff/1..2?view=inline",
        "/article/2",
        "/article/3",
        "/cluster/3",
        "/cluster/3?page=4",
        "/cluster/3?compare=5",
        f"/explain?url={url_of(2)}",
        "/changes",
        "/clusters",
        "/syndication",
        "/coverage?from=2026-11-01",
        "/site/situs00?from=2026-01-01",
        "/search?q=berita",
    ],
)
def test_every_page_is_small(site: Site, address: str) -> None:
    page = site.get(address)
    assert page.status == 200
    assert len(page.body) < MOST


@pytest.mark.parametrize("address", ["/article/1", "/article/1/revision/2"])
def test_all_of_a_long_text_is_on_its_parts(site: Site, address: str) -> None:
    found, next_address = [], address
    while next_address:
        page = site.get(next_address)
        assert len(page.body) < MOST
        found += re.findall(r"Alinea \d+", page.text)
        further = re.search(r'rel="next" href="(\?part=\d+)"', page.text)
        next_address = further and address + further[1]
    assert found == re.findall(r"Alinea \d+", OTHER)


def test_a_part_that_there_is_none_of_is_a_plain_page(site: Site) -> None:
    page = site.get("/article/1?part=99")
    assert page.status == 400
    assert "There is no page 99" in page.words


def test_a_long_timeline_shows_its_ends_and_leads_to_the_rest(site: Site) -> None:
    page = site.get("/article/2")
    numbers = [int(number) for number in re.findall(r">Revision (\d+)<", page.text)]
    assert numbers == [*range(300, 280, -1), *range(20, 0, -1)]
    assert re.search(r'href="/article/2/revision/280">Revisions 21 to 280<', page.text)
    assert len(site.get("/article/2.json").json["revisions"]) == 300


def test_all_members_and_all_sites_are_on_their_pages(site: Site) -> None:
    members = [
        found
        for page in range(1, 5)
        for found in re.findall(r"<td>(situs\d\d)</td>", site.get(f"/cluster/3?page={page}").text)
    ]
    assert len(members) == len(set(members)) == 90
    first, second = (site.get(f"/coverage?from=2026-11-01&page={page}").text for page in (1, 2))
    assert re.findall(r'id="site-(\w+)"', first) != re.findall(r'id="site-(\w+)"', second)


@given(
    st.lists(st.tuples(st.integers(), st.text(alphabet="a<&é😀\n", max_size=300))),
    st.integers(60, 400),
)
def test_parts_hold_all_text_in_order_and_none_is_too_long(
    pieces: list[tuple[int, str]], most: int
) -> None:
    found = parts(pieces, most)
    joined = [piece for part in found for piece in part]
    assert "".join(text for _label, text in joined) == "".join(text for _label, text in pieces)
    assert list(dict.fromkeys(label for label, _text in joined)) == list(dict(pieces))
    for part in found:
        assert sum(len(escape(text).encode()) for _label, text in part) <= most
