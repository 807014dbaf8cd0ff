"""Clusters that are kept up to date with every text: who ran whose, who was first, what a new text
or a removal changes.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from archive import Archive
from archive.maintenance.takedown import take_down as erase
from tests.archive.invented import DAY, HOUR, NOW, WIB, rows, take_down, url_of, value
from tests.archive.syndication.syndicated import (
    BEGINNING,
    END,
    FOLLOW_UP,
    LED_ANEW,
    MINUTE,
    clusters,
    described,
    members,
    ran,
    relations,
    texts,
    wire_on_three_sites,
)
from tests.archive.syndication.wire import RATES, REWRITTEN, WIRE, joined, paragraphs, prayer_times

UNLIKE = (
    "Perahu nelayan Teluk Sawo kembali berlayar setelah badai reda, dan pasar ikan dibuka dua jam"
    " lebih awal dari biasanya. " * 2
)


# Who ran whose text


def test_wire_copy_on_three_sites_is_one_cluster_with_what_each_made_of_it(
    archive: Archive,
) -> None:
    wire_on_three_sites(archive)
    assert clusters(archive) == [{"kabar/1", "berita/1", "warta/1"}]
    assert relations(archive) == {"kabar/1": "first", "berita/1": "edited", "warta/1": "excerpt"}


def test_the_first_is_all_of_itself_and_an_excerpt_a_part_of_it(archive: Archive) -> None:
    wire_on_three_sites(archive)
    first, edited, excerpt = rows(
        archive, "SELECT similarity, containment, of_first FROM members ORDER BY article_id"
    )
    assert first == (1, 1, 1)
    assert edited[0] < edited[1] < 1
    assert excerpt[1] == 1
    assert excerpt[0] == excerpt[2] < 0.5


def test_the_first_may_be_the_one_that_was_cut(archive: Archive) -> None:
    ran(archive, BEGINNING, site="warta")
    ran(archive, WIRE, site="kabar", published=NOW + MINUTE)
    assert relations(archive) == {"warta/1": "first", "kabar/1": "excerpt"}
    assert value(archive, "SELECT of_first FROM members WHERE NOT is_first") == 1


def test_a_story_alone_is_in_no_cluster(archive: Archive) -> None:
    ran(archive, WIRE)
    assert members(archive) == []
    assert value(archive, "SELECT cluster_id FROM latest") is None


def test_a_cluster_has_the_number_of_its_article_that_came_first_of_all(archive: Archive) -> None:
    ran(archive, REWRITTEN, number=9)
    ran(archive, WIRE, published=NOW + HOUR)
    ran(archive, WIRE, site="berita")
    assert rows(archive, "SELECT article_id, cluster_id, is_first FROM members") == [
        (2, 2, 0),
        (3, 2, 1),
    ]
    assert rows(archive, "SELECT cluster_id FROM latest ORDER BY article_id") == [
        (None,),
        (2,),
        (2,),
    ]


def test_a_sites_own_repeat_is_labelled_apart_from_syndication(archive: Archive) -> None:
    ran(archive, WIRE, number=1)
    ran(archive, WIRE, number=2, published=NOW + DAY)
    ran(archive, BEGINNING, site="berita", published=NOW + HOUR)
    ran(archive, WIRE, site="berita", number=2, published=NOW + 2 * HOUR)
    assert relations(archive) == {
        "kabar/1": "first",
        "berita/1": "excerpt",
        "berita/2": "repeat",
        "kabar/2": "repeat",
    }


def test_two_addresses_of_one_publisher_repeat_each_other(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar")
    ran(archive, WIRE, site="bola.kabar.com", published=NOW + MINUTE)
    assert relations(archive)["bola.kabar.com/1"] == "repeat"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (prayer_times("Randu", "Senin", 2, 30), prayer_times("Randu", "Kamis", 5, 31)),
        (
            RATES.format(close="16.310", day="Senin", date=2, points=25, open="16.335"),
            RATES.format(close="16.402", day="Selasa", date=3, points=92, open="16.310"),
        ),
        (WIRE, REWRITTEN),
        (joined(FOLLOW_UP, paragraphs()[0]), joined(*REWRITTEN.split("\n\n"), paragraphs()[4])),
    ],
    ids=["prayer times", "rates", "written independently", "background in common"],
)
@pytest.mark.parametrize(
    "sites", [("kabar", "kabar"), ("kabar", "berita")], ids=["one site", "two sites"]
)
def test_other_stories_stay_apart(
    archive: Archive, one: str, other: str, sites: tuple[str, str]
) -> None:
    for number, (body, site) in enumerate(zip((one, other), sites, strict=True)):
        ran(archive, body, site=site, number=number)
    assert members(archive) == []


def test_a_follow_up_of_the_same_publisher_stays_apart(archive: Archive) -> None:
    ran(archive, WIRE, number=1)
    ran(archive, FOLLOW_UP, number=2, published=NOW + DAY)
    assert members(archive) == []


def test_a_text_of_another_season_is_another_story_unless_it_is_nearly_the_same(
    archive: Archive,
) -> None:
    ran(archive, WIRE)
    ran(archive, LED_ANEW, site="berita", published=NOW + 100 * DAY)
    assert members(archive) == []
    ran(archive, WIRE, site="warta", published=NOW + 100 * DAY)
    assert clusters(archive) == [{"kabar/1", "berita/1", "warta/1"}]


# Who was first


def test_the_first_is_decided_by_times_not_by_what_clocks_showed(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar", published=datetime.fromisoformat("2026-11-20T08:00:00+07:00"))
    ran(archive, WIRE, site="berita", published=datetime.fromisoformat("2026-11-20T08:30:00+09:00"))
    assert relations(archive) == {"kabar/1": "copy", "berita/1": "first"}


def test_of_two_published_at_one_time_the_one_seen_first_is_first(archive: Archive) -> None:
    ran(archive, WIRE, site="warta", published=NOW.astimezone(WIB))
    ran(archive, WIRE, site="berita", at=NOW + MINUTE)
    assert relations(archive) == {"warta/1": "first", "berita/1": "copy"}


def test_a_story_with_a_time_comes_before_one_without(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar", published=None)
    ran(
        archive,
        BEGINNING,
        site="berita",
        published=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-7 * HOUR)),
    )
    assert relations(archive) == {"berita/1": "first", "kabar/1": "excerpt"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_where_no_time_is_known_the_longest_is_first_whichever_came_first(
    archive: Archive, order: tuple[int, int]
) -> None:
    for turn, choice in enumerate(order):
        ran(
            archive,
            (BEGINNING, WIRE)[choice],
            site=("kabar", "berita")[choice],
            published=None,
            at=NOW + turn * HOUR,
        )
    assert relations(archive) == {"berita/1": "first", "kabar/1": "excerpt"}


def test_of_equal_length_and_no_time_the_one_seen_first_is_first(archive: Archive) -> None:
    ran(archive, WIRE, site="warta", published=None)
    ran(archive, WIRE, site="berita", published=None, at=NOW + HOUR)
    assert relations(archive) == {"warta/1": "first", "berita/1": "copy"}


# What comes later


def test_a_story_that_is_linked_with_two_unites_their_clusters(archive: Archive) -> None:
    for site in ("kabar", "berita"):
        ran(archive, BEGINNING, site=site, number=1)
        ran(archive, END, site=site, number=2)
    assert clusters(archive) == [{"kabar/1", "berita/1"}, {"kabar/2", "berita/2"}]
    ran(archive, WIRE, site="warta", published=NOW + HOUR)
    assert clusters(archive) == [{"kabar/1", "berita/1", "kabar/2", "berita/2", "warta/1"}]


def test_a_cluster_falls_apart_when_the_story_that_held_it_together_says_something_else(
    archive: Archive,
) -> None:
    ran(archive, BEGINNING, site="kabar")
    ran(archive, END, site="berita")
    ran(archive, WIRE, site="warta")
    ran(archive, UNLIKE, site="warta", at=NOW + DAY)
    assert members(archive) == []
    ran(archive, WIRE, site="warta", at=NOW + 2 * DAY)
    assert clusters(archive) == [{"kabar/1", "berita/1", "warta/1"}]


def test_a_cluster_falls_into_two(archive: Archive) -> None:
    for site in ("kabar", "berita"):
        ran(archive, BEGINNING, site=site, number=1)
        ran(archive, END, site=site, number=2)
    ran(archive, WIRE, site="warta")
    ran(archive, UNLIKE, site="warta", at=NOW + DAY)
    assert clusters(archive) == [{"kabar/1", "berita/1"}, {"kabar/2", "berita/2"}]


def test_a_new_text_takes_the_place_of_the_old_one(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar")
    ran(archive, UNLIKE, site="berita", published=NOW + MINUTE)
    ran(archive, LED_ANEW, site="berita", published=NOW + MINUTE, at=NOW + DAY)
    assert relations(archive) == {"kabar/1": "first", "berita/1": "edited"}
    ran(archive, WIRE, site="berita", published=NOW + MINUTE, at=NOW + 2 * DAY)
    assert relations(archive) == {"kabar/1": "first", "berita/1": "copy"}
    assert value(archive, "SELECT count(*) FROM texts") == 1


def test_all_are_measured_anew_when_the_firsts_text_changes(archive: Archive) -> None:
    wire_on_three_sites(archive)
    ran(archive, LED_ANEW, site="kabar", at=NOW + DAY, agency="ANTARA")
    assert relations(archive)["berita/1"] == "copy"
    assert value(archive, "SELECT similarity FROM syndication WHERE site = 'berita'") == 1


def test_a_time_that_is_corrected_may_make_another_one_first(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar")
    ran(archive, BEGINNING, site="berita", published=NOW + MINUTE)
    ran(archive, WIRE, site="kabar", published=NOW + HOUR, at=NOW + DAY)
    assert relations(archive) == {"berita/1": "first", "kabar/1": "excerpt"}


def test_a_change_of_the_headline_alone_leaves_a_cluster_as_it_is(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar")
    ran(archive, WIRE, site="berita", published=NOW + MINUTE)
    before = members(archive), rows(archive, "SELECT * FROM memberships")
    ran(archive, WIRE, site="berita", published=NOW + MINUTE, headline="Waduk Diisi", at=NOW + DAY)
    assert (members(archive), rows(archive, "SELECT * FROM memberships")) == before


def test_what_a_later_extractor_reads_is_compared_too(archive: Archive) -> None:
    ran(archive, UNLIKE, site="kabar")
    ran(archive, WIRE, site="berita", published=NOW + MINUTE)
    ran(archive, WIRE, site="kabar", at=NOW + DAY, technical=True)
    assert clusters(archive) == [{"kabar/1", "berita/1"}]


def test_a_story_that_its_site_removed_stays_a_member_and_comes_back_as_what_it_then_says(
    archive: Archive,
) -> None:
    first = ran(archive, WIRE, site="kabar")
    ran(archive, WIRE, site="berita", published=NOW + MINUTE)
    before = members(archive)
    take_down(archive, first, at=NOW + HOUR)
    assert members(archive) == before
    ran(archive, UNLIKE, site="kabar", at=NOW + DAY)
    assert members(archive) == []


# Taken down by the archive's owner


def taken_down(archive: Archive, site: str) -> None:
    erase(
        archive,
        site,
        f"{site}-1",
        url=url_of(1, site=site),
        reason="diminta keluarga",
        now=NOW + DAY,
    )


def test_a_story_that_is_taken_down_leaves_no_trace_in_the_clusters(archive: Archive) -> None:
    wire_on_three_sites(archive)
    (signature,) = rows(
        archive,
        "SELECT signature FROM texts WHERE id = (SELECT text_id FROM article_texts WHERE article_id"
        " = 1)",
    )[0]
    taken_down(archive, "kabar")
    for table in ("article_texts", "members", "memberships"):
        assert value(archive, f"SELECT count(*) FROM {table} WHERE article_id = 1") == 0, table
    assert value(archive, "SELECT count(*) FROM texts WHERE signature = ?", signature) == 0
    assert (
        value(archive, "SELECT count(*) FROM bands WHERE text_id NOT IN (SELECT id FROM texts)")
        == 0
    )
    archive.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert signature not in archive.path.read_bytes()


def test_the_others_of_a_story_that_is_taken_down_are_what_they_would_be_without_it(
    archive: Archive, tmp_path
) -> None:
    wire_on_three_sites(archive)
    taken_down(archive, "kabar")
    with Archive(tmp_path / "lain.db") as other:
        ran(other, LED_ANEW, site="berita", published=NOW + 10 * MINUTE)
        ran(other, BEGINNING, site="warta", published=NOW + 30 * MINUTE)
        assert described(archive) == described(other)


def test_a_text_that_another_site_runs_stays_when_one_story_is_taken_down(archive: Archive) -> None:
    ran(archive, WIRE, site="kabar")
    ran(archive, WIRE, site="berita")
    before = texts(archive)[1:]
    taken_down(archive, "kabar")
    assert texts(archive) == before
    assert members(archive) == []


def test_a_story_that_is_taken_down_is_not_placed_again(archive: Archive) -> None:
    wire_on_three_sites(archive)
    taken_down(archive, "kabar")
    before = texts(archive)
    ran(archive, WIRE, site="kabar", at=NOW + 2 * DAY)
    assert texts(archive) == before
