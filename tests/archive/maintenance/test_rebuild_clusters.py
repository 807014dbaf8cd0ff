"""A rebuild gives the same clusters on any number of cores, from any state, killed at any moment,
and beside a crawl.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest

from archive import Archive
from archive.maintenance import rebuild_clusters as rebuilding
from archive.maintenance.rebuild_clusters import rebuild
from archive.maintenance.takedown import take_down as erase
from archive.syndication.signatures import ALGORITHM
from tests.archive.invented import DAY, HOUR, NOW, rows, url_of, value
from tests.archive.syndication.syndicated import (
    BEGINNING,
    END,
    LED_ANEW,
    MINUTE,
    clusters,
    described,
    members,
    name_of,
    ran,
    texts,
    wire_on_three_sites,
)
from tests.archive.syndication.wire import REWRITTEN, WIRE, prayer_times
from tests.waiting import alive, until

SPAWN = multiprocessing.get_context("spawn")
STEPS = 40
"""More than any rebuild here has."""


class Stopped(Exception):
    """In the middle of it."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task is four articles, and a transaction one cluster."""
    monkeypatch.setattr(rebuilding, "BATCH", 4)


def run(
    archive: Archive, *, jobs: int = 1, advance: Callable[[int], None] = lambda _count: None
) -> int:
    return rebuild(archive, now=NOW + 2 * DAY, jobs=jobs, advance=advance)


def fill(archive: Archive) -> None:
    """Four clusters among stories of their own."""
    wire_on_three_sites(archive)
    for day in range(4):
        for site in ("kabar", "berita"):
            ran(
                archive,
                prayer_times(
                    "Randu", ("Senin", "Kamis", "Sabtu", "Ahad")[day], 2 + day, 30 + 2 * day
                ),
                site=site,
                number=10 + day,
            )
    ran(archive, REWRITTEN, site="kabar", number=20)
    ran(archive, "Foto: istimewa", site="warta", number=21)


Filled = Callable[[Path], Path]


@pytest.fixture
def filled(made: Callable[..., Path]) -> Filled:
    """Makes a filled archive at a path."""
    return lambda path: Path(copyfile(made(fill), path))


def unread(archive: Archive) -> None:
    """As an archive of an earlier version comes out of its migration."""
    with archive.transaction(NOW):
        for table in ("members", "memberships", "article_texts", "bands", "texts"):
            archive.db.conn.execute(f"DELETE FROM {table}")


def of_another_algorithm(archive: Archive) -> None:
    """Signatures, keys and clusters as some other version would have made them."""
    with archive.transaction(NOW):
        archive.db.conn.execute("UPDATE texts SET algorithm = 'lain/0', signature = zeroblob(40)")
        archive.db.conn.execute("UPDATE bands SET key = key / 3")
        archive.db.conn.execute("DELETE FROM members")
        archive.db.conn.execute(
            """INSERT INTO members SELECT article_id, 1 + (article_id - 1) / 3 * 3,
            iif(article_id % 3, 'copy', NULL), 1, 1, 1,
                article_id % 3 = 0 FROM article_texts WHERE article_id <= 9"""
        )


STATES = {"unread": unread, "another algorithm": of_another_algorithm}


def assert_whole(archive: Archive) -> None:
    """Every cluster has two members and more, its number from one of them, and one first."""
    for number, *told in rows(
        archive,
        "SELECT cluster_id, min(article_id), sum(is_first), count(*) > 1 FROM members GROUP BY"
        " cluster_id",
    ):
        assert told == [number, 1, 1], rows(
            archive, "SELECT * FROM members WHERE cluster_id = ?", number
        )
    assert (
        rows(
            archive,
            "SELECT * FROM members WHERE article_id NOT IN (SELECT article_id FROM article_texts)",
        )
        == []
    )
    assert rows(archive, "SELECT * FROM bands WHERE text_id NOT IN (SELECT id FROM texts)") == []
    assert (
        rows(archive, "SELECT * FROM texts WHERE id NOT IN (SELECT text_id FROM article_texts)")
        == []
    )


@pytest.mark.parametrize(
    ("state", "jobs"), [("unread", 1), ("unread", 2), ("another algorithm", 1)]
)
def test_a_rebuild_gives_what_was_kept_up_to_date(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, state: str, jobs: int
) -> None:
    monkeypatch.setattr(rebuilding, "MIN_TEXTS", 1)
    fill(archive)
    before = members(archive), texts(archive)
    STATES[state](archive)
    assert archive.clusters.texts.unread() == 13
    assert run(archive, jobs=jobs) > 0
    assert (members(archive), texts(archive)) == before
    assert archive.clusters.texts.unread() == 0
    assert run(archive) == 0


def test_a_rebuild_of_an_empty_archive_changes_nothing(archive: Archive) -> None:
    assert run(archive, jobs=2) == 0


