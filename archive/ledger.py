"""The ledger: every URL ever announced, what became of it, and when it is asked for again. It is the frontier too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.clock import instant

BATCH = 500  # below SQLite's limit of bound values

ALIVE = ("due", "kept", "unchanged", "failed")
"""States in which a URL stands for its story: another slug of the same story need not be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A URL that a source announced, after the site's profile has looked at it."""

    url: str
    """Canonical."""
    key: str
    """The story's identity at its site: story id, else canonical URL."""
    published_at: datetime | None = None
    """As the source or the URL says; a hint, never an article's field."""
    lastmod: datetime | None = None
    refused: str | None = None
    """Reason why it is not asked for at all."""
    skipped: str | None = None
    """Reason why it is not asked for in this crawl."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ledger row, as the crawler needs it to ask."""

    id: int
    url: str
    site: str
    key: str
    state: str
    article_id: int | None
    published_at: datetime | None
    first_seen_at: datetime
    last_checked_at: datetime | None
    next_check_at: datetime | None
    checks: int
    quiet_checks: int
    failures: int
    etag: str | None
    last_modified: str | None

    @property
    def validators(self) -> dict[str, str]:
        """Headers of a conditional request; none for a page that is not in the archive."""
        if self.state != "source" and (self.state not in ("kept", "unchanged") or self.article_id is None):
            return {}
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One asking of a URL and its answer."""

    url: str
    crawl_id: int | None
    checked_at: datetime
    outcome: str
    """`kept`, `unchanged`, `not_modified`, `gone`, `refused`, `failed` or `source`."""
    status: int | None = None
    reason: str | None = None
    """A code of archive.reasons, or what a source gave."""
    bytes: int = 0
    next_check_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    article_id: int | None = None


_STATES = {"not_modified": "unchanged"}
_QUIET = ("unchanged", "not_modified")
_COLUMNS = tuple(column.name for column in fields(Entry))
_TIMES = ("published_at", "first_seen_at", "last_checked_at", "next_check_at")


class Ledger:
    """Reading and writing of the `urls` and `checks` tables; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def announce(self, site: str, links: Sequence[Announcement], *, source: str, now: datetime) -> list[Entry]:
        """Write down what is new among `links`; return the entries that are due, in the order of `links`."""
        wanted: list[Entry] = []
        for batch in chunks(links, BATCH):
            some = list(batch)
            known, living = self._known(site, some)
            for link in some:
                entry, taken = known.get(link.url), living.get(link.key)
                if entry is None:
                    entry = self._insert(site, link, source, now, taken=taken)
                else:
                    entry = self._announced_again(entry, link, now, taken=taken if taken and taken.id != entry.id else None)
                known[link.url] = entry
                if entry.state in ALIVE:
                    living.setdefault(link.key, entry)
                if link.skipped is None and entry.next_check_at is not None and entry.next_check_at <= now:
                    wanted.append(entry)
        return wanted

    def entry(self, url: str, *, site: str) -> Entry | None:
        """The row of one canonical URL in a site's crawls."""
        return next(self._entries("url = ? AND site = ?", [url, site]), None)

    def reason(self, url: str, *, site: str) -> str | None:
        """What the last check of a URL gave."""
        row = self._db.conn.execute("SELECT reason FROM urls WHERE url = ? AND site = ?", (url, site)).fetchone()
        return row[0] if row else None

    def frontier(self, site: str, *, now: datetime, recheck: str) -> list[Entry]:
        """What is to be asked for, never asked first, newest story first.

        `recheck`: `due` (what is due), `all` (also every known article that is not due), `none` (only what was never asked).
        """
        due = "next_check_at IS NOT NULL AND next_check_at <= :now"
        where = {
            "due": due,
            "all": f"(({due}) OR (checks > 0 AND state != 'alias'))",
            "none": f"{due} AND checks = 0",
        }[recheck]
        order = "checks > 0, published_at DESC, id"
        return list(self._entries(f"site = :site AND state != 'source' AND {where}", {"site": site, "now": instant(now)}, order))

    def wake_aliases(self, entry: Entry, *, now: datetime) -> int:
        """The entry's address no longer gives its story: other addresses of it become due; how many there are, those
        that still give it included.
        """
        others = {"site": entry.site, "key": entry.key, "id": entry.id, "now": instant(now)}
        self._db.conn.execute(
            """UPDATE urls SET state = 'due', reason = NULL, next_check_at = :now
            WHERE site = :site AND key = :key AND id != :id AND state = 'alias'""",
            others,
        )
        (count,) = self._db.conn.execute(
            "SELECT count(*) FROM urls WHERE site = :site AND key = :key AND id != :id AND state IN ('due', 'kept', 'unchanged')", others
        ).fetchone()
        return int(count)

    def record(self, check: Check, *, site: str) -> None:
        """Write down a check and move its URL to the state that follows; a URL never announced gets its row here."""
        url_id = self.url_id(check.url, site=site, now=check.checked_at)
        quiet = "quiet_checks + 1" if check.outcome in _QUIET else "quiet_checks" if check.outcome in ("failed", "refused") else "0"
        failures = "failures + 1" if check.outcome in ("failed", "refused", "gone") else "0"
        keeps = ", etag = :etag, last_modified = :last_modified" if check.outcome != "failed" else ""
        self._db.conn.execute(
            f"""UPDATE urls SET state = :state, reason = :reason, last_checked_at = :at, next_check_at = :next,
                checks = checks + 1, quiet_checks = {quiet}, failures = {failures},
                article_id = coalesce(:article, article_id) {keeps} WHERE id = :id""",  # noqa: S608 - constants
            {
                "state": _STATES.get(check.outcome, check.outcome), "reason": check.reason, "id": url_id,
                "at": instant(check.checked_at), "next": instant(check.next_check_at), "article": check.article_id,
                "etag": check.etag, "last_modified": check.last_modified,
            },
        )  # fmt: skip
        if check.article_id is not None:  # other addresses of the story, announced before it was kept
            self._db.conn.execute(
                """UPDATE urls SET article_id = ? WHERE state = 'alias' AND article_id IS NULL
                AND (site, key) = (SELECT site, key FROM urls WHERE id = ?)""",
                (check.article_id, url_id),
            )
        self._db.conn.execute(
            "INSERT INTO checks (url_id, crawl_id, checked_at, status, outcome, reason, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (url_id, check.crawl_id, instant(check.checked_at), check.status, check.outcome, check.reason, check.bytes),
        )

    def url_id(self, url: str, *, site: str, now: datetime) -> int:
        """Number of the URL's row; made where there is none (sources, addresses that were redirected to)."""
        found = self._db.conn.execute("SELECT id FROM urls WHERE url = ? AND site = ?", (url, site)).fetchone()
        if found is None:
            found = self._db.conn.execute(
                "INSERT INTO urls (url, site, key, state, first_seen_at) VALUES (?, ?, ?, 'source', ?) RETURNING id",
                (url, site, url, instant(now)),
            ).fetchone()
        return int(found[0])

    def _known(self, site: str, links: Sequence[Announcement]) -> tuple[dict[str, Entry], dict[str, Entry]]:
        """Rows of these URLs by their URL, and of living rows of the same stories by the story's key."""
        marks = ",".join("?" * len(links))
        living: dict[str, Entry] = {}
        for entry in self._entries(f"site = ? AND key IN ({marks})", [site, *(link.key for link in links)]):
            if entry.state in ALIVE:
                living.setdefault(entry.key, entry)
        return {
            entry.url: entry for entry in self._entries(f"site = ? AND url IN ({marks})", [site, *(link.url for link in links)])
        }, living

    def _insert(self, site: str, link: Announcement, source: str, now: datetime, *, taken: Entry | None) -> Entry:
        state, reason = "due", None
        if link.refused is not None:
            state, reason = "refused", link.refused
        elif taken is not None:
            state, reason = "alias", "same_story"
        elif link.skipped is not None:
            state, reason = "skipped", link.skipped
        values = {
            "url": link.url, "site": site, "key": link.key, "state": state, "reason": reason, "announced_by": source,
            "published_at": instant(link.published_at), "lastmod": instant(link.lastmod), "first_seen_at": instant(now),
            "next_check_at": instant(now) if state == "due" else None,
            "article_id": taken.article_id if state == "alias" and taken is not None else None,
        }  # fmt: skip
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        (row_id,) = self._db.conn.execute(
            f"INSERT INTO urls ({names}) VALUES ({marks}) RETURNING id",  # noqa: S608 - constants
            values,
        ).fetchone()
        return next(self._entries("id = ?", [row_id]))

    def _announced_again(self, entry: Entry, link: Announcement, now: datetime, *, taken: Entry | None) -> Entry:
        """A URL that was skipped, stood for by another or refused by its look becomes due when it is wanted now; so does one
        whose source says that it changed since our check.
        """
        waiting = entry.state in ("skipped", "alias") or (entry.state == "refused" and not entry.checks)  # today's profile may accept it
        waits = waiting and link.skipped is None and link.refused is None
        if waits and taken is not None:
            self._db.conn.execute("UPDATE urls SET state = 'alias', reason = 'same_story' WHERE id = ?", (entry.id,))
            return next(self._entries("id = ?", [entry.id]))
        wanted = waits and taken is None
        changed = (
            link.lastmod is not None
            and entry.state in ("kept", "unchanged")
            and entry.last_checked_at is not None
            and entry.last_checked_at < link.lastmod <= now
        )
        if not wanted and not changed:
            return entry
        self._db.conn.execute(
            "UPDATE urls SET state = ?, reason = NULL, lastmod = ?, next_check_at = ? WHERE id = ?",
            ("due" if wanted else entry.state, instant(link.lastmod), instant(now), entry.id),
        )
        return next(self._entries("id = ?", [entry.id]))

    def _entries(self, where: str, values: Any, order: str = "id") -> Iterator[Entry]:
        statement = f"SELECT {', '.join(_COLUMNS)} FROM urls WHERE {where} ORDER BY {order}"  # noqa: S608 - constants
        for row in self._db.conn.execute(statement, values).fetchall():
            values_of: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
            for name in _TIMES:
                values_of[name] = datetime.fromisoformat(values_of[name]) if values_of[name] else None
            yield Entry(**values_of)
