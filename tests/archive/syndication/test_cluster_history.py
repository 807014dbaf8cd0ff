"""The views of clusters: as they stand, as they stood, and what `warta verify` says of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive, Reader
from archive.maintenance.rebuild_clusters import rebuild
from archive.maintenance.verify import verify
from tests.archive.invented import DAY, HOUR, NOW, new_archive, rows
from tests.archive.syndication.syndicated import BODIES, LED_ANEW, SITES, ran, wire_on_three_sites
from tests.archive.syndication.wire import WIRE
from tests.examples import COSTLY

VIEWS = (
    "SELECT * FROM syndication ORDER BY article_id",
    "SELECT * FROM members ORDER BY article_id",
    "SELECT article_id, cluster_id FROM latest ORDER BY article_id",
)

State = list[list[tuple[object, ...]]]


def state_of(reader: Reader) -> State:
    return [reader.db.conn.execute(view).fetchall() for view in VIEWS]


def anew(archive: Archive) -> None:
    rebuild(archive, now=NOW + 30 * DAY, jobs=1, advance=lambda _count: None)


@COSTLY
@given(
    st.lists(
        st.tuples(
            st.sampled_from(SITES), st.integers(1, 2), st.sampled_from(BODIES), st.booleans()
        ),
        max_size=9,
    ),
    st.booleans(),
)
def test_the_clusters_of_every_time_read_for_ever_as_they_were_seen_then(
    steps: list[tuple[str, int, str, bool]], rebuilt: bool
) -> None:
    with new_archive() as archive:
        seen = {}
        for turn, (site, number, body, late) in enumerate(steps):
            ran(
                archive,
                body,
                site=site,
                number=number,
                published=NOW + DAY if late else NOW,
                at=NOW + turn // 2 * HOUR,
            )
            seen[archive.clock.latest()] = state_of(archive)
        if rebuilt:
            with archive.transaction(NOW):
                archive.db.conn.execute("UPDATE texts SET algorithm = 'lain/0'")
                archive.db.conn.execute("UPDATE members SET relation = 'copy', similarity = 0.5")
            anew(archive)
        for moment, state in seen.items():
            assert moment is not None
            with archive.as_of(moment) as past:
                assert state_of(past) == state, moment


def test_nothing_of_the_past_is_changed_by_a_rebuild_that_changes_everything(
    archive: Archive,
) -> None:
    wire_on_three_sites(archive)
    before = state_of(archive)
    with archive.transaction(NOW):
        archive.db.conn.execute("UPDATE members SET relation = 'copy'")
    with archive.as_of(NOW) as past:
        assert state_of(past) == before
    anew(archive)
    for moment in (NOW, NOW + 31 * DAY):
        with archive.as_of(moment) as past:
            assert state_of(past) == before


def test_a_cluster_that_fell_apart_is_still_there_in_the_past(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar")
    ran(archive, LED_ANEW, site="berita", published=NOW + HOUR)
    ran(archive, "Foto: istimewa", site="kabar", at=NOW + DAY)
    assert rows(archive, "SELECT * FROM syndication") == []
    with archive.as_of(NOW + HOUR) as past:
        assert past.db.conn.execute(
            "SELECT site, relation, is_first FROM syndication ORDER BY 1"
        ).fetchall() == [("berita", "edited", 0), ("kabar", None, 1)]
        assert past.db.conn.execute("SELECT DISTINCT cluster_id FROM latest").fetchall() == [(1,)]


def test_a_member_keeps_the_time_and_the_agency_that_it_had_then(archive: Archive) -> None:
    wire_on_three_sites(archive)
    ran(archive, WIRE, site="kabar", published=NOW - HOUR, agency="Xinhua", at=NOW + DAY)
    with archive.as_of(NOW) as past:
        (row,) = past.db.conn.execute(
            "SELECT published_at, agency FROM syndication WHERE is_first"
        ).fetchall()
    assert row == ("2026-11-20T03:04:05+00:00", "ANTARA")


# verify


def problems(archive: Archive) -> list[str]:
    return [told for finding in verify(archive) for told in finding.problems]


def test_whole_clusters_have_no_problem(archive: Archive) -> None:
    wire_on_three_sites(archive)
    (finding,) = (finding for finding in verify(archive) if finding.check == "clusters")
    assert (finding.examined, finding.problems) == (3, [])


def test_articles_that_wait_for_a_rebuild_are_no_problem(archive: Archive) -> None:
    wire_on_three_sites(archive)
    with archive.transaction(NOW):
        for table in ("members", "memberships", "article_texts", "bands", "texts"):
            archive.db.conn.execute(f"DELETE FROM {table}")
    assert problems(archive) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            "DELETE FROM article_texts WHERE article_id = 2",
            "article 2: is in a cluster without having been assigned a text",
        ),
        (
            "UPDATE members SET is_first = 1",
            "cluster 1: must have one first article, two members, and the lowest id of them",
        ),
        (
            "UPDATE members SET is_first = 0",
            "cluster 1: must have one first article, two members, and the lowest id of them",
        ),
        (
            "UPDATE members SET cluster_id = 2",
            "cluster 2: must have one first article, two members, and the lowest id of them",
        ),
        (
            "DELETE FROM members WHERE article_id > 1",
            "cluster 1: must have one first article, two members, and the lowest id of them",
        ),
        (
            "DELETE FROM memberships WHERE article_id = 3",
            "article 3: its present cluster is not the last one recorded",
        ),
        (
            "DELETE FROM members WHERE article_id = 3",
            "article 3: its present cluster is not the last one recorded",
        ),
        ("DELETE FROM article_texts WHERE article_id = 1", "text 1: no article has it"),
        ("INSERT INTO bands VALUES (5, 77)", "text 77: is gone, but its keys are not"),
        ("DROP VIEW syndication", "view syndication cannot be read: no such table: syndication"),
    ],
)
def test_a_damaged_cluster_is_reported(archive: Archive, damage: str, told: str) -> None:
    wire_on_three_sites(archive)
    with archive.transaction(NOW):
        archive.db.conn.execute(damage)
    assert told in problems(archive)
