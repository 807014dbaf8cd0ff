"""The ledger: every URL ever announced, its state, and when it is requested again.

It is the crawls' frontier, too.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.database.clock import Clock, instant, parsed
from archive.database.rows import column, insert_row, named_rows, record, update_row, value
from archive.records import Announcement, Check, Entry

BATCH = 500  # below SQLite's limit of bound values

ALIVE = ("due", "kept", "unchanged", "failed")
"""States in which a URL represents its story: other addresses of the story are not requested."""

IGNORES_CONDITIONAL_AFTER = 30
"""Conditional requests in a row that a site answered with the whole page: from then on it counts
as one that never answers 304.
"""

LASTMOD_WINDOW = 50
"""Newest checks after a `lastmod`, of the stories that a source lists, by which it is judged."""
LASTMOD_CHECKS = 10
"""Fewer such checks say nothing of a source."""
LASTMOD_WRONG = 0.9
"""Share of these checks without a change from which on the source is not believed."""

MERGED = "merged"
"""Outcome of a check that follows from those of several archives that became one."""
MOVES = ("announced", "woken", "reread", "imported", "taken_down", "doubted", "left_out", MERGED)
"""Outcomes without a request."""

_CAPTURED = {"failed": "skipped", "refused": "refused"}
"""States of a URL of imports alone, by what its last capture showed; else `kept`."""
_STATES = {"not_modified": "unchanged"}
_QUIET = ("unchanged", "not_modified")
_NOTED = "crawl_id outcome status reason bytes conditional due_reason".split()
_COLUMNS = ", ".join(each.name for each in fields(Entry))


class Frontier(Iterator[Entry]):
    """The rows that a crawl will request, in order, read from the archive a few at a time.

    A row that waits costs eight bytes, so that hundreds of thousands may be due.
    """

    def __init__(
        self, numbers: array[int], entries: Callable[[Sequence[int]], Iterator[Entry]]
    ) -> None:
        self._numbers = numbers
        self._entries = entries
        self._read = 0
        self._batch: deque[Entry] = deque()

    def __len__(self) -> int:
        """Return how many are left."""
        return len(self._batch) + len(self._numbers) - self._read

    def __next__(self) -> Entry:
        while not self._batch and self._read < len(self._numbers):
            numbers = self._numbers[self._read : self._read + BATCH]
            self._read += len(numbers)
            found = {entry.id: entry for entry in self._entries(numbers)}
            self._batch.extend(found[number] for number in numbers if number in found)
        if not self._batch:
            raise StopIteration
        return self._batch.popleft()


class Ledger:
    """The tables `urls`, `checks` and `validators`; writes belong inside a transaction.

    Whatever changes a row of `urls` leaves a row in `checks`.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def announce(
        self,
        site: str,
        links: Sequence[Announcement],
        *,
        source: str,
        counts: Counter[str] | None = None,
    ) -> list[Entry]:
        """Write what is new among `links`; return the entries that are due, in their order.

        `counts` gets the times of modification that were not believed, as `lastmod_doubted`.
        """
        wanted: list[Entry] = []
        counts = Counter() if counts is None else counts
        for batch in chunks(links, BATCH):
            some = self._with_keys(site, list(batch))
            known, living = self._known(site, some)
            buried = self._taken_down(site, some)
            doubts = cache(partial(self._doubts_lastmod, [entry.id for entry in known.values()]))
            for link in some:
                entry, taken = known.get(link.url), living.get(link.key)
                if entry is None:
                    entry = self._insert(site, link, source, taken, buried=link.key in buried)
                elif link.key not in buried:
                    entry = self._announced_again(entry, link, taken, doubts, counts)
                known[link.url] = entry
                if entry.state in ALIVE:
                    living.setdefault(link.key, entry)
                if link.skipped is None and self._is_due(entry):
                    wanted.append(entry)
        return wanted

    def entry(self, url: str, *, site: str) -> Entry | None:
        """Return the row of one canonical URL in a site's crawls."""
        return next(self._entries("url = ? AND site = ?", [url, site]), None)

    def reason(self, url: str, *, site: str) -> str | None:
        """Return the reason that the last check of a URL gave."""
        statement = "SELECT reason FROM urls WHERE url = ? AND site = ?"
        reason: str | None = value(self._db, statement, url, site)
        return reason

    def answered_after(self, url: str, *, site: str) -> bool:
        """Return whether a server answered later in the crawl that last checked a URL."""
        statement = """SELECT EXISTS (SELECT 1 FROM checks AS later,
                (SELECT max(checks.id) AS id FROM checks JOIN urls ON urls.id = url_id
                WHERE url = ? AND site = ? AND crawl_id IS NOT NULL) AS last
            WHERE later.id > last.id AND later.status IS NOT NULL
                AND later.crawl_id = (SELECT crawl_id FROM checks WHERE id = last.id))"""
        return bool(value(self._db, statement, url, site))

    def was_announcing(self, url: str, *, site: str) -> bool:
        """Return whether a source gave links when it was last read to its end."""
        statement = """SELECT checks.reason FROM checks JOIN urls ON urls.id = url_id
            WHERE url = ? AND site = ? AND outcome = 'source'
                AND checks.reason IN ('announced', 'too_many_links', 'no_links')
            ORDER BY checks.id DESC LIMIT 1"""
        return value(self._db, statement, url, site) in ("announced", "too_many_links")

    def lastmod(self, url: str, *, site: str) -> datetime | None:
        """Return when a page or sitemap was modified, as the source that announced it said."""
        statement = "SELECT lastmod FROM urls WHERE url = ? AND site = ?"
        return parsed(value(self._db, statement, url, site))

    def frontier(
        self, site: str, *, now: datetime, recheck: str, skipping: Container[int] = ()
    ) -> Frontier:
        """Return what to request at `now`: never requested first, newest story first.

        Pages whose reading broke off come last: whatever they do, the others are read.

        `recheck`: `due` (what is due), `all` (also every known article that is not due, imported
        ones too), `none` (only what was never requested). `skipping` are numbers of rows.
        """
        due = "next_check_at IS NOT NULL AND next_check_at <= :now"
        imported = "due_reason IS 'imported'"
        everything = f"""(({due}) OR ((checks > 0 OR {imported})
            AND state != 'alias' AND due_reason IS NOT 'taken_down'))"""
        where = {"due": due, "all": everything, "none": f"{due} AND checks = 0"}[recheck]
        order = f"due_reason IS 'retry_last', (checks > 0 OR {imported}), published_at DESC, id"
        where = f"site = :site AND state != 'source' AND {where}"
        given = {"site": site, "now": instant(now)}
        due = f"SELECT id FROM urls WHERE {where} ORDER BY {order}"  # noqa: S608 - constants
        found = self._db.conn.execute(due, given)

        def entries(numbers: Sequence[int]) -> Iterator[Entry]:
            # Those that are still wanted: a take-down may have come between. `iif` keeps SQLite
            # from going through all that is due each time.
            among = ",".join(map(str, numbers))
            return self._entries(f"id IN ({among}) AND iif({where}, 1, 0)", given)

        return Frontier(array("q", (n for (n,) in found if n not in skipping)), entries)

    def wake_aliases(self, entry: Entry) -> int:
        """Make a story's other addresses due: this one no longer leads to it.

        Returns how many there are, those that still lead to it included.
        """
        others = "site = ? AND key = ? AND id != ?"
        story = [entry.site, entry.key, entry.id]
        for other in self._entries(f"{others} AND state = 'alias'", story):
            self.move(other, "woken", "due", due_at=self._clock.now, why="woken")
        awake = f"{others} AND state IN ('due', 'kept', 'unchanged')"
        return len(list(self._entries(awake, story)))

    def record(
        self, check: Check, *, site: str, replaces: bool = False, before: Entry | None = None
    ) -> None:
        """Write a check and move its URL to the state that follows; make the row if needed.

        One that `replaces` the check before it is about the same request. `before` is the row as
        this transaction read it, None where it did not.
        """
        before = before or self._row(self.url_id(check.url, site=site))
        if check.outcome == "failed":
            check = replace(check, etag=before.etag, last_modified=before.last_modified)
        state = _STATES.get(check.outcome, check.outcome)
        changed = _changed_columns(before, check, replaces=replaces)
        update_row(self._db, "urls", before.id, state=state, **changed)
        if check.article_id is not None:
            # As-of queries rely on it: all addresses of a story name its article at once.
            self._name_addresses(site, before.key, check.article_id)
        self._note(before.id, state, check, _changed_validators(before, check))
        if check.conditional and check.outcome != "source" and not replaces:
            self._note_validators(site, before.id, check)

    def move(
        self,
        entry: Entry,
        outcome: str,
        state: str,
        *,
        due_at: datetime | None,
        why: str,
        reason: str | None = None,
    ) -> None:
        """Change the state of a URL without a request.

        `outcome` says what happened, `why` is the reason why it is due or not; it is the reason of
        the state, too, where there is no other and it is not due.
        """
        moved = replace(entry, state=state, next_check_at=due_at, due_reason=why)
        if due_at is None:
            reason = reason or why
        due = {"next_check_at": instant(due_at), "due_reason": why}
        update_row(self._db, "urls", entry.id, state=state, reason=reason, **due)
        self._note_event(moved, outcome, reason)

    def leave_out(self, sources: Sequence[str], *, site: str, why: str) -> None:
        """Write why sources are not requested; one that was skipped before keeps its row."""
        for url in sources:
            entry = self._row(self.url_id(url, site=site))
            if entry.state == "source" and entry.due_reason != why:
                self.move(entry, "left_out", "source", due_at=None, why=why)

    def announced_first(self, site: str, *, since: datetime) -> dict[str, int]:
        """Count the stories since a time by the source that was the first to announce them."""
        rows = self._db.conn.execute(
            """SELECT announced_by, count(*) FROM urls
            WHERE site = ? AND first_seen_at >= ? AND first_state = 'due'
                AND announced_by IS NOT NULL GROUP BY announced_by""",
            (site, instant(since)),
        )
        return dict(rows.fetchall())

    def doubt(self, site: str, key: str, reason: str, *, due_at: datetime | None) -> None:
        """Make a story that was kept due again, unless an import found it wrong (`due_at` is None):
        its page is not believed any more.
        """
        state, why = ("skipped", "imported") if due_at is None else ("failed", "retry")
        kept = "site = ? AND key = ? AND state IN ('kept', 'unchanged')"
        for entry in self._entries(kept, [site, key]):
            update_row(self._db, "urls", entry.id, failures=1)
            self.move(entry, "doubted", state, due_at=due_at, why=why, reason=reason)

    def count_failed(self, site: str, reason: str) -> int:
        """Count the URLs of a site whose last check failed for a reason."""
        statement = "SELECT count(*) FROM urls WHERE state = 'failed' AND reason = ? AND site = ?"
        return int(value(self._db, statement, reason, site))

    def take_in(self, link: Announcement, *, site: str, source: str, article_id: int) -> None:
        """Write the address of a story from a collection: kept, and not due by itself.

        A known address keeps its state.
        """
        entry = self.entry(link.url, site=site)
        if entry is None:
            _known, living = self._known(site, [link])
            entry = self._insert(site, link, source, living.get(link.key), buried=False)
            if entry.state == "due":
                self.move(entry, "imported", "kept", due_at=None, why="imported")
        else:
            self._note_event(entry, "imported", self.reason(link.url, site=site))
        update_row(self._db, "urls", entry.id, article_id=article_id)

    def take_address(self, link: Announcement, *, site: str, source: str) -> Entry:
        """Return the row of an address that another crawler captured; make one that is not due."""
        known = self.entry(link.url, site=site)
        if known is not None:
            return known
        living = (each for each in self.entries_of(site, link.key) if each.state in ALIVE)
        return self._insert(site, link, source, next(living, None), buried=False, by_us=False)

    def take_capture(self, check: Check, *, site: str, before: Entry | None = None) -> None:
        """Write what a capture by another crawler showed: no request of ours.

        A URL of crawls keeps its state. One of imports alone is `kept`, or `skipped` while its
        captures showed no story: a crawl requests that one when a source announces it. `before` is
        its row as this transaction read it, None where it did not.
        """
        before = before or self._row(self.url_id(check.url, site=site))
        state, reason = before.state, before.reason
        changed: dict[str, Any] = {"article_id": check.article_id or before.article_id}
        if before.due_reason == "imported":
            state, reason = _CAPTURED.get(check.outcome, "kept"), check.reason
            failures = before.failures + 1 if check.outcome == "failed" else 0
            changed |= {"state": state, "reason": reason, "failures": failures}
            if check.outcome in ("kept", "unchanged"):
                changed |= {"etag": check.etag, "last_modified": check.last_modified}
            else:
                check = replace(check, etag=before.etag, last_modified=before.last_modified)
        else:
            check = replace(check, etag=before.etag, last_modified=before.last_modified)
        update_row(self._db, "urls", before.id, **changed)
        if check.article_id is not None:
            self._name_addresses(site, before.key, check.article_id)
        event = replace(
            check,
            outcome=check.outcome if check.outcome == "not_modified" else "imported",
            reason=reason,
            next_check_at=before.next_check_at,
            due_reason=before.due_reason,
        )
        self._note(before.id, state, event, _changed_validators(before, check), by_us=False)

    def adopt(self, url: str, *, site: str, article_id: int, revised: bool) -> None:
        """Make a URL due whose kept page yields a story only now.

        Where the page said nothing new (not `revised`), only if its URL still counts as failed.
        """
        entry = self.entry(url, site=site)
        if entry is None or not (revised or entry.state == "failed"):
            return
        update_row(self._db, "urls", entry.id, article_id=article_id, failures=0)
        self._name_addresses(site, entry.key, article_id)
        self.move(entry, "reread", "kept", due_at=self._clock.now, why="reread")

    def entries_of(self, site: str, key: str) -> list[Entry]:
        """Return all addresses of a story."""
        return list(self._entries("site = ? AND key = ?", [site, key]))

    def url_id(self, url: str, *, site: str) -> int:
        """Return the number of a URL's row; make one for sources and targets of redirects."""
        found = value(self._db, "SELECT id FROM urls WHERE url = ? AND site = ?", url, site)
        if found is not None:
            return int(found)
        row = {"url": url, "site": site, "key": url, "first_seen_at": self._clock.stamp()}
        return insert_row(self._db, "urls", row | {"state": "source", "first_state": "source"})

    def unanswered(self, site: str) -> int:
        """Count the whole pages in a row that a site sent in answer to conditional requests."""
        return value(self._db, "SELECT unanswered FROM validators WHERE site = ?", site) or 0

    def _is_due(self, entry: Entry) -> bool:
        return entry.next_check_at is not None and entry.next_check_at <= self._clock.now

    def _name_addresses(self, site: str, key: str, article_id: int) -> None:
        """Write a story's article to all its addresses, also those announced before it was kept."""
        self._db.conn.execute(
            "UPDATE urls SET article_id = ? WHERE article_id IS NULL AND site = ? AND key = ?",
            (article_id, site, key),
        )

    def _note(
        self,
        url_id: int,
        state: str,
        check: Check,
        validators: Mapping[str, str] | None = None,
        *,
        by_us: bool = True,
    ) -> None:
        """Write a row of `checks`; `validators` are those that changed."""
        at, row = self._clock.stamp(), {name: getattr(check, name) for name in _NOTED}
        if not by_us or check.outcome in MOVES:
            row |= {"status": None, "bytes": None}
        row |= {
            "url_id": url_id,
            "checked_at": at,
            "asked_at": _other_second(check.checked_at, at),
            "state": state,
            "next_check_at": instant(check.next_check_at),
        }
        insert_row(self._db, "checks", row | dict(validators or {}))

    def _note_event(self, entry: Entry, outcome: str, reason: str | None) -> None:
        """Write a row of `checks` for one of MOVES, with the state after it."""
        event = Check(
            url=entry.url,
            crawl_id=None,
            checked_at=self._clock.now,
            outcome=outcome,
            reason=reason,
            next_check_at=entry.next_check_at,
            due_reason=entry.due_reason,
        )
        self._note(entry.id, entry.state, event)

    def _note_validators(self, site: str, url_id: int, check: Check) -> None:
        """Count whether the validators paid: a 304 saved the page as it was last sent."""
        saved = 0
        if answered := check.status == 304:
            sent = "SELECT bytes FROM checks WHERE url_id = ? AND bytes > 0"
            saved = value(self._db, f"{sent} ORDER BY id DESC LIMIT 1", url_id) or 0
        self._db.conn.execute(
            """INSERT INTO validators (site, asked, answered, unanswered, bytes_saved)
            VALUES (:site, 1, :yes, 1 - :yes, :saved)
            ON CONFLICT (site) DO UPDATE SET asked = asked + 1, answered = answered + :yes,
                unanswered = iif(:yes, 0, unanswered + 1), bytes_saved = bytes_saved + :saved""",
            {"site": site, "yes": int(answered), "saved": saved},
        )

    def _known(
        self, site: str, links: Sequence[Announcement]
    ) -> tuple[dict[str, Entry], dict[str, Entry]]:
        """Return the rows of these URLs by URL, and a living row of each story by its key."""
        marks = ",".join("?" * len(links))
        urls, keys = [link.url for link in links], [link.key for link in links]
        known = self._entries(f"site = ? AND url IN ({marks})", [site, *urls])
        living: dict[str, Entry] = {}
        for entry in self._entries(f"site = ? AND key IN ({marks})", [site, *keys]):
            if entry.state in ALIVE:
                living.setdefault(entry.key, entry)
        return {entry.url: entry for entry in known}, living

    def key_of(self, site: str, link: Announcement) -> str:
        """Return the key of an address, its own one where another story may have `link.key`."""
        return self._with_keys(site, [link])[0].key

    def _with_keys(self, site: str, links: Sequence[Announcement]) -> list[Announcement]:
        """Give a link its own key where another address, under other words, has the key.

        Whether the two are one story after all, its page will show.
        """
        shared = [link for link in links if link.own_key is not None]
        if not shared:
            return list(links)
        marks = ",".join("?" * len(shared))
        urls, keys = [link.url for link in shared], [link.key for link in shared]
        known = {
            e.url: e.key for e in self._entries(f"site = ? AND url IN ({marks})", [site, *urls])
        }
        holders: dict[str, str] = {}
        for entry in self._entries(f"site = ? AND key IN ({marks})", [site, *keys]):
            holders.setdefault(entry.key, entry.url)

        def key(link: Announcement) -> str:
            holder = holders.setdefault(link.key, link.url)
            if link.own_key is None or link.url in known:
                return known.get(link.url, link.key)
            worded = not holder.rpartition("/")[2].isdigit()
            if holder != link.url and worded:
                return link.own_key
            return link.key

        return [replace(link, key=key(link)) for link in links]

    def _taken_down(self, site: str, links: Sequence[Announcement]) -> set[str]:
        """Return the keys of stories that the archive's owner took down."""
        marks = ",".join("?" * len(links))
        buried = f"SELECT key FROM tombstones WHERE site = ? AND key IN ({marks})"  # noqa: S608
        return set(column(self._db, buried, site, *(link.key for link in links)))

    def _insert(
        self,
        site: str,
        link: Announcement,
        source: str,
        taken: Entry | None,
        *,
        buried: bool,
        by_us: bool = True,
    ) -> Entry:
        """Write a new URL; `taken` is the one that represents its story already. One that others
        captured, not `by_us`, is not due.
        """
        state, reason = _first_state(link, taken=taken is not None, buried=buried)
        first_seen_at, now = self._clock.stamp(), self._clock.now
        due_at, why = None, reason
        if state == "due":
            due_at, why = (instant(now), "new") if by_us else (None, "imported")
        story = "SELECT id FROM articles WHERE site = ? AND key = ?"
        row = {
            "url": link.url,
            "site": site,
            "key": link.key,
            "state": state,
            "reason": reason,
            "announced_by": source,
            "published_at": instant(link.published_at),
            "lastmod": instant(link.lastmod),
            "first_seen_at": first_seen_at,
            "next_check_at": due_at,
            "due_reason": why,
            "first_state": state,
            "first_reason": reason,
            "first_due_at": _other_second(now, first_seen_at),
            "article_id": value(self._db, story, site, link.key),
        }
        return self._row(insert_row(self._db, "urls", row))

    def _announced_again(
        self,
        entry: Entry,
        link: Announcement,
        taken: Entry | None,
        doubts: Callable[[], bool],
        counts: Counter[str],
    ) -> Entry:
        """Make a known URL due that was skipped, an alias or refused by its look and is wanted now.

        So does a `lastmod` after its last check, unless `doubts` says that the source's are wrong.
        `taken` is the URL that represents its story.
        """
        now = self._clock.now
        # Today's profile may accept what an earlier one refused.
        unchecked = entry.state == "refused" and not entry.checks
        waiting = entry.state in ("skipped", "alias") or unchecked
        if waiting and link.skipped is None and link.refused is None:
            if taken is None or taken.id == entry.id:
                self.move(entry, "announced", "due", due_at=now, why="new")
            elif entry.state != "alias":
                self.move(entry, "announced", "alias", due_at=None, why="same_story")
            else:
                return entry
        elif _changed_since(entry, link.lastmod, now) and not self._is_due(entry):
            if doubts():
                counts["lastmod_doubted"] += 1
                self._note_doubt(entry)
            else:
                self.move(entry, "announced", entry.state, due_at=now, why="lastmod")
                update_row(self._db, "urls", entry.id, lastmod=instant(link.lastmod))
        else:
            return entry
        return self._row(entry.id)

    def _note_doubt(self, entry: Entry) -> None:
        """Note once per check that a `lastmod` was not believed; the story is due as before."""
        if entry.next_check_at is not None and entry.due_reason != "lastmod_doubted":
            due_at = entry.next_check_at
            self.move(entry, "announced", entry.state, due_at=due_at, why="lastmod_doubted")

    def _doubts_lastmod(self, listed: Iterable[int]) -> bool:
        """Whether the times of modification of these URLs were wrong: by the checks after them."""
        ids = list(listed)
        (checks, quiet), *_ = self._db.conn.execute(
            f"""SELECT count(*), coalesce(sum(outcome IN ('unchanged', 'not_modified')), 0) FROM (
                SELECT c.outcome FROM checks a JOIN checks c ON c.id = (
                    SELECT min(n.id) FROM checks n WHERE n.url_id = a.url_id AND n.id > a.id
                        AND n.outcome IN ('kept', 'unchanged', 'not_modified'))
                WHERE a.url_id IN ({",".join("?" * len(ids))}) AND a.outcome = 'announced'
                    AND a.due_reason IN ('lastmod', 'lastmod_doubted')
                ORDER BY a.id DESC LIMIT ?)""",  # noqa: S608 - question marks
            [*ids, LASTMOD_WINDOW],
        )
        return bool(checks >= LASTMOD_CHECKS and quiet >= LASTMOD_WRONG * checks)

    def _entries(self, where: str, values: Any, order: str = "id") -> Iterator[Entry]:
        statement = f"SELECT {_COLUMNS} FROM urls WHERE {where} ORDER BY {order}"  # noqa: S608
        # All at once: callers write to the table while they go through the entries.
        return (record(Entry, row) for row in named_rows(self._db, statement, values))

    def _row(self, url_id: int) -> Entry:
        return next(self._entries("id = ?", [url_id]))


