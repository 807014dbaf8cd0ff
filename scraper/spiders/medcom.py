"""Medcom.id, until early 2018 metrotvnews.com: one publisher, eight-character ids, case-sensitive.

No page of medcom.id was at hand when this was written: headline and byline have several selectors.
"""

from scraper.sites.amp import AMP
from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import Feed, Section, Sitemap

_CHANNEL = r"(?P<kanal>[a-z-]+)/(?P<sub>[a-z0-9-]+)"
_ID = r"(?P<id>[A-Za-z0-9]{8})-(?P<slug>[^/]+)"
_DATED = r"(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d)/(?P<id>\d+)(?:/(?P<slug>[^/]+))?"
_CHANNEL_HOST = r"(?P<kanal>(?!www\.|m\.|amp\.)[a-z-]+)\.metrotvnews\.com"
# The node after the headline that parts name and date by a bullet.
_BULLET = "(//h1)[1]/following::*[contains(text(), '•')][1]"
# The links to tags in the first list below the text that has any.
_TAG_LINKS = (
    "(//*[@id='articleBody'])[1]/following::a[contains(@href, '/tag/')][1]"
    "/ancestor::*[self::ul or self::ol or self::div or self::p][1]//a[contains(@href, '/tag/')]"
)
# A short line right above the headline.
_KICKER = "(//h1)[1]/preceding-sibling::*[1][not(.//a or .//img) and string-length(.) < 60]"
_SECTIONS = tuple(
    "nasional internasional ekonomi pendidikan teknologi gaya bola hiburan otomotif "
    "cek-fakta".split()
)