def test_a_second_rebuild_writes_nothing(archive: Archive) -> None:
    fill(archive)
    before = rows(archive, "SELECT * FROM memberships"), archive.clock.latest()
    assert run(archive) == 0
    assert (rows(archive, "SELECT * FROM memberships"), archive.clock.latest()) == before


# Stopped in the middle


@pytest.mark.parametrize("state", STATES)
def test_a_rebuild_stopped_at_any_time_leaves_clusters_whole_and_may_be_run_again(
    tmp_path: Path, filled: Filled, state: str
) -> None:
    for moment in range(STEPS):
        with Archive(filled(tmp_path / f"{moment}.db")) as archive:
            before = members(archive), texts(archive)
            STATES[state](archive)
            ended = stopped(archive, moment)
            assert_whole(archive)
            run(archive)
            assert (members(archive), texts(archive)) == before
        if ended:
            return
    pytest.fail("it has more steps than that")


def stopped(archive: Archive, moment: int) -> bool:
    """Whether the rebuild came to its end before it was stopped."""
    left = [moment]

    def advance(_count: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Stopped

    try:
        run(archive, advance=advance)
    except Stopped:
        return False
    return True


@pytest.mark.parametrize("state", STATES)
def test_a_crawl_goes_on_after_a_rebuild_that_was_stopped_at_any_time(
    tmp_path: Path, filled: Filled, state: str
) -> None:
    for moment in range(STEPS):
        with Archive(filled(tmp_path / f"{moment}.db")) as archive:
            STATES[state](archive)
            ended = stopped(archive, moment)
            ran(archive, REWRITTEN, site="kabar", at=NOW + DAY)
            ran(archive, WIRE, site="warta", number=2, at=NOW + DAY, published=NOW + HOUR)
            ran(
                archive, LED_ANEW, site="warta", number=2, at=NOW + DAY + HOUR, published=NOW + HOUR
            )
            ran(archive, "Foto: istimewa", site="berita", number=10, at=NOW + DAY)
            run(archive)
            assert_whole(archive)
            ends = members(archive), texts(archive)
            unread(archive)
            run(archive)
            assert (members(archive), texts(archive)) == ends
        if ended:
            return


def test_a_story_leaves_a_cluster_that_a_stopped_rebuild_had_not_yet_completed(
    archive: Archive,
) -> None:
    """An article of lower number runs one of the texts, and is not a member yet."""
    ran(archive, WIRE, site="berita", number=9)
    unread(archive)
    for site, body in (("kabar", WIRE), ("berita", LED_ANEW), ("warta", BEGINNING)):
        ran(archive, body, site=site, published=NOW + MINUTE)
    with archive.transaction(NOW):
        archive.clusters.texts.put(1, WIRE)
    ran(archive, REWRITTEN, site="warta", published=NOW + MINUTE, at=NOW + DAY)
    assert clusters(archive) == [{"berita/9", "kabar/1", "berita/1"}]


def be_ended(path: Path, sign: int, moment: int, jobs: int, pids: Path) -> None:
    """A rebuild whose process gets a signal when it has advanced that far; one that gets none comes
    to its end, with exit code 0.
    """
    rebuilding.BATCH, rebuilding.MIN_TEXTS, told = 4, 1, []

    def advance(_count: int) -> None:
        told.append(1)
        if len(told) == moment:
            pids.write_text(" ".join(str(child.pid) for child in multiprocessing.active_children()))
            signal.raise_signal(sign)  # heard before it returns, in this very thread

    with Archive(path) as archive:
        run(archive, jobs=jobs, advance=advance)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("jobs", "sign", "exit_code"),
    [
        pytest.param(2, signal.SIGKILL, -signal.SIGKILL, id="2-SIGKILL"),
        pytest.param(2, signal.SIGINT, 1, id="2-SIGINT", marks=pytest.mark.slow),
        pytest.param(1, signal.SIGINT, 1, id="1-SIGINT"),
        pytest.param(1, signal.SIGKILL, -signal.SIGKILL, id="1-SIGKILL", marks=pytest.mark.slow),
    ],
)
def test_a_rebuild_that_is_killed_leaves_nobody_behind_and_may_be_run_again(
    path: Path, tmp_path: Path, filled: Filled, jobs: int, sign: int, exit_code: int
) -> None:
    with Archive(filled(path)) as archive:
        before = members(archive), texts(archive)
        of_another_algorithm(archive)
    pids = tmp_path / "pids"
    process = SPAWN.Process(target=be_ended, args=(path, sign, 6, jobs, pids))
    process.start()
    process.join()
    assert process.exitcode == exit_code
    left = [int(pid) for pid in pids.read_text().split()]
    assert len(left) == (jobs if jobs > 1 else 0)
    until(lambda: not any(map(alive, left)))
    with Archive(path) as archive:
        assert_whole(archive)
        run(archive)
        assert (members(archive), texts(archive)) == before


# Beside a crawl


