"""The article is found on pages of publishers without a profile, and nothing but the article."""

from __future__ import annotations

import pytest

import scraper

URL = "https://www.harianrawa.example/berita/panen-raya"
SUARA = "https://www.suara.com/news/2026/07/03/120000/panen-raya"
HEADLINE = "Panen Raya di Lereng"
STORY = [
    "Warga kampung memanen padi sejak pagi di sawah milik desa, lalu mengangkutnya ke lumbung "
    "dengan gerobak.",
    "Kepala desa mengatakan panen tahun ini lebih awal dua minggu karena hujan turun tepat pada "
    "waktunya.",
    "Sebagian padi disimpan sebagai benih, sisanya dijual ke pasar kecamatan dengan harga yang "
    "disepakati.",
    "Pemuda desa akan memperbaiki saluran air sebelum musim tanam berikutnya agar sawah tidak "
    "kering lagi.",
]
OTHER = (
    "Perahu dayung dari tiga kampung berlomba di sungai yang baru dibersihkan, disaksikan ratusan "
    "warga dari tepi."
)


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def written(*texts: str) -> str:
    """Paragraphs as a script has them."""
    return paragraphs(*texts).replace("<", "\\u003c").replace(">", "\\u003e")


def body(content: str, attributes: str = "") -> str:
    head = f"<head><title>{HEADLINE}</title></head>"
    return scraper.extract(f"<html>{head}<body {attributes}>{content}</body></html>", URL).body


def whole(texts: list[str] = STORY) -> str:
    return "\n\n".join(texts)


H1 = f"<h1>{HEADLINE}</h1>"
MENU = "<ul><li><a href='/a'>Beranda</a></li><li><a href='/b'>Olahraga</a></li></ul>"


@pytest.mark.parametrize(
    "content",
    [
        f"<div>{paragraphs(*STORY[:2])}</div><div><a href='/i'>Iklan</a></div>"
        f"<div>{paragraphs(*STORY[2:])}</div>",
        "".join(f"<div class='bagian'><div>{paragraphs(text)}</div></div>" for text in STORY),
        f"<section><h2>Sawah</h2>{paragraphs(*STORY[:2])}</section>"
        f"<section><div><div>{paragraphs(*STORY[2:])}</div></div></section>",
    ],
    ids=["parted by an advert", "each paragraph wrapped", "sections of different depth"],
)
def test_an_article_in_several_containers_is_whole(content: str) -> None:
    found = body(f"{MENU}<main>{H1}<div class='isi'>{content}</div></main><footer>{MENU}</footer>")
    assert [text for text in found.split("\n\n") if text in STORY] == STORY


def test_cards_of_other_stories_below_are_none_of_it() -> None:
    cards = "".join(
        f"<div><h3><a href='/{number}'>Lomba Perahu Dayung di Sungai Kampung {number}</a></h3>"
        f"<span>2 jam lalu</span>{paragraphs(OTHER[:60] + '…')}</div>"
        for number in range(3)
    )
    story = [f"{text} Begitu kabar ke-{number}." for number in range(3) for text in STORY]
    page = f"<div>{H1}<div><div>{paragraphs(*story)}</div></div></div><div><div>{cards}</div></div>"
    assert body(page) == whole(story)


@pytest.mark.parametrize(
    "page",
    [
        f"<div class='content-with-sidebar-wrp'>{H1}<div>{paragraphs(*STORY)}</div></div>",
        f"<article class='related-view'>{H1}{paragraphs(*STORY)}</article>",
        f"<div class='postPaywallPopup'>{H1}{paragraphs(*STORY)}</div>",
        H1 + "".join(f"<div class='card-text'>{paragraphs(text)}</div>" for text in STORY),
        f"<div hidden id='S:1'>{H1}<div>{paragraphs(*STORY)}</div></div>",
    ],
)
def test_a_word_that_would_cost_the_story_itself_is_no_evidence(page: str) -> None:
    assert body(page, "class='theiaStickySidebar'") == whole()


