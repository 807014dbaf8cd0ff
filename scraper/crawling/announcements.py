"""From links to what the ledger is told: which stories they name, and why the others are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from archive.records import Announcement
from scraper.sites.site import Identity, Refusal, Site
from scraper.sites.sources import Link, Window

MAX_REFUSED = 1_000
"""Refused addresses of one source that get a row in the ledger; a sitemap of 50,000 foreign
addresses is only counted.
"""


@dataclass(slots=True)
class Announcements:
    """What one source announced."""

    rows: list[Announcement] = field(default_factory=list)
    """For the ledger, each canonical URL once."""
    dated: list[Link] = field(default_factory=list)
    """Links to stories, with the time that their address tells where the source told none."""
    uncounted: Counter[str] = field(default_factory=Counter)
    """`refused/REASON` of what got no row."""


def announcements(site: Site, links: Iterable[Link], window: Window) -> Announcements:
    """The links as the site's profile names them."""
    found = Announcements()
    rows: dict[str, Announcement] = {}
    refused = 0
    for link in links:
        named = site.identify(link.url)
        if isinstance(named, Refusal):
            refused += 1
            if refused > MAX_REFUSED:
                found.uncounted[f"refused/{named.reason}"] += 1
            else:
                rows.setdefault(
                    named.url, Announcement(url=named.url, key=named.url, refused=named.reason)
                )
            continue
        dated = replace(link, published_at=_best(named.published_at, link.published_at))
        found.dated.append(dated)
        rows.setdefault(named.url, _story(site, named, dated, window))
    found.rows = list(rows.values())
    return found


def _best(by_address: datetime | None, by_source: datetime | None) -> datetime | None:
    """An address that tells the time of day is surer than a row of a list; one that tells only the
    day is less sure.
    """
    exact = by_address is not None and by_address.time() != time(0)
    return by_address if exact or by_source is None else by_source


def _story(site: Site, named: Identity, link: Link, window: Window) -> Announcement:
    local = link.published_at.astimezone(site.zone) if link.published_at else None
    return Announcement(
        url=named.url,
        key=named.key,
        published_at=link.published_at,
        lastmod=link.lastmod,
        skipped=window.skips(local),
    )