def beside(
    tmp_path: Path,
    filled: Filled,
    deed: Callable[[Archive], None],
    prepare: Callable[[Archive], None],
) -> list[Archive]:
    """Archives to which something was done by another program at each moment of a rebuild."""
    found = []
    for moment in range(1, STEPS):
        archive, told = Archive(filled(tmp_path / f"{moment}.db")), []
        prepare(archive)

        def advance(_count: int) -> None:
            told.append(1)  # noqa: B023 - called before the next turn
            if len(told) == moment:  # noqa: B023
                with Archive(archive.path) as crawl:  # noqa: B023
                    deed(crawl)

        run(archive, advance=advance)
        found.append(archive)
        if len(told) < moment:
            break
    found.pop().close()
    return found


@pytest.mark.parametrize("state", STATES)
def test_what_a_crawl_writes_meanwhile_is_placed_too(
    tmp_path: Path, filled: Filled, state: str
) -> None:
    def deed(crawl: Archive) -> None:
        ran(
            crawl, WIRE, site="warta", number=2, at=NOW, published=NOW + HOUR
        )  # its clock stands where the archive's stood
        ran(crawl, END, site="kabar", number=3, at=NOW + DAY)
        ran(crawl, REWRITTEN, site="kabar", number=1, at=NOW + DAY)
        ran(crawl, "Foto: istimewa", site="berita", number=11, at=NOW + DAY)

    for archive in beside(tmp_path, filled, deed, STATES[state]):
        with archive:
            assert_whole(archive)
            told = members(archive), texts(archive)
            unread(archive)
            run(archive)
            assert (members(archive), texts(archive)) == told


@pytest.mark.parametrize("state", STATES)
def test_a_story_that_is_taken_down_meanwhile_leaves_no_trace(
    tmp_path: Path, filled: Filled, state: str
) -> None:
    def deed(owner: Archive) -> None:
        erase(owner, "kabar", "kabar-1", url=url_of(1), reason="diminta keluarga", now=NOW + DAY)

    for archive in beside(tmp_path, filled, deed, STATES[state]):
        with archive:
            assert_whole(archive)
            for table in ("article_texts", "members", "memberships"):
                assert value(archive, f"SELECT count(*) FROM {table} WHERE article_id = 1") == 0, (
                    table
                )
            told = described(archive), texts(archive)
            unread(archive)
            run(archive)
            assert (described(archive), texts(archive)) == told


def test_a_task_reads_the_archive_of_one_time(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that it was about to look at goes away."""
    fill(archive)
    unread(archive)
    signature, done = type(archive.clusters.texts).signature, []

    def and_a_crawl(self, text_id):  # type: ignore[no-untyped-def]
        if self is not archive.clusters.texts and not done:
            done.append(1)
            with Archive(archive.path) as crawl:
                for number in (10, 11):
                    ran(crawl, REWRITTEN, site="kabar", number=number, at=NOW + DAY)
                    ran(crawl, REWRITTEN, site="berita", number=number, at=NOW + DAY)
        return signature(self, text_id)

    monkeypatch.setattr(type(archive.clusters.texts), "signature", and_a_crawl)
    run(archive)
    assert done
    told = described(archive), texts(archive)
    unread(archive)
    run(archive)
    assert (described(archive), texts(archive)) == told


# Another version's signatures before the rebuild


def test_a_text_of_another_algorithm_leaves_no_key_behind(archive: Archive) -> None:
    fill(archive)
    of_another_algorithm(archive)
    ran(archive, REWRITTEN, site="kabar", number=1, at=NOW + DAY)
    ran(archive, prayer_times("Randu", "Senin", 2, 30), site="warta", number=10, at=NOW + DAY)
    ran(archive, REWRITTEN, site="warta", number=10, at=NOW + 2 * DAY)
    for site in ("kabar", "berita"):
        ran(archive, REWRITTEN, site=site, number=10, at=NOW + 2 * DAY)
    assert rows(archive, "SELECT * FROM bands WHERE text_id NOT IN (SELECT id FROM texts)") == []
    run(archive)
    assert value(archive, "SELECT count(*) FROM texts WHERE algorithm != ?", ALGORITHM) == 0
    assert name_of(url_of(1)) == "kabar/1"


def test_two_programs_on_one_archive_do_not_mistake_a_new_text_for_an_old_one(
    archive: Archive,
) -> None:
    """The number of a text that is gone is never given to another."""
    monday, thursday = prayer_times("Randu", "Senin", 2, 30), prayer_times("Randu", "Kamis", 5, 31)
    ran(archive, f"RANDU - {monday}", site="kabar")
    ran(archive, monday, site="berita")
    with Archive(archive.path) as other:
        ran(other, thursday, site="berita", at=NOW + HOUR)
    ran(archive, f"KOTA RANDU - {thursday}", site="warta", at=NOW + DAY)
    assert clusters(archive) == [{"berita/1", "warta/1"}]
