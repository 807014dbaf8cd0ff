"""RMOL (rmol.id): addresses with a global number since 2011; many sources, as none is certain.

rmol.co has not belonged to RMOL since 2023: it is never requested, and old links to it are read as
rmol.id by their number.
"""

from dataclasses import replace

from scraper.sites.amp import AMP
from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import Feed, PagedIndex, Sitemap

# A link to share the story may stand in place of the slug ("/whatsapp:/send").
_SLUG = r"(?:/(?P<slug>(?!\w+:/)[^/]+)|/.*)?"
_NUMBER = r"(?P<y>\d{4})/(?P<m>\d{2})/(?P<d>\d{2})/(?P<id>\d+)" + _SLUG
_STORY = "read/" + _NUMBER
# The links to tags in the first list below the text that has any; lists of trends follow.
_TAG_LINKS = (
    "(//*[contains(@class, '-content') or contains(@class, 'post_content')])[last()]"
    "/following::a[contains(@href, '/tag/')][1]"
    "/ancestor::*[self::ul or self::ol or self::div or self::p][1]//a[contains(@href, '/tag/')]"
)
_COLUMN = "(//*[@id='primary-column'])[1]"

SITE = Site(
    name="rmol",
    title="RMOL",
    home="https://rmol.id/",
    domains=("rmol.id", "rmol.co"),
    crawled=("rmol.id",),
    article_urls=(
        ArticleURL(
            pattern=r"(?:www\.|m\.)?rmol\.id/(?P<kanal>[a-z0-9-]+)/" + _STORY,
            canonical="rmol.id/{kanal}/read/{y}/{m}/{d}/{id}/{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=r"(?:www\.|m\.)?rmol\.(?:id|co)/(?:amp|read)/" + _NUMBER,
            canonical="rmol.id/read/{y}/{m}/{d}/{id}/{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=r"(?P<kanal>[a-z]+)\.rmol\.(?:id|co)/" + _STORY,
            canonical="rmol.id/{kanal}/read/{y}/{m}/{d}/{id}/{slug}",
            story_id="{id}",
        ),
    ),
    refused_urls=(
        (r"^[^/]+/tag/", "tag_page"),
        (r"^[^/]+/(?:search|cari)\b", "search_page"),
        (r"^[^/]+/(?:about|author|penulis)/", "author_page"),
        (r"^[^/]+/(?:indeksberita|kategori)\b", "index_page"),
        (r"^[^/]+/(?:video|rmol-?tv)/", "video_page"),
        (r"^[^/]+/foto/", "photo_page"),
    ),
    sources=(
        Sitemap("https://rmol.id/sitemap.xml"),
        Feed("https://rmol.id/rss"),
        Feed("https://rmol.id/rss/latest-posts"),
        Feed("https://rmol.id/feed"),
        PagedIndex("https://rmol.id/indeksberita/{page}"),
        *(
            PagedIndex(f"https://rmol.id/{kanal}/{{page}}")
            for kanal in "politik hukum bisnis nusantara dunia publika olahraga pertahanan".split()
        ),
    ),
    layouts=(
        Layout(
            name="R4",
            body="#fontResizableText",
            headline=(".single_post_heading h1",),
            authors=(".author a[href*='/about/']", ".author a"),
            date=(".author li",),
            caption=("figcaption", ".single_post_image .caption", ".caption"),
            tags=(".post-tags a", ".tags a"),
            section=(".breadcrumb a",),
            prune=tuple(
                ".related [class*=related] [class*=popular] [class*=sidebar] [class*=share] "
                "[class*=social] [class*=newsletter] [class*=subscribe] [class*=banner] "
                "[class*=advert] [class*=space-] .border_black [class*=comment] .author-box "
                ".post-tags".split()
            ),
        ),
        replace(
            AMP,
            authors=(*AMP.authors, "//*[contains(text(), 'LAPORAN')]"),
            date=(*AMP.date, "//*[contains(text(), 'LAPORAN')]"),
            section=(*AMP.section, "(//h1)[1]/preceding-sibling::*[1]"),
            image=("//article//amp-img[contains(@src, '/images/berita/')]/@src",),
        ),
        Layout(
            name="R3",
            body=(
                ".single_post_content, .article-content, .detail-content, .content-article, "
                ".read-content"
            ),
            headline=(".single_post_heading h1", "h1"),
            caption=("figcaption", ".caption", ".img_desc"),
            tags=(".post-tags a", ".tags a", _TAG_LINKS),
            section=(".breadcrumb a",),
        ),
        Layout(
            name="R2",
            body="div.news_content_wrap",
            headline=("h1", ".news_title"),
            caption=("figcaption", ".caption", ".news_caption"),
            tags=(".tags a", ".tag a", ".news_tag a"),
            section=(".breadcrumb a",),
        ),
        Layout(
            name="R1",
            requires="#primary-column",
            body=f"{_COLUMN}/p[1]",
            headline=(f"{_COLUMN}/font[1]",),
            authors=(f"{_COLUMN}/div[4]/font", f"{_COLUMN}//font[contains(., 'Laporan')]"),
            date=(f"{_COLUMN}/font[2]", f"{_COLUMN}//font[contains(., 'WIB')]"),
            caption=("#primary-column .caption", "#primary-column .photo i"),
            image=(f"{_COLUMN}//img[contains(@src, '/images/berita/')]/@src",),
        ),
    ),
    prune=(".ads-responsive", ".ads", "[class^=ads-]"),
    rules=(
        Rule(name="logo_alt", pattern=r"\s*\brmol news logo(?: article)?\s*", part=True),
        Rule(name="end_mark", pattern=r"\s*\[(?:\*{1,3}|[a-z]{2,4})\]\s*$", where="end", part=True),
        Rule(name="related_box", pattern=r"^berita terkait\s*:?$"),
        Rule(
            name="google_news_rmol",
            pattern=r"^temukan berita-berita hangat terpercaya dari kantor berita politik rmol\b"
            r".{0,60}$",
        ),
        Rule(name="repeated_byline", pattern=r"^(?:laporan|report)\s*:\s*.{1,60}$", where="start"),
    ),
    # Old texts that were rendered anew lost the name, and kept its full stop.
    dateline=r"^(?:RMOL\s*[.,]|\.)\s+(?=[A-Z\"“‘])",
    text_marks=r"\brmol news logo\b|^RMOL\. |Kantor Berita Politik RMOL di Google News",
    text_opening=r"rmol news logo\b|RMOL\. ",
    tag_metas=("news_keywords", "keywords"),
    newsroom_names=("RMOL", "rmol.id", "Kantor Berita Politik RMOL", "RMOL.ID", "Redaksi", "Admin"),
)
