"""The node that a profile names is checked, not trusted; the text is what a reader sees."""

from __future__ import annotations

import pytest

import scraper
from archive.records import Article

URL = "https://www.suara.com/news/2026/07/24/070859/panen-raya"
UNKNOWN = "https://www.harianrawa.example/berita/panen-raya"
P1 = (
    "Warga kampung memanen padi sejak pagi di sawah milik desa, lalu mengangkutnya ke lumbung "
    "dengan gerobak."
)
P2 = (
    "Kepala desa mengatakan panen tahun ini lebih awal dua minggu karena hujan turun tepat pada "
    "waktunya."
)
P3 = (
    "Sebagian padi disimpan sebagai benih, sisanya dijual ke pasar kecamatan dengan harga yang "
    "disepakati."
)
P4 = (
    "Pemuda desa akan memperbaiki saluran air sebelum musim tanam berikutnya agar sawah tidak "
    "kering lagi."
)
STORY = [P1, P2, P3, P4]


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def known(content: str) -> Article:
    page = (
        "<html><head><title>Panen Raya di Lereng - Suara.com</title></head><body>"
        "<div class='detail-content'><div class='article-image'><h1>Panen Raya di Lereng</h1></div>"
        f"{content}</div><footer><p>&copy; 2026 suara.com</p></footer></body></html>"
    )
    return scraper.extract(page, URL)


def unknown(content: str) -> Article:
    page = f"<html><head><title>Panen Raya di Lereng</title></head><body>{content}</body></html>"
    return scraper.extract(page, UNKNOWN)


NODE = "<div class='article-content'>"


@pytest.mark.parametrize(
    "content",
    [
        f"{NODE}{paragraphs(P1)}</div><div class='ads'>Iklan</div>"
        f"{NODE}{paragraphs(P2, P3, P4)}</div>",
        f"{NODE}<ul><li>Berita Foto</li></ul></div>{NODE}{paragraphs(*STORY)}</div>",
        f"{NODE}{paragraphs(P1)}</div>{paragraphs(P2, P3, P4)}",
        f"{NODE}{paragraphs(P1, P2)}</div></div>{paragraphs(P3, P4)}",
        f"{NODE}{paragraphs(P1, P2)}</body></html>{paragraphs(P3, P4)}</div>",
        f"{NODE}{paragraphs(P1)}<figure><img src='a.jpg'><figcaption>Sawah.</figcaption>"
        f"{paragraphs(P2, P3, P4)}</div>",
        f"{NODE}{paragraphs(P1)}<aside><a href='/x'>Baca</a>{paragraphs(P2, P3, P4)}</div>",
        f"{NODE}<form action='/x'>{paragraphs(*STORY)}</form></div>",
        f"<form action='/x'>{NODE}{paragraphs(*STORY)}</div></form>",
    ],
    ids=[
        "two containers",
        "a widget first",
        "a stray end tag",
        "two stray end tags",
        "the end of the page in the middle",
        "an unclosed figure",
        "an unclosed aside",
        "a form within",
        "a form around",
    ],
)
def test_the_whole_story_is_read_or_said_to_be_outside(content: str) -> None:
    read = known(content)
    whole = all(text in read.body for text in STORY)
    assert whole or "text_outside" in read.warnings
    if whole:
        assert [text for text in read.body.split("\n\n") if text in STORY] == STORY


@pytest.mark.parametrize(
    "below",
    [
        f"<div class='related'><h3>Terkait</h3>{paragraphs(P3, P4)}</div>",
        f"<h2>Berita Terkait</h2>{paragraphs(P3, P4)}",
        f"<h1>Sawah Kering</h1>{NODE}{paragraphs(P3, P4)}</div>",
        f"<div id='comments'>{paragraphs(P3, P4)}</div>",
        f"<div style='display:none'>{paragraphs(P3, P4)}</div>",
        "<p>Hak cipta 2026 Suara, seluruh isi dilindungi undang-undang dan tidak boleh disalin "
        "tanpa izin redaksi.</p>",
    ],
)
def test_what_follows_a_story_is_none_of_it(below: str) -> None:
    read = known(f"{NODE}{paragraphs(P1, P2)}</div>{below}")
    assert read.body == f"{P1}\n\n{P2}"
    assert "text_outside" not in read.warnings


