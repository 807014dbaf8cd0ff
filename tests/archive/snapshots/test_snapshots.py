"""Snapshots: what the servers sent comes back byte for byte, or an error says that it does not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import Archive
from archive.errors import ArchiveDamaged
from archive.snapshots.compression import pack
from tests.archive.invented import HOUR, NOW, keep_page, page, rows, url_of, value


def dictionaries(archive: Archive) -> int:
    found = value(archive, "SELECT count(*) FROM dictionaries")
    assert isinstance(found, int)
    return found


def test_a_page_comes_back_as_it_was_fetched(archive: Archive) -> None:
    kept = page(
        1,
        body="<p>Kopi Gayo “harum” – segar\r\n</p>".encode("utf-16"),
        status=203,
        url=url_of(1) + "?page=all",
    )
    assert archive.snapshots.page(keep_page(archive, kept)) == kept


def test_the_further_pages_of_a_story_come_back_in_order(archive: Archive) -> None:
    parts = tuple(
        page(
            1,
            requested_url=url_of(1) + f"?page={n}",
            body=f"halaman {n}".encode(),
            at=NOW + n * HOUR,
        )
        for n in range(2, 13)
    )
    kept = page(1, parts=parts, missing_parts=2)
    assert archive.snapshots.page(keep_page(archive, kept)) == kept


def test_one_further_page_can_be_read_by_itself(archive: Archive) -> None:
    part = page(1, requested_url=url_of(1) + "?page=2", body=b"halaman 2")
    first = keep_page(archive, page(1, parts=(part,)))
    assert archive.snapshots.page(first + 1) == part


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2000), st.lists(st.binary(max_size=200), max_size=2))
def test_any_bytes_come_back(archive: Archive, body: bytes, parts: list[bytes]) -> None:
    kept = page(1, body=body, parts=tuple(page(1, body=part) for part in parts))
    assert archive.snapshots.page(keep_page(archive, kept)) == kept


def test_headers_that_say_nothing_about_the_page_are_not_kept(archive: Archive) -> None:
    headers = {
        "content-type": "text/html",
        "set-cookie": "pembaca=7",
        "x-robots-tag": "noai",
        "authorization": "rahasia",
        "etag": '"1"',
    }
    kept = archive.snapshots.page(keep_page(archive, page(1, headers=headers)))
    assert kept.headers == {"content-type": "text/html", "etag": '"1"', "x-robots-tag": "noai"}


def test_a_snapshot_states_its_size_digest_and_the_rule_that_opts_out(archive: Archive) -> None:
    with archive.transaction(NOW):
        url_id = archive.ledger.url_id(url_of(1), site="kabar")
        snapshot = archive.snapshots.pack(page(1, body=b"isi"))
        archive.snapshots.insert(
            snapshot, url_id=url_id, crawl_id=None, opted_out="robots.txt: GPTBot"
        )
    assert rows(archive, "SELECT size, digest, opted_out FROM snapshots") == [
        (3, snapshot.digest, "robots.txt: GPTBot")
    ]


def test_packing_writes_nothing(archive: Archive) -> None:
    archive.snapshots.pack(page(1))
    assert value(archive, "SELECT count(*) FROM snapshots") == 0


# Dictionaries


def test_a_dictionary_is_made_once_there_are_four_pages_of_a_site(archive: Archive) -> None:
    made = []
    for number in range(1, 8):
        keep_page(archive, page(number))
        made.append(dictionaries(archive))
    assert made == [0, 0, 0, 1, 1, 1, 1]
    assert [found for (found,) in rows(archive, "SELECT dictionary_id FROM snapshots")] == [
        1,
        1,
        1,
        1,
        1,
        1,
        1,
    ]


def test_pages_packed_before_and_after_the_dictionary_are_readable(
    archive: Archive, path: Path
) -> None:
    kept = [page(number) for number in range(1, 8)]
    numbers = [keep_page(archive, each) for each in kept]
    with Archive(path, read_only=True) as again:
        assert [again.snapshots.page(number) for number in numbers] == kept


def test_pages_with_the_dictionary_take_far_less_room(archive: Archive) -> None:
    for number in range(1, 6):
        keep_page(archive, page(number))
    assert (
        value(archive, "SELECT length(packed) FROM snapshots WHERE id = 5")
        < len(pack(page(5).body)) / 3
    )


def test_the_pages_of_a_dictionary_are_packed_with_it_at_once_and_pay_for_it(
    archive: Archive,
) -> None:
    for number in range(1, 4):
        keep_page(archive, page(number))
    before = value(archive, "SELECT sum(length(packed)) FROM snapshots")
    keep_page(archive, page(4))
    after = value(archive, "SELECT sum(length(packed)) FROM snapshots") + value(
        archive, "SELECT length(packed) FROM dictionaries"
    )
    assert after < before


def test_each_site_has_a_dictionary_of_its_own(archive: Archive) -> None:
    for number in range(1, 5):
        keep_page(archive, page(number))
        keep_page(archive, page(number, site="warta"))
    assert rows(archive, "SELECT site FROM dictionaries") == [("kabar",), ("warta",)]
    kept = page(5, site="warta")
    assert archive.snapshots.page(keep_page(archive, kept)) == kept


def test_further_pages_of_one_story_do_not_make_a_dictionary(archive: Archive) -> None:
    keep_page(archive, page(1, parts=tuple(page(1) for _ in range(5))))
    assert dictionaries(archive) == 0


@pytest.mark.parametrize("body", [b"", b"a"])
def test_tiny_pages_make_a_dictionary_that_harms_nothing(archive: Archive, body: bytes) -> None:
    for number in range(1, 5):
        keep_page(archive, page(number, body=body))
    assert archive.snapshots.page(keep_page(archive, page(5))) == page(5)


def test_a_page_larger_than_a_dictionary_comes_back(archive: Archive) -> None:
    for number in range(1, 5):
        keep_page(archive, page(number, body=page(number).body * 2000))
    kept = page(5, body=page(5).body * 4000)
    assert archive.snapshots.page(keep_page(archive, kept)) == kept


def test_another_process_finds_the_dictionary_that_was_made_meanwhile(
    archive: Archive, path: Path
) -> None:
    with Archive(path) as other:
        other.snapshots.pack(page(9))
        for number in range(1, 5):
            keep_page(archive, page(number))
        keep_page(other, page(9))
        assert dictionaries(archive) == 1
        assert value(archive, "SELECT dictionary_id FROM snapshots WHERE id = 5") == 1


def test_a_dictionary_of_a_transaction_that_was_taken_back_is_forgotten(archive: Archive) -> None:
    with pytest.raises(ZeroDivisionError), archive.transaction(NOW):
        for number in range(1, 6):
            url_id = archive.ledger.url_id(url_of(number), site="kabar")
            archive.snapshots.insert(
                archive.snapshots.pack(page(number)), url_id=url_id, crawl_id=None, opted_out=None
            )
        raise ZeroDivisionError
    assert archive.snapshots.page(keep_page(archive, page(6))) == page(6)


# Damage


@pytest.fixture
def vandal(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that writes into the archive."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_damaged_bytes_are_noticed(archive: Archive, vandal: sqlite3.Connection) -> None:
    number = keep_page(archive, page(1))
    packed = bytearray(value(archive, "SELECT packed FROM snapshots"))
    packed[len(packed) // 2] ^= 1
    vandal.execute("UPDATE snapshots SET packed = ?", (bytes(packed),))
    with pytest.raises(ArchiveDamaged, match="a snapshot"):
        archive.snapshots.page(number)


def test_bytes_of_another_page_are_noticed(archive: Archive, vandal: sqlite3.Connection) -> None:
    number = keep_page(archive, page(1))
    keep_page(archive, page(2))
    vandal.execute(
        "UPDATE snapshots SET packed = (SELECT packed FROM snapshots WHERE id = 2) WHERE id = 1"
    )
    with pytest.raises(ArchiveDamaged, match="no longer match the digest"):
        archive.snapshots.page(number)


def test_a_damaged_part_is_noticed(archive: Archive, vandal: sqlite3.Connection) -> None:
    number = keep_page(archive, page(1, parts=(page(1, body=b"halaman 2"),)))
    vandal.execute("UPDATE snapshots SET packed = x'00' WHERE part = 2")
    with pytest.raises(ArchiveDamaged):
        archive.snapshots.page(number)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM dictionaries", "UPDATE dictionaries SET packed = x'00'"]
)
def test_a_lost_or_damaged_dictionary_is_noticed(path: Path, statement: str) -> None:
    with Archive(path) as archive:
        number = [keep_page(archive, page(number)) for number in range(1, 6)][-1]
    vandal = sqlite3.connect(path, isolation_level=None)
    vandal.execute(statement)
    vandal.close()
    with Archive(path) as archive, pytest.raises(ArchiveDamaged):
        archive.snapshots.page(number)


def test_a_snapshot_that_is_not_there_is_reported_plainly(archive: Archive) -> None:
    with pytest.raises(ArchiveDamaged, match="snapshot 404 is not in the archive"):
        archive.snapshots.page(404)
