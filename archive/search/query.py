"""The language of searches, and its translation into FTS5's: no query of it breaks FTS5.

    harga beras            both words, in any order
    beras OR gabah         one of them; OR binds more tightly than the space: `harga beras OR gabah`
                           is a price of either
    -impor, NOT impor      without this word
    "musim tanam"          these words in this order
    panen*                 words that begin so
    headline:beras         in the headline; so deck: and body:, also before a phrase

AND between words changes nothing. Signs that are no letters or digits separate words, as they do in
the index. Parentheses group nothing, and are wrong outside quotes.

`parse` refuses what is wrong, for exports; `understand` searches for its words, for people, and
never for those that it excludes.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace

from archive.errors import QueryError

FIELDS = ("headline", "deck", "body")
OPERATORS = ("AND", "OR", "NOT")
MAX_TERMS = 2_000
"""Words of a query at most: more find nothing that fewer do not."""
MAX_PIECE = 40
"""Characters of a piece of a query that a sentence about it shows."""
MAX_UNDERSTOOD = 200
"""Characters of the query that is searched for instead of one that is wrong, in its note."""
_ONLY_EXCLUDES = "the query only excludes words: name one that the texts have"
_NO_WORD = "the query has no word to search for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or a phrase that a text must have."""

    text: str
    is_phrase: bool = False
    is_prefix: bool = False
    field: str | None = None
    """One of FIELDS; None: any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a text must have: one of each group, and none that is excluded."""

    groups: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...] = ()
    note: str | None = None
    """What is wrong with the query, and what is searched for instead; None: nothing is wrong."""


Forms = Callable[[str], Iterable[str]]
"""From a word to all words that count as it, itself among them."""


def parse(text: str) -> Query:
    """Read a query; raises QueryError, whose text says what is wrong with it."""
    query = _read(text)
    if not query.groups:
        raise QueryError(_ONLY_EXCLUDES if query.excluded else _NO_WORD)
    return query


def _read(text: str) -> Query:
    """Read a query that may have no word to search for; raises QueryError."""
    groups: list[tuple[Term, ...]] = []
    excluded: list[Term] = []
    operator = None
    for word, term in _pieces(text):
        if term is None:
            operator = _joined(operator, word, after_a_word=bool(groups))
        elif operator == "NOT" or word.startswith("-"):
            if operator == "OR":
                raise QueryError(f"OR joins two words; {_start(word)} excludes one")
            excluded.append(term)
            operator = None
        elif operator == "OR":
            groups[-1] += (term,)
            operator = None
        else:
            groups.append((term,))
            operator = None
    if operator is not None:
        raise QueryError(f"{operator} needs a word after it; in quotes it is a word")
    if sum(map(len, groups)) + len(excluded) > MAX_TERMS:
        raise QueryError(f"the query has more than {MAX_TERMS:,} words")
    return Query(groups=tuple(dict.fromkeys(groups)), excluded=tuple(dict.fromkeys(excluded)))


def understand(text: str) -> Query:
    """Read a query as search boxes do: of one that is wrong, its words; it may have none.

    Raises QueryError only for more words than MAX_TERMS.

    >>> understand("(harga OR tarif) beras").note.rpartition("; ")[2]
    'searched for: harga OR tarif beras'
    """
    try:
        return parse(text)
    except QueryError as error:
        problem = str(error)
    plain = _NOT.sub("-", text.translate(_PLAIN))
    for simpler in (text, _SIGNS.sub(" ", plain), _words(plain, but=OPERATORS)):
        try:
            query = _read(simpler)
        except QueryError:
            continue
        if query.groups:
            return replace(query, note=_note(problem, simpler))
        if query.excluded:
            return Query(groups=(), note=f"{problem}; nothing is searched for")
    words = _words(text.translate(_PLAIN))
    if not words:
        return Query(groups=(), note=f"{problem}; nothing is searched for")
    quoted = " ".join(f'"{word}"' for word in words.split())
    return replace(parse(quoted), note=_note(problem, words))


_SIGNS = re.compile(r'["()]')
_NOT = re.compile(r"(?<!\S)(?:NOT\s+)+-?(?=\w)")
_WORD = re.compile(r"(?:(?<!\S)-)?[^\W_]+(?:[^\s\"():*]*[^\W_])?")