LONG_OTHER = paragraphs(*(f"{text} Begitu kabar lain." for text in STORY))


@pytest.mark.parametrize(
    "content",
    [
        f"{NODE}{{}}</div><div><h2>Berita Terkait</h2><div>{LONG_OTHER}</div></div>",
        f"<div><h2>Berita Terkait</h2><div>{LONG_OTHER}</div></div>{NODE}{{}}</div>",
        f"{NODE}<h3>Banjir</h3>{{}}</div><h2>Berita Terkait</h2><div>{LONG_OTHER}</div>",
    ],
    ids=["below", "above", "below a heading of its own"],
)
@pytest.mark.parametrize("text", ["Banjir surut.", P1], ids=["short", "long"])
def test_a_list_of_other_stories_is_not_the_story_however_short_that_is(
    content: str, text: str
) -> None:
    read = known(content.format(paragraphs(text)))
    assert read.body.split("\n\n")[-1] == text
    assert "Begitu kabar lain." not in read.body


def test_a_story_below_its_headline_and_outside_the_node_is_found_below_a_list() -> None:
    listed = f"<h2>Berita Populer</h2><div>{LONG_OTHER}</div><h1>Panen Raya di Lereng</h1>"
    page = f"<html><body>{listed}{NODE}Foto</div><div>{paragraphs(*STORY)}</div></body></html>"
    assert scraper.extract(page, URL).body == "\n\n".join(STORY)


def test_lines_that_end_with_no_sentence_are_the_story_and_teasers_below_are_not() -> None:
    more = "Cek Berita dan Artikel yang lain di <br><a href='/n'>Google News</a>"
    lines = "<br>&nbsp;<br>".join(
        (f"<strong>Lereng</strong>: {P1}", P2, P3, f"{P4} (ANTARA)", more, "(WIR)")
    )
    other = "Perahu dayung dari tiga kampung berlomba di sungai yang baru dibersihkan, {} kali ini."
    teasers = "".join(
        f"<h4><a href='/{n}'>Lomba {n}</a></h4><p>{other.format(n)}</p>" for n in "abcd"
    )
    read = scraper.extract(
        "<html><body><h1>Panen Raya di Lereng</h1>"
        f"<div id='articleBody' class='text'>{lines}</div>"
        f"<div class='box_7_ct'><h3>BERITA LAINNYA</h3>{teasers}</div></body></html>",
        "https://www.medcom.id/nasional/peristiwa/VNn4y1Xb-panen-raya-di-lereng",
    )
    assert (read.layout, read.warnings) == ("M4", ("missing_published_at",))
    assert all(text in read.body for text in STORY)
    assert "Perahu" not in read.body


@pytest.mark.parametrize(
    "attribute",
    [
        "hidden",
        "hidden=''",
        "style='display:none'",
        "style='DISPLAY : NONE'",
        "style='color:red;visibility: hidden'",
        "style='font-size:0'",
        "style='position:absolute;left:-9999px'",
        "style='text-indent:-9999px'",
        "style='opacity:0'",
        "style='height:0;overflow:hidden'",
        "class='sr-only'",
        "class='visually-hidden'",
    ],
)
def test_what_a_reader_cannot_see_is_no_text(attribute: str) -> None:
    hidden = f"<p {attribute}>Salinan ini milik redaksi.</p>"
    assert known(f"{NODE}{paragraphs(P1)}{hidden}{paragraphs(P2)}</div>").body == f"{P1}\n\n{P2}"


