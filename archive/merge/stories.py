"""Articles of several archives as one: the row of each, and which revisions its history has.

A story that stands in one input keeps its history as it is, and so does one of whose history one
input has all; others are replayed by `archive.merge.histories`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.database.rows import named_rows
from archive.database.schema import LISTS
from archive.merge.histories import Planned, Seen, in_order, merged
from archive.merge.inputs import Input, reading
from archive.merge.numbering import Members, blocks
from archive.merge.partial import Items, Partial, in_batches
from archive.revisions.changes import changed_fields, correction_note

RIGHTS_ELSEWHERE, TEXTS_ELSEWHERE = 1, 2
"""What of an article's rows in an input is not copied as it is (numbers `elsewhere`)."""

_REVISIONS = """SELECT r.id, r.number, r.kind, r.observed_at, r.digest, r.extractor, r.layout,
    r.snapshot_id, (SELECT s.fetched_at FROM snapshots s WHERE s.id = r.snapshot_id AND EXISTS
        (SELECT 1 FROM captures k WHERE k.url_id = s.url_id AND k.digest = s.digest)) AS captured_at
    FROM revisions r WHERE r.article_id = ? ORDER BY r.number"""
_CHECKS = """SELECT c.id, c.checked_at, c.outcome, u.url
    FROM urls u CROSS JOIN checks c ON c.url_id = u.id
    WHERE u.site = ? AND u.key = ? AND c.outcome IN ('kept', 'unchanged', 'not_modified', 'gone')
    ORDER BY c.checked_at, c.id"""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """What one input has of a story."""

    input: Input
    article: Row | None
    """None for a story that it found gone, and never kept."""
    revisions: Sequence[Row]
    checks: Sequence[Row]

    @property
    def facts(self) -> set[tuple[Any, ...]]:
        """What it knows, for comparing with what another one knows."""
        known: set[tuple[Any, ...]] = {
            (r["observed_at"], r["number"], r["digest"], r["kind"]) for r in self.revisions
        }
        return known.union((c["checked_at"],) for c in self.checks)


def write(partial: Partial, inputs: Sequence[Input], advance: Callable[[int], None]) -> None:
    """Write the articles, and the plan of the revisions of those in several inputs."""
    in_batches(partial, "articles", _Stories(partial, inputs).items(), advance)


