"""`python -m tests.scraper.schedule.new_look COMMAND ...`: warta with a profile of rmol.id that
knows its look after the redesign, whole.
"""

from __future__ import annotations

from dataclasses import replace

from scraper.sites.site import Layout
from scraper.spiders import rmol
from tests.scraper.crawling.redesign import renamed

LAYOUT = Layout(
    name="R5",
    body=f"#{renamed('fontResizableText')}",
    headline=(f".{renamed('single_post_heading')} h1",),
    authors=(f".{renamed('author')} a",),
    date=(f".{renamed('author')} li",),
    caption=("figcaption",),
    tags=(f".{renamed('post-tags')} a",),
    section=(f".{renamed('breadcrumb')} a",),
    prune=tuple(
        f".{renamed(name)}"
        for name in ("related-box border_black", "ads-responsive", "ads-responsive space-20")
    ),
)
rmol.Rmol.site = replace(rmol.SITE, layouts=(LAYOUT, *rmol.SITE.layouts))

if __name__ == "__main__":
    from scraper.cli.main import main

    main()