def _words(text: str, *, but: Container[str] = ()) -> str:
    """Return the words of a query that is wrong, without signs around and between them."""
    return " ".join(word for word in _WORD.findall(text) if word not in but)


def _note(problem: str, understood: str) -> str:
    understood = " ".join(understood.split())
    return f"{problem}; searched for: {_start(understood, MAX_UNDERSTOOD)}"


def _start(text: str, most: int = MAX_PIECE) -> str:
    return text if len(text) <= most else f"{text[:most]} …"


def _joined(before: str | None, operator: str, *, after_a_word: bool) -> str | None:
    """Return the operator that holds after one more."""
    if operator != "NOT" and not after_a_word:
        raise QueryError(f"{operator} needs a word before it; in quotes it is a word")
    if before is not None and (before, operator) != ("AND", "NOT"):
        raise QueryError(f"{before} needs a word after it, not {operator}")
    return operator


_PIECE = re.compile(
    r"(?P<minus>-?)(?P<field>[^\W\d_]+:(?!//|\s|$))?"
    r'(?:"(?P<phrase>[^"]*)"(?P<star>\*?)|(?P<word>[^\s"]+))|(?P<lone>\S)'
)
_PLAIN = str.maketrans({**dict.fromkeys("“”„‟", '"'), "−": "-", "\0": " "})
"""Quotes and the minus sign as editors write them."""


def _pieces(text: str) -> Iterator[tuple[str, Term | None]]:
    """Yield pieces as they stand there, each with its term; None for an operator."""
    text = text.encode(errors="replace").decode().translate(_PLAIN)
    if text.count('"') % 2:
        raise QueryError('a quote (") is opened and not closed')
    for found in _PIECE.finditer(text):
        word = found["word"] or ""
        if word.startswith("(") or word.rstrip("*").endswith(")"):
            raise QueryError(
                f"{_start(found[0])}: parentheses do not group words: `a OR b c` is a or b, and c;"
                " in quotes they are text"
            )
        if word in OPERATORS and found[0] == word:
            yield word, None
            continue
        if word.removesuffix(":").lower() in FIELDS and word.endswith(":"):
            raise QueryError(f"{word} needs a word right after the colon")
        field = _field(found["field"])
        term = Term(
            text=found["phrase"] or word.rstrip("*"),
            is_phrase=found["phrase"] is not None,
            is_prefix=bool(found["star"]) or word.endswith("*"),
            field=field,
        )
        letters = sum(letter.isalnum() for letter in term.text)
        if term.is_prefix and letters == 1:
            raise QueryError(f"{_start(found[0])}: two letters at least before the *")
        if letters:
            yield found[0], term


def has_small_or(text: str) -> bool:
    """Whether an `or` that is a word, in small letters, stands between two words.

    >>> has_small_or("beras or gabah"), has_small_or("beras OR gabah"), has_small_or('"a or b" or')
    (True, False, False)
    """
    between = [found[0] for found in _PIECE.finditer(text)][1:-1]
    return any(piece != "OR" and piece.upper() == "OR" for piece in between)


def _field(named: str | None) -> str | None:
    if named is None:
        return None
    field = named[:-1].lower()
    if field not in FIELDS:
        known = "headline:, deck: and body:"
        raise QueryError(
            f"no field is called {_start(named[:-1])}; there are {known}; in quotes it is text"
        )
    return field


def to_fts5(query: Query, forms: Forms | None = None) -> str:
    """Return the query in FTS5's language, each word with its `forms`."""
    groups = " AND ".join(f"({_any(group, forms)})" for group in query.groups)
    if not query.excluded:
        return groups
    return f"({groups}) NOT ({_any(query.excluded, forms)})"


def _any(terms: Iterable[Term], forms: Forms | None) -> str:
    every = (form for term in terms for form in _forms_of(term, forms))
    return " OR ".join(dict.fromkeys(map(_fts5, every)))


def _forms_of(term: Term, forms: Forms | None) -> Iterator[Term]:
    if forms is None or term.is_phrase or term.is_prefix:
        yield term
        return
    for form in forms(term.text):
        yield replace(term, text=form)


def _fts5(term: Term) -> str:
    quoted = '"' + term.text.replace('"', '""') + '"'
    field = f"{term.field} : " if term.field else ""
    return f"{field}{quoted}{' *' if term.is_prefix else ''}"
