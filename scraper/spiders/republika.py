"""Republika Online: seven generations of pages since 2013; the code in the address is key and time.

The first six characters of the code are Unix seconds in base 36, when the story was created: of
2,353 dated rows of 2023 to 2025 70.5 % were published in that minute, 4.5 % on a later day.
"""

from scraper.sites.amp import AMP
from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import DatedIndex, Feed, Section, Sitemap

# A code holds a digit; one of letters alone ("daerah") is a section unless a slug follows. Six
# characters are followed by the editor's two or three digits; two only before a slug, for without
# one an address that was cut off looks the same.
_CODE = (
    r"(?=[a-z]*\d|[a-z]{6}[/-][^/]*-)"
    r"(?P<code36>[a-z0-9]{6}(?:\d{3}(?:5000)?|\d{2}(?=[/-][^/]))?)"
)
_SLUG = r"(?P<slug>.+?)(?:-part\d{1,2})?"
_HOST = (
    r"(?P<host>(?:[a-z0-9-]+\.)?(?:republika|ihram|rejogja|rejabar|ekbis|esgnow|janna|dialogjumat)"
    r"\.(?:co\.id|co|id))"
)
_OLD_PATH = (
    r"(?P<kanal>[a-z0-9-]+)/(?P<sub>[a-z0-9-]+)/(?P<yy>\d\d)/(?P<m>\d\d)/(?P<d>\d\d)/"
    rf"{_CODE}(?:-{_SLUG})?"
)

