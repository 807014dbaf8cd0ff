"""Drift: layouts whose pages are read differently from the site's recent past, as after a redesign.

Two things are tested (archive.monitoring.drift_test) at the end of every crawl and after a
re-extraction. First the share of a site's pages that match no layout of its profile: new stories
then get the layout `fallback`, known ones are refused as `layout_missed`. Second, per layout, the
fields that its articles lack, their warnings, the length of their texts, and repeated paragraphs.

An upgrade of the extractor is no redesign: articles are compared with those that the same extractor
read. After an upgrade no layout is tested until the new extractor has read enough, or `reextract`
has read the earlier pages again with it; an ongoing drift is followed by the signs that it had.
Pages without any layout are reported at once, and the reason names the upgrade.

Where nearly all pages are lost, no past is needed. Stories that were old when their pages were
first read say nothing of today's layout: they are compared only with others of their layout.

A drift is a row in `drifts`, which ends when a later crawl no longer finds it. Its articles are
kept and marked: the view `drifted` holds those whose newest text was read by the drift's layout and
extractor since then, until a later extractor reads them again.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from archive.archive import Archive, Reader
from archive.database.rows import column, insert_row, record, update_row, value
from archive.monitoring.drift_test import (
    MIN_REFERENCE,
    MIN_SAMPLE,
    Increase,
    Observation,
    find_increase,
)
from archive.records import FALLBACK, IMPORTED

LOST = ("layout_missed", "no_body", "login_wall", "not_found_page", "extraction_failed")
"""Reasons for which a page that was received yielded no story."""
FIELDS = (
    "headline kicker deck dateline authors editors published_at modified_at section tags image_url"
    " caption"
).split()
"""Fields that an article may lack; without a body there is no article."""
MIN_WINDOW = 12
"""Articles, or pages, in a window; a smaller crawl is tested together with those before it."""
MAX_WINDOW = 200
"""Of a larger crawl the last ones are tested."""
REFERENCE = 500
"""Earlier articles, or pages, that a window is compared with."""
SHOWN = 5
"""URLs that a drift names."""
MIN_LOST, LOST_SHARE = 5, 0.9
"""Pages, and share of a window's pages, that match no layout, whatever the past."""
LATE = timedelta(days=365)
"""Age at which a story is old when its page is first read."""
EDGE = 0.01
"""Share of the reference that counts as unusually short, and as unusually long."""
MIN_PARAGRAPH = 20
"""Characters; shorter paragraphs are cross-headings."""
MIN_REPEATS = 4
"""A paragraph found in this many of the sampled articles is boilerplate."""
_MEANINGS = {
    "lost": "pages match none of the site's layouts",
    "repeated": "texts contain a paragraph that other pages contain, too",
    "short": "texts are shorter than 99% of the earlier ones",
    "long": "texts are longer than 99% of the earlier ones",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One sign of a drift."""

    sign: str
    """`lost`, `no FIELD`, the code of a warning, `short`, `long` or `repeated`."""
    why: str
    """A plain clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A layout whose pages are read differently from before, from `since` on."""

    site: str
    layout: str
    """`fallback` for pages that match none of the site's layouts."""
    extractor: str
    """The extractor that read the pages then."""
    since: str
    """ISO 8601, UTC, the archive's clock."""
    reasons: tuple[Reason, ...]
    urls: tuple[str, ...]
    """Up to SHOWN pages that show it, newest first."""
    ended_at: str | None = None
    """ISO 8601, UTC; None for an ongoing one."""
    id: int | None = None
    """Row in `drifts`; None before it is written."""

    @property
    def why(self) -> str:
        """A plain sentence."""
        return "; ".join(reason.why for reason in self.reasons)


def drifts(reader: Reader, *, site: str | None = None, ended: bool = False) -> list[Drift]:
    """Return the ongoing drifts of one site or of all; with `ended` also those that are over."""
    rows = reader.db.query(
        """SELECT * FROM drifts
        WHERE (:site IS NULL OR site = :site) AND (:ended OR ended_at IS NULL) ORDER BY id""",
        {"site": site, "ended": ended},
    )
    return [record(Drift, row, reasons=_reasons(row["reasons"])) for row in rows]


def _reasons(written: str) -> tuple[Reason, ...]:
    return tuple(Reason(**each) for each in json.loads(written))


def drifted_articles(reader: Reader) -> set[int]:
    """Return the ids of articles read with a drifted layout, and not yet by a later extractor."""
    return set(column(reader.db, "SELECT article_id FROM drifted"))


def drifted_since(reader: Reader, article_id: int) -> str | None:
    """Return since when the layout of a marked article had drifted; None if it is not marked."""
    statement = "SELECT min(since) FROM drifted WHERE article_id = ?"
    since: str | None = value(reader.db, statement, article_id)
    return since


def evaluate(
    archive: Archive, site: str, *, extractor: str, since: str | None = None
) -> list[Drift]:
    """Test a site's last pages, record which drifts began and ended, and return the ongoing ones.

    Call it inside a transaction. `since` is when the crawl began (ISO 8601, UTC); without it the
    newest articles are tested. `extractor` is the one that reads the site's pages now.
    """
    ongoing = {drift.layout: drift for drift in drifts(archive, site=site)}
    test = _SiteTest(
        archive=archive,
        site=site,
        extractor=extractor,
        since=since,
        marked=drifted_articles(archive),
    )
    seen = test.read(_ARTICLES, MAX_WINDOW + REFERENCE)
    layouts = ({each.layout for each in seen} | ongoing.keys()) - {FALLBACK}
    found = {layout: test.articles(layout, seen, ongoing.get(layout)) for layout in layouts}
    found[FALLBACK] = test.pages(ongoing.get(FALLBACK))
    for layout, drift in sorted(found.items()):
        _record(archive, ongoing.get(layout), drift)
    return drifts(archive, site=site)


def _record(archive: Archive, before: Drift | None, found: Drift | None) -> None:
    """Write what changed; further signs or another extractor make a new row of the old `since`."""
    if before is not None and found is not None:
        found = replace(found, since=min(before.since, found.since))
        further = {each.sign for each in found.reasons} - {each.sign for each in before.reasons}
        if found.extractor == before.extractor and not further:
            return
    if before is not None and before.id is not None:
        update_row(archive.db, "drifts", before.id, ended_at=archive.clock.stamp())
    if found is not None:
        row = asdict(found) | {"id": None, "ended_at": None, "noted_at": archive.clock.stamp()}
        texts = {name: json.dumps(row[name]) for name in ("reasons", "urls")}
        insert_row(archive.db, "drifts", row | texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """A page with what it yielded, or an article as it was last read."""

    url: str
    at: str
    """When the page was requested, or the article's newest text was written: ISO 8601, UTC."""
    seen_at: str
    """When the page was requested, or the article was first seen: ISO 8601, UTC."""
    layout: str
    """Empty for a page that yielded no story, as `extractor`."""
    extractor: str
    length: int | None
    """Characters of the text; None for a page that yielded no story."""
    signs: frozenset[str]
    """Of a page `lost` if it matched none of the site's layouts; of an article `no FIELD` for each
    field it lacks, and the codes of its warnings.
    """
    late: bool
    """Whether the story was older than LATE by then."""
    article_id: int = 0
    """0 for a page."""
    paragraphs: frozenset[int] = frozenset()
    """Hashes of an article's paragraphs, valid in this process only."""


_LOST = ", ".join(f"'{reason}'" for reason in LOST)
_TEXT = """coalesce(g.layout, r.layout, '') AS layout, length(r.body) AS length,
    coalesce(g.extractor, r.extractor, '') AS extractor"""
_NEWEST = """
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    LEFT JOIN readings g ON g.snapshot_id = r.snapshot_id AND g.refusal IS NULL"""

# The last pages received. A 304 is skipped: sites decide about it by the text, not the layout.
_PAGES = f"""
    SELECT u.url, u.last_checked_at AS at, u.last_checked_at AS seen_at, {_TEXT},
        coalesce(r.published_at, u.published_at) AS published_at
    FROM urls u LEFT JOIN articles a ON a.id = u.article_id AND u.state != 'failed' LEFT {_NEWEST}
    WHERE u.site = :site AND u.last_checked_at IS NOT NULL
        AND ((u.state IN ('kept', 'unchanged') AND r.layout != '{IMPORTED}')
            OR (u.state = 'failed' AND u.reason IN ({_LOST})))
        AND (SELECT c.status FROM checks c WHERE c.url_id = u.id AND c.bytes IS NOT NULL
            ORDER BY c.id DESC LIMIT 1) IS NOT 304
    ORDER BY u.last_checked_at DESC, u.id DESC LIMIT :limit"""  # noqa: S608 - constants
# What pages were before a time: articles as they were read, whatever became of their pages since,
# and pages that have never yielded a story.
_EARLIER = f"""
    WITH read AS (SELECT a.url, a.first_seen_at AS at, a.first_seen_at AS seen_at, {_TEXT},
            r.published_at
        FROM articles a {_NEWEST}
        WHERE a.site = :site AND a.first_seen_at < :before AND r.layout != '{IMPORTED}'
        ORDER BY a.id DESC LIMIT :limit)
    SELECT * FROM read UNION ALL SELECT * FROM (
        SELECT url, last_checked_at, last_checked_at, '', NULL, '', published_at FROM urls
        WHERE site = :site AND state = 'failed' AND reason IN ({_LOST}) AND article_id IS NULL
            AND last_checked_at < :before
            AND last_checked_at >= (SELECT coalesce(min(at), :before) FROM read)
        ORDER BY last_checked_at DESC LIMIT :limit)"""  # noqa: S608 - constants
_ARTICLES = f"""
    SELECT a.id AS article_id, a.url, a.first_seen_at AS seen_at, r.observed_at AS at, {_TEXT},
        r.body, r.warnings, {", ".join(f"r.{name}" for name in FIELDS)}
    FROM articles a {_NEWEST}
    WHERE a.site = :site AND (:before IS NULL OR a.first_seen_at < :before)
        AND r.layout != '{IMPORTED}'
    ORDER BY a.id DESC LIMIT :limit"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class _SiteTest:
    """The test of one site. An ongoing drift is returned as it is where too little is known."""

    archive: Archive
    site: str
    extractor: str
    since: str | None
    marked: set[int]

    def read(self, query: str, limit: int, before: str | None = None) -> list[_Sample]:
        """Return the newest pages or articles, oldest first."""
        values = {"site": self.site, "limit": limit, "before": before}
        return [_sample(row) for row in self.archive.db.query(query, values)][::-1]

    def pages(self, drift: Drift | None) -> Drift | None:
        """Test the share of pages that match no layout."""
        window = self._window([page for page in self.read(_PAGES, MAX_WINDOW) if not page.late])
        if not window:
            return drift
        before = min(window[0].at, drift.since if drift else window[0].at)
        earlier = [page for page in self.read(_EARLIER, REFERENCE, before[:19]) if not page.late]
        if len(window) < MIN_SAMPLE or len(earlier) < MIN_REFERENCE:
            return self._drift(FALLBACK, self.extractor, window, _nearly_all_lost(window)) or drift
        upgraded = all(page.extractor != self.extractor for page in earlier)
        note = f" since the upgrade to extractor {self.extractor}" if upgraded else ""
        found = _signs(window, sorted(earlier, key=attrgetter("at"))) or _nearly_all_lost(window)
        return self._drift(FALLBACK, self.extractor, window, found, note)

    def articles(self, layout: str, seen: list[_Sample], drift: Drift | None) -> Drift | None:
        """Test the articles of one layout."""
        own = [each for each in seen if each.layout == layout]
        if drift is None:
            own = [each for each in own if each.extractor == self.extractor]
        window = self._window(own)
        if len(window) < MIN_SAMPLE:
            # Another extractor may read the pages of a drift with another layout by now.
            if not any(each.article_id in self.marked for each in window):
                return None
            return drift
        extractor = window[-1].extractor
        if drift is not None:
            seen = self.read(_ARTICLES, REFERENCE, drift.since)
        earlier = [
            each
            for each in seen
            if each.article_id < window[0].article_id and each.article_id not in self.marked
        ]
        comparable = [each for each in earlier if each.extractor == extractor]
        followed: set[str] | None = None
        if drift is None or len(comparable) >= MIN_REFERENCE:
            earlier = comparable
        else:  # too little by this extractor: its own signs, against what any extractor read
            followed = {reason.sign for reason in drift.reasons}
        reference = [each for each in earlier if each.layout == layout]
        if len(reference) < MIN_REFERENCE and not window[-1].late:  # the layout is new
            reference = [each for each in earlier if each.layout != FALLBACK]
        if len(reference) < MIN_REFERENCE:
            return drift
        window, reference = _with_relative_signs(window, reference[-REFERENCE:])
        return self._drift(layout, extractor, window, _signs(window, reference, followed))

    def _window(self, samples: list[_Sample]) -> list[_Sample]:
        """Return what the crawl brought, within the limits of a window's size."""
        since = (self.since or "never")[:19]  # sorts after every time
        brought = sum(each.seen_at >= since for each in samples)
        return samples[-min(MAX_WINDOW, max(MIN_WINDOW, brought)) :]

    def _drift(
        self,
        layout: str,
        extractor: str,
        window: list[_Sample],
        found: dict[str, Increase],
        note: str = "",
    ) -> Drift | None:
        """Return the drift that the signs found in a window show."""
        if not found:
            return None
        since = window[min(increase.start for increase in found.values()) :]
        shown = [each.url for each in reversed(since) if not each.signs.isdisjoint(found)]
        return Drift(
            site=self.site,
            layout=layout,
            extractor=extractor,
            since=since[0].at,
            reasons=tuple(
                Reason(sign=sign, why=_clause(sign, increase) + note)
                for sign, increase in found.items()
            ),
            urls=tuple(dict.fromkeys(shown))[:SHOWN],
        )


def _nearly_all_lost(window: list[_Sample]) -> dict[str, Increase]:
    """Return the sign that nearly all pages of a window match no layout, whatever the past."""
    lost = [place for place, page in enumerate(window) if "lost" in page.signs]
    if len(lost) < MIN_LOST or len(lost) < LOST_SHARE * len(window):
        return {}
    found = Increase(count=len(lost), total=len(window), expected=None, start=lost[0])
    return {"lost": found}


def _sample(row: dict[str, Any]) -> _Sample:
    late = _is_late(row["published_at"], row["seen_at"])
    if "article_id" not in row:
        del row["published_at"]
        signs = {"lost"} if row["layout"] in ("", FALLBACK) else set()
        return _Sample(**row, signs=frozenset(signs), late=late)
    paragraphs = row.pop("body").split("\n\n")
    lacking = {f"no {name}" for name in FIELDS if row.pop(name) in (None, "", "[]")}
    # `missing_FIELD` would repeat `no FIELD`
    repeating = {f"missing_{name}" for name in FIELDS}
    return _Sample(
        signs=frozenset(lacking | set(json.loads(row.pop("warnings"))) - repeating),
        paragraphs=frozenset(hash(text) for text in paragraphs if len(text) >= MIN_PARAGRAPH),
        late=late,
        **row,
    )


def _is_late(published_at: str | None, seen_at: str) -> bool:
    try:
        return (
            date.fromisoformat((published_at or "")[:10]) < date.fromisoformat(seen_at[:10]) - LATE
        )
    except ValueError:
        return False


def _with_relative_signs(
    window: list[_Sample], reference: list[_Sample]
) -> tuple[list[_Sample], list[_Sample]]:
    """Add the signs that an article shows only in comparison with others."""
    found = Counter(each for sample in (*reference, *window) for each in sample.paragraphs)
    lengths = sorted(each.length or 0 for each in reference)
    edge = int(EDGE * len(lengths))

    def marked(each: _Sample) -> _Sample:
        relative = {
            "repeated": any(found[paragraph] >= MIN_REPEATS for paragraph in each.paragraphs),
            "short": (each.length or 0) < lengths[edge],
            "long": (each.length or 0) > lengths[-1 - edge],
        }
        return replace(each, signs=each.signs.union(s for s, shows in relative.items() if shows))

    return [marked(each) for each in window], [marked(each) for each in reference]


def _signs(
    window: list[_Sample], reference: list[_Sample], followed: set[str] | None = None
) -> dict[str, Increase]:
    """Return which of the signs `followed`, or of all, have become far more frequent."""
    signs = set().union(*(each.signs for each in window))
    tests = {
        sign: find_increase(_shows(sign, window), _shows(sign, reference))
        for sign in (*sorted(signs - _MEANINGS.keys()), *_MEANINGS)
        if followed is None or sign in followed
    }
    return {sign: increase for sign, increase in tests.items() if increase is not None}


def _shows(sign: str, samples: list[_Sample]) -> list[Observation]:
    by_length = sign not in ("short", "long")
    return [Observation(sign in each.signs, each.length if by_length else None) for each in samples]


def _clause(sign: str, increase: Increase) -> str:
    plain = sign if sign.startswith("no ") else f"warning {sign}"
    meaning = _MEANINGS.get(sign, f"articles have {plain}")
    usual = "" if increase.expected is None else f" (usually {increase.expected:.0%})"
    return f"{increase.count} of {increase.total} {meaning}{usual}"
