"""Invented publishers without profiles, each with the mark-up and addresses of another kind of
publishing system; and the right answers, written beside the pages and not read from them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

from scraper.cli.demo.proxy import Answer

WIB = timezone(timedelta(hours=7))
WITA = timezone(timedelta(hours=8))
FIRST = datetime(2026, 11, 18, 8, 15, tzinfo=WIB)
MONTHS = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
)

_SUBJECTS = (
    "petani garam|tambak|musim kemarau|Randusari",
    "perajin batik|pewarna alam|pasar ekspor|Sogan Lor",
    "nelayan bagan|perahu listrik|gelombang tinggi|Nusalawa",
    "siswa sekolah dasar|kebun sekolah|libur panjang|Watulari",
    "pengurus koperasi|mesin giling|panen raya|Lereng Kembang",
    "warga kampung|saluran air|hujan deras|Kali Wuluh",
    "pustakawan desa|buku keliling|akhir pekan|Banyulor",
    "pemandu gunung|jalur baru|pendakian malam|Puncak Sari",
)
_ENGLISH = (
    "salt farmers|the ponds|the dry season|Randusari",
    "batik makers|natural dyes|the export market|Sogan Lor",
    "night fishers|electric boats|high waves|Nusalawa",
    "primary pupils|the school garden|the long holiday|Watulari",
    "village traders|the rice mill|the main harvest|Lereng Kembang",
    "river families|the water channel|heavy rain|Kali Wuluh",
    "rural librarians|the travelling books|the weekend|Banyulor",
    "mountain guides|the new trail|the night climb|Puncak Sari",
)
NAMES = (
    "Ratri Handayani", "Bagas Wirayudha", "Intan Maharani", "Teguh Prihandoko", "Sekar Wijayanti",
)  # fmt: skip
EDITORS = ("Umar Syafii", "Larasati Wening", "Citra Kusuma")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An invented story: what a page of it must be read to."""

    number: int
    headline: str
    paragraphs: tuple[str, ...]
    at: datetime
    author: str
    editor: str
    place: str

    @property
    def slug(self) -> str:
        return "-".join("".join(c if c.isalnum() else " " for c in self.headline.lower()).split())

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)


def told(count: int = 8, *, english: bool = False, zone: timezone = WIB) -> list[Told]:
    """Stories, the newest first."""
    found = []
    for number in range(count):
        who, what, when, place = (_ENGLISH if english else _SUBJECTS)[number % 8].split("|")
        write = _english if english else _indonesian
        headline, paragraphs = write(who, what, when, place, number)
        found.append(
            Told(
                number=number,
                headline=headline,
                paragraphs=paragraphs,
                at=(FIRST - timedelta(hours=7 * number, minutes=number * 11)).astimezone(zone),
                author=NAMES[number % len(NAMES)],
                editor=EDITORS[number % len(EDITORS)],
                place=place,
            )
        )
    return found


def _indonesian(
    who: str, what: str, when: str, place: str, number: int
) -> tuple[str, tuple[str, ...]]:
    amount = 12 + 7 * number
    return (
        f"{who.title()} di {place} Siapkan {what.title()} Sebelum {when.title()}",
        (
            f"Sedikitnya {amount} {who} di {place} mulai menyiapkan {what} sejak awal pekan ini "
            f"agar siap sebelum {when} tiba. Mereka bekerja bergiliran dari pagi hingga petang.",
            f"Ketua kelompok, Mukhlasin Abrori, mengatakan {what} itu dibiayai dari iuran anggota "
            f"yang dikumpulkan selama {number + 2} bulan. Tidak ada bantuan dari luar {place}.",
            f"“Kami belajar dari tahun lalu, ketika {when} datang lebih cepat dan banyak {who} "
            "merugi,” ujarnya saat ditemui di balai pertemuan.",
            f"Dinas setempat mencatat {amount * 3} keluarga bergantung pada hasil kerja itu. Angka "
            "tersebut naik seperlima dibanding catatan dua tahun sebelumnya.",
            f"Pengurus berharap {what} di {place} dapat dipakai bersama oleh tiga desa tetangga, "
            "dengan jadwal yang disusun dalam musyawarah bulan depan.",
        ),
    )


