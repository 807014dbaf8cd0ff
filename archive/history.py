"""What changed in a story, and what did not: pure rules over two readings, no SQL."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archive.digests import normalised, text_digest

COMPARED = (
    "headline", "kicker", "deck", "body", "dateline", "authors", "editors", "agency", "published_at", "section", "caption",
)  # fmt: skip
"""Fields whose change makes a revision.

Left out on purpose: `modified_at` moves without any change of the text, `tags` and `image_url` are computed by the sites
(related topics, the size of a picture), the rest is ours."""

_WORD = re.compile(r"\s+|[^\s]+")


def comparable(value: Any) -> str:
    """A field's value as one normalised text; lists are joined, None is the empty text."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "\0".join(normalised(str(item)) for item in value)
    return normalised(str(value))


def reading_digest(reading: Mapping[str, Any]) -> str:
    """Digest of the compared fields: equal for two readings between which nothing of meaning changed."""
    return text_digest(f"{name}={comparable(reading.get(name))}" for name in COMPARED)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the compared fields that differ, in the order of COMPARED."""
    return tuple(name for name in COMPARED if comparable(before.get(name)) != comparable(after.get(name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A run of words: `same`, `removed` or `added`."""

    kind: str
    text: str


def word_diff(before: str, after: str) -> Iterator[Edit]:
    """The words of two texts side by side, paragraphs kept, as runs of same, removed and added text."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            yield Edit(kind="same", text="".join(old[a_from:a_to]))
            continue
        if a_to > a_from:
            yield Edit(kind="removed", text="".join(old[a_from:a_to]))
        if b_to > b_from:
            yield Edit(kind="added", text="".join(new[b_from:b_to]))
