"""A file that is moved, deleted, replaced or hard-linked while it is written: what is written after
that would be lost, so the next transaction says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from archive import Archive
from archive.errors import ArchiveMoved
from tests.archive.invented import NOW, keep, story

BEFORE = "sebelum.db"


def move(path: Path) -> None:
    path.rename(path.with_name(BEFORE))


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    copy = path.with_name("salinan.db")
    shutil.copy(path, copy)
    copy.replace(path)


def give_a_second_name(path: Path) -> None:
    path.with_name("kedua.db").hardlink_to(path)


def move_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("pindah"))


def delete_its_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


DISTURBANCES = [move, delete, replace, give_a_second_name, move_its_folder, delete_its_log]
disturbed = pytest.mark.parametrize("disturb", DISTURBANCES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "arsip"
    folder.mkdir()
    return folder / "news.db"


@disturbed
def test_the_next_transaction_raises(path: Path, disturb: Callable[[Path], None]) -> None:
    with Archive(path) as archive:
        keep(archive, story(1))
        disturb(path)
        with pytest.raises(ArchiveMoved, match=r"news\.db") as raised:
            keep(archive, story(2))
    assert "\n" not in str(raised.value)


@disturbed
def test_so_does_the_transaction_during_which_it_happens(
    path: Path, disturb: Callable[[Path], None]
) -> None:
    with Archive(path) as archive, pytest.raises(ArchiveMoved), archive.transaction(NOW):
        archive.clock.stamp()
        disturb(path)


@pytest.mark.parametrize(
    ("disturb", "name"),
    [(move, BEFORE), (give_a_second_name, "news.db"), (delete_its_log, "news.db")],
)
def test_what_was_written_before_is_in_the_file_without_its_log(
    path: Path, disturb: Callable[[Path], None], name: str
) -> None:
    with Archive(path) as archive:
        for number in range(1, 4):
            keep(archive, story(number))
        disturb(path)
        with pytest.raises(ArchiveMoved):
            keep(archive, story(4))
    with Archive(path.with_name(name), read_only=True) as moved:
        assert [kept.article.story_id for kept in moved.articles()] == [
            story(number).story_id for number in range(1, 4)
        ]


def test_other_programs_that_read_copy_or_compact_it_do_not_matter(path: Path) -> None:
    with Archive(path) as archive:
        keep(archive, story(1))
        with Archive(path, read_only=True) as reader:
            assert len(list(reader.articles())) == 1
        shutil.copy(path, path.with_name("salinan.db"))
        with Archive(path) as other:
            keep(other, story(2), at=NOW + timedelta(hours=1))
            other.db.conn.execute("VACUUM")
        keep(archive, story(3), at=NOW + timedelta(hours=2))
    with Archive(path, read_only=True) as reader:
        assert len(list(reader.articles())) == 3


def test_an_archive_behind_a_symbolic_link_is_written(path: Path) -> None:
    alias = path.with_name("tautan.db")
    Archive(path).close()
    alias.symlink_to(path)
    with Archive(alias) as archive:
        keep(archive, story(1))
        keep(archive, story(2))


def imported(path: Path) -> tuple[str, ...]:
    file = path.parent.with_name("berita.jsonl")
    lines = (
        f'{{"url": "https://kabar.example/{n}", "headline": "Judul {n}", "text": "Warga datang."}}'
        for n in range(40)
    )
    file.write_text("\n".join(lines))
    return "import", str(file)


@disturbed
@pytest.mark.parametrize("command", ["import", "clusters", "reextract", "compact"])
def test_every_command_that_writes_ends_with_one_line(
    warta: Callable[..., Result],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    disturb: Callable[[Path], None],
    command: str,
) -> None:
    with Archive(path) as archive:
        keep(archive, story(1))
        keep(archive, story(2))
    transaction, happened = Archive.transaction, []

    def disturbed_transaction(self: Archive, now: object) -> object:
        if not happened:
            happened.append(disturb(path))
        return transaction(self, now)  # type: ignore[arg-type]

    monkeypatch.setattr(Archive, "transaction", disturbed_transaction)
    words = {"import": imported(path), "clusters": ("clusters", "rebuild")}.get(command, (command,))
    result = warta(*words)
    assert happened
    assert (result.exit_code, result.stdout) == (1, "")
    assert str(path) in result.stderr.splitlines()[-1]
    assert result.stderr.count("\n") == 1
