"""The ledger of several archives as one: addresses, and what follows from all of their checks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archive.database.rows import insert_row, named_rows, update_row, value
from archive.ledger.ledger import ALIVE, MERGED, MOVES
from archive.merge.inputs import Input, dangling
from archive.merge.numbering import Members, blocks, shared
from archive.merge.partial import Items, Partial, in_batches

_QUIET = ("unchanged", "not_modified")
_FAILED = ("failed", "refused")
_SECOND = 19
"""Characters of a time in UTC to the second."""


class Addresses:
    """The steps that write the table `urls`."""

    def __init__(self, partial: Partial, inputs: Sequence[Input]) -> None:
        self._partial = partial
        self._inputs = {each.number: each for each in inputs}

    def copy(self, advance: Callable[[int], None]) -> None:
        """Write each address: as it is where one input has it, else as it was first announced."""

        def items() -> Items:
            after = self._partial.last("urls", 0)
            for block in blocks(self._partial, self._inputs, "urls", after=after):
                for new, members, rows in block:
                    self._partial.write_row("urls", self._row(members, rows) | {"id": new})
                    yield {0: new}, 1

        in_batches(self._partial, "urls", items(), advance)

    def _row(self, members: Members, rows: list[dict[str, Any]]) -> dict[str, Any]:
        for (number, _old), row in zip(members, rows, strict=True):
            row["article_id"] = self._article(self._inputs[number], row)
        rows.sort(key=lambda row: row["first_seen_at"])
        first: dict[str, Any] = rows[0]
        for name in ("announced_by", "published_at", "article_id"):
            first[name] = next((row[name] for row in rows if row[name] is not None), None)
        if len(rows) > 1:
            times = [row["lastmod"] for row in rows if row["lastmod"] is not None]
            first["lastmod"] = max(times, default=None)
        return first

    def _article(self, found: Input, row: dict[str, Any]) -> int | None:
        old: int | None = row["article_id"]
        if old is None:
            return None
        numbers = self._partial.numbers("articles", found.number)
        if not 0 < old < len(numbers) or not numbers[old]:
            raise dangling(found.path, "urls", row["id"])
        return numbers[old]

    def join(self) -> None:
        """Write what follows from all checks of an address together; in one transaction, as what
        it adds to the checks is to be added once.
        """
        for number in shared(self._partial, "urls"):
            self._join(number)
        self._name_articles()
        self._bury()
        self._follow_aliases()
        self._partial.execute(_VALIDATORS)

    def _join(self, number: int) -> None:
        """Write the state of an address that stands in several inputs by its newest check, as
        reading the ledger as of a later time shows it.
        """
        checks = named_rows(
            self._partial.db, "SELECT * FROM checks WHERE url_id = ? ORDER BY id", [number]
        )
        if not checks:
            return
        last = checks[-1]
        requested = [check for check in checks if check["bytes"] is not None]
        quiet, failures = _in_a_row(checks)
        columns = {name: last[name] for name in ("state", "reason", "next_check_at", "due_reason")}
        columns |= {name: _newest(checks, name) for name in ("etag", "last_modified")}
        columns |= {"checks": len(requested), "quiet_checks": quiet, "failures": failures}
        if requested:
            at = requested[-1]["checked_at"][:_SECOND] + "+00:00"
            columns["last_checked_at"] = requested[-1]["asked_at"] or at
        update_row(self._partial.db, "urls", number, **columns)

    def _name_articles(self) -> None:
        """Name a story's article at all its addresses, whichever input had them."""
        self._partial.execute(
            """UPDATE urls SET article_id = (SELECT a.id FROM articles a
                WHERE a.site = urls.site AND a.key = urls.key)
            WHERE article_id IS NULL AND state != 'source'"""
        )

    def _bury(self) -> None:
        """Refuse the addresses of stories that were taken down in another input."""
        rows = named_rows(
            self._partial.db,
            """SELECT u.id, t.taken_down_at AS at FROM tombstones t
            JOIN urls u ON u.site = t.site AND u.key = t.key
            WHERE u.due_reason IS NOT 'taken_down' ORDER BY u.id""",
        )
        for row in rows:
            self._move(row["id"], row["at"], "refused", "taken_down")

    def _follow_aliases(self) -> None:
        """Let one address represent a story whose others were known to other inputs only."""
        marks = ", ".join(map(repr, ALIVE))
        rank = "CASE WHEN {0}.state IN ('kept', 'unchanged') THEN 0 ELSE 1 END, {0}.id"
        pairs = named_rows(
            self._partial.db,
            f"""SELECT u.id, u.url, v.url AS other, u.site, u.first_seen_at AS at
            FROM urls u JOIN urls v ON v.site = u.site AND v.key = u.key AND v.id != u.id
            WHERE u.state IN ({marks}) AND v.state IN ({marks})
                AND ({rank.format("v")}) < ({rank.format("u")}) ORDER BY u.id""",
        )
        for pair in pairs:
            if not self._is_known_together(pair):
                self._move(pair["id"], pair["at"], "alias", "same_story")

    def _is_known_together(self, pair: Mapping[str, Any]) -> bool:
        """Whether one input has both addresses of a story, and has decided between them."""
        both = "SELECT count(*) FROM urls WHERE site = ? AND url IN (?, ?)"
        given = (pair["site"], pair["url"], pair["other"])
        return any(
            value(each.db, both, *given) == len(given) - 1
            for each in self._inputs.values()
            if not each.is_base
        )

    def _move(self, number: int, at: str, state: str, why: str) -> None:
        """Change the state of an address without a request, as of its last check."""
        last = value(
            self._partial.db, "SELECT max(checked_at) FROM checks WHERE url_id = ?", number
        )
        update_row(
            self._partial.db,
            "urls",
            number,
            state=state,
            reason=why,
            next_check_at=None,
            due_reason=why,
        )
        check = {
            "url_id": number,
            "checked_at": max(at, last or at),
            "outcome": MERGED,
            "reason": why,
            "conditional": 0,
            "state": state,
            "due_reason": why,
        }
        insert_row(self._partial.db, "checks", check)


