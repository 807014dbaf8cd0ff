"""Which split a story belongs to: a hash of its identity decides, independent of other stories."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from archive.errors import CorpusError

DEFAULT = "train=0.98,validation=0.01,test=0.01"
TEST = "test"
LONGEST = 22
"""Characters of a share: sums of twenty digits are exact."""

ALL = "all"
"""No split may have this name: `load_dataset` uses it for all splits together."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHARE = re.compile(r"[01](\.[0-9]*)?|\.[0-9]+")
_RANGE = 2**64


def parse_splits(text: str) -> tuple[tuple[str, Decimal], ...]:
    """Parse names and shares; raises CorpusError.

    >>> parse_splits("train=0.9, test=0.1")
    (('train', Decimal('0.9')), ('test', Decimal('0.1')))
    """
    splits = [_parsed(part.strip()) for part in text.split(",")]
    if len({name for name, _ in splits}) < len(splits):
        raise CorpusError(f"splits {text}: a split is named twice")
    if (total := sum(share for _, share in splits)) != 1:
        raise CorpusError(f"splits {text}: the shares add up to {total}, not to 1")
    return tuple(splits)


def _parsed(part: str) -> tuple[str, Decimal]:
    name, equals, share = (piece.strip() for piece in part.partition("="))
    if not equals or not _NAME.fullmatch(name):
        raise CorpusError(
            f"split {part!r}: expected NAME=SHARE with a name in lower case, as in {DEFAULT}"
        )
    if name == ALL:
        raise CorpusError(f"split {part!r}: {ALL} means all splits together when loading datasets")
    # Digits only: an exponent could ask for a number of any length.
    if not _SHARE.fullmatch(share) or len(share) > LONGEST or Decimal(share) > 1:
        raise CorpusError(f"split {name}={share}: expected a share between 0 and 1, such as 0.98")
    return name, Decimal(share)


class Splitter:
    """Splits by the hash of a key, and by time where `test_after` is given.

    Raises CorpusError where the splits do not fit `test_after`.
    """

    def __init__(
        self, splits: Sequence[tuple[str, Decimal]], test_after: date | None = None
    ) -> None:
        self._after = None
        if test_after is not None:
            self._after = test_after.isoformat()
            splits = _without_test(splits)
        shares = [Fraction(share) for _, share in splits]
        limits = [total / sum(shares) for total in accumulate(shares)]
        self._limits = list(zip(limits, [name for name, _ in splits], strict=True))

    def split(self, key: str, day: str | None) -> str:
        """Return the split of a story by the key and first day of its duplicate set.

        `day` is ISO 8601; None where unknown.
        """
        if self._after is not None and day is not None and day >= self._after:
            return TEST
        place = Fraction(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]), _RANGE)
        return next(name for limit, name in self._limits if place < limit)


def _without_test(splits: Sequence[tuple[str, Decimal]]) -> Sequence[tuple[str, Decimal]]:
    """Return the other splits, as time alone decides what is in `test`; raises CorpusError."""
    others = [(name, share) for name, share in splits if name != TEST]
    if len(others) == len(splits):
        raise CorpusError("--test-after needs a split that is called test")
    if not sum(share for _, share in others):
        raise CorpusError("--test-after leaves no other split for earlier stories")
    return others
