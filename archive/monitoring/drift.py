"""Layouts that drifted: after a redesign the pages of a site read otherwise than its own recent
past (archive.monitoring.drift_test tells when).

Two things are judged at the end of every crawl, and after pages were read again. How many of a
site's pages no layout of its profile was found on: new stories then arrive by layout `fallback`,
known ones are refused as `layout_missed`. And of each layout the fields that its articles lack,
their warnings, the length of their texts, and paragraphs that stand on many pages.

An upgrade of ours is no redesign: articles are held against those that the same extractor read.
After an upgrade there are none until it has read enough, or `reextract` has let it read the earlier
pages again: nothing is said of a layout until then, but a drift that lasts is followed by the signs
that it had. Pages without any layout are told at once, with the words that another extractor reads
them.

What drifts gets a row in `drifts`, which ends when a later crawl finds nothing of it any more. Its
articles are kept and marked: the view `drifted` holds those whose newest text was read by the
drift's layout and extractor since then, until a later extractor reads them again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from archive.archive import Archive, Reader
from archive.monitoring.drift_samples import (
    FALLBACK,
    SeenArticle,
    SeenPage,
    articles,
    earlier_pages,
    pages,
    repeated,
)
from archive.monitoring.drift_test import MIN_PAST, MIN_WINDOW, Case, Departure, departure

LEAST = 12
"""Articles, or pages, that are judged at least: a smaller crawl is judged together with those
before it.
"""
MOST = 200
"""Of a larger crawl the last ones are judged."""
PAST = 500
"""Earlier articles, or pages, that they are held against."""
SHOWN = 5
"""Addresses that a drift names."""
EDGE = 0.01
"""Share of the past that counts as unusually short, and as unusually long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One sign of a drift."""

    sign: str
    """`lost`, `no FIELD`, the code of a warning, `short`, `long` or `repeated`."""
    why: str
    """A plain clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A layout whose pages read otherwise than before, from `since` on."""

    site: str
    layout: str
    extractor: str
    """The one that read the pages then."""
    since: str
    """UTC, the archive's clock."""
    reasons: tuple[Reason, ...]
    urls: tuple[str, ...]
    ended_at: str | None = None
    id: int | None = None

    @property
    def why(self) -> str:
        """A plain sentence."""
        return "; ".join(reason.why for reason in self.reasons)


def drifts(reader: Reader, *, site: str | None = None, ended: bool = False) -> list[Drift]:
    """The drifts that last, of one site or of all; with `ended` also those that are over."""
    rows = reader.db.query(
        """SELECT id, site, layout, extractor, since, ended_at, reasons, urls FROM drifts
        WHERE (:site IS NULL OR site = :site) AND (:ended OR ended_at IS NULL) ORDER BY id""",
        {"site": site, "ended": ended},
    )
    return [
        Drift(
            **row
            | {
                "reasons": tuple(Reason(**each) for each in json.loads(row["reasons"])),
                "urls": tuple(json.loads(row["urls"])),
            }
        )
        for row in rows
    ]


def drifted_articles(reader: Reader) -> set[int]:
    """Numbers of the articles that a drifted layout gave and no later extractor has read again: no
    text to train on.
    """
    return {number for (number,) in reader.db.conn.execute("SELECT article_id FROM drifted")}


def drifted_since(reader: Reader, article_id: int) -> str | None:
    """Since when the layout of an article's page had drifted when it was read; None for an article
    that is not marked.
    """
    row = reader.db.conn.execute(
        "SELECT min(since) FROM drifted WHERE article_id = ?", (article_id,)
    ).fetchone()
    return row[0] if row else None


def evaluate(
    archive: Archive, site: str, *, extractor: str, since: str | None = None
) -> list[Drift]:
    """Judge a site's last pages, write down which drifts began and ended, and give those that last.
    Inside a transaction.

    `since` is when the crawl began (UTC); without it the last ones are judged. `extractor` reads
    the site's pages today.
    """
    held = {drift.layout: drift for drift in drifts(archive, site=site)}
    judged = _judge_pages(archive, site, held.get(FALLBACK), extractor, since)
    judged |= _judge_layouts(archive, site, held, extractor, since)
    for layout in sorted(held.keys() | judged.keys()):
        _follow(archive, held.get(layout), judged.get(layout, held.get(layout)))
    return drifts(archive, site=site)


