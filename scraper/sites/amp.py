"""Accelerated Mobile Pages: one layout for all sites, as AMP allows few elements."""

from scraper.sites.site import Layout

REQUIRES = (
    "//html[@amp or @*[name()='⚡']] | "
    "//script[contains(@src, 'ampproject.org')] | //link[contains(@href, 'ampproject.org')]"
)
AMP = Layout(
    name="AMP",
    requires=REQUIRES,
    body="//article | //main[not(.//article)]",
    whole_page=True,
    headline=("h1",),
    date=(".date", "time", ".meta", "[class*=date]", ".byline", ".author"),
    authors=(
        ".byline",
        ".by",
        ".author",
        "[class*=author]",
        "[class*=writer]",
        "[class*=reporter]",
    ),
    caption=("figcaption", "[class*=caption]", "amp-img + p"),
    section=(".breadcrumb a", "[class*=crumb] a"),
    tags=(".tags a", "[class*=tag] a[href*='/tag/']"),
    prune=tuple(
        "h1 header footer nav aside time figure figcaption amp-ad amp-img amp-social-share "
        "amp-sidebar amp-carousel amp-list amp-embed amp-iframe .date .time .byline .author "
        ".meta .tags .popular .populer .update [class*=related] [class*=terkait] [class*=popul] "
        "[class*=terkini] [class*=crumb] [class*=share] [class*=baca-juga] "
        "[class*=pagination]".split()
    ),
)
"""After the site's own layouts, whose classes its AMP pages may have."""