def _english(
    who: str, what: str, when: str, place: str, number: int
) -> tuple[str, tuple[str, ...]]:
    amount = 12 + 7 * number
    return (
        f"{who.capitalize()} of {place} prepare {what} ahead of {when}",
        (
            f"At least {amount} {who} of {place} have begun to prepare {what} this week, so that "
            f"all is ready before {when} arrives. They work in turns from morning to evening.",
            f"The head of the group, Mukhlasin Abrori, said that {what} was paid for by the "
            f"members, who had saved for {number + 2} months without help from outside.",
            f"“We learnt from last year, when {when} came early and many {who} lost a good part of "
            "their income,” he said in the meeting hall.",
            f"The district office counts {amount * 3} families that depend on this work, which is "
            "a fifth more than its records of two years ago had shown.",
            f"The group hopes that {what} in {place} can be shared by three villages nearby, on a "
            "schedule that will be agreed next month.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A site without a profile: its pages, and what they must be read to."""

    name: str
    home: str
    answers: dict[str, Answer]
    stories: dict[str, Told]
    """Canonical address -> story."""
    timezone: str
    language: str = "id"
    kinds: tuple[str, ...]
    """Of the sources that its profile must have, in order."""
    others: tuple[str, ...] = ()
    """Addresses on the site that are no stories."""


Page = Callable[[Told, str, Sequence[tuple[str, Told]]], str]


def paragraphs(story: Told, prefix: str = "") -> str:
    texts = [escape(text, quote=False) for text in story.paragraphs]
    texts[0] = prefix + texts[0]
    return "".join(f"<p>{text}</p>\n" for text in texts)


def json_ld(story: Told, url: str, publisher: str, *, body: bool = False, utc: bool = False) -> str:
    at = story.at.astimezone(UTC) if utc else story.at
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "headline": story.headline,
        "datePublished": at.isoformat(),
        "author": {"@type": "Person", "name": story.author},
        "publisher": {"@type": "Organization", "name": publisher},
    }
    if body:
        data["articleBody"] = story.body
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def written(at: datetime, zone: str = "WIB") -> str:
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} {zone}".strip()


def html(body: str) -> Answer:
    return Answer(body=f"<!DOCTYPE html>\n{body}".encode())


def text(body: str) -> Answer:
    return Answer(content_type="text/plain; charset=utf-8", body=body.encode())


def xml(body: str) -> Answer:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return Answer(content_type="application/xml; charset=utf-8", body=(head + body).encode())


