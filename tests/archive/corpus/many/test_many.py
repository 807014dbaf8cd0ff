"""A corpus of many archives is that of their merge, file by file: whatever they saw of their
stories, as of any time, in any order of the inputs, with any number of tasks.
"""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from datatrove.utils.logging import logger
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive
from archive.corpus import selection
from archive.corpus.build import BuildOptions, work_folder
from archive.corpus.explain import is_its_archive
from archive.corpus.many import links
from archive.corpus.many.inputs import clustered_later, found_archives, identified, last_written
from archive.corpus.many.links import ConfirmedLinks, Meetings
from archive.corpus.many.members import Members
from archive.errors import ArchiveError, CorpusError
from archive.merge.partial import Partial
from tests.archive.corpus.many.builds import built_of_many, documents_of, quiet
from tests.archive.corpus.newsroom import (
    all_fates,
    built,
    by_id,
    dropped,
    kept,
    opt_out,
    told,
    tree,
)
from tests.archive.corpus.rebuilt.killers import dying, how_it_ended
from tests.archive.invented import DAY, HOUR, NOW, SITE, new_archive
from tests.archive.merge.worlds import MACHINES, Step, lived, merged, removed, steps

SLOW = pytest.mark.slow
EVERY = st.integers(0, 30).map(lambda days: NOW + days * DAY)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    quiet(monkeypatch)
    yield
    logger.enable("datatrove")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two archives that share stories, and have copies of each other's; to be read only."""
    folder = tmp_path_factory.mktemp("two")
    paths = [folder / "kabar.db", folder / "berita.db"]
    with new_archive(paths[0]) as archive:
        all_fates(archive)
    with new_archive(paths[1]) as archive:
        for number in range(20, 36):
            kept(archive, number, "warta")
        kept(archive, 54, body="Naskah lebih baru: " + told(54), day=2)
        kept(archive, 61)
        kept(archive, 62)
        opt_out(archive, 62)
    removed(paths[1], 61, at=NOW + 3 * DAY)
    return paths


@pytest.fixture(scope="module")
def whole(two: list[Path]) -> Path:
    """Their merge."""
    out = two[0].with_name("whole.db")
    merged(out, two, clusters=True)
    return out


