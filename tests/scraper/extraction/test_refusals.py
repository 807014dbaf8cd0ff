"""What was read from a page is a story unless a reason says otherwise."""

from typing import Any

import pytest

from archive.records import Article
from scraper.extraction.article import MIN_ARTICLE, refusal_of_article

PROSE = "Warga desa memanen padi di lereng bukit bersama tetangga mereka. " * 10


def article(**fields: Any) -> Article:
    return Article(
        url="https://rmol.id/x",
        site="rmol",
        canonical_url="https://rmol.id/x",
        **{"layout": "R4", "body": PROSE, **fields},
    )


# (article's fields, reason)
ARTICLES = [
    ({}, None),
    ({"body": "Kebakaran padam."}, None),  # a short bulletin in a known layout
    ({"body": ""}, "no_body"),
    ({"body": "", "layout": "fallback"}, "no_body"),
    (
        {
            "headline": "404 - Halaman Tidak Ditemukan",
            "body": "Maaf, halaman yang Anda cari sudah dipindahkan.",
            "layout": "fallback",
        },
        "not_found_page",
    ),
    ({"headline": "Page Not Found", "body": "", "layout": "fallback"}, "not_found_page"),
    ({"headline": "Halaman yang Anda cari tidak ditemukan", "body": ""}, "not_found_page"),
    (
        {
            "headline": "Masuk",
            "body": "Silakan masuk untuk membaca artikel ini.",
            "layout": "fallback",
        },
        "login_wall",
    ),
    (
        {"headline": None, "body": "Artikel ini khusus pelanggan.", "layout": "fallback"},
        "login_wall",
    ),
    # Stories about such things are stories.
    ({"headline": "Kucing Hilang Tidak Ditemukan Dua Pekan"}, None),
    ({"headline": "Berita Kapal Karam: Awak Tidak Ditemukan"}, None),
    ({"headline": "Situs Kampus Menampilkan 404 Not Found Sejak Pagi"}, None),
    ({"headline": "Cara Masuk Perpustakaan Terapung"}, None),
    ({"headline": "Banjir Masuk Permukiman", "body": "Air masuk ke rumah warga."}, None),
]


@pytest.mark.parametrize(("fields", "reason"), ARTICLES)
def test_what_was_read_is_a_story_unless_a_reason_says_otherwise(
    fields: dict[str, Any], reason: str | None
) -> None:
    assert refusal_of_article(article(**fields)) == reason


def test_a_long_text_in_a_known_layout_is_a_story_whatever_its_headline() -> None:
    assert len(PROSE) >= MIN_ARTICLE
    assert refusal_of_article(article(headline="Halaman tidak ditemukan")) is None
