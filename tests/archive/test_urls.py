"""Two addresses of one page have one canonical URL."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.identity import canonical_url

PLAIN = "https://www.kabar.example/berita/12/pasar-ramai"


@pytest.mark.parametrize(
    "address",
    [
        PLAIN,
        "http://www.kabar.example/berita/12/pasar-ramai",
        "HTTPS://WWW.Kabar.Example/berita/12/pasar-ramai",
        "https://www.kabar.example:443/berita/12/pasar-ramai",
        "http://www.kabar.example:80/berita/12/pasar-ramai",
        "https://www.kabar.example./berita/12/pasar-ramai",
        "https://www.kabar.example/berita/12/pasar-ramai/",
        "https://www.kabar.example//berita///12/pasar-ramai",
        "https://www.kabar.example/berita/12/pasar-ramai#komentar",
        "https://www.kabar.example/berita/12/pasar-ramai?",
        "https://www.kabar.example/berita/12/pasar-ramai?utm_source=x&utm_medium=y&fbclid=z",
        "https://www.kabar.example/berita/12/pasar-ramai?UTM_Source=x",
        "https://pembaca:rahasia@www.kabar.example/berita/12/pasar-ramai",
        "  https://www.kabar.example/berita/12/pasar-ramai\n",
    ],
)
def test_what_does_not_name_another_page_is_dropped(address: str) -> None:
    assert canonical_url(address) == PLAIN


@pytest.mark.parametrize(
    "address",
    [
        "https://kabar.example/berita/12/pasar-ramai",
        "https://www.kabar.example/Berita/12/pasar-ramai",
        "https://www.kabar.example/berita/12/pasar-ramai?page=2",
        "https://www.kabar.example/berita/12/pasar-ramai?page=3",
        "https://www.kabar.example:8080/berita/12/pasar-ramai",
    ],
)
def test_what_may_name_another_page_is_kept(address: str) -> None:
    assert canonical_url(address) == address


def test_the_remaining_query_keeps_its_order_and_its_empty_values() -> None:
    assert (
        canonical_url("https://kabar.example/?z=1&utm_id=9&a=&b=2")
        == "https://kabar.example/?z=1&a=&b=2"
    )


def test_the_home_page_keeps_its_slash() -> None:
    assert canonical_url("http://kabar.example") == "https://kabar.example/"


def test_letters_beyond_ascii_are_written_as_a_browser_sends_them() -> None:
    assert (
        canonical_url("https://kabar.example/berita/kopi-aceh-naïf")
        == "https://kabar.example/berita/kopi-aceh-na%C3%AFf"
    )


def test_bytes_of_the_path_are_not_decoded() -> None:
    assert canonical_url("https://kabar.example/a%2Fb%20c") == "https://kabar.example/a%2Fb%20c"


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert canonical_url("http://[::1]:8080/berita") == "https://[::1]:8080/berita"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pasar",
        "/berita/12",
        "//kabar.example/berita",
        "mailto:redaksi@kabar.example",
        "javascript:void(0)",
        "ftp://kabar.example/a",
        "https://",
        "https:///berita",
        "https://./berita",
        "https://[",
        "https://kabar.example:harga/",
        "https://kabar.example:99999/",
        "data:text/html,halo",
    ],
)
def test_what_is_no_web_address_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        canonical_url(text)


hosts = st.sampled_from(
    [
        "kabar.example",
        "WWW.Kabar.Example",
        "kabar.example.",
        "kabar.example:8080",
        "10.0.0.1",
        "bücher.example",
    ]
)
pieces = st.text(max_size=12)


@given(
    st.sampled_from(["http", "https", "HTTP"]),
    hosts,
    st.lists(pieces, max_size=4),
    st.lists(pieces, max_size=4),
    pieces,
)
@example("http", "kabar.example", ["", "", "a"], ["utm_source=x", "b"], "")
@example("http", "kabar.example", ["%", "%zz", "%2"], ["%", "a=%", "=", "+"], "#")
@example("http", "kabar.example", ["a;b", "[c]", "\\"], ["a;b", "?"], "")
def test_a_canonical_url_is_its_own_canonical_url(
    scheme: str, host: str, path: list[str], query: list[str], fragment: str
) -> None:
    once = canonical_url(f"{scheme}://{host}/{'/'.join(path)}?{'&'.join(query)}#{fragment}")
    assert canonical_url(once) == once
    assert urlsplit(once).scheme == "https"


@given(st.text(max_size=30))
@example("[::1]/a")
@example("./a")
@example("a:0/")
def test_any_text_gives_a_stable_url_or_a_value_error(text: str) -> None:
    try:
        once = canonical_url("http://" + text)
    except ValueError:
        return
    assert canonical_url(once) == once
