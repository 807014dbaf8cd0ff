"""Newsroom furniture: every rule takes what it is for and leaves the prose that looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from scraper.extraction.text.blocks import Block, blocks
from scraper.extraction.text.boilerplate import COMMON_RULES, Trimmed, agency_of, trim
from scraper.sites.site import Identity, Rule
from scraper.spiders import sites

BEFORE = "Warga desa memanen padi sejak pagi."
AFTER = "Panen berlangsung sampai sore."
STORY = "Warga desa memanen padi sejak pagi, lalu mereka menjemurnya bersama di halaman balai desa."

# (site or "" for all, rule, a paragraph that it takes, a paragraph that it leaves)
WHOLE = [
    ("", "related_label", "Baca Juga", "Baca juga di rumah, jangan hanya di sekolah."),
    ("", "related_label", "BACA JUGA :", "Baca buku lebih disukai anak-anak itu."),
    (
        "",
        "related_label",
        "Simak selengkapnya",
        "Simak selengkapnya alasan mereka, pinta kepala desa dalam rapat.",
    ),
    ("", "related_label", "Berita Terkait:", "Berita terkait panen itu cepat menyebar."),
    ("", "related_label", "Jangan Lewatkan!", "Jangan lewatkan panen itu, pesan sang guru."),
    (
        "",
        "related_colon",
        "Baca juga: Sawah Kering di Tiga Desa",
        "Baca juga kitabnya, pesan sang guru: perlahan saja.",
    ),
    (
        "",
        "related_colon",
        "Artikel terkait: Sawah Kering",
        "Artikel terkait panen itu dimuat kemarin.",
    ),
    (
        "",
        "related_link",
        "Baca: <a href='/x'>Sawah Kering</a>",
        "Baca: itulah kata pertama yang ia eja.",
    ),
    (
        "",
        "related_link",
        "Klik: <a href='/x'>Sawah Kering</a>",
        "Warga membaca juga <a href='/tag/koran'>koran</a> setiap pagi.",
    ),
    (
        "",
        "related_link",
        "Baca juga <a href='/x'>Sawah Kering</a>",
        "Baca juga doanya, kata ibu itu.",
    ),
    (
        "",
        "read_more_link",
        "<a href='/x'>Selengkapnya</a>",
        "Selengkapnya diumumkan besok, kata panitia.",
    ),
    (
        "",
        "read_more_link",
        "Cek selengkapnya <a href='/x'>di sini</a>",
        "Cek kesehatan di sini gratis, kata bidan.",
    ),
    (
        "",
        "read_more_link",
        "Klik <a href='/x'>di sini</a> untuk tabel lengkap",
        "Klik kanan, lalu pilih simpan.",
    ),
    ("", "advert_label", "Advertisement", "Advertisement tua itu masih terpampang di dinding."),
    ("", "advert_label", "Iklan", "Iklan pupuk di papan itu sudah pudar."),
    (
        "",
        "advert_label",
        "Scroll untuk melanjutkan",
        "Scroll kuno itu disimpan di museum desa bersama puluhan naskah lontar lainnya.",
    ),
    (
        "",
        "no_advert",
        "Tidak ada kode iklan yang tersedia.",
        "Tidak ada kode iklan yang tersedia di papan itu.",
    ),
    ("", "loading", "Loading...", "Loading barang di dermaga memakan waktu dua jam."),
    ("", "loading", "loading...   loading...", "Loading, menurut kamus, berarti memuat."),
    (
        "",
        "reaction_widget",
        "Bagaimana tanggapan anda mengenai artikel ini?",
        "Bagaimana tanggapan Anda mengenai panen ini?",
    ),
    ("", "reaction_widget", "Happy", "Happy, gajah betina itu, lahir di kebun raya."),
    ("", "share_widget", "Share", "Share lokasi itu membantu regu penolong."),
    ("", "share_widget", "0 Komentar", "Komentar warga beragam."),
    (
        "",
        "google_news",
        "Ikuti berita kami di Google News",
        "Ikuti lomba itu, Google News dan peta digital menjadi bahan latihannya, kata panitia "
        "kepada warga.",
    ),
    ("", "load_more", "Load More", "Load more, begitu tulisan di layar, kata panitia."),
    ("", "counter", "Dibaca 1.234 kali", "Dibaca 1.234 kali sehari, pesan itu tidak dibalas."),
    ("", "counter", "12 Komentar | 345 shares", "12 komentar warga dibacakan di balai desa."),
    ("", "counter", "Dilihat: 1,2 rb", "Dilihat dari bukit, sawah itu hijau."),
    ("", "google_news_open", "Google News", "Google News kini memuat kanal berita desa."),
    ("", "whatsapp", "Ikuti Whatsapp Channel Republika", "Warga mengikuti arahan lewat WhatsApp."),
    (
        "",
        "channel_note",
        "Dapatkan kabar pilihan dan berita terkini dari kampung kami setiap hari. Mari bergabung "
        "di Grup Telegram kami lewat <a href='https://t.me/rawa'>tautan ini</a>.",
        "Mari bergabung, pesan kepala desa, di saluran Rawa di WhatsApp yang memuat harga padi.",
    ),
    (
        "",
        "channel_note",
        "Yuk, biar tidak terlambat, pagi-pagi sebelum berangkat ke sawah atau ke pasar, bergabung "
        "di grup Telegram kami lewat <a href='https://t.me/rawa'>tautan ini</a>.",
        "Jangan percaya kabar di grup WhatsApp itu, bunyi <a href='/x'>imbauan</a> kepala desa.",
    ),
    (
        "",
        "follow_channel",
        "Follow WhatsApp Channel Harian Rawa untuk update berita setiap hari",
        "Follower akun WhatsApp desa itu terus bertambah.",
    ),
    (
        "",
        "syndicated_note",
        "Artikel ini telah tayang di Harian Rawa dengan judul Panen Raya",
        "Artikel ini telah tayang di majalah sekolah dengan judul yang sudah dilupakan.",
    ),
    ("", "next_page", "Halaman selanjutnya ›", "Halaman selanjutnya dari buku itu robek."),
    (
        "",
        "video_note",
        "Saksikan video pilihan berikut ini:",
        "Saksikan video itu bersama anak-anak, pesan sang guru.",
    ),
    ("", "video_note", "Simak Video: Panen Raya di Lereng", "Simak video pelajaran di balai desa."),
    ("", "embed_code", "[Gambas:Video Rawa]", "[Gambas] adalah nama sayur di kampung itu."),
    (
        "",
        "editor_choice",
        "Jangan Sampai Ketinggalan Pilihan Editor ini ya!",
        "Jangan sampai ketinggalan panen kali ini ya!",
    ),
    (
        "",
        "crawling_ban",
        "Dilarang keras mengambil konten di situs web ini tanpa izin tertulis dari redaksi.",
        "Dilarang keras mengambil pasir dari sungai itu tanpa izin, demikian bunyi papan itu.",
    ),
    ("", "follow_us", "FOLLOW US", "Followers akun desa itu terus bertambah."),
    (
        "",
        "follow_us",
        "Ikuti media sosial medcom.id dan dapatkan berbagai keuntungan",
        "Ikuti media cetak, pesan guru itu.",
    ),
    (
        "",
        "follow_us",
        "Untuk mengikuti silakan klik tanda bintang.",
        "Untuk mengikuti lomba, warga mendaftar di balai desa.",
    ),
    ("suara", "summary_label", "Baca 10 detik", "Baca 10 detik saja cukup, kata guru itu."),
    (
        "suara",
        "follow_suara",
        "Follow Suara.com untuk mendapatkan informasi terkini. Klik WhatsApp Channel & Google News",
        "Follow Suara.com, tulis panitia di papan itu.",
    ),
    (
        "suara",
        "scroll",
        "Scroll untuk membaca artikel",
        "Scroll untuk membaca artikel itu terlalu panjang, kata guru.",
    ),
    (
        "medcom",
        "osc_plug",
        "Viral! 18 Kampus ternama memberi beasiswa, klik : osc.medcom.id",
        "Viral! Video panen itu ditonton seluruh desa.",
    ),
    (
        "medcom",
        "google_news_open_metro",
        "Google News Metrotvnews.com",
        "Google News Metrotvnews.com memuat kabar panen itu.",
    ),
    (
        "medcom",
        "read_more_here",
        "Baca selengkapnya di sini",
        "Baca selengkapnya di sini, tulis panitia di papan pengumuman.",
    ),
    (
        "suara",
        "related_more",
        "Simak berita lainnya seputar panen raya",
        "Simak berita lainnya, pinta penyiar, lalu musik diputar.",
    ),
    ("rmol", "related_box", "BERITA TERKAIT :", "Berita terkait panen itu cepat menyebar."),
    (
        "rmol",
        "google_news_rmol",
        "Temukan berita-berita hangat terpercaya dari Kantor Berita Politik RMOL di Google News.",
        "Temuan itu disampaikan kepada Kantor Berita Politik RMOL.",
    ),
    (
        "republika",
        "related_plug",
        "BACA JUGA: Update Berita-Berita Politik Perspektif Republika.co.id, Klik di Sini",
        "Perspektif Republika.co.id dibahas dalam diskusi itu.",
    ),
    ("republika", "reading_lists", "Pilihan Redaksi", "Pilihan redaksi jatuh pada foto sawah."),
    (
        "republika",
        "reading_lists",
        "Scroll untuk membaca",
        "Kantor berita desa itu dibuka tahun lalu.",
    ),
    (
        "republika",
        "latest_list",
        "Terkini Indeks Rejogja - 02 November 2025, 12:35 Warga",
        "Kabar terkini indeks harga dibacakan.",
    ),
    (
        "republika",
        "infographic_caption",
        "Luas sawah di tiga kabupaten - (Republika)",
        "Data dihimpun tim riset (Republika).",
    ),
    ("medcom", "related_klik", "Klik: Sawah Kering di Tiga Desa", "Klik! Kamera itu berbunyi."),
    (
        "medcom",
        "google_news_medcom",
        "Cek Berita dan Artikel yang lain di Google News",
        "Cek berita itu sekali lagi, pesan guru.",
    ),
    (
        "medcom",
        "follow_metrotvnews",
        "Jangan lupa ikuti update berita lainnya dan follow akun google news Metrotvnews.com",
        "Jangan lupa ikuti gotong royong, pesan kepala desa.",
    ),
    ("islamtimes", "story_code", "Story Code : 1127790", "Story code bukan kata Indonesia."),
    ("islamtimes", "qr_code", "QR Code QR Code", "QR Code di pintu itu dipindai pengunjung."),
]

AT_THE_END = [
    ("", "people_label", "Editor: Rina Wijaya", "Editor senior itu pensiun pekan ini."),
    ("", "people_label", "Pewarta: Rina Wijaya", "Pewarta senior itu pensiun pekan ini."),
    (
        "",
        "fact_check_note",
        "*** Untuk mengetahui kebenaran informasi yang beredar, silakan WhatsApp ke nomor kami.",
        "Untuk mengetahui kebenaran informasi itu warga bertanya ke balai desa.",
    ),
    ("", "copyright_line", "Copyright © HARIAN RAWA 2026", "Copyright itu hak pengarang, katanya."),
    ("", "people_label", "Sumber: laman desa", "Sumber air itu tak pernah kering."),
    (
        "suara",
        "video_credits",
        "Creative/Host: Rina, Bagas",
        "Creative itu kata sifat, ujar guru bahasa.",
    ),
    ("medcom", "full_name", "(Rina Wijaya)", "(Rina Wijaya) dikenal sebagai peternak lebah."),
    ("islamtimes", "comment_label", "Your Name", "Comment yang paling sering adalah soal air."),
]
AT_THE_START = [
    ("", "date_line", "Selasa, 12 Mei 2026", "12 Mei 2026 adalah hari panen raya di desa itu."),
    ("", "time_line", "Kamis, 16 April 2026 | 09:12 WIB", "Kamis, 16 April 2026, warga panen."),
    ("", "time_line", "17 Nov 2020 08:10", "17 Nov 2020 08:10 adalah waktu gempa itu."),
    (
        "",
        "time_line",
        "Selasa 17 Nov 2020 08:10 WIB Rep: C31/ Red: Rina",
        "Pada 17 Nov 2020 08:10.",
    ),
    ("", "time_line", "Rina Wijaya - 10 November 2021 07:58 WIB", "Pasar - 10 kios - dibuka."),
    ("", "people_line", "Penulis: Rina Wijaya | Editor: Lea Holm", "Penulis novel itu pulang."),
    ("", "people_line", "Oleh : Rina Wijaya", "Oleh karena itu, warga menunggu."),
    ("", "time_line", "Sunday 4 April 2021 - 10:16", "Sejak 4 April 2021 sepi."),
    ("rmol", "repeated_byline", "LAPORAN: RENI ASTUTI", "Laporan warga menyebut air sudah surut."),
    ("republika", "column_author", "Oleh : Rina Wijaya", "Oleh karena itu, warga menunggu."),
]
# Lines that head what stands below a story on its page
BELOW = [
    ("", "comments_below", "Komentar Pembaca", "Komentar warga beragam."),
    ("", "comments_below", "Tinggalkan Balasan", "Tinggalkan desa itu, pesan ibunya."),
    ("", "page_below", "Terpopuler", "Populer di kalangan petani, padi itu cepat panen."),
    ("", "page_below", "ARTIKEL LAINNYA", "Artikel lainnya ia tulis di rumah."),
    ("", "page_below", "Related Articles", "Related Articles adalah nama band dari kampung itu."),
    ("", "page_below", "You may also like...", "You may also like adalah judul lagu band itu."),
    ("", "page_below", "TERKAIT", "Terkait panen itu, kepala desa bersyukur."),
]

# (site, rule, paragraph, what is left of it); None for a paragraph that stays as it is
PARTS = [
    (
        "",
        "loading_tail",
        "Panen berlangsung sampai sore. loading...   loading...",
        "Panen berlangsung sampai sore.",
    ),
    (
        "",
        "google_news_glued",
        "Panen berlangsung sampai sore.Temukan berita-berita hangat kami di Google News",
        "Panen berlangsung sampai sore.",
    ),
    ("", "google_news_glued", "Panen itu dimuat Google News", None),
    (
        "",
        "counter_tail",
        "Panen berlangsung sampai sore. (Dibaca 1.234 kali)",
        "Panen berlangsung sampai sore.",
    ),
    ("", "counter_tail", "Panen itu yang terbesar (20 ton)", None),
    ("", "loading_tail", "Layar itu hanya menulis kata loading", None),
    ("rmol", "logo_alt", "rmol news logoWarga desa memanen padi.", "Warga desa memanen padi."),
    ("rmol", "logo_alt", "rmol news logo Warga desa memanen padi.", "Warga desa memanen padi."),
    (
        "rmol",
        "logo_alt",
        "Warga desa memanen padi. rmol news logo article",
        "Warga desa memanen padi.",
    ),
    ("rmol", "logo_alt", "Logo RMOL terpampang di gedung itu.", None),
    (
        "republika",
        "no_advert_inline",
        "Warga memanen padi. Tidak ada kode iklan yang tersedia. Hujan turun.",
        "Warga memanen padi. Hujan turun.",
    ),
    ("republika", "no_advert_inline", "Tidak ada kode etik yang dilanggar.", None),
    ("rmol", "end_mark", "Panen usai. [***]", "Panen usai."),
    ("rmol", "end_mark", "Nilai [**] pada tabel berarti belum dihitung.", None),
    (
        "republika",
        "whatsapp_tail",
        "Panen usai. Ikuti Whatsapp Channel Republika Advertisement",
        "Panen usai.",
    ),
    (
        "republika",
        "whatsapp_tail",
        "Panen usai. Loading... Ikuti Whatsapp Channel Republika",
        "Panen usai.",
    ),
    ("republika", "whatsapp_tail", "Warga mengikuti Whatsapp Channel Republika sejak lama.", None),
    ("islamtimes", "end_mark", "Warga desa memanen padi.[IT/r]", "Warga desa memanen padi."),
    ("islamtimes", "end_mark", "Warga desa memanen padi. [IT/AR]", "Warga desa memanen padi."),
    ("islamtimes", "end_mark", "Tim [IT/r] membuat aplikasi panen.", None),
]

# (site, last paragraph, what is left of it, agency, editors)
CREDITS = [
    ("suara", "Panen usai. (Antara)", "Panen usai.", "ANTARA", ()),
    ("suara", "Panen usai. [Antara]", "Panen usai.", "ANTARA", ()),
    ("suara", "“Panen usai,” kata dia.” (AFP)", "“Panen usai,” kata dia.”", "AFP", ()),
    ("suara", "Panen usai. (ANTARA/Xinhua)", "Panen usai.", "ANTARA", ()),
    ("suara", "Panen usai. (Reuters, AP)", "Panen usai.", "Reuters", ()),
    ("republika", "sumber : Antara", "", "ANTARA", ()),
    (
        "republika",
        "Panen usai. Ikuti Whatsapp Channel Republika sumber : Antara Advertisement",
        "Panen usai.",
        "ANTARA",
        (),
    ),
    ("republika", "Sumber: Xinhua", "", "Xinhua", ()),
    ("republika", "Panen usai. (Anadolu Agency)", "Panen usai.", "Anadolu", ()),
    ("medcom", "(WIL)", "", None, ("WIL",)),
    ("medcom", "Panen usai. (DRI)", "Panen usai.", None, ("DRI",)),
    ("medcom", "Panen usai.(SAW)", "Panen usai.", None, ("SAW",)),
    ("medcom", "“Panen usai.” (FJR)", "“Panen usai.”", None, ("FJR",)),
    # What looks like a credit
    (
        "suara",
        "Mereka menonton kantor berita Prancis (AFP)",
        "Mereka menonton kantor berita Prancis (AFP)",
        None,
        (),
    ),
    ("suara", "Panen usai (Senin).", "Panen usai (Senin).", None, ()),
    ("suara", "Panen usai. (Bersambung)", "Panen usai. (Bersambung)", None, ()),
    ("suara", "Panen usai. (WIL)", "Panen usai. (WIL)", None, ()),
    (
        "medcom",
        "Ia diperiksa Komisi Pemberantasan Korupsi (KPK)",
        "Ia diperiksa Komisi Pemberantasan Korupsi (KPK)",
        None,
        (),
    ),
    (
        "medcom",
        "Ia diperiksa di kantor polisi (KPK).",
        "Ia diperiksa di kantor polisi (KPK).",
        None,
        (),
    ),
    ("medcom", "Panen usai. (wil)", "Panen usai. (wil)", None, ()),
]


def trimmed(site: str, *paragraphs: str) -> Trimmed:
    page = html.fromstring(
        "<div>" + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs) + "</div>"
    )
    profile = sites().get(site)
    return trim(
        blocks(page, set()),
        profile.rules if profile else (),
        end_credit=profile.end_credit if profile else "",
    )


def texts(result: Trimmed) -> list[str]:
    return [block.text for block in result.blocks]


def text(markup: str) -> str:
    return " ".join(html.fromstring(f"<p>{markup}</p>").text_content().split())


@pytest.mark.parametrize(("site", "rule", "line"), [row[:3] for row in WHOLE])
def test_a_rule_takes_a_line_of_furniture(site: str, rule: str, line: str) -> None:
    result = trimmed(site, BEFORE, line, AFTER)
    assert texts(result) == [BEFORE, AFTER]
    assert result.taken == [(rule, text(line))]


@pytest.mark.parametrize(
    ("site", "line"), [(row[0], row[3]) for row in WHOLE + AT_THE_END + AT_THE_START + BELOW]
)
def test_a_rule_leaves_prose_that_looks_like_furniture(site: str, line: str) -> None:
    for paragraphs in ((BEFORE, line, AFTER), (line, BEFORE), (BEFORE, line)):
        assert texts(trimmed(site, *paragraphs)) == [text(paragraph) for paragraph in paragraphs]


@pytest.mark.parametrize(("site", "rule", "line"), [row[:3] for row in AT_THE_END])
def test_a_rule_for_the_end_takes_a_line_there_and_nowhere_else(
    site: str, rule: str, line: str
) -> None:
    result = trimmed(site, BEFORE, line)
    assert (texts(result), result.taken) == ([BEFORE], [(rule, line)])
    assert texts(trimmed(site, BEFORE, line, AFTER)) == [BEFORE, line, AFTER]


@pytest.mark.parametrize(("site", "rule", "line"), [row[:3] for row in AT_THE_START])
def test_a_rule_for_the_start_takes_a_line_there_and_nowhere_else(
    site: str, rule: str, line: str
) -> None:
    result = trimmed(site, line, AFTER)
    assert (texts(result), result.taken) == ([AFTER], [(rule, line)])
    assert texts(trimmed(site, BEFORE, line, AFTER)) == [BEFORE, line, AFTER]


@pytest.mark.parametrize(("site", "rule", "line"), [row[:3] for row in BELOW])
def test_in_the_text_of_a_whole_page_a_heading_below_the_story_ends_it(
    site: str, rule: str, line: str
) -> None:
    rules = sites()[site].rules if site else ()
    lines = [
        line,
        STORY,
        BEFORE,
        line,
        "Sawah Kering di Tiga Desa",
        "Warga Tiga Desa Menunggu Hujan, Pemerintah Kabupaten Kirim Bantuan Air Bersih Setiap Pagi",
    ]
    result = trim([Block(text=text) for text in lines], rules, whole_page=True)
    assert texts(result) == [line, STORY, BEFORE]  # a menu above the story heads nothing
    assert {name for name, _text in result.taken} == {rule}


def test_a_box_of_links_in_the_middle_of_a_page_does_not_end_its_story() -> None:
    lines = [STORY, "Berita Terkait", "Sawah Kering di Tiga Desa", STORY, STORY]
    assert texts(trim([Block(text=text) for text in lines], (), whole_page=True)).count(STORY) == 3


@pytest.mark.parametrize(
    ("site", "line"), [(row[0], row[2]) for row in BELOW if row[2] == "Terpopuler"]
)
def test_inside_a_narrowed_article_such_a_heading_ends_nothing(site: str, line: str) -> None:
    assert texts(trimmed(site, STORY, line, AFTER)) == [STORY, line, AFTER]


@pytest.mark.parametrize(("site", "rule", "line", "left"), PARTS)
def test_a_rule_for_a_part_leaves_the_rest_of_the_line(
    site: str, rule: str, line: str, left: str | None
) -> None:
    result = trimmed(site, BEFORE, line)
    assert texts(result) == [BEFORE, left or line]
    assert [name for name, _text in result.taken] == ([rule] if left else [])


@pytest.mark.parametrize(("site", "line", "left", "agency", "editors"), CREDITS)
def test_a_credit_that_closes_the_text_is_read_and_taken_off(
    site: str, line: str, left: str, agency: str | None, editors: tuple[str, ...]
) -> None:
    result = trimmed(site, BEFORE, line)
    assert (texts(result), result.agency, result.editors) == (
        [BEFORE, left] if left else [BEFORE],
        agency,
        editors,
    )


def test_a_credit_in_the_middle_of_a_text_is_prose() -> None:
    result = trimmed("medcom", "Panen usai. (WIL)", AFTER)
    assert (texts(result), result.editors) == (["Panen usai. (WIL)", AFTER], ())


def test_furniture_is_taken_off_the_end_line_by_line() -> None:
    result = trimmed(
        "medcom", BEFORE, "Panen usai. (Antara)", "(WIL)", "Editor: Rina Wijaya", "Google News"
    )
    assert texts(result) == [BEFORE, "Panen usai."]
    assert (result.agency, result.editors) == ("ANTARA", ("WIL",))


def test_every_line_that_was_taken_is_written_down() -> None:
    result = trimmed("republika", "Advertisement", BEFORE, "Baca Juga", "sumber : Antara")
    assert sorted(name for name, _text in result.taken) == [
        "advert_label",
        "agency_line",
        "related_label",
    ]


@pytest.mark.parametrize("name", ["", *sorted(sites())])
def test_every_rule_has_a_line_in_the_table(name: str) -> None:
    rules = sites()[name].rules if name else COMMON_RULES
    covered = {
        row[1] for row in [*WHOLE, *AT_THE_END, *AT_THE_START, *BELOW, *PARTS] if row[0] == name
    }
    assert {rule.name for rule in rules} <= covered


@pytest.mark.parametrize("name", sorted(sites()))
def test_the_names_of_rules_are_distinguished(name: str) -> None:
    names = [rule.name for rule in (*sites()[name].rules, *COMMON_RULES)]
    assert len(names) == len(set(names))


OWN = "https://rmol.id/politik/read/2024/11/21/645691/panen"
OTHER = "https://rmol.id/politik/read/2024/11/20/645000/sawah-kering"

# (markup of a block, whether it is a related story)
LINKED = [
    (f"<p><a href='{OTHER}'>Sawah Kering di Tiga Desa</a></p>", True),
    (f"<p><a href='{OTHER}'>Sawah Kering</a> dan <a href='{OTHER}0'>Sawah Basah</a></p>", True),
    (f"<h3><a href='{OTHER}'>Sawah Kering di Tiga Desa</a></h3>", False),  # a heading of a round-up
    (f"<p>Menurut <a href='{OTHER}'>warga</a>, sawah itu kering sejak pekan lalu.</p>", False),
    (f"<p><a href='{OWN}'>Panen Raya di Lereng Bukit</a></p>", False),  # a link to itself
    ("<p><a href='https://rmol.id/tag/sawah'>Sawah Kering di Tiga Desa</a></p>", False),
    ("<p><a href='https://example.id/laporan'>Laporan Lengkap Kementerian</a></p>", False),
    (f"<p><a href='{OTHER}'>1. Sawah Kering di Tiga Desa</a></p>", False),  # an entry of a round-up
]


@pytest.mark.parametrize(("markup", "taken"), LINKED)
def test_a_paragraph_that_is_nothing_but_a_link_to_another_story_is_taken(
    markup: str, taken: bool
) -> None:
    site = sites()["rmol"]

    def is_story(url: str) -> bool:
        named = site.identify(url)
        return isinstance(named, Identity) and named.story_id != "645691"

    found = blocks(html.fromstring(f"<div><p>{BEFORE}</p>{markup}<p>{AFTER}</p></div>"), set())
    result = trim(found, site.rules, is_story=is_story)
    assert [name for name, _text in result.taken] == (["linked_story"] if taken else [])
    assert len(result.blocks) == (2 if taken else 3)


def test_a_sites_rule_is_requested_before_the_common_ones() -> None:
    own = Rule(name="own", pattern=r"^advertisement$")
    assert trim([Block(text="Advertisement")], [own]).taken == [("own", "Advertisement")]


def test_a_text_of_furniture_alone_leaves_nothing() -> None:
    result = trimmed("medcom", "Advertisement", "Baca Juga", "(WIL)", "Google News")
    assert result.blocks == []


@pytest.mark.parametrize(
    ("names", "agency"),
    [
        ("Antara", "ANTARA"),
        ("ANTARA FOTO", "ANTARA"),
        ("ant", "ANTARA"),
        ("xinhua", "Xinhua"),
        ("Reuters", "Reuters"),
        ("AFP/Bernama", "AFP"),
        ("Rina Wijaya/AP", "AP"),
        ("Kyodo dan VOA", "Kyodo"),
        ("KPK", None),
        ("Antarktika", None),
        ("", None),
    ],
)
def test_a_wire_service_is_known_by_its_names(names: str, agency: str | None) -> None:
    assert agency_of(names) == agency


FURNITURE = [row[2] for row in WHOLE] + [
    "(WIL)",
    "sumber : Antara",
    "Loading...",
    "",
    "REPUBLIKA.CO.ID, BEIJING -- ",
]


@given(
    name=st.sampled_from(["", *sorted(sites())]),
    lines=st.lists(
        st.sampled_from([BEFORE, AFTER, *map(text, filter(None, FURNITURE))])
        | st.text(min_size=1).filter(str.strip),
        max_size=8,
    ),
)
def test_trimming_a_trimmed_text_again_changes_nothing_but_its_edges(
    name: str, lines: list[str]
) -> None:
    rules = sites()[name].rules if name else ()
    once = trim([Block(text=line) for line in lines], rules)
    assert all(block.text for block in once.blocks)
    assert len(trim(once.blocks, rules).blocks) <= len(once.blocks) <= len(lines)