@pytest.mark.parametrize(
    "name", ["related-posts", "aiSummary", "post-card", "newsletter_box", "Teaser_text__BiSJG"]
)
def test_containers_named_for_what_they_are_hold_no_story(name: str) -> None:
    inside = f"<div class='{name}'>{paragraphs(OTHER)}</div>"
    page = f"{H1}<div>{paragraphs(*STORY[:2])}{inside}{paragraphs(*STORY[2:])}</div>"
    assert body(page) == whole()


@pytest.mark.parametrize("name", ["commentary", "postcards-of-java", "authority", "fieldnotes"])
def test_a_part_of_a_longer_word_says_nothing(name: str) -> None:
    page = f"{H1}<div class='{name}'>{paragraphs(*STORY[:2])}</div><div>{paragraphs(*STORY[2:])}"
    assert body(page + "</div>") == whole()


@pytest.mark.parametrize(
    "around",
    [
        "<div id='cookie-notice'>{}</div>",
        "<div class='comments'>{}</div>",
        "<div class='page-footer'>{}</div>",
        "<footer>{}</footer>",
        "<div role='dialog'>{}</div>",
    ],
)
def test_notices_and_comments_longer_than_the_story_are_none_of_it(around: str) -> None:
    notice = (
        "Kami memakai cookie untuk mengingat bahasa pilihan pembaca, dan membaginya dengan mitra "
        "yang daftarnya ada di halaman lain."
    )
    assert body(
        f"{H1}<div>{paragraphs(*STORY)}</div>{around.format(paragraphs(*[notice] * 9))}"
    ) == (whole())


@pytest.mark.parametrize(
    "breadcrumb",
    [
        f"<nav><h2>{HEADLINE}</h2></nav>",
        f"<ul><li>{HEADLINE}</li></ul>",
        f"<h3><a href='/x'>{HEADLINE}</a></h3>",
        f"<h3>{HEADLINE}</h3>",
    ],
)
def test_a_headline_below_the_story_does_not_cut_it(breadcrumb: str) -> None:
    assert body(f"<div>{paragraphs(*STORY)}</div>{breadcrumb}{paragraphs(OTHER)}").startswith(
        whole()
    )


def test_a_second_headline_begins_another_story() -> None:
    longer = [f"{OTHER} Itu lomba ke-{number}." for number in range(9)]
    other = f"<article><h1>Lomba Perahu</h1>{paragraphs(*longer)}</article>"
    assert body(f"<main><article>{H1}{paragraphs(*STORY)}</article>{other}</main>") == whole()


@pytest.mark.parametrize(
    "heading", ["Related Articles", "Berita Terkait", "You may also like", "Você pode gostar..."]
)
def test_other_stories_below_a_heading_that_says_so_are_none_of_it(heading: str) -> None:
    others = "".join(f"<article><div>{paragraphs(OTHER, text)}</div></article>" for text in STORY)
    page = f"<article>{H1}<article><div>{paragraphs(*STORY)}</div></article>"
    assert body(f"{page}<div><h3>{heading}</h3>{others}</div></article>") == whole()


def test_a_box_with_such_a_heading_within_the_story_does_not_end_it() -> None:
    box = f"<div class='kotak'><h3>Related Articles</h3><a href='/a'>{OTHER[:60]}</a></div>"
    page = f"{H1}<div class='isi'>{paragraphs(*STORY)}{box}{paragraphs(OTHER)}</div>"
    assert body(page) == whole([*STORY, OTHER])


def test_a_story_goes_on_below_such_a_box_whatever_stands_around_its_paragraphs() -> None:
    box = f"<div class='kotak'><h3>Berita Terkait</h3><a href='/a'>{OTHER[:60]}</a></div>"
    blocks = [f"<div><div class='dalam'>{paragraphs(text)}</div></div>" for text in STORY]
    middle = len(blocks) // 2 + 1
    page = "".join((*blocks[:middle], box, *blocks[middle:]))
    assert body(f"{H1}<div class='isi'>{page}</div>") == whole()