class _Stories:
    def __init__(self, partial: Partial, inputs: Sequence[Input]) -> None:
        self._partial = partial
        self._inputs = {each.number: each for each in inputs}
        self._dead = set(partial.execute("SELECT site, key FROM tombstones").fetchall())

    def items(self) -> Items:
        after = self._partial.last("articles", 0)
        for block in blocks(self._partial, self._inputs, "articles", after=after):
            gone = self._gone([rows[0] for _new, _members, rows in block])
            for new, members, rows in block:
                story = (rows[0]["site"], rows[0]["key"])
                self._write(new, members, rows, gone.get(story, []))
                yield {0: new}, 1

    def _write(self, new: int, members: Members, rows: Sequence[Row], gone: list[int]) -> None:
        """Write an article; the inputs `gone` found its story gone, and never kept it."""
        first = min(rows, key=lambda row: row["first_seen_at"])
        row = dict(first) | {"id": new}
        if (row["site"], row["key"]) in self._dead:
            self._elsewhere(members, TEXTS_ELSEWHERE)
            row |= {"revision": 0, "opted_out": None, "published_at": None, "listed_at": None}
        elif len(members) > 1 or gone:
            shares = [
                self._share(self._inputs[number], article)
                for (number, _old), article in zip(members, rows, strict=True)
            ]
            shares += [self._found_gone(number, row) for number in gone]
            row |= self._merged(new, members, shares)
        self._partial.write_row("articles", row)

    def _elsewhere(self, members: Members, what: int) -> None:
        self._partial.renumber("elsewhere", [(number, old, what) for number, old in members])

    def _gone(self, stories: Sequence[Row]) -> dict[tuple[str, str], list[int]]:
        """Return by story, of these, the inputs that found it gone, and never kept it."""
        statement = f"""SELECT site, key, input FROM merging_gone
            WHERE (site, key) IN (VALUES {", ".join(["(?, ?)"] * len(stories))}) ORDER BY input"""
        names = [name for story in stories for name in (story["site"], story["key"])]
        found: dict[tuple[str, str], list[int]] = {}
        for site, key, number in self._partial.execute(statement, names):
            found.setdefault((site, key), []).append(number)
        return found

    def _found_gone(self, number: int, story: Row) -> _Share:
        found = self._inputs[number]
        with reading(found.path):
            checks = named_rows(found.db, _CHECKS, [story["site"], story["key"]])
        return _Share(input=found, article=None, revisions=(), checks=checks)

    def _merged(self, new: int, members: Members, shares: Sequence[_Share]) -> dict[str, Any]:
        """Plan the history of a story that several inputs know; return the columns of its article
        that follow from it.
        """
        columns = {"opted_out": self._merge_rights(new, shares)}
        known = [share.facts for share in shares]
        every = set().union(*known)
        whole = next(
            (share for share, own in zip(shares, known, strict=True) if own == every), None
        )
        self._elsewhere(members, TEXTS_ELSEWHERE)
        if whole is not None and whole.article is not None:
            owner = (whole.input.number, whole.article["id"])
            self._elsewhere([owner], RIGHTS_ELSEWHERE)
            names = ("removed_at", "revision", "published_at", "listed_at")
            return columns | {name: whole.article[name] for name in names}
        return columns | self._plan(new, shares)

    def _share(self, found: Input, article: Row) -> _Share:
        with reading(found.path):
            revisions = named_rows(found.db, _REVISIONS, [article["id"]])
            checks = named_rows(found.db, _CHECKS, [article["site"], article["key"]])
        return _Share(input=found, article=article, revisions=revisions, checks=checks)

    def _plan(self, new: int, shares: Sequence[_Share]) -> dict[str, Any]:
        seen = _explained([list(_seen(share)) for share in shares], shares)
        planned = merged(_present(in_order(seen), shares))
        before: dict[str, Any] | None = None
        for number, each in enumerate(planned, 1):
            after = self._text(each)
            self._partial.execute(
                "INSERT INTO merging_revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(each.at, new, number, each.archive, each.revision, each.kind),
                    *_change(each, before, after),
                ),
            )
            before = after
        for share in shares:
            self._correct_outcomes(share, {each.at for each in planned})
        assert before is not None
        return {
            "removed_at": _removed_at(planned),
            "revision": len(planned),
            "published_at": before["published_at"],
            "listed_at": None,  # follows from the revision
        }

    def _text(self, planned: Planned) -> dict[str, Any]:
        found = self._inputs[planned.archive]
        with reading(found.path):
            statement = "SELECT * FROM revisions WHERE id = ?"
            (row,) = named_rows(found.db, statement, [planned.revision])
            return row | {name: json.loads(row[name]) for name in LISTS}

    def _correct_outcomes(self, share: _Share, written: set[str]) -> None:
        """Note the checks that made a revision there, and do not here, and the other way round."""
        made = {row["observed_at"] for row in share.revisions if row["kind"] != "technical"}
        for check in share.checks:
            at, outcome = check["checked_at"], check["outcome"]
            corrected = outcome
            if outcome == "kept" and at in made and at not in written:
                corrected = "unchanged"
            elif outcome in ("unchanged", "not_modified") and at in written - made:
                corrected = "kept"
            if corrected != outcome:
                self._partial.execute(
                    "INSERT OR REPLACE INTO merging_outcomes VALUES (?, ?, ?)",
                    (share.input.number, check["id"], corrected),
                )

    def _merge_rights(self, new: int, shares: Sequence[_Share]) -> str | None:
        """Write from when on a story opts out: as long as it does in any input."""
        statement = "SELECT since, rule FROM rights WHERE article_id = ? ORDER BY id"
        changes: list[tuple[str, int, str | None]] = []
        known: set[str] = set()
        for share in shares:
            number = share.input.number
            if share.article is None:
                continue
            with reading(share.input.path):
                rows = share.input.db.conn.execute(statement, (share.article["id"],)).fetchall()
            changes += [
                (since, number, rule)
                for since, rule in rows
                if not (share.input.is_base and since in known)
            ]
            known.update(since for since, _rule in rows)
        present: dict[int, str | None] = {}
        rule: str | None = None
        for since, number, changed in sorted(changes, key=lambda each: each[:2]):
            present.pop(number, None)
            present[number] = changed
            strictest = next((r for r in reversed(present.values()) if r is not None), None)
            if strictest != rule:
                rule = strictest
                self._partial.execute(
                    "INSERT OR REPLACE INTO merging_rights VALUES (?, ?, ?)", (since, new, rule)
                )
        return rule


