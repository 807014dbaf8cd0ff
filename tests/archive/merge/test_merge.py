"""Several archives as one: what one archive that did all the crawls would have written, whatever
the order of the inputs, and however often it is done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive
from archive.maintenance.verify import verify
from archive.syndication import queries
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    edited,
    keep,
    link,
    new_archive,
    rows,
    story,
    take_down,
    url_of,
    value,
)
from tests.archive.merge.worlds import (
    LATER,
    MACHINES,
    Step,
    content,
    dump,
    lived,
    merged,
    removed,
    steps,
)
from tests.archive.removals import REASON, SECRETS, put, traces


def problems(path: Path) -> list[str]:
    with Archive(path, read_only=True) as archive:
        return [problem for finding in verify(archive) for problem in finding.problems]


FEW = settings(max_examples=settings.default.max_examples // 8)
"""Each example makes up to a dozen archives."""


@FEW
@given(steps)
def test_archives_of_many_machines_become_the_one_that_did_all_their_crawls(
    life: Sequence[Step],
) -> None:
    with (
        TemporaryDirectory() as name,
        lived(Path(name), life, machines=MACHINES) as many,
        lived(Path(name), life, machines=1) as (one,),
    ):
        out = Path(name) / "all.db"
        merged(out, many)
        # Machines keep a page each where one archive knew the text already.
        assert content(out, "pages") == content(one, "pages")
        assert problems(out) == []


@FEW
@given(steps, st.permutations(range(MACHINES)))
def test_the_order_of_the_archives_and_merging_a_merge_again_change_no_row(
    life: Sequence[Step], order: Sequence[int]
) -> None:
    with TemporaryDirectory() as name, lived(Path(name), life, machines=MACHINES) as many:
        folder = Path(name)
        outs = [folder / f"out-{number}.db" for number in range(3)]
        merged(outs[0], many)
        merged(outs[1], [many[number] for number in order])
        assert dump(outs[1]) == dump(outs[0])
        merged(outs[2], [outs[0], *many])
        assert content(outs[2]) == content(outs[0])


@FEW
@given(steps, steps)
def test_an_update_is_what_merging_anew_would_be(
    life: Sequence[Step], more: Sequence[Step]
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with lived(folder / "early", life, machines=MACHINES) as early:
            merged(folder / "all.db", early)
        with lived(folder / "late", [*life, *more], machines=MACHINES) as late:
            merged(folder / "all.db", late, update=True)
            merged(folder / "anew.db", late)
        assert content(folder / "all.db") == content(folder / "anew.db")
        before = (folder / "all.db").stat().st_mtime_ns
        assert not merged(folder / "all.db", late, update=True).changed
        assert (folder / "all.db").stat().st_mtime_ns == before
        assert problems(folder / "all.db") == []


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_story_that_was_taken_down_in_one_archive_is_nowhere_in_the_merged_file(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    for path in paths:
        with new_archive(path) as archive:
            for number in (1, 2, 3, 4, 5, 6):
                text = SECRETS[0] if number == 3 else f"Kabar biasa nomor {number}."
                put(archive, number, text, hours=number)
    with Archive(paths[1]) as archive:
        packed = [row["packed"] for row in archive.db.query("SELECT packed FROM snapshots")]
        assert archive.db.execute("SELECT count(*) FROM dictionaries").fetchone() == (1,)
    removed(paths[0], 3, at=NOW + DAY)
    out = tmp_path / "all.db"
    report = merged(out, [paths[number] for number in order], clusters=True)
    assert traces(out, packed[2:3]) == []
    assert (report.stories, report.tombstones) == (5, 1)
    assert problems(out) == []
    with Archive(out, read_only=True) as archive:
        (row,) = archive.db.query("SELECT * FROM urls WHERE key = ?", [f"{SITE}-3"])
        assert (row["state"], row["reason"]) == ("refused", "taken_down")
        assert row["next_check_at"] is None
    assert REASON not in dump(out)


def test_syndication_is_found_across_the_archives(tmp_path: Path) -> None:
    paths = []
    text = "\n\n".join(f"Kalimat nomor {n} tentang pasar di tepi sungai itu." for n in range(40))
    for site in ("kabar", "warta"):
        paths.append(tmp_path / f"{site}.db")
        with new_archive(paths[-1]) as archive:
            keep(archive, story(1, site=site, body=text))
    assert merged(tmp_path / "all.db", paths, clusters=True).clusters == 1
    with Archive(tmp_path / "all.db", read_only=True) as archive:
        (found,) = queries.clusters(archive.db, least=2, sites=(), since=None)
        assert found["members"] == 2
        assert len(list(archive.search("pasar sungai").hits)) == 2


def test_pages_are_copied_as_they_are_packed_and_read_as_they_were(tmp_path: Path) -> None:
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    bodies = set()
    for place, path in enumerate(paths):
        with new_archive(path) as archive:
            for number in range(1, 8):
                text = f"Kabar {number} dari mesin {place}."
                snapshot = put(archive, 10 * place + number, text, hours=number)
                bodies.add(archive.page(snapshot).body)
    merged(tmp_path / "all.db", paths)
    with Archive(tmp_path / "all.db", read_only=True) as archive:
        numbers = [row["id"] for row in archive.db.query("SELECT id FROM snapshots")]
        assert {archive.page(number).body for number in numbers} == bodies
        names = [row["name"] for row in archive.db.query("SELECT name FROM dictionaries")]
        assert names == [f"{SITE}-1", f"{SITE}-2"]
        ages = [row["kept_at"] for row in archive.db.query("SELECT kept_at FROM snapshots")]
        assert ages == sorted(ages)  # what is newest by number is newest by time


def test_another_extractor_of_another_machine_makes_no_edit_of_the_publishers(
    tmp_path: Path,
) -> None:
    """Both machines check the story by turns; each reads it by an extractor of its own."""
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    for place, path in enumerate(paths):
        article = story(1, body=f"Isi dibaca oleh mesin {place}.", extractor=f"kabar-{place}")
        with new_archive(path) as archive:
            announce(archive, link(1), at=NOW)
            for turn in range(4):
                keep(archive, article, at=NOW + (2 * turn + place) * HOUR)
            late = edited(article, body=f"Isi yang disunting, dibaca oleh mesin {place}.")
            keep(archive, late, at=NOW + DAY + place * HOUR)
    merged(tmp_path / "all.db", paths)
    with Archive(tmp_path / "all.db", read_only=True) as archive:
        kinds = [(r.kind, r.article.extractor) for r in archive.revisions(1)]
    assert kinds == [
        ("first", "kabar-0"),
        ("technical", "kabar-1"),
        ("publisher", "kabar-0"),
        ("publisher", "kabar-1"),
    ]


def test_a_corrected_text_that_both_saw_is_one_revision_and_a_return_is_found(
    tmp_path: Path,
) -> None:
    """The second machine sees an edit; the first one checks later, and finds the old text again."""
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    with new_archive(paths[0]) as archive:
        announce(archive, link(1), at=NOW)
        keep(archive, story(1), at=NOW)
        keep(archive, story(1), at=NOW + 2 * HOUR)
    with new_archive(paths[1]) as archive:
        announce(archive, link(1), at=NOW)
        keep(archive, edited(story(1), body="Teks lain."), at=NOW + HOUR)
    report = merged(tmp_path / "all.db", paths)
    assert (report.joined, report.stories) == (1, 1)
    with Archive(tmp_path / "all.db", read_only=True) as archive:
        found = [(r.kind, r.changed, r.returns_to) for r in archive.revisions(1)]
        outcomes = [row["outcome"] for row in archive.db.query("SELECT outcome FROM checks")]
    assert found == [
        ("first", (), None),
        ("publisher", ("body",), None),
        ("publisher", ("body",), 1),
    ]
    assert outcomes == ["kept", "kept", "kept"]


def _captured(path: Path, text: str, *, captured: datetime, imported: datetime) -> None:
    """An archive into which a web archive with a page of story 1 was imported."""
    with new_archive(path) as archive:
        keep(archive, story(1, body=text), at=imported)
        at = captured.isoformat()
        with archive.db.conn as db:
            db.execute("UPDATE snapshots SET fetched_at = ?", (at,))
            db.execute("UPDATE checks SET outcome = 'imported'")
            columns = archive.db.conn.execute(
                "SELECT name, type FROM pragma_table_info(?)", ("imported_files",)
            ).fetchall()
            row = [1 if kind == "INTEGER" else at for _name, kind in columns]
            db.execute(f"INSERT INTO imported_files VALUES ({', '.join('?' * len(row))})", row)
            db.execute(
                """INSERT INTO captures (file_id, offset, url_id, captured_at, digest, outcome)
                SELECT 1, 0, url_id, fetched_at, digest, 'new' FROM snapshots"""
            )


@pytest.mark.parametrize(
    ("captured", "kinds"),
    [
        (NOW - DAY, ["first", "removed"]),  # older than what a crawl saw
        (NOW + HOUR, ["first", "removed"]),  # between two crawls
        (NOW + 2 * DAY, ["first", "removed", "restored"]),
    ],
)
def test_a_page_of_a_web_archive_is_no_later_than_its_capture(
    tmp_path: Path, captured: datetime, kinds: list[str]
) -> None:
    """It was imported after another machine had seen the story change, and been taken down."""
    crawled, imported = tmp_path / "crawled.db", tmp_path / "imported.db"
    with new_archive(crawled) as archive:
        keep(archive, story(1), at=NOW)
        take_down(archive, story(1), at=NOW + DAY)
    _captured(imported, "Isi lama.", captured=captured, imported=NOW + 9 * DAY)
    merged(tmp_path / "all.db", [crawled, imported])
    with Archive(tmp_path / "all.db", read_only=True) as archive:
        assert rows(archive, "SELECT kind FROM revisions ORDER BY number") == [
            (kind,) for kind in kinds
        ]
        assert value(archive, "SELECT count(*) FROM snapshots") == 2  # the evidence stays


def test_readings_as_of_a_time_are_settled_up_to_the_smallest_of_the_clocks(tmp_path: Path) -> None:
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    for place, path in enumerate(paths):
        with new_archive(path) as archive:
            keep(archive, story(1 + place), at=NOW + place * DAY)
    merged(tmp_path / "all.db", paths)
    with Archive(tmp_path / "all.db", read_only=True) as archive:
        assert archive.settled(NOW - HOUR)
        assert not archive.settled(NOW + HOUR)
        assert archive.clock.latest() == NOW + DAY
        with archive.as_of(NOW) as past:
            assert len(list(past.articles())) == 1


def test_the_ledger_says_today_what_it_says_as_of_today(tmp_path: Path) -> None:
    """Also of an address that two machines announced for one story under other words."""
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    for place, path in enumerate(paths):
        with new_archive(path) as archive:
            own = url_of(7 + place)
            announce(archive, link(7 + place, key=f"{SITE}-7"), at=NOW + place * HOUR)
            keep(archive, story(7, url=own, canonical_url=url_of(7)), at=NOW + place * HOUR)
            check(archive, url_of(20 + place), "failed", at=NOW + DAY, reason="http_5xx")
    merged(tmp_path / "all.db", paths)
    query = "SELECT * FROM ledger ORDER BY url"
    with Archive(tmp_path / "all.db", read_only=True) as archive:
        today = list(archive.db.query(query))
        with archive.as_of(LATER) as later:
            assert list(later.db.query(query)) == today
    states = {row["url"]: row["state"] for row in today}
    assert states[url_of(7)] == "kept"
    assert states[url_of(8)] == "alias"


def test_the_manual_says_what_becomes_of_each_table() -> None:
    """A new table has to be decided on: in archive/merge, and in its chapter."""
    from archive.maintenance.values import _tables

    chapter = (Path(__file__).parents[3] / "scraper/cli/help/merging.md").read_text("utf-8")
    decided = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \|", chapter, re.M))))
    assert decided - {"search", "search_earlier"} == set(_tables())
