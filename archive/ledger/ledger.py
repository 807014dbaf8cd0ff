"""The ledger: every URL ever announced, what became of it, and when it is asked for again. It is
the frontier too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.database.clock import Clock, instant
from archive.records import Announcement, Check, Entry

BATCH = 500  # below SQLite's limit of bound values

ALIVE = ("due", "kept", "unchanged", "failed")
"""States in which a URL stands for its story: another slug of the same story need not be asked for."""

DEAF_AFTER = 30
"""Conditional requests in a row that a site answered with the whole page: from then on it counts as
one that never answers 304.
"""

MOVES = ("announced", "woken", "reread", "imported", "taken_down")
"""What happens to a URL without asking for it."""

_STATES = {"not_modified": "unchanged"}
_QUIET = ("unchanged", "not_modified")
_COLUMNS = tuple(column.name for column in fields(Entry))
_TIMES = ("published_at", "first_seen_at", "last_checked_at", "next_check_at")


class Ledger:
    """Reading and writing of the `urls` and `checks` tables; writes belong inside a transaction of
    the Archive.

    Whatever changes a row of `urls` leaves a row in `checks`.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def announce(
        self, site: str, links: Sequence[Announcement], *, source: str, now: datetime
    ) -> list[Entry]:
        """Write down what is new among `links`; return the entries that are due, in the order of
        `links`.
        """
        wanted: list[Entry] = []
        for batch in chunks(links, BATCH):
            some = list(batch)
            known, living = self._known(site, some)
            buried = self._taken_down(site, some)
            for link in some:
                entry, taken = known.get(link.url), living.get(link.key)
                if entry is None:
                    entry = self._insert(
                        site, link, source, now, taken=taken, buried=link.key in buried
                    )
                elif link.key not in buried:
                    entry = self._announced_again(
                        entry, link, now, taken=taken if taken and taken.id != entry.id else None
                    )
                known[link.url] = entry
                if entry.state in ALIVE:
                    living.setdefault(link.key, entry)
                if (
                    link.skipped is None
                    and entry.next_check_at is not None
                    and entry.next_check_at <= now
                ):
                    wanted.append(entry)
        return wanted

    def entry(self, url: str, *, site: str) -> Entry | None:
        """The row of one canonical URL in a site's crawls."""
        return next(self._entries("url = ? AND site = ?", [url, site]), None)

    def reason(self, url: str, *, site: str) -> str | None:
        """What the last check of a URL gave."""
        row = self._db.conn.execute(
            "SELECT reason FROM urls WHERE url = ? AND site = ?", (url, site)
        ).fetchone()
        return row[0] if row else None

    def frontier(self, site: str, *, now: datetime, recheck: str) -> list[Entry]:
        """What is to be asked for, never asked first, newest story first.

        `recheck`: `due` (what is due), `all` (also every known article that is not due, imported
        ones too), `none` (only what was never asked).
        """
        due, imported = (
            "next_check_at IS NOT NULL AND next_check_at <= :now",
            "due_reason IS 'imported'",
        )
        where = {
            "due": due,
            "all": f"(({due}) OR ((checks > 0 OR {imported}) AND state != 'alias' AND due_reason IS NOT 'taken_down'))",
            "none": f"{due} AND checks = 0",
        }[recheck]
        order = f"(checks > 0 OR {imported}), published_at DESC, id"
        return list(
            self._entries(
                f"site = :site AND state != 'source' AND {where}",
                {"site": site, "now": instant(now)},
                order,
            )
        )

    def wake_aliases(self, entry: Entry, *, now: datetime) -> int:
        """The entry's address no longer gives its story: other addresses of it become due; how many
        there are, those that still give it included.
        """
        for other in self._entries(
            "site = ? AND key = ? AND id != ? AND state = 'alias'",
            [entry.site, entry.key, entry.id],
        ):
            self.move(other, "woken", "due", now=now, due_at=now, why="woken")
        (count,) = self._db.conn.execute(
            "SELECT count(*) FROM urls WHERE site = ? AND key = ? AND id != ? AND state IN ('due', 'kept', 'unchanged')",
            (entry.site, entry.key, entry.id),
        ).fetchone()
        return int(count)

    def record(self, check: Check, *, site: str) -> None:
        """Write down a check and move its URL to the state that follows; a URL never announced gets
        its row here.
        """
        url_id = self.url_id(check.url, site=site, now=check.checked_at)
        before = next(self._entries("id = ?", [url_id]))
        quiet = (
            before.quiet_checks + (check.outcome in _QUIET)
            if check.outcome in (*_QUIET, "failed", "refused")
            else 0
        )
        failures = before.failures + 1 if check.outcome in ("failed", "refused", "gone") else 0
        kept = (
            (before.etag, before.last_modified)
            if check.outcome == "failed"
            else (check.etag, check.last_modified)
        )
        state = _STATES.get(check.outcome, check.outcome)
        self._db.conn.execute(
            """UPDATE urls SET state = ?, reason = ?, last_checked_at = ?, next_check_at = ?, due_reason = ?, checks = checks + 1,
                quiet_checks = ?, failures = ?, article_id = coalesce(?, article_id), etag = ?, last_modified = ? WHERE id = ?""",
            (
                state,
                check.reason,
                instant(check.checked_at),
                instant(check.next_check_at),
                check.due_reason,
                quiet,
                failures,
                check.article_id,
                *kept,
                url_id,
            ),
        )
        if (
            check.article_id is not None
            # As-of reading relies on it: all addresses of a story name its article as soon as there is
            # one
        ):
            self.name_addresses(site, before.key, check.article_id)
        changed = [
            new or "" if new != old else None
            for new, old in zip(kept, (before.etag, before.last_modified), strict=True)
        ]
        self._note(url_id, state, check, validators=changed)
        if check.conditional and check.outcome != "source":
            self._note_validators(site, url_id, check)

    def move(
        self,
        entry: Entry,
        outcome: str,
        state: str,
        *,
        now: datetime,
        due_at: datetime | None,
        why: str,
    ) -> None:
        """Change the state of a URL without asking for it: `outcome` says what happened, `why` is
        why it is due or not.
        """
        reason = None if due_at is not None else why
        self._db.conn.execute(
            "UPDATE urls SET state = ?, reason = ?, next_check_at = ?, due_reason = ? WHERE id = ?",
            (state, reason, instant(due_at), why, entry.id),
        )
        moved = Check(
            url=entry.url,
            crawl_id=None,
            checked_at=now,
            outcome=outcome,
            reason=reason,
            next_check_at=due_at,
            due_reason=why,
        )
        self._note(entry.id, state, moved)

    def take_in(
        self, link: Announcement, *, site: str, source: str, article_id: int, now: datetime
    ) -> None:
        """A story came from a collection: its address stands as kept and is not due by itself; a
        known one stays as it is.
        """
        entry = self.entry(link.url, site=site)
        if entry is None:
            _known, living = self._known(site, [link])
            entry = self._insert(site, link, source, now, taken=living.get(link.key), buried=False)
            if entry.state == "due":
                self.move(entry, "imported", "kept", now=now, due_at=None, why="imported")
        else:
            seen = Check(
                url=entry.url,
                crawl_id=None,
                checked_at=now,
                outcome="imported",
                reason=self.reason(link.url, site=site),
                next_check_at=entry.next_check_at,
                due_reason=entry.due_reason,
            )
            self._note(entry.id, entry.state, seen)
        self._db.conn.execute("UPDATE urls SET article_id = ? WHERE id = ?", (article_id, entry.id))

    def entries_of(self, site: str, key: str) -> list[Entry]:
        """All addresses of a story."""
        return list(self._entries("site = ? AND key = ?", [site, key]))

    def name_addresses(self, site: str, key: str, article_id: int) -> None:
        """Tell all addresses of a story, also those announced before it was kept, which article it
        is.
        """
        self._db.conn.execute(
            "UPDATE urls SET article_id = ? WHERE article_id IS NULL AND site = ? AND key = ?",
            (article_id, site, key),
        )

    def url_id(self, url: str, *, site: str, now: datetime) -> int:
        """Number of the URL's row; made where there is none (sources, addresses that were
        redirected to).
        """
        found = self._db.conn.execute(
            "SELECT id FROM urls WHERE url = ? AND site = ?", (url, site)
        ).fetchone()
        if found is None:
            found = self._db.conn.execute(
                "INSERT INTO urls (url, site, key, state, first_state, first_seen_at) VALUES (?, ?, ?, 'source', 'source', ?) RETURNING id",
                (url, site, url, self._clock.stamp(now)),
            ).fetchone()
        return int(found[0])

    def unanswered(self, site: str) -> int:
        """How many conditional requests in a row the site has answered with the whole page, never
        304.
        """
        row = self._db.conn.execute(
            "SELECT unanswered FROM validators WHERE site = ?", (site,)
        ).fetchone()
        return int(row[0]) if row else 0

    def _note(
        self,
        url_id: int,
        state: str,
        check: Check,
        *,
        validators: Sequence[str | None] = (None, None),
    ) -> None:
        """A row in the URL's life."""
        asked = (check.status, check.bytes) if check.outcome not in MOVES else (None, None)
        at = self._clock.stamp(check.checked_at)
        self._db.conn.execute(
            """INSERT INTO checks (url_id, crawl_id, checked_at, status, outcome, reason, bytes, state, next_check_at, due_reason,
                etag, last_modified, conditional, asked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                url_id,
                check.crawl_id,
                at,
                asked[0],
                check.outcome,
                check.reason,
                asked[1],
                state,
                instant(check.next_check_at),
                check.due_reason,
                *validators,
                int(check.conditional),
                _other_second(check.checked_at, at),
            ),
        )

    def _note_validators(self, site: str, url_id: int, check: Check) -> None:
        """Whether the validators paid: a 304 saved the page as it was last sent."""
        answered = check.status == 304
        saved = self._db.conn.execute(
            "SELECT bytes FROM checks WHERE url_id = ? AND bytes > 0 ORDER BY id DESC LIMIT 1",
            (url_id,),
        ).fetchone()
        self._db.conn.execute(
            """INSERT INTO validators (site, asked, answered, unanswered, bytes_saved) VALUES (:site, 1, :yes, 1 - :yes, :saved)
            ON CONFLICT (site) DO UPDATE SET asked = asked + 1, answered = answered + :yes,
                unanswered = iif(:yes, 0, unanswered + 1), bytes_saved = bytes_saved + :saved""",
            {"site": site, "yes": int(answered), "saved": saved[0] if answered and saved else 0},
        )

    def _known(
        self, site: str, links: Sequence[Announcement]
    ) -> tuple[dict[str, Entry], dict[str, Entry]]:
        """Rows of these URLs by their URL, and of living rows of the same stories by the story's
        key.
        """
        marks = ",".join("?" * len(links))
        living: dict[str, Entry] = {}
        for entry in self._entries(
            f"site = ? AND key IN ({marks})", [site, *(link.key for link in links)]
        ):
            if entry.state in ALIVE:
                living.setdefault(entry.key, entry)
        return {
            entry.url: entry
            for entry in self._entries(
                f"site = ? AND url IN ({marks})", [site, *(link.url for link in links)]
            )
        }, living

    def _taken_down(self, site: str, links: Sequence[Announcement]) -> set[str]:
        """Keys of stories that the archive's owner took down."""
        marks = ",".join("?" * len(links))
        found = self._db.conn.execute(
            f"SELECT key FROM tombstones WHERE site = ? AND key IN ({marks})",  # noqa: S608 - question marks
            [site, *(link.key for link in links)],
        )
        return {key for (key,) in found}

    def _insert(
        self,
        site: str,
        link: Announcement,
        source: str,
        now: datetime,
        *,
        taken: Entry | None,
        buried: bool,
    ) -> Entry:
        state, reason = "due", None
        if buried:
            state, reason = "refused", "taken_down"
        elif link.refused is not None:
            state, reason = "refused", link.refused
        elif taken is not None:
            state, reason = "alias", "same_story"
        elif link.skipped is not None:
            state, reason = "skipped", link.skipped
        first_seen_at = self._clock.stamp(now)
        values = {
            "url": link.url,
            "site": site,
            "key": link.key,
            "state": state,
            "reason": reason,
            "announced_by": source,
            "published_at": instant(link.published_at),
            "lastmod": instant(link.lastmod),
            "first_seen_at": first_seen_at,
            "first_due_at": _other_second(now, first_seen_at),
            "next_check_at": instant(now) if state == "due" else None,
            "first_state": state,
            "first_reason": reason,
            "due_reason": "new" if state == "due" else reason,
        }
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        (row_id,) = self._db.conn.execute(
            f"""INSERT INTO urls ({names}, article_id)
            VALUES ({marks}, (SELECT id FROM articles WHERE site = :site AND key = :key)) RETURNING id""",  # noqa: S608 - constants
            values,
        ).fetchone()
        return next(self._entries("id = ?", [row_id]))

    def _announced_again(
        self, entry: Entry, link: Announcement, now: datetime, *, taken: Entry | None
    ) -> Entry:
        """A URL that was skipped, stood for by another or refused by its look becomes due when it
        is wanted now; so does one whose source says that it changed since our check.
        """
        waiting = entry.state in ("skipped", "alias") or (
            entry.state == "refused" and not entry.checks
        )  # today's profile may accept it
        wanted = waiting and link.skipped is None and link.refused is None
        checked = entry.last_checked_at
        changed = (
            link.lastmod is not None
            and entry.state in ("kept", "unchanged")
            and checked is not None
            and checked < link.lastmod <= now
        )
        due = entry.next_check_at is not None and entry.next_check_at <= now
        if wanted and taken is not None and entry.state != "alias":
            self.move(entry, "announced", "alias", now=now, due_at=None, why="same_story")
        elif wanted and taken is None:
            self.move(entry, "announced", "due", now=now, due_at=now, why="new")
        elif changed and not due:
            self.move(entry, "announced", entry.state, now=now, due_at=now, why="lastmod")
            self._db.conn.execute(
                "UPDATE urls SET lastmod = ? WHERE id = ?", (instant(link.lastmod), entry.id)
            )
        else:
            return entry
        return next(self._entries("id = ?", [entry.id]))

    def _entries(self, where: str, values: Any, order: str = "id") -> Iterator[Entry]:
        statement = f"SELECT {', '.join(_COLUMNS)} FROM urls WHERE {where} ORDER BY {order}"  # noqa: S608 - constants
        for row in self._db.conn.execute(statement, values).fetchall():
            values_of: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
            for name in _TIMES:
                values_of[name] = (
                    datetime.fromisoformat(values_of[name]) if values_of[name] else None
                )
            yield Entry(**values_of)


def _other_second(now: datetime, written: str) -> str | None:
    """The computer's own time where the archive's is another one."""
    own = instant(now)
    return own if own[:19] != written[:19] else None
