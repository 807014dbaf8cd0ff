"""`python -m tests.scraper.schedule.new_look NOW reextract ...`: warta with a profile of rmol.id
that knows its look after the redesign, whole.

The moment is simulated: a clock of the machine that is later would be the archive's from then on.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime

from scraper.sites.site import Layout
from scraper.spiders import rmol
from tests.scraper.crawling.pages.redesign import renamed
from tests.scraper.monitoring.looking import clock_at

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
rmol.SITE = replace(rmol.SITE, layouts=(LAYOUT, *rmol.SITE.layouts))

if __name__ == "__main__":
    from scraper.cli.ingest import reextract
    from scraper.cli.main import main

    reextract.datetime = clock_at(datetime.fromisoformat(sys.argv[1]))  # type: ignore[misc]
    main(sys.argv[2:])
