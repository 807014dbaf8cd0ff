"""From a page's bytes to the article: whatever the page is like, the article or a reason."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scraper
from archive.ledger.wording import REASONS
from archive.records import Page
from scraper.extraction import read, read_page
from scraper.extraction.article import extractor_of
from scraper.sites.site import Layout, Rule, Site
from scraper.sites.sources import Feed
from scraper.spiders import site_of, sites

URL = "https://rmol.id/nusantara/read/2024/11/21/645691/panen-raya-di-lereng"
FIRST = (
    "Warga Desa Sukasari memanen padi “ketan” sejak pagi – hasilnya naik dua kali lipat, "
    "kata kepala desa."
)
SECOND = (
    "Panen berlangsung sampai sore. Sebagian hasil disimpan di lumbung desa sebagai "
    "cadangan musim kemarau."
)
PAGE = f"""<!DOCTYPE html><html><head><meta charset="utf-8">
<title>Panen Raya di Lereng - RMOL</title>
<meta property="article:published_time" content="2024-11-21T13:29:00+07:00"></head><body>
<div class="single_post_heading"><h1>Panen Raya di Lereng</h1></div>
<div id="fontResizableText"><p>{FIRST}</p><p>{SECOND}</p></div>
<footer><p>Hak cipta</p></footer></body></html>"""
BODY = f"{FIRST}\n\n{SECOND}"
NO_CHARSET = PAGE.replace('<meta charset="utf-8">', "")


def body(page: str | bytes) -> str:
    return scraper.extract(page, URL).body


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        PAGE.encode(),
        PAGE.encode("utf-8-sig"),
        NO_CHARSET.encode(),
        PAGE.replace("utf-8", "UTF8").encode(),
        PAGE.replace(
            'charset="utf-8"', 'http-equiv="Content-Type" content="text/html; charset=utf-8"'
        ).encode(),
        NO_CHARSET.encode("cp1252"),
        PAGE.replace("utf-8", "windows-1252").encode("cp1252"),
        PAGE.replace("utf-8", "iso-8859-1").encode("cp1252"),  # as browsers read it
        PAGE.replace("utf-8", "utf-16").encode("utf-16"),
        "<?xml version='1.0' encoding='ISO-8859-1'?>\n" + PAGE,
        ("<?xml version='1.0' encoding='UTF-8'?>\n" + PAGE).encode(),
        "<?xml version='1.0' encoding='UTF-8'>\n" + PAGE,
        "<?xml version='1.0'>\n" + PAGE + "<script>ada = a?> b</script>",
    ],
    ids=[
        "text",
        "utf-8",
        "byte order mark",
        "no charset",
        "odd name",
        "http-equiv",
        "windows-1252 without charset",
        "windows-1252",
        "latin-1",
        "utf-16",
        "xml declaration in text",
        "xml declaration",
        "open xml declaration",
        "xml declaration that seems to end in a script",
    ],
)
def test_a_page_is_decoded_as_it_says_or_as_its_bytes_tell(page: str | bytes) -> None:
    assert body(page) == BODY


def test_the_charset_of_the_header_wins() -> None:
    reading = read(
        PAGE.replace("utf-8", "iso-8859-1").encode(),
        URL,
        sites()["rmol"],
        content_type="text/html; charset=utf-8",
    )
    assert reading.article.body == BODY


@pytest.mark.parametrize("charset", ["tidak-ada", "", "ascii", "utf-7", "hex", "idna"])
def test_a_charset_that_does_not_exist_or_lies_is_no_error(charset: str) -> None:
    assert "Warga Desa Sukasari" in body(PAGE.replace("utf-8", charset).encode())


def test_bytes_that_are_wrong_in_the_page_s_own_charset_cost_only_themselves() -> None:
    broken = PAGE.encode().replace(b"Desa Sukasari", b"Desa \xff\xfeSukasari")
    assert SECOND in body(broken)


def test_a_page_cut_in_the_middle_of_a_character_is_still_utf_8() -> None:
    page = NO_CHARSET.encode()
    cut = page[: page.index("–".encode()) + 1]
    assert "“ketan”" in body(cut)


@pytest.mark.parametrize(
    "control", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f", "\x00" * 50]
)
def test_control_characters_are_dropped(control: str) -> None:
    assert body(PAGE.replace("padi", f"pa{control}di").encode()) == BODY


@pytest.mark.parametrize(
    "entity",
    ["&#0;", "&#1;", "&#11;", "&#xFFFE;", "&#xD800;", "&#x110000;", "&#99999999999;", "&tidak;"],
)
def test_impossible_character_references_are_no_error(entity: str) -> None:
    assert SECOND in body(PAGE.replace("ketan", f"ketan{entity}"))


def test_invisible_characters_do_not_reach_the_body() -> None:
    assert body(PAGE.replace("padi", "pa\u00addi\u200b").replace("“", "\u200e“")) == BODY


def test_a_page_that_breaks_off_gives_what_had_come() -> None:
    article = scraper.extract(PAGE[: PAGE.index("Sebagian")], URL)
    assert article.body == f"{FIRST}\n\nPanen berlangsung sampai sore."
    assert article.headline == "Panen Raya di Lereng"


@pytest.mark.parametrize("length", range(0, len(PAGE), 97))
def test_a_page_that_breaks_off_anywhere_is_read_or_refused(length: int) -> None:
    try:
        article = scraper.extract(PAGE[:length], URL)
    except ValueError as error:
        assert str(error) in REASONS
    else:
        read_so_far = article.body.removesuffix(
            "<"
        ).rstrip()  # a tag that breaks off after its first character is text
        assert article.layout == "fallback" or BODY.startswith(read_so_far)


@pytest.mark.parametrize("tag", ["div", "b", "span", "p", "ul", "table", "blockquote", "font"])
def test_thousands_of_nested_nodes_are_no_crash(tag: str) -> None:
    nested = f"<{tag}>" * 20_000
    assert (
        scraper.extract(PAGE.replace("<p>", nested + "<p>", 1), URL).headline
        == "Panen Raya di Lereng"
    )


def test_nested_nodes_inside_the_text_do_not_lose_it() -> None:
    assert (
        body(PAGE.replace("<p>", "<div>" * 100 + "<p>").replace("</p>", "</p>" + "</div>" * 100))
        == BODY
    )


def test_a_very_long_paragraph_is_read_whole() -> None:
    long = " ".join(f"kata{number}" for number in range(100_000))
    assert body(PAGE.replace(SECOND, long)).endswith("kata99999")


def test_the_entities_of_a_bomb_are_not_expanded() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    assert "hahahaha" not in body(PAGE.replace("<!DOCTYPE html>", bomb).replace("ketan", "&b;"))


@pytest.mark.parametrize(
    "page", ["", b"", "  \n\t ", b"\x00\x00", b"\xef\xbb\xbf", "<!-- kosong -->", "<!DOCTYPE html>"]
)
def test_an_empty_page_gives_an_empty_article_that_says_so(page: str | bytes) -> None:
    article = scraper.extract(page, URL)
    assert (article.body, article.story_id) == ("", "645691")
    assert "empty_page" in article.warnings


def test_a_page_without_an_article_says_so() -> None:
    article = scraper.extract("<html><body><img src='/logo.png' alt='Logo'></body></html>", URL)
    assert (article.body, article.layout) == ("", "fallback")
    assert {"missing_body", "missing_headline", "layout_missed"} <= set(article.warnings)


REDESIGNED = PAGE.replace("fontResizableText", "isi-baru").replace(
    "single_post_heading", "judul-baru"
)


def test_an_unknown_layout_of_a_known_site_falls_back_and_says_so() -> None:
    article = scraper.extract(REDESIGNED, URL)
    assert FIRST in article.body
    assert (article.site, article.story_id, article.layout) == ("rmol", "645691", "fallback")
    assert article.warnings == ("layout_missed",)


def test_an_unknown_publisher_falls_back_without_a_warning() -> None:
    article = scraper.extract(REDESIGNED, "https://www.example.com/berita/1?utm_source=x")
    assert FIRST in article.body
    assert (article.site, article.layout, article.story_id) == ("www.example.com", "fallback", None)
    assert article.canonical_url == "https://www.example.com/berita/1"
    assert article.headline is not None
    assert article.headline.startswith("Panen Raya di Lereng")
    assert article.warnings == ()


@pytest.mark.parametrize(
    "url", ["", "panen.html", "file:///tmp/panen.html", "http://[::1", "https://"]
)
def test_an_address_that_names_no_publisher_is_no_error(url: str) -> None:
    assert FIRST in scraper.extract(REDESIGNED, url).body


def test_the_furniture_of_a_fallback_page_is_taken_off_as_well() -> None:
    article = scraper.extract(
        REDESIGNED.replace(
            f"<p>{SECOND}", f"<p>Baca juga: Sawah Kering di Tiga Desa</p><p>{SECOND}"
        ),
        URL,
    )
    assert "Baca juga" not in article.body


SAME_TWICE = [PAGE, REDESIGNED, PAGE[: PAGE.index("Sebagian")], PAGE.replace("<p>", "<br>")]


@pytest.mark.parametrize("page", SAME_TWICE, ids=["whole", "redesigned", "breaks off", "breaks"])
@pytest.mark.parametrize("url", [URL, "https://www.example.com/berita/1"])
def test_the_same_page_gives_the_same_article_whatever_was_read_before(page: str, url: str) -> None:
    first = scraper.extract(page, url)
    for other in SAME_TWICE:
        scraper.extract(other, "https://www.suara.com/news/2026/07/24/070859/warga")
    assert scraper.extract(page, url) == first


def test_a_line_that_was_taken_out_is_kept_as_evidence() -> None:
    reading = read(
        PAGE.replace(f"<p>{SECOND}", f"<p>Advertisement</p><p>{SECOND}"), URL, sites()["rmol"]
    )
    assert ("advert_label", "Advertisement") in reading.taken
    assert reading.article.body == BODY


def part(number: int, *paragraphs: str) -> Page:
    url = f"https://www.suara.com/news/2026/07/24/070859/warga?page={number}"
    prose = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    html = (
        "<html><body><h1>Warga Tanam Bakau</h1>"
        f"<div class='article-content'>{prose}</div></body></html>"
    )
    return Page(
        site="suara",
        requested_url=url,
        url=url,
        status=200,
        headers={},
        body=html.encode(),
        fetched_at=datetime(2026, 7, 24, tzinfo=UTC),
    )


def test_the_pages_of_a_story_are_one_article() -> None:
    story = replace(part(1, FIRST), parts=(part(2, SECOND), part(3, "Selesai sudah.")))
    article = read_page(story, sites()["suara"]).article
    assert article.body == f"{BODY}\n\nSelesai sudah."
    assert (article.page_count, article.headline) == (3, "Warga Tanam Bakau")


def test_a_paragraph_repeated_on_every_page_stands_once() -> None:
    summary = (
        "Ringkasan yang berdiri di setiap halaman cerita ini, dengan isi yang sama persis "
        "dari awal sampai akhir."
    )
    story = replace(part(1, summary, FIRST), parts=(part(2, summary, SECOND),))
    assert read_page(story, sites()["suara"]).article.body == f"{summary}\n\n{FIRST}\n\n{SECOND}"


def test_a_short_answer_that_comes_again_on_the_next_page_is_prose() -> None:
    story = replace(part(1, FIRST, "Ya."), parts=(part(2, "Ya.", SECOND),))
    assert read_page(story, sites()["suara"]).article.body == f"{FIRST}\n\nYa.\n\nYa.\n\n{SECOND}"


def test_a_page_of_a_story_that_could_not_be_had_is_reported() -> None:
    story = replace(part(1, FIRST), parts=(part(2, SECOND),), missing_parts=1)
    assert "missing_parts" in read_page(story, sites()["suara"]).article.warnings


SITE = sites()["republika"]

# What reading a page depends on: the extractor's id must follow it.
READING = {
    "layouts": (*SITE.layouts, Layout(name="R0", body=".isi")),
    "prune": (*SITE.prune, ".iklan"),
    "rules": (*SITE.rules, Rule(name="x", pattern="^x$")),
    "dateline": "^LERENG",
    "dateline_bold": True,
    "end_credit": r"\((?P<editor>[A-Z]{3})\)$",
    "ld_editor": "/editor/",
    "newsroom_names": (*SITE.newsroom_names, "Redaksi"),
    "tag_metas": ("news_keywords",),
    "head_dates": ("dcterms.created",),
    "timezone": "Asia/Makassar",
    "title": "Republika",
    "language": "jv",
}
ELSEWHERE = {
    "sources": (Feed("https://republika.co.id/rss/baru"),),
    "crawled": ("republika.co.id",),
    "home": "https://www.republika.co.id/",
}


@pytest.mark.parametrize("field", READING)
def test_the_extractor_s_id_changes_with_every_rule_of_the_site(field: str) -> None:
    changed: dict[str, Any] = {field: READING[field]}
    assert extractor_of(replace(SITE, **changed)) != extractor_of(SITE)


@pytest.mark.parametrize("field", ELSEWHERE)
def test_the_extractor_s_id_stays_where_only_discovery_changes(field: str) -> None:
    changed: dict[str, Any] = {field: ELSEWHERE[field]}
    assert extractor_of(replace(SITE, **changed)) == extractor_of(SITE)


def test_an_equal_profile_has_the_same_extractor() -> None:
    assert extractor_of(replace(SITE)) == extractor_of(SITE)


def test_every_site_has_an_extractor_of_its_own() -> None:
    ids = [extractor_of(site) for site in (*sites().values(), None)]
    assert len(set(ids)) == len(ids)
    assert all(name in extractor for name, extractor in zip(sites(), ids, strict=False))


def test_the_extractor_s_id_is_the_same_in_every_process() -> None:
    script = (
        "from scraper.extraction.article import extractor_of; "
        "from scraper.spiders import sites; print(extractor_of(sites()['rmol']))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == extractor_of(sites()["rmol"])


def test_an_article_names_the_extractor_that_read_it() -> None:
    assert scraper.extract(PAGE, URL).extractor == extractor_of(sites()["rmol"])


def test_times_in_json_keep_their_offset() -> None:
    article = scraper.extract(PAGE, URL)
    assert article.published_at == datetime(2024, 11, 21, 13, 29, tzinfo=ZoneInfo("Asia/Jakarta"))
    assert article.as_dict()["published_at"] == "2024-11-21T13:29:00+07:00"


PIECES = [
    *(
        "<p>",
        "</p>",
        "<br>",
        "<div id='fontResizableText'>",
        "</div>",
        "<h1>",
        "<b>",
        "<title>",
        "<time>",
        "<article>",
        "<html>",
        "<body>",
    ),
    *(
        "<a href='http://['>",
        "</a>",
        "<link rel=canonical href='http://['>",
        "<base href='http://['>",
        "<img src='http://['>",
    ),
    *(
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<script type='application/ld+json'>{",
        "<meta charset=x>",
        "<table><tr><td>",
    ),
    *("&#0;", "&amp;", "\x00", FIRST, "Jakarta: ", "(WIL)", "Baca juga: "),
]
MARKUP = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join)


@given(
    page=MARKUP,
    url=st.sampled_from(
        [URL, "https://www.medcom.id/bola/liga/3NO0Ba3b-x", "https://example.com/1", ""]
    ),
)
def test_any_page_is_read_or_refused(page: str, url: str) -> None:
    try:
        article = scraper.extract(page, url)
    except ValueError as error:
        assert str(error) in REASONS
    else:
        assert article.extractor
        assert "\n\n\n" not in article.body
        assert article.body == article.body.strip()


def test_a_profile_is_data_that_reads_only_its_own_hosts() -> None:
    assert isinstance(SITE, Site)
    assert SITE.owns("news.republika.co.id")
    assert not SITE.owns("republika.co.id.example.com")


INDEX = "<html><body><h1>Indeks</h1>" + "".join(
    f"<div><a href='/nusantara/read/2024/11/21/6456{n}/x'>Warga Lereng Menanam Padi di Musim "
    f"Kemarau Ke-{n}.</a></div>"
    for n in range(10, 40)
)


def test_an_index_is_no_article() -> None:
    article = scraper.extract(INDEX, "https://rmol.id/indeksberita")
    assert (article.body, article.headline) == ("", "Indeks")
    assert "not_an_article" in article.warnings


def test_a_list_of_headlines_at_the_address_of_a_story_is_no_article() -> None:
    assert scraper.extract(INDEX, URL).body == ""


def test_a_redesigned_page_is_read_by_what_stays_the_same_and_says_so() -> None:
    prose = "".join(
        f"<p class='q{n}'>Warga lereng menanam padi pada musim kemarau panjang yang ke-{n}, "
        f"kata kepala desa itu.</p>"
        for n in range(6)
    )
    byline = "<div>Rina Wijaya • 21 November 2024 07:08</div>"
    page = (
        f"<body><div class='a1'>Menu</div><h1 class='a2'>Panen Raya</h1>{byline}"
        f"<div class='a3'>{prose}</div>"
    )
    article = scraper.extract(
        page + "<div class='a4'><a href='/x'>Kabar lain</a></div></body>", URL
    )
    assert (article.headline, article.authors, article.layout) == (
        "Panen Raya",
        ("Rina Wijaya",),
        "fallback",
    )
    assert (
        len(article.body.split("\n\n")),
        article.published_at.isoformat() if article.published_at else None,
    ) == (6, "2024-11-21T07:08:00+07:00")
    assert "layout_missed" in article.warnings


def test_the_headline_of_an_unknown_layout_is_no_part_of_its_text() -> None:
    page = f"<body><h1>Panen Raya</h1><article><p>Lambur: {FIRST}</p></article></body>"
    reading = read(
        page,
        "https://www.medcom.id/nasional/daerah/aNr1Bq2K-panen-raya",
        site_of("https://www.medcom.id/"),
    )
    assert (reading.article.headline, reading.article.body, reading.article.dateline) == (
        "Panen Raya",
        FIRST,
        "Lambur",
    )
    assert (reading.sources["body"], reading.sources["dateline"]) == (
        "text of fallback",
        "text of fallback",
    )


def test_a_time_far_from_the_one_in_the_address_is_doubted() -> None:
    page = (
        "<head><meta property='article:published_time' "
        "content='2020-01-01T08:00:00+07:00'></head><body><p>x</p></body>"
    )
    assert "time_disagrees" in scraper.extract(page, URL).warnings


@pytest.mark.parametrize(
    "page",
    [
        "<p>" * 20_000,
        f"<p id='{'x' * 500_000}'>",
        "<a href='http://[::1'>x</a>" * 99,
        "Hujan \ud83d deras <p>\udcff",
        "<![CDATA[" * 999,
        "&#x110000;" * 99,
    ],
    ids=[
        "unclosed",
        "huge attribute",
        "broken links",
        "surrogates",
        "cdata",
        "impossible character",
    ],
)
def test_hostile_pages_are_read_without_an_error(page: str) -> None:
    for address in (
        URL,
        "https://www.suara.com/news/2026/07/24/070859/x",
        "https://contoh.example/x",
    ):
        assert scraper.extract(page, address).url == address
