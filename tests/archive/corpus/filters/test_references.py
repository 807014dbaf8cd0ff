"""Files that a corpus is decontaminated against: what is read of them, and what is found."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.corpus.filters.masking import MaskPersonalData
from archive.corpus.filters.references import (
    Match,
    ReferenceIndex,
    indexed_files,
    reference_files,
    write_index,
)
from archive.errors import CorpusError
from tests.archive.corpus.filters.filter_cases import LINES, NEWS

WORDS = 13
QUESTION = LINES[2]
"""A paragraph of NEWS, as a benchmark asks about it."""
WORD = st.sampled_from("air batu cabai dapur".split())


def plain(text: str) -> str:
    return text


def index(folder: Path, *paths: Path, words: int = WORDS, masked: Any = plain) -> ReferenceIndex:
    write_index(reference_files(paths), words, masked, folder / "index")
    return ReferenceIndex(folder / "index", words)


def in_text(folder: Path) -> Path:
    path = folder / "soal.txt"
    path.write_text("Soal latihan membaca.\n\n" + QUESTION.replace(" ", "\n", 5), "utf-8")
    return path


def in_lines(folder: Path) -> Path:
    path = folder / "soal.jsonl"
    rows = [{"id": 1}, {"soal": {"bacaan": [QUESTION], "nomor": 7}}]
    path.write_text("\ufeff\n" + "\n".join(map(json.dumps, rows)), "utf-8")
    return path


def in_gzip(folder: Path) -> Path:
    path = folder / "soal.JSONL.gz"
    path.write_bytes(gzip.compress(in_lines(folder).read_bytes()))
    return path


def in_parquet(folder: Path) -> Path:
    path = folder / "soal.parquet"
    pq.write_table(pa.table({"nomor": [1, 2], "bacaan": [None, [QUESTION]]}), path)
    return path


@pytest.mark.parametrize(
    ("write", "row"), [(in_text, 3), (in_lines, 3), (in_gzip, 3), (in_parquet, 2)]
)
def test_a_text_is_found_in_a_file_with_its_row(
    write: Callable[[Path], Path], row: int, tmp_path: Path
) -> None:
    path = write(tmp_path)
    ngram = "jembatan sepanjang 60 meter itu adalah jalan terdekat menuju pasar dan puskesmas jika"
    found = index(tmp_path, path).find(NEWS)
    assert found == Match(file=path.name, row=row, ngram=ngram)


@pytest.mark.parametrize(
    "written",
    [
        QUESTION.upper(),
        QUESTION.replace(",", " –").replace(".", "!"),
        QUESTION.replace(" ", "\u00a0"),
        QUESTION.replace("\u00a0", "\n"),
    ],
)
def test_case_punctuation_and_white_space_do_not_matter(written: str, tmp_path: Path) -> None:
    (tmp_path / "soal.txt").write_text(written, "utf-8")
    assert index(tmp_path, tmp_path / "soal.txt").find(NEWS)


def test_thirteen_words_are_found_and_twelve_are_not(tmp_path: Path) -> None:
    words = NEWS.split()
    path = tmp_path / "soal.txt"
    path.write_text("Pembuka lain. " + " ".join(words[5:18]) + " penutup lain", "utf-8")
    found = index(tmp_path, path)
    assert found.find(NEWS)
    assert found.find(" ".join(words[6:]) + " " + " ".join(words[:17])) is None


@given(
    size=st.integers(2, 6),
    words=st.lists(st.sampled_from("air batu cabai dapur".split()), max_size=30),
)
def test_what_is_found_are_just_the_common_runs(
    size: int, words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Compared with sets of all runs, whatever the lines they are written in."""
    folder = tmp_path_factory.mktemp("runs")
    text = "dapur air air batu cabai cabai air dapur".split()
    (folder / "soal.txt").write_text("\n".join([" ".join(text[:3]), " ".join(text[3:])]))

    def runs(of: list[str]) -> set[tuple[str, ...]]:
        return {tuple(of[place : place + size]) for place in range(len(of) - size + 1)}

    found = index(folder, folder / "soal.txt", words=size).find(" ".join(words))
    common = runs(text) & runs(words)
    assert (found is not None) == bool(common)
    assert found is None or tuple(found.ngram.split()) in common


def test_rows_do_not_run_into_one_another_but_the_strings_of_one_do(tmp_path: Path) -> None:
    first, second = QUESTION.split()[:8], QUESTION.split()[8:]
    apart = [{"a": " ".join(first)}, {"a": " ".join(second)}, {"a": "kata " * 13}]
    (tmp_path / "apart.jsonl").write_text("\n".join(map(json.dumps, apart)))
    together = {"soal": " ".join(first), "pilihan": [" ".join(second[:4]), " ".join(second[4:])]}
    (tmp_path / "together.jsonl").write_text(json.dumps(together))
    assert index(tmp_path, tmp_path / "apart.jsonl").find(" ".join(QUESTION.split()[:16])) is None
    (tmp_path / "other").mkdir()
    assert index(tmp_path / "other", tmp_path / "together.jsonl").find(QUESTION)


def test_files_are_named_without_the_folders_that_all_share(tmp_path: Path) -> None:
    for name in ("satu/uji.txt", "dua/uji.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(QUESTION)
    both = [tmp_path / "satu/uji.txt", tmp_path / "dua/uji.txt"]
    assert [file.name for file in reference_files(both)] == ["dua/uji.txt", "satu/uji.txt"]
    assert reference_files(both) == reference_files([*reversed(both), both[0]])
    assert [file.name for file in reference_files(both[:1])] == ["uji.txt"]
    assert index(tmp_path, *both).find(NEWS).file == "dua/uji.txt"  # type: ignore[union-attr]


def test_personal_data_is_masked_in_both(tmp_path: Path) -> None:
    text = f"Hubungi sari.melati@kabar.example atau 0812-3456-7890. {' '.join(NEWS.split()[:12])}"
    (tmp_path / "soal.txt").write_text(text)
    masker = MaskPersonalData()
    found = index(tmp_path, tmp_path / "soal.txt", masked=masker.format)
    match = found.find(masker.format(text))
    assert match
    assert "0812" not in match.ngram
    assert "melati" not in match.ngram


def test_what_can_not_be_found_is_counted(tmp_path: Path) -> None:
    (tmp_path / "soal.jsonl").write_text(
        "\n".join(json.dumps({"soal": text}) for text in ("Siapa?", QUESTION, "Di mana?"))
    )
    index(tmp_path, tmp_path / "soal.jsonl")
    (file,) = indexed_files(tmp_path / "index")
    assert (file.texts, file.too_short) == (3, 2)
    assert file.ngrams == len(QUESTION.split()) - 12


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("soal.jsonl", b'{"a": 1}\n{', "line 2 is not JSON"),
        ("soal.jsonl", b"[" * 100_000, "line 1 is not JSON"),
        ("soal.jsonl", b"\xff\xfe", "is not UTF-8 text"),
        ("soal.txt", b"caf\xe9", "is not UTF-8 text"),
        ("soal.parquet", b"PAR1", "cannot be read"),
        ("soal.jsonl.gz", b"\x1f\x8b\x08\x00\x00", "cannot be read"),
        ("soal.txt", b"", "no text of at least 13 words"),
        ("soal.jsonl", b'{"a": "dua kata"}', "no text of at least 13 words"),
    ],
)
def test_a_broken_file_is_one_sentence(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        index(tmp_path, tmp_path / name)


@pytest.mark.parametrize("name", ["tidak-ada.txt", "."])
def test_a_file_that_is_none_is_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        reference_files([tmp_path / name])
