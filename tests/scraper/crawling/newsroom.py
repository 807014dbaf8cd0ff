"""Two invented newsrooms at rmol.id and suara.com, large enough to be killed in: several kinds of
sources, all kinds of answers.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from random import Random

from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import DAY, HOME, ROBOTS, home, story, story_url

SUARA = "https://www.suara.com/"
FORBIDDEN = f"https://rmol.id/nusantara/read/{DAY:%Y/%m/%d}/799999/terlarang"
FORBIDDEN_PATH = FORBIDDEN.removeprefix(HOME.rstrip("/")).removesuffix("terlarang")

WHO = (
    "Warga Kampung Damar",
    "Pengurus koperasi nelayan",
    "Kepala desa Sukarimba",
    "Guru sekolah dasar",
    "Kelompok tani Mekar Wangi",
)
WHAT = (
    "memperbaiki saluran air",
    "membuka pasar malam",
    "menanam bakau",
    "menata kembali perpustakaan",
    "memanen padi gogo",
)
WHERE = (
    "di tepi Sungai Lembayung",
    "di lereng Bukit Sangkala",
    "di pesisir Tanjung Amparan",
    "di halaman balai kecamatan",
)
WHEN = (
    "sejak Senin pagi",
    "selama dua pekan terakhir",
    "menjelang musim hujan",
    "setelah panen raya",
    "pada akhir bulan lalu",
)
THEN = (
    "Pekerjaan itu dibiayai dari iuran bersama dan sumbangan para perantau.",
    "Hasilnya akan diperiksa oleh petugas kecamatan sebelum akhir tahun.",
    "Seorang peserta mengatakan gotong royong seperti ini sudah lama tidak terlihat.",
    "Panitia mencatat semua pengeluaran pada papan di depan balai desa.",
)


def prose(number: int, *, part: int = 1, rewritten: bool = False) -> tuple[str, ...]:
    """Six paragraphs that are this story's own; `rewritten` changes one of them."""
    chance = Random(number * 100 + part)
    paragraphs = [
        f"{chance.choice(WHO)} {chance.choice(WHAT)} {chance.choice(WHERE)} {chance.choice(WHEN)},"
        f" kata catatan {number}.{part}.{turn}. {chance.choice(THEN)}"
        for turn in range(6)
    ]
    if rewritten:
        paragraphs[2] = (
            f"Redaksi memperbarui bagian ini setelah {chance.choice(WHO).lower()} memberi"
            f" keterangan tambahan nomor {number}."
        )
    return tuple(paragraphs)


def suara_url(number: int, slug: str = "gotong-royong", day: date = DAY) -> str:
    return f"{SUARA}news/{day:%Y/%m/%d}/{6 + number // 60:02}{number % 60:02}12/{slug}-{number}"


def _moved(url: str) -> Answer:
    return Answer(status=301, headers=(("Location", url),))


def _told(number: int, edition: int, day: date, *, part: int = 1) -> Answer:
    """The story as this edition tells it; in the second a fifth of them was edited and a tenth only
    counts its readers anew.
    """
    edited = edition == 2 and number % 5 == 0
    headline = f"Kabar Damar Nomor {number}{' Diperbarui' if edited and number % 2 else ''}"
    told = story(
        number,
        headline=headline,
        prose=prose(number, part=part, rewritten=edited and (part == 2 or number % 4 != 0)),
        day=day,
    )
    counter = f'<div class="share">{number * edition} kali dibaca</div>' if number % 10 == 3 else ""
    rights = '<meta name="robots" content="noai">' if number % 13 == 1 else ""
    body = (
        told.body.decode()
        .replace("</head>", f"{rights}</head>")
        .replace("</body>", f"{counter}</body>")
    )
    return Answer(body=body.encode())


