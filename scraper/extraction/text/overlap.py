"""How much of their words two texts share."""

import re
from collections import Counter

_WORD = re.compile(r"\w+")


def words(text: str) -> Counter[str]:
    """Count the words of a text, in lower case."""
    return Counter(_WORD.findall(text.lower()))


def f1(one: str, other: str) -> float:
    """Return F1 of the words of two texts, 0 to 1.

    >>> round(f1("air naik lagi", "air naik"), 2)
    0.8
    """
    left, right = words(one), words(other)
    common = (left & right).total()
    return 2 * common / max(1, left.total() + right.total())