@pytest.mark.parametrize(
    "attribute",
    [
        "style='line-height:0.9'",
        "style='border-width:0'",
        "class='hidden md:block'",
        "class='hide-ads'",
    ],
)
def test_what_only_looks_hidden_stays(attribute: str) -> None:
    shown = f"<p {attribute}>{P2}</p>"
    assert known(f"{NODE}{paragraphs(P1)}{shown}</div>").body == f"{P1}\n\n{P2}"


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (f"<details><summary>Rincian</summary>{P2}</details>", f"Rincian\n\n{P2}"),
        ("<p>Panen <del>dua</del> <ins>tiga</ins> ton.</p>", "Panen tiga ton."),
        ("<p>Panen <s>dua</s> tiga ton.</p>", "Panen tiga ton."),
        (f"<pre>{P2}\n\n{P3}</pre>", f"{P2}\n\n{P3}"),
        (f"<div><span>{P2}</span><span>{P3}</span></div>", f"{P2}\n\n{P3}"),
        (
            f"<span style='display:block'>{P2}</span><span style='display:block'>{P3}</span>",
            f"{P2}\n\n{P3}",
        ),
        (
            "<p>Ia berkata, &amp;quot;Air naik &amp;amp; turun.&amp;quot;</p>",
            'Ia berkata, "Air naik & turun."',
        ),
    ],
)
def test_the_text_is_parted_and_joined_as_a_reader_sees_it(inside: str, text: str) -> None:
    assert known(f"{NODE}{paragraphs(P1)}{inside}{paragraphs(P4)}</div>").body == (
        f"{P1}\n\n{text}\n\n{P4}"
    )


LINK = (
    "<a href='https://www.suara.com/news/2026/07/23/080000/sawah-kering'>Sawah Kering di Desa</a>"
)


@pytest.mark.parametrize(
    "inside",
    [
        f"<p>Baca Juga: {LINK} {P2}</p>",
        f"<p>{P2} Baca Juga: {LINK}</p>",
        f"<p><strong>Baca juga:</strong> {LINK}<br><br>{P2}</p>",
        f"<p>Simak juga {LINK} {P2}</p>",
    ],
)
def test_of_a_link_and_prose_in_one_paragraph_only_the_link_goes(inside: str) -> None:
    assert known(f"{NODE}{paragraphs(P1)}{inside}{paragraphs(P3)}</div>").body == (
        f"{P1}\n\n{P2}\n\n{P3}"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Simak penjelasannya di {link} sebelum mendaftar sebagai peserta pelatihan.",
        "Lihat juga {link} yang memuat harga gabah selama sepuluh tahun terakhir.",
        "Baca {link} sebelum menilai hasil panen tahun ini, kata kepala desa.",
    ],
)
def test_a_sentence_with_a_link_is_prose(sentence: str) -> None:
    inside = f"<p>{sentence.format(link=LINK)}</p>"
    text = sentence.format(link="Sawah Kering di Desa")
    assert known(f"{NODE}{paragraphs(P1)}{inside}{paragraphs(P3)}</div>").body == (
        f"{P1}\n\n{text}\n\n{P3}"
    )


@pytest.mark.parametrize(
    "counter",
    [
        "Dibaca 1.234 kali",
        "Dilihat: 56",
        "12 Komentar",
        "1,2 rb views",
        "345 shares | 12 komentar",
        "(Dibaca 99 kali)",
        "3.456 pembaca",
        "Total votes: 1.200",
    ],
)
def test_numbers_of_readers_are_no_text(counter: str) -> None:
    assert known(f"{NODE}{paragraphs(P1, counter, P2)}</div>").body == f"{P1}\n\n{P2}"


def test_a_sentence_with_a_number_of_readers_is_prose() -> None:
    text = "Video itu dibaca 1.234 kali dalam sehari, kata kepala desa."
    assert text in known(f"{NODE}{paragraphs(P1, text, P2)}</div>").body


def test_a_lead_is_given_once() -> None:
    page = (
        f"<div id='docDataRow'><h1 id='docDiv3TitrMain'>Panen Raya</h1><div id='docDivLead1'>{P1}"
        f"</div><div id='doctextarea'>{P1}<br><br>{P2}</div></div>"
    )
    read = scraper.extract(page, "https://www.islamtimes.org/id/news/1234567/panen")
    assert read.body == f"{P1}\n\n{P2}"


@pytest.mark.parametrize(
    "comments",
    [
        f"<div id='disqus_thread'>{paragraphs(P3, P4, P3 + ' ' + P4)}</div>",
        f"<div class='comment-list'>{paragraphs(P3, P4, P3 + ' ' + P4)}</div>",
        f"<h3>Komentar (3)</h3>{paragraphs(P3, P4, P3 + ' ' + P4)}",
    ],
)
def test_comments_longer_than_the_story_are_none_of_it(comments: str) -> None:
    read = unknown(
        f"<div id='isi'><h1>Panen Raya di Lereng</h1>{paragraphs(P1, P2)}{comments}</div>"
    )
    assert read.body == f"{P1}\n\n{P2}"