def _rmol_story(number: int, edition: int, day: date) -> dict[str, Answer]:
    """A story of rmol.id, with the trouble that its number brings in this edition."""
    known_as = partial(story_url, number, day=day)
    url, there = known_as(), _told(number, edition, day)
    if number % 17 == 3:  # not there at first, or not any more
        return {url: there} if edition == 2 else {}
    if edition == 2 and number % 7 == 4:
        return {url: Answer(status=410)}
    if number % 19 == 5:
        return {url: _moved(known_as("judul-baru")), known_as("judul-baru"): there}
    if number % 23 == 7:
        return {url: _moved(HOME) if edition == 1 else there}
    if number % 29 == 11:
        return {url: Answer(status=403) if edition == 1 else there}
    if number % 31 == 13:
        return {url: Answer(status=503) if edition == 1 else there}
    if (
        number % 11 == 2
    ):  # announced under two addresses; in the second edition only the other one is left
        return (
            {url: there, known_as("nama-lain"): there}
            if edition == 1
            else {known_as("nama-lain"): there}
        )
    return {url: there}


def _suara_story(number: int, edition: int, day: date) -> dict[str, Answer]:
    """A story of suara.com; every fourth goes on over two or three pages."""
    pages = 2 + number % 8 // 4 if number % 4 == 0 else 1
    links = "".join(f'<a href="?page={part}">{part}</a>' for part in range(2, pages + 1))
    answers: dict[str, Answer] = {}
    for part in range(1, pages + 1):
        body = (
            _told(number, edition, day, part=part)
            .body.decode()
            .replace('id="fontResizableText"', 'class="article-content"')
        )
        pager = f'<div class="wrap-pagination">{links}</div></body>' if links else "</body>"
        answers[suara_url(number, day=day) + (f"?page={part}" if part > 1 else "")] = Answer(
            body=body.replace("</body>", pager).encode()
        )
    if edition == 2 and number % 9 == 1:
        return dict.fromkeys(answers, Answer(status=404))
    return answers


def _sitemap(*urls: str) -> Answer:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return Answer(content_type="application/xml", body=f"<urlset>{entries}</urlset>".encode())


def _sources(rmol: int, suara: int, day: date) -> dict[str, Answer]:
    """An index of sitemaps, a feed, an index page and two home pages; each announces stories that
    no other does.
    """
    announced = [story_url(number, day=day) for number in range(1, rmol + 1)]
    others = [
        story_url(number, slug="nama-lain", day=day)
        for number in range(1, rmol + 1)
        if number % 11 == 2
    ]
    maps = {
        f"https://rmol.id/peta-{place}.xml": _sitemap(*announced[place::5]) for place in range(3)
    }
    index = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in maps)
    items = "".join(f"<item><title>x</title><link>{url}</link></item>" for url in announced[3::5])
    long = [suara_url(number, day=day) for number in range(1, suara + 1)]
    return {
        ROBOTS: Answer(
            content_type="text/plain", body=f"User-agent: *\nDisallow: {FORBIDDEN_PATH}\n".encode()
        ),
        "https://rmol.id/sitemap.xml": Answer(
            content_type="application/xml", body=f"<sitemapindex>{index}</sitemapindex>".encode()
        ),
        **maps,
        "https://rmol.id/rss": Answer(
            content_type="application/xml",
            body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode(),
        ),
        HOME: home(*announced[4::5], *others, FORBIDDEN, "https://example.com/iklan"),
        SUARA + "sitemap.xml": _sitemap(*long[::2]),
        SUARA: home(*long[1::2]),
    }


def newsrooms(edition: int, *, rmol: int, suara: int, day: date = DAY) -> dict[str, Answer]:
    """Everything that the two sites answer: as first published (1), or after edits, removals and
    repairs (2).
    """
    answers = _sources(rmol, suara, day)
    for number in range(1, rmol + 1):
        answers |= _rmol_story(number, edition, day)
    for number in range(1, suara + 1):
        answers |= _suara_story(number, edition, day)
    return answers


def is_story(url: str) -> bool:
    """Whether an address is that of a story, or of a further page of one."""
    return "/read/" in url or "/news/20" in url
