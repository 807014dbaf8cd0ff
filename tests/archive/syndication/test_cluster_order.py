"""The order in which stories come makes no difference, and a rebuild gives the answer that was kept
up to date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.maintenance.rebuild_clusters import rebuild
from archive.maintenance.takedown import take_down as erase
from tests.archive.invented import DAY, HOUR, NOW, new_archive, take_down, url_of
from tests.archive.syndication.syndicated import BODIES, SITES, described, members, ran, texts
from tests.examples import COSTLY

TIMES = (
    None,
    NOW,
    NOW + timedelta(minutes=7),
    (NOW + timedelta(minutes=7)).astimezone(timezone(9 * HOUR)),
    NOW + DAY,
    NOW + 50 * DAY,
    NOW + 100 * DAY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a story says at last, and what it said before."""

    body: str
    published: datetime | None
    drafts: tuple[tuple[str, datetime | None], ...]


says = st.builds(
    Said,
    body=st.sampled_from(BODIES),
    published=st.sampled_from(TIMES),
    drafts=st.lists(st.tuples(st.sampled_from(BODIES), st.sampled_from(TIMES)), max_size=2).map(
        tuple
    ),
)
newsrooms = st.dictionaries(
    st.tuples(st.sampled_from(SITES), st.integers(1, 4)), says, min_size=2, max_size=9
)

Stories = dict[tuple[str, int], Said]


def publish(archive: Archive, stories: Stories, chance: Random) -> None:
    """All of it in some order, each story's drafts before its last word; seen at one moment, as far
    as anyone knows.
    """
    waiting = {
        place: [*said.drafts, (said.body, said.published)] for place, said in stories.items()
    }
    while waiting:
        place = chance.choice(sorted(waiting))
        body, published = waiting[place].pop(0)
        ran(archive, body, site=place[0], number=place[1], published=published)
        if not waiting[place]:
            del waiting[place]


@COSTLY
@given(newsrooms, st.randoms(use_true_random=False))
def test_the_same_stories_in_any_order_make_the_same_clusters(
    stories: Stories, chance: Random
) -> None:
    answers = []
    for _turn in range(2):
        with new_archive() as archive:
            publish(archive, stories, chance)
            answers.append(described(archive))
    assert answers[0] == answers[1]


@COSTLY
@given(newsrooms, st.randoms(use_true_random=False))
def test_a_rebuild_finds_nothing_to_change(stories: Stories, chance: Random) -> None:
    with new_archive() as archive:
        publish(archive, stories, chance)
        for site, number in sorted(stories)[::3]:
            take_down(archive, ran(archive, BODIES[0], site=site, number=number), at=NOW + HOUR)
        for site, number in sorted(stories)[1::3]:
            erase(
                archive,
                site,
                f"{site}-{number}",
                url=url_of(number, site=site),
                reason="diminta",
                now=NOW + HOUR,
            )
        before = members(archive), texts(archive)
        assert rebuild(archive, now=NOW + DAY, jobs=1, advance=lambda _count: None) == 0
        assert (members(archive), texts(archive)) == before


@COSTLY
@given(newsrooms, st.randoms(use_true_random=False))
def test_a_rebuild_from_nothing_gives_the_same_rows(stories: Stories, chance: Random) -> None:
    with new_archive() as archive:
        publish(archive, stories, chance)
        before = members(archive), texts(archive)
        with archive.transaction(NOW):
            for table in ("members", "memberships", "article_texts", "bands", "texts"):
                archive.db.conn.execute(f"DELETE FROM {table}")
        assert rebuild(archive, now=NOW + DAY, jobs=1, advance=lambda _count: None) == len(
            before[0]
        )
        assert (members(archive), texts(archive)) == before


@pytest.mark.parametrize("turned", [False, True])
def test_the_lines_of_a_text_count_whichever_layout_of_it_came_first(
    archive: Archive, turned: bool
) -> None:
    """Capitals after a line's end are no names; the same words in one line are read otherwise."""
    heads = ["Bandar", "Cakra", "Erlangga", "Gading"]
    rest = (
        "warga menanam padi bersama tetangga lalu pulang membawa hasil panen ke lumbung desa"
        " sebelum malam tiba"
    )
    in_lines = "\n".join(
        f"{head} {rest} {word}"
        for head, word in zip(heads, ("lama", "baru", "timur", "barat"), strict=True)
    )
    in_one = in_lines.replace("\n", " ")
    other = in_one
    for head, new in zip(heads, ("Rimba", "Samudra", "Tirta", "Umbul"), strict=True):
        other = other.replace(head, new)
    bodies = [(in_lines, "kabar"), (in_one, "berita")]
    for body, site in bodies[::-1] if turned else bodies:
        ran(archive, body, site=site)
    ran(archive, other, site="warta")
    found = {frozenset(member[0] for member in cluster) for cluster in described(archive)}
    assert found == {frozenset(url_of(1, site=site) for site in SITES)}, (
        "one of the two layouts is linked with it"
    )
