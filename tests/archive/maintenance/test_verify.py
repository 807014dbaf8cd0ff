"""`warta verify`: every kind of damage is found, and told in one plain line that names the row or
the address.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import Result

from archive import Archive
from archive.maintenance.takedown import take_down as erase
from archive.maintenance.values import damage
from archive.maintenance.verify import verify
from tests.archive.invented import (
    BODY,
    DAY,
    HOUR,
    NOW,
    SITE,
    keep,
    keep_page,
    page,
    rows,
    story,
    take_down,
    url_of,
)
from tests.archive.writers import writing

Warta = Callable[..., Result]
CHECKS = [
    "file",
    "values",
    "links",
    "views",
    "takedowns",
    "numbers",
    "search",
    "clusters",
    "dictionaries",
    "revisions",
    "snapshots",
]
NO_GUARDS = ("DROP TRIGGER revisions_never_change", "DROP TRIGGER revisions_are_never_deleted")


def fill(archive: Archive) -> None:
    """Six stories, of which 1 was edited and 2 removed; a dictionary packs their pages."""
    for number in range(1, 7):
        keep(archive, story(number))
    keep(archive, story(1, headline="Harga Beras Naik"), at=NOW + HOUR)
    take_down(archive, story(2), at=NOW + DAY)


@pytest.fixture(autouse=True)
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


def vandalise(path: Path, *statements: str) -> None:
    """What no program of ours does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)