SITE = Site(
    name="republika",
    title="Republika Online",
    home="https://republika.co.id/",
    domains=tuple(
        "republika.co.id ihram.co.id rejogja.co.id rejabar.co.id ekbis.co esgnow.id janna.co.id "
        "dialogjumat.co.id".split()
    ),
    crawled=("republika.co.id",),
    article_urls=(
        ArticleURL(
            pattern=rf"(?:[a-z0-9-]+\.)?republika\.co\.id/berita/{_CODE}(?:/{_SLUG})?",
            canonical="republika.co.id/berita/{code36}/{slug}",
            story_id="{code36}",
        ),
        ArticleURL(
            pattern=r"(?:[a-z0-9-]+\.)?republika\.co\.id/(?:r|share|amp|amp_version)/"
            rf"{_CODE}(?:/{_SLUG})?",
            canonical="republika.co.id/berita/{code36}/{slug}",
            story_id="{code36}",
        ),
        ArticleURL(
            pattern=rf"(?:m|fbeta)\.republika\.co\.id/berita/{_OLD_PATH}",
            canonical="www.republika.co.id/berita/{kanal}/{sub}/{yy}/{m}/{d}/{code36}-{slug}",
            story_id="{code36}",
        ),
        ArticleURL(
            pattern=rf"{_HOST}/berita/{_OLD_PATH}",
            canonical="{host}/berita/{kanal}/{sub}/{yy}/{m}/{d}/{code36}-{slug}",
            story_id="{code36}",
        ),
        ArticleURL(  # of 2019
            pattern=rf"{_HOST}/berita/(?P<kanal>[a-z0-9-]+)/(?P<sub>[a-z0-9-]+)/{_CODE}"
            rf"(?:[/-]{_SLUG})?",
            canonical="{host}/berita/{kanal}/{sub}/{code36}/{slug}",
            story_id="{code36}",
        ),
        ArticleURL(
            pattern=r"(?:[a-z0-9-]+\.)?republika\.co\.id/(?:berita|share|r)/"
            rf"(?P<id>[a-z0-9]{{7,8}}15000|\d{{10,13}})(?:/{_SLUG})?",
            canonical="republika.co.id/berita/{id}/{slug}",
            story_id="{id}",
        ),
    ),
    refused_urls=(
        (r"^(?:static|files|gerai|properti|koran)\.", "not_an_article"),
        (r"^en\.|^[^/]+/berita/en/", "foreign_edition"),
        (r"^(?:video|tv)\.|^[^/]+/(?:berita/)?video/", "video_page"),
        (r"^visual\.", "photo_page"),
        # Partners and readers ("retizen") write there under numbers of their own.
        (
            r"^retizen\.|^[^/]+/posts/|^(?!www\.|m\.)[^/.]+\.republika\.co\.id/[a-z]+/\d{9,11}/",
            "partner_post",
        ),
        (r"^[^/]+/tags?/", "tag_page"),
        (r"^[^/]+/search\b", "search_page"),
        (r"^[^/]+/page/(?:penulis|about)", "author_page"),
        (r"^[^/]+/(?:index|indeks|kanal)\b", "index_page"),
        (r"^[^/]+/berita/serial/", "index_page"),
    ),
    sources=(
        Sitemap("https://republika.co.id/files/xml/sitemap.xml"),
        Feed("https://www.republika.co.id/rss"),
        DatedIndex("https://republika.co.id/index/{offset}/{day:%Y/%m/%d}", rows=50),
        Section("https://republika.co.id/index/0"),
    ),
    layouts=(
        Layout(
            name="R5",
            body=".main-content__left .article-content article, .article-content article",
            headline=(".max-card__title h1",),
            deck=(".max-card__teaser",),
            authors=(".max-card__title > div:last-of-type", ".max-card__title div"),
            date=(".date.date-item__headline", ".max-card__title .date"),
            caption=(
                "figcaption.detail__media-caption .caption-img",
                "figcaption.detail__media-caption",
            ),
            tags=("(//article)[1]/following::a[contains(@href, '/tag/')]",),
            section=(".breadcrumb a",),
            prune=tuple(
                "[id^=bn_] .iframe-container #player .picked-article .footnote-wrap #next-article "
                "#scroll-trigger "
                "#loading .wrapper-replay .parallax [class^=ads] #inscroll-banner "
                ".scrollToRead".split()
            ),
        ),
        Layout(
            name="R4",
            requires=".wrap_detail_set, .wrap_detail",
            body="div.artikel, [itemprop=articleBody]",
            headline=(".wrap_detail .wrap_detail_set > h1", ".wrap_detail_set h1"),
            deck=(".wrap_detail_set > h2",),
            authors=(".by > span > p", ".by p", ".by"),
            date=(".date_detail p", ".date_detail"),
            caption=(".detail_img_set .caption > p", ".caption > p", ".caption", "figcaption"),
            tags=(".wrap_blok_tag li h1 a", ".wrap_blok_tag a"),
            section=(".breadcome ul li a",),
            prune=(".ads", ".baca-juga", ".picked-article"),
        ),
        Layout(
            name="R3",
            requires="div.wrap-head",
            body="article > div.content-detail, div.content-detail",
            headline=("div.wrap-head > h2 > a", "div.wrap-head h2"),
            authors=("div.red",),
            date=("div.wrap-head > span.date", ".wrap-head .date"),
            caption=(".wp-cap .caption", ".caption"),
            tags=(".tagging a",),
            prune=(".ads-160",),
        ),
        Layout(
            name="ihram",
            body="div.teaser.global-detail",
            headline=("div.h5.global-detail",),
            authors=(".red table", ".red"),
            agency=(".red table",),
            date=(".date-detail.global-detail",),
            caption=(".set-cp .caption",),
            tags=(".tagging a",),
        ),
        Layout(
            name="R2-photo",
            requires=".index-photo, .teaser-pic",
            body=".teaser-pic",
            headline=(".index-photo .jdl-pic", ".jdl-pic"),
            authors=(".red table", ".red"),
            date=(".date-pic",),
        ),
        Layout(
            name="R2",
            requires="div.date-detail",
            body="div.detail-berita > div.content-detail",
            headline=(".jdl-detail h1", ".jdl-detail h2", "h1.jdl-detail"),
            authors=("div.red",),
            date=("div.date-detail",),
            caption=(".wp-cap .caption", ".cap-foto"),
            tags=(".tagging a",),
            section=(".breadcome a",),
            agency=(
                "(//div[contains(@class, 'content-detail')])[1]/following-sibling::*"
                "[contains(., 'Sumber')]",
            ),
        ),
        Layout(
            name="R1",
            body="div.content-detail-center div.txt-detailberita, div.txt-detailberita",
            headline=("h1.jdl-detail",),
            authors=(
                "(//*[@class='red'][ancestor::*[contains(@class, 'content-detail-center')]])"
                "[last()]",
            ),
            date=(".rangka > .date",),
            caption=(".caption-foto",),
            section=(".breadcome a",),
        ),
        AMP,
    ),
    prune=(".ads", ".baca_juga", "[class*=ads-]"),
    rules=(
        Rule(
            name="related_plug",
            pattern=r"^baca juga\s*:?\s*update berita-berita politik perspektif\b.{0,80}$",
        ),
        Rule(
            name="reading_lists",
            pattern=r"^(?:pilihan redaksi|kantor berita|ikuti kami|next article|previous article"
            r"|scroll untuk membaca|berita terpopuler)$",
        ),
        Rule(name="latest_list", pattern=r"^terkini indeks\b.{0,40}\b\d{1,2} \w+ \d{4}\b"),
        # Texts without line breaks hold the page's boilerplate in the middle of their sentences.
        Rule(
            name="no_advert_inline",
            pattern=r"\s*tidak ada kode iklan yang tersedia\.?\s*",
            part=True,
        ),
        Rule(
            name="whatsapp_tail",
            pattern=r"\s*(?:loading\.{2,}\s*)?(?<!\w)ikuti whatsapp channel republika\s*"
            r"(?:sumber\s*:\s*(?P<agency>[\w ]{2,30}?))?\s*(?:advertisement\s*)*$",
            where="end",
            part=True,
        ),
        Rule(
            name="infographic_caption",
            pattern=r"^.{0,200}[-–—]\s*\((?:dok )?republika(?:/[^()]{0,40})?\)$",
        ),
        Rule(name="column_author", pattern=r"^oleh\s*:\s*.{1,80}$", where="start"),
    ),
    dateline=(
        r"^(?:(?:REPUBLIKA|IHRAM)\.CO\.ID\s*(?:,\s*|(?=--|[–—-])))+"
        r"(?:(?i:oleh)\s*:\s*(?P<author>[^-–—]{1,80}[-–—]+|[^.]{1,120}$)"
        r"|(?P<place>[A-Z][\w.'’/]*(?:[\s-][A-Z][\w.'’/]*){0,4}?)\s*(?:\(\d[\d/]*\)\s*)?"
        r"(?=\s*(?:--|[–—]|\s-|-\s)))?\s*(?:-{1,3}|[–—])*\s*"
    ),
    ld_editor=".",
    pager=".pagination a",
    part_url=r"-part(?P<part>[2-9]|1\d)$",
    whole_url=r"[?&]page=all(?![^&#])",
    tag_metas=("keywords",),
    text_marks=r"^[ \t]*(?:REPUBLIKA|IHRAM)\.CO\.ID\s*,|Ikuti Whatsapp Channel Republika",
    text_opening=r"(?:REPUBLIKA|IHRAM)\.CO\.ID\s*,",
    newsroom_names=("Republika Online", "Republika", "ROL", "Republika.co.id"),
)