def test_a_label_in_the_headline_does_not_hide_the_story() -> None:
    read = unknown(
        f"<div>{paragraphs(P4, P4)}</div><h1><span>LIVE</span> Panen Raya di Lereng</h1>"
        f"<div>{paragraphs(P1, P2, P3)}</div>"
    )
    assert read.body == f"{P1}\n\n{P2}\n\n{P3}"


@pytest.mark.parametrize(
    ("head", "headline"),
    [
        ("Panen Raya di Lereng - Harian Rawa", "Panen Raya di Lereng"),
        ("Panen Raya di Lereng | Harian Rawa", "Panen Raya di Lereng"),
        ("Harian Rawa | Panen Raya di Lereng", "Panen Raya di Lereng"),
        ("Panen Raya di Lereng dan Lembah", "Panen Raya di Lereng dan Lembah"),
    ],
)
def test_the_site_s_name_is_no_headline(head: str, headline: str) -> None:
    meta = f"<meta property='og:title' content='{head}'>"
    read = unknown(f"{meta}<h1>Panen Raya di Lereng</h1>{paragraphs(*STORY)}")
    assert read.headline == headline


@pytest.mark.parametrize(
    "time",
    [
        "<time itemprop='datePublished' datetime='2026-07-24T07:15:12+07:00'>24 Jul</time>",
        "<span itemprop='datePublished' content='2026-07-24T07:15:12+07:00'>24 Jul</span>",
        "<time datetime='2026-07-24T07:15:12+07:00'>24 Jul</time>",
    ],
)
def test_the_time_element_is_read(time: str) -> None:
    read = unknown(f"<h1>Panen Raya di Lereng</h1>{time}{paragraphs(*STORY)}")
    assert read.published_at is not None
    assert read.published_at.isoformat() == "2026-07-24T07:15:12+07:00"


@pytest.mark.parametrize(
    "name",
    [
        "Copyright © 2026, Suara. All rights reserved",
        "all rights reserved",
        "Hak Cipta Suara 2026",
        "www.suara.com",
        "Suara.com",
        "Admin",
        "admin2",
        "Redaksi",
        "Tim Redaksi",
        "Redaksi Suara",
    ],
)
def test_who_is_no_person_is_no_author(name: str) -> None:
    page = (
        f"<meta name='author' content='{name}'><h1>Panen Raya</h1>{NODE}{paragraphs(*STORY)}</div>"
    )
    assert scraper.extract(page, URL).authors == ()


@pytest.mark.parametrize("first", ["", "  ", "Admin", "undefined"])
def test_an_empty_meta_does_not_hide_a_filled_one(first: str) -> None:
    page = (
        f"<meta name='author' content='{first}'><meta name='author' content='Rina Wijaya'>"
        f"<h1>Panen Raya</h1>{NODE}{paragraphs(*STORY)}</div>"
    )
    assert scraper.extract(page, URL).authors == ("Rina Wijaya",)


@pytest.mark.parametrize(
    "content",
    [
        f"<div class='label'>Advertorial</div>{NODE}{paragraphs(*STORY)}</div>",
        f"<span>Brand Content</span>{NODE}{paragraphs(*STORY)}</div>",
        f"{NODE}{paragraphs('Sponsored', *STORY)}</div>",
        f"{NODE}{paragraphs(*STORY, '(Advertorial)')}</div>",
        f"{NODE}{paragraphs(*STORY, 'Artikel ini merupakan kerja sama dengan Pabrik Gula.')}</div>",
        f"{NODE}{paragraphs(P1, P2, P3, P4 + ' (ADV)')}</div>",
    ],
)
def test_sponsored_text_is_marked(content: str) -> None:
    assert "advertorial" in known(content).warnings


@pytest.mark.parametrize(
    "content",
    [
        f"{NODE}{paragraphs(*STORY)}</div><div class='ads'>Sponsored</div>",
        f"{NODE}{paragraphs(P1, P2, 'Sponsored', P3, P4)}</div>",
        f"{NODE}{paragraphs(*STORY, 'Advertorial dibahas oleh dewan desa pada hari Senin.')}</div>",
    ],
)
def test_the_label_of_an_advert_marks_no_story(content: str) -> None:
    assert "advertorial" not in known(content).warnings


