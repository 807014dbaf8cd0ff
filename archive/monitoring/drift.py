"""Drift: layouts whose pages are read differently from the site's recent past, as after a redesign.

Two things are tested (archive.monitoring.drift_test) at the end of every crawl and after a
re-extraction. First the share of a site's pages that match no layout of its profile: new stories
then get the layout `fallback`, known ones are refused as `layout_missed`. Second, per layout, the
fields that its articles lack, their warnings, the length of their texts, and repeated paragraphs.

An upgrade of the extractor is no redesign: articles are compared with those that the same extractor
read. After an upgrade no layout is tested until the new extractor has read enough, or `reextract`
has read the earlier pages again with it; an ongoing drift is followed by the signs that it had.
Pages without any layout are reported at once, and the reason names the upgrade.

A drift is a row in `drifts`, which ends when a later crawl no longer finds it. Its articles are
kept and marked: the view `drifted` holds those whose newest text was read by the drift's layout and
extractor since then, until a later extractor reads them again.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from archive.archive import Archive, Reader
from archive.monitoring.drift_samples import (
    FALLBACK,
    DriftSample,
    articles,
    earlier_pages,
    pages,
    repeated_paragraphs,
)
from archive.monitoring.drift_test import (
    MIN_REFERENCE,
    MIN_SAMPLE,
    Increase,
    Observation,
    find_increase,
)

MIN_WINDOW = 12
"""Articles, or pages, in a window; a smaller crawl is tested together with those before it."""
MAX_WINDOW = 200
"""Of a larger crawl the last ones are tested."""
REFERENCE = 500
"""Earlier articles, or pages, that a window is compared with."""
SHOWN = 5
"""URLs that a drift names."""
Samples = Sequence[DriftSample]
EDGE = 0.01
"""Share of the reference that counts as unusually short, and as unusually long."""


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
        """SELECT id, site, layout, extractor, since, ended_at, reasons, urls FROM drifts
        WHERE (:site IS NULL OR site = :site) AND (:ended OR ended_at IS NULL) ORDER BY id""",
        {"site": site, "ended": ended},
    )
    return [
        Drift(
            reasons=tuple(Reason(**each) for each in json.loads(row.pop("reasons"))),
            urls=tuple(json.loads(row.pop("urls"))),
            **row,
        )
        for row in rows
    ]


def drifted_articles(reader: Reader) -> set[int]:
    """Return the ids of articles read with a drifted layout, and not yet by a later extractor."""
    return {number for (number,) in reader.db.conn.execute("SELECT article_id FROM drifted")}


def drifted_since(reader: Reader, article_id: int) -> str | None:
    """Return since when the layout of a marked article had drifted; None if it is not marked."""
    since: str | None
    (since,) = reader.db.conn.execute(
        "SELECT min(since) FROM drifted WHERE article_id = ?", (article_id,)
    ).fetchone()
    return since


def evaluate(
    archive: Archive, site: str, *, extractor: str, since: str | None = None
) -> list[Drift]:
    """Test a site's last pages, record which drifts began and ended, and return the ongoing ones.

    Call it inside a transaction. `since` is when the crawl began (ISO 8601, UTC); without it the
    newest articles are tested. `extractor` is the one that reads the site's pages now.
    """
    test = _SiteTest(
        archive=archive,
        site=site,
        extractor=extractor,
        since=since,
        ongoing={drift.layout: drift for drift in drifts(archive, site=site)},
    )
    found = test.pages() | test.layouts()
    for layout, drift in sorted(found.items()):
        _record(archive, test.ongoing.get(layout), drift)
    return drifts(archive, site=site)


def _record(archive: Archive, before: Drift | None, found: Drift | None) -> None:
    """Write what changed; further signs or another extractor make a new row of the old `since`."""
    if before is not None and found is not None:
        found = replace(found, since=min(before.since, found.since))
        further = {each.sign for each in found.reasons} - {each.sign for each in before.reasons}
        if found.extractor == before.extractor and not further:
            return
    at = archive.clock.stamp()
    if before is not None:
        archive.db.conn.execute("UPDATE drifts SET ended_at = ? WHERE id = ?", (at, before.id))
    if found is not None:
        row = asdict(found) | {"urls": json.dumps(found.urls), "noted_at": at}
        row["reasons"] = json.dumps(row["reasons"])
        archive.db.conn.execute(
            """INSERT INTO drifts (site, layout, extractor, since, reasons, urls, noted_at)
            VALUES (:site, :layout, :extractor, :since, :reasons, :urls, :noted_at)""",
            row,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SiteTest:
    """The test of one site; results are {layout: drift, or None if it does not drift (any more)},
    without layouts of which too little is known.
    """

    archive: Archive
    site: str
    extractor: str
    since: str | None
    ongoing: dict[str, Drift]

    def pages(self) -> dict[str, Drift | None]:
        """Test the share of pages that match no layout."""
        seen = pages(self.archive.db, self.site, limit=MAX_WINDOW)
        window = seen[-_size([page.at for page in seen], self.since and self.since[:19]) :]
        if len(window) < MIN_SAMPLE:
            return {}
        before = window[0].at
        if FALLBACK in self.ongoing:
            before = min(before, self.ongoing[FALLBACK].since)
        reference = earlier_pages(self.archive.db, self.site, limit=REFERENCE, before=before)
        if len(reference) < MIN_REFERENCE:
            return {}
        upgraded = all(page.extractor != self.extractor for page in reference)
        note = f" since the upgrade to extractor {self.extractor}" if upgraded else ""
        return {FALLBACK: self._drift(FALLBACK, self.extractor, window, reference, note=note)}

    def layouts(self) -> dict[str, Drift | None]:
        """Test the articles of each layout."""
        seen = articles(self.archive.db, self.site, limit=MAX_WINDOW + REFERENCE)
        marked = drifted_articles(self.archive)
        found: dict[str, Drift | None] = {}
        for layout in ({each.layout for each in seen} | self.ongoing.keys()) - {FALLBACK}:
            drift = self.ongoing.get(layout)
            own = [each for each in seen if each.layout == layout]
            if drift is None:
                own = [each for each in own if each.extractor == self.extractor]
            window = own[-_size([each.first_seen_at for each in own], self.since) :]
            if len(window) < MIN_SAMPLE:
                # Another extractor may read these pages with another layout by now.
                if drift is not None and not any(each.article_id in marked for each in window):
                    found[layout] = None
                continue
            reference, signs = self._reference(window, seen, marked)
            if len(reference) >= MIN_REFERENCE:
                compared = _with_relative_signs(window, reference)
                found[layout] = self._drift(layout, window[-1].extractor, *compared, signs)
        return found

    def _reference(
        self, window: Samples, seen: Samples, marked: set[int]
    ) -> tuple[list[DriftSample], set[str] | None]:
        """Return what the window is compared with, and the signs that may be compared, None for
        all: earlier articles read by the same extractor, of the same layout unless it is new.

        For an ongoing drift with too few of them, articles read by any extractor and its own signs.
        """
        layout, signs = window[0].layout, None
        drift = self.ongoing.get(layout)
        if drift is not None:
            seen = articles(self.archive.db, self.site, limit=REFERENCE, before=drift.since)
        first = window[0].article_id
        earlier = [
            each for each in seen if each.article_id < first and each.article_id not in marked
        ]
        comparable = [each for each in earlier if each.extractor == window[-1].extractor]
        if drift is None or len(comparable) >= MIN_REFERENCE:
            earlier = comparable
        else:
            signs = {reason.sign for reason in drift.reasons}
        own = [each for each in earlier if each.layout == layout]
        if len(own) < MIN_REFERENCE:
            own = [each for each in earlier if each.layout != FALLBACK]
        return own[-REFERENCE:], signs

    def _drift(
        self,
        layout: str,
        extractor: str,
        window: Samples,
        reference: Samples,
        only: set[str] | None = None,
        note: str = "",
    ) -> Drift | None:
        """Return the drift that the signs of the window, or `only` some of them, show."""
        found: dict[str, Increase] = {}
        signs = set().union(*(each.signs for each in window)) - _MEANINGS.keys()
        for sign in (*sorted(signs), *_MEANINGS):
            increase = find_increase(_shows(sign, window), _shows(sign, reference))
            if increase is not None and (only is None or sign in only):
                found[sign] = increase
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
                Reason(sign=sign, why=_clause(sign, found[sign]) + note) for sign in found
            ),
            urls=tuple(dict.fromkeys(shown))[:SHOWN],
        )


_MEANINGS = {
    "lost": "pages match none of the site's layouts",
    "repeated": "texts contain a paragraph that other pages contain, too",
    "short": "texts are shorter than 99% of the earlier ones",
    "long": "texts are longer than 99% of the earlier ones",
}


def _with_relative_signs(window: Samples, reference: Samples) -> tuple[Samples, Samples]:
    """Add the signs that an article shows only in comparison with others."""
    repeated = repeated_paragraphs([*reference, *window])
    lengths = sorted(each.length or 0 for each in reference)
    edge = int(EDGE * len(lengths))

    def marked(each: DriftSample) -> DriftSample:
        relative = {
            "repeated": not repeated.isdisjoint(each.paragraphs),
            "short": (each.length or 0) < lengths[edge],
            "long": (each.length or 0) > lengths[-1 - edge],
        }
        return replace(each, signs=each.signs.union(s for s, shows in relative.items() if shows))

    return [marked(each) for each in window], [marked(each) for each in reference]


def _shows(sign: str, samples: Samples) -> list[Observation]:
    by_length = sign not in ("short", "long")
    return [Observation(sign in each.signs, each.length if by_length else None) for each in samples]


def _clause(sign: str, increase: Increase) -> str:
    plain = sign if sign.startswith("no ") else f"warning {sign}"
    meaning = _MEANINGS.get(sign, f"articles have {plain}")
    return f"{increase.count} of {increase.total} {meaning} (usually {increase.expected:.0%})"


def _size(times: Sequence[str], since: str | None) -> int:
    """Return the size of a window: what the crawl brought, within the limits."""
    brought = sum(since is not None and at >= since for at in times)
    return min(MAX_WINDOW, max(MIN_WINDOW, brought))
