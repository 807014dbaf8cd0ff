"""Packed bytes come back exactly, or not at all."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import ArchiveDamaged
from archive.identity import bytes_digest
from archive.snapshots.compression import MAX_DICTIONARY_BYTES, _packer, dictionary_of, pack, unpack
from tests.archive.invented import page

PAGE = page(1).body
dictionaries = st.none() | st.binary(max_size=200) | st.just(PAGE)


@given(st.binary(max_size=5000), dictionaries)
def test_what_was_packed_is_unpacked(data: bytes, dictionary: bytes | None) -> None:
    assert unpack(pack(data, dictionary), bytes_digest(data), dictionary) == data


@pytest.mark.parametrize("dictionary", [None, PAGE])
def test_the_empty_page_and_a_large_one_come_back(dictionary: bytes | None) -> None:
    for data in (b"", PAGE * 5000):
        assert unpack(pack(data, dictionary), bytes_digest(data), dictionary) == data


def test_a_dictionary_of_the_same_site_saves_most_of_the_room() -> None:
    dictionary = dictionary_of([page(number).body for number in range(1, 5)])
    assert len(pack(page(5).body, dictionary)) < len(pack(page(5).body)) / 3


def test_a_large_dictionary_costs_a_page_neither_much_memory_nor_its_savings() -> None:
    dictionary = Random(1).randbytes(MAX_DICTIONARY_BYTES)
    body = dictionary[5_000:80_000] + PAGE
    packed = pack(body, dictionary)
    assert unpack(packed, bytes_digest(body), dictionary) == body
    assert len(packed) < len(pack(PAGE)) + 200
    assert _packer(dictionary).memory_size() < 5_000_000


def test_a_dictionary_ends_with_its_newest_page() -> None:
    assert dictionary_of([b"lama", b"baru"]) == b"lamabaru"


def test_a_dictionary_takes_an_equal_share_of_huge_pages() -> None:
    dictionary = dictionary_of([b"a" * MAX_DICTIONARY_BYTES, b"b" * MAX_DICTIONARY_BYTES])
    assert len(dictionary) == MAX_DICTIONARY_BYTES
    assert dictionary.count(b"a") == dictionary.count(b"b")


def test_the_wrong_dictionary_is_noticed() -> None:
    with pytest.raises(ArchiveDamaged):
        unpack(pack(PAGE, page(2).body), bytes_digest(PAGE), page(3, body=b"lain sama sekali").body)


def test_bytes_of_another_page_are_noticed() -> None:
    with pytest.raises(ArchiveDamaged, match="no longer match the digest"):
        unpack(pack(b"halaman lain"), bytes_digest(PAGE))


@given(st.data())
def test_no_flipped_bit_gives_other_bytes(data: st.DataObject) -> None:
    packed = bytearray(pack(PAGE))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        unpacked = unpack(bytes(packed), bytes_digest(PAGE))
    except ArchiveDamaged:
        return
    assert unpacked == PAGE


@pytest.mark.parametrize("length", [0, 1, 4, 20])
def test_a_cut_frame_is_noticed(length: int) -> None:
    with pytest.raises(ArchiveDamaged):
        unpack(pack(PAGE)[:length], bytes_digest(PAGE))


def test_a_damaged_size_does_not_eat_the_memory() -> None:
    magic, eight_bytes_of_size, an_empty_block = b"\x28\xb5\x2f\xfd", b"\xe0", b"\x01\x00\x00"
    with pytest.raises(ArchiveDamaged):
        unpack(
            magic + eight_bytes_of_size + (1 << 60).to_bytes(8, "little") + an_empty_block,
            bytes_digest(PAGE),
        )
