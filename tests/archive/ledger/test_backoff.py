"""What sites asked for, from one crawl to the next."""

from __future__ import annotations

import pytest

from archive import Archive, Wire
from archive.errors import ArchiveDamaged
from archive.maintenance.verify import verify
from archive.records import RobotsAnswer
from tests.archive.invented import DAY, HOUR, NOW, rows


def test_nothing_is_remembered_of_a_site_that_requested_nothing(archive: Archive) -> None:
    assert archive.backoffs.of("kabar") is None


def test_the_newest_wish_stands_in_place_of_the_one_before(archive: Archive) -> None:
    with archive.transaction(NOW):
        archive.backoffs.note("kabar", delay=4.0, quiet_until=NOW + DAY, reason="http_429")
    with archive.transaction(NOW + HOUR):
        archive.backoffs.note("kabar", delay=2.0, quiet_until=None, reason="http_5xx")
    wish = archive.backoffs.of("kabar")
    assert wish is not None
    assert (wish.delay, wish.quiet_until, wish.reason, wish.noted_at) == (
        2.0,
        None,
        "http_5xx",
        NOW + HOUR,
    )
    assert rows(archive, "SELECT count(*) FROM manners") == [(1,)]


def test_a_time_comes_back_as_it_was_written(archive: Archive) -> None:
    with archive.transaction(NOW):
        archive.backoffs.note("kabar", delay=0.0, quiet_until=NOW + DAY, reason="http_429")
    wish = archive.backoffs.of("kabar")
    assert wish is not None
    assert wish.quiet_until == (NOW + DAY).replace(microsecond=0)


def test_a_wish_is_forgotten(archive: Archive) -> None:
    with archive.transaction(NOW):
        archive.backoffs.note("kabar", delay=4.0, quiet_until=None, reason="http_429")
        archive.backoffs.forget("kabar")
    assert archive.backoffs.of("kabar") is None


def test_each_answer_for_robots_txt_stands_with_its_status_and_its_first_and_last_time(
    archive: Archive,
) -> None:
    answers = [
        (200, "User-agent: *", None),
        (404, "", None),
        (503, "", None),
        (None, "", "timeout"),
        (200, "User-agent: *", None),
    ]
    for turn, (status, body, reason) in enumerate(answers):
        with archive.transaction(NOW + turn * HOUR):
            archive.robots.record("www.kabar.example", status=status, body=body, reason=reason)
    with archive.transaction(NOW + DAY):
        archive.robots.record("www.kabar.example", status=None, body="", reason="timeout")
    times = [(NOW + turn * HOUR).isoformat() for turn in range(5)]
    assert rows(
        archive, "SELECT status, reason, fetched_at, last_seen_at FROM robots ORDER BY id"
    ) == [
        (200, None, times[0], times[4]),
        (404, None, times[1], times[1]),
        (503, None, times[2], times[2]),
        (None, "timeout", times[3], (NOW + DAY).isoformat()),
    ]


def test_the_answers_that_came_are_read_with_how_they_first_came_over_the_wire(
    archive: Archive,
) -> None:
    url, rules = "https://kabar.example/robots.txt", "User-agent: *"
    wires = [Wire(protocol="HTTP/1.1", headers=(("Age", str(turn)),)) for turn in range(2)]
    for turn, wire in enumerate(wires):
        with archive.transaction(NOW + turn * HOUR):
            archive.robots.record(
                "kabar.example", status=200, body=rules, reason=None, url=url, wire=wire
            )
            archive.robots.record("kabar.example", status=None, body="", reason="timeout")
    with archive.transaction(NOW + DAY):
        archive.robots.record("kabar.example", status=404, body="", reason=None)
    assert list(archive.robots.answers()) == [
        RobotsAnswer(
            url=url, status=200, text=rules, fetched_at=NOW, last_seen_at=NOW + HOUR, wire=wires[0]
        ),
        RobotsAnswer(url=url, status=404, text="", fetched_at=NOW + DAY, last_seen_at=NOW + DAY),
    ]


@pytest.mark.parametrize("column", ["wire", "fetched_at", "last_seen_at"])
def test_a_damaged_answer_is_an_error_that_names_it(archive: Archive, column: str) -> None:
    with archive.transaction(NOW):
        archive.robots.record("kabar.example", status=200, body="", reason=None)
    with archive.db.conn:
        archive.db.conn.execute(f"UPDATE robots SET {column} = '['")
    with pytest.raises(ArchiveDamaged, match="cannot be read"):
        list(archive.robots.answers())


def test_verify_names_an_answer_whose_wire_is_damaged(archive: Archive) -> None:
    with archive.transaction(NOW):
        archive.robots.record("kabar.example", status=200, body="", reason=None)
    assert all(finding.ok for finding in verify(archive))
    with archive.db.conn:
        archive.db.conn.execute("""UPDATE robots SET wire = '{"headers":7}'""")
    found = {finding.check: finding.problems for finding in verify(archive)}
    (problem,) = found["values"]
    assert problem.startswith("robots.txt of https://kabar.example/robots.txt cannot be read")