def _follow(archive: Archive, held: Drift | None, found: Drift | None) -> None:
    """Write what changed: a drift that shows more signs, or under another extractor, is told anew
    from where it began.
    """
    if held is not None and found is not None:
        found = replace(found, since=min(held.since, found.since))
        if found.extractor == held.extractor and {r.sign for r in found.reasons} <= {
            r.sign for r in held.reasons
        }:
            return
    at = archive.clock.stamp()
    if held is not None:
        archive.db.conn.execute("UPDATE drifts SET ended_at = ? WHERE id = ?", (at, held.id))
    if found is not None:
        reasons = [{"sign": reason.sign, "why": reason.why} for reason in found.reasons]
        archive.db.conn.execute(
            "INSERT INTO drifts (site, layout, extractor, since, reasons, urls, noted_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                found.site,
                found.layout,
                found.extractor,
                found.since,
                json.dumps(reasons),
                json.dumps(found.urls),
                at,
            ),
        )


# Pages without a layout


def _judge_pages(
    archive: Archive, site: str, held: Drift | None, extractor: str, since: str | None
) -> dict[str, Drift | None]:
    """{FALLBACK: the drift, or None where there is none}; empty where too little was seen to tell."""
    seen = pages(archive.db, site, limit=MOST)
    window = seen[-max(LEAST, sum(since is not None and page.at >= since[:19] for page in seen)) :]
    if len(window) < MIN_WINDOW:
        return {}
    before = min(window[0].at, held.since) if held is not None else window[0].at
    past = earlier_pages(archive.db, site, limit=PAST, before=before)
    found = departure([_lost(page) for page in window], [_lost(page) for page in past])
    if found is None:
        return {FALLBACK: None} if len(past) >= MIN_PAST else {}
    show = [page for page in window[found.begins :] if page.lost]
    reason = _reason(
        "lost",
        f"{found.count} of {found.of} pages have none of the site's layouts any more",
        found.usual,
    )
    if all(page.extractor != extractor for page in past):
        reason = replace(reason, why=f"{reason.why}, since {extractor} reads them")
    return {
        FALLBACK: _drift(
            site, FALLBACK, extractor, show[0].at, [reason], [page.url for page in show]
        )
    }


def _lost(page: SeenPage) -> Case:
    return Case(page.lost, page.length)


# Articles of a layout


def _judge_layouts(
    archive: Archive, site: str, held: dict[str, Drift], extractor: str, since: str | None
) -> dict[str, Drift | None]:
    """The drift of every layout that could be judged, None where there is none."""
    seen = articles(archive.db, site, limit=MOST + PAST)
    marked = drifted_articles(archive)
    judged: dict[str, Drift | None] = {}
    for layout in {article.layout for article in seen} | (held.keys() - {FALLBACK}):
        drift = held.get(layout)
        if layout == FALLBACK:
            continue
        window = _window(
            [
                a
                for a in seen
                if a.layout == layout and (drift is not None or a.extractor == extractor)
            ],
            since,
        )
        if len(window) >= MIN_WINDOW:
            past, like = _past(archive, site, window, seen, drift, marked)
            if len(past) >= MIN_PAST:
                followed = (
                    None if drift is None or like else {reason.sign for reason in drift.reasons}
                )
                judged[layout] = _judge(site, layout, window, past, followed)
        elif drift is not None and not any(article.article_id in marked for article in window):
            judged[layout] = None  # a later extractor reads these pages with another layout
    return judged


def _window(seen: Sequence[SeenArticle], since: str | None) -> Sequence[SeenArticle]:
    """The articles that are judged."""
    count = sum(since is not None and article.first_seen_at >= since for article in seen)
    return seen[-min(MOST, max(LEAST, count)) :]


