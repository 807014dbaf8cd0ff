"""Which split a story belongs to: a hash of its identity decides, so a split never depends on what
else there is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from archive.errors import CorpusError

DEFAULT = "train=0.98,validation=0.01,test=0.01"
TEST = "test"
LONGEST = 22
"""Characters of a share: twenty digits are added up without rounding."""

ALL = "all"
"""No split may bear this name: `load_dataset` gives it to all of them together."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHARE = re.compile(r"[01](\.[0-9]*)?|\.[0-9]+")
_RANGE = 2**64


def parse_splits(text: str) -> tuple[tuple[str, Decimal], ...]:
    """Names and shares of `train=0.98,validation=0.01,test=0.01`; raises CorpusError.

    >>> parse_splits("train=0.9, test=0.1")
    (('train', Decimal('0.9')), ('test', Decimal('0.1')))
    """
    splits: list[tuple[str, Decimal]] = []
    for part in text.split(","):
        name, equals, share = (piece.strip() for piece in part.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise CorpusError(
                f"split {part.strip()!r}: expected NAME=SHARE with a name of small letters, as in {DEFAULT}"
            )
        if name == ALL:
            raise CorpusError(
                f"split {part.strip()!r}: the name {ALL} means all splits together where datasets are loaded"
            )
        splits.append((name, _share(name, share)))
    names = [name for name, _ in splits]
    if len(set(names)) < len(names):
        raise CorpusError(f"splits {text}: a split is named twice")
    if (total := sum(share for _, share in splits)) != 1:
        raise CorpusError(f"splits {text}: the shares add up to {total}, not to 1")
    return tuple(splits)


def _share(name: str, text: str) -> Decimal:
    """A share as people write it; an exponent could ask for a number of any length."""
    if not _SHARE.fullmatch(text) or len(text) > LONGEST or (share := Decimal(text)) > 1:
        raise CorpusError(f"split {name}={text}: expected a share between 0 and 1, such as 0.98")
    return share


class Splitter:
    """Splits by the hash of an anchor, and by time where `test_after` is given; raises CorpusError
    where there is no `test` for it.
    """

    def __init__(
        self, splits: Sequence[tuple[str, Decimal]], test_after: date | None = None
    ) -> None:
        self._after = test_after.isoformat() if test_after is not None else None
        if self._after is not None:
            if TEST not in (name for name, _ in splits):
                raise CorpusError("--test-after needs a split that is called test")
            splits = [
                (name, share) for name, share in splits if name != TEST
            ]  # time alone decides about it
            if not sum(share for _, share in splits):
                raise CorpusError(
                    "--test-after leaves no other split for what was published before"
                )
        whole = sum((Fraction(share) for _, share in splits), Fraction(0))
        self._limits: list[tuple[Fraction, str]] = []
        total = Fraction(0)
        for name, share in splits:
            total += Fraction(share) / whole
            self._limits.append((total, name))

    def split(self, anchor: str, day: str | None) -> str:
        """The split of a story: `anchor` is the id that its whole cluster goes by, `day` (ISO 8601)
        its first one's, if known.
        """
        if self._after is not None and day is not None and day >= self._after:
            return TEST
        place = Fraction(int.from_bytes(hashlib.sha256(anchor.encode()).digest()[:8]), _RANGE)
        return next(name for limit, name in self._limits if place < limit)
