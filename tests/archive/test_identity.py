"""One address of a story, however it is written: what `canonical_url` drops, and what it keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.identity import canonical_url

STORY = "https://www.kampung.example/berita/kolam"

SAME = [
    "http://www.kampung.example/berita/kolam",
    "https://WWW.Kampung.EXAMPLE/berita/kolam",
    "https://www.kampung.example./berita/kolam",
    "https://www.kampung.example:443/berita/kolam",
    "http://www.kampung.example:80/berita/kolam",
    "https://www.kampung.example//berita//kolam/",
    "https://www.kampung.example/berita/./warga/../kolam",
    "https://www.kampung.example/berit%61/kol%61m",
    "https://www.kampung.example/berita/kolam#komentar",
    "https://www.kampung.example/berita/kolam?",
    "https://www.kampung.example/berita/kolam?utm_source=wa&utm_medium=share&UTM_ID=3",
    "https://www.kampung.example/berita/kolam?srsltid=AfmBOo",
    "https://www.kampung.example/berita/kolam?gad_source=1&gbraid=0AA&gclid=x&wbraid=y",
    "https://www.kampung.example/berita/kolam?igsh=MWx&igshid=x&mibextid=Nif5oz",
    "https://www.kampung.example/berita/kolam?_gl=1*abc&_ga=2.1&fbclid=x&twclid=2x&ttclid=e",
    "https://www.kampung.example/berita/kolam?yclid=1&ysclid=2&msclkid=3&rb_clickid=4&dclid=5",
    "https://www.kampung.example/berita/kolam?mc_cid=1&mc_eid=2&mkt_tok=3&vero_id=4&_hsenc=5",
    "https://www.kampung.example/berita/kolam?at_medium=custom&xtor=AL-72&ncid=1&cmpid=2",
    "https://www.kampung.example/berita/kolam?ref=home&source=feed&from=wa&si=abc&amp",
    # The whole text of a story in parts, as several publishers write it, and its first part.
    "https://www.kampung.example/berita/kolam?page=all",
    "https://www.kampung.example/berita/kolam?single=1",
    "https://www.kampung.example/berita/kolam?showpage=all#lanjut",
    "https://www.kampung.example/berita/kolam?page=1",
]
OTHER = [
    "https://kampung.example/berita/kolam",
    "https://www.kampung.example:8080/berita/kolam",
    "https://www.kampung.example/berita/Kolam",
    "https://www.kampung.example/berita/kolam%2Fdua",
    "https://www.kampung.example/berita/kolam?page=2",
    "https://www.kampung.example/berita/kolam?id=3",
    "https://www.kampung.example/berita/kolam?cid=3",
    "https://www.kampung.example/berita/kolam?sid=3",
    "https://www.kampung.example/berita/kolam?p=all",
    "https://www.kampung.example/berita/kolam?single=2",
]


@pytest.mark.parametrize("url", SAME)
def test_another_spelling_is_the_same_address(url: str) -> None:
    assert canonical_url(url) == STORY


@pytest.mark.parametrize("url", OTHER)
def test_what_may_name_another_story_stays(url: str) -> None:
    assert canonical_url(url) != STORY


def test_percent_escapes_have_one_spelling() -> None:
    written = [
        "https://kampung.example/kolam/%e2%80%98raya%e2%80%99",
        "https://kampung.example/kolam/%E2%80%98raya%E2%80%99",
        "https://kampung.example/kolam/‘raya’",
    ]
    assert len({canonical_url(url) for url in written}) == 1


def test_bytes_of_a_query_that_are_not_utf_8_stay() -> None:
    assert canonical_url("https://kampung.example/?q=caf%e9") == "https://kampung.example/?q=caf%E9"


@given(url=st.text() | st.from_regex(r"https?://[a-z]{1,8}\.id/[!-~]{0,30}(\?[!-~]{0,30})?"))
def test_the_canonical_form_is_its_own_canonical_form(url: str) -> None:
    try:
        once = canonical_url(url)
    except ValueError:
        return
    assert canonical_url(once) == once