def test_a_heading_beside_the_story_has_no_box() -> None:
    before, after = (f"<section>{paragraphs(*texts)}</section>" for texts in (STORY, [OTHER]))
    links = "<h3>Berita Terkait</h3><ul><li><a href='/a'>Lomba perahu dayung</a></li></ul>"
    assert body(f"{H1}<div class='isi'>{before}{links}{after}</div>") == whole([*STORY, OTHER])


def entries(heading: str) -> str:
    return "".join(
        f"<article class='entri nomor-{place}'><h2>{heading.format(place)}</h2>{paragraphs(text)}"
        "</article>"
        for place, text in enumerate((*STORY, OTHER))
    )


@pytest.mark.parametrize(
    "heading",
    [
        "Kabar ke-{}",
        "<a href='#entri-{0}'>Kabar ke-{0}</a>",
        "<a href='https://kabar.example/langsung/panen#entri-{0}'>Kabar ke-{0}</a>",
    ],
)
def test_all_entries_of_a_live_blog_are_read_in_order(heading: str) -> None:
    found = body(f"{H1}<div>{entries(heading)}</div>").split("\n\n")
    assert [text for text in found if not text.startswith("Kabar")] == [*STORY, OTHER]


def test_articles_whose_headlines_lead_to_pages_of_their_own_are_no_entries() -> None:
    own = f"<article class='entri'>{paragraphs(*STORY)}</article>"
    others = entries("<a href='/{}'>Lomba Perahu Dayung</a>").replace(STORY[0], OTHER)
    assert body(f"{H1}<div>{own}{others}</div>") == whole()


def test_teasers_beside_an_article_with_most_of_the_prose_are_no_entries() -> None:
    own = f"<article class='entri'>{paragraphs(*STORY)}</article>"
    teaser = f"<article class='entri'>{paragraphs(OTHER)}<a href='/a'>Selengkapnya</a></article>"
    assert body(f"{H1}<div>{own}{teaser * 2}</div>") == whole()


def test_a_caption_set_as_a_headline_ends_no_story() -> None:
    caption = f"<div class='gambar'><h1>{OTHER} {OTHER}</h1></div>"
    found = body(f"<div>{H1}{paragraphs(*STORY[:3])}{caption}{paragraphs(STORY[3])}</div>")
    assert found.endswith(STORY[3])


def test_a_link_that_was_never_closed_hides_nothing() -> None:
    assert body(f"<div>{H1}<p>{STORY[0]}</p><a href='/x'>{paragraphs(*STORY[1:])}</div>") == whole()


@pytest.mark.parametrize("text", ["Penulis Rina", "3 Juli 2026"])
def test_labels_around_the_prose_are_none_of_it(text: str) -> None:
    label = f"<div><span>{text}</span></div>"
    page = f"{H1}{label}<div>{label}{paragraphs(*STORY)}{label}</div>{label}"
    assert body(page) == whole()


@pytest.mark.parametrize(
    "short", ["<p>Begini katanya:</p>", "<h2>Sawah</h2>", "<ul><li>padi</li><li>jagung</li></ul>"]
)
def test_short_texts_between_the_prose_are_the_story_s(short: str) -> None:
    found = body(f"{H1}<div>{paragraphs(*STORY[:2])}{short}{paragraphs(*STORY[2:])}</div>")
    assert len(found.split("\n\n")) > len(STORY)


@pytest.mark.parametrize(
    "last",
    [
        "Hingga kini sudah dua juta pelanggan berlangganan layanan itu.",
        "Ia dihukum karena melanggar hak cipta.",
    ],
)
def test_a_last_sentence_with_a_word_of_notices_is_the_story_s(last: str) -> None:
    assert body(f"<article>{H1}{paragraphs(*STORY, last)}</article>") == whole([*STORY, last])


@pytest.mark.parametrize(
    "notice",
    [
        "© 2026 Harian Rawa.",
        "Hak cipta Harian Rawa",
        "Copyright 2026 Harian Rawa. All rights reserved.",
        "Copyright (2026) Harian Rawa.",
        "Hak cipta dilindungi undang-undang.",
        "Ikuti <a href='/surat'>newsletter</a> kami setiap pagi.",
    ],
)
def test_a_notice_at_the_end_is_none_of_it(notice: str) -> None:
    assert body(f"<article>{H1}{paragraphs(*STORY, notice)}</article>") == whole()


