"""One filter for all questions: what each of its fields keeps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from archive import Archive, Filter
from archive.search.listing import chosen, columns, count, rows
from tests.archive.invented import DAY, HOUR, NOW, keep, story, take_down


@pytest.fixture
def library(archive: Archive) -> Archive:
    """1 in 2020, 2 at no time, 3 in 2099, 4 removed, 5 edited into another section."""
    published = datetime(2020, 2, 29, 23, 30, tzinfo=UTC)
    keep(archive, story(1, published_at=published, authors=("Ratna Dewi", "JOKO")))
    keep(archive, story(2, published_at=None, section=None, authors=()))
    keep(archive, story(3, site="warta", published_at=datetime(2099, 1, 1, tzinfo=UTC)))
    keep(archive, story(4, section="Desa"))
    keep(archive, story(5))
    take_down(archive, story(4, section="Desa"), at=NOW + HOUR)
    keep(archive, story(5, section="O'lah \"Raga%"), at=NOW + HOUR)
    return archive


def found(archive: Any, **fields: Any) -> list[int]:
    return list(chosen(archive.db, Filter(**fields), order="kept"))


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"sites": ("warta",)}, [3]),
        ({"sections": ("EKONOMI",)}, [1, 3]),
        ({"sections": ("Ekonom",)}, []),
        ({"sections": ("o'lah \"raga%", "desa")}, [4, 5]),
        ({"sections": ("%",)}, []),
        ({"authors": ("ratna",)}, [1]),
        ({"authors": ("joko",)}, [1]),
        ({"authors": ("tidak ada", "MELATI")}, [3, 4, 5]),
        ({"removed": True}, [4]),
        ({"removed": False}, [1, 2, 3, 5]),
        ({"until": datetime(2020, 3, 1, tzinfo=UTC)}, [1]),
        ({"since": datetime(2020, 2, 29, 23, 30, tzinfo=UTC), "until": NOW - DAY}, [1]),
        ({"since": NOW}, [2, 3]),  # first seen then: no time, and one that is not believable
        ({"since": datetime.min.replace(tzinfo=UTC)}, [1, 2, 3, 4, 5]),
        ({"until": datetime.max.replace(tzinfo=UTC)}, [1, 2, 3, 4, 5]),
        ({"sites": ("kabar",), "sections": ("ekonomi",), "authors": ("dewi",)}, [1]),
    ],
)
def test_a_filter_keeps(library: Archive, fields: dict[str, Any], numbers: list[int]) -> None:
    assert found(library, **fields) == numbers
    assert count(library.db, Filter(**fields)) == len(numbers)
    everywhere = library.search("pasar", where=Filter(**fields), limit=9)
    assert sorted(hit.article_id for hit in everywhere.hits) == numbers
    assert everywhere.total == len(numbers)


def test_a_filter_reads_the_past(library: Archive) -> None:
    with library.as_of(NOW) as past:
        assert found(past, removed=True) == []
        assert found(past, sections=("ekonomi",)) == [1, 3, 5]
        assert list(chosen(past.db, Filter())) == list(chosen(library.db, Filter()))


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="a time needs its offset"):
        Filter(since=datetime.fromisoformat("2026-01-01"))


def test_rows_come_in_the_order_of_the_numbers(library: Archive) -> None:
    names = columns(library.db)
    numbers = [4, 1, 5]
    (batch,) = rows(library.db, numbers, names)
    assert [row[names.index("article_id")] for row in batch] == numbers