def feed(stories: dict[str, Told], title: str) -> Answer:
    items = "".join(
        f"<item><title>{escape(story.headline)}</title><link>{url}</link>"
        f"<pubDate>{format_datetime(story.at)}</pubDate></item>"
        for url, story in stories.items()
    )
    return xml(f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>')


def sitemap(urls: dict[str, datetime], *, news: str = "") -> Answer:
    def entry(url: str, at: datetime) -> str:
        if not news:
            return f"<url><loc>{url}</loc><lastmod>{at.isoformat()}</lastmod></url>"
        return (
            f"<url><loc>{url}</loc><news:news><news:publication><news:name>{news}</news:name>"
            "<news:language>id</news:language></news:publication><news:publication_date>"
            f"{at.isoformat()}</news:publication_date><news:title>x</news:title></news:news></url>"
        )

    space = ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"' if news else ""
    inner = "".join(entry(url, at) for url, at in urls.items())
    return xml(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"{space}>{inner}</urlset>'
    )


def index(urls: dict[str, datetime]) -> Answer:
    inner = "".join(
        f"<sitemap><loc>{url}</loc><lastmod>{at.isoformat()}</lastmod></sitemap>"
        for url, at in urls.items()
    )
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return xml(f'<sitemapindex xmlns="{space}">{inner}</sitemapindex>')


def front(
    stories: dict[str, Told], others: Sequence[str], *, head: str = "", lang: str = "id"
) -> Answer:
    menu = "".join(
        f'<li><a href="{url}">{url.rstrip("/").rpartition("/")[2]}</a></li>' for url in others
    )
    rows = "".join(
        f'<div class="item"><h3><a href="{url}">{escape(story.headline)}</a></h3>'
        f"<p>{escape(story.paragraphs[0][:90])}…</p></div>"
        for url, story in stories.items()
    )
    return html(
        f'<html lang="{lang}"><head><meta charset="utf-8"><title>Beranda</title>{head}</head>'
        f"<body><nav><ul>{menu}</ul></nav><main>{rows}</main></body></html>"
    )


def pages(stories: dict[str, Told], page: Page) -> Iterator[tuple[str, Answer]]:
    listed = list(stories.items())
    for place, (url, story) in enumerate(listed):
        others = [listed[(place + step) % len(listed)] for step in (1, 2, 3)]
        yield url, html(page(story, url, others))


def related_box(others: Sequence[tuple[str, Told]], css: str = "related") -> str:
    items = "".join(
        f'<li><a href="{url}">{escape(story.headline)}</a><p>{escape(story.paragraphs[0])}</p></li>'
        for url, story in others
    )
    return f'<div class="{css}"><h3>Berita Terkait</h3><ul>{items}</ul></div>'


def wordpress() -> Publisher:
    """WordPress with Yoast: an index of post sitemaps, a feed, a date in the addresses."""
    home, name = "https://www.kabarlereng.example/", "Kabar Lereng"
    stories = {f"{home}{story.at:%Y/%m/%d}/{story.slug}/": story for story in told()}
    others = [f"{home}category/{name}/" for name in ("desa", "pasar", "laut")]
    others += [f"{home}tentang-kami/", f"{home}tag/panen-raya-desa-kami/"]

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        return f"""<html lang="en-US"><head><meta charset="utf-8">
<title>{story.headline} - {name}</title><link rel="canonical" href="{url}">
<meta property="og:locale" content="id_ID"><meta property="og:type" content="article">
<meta property="og:title" content="{story.headline} - {name}">
<meta property="og:site_name" content="{name}">
<meta property="article:published_time" content="{story.at.astimezone(UTC).isoformat()}">
{json_ld(story, url, name, utc=True)}</head>
<body class="post-template-default single single-post postid-{5000 + story.number}">
<header class="site-header"><a href="{home}">{name}</a></header>
<div id="primary" class="content-area"><main id="main" class="site-main">
<article id="post-{5000 + story.number}" class="post-{5000 + story.number} post type-post hentry">
<header class="entry-header"><h1 class="entry-title">{story.headline}</h1>
<div class="entry-meta"><span class="byline">by <span class="author vcard">
<a href="{home}author/x/">
{story.author}</a></span></span> <span class="posted-on"><time class="entry-date published">
{written(story.at, "")}</time></span></div></header>
<div class="entry-content">{paragraphs(story, f"<strong>{story.place}, {name}</strong> – ")}
<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Facebook</a></li></ul></div>
<div class="jp-relatedposts"><a href="{related[0][0]}">{related[0][1].headline}</a></div></div>
<footer class="entry-footer"><span class="tags-links">
<a href="{home}tag/desa/" rel="tag">desa</a> <a href="{home}tag/panen/" rel="tag">panen</a></span>
</footer></article>{related_box(related, "post-navigation")}</main></div></body></html>"""

    last = max(story.at for story in stories.values())
    answers = dict(pages(stories, page)) | {
        f"{home}robots.txt": text(
            f"User-agent: *\nDisallow: /wp-admin/\n\nUser-agent: GPTBot\nDisallow: /\n\n"
            f"Sitemap: {home}sitemap_index.xml\n"
        ),
        f"{home}sitemap_index.xml": index(
            {
                f"{home}post-sitemap.xml": last - timedelta(days=400),
                f"{home}post-sitemap2.xml": last,
                f"{home}page-sitemap.xml": last + timedelta(hours=1),
                f"{home}category-sitemap.xml": last,
            }
        ),
        f"{home}post-sitemap2.xml": sitemap({url: told.at for url, told in stories.items()}),
        f"{home}feed/": feed(stories, name),
        home: front(
            stories,
            others,
            head=f'<link rel="alternate" type="application/rss+xml" href="{home}comments/feed/">'
            f'<link rel="alternate" type="application/rss+xml" href="{home}feed/">',
        ),
    }
    return Publisher(
        name="lereng",
        kinds=("Sitemap", "Feed"),
        home=home,
        answers=answers,
        stories=stories,
        timezone="Asia/Jakarta",
        others=tuple(others),
    )


def custom() -> Publisher:
    """A system of an Indonesian publisher's own: /KANAL/read/ID/SLUG, a news sitemap, bylines with
    labels, times as readers write them, no JSON-LD.
    """
    home, name = "https://swaranusa.example/", "Swara Nusa"
    channels = ("nasional", "ekonomi", "gaya-hidup")
    stories = {
        f"{home}{channels[story.number % 3]}/read/{881200 + 13 * story.number}/{story.slug}": story
        for story in told(zone=WITA)
    }
    others = [f"{home}{channel}" for channel in channels] + [f"{home}indeks", f"{home}redaksi"]

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        lines = paragraphs(story, f"<b>{name.upper()}, {story.place.upper()}</b> -- ")
        middle = lines.split("\n")
        middle.insert(
            2,
            f'<div class="bacajuga"><b>Baca juga:</b> <a href="{related[0][0]}">'
            f"{related[0][1].headline}</a></div>",
        )
        return f"""<html><head><meta charset="utf-8"><title>{story.headline} | {name}</title>
<meta property="og:title" content="{story.headline}"><meta name="author" content="Swara Nusa">
</head><body><div id="wrap"><div class="topnav"><a href="{home}">Beranda</a></div>
<div class="col-kiri"><div class="judul"><h1>{story.headline}</h1></div>
<div class="info-berita"><div class="penulis">Penulis: {story.author}</div>
<div class="penyunting">Editor: {story.editor}</div>
<div class="waktu">{written(story.at, "WITA")}</div></div>
<div class="foto-utama"><img src="/f.jpg"><div class="ket-foto">Suasana {story.place}.</div></div>
<div class="isi-berita" id="isi">{"".join(middle)}</div>
<div class="tag-berita"><a href="{home}tag/desa">desa</a><a href="{home}tag/kerja">kerja</a></div>
{related_box(related, "berita-terkait")}</div>
<div class="col-kanan"><h4>Terpopuler</h4>{related_box(related, "populer")}</div></div>
</body></html>"""

    answers = dict(pages(stories, page)) | {
        f"{home}robots.txt": text(
            f"User-agent: *\nCrawl-delay: 0\nDisallow: /cari\nSitemap: {home}sitemap-news.xml\n"
        ),
        f"{home}sitemap-news.xml": sitemap(
            {url: story.at for url, story in stories.items()}, news=name
        ),
        home: front(stories, others),
    }
    return Publisher(
        name="swara",
        kinds=("NewsSitemap", "Section", "Section", "Section"),
        home=home,
        answers=answers,
        stories=stories,
        timezone="Asia/Makassar",
        others=tuple(others),
    )


def blog() -> Publisher:
    """Addresses as Blogger has them, microdata, an Atom feed; no offset but in the microdata."""
    home, name = "https://warungwarta.example/", "Warung Warta"
    stories = {f"{home}{story.at:%Y/%m}/{story.slug}.html": story for story in told()}
    others = [f"{home}search/label/desa", f"{home}p/tentang.html", f"{home}2026/11/"]

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        return f"""<html lang="id"><head><meta charset="utf-8">
<title>{name}: {story.headline}</title>
<meta content="{name}" property="og:site_name"></head><body>
<div class="blog-posts hfeed"><div class="post-outer"><div class="post hentry" itemscope
 itemtype="http://schema.org/BlogPosting">
<h3 class="post-title entry-title" itemprop="name headline">{story.headline}</h3>
<div class="post-header"><span class="fn" itemprop="author" itemscope><span itemprop="name">
{story.author}</span></span> <abbr class="published" itemprop="datePublished"
 title="{story.at.isoformat()}" content="{story.at.isoformat()}">
{written(story.at, "")}</abbr></div>
<div class="post-body entry-content" id="post-body-{77120045 + story.number}"
 itemprop="description articleBody">{"<br/><br/>".join(story.paragraphs)}</div>
<div class="post-footer"><span class="post-labels">Label: <a href="{home}search/label/desa"
 rel="tag">desa</a></span></div></div></div></div>
<div class="sidebar">{related_box(related, "PopularPosts")}</div></body></html>"""

    entries = "".join(
        f"<entry><title>{story.headline}</title><link rel='alternate' href='{url}'/>"
        f"<published>{story.at.isoformat()}</published></entry>"
        for url, story in stories.items()
    )
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'
    link = f'<link rel="alternate" type="application/atom+xml" href="{home}feeds/posts/default">'
    answers = dict(pages(stories, page)) | {
        f"{home}feeds/posts/default": xml(atom),
        home: front(stories, others, head=link),
    }
    return Publisher(
        name="warung",
        kinds=("Feed",),
        home=home,
        answers=answers,
        stories=stories,
        timezone="Asia/Jakarta",
        others=tuple(others),
    )


def only_front_page() -> Publisher:
    """No robots.txt, no sitemap, no feed: links of the front page, slug and number in one segment;
    Indonesian zones in words.
    """
    home, name = "https://www.pojokdesa.example/", "Pojok Desa"
    channels = ("warta-desa", "pertanian")
    stories = {
        f"{home}{channels[story.number % 2]}/{story.slug}-{34010 + story.number}": story
        for story in told()
    }
    others = [f"{home}{channel}" for channel in channels]
    others += [f"{home}pedoman-media-siber", f"{home}kontak", f"{home}tentang-pojok-desa"]

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        return f"""<html lang="id"><head><title>{story.headline} - {name}</title>
<meta charset="utf-8"></head><body><div class="page">
<section class="konten"><h1>{story.headline}</h1>
<p class="meta-berita">Oleh: {story.author} | {written(story.at)}</p>
<div class="teks">{paragraphs(story)}</div>
<div class="share">Bagikan: <a href="#">WhatsApp</a></div></section>
<section class="lain">{related_box(related, "list-lain")}</section></div>
<footer>Hak cipta {name}. Dilarang menyalin isi tanpa izin tertulis dari redaksi kami.</footer>
</body></html>"""

    answers = dict(pages(stories, page)) | {home: front(stories, others)}
    return Publisher(
        name="pojok",
        kinds=("Section", "Section"),
        home=home,
        answers=answers,
        stories=stories,
        timezone="Asia/Jakarta",
        others=tuple(others),
    )


def only_json_ld() -> Publisher:
    """A front end of generated class names (CSS modules): all that is sure is in JSON-LD."""
    home, name = "https://telaga.example/", "Telaga"
    stories = {
        f"{home}artikel/{story.slug}-a{story.number}c9f{story.number}e": story for story in told()
    }
    others = [f"{home}topik/desa", f"{home}artikel", f"{home}tentang"]

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        return f"""<html lang="id"><head><meta charset="utf-8">
<title>{story.headline} | {name}</title>
{json_ld(story, url, name, body=True)}</head><body><div id="__next">
<div class="css-1x{story.number}k9z"><h1 class="Article_title__3xK2p">{story.headline}</h1>
<div class="Article_content__9Yb1Q">{paragraphs(story)}</div></div>
<div class="css-0">{related_box(related, "Card_list__2Ff0a")}</div></div></body></html>"""

    answers = dict(pages(stories, page)) | {
        f"{home}robots.txt": text(f"User-agent: *\nAllow: /\nSitemap: {home}sitemap.xml\n"),
        f"{home}sitemap.xml": sitemap(
            {url: story.at for url, story in stories.items()} | dict.fromkeys(others, FIRST)
        ),
        home: front(stories, others),
    }
    return Publisher(
        name="telaga",
        kinds=("Sitemap", "Section"),
        home=home,
        answers=answers,
        stories=stories,
        timezone="Asia/Jakarta",
        others=tuple(others),
    )


def english() -> Publisher:
    """In English, times in UTC only, `/SECTION/SLUG` without a number."""
    home, name = "https://www.harbourpost.example/", "The Harbour Post"
    sections = ("business", "villages", "sea")
    stories = {
        f"{home}{sections[story.number % 3]}/{story.slug}": story
        for story in told(english=True, zone=UTC)
    }
    others = [f"{home}{section}" for section in sections] + [f"{home}about-us", f"{home}contact"]

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        return f"""<html lang="en-GB"><head><meta charset="utf-8">
<title>{story.headline} | {name}</title><meta property="og:site_name" content="{name}">
<meta property="article:published_time" content="{story.at.isoformat()}"></head><body>
<main><article><h1 class="headline">{story.headline}</h1>
<p class="standfirst">What the people of {story.place} do before it is too late.</p>
<div class="byline"><a rel="author" href="/people/x">{story.author}</a></div>
<time datetime="{story.at.isoformat()}">{story.at:%d %B %Y, %H:%M} GMT</time>
<section class="story-body">{paragraphs(story)}</section>
<aside class="more">{related_box(related, "more-stories")}</aside></article></main></body></html>"""

    answers = dict(pages(stories, page)) | {
        f"{home}robots.txt": text("User-agent: *\nDisallow: /search\n"),
        f"{home}feed": feed(stories, name),
        home: front(stories, others, lang="en-GB"),
    }
    return Publisher(
        name="harbour",
        kinds=("Feed", "Section", "Section", "Section"),
        home=home,
        answers=answers,
        stories=stories,
        timezone="Europe/London",
        language="en",
        others=tuple(others),
    )


def desks() -> Publisher:
    """Stories on hosts of their desks, announced by a feed with tracking parameters; the place is
    outside of the paragraphs, initials and a notice inside of the text.
    """
    home, name = "https://www.detak.example/", "Detak"
    stories = {
        f"https://news.detak.example/berita/d-{8012300 + story.number}/{story.slug}": story
        for story in told()
    }

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        at = f"{story.at.day} {MONTHS[story.at.month - 1][:3]} {story.at.year} {story.at:%H:%M} WIB"
        return f"""<html lang="id-ID"><head><meta charset="utf-8"><title>{story.headline}</title>
<meta name="publishdate" content="{story.at:%Y/%m/%d %H:%M:%S}">
<meta name="author" content="{story.author}"></head><body><article class="detail">
<div class="detail__header"><h1 class="detail__title">{story.headline}</h1>
<div class="detail__author">{story.author} - <span>detakNews</span></div>
<div class="detail__date">{at}</div></div>
<div class="detail__body itp_bodycontent_wrapper"><div class="detail__body-text itp_bodycontent">
<strong>{story.place}</strong> - {paragraphs(story).removeprefix("<p>")}
<div class="parallaxindetail">ADVERTISEMENT</div><p><strong>(abc/def)</strong></p></div></div>
</article><div class="column-4">{related_box(related, "list-content")}</div></body></html>"""

    answered = dict(pages(stories, page))
    tracked = {f"{url}?utm_source=rss": story for url, story in stories.items()}
    answers = answered | {f"{url}?utm_source=rss": answer for url, answer in answered.items()}
    answers |= {f"{home}rss": feed(tracked, name), home: front(stories, ())}
    return Publisher(
        name="detak",
        home=home,
        kinds=("Feed",),
        answers=answers,
        stories=stories,
        timezone="Asia/Jakarta",
    )


def without_classes() -> Publisher:
    """Nodes without classes; people are known by the folder of their pages, and the head says
    nothing of them.
    """
    home, name = "https://bisnis.tempon.example/", "Tempon.co"
    stories = {f"{home}read/{1944000 + story.number}/{story.slug}": story for story in told()}

    def page(story: Told, url: str, related: Sequence[tuple[str, Told]]) -> str:
        return f"""<html><head><title>{story.headline} - {name}</title><meta charset="utf-8">
<meta property="article:published_time" content="{story.at.isoformat()}"></head><body>
<div class="main"><h1>{story.headline}</h1>
<div>Reporter <a href="/penulis/{story.number}">{story.author}</a></div>
<div>Editor <a href="/editor/2">{story.editor}</a></div><p>{written(story.at)}</p>
<div><div>{paragraphs(story, f"<strong>TEMPON.CO</strong>, <strong>{story.place}</strong> - ")}
</div></div>{related_box(related, "lain")}</div></body></html>"""

    times = {url: story.at for url, story in stories.items()}
    answers = dict(pages(stories, page)) | {
        f"{home}sitemap.xml": sitemap(times | {f"{home}x": FIRST}),
        home: front(stories, ()),
    }
    return Publisher(
        name="tempon",
        home=home,
        kinds=("Sitemap",),
        answers=answers,
        stories=stories,
        timezone="Asia/Jakarta",
    )


PUBLISHERS = (
    *(wordpress, custom, blog, only_front_page),
    *(only_json_ld, english, desks, without_classes),
)
"""One for each kind of publishing system."""
