"""What one more story costs does not grow with the archive: SQLite's own steps are counted."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from random import Random

import pytest

from archive import Archive
from archive.syndication.texts import MAX_READ, Fingerprint
from tests.archive.invented import NOW, new_archive, story

FEW, MANY = 40, 400
SYLLABLES = "ka ta ri mu so le ban dung per men gi wa".split()


def body_of(number: int) -> str:
    """A hundred words that no other number has in a row."""
    lot = Random(number)
    words = ("".join(lot.choices(SYLLABLES, k=3)) for _ in range(100))
    return f"{' '.join(words).capitalize()}."


def steps(archive: Archive, work: Callable[[], object]) -> int:
    """Tens of instructions of SQLite's machine that work takes."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    archive.db.conn.set_progress_handler(step, 10)
    try:
        work()
    finally:
        archive.db.conn.set_progress_handler(None, 0)
    return count


def steps_beside(size: int, work: Callable[[Archive], object]) -> int:
    """The steps of work in an archive of so many stories of one site."""
    with new_archive() as archive:
        with archive.transaction(NOW):
            for number in range(1, size + 1):
                said = story(number, body=body_of(number), published_at=NOW)
                archive.history.revise(said, key=str(number))
        with archive.transaction(NOW):
            return steps(archive, lambda: work(archive))


def write_one_more(archive: Archive) -> None:
    archive.history.revise(story(9_999, body=body_of(9_999), published_at=NOW), key="9999")


def write_an_equal_text(archive: Archive) -> None:
    archive.history.revise(story(9_999, body=body_of(1), published_at=NOW), key="9999")


def look_for_twins(archive: Archive) -> None:
    texts = archive.clusters.texts
    read = texts.fingerprint(body_of(1))
    (twin,) = texts.twins("kabar", "9999", read, agreeing=54, limit=8)
    assert (twin.key, twin.equal) == ("1", True)


@pytest.mark.parametrize("work", [write_one_more, write_an_equal_text, look_for_twins])
def test_ten_times_the_stories_do_not_double_the_steps(work: Callable[[Archive], object]) -> None:
    assert steps_beside(MANY, work) < 2 * steps_beside(FEW, work)


def test_a_text_that_another_process_read_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = pickle.loads(pickle.dumps(Fingerprint.of(body_of(1))))
    with new_archive() as archive, archive.transaction(NOW):
        archive.clusters.texts.remember(body_of(1), sent)
        monkeypatch.setattr(Fingerprint, "of", lambda _body: pytest.fail("it was read again"))
        archive.history.revise(story(1, body=body_of(1), published_at=NOW), key="1")
        assert archive.clusters.texts.has(1, sent.digest, sent.signature.packed())


def test_texts_that_are_written_leave_the_room_to_those_that_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = body_of(MAX_READ + 1)
    with new_archive() as archive, archive.transaction(NOW):
        archive.clusters.texts.remember(waiting, Fingerprint.of(waiting))
        for number in range(MAX_READ):
            archive.history.revise(
                story(number, body=body_of(number), published_at=NOW), key=f"{number}"
            )
        monkeypatch.setattr(Fingerprint, "of", lambda _body: pytest.fail("it was read again"))
        archive.clusters.texts.fingerprint(waiting)