P5 = (
    "Panen raya itu ditutup dengan makan siang bersama di tepi saluran air yang baru diperbaiki "
    "oleh pemuda desa."
)


@pytest.mark.parametrize(
    "behind",
    [
        f"<div>{paragraphs(P3, P4, P5)}</div>",
        f"<div class='lanjutan'>{paragraphs(P3, P4, P5)}</div>",
        f"<section><div>{paragraphs(P3)}{paragraphs(P4, P5)}</div></section>",
    ],
)
def test_text_behind_a_stray_end_tag_is_taken_where_the_finder_sees_one_article(
    behind: str,
) -> None:
    article = known(f"<div>{NODE}{paragraphs(P1, P2)}</div></div>{behind}")
    assert article.body.split("\n\n") == [*STORY, P5]
    assert "text_outside" not in article.warnings


def test_bare_text_behind_a_stray_end_tag_is_taken_with_what_is_around_it() -> None:
    bare = f"{P3}<br><br>{P4}<br><br>{P5}<ul class='share'><li><a href='/x'>Bagikan</a></li></ul>"
    article = known(f"<div>{NODE}{P1}<br><br>{P2}</div>{bare}</div>")
    assert article.body.split("\n\n") == [*STORY, P5]


OTHER_LEAD = "Nelayan di pesisir utara kembali melaut setelah gelombang mereda, kata syahbandar."
OTHER = "".join(
    (
        f"<p>{OTHER_LEAD}</p>",
        "<p>Harga ikan di pelelangan turun karena tangkapan melimpah sejak akhir pekan lalu.</p>",
        "<p>Kapal besar baru akan berangkat sesudah bahan bakar tiba dari pelabuhan di kota.</p>",
    )
)


@pytest.mark.parametrize(
    "heading", ["<h2>Nelayan Melaut</h2>", "<h3><a href='/x'>Nelayan</a></h3>"]
)
def test_the_text_of_another_article_is_none_of_the_story(heading: str) -> None:
    first = f"<article><h1>Panen Raya di Lereng</h1>{NODE}{paragraphs(*STORY)}</div></article>"
    article = known(f"{first}<article>{heading}{NODE}{OTHER}</div></article>")
    assert article.body.split("\n\n") == STORY
    body = "<div itemprop='articleBody'>"
    first = f"<article><h1>Panen Raya di Lereng</h1>{body}{paragraphs(*STORY)}</div></article>"
    article = unknown(f"{first}<article>{heading}{body}{OTHER}</div></article>")
    assert article.body.split("\n\n") == STORY


def test_a_card_above_the_story_is_not_taken_for_it() -> None:
    card = f"<article class='kartu'>{paragraphs(OTHER_LEAD)}</article>"
    body = f"<article><div itemprop='articleBody'>{paragraphs(*STORY)}</div></article>"
    article = unknown(f"<h1>Panen Raya di Lereng</h1>{card}{body}")
    assert article.body.split("\n\n") == STORY


def test_an_article_in_several_parts_is_one_story() -> None:
    parts = f"{NODE}{paragraphs(P1, P2)}</div><h2>Benih</h2>{NODE}{paragraphs(P3, P4)}</div>"
    assert known(f"<article>{parts}</article>").body.split("\n\n") == STORY


@pytest.mark.parametrize("heading", ["<h4>Sorotan Pekan Ini</h4>", "<h3>Dari Pesisir</h3>"])
def test_more_text_below_a_heading_than_in_the_node_is_reported_not_taken(heading: str) -> None:
    article = known(f"{NODE}{paragraphs(P1)}</div>{heading}{OTHER}{OTHER}")
    assert article.body == P1
    assert "text_outside" in article.warnings


def test_less_text_below_a_heading_than_in_the_node_is_the_rest_of_the_story() -> None:
    article = known(f"{NODE}{paragraphs(P1, P2, P3)}</div><h3>Saluran Air</h3>{paragraphs(P4)}")
    assert article.body.split("\n\n")[-1] == P4