def _seen(share: _Share) -> Iterator[Seen]:
    """Yield what an input saw of a story: its revisions, and between them the checks that found
    the story as it was.
    """
    state: Seen | None = None
    removed, snapshot_id = False, None
    checks = iter([*share.checks, None])
    check = next(checks)
    for row in [*share.revisions, None]:
        while check is not None and (row is None or check["checked_at"] < row["observed_at"]):
            if state is None and check["outcome"] == "gone":
                yield _never_seen(share.input.number, check)
            elif state is not None and check["checked_at"] > state.at:
                yield from _seen_again(state, check, removed=removed)
            check = next(checks)
        if row is None:
            return
        reread = row["kind"] == "technical" and row["snapshot_id"] == snapshot_id is not None
        state = Seen(
            at=row["observed_at"],
            archive=share.input.number,
            revision=row["id"],
            kind=row["kind"],
            digest=row["digest"],
            extractor=row["extractor"],
            layout=row["layout"],
            before=None if state is None else (state.digest, removed),
            reread=reread,
            captured_at=row["captured_at"],
        )
        yield state
        snapshot_id = row["snapshot_id"]
        if row["kind"] != "technical":
            removed = row["kind"] == "removed"


def _never_seen(archive: int, check: Row) -> Seen:
    """Return that a story is gone, by an archive that had no text of it."""
    return Seen(
        at=check["checked_at"],
        archive=archive,
        revision=0,
        kind="removed",
        digest="",
        extractor="",
        layout="",
        before=None,
        reread=False,
        check=check["id"],
    )


def _seen_again(state: Seen, check: Row, *, removed: bool) -> Iterator[Seen]:
    """Yield the story as it was before, at the time of a check; nothing where the check says
    something else, such as that one of several addresses is gone.
    """
    if removed != (check["outcome"] == "gone"):
        return
    yield Seen(
        at=check["checked_at"],
        archive=state.archive,
        revision=state.revision,
        kind="removed" if removed else state.kind,
        digest=state.digest,
        extractor=state.extractor,
        layout=state.layout,
        before=state.before,
        reread=False,
        check=check["id"],
    )


def _explained(seen: list[list[Seen]], shares: Sequence[_Share]) -> list[list[Seen]]:
    """Drop from the archive that is updated what an input saw itself at that time."""
    known = {
        each.at
        for own, share in zip(seen, shares, strict=True)
        for each in own
        if not share.input.is_base
    }
    return [
        [each for each in own if not (share.input.is_base and each.at in known)]
        for own, share in zip(seen, shares, strict=True)
    ]


_FOUND = ("kept", "unchanged", "not_modified")


def _present(seen: Iterator[Seen], shares: Sequence[_Share]) -> Iterator[Seen]:
    """Drop that a story is gone where only one of its addresses is, and another leads to it."""
    checks = sorted(
        (check["checked_at"], share.input.number, check["url"], check["outcome"])
        for share in shares
        for check in share.checks
    )
    if len({url for _at, _number, url, _outcome in checks}) < 2:
        yield from seen
        return
    leads: dict[str, bool] = {}
    upcoming = iter([*checks, None])
    check = next(upcoming)
    for each in seen:
        while check is not None and check[0] <= each.at:
            leads[check[2]] = check[3] in _FOUND
            check = next(upcoming)
        if each.kind != "removed" or not any(leads.values()):
            yield each


def _change(planned: Planned, before: Row | None, after: Row) -> tuple[Any, ...]:
    """Return (changed, returns_to, correction) of a planned revision."""
    if planned.kind == "removed":
        return "[]", None, None
    if planned.same_as_there:
        return after["changed"], planned.returns_to, after["correction"]
    changed = changed_fields(before, after) if before is not None else ()
    note = None if planned.kind == "technical" else correction_note(before, after)
    return json.dumps(changed), planned.returns_to, note


def _removed_at(planned: Sequence[Planned]) -> str | None:
    last = next(each for each in reversed(planned) if each.kind != "technical")
    return last.at if last.kind == "removed" else None