def _past(
    archive: Archive,
    site: str,
    window: Sequence[SeenArticle],
    seen: Sequence[SeenArticle],
    drift: Drift | None,
    marked: set[int],
) -> tuple[list[SeenArticle], bool]:
    """Earlier articles of the same layout; where it is new, of any. And whether the same extractor
    read them: it did, but for a drift that lasts where those would be too few.
    """
    if drift is not None:
        seen = articles(archive.db, site, limit=PAST, before=drift.since)
    first = window[0].article_id
    every = [
        article
        for article in seen
        if article.article_id < first and article.article_id not in marked
    ]
    like = [article for article in every if article.extractor == window[-1].extractor]
    alike = drift is None or len(like) >= MIN_PAST
    earlier = like if alike else every
    own = [article for article in earlier if article.layout == window[0].layout]
    return (
        own
        if len(own) >= MIN_PAST
        else [article for article in earlier if article.layout != FALLBACK]
    )[-PAST:], alike


def _judge(
    site: str,
    layout: str,
    window: Sequence[SeenArticle],
    past: Sequence[SeenArticle],
    followed: set[str] | None,
) -> Drift | None:
    """The drift that these articles show; of the signs in `followed` only, where it is given."""
    looked = [each for each in _signs(window, past) if followed is None or each[0] in followed]
    found = [
        (sign, away, shows)
        for sign, shows, length in looked
        if (away := _departs(window, past, shows, length))
    ]
    if not found:
        return None
    begins = min(away.begins for _sign, away, _shows in found)
    show = [
        article
        for article in window[begins:]
        if any(article.article_id in shows for _sign, _away, shows in found)
    ]
    reasons = [_reason(sign, _clause(sign, away), away.usual) for sign, away, _shows in found]
    return _drift(
        site,
        layout,
        window[-1].extractor,
        window[begins].at,
        reasons,
        [article.url for article in show],
    )


def _signs(
    window: Sequence[SeenArticle], past: Sequence[SeenArticle]
) -> Iterable[tuple[str, frozenset[int], bool]]:
    """(sign, the articles that show it, whether like lengths are compared)"""
    every = (*past, *window)
    for sign in sorted({sign for article in window for sign in article.signs}):
        yield (
            sign,
            frozenset(article.article_id for article in every if sign in article.signs),
            True,
        )
    yield "repeated", repeated((past, window)), True
    lengths = sorted(article.length for article in past)
    if lengths:
        edge = int(EDGE * len(lengths))
        yield (
            "short",
            frozenset(article.article_id for article in every if article.length < lengths[edge]),
            False,
        )
        yield (
            "long",
            frozenset(
                article.article_id for article in every if article.length > lengths[-1 - edge]
            ),
            False,
        )


def _departs(
    window: Sequence[SeenArticle],
    past: Sequence[SeenArticle],
    shows: frozenset[int],
    with_length: bool,
) -> Departure | None:
    cases = [
        [Case(a.article_id in shows, a.length if with_length else None) for a in some]
        for some in (window, past)
    ]
    return departure(*cases)


_CLAUSES = {
    "short": "texts are shorter than 99 in 100 earlier ones",
    "long": "texts are longer than 99 in 100 earlier ones",
    "repeated": "texts hold a paragraph that stands on other pages, too",
}


def _clause(sign: str, away: Departure) -> str:
    said = _CLAUSES.get(sign) or (
        f"articles have {sign}" if sign.startswith("no ") else f"articles are doubtful ({sign})"
    )
    return f"{away.count} of {away.of} {said}"


def _reason(sign: str, clause: str, usual: float) -> Reason:
    return Reason(sign=sign, why=f"{clause} (usually {usual:.0%})")


def _drift(
    site: str,
    layout: str,
    extractor: str,
    since: str,
    reasons: Sequence[Reason],
    urls: Sequence[str],
) -> Drift:
    newest = tuple(dict.fromkeys(reversed(urls)))[:SHOWN]
    return Drift(
        site=site,
        layout=layout,
        extractor=extractor,
        since=since,
        reasons=tuple(reasons),
        urls=newest,
    )