SITE = Site(
    name="medcom",
    title="Medcom.id",
    home="https://www.medcom.id/",
    domains=("medcom.id", "metrotvnews.com"),
    crawled=("medcom.id",),
    article_urls=(
        ArticleURL(
            pattern=rf"(?:www\.|m\.|amp\.)?medcom\.id/(?:amp/)?{_CHANNEL}/{_ID}",
            canonical="www.medcom.id/{kanal}/{sub}/{id}-{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=rf"(?:www\.|m\.)?metrotvnews\.com/read/{_ID}",
            canonical="www.metrotvnews.com/read/{id}-{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=rf"m\.metrotvnews\.com/{_CHANNEL}/{_ID}",
            canonical="{kanal}.metrotvnews.com/{sub}/{id}-{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=rf"{_CHANNEL_HOST}/(?P<sub>[a-z0-9-]+)/{_ID}",
            canonical="{kanal}.metrotvnews.com/{sub}/{id}-{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=rf"{_CHANNEL_HOST}/read/{_DATED}",
            canonical="{kanal}.metrotvnews.com/read/{y}/{m}/{d}/{id}/{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=rf"(?P<host>(?:(?:www|m)\.)?metrotvnews\.com)/read/{_DATED}",
            canonical="{host}/read/{y}/{m}/{d}/{id}/{slug}",
            story_id="{id}",
        ),
    ),
    refused_urls=(
        (r"^(?:cdn|osccdn|osc|edge|developer|va)\.", "not_an_article"),
        (r"^[^/]+/(?:amp/)?english/", "foreign_edition"),
        (r"^[^/]+/tag/", "tag_page"),
        (r"^[^/]+/search\b", "search_page"),
        (r"^[^/]+/(?:author|penulis|profile)/", "author_page"),
        (r"^[^/]+/(?:indeks|index|more)\b", "index_page"),
        (r"^video\.|^[^/]+/(?:amp/)?(?:video|streaming|play)\b", "video_page"),
        (r"^foto\.|^[^/]+/foto/", "photo_page"),
    ),
    sources=(
        Feed("https://www.medcom.id/feed"),  # answered in 2018 and 2026
        # None of these is known to answer.
        Sitemap("https://www.medcom.id/sitemap.xml"),
        Feed("https://www.medcom.id/rss"),
        Feed("https://www.medcom.id/rss/all"),
        *(Section(f"https://www.medcom.id/{section}") for section in _SECTIONS),
    ),
    layouts=(
        Layout(
            name="M4",
            body="div#articleBody",
            headline=("h1",),
            kicker=(_KICKER,),
            authors=(".author", ".author_date", ".writer", _BULLET),
            date=(".author", ".author_date", _BULLET, ".date"),
            caption=("figcaption", ".caption", ".image_caption"),
            section=(".breadcrumb a",),
            tags=(".tag a[href*='/tag/']", ".tags a", _TAG_LINKS),
        ),
        Layout(
            name="M3",
            requires="[class*=mid_content], [class*=theme_2019], [class*=lc_col]",
            body="div[class='text'], .lc_col div.text, .lc_col .article",
            headline=("h1",),
            kicker=(_KICKER,),
            authors=(".author_date", ".author", _BULLET),
            date=(".author_date", ".author", _BULLET, ".date"),
            caption=("figcaption", ".caption", ".image_caption"),
            section=(".breadcrumb a",),
            tags=(".tag a[href*='/tag/']", ".tags a"),
        ),
        Layout(
            name="metrotvnews",
            body=".news-text",
            headline=("h1", "h2"),
            authors=("p.date",),
            date=("p.date",),
            caption=("figcaption", ".caption"),
            section=(".breadcrumb-content p",),
            tags=(".tag-item a", ".tags a"),
            prune=(".readother", "#author", "//td[contains(., 'Baca juga')]"),
        ),
        Layout(
            name="M2",
            requires="div.part.lead.pr",
            body="div.part.article",
            headline=("div.part.lead.pr > h1", "div.part.lead h1"),
            authors=("div.part.lead.pr > span",),
            date=("div.part.lead.pr > span",),
            caption=("div.part.article span.caption", ".caption"),
            section=("ul.breadcrumb > li > a",),
            tags=("div.part.tag a",),
            prune=("span.caption", "div", "table"),
        ),
        Layout(
            name="M1",
            requires="div.nate",
            body="div.info.demo",
            headline=("h1",),
            authors=("div.nate",),
            date=("div.nate > span", "div.nate"),
            caption=(".caption",),
        ),
        Layout(
            name="M1-regional",
            requires="span.red",
            body="div.article",
            headline=("h1",),
            authors=("span.red",),
            date=("span.red",),
            caption=(".caption",),
        ),
        AMP,
    ),
    prune=tuple(
        "#Ads_billboard [id^=Ads_] [id^=banner] #div_billboard1 .banner .banner_content "
        ".widebanner .parallax_ads .leaderboard .sticky_bottom [class^=footer_sticky] "
        "[class^='ads-'] #stickshare .showcase .skycrapper".split()
    ),
    rules=(
        Rule(name="related_klik", pattern=r"^(?:baca|klik)\s*:\s*(?-i:[^a-z\s]).*$"),
        Rule(
            name="google_news_medcom",
            pattern=r"^cek berita dan artikel yang lain di(?: google news)?.{0,40}$",
        ),
        Rule(
            name="follow_metrotvnews",
            pattern=r"^jangan lupa ikuti update berita lainnya\b.{0,60}\bmetrotvnews\.com\.?$",
        ),
        Rule(name="osc_plug", pattern=r"^viral!.{0,160}\bosc\.medcom\.id\b.{0,20}$"),
        Rule(name="google_news_open_metro", pattern=r"^google news metrotvnews\.com\.?$"),
        Rule(name="read_more_here", pattern=r"^baca selengkapnya di sini\.?$"),
        Rule(name="full_name", pattern=r"^\((?:[A-Z][\w'.]+ ?){2,4}\)$", where="end"),
    ),
    dateline=(
        r"^(?:(?i:metrotvnews\.com|medcom\.id)\s*,?\s*)?"
        r"(?P<place>(?:[A-Z](?:[^\W\d]|[.'’ ()-]){1,40}?)?)\s*:\s+"
    ),
    dateline_bold=True,
    end_credit=(
        r"(?:^|(?<=[.!?\"”'’)…]))\s*\((?!(?:KPK|TNI|DPR|KPU|MUI|PBB|PLN|IMF|MRT|LRT|KRL|NTT|NTB"
        r"|DKI|DIY|PNS|ASN|UGM|ITB|BRI|BNI|BCA)\))"
        r"(?P<editor>[A-Z]{3})\)\s*$"
    ),
    text_marks=(
        r"^Cek Berita dan Artikel yang lain di|Ikuti media sosial medcom\.id"
        r"|^Metrotvnews\.com\s*[,:]"
    ),
    text_opening=r"Metrotvnews\.com\s*[,:]",
    tag_metas=("news_keywords", "keywords"),
    newsroom_names=("Medcom.id", "Medcom", "Metrotvnews.com", "MetroTV"),
)