def complaints(result: Result) -> list[str]:
    """The lines of stderr of a run that found something; each is told plainly."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    lines = result.stderr.splitlines()
    assert lines
    assert not any("Traceback" in line for line in lines)
    return lines


# All is well


def test_a_sound_archive_is_reported_check_by_check(warta: Warta) -> None:
    result = warta("verify")
    assert (result.exit_code, result.stderr) == (0, "")
    told = [line.split() for line in result.stdout.splitlines()[-len(CHECKS) :]]
    assert [words[0] for words in told] == CHECKS
    assert {words[-1] for words in told} == {"ok"}


def test_as_json_it_is_a_line_a_check(warta: Warta) -> None:
    result = warta("verify", options=("--json",))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["check"] for line in found] == CHECKS
    assert all(line["problems"] == [] for line in found)
    examined = {line["check"]: line["examined"] for line in found}
    assert (
        examined["numbers"],
        examined["revisions"],
        examined["snapshots"],
        examined["dictionaries"],
    ) == (6, 8, 7, 1)


def test_an_empty_archive_is_sound(warta: Warta, tmp_path: Path) -> None:
    Archive(tmp_path / "kosong.db").close()
    assert warta("verify", archive=tmp_path / "kosong.db").exit_code == 0


def test_an_archive_is_sound_after_a_take_down(warta: Warta) -> None:
    assert warta("remove", url_of(3), options=("--reason", "diminta", "--yes")).exit_code == 0
    assert warta("verify").exit_code == 0


def test_an_archive_is_sound_after_the_take_down_of_a_story_that_was_never_kept(
    warta: Warta, path: Path
) -> None:
    with Archive(path) as archive:
        erase(archive, SITE, "kabar-99", url=url_of(99), reason="diminta", now=NOW)
    assert warta("verify").exit_code == 0


def test_an_archive_on_a_read_only_medium_is_verified_and_nothing_is_written(
    warta: Warta, folder_of_a_user: Path
) -> None:
    medium = folder_of_a_user / "cakram"
    medium.mkdir()
    with Archive(medium / "arsip.db") as archive:
        keep(archive, story(1))
    (medium / "arsip.db").chmod(0o400)
    medium.chmod(0o500)
    try:
        result = warta("verify", archive=medium / "arsip.db")
        assert (result.exit_code, result.stderr) == (0, "")
        assert [found.name for found in medium.iterdir()] == ["arsip.db"]
    finally:
        medium.chmod(0o700)


def test_verifying_changes_no_byte(warta: Warta, path: Path) -> None:
    before = path.read_bytes()
    warta("verify")
    assert path.read_bytes() == before


def test_an_archive_that_is_being_written_is_verified_as_it_stands(
    warta: Warta, path: Path
) -> None:
    with writing(path):
        for _turn in range(3):
            assert warta("verify").exit_code == 0


# Samples


def chosen(archive: Archive, sample: int) -> dict[str, int]:
    return {finding.check: finding.examined for finding in verify(archive, sample=sample)}


def test_a_sample_reads_so_many_texts_and_pages(path: Path) -> None:
    with Archive(path, read_only=True) as archive:
        found = chosen(archive, 3)
        assert (found["revisions"], found["snapshots"]) == (3, 3)
        found = chosen(archive, 1_000)
        assert (found["revisions"], found["snapshots"]) == (8, 7)


def test_a_sample_is_the_same_each_time_and_comes_from_the_whole_archive(
    warta: Warta, path: Path
) -> None:
    with Archive(path) as archive:
        for number in range(7, 101):
            keep_page(archive, page(number))
    numbers = damaged_numbers(warta, path, "10")
    assert numbers == damaged_numbers(warta, path, "10")
    assert len(numbers) == 10
    assert {later - earlier for earlier, later in pairwise(numbers)} <= {10, 11}


def damaged_numbers(warta: Warta, path: Path, sample: str) -> list[int]:
    """Which snapshots a sample looks at: all are damaged, so that each is told."""
    vandalise(path, f"UPDATE snapshots SET digest = '{'0' * 64}'")
    lines = complaints(warta("verify", options=("--sample", sample)))
    return [int(line.split()[2]) for line in lines if line.startswith("snapshots: snapshot ")]


@pytest.mark.parametrize("sample", ["0", "-1", "banyak"])
def test_a_sample_of_nothing_is_wrong_usage(warta: Warta, sample: str) -> None:
    assert warta("verify", options=("--sample", sample)).exit_code == 2


# Tables


@pytest.mark.parametrize("table", ["clock", "furniture", "revisions", "tombstones"])
def test_a_missing_table_is_named(warta: Warta, path: Path, table: str) -> None:
    vandalise(path, f"DROP TABLE {table}")
    assert damage(path) == f"{table}: the table is missing"
    assert f"values: {table}: the table is missing" in complaints(warta("verify"))


def test_a_value_that_is_nested_too_deep_is_named(warta: Warta, path: Path) -> None:
    vandalise(path, f"UPDATE snapshots SET headers = '{'[' * 200_000}' WHERE id = 3")
    assert damage(path) == "snapshots.headers of row 3: it is no JSON"


# Pages and dictionaries


def test_a_snapshot_whose_digest_no_longer_fits_is_reported_with_its_address(
    warta: Warta, path: Path
) -> None:
    vandalise(path, f"UPDATE snapshots SET digest = '{'0' * 64}' WHERE id = 3")
    (line,) = complaints(warta("verify"))
    assert (
        line == f"snapshots: snapshot 3 of {url_of(3)}: a snapshot was damaged: its bytes no longer"
        " match the digest 000000000000…"
    )


def test_a_snapshot_whose_bytes_are_no_frame_is_reported(warta: Warta, path: Path) -> None:
    vandalise(path, "UPDATE snapshots SET packed = x'00112233' WHERE id = 3")
    (line,) = complaints(warta("verify"))
    assert line.startswith(f"snapshots: snapshot 3 of {url_of(3)}: a snapshot cannot be unpacked")


def test_a_snapshot_that_was_swapped_for_another_is_reported(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        mine, other = keep_page(archive, page(7)), keep_page(archive, page(8))
    vandalise(
        path,
        f"UPDATE snapshots SET packed = (SELECT s.packed FROM snapshots s WHERE s.id = {other})"
        f" WHERE id = {mine}",
    )
    (line,) = complaints(warta("verify"))
    assert line.startswith(f"snapshots: snapshot {mine} of {url_of(7)}: a snapshot was damaged")


def test_a_snapshot_whose_headers_are_garbled_is_reported(warta: Warta, path: Path) -> None:
    vandalise(path, "UPDATE snapshots SET headers = '{rusak' WHERE id = 3")
    of_values, line = complaints(warta("verify"))
    assert of_values.startswith("values: snapshots.headers of row 3: ")
    assert line.startswith(f"snapshots: snapshot 3 of {url_of(3)}: ")


def test_a_further_page_of_a_story_is_checked_too(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        first = keep_page(archive, page(7, parts=(page(8),)))
    vandalise(path, f"UPDATE snapshots SET digest = '{'0' * 64}' WHERE first_part_id = {first}")
    (line,) = complaints(warta("verify"))
    assert line.startswith(f"snapshots: snapshot {first} of {url_of(7)}: ")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE dictionaries SET packed = x'0011'", "dictionary kabar-1 cannot be unpacked"),
        (f"UPDATE dictionaries SET digest = '{'0' * 64}'", "dictionary kabar-1 was damaged"),
        ("UPDATE dictionaries SET packed = x''", "dictionary kabar-1 was erased"),
        ("DELETE FROM dictionaries", "dictionary 1 is not in the archive"),
    ],
)
def test_a_dictionary_that_is_damaged_or_missing_is_reported_once_and_with_each_page_that_needs_it(
    warta: Warta, path: Path, damage: str, told: str
) -> None:
    vandalise(path, damage)
    lines = complaints(warta("verify"))
    assert [line for line in lines if line.startswith(f"dictionaries: {told}")]
    assert any(line.startswith(f"snapshots: snapshot 4 of {url_of(4)}: {told}") for line in lines)


def test_a_dictionary_in_force_that_packs_nothing_yet_is_checked_too(
    warta: Warta, path: Path
) -> None:
    vandalise(
        path,
        "INSERT INTO dictionaries (site, name, created_at, digest, packed) VALUES ('kabar',"
        " 'kabar-9', '2026-11-20T03:04:05+00:00', 'x', x'00')",
    )
    (line,) = complaints(warta("verify"))
    assert line.startswith("dictionaries: dictionary kabar-9 cannot be unpacked")


# Texts


@pytest.mark.parametrize(
    "damage",
    [
        "body = replace(body, 'turun', 'naik')",
        "headline = 'Judul Palsu'",
        "published_at = '2026-11-19T08:00:00+07:00'",
        "published_at = 'kemarin'",
        "authors = '[\"Orang Lain\"]'",
        "authors = 'bukan daftar'",
        "body = CAST(x'ff' AS TEXT)",
        "digest = 'x'",
    ],
)
def test_a_text_that_was_changed_behind_its_digest_is_reported(
    warta: Warta, path: Path, damage: str
) -> None:
    vandalise(path, *NO_GUARDS, f"UPDATE revisions SET {damage} WHERE article_id = 3")
    (line,) = (
        line
        for line in complaints(warta("verify"))
        if not line.startswith(("views:", "values:", "search: it differs from the texts"))
    )
    assert line.startswith("revisions: article 3, revision 1: ")


def test_the_texts_after_one_that_cannot_be_read_are_still_checked(
    warta: Warta, path: Path
) -> None:
    vandalise(
        path, *NO_GUARDS, "UPDATE revisions SET authors = 'bukan daftar' WHERE article_id = 3"
    )
    vandalise(path, "UPDATE revisions SET headline = 'Judul Palsu' WHERE article_id = 5")
    told = [line[:32] for line in complaints(warta("verify")) if line.startswith("revisions:")]
    assert told == ["revisions: article 3, revision 1", "revisions: article 5, revision 1"]


# Rows


def test_a_gap_in_the_numbers_of_revisions_is_reported(warta: Warta, path: Path) -> None:
    vandalise(path, *NO_GUARDS, "DELETE FROM revisions WHERE article_id = 1 AND number = 1")
    assert "numbers: article 1: says revision 2, has 1, the newest is 2" in complaints(
        warta("verify")
    )


def test_an_article_that_names_a_revision_it_does_not_have_is_reported(
    warta: Warta, path: Path
) -> None:
    vandalise(path, "UPDATE articles SET revision = 7 WHERE id = 3")
    assert "numbers: article 3: says revision 7, has 1, the newest is 1" in complaints(
        warta("verify")
    )


@pytest.mark.parametrize("tombstones", [0, 1])
def test_an_article_without_any_text_and_without_a_tombstone_is_reported(
    warta: Warta, path: Path, tombstones: int
) -> None:
    with Archive(path) as archive:
        for _number in range(tombstones):
            erase(archive, SITE, "kabar-99", url=url_of(99), reason="diminta", now=NOW)
    vandalise(
        path,
        *NO_GUARDS,
        "DELETE FROM revisions WHERE article_id = 3",
        "UPDATE articles SET revision = 0 WHERE id = 3",
    )
    assert "numbers: article 3: says revision 0, has 0, the newest is 0" in complaints(
        warta("verify")
    )


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            "DELETE FROM urls WHERE id = 3",
            "checks.url_id of row 3: points to a row of urls that is not there",
        ),
        (
            "UPDATE checks SET crawl_id = 77 WHERE id = 2",
            "checks.crawl_id of row 2: points to a row of crawls that is not there",
        ),
        (
            "UPDATE snapshots SET first_part_id = 99 WHERE id = 3",
            "snapshots.first_part_id of row 3: points to a row of snapshots that is not there",
        ),
        (
            "INSERT INTO readings (snapshot_id, extractor) VALUES (99, 'x')",
            "readings.snapshot_id of row 99: points to a row of snapshots that is not there",
        ),
    ],
)
def test_a_row_that_points_to_nothing_is_reported(
    warta: Warta, path: Path, damage: str, told: str
) -> None:
    vandalise(path, damage)
    assert f"links: {told}" in complaints(warta("verify"))


def test_a_view_that_was_dropped_is_reported(warta: Warta, path: Path) -> None:
    vandalise(path, "DROP VIEW ledger")
    assert complaints(warta("verify")) == [
        "views: view ledger cannot be read: no such table: ledger"
    ]


@pytest.mark.parametrize("view", ["latest", "history", "ledger", "searchable"])
def test_every_view_is_looked_at(warta: Warta, path: Path, view: str) -> None:
    vandalise(path, f"DROP VIEW {view}")
    assert any(
        line.startswith(f"views: view {view} cannot be read")
        for line in complaints(warta("verify"))
    )


# The search index


def test_an_article_that_is_missing_in_the_search_index_is_reported(
    warta: Warta, path: Path
) -> None:
    vandalise(
        path,
        "INSERT INTO search (search, rowid, headline, deck, body) SELECT 'delete', * FROM"
        " searchable WHERE article_id = 3",
    )
    (line,) = complaints(warta("verify"))
    assert line == "search: article 3 is not in the search index"


def test_an_entry_of_the_search_index_without_an_article_is_reported(
    warta: Warta, path: Path
) -> None:
    vandalise(
        path,
        "INSERT INTO search (rowid, headline, deck, body) VALUES (99, 'Judul', '', 'Isi yang"
        " tertinggal.')",
    )
    (line,) = complaints(warta("verify"))
    assert line == "search: entry 99 of the search index has no article"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "INSERT INTO search_earlier (search_earlier, rowid, headline, deck, body)"
            " SELECT 'delete', * FROM searchable_earlier",
            r"revision \d+ is not in the search index of earlier texts",
        ),
        (
            "INSERT INTO search_earlier (rowid, headline, deck, body) VALUES (99, 'a', '', 'b')",
            "entry 99 of the search index of earlier texts has no revision",
        ),
    ],
)
def test_the_index_of_earlier_texts_is_compared_with_them(
    warta: Warta, path: Path, statement: str, problem: str
) -> None:
    vandalise(path, statement)
    (line,) = complaints(warta("verify"))
    assert re.fullmatch(f"search: {problem}", line)
    assert warta("verify", options=("--repair", "search")).exit_code == 0


FLIPS = 60


def forty(archive: Archive) -> None:
    """Stories with words of their own."""
    for number in range(1, 41):
        words = " ".join(f"kata{number * place} pasar" for place in range(1, 80))
        keep(archive, story(number, body=f"{BODY} {words}"))


@pytest.fixture(scope="module")
def many(made: Callable[..., Path]) -> Path:
    return made(forty)


def flipped(cell: int | str | bytes, chosen: random.Random) -> int | str | bytes:
    """A value with one bit changed."""
    if isinstance(cell, int):
        return cell ^ 1 << chosen.randrange(cell.bit_length() + 1)
    content = bytearray(cell if isinstance(cell, bytes) else cell.encode())
    bit = chosen.randrange(len(content) * 8)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content) if isinstance(cell, bytes) else content.decode("latin-1")


def size(cell: int | str | bytes) -> int:
    return 2 if isinstance(cell, int) else len(cell)


def test_sixty_single_bits_anywhere_in_the_search_index_are_all_found(
    many: Path, tmp_path: Path
) -> None:
    chosen = random.Random(13)
    path = tmp_path / "news.db"
    unseen = []
    for _ in range(FLIPS):
        shutil.copy(many, path)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            table = chosen.choice(("data", "data", "data", "idx", "docsize", "config"))
            found = connection.execute(f"SELECT * FROM search_{table}")
            names = [column for column, *_rest in found.description]
            cells = [(row, place) for row in found for place in range(len(row)) if size(row[place])]
            sizes = [size(row[place]) for row, place in cells]
            ((row, place),) = chosen.choices(cells, sizes)
            where = " AND ".join(f"{name} IS ?" for name in names)
            connection.execute(
                f"UPDATE OR REPLACE search_{table} SET {names[place]} = ? WHERE {where}",
                (flipped(row[place], chosen), *row),
            )
        with Archive(path, read_only=True) as archive:
            if all(finding.ok for finding in verify(archive)):
                unseen.append((table, names[place], row[:1]))
    assert unseen == []


def test_the_index_is_verified_while_a_crawl_holds_the_write_lock(path: Path) -> None:
    with Archive(path) as writer, writer.transaction(NOW + DAY):
        writer.clock.stamp()
        with Archive(path, read_only=True) as archive:
            assert all(finding.ok for finding in verify(archive))


@pytest.mark.parametrize("layers", [1, pytest.param(2, marks=pytest.mark.slow), 3])
def test_an_index_in_the_middle_of_its_merges_is_sound(path: Path, layers: int) -> None:
    with Archive(path) as archive:
        for turn in range(60 * layers):
            words = " ".join(f"kata{turn * place}" for place in range(400))
            keep(archive, story(1 + turn % 9, body=f"{words} {turn}"), at=NOW + DAY + turn * HOUR)
        assert [finding.problems for finding in verify(archive) if not finding.ok] == []


BROKEN_INDEX = {
    "a page": "UPDATE search_data SET block = x'00' WHERE id > 10",
    "all pages": "DELETE FROM search_data",
    "its list of segments": "UPDATE search_data SET block = x'0102030405' WHERE id = 10",
    "its entries": "DELETE FROM search_idx",
    "its lengths": "UPDATE search_docsize SET sz = x'07'",
    "its settings": "UPDATE search_config SET v = 6",
}


@pytest.mark.parametrize("index", ["search", "search_earlier"])
@pytest.mark.parametrize("statement", BROKEN_INDEX.values(), ids=BROKEN_INDEX)
def test_a_broken_search_index_is_rebuilt(
    warta: Warta, path: Path, statement: str, index: str
) -> None:
    vandalise(path, statement.replace("search", index))
    (line,) = complaints(warta("verify"))
    assert "`warta verify --repair search`" in line
    repaired = warta("verify", options=("--repair", "search"))
    assert (repaired.exit_code, repaired.stderr) == (0, "")
    assert warta("verify").exit_code == 0
    assert "Harga Beras Naik" in warta("search", "naik").stdout
    assert warta("search", "turun -naik", options=("--revisions",)).stderr != "Nothing found.\n"


# What waits


def test_what_waits_for_compact_is_reported_and_is_no_damage(warta: Warta, path: Path) -> None:
    warta("remove", url_of(3), options=("--reason", "atas permintaan", "--yes", "--defer-compact"))
    waiting = warta("verify")
    assert waiting.exit_code == 0
    assert waiting.stderr == (
        "takedowns: 1 take-down waits for `warta compact`: traces may remain in unused space of"
        " the file\n"
    )
    assert warta("compact").exit_code == 0
    assert warta("verify").stderr == ""


def test_a_retired_dictionary_waits_for_compact_too(warta: Warta, path: Path) -> None:
    vandalise(path, f"UPDATE dictionaries SET retired_at = '{NOW.isoformat()}'")
    result = warta("verify")
    assert result.exit_code == 0
    assert result.stderr.startswith("takedowns: dictionary kabar-1 waits for `warta compact`")


# The file


def test_an_index_out_of_step_with_its_table_is_reported(warta: Warta, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        row = connection.execute("SELECT * FROM sqlite_schema WHERE name = 'urls_key'").fetchone()
        connection.execute("DELETE FROM sqlite_schema WHERE name = 'urls_key'")
    vandalise(
        path,
        f"INSERT INTO urls (url, site, key, state, first_seen_at) VALUES ('{url_of(50)}', 'kabar',"
        " 'k50', 'due', '')",
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)
    lines = complaints(warta("verify"))
    assert all(line.startswith("file: ") for line in lines)
    assert any("urls_key" in line for line in lines)


def test_pages_of_the_file_that_were_overwritten_are_reported_in_one_line(
    warta: Warta, path: Path
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'checks'"
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\xaa" * 4096
    path.write_bytes(content)
    assert complaints(warta("verify"))


def test_many_problems_of_one_kind_are_counted_after_the_first_twenty(
    warta: Warta, path: Path
) -> None:
    with Archive(path) as archive:
        for number in range(7, 41):
            keep_page(archive, page(number))
        assert rows(archive, "SELECT count(*) FROM snapshots") == [(41,)]
    vandalise(path, f"UPDATE snapshots SET digest = '{'0' * 64}'")
    lines = complaints(warta("verify"))
    assert len(lines) == 21
    assert lines[-1] == "snapshots: and 21 more"


def test_problems_as_json_are_all_reported(warta: Warta, path: Path) -> None:
    vandalise(path, *NO_GUARDS, f"UPDATE revisions SET body = '{BODY[:40]}'")
    result = warta("verify", options=("--json",))
    assert result.exit_code == 1
    found = {
        line["check"]: line["problems"] for line in map(json.loads, result.stdout.splitlines())
    }
    assert len(found["revisions"]) == 8
