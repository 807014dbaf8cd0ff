"""Every field outside the body, from the layer that tells it; nothing is guessed."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction import Reading, read
from scraper.sites.site import ArticleURL, Layout, Site

SITE = Site(
    name="lereng",
    title="Lereng Online",
    home="https://www.lereng.id/",
    domains=("lereng.id",),
    article_urls=(
        ArticleURL(
            pattern=r"(?:www\.|m\.)?lereng\.id/(?P<kanal>[a-z]+)/(?P<y>\d{4})/(?P<m>\d\d)/"
            r"(?P<d>\d\d)/(?P<hms>\d{6})/(?P<slug>[^/]+)",
            canonical="www.lereng.id/{kanal}/{y}/{m}/{d}/{hms}/{slug}",
            story_id="{y}{m}{d}{hms}",
        ),
        ArticleURL(
            pattern=r"(?:www\.)?lereng\.id/berita/(?P<id>\d+)",
            canonical="www.lereng.id/berita/{id}",
            story_id="{id}",
        ),
    ),
    layouts=(
        Layout(
            name="L2",
            body=".isi",
            headline=(".judul",),
            kicker=(".atas",),
            deck=(".bawah",),
            authors=(".penulis",),
            editors=(".penyunting",),
            date=(".tanggal",),
            section=(".remah a",),
            tags=(".topik a",),
            caption=(".keterangan",),
            image=("//*[@class='foto']/@src",),
            agency=(".sumber",),
        ),
    ),
    ld_editor=r"/editor/",
    newsroom_names=("Lereng Online", "Redaksi Lereng"),
    head_dates=("lereng:terbit",),
)
URL = "https://www.lereng.id/berita/77"
DATED_URL = "https://www.lereng.id/desa/2026/07/24/070859/panen-raya"
PROSE = "<div class='isi'><p>Warga memanen padi sejak pagi.</p><p>Hujan turun sore hari.</p></div>"


def page(head: str = "", body: str = PROSE, url: str = URL, site: Site = SITE) -> Reading:
    return read(f"<html><head>{head}</head><body>{body}</body></html>", url, site)


def json_ld(data: Any) -> str:
    return (
        f"<script type='application/ld+json'>"
        f"{data if isinstance(data, str) else json.dumps(data)}</script>"
    )


def story(**fields: Any) -> str:
    return json_ld({"@context": "https://schema.org", "@type": "NewsArticle", **fields})


def meta(name: str, content: str, attribute: str = "name") -> str:
    return f'<meta {attribute}="{name}" content="{content}">'


# (field, head, markup before the prose, address, value, layer)
LAYERS = [
    ("headline", story(headline="Panen Raya"), "", URL, "Panen Raya", "json-ld"),
    ("headline", meta("og:title", "Panen Raya", "property"), "", URL, "Panen Raya", "meta"),
    ("headline", meta("twitter:title", "Panen Raya"), "", URL, "Panen Raya", "meta"),
    ("headline", meta("title", "Panen Raya"), "", URL, "Panen Raya", "meta"),
    ("headline", "", "<div class='judul'>Panen Raya</div>", URL, "Panen Raya", "layout L2"),
    ("headline", "", "<h1>Panen Raya</h1>", URL, "Panen Raya", "visible text"),
    ("headline", "<title>Panen Raya</title>", "", URL, "Panen Raya", "visible text"),
    ("kicker", "", "<p class='atas'>Musim Panen:</p>", URL, "Musim Panen", "layout L2"),
    ("kicker", "", "<p class='atas'>Musim - Panen :</p>", URL, "Musim - Panen", "layout L2"),
    (
        "deck",
        "",
        "<p class='bawah'>Panen tahun ini lebih awal.</p>",
        URL,
        "Panen tahun ini lebih awal.",
        "layout L2",
    ),
    (
        "caption",
        "",
        "<p class='keterangan'>Warga di sawah.</p>",
        URL,
        "Warga di sawah.",
        "layout L2",
    ),
    (
        "authors",
        story(author={"@type": "Person", "name": "Rina Wijaya"}),
        "",
        URL,
        ("Rina Wijaya",),
        "json-ld",
    ),
    (
        "authors",
        story(author=[{"name": "Rina Wijaya"}, {"name": "BAGAS WIRAYUDA"}]),
        "",
        URL,
        ("Rina Wijaya", "Bagas Wirayuda"),
        "json-ld",
    ),
    ("authors", story(author="Rina Wijaya"), "", URL, ("Rina Wijaya",), "json-ld"),
    ("authors", meta("author", "Rina Wijaya"), "", URL, ("Rina Wijaya",), "meta"),
    (
        "authors",
        meta("author", "&lt;a href='/about/rina'&gt;RINA WIJAYA&lt;/a&gt;"),
        "",
        URL,
        ("Rina Wijaya",),
        "meta",
    ),
    (
        "authors",
        "",
        "<p class='penulis'>Rep: Rina Wijaya/ Red: Bagas Wirayuda</p>",
        URL,
        ("Rina Wijaya",),
        "layout L2",
    ),
    (
        "authors",
        "",
        "<h1>Panen</h1><p>Laporan: RINA WIJAYA</p>",
        URL,
        ("Rina Wijaya",),
        "visible text",
    ),
    (
        "editors",
        "",
        "<p class='penulis'>Rep: Rina Wijaya/ Red: Bagas Wirayuda</p>",
        URL,
        ("Bagas Wirayuda",),
        "layout L2",
    ),
    (
        "editors",
        "",
        "<p class='penyunting'>Bagas Wirayuda</p>",
        URL,
        ("Bagas Wirayuda",),
        "layout L2",
    ),
    (
        "editors",
        story(author={"name": "Bagas Wirayuda", "url": "/editor/9"}),
        "",
        URL,
        ("Bagas Wirayuda",),
        "json-ld",
    ),
    ("agency", "", "<p class='sumber'>Sumber : Antara</p>", URL, "ANTARA", "layout L2"),
    (
        "section",
        "",
        "<p class='remah'><a>Home</a> <a>Desa</a> <a>Panen</a></p>",
        URL,
        "Desa",
        "layout L2",
    ),
    ("section", story(articleSection="Desa"), "", URL, "Desa", "json-ld"),
    ("section", story(articleSection=["", "Desa", "Panen"]), "", URL, "Desa", "json-ld"),
    ("section", meta("article:section", "Desa", "property"), "", URL, "Desa", "meta"),
    ("section", "", "", DATED_URL, "desa", "url"),
    (
        "tags",
        "",
        "<p class='topik'><a># Padi</a> <a>#sawah</a> <a>Padi</a> <a> </a></p>",
        URL,
        ("Padi", "sawah"),
        "layout L2",
    ),
    ("tags", story(keywords=["padi", "sawah"]), "", URL, ("padi", "sawah"), "json-ld"),
    ("tags", story(keywords="padi, sawah,padi, "), "", URL, ("padi", "sawah"), "json-ld"),
    ("tags", meta("news_keywords", "padi, sawah"), "", URL, ("padi", "sawah"), "meta"),
    (
        "image_url",
        story(image="/foto/a.jpg"),
        "",
        URL,
        "https://www.lereng.id/foto/a.jpg",
        "json-ld",
    ),
    (
        "image_url",
        story(image={"url": "https://cdn.lereng.id/a.jpg"}),
        "",
        URL,
        "https://cdn.lereng.id/a.jpg",
        "json-ld",
    ),
    (
        "image_url",
        story(image=["https://cdn.lereng.id/a.jpg", "b.jpg"]),
        "",
        URL,
        "https://cdn.lereng.id/a.jpg",
        "json-ld",
    ),
    (
        "image_url",
        meta("og:image", "//cdn.lereng.id/a.jpg", "property"),
        "",
        URL,
        "https://cdn.lereng.id/a.jpg",
        "meta",
    ),
    (
        "image_url",
        story(image={"url": ""}) + meta("og:image", "/a.jpg"),
        "",
        URL,
        "https://www.lereng.id/a.jpg",
        "meta",
    ),
    (
        "image_url",
        "",
        "<img class='foto' src='/a.jpg'>",
        URL,
        "https://www.lereng.id/a.jpg",
        "layout L2",
    ),
]

# (head, markup before the prose, address, time, layer)
PUBLISHED = [
    (
        story(datePublished="2026-07-24T07:08:59+07:00"),
        "",
        URL,
        "2026-07-24T07:08:59+07:00",
        "json-ld",
    ),
    (
        meta("lereng:terbit", "2026-07-24T07:08:59+07:00"),
        "",
        URL,
        "2026-07-24T07:08:59+07:00",
        "meta lereng:terbit",
    ),
    (
        meta("article:published_time", "2026-07-24T07:08:59+07:00", "property"),
        "",
        URL,
        "2026-07-24T07:08:59+07:00",
        "meta article:published_time",
    ),
    (
        meta("datePublished", "2026-07-24T07:08:59+07:00", "itemprop"),
        "",
        URL,
        "2026-07-24T07:08:59+07:00",
        "meta datepublished",
    ),
    (
        "",
        "<p class='tanggal'>Jum'at, 24 Juli 2026 | 07:08 WIB</p>",
        URL,
        "2026-07-24T07:08:00+07:00",
        "layout L2",
    ),
    (
        "",
        "<p class='tanggal'></p><p class='tanggal'>Jum'at, 24 Juli 2026 | 07:08 WITA</p>",
        URL,
        "2026-07-24T07:08:00+08:00",
        "layout L2",
    ),
    (
        "",
        "<h1>Panen</h1><p>Rina Wijaya • 24 Juli 2026 07:08</p>",
        URL,
        "2026-07-24T07:08:00+07:00",
        "visible text",
    ),
    ("", "", DATED_URL, "2026-07-24T07:08:59+07:00", "url"),
    # A time in UTC is told in the newsroom's own time; another zone is left as it is.
    (story(datePublished="2026-07-24T00:08:59Z"), "", URL, "2026-07-24T07:08:59+07:00", "json-ld"),
    (
        story(datePublished="2026-07-24T00:08:59+00:00"),
        "",
        URL,
        "2026-07-24T07:08:59+07:00",
        "json-ld",
    ),
    (story(datePublished="2026-07-23T17:30:00Z"), "", URL, "2026-07-24T00:30:00+07:00", "json-ld"),
    (
        story(datePublished="2026-07-24T07:08:59+08:00"),
        "",
        URL,
        "2026-07-24T07:08:59+08:00",
        "json-ld",
    ),
    # A naive time is the newsroom's.
    (story(datePublished="2026-07-24T07:08:59"), "", URL, "2026-07-24T07:08:59+07:00", "json-ld"),
    # A layer that tells no time of day, or nonsense, leaves the word to the next.
    (
        story(datePublished="2026-07-24") + meta("article:published_time", "kemarin"),
        "<p class='tanggal'>24 Juli 2026 | 07:08 WIB</p>",
        URL,
        "2026-07-24T07:08:00+07:00",
        "layout L2",
    ),
    # The order of the layers
    (
        meta("article:published_time", "2026-07-24T08:00:00+07:00")
        + story(datePublished="2026-07-24T07:08:59+07:00"),
        "<p class='tanggal'>24 Juli 2026 | 09:00 WIB</p>",
        DATED_URL,
        "2026-07-24T07:08:59+07:00",
        "json-ld",
    ),
    (
        meta("article:published_time", "2026-07-24T08:00:00+07:00"),
        "<p class='tanggal'>24 Juli 2026 | 09:00 WIB</p>",
        DATED_URL,
        "2026-07-24T08:00:00+07:00",
        "meta article:published_time",
    ),
    (
        "",
        "<p class='tanggal'>24 Juli 2026 | 09:00 WIB</p>",
        DATED_URL,
        "2026-07-24T09:00:00+07:00",
        "layout L2",
    ),
]

HEADLINES = [
    ("Panen Raya | Lereng Online", "Panen Raya"),
    ("Panen Raya |Lereng Online", "Panen Raya"),
    ("Panen Raya - lereng online", "Panen Raya"),
    ("Panen Raya – Lereng.id", "Panen Raya"),
    ("Panen Raya - www.lereng.id", "Panen Raya"),
    ("Lereng Online Menanam Pohon", "Lereng Online Menanam Pohon"),
    ("Panen - Raya", "Panen - Raya"),
    ("Panen Raya- Lereng Online", "Panen Raya"),
    ("Panen Raya -Lereng Online", "Panen Raya"),
    ("Panen Raya—Lereng Online", "Panen Raya"),
    ("稲の収穫-Lereng Online", "稲の収穫"),
    ("  Panen\n  Raya&nbsp;", "Panen Raya"),
    ("Air &amp; Api", "Air & Api"),
    ("Air &amp;amp; Api", "Air & Api"),
    ("&lt;em&gt;Handphone&lt;/em&gt; Murah", "Handphone Murah"),
    ("Film &lt;i&gt;Sawah&lt;/i&gt; Diputar&lt;br /&gt;", "Film Sawah Diputar"),
    # Formatting goes; any other mark-up is what the headline says.
    ("Awas &lt;script&gt;alert(1)&lt;/script&gt;", "Awas <script>alert(1)</script>"),
    ("Nilai x &lt; 5 dan y &gt; 3", "Nilai x < 5 dan y > 3"),
]


@pytest.mark.parametrize(("field", "head", "before", "url", "value", "layer"), LAYERS)
def test_a_field_is_read_from_any_layer_and_the_layer_is_named(
    field: str, head: str, before: str, url: str, value: object, layer: str
) -> None:
    reading = page(head, before + PROSE, url)
    assert getattr(reading.article, field) == value
    assert reading.sources[field] == layer


@pytest.mark.parametrize(("head", "before", "url", "moment", "layer"), PUBLISHED)
def test_the_time_of_publication_is_read_from_the_surest_layer(
    head: str, before: str, url: str, moment: str, layer: str
) -> None:
    reading = page(head, before + PROSE, url)
    assert reading.article.as_dict()["published_at"] == moment
    assert reading.sources["published_at"] == layer


@pytest.mark.parametrize(
    ("head", "moment"),
    [
        (story(dateModified="2026-07-24T09:00:00+07:00"), "2026-07-24T09:00:00+07:00"),
        (story(dateModified="2026-07-24T02:00:00Z"), "2026-07-24T09:00:00+07:00"),
        (
            meta("article:modified_time", "2026-07-24T09:00:00+07:00", "property"),
            "2026-07-24T09:00:00+07:00",
        ),
        (meta("dcterms.modified", "2026-07-24 02:00:00 GMT"), "2026-07-24T09:00:00+07:00"),
        (story(dateModified="2026-07-24"), None),
        ("", None),
    ],
)
def test_the_time_of_the_last_change_is_reported_only_by_machines(
    head: str, moment: str | None
) -> None:
    assert page(head).article.as_dict()["modified_at"] == moment


@pytest.mark.parametrize(
    ("created", "moment"),
    [
        ("2021-06-17 21:01:19 GMT", "2021-06-18T01:31:19+04:30"),
        ("2024-06-17 21:01:19 GMT", "2024-06-18T00:31:19+03:30"),
    ],
)
def test_a_publisher_in_tehran_keeps_its_own_summer_time(created: str, moment: str) -> None:
    site = replace(SITE, timezone="Asia/Tehran", head_dates=("dcterms.created",))
    assert (
        page(meta("dcterms.created", created), site=site).article.as_dict()["published_at"]
        == moment
    )


@pytest.mark.parametrize(("written", "headline"), HEADLINES)
@pytest.mark.parametrize("layer", ["og", "title", "h1"])
def test_the_headline_is_reported_without_the_sites_name_and_without_formatting(
    written: str, headline: str, layer: str
) -> None:
    head = {"og": meta("og:title", written), "title": f"<title>{written}</title>", "h1": ""}[layer]
    assert (
        page(head, f"<h1>{written}</h1>{PROSE}" if layer == "h1" else PROSE).article.headline
        == headline
    )


def test_real_mark_up_in_a_headline_goes_with_its_scripts() -> None:
    before = "<h1 class='judul'>Harga <em>Handphone</em> <script>alert(1)</script>Turun</h1>"
    assert page(body=before + PROSE).article.headline == "Harga Handphone Turun"


def test_an_absent_field_stays_absent() -> None:
    article = page().article
    for name in (
        "headline",
        "kicker",
        "deck",
        "agency",
        "published_at",
        "modified_at",
        "section",
        "image_url",
        "caption",
    ):
        assert getattr(article, name) is None, name
    assert article.authors == article.editors == article.tags == ()
    assert set(article.warnings) == {"missing_headline", "missing_published_at"}


def test_keywords_that_stand_on_every_page_of_the_site_are_no_tags() -> None:
    assert page(meta("keywords", "berita, terkini, desa")).article.tags == ()


def test_the_publisher_is_no_author() -> None:
    assert (
        page(
            story(author={"name": "Redaksi Lereng"}) + meta("author", "Lereng Online")
        ).article.authors
        == ()
    )


@pytest.mark.parametrize(
    "author", ["https://www.facebook.com/lerengonline", "https://www.lereng.id/penulis/9"]
)
def test_an_address_is_no_author(author: str) -> None:
    assert page(meta("article:author", author, "property")).article.authors == ()


def test_people_below_the_text_are_editors_or_nobody() -> None:
    article = page(body=PROSE + "<p>Editor: Bagas Wirayuda</p><p>Penulis: Rina Wijaya</p>").article
    assert (article.authors, article.editors) == ((), ("Bagas Wirayuda",))


@pytest.mark.parametrize(
    "data",
    [
        {
            "@graph": [
                {"@type": "WebSite", "headline": "Salah"},
                {"@type": "NewsArticle", "headline": "Panen Raya"},
            ]
        },
        [
            {"@type": "Organization", "headline": "Salah"},
            {"@type": "Article", "headline": "Panen Raya"},
        ],
        {"@type": ["NewsArticle", "Article"], "headline": "Panen Raya"},
        {"@type": "ReportageNewsArticle", "headline": "Panen Raya"},
    ],
)
def test_the_article_is_found_wherever_json_ld_keeps_it(data: Any) -> None:
    assert page(json_ld(data)).article.headline == "Panen Raya"


def test_the_first_block_of_json_ld_need_not_be_the_article() -> None:
    blocks = (
        json_ld({"@type": "WebSite", "headline": "Salah"})
        + story(headline="Panen Raya")
        + story(headline="Berita Lain")
    )
    assert page(blocks).article.headline == "Panen Raya"


def test_a_breadcrumb_of_json_ld_tells_the_section() -> None:
    crumbs = [{"name": "Home"}, {"item": {"name": "Desa"}}, {"name": "Panen Raya"}]
    assert (
        page(json_ld({"@type": "BreadcrumbList", "itemListElement": crumbs})).article.section
        == "Desa"
    )


@pytest.mark.parametrize(
    "broken",
    [
        '{"@type": "NewsArticle", "headline": "Panen',
        "headline = Panen",
        "<!-- x -->",
        "[" * 100_000,
        '{"headline": "a" "b"}',
    ],
    ids=["breaks off", "no object", "comment", "nested too deep", "missing comma"],
)
def test_broken_json_ld_is_noted_and_passed_over(broken: str) -> None:
    reading = page(json_ld(broken) + story(headline="Panen Raya"))
    assert reading.article.headline == "Panen Raya"
    assert "broken_json_ld" in reading.article.warnings


@pytest.mark.parametrize(
    "harmless",
    [
        "",
        "  \n ",
        '{"@type": "NewsArticle",\n "headline": "Panen\nRaya"}',
        "[]",
        "null",
        '"teks"',
        "5",
    ],
)
def test_odd_json_ld_is_no_reason_to_warn(harmless: str) -> None:
    assert "broken_json_ld" not in page(json_ld(harmless)).article.warnings


@pytest.mark.parametrize("kind", [{"x": 1}, [{}], 5, None, ""])
def test_a_type_that_is_no_name_is_no_type(kind: Any) -> None:
    assert (
        page(
            json_ld({"@type": kind, "headline": "Salah"}) + story(headline="Panen Raya")
        ).article.headline
        == "Panen Raya"
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just("2026-07-24T07:08:59Z"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@type", "name", "url", "item", "@graph", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
KEYS = (
    "headline author datePublished dateModified articleSection image keywords "
    "itemListElement @type @graph".split()
)


@given(data=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5))
def test_any_json_ld_is_read_without_an_error(data: dict[str, Any]) -> None:
    for kind in ("NewsArticle", "BreadcrumbList"):
        article = page(json_ld({"@type": kind, **data})).article
        assert article.published_at is None or isinstance(article.published_at, datetime)
        assert all(
            isinstance(name, str) and name
            for name in (*article.authors, *article.editors, *article.tags)
        )


# (address asked, what the page declares, canonical address)
CANONICAL = [
    (URL, "", URL),
    (URL + "?utm_source=x", "", URL),
    (
        "https://m.lereng.id/desa/2026/07/24/070859/panen",
        "",
        "https://www.lereng.id/desa/2026/07/24/070859/panen",
    ),
    (
        DATED_URL,
        "https://www.lereng.id/desa/2026/07/24/070859/judul-baru",
        "https://www.lereng.id/desa/2026/07/24/070859/judul-baru",
    ),
    (DATED_URL, "https://www.lereng.id/desa/2026/07/24/091500/cerita-lain", DATED_URL),
    (DATED_URL, "https://www.lereng.id/", DATED_URL),
    (DATED_URL, "https://example.com/desa/2026/07/24/070859/panen", DATED_URL),
    (DATED_URL, "javascript:void(0)", DATED_URL),
    ("https://www.lereng.id/cetak.php?no=9", DATED_URL, DATED_URL),
]


@pytest.mark.parametrize(("url", "declared", "canonical"), CANONICAL)
def test_a_declared_canonical_address_wins_where_it_names_the_same_story(
    url: str, declared: str, canonical: str
) -> None:
    assert (
        page(f'<link rel="canonical" href="{declared}">', url=url).article.canonical_url
        == canonical
    )


def test_the_address_for_sharing_is_not_the_canonical_one() -> None:
    assert (
        page(
            meta("og:url", "https://www.lereng.id/berita/99", "property"), url=DATED_URL
        ).article.canonical_url
        == DATED_URL
    )


def test_a_picture_that_is_no_web_address_is_none() -> None:
    assert (
        page(meta("og:image", "data:image/png;base64,AAAA", "property")).article.image_url is None
    )
