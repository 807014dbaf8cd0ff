"""Publishers without a profile: which addresses of a host may be stories, and which are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.sites.hosts import host_site, name_of_host
from scraper.sites.site import Identity, Refusal

LERENG = host_site("lereng.example")


def key_of(url: str) -> str:
    found = LERENG.identify(url)
    assert isinstance(found, Identity), found
    return found.key


@pytest.mark.parametrize(
    "url",
    [
        "http://lereng.example/desa/panen-raya/",
        "https://WWW.Lereng.Example/desa/panen-raya",
        "https://www.lereng.example:443/desa/panen-raya#komentar",
        "https://m.lereng.example/desa/panen-raya",
        "https://amp.lereng.example/desa/panen-raya",
        "https://www.lereng.example/amp/desa/panen-raya",
        "https://www.lereng.example/desa/panen-raya/amp/",
        "https://www.lereng.example/desa/panen-raya?amp=1",
        "https://www.lereng.example/desa/panen-raya?utm_source=x&fbclid=y",
        "https://www.lereng.example./desa//panen-raya",
        "https://www.lereng.example/desa/panen-raya?page=2",
        "https://pembaca:rahasia@www.lereng.example/desa/panen-raya",
    ],
)
def test_all_ways_to_a_story_are_one(url: str) -> None:
    assert key_of(url) == "https://lereng.example/desa/panen-raya"


def test_a_query_that_names_the_story_is_its_identity() -> None:
    keys = {key_of(f"https://lereng.example/read.php?id={number}") for number in (1, 2)}

    assert len(keys) == 2
    assert key_of("https://lereng.example/?p=7") == "https://lereng.example/?p=7"


def test_the_address_of_a_story_keeps_its_host_as_it_is() -> None:
    found = LERENG.identify("http://www.lereng.example/desa/panen-raya?utm_source=x")

    assert isinstance(found, Identity)
    assert found.url == "https://www.lereng.example/desa/panen-raya"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "index_page"),
        ("index.php", "index_page"),
        ("id/", "index_page"),
        ("2026/11/20", "index_page"),
        ("category/ekonomi", "index_page"),
        ("category/ekonomi/page/2", "index_page"),
        ("indeks?page=3", "index_page"),
        ("tag/padi", "tag_page"),
        ("search/label/padi", "search_page"),
        ("?s=padi", "search_page"),
        ("cari?q=padi", "search_page"),
        ("penulis/sari-melati", "author_page"),
        ("tentang-kami", "not_an_article"),
        ("pedoman-media-siber.html", "not_an_article"),
        ("wp-json/oembed/1.0", "not_an_article"),
        ("feed/", "not_an_article"),
        ("advertorial/sabun-cuci", "advertorial"),
    ],
)
def test_what_is_no_story_by_its_address_has_a_reason(path: str, reason: str) -> None:
    found = LERENG.identify(f"https://www.lereng.example/{path}")

    assert isinstance(found, Refusal)
    assert found.reason == reason


@pytest.mark.parametrize(
    "path",
    [
        "2026/11/20/panen-raya-di-lereng",
        "2026/11/panen-raya.html",
        "berita/123456",
        "read/2026/11/20/123/456/panen",
        "category/ekonomi/panen-raya-di-lereng",
        "tentang-kami-yang-menanam-padi",
        "profil/2026/guru-desa-menanam",
        "index.php?id=12",
    ],
)
def test_what_may_be_a_story_is_not_refused_for_its_address(path: str) -> None:
    assert isinstance(LERENG.identify(f"https://www.lereng.example/{path}"), Identity)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost/berita/1", "private_address"),
        ("http://10.0.0.7/berita/1", "private_address"),
        ("http://0x7f.1/berita/1", "private_address"),
        ("http://[::1]/berita/1", "private_address"),
        ("http://kabar.internal/berita/1", "private_address"),
        ("https://www.lereng.example:8443/berita/1", "other_port"),
        ("https://lereng.example@jurang.example/berita/1", "foreign_site"),
        ("https://jurang.example/lereng.example/1", "foreign_site"),
        ("https://lereng.example.jurang.example/berita/1", "foreign_site"),
        ("https://xn--lereng-9za.example/berita/1", "foreign_site"),
        ("ftp://lereng.example/berita/1", "bad_address"),
        ("dns:lereng.example", "bad_address"),
        ("https://lereng.example/" + "x" * 3_000, "bad_address"),
        ("https://[lereng.example/1", "bad_address"),
        ("", "bad_address"),
    ],
)
def test_another_or_an_internal_host_is_none_of_the_publishers(url: str, reason: str) -> None:
    found = LERENG.identify(url)

    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_a_name_is_never_only_what_stands_before_a_host() -> None:
    assert [name_of_host(host) for host in ("www.m.lereng.example", "m.id", "www.id")] == [
        "lereng.example",
        "m.id",
        "www.id",
    ]


@given(st.text(max_size=80))
def test_any_text_is_a_story_or_has_a_reason(url: str) -> None:
    for address in (url, f"https://lereng.example/{url}"):
        found = LERENG.identify(address)
        assert isinstance(found, Refusal) or found.site == "lereng.example"


@given(st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=3, max_size=40))
def test_the_canonical_address_of_a_story_is_the_same_story(slug: str) -> None:
    found = LERENG.identify(f"http://m.lereng.example/desa/{slug}/?utm_medium=x")

    assert isinstance(found, Refusal) or key_of(found.url) == found.key == key_of(found.key)
