"""The short tables of several archives as one: read whole, except for the dictionaries' bytes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from archive.database.rows import insert_row, named_rows
from archive.database.schema import FILL_LISTED
from archive.maintenance.takedown import Story, dictionaries_holding, snapshots_of
from archive.merge.inputs import Input, reading
from archive.merge.partial import GONE, Partial

Row = Mapping[str, Any]

FOLLOWING = (
    """UPDATE tombstones SET article_id = (SELECT a.id FROM articles a
        WHERE a.site = tombstones.site AND a.key = tombstones.key)""",
    FILL_LISTED + " WHERE a.listed_at IS NULL AND a.revision > 0",
)
"""Write the articles of the tombstones, and when stories are listed whose history was merged."""


def _rows(inputs: Iterable[Input], statement: str, *values: Any) -> list[tuple[Input, Row]]:
    """Return the rows of all inputs, each with its input."""
    found: list[tuple[Input, Row]] = []
    for each in inputs:
        with reading(each.path):
            found += [(each, row) for row in named_rows(each.db, statement, values)]
    return found


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {name: cell for name, cell in row.items() if name not in ("id", *names)}


def merged_archives(partial: Partial, inputs: Sequence[Input]) -> None:
    """Write which archives were merged, also earlier. Of each input, number 0 is the archive of its
    own crawls, and the others are those that it was merged from itself.
    """
    own = {
        each.number: {
            "identity": each.identity,
            "name": each.path.name,
            "content": each.content,
            "latest": each.latest,
        }
        for each in inputs
        if not each.is_base
    }
    known = {row["identity"] for row in own.values()}
    found = _rows(inputs, "SELECT * FROM merged_archives ORDER BY id")
    earlier = [row for each, row in found if not (each.is_base and row["identity"] in known)]
    every = {_key(row): row for row in chain(own.values(), earlier)}
    numbers: dict[tuple[Any, ...], int] = {}
    newest: dict[str, int] = {}
    for key in sorted(every):
        newest[key[0]] = numbers[key] = insert_row(
            partial.db, "merged_archives", _without(every[key])
        )
    here = [(number, 0, numbers[_key(row)]) for number, row in own.items()]
    here += [(each.number, row["id"], newest[row["identity"]]) for each, row in found]
    partial.renumber("merged_archives", here)


def _key(row: Row) -> tuple[Any, ...]:
    return row["identity"], row["latest"], row["content"]


def dictionaries(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy each dictionary once, by its digest, in the order in which they were made."""
    statement = """SELECT id, site, created_at, retired_at, digest, length(packed) AS size
        FROM dictionaries"""
    same: dict[tuple[str, str], list[tuple[Input, Row]]] = {}
    for each, row in _rows(inputs, statement):
        same.setdefault((row["site"], row["digest"]), []).append((each, row))
    made: dict[str, int] = {}
    for key in sorted(same, key=lambda key: (*_made(same[key]), key)):
        rows = same[key]
        site = key[0]
        made[site] = made.get(site, 0) + 1
        # The one that has its bytes: in another archive it may have been erased.
        whole, found = max(rows, key=lambda pair: (pair[1]["size"], -pair[0].number))
        with reading(whole.path):
            statement = "SELECT * FROM dictionaries WHERE id = ?"
            (row,) = named_rows(whole.db, statement, [found["id"]])
        retired = [r["retired_at"] for _, r in rows if r["retired_at"] is not None]
        row |= {
            "name": f"{site}-{made[site]}",
            "created_at": min(r["created_at"] for _, r in rows),
            "retired_at": min(retired, default=None),
        }
        number = insert_row(partial.db, "dictionaries", _without(row))
        partial.renumber("dictionaries", [(each.number, r["id"], number) for each, r in rows])


def _made(rows: Iterable[tuple[Input, Row]]) -> tuple[str, int]:
    """Return when a dictionary was made first; at one time, in the order of an archive."""
    return min((row["created_at"], row["id"]) for _, row in rows)


