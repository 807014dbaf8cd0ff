"""IslamTimes, Indonesian edition: the address has the story code of all editions; Tehran's time.

No article page was at hand when this was written: the selectors are those of sister sites on the
same CMS.
"""

from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import Feed, Section, Sitemap

_STORY = r"(?P<kind>news|article|interview|report)/(?P<id>\d+)(?:/print)?(?:/(?P<slug>.*))?"

_PRINT = (
    "(//link[@rel='canonical' and contains(@href, '/print')])[1]"
    " | (//body[contains(@class, 'print')])[1]"
    " | (//*[contains(text(), 'QR Code')][starts-with(normalize-space(text()), 'QR Code')])[1]"
    " | (//img[@alt='QR Code'])[1]"
)

SITE = Site(
    name="islamtimes",
    title="Islam Times",
    home="https://www.islamtimes.org/id/",
    domains=("islamtimes.org", "islamtimes.com"),
    article_urls=(
        ArticleURL(
            pattern=rf"(?:www\.)?islamtimes\.(?:org|com)/id/{_STORY}",
            canonical="www.islamtimes.org/id/{kind}/{id}/{slug}",
            story_id="{id}",
        ),
        ArticleURL(
            pattern=rf"(?:www\.)?islamtimes\.(?:org|com)/id/doc/{_STORY}",
            canonical="www.islamtimes.org/id/{kind}/{id}/{slug}",
            story_id="{id}",
        ),
    ),
    refused_urls=(
        (r"^[^/]+/(?:ar|en|fa|ur|az|tr|es|fr|ru|he)(?:/|$)", "foreign_edition"),
        (r"^[^/]+/id/(?:doc/)?video/", "video_page"),
        (r"^[^/]+/id/(?:doc/)?(?:gallery|photo)/", "photo_page"),
        (r"^[^/]+/id/(?:doc/)?sound/", "not_an_article"),
        (r"^[^/]+/search", "search_page"),
        (r"^[^/]+/v[tf][a-z0-9.,}^]+\.html$|^[^/]+/(?:id/index\.txt|sitemap\.html)$", "index_page"),
    ),
    sources=(
        Sitemap("https://www.islamtimes.org/sitemap.xml"),
        Section("https://www.islamtimes.org/id/"),
        Section("https://www.islamtimes.org/id/news"),
        Feed("https://www.islamtimes.org/id/rss"),
    ),
    layouts=(
        Layout(
            name="print",
            requires=_PRINT,
            body="#doctextarea, #doc_div33, .doc_content",
            headline=("#docDiv3TitrMain", "h1"),
            kicker=("#docDiv3TitrRou",),
            lead=("#docDivLead1", "#docDivLead", "#docDiv4LeadTitle"),
            date=("#docDiv3Date", ".doc_date"),
        ),
        Layout(
            name="T2",
            requires="#docDataRow",
            body="#doctextarea",
            headline=("h1#docDiv3TitrMain", "#docDiv3TitrMain", "h1"),
            kicker=("#docDiv3TitrRou",),
            lead=(
                "#docDivLead1 > #docDivLead3 > div",
                "#docDivLead1",
                "#docDivLead",
                "#docDivp3",
                ".lead-left",
                "#docleadarea",
            ),
            date=("#docDiv3Date", ".doc_date"),
            caption=(".thumbnail .caption", "#doc_div1Img .caption", "figcaption"),
            image=(
                "//img[ancestor::*[@id='doc_div1Img']]/@src",
                "//img[ancestor::*[@class='thumbnail']]/@src",
            ),
            section=("[class*=doc-section-info] a:nth-of-type(n+2)",),
            tags=(".doc_tags1 a", ".tags a", ".tag_p a"),
        ),
        Layout(
            name="T1",
            requires="#doc_content, .doc_content, #doc_div33",
            body="#doc_div33, #doctextarea",
            headline=("#docDiv3TitrMain", "#docDiv3Titr", "h1", ".doc_title"),
            kicker=("#docDiv3TitrRou",),
            lead=("#docDivLead1", "#docDivLead", "#docDivp3", "#docDiv4LeadTitle", ".lead-left"),
            date=("#docDiv3Date", ".doc_date"),
            caption=(".caption",),
            section=(
                "#docDiv1Menu1 span a:nth-of-type(n+2)",
                "((//*[@id='docDiv1Menu1'])[1]/descendant::a)[position() > 1]",
            ),
            tags=(".doc_tags1 a", ".tags a", ".tag_p a"),
        ),
        # Of the same CMS in whatever skin; and the print page without the names of the others.
        Layout(
            name="T",
            body="#doctextarea, #doc_div33",
            headline=("#docDiv3TitrMain", "#docDiv3Titr", "h1"),
            kicker=("#docDiv3TitrRou",),
            lead=("#docDivLead1", "#docDivLead", "#docDivp3", "#docDiv4LeadTitle"),
            date=("#docDiv3Date", ".doc_date"),
            caption=(".caption",),
            tags=(".doc_tags1 a", ".tags a", ".tag_p a"),
        ),
        Layout(
            name="print-plain",
            requires=_PRINT,
            body="(//h1)[1]/..",
            headline=("h1",),
            kicker=("(//h1)[1]/preceding-sibling::*[contains(., ':')][1]",),
            date=("(//h1)[1]/following-sibling::*[position() < 4]",),
            prune=("h1", "(//h1)[1]/preceding-sibling::*"),
        ),
    ),
    story_code=("#docDocID", "#docDiv5InfoCode"),
    prune=tuple(
        ".user-comment-area [id^=advertise_div] #docDocID #docDiv5InfoCode .print-icon".split()
    ),
    rules=(
        Rule(name="end_mark", pattern=r"\s*\[IT/[a-z]{1,3}\]\s*$", part=True),
        Rule(name="story_code", pattern=r"^story code\s*:?\s*\d*$"),
        Rule(name="qr_code", pattern=r"^(?:qr code\s*)+$"),
        Rule(
            name="comment_label",
            pattern=r"^(?:comment|your name|your email address|your comment)s?\s*:?$",
            where="end",
        ),
    ),
    dateline=(
        r"^(?:(?P<place>[A-Z][\w’\'-]*(?: (?:al-|[A-Z])[\w’\'-]*){0,3})\s*\((?i:islam ?times)\)"
        r"|(?i:islam ?times))\s*[-–—]+\s*"
    ),
    text_marks=r"\[IT/[a-z]\]\s*$|^Story Code\s*:|^IslamTimes\s+-",
    text_opening=r"IslamTimes\s+-",
    newsroom_names=("IslamTimes", "Islam Times", "islamtimes.org"),
    head_dates=("dcterms.created",),
    timezone="Asia/Tehran",
)
