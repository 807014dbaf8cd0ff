"""What stands inside an article and is no prose, and what only looks as if it were not."""

from __future__ import annotations

import pytest

import scraper

URL = "https://rmol.id/nusantara/read/2026/11/20/700001/saluran-air"
PROSE = [
    f"<p>Warga kampung memperbaiki saluran air tahap {number} di tepi sawah, lalu makan siang "
    "bersama.</p>"
    for number in range(8)
]


def body(inside: str, url: str = URL) -> str:
    page = (
        "<h1>Saluran Air</h1>"
        f"<div id='fontResizableText'>{''.join(PROSE[:4])}{inside}{''.join(PROSE[4:])}</div>"
    )
    return scraper.extract(f"<html><body>{page}</body></html>", url).body


@pytest.mark.parametrize(
    "inside",
    [
        "<div class='share-box'><p>Bagikan kabar ini kepada teman-teman di seluruh "
        "kampung.</p></div>",
        "<div class='related-posts'><p>Sawah kering di tiga desa menunggu hujan turun.</p></div>",
        "<figure><img src='a.jpg'><figcaption>Warga mengangkat lumpur dari "
        "saluran.</figcaption></figure>",
        "<div class='foto'><img src='a.jpg'><p class='caption'>Warga mengangkat lumpur dari "
        "saluran.</p></div>",
        "<blockquote class='twitter-tweet'><p>Air sudah mengalir! — Kampung Damar "
        "(@damar)</p></blockquote>",
        "<p><a href='/nusantara/read/2026/11/19/700000/sawah-kering'>Sawah Kering di Tiga "
        "Desa</a></p>",
        "<p><strong>Baca Juga:</strong> "
        "<a href='https://rmol.id/nusantara/read/2026/11/19/700000/x'>Sawah Kering</a></p>",
        "<iframe src='https://video.example/1'></iframe>",
        "<script>var iklan = 'Warga kampung';</script>",
    ],
)
def test_furniture_inside_the_article_is_left_out(inside: str) -> None:
    assert body(inside) == body("")


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (
            "<p class='MsoNormal'>Kepala kampung menilai pekerjaan itu rapi.</p>",
            "Kepala kampung menilai pekerjaan itu rapi.",
        ),
        (
            "<div class='kotak'><p>Air mengalir lagi sejak Senin.</p></div>",
            "Air mengalir lagi sejak Senin.",
        ),
        (
            "<blockquote><p>Kami senang air mengalir lagi.</p></blockquote>",
            "Kami senang air mengalir lagi.",
        ),
        ("<h2>Gotong Royong</h2>", "Gotong Royong"),
        ("<ul><li>cangkul</li><li>sekop</li></ul>", "cangkul"),
        (
            "<div class='table-responsive'><table><tr><td>Hulu</td><td>Senin</td></tr></table>"
            "</div>",
            "Hulu | Senin",
        ),
        (
            "<p>Papan itu bertuliskan baca juga buku ini.</p>",
            "Papan itu bertuliskan baca juga buku ini.",
        ),
        (
            "<p>Ia kini bekerja di Komisi Penyelamat Katak (KPK)</p>",
            "Ia kini bekerja di Komisi Penyelamat Katak (KPK)",
        ),
        (
            "<p>Halaman Advertisement dan nama Editor: Rina tertera di sana.</p>",
            "Halaman Advertisement dan nama Editor: Rina tertera di sana.",
        ),
        (
            "<p>Situs REPUBLIKA.CO.ID, kata dia, juga menulisnya.</p>",
            "Situs REPUBLIKA.CO.ID, kata dia, juga menulisnya.",
        ),
        (
            "<p>Ia menautkan <a href='/tag/air'>air bersih</a> di catatannya.</p>",
            "Ia menautkan air bersih di catatannya.",
        ),
    ],
)
def test_prose_that_only_looks_like_furniture_stays(inside: str, text: str) -> None:
    assert text in body(inside).split("\n\n")


@pytest.mark.parametrize(
    "opening",
    [
        "<p>Saluran Air</p>",
        "<p><b>Saluran Air</b></p><p>Warga mengangkat lumpur. Foto: Rina</p>",
        "Saluran Air<br>Warga mengangkat lumpur. Foto: Rina<br><br>",
    ],
)
def test_headline_and_caption_at_the_top_of_the_text_are_not_said_again(opening: str) -> None:
    caption = "<figcaption>Warga mengangkat lumpur. Foto: Rina</figcaption>"
    head = f"<h1>Saluran Air</h1><figure><img src='a.jpg'>{caption}</figure>"
    page = f"{head}<div id='fontResizableText'>{opening}{''.join(PROSE)}</div>"
    assert scraper.extract(f"<html><body>{page}</body></html>", URL).body == body("")
