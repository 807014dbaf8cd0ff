"""Files of the user that a corpus is decontaminated against, and the index of their n-grams."""

import gzip
import hashlib
import json
import os
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TextIO, cast

import numpy as np
import pyarrow.parquet as pq
from pyarrow.lib import ArrowException

from archive.errors import CorpusError
from archive.syndication.signatures import shingles, split_words

ROW_BITS = 40
"""Of a place, which is the number of a file and, in the lower bits, its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFile:
    """A file whose texts must not be in the corpus."""

    path: Path
    """Absolute."""
    name: str
    """As manifest and `dropped.parquet` name it: without the folders that all files share."""
    sha256: str
    """Hexadecimal."""


class IndexedFile(NamedTuple):
    """What of a file can be found."""

    name: str
    sha256: str
    texts: int
    """Rows of JSON lines or Parquet; 1 for a text."""
    too_short: int
    """Of them, those with fewer words than an n-gram: nothing matches them."""
    ngrams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The first n-gram that a document shares with a file."""

    file: str
    """Its name."""
    row: int
    """From 1: the line of a text or of JSON lines, the row of a Parquet file."""
    ngram: str
    """Its words, in lower case."""


def reference_files(paths: Iterable[Path]) -> tuple[ReferenceFile, ...]:
    """Return the files by name, in any order given; raises CorpusError."""
    given = sorted({path.absolute() for path in paths})
    shared = Path(os.path.commonpath([path.parent for path in given])) if given else Path()
    found = []
    for path in given:
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise CorpusError(f"{path}: cannot be read: {error.strerror}") from error
        name = path.relative_to(shared).as_posix()
        found.append(ReferenceFile(path=path, name=name, sha256=digest))
    return tuple(found)


def write_index(
    files: Sequence[ReferenceFile], words: int, masked: Callable[[str], str], folder: Path
) -> None:
    """Write the n-grams of the files to a folder, unless it has them; raises CorpusError.

    `masked` masks personal data as the corpus does, so that masked texts match, too.
    """
    done = folder / "files.json"
    if done.exists():
        return
    folder.mkdir(exist_ok=True)
    digests, places, indexed = array("Q"), array("q"), []
    for number, file in enumerate(files):
        texts = too_short = 0
        before = len(digests)
        for _, lines in groupby(_lines(file.path), key=itemgetter(0)):
            length = len(digests)
            for digest, row in _ngrams(((row, masked(line)) for _, row, line in lines), words):
                digests.append(digest)
                places.append(number << ROW_BITS | row)
            texts += 1
            too_short += len(digests) == length
        if texts == too_short:
            raise CorpusError(f"{file.path}: no text of at least {words} words")
        ngrams = len(digests) - before
        indexed.append(IndexedFile(file.name, file.sha256, texts, too_short, ngrams))
    unique, firsts = np.unique(np.frombuffer(digests, np.uint64), return_index=True)
    np.save(folder / "digests.npy", unique)
    np.save(folder / "places.npy", np.frombuffer(places, np.int64)[firsts])
    half = folder / "files.part"
    half.write_text(json.dumps([one._asdict() for one in indexed]), encoding="utf-8")
    half.rename(done)


def indexed_files(folder: Path) -> tuple[IndexedFile, ...]:
    """Return what `write_index` found in each file; nothing where there is no index."""
    path = folder / "files.json"
    if not path.exists():
        return ()
    return tuple(IndexedFile(**one) for one in json.loads(path.read_text(encoding="utf-8")))


class ReferenceIndex:
    """The n-grams of all files, shared by all processes: 16 bytes each, read where they are."""

    def __init__(self, folder: Path, words: int) -> None:
        self._words = words
        self._names = [file.name for file in indexed_files(folder)]
        self._digests = np.load(folder / "digests.npy", mmap_mode="r")
        self._places = np.load(folder / "places.npy", mmap_mode="r")

    def find(self, text: str) -> Match | None:
        """Return the first n-gram of the text that is in a file; None where none is."""
        found = split_words(text)
        if len(found) < self._words:
            return None
        digests = np.array(shingles(found, self._words), np.uint64)
        places = np.searchsorted(self._digests, digests)
        hits = np.flatnonzero(self._digests[np.minimum(places, len(self._digests) - 1)] == digests)
        if not len(hits):
            return None
        first = int(hits[0])
        place = int(self._places[places[first]])
        return Match(
            file=self._names[place >> ROW_BITS],
            row=place & (1 << ROW_BITS) - 1,
            ngram=" ".join(found[first : first + self._words]),
        )


def _ngrams(lines: Iterable[tuple[int, str]], words: int) -> Iterator[tuple[int, int]]:
    """Yield the digest of each n-gram of a text, and the row in which it begins."""
    waiting: list[tuple[int, str]] = []
    for row, line in lines:
        waiting += [(row, word) for word in split_words(line)]
        if len(waiting) >= words:
            digests = shingles([word for _, word in waiting], words)
            yield from zip(digests, (row for row, _ in waiting), strict=False)
            waiting = waiting[1 - words :]


def _lines(path: Path) -> Iterator[tuple[int, int, str]]:
    """Yield number of the text, row and line of a file; raises CorpusError.

    All strings of a row are one text, in their order: a question, its choices, the answer. Any
    other file is one text of many lines.
    """
    endings = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    try:
        if endings[-1:] == [".parquet"]:
            rows = enumerate(_parquet_rows(path), 1)
            yield from ((row, row, " ".join(_strings(value))) for row, value in rows)
            return
        with _opened(path) as file:
            for row, line in enumerate(file, 1):
                if endings[-1:] in ([".jsonl"], [".ndjson"]) and line.strip():
                    yield row, row, " ".join(_strings(_parsed(path, row, line)))
                elif endings[-1:] not in ([".jsonl"], [".ndjson"]):
                    yield 1, row, line
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: is not UTF-8 text") from None
    except (OSError, EOFError, ValueError, zlib.error, ArrowException) as error:
        why = getattr(error, "strerror", None) or error
        raise CorpusError(f"{path}: cannot be read: {why}") from error


def _opened(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def _parsed(path: Path, row: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: line {row} is not JSON: {error}") from error


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1_000):
            yield from batch.to_pylist()


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings of a JSON value or a row, but not the names of its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
