"""One story has many addresses; one address has one story, or one reason why it has none."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ledger.wording import REASONS
from scraper.sites.site import ArticleURL, Identity, Refusal, Site
from scraper.spiders import site_of, sites

JAKARTA = ZoneInfo("Asia/Jakarta")

# (site, story_id, canonical address, other addresses of the same story)
STORIES = [
    (
        "suara",
        "news/20260724070859",
        "https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara",
        [
            "http://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara",
            "https://suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara/",
            "https://amp.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara",
            "https://m.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara",
            "https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara?page=all",
            "https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara?page=2",
            "https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara"
            "?utm_source=dlvr.it&utm_medium=twitter",
            "https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara#komentar",
            "https://www.suara.com//news/2026/07/24//070859/warga-tanam-bakau-di-muara",
            "https://www.suara.com/news/2026/07/24/070859/judul-yang-diganti-redaksi",
            "https://www.suara.com/news/2026/07/24/070859",
            "HTTPS://WWW.SUARA.COM:443/news/2026/07/24/070859/warga-tanam-bakau-di-muara",
            "  https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau-di-muara\n",
        ],
    ),
    (
        "suara",
        "jogja/20200506101500",
        "https://jogja.suara.com/read/2020/05/06/101500/pasar-pagi-dibuka-lagi",
        [
            "http://jogja.suara.com/read/2020/05/06/101500/pasar-pagi-dibuka-lagi?page=2",
            "https://jogja.suara.com/read/2020/05/06/101500/pasar-pagi-buka-lagi",
            "https://amp.jogja.suara.com/read/2020/05/06/101500/pasar-pagi-dibuka-lagi",
        ],
    ),
    (
        "rmol",
        "645691",
        "https://rmol.id/politik/read/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
        [
            "https://www.rmol.id/politik/read/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
            "https://m.rmol.id/politik/read/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
            "https://rmol.id/amp/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
            "https://rmol.id/amp/2024/11/21/645691/whatsapp:/send",
            "https://rmol.id/read/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
            "https://rmol.id/hukum/read/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
            "https://rmol.id//politik//read/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
            "https://rmol.id/politik/read/2024/11/21/645691/judul-lain?utm_campaign=share&fbclid=x",
            "https://rmol.id/politik/read/2024/11/21/645691",
            "https://politik.rmol.id/read/2024/11/21/645691/dewan-bahas-anggaran-irigasi",
            "https://rmol.id/amp/2024/11/21/645691/https:/api.whatsapp.com/send",
        ],
    ),
    (
        "rmol",
        "338345",
        "https://rmol.id/politik/read/2018/05/04/338345"
        "/Warga-Tanya:-Kapan-Jembatan-Dibuka,-Pak...-",
        [
            "http://politik.rmol.co/read/2018/05/04/338345"
            "/Warga-Tanya:-Kapan-Jembatan-Dibuka,-Pak...-",
            "http://www.rmol.co/read/2018/05/04/338345/Warga-Tanya:-Kapan-Jembatan-Dibuka,-Pak...-",
            "https://rmol.co/read/2018/05/04/338345/warga-tanya",
            "https://rmol.id/amp/2018/05/04/338345/apa-saja",
        ],
    ),
    (
        "republika",
        "nxc181330",
        "https://republika.co.id/berita/nxc181330/kebun-kota-dibuka-untuk-umum",
        [
            "http://nasional.republika.co.id/berita/nasional/daerah/15/11/05"
            "/nxc181330-kebun-kota-dibuka-untuk-umum",
            "http://www.republika.co.id/berita/nasional/daerah/15/11/05"
            "/nxc181330-kebun-kota-dibuka-untuk-umum",
            "http://m.republika.co.id/berita/nasional/daerah/15/11/05"
            "/nxc181330-kebun-kota-dibuka-untuk-umum",
            "http://m.republika.co.id/amp_version/nxc181330",
            "http://republika.co.id/r/nxc181330",
            "https://republika.co.id/share/nxc181330",
            "https://republika.co.id/berita//nxc181330/kebun-kota-dibuka-untuk-umum",
            "https://news.republika.co.id/berita/nxc181330/kebun-kota-dibuka-untuk-umum",
            "https://republika.co.id/berita/nxc181330/kebun-kota-dibuka-untuk-umum-part2",
            "https://republika.co.id/berita/nxc181330/kebun-kota-dibuka-untuk-umum?page=all",
            "https://republika.co.id/berita/nxc181330/kebun-kota-dibuka-untuk-umum"
            "?utm_source=wa&source=feed",
            "https://fbeta.republika.co.id/amp/nxc181330",
            "https://fbeta.republika.co.id/berita/nxc181330/kebun-kota-dibuka-untuk-umum",
            "https://republika.co.id/berita/nxc181330/%e2%80%98kebun%e2%80%99-kota%c2%a0dibuka",
            "https://republika.co.id/berita/nxc181330",
        ],
    ),
    (
        "republika",
        "t9try5484",
        "https://republika.co.id/berita/t9try5484/kisah-perajin-anyaman",
        [
            f"https://republika.co.id/berita/t9try5484/kisah-perajin-anyaman-part{n}"
            for n in (1, 2, 3, 12)
        ],
    ),
    # Of 2019: no date in the address; codes with two digits of the editor.
    (
        "republika",
        "pq8abm335",
        "https://nasional.republika.co.id/berita/nasional/politik/pq8abm335/warga-menanam-padi",
        [
            "https://nasional.republika.co.id/berita/nasional/politik/pq8abm335",
            "https://republika.co.id/berita/pq8abm335/warga-menanam-padi",
        ],
    ),
    (
        "republika",
        "nyabcw32",
        "https://www.republika.co.id/berita/koran/kabar/15/11/25/nyabcw32-pasar-buku-dibuka",
        ["https://republika.co.id/berita/koran/kabar/nyabcw32/pasar-buku-dibuka"],
    ),
    # A code without the three digits of the editor.
    (
        "republika",
        "q6eu9r",
        "https://republika.co.id/berita/q6eu9r/panen-raya-di-lereng",
        ["https://republika.co.id/share/q6eu9r"],
    ),
    # The exception of the facts sheet: codes of 12 or 13 characters that end in 15000 (2020).
    (
        "republika",
        "q5abcd2915000",
        "https://republika.co.id/berita/q5abcd2915000/cara-menanam-cabai-di-pot",
        ["https://www.republika.co.id/berita//q5abcd2915000/cara-menanam-cabai-di-pot"],
    ),
    (
        "republika",
        "q6abcd015000",
        "https://republika.co.id/berita/q6abcd015000/cara-menanam-tomat-di-pot",
        ["https://republika.co.id/share/q6abcd015000"],
    ),
    (
        "medcom",
        "3NO0Ba3b",
        "https://www.medcom.id/nasional/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang",
        [
            "https://m.medcom.id/nasional/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang",
            "http://medcom.id/nasional/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang/",
            "https://www.medcom.id/amp/nasional/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang",
            "https://www.medcom.id//nasional/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang"
            "?utm_source=google",
            "https://www.medcom.id/nasional/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang"
            "?page=all",
            "https://www.medcom.id/nasional/daerah/3NO0Ba3b-perahu-wisata-diperiksa",
            "http://jatim.metrotvnews.com/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang",
            "https://www.metrotvnews.com/read/3NO0Ba3b-perahu-wisata-diperiksa-ulang",
            "https://metrotvnews.com/read/3NO0Ba3b-perahu-wisata-diperiksa-ulang",
            "http://m.metrotvnews.com/jatim/peristiwa/3NO0Ba3b-perahu-wisata-diperiksa-ulang",
        ],
    ),
    (
        "medcom",
        "205377",
        "https://news.metrotvnews.com/read/2016/01/03/205377/jalan-lingkar-dibuka",
        [
            "http://news.metrotvnews.com/read/2016/01/03/205377/jalan-lingkar-dibuka?ref=home",
            "http://m.metrotvnews.com/read/2016/01/03/205377/jalan-lingkar-dibuka",
            "http://news.metrotvnews.com/read/2016/01/03/205377",
        ],
    ),
    (
        "islamtimes",
        "1127790",
        "https://www.islamtimes.org/id/news/1127790/petani-kurma-menyambut-panen",
        [
            "http://islamtimes.org/id/news/1127790/petani-kurma-menyambut-panen",
            "https://www.islamtimes.com/id/news/1127790/petani-kurma-menyambut-panen",
            "https://islamtimes.com/id/news/1127790/petani-kurma-menyambut-panen",
            "https://www.islamtimes.org/id/news/1127790/print/petani-kurma-menyambut-panen",
            "https://www.islamtimes.org/id/news/1127790/print",
            "https://www.islamtimes.org/id/doc/news/1127790/",
            "https://www.islamtimes.org/id/article/1127790/petani-kurma-menyambut-panen",
            "https://www.islamtimes.org//id/news/1127790/petani-kurma-menyambut-panen",
            "https://www.islamtimes.org/id/news/1127790/petani-kurma-menyambut-panen"
            "?utm_source=dlvr.it&utm_medium=twitter",
            "https://www.islamtimes.org/id/news/1127790/%D9%85%D9%88%D8%B3%D9%85",
            "https://www.islamtimes.org/id/news/1127790",
        ],
    ),
]
SAME_STORY = [
    (site, story_id, url)
    for site, story_id, canonical, others in STORIES
    for url in (canonical, *others)
]

REFUSED = [
    ("suara", "https://www.suara.com/", "not_an_article"),
    ("suara", "https://www.suara.com/news", "not_an_article"),
    ("suara", "https://www.suara.com/tag/banjir", "tag_page"),
    ("suara", "https://www.suara.com/indeks?page=2", "index_page"),
    ("suara", "https://www.suara.com/indeks/terkini/news/2024", "index_page"),
    ("suara", "https://www.suara.com/news/news-category/nasional", "index_page"),
    ("suara", "https://www.suara.com/loadmoredetail?id=1", "index_page"),
    ("suara", "https://www.suara.com/search?q=banjir", "search_page"),
    ("suara", "https://www.suara.com/author/12/rina", "author_page"),
    ("suara", "https://www.suara.com/reporter/12/rina", "author_page"),
    ("suara", "https://www.suara.com/video/2025/06/01/101500/tur-kampung", "video_page"),
    ("suara", "https://www.suara.com/foto/2025/06/01/101500/tur-kampung", "photo_page"),
    ("suara", "https://yoursay.suara.com/news/2025/06/01/101500/opini-pembaca", "partner_post"),
    ("suara", "https://kotabaru.suara.com/read/2023/06/11/101500/pasar", "partner_post"),
    ("suara", "https://amp.kotabaru.suara.com/read/2023/06/11/101500/pasar", "partner_post"),
    ("suara", "https://www.suara.com/pressrelease/2025/06/01/101500/gerai-baru", "advertorial"),
    ("suara", "https://media.suara.com/pictures/970x544/2025/06/01/1-sawah.jpg", "not_an_article"),
    ("rmol", "https://rmol.id/tag/irigasi", "tag_page"),
    ("rmol", "https://rmol.id/indeksberita/2", "index_page"),
    ("rmol", "https://rmol.id/about/rina-1", "author_page"),
    ("rmol", "https://rmol.id/politik", "not_an_article"),
    ("rmol", "https://rmol.id/advertorial/read/2024/11/21/645691/gerai-baru", "advertorial"),
    ("rmol", "http://advertorial.rmol.co/read/2018/05/04/338345/Gerai-Baru-", "advertorial"),
    ("rmol", "http://rmol.co/bankcontoh/gerai-baru-dibuka", "not_an_article"),
    ("rmol", "https://rmol.id/images/berita/normal/2023/10/1_1.jpg", "not_an_article"),
    ("rmol", "https://www.rmol.co/20230516/22538-a-changed-deadline", "not_an_article"),
    ("rmol", "https://www.rmoljabar.id/sawah-terendam", "foreign_site"),
    ("republika", "https://republika.co.id/", "not_an_article"),
    ("republika", "https://republika.co.id/kanal/news", "index_page"),
    ("republika", "https://republika.co.id/index/50/2026/07/20", "index_page"),
    ("republika", "https://republika.co.id/indeks", "index_page"),
    ("republika", "https://republika.co.id/berita/serial/next", "index_page"),
    ("republika", "https://republika.co.id/tag/zakat", "tag_page"),
    ("republika", "https://republika.co.id/search/v3/all/1/?q=zakat", "search_page"),
    ("republika", "https://republika.co.id/page/penulis/418/rina", "author_page"),
    (
        "republika",
        "https://en.republika.co.id/berita/t43le0418/floating-library",
        "foreign_edition",
    ),
    ("republika", "https://video.republika.co.id/berita/t43le0418/perahu", "video_page"),
    (
        "republika",
        "https://static.republika.co.id/uploads/images/kanal_slide/a.jpg",
        "not_an_article",
    ),
    ("republika", "https://tv.republika.co.id/berita/t43le0418/perahu", "video_page"),
    ("republika", "https://visual.republika.co.id/berita/t43le0418/perahu", "photo_page"),
    (
        "republika",
        "http://www.republika.co.id/berita/en/news/16/01/03/o0d1ab-boat",
        "foreign_edition",
    ),
    ("republika", "https://republika.co.id/berita/advertorial/t43le0418/gerai", "advertorial"),
    ("republika", "https://retizen.republika.co.id/posts/1/catatan-pembaca", "partner_post"),
    ("republika", "https://kampung.republika.co.id/posts/247115/warga-menanam", "partner_post"),
    ("republika", "https://kampung.republika.co.id/kabar/1644509005/warga", "partner_post"),
    ("republika", "https://republika.co.id/berita/t43le04", "not_an_article"),
    ("medcom", "https://www.medcom.id/", "not_an_article"),
    ("medcom", "https://www.medcom.id/nasional", "not_an_article"),
    ("medcom", "https://www.medcom.id/nasional/peristiwa", "not_an_article"),
    ("medcom", "https://www.medcom.id/tag/876/tanah-longsor", "tag_page"),
    ("medcom", "https://www.medcom.id/search?q=banjir", "search_page"),
    ("medcom", "https://cdn.medcom.id/dynamic/content/2023/09/19/1/a.jpg", "not_an_article"),
    ("medcom", "https://www.metrotvnews.com/play/3NO0Ba3b-tur-kampung", "video_page"),
    ("medcom", "http://video.metrotvnews.com/kabar/3NO0Ba3b-tur-kampung", "video_page"),
    ("medcom", "https://video.medcom.id/kabar/x/3NO0Ba3b-tur-kampung", "video_page"),
    ("medcom", "https://www.medcom.id/english/national/3NO0Ba3b-boats", "foreign_edition"),
    ("medcom", "http://www.metrotvnews.com/more/topic/8602/0", "index_page"),
    ("islamtimes", "https://www.islamtimes.org/id/", "not_an_article"),
    ("islamtimes", "https://www.islamtimes.org/en/news/925171/farmers", "foreign_edition"),
    ("islamtimes", "https://www.islamtimes.org/ar/doc/news/712284/", "foreign_edition"),
    ("islamtimes", "https://www.islamtimes.org/ur/article/1273482/x", "foreign_edition"),
    ("islamtimes", "https://www.islamtimes.org/id/doc/video/689971/", "video_page"),
    ("islamtimes", "https://www.islamtimes.org/id/doc/gallery/454842/1/", "photo_page"),
    ("islamtimes", "https://www.islamtimes.org/id/doc/sound/423824/", "not_an_article"),
    ("islamtimes", "https://www.islamtimes.org/vtpdfm2t.74cgy6242y.html", "index_page"),
    ("islamtimes", "https://www.islamtimes.org/search.html", "search_page"),
    ("islamtimes", "https://www.islamtimes.org/gethv-nwm23n-6d.n3t2.html", "not_an_article"),
    # Addresses that only look like ours.
    ("suara", "https://notsuara.com/news/2026/07/24/070859/warga", "foreign_site"),
    ("suara", "https://www.suara.com.example.com/news/2026/07/24/070859/warga", "foreign_site"),
    ("suara", "https://example.com/www.suara.com/news/2026/07/24/070859/warga", "foreign_site"),
    ("suara", "https://www.suara.com@example.com/news/2026/07/24/070859/warga", "foreign_site"),
    ("rmol", "https://www.suara.com/news/2026/07/24/070859/warga", "foreign_site"),
]

BAD = [
    "",
    " ",
    "#",
    "berita-tanpa-alamat",
    "/news/2026/07/24/070859/warga",
    "//www.suara.com/news/2026/07/24/070859/warga",
    "javascript:void(0)",
    "mailto:redaksi@suara.com",
    "tel:+62211234567",
    "data:text/html,<p>halo</p>",
    "ftp://www.suara.com/news/2026/07/24/070859/warga",
    "file:///etc/passwd",
    "http://",
    "https:///news/2026/07/24/070859/warga",
    "http://[::1",
    "http://www.suara.com:berita/",
    "http://www.suara.com:99999/",
    "\x00",
]
PRIVATE = [
    "http://localhost/news/2026/07/24/070859/warga",
    "http://127.0.0.1/news/2026/07/24/070859/warga",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://0.0.0.0/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1:8080/admin",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://server.internal/",
    "http://printer.local/",
    "https://www.suara.com@127.0.0.1/news/2026/07/24/070859/warga",
]

PUBLISHED = [
    (
        "https://www.suara.com/news/2026/07/24/070859/warga",
        datetime(2026, 7, 24, 7, 8, 59, tzinfo=JAKARTA),
    ),
    (
        "https://rmol.id/politik/read/2024/11/21/645691/dewan",
        datetime(2024, 11, 21, tzinfo=JAKARTA),
    ),
    (
        "https://republika.co.id/berita/nxc181330/kebun",
        datetime(2015, 11, 5, 15, 7, 13, tzinfo=JAKARTA),
    ),
    (
        "https://republika.co.id/berita/nxc181/kebun",
        datetime(2015, 11, 5, 15, 7, 13, tzinfo=JAKARTA),
    ),
    (
        "https://news.metrotvnews.com/read/2016/01/03/205377/jalan",
        datetime(2016, 1, 3, tzinfo=JAKARTA),
    ),
    ("https://www.medcom.id/nasional/peristiwa/3NO0Ba3b-perahu", None),
    ("https://www.islamtimes.org/id/news/1127790/petani", None),
    # Times that no clock shows.
    ("https://www.suara.com/news/2026/02/31/070859/warga", None),
    ("https://www.suara.com/news/2026/13/24/070859/warga", None),
    ("https://www.suara.com/news/2026/07/24/256199/warga", None),
    ("https://www.suara.com/news/0000/07/24/070859/warga", None),
    ("https://republika.co.id/berita/aaaaaa999/kebun", None),
]

SECTIONS = [
    ("https://www.suara.com/bisnis/2026/07/24/070859/warga", "bisnis"),
    ("https://jogja.suara.com/read/2020/05/06/101500/pasar", "jogja"),
    ("https://rmol.id/nusantara/read/2024/11/21/645691/dewan", "nusantara"),
    ("https://rmol.id/read/2024/11/21/645691/dewan", None),
    ("https://politik.rmol.id/read/2024/11/21/645691/dewan", "politik"),
    ("http://m.metrotvnews.com/read/2016/01/03/205377/jalan", None),
    ("http://m.metrotvnews.com/jabar/peristiwa/3NO0Ba3b-perahu", "jabar"),
    ("http://nasional.republika.co.id/berita/nasional/daerah/15/11/05/nxc181330-kebun", "nasional"),
    ("https://www.medcom.id/nasional/peristiwa/3NO0Ba3b-perahu", "nasional"),
    ("https://www.islamtimes.org/id/news/1127790/petani", None),
]

PARTS = [
    ("suara", "https://www.suara.com/news/2026/07/24/070859/warga", 1),
    ("suara", "https://www.suara.com/news/2026/07/24/070859/warga?page=all", 1),
    ("suara", "https://www.suara.com/news/2026/07/24/070859/warga?page=2", 2),
    ("suara", "https://www.suara.com/news/2026/07/24/070859/warga?utm_source=x&page=12", 12),
    ("republika", "https://republika.co.id/berita/t9try5484/kisah-perajin", 1),
    ("republika", "https://republika.co.id/berita/t9try5484/kisah-perajin-part3", 3),
    ("rmol", "https://rmol.id/politik/read/2024/11/21/645691/dewan?page=2", 1),
]


def identity(url: str) -> Identity:
    site = site_of(url)
    assert site is not None
    named = site.identify(url)
    assert isinstance(named, Identity), named
    return named


@pytest.mark.parametrize(("site", "story_id", "url"), SAME_STORY)
def test_every_address_of_a_story_has_its_key(site: str, story_id: str, url: str) -> None:
    named = sites()[site].identify(url)
    assert isinstance(named, Identity), named
    assert (named.site, named.story_id, named.key) == (site, story_id, story_id)


@pytest.mark.parametrize(
    ("canonical", "url"),
    [(row[2], row[2]) for row in STORIES] + [(row[2], row[3][0]) for row in STORIES[:3]],
)
def test_the_canonical_address_is_https_on_the_publishers_own_host(
    canonical: str, url: str
) -> None:
    assert identity(url).url == canonical


@pytest.mark.parametrize("url", [url for _site, _id, url in SAME_STORY])
def test_the_canonical_address_has_neither_query_nor_fragment(url: str) -> None:
    canonical = identity(url.strip()).url
    assert canonical.startswith("https://")
    assert not set("?#") & set(canonical)


@pytest.mark.parametrize("url", [url for _site, _id, url in SAME_STORY])
def test_the_canonical_address_identifies_as_itself(url: str) -> None:
    named = identity(url.strip())
    again = identity(named.url)
    assert (again.url, again.key) == (named.url, named.key)


@pytest.mark.parametrize(
    "url",
    [
        "http://m.republika.co.id/berita/nasional/daerah/15/11/05/nxc181330-kebun-kota",
        "https://m.medcom.id/nasional/peristiwa/3NO0Ba3b-perahu",
        "https://amp.suara.com/news/2026/07/24/070859/warga",
        "https://m.suara.com/news/2026/07/24/070859/warga",
    ],
)
def test_the_canonical_address_is_not_on_a_mobile_or_amp_host(url: str) -> None:
    assert not identity(url).url.startswith(("https://m.", "https://amp."))


def test_ids_of_medcom_are_distinguished_by_their_case() -> None:
    one, other = (
        identity(f"https://www.medcom.id/nasional/politik/{code}-sidang-dibuka")
        for code in ("8koXVPdK", "8KOXVPDk")
    )
    assert one.key != other.key


def test_two_stories_of_suara_in_one_second_are_distinguished_by_their_section() -> None:
    one, other = (
        identity(f"https://www.suara.com/{kanal}/2026/07/24/070859/warga")
        for kanal in ("news", "bola")
    )
    assert one.key != other.key


@pytest.mark.parametrize(("site", "url", "reason"), REFUSED)
def test_an_address_that_is_no_article_is_refused_with_its_reason(
    site: str, url: str, reason: str
) -> None:
    refused = sites()[site].identify(url)
    assert isinstance(refused, Refusal), refused
    assert refused.reason == reason


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_web_address_is_a_bad_address(url: str) -> None:
    for site in sites().values():
        assert site.identify(url) == Refusal(url=url, reason="bad_address")


@pytest.mark.parametrize("url", PRIVATE)
def test_an_internal_address_is_refused_before_anything_else(url: str) -> None:
    for site in sites().values():
        refused = site.identify(url)
        assert isinstance(refused, Refusal)
        assert refused.reason == "private_address"


def test_a_password_in_an_address_does_not_hide_whose_it_is() -> None:
    assert identity("https://rina:rahasia@www.suara.com/news/2026/07/24/070859/warga").url == (
        "https://www.suara.com/news/2026/07/24/070859/warga"
    )


@pytest.mark.parametrize(("url", "moment"), PUBLISHED)
def test_an_address_tells_the_time_of_publication_as_far_as_it_can(
    url: str, moment: datetime | None
) -> None:
    assert identity(url).published_at == moment


@pytest.mark.parametrize("url", [url for url, moment in PUBLISHED if moment])
def test_the_time_of_an_address_is_in_the_publishers_zone(url: str) -> None:
    moment = identity(url).published_at
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize(("url", "section"), SECTIONS)
def test_an_address_tells_the_section_as_far_as_it_can(url: str, section: str | None) -> None:
    assert identity(url).section == section


@pytest.mark.parametrize(("site", "url", "number"), PARTS)
def test_an_address_tells_which_page_of_the_story_it_shows(
    site: str, url: str, number: int
) -> None:
    assert sites()[site].part_number(url) == number


@pytest.mark.parametrize(
    ("site", "host", "asked"),
    [
        ("suara", "suara.com", True),
        ("suara", "jogja.suara.com", True),
        ("suara", "notsuara.com", False),
        ("suara", "suara.com.example.com", False),
        ("rmol", "rmol.id", True),
        ("rmol", "rmol.co", False),  # not RMOL's any more
        ("rmol", "politik.rmol.co", False),
        ("medcom", "www.medcom.id", True),
        ("medcom", "news.metrotvnews.com", False),  # read, never crawled
        ("islamtimes", "www.islamtimes.com", True),
    ],
)
def test_only_hosts_of_the_site_are_requested(site: str, host: str, asked: bool) -> None:
    assert sites()[site].may_request(host) is asked


@pytest.mark.parametrize("host", ["rmol.co", "politik.rmol.co", "news.metrotvnews.com"])
def test_a_host_that_is_not_requested_may_still_be_read(host: str) -> None:
    assert site_of(f"https://{host}/read/1") is not None


def test_an_unknown_publisher_has_no_profile() -> None:
    assert site_of("https://www.example.com/news/1") is None
    assert site_of("http://[::1") is None


WORDS = st.sampled_from(
    "news read berita amp share r print part2 id doc article nxc181330 3NO0Ba3b-x 645691 "
    "1127790 2026 07 24 31 070859 slug -part9 .. "
    "%2e %00 ?page=2 ?page=all # : @ : // é ⚡ \u2060 tag indeks".split()
)
HOSTS = st.sampled_from(
    "www.suara.com amp.suara.com jogja.suara.com rmol.id politik.rmol.co republika.co.id "
    "m.republika.co.id ihram.co.id www.medcom.id "
    "news.metrotvnews.com www.islamtimes.org islamtimes.com [::1] 127.0.0.1 example.com".split()
)
ADDRESSES = st.builds(
    lambda scheme, host, words: f"{scheme}{host}/{'/'.join(words)}",
    st.sampled_from(["https://", "http://"]),
    HOSTS,
    st.lists(WORDS),
)


@given(url=st.text() | ADDRESSES | st.builds(str.__add__, ADDRESSES, st.text(max_size=5)))
def test_identify_answers_for_any_text(url: str) -> None:
    for site in sites().values():
        named = site.identify(url)
        if isinstance(named, Refusal):
            assert named.reason in REASONS
        else:
            assert named.key


@given(url=ADDRESSES | st.sampled_from([url for _site, _id, url in SAME_STORY]))
def test_identifying_twice_changes_nothing(url: str) -> None:
    for site in sites().values():
        named = site.identify(url)
        if isinstance(named, Identity):
            again = site.identify(named.url)
            assert isinstance(again, Identity)
            assert (again.url, again.key) == (named.url, named.key)


KEYS_IN_QUERIES = Site(
    name="lereng",
    title="Kabar Lereng",
    home="https://www.lereng.example/",
    domains=("lereng.example",),
    article_urls=(
        ArticleURL(
            pattern=r"(?:www\.)?lereng\.example/read\.php",
            canonical="www.lereng.example/read.php?nid={nid}",
            story_id="{nid}",
            parameters=("nid",),
        ),
        ArticleURL(
            pattern=r"(?:www\.)?lereng\.example/",
            canonical="www.lereng.example/?p={p}",
            story_id="p{p}",
            parameters=("p",),
        ),
    ),
)


@pytest.mark.parametrize(
    ("address", "key", "canonical"),
    [
        ("http://lereng.example/read.php?kanal=desa&nid=71&utm_source=x", "71", "read.php?nid=71"),
        ("https://www.lereng.example/read.php?nid=71#komentar", "71", "read.php?nid=71"),
        ("https://lereng.example/?p=12", "p12", "?p=12"),
        ("https://lereng.example/?p=12&page=2", "p12", "?p=12"),
        ("https://lereng.example?p=1204", "p1204", "?p=1204"),
        ("https://lereng.example/?p=12&p=12", "p12", "?p=12"),
    ],
)
def test_the_key_of_a_story_may_be_in_the_query(address: str, key: str, canonical: str) -> None:
    found = KEYS_IN_QUERIES.identify(address)
    assert isinstance(found, Identity)
    assert (found.key, found.url) == (key, f"https://www.lereng.example/{canonical}")
    assert KEYS_IN_QUERIES.identify(found.url) == found


@pytest.mark.parametrize(
    "query",
    [
        *("", "?nid=", "?nid=a/b", "?nid=%0a7", "?NID=7", "?p=7"),
        *("?nid=7&nid=8", "?nid=7&nid=", "?nid=a/b&nid=7", "?nid=7-", "?nid[]=7"),
    ],
)
def test_an_address_without_the_parameter_or_with_several_is_no_story(query: str) -> None:
    found = KEYS_IN_QUERIES.identify(f"https://lereng.example/read.php{query}")
    assert isinstance(found, Refusal)
    assert found.reason == "not_an_article"