def test_a_heading_below_the_last_paragraph_stays_with_what_stands_below_it() -> None:
    table = "<table><tr><td>Hulu</td><td>Senin</td></tr></table>"
    page = f"<article>{H1}{paragraphs(*STORY)}<h3>Jadwal</h3>{{}}</article>"
    assert body(page.format(table)) == whole([*STORY, "Jadwal", "Hulu | Senin"])
    assert body(page.format("")) == whole()
    assert body(page.format("<h4>Sawah</h4><p><a href='/x'>Lomba Perahu</a></p>")) == whole()


def test_a_front_page_gives_no_article() -> None:
    teasers = "".join(
        f"<li><h3><a href='/{number}'>Lomba Perahu Dayung di Sungai Kampung {number}</a></h3>"
        f"<a href='/{number}'>{OTHER}</a></li>"
        for number in range(30)
    )
    assert body(f"{MENU}<main><ul>{teasers}</ul></main><footer>{MENU}</footer>") == ""


def test_a_story_that_a_script_writes_into_an_empty_page_is_read() -> None:
    script = f'<script>self.__next_f.push([1,"{HEADLINE}\\n{written(*STORY)}\\n"])</script>'
    assert body(f"<div id='root'></div>{script}") == whole()


def test_letters_beyond_the_basic_plane_survive_the_escapes_of_a_script() -> None:
    escaped = f"{HEADLINE} {written(*STORY)}".replace("padi", "padi \\ud83c\\udf3e", 1)
    expected = whole().replace("padi", "padi 🌾", 1)
    assert body(f"<div id='root'></div><script>{escaped}</script>") == expected


RELATED = f'"related":[{{"title":"Lomba Perahu","body":"{written(*[OTHER] * 9)}"}}]'


@pytest.mark.parametrize(
    "state",
    [
        f'{{"title":"{HEADLINE}","body":"{written(*STORY)}",{RELATED}}}',
        f'{{"title":"{HEADLINE}",{RELATED},"body":"{written(*STORY)}"}}',
        f'[{{"title":"{HEADLINE.upper()}!","body":"{written(*STORY)}"}},{{{RELATED}}}]',
    ],
    ids=["above related ones", "below related ones", "in a list"],
)
def test_of_the_stories_in_a_script_the_one_below_the_headline_is_read(state: str) -> None:
    assert body(f"<div id='root'></div><script>window.data={state}</script>") == whole()


@pytest.mark.parametrize(
    "state",
    [
        f"{{{RELATED}}}",
        f'{{"title":"{HEADLINE}",{RELATED}}}',
        f'[{{"title":"{HEADLINE}"}},{{{RELATED}}}]',
        f"}}}}{{{RELATED}",
    ],
    ids=["alone", "related to it", "after it", "stray braces"],
)
@pytest.mark.parametrize("url", [URL, SUARA], ids=["unknown", "known"])
def test_another_story_in_a_script_is_not_that_of_the_page(state: str, url: str) -> None:
    content = f"{H1}<video></video><p>Saksikan rekamannya.</p><script>window.data={state}</script>"
    page = f"<html><head><title>{HEADLINE}</title></head><body>{content}</body></html>"
    assert OTHER not in scraper.extract(page, url).body


def test_a_story_in_a_script_is_not_read_under_a_profile() -> None:
    script = f'<script>{{"title":"{HEADLINE}","body":"{written(*STORY)}"}}</script>'
    page = f"<html><body>{H1}<div id='root'></div>{script}</body></html>"
    assert STORY[0] not in scraper.extract(page, SUARA).body


@pytest.mark.parametrize("text", ["\\u003cp", "\\u003cp" + "\\" * 9, "\\u003cp \\ud800 \\u12"])
def test_a_script_that_writes_no_story_is_none(text: str) -> None:
    assert body(f"<div id='root'></div><script>{HEADLINE} {text}</script>") == ""