def tombstones(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy the tombstones, the earliest of each story, and mark what other inputs have of it."""
    dead: dict[tuple[str, str], Row] = {}
    for _each, row in _rows(inputs, "SELECT * FROM tombstones"):
        key = (row["site"], row["key"])
        dead[key] = min(row, dead.get(key, row), key=lambda r: (r["taken_down_at"], r["reason"]))
    for key in sorted(dead):
        insert_row(partial.db, "tombstones", {**dead[key], "article_id": None})
        story = Story(site=key[0], key=key[1], url=dead[key]["url"])
        for each in inputs:
            with reading(each.path):
                _mark(partial, each, story)


def _mark(partial: Partial, found: Input, story: Story) -> None:
    """Mark a story's pages as gone, and retire the dictionaries that hold one of them."""
    holding = dictionaries_holding(found.reader, story)
    numbers = partial.numbers("dictionaries", found.number)
    for number in holding:
        partial.execute("INSERT OR IGNORE INTO merging_retired VALUES (?)", (numbers[number],))
    statement = "SELECT id FROM articles WHERE site = ? AND key = ?"
    article = found.db.conn.execute(statement, (story.site, story.key)).fetchone()
    first_pages = snapshots_of(found.reader, story.site, story.key, article and article[0])
    for first in first_pages:
        pages = found.db.conn.execute(
            "SELECT id FROM snapshots WHERE ? IN (id, first_part_id)", (first,)
        )
        gone = [(found.number, number, GONE) for (number,) in pages]
        partial.renumber("snapshots", gone)


def robots(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy each answer once, with the first and the last time that it was given."""
    answers: dict[tuple[Any, ...], Row] = {}
    for _each, row in _rows(inputs, "SELECT * FROM robots"):
        key = (row["host"], row["status"] or 0, row["reason"] or "", row["digest"])
        known = answers.get(key, row)
        first = min(known, row, key=lambda answer: answer["fetched_at"])
        last = max(row["last_seen_at"], known["last_seen_at"])
        answers[key] = _without(first) | {"last_seen_at": last}
    for key in sorted(answers, key=lambda key: (answers[key]["fetched_at"], key)):
        insert_row(partial.db, "robots", answers[key])


def backoffs(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy what each site requested last. What the updated archive knows of a site that another
    input crawls may be over.
    """
    crawled = {row["site"] for each, row in _rows(inputs, _SITES) if not each.is_base}
    newest: dict[str, Row] = {}
    for each, row in _rows(inputs, "SELECT * FROM manners"):
        if each.is_base and row["site"] in crawled:
            continue
        known = newest.get(row["site"])
        if known is None or row["noted_at"] > known["noted_at"]:
            newest[row["site"]] = row
    for site in sorted(newest):
        insert_row(partial.db, "manners", newest[site])


_SITES = "SELECT DISTINCT site FROM crawls"


def furniture(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy what was learnt of each site, set by set, in the order of time: each set as it was in
    its archive, written as what differs from the set before it.
    """
    sets: dict[tuple[Any, ...], tuple[Input, Row]] = {}
    for each, row in _rows(inputs, "SELECT * FROM furniture_sets"):
        sets.setdefault((row["site"], row["learnt_at"], row["digest"], row["pages"]), (each, row))
    before: dict[str, dict[str, int]] = {}
    for key in sorted(sets, key=lambda key: (key[1], key)):
        each, row = sets[key]
        blocks = _blocks(each, row)
        number = insert_row(partial.db, "furniture_sets", _without(row))
        _write_blocks(partial, row["site"], number, before.get(row["site"], {}), blocks)
        before[row["site"]] = blocks


def _blocks(found: Input, of: Row) -> dict[str, int]:
    statement = """SELECT text, in_prose FROM furniture WHERE site = ? AND first_set <= ?
        AND (ended_set IS NULL OR ended_set > ?) ORDER BY text"""
    with reading(found.path):
        return dict(found.db.conn.execute(statement, (of["site"], of["id"], of["id"])).fetchall())


def _write_blocks(
    partial: Partial, site: str, number: int, before: Mapping[str, int], blocks: Mapping[str, int]
) -> None:
    end = "UPDATE furniture SET ended_set = ? WHERE site = ? AND text = ? AND ended_set IS NULL"
    for text in sorted(text for text in before if blocks.get(text) != before[text]):
        partial.execute(end, (number, site, text))
    for text in sorted(text for text in blocks if blocks[text] != before.get(text)):
        row = {"site": site, "text": text, "in_prose": blocks[text], "first_set": number}
        insert_row(partial.db, "furniture", row)


def drifts(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy the drifts, each once; one that ended in any input is over."""
    same = ("site", "layout", "extractor", "since")
    for row in _once(_rows(inputs, "SELECT * FROM drifts"), same, ended="ended_at"):
        insert_row(partial.db, "drifts", _without(row))


def alerts(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy the alerts, each once, with their messages. What was not delivered yet is left to the
    machine that noted it.
    """
    same = ("kind", "site", "layout", "day", "since", "why")
    found = _rows(inputs, "SELECT * FROM alerts")
    numbers: dict[tuple[Any, ...], int] = {}
    for row in _once(found, same, ended="ended_at"):
        numbers[tuple(row[name] for name in same)] = insert_row(partial.db, "alerts", _without(row))
    here = {
        (each.number, row["id"]): numbers[tuple(row[name] for name in same)] for each, row in found
    }
    statement = "SELECT * FROM alert_deliveries WHERE settled_at IS NOT NULL"
    deliveries = [
        (each, {**row, "alert_id": here[each.number, row["alert_id"]]})
        for each, row in _rows(inputs, statement)
    ]
    for row in _once(deliveries, ("alert_id", "target", "state"), ended="settled_at"):
        insert_row(partial.db, "alert_deliveries", _without(row))


def header_forms(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy what headers have in common, each form once; pages name it by its digest."""
    found = {row["digest"]: row for _each, row in _rows(inputs, "SELECT * FROM header_forms")}
    for digest in sorted(found):
        insert_row(partial.db, "header_forms", found[digest])


def imported_files(partial: Partial, inputs: Sequence[Input]) -> None:
    """Copy each file of captures that was imported once, from an archive that read it whole; what
    the others read of it is none of the result.
    """
    same: dict[tuple[Any, ...], list[tuple[Input, Row]]] = {}
    for each, row in _rows(inputs, "SELECT * FROM imported_files"):
        same.setdefault((row["digest"], row["terms"]), []).append((each, row))
    for key in sorted(same, key=lambda key: (min(r["began_at"] for _, r in same[key]), key)):
        chosen, row = min(same[key], key=lambda pair: (pair[1]["ended_at"] is None, pair[0].number))
        number = insert_row(partial.db, "imported_files", _without(row))
        partial.renumber("imported_files", [(each.number, r["id"], GONE) for each, r in same[key]])
        partial.renumber("imported_files", [(chosen.number, row["id"], number)])


def _once(rows: Sequence[tuple[Input, Row]], same: Sequence[str], *, ended: str) -> list[Row]:
    """Return each row once, in an order of its values; one that ended in any input, as it ended."""
    found: dict[tuple[Any, ...], Row] = {}
    for _each, row in rows:
        key = tuple((row[name] is not None, row[name]) for name in same)
        known = found.get(key)
        if known is None or (known[ended] is None and row[ended] is not None):
            found[key] = row
    since = "since" if "since" in same else ended
    return [found[key] for key in sorted(found, key=lambda key: (found[key][since] or "", key))]


STEPS: Sequence[Callable[[Partial, Sequence[Input]], None]] = (
    merged_archives,
    dictionaries,
    tombstones,
    robots,
    backoffs,
    furniture,
    drifts,
    alerts,
    header_forms,
    imported_files,
)
"""In their order: a tombstone retires dictionaries."""
