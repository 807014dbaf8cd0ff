"""The metrics as data: name, meaning, and the query for each.

Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` on counters only.
"""

from dataclasses import dataclass

_ENDED = "counts IS NOT NULL"
_LAST_ENDED = f"id IN (SELECT max(id) FROM crawls WHERE {_ENDED} GROUP BY site)"
_EPOCH = "CAST(strftime('%s', max({column})) AS INTEGER)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One metric."""

    name: str
    """That of a counter ends with `_total`; all others are gauges."""
    text: str
    """Its meaning, as Prometheus shows it."""
    labels: tuple[str, ...] = ()
    """Names of its labels; none: a single value."""
    query: str
    """SQL whose rows are the values of the labels and the metric's; `:now` is the current time."""


def _last_crawl(name: str, text: str, value: str, *, among: str = _LAST_ENDED) -> Reading:
    """Return a metric of the newest crawl of each site: an expression over table `crawls`."""
    query = f"SELECT site, {value} FROM crawls WHERE {among} GROUP BY site"
    return Reading(name=f"warta_crawl_last_{name}", text=text, labels=("site",), query=query)


READINGS = (
    Reading(
        name="warta_articles",
        text="Stories in the archive, including those that their sites removed.",
        labels=("site",),
        query="SELECT site, count(*) FROM articles WHERE revision > 0 GROUP BY site",
    ),
    Reading(
        name="warta_urls",
        text="Addresses in the ledger, by what became of them.",
        labels=("site", "state"),
        query="SELECT site, state, count(*) FROM urls GROUP BY site, state",
    ),
    Reading(
        name="warta_stories_due",
        text="Stories that the next crawl would request.",
        labels=("site",),
        # Sources have no next check. Sites without stories are 0, so that alerts on it see them.
        query="""SELECT s.site,
                (SELECT count(*) FROM urls u WHERE u.site = s.site AND u.next_check_at <= :now)
            FROM (SELECT DISTINCT site FROM crawls) s""",
    ),
    Reading(
        name="warta_crawls_total",
        text="Crawls that ended, by how; broke_off: killed, or lost with its machine.",
        labels=("site", "ended"),
        query="""SELECT site, coalesce(end_reason, 'broke_off'), count(*) FROM crawls c
            WHERE ended_at IS NOT NULL OR id < (SELECT max(id) FROM crawls l WHERE l.site = c.site)
            GROUP BY 1, 2""",
    ),
    _last_crawl(
        "start_timestamp_seconds",
        "When the newest crawl began, running ones included.",
        _EPOCH.format(column="started_at"),
        among="TRUE",
    ),
    _last_crawl(
        "end_timestamp_seconds",
        "When the newest crawl that ended by itself did.",
        _EPOCH.format(column="ended_at"),
        among=_ENDED,
    ),
    _last_crawl(
        "success_timestamp_seconds",
        "When the newest crawl that finished by itself ended.",
        _EPOCH.format(column="ended_at"),
        among="end_reason = 'finished'",
    ),
    _last_crawl(
        "duration_seconds",
        "How long the newest crawl that ended by itself took.",
        "round(max(0, julianday(ended_at) - julianday(started_at)) * 86400, 3)",
    ),
    _last_crawl(
        "received_bytes",
        "Bytes that the newest crawl that ended by itself received.",
        "coalesce(bytes, 0)",
    ),
    _last_crawl(
        "announced_stories",
        "Stories that the sources announced to the newest crawl that ended by itself.",
        "coalesce(json_extract(counts, '$.announced'), 0)",
    ),
    _last_crawl(
        "asked_stories",
        "Stories that the newest crawl that ended by itself requested.",
        "coalesce(json_extract(counts, '$.asked'), 0)",
    ),
    Reading(
        name="warta_crawl_last_pages",
        text="Pages of the newest crawl that ended by itself, by what became of them.",
        labels=("site", "outcome"),
        query=f"""SELECT c.site, o.value,
                coalesce((SELECT j.value FROM json_each(c.counts) j WHERE j.key = o.value), 0)
            FROM crawls c,
                json_each('["kept", "unchanged", "not_modified", "gone", "refused", "failed"]') o
            WHERE c.{_LAST_ENDED}""",
    ),
    Reading(
        name="warta_alerts_undelivered",
        text="Messages of alerts that a target has not accepted yet.",
        query="SELECT count(*) FROM alert_deliveries WHERE settled_at IS NULL AND tries > 0",
    ),
)

REVISIONS = Reading(
    name="warta_revisions_total",
    text="Revisions that were written, by kind.",
    labels=("site", "kind"),
    # Only those since the last collection: the rows are long, and never change.
    query="""SELECT a.site, r.kind, count(*) FROM revisions r JOIN articles a ON a.id = r.article_id
        WHERE r.id > :after AND r.id <= :newest GROUP BY 1, 2""",
)
