"""`manifest.json`: recipe, counts and digests of the files of a corpus, for programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from archive.corpus.output.summary import CorpusFile, Summary, median

FORMAT = 1
"""Of the manifest; to be incremented when the meaning of a key changes."""


def write_manifest(summary: Summary, path: Path) -> None:
    """Write it as UTF-8 JSON; lone surrogates become JSON escapes."""
    text = json.dumps(manifest(summary, path.name), indent=2, ensure_ascii=False)
    path.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))


def manifest(summary: Summary, name: str = "manifest.json") -> dict[str, Any]:
    """Return its keys in a fixed order, counts sorted by name; `name` itself is not listed."""
    return {
        "format": FORMAT,
        "as_of": summary.recipe.as_of.isoformat(),
        "archive_digest": summary.archive_digest,
        "recipe": summary.recipe.as_dict(),
        "versions": dict(sorted(summary.versions.items())),
        "counts": _counts(summary),
        "repeated_paragraphs": [
            {**asdict(found), "share": round(found.share, 6)} for found in summary.repeated
        ],
        "decontamination": [
            file._asdict() | {"dropped": summary.contaminated.get(file.name, 0)}
            for file in summary.references
        ],
        "files": [_file(file) for file in summary.files if file.path != name],
    }


def _file(file: CorpusFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "split": file.split,
        "rows": file.rows,
        "bytes": file.size,
        "sha256": file.sha256,
    }


def _counts(summary: Summary) -> dict[str, Any]:
    return {
        "articles": summary.articles,
        "selected": summary.selected,
        "undated": summary.undated,
        "exported": summary.exported,
        "dropped": _nested(summary.dropped),
        "splits": dict(summary.splits),
        "months": _nested(summary.months),
        "opted_out": _nested(summary.opted_out),
        "masked": {
            kind: {"documents": documents, "masks": masks}
            for kind, (documents, masks) in summary.masked.items()
        },
        "clusters": summary.clusters,
        "cleaned": dict(zip(("documents", "paragraphs"), summary.cleaned, strict=True)),
        "likelier_malay": summary.malay,
        "words": summary.total_words,
        "tokens": summary.tokens,
        "quality": {
            f"{hundredth / 100:.2f}": summary.qualities[hundredth]
            for hundredth in sorted(summary.qualities)
        },
        "median_words": {
            "all": summary.median_words(),
            "sites": {site: median(summary.words[site]) for site in summary.sites},
        },
    }


def _nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Turn (outer, inner) -> number into an object of objects."""
    objects: dict[str, dict[str, int]] = {}
    for (outer, inner), number in sorted(counts.items()):
        objects.setdefault(outer, {})[inner] = number
    return objects
