"""Which pairs of articles are taken for one text: our rule beside the usual ones, over all pairs of
a labelled folder.

    python -m tests.benchmarks.syndication FOLDER

FOLDER holds `docs.jsonl` (`doc`, `site`, `text`) and `pairs.jsonl` (`a`, `b`, `label`, `near_dup`).
All pairs count; those not listed are different stories, except that copies of one text are copies
of each other: in `F1` a pair joined by listed ones is a pair too, in `F1 as listed` it is not. The
other columns are counted as in `F1`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any

from rensa import RMinHash

from archive.syndication import Signature, Text, compare
from archive.syndication.comparison import publisher
from archive.syndication.signatures import shingles, words
from scraper.cli.rendering.terminal import print_table

Pair = tuple[int, int]
Documents = Mapping[int, Mapping[str, Any]]

COLUMNS = {
    "rule": "rule",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "listed": "F1 as listed",
    "template": "templates taken",
    "background": "backgrounds taken",
    "ms": "ms a text",
}
WEB_WIDTH, WEB_BANDS, WEB_ROWS = 5, 14, 8
"""As in FineWeb and datatrove's default: 5-grams of words, 14 buckets of 8."""
SIMHASH_BITS = 3
"""Manku, Jain, Das Sarma, Detecting near-duplicates for web crawling, 2007: 64 bits, at most 3 of
them different.
"""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A folder of articles and of pairs among them."""

    documents: Documents
    labels: Mapping[Pair, str]
    listed: frozenset[Pair]
    """Pairs said to be one text."""

    @classmethod
    def read(cls, folder: Path) -> Labelled:
        documents = {line["doc"]: line for line in _lines(folder / "docs.jsonl")}
        pairs = list(_lines(folder / "pairs.jsonl"))
        return cls(
            documents=documents,
            labels={_pair(line["a"], line["b"]): line["label"] for line in pairs},
            listed=frozenset(_pair(line["a"], line["b"]) for line in pairs if line["near_dup"]),
        )

    @cached_property
    def implied(self) -> frozenset[Pair]:
        """The listed pairs, and those that follow: copies of one text are copies of each other."""
        together: dict[int, set[int]] = {}
        for a, b in self.listed:
            joined = together.get(a, {a}) | together.get(b, {b})
            together.update(dict.fromkeys(joined, joined))
        pairs = {_pair(a, b) for cluster in together.values() for a, b in combinations(cluster, 2)}
        return frozenset(pair for pair in pairs if pair in self.listed or pair not in self.labels)


def ours(documents: Documents) -> set[Pair]:
    """Candidates by our keys, those that promise something compared."""
    texts = {doc: Text.of(line["text"]) for doc, line in documents.items()}
    signatures = {doc: Signature.of(words(line["text"])) for doc, line in documents.items()}
    candidates = meeting({doc: signature.keys() for doc, signature in signatures.items()})
    publishers = {doc: publisher(line["site"]) for doc, line in documents.items()}
    return {
        (a, b)
        for a, b in candidates
        if signatures[a].promises(signatures[b])
        and compare(texts[a], texts[b], same_site=publishers[a] == publishers[b])
    }


def web_minhash(documents: Documents) -> set[Pair]:
    """Whatever meets in one of 14 bands of 8."""
    digests = {
        doc: list(set(shingles(words(line["text"]), WEB_WIDTH))) for doc, line in documents.items()
    }
    rows = RMinHash.digest_matrix_from_token_hash_sets(
        list(digests.values()), WEB_BANDS * WEB_ROWS, 1
    ).to_rows()
    bands = {
        doc: [(start, *row[start : start + WEB_ROWS]) for start in range(0, len(row), WEB_ROWS)]
        for doc, row in zip(digests, rows, strict=True)
    }
    return meeting(bands)


def exact_jaccard(least: float) -> Callable[[Documents], set[Pair]]:
    """All pairs whose sets of 5-grams are that similar."""

    def taken(documents: Documents) -> set[Pair]:
        sets = {
            doc: frozenset(shingles(words(line["text"]), WEB_WIDTH))
            for doc, line in documents.items()
        }
        return {
            (a, b) for a, b in combinations(sorted(sets), 2) if _jaccard(sets[a], sets[b]) >= least
        }

    return taken


def simhash(documents: Documents) -> set[Pair]:
    """All pairs whose 64-bit sums of word digests differ in three bits at most."""
    sums = {doc: _sum_of_bits(words(line["text"])) for doc, line in documents.items()}
    return {
        (a, b)
        for a, b in combinations(sorted(sums), 2)
        if (sums[a] ^ sums[b]).bit_count() <= SIMHASH_BITS
    }


RULES: Mapping[str, Callable[[Documents], set[Pair]]] = {
    "warta": ours,
    "MinHash 5-gram 14x8": web_minhash,
    "Jaccard 0.5": exact_jaccard(0.5),
    "Jaccard 0.7": exact_jaccard(0.7),
    "simhash": simhash,
}


def meeting(keys: Mapping[int, Iterable[Hashable]]) -> set[Pair]:
    """Pairs with a key in common."""
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for doc, found in keys.items():
        for key in found:
            holders[key].append(doc)
    return {_pair(a, b) for docs in holders.values() for a, b in combinations(docs, 2)}


def scores(taken: set[Pair], true: frozenset[Pair]) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    right = len(taken & true)
    return (
        right / (len(taken) or 1),
        right / (len(true) or 1),
        2 * right / ((len(taken) + len(true)) or 1),
    )


def measured(name: str, folder: Labelled) -> dict[str, Any]:
    """One line of the table."""
    started = perf_counter()
    taken = RULES[name](folder.documents)
    ms = (perf_counter() - started) * 1000 / len(folder.documents)
    precision, recall, f1 = (round(score, 3) for score in scores(taken, folder.implied))
    labels = Counter(folder.labels.get(pair) for pair in taken)
    return {
        "rule": name,
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "listed": round(scores(taken, folder.listed)[2], 3),
        "template": labels["template_diff_facts"],
        "background": labels["shared_background"],
        "ms": round(ms, 2),
    }


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    shared = len(one & other)
    return shared / ((len(one) + len(other) - shared) or 1)


def _sum_of_bits(sequence: Sequence[str]) -> int:
    sums = [0] * 64
    for word, count in Counter(sequence).items():
        digest = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
        for bit in range(64):
            sums[bit] += count if digest >> bit & 1 else -count
    return sum(1 << bit for bit, total in enumerate(sums) if total > 0)


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    return map(json.loads, path.read_text("utf-8").splitlines())


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="with docs.jsonl and pairs.jsonl")
    folder = Labelled.read(parser.parse_args().folder)
    print_table([measured(name, folder) for name in RULES], COLUMNS)


if __name__ == "__main__":
    main()