def _first_state(link: Announcement, *, taken: bool, buried: bool) -> tuple[str, str | None]:
    """Return the state of a new URL and its reason."""
    if buried:
        return "refused", "taken_down"
    if link.refused is not None:
        return "refused", link.refused
    if taken:
        return "alias", "same_story"
    if link.skipped is not None:
        return "skipped", link.skipped
    return "due", None


def _changed_columns(before: Entry, check: Check, *, replaces: bool) -> dict[str, Any]:
    """Return what a check changes in its URL's row, beside the state."""
    quiet, failures = _in_a_row(before, check.outcome)
    changed = {
        "reason": check.reason,
        "last_checked_at": instant(check.checked_at),
        "next_check_at": instant(check.next_check_at),
        "due_reason": check.due_reason,
        "checks": before.checks + (not replaces),
        "quiet_checks": quiet,
        "failures": max(0, failures - replaces),
        "article_id": check.article_id or before.article_id,
        "etag": check.etag,
        "last_modified": check.last_modified,
    }
    if check.outcome == "source":
        changed["lastmod"] = instant(check.lastmod)
    return changed


def _in_a_row(before: Entry, outcome: str) -> tuple[int, int]:
    """Return the checks in a row without a change, and those that failed, after this outcome."""
    failed = outcome in ("failed", "refused")
    quiet = before.quiet_checks if failed or outcome in _QUIET else 0
    failures = before.failures + 1 if failed or outcome == "gone" else 0
    return quiet + (outcome in _QUIET), failures


def _changed_validators(before: Entry, check: Check) -> dict[str, str]:
    """Return the validators that a check changed; empty for one that is no longer sent."""
    old = {"etag": before.etag, "last_modified": before.last_modified}
    return {name: getattr(check, name) or "" for name in old if getattr(check, name) != old[name]}


def _changed_since(entry: Entry, lastmod: datetime | None, now: datetime) -> bool:
    """Whether a source says that a kept page changed after its last check."""
    checked = entry.last_checked_at
    if lastmod is None or checked is None or entry.state not in ("kept", "unchanged"):
        return False
    return checked < lastmod <= now


def _other_second(now: datetime, written: str) -> str | None:
    """Return the system time where the archive's is another second."""
    own = instant(now)
    return own if own[:19] != written[:19] else None
