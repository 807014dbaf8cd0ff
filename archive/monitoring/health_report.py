"""The health of every site as rows, for the terminal and other readers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from archive.archive import Reader
from archive.ledger.wording import UNANSWERED
from archive.monitoring.coverage import Count, counts
from archive.monitoring.health import Limits, incidents, last_crawl
from archive.monitoring.incidents import Incident


def health_report(
    archive: Reader, sites: Sequence[str], *, now: datetime, limits: Limits, count: Count = counts
) -> list[dict[str, Any]]:
    """Return a row per site: `site, well, since, last_crawl, articles_marked, incidents`.

    If something is wrong with the archive as a whole, a row without a site follows.
    """
    found = incidents(archive, now=now, limits=limits, sites=sites, count=count)
    lasting = [one for one in found if not one.over]
    rows = [_row(site, lasting, **_crawling(archive, site)) for site in sites]
    if any(one.site is None for one in lasting):
        rows.append(_row(None, lasting))
    return rows


def _row(site: str | None, lasting: Sequence[Incident], **crawling: Any) -> dict[str, Any]:
    """Return the row of a site, or of the archive for None.

    A site that was not reached, as no site was, is not well, though the incident is the archive's.
    """
    found = [
        {name: getattr(one, name) for name in "kind layout day since why urls".split()}
        for one in lasting
        if one.site == site
    ]
    since = min((one["since"] for one in found), default=None)
    network_down = any(one.kind == "network_down" for one in lasting)
    last = crawling.get("last_crawl") or {}
    well = not found and not (network_down and last.get("end_reason") in UNANSWERED)
    return {"site": site, "well": well, "since": since, **crawling, "incidents": found}


def _crawling(archive: Reader, site: str) -> dict[str, Any]:
    (marked,) = archive.db.conn.execute(
        "SELECT count(DISTINCT article_id) FROM drifted WHERE site = ?", (site,)
    ).fetchone()
    return {"last_crawl": last_crawl(archive, site), "articles_marked": marked}