_VALIDATORS = """WITH sent AS MATERIALIZED (
        SELECT u.site, c.id, c.url_id, c.status IS 304 AS answered
        FROM checks c JOIN urls u ON u.id = c.url_id
        WHERE c.conditional AND c.outcome != 'source'),
    last AS MATERIALIZED (SELECT site, max(id) AS id FROM sent WHERE answered GROUP BY site)
    INSERT INTO validators (site, asked, answered, unanswered, bytes_saved)
    SELECT s.site, count(*), sum(s.answered), sum(s.id > coalesce(l.id, 0)),
        sum(iif(s.answered, coalesce((SELECT p.bytes FROM checks p
            WHERE p.url_id = s.url_id AND p.id < s.id AND p.bytes > 0
            ORDER BY p.id DESC LIMIT 1), 0), 0))
    FROM sent s LEFT JOIN last l ON l.site = s.site GROUP BY s.site"""
"""What conditional requests were worth, by the checks of all inputs together."""


def _newest(checks: Sequence[Mapping[str, Any]], name: str) -> Any:
    """Return a validator by the newest check that changed it; empty for none any more."""
    found = (check[name] for check in reversed(checks) if check[name] is not None)
    return next(found, None) or None


def _in_a_row(checks: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return the checks in a row without a change, and those that failed, after these.

    Captures of others change neither: one may be the capture of a check that is here as well.
    """
    quiet = failures = 0
    for check in checks:
        outcome = check["outcome"]
        if outcome == "doubted":
            failures = 1
        elif outcome == "reread":
            failures = 0
        if outcome in MOVES or check["bytes"] is None:
            continue
        if outcome in _QUIET:
            quiet += 1
        elif outcome not in _FAILED:
            quiet = 0
        if outcome in _FAILED or outcome == "gone":
            failures += 1
        else:
            failures = 0
    return quiet, failures
