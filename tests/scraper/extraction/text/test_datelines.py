"""The place that opens a text, and what only looks like one."""

import pytest
from lxml import html

from scraper.extraction.text.blocks import Block, blocks
from scraper.extraction.text.boilerplate import trim
from scraper.extraction.text.datelines import split_dateline
from scraper.sites.site import Site
from scraper.spiders import sites


def split(blocks: list[Block], site: Site) -> tuple[str | None, list[Block]]:
    opening = split_dateline(blocks, site)
    return opening.place, opening.blocks


# (text as the page has it, place, how the story goes on)
REPUBLIKA = [
    ("REPUBLIKA.CO.ID, BEIJING -- Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING--Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING --Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING-- Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING — Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING—Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING – Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING–Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING - Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING -Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING- Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, BEIJING --- Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID,BEIJING -- Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID,TEHERAN – Warga menanam pohon.", "TEHERAN", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID,\xa0BEIJING\xa0-- Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, \xa0BEIJING --\xa0Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    (
        "REPUBLIKA.CO.ID,\u2060 BEIJING\u2060 --\u2060 Warga menanam pohon.",
        "BEIJING",
        "Warga menanam pohon.",
    ),
    (
        "\u2060REPUBLIKA.CO.ID, BEIJING\u2060—\u2060Warga menanam pohon.",
        "BEIJING",
        "Warga menanam pohon.",
    ),
    (
        "<strong>REPUBLIKA.CO.ID, BEIJING -- </strong>Warga menanam pohon.",
        "BEIJING",
        "Warga menanam pohon.",
    ),
    ("<b>REPUBLIKA.CO.ID</b>, BEIJING -- Warga menanam pohon.", "BEIJING", "Warga menanam pohon."),
    (
        "REPUBLIKA.CO.ID, REPUBLIKA.CO.ID, BEIJING -- Warga menanam pohon.",
        "BEIJING",
        "Warga menanam pohon.",
    ),
    ("IHRAM.CO.ID, MAKKAH -- Warga menanam pohon.", "MAKKAH", "Warga menanam pohon."),
    (
        "REPUBLIKA.CO.ID, BANDUNG BARAT -- Warga menanam pohon.",
        "BANDUNG BARAT",
        "Warga menanam pohon.",
    ),
    (
        "REPUBLIKA.CO.ID, KABUPATEN BANDUNG - Warga menanam pohon.",
        "KABUPATEN BANDUNG",
        "Warga menanam pohon.",
    ),
    ("REPUBLIKA.CO.ID, ST JOHN''S -- Warga menanam pohon.", "ST JOHN''S", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, COX'S BAZAR -- Warga menanam pohon.", "COX'S BAZAR", "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, COX’S BAZAR — Warga menanam pohon.", "COX’S BAZAR", "Warga menanam pohon."),
    (
        "REPUBLIKA.CO.ID, JAKARTA/BOGOR -- Warga menanam pohon.",
        "JAKARTA/BOGOR",
        "Warga menanam pohon.",
    ),
    (
        "REPUBLIKA.CO.ID, PORT-AU-PRINCE -- Warga menanam pohon.",
        "PORT-AU-PRINCE",
        "Warga menanam pohon.",
    ),
    (
        "REPUBLIKA.CO.ID, WASHINGTON D.C. -- Warga menanam pohon.",
        "WASHINGTON D.C.",
        "Warga menanam pohon.",
    ),
    ("REPUBLIKA.CO.ID, Jakajarta -- Warga menanam pohon.", "Jakajarta", "Warga menanam pohon."),
    (
        "REPUBLIKA.CO.ID, JAKARTA (26/10/2025) — Warga menanam pohon.",
        "JAKARTA",
        "Warga menanam pohon.",
    ),
    # No place at all
    ("REPUBLIKA.CO.ID -- Warga menanam pohon.", None, "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, -- Warga menanam pohon.", None, "Warga menanam pohon."),
    ("REPUBLIKA.CO.ID, Film pendek ini dibuat warga.", None, "Film pendek ini dibuat warga."),
    (
        "REPUBLIKA.CO.ID, Film yang dibuat warga -- tanpa dana -- menang.",
        None,
        "Film yang dibuat warga -- tanpa dana -- menang.",
    ),
    ("REPUBLIKA.CO.ID, 70 warga menanam pohon.", None, "70 warga menanam pohon."),
    (
        "REPUBLIKA.CO.ID, “Kami menanam,” ujar warga – lalu pergi.",
        None,
        "“Kami menanam,” ujar warga – lalu pergi.",
    ),
    ("REPUBLIKA.CO.ID,Oleh: Rina Wijaya/Antara", None, ""),
    (
        "REPUBLIKA.CO.ID, Oleh : Rina Wijaya, Pengajar pada Program Magister Ilmu Komunikasi di "
        "Universitas Lereng Bukit Timur",
        None,
        "",
    ),
    # No dateline
    ("Warga menanam pohon, kata panitia kepada REPUBLIKA.CO.ID, Senin -- hari libur.", None, None),
    ("BEIJING -- begitu tulisan di papan itu.", None, None),
]
SUARA = [
    ("Suara.com - Warga menanam pohon.", None, "Warga menanam pohon."),
    ("<strong>Suara.com</strong> - Warga menanam pohon.", None, "Warga menanam pohon."),
    ("<strong>Suara.com -&nbsp;</strong>Warga menanam pohon.", None, "Warga menanam pohon."),
    ("<strong>Suara.com - </strong>Warga menanam pohon.", None, "Warga menanam pohon."),
    ("Suara.com – Warga menanam pohon.", None, "Warga menanam pohon."),
    ("\u200eSuara.com - Warga menanam pohon.", None, "Warga menanam pohon."),
    ("SuaraJogja.id - Warga menanam pohon.", None, "Warga menanam pohon."),
    ("SuaraJatim.id - Warga menanam pohon.", None, "Warga menanam pohon."),
    ("Suara.com menanam pohon bersama warga.", None, None),
    ("Suara warga - yang lama tak didengar - kini sampai.", None, None),
    ("Kepada Suara.com - Senin siang - warga bercerita.", None, None),
]
RMOL = [
    ("RMOL. Warga menanam pohon.", None, "Warga menanam pohon."),
    (". Partai petani menanam pohon.", None, "Partai petani menanam pohon."),
    (".5 hektare sawah ditanami.", None, None),
    ("<b>RMOL.</b> Warga menanam pohon.", None, "Warga menanam pohon."),
    ("RMOL menanam pohon bersama warga.", None, None),
    ("Kepada Kantor Berita RMOL. warga bercerita.", None, None),
]
MEDCOM = [
    ("<strong>Jakarta</strong>: Warga menanam pohon.", "Jakarta", "Warga menanam pohon."),
    ("<strong>Jakarta:&nbsp;</strong>Warga menanam pohon.", "Jakarta", "Warga menanam pohon."),
    ("<b>Jakarta: </b>Warga menanam pohon.", "Jakarta", "Warga menanam pohon."),
    ("Jakarta: Warga menanam pohon.", "Jakarta", "Warga menanam pohon."),
    ("Kudus: Warga menanam pohon.", "Kudus", "Warga menanam pohon."),
    ("Riyadh:\xa0Warga menanam pohon.", "Riyadh", "Warga menanam pohon."),
    ("New York: Warga menanam pohon.", "New York", "Warga menanam pohon."),
    ("Cox's Bazar: Warga menanam pohon.", "Cox's Bazar", "Warga menanam pohon."),
    ("Washington D.C.: Warga menanam pohon.", "Washington D.C.", "Warga menanam pohon."),
    (
        "<strong>Metrotvnews.com, Jakarta:</strong> Warga menanam pohon.",
        "Jakarta",
        "Warga menanam pohon.",
    ),
    (
        "<strong>Metrotvnews.com, Jakarta</strong>: Warga menanam pohon.",
        "Jakarta",
        "Warga menanam pohon.",
    ),
    (
        "<strong>Metrotvnews.com,&nbsp;Kota Batu:</strong>&nbsp;Warga menanam pohon.",
        "Kota Batu",
        "Warga menanam pohon.",
    ),
    ("Metrotvnews.com, Jakarta: Warga menanam pohon.", "Jakarta", "Warga menanam pohon."),
    ("<strong>Metrotvnews.com:</strong> Warga menanam pohon.", None, "Warga menanam pohon."),
    # What stands before a colon is not always a place.
    ("Catatan: artikel ini diperbarui Senin pagi.", None, None),
    ("<strong>Catatan:</strong> artikel ini diperbarui Senin pagi.", None, None),
    ("Ralat: nama desa yang benar adalah Sukasari.", None, None),
    ("Menteri Pertanian: panen tahun ini cukup.", None, None),
    ("Warga mengeluhkan tiga hal: air, jalan, dan listrik.", None, None),
    ("Pukul 10:30 warga berkumpul.", None, None),
    ("Wirayuda: kami menanam pohon sejak pagi.", None, None),
    ("“Tanam: itu kata kuncinya,” ujar warga.", None, None),
    ("Warga menanam pohon.", None, None),
]
ISLAMTIMES = [
    ("IslamTimes - Petani menyambut panen.", None, "Petani menyambut panen."),
    ("Islam Times - Petani menyambut panen.", None, "Petani menyambut panen."),
    ("IslamTimes – Petani menyambut panen.", None, "Petani menyambut panen."),
    ("Islam Times menulis tentang panen.", None, None),
    ("Petani menyambut panen.", None, None),
]
TEXTS = [
    (site, *row)
    for site, rows in (
        ("republika", REPUBLIKA),
        ("suara", SUARA),
        ("rmol", RMOL),
        ("medcom", MEDCOM),
        ("islamtimes", ISLAMTIMES),
    )
    for row in rows
]


def opened(site: str, *paragraphs: str) -> tuple[str | None, list[str]]:
    """Place and paragraphs of a text that begins so."""
    page = html.fromstring(
        "<div>" + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs) + "</div>"
    )
    place, rest = split(trim(blocks(page, set()), sites()[site].rules).blocks, sites()[site])
    return place, [block.text for block in rest]


@pytest.mark.parametrize(("site", "text", "place", "rest"), TEXTS)
def test_the_dateline_is_distinguished_from_the_story(
    site: str, text: str, place: str | None, rest: str | None
) -> None:
    untouched = html.fromstring(f"<p>{text}</p>").text_content()
    expected = [untouched if rest is None else rest, "Hujan turun."]
    assert opened(site, text, "Hujan turun.") == (place, [text for text in expected if text])


@pytest.mark.parametrize("site", sorted(sites()))
def test_only_the_first_paragraph_can_open_with_a_dateline(site: str) -> None:
    second = {
        "republika": "REPUBLIKA.CO.ID, BEIJING -- Hujan.",
        "medcom": "<strong>Jakarta:</strong> Hujan.",
    }.get(site, "Suara.com - Hujan.")
    place, texts = opened(site, "Warga menanam pohon.", second)
    assert place is None
    assert texts[1] == html.fromstring(f"<p>{second}</p>").text_content()


def test_the_authors_line_of_a_column_may_stand_before_the_dateline() -> None:
    assert opened(
        "republika", "Oleh : Rina Wijaya", "REPUBLIKA.CO.ID, BEIJING -- Warga menanam pohon."
    ) == ("BEIJING", ["Warga menanam pohon."])


def test_a_dateline_in_a_paragraph_of_its_own_leaves_no_empty_one() -> None:
    assert opened("republika", "REPUBLIKA.CO.ID, BEIJING --", "Warga menanam pohon.") == (
        "BEIJING",
        ["Warga menanam pohon."],
    )


def test_an_empty_text_has_no_dateline() -> None:
    assert split([], sites()["medcom"]) == (None, [])


def test_a_column_names_its_author_where_the_place_would_stand() -> None:
    opening = split_dateline(
        [Block(text="REPUBLIKA.CO.ID,Oleh: Rina Wijaya/Pengajar"), Block(text="Hujan turun.")],
        sites()["republika"],
    )
    assert (opening.author, opening.place, [block.text for block in opening.blocks]) == (
        "Rina Wijaya",
        None,
        ["Hujan turun."],
    )
