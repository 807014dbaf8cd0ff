"""Suara.com and its regional editions: five generations of pages since 2015, paged stories."""

from scraper.sites.amp import AMP
from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import NewsSitemap, PagedIndex, Section, Sitemap

_TIME = r"(?P<y>\d{4})/(?P<m>\d{2})/(?P<d>\d{2})/(?P<hms>\d{6})(?:/(?P<slug>[^/]+))?"

# Editions of 2022; which of them still exist is unknown: each is requested and may be missing.
_REGIONS = tuple(
    "jakarta bogor bekaci jabar jogja jateng malang jatim bali lampung banten surakarta "
    "kaltim kalbar sulsel sumut sumbar sumsel batam riau".split()
)

SITE = Site(
    name="suara",
    title="Suara.com",
    home="https://www.suara.com/",
    domains=("suara.com",),
    article_urls=(
        ArticleURL(
            pattern=rf"(?:www\.|m\.|amp\.)?suara\.com/(?P<kanal>(?!read/)[a-z0-9-]+)/{_TIME}",
            canonical="www.suara.com/{kanal}/{y}/{m}/{d}/{hms}/{slug}",
            story_id="{kanal}/{y}{m}{d}{hms}",
            shared=True,
        ),
        ArticleURL(
            pattern=(
                rf"(?:amp\.)?(?P<kanal>{'|'.join(_REGIONS)})\.suara\.com/(?:amp/)?read/{_TIME}"
            ),
            canonical="{kanal}.suara.com/read/{y}/{m}/{d}/{hms}/{slug}",
            story_id="{kanal}/{y}{m}{d}{hms}",
            shared=True,
        ),
    ),
    refused_urls=(
        (r"^[^/]+/tags?/", "tag_page"),
        (r"^[^/]+/search\b", "search_page"),
        (r"^[^/]+/(?:author|reporter|penulis)/", "author_page"),
        (r"^[^/]+/(?:indeks|loadmoredetail)\b|-category/", "index_page"),
        (r"^[^/]+/video/", "video_page"),
        (r"^[^/]+/foto/", "photo_page"),
        (r"^(?:media|assets|static)\.", "not_an_article"),
        # Readers write on yoursay; local partners of 2022 and 2023 have hosts like the regions.
        (
            rf"^yoursay\.|^(?!(?:amp\.)?(?:www|m|{'|'.join(_REGIONS)})\.)"
            r"[^/]+\.suara\.com/(?:amp/)?read/",
            "partner_post",
        ),
    ),
    sources=(
        Sitemap("https://www.suara.com/sitemap.xml"),
        NewsSitemap("https://www.suara.com/sitemap_news.xml"),
        PagedIndex("https://www.suara.com/indeks?page={page}"),
        PagedIndex("https://www.suara.com/indeks/terkini/all?page={page}"),
        Section("https://www.suara.com/news"),
        *(
            Sitemap(f"https://{region}.suara.com/static/news/{region}-sitemap.xml")
            for region in _REGIONS
        ),
        *(Section(f"https://{region}.suara.com/") for region in _REGIONS),
    ),
    layouts=(
        Layout(
            name="S5",
            body="div.article-content",
            headline=(".article-image h1", "h1"),
            date=(".article-image span",),
            tags=(".article-tags a",),
            caption=(".article-image figcaption", ".article-image .caption"),
            section=(".breadcrumb a", ".article-breadcrumb a"),
            prune=tuple(
                ".ten-second .article-read .google-pref .next-article #next-article "
                ".article-tags .wrap-pagination".split()
            ),
        ),
        Layout(
            name="S4",
            body="article.detail-content.detail-berita",
            headline=(".info h1", "h1"),
            authors=(".head-writer-date .writer span:nth-child(2)",),
            editors=(".head-writer-date .writer span:nth-child(1)",),
            date=(".date-article span", ".date-article"),
            tags=(".tag-header ul.list-tag li a", "ul.list-tag li a"),
            caption=("figure.img-cover figcaption", ".img-cover .caption"),
            section=(".breadcrumb a",),
            prune=(".kesimpulan", "#player-video", "ul.pagination"),
        ),
        Layout(
            name="S3",
            body="div.detail--content",
            headline=(".detail h1", "h1"),
            authors=(".detail--info span:first-child",),
            editor_first=True,
            date=(".detail--info span:last-child",),
            image=("//img[ancestor::*[contains(@class, 'detail--image')]]/@src",),
            section=(".header-breadcrumb li",),
            tags=(".detail--tag a", ".tag a", ".tags a"),
            caption=(".detail--image figcaption", ".detail figcaption", ".detail .caption"),
            prune=("div.paging__wrap", ".kesimpulan"),
        ),
        Layout(
            name="S2",
            body="article.content-article, article[itemprop=articleBody]",
            headline=(".title h1", "#contentsWrapper header h1", "h1"),
            authors=(".dateDetail .fl author", ".dateDetail author", ".dateDetail .fl"),
            editor_first=True,
            deck=("h2.summary", "p.summary", ".summary"),
            date=(".dateDetail .fr time", ".dateDetail time", ".dateDetail .fr"),
            tags=(".tagList a",),
            caption=("figure.cover figcaption", "#contentsWrapper figure figcaption", ".caption"),
            section=(".breadcrumb a",),
            prune=("div.boxread", "ul.pagination", ".tagList", ".summary"),
        ),
        Layout(
            name="S1",
            body="div[itemprop=description]",
            headline=("h1",),
            authors=("author",),
            editor_first=True,
            date=("time > strong", "time"),
            caption=("figcaption", ".caption"),
        ),
        AMP,
    ),
    prune=tuple(
        ".baca-juga-new .baca-juga .item--baca-juga-inner [id^=berita-terkait-] .ten-second "
        ".kesimpulan .google-pref .next-article #next-article .notification-banner "
        ".tap-banner #comment-share #recWidgetRecommendation .mgidwidget .cstm_promo_aside "
        "[data-ad-type] [class*=widget-ads] [class*=placeholder_] [id*=div-ad] "
        "#pariwara_satu #pariwara_dua .parallax_swipe .banner-ads--parallax "
        "#adnow-mobile-baca-juga #dailymotion-widget #player-video".split()
    ),
    rules=(
        Rule(name="summary_label", pattern=r"^baca 10 detik$"),
        Rule(name="related_more", pattern=r"^simak berita lainnya seputar\b.{0,120}$"),
        Rule(
            name="follow_suara",
            pattern=r"^follow suara\.com untuk mendapatkan informasi\b.{0,120}$",
        ),
        Rule(name="scroll", pattern=r"^scroll untuk membaca artikel\.?$"),
        Rule(name="video_credits", pattern=r"^creative/(?:host|op)\b.{0,80}$", where="end"),
    ),
    dateline=r"^(?:(?i:suara\.com)|Suara ?[A-Z][a-z]{2,11}\.id)\s*[-–—]+\s*",
    ld_editor=r"/author/",
    pager=".wrap-pagination a, ul.pagination-custom a, ul.pagination a, .paging__wrap a",
    part_url=r"[?&]page=(?P<part>[2-9]|1\d)(?!\d)",
    whole_url=r"[?&]page=all(?![^&#])",
    page_total=r"articleTotalPages['\"]?\s{0,9}:\s{0,9}['\"]?(?P<pages>\d{1,2})(?!\d)",
    text_marks=r"^(?i:suara ?[a-z]{0,12}\.(?:com|id))\s*[-–—]|^Baca 10 detik$",
    text_opening=r"(?i:suara ?[a-z]{0,12}\.(?:com|id))\s*[-–—]",
    newsroom_names=("Suara.com", "Suara", "Redaksi"),
)