@pytest.fixture(scope="module")
def undisturbed(two: list[Path]) -> dict[str, str]:
    """The files of their corpus."""
    out = two[0].with_name("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        quiet(patch)
        built_of_many(two, out)
    return tree(out)


def of_merge(whole: Path, out: Path, **fields: object) -> dict[str, str]:
    built(whole, out, **fields)
    return documents_of(out)


class TestEqualsTheMerge:
    def test_file_by_file_and_its_digest_of_the_archive_too(
        self, two: list[Path], whole: Path, tmp_path: Path
    ) -> None:
        expected = of_merge(whole, tmp_path / "merge")
        built_of_many(two, tmp_path / "many")
        assert documents_of(tmp_path / "many") == expected
        manifests = [
            json.loads((tmp_path / name / "manifest.json").read_text())
            for name in ("merge", "many")
        ]
        archives = manifests[1]["recipe"].pop("archives")
        assert manifests[0] == manifests[1]
        assert archives == sorted(
            digest for path in two for digest in identified([path], last_written(two)).digests
        )
        clusters = {row["cluster_id"] for row in by_id(tmp_path / "many").values()}
        assert len(clusters) > 5  # across both

    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"dedup": "none"}, marks=SLOW),
            {"dedup": "exact", "opted_out": "keep", "sites": ("kabar",)},
            pytest.param({"since": NOW.date(), "format": "jsonl"}, marks=SLOW),
        ],
    )
    def test_with_other_recipes(
        self, two: list[Path], whole: Path, tmp_path: Path, fields: dict[str, object]
    ) -> None:
        expected = of_merge(whole, tmp_path / "merge", **fields)
        built_of_many(two, tmp_path / "many", **fields)
        assert documents_of(tmp_path / "many") == expected

    @settings(max_examples=max(2, settings.default.max_examples // 40))
    @given(steps, st.permutations(range(MACHINES)), EVERY)
    def test_whatever_the_archives_saw(
        self, life: Sequence[Step], order: Sequence[int], as_of: object
    ) -> None:
        with TemporaryDirectory() as name, lived(Path(name), life, machines=MACHINES) as many:
            whole = Path(name) / "all.db"
            merged(whole, many, clusters=True)
            times = [None, as_of]
            for number, time in enumerate(times):
                outcomes = [
                    outcome([whole], Path(name) / f"merge-{number}", as_of=time),
                    outcome(
                        [many[place] for place in order], Path(name) / f"many-{number}", as_of=time
                    ),
                ]
                assert outcomes[0] == outcomes[1]


def outcome(paths: Sequence[Path], out: Path, **fields: object) -> dict[str, str] | None:
    """The corpus that the command would build; None where no article would be in it."""
    one = len(paths) == 1 and not (fields["as_of"] and clustered_later(paths[0], fields["as_of"]))
    try:
        if one:
            built(paths[0], out, **fields)
        else:
            built_of_many(paths, out, **fields)
    except CorpusError:
        return None
    return documents_of(out)


class TestTheSameBytes:
    @pytest.mark.parametrize("tasks", [*(pytest.param(n, marks=SLOW) for n in (1, 2)), 7])
    def test_in_any_order_with_any_number_of_tasks(
        self, two: list[Path], undisturbed: dict[str, str], tmp_path: Path, tasks: int
    ) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(selection, "SHARD", 10)
            patch.setattr(links, "UNIT", 10)
            built_of_many(two[::-1], tmp_path / "out", how=BuildOptions(tasks=tasks))
        assert tree(tmp_path / "out") == undisturbed

    def test_of_a_folder_of_them(
        self, two: list[Path], undisturbed: dict[str, str], tmp_path: Path
    ) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        for path in two:
            (folder / path.name).symlink_to(path)
        (folder / "catatan.txt").write_text("bukan arsip")
        built_of_many([folder], tmp_path / "other")
        assert tree(tmp_path / "other") == undisturbed

    def test_what_was_written_later_changes_nothing_as_of_a_time(self, tmp_path: Path) -> None:
        paths = [tmp_path / "a.db", tmp_path / "b.db"]
        for number, path in enumerate(paths):
            with new_archive(path) as archive:
                kept(archive, 1, "kabar")
                kept(archive, 2 + number, "kabar")
        built_of_many(paths, tmp_path / "before", as_of=NOW + 5 * DAY)
        with Archive(paths[0]) as archive:
            kept(archive, 9, day=30)
        built_of_many(paths, tmp_path / "after", as_of=NOW + 5 * DAY)
        assert tree(tmp_path / "after") == tree(tmp_path / "before")

    @pytest.mark.parametrize(
        "block",
        [
            (Partial, "finish"),
            pytest.param((Meetings, "run"), marks=SLOW),
            pytest.param((ConfirmedLinks, "_nodes"), marks=SLOW),
            (Members, "_clusters"),
        ],
        ids=str,
    )
    def test_killed_and_run_again(
        self, two: list[Path], undisturbed: dict[str, str], tmp_path: Path, block: tuple[type, str]
    ) -> None:
        out = tmp_path / "out"

        owner, name = block

        def build() -> None:
            setattr(owner, name, dying(getattr(owner, name), call=1))
            built_of_many(two, out)

        assert how_it_ended(build) == -signal.SIGKILL
        assert not out.exists()
        built_of_many(two, out)
        assert tree(out) == undisturbed
        assert not work_folder(out).exists()


class TestRights:
    def test_what_any_archive_took_down_is_in_no_corpus(self, tmp_path: Path) -> None:
        paths = [tmp_path / "a.db", tmp_path / "b.db"]
        for path in paths:
            with new_archive(path) as archive:
                for number in (1, 2, 3):
                    kept(archive, number, SITE)
        before = NOW + 5 * DAY
        removed(paths[1], 2, at=before + DAY)
        built_of_many(paths, tmp_path / "out", as_of=before)
        found = {row["id"] for row in by_id(tmp_path / "out").values()} | {
            row["id"] for row in dropped(tmp_path / "out")
        }
        assert len(found) == 2

    def test_the_stricter_holds(self, tmp_path: Path) -> None:
        paths = [tmp_path / "a.db", tmp_path / "b.db"]
        for number, path in enumerate(paths):
            with new_archive(path) as archive:
                kept(archive, 1)
                kept(archive, 2)
                if number:
                    opt_out(archive, 2)
        built_of_many(paths, tmp_path / "out")
        assert [row["reason"] for row in dropped(tmp_path / "out")] == ["opted_out"]


class TestManifest:
    def test_names_no_path_and_an_archive_is_one_of_its_own_by_its_digest(
        self, two: list[Path], whole: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        built_of_many(two, out)
        assert str(two[0].parent) not in (out / "manifest.json").read_text()
        assert [is_its_archive(out, path) for path in (*two, whole)] == [True, True, True]
        other = tmp_path / "other.db"
        with new_archive(other) as archive:
            kept(archive, 1)
        assert not is_its_archive(out, other)


class TestBadInput:
    def test_the_same_archive_under_two_names_is_reported(
        self, two: list[Path], undisturbed: dict[str, str], tmp_path: Path
    ) -> None:
        copy = tmp_path / "salinan.db"
        with closing(sqlite3.connect(two[0])) as one, closing(sqlite3.connect(copy)) as other:
            one.backup(other)
        notes: list[str] = []
        built_of_many([copy, *two], tmp_path / "out", note=notes.append)
        assert notes == [f"{copy}: it holds the same as {two[0]}"] or notes == [
            f"{two[0]}: it holds the same as {copy}"
        ]
        expected = {name: digest for name, digest in undisturbed.items() if name != "manifest.json"}
        assert documents_of(tmp_path / "out") == expected

    def test_one_file_given_twice_is_one_archive(self, two: list[Path]) -> None:
        assert found_archives([two[0], two[0].parent / "." / two[0].name]) == (two[0],)

    def test_a_damaged_one_is_named_and_nothing_is_left(
        self, two: list[Path], tmp_path: Path
    ) -> None:
        broken = tmp_path / "rusak.db"
        with new_archive(broken) as archive:
            kept(archive, 1)
        with closing(sqlite3.connect(broken)) as db, db:
            db.execute("UPDATE articles SET published_at = 'kemarin'")
            db.execute("DROP TRIGGER revisions_never_change")
            db.execute("UPDATE revisions SET published_at = 'kemarin'")
        with pytest.raises(ArchiveError) as caught:
            built_of_many([two[0], broken], tmp_path / "out")
        assert f"{broken}: article 1: its time of publication is 'kemarin'" in str(caught.value)
        assert {path.suffix for path in tmp_path.iterdir()} <= {".db", ".db-shm", ".db-wal"}

    def test_one_that_points_nowhere_is_named(self, two: list[Path], tmp_path: Path) -> None:
        broken = tmp_path / "rusak.db"
        with new_archive(broken) as archive:
            kept(archive, 1)
        with closing(sqlite3.connect(broken)) as db, db:
            db.execute("UPDATE rights SET article_id = 99")
            db.execute("INSERT INTO rights (article_id, since) VALUES (99, ?)", (str(NOW),))
        with pytest.raises(ArchiveError, match=r"rusak\.db: rights \d+: points to a row"):
            built_of_many([two[0], broken], tmp_path / "out")
        assert not work_folder(tmp_path / "out").exists()

    def test_clocks_apart(self, two: list[Path], tmp_path: Path) -> None:
        from tests.archive.merge.worlds import LATER

        ahead = tmp_path / "besok.db"
        with new_archive(ahead) as archive:
            kept(archive, 1)
            with archive.transaction(LATER + 2 * HOUR):
                archive.clock.stamp()
        notes: list[str] = []
        built_of_many([two[0], ahead], tmp_path / "out", note=notes.append)
        assert "2 hours ahead" in notes[0]
        with Archive(ahead) as archive, archive.transaction(LATER + timedelta(days=2)):
            archive.clock.stamp()
        with pytest.raises(CorpusError, match="what changed first cannot be known"):
            built_of_many([two[0], ahead], tmp_path / "other")

    def test_a_folder_without_archives(self, tmp_path: Path) -> None:
        (tmp_path / "foto.db").write_text("bukan arsip")
        with pytest.raises(CorpusError, match="it is a folder, not an archive, and has none in it"):
            found_archives([tmp_path])
