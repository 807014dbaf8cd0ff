"""Patterns that keep some texts busy for ever: a repetition of nothing but a repetition.

`(a+)+` has 2^n ways to match n letters, and all are tried before it fails. A profile's patterns run
on addresses and lines of strangers, and nothing can interrupt them.
"""

from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_UNBOUNDED = 20
"""Times from which on a repetition counts as one without an end."""


def is_ambiguous(pattern: str, flags: int = 0) -> bool:
    """Whether a pattern, which compiles, repeats what is nothing but a repetition."""
    return _holds_ambiguous(parser.parse(pattern, flags))


def _holds_ambiguous(items: Any) -> bool:
    for code, argument in items:
        repeats = code in _REPEATS and argument[1] >= _UNBOUNDED
        if repeats and _is_repetition(argument[2]):
            return True
        if any(map(_holds_ambiguous, _inside(argument))):
            return True
    return False


def _inside(argument: Any) -> list[Any]:
    """Return the parts of a pattern that an item holds."""
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [part for each in argument for part in _inside(each)]
    return []


def _is_repetition(items: Any) -> bool:
    """Whether a part may match what an unbounded repetition does, and nothing beside it."""
    needed = [item for item in items if not _may_be_empty(item)]
    if len(needed) > 1:
        return False
    return any(map(_repeats_alone, needed or items))


def _repeats_alone(item: Any) -> bool:
    code, argument = item
    if code in _REPEATS:
        return argument[1] >= _UNBOUNDED or _is_repetition(argument[2])
    if code is codes.SUBPATTERN:
        return _is_repetition(argument[-1])
    return code is codes.BRANCH and any(map(_is_repetition, argument[1]))


def _may_be_empty(item: Any) -> bool:
    code, argument = item
    if code in _REPEATS:
        return argument[0] == 0 or all(map(_may_be_empty, argument[2]))
    if code is codes.SUBPATTERN:
        return all(map(_may_be_empty, argument[-1]))
    return code is codes.BRANCH and any(all(map(_may_be_empty, each)) for each in argument[1])
